"""The policy of a switch: what can be chosen, what is chosen where nothing is, and where each page asks for it."""

from typing import Any

import pytest
from attrs import evolve, fields

from crmcore import (
    OPTION_PAGES,
    ClientChoice,
    ModeSwitchPolicy,
    OptionPage,
    Pipeline,
    PipelineId,
    default_pipeline,
    options_asked,
)


@pytest.mark.rule("POLICY-1.2", "POLICY-2.3", "POLICY-7.2")
def test_each_option_is_chosen_by_itself_and_one_that_is_left_out_has_its_default() -> None:
    """A contact, the default pipeline, activities kept; and no value says "neither"."""
    assert [choice for choice in ClientChoice if not choice.wants_contact and not choice.wants_company] == []
    assert [(each.wants_contact, each.wants_company) for each in ClientChoice] == [
        (True, False),
        (False, True),
        (True, True),
    ]
    chosen: dict[str, Any] = {"client": ClientChoice.BOTH, "pipeline_id": PipelineId(7), "keep_activities": False}
    for name, value in chosen.items():
        policy = evolve(ModeSwitchPolicy(), **{name: value})
        others = {each.name for each in fields(ModeSwitchPolicy)} - {name}
        assert {other: getattr(policy, other) for other in others} == {
            other: getattr(ModeSwitchPolicy(), other) for other in others
        }
    assert ModeSwitchPolicy().pipeline == 0
    assert ModeSwitchPolicy(pipeline_id=PipelineId(7)).pipeline == 7


@pytest.mark.rule("POLICY-5.1", "POLICY-5.2")
def test_both_pages_ask_for_the_same_options_each_in_its_order() -> None:
    """The web begins with the client, the app with the pipeline; no page has an option of its own."""
    options = {each.name for each in fields(ModeSwitchPolicy)}
    assert {page: set(asked) for page, asked in OPTION_PAGES.items()} == dict.fromkeys(OptionPage, options)
    assert OPTION_PAGES[OptionPage.WEB] == ("client", "pipeline_id", "keep_activities")
    assert OPTION_PAGES[OptionPage.APP] == ("pipeline_id", "client", "keep_activities")


@pytest.mark.rule("POLICY-5.3")
def test_a_page_asks_for_the_pipeline_where_more_than_one_is_not_archived() -> None:
    """An archived one cannot be chosen."""
    first = default_pipeline()
    second = Pipeline(id=PipelineId(7), stages=first.stages)
    for pipelines, asked in (
        ([first], False),
        ([first, evolve(second, archived=True)], False),
        ([first, second], True),
    ):
        for page in OptionPage:
            assert ("pipeline_id" in options_asked(page, pipelines)) is asked
