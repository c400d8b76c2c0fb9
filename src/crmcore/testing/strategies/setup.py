"""What an administrator sets up: stages, pipelines, and the policy of a switch."""

from collections.abc import Sequence

from hypothesis import strategies as st

from crmcore.domain.ids import DEFAULT_PIPELINE, PipelineId, StageCode
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.stages import LeadStages, Stage, StageSemantics
from crmcore.testing.strategies.keeping import kept
from crmcore.testing.strategies.values import (
    codes,
    lines,
)

__all__ = [
    "lead_stages",
    "pipelines",
    "policies",
    "stages",
]


@kept
def stages() -> st.SearchStrategy[Stage]:
    """Single stages of any meaning."""
    return st.builds(
        Stage,
        code=codes().map(StageCode),
        semantics=st.sampled_from(StageSemantics),
        name=st.one_of(st.none(), lines()),
    )


def _arranged(codes: Sequence[str], semantics: Sequence[StageSemantics]) -> st.SearchStrategy[tuple[Stage, ...]]:
    """Stages with these codes and meanings, in any order, with any names."""
    return st.tuples(
        *(
            st.builds(
                Stage, code=st.just(StageCode(code)), semantics=st.just(meaning), name=st.one_of(st.none(), lines())
            )
            for code, meaning in zip(codes, semantics, strict=True)
        )
    ).flatmap(lambda made: st.permutations(made).map(tuple))


@kept
@st.composite
def lead_stages(draw: st.DrawFn) -> LeadStages:
    """Catalogues of lead stages: one means success, at least one is in process, at least one means failure."""
    meanings = [
        StageSemantics.SUCCESS,
        *[StageSemantics.IN_PROCESS] * draw(st.integers(1, 3)),
        *[StageSemantics.FAILURE] * draw(st.integers(1, 2)),
    ]
    return LeadStages(stages=draw(_arranged([f"S{n}" for n in range(len(meanings))], meanings)))


@kept
@st.composite
def pipelines(draw: st.DrawFn, *, id: int | None = None, archived: bool = False) -> Pipeline:
    """Deal pipelines, the first in-process stage at any place."""
    number = draw(st.integers(0 if not archived else 1, 3)) if id is None else id
    meanings = [
        *[StageSemantics.IN_PROCESS] * draw(st.integers(1, 3)),
        *[StageSemantics.SUCCESS] * draw(st.integers(0, 1)),
        *[StageSemantics.FAILURE] * draw(st.integers(0, 2)),
    ]
    return Pipeline(
        id=PipelineId(number),
        name=draw(st.one_of(st.none(), lines())),
        stages=draw(_arranged([f"C{number}:{n}" for n in range(len(meanings))], meanings)),
        archived=archived,
    )


def policies(*, pipelines: Sequence[int | None] = (None, DEFAULT_PIPELINE)) -> st.SearchStrategy[ModeSwitchPolicy]:
    """Policies of a switch, with one of the given pipelines."""
    return st.builds(
        ModeSwitchPolicy,
        client=st.sampled_from(ClientChoice),
        pipeline_id=st.sampled_from(list(pipelines)),
        keep_activities=st.booleans(),
    )
