"""One step: load, decide, commit. `Crm` takes steps at once; a test kit may hold one between decision and commit."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from crmcore.application.answers import has_classic, instant_of, reserved, rights_of, snapshot_of
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.errors import Conflict, InvalidValue, RecordFault, StoreBusy
from crmcore.domain.model.ids import Kind, LeadId, UserId
from crmcore.domain.model.integrity import check_given
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command
from crmcore.domain.protocol.decision import Context, Decision, Handler
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import NO_RIGHTS
from crmcore.ports.clock import Clock
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store

__all__ = ["NOBODY", "Confirm", "Step", "asked", "handler_of", "touch"]

#: The question of the serial section: do the rights still hold? `None` where a token alone is enough.
Confirm = Callable[[], bool] | None

#: How often a touch is repeated because the lead changed.
TOUCHES = 50

#: The steps that a token alone may take are nobody's in particular (PERM-4).
NOBODY = UserId(0)


class Step:
    """A decision with all that its commit needs: what it was decided on, and for whom.

    `of` makes one; `store` is where it is committed. `command` is what was asked, `context` who asked, with which
    rights and when. `decision` is the answer of the domain; `confirm` asks whether the rights it was decided on still
    hold (PERM-2), and is `None` for the steps that a token alone may take (PERM-4).

    >>> from crmcore import CloseLead
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    """

    __slots__ = ("_store", "command", "confirm", "context", "decision")

    def __init__(
        self,
        store: Store,
        command: Command[Any],
        context: Context,
        decision: Decision,
        confirm: Confirm,
    ) -> None:
        self._store = store
        self.command = command
        self.context = context
        self.decision = decision
        self.confirm = confirm

    @classmethod
    def of(
        cls,
        store: Store,
        permissions: Permissions,
        plan: Plan,
        clock: Clock,
        actor: UserId,
        command: Command[Any],
    ) -> "Step":
        """Load what the command asks for and decide it; nothing is written yet.

        `store`, `permissions`, `plan` and `clock` are the ports; `actor` asks for `command`.
        A record that cannot be read is left unread where the command is about it and can do without it (SWITCH-9).
        Raises `InvalidValue` for what is no command, and whatever the ports raise.

        >>> step = Step.of(p.store, p.roles, p.plan, p.clock, p.manager, CloseLead(lead_id=p.lead().id))
        """
        handler = handler_of(command)
        check_id("actor", actor, lowest=NOBODY)
        check_given(command)
        try:
            snapshot = snapshot_of(store, handler.query(command))
        except RecordFault as fault:
            if handler.unread is None or _is_of_another_lead(fault, command):
                raise
            handler = handler.unread
            snapshot = snapshot_of(store, handler.query(command))
        context, confirm = asked(permissions, plan, clock, actor, needs_right=handler.needs_right)
        ids = {kind: reserved(store, kind, count) for kind, count in handler.ids(command, snapshot, context).items()}
        decision = handler.decide(command, snapshot, context, ids)
        if snapshot.keeps_events:
            decision = _with_events(decision)
        return cls(store, command, context, decision, confirm)

    def commit(self) -> Any:
        """Write what was decided and give the result; a refusal is answered as it is.

        Raises `Conflict` where the decision has gone stale, and whatever else the store raises.

        >>> step.commit()
        1
        """
        if isinstance(self.decision, Refused):
            return self.decision
        if self.decision.changes is not None:
            self._store.commit(self.decision.changes, self.confirm)
        return self.decision.result


def touch(store: Store, lead_id: LeadId) -> None:
    """Make everybody who has read a lead decide again: for code of a host that changed what a decision rests on.

    `store` is the store, in a host's transaction the one of that transaction. `lead_id` is the lead of which such code
    has written a row past the port: its stage, its client, one of its activities. The lead is written as it is, so its
    version moves, and a command or a chunk that has read it before is a conflict. Of a deleted lead, or one that is
    not there, nothing is written. Raises `InvalidValue` for an id that is not allowed, `StoreBusy` if the lead keeps
    changing, `ContractBroken` for a store that answers something else, and whatever the store raises.

    >>> from crmcore.testing import ADMIN
    >>> lead = p.lead()
    >>> touch(p.store, lead.id)
    >>> p.crm.lead(ADMIN, lead.id).version
    2
    """
    check_id("lead_id", lead_id)
    for _ in range(TOUCHES):
        snapshot = snapshot_of(store, Query(leads=(lead_id,)))
        lead = snapshot.leads.get(lead_id)
        if not isinstance(lead, Lead):
            return
        try:
            store.commit(Changes(expects=snapshot.read, leads={lead_id: lead}))
        except Conflict:
            continue
        return
    raise StoreBusy(f"the lead changed {TOUCHES} times; safe to run again")


def _is_of_another_lead(fault: RecordFault, command: Command[Any]) -> bool:
    """Whether a lead is damaged that shares an activity with the one that the command is about (D-168)."""
    return fault.ref.kind is Kind.LEAD and fault.ref.id != getattr(command, "lead_id", None)


def _with_events(decision: Decision) -> Decision:
    """A decision whose changes carry its events (EVENT-1); without that, events are made only where they are told."""
    if isinstance(decision, Refused) or decision.changes is None:
        return decision
    events = tuple(decision.events)
    return evolve(decision, changes=evolve(decision.changes, events=events), events=events)


def handler_of(command: Command[Any]) -> Handler:
    """How a command is decided; raises `InvalidValue` for what is no command."""
    handler = HANDLERS.get(type(command))
    if handler is None:
        raise InvalidValue("command", "one of the commands of crmcore, such as AddLead")
    return handler


def asked(
    permissions: Permissions, plan: Plan, clock: Clock, actor: UserId, *, needs_right: bool
) -> tuple[Context, Confirm]:
    """Who asks and what holds now, and the question of the serial section whether it still does (PERM-2)."""
    now = instant_of(clock)
    if not needs_right:
        return Context(actor, NO_RIGHTS, False, now), None
    rights, classic = rights_of(permissions, actor), has_classic(plan)

    def confirm() -> bool:
        return permissions.rights(actor) == rights and plan.has_classic() == classic

    return Context(actor, rights, classic, now), confirm
