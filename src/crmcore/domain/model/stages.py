"""Stages and what they mean: the catalogue of lead stages, and the semantics that never change (STAGE-1, STAGE-2)."""

from collections import Counter
from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import StageCode
from crmcore.domain.model.schema import Name, settle
from crmcore.domain.model.text import Discreet, check_code, check_type

__all__ = [
    "DEFAULT_LEAD_STAGES",
    "LeadStages",
    "Stage",
    "StageSemantics",
    "check_stages",
    "first_changed_meaning",
]


#: How many stages leads, or one pipeline, may have.
STAGES_LIMIT = 200


class StageSemantics(StrEnum):
    """What a stage means; the letters are those of the product's `STATUS_SEMANTIC_ID`."""

    IN_PROCESS = "P"
    SUCCESS = "S"
    FAILURE = "F"


@frozen(kw_only=True, repr=False, eq=False)
class Stage(Discreet):
    """One stage: a code, the name that people see, and what it means.

    `code` has 1 to 100 characters without spaces, `name` is a line of at most 255 characters without direction
    overrides, `semantics` a `StageSemantics`. Raises `InvalidValue` for anything else.

    >>> Stage(code="CALLED", name="Called back", semantics=StageSemantics.IN_PROCESS).code
    'CALLED'
    """

    _shown: ClassVar = ("code", "semantics")

    code: StageCode
    name: Name = None
    semantics: StageSemantics

    def __attrs_post_init__(self) -> None:
        check_code("Stage.code", self.code)
        check_type("Stage.semantics", self.semantics, StageSemantics)
        settle(self)


def check_stages(field: str, stages: tuple[Stage, ...]) -> None:
    """Raise `InvalidValue` unless codes are unique and one stage is in process."""
    check_type(field, stages, tuple)
    if len(stages) > STAGES_LIMIT:
        raise InvalidValue(field, f"at most {STAGES_LIMIT} stages")
    for stage in stages:
        check_type(field, stage, Stage)
    if any(count > 1 for count in Counter(stage.code for stage in stages).values()):
        raise InvalidValue(field, "each stage code once")
    if not any(stage.semantics is StageSemantics.IN_PROCESS for stage in stages):
        raise InvalidValue(field, "at least one in-process stage")


def first_changed_meaning(before: tuple[Stage, ...], after: tuple[Stage, ...]) -> StageCode | None:
    """The first stage code whose semantics would change, which STAGE-1 forbids."""
    meaning = {stage.code: stage.semantics for stage in before}
    for stage in after:
        if meaning.get(stage.code, stage.semantics) is not stage.semantics:
            return stage.code
    return None


@frozen(kw_only=True, repr=False, eq=False)
class LeadStages(Discreet):
    """The catalogue of lead stages, in their order; exactly one of them means success (STAGE-1).

    `stages` is a tuple of at most 200 `Stage` values, each code once, at least one of them in process. Raises
    `InvalidValue` for anything else.

    >>> (DEFAULT_LEAD_STAGES.entry.code, DEFAULT_LEAD_STAGES.success.code)
    ('NEW', 'CONVERTED')
    """

    stages: tuple[Stage, ...]

    def __attrs_post_init__(self) -> None:
        check_stages("LeadStages.stages", self.stages)
        if sum(stage.semantics is StageSemantics.SUCCESS for stage in self.stages) != 1:
            raise InvalidValue("LeadStages.stages", "exactly one success stage")

    def get(self, code: str) -> Stage | None:
        """The stage with this `code`, if there is one.

        >>> DEFAULT_LEAD_STAGES.get("JUNK").semantics
        <StageSemantics.FAILURE: 'F'>
        """
        return next((stage for stage in self.stages if stage.code == code), None)

    def first(self, semantics: StageSemantics) -> Stage | None:
        """The first stage with this meaning, if there is one; `semantics` is a `StageSemantics`.

        >>> DEFAULT_LEAD_STAGES.first(StageSemantics.IN_PROCESS).code
        'NEW'
        """
        return next((stage for stage in self.stages if stage.semantics is semantics), None)

    @property
    def entry(self) -> Stage:
        """The stage in which a new lead starts."""
        return next(stage for stage in self.stages if stage.semantics is StageSemantics.IN_PROCESS)

    @property
    def success(self) -> Stage:
        """The one stage that means success."""
        return next(stage for stage in self.stages if stage.semantics is StageSemantics.SUCCESS)


#: The lead stages of a new CRM; codes are those of the product.
DEFAULT_LEAD_STAGES = LeadStages(
    stages=(
        Stage(code=StageCode("NEW"), name="Unassigned", semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("IN_PROCESS"), name="In progress", semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("PROCESSED"), name="Processed", semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("CONVERTED"), name="Good lead", semantics=StageSemantics.SUCCESS),
        Stage(code=StageCode("JUNK"), name="Junk lead", semantics=StageSemantics.FAILURE),
    )
)
