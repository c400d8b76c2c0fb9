"""Each adapter fulfils its port; a mismatch is an error of the type checker."""

from typing import assert_type

from crmcore import ConvertedLead, Crm, LeadId, Refused, SwitchReport, UserId
from crmcore.adapters.clocks import FixedClock, SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.adapters.sql import JoinedStore, SqlStore
from crmcore.domain.protocol.commands import AddLead
from crmcore.ports.clock import Clock
from crmcore.ports.outbox import KeepsEvents
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Joined, ReadsByPage, Store

store: Store = InMemoryStore()
lists: ReadsByPage = InMemoryStore()
events: KeepsEvents = InMemoryStore(events=True)
permissions: Permissions = RoleTable()
plan: Plan = FixedPlan()
clocks: tuple[Clock, ...] = (SystemClock(), FixedClock())


def in_a_database(opened: SqlStore) -> tuple[Store, ReadsByPage, Permissions, Plan]:
    """A SQL store brings the other ports along."""
    return opened, opened, opened.permissions, opened.plan


def in_a_transaction(joined: JoinedStore) -> tuple[Store, Joined, KeepsEvents]:
    """So does one inside a host's transaction, which tells when that is committed."""
    return joined, joined, joined


def answers_are_typed(crm: Crm, actor: UserId) -> None:
    """What a host gets is either the answer of its command or a refusal."""
    added = crm.add_lead(actor, title="x")
    assert_type(added, LeadId | Refused)
    assert_type(crm.run(actor, AddLead(fields={})), LeadId | Refused)
    assert_type(crm.convert_leads(actor, []), tuple[ConvertedLead | Refused, ...])
    assert_type(crm.switch_to_simple(actor, key="k"), SwitchReport | Refused)
    crm.add_lead(actor, titel="x")  # type: ignore[call-arg]  # a misspelt field is an error before the program runs
