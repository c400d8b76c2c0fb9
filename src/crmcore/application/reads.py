"""The read side of `Crm`: records with their versions, for actors who may read them (PERM-6).

lines: one short method per question, each with an example, so that a host sees every question in one place.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crmcore.application.answers import events_of, has_classic, instant_of, rights_of, snapshot_of
from crmcore.application.pages import outcomes_of, pages
from crmcore.domain.decisions.access import open_activity, open_card
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import (
    CARDS,
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
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, Refused
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import check_id, check_type
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.filters import LIST_LIMIT
from crmcore.domain.protocol.results import Versioned
from crmcore.domain.protocol.snapshot import Query, query_of
from crmcore.domain.rules.authority import Operation, Rights, may_export, may_settings
from crmcore.domain.rules.mode import CrmState, state_of
from crmcore.domain.rules.sources import SourceLine, SourceTable
from crmcore.ports.clock import Clock
from crmcore.ports.outbox import EventPage
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store

if TYPE_CHECKING:  # audit and export are rare and load their modules themselves
    from crmcore.domain.laws import Violation
    from crmcore.domain.model.image import CrmImage

__all__ = ["Reading"]


class Reading:
    """What `Crm` can be asked. Records come with the version that an edit of them must carry (EDIT-1).

    `store`, `permissions`, `plan` and `clock` are the ports. Every read of records takes the actor first. A record that
    the actor may not read answers like one that does not exist; lists leave such records out. The set-up (mode, stages,
    pipelines) is on everybody's screen and takes none. The examples share this set-up:

    >>> from crmcore import Kind, Ref
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> crm, boss, stranger = p.crm, p.administrator, p.stranger
    """

    def __init__(self, *, store: Store, permissions: Permissions, plan: Plan, clock: Clock) -> None:
        self._store = store
        self._permissions = permissions
        self._plan = plan
        self._clock = clock

    def lead(self, actor: UserId, lead_id: LeadId) -> Versioned[Lead] | Refused:
        """One lead, with its version.

        `actor` needs the right to read it. `lead_id` is its id. Refused as `unknown_record`: it does not exist, was
        deleted, or the actor may not read it. Raises `InvalidValue` for an id that is not allowed.

        >>> lead = p.lead(title="Desks")
        >>> crm.lead(boss, lead.id).record == lead
        True
        """
        return self._one(actor, Ref(Kind.LEAD, lead_id))

    def deal(self, actor: UserId, deal_id: DealId) -> Versioned[Deal] | Refused:
        """One deal, with its version.

        `actor` needs the right to read it. `deal_id` is its id. Refused as `unknown_record`: it does not exist, was
        deleted, or the actor may not read it. Raises `InvalidValue` for an id that is not allowed.

        >>> deal = p.deal(title="Desks")
        >>> crm.deal(boss, deal.id).record == deal
        True
        """
        return self._one(actor, Ref(Kind.DEAL, deal_id))

    def contact(self, actor: UserId, contact_id: ContactId) -> Versioned[Contact] | Refused:
        """One contact, with its version.

        `actor` needs the right to read it. `contact_id` is its id. Refused as `unknown_record`: it does not exist, was
        deleted, or the actor may not read it. Raises `InvalidValue` for an id that is not allowed.

        >>> contact = p.contact()
        >>> crm.contact(boss, contact.id).record == contact
        True
        """
        return self._one(actor, Ref(Kind.CONTACT, contact_id))

    def company(self, actor: UserId, company_id: CompanyId) -> Versioned[Company] | Refused:
        """One company, with its version.

        `actor` needs the right to read it. `company_id` is its id. Refused as `unknown_record`: it does not exist, was
        deleted, or the actor may not read it. Raises `InvalidValue` for an id that is not allowed.

        >>> company = p.company(title="Example Ltd")
        >>> crm.company(boss, company.id).record == company
        True
        """
        return self._one(actor, Ref(Kind.COMPANY, company_id))

    def activity(self, actor: UserId, activity_id: ActivityId) -> Versioned[Activity] | Refused:
        """One activity, with its version, for an actor who may read a record that it is bound to.

        `actor` is the user who asks, `activity_id` the id of the activity. Refused as `unknown_record`. Raises
        `InvalidValue` for an id that is not allowed.

        >>> call = p.activity(p.lead(), kind="call")
        >>> crm.activity(boss, call.id).record.kind
        'call'
        >>> crm.activity(stranger, call.id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        check_id("activity_id", activity_id)
        snapshot = snapshot_of(self._store, Query(activities=(activity_id,)))
        found = open_activity(snapshot, activity_id, self._context(actor))
        if isinstance(found, Refused):
            return found
        return Versioned(found, snapshot.version(Kind.ACTIVITY, activity_id))

    def activities(self, actor: UserId, *, of: Ref) -> tuple[Versioned[Activity], ...] | Refused:
        """The activities that are bound to a record, in id order.

        `actor` needs the right to read the record. `of` is a `Ref` to a lead, deal, contact or company. Refused as
        `unknown_record`. Raises `InvalidValue` for another reference.

        >>> lead = p.lead()
        >>> call = p.activity(lead, kind="call")
        >>> [each.record == call for each in crm.activities(boss, of=Ref(Kind.LEAD, lead.id))]
        [True]
        """
        snapshot = snapshot_of(self._store, _query_of(of, activities_of=(of,)))
        record = open_card(snapshot, of, self._context(actor), Operation.READ)
        if isinstance(record, Refused):
            return record
        return tuple(
            Versioned(activity, snapshot.version(Kind.ACTIVITY, id))
            for id, activity in sorted(snapshot.activities.items())
            if isinstance(activity, Activity)
        )

    def bindings(self, actor: UserId, activity_id: ActivityId) -> frozenset[Ref] | Refused:
        """The records that an activity is bound to.

        `actor` needs the right to read one of these records. `activity_id` is the id of the activity. Refused as
        `unknown_record`. Raises `InvalidValue` for an id that is not allowed.

        >>> lead = p.lead()
        >>> crm.bindings(boss, p.activity(lead).id) == {Ref(Kind.LEAD, lead.id)}
        True
        """
        found = self.activity(actor, activity_id)
        if isinstance(found, Refused):
            return found
        return snapshot_of(self._store, Query(activities=(activity_id,))).bindings[activity_id]

    def leads(self, actor: UserId, *, active: bool | None = None) -> Iterator[Versioned[Lead]]:
        """The leads that the actor may read, in id order: all, the active ones, or the others.

        `actor` is the user who asks. `active` is `True`, `False` or `None` for all. Returns an iterator that reads page
        by page. Raises `InvalidValue` for an actor that is no id.

        >>> lead, closed = p.lead(), p.lead(stage="JUNK")
        >>> {lead} <= {each.record for each in crm.leads(boss, active=True)}
        True
        >>> list(crm.leads(stranger))
        []
        """
        for found in self._many(actor, Kind.LEAD):
            if active is None or found.record.is_active is active:
                yield found

    def deals(self, actor: UserId, *, lead: LeadId | None = None) -> Iterator[Versioned[Deal]]:
        """The deals that the actor may read, in id order: all, or the one that a lead became.

        `actor` is the user who asks. `lead` is the id of a lead, or `None` for all deals. Returns an iterator that
        reads page by page. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.convert_lead(boss, p.lead().id).row.lead_id
        >>> [each.record.lead_id == id for each in crm.deals(boss, lead=id)]
        [True]
        """
        if lead is not None:
            check_id("lead", lead)
        if lead is None:
            yield from self._many(actor, Kind.DEAL)
        else:
            row = snapshot_of(self._store, Query(leads=(lead,))).ledger.get(lead)
            found = None if row is None else self.deal(actor, row.deal_id)
            if isinstance(found, Versioned):
                yield found

    def contacts(self, actor: UserId) -> Iterator[Versioned[Contact]]:
        """The contacts that the actor may read, in id order.

        `actor` is the user who asks. Returns an iterator that reads page by page. Raises `InvalidValue` for an actor
        that is no id.

        >>> contact = p.contact()
        >>> contact in [each.record for each in crm.contacts(boss)]
        True
        """
        return self._many(actor, Kind.CONTACT)

    def companies(self, actor: UserId) -> Iterator[Versioned[Company]]:
        """The companies that the actor may read, in id order.

        `actor` is the user who asks. Returns an iterator that reads page by page. Raises `InvalidValue` for an actor
        that is no id.

        >>> company = p.company(title="Example Ltd")
        >>> company in [each.record for each in crm.companies(boss)]
        True
        """
        return self._many(actor, Kind.COMPANY)

    def pipelines(self) -> tuple[Versioned[Pipeline], ...]:
        """All deal pipelines, archived ones included, in id order; 0 is the default one.

        >>> crm.pipelines()[0].record.first_stage.code
        'NEW'
        """
        return tuple(
            Versioned(entry.record, entry.version) for page in pages(self._store, Kind.PIPELINE) for entry in page
        )

    def lead_stages(self) -> Versioned[LeadStages]:
        """The catalogue of lead stages, with its version.

        >>> [stage.code for stage in crm.lead_stages().record.stages]
        ['NEW', 'IN_PROCESS', 'PROCESSED', 'CONVERTED', 'JUNK']
        """
        snapshot = snapshot_of(self._store, Query(stages=True))
        return Versioned(snapshot.the_stages, snapshot.version(Kind.STAGES, 0))

    def settings(self) -> Settings:
        """The stored settings.

        >>> crm.settings().mode
        <CrmMode.CLASSIC: 1>
        """
        return snapshot_of(self._store, Query()).settings

    def mode(self) -> CrmState:
        """The state of the CRM: stored mode, plan and backlog combined (MODE-3, MODE-6).

        >>> crm.mode()
        <CrmState.CLASSIC: 'classic'>
        """
        snapshot = snapshot_of(self._store, Query(backlog=True))
        backlog = snapshot.backlog
        blocked = backlog is not None and not backlog.active and bool(backlog.set_aside)
        return state_of(snapshot.settings, plan_has_classic=has_classic(self._plan), only_set_aside_left=blocked)

    def has_classic(self) -> bool:
        """Whether the plan of the company has Classic now (PLAN-1).

        >>> crm.has_classic()
        True
        """
        return has_classic(self._plan)

    def outcomes(
        self, actor: UserId, epoch: Epoch, *, after: LeadId | None = None
    ) -> Iterator[tuple[LeadId, LeadOutcome]]:
        """What became of each lead of a switch, in id order (SWITCH-13); empty without the settings right.

        `actor` is the user who asks. `epoch` is that of the switch, in its token and in its record. `after` is the lead
        to continue after, `None` to begin with the first. Returns an iterator that reads page by page. Raises
        `InvalidValue` for an epoch or a lead that is not allowed.

        >>> other = TestCrm.classic()
        >>> lead = other.lead()
        >>> report = other.crm.switch_to_simple(boss, key="2026")
        >>> [(id, became.kind) for id, became in other.crm.outcomes(boss, report.token.epoch)]
        [(1, <OutcomeKind.CONVERTED: 'converted'>)]
        """
        check_id("epoch", epoch)
        after = LeadId(0) if after is None else after
        check_id("after", after, lowest=0)
        if self._rights(actor).may_change_settings:
            yield from outcomes_of(self._store, epoch, after)

    def events(self, actor: UserId, *, after: str | None = None, limit: int = LIST_LIMIT) -> EventPage | Refused:
        """What happened, page after page: the events that the store has kept, in order for each record (EVENT-2).

        `actor` needs the settings right. `after` is that of the page before, `None` for the first page; `limit` is the
        most events of a page, from 1 to 1,000. An event is on one page for ever, also if it commits late.

        Refused as `not_permitted` (PERM-6). Raises `NoEvents` where the store keeps none, and `InvalidValue` for a
        place or a limit that is not allowed.

        >>> from crmcore.adapters.memory import InMemoryStore
        >>> other = TestCrm.classic(make_store=lambda image: InMemoryStore(image, events=True))
        >>> lead = other.lead()
        >>> page = other.crm.events(boss)
        >>> [(each.id, each.event) for each in page.entries]
        [(1, LeadAdded(lead_id=1))]
        >>> other.crm.events(boss, after=page.after).entries
        ()
        """
        check_id("limit", limit)
        if limit > LIST_LIMIT:
            raise InvalidValue("limit", f"at most {LIST_LIMIT}")
        if after is not None:
            check_type("after", after, str)
        return may_settings(self._rights(actor), "PERM-6") or events_of(self._store, after, limit)

    def sources(self, actor: UserId) -> tuple[SourceLine, ...]:
        """Leads, conversions and amounts by source, over the leads that the actor may read (INTAKE-5).

        `actor` is the user who asks. Raises `InvalidValue` for an actor that is no id.

        >>> other = TestCrm.classic()
        >>> lead = other.lead(source="WEB")
        >>> [(line.source, line.leads, line.active) for line in other.crm.sources(boss)]
        [('WEB', 1, 1)]
        """
        table = SourceTable()
        for found in self.leads(actor):
            table.add(found.record)
        return table.lines()

    def audit(self, actor: UserId) -> "tuple[Violation, ...] | Refused":
        """Check the whole CRM against all laws; empty if all hold.

        `actor` needs the settings right. Refused as `not_permitted` (PERM-6). Raises `InvalidValue` for an actor that
        is no id.

        >>> crm.audit(boss)
        ()
        """
        from crmcore.application.audit import audit_store

        return self._denied(actor) or tuple(audit_store(self._store))

    def export(self, actor: UserId) -> "CrmImage | Refused":
        """Return the whole CRM as one value.

        `actor` needs the export right, which the settings right includes. Refused as `not_permitted` (PERM-6). Raises
        `InvalidValue` for an actor that is no id.

        >>> lead = p.lead()
        >>> crm.export(boss).leads[lead.id] == lead
        True
        """
        from crmcore.application.images import image_of

        return may_export(self._rights(actor)) or image_of(self._store)

    def _rights(self, actor: UserId) -> Rights:
        check_id("actor", actor)
        return rights_of(self._permissions, actor)

    def _denied(self, actor: UserId) -> Refused | None:
        """The refusal of a read that needs the settings right, if it is refused (PERM-6)."""
        return may_settings(self._rights(actor), "PERM-6")

    def _context(self, actor: UserId) -> Context:
        return Context(actor, self._rights(actor), has_classic(self._plan), instant_of(self._clock))

    def _one(self, actor: UserId, ref: Ref) -> Versioned[Any] | Refused:
        check_id(f"{ref.kind}_id", ref.id)
        snapshot = snapshot_of(self._store, query_of(ref))
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
    return query_of(ref, **more)
