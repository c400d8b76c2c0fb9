"""The strategies as a host calls them: plural names, options by keyword, valid by construction, small when shrunk."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from attrs import fields
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from crmcore import (
    Activity,
    Address,
    Company,
    Contact,
    Deal,
    ExternalOrigin,
    Lead,
    ModeSwitchPolicy,
    Money,
    PersonName,
    Pipeline,
    Utm,
)
from crmcore.domain.commands import Command
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.fields import ENTITIES
from crmcore.domain.ids import Kind
from crmcore.domain.image import CrmImage
from crmcore.domain.mode import CrmMode
from crmcore.domain.schema import given_parts
from crmcore.testing import TestCrm, strategies
from crmcore.testing.strategies.types import BY_TYPE

FEW = settings(max_examples=20, database=None)
SHRUNK = settings(max_examples=100, database=None)
NAMES = [name for name in strategies.__all__ if name.islower()]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_given_by_name(name: str) -> None:
    """A call says what it asks for, and options can be added."""
    parameters = inspect.signature(getattr(strategies, name)).parameters.values()
    assert {each.kind for each in parameters} <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("make", [strategies.deals, strategies.contacts, strategies.companies, strategies.activities])
def test_an_id_may_be_wished_for(make: Callable[..., st.SearchStrategy[Any]]) -> None:
    """Then all records have that one."""

    @FEW
    @given(make(id=77))
    def holds(record: Deal | Contact | Company | Activity) -> None:
        assert record.id == 77

    holds()


@FEW
@given(strategies.pipelines(id=4).flatmap(lambda one: st.tuples(st.just(one), strategies.deals(pipeline=one))))
def test_a_deal_stands_in_a_stage_of_the_pipeline_that_is_wished_for(drawn: tuple[Pipeline, Deal]) -> None:
    """With the meaning which that stage has."""
    pipeline, deal = drawn
    stage = pipeline.get(deal.stage)
    assert stage is not None
    assert (deal.pipeline_id, deal.semantics) == (4, stage.semantics)


@FEW
@given(strategies.activities(completed=False), strategies.activities(completed=True))
def test_activities_may_be_all_open_or_all_complete(still_open: Activity, complete: Activity) -> None:
    """An open one says nothing of when it was completed."""
    assert not still_open.completed
    assert still_open.completed_at is None
    assert complete.completed


@FEW
@given(strategies.leads(active=True), strategies.leads(active=False))
def test_leads_may_be_all_active_or_all_closed(active: Lead, closed: Lead) -> None:
    """By the meaning of their stage."""
    assert active.is_active
    assert not closed.is_active


@FEW
@given(strategies.crm_images(mode=CrmMode.CLASSIC, min_active=2, max_leads=3))
def test_a_whole_crm_has_as_many_leads_as_wished_for(image: CrmImage) -> None:
    """And keeps the laws."""
    with TestCrm.of(image) as p:
        assert 2 <= len(list(p.crm.leads(p.administrator, active=True))) <= 3


@pytest.mark.parametrize("kind", [kind for kind in BY_TYPE if kind in HANDLERS])
def test_commands_may_be_all_of_one_kind(kind: type[Command[Any]]) -> None:
    """The same strategy that `st.from_type` gives for it."""

    @settings(max_examples=5, database=None)
    @given(strategies.commands(kind=kind))
    def holds(command: Command[Any]) -> None:
        assert type(command) is kind

    holds()


def test_records_shrink_to_small_ones() -> None:
    """A failing example has the fields that matter, and none besides."""
    deal = find(strategies.deals(), lambda deal: deal.amount is not None, settings=SHRUNK)
    assert (deal.id, deal.title, deal.comments, dict(deal.custom)) == (1, None, None, {})
    activity = find(strategies.activities(), lambda activity: activity.completed, settings=SHRUNK)
    assert (activity.id, activity.subject, activity.completed_at) == (1, None, None)


#: How each record and value that a CRM holds is drawn.
DRAWN: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
    Lead: strategies.leads,
    Deal: strategies.deals,
    Contact: strategies.contacts,
    Company: strategies.companies,
    Activity: strategies.activities,
    ModeSwitchPolicy: strategies.policies,
    PersonName: strategies.names,
    Address: strategies.addresses,
    ExternalOrigin: strategies.origins,
    Utm: strategies.utms,
    Money: strategies.money,
}


@pytest.mark.parametrize("cls", DRAWN)
def test_every_field_is_drawn(cls: Any) -> None:
    """A field that no strategy fills is one that no property looks at; a whole CRM has the links."""
    empty = {each.name: each.default for each in fields(cls)}
    left = set(given_parts(cls)) - {"contact_id", "company_id"}

    @settings(max_examples=100, database=None, derandomize=True, phases=[Phase.generate])
    @given(DRAWN[cls]())
    def look(record: Any) -> None:
        left.difference_update([name for name in left if getattr(record, name) not in (None, (), empty[name])])

    look()
    assert left == set()


@pytest.mark.parametrize("kind", ENTITIES)
def test_every_field_that_may_be_given_is_drawn(kind: Kind) -> None:
    """Links, stages and pipelines are chosen by the commands, which know what there is."""
    drawn = strategies.activity_fields() if kind is Kind.ACTIVITY else strategies.card_fields(kind=kind)
    seen: set[str] = set()

    @settings(max_examples=100, database=None, derandomize=True, phases=[Phase.generate])
    @given(drawn)
    def look(given_fields: dict[str, Any]) -> None:
        seen.update(given_fields)

    look()
    assert set(given_parts(ENTITIES[kind])) - seen <= {"stage", "pipeline_id", "contact_id", "company_id"}
