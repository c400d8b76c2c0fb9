"""The deal: what a lead becomes."""

from typing import Annotated, ClassVar

from attrs import frozen

from crmcore.domain.model.card import Card, settle_card
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, LeadId, PipelineId, SourceCode, StageCode
from crmcore.domain.model.schema import Field, Line, Own, Text
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import Money

__all__ = ["Deal"]


@frozen(kw_only=True, repr=False, eq=False)
class Deal(Card):
    """An immutable deal; `lead_id` names the lead it was made from, for ever (CONV-5, SWITCH-1).

    * `id` is a `DealId`; `pipeline_id` names its pipeline, 0 the default one.
    * `stage` is a code of that pipeline, `semantics` what it means.
    * `title` is a line of at most 255 characters, `amount` a `Money`.
    * `source` is a code, `source_description` a long text.
    * `contact_id` and `company_id` link it to its client.

    >>> deal = Deal(id=1, responsible=7, pipeline_id=0, stage="WON", semantics=StageSemantics.SUCCESS, title="Desks")
    >>> deal.is_open
    False
    """

    _shown: ClassVar = ("id", "pipeline_id", "stage", "semantics", "contact_id", "company_id", "lead_id")

    id: Own[DealId]
    pipeline_id: Annotated[PipelineId, Field.SETTLED]
    stage: StageCode
    semantics: Own[StageSemantics]
    title: Line = None
    amount: Money | None = None
    source: SourceCode | None = None
    source_description: Text = None
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    lead_id: Own[LeadId | None] = None

    def __attrs_post_init__(self) -> None:
        settle_card(self)

    @property
    def is_open(self) -> bool:
        """Whether the deal's stage means "in process"."""
        return self.semantics is StageSemantics.IN_PROCESS
