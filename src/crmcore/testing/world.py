"""One CRM in memory with everything around it, so that a test can turn every knob: rights, plan, clock, store."""

from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER, RoleTable
from crmcore.crm import Crm
from crmcore.domain.authority import NO_RIGHTS
from crmcore.domain.commands import Command
from crmcore.domain.decision import Accepted, Context, Decision
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.events import Event
from crmcore.domain.ids import UserId
from crmcore.domain.image import CrmImage
from crmcore.domain.outcomes import Refused
from crmcore.ports.store import Store

__all__ = ["ADMIN", "HAND", "STRANGER", "Held", "Notebook", "World"]

#: May do everything.
ADMIN = UserId(1)
#: Works with all records, but may not change CRM settings.
HAND = UserId(2)
#: May do nothing.
STRANGER = UserId(3)


@define
class Notebook:
    """An observer that writes down what it is told."""

    events: list[Event] = field(factory=list)

    def tell(self, events: Sequence[Event]) -> None:
        """Write the events down."""
        self.events.extend(events)


def _roles() -> RoleTable:
    return RoleTable({ADMIN: (ADMINISTRATOR,), HAND: (MANAGER,)})


@define(kw_only=True)
class World:
    """A store with a role table of three actors, a plan and a clock that tests may change, and a notebook.

    `crm` is a new `Crm` each time: what a process that crashed leaves behind is the store alone.
    """

    store: Store
    roles: RoleTable = field(factory=_roles)
    plan: FixedPlan = field(factory=FixedPlan)
    clock: FixedClock = field(factory=FixedClock)
    notebook: Notebook = field(factory=Notebook)

    @classmethod
    def of(cls, image: CrmImage) -> "World":
        """The world of one CRM, loaded into memory as it is."""
        return cls(store=InMemoryStore(image))

    @property
    def crm(self) -> Crm:
        """A fresh driver over the store."""
        return Crm(store=self.store, permissions=self.roles, plan=self.plan, clock=self.clock, observer=self.notebook)

    def hold(self, actor: UserId, command: Command[Any]) -> "Held":
        """Load and decide as `Crm.run` does, and keep the decision open, to be committed later or never."""
        handler = HANDLERS[type(command)]
        snapshot = self.store.snapshot(handler.query(command))
        rights = self.roles.rights(actor) if handler.needs_right else NO_RIGHTS
        has_classic = self.plan.has_classic() and handler.needs_right
        context = Context(actor, rights, has_classic, self.clock.now())
        ids = {
            kind: iter(self.store.reserve(kind, count))
            for kind, count in handler.ids(command, snapshot, context).items()
        }
        return Held(self, command, context, handler.needs_right, handler.decide(command, snapshot, context, ids))


@frozen
class Held:
    """A decision that was made and is not committed: what a slow process carries around."""

    world: World
    command: Command[Any]
    context: Context
    needs_right: bool
    decision: Decision

    def commit(self) -> Any:
        """Commit as `Crm.run` does and give the result; raises `Conflict` where the decision has gone stale."""
        if isinstance(self.decision, Refused):
            return self.decision
        assert isinstance(self.decision, Accepted)  # the only other decision
        if self.decision.changes is not None:
            self.world.store.commit(self.decision.changes, self._confirm if self.needs_right else None)
        return self.decision.result

    def _confirm(self) -> bool:
        rights, has_classic = self.world.roles.rights(self.context.actor), self.world.plan.has_classic()
        return (rights, has_classic) == (self.context.rights, self.context.plan_has_classic)
