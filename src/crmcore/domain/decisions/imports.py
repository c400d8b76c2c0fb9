"""Decisions about imports: records are stored as they are, without conversion or intake (IMPORT-1)."""

from collections.abc import Iterable
from typing import Any

from attrs import asdict, evolve

from crmcore.domain.decisions.access import cards_of, may_add, missing_link, open_lead
from crmcore.domain.decisions.activities import closed_leads
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command, ImportRecords
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import RecordsImported
from crmcore.domain.protocol.results import Imported
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Level, Operation
from crmcore.domain.rules.mode import Asked, Does, behaviour

__all__ = ["HANDLERS", "decide_import"]


def decide_import(command: ImportRecords, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what an import changes: all of it or nothing.

    Active leads only in Classic with no live switch. A record that is there already is skipped when it is equal and
    refused when it differs, unless it is an active lead to update (IMPORT-2). A record given as one of a conversion is
    refused: there is no ledger row of it.
    """
    refused = _not_permitted(command, snapshot, context)
    if refused is not None:
        return refused
    cell = behaviour(Asked.IMPORT_ACTIVE_LEADS, context.state(snapshot.settings))
    updated = [lead for lead, _ in command.updates if snapshot.leads[lead.id] != lead]
    for lead in (*(each for each in command.leads if each.is_active), *updated):
        if cell.does is Does.REFUSE:
            assert cell.reason is not None  # refusing cells have a reason
            return Refused(cell.reason, Ref(Kind.LEAD, lead.id))
    skipped: list[Ref] = []
    companies = _new_clients(Kind.COMPANY, command.companies, snapshot, context, skipped)
    if isinstance(companies, Refused):
        return companies
    snapshot = evolve(snapshot, companies={**snapshot.companies, **companies})
    contacts = _new_clients(Kind.CONTACT, command.contacts, snapshot, context, skipped)
    if isinstance(contacts, Refused):
        return contacts
    snapshot = evolve(snapshot, contacts={**snapshot.contacts, **contacts})
    leads: dict[LeadId, Lead] = {}
    for lead in command.leads:
        ref = Ref(Kind.LEAD, lead.id)
        there = snapshot.leads.get(lead.id, leads.get(lead.id))
        if there == lead:
            skipped.append(ref)
            continue
        refused = _misplaced(lead, snapshot, context)
        if refused is not None:
            return refused
        if there is not None:
            return Refused(Reason.RECORD_DIFFERS, ref)
        leads[lead.id] = lead
    updates = _updates(command, snapshot, context, skipped)
    if isinstance(updates, Refused):
        return updates
    activities: dict[ActivityId, Activity] = {}
    bindings: dict[ActivityId, frozenset[Ref]] = {}
    for activity, bound in command.activities:
        ref = Ref(Kind.ACTIVITY, activity.id)
        known = snapshot.activities.get(activity.id, activities.get(activity.id))
        if known is None:
            for target in sorted(bound):
                refused = _no_target(target, snapshot)
                if refused is not None:
                    return refused
            activities[activity.id] = activity
            bindings[activity.id] = bound
        elif known == activity and bindings.get(activity.id, snapshot.bindings.get(activity.id)) == bound:
            skipped.append(ref)
        else:
            return Refused(Reason.RECORD_DIFFERS, ref)
    closed = closed_leads(
        snapshot, (ref for ref in frozenset().union(*bindings.values()) if not _is_staged(snapshot, ref))
    )
    told = RecordsImported(len(leads), len(activities), len(contacts), len(companies), len(updates))
    result = Imported(**asdict(told), skipped=tuple(skipped))
    if not (leads or activities or contacts or companies or updates):
        return Accepted(result)
    return Accepted(
        result,
        Changes(
            expects=snapshot.read,
            leads={**closed, **leads, **updates},
            contacts=contacts,
            companies=companies,
            activities=activities,
            bindings=bindings,
        ),
        (told,),
    )


def _new_clients(
    kind: Kind, given: Iterable[Any], snapshot: Snapshot, context: Context, skipped: list[Ref]
) -> dict[Any, Any] | Refused:
    """The contacts or companies that are not there yet by id, or the refusal of one; equal ones go to `skipped`."""
    there = cards_of(snapshot, kind)
    new: dict[Any, Any] = {}
    for client in given:
        ref = Ref(kind, client.id)
        known = there.get(client.id, new.get(client.id))
        if known == client:
            skipped.append(ref)
            continue
        if client.lead_id is not None:
            return Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, client.lead_id), "IMPORT-1")
        refused = missing_link({"company_id": getattr(client, "company_id", None)}, snapshot, context)
        if refused is not None:
            return refused
        if known is not None:
            return Refused(Reason.RECORD_DIFFERS, ref)
        new[client.id] = client
    return new


def _updates(
    command: ImportRecords, snapshot: Snapshot, context: Context, skipped: list[Ref]
) -> dict[LeadId, Lead] | Refused:
    """The leads that change, as they will be, or the refusal of one; equal ones go to `skipped` (IMPORT-2)."""
    changed: dict[LeadId, Lead] = {}
    for lead, version in command.updates:
        ref, there = Ref(Kind.LEAD, lead.id), snapshot.leads[lead.id]
        assert isinstance(there, Lead)  # the actor may update it
        if changed.get(lead.id, there) == lead:
            skipped.append(ref)
            continue
        if lead.id in changed:
            return Refused(Reason.RECORD_DIFFERS, ref)
        if version != snapshot.version(Kind.LEAD, lead.id):
            return Refused(Reason.STALE_VERSION, ref)
        if there.deal_id is not None:
            return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, there.deal_id))
        if not there.is_active:
            return Refused(Reason.LEAD_CLOSED, ref, "IMPORT-2")
        refused = _misplaced(lead, snapshot, context)
        if refused is not None:
            return refused
        changed[lead.id] = lead
    return changed


def _not_permitted(command: ImportRecords, snapshot: Snapshot, context: Context) -> Refused | None:
    """Adding leads and clients, each of them, and updating those that change or get activities (PERM-6).

    A lead of an activity that is neither brought nor there is refused like one that is hidden, with the same rule.
    """
    if context.rights.level(Operation.ADD, Kind.LEAD) is Level.NONE:
        return Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    cards = {Kind.LEAD: command.leads, Kind.CONTACT: command.contacts, Kind.COMPANY: command.companies}
    for kind, record in ((kind, record) for kind, records in cards.items() for record in records):
        refused = may_add(context, kind, record)
        if refused is not None:
            return refused
    for lead, _ in command.updates:
        found = open_lead(snapshot, lead.id, context, Operation.UPDATE)
        if isinstance(found, Refused):
            return found
    new = [bound for activity, bound in command.activities if activity.id not in snapshot.activities]
    brought = {Ref(Kind.LEAD, lead.id) for lead in command.leads if lead.id not in snapshot.leads}
    there = (each for each in frozenset().union(*new) - brought if each.kind is Kind.LEAD)
    for target in sorted(each for each in there if not _is_staged(snapshot, each)):
        found = open_lead(snapshot, int(target.id), context, Operation.UPDATE)
        if isinstance(found, Refused):
            return found
    return None


def _is_staged(snapshot: Snapshot, lead: Ref) -> bool:
    """Whether an earlier part of this import brought the lead: it has no version yet."""
    return lead.id in snapshot.leads and not snapshot.version(Kind.LEAD, lead.id)


def _misplaced(lead: Lead, snapshot: Snapshot, context: Context) -> Refused | None:
    stage = snapshot.the_stages.get(lead.stage)
    if stage is None or stage.semantics is not lead.semantics:
        return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.LEAD, lead.id))
    if lead.deal_id is not None:
        return Refused(Reason.UNKNOWN_RECORD, Ref(Kind.DEAL, lead.deal_id), "IMPORT-1")
    return missing_link({"contact_id": lead.contact_id, "company_id": lead.company_id}, snapshot, context)


def _no_target(target: Ref, snapshot: Snapshot) -> Refused | None:
    """The refusal of a binding to what is no lead or was converted; a lead that is brought never was."""
    if target.kind is not Kind.LEAD:
        return Refused(Reason.UNKNOWN_RECORD, target, "IMPORT-1")
    if _is_staged(snapshot, target):
        return None  # what is new is not converted
    lead = snapshot.leads.get(LeadId(int(target.id)))
    if isinstance(lead, Lead) and lead.deal_id is not None:
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, lead.deal_id), "CONV-6")
    return None


def _query(command: ImportRecords) -> Query:
    targets = {LeadId(int(ref.id)) for _, bound in command.activities for ref in bound if ref.kind is Kind.LEAD}
    leads = (*command.leads, *(lead for lead, _ in command.updates))
    works_for = (contact.company_id for contact in command.contacts)
    return Query(
        stages=True,
        leads=_ids(leads, targets),
        contacts=_ids(command.contacts, (lead.contact_id for lead in leads)),
        companies=_ids(command.companies, (*(lead.company_id for lead in leads), *works_for)),
        activities=tuple(activity.id for activity, _ in command.activities),
    )


def _ids(records: Iterable[Any], linked: Iterable[Any]) -> tuple[Any, ...]:
    """The ids of records and of those that others are linked to, in order."""
    return tuple(sorted({*(record.id for record in records), *(id for id in linked if id is not None)}))


HANDLERS: dict[type[Command[Any]], Handler] = {ImportRecords: Handler(_query, decide_import)}
