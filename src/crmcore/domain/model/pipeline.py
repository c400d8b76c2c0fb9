"""The deal pipeline: an ordered set of stages; archived, never deleted (STAGE-1)."""

from typing import ClassVar

from attrs import frozen

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import DEFAULT_PIPELINE, PipelineId, StageCode
from crmcore.domain.model.schema import Name, settle
from crmcore.domain.model.stages import Stage, StageSemantics, check_stages
from crmcore.domain.model.text import Discreet, check_id

__all__ = ["DEFAULT_DEAL_STAGES", "Pipeline", "default_pipeline"]


@frozen(kw_only=True, repr=False, eq=False)
class Pipeline(Discreet):
    """An immutable deal pipeline with at least one in-process stage; new deals start in the first one.

    `id` is a `PipelineId`, 0 for the default one. `name` is a line of at most 255 characters without direction
    overrides. `stages` is a tuple of at most 200 `Stage` values, each code once. `archived` is set by
    `Crm.archive_pipeline`. Raises `InvalidValue` for anything else.

    >>> new = Stage(code="P:NEW", semantics=StageSemantics.IN_PROCESS)
    >>> Pipeline(id=7, name="Partners", stages=(new,)).first_stage == new
    True
    """

    _shown: ClassVar = ("id", "archived")

    id: PipelineId
    name: Name = None
    stages: tuple[Stage, ...]
    archived: bool = False

    def __attrs_post_init__(self) -> None:
        check_id("Pipeline.id", self.id, lowest=DEFAULT_PIPELINE)
        settle(self)
        check_stages("Pipeline.stages", self.stages)
        if self.archived and self.id == DEFAULT_PIPELINE:
            raise InvalidValue("Pipeline.archived", "no archived default pipeline")

    def get(self, code: str) -> Stage | None:
        """The stage with this `code`, if there is one.

        >>> default_pipeline().get("WON").semantics
        <StageSemantics.SUCCESS: 'S'>
        """
        return next((stage for stage in self.stages if stage.code == code), None)

    @property
    def first_stage(self) -> Stage:
        """The stage in which a new deal starts: the first that is in process (POLICY-2)."""
        return next(stage for stage in self.stages if stage.semantics is StageSemantics.IN_PROCESS)


#: The stages of a new deal pipeline; codes are those of the product.
DEFAULT_DEAL_STAGES = (
    Stage(code=StageCode("NEW"), name="New", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("PREPARATION"), name="Prepare documents", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("PREPAYMENT_INVOICE"), name="Prepayment invoice", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("EXECUTING"), name="In work", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("FINAL_INVOICE"), name="Final invoice", semantics=StageSemantics.IN_PROCESS),
    Stage(code=StageCode("WON"), name="Deal won", semantics=StageSemantics.SUCCESS),
    Stage(code=StageCode("LOSE"), name="Deal lost", semantics=StageSemantics.FAILURE),
    Stage(code=StageCode("APOLOGY"), name="Analysis of the loss", semantics=StageSemantics.FAILURE),
)


def default_pipeline() -> Pipeline:
    """The pipeline that every new CRM has.

    >>> default_pipeline().first_stage.code
    'NEW'
    """
    return Pipeline(id=DEFAULT_PIPELINE, name="General", stages=DEFAULT_DEAL_STAGES)
