"""Small builders for tests: a CRM with three people, and records in one line each."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar, Unpack

from attrs import evolve

from crmcore import (
    ClientChoice,
    Company,
    CompanyId,
    Contact,
    ContactId,
    ContactPoint,
    Crm,
    Deal,
    DealId,
    Kind,
    LeadId,
    LedgerRow,
    MatchSetting,
    ModeSwitchPolicy,
    Money,
    Pipeline,
    PipelineId,
    PointKind,
    Ref,
    Refused,
    Stage,
    StageCode,
    StageSemantics,
    SwitchReport,
    Tombstone,
    Totals,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.fields import LeadFields
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.settings import CrmMode
from crmcore.ports.store import Store
from crmcore.testing import ADMIN, MANAGER, STRANGER, EventRecorder, FailingStore, accepted
from crmcore.testing.contracts.scene import BEGINNING
from crmcore.testing.contracts.scene import Scene as SuiteScene

__all__ = [
    "ADMIN",
    "BOTH",
    "BOTH_CLOSE",
    "MANAGER",
    "NOW",
    "OTHER",
    "STRANGER",
    "TERMS",
    "Scene",
    "accepted",
    "classic",
    "email",
    "euros",
    "faulty",
    "interrupted",
    "of",
    "other_pipeline",
    "phone",
    "refused",
    "simple",
    "there",
    "without_activity",
]

K = TypeVar("K")
R = TypeVar("R")

#: Where the clock of every scene stands at first.
NOW = BEGINNING

#: Terms of a switch in which nothing is as it is by default.
TERMS = ConversionTerms(
    client=ClientChoice.BOTH,
    pipeline_id=PipelineId(0),
    deal_stage=StageCode("NEW"),
    lead_stage=StageCode("CONVERTED"),
    keep_activities=True,
    match=MatchSetting.EMAIL,
)

#: A contact and a company for each deal; open activities stay open, or are completed.
BOTH = ModeSwitchPolicy(client=ClientChoice.BOTH)
BOTH_CLOSE = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)

#: The second deal pipeline of a scene that asks for one.
OTHER = PipelineId(7)


def refused(answer: object) -> str:
    """The code of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.reason.value


def there(records: Mapping[K, R | Tombstone]) -> dict[K, R]:
    """The records that are not deleted."""
    return {id: each for id, each in records.items() if not isinstance(each, Tombstone)}


def of(kind: Kind, id: int) -> Ref:
    """A reference, spelled short."""
    return Ref(kind, id)


def email(value: str, type: str = "WORK") -> ContactPoint:
    """An e-mail address."""
    return ContactPoint(kind=PointKind.EMAIL, type=type, value=value)


def phone(value: str, type: str = "WORK") -> ContactPoint:
    """A phone number."""
    return ContactPoint(kind=PointKind.PHONE, type=type, value=value)


def other_pipeline(id: PipelineId = OTHER) -> Pipeline:
    """A pipeline whose first in-process stage is not its first stage."""
    return Pipeline(
        id=id,
        name="Partners",
        stages=(
            Stage(code=StageCode("WON_B"), semantics=StageSemantics.SUCCESS),
            Stage(code=StageCode("FIRST_B"), semantics=StageSemantics.IN_PROCESS),
            Stage(code=StageCode("LAST_B"), semantics=StageSemantics.IN_PROCESS),
        ),
    )


class Scene(SuiteScene):
    """The scene of the contract suites, with what the tests of the rules ask for besides."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.told = EventRecorder()
        self.crm = Crm(store=store, permissions=self.roles, plan=self.plan, clock=self.clock, observer=self.told)

    def add_company(self, title: str = "Calm Ltd", **fields: Any) -> CompanyId:
        """A new company."""
        return accepted(self.crm.add_company(ADMIN, title=title, **fields))

    def add_other_pipeline(self) -> PipelineId:
        """The second deal pipeline."""
        accepted(self.crm.define_pipeline(ADMIN, other_pipeline()))
        return OTHER

    def deal(self, id: DealId) -> Deal:
        """A deal as it stands."""
        return accepted(self.crm.deal(ADMIN, id)).record

    def contact(self, id: ContactId | None) -> Contact:
        """A contact as it stands."""
        assert id is not None
        return accepted(self.crm.contact(ADMIN, id)).record

    def company(self, id: CompanyId | None) -> Company:
        """A company as it stands."""
        assert id is not None
        return accepted(self.crm.company(ADMIN, id)).record

    def asked_to_edit(self, id: LeadId, **fields: Unpack[LeadFields]) -> int | Refused:
        """Edit a lead in the version that it has now, or be refused."""
        return self.crm.edit_lead(ADMIN, id, self.version(id), **fields)

    def switch(self, policy: ModeSwitchPolicy | None = None, *, key: str = "k", chunk: int = 500) -> SwitchReport:
        """The whole switch to Simple; the law of its numbers is checked on every progress report."""
        report = accepted(
            self.crm.switch_to_simple(
                ADMIN, policy=policy or ModeSwitchPolicy(), key=key, chunk=chunk, on_progress=_adds_up
            )
        )
        _adds_up(report.totals)
        return report

    def row(self, id: LeadId) -> LedgerRow:
        """The ledger row of a converted lead."""
        return self.image().ledger[id]

    def counts(self) -> Mapping[str, int]:
        """How many records of each kind there are, deleted ones included."""
        image = self.image()
        names = ("leads", "deals", "contacts", "companies", "activities", "ledger")
        return {name: len(getattr(image, name)) for name in names}

    def holds_all_laws(self) -> bool:
        """Whether an audit finds nothing."""
        return self.crm.audit(ADMIN) == ()

    def heard(self) -> list[object]:
        """The events since the last look."""
        told: list[object] = list(self.told)
        self.told.clear()
        return told

    def later(self, days: int = 1) -> None:
        """Move the clock."""
        self.clock.move(timedelta(days=days))


def _adds_up(totals: Totals) -> None:
    ended = totals.converted + totals.already_converted + totals.closed + totals.deleted + totals.set_aside
    assert totals.at_begin + totals.added == ended + totals.remaining


def classic() -> Scene:
    """A Classic CRM without records."""
    return Scene(InMemoryStore.classic())


def simple() -> Scene:
    """A new CRM: Simple."""
    return Scene(InMemoryStore())


def euros(amount: str) -> Money:
    """An amount in euros."""
    return Money(amount=Decimal(amount), currency="EUR")


def interrupted(mode: CrmMode = CrmMode.CLASSIC) -> tuple[Scene, FailingStore]:
    """A CRM whose next commit can be overtaken."""
    store = FailingStore(InMemoryStore(new_crm(mode)))
    return Scene(store), store


def faulty() -> tuple[Scene, FailingStore]:
    """A Classic CRM with records that can be made to fail."""
    return interrupted()


def without_activity(gone: int) -> CrmImage:
    """Three leads with an activity each, one of which is bound and not there."""
    scene = classic()
    for number in range(3):
        scene.add_activity(Ref(Kind.LEAD, scene.add(title=f"Request {number}")))
    image = scene.image()
    return evolve(image, activities={id: each for id, each in image.activities.items() if id != gone})
