"""`TestCrm`: a CRM with its store, actors, clock and events, in one line."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar, Self

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.application.crm import Crm
from crmcore.application.images import image_of
from crmcore.application.step import Step
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.commands import Command
from crmcore.ports.store import Store, close_store
from crmcore.testing.builders import Builders
from crmcore.testing.checks import check
from crmcore.testing.display import as_text
from crmcore.testing.failures import FailingStore
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER, Driver, roles_of_personas
from crmcore.testing.recorder import EventRecorder

__all__ = ["TestCrm"]

MakeStore = Callable[[CrmImage], Store]


class TestCrm(Builders, AbstractContextManager["TestCrm"]):
    """A CRM for tests, over any store.

    `store` keeps it. `crm` is the real `Crm`, on `trouble`, which passes every call to the store until the test arms
    it. `roles`, `plan` and `clock` may be changed at any time; `events` has what happened. As a `with` block, it checks
    all laws if the block ends without an exception.

    `make_store` returns a new store with the records of an image; with it the same test runs on a store of the host.

    >>> with TestCrm.classic() as p:
    ...     leads = p.leads(2)
    ...     p.crm.switch_to_simple(p.administrator, key="2026").totals.deals
    2
    """

    __test__ = False  # for pytest: the name is that of a test class, and this is none

    administrator: ClassVar[UserId] = ADMIN
    manager: ClassVar[UserId] = MANAGER
    stranger: ClassVar[UserId] = STRANGER

    clock: FixedClock

    def __init__(
        self,
        store: Store,
        *,
        roles: RoleTable | None = None,
        plan: FixedPlan | None = None,
        clock: FixedClock | None = None,
    ) -> None:
        self.roles = roles_of_personas() if roles is None else roles
        self.plan = FixedPlan() if plan is None else plan
        self.events = EventRecorder()
        self.trouble = FailingStore(store)
        clock = FixedClock() if clock is None else clock
        # Its own roles and plan: what the test takes from a person or the company is not taken from the builders.
        setup = Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=clock)
        super().__init__(store, setup, clock)

    @classmethod
    def classic(cls, *, make_store: MakeStore = InMemoryStore, clock: FixedClock | None = None) -> Self:
        """An empty CRM in Classic mode.

        `make_store` gives a new store that holds an image, the one in memory unless told otherwise; `clock` is a
        `FixedClock`.

        >>> TestCrm.classic().crm.mode()
        <CrmState.CLASSIC: 'classic'>
        """
        return cls.of(new_crm(CrmMode.CLASSIC), make_store=make_store, clock=clock)

    @classmethod
    def simple(cls, *, make_store: MakeStore = InMemoryStore, clock: FixedClock | None = None) -> Self:
        """A new CRM: empty, in Simple mode (MODE-2); `make_store` and `clock` are as in `classic`.

        >>> TestCrm.simple().crm.mode()
        <CrmState.SIMPLE: 'simple'>
        """
        return cls.of(new_crm(), make_store=make_store, clock=clock)

    @classmethod
    def of(cls, image: CrmImage, *, make_store: MakeStore = InMemoryStore, clock: FixedClock | None = None) -> Self:
        """The CRM of an `image`, as it is; `make_store` and `clock` are as in `classic`.

        >>> p = TestCrm.classic()
        >>> lead = p.lead()
        >>> TestCrm.of(p.image()).reread(lead) == lead
        True
        """
        return cls(make_store(image), clock=clock)

    @property
    def crm(self) -> Crm:
        """A new driver each time: what a process that crashed leaves behind is the store alone."""
        return Crm(store=self.trouble, permissions=self.roles, plan=self.plan, clock=self.clock, observer=self.events)

    @property
    def as_administrator(self) -> Driver:
        """Every method of `crm`, called by the administrator."""
        return Driver(self.crm, ADMIN)

    @property
    def as_manager(self) -> Driver:
        """Every method of `crm`, called by a manager, who may not change CRM settings."""
        return Driver(self.crm, MANAGER)

    @property
    def as_stranger(self) -> Driver:
        """Every method of `crm`, called by a user without any right."""
        return Driver(self.crm, STRANGER)

    def hold(self, actor: UserId, command: Command[Any]) -> Step:
        """Load and decide as `Crm.run` does, and hold the decision, to commit it later or never.

        `actor` asks for `command`, a `Command` such as `CloseLead`. Raises `InvalidValue` for anything else.

        >>> from crmcore import CloseLead
        >>> p = TestCrm.classic()
        >>> held = p.hold(p.manager, CloseLead(lead_id=p.lead().id))
        >>> held.commit()
        1
        """
        return Step.of(self.trouble, self.roles, self.plan, self.clock, actor, command)

    def restarted(self, store: Store | None = None) -> Self:
        """The same CRM for a new process: its own driver, events and troubles over the same store, or over `store`.

        >>> p = TestCrm.classic()
        >>> lead = p.lead()
        >>> p.trouble.fail("snapshot")
        >>> p.restarted().crm.lead(p.manager, lead.id).record == lead
        True
        """
        return type(self)(self.store if store is None else store, roles=self.roles, plan=self.plan, clock=self.clock)

    def check(self) -> None:
        """Check all laws; raises `ContractBroken` with rule ids and record ids, without personal data.

        >>> TestCrm.classic().check()
        """
        check(self.store)

    def image(self) -> CrmImage:
        """Return all records as one value.

        >>> p = TestCrm.classic()
        >>> lead = p.lead()
        >>> p.image().leads == {lead.id: lead}
        True
        """
        return image_of(self.store)

    def snapshot(self) -> str:
        """Return all records as the canonical JSON document: equal CRMs give equal texts, with a line for each record.

        `crmcore audit` reads this document. Raises `MissingExtra` if the extra is not installed.

        >>> TestCrm.classic().snapshot() == TestCrm.classic().snapshot()
        True
        """
        from crmcore.adapters.document import dump_crm

        return dump_crm(self.image())

    def show(self, *records: object) -> None:
        """Print `records` with all their data, personal data included; without arguments, all records of the CRM.

        >>> p = TestCrm.classic()
        >>> p.show(p.leads(1)[0].amount)
        Money(
            amount=Decimal('1'),
            currency='EUR',
        )
        """
        for record in records or self._records():
            print(as_text(record))  # noqa: T201  # this is what it is for

    def _records(self) -> list[object]:
        image = self.image()
        tables = (image.leads, image.deals, image.contacts, image.companies, image.activities)
        return [image.settings, *(record for table in tables for record in table.values())]

    def close(self) -> None:
        """Close the store, if it has a `close` method.

        >>> TestCrm.classic().close()
        """
        close_store(self.store)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'store', None)!r})"
