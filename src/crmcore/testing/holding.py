"""A decision that was made and is not committed: what a slow process carries around."""

from typing import Any

from attrs import frozen

from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import Command
from crmcore.domain.protocol.decision import Accepted, Context, Decision
from crmcore.domain.rules.authority import NO_RIGHTS
from crmcore.ports.clock import Clock
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store

__all__ = ["Held"]


@frozen
class Held:
    """A decision with all that its commit needs.

    `store`, `permissions` and `plan` are the ports, `command`, `context` and `needs_right` what it was made of,
    `decision` what came of it.

    >>> from crmcore.domain.protocol.commands import CloseLead
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    """

    store: Store
    permissions: Permissions
    plan: Plan
    command: Command[Any]
    context: Context
    needs_right: bool
    decision: Decision

    @classmethod
    def of(
        cls,
        store: Store,
        permissions: Permissions,
        plan: Plan,
        clock: Clock,
        actor: UserId,
        command: Command[Any],
    ) -> "Held":
        """Load and decide as `Crm.run` does.

        `store`, `permissions`, `plan` and `clock` are the ports; `actor` asks for `command`.

        >>> held = Held.of(p.store, p.roles, p.plan, p.clock, p.manager, CloseLead(lead_id=p.lead().id))
        """
        handler = HANDLERS[type(command)]
        snapshot = store.snapshot(handler.query(command))
        rights = permissions.rights(actor) if handler.needs_right else NO_RIGHTS
        has_classic = plan.has_classic() and handler.needs_right
        context = Context(actor, rights, has_classic, clock.now())
        ids = {
            kind: iter(store.reserve(kind, count)) for kind, count in handler.ids(command, snapshot, context).items()
        }
        decision = handler.decide(command, snapshot, context, ids)
        return cls(store, permissions, plan, command, context, handler.needs_right, decision)

    def commit(self) -> Any:
        """Commit as `Crm.run` does and give the result; raises `Conflict` where the decision has gone stale.

        >>> held.commit()
        1
        """
        if isinstance(self.decision, Refused):
            return self.decision
        assert isinstance(self.decision, Accepted)  # the only other decision
        if self.decision.changes is not None:
            self.store.commit(self.decision.changes, self._confirm if self.needs_right else None)
        return self.decision.result

    def _confirm(self) -> bool:
        rights, has_classic = self.permissions.rights(self.context.actor), self.plan.has_classic()
        return (rights, has_classic) == (self.context.rights, self.context.plan_has_classic)
