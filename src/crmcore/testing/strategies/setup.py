"""What an administrator sets up: stages, pipelines, and the policy of a switch."""

from collections.abc import Sequence
from functools import cache
from itertools import product

from hypothesis import strategies as st

from crmcore.domain.model.ids import DEFAULT_PIPELINE, PipelineId, StageCode
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import DIRECTION_OVERRIDES
from crmcore.testing.strategies.cache import kept, named
from crmcore.testing.strategies.choices import Rolls, some_bytes
from crmcore.testing.strategies.pools import LINES
from crmcore.testing.strategies.values import codes, labels

__all__ = ["all_policies", "lead_stages", "pipelines", "policies", "stages"]


@kept
def stages() -> st.SearchStrategy[Stage]:
    """Single stages of any meaning."""
    return st.builds(
        Stage,
        code=codes().map(StageCode),
        semantics=st.sampled_from(StageSemantics),
        name=st.one_of(st.none(), labels()),
    )


def _arranged(
    draw: st.DrawFn, rolled: Rolls, prefix: str, counts: Sequence[tuple[StageSemantics, int]]
) -> tuple[Stage, ...]:
    """So many stages of each meaning, in any order, with any names."""
    meanings = [meaning for meaning, count in counts for _ in range(count)]
    made = [
        Stage(code=StageCode(f"{prefix}{n}"), semantics=meaning, name=_name(draw, rolled))
        for n, meaning in enumerate(meanings)
    ]
    return tuple(rolled.ordered(made))


#: No name, one of the pool, or, at the last place, any.
_NAMES = (*[None] * len(LINES), *(line for line in LINES if DIRECTION_OVERRIDES.isdisjoint(line)), "any")


def _name(draw: st.DrawFn, rolled: Rolls) -> str | None:
    name = rolled.one_of(_NAMES)
    return draw(labels()) if name == "any" else name


@kept
@st.composite
def lead_stages(draw: st.DrawFn) -> LeadStages:
    """Catalogues of lead stages: one means success, at least one is in process, at least one means failure."""
    rolled = Rolls(draw(some_bytes(14)))
    counts = [
        (StageSemantics.SUCCESS, 1),
        (StageSemantics.IN_PROCESS, 1 + rolled.upto(2)),
        (StageSemantics.FAILURE, 1 + rolled.upto(1)),
    ]
    return LeadStages(stages=_arranged(draw, rolled, "S", counts))


@kept
@st.composite
def pipelines(draw: st.DrawFn, *, id: int | None = None, archived: bool = False) -> Pipeline:
    """Deal pipelines, the first in-process stage at any place."""
    rolled = Rolls(draw(some_bytes(17)))
    number = max(rolled.upto(3), int(archived)) if id is None else id
    counts = [
        (StageSemantics.IN_PROCESS, 1 + rolled.upto(2)),
        (StageSemantics.SUCCESS, rolled.upto(1)),
        (StageSemantics.FAILURE, rolled.upto(2)),
    ]
    return Pipeline(
        id=PipelineId(number),
        name=_name(draw, rolled),
        stages=_arranged(draw, rolled, f"C{number}:", counts),
        archived=archived,
    )


@named
def policies(*, pipelines: Sequence[int | None] = (None, DEFAULT_PIPELINE)) -> st.SearchStrategy[ModeSwitchPolicy]:
    """Policies of a switch, with one of the given pipelines."""
    return _policies(tuple(pipelines))


@kept
def _policies(pipelines: tuple[int | None, ...]) -> st.SearchStrategy[ModeSwitchPolicy]:
    return st.sampled_from(all_policies(pipelines))


@cache
def all_policies(pipelines: tuple[int | None, ...]) -> tuple[ModeSwitchPolicy, ...]:
    """Each policy once, so that drawing one is a single choice."""
    chosen = [None if each is None else PipelineId(each) for each in pipelines]
    return tuple(
        ModeSwitchPolicy(client=client, pipeline_id=pipeline, keep_activities=keep)
        for client, pipeline, keep in product(ClientChoice, chosen, (False, True))
    )
