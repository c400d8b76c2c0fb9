"""The lead: a potential customer with a vague interest, and the only record that a switch converts."""

from datetime import date
from typing import Annotated, ClassVar

from attrs import frozen

from crmcore.domain.model.card import Card, settle_card, settle_points
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, LeadId, SourceCode, StageCode, UserId
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.schema import Field, Line, Own, Text
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.values import NO_POINTS, ContactPoints, Money, PersonName

__all__ = ["NO_NAME", "Lead"]

NO_NAME = PersonName()


@frozen(kw_only=True, repr=False, eq=False)
class Lead(Card):
    """An immutable lead.

    It carries the semantics of its stage, so it knows by itself whether it is active (STAGE-2).

    * `id` is a `LeadId`; `stage` a code, `semantics` what it means, `stage_description` a long text.
    * `title`, `company_title` and `job_title` are lines of at most 255 characters; `name` is a `PersonName`.
    * `birth_date` is a date, `amount` a `Money`, `contact_points` a sequence of `ContactPoint`.
    * `source` is a code, `source_description` a long text.
    * `observers` are the ids of at most 200 persons.
    * `contact_id` and `company_id` link it to a client; `deal_id` is set once it is converted (CONV-5).

    >>> lead = Lead(id=1, responsible=7, stage="NEW", semantics=StageSemantics.IN_PROCESS, title="Forty desks")
    >>> (lead.is_active, lead.is_linked, lead.title)
    (True, False, 'Forty desks')
    """

    _shown: ClassVar = ("id", "stage", "semantics", "contact_id", "company_id", "deal_id")

    id: Annotated[LeadId, Field.OWN, Field.PROVISIONAL]
    stage: StageCode
    semantics: Own[StageSemantics]
    title: Line = None
    name: PersonName = NO_NAME
    birth_date: date | None = None
    job_title: Line = None
    company_title: Line = None
    contact_points: ContactPoints = NO_POINTS
    source: SourceCode | None = None
    source_description: Text = None
    stage_description: Text = None
    amount: Money | None = None
    observers: tuple[UserId, ...] = ()
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    deal_id: Own[DealId | None] = None

    def __attrs_post_init__(self) -> None:
        settle_points(self)
        settle_card(self)

    @property
    def is_active(self) -> bool:
        """Whether the stage means "in process": never a name, an id or a probability (STAGE-2)."""
        return self.semantics is StageSemantics.IN_PROCESS

    @property
    def is_linked(self) -> bool:
        """Whether the lead belongs to a client already: a repeat lead (CONV-2)."""
        return self.contact_id is not None or self.company_id is not None

    def moved_to(self, stage: Stage) -> "Lead":
        """The same lead in another stage; `stage` is a `Stage`.

        >>> junk = Stage(code="JUNK", semantics=StageSemantics.FAILURE)
        >>> Lead(id=1, responsible=7, stage="NEW", semantics=StageSemantics.IN_PROCESS).moved_to(junk).is_active
        False
        """
        fields = {each.name: getattr(self, each.name) for each in self.__attrs_attrs__}
        made: Lead = unchecked(Lead)(**{**fields, "stage": stage.code, "semantics": stage.semantics})
        return made

    def converted(
        self, stage: StageCode, deal_id: DealId, contact_id: ContactId | None, company_id: CompanyId | None
    ) -> "Lead":
        """The lead after its conversion: in the success stage, linked to what was made (CONV-5).

        `stage` is the code of the success stage; `deal_id`, `contact_id` and `company_id` name what was made or found.

        >>> lead = Lead(id=1, responsible=7, stage="NEW", semantics=StageSemantics.IN_PROCESS)
        >>> lead.converted("CONVERTED", deal_id=1, contact_id=1, company_id=None).deal_id
        1
        """
        made: Lead = unchecked(Lead)(
            id=self.id,
            stage=stage,
            semantics=StageSemantics.SUCCESS,
            title=self.title,
            name=self.name,
            birth_date=self.birth_date,
            job_title=self.job_title,
            company_title=self.company_title,
            contact_points=self.contact_points,
            source=self.source,
            source_description=self.source_description,
            stage_description=self.stage_description,
            amount=self.amount,
            observers=self.observers,
            contact_id=contact_id,
            company_id=company_id,
            deal_id=deal_id,
            responsible=self.responsible,
            opened=self.opened,
            address=self.address,
            comments=self.comments,
            origin=self.origin,
            utm=self.utm,
            custom=self.custom,
            created_at=self.created_at,
        )
        return made
