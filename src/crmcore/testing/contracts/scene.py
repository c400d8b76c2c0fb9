"""The CRM that a contract test works on: a store with people, a plan and a clock around it; records go by their ids."""

from datetime import UTC, datetime
from typing import Any, Unpack

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.plans import FixedPlan
from crmcore.application.audit import audit_store
from crmcore.application.crm import Crm
from crmcore.application.images import image_of
from crmcore.application.step import Step
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.fields import ActivityFields, LeadFields
from crmcore.domain.model.ids import ActivityId, ContactId, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow, SwitchToken
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.values import PersonName
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command
from crmcore.domain.protocol.results import SwitchReport
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Store
from crmcore.testing.checks import accepted
from crmcore.testing.personas import ADMIN, roles_of_personas

__all__ = ["ADMIN", "BEGINNING", "Scene", "accepted", "decided"]

#: Where the clock of every scene stands at first: no part of it is zero, so that none can be lost without a word.
BEGINNING = datetime(2026, 1, 1, 9, 41, 7, 250_037, tzinfo=UTC)


class Scene:
    """One CRM with everything around it in reach; its short methods act as the administrator."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.roles = roles_of_personas()
        self.plan = FixedPlan()
        self.clock = FixedClock(BEGINNING)
        self.crm = Crm(store=store, permissions=self.roles, plan=self.plan, clock=self.clock)

    def add(self, **fields: Unpack[LeadFields]) -> LeadId:
        """A new lead."""
        return accepted(self.crm.add_lead(ADMIN, **fields))

    def add_activity(self, *refs: Ref, **fields: Unpack[ActivityFields]) -> ActivityId:
        """A new activity."""
        return accepted(self.crm.add_activity(ADMIN, of=refs, **fields))

    def add_contact(self, first: str = "Carla", **fields: Any) -> ContactId:
        """A new contact."""
        return accepted(self.crm.add_contact(ADMIN, name=PersonName(first=first), **fields))

    def lead(self, id: LeadId) -> Lead:
        """A lead as it stands."""
        return accepted(self.crm.lead(ADMIN, id)).record

    def activity(self, id: ActivityId) -> Activity:
        """An activity as it stands."""
        return accepted(self.crm.activity(ADMIN, id)).record

    def bound(self, id: ActivityId) -> frozenset[Ref]:
        """What an activity is bound to."""
        return accepted(self.crm.bindings(ADMIN, id))

    def version(self, id: LeadId) -> int:
        """The version of a lead."""
        return accepted(self.crm.lead(ADMIN, id)).version

    def edit(self, id: LeadId, **fields: Unpack[LeadFields]) -> int:
        """Edit a lead in the version that it has now."""
        return accepted(self.crm.edit_lead(ADMIN, id, self.version(id), **fields))

    def convert(self, id: LeadId, policy: ModeSwitchPolicy | None = None) -> LedgerRow:
        """Convert a lead by hand."""
        return accepted(self.crm.convert_lead(ADMIN, id, policy=policy)).row

    def begin(self, policy: ModeSwitchPolicy | None = None, *, key: str = "k") -> SwitchToken:
        """Begin a switch, of which nothing is converted yet."""
        token = accepted(self.crm.begin_switch(ADMIN, policy=policy or ModeSwitchPolicy(), key=key))
        assert isinstance(token, SwitchToken), "not in Classic: make_store has to keep all of the seed (load_image)"
        return token

    def switch(self, policy: ModeSwitchPolicy | None = None, *, key: str = "k", chunk: int = 500) -> SwitchReport:
        """The whole switch to Simple."""
        policy = policy or ModeSwitchPolicy()
        return accepted(self.crm.switch_to_simple(ADMIN, policy=policy, key=key, chunk=chunk))

    def unread(self, **parts: Any) -> Changes:
        """Changes that expect nothing of what is there but the epoch."""
        return Changes(expects=self.store.snapshot(Query()).read, **parts)

    def image(self) -> CrmImage:
        """All that is stored."""
        return image_of(self.store)

    def broken_laws(self) -> list[str]:
        """The rules of the laws that do not hold."""
        return sorted({violation.rule for violation in audit_store(self.store)})


def decided(scene: Scene, command: Command[Any]) -> Changes:
    """What an administrator's command would write, decided now and not committed."""
    held = Step.of(scene.store, scene.roles, scene.plan, scene.clock, ADMIN, command)
    decision = accepted(held.decision)
    assert decision.changes is not None
    return decision.changes
