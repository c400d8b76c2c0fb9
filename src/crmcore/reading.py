"""The read side of `Crm`: records with their versions, to those who may read them (PERM-6)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crmcore.domain.activity import Activity
from crmcore.domain.authority import Operation, Rights, may_settings
from crmcore.domain.company import Company
from crmcore.domain.contact import Contact
from crmcore.domain.deal import Deal
from crmcore.domain.decision import Context
from crmcore.domain.decisions.access import open_card
from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import (
    CARDS,
    RECORDS,
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Kind,
    LeadId,
    Ref,
    UserId,
)
from crmcore.domain.lead import Lead
from crmcore.domain.mode import CrmState, Settings, state_of
from crmcore.domain.outcomes import LeadOutcome, Reason, Refused
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.results import Versioned
from crmcore.domain.snapshot import Query
from crmcore.domain.sources import SourceLine, SourceTable
from crmcore.domain.stages import LeadStages
from crmcore.domain.text import check_id, check_type
from crmcore.domain.tombstone import Tombstone
from crmcore.paging import pages
from crmcore.ports.clock import Clock
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store

if TYPE_CHECKING:  # audit and export are rare and load their modules themselves
    from crmcore.domain.image import CrmImage
    from crmcore.domain.laws import Violation

__all__ = ["Reading"]


class Reading:
    """What `Crm` can be asked. Records come with the version that an edit of them must carry (EDIT-1).

    Every read of records takes the actor first. A record that the actor may not read answers like one that does not
    exist; lists leave such records out. The set-up (mode, stages, pipelines) is on everybody's screen and takes none.
    """

    def __init__(self, *, store: Store, permissions: Permissions, plan: Plan, clock: Clock) -> None:
        self._store = store
        self._permissions = permissions
        self._plan = plan
        self._clock = clock

    def lead(self, actor: UserId, lead_id: LeadId) -> Versioned[Lead] | Refused:
        """One lead."""
        return self._one(actor, Ref(Kind.LEAD, lead_id), Query(leads=(lead_id,)))

    def deal(self, actor: UserId, deal_id: DealId) -> Versioned[Deal] | Refused:
        """One deal."""
        return self._one(actor, Ref(Kind.DEAL, deal_id), Query(deals=(deal_id,)))

    def contact(self, actor: UserId, contact_id: ContactId) -> Versioned[Contact] | Refused:
        """One contact."""
        return self._one(actor, Ref(Kind.CONTACT, contact_id), Query(contacts=(contact_id,)))

    def company(self, actor: UserId, company_id: CompanyId) -> Versioned[Company] | Refused:
        """One company."""
        return self._one(actor, Ref(Kind.COMPANY, company_id), Query(companies=(company_id,)))

    def activity(self, actor: UserId, activity_id: ActivityId) -> Versioned[Activity] | Refused:
        """One activity, to those who may read a record that it is bound to."""
        check_id("activity_id", activity_id)
        snapshot = self._store.snapshot(Query(activities=(activity_id,)))
        found = snapshot.activities.get(activity_id)
        context = self._context(actor)
        readable = context.rights.administrator or any(
            not isinstance(open_card(snapshot, ref, context, Operation.READ), Refused)
            for ref in snapshot.bindings.get(activity_id, ())
        )
        if not isinstance(found, Activity) or not readable:
            return Refused(Reason.UNKNOWN_RECORD, Ref(Kind.ACTIVITY, activity_id))
        return Versioned(found, snapshot.version(Kind.ACTIVITY, activity_id))

    def activities(self, actor: UserId, *, of: Ref) -> tuple[Versioned[Activity], ...] | Refused:
        """The activities that are bound to a record, in id order."""
        snapshot = self._store.snapshot(_query_of(of, activities_of=(of,)))
        record = open_card(snapshot, of, self._context(actor), Operation.READ)
        if isinstance(record, Refused):
            return record
        return tuple(
            Versioned(activity, snapshot.version(Kind.ACTIVITY, id))
            for id, activity in sorted(snapshot.activities.items())
            if isinstance(activity, Activity)
        )

    def bindings(self, actor: UserId, activity_id: ActivityId) -> frozenset[Ref] | Refused:
        """What an activity is bound to."""
        found = self.activity(actor, activity_id)
        if isinstance(found, Refused):
            return found
        return self._store.snapshot(Query(activities=(activity_id,))).bindings[activity_id]

    def leads(self, actor: UserId, *, active: bool | None = None) -> Iterator[Versioned[Lead]]:
        """The leads that the actor may read, in id order: all, the active ones, or the others."""
        for found in self._many(actor, Kind.LEAD):
            if active is None or found.record.is_active is active:
                yield found

    def deals(self, actor: UserId, *, lead: LeadId | None = None) -> Iterator[Versioned[Deal]]:
        """The deals that the actor may read, in id order: all, or the one that a lead became."""
        if lead is not None:
            check_id("lead", lead)
        if lead is None:
            yield from self._many(actor, Kind.DEAL)
        else:
            row = self._store.snapshot(Query(leads=(lead,))).ledger.get(lead)
            found = None if row is None else self.deal(actor, row.deal_id)
            if isinstance(found, Versioned):
                yield found

    def contacts(self, actor: UserId) -> Iterator[Versioned[Contact]]:
        """The contacts that the actor may read, in id order."""
        return self._many(actor, Kind.CONTACT)

    def companies(self, actor: UserId) -> Iterator[Versioned[Company]]:
        """The companies that the actor may read, in id order."""
        return self._many(actor, Kind.COMPANY)

    def pipelines(self) -> tuple[Versioned[Pipeline], ...]:
        """All deal pipelines, archived ones included, in id order."""
        return tuple(
            Versioned(entry.record, entry.version) for page in pages(self._store, Kind.PIPELINE) for entry in page
        )

    def lead_stages(self) -> Versioned[LeadStages]:
        """The catalogue of lead stages."""
        snapshot = self._store.snapshot(Query(stages=True))
        return Versioned(snapshot.the_stages, snapshot.version(Kind.STAGES, 0))

    def settings(self) -> Settings:
        """The stored settings."""
        return self._store.snapshot(Query()).settings

    def mode(self) -> CrmState:
        """The state of the CRM: stored mode, plan and backlog put together (MODE-3, MODE-6)."""
        snapshot = self._store.snapshot(Query(backlog=True))
        backlog = snapshot.backlog
        blocked = backlog is not None and not backlog.active and bool(backlog.set_aside)
        return state_of(snapshot.settings, plan_has_classic=self._plan.has_classic(), only_set_aside_left=blocked)

    def outcomes(self, actor: UserId, epoch: Epoch) -> Iterator[tuple[LeadId, LeadOutcome]]:
        """What became of each lead of a switch, in id order (SWITCH-13); nothing without the settings right."""
        check_id("epoch", epoch)
        if self._rights(actor).may_change_settings:
            after: Any = (epoch, 0)
            while page := self._store.page(Kind.OUTCOME, after):
                for entry in page:
                    if entry.id[0] != epoch:
                        return
                    yield entry.id[1], entry.record
                after = page[-1].id

    def sources(self, actor: UserId) -> tuple[SourceLine, ...]:
        """Leads, conversions and amounts by source, over the leads that the actor may read (INTAKE-5)."""
        table = SourceTable()
        for found in self.leads(actor):
            table.add(found.record)
        return table.lines()

    def audit(self, actor: UserId) -> "tuple[Violation, ...] | Refused":
        """Run all laws over the whole CRM; empty when all hold."""
        from crmcore.auditing import audit_store

        return may_settings(self._rights(actor), "PERM-6") or tuple(audit_store(self._store))

    def export(self, actor: UserId) -> "CrmImage | Refused":
        """The whole CRM as one value; needs the settings right (PERM-6)."""
        from crmcore.auditing import image_of

        return may_settings(self._rights(actor), "PERM-6") or image_of(self._store)

    def _rights(self, actor: UserId) -> Rights:
        check_id("actor", actor)
        return self._permissions.rights(actor)

    def _context(self, actor: UserId) -> Context:
        return Context(actor, self._rights(actor), self._plan.has_classic(), self._clock.now())

    def _one(self, actor: UserId, ref: Ref, query: Query) -> Versioned[Any] | Refused:
        check_id(f"{ref.kind}_id", ref.id)
        snapshot = self._store.snapshot(query)
        record = open_card(snapshot, ref, self._context(actor), Operation.READ)
        return record if isinstance(record, Refused) else Versioned(record, snapshot.version(ref.kind, ref.id))

    def _many(self, actor: UserId, kind: Kind) -> Iterator[Versioned[Any]]:
        rights = self._rights(actor)
        for page in pages(self._store, kind):
            for entry in page:
                if not isinstance(entry.record, Tombstone) and rights.reach(Operation.READ, kind, entry.record, actor):
                    yield Versioned(entry.record, entry.version)


def _query_of(ref: Ref, **more: Any) -> Query:
    check_type("of", ref, Ref)
    if type(ref.kind) is not Kind or ref.kind not in CARDS:
        raise InvalidValue("of", "a reference to a lead, deal, contact or company")
    check_id("of", ref.id)
    return Query(**{RECORDS[ref.kind]: (ref.id,), **more})
