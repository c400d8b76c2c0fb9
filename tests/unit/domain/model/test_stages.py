"""Stages: what they may mean, and what a catalogue of them must have."""

import pytest

from crmcore import InvalidValue, LeadStages, Pipeline, PipelineId, Stage, StageCode, StageSemantics

NEW, WON, LOST = (
    Stage(code=StageCode(code), semantics=semantics)
    for code, semantics in (
        ("NEW", StageSemantics.IN_PROCESS),
        ("WON", StageSemantics.SUCCESS),
        ("LOST", StageSemantics.FAILURE),
    )
)


@pytest.mark.rule("STAGE-1.2")
def test_a_stage_means_one_of_three_things() -> None:
    """Under the letters of the product."""
    assert [each.value for each in StageSemantics] == ["P", "S", "F"]


@pytest.mark.rule("STAGE-1.4")
@pytest.mark.parametrize("successes", [0, 2])
def test_lead_stages_have_exactly_one_success(successes: int) -> None:
    """None would leave converted leads nowhere to go, two would leave a choice."""
    more = tuple(Stage(code=StageCode(f"W{n}"), semantics=StageSemantics.SUCCESS) for n in range(successes))
    with pytest.raises(InvalidValue, match="exactly one success stage"):
        LeadStages(stages=(NEW, LOST, *more))
    assert LeadStages(stages=(NEW, LOST, WON)).success == WON


@pytest.mark.rule("STAGE-1.6")
def test_a_pipeline_has_a_stage_in_process() -> None:
    """So a new deal always has a first stage."""
    with pytest.raises(InvalidValue, match="at least one in-process stage"):
        Pipeline(id=PipelineId(7), stages=(WON, LOST))
    assert Pipeline(id=PipelineId(7), stages=(LOST, NEW)).first_stage == NEW
