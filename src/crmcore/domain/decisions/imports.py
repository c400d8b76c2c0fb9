"""Decisions about imports: records are stored as they are, without conversion or intake (IMPORT-1)."""

from typing import Any

from crmcore.domain.decisions.access import may_add, missing_link, open_lead
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
    refused when it differs. Another lead given as converted is refused: it has no ledger row.
    """
    refused = _not_permitted(command, snapshot, context)
    if refused is not None:
        return refused
    cell = behaviour(Asked.IMPORT_ACTIVE_LEADS, context.state(snapshot.settings))
    for lead in command.leads:
        if lead.is_active and cell.does is Does.REFUSE:
            assert cell.reason is not None  # refusing cells have a reason
            return Refused(cell.reason, Ref(Kind.LEAD, lead.id))
    leads: dict[LeadId, Lead] = {}
    skipped: list[Ref] = []
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
    activities: dict[ActivityId, Activity] = {}
    bindings: dict[ActivityId, frozenset[Ref]] = {}
    for activity, bound in command.activities:
        ref = Ref(Kind.ACTIVITY, activity.id)
        known = snapshot.activities.get(activity.id, activities.get(activity.id))
        if known is None:
            for target in sorted(bound):
                refused = _no_target(target, leads, snapshot)
                if refused is not None:
                    return refused
            activities[activity.id] = activity
            bindings[activity.id] = bound
        elif known == activity and bindings.get(activity.id, snapshot.bindings.get(activity.id)) == bound:
            skipped.append(ref)
        else:
            return Refused(Reason.RECORD_DIFFERS, ref)
    result = Imported(leads=len(leads), activities=len(activities), skipped=tuple(skipped))
    if not leads and not activities:
        return Accepted(result)
    return Accepted(
        result,
        Changes(
            expects=snapshot.read,
            leads={**closed_leads(snapshot, frozenset().union(*bindings.values())), **leads},
            activities=activities,
            bindings=bindings,
        ),
        (RecordsImported(len(leads), len(activities)),),
    )


def _not_permitted(command: ImportRecords, snapshot: Snapshot, context: Context) -> Refused | None:
    """Adding leads, each of them, and updating the leads of new activities, but for those that are brought (PERM-6).

    One that is not there is refused like one that is hidden, here and with the same rule.
    """
    if context.rights.level(Operation.ADD, Kind.LEAD) is Level.NONE:
        return Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    for lead in command.leads:
        refused = may_add(context, Kind.LEAD, lead)
        if refused is not None:
            return refused
    new = [bound for activity, bound in command.activities if activity.id not in snapshot.activities]
    brought = {Ref(Kind.LEAD, lead.id) for lead in command.leads if lead.id not in snapshot.leads}
    for target in sorted(frozenset().union(*new) - brought):
        if target.kind is Kind.LEAD:
            found = open_lead(snapshot, int(target.id), context, Operation.UPDATE)
            if isinstance(found, Refused):
                return found
    return None


def _misplaced(lead: Lead, snapshot: Snapshot, context: Context) -> Refused | None:
    stage = snapshot.the_stages.get(lead.stage)
    if stage is None or stage.semantics is not lead.semantics:
        return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.LEAD, lead.id))
    if lead.deal_id is not None:
        return Refused(Reason.UNKNOWN_RECORD, Ref(Kind.DEAL, lead.deal_id), "IMPORT-1")
    return missing_link({"contact_id": lead.contact_id, "company_id": lead.company_id}, snapshot, context)


def _no_target(target: Ref, leads: dict[LeadId, Lead], snapshot: Snapshot) -> Refused | None:
    if target.kind is not Kind.LEAD:
        return Refused(Reason.UNKNOWN_RECORD, target, "IMPORT-1")
    lead = leads.get(LeadId(int(target.id)), snapshot.leads.get(LeadId(int(target.id))))
    if isinstance(lead, Lead) and lead.deal_id is not None:
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, lead.deal_id), "CONV-6")
    return None


def _query(command: ImportRecords) -> Query:
    targets = {LeadId(int(ref.id)) for _, bound in command.activities for ref in bound if ref.kind is Kind.LEAD}
    return Query(
        stages=True,
        leads=tuple(sorted(targets | {lead.id for lead in command.leads})),
        contacts=tuple(sorted({lead.contact_id for lead in command.leads if lead.contact_id is not None})),
        companies=tuple(sorted({lead.company_id for lead in command.leads if lead.company_id is not None})),
        activities=tuple(activity.id for activity, _ in command.activities),
    )


HANDLERS: dict[type[Command[Any]], Handler] = {ImportRecords: Handler(_query, decide_import)}
