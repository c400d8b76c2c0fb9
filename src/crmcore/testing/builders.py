"""Builders for the records of a test CRM, in one line each."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar, Unpack

from crmcore.application.crm import Crm
from crmcore.application.pages import pages
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.fields import ENTITIES, ActivityFields, CompanyFields, ContactFields, DealFields, LeadFields
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, PipelineId, Ref, StageCode
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.values import ContactPoint, ContactPoints, Money, PersonName, PointKind
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.rules.mode import CrmState
from crmcore.ports.clock import Clock
from crmcore.ports.store import Store
from crmcore.testing.checks import accepted
from crmcore.testing.personas import ADMIN

__all__ = ["Builders", "Card"]

Card = Lead | Deal | Contact | Company
R = TypeVar("R", Lead, Deal, Contact, Company, Activity)

_KINDS: dict[type, Kind] = {entity: kind for kind, entity in ENTITIES.items()}


class Builders:
    """Each method adds records through the real commands, as the administrator, and returns what is stored.

    The builders record no events, and armed troubles do not affect them: events and troubles are for the actions of
    the test itself.
    """

    def __init__(self, store: Store, setup: Crm, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._setup = setup

    def lead(self, **fields: Unpack[LeadFields]) -> Lead:
        """Add a lead with these `fields`; outside Classic it is stored converted, with its deal (SWITCH-6).

        >>> from crmcore.testing import TestCrm
        >>> TestCrm.classic().lead(title="Forty desks").title
        'Forty desks'
        """
        return accepted(self._setup.lead(ADMIN, accepted(self._setup.add_lead(ADMIN, **fields)))).record

    def leads(self, count: int, *, activities: int = 0, **fields: Unpack[LeadFields]) -> tuple[Lead, ...]:
        """Add `count` different leads, numbered by their ids: each has a name, a company, an e-mail and an amount.

        `activities` is how many open activities each gets; `fields` apply to all of them. Outside Classic the
        activities are bound to the deal.

        >>> [lead.title for lead in TestCrm.classic().leads(2, activities=1)]
        ['Lead 1', 'Lead 2']
        """
        if self._setup.mode() is CrmState.CLASSIC:
            return self._import(count, activities, fields)
        known = max((entry.id for page in pages(self.store, Kind.LEAD) for entry in page), default=0)
        made = []
        for number in range(known + 1, known + count + 1):
            lead = self.lead(**{**_sample(number), **fields})
            made.append(lead)
            for each in range(1, activities + 1):
                accepted(self._setup.add_activity(ADMIN, of=[_holder(lead)], kind="call", subject=f"Call {each}"))
        return tuple(made)

    def _import(self, count: int, activities: int, fields: LeadFields) -> tuple[Lead, ...]:
        """The same in one commit."""
        stages = self._setup.lead_stages().record
        code = fields.get("stage", stages.entry.code)
        stage = next((each for each in stages.stages if each.code == code), None)
        if stage is None:
            raise ValueError("stage: expected one of the lead stages")
        made = tuple(
            Lead(
                **{
                    "responsible": ADMIN,
                    "created_at": self.clock.now(),
                    **_sample(id),
                    **fields,
                    "id": LeadId(id),
                    "stage": stage.code,
                    "semantics": stage.semantics,
                }
            )
            for id in self.store.reserve(Kind.LEAD, count)
        )
        work = tuple(self._work(made, activities))
        accepted(self._setup.import_records(ADMIN, ImportRecords(leads=made, activities=work)))
        return made

    def _work(self, leads: Iterable[Lead], activities: int) -> Iterator[tuple[Activity, frozenset[Ref]]]:
        for lead in leads if activities else ():
            bound = frozenset({Ref(Kind.LEAD, lead.id)})
            for each, id in enumerate(self.store.reserve(Kind.ACTIVITY, activities), start=1):
                yield Activity(id=ActivityId(id), kind="call", subject=f"Call {each}", responsible=ADMIN), bound

    def deal(self, **fields: Unpack[DealFields]) -> Deal:
        """Add a deal that was never a lead, with these `fields`.

        >>> TestCrm.classic().deal(title="Forty desks").lead_id is None
        True
        """
        return accepted(self._setup.deal(ADMIN, accepted(self._setup.add_deal(ADMIN, **fields)))).record

    def contact(self, **fields: Unpack[ContactFields]) -> Contact:
        """Add a contact with these `fields`.

        >>> TestCrm.classic().contact(name=PersonName(first="Ann")).name.first
        'Ann'
        """
        return accepted(self._setup.contact(ADMIN, accepted(self._setup.add_contact(ADMIN, **fields)))).record

    def company(self, **fields: Unpack[CompanyFields]) -> Company:
        """Add a company with these `fields`.

        >>> TestCrm.classic().company(title="Example Ltd").title
        'Example Ltd'
        """
        return accepted(self._setup.company(ADMIN, accepted(self._setup.add_company(ADMIN, **fields)))).record

    def activity(self, *of: Card, **fields: Unpack[ActivityFields]) -> Activity:
        """Add an activity with these `fields`, bound to the records `of`.

        >>> p = TestCrm.classic()
        >>> p.activity(p.lead(), p.deal(), kind="call").kind
        'call'
        """
        id = accepted(self._setup.add_activity(ADMIN, of=[self.ref(record) for record in of], **fields))
        return accepted(self._setup.activity(ADMIN, id)).record

    def pipeline(self, name: str | None = None, *, stages: tuple[Stage, ...] | None = None) -> Pipeline:
        """Add another deal pipeline.

        `name` is what people see. Without `stages` it has `C1:NEW`, `C1:WON` and `C1:LOSE`, numbered by its id.

        >>> TestCrm.classic().pipeline("Partners").first_stage.code
        'C1:NEW'
        """
        id = PipelineId(1 + max(each.record.id for each in self._setup.pipelines()))
        accepted(self._setup.define_pipeline(ADMIN, Pipeline(id=id, name=name, stages=stages or tuple(_stages_of(id)))))
        return next(each.record for each in self._setup.pipelines() if each.record.id == id)

    def reread(self, record: R) -> R:
        """Return the `record` as stored now.

        >>> p = TestCrm.classic()
        >>> lead = p.lead()
        >>> id = p.crm.close_lead(p.manager, lead.id)
        >>> (lead.stage, p.reread(lead).stage)
        ('NEW', 'JUNK')
        """
        found: R = accepted(getattr(self._setup, _KINDS[type(record)])(ADMIN, record.id)).record
        return found

    def ref(self, record: Card | Activity) -> Ref:
        """Return the reference to a `record`: its kind and id.

        >>> p = TestCrm.classic()
        >>> str(p.ref(p.lead()))
        'lead:1'
        """
        return Ref(_KINDS[type(record)], record.id)


def _holder(lead: Lead) -> Ref:
    """What activities of a lead are bound to when they are added."""
    return Ref(Kind.LEAD, lead.id) if lead.deal_id is None else Ref(Kind.DEAL, lead.deal_id)


def _sample(number: int) -> Any:
    return {
        "title": f"Lead {number}",
        "name": PersonName(first="Ann", last=f"Sample-{number}"),
        "company_title": f"Company {number} Ltd",
        "contact_points": ContactPoints([ContactPoint(kind=PointKind.EMAIL, value=f"lead{number}@example.com")]),
        "amount": Money(amount=Decimal(number), currency="EUR"),
    }


def _stages_of(id: PipelineId) -> Iterator[Stage]:
    for code, semantics in (
        ("NEW", StageSemantics.IN_PROCESS),
        ("WON", StageSemantics.SUCCESS),
        ("LOSE", StageSemantics.FAILURE),
    ):
        yield Stage(code=StageCode(f"C{id}:{code}"), semantics=semantics)
