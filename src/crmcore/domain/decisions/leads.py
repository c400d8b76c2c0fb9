"""Decisions about single leads: add, copy, close, reopen, delete, convert by hand (SWITCH-6, SWITCH-7, CONV-9).

lines: the life of one lead from its first to its last command, and the stage rule that its edit shares.
"""

from collections.abc import Mapping
from typing import Any

from crmcore.domain.decisions.access import is_gone, linked, may_add, missing_link, open_lead
from crmcore.domain.decisions.activities import gone_with
from crmcore.domain.decisions.batch import Batch, ids_for
from crmcore.domain.decisions.keyed import answer_before, is_keyed, record_of
from crmcore.domain.decisions.terms import current_terms, policy_in_force
from crmcore.domain.model.ids import CLIENTS, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, Stage, StageSemantics
from crmcore.domain.model.text import NOTHING
from crmcore.domain.model.tombstone import Tombstone, stone_of
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddLead, CloseLead, Command, ConvertLead, CopyLead, DeleteLead, ReopenLead
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import LeadAdded, LeadClosed, LeadDeleted, LeadReopened, RecordEdited
from crmcore.domain.protocol.results import ConvertedLead
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Operation, may_convert, sees_unread_leads
from crmcore.domain.rules.conversion import Client, client_left
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.domain.rules.mode import Asked, Does, behaviour

__all__ = [
    "HANDLERS",
    "cannot_reopen",
    "decide_add",
    "decide_close",
    "decide_close_unread",
    "decide_convert",
    "decide_copy",
    "decide_delete",
    "decide_delete_unread",
    "decide_reopen",
    "email_keys",
    "lifted_mark",
    "move_stage",
    "outcome_in_live_switch",
]

_CLIENT_KINDS = frozenset(CLIENTS)


def decide_add(command: AddLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what storing a new lead changes; outside Classic it is converted at once (SWITCH-6, INTAKE-4)."""
    return _store(command, dict(command.fields), snapshot, context, ids)


def decide_copy(command: CopyLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what copying changes: a fresh lead in the entry stage, without client, activities and outcome (CONV-9)."""
    source = open_lead(snapshot, command.lead_id, context, Operation.READ)
    if isinstance(source, Refused):
        gone = is_gone(snapshot, Ref(Kind.LEAD, command.lead_id), context, Operation.ADD)
        return (answer_before(command, snapshot) if gone else None) or source
    left_out = {
        "id",
        "stage",
        "semantics",
        "stage_description",
        "contact_id",
        "company_id",
        "deal_id",
        "created_at",
    }
    names = (field.name for field in source.__attrs_attrs__)
    fields = {name: getattr(source, name) for name in names if name not in left_out}
    return _store(command, fields, snapshot, context, ids)


def _store(
    command: AddLead | CopyLead, fields: dict[str, Any], snapshot: Snapshot, context: Context, ids: NewIds
) -> Decision:
    code = fields.pop("stage", None)
    stage = _named(snapshot, code, StageSemantics.IN_PROCESS)
    lead = _new_lead(fields, stage, context, ids)
    answered = may_add(context, Kind.LEAD, lead) or answer_before(command, snapshot)
    if answered is not None:
        return answered
    # The pipeline of the deal comes before what is wrong with the lead itself (PERM-7).
    terms = current_terms(snapshot) if lead.is_active and _is_converted_at_once(snapshot, context) else None
    if isinstance(terms, Refused):
        return terms
    if isinstance(stage, Refused):
        return stage
    missing = missing_link(fields, snapshot, context)
    if missing is not None:
        return missing
    commands = record_of(command, Ref(Kind.LEAD, lead.id))
    if terms is None:
        return Accepted(
            lead.id,
            Changes(expects=snapshot.read, leads={lead.id: lead}, commands=commands),
            (LeadAdded(lead.id),),
        )
    batch = Batch(terms, context.now, ids, snapshot.matches)
    batch.convert(lead, ())
    live = snapshot.settings.switching
    outcomes = {} if live is None else {lead.id: batch.outcomes[lead.id]._replace(added=True)}
    return Accepted(
        lead.id,
        batch.changes(snapshot, outcomes=outcomes, commands=commands),
        (LeadAdded(lead.id), *batch.events()),
    )


def _new_lead(fields: dict[str, Any], stage: Stage | Refused, context: Context, ids: NewIds) -> Lead:
    known = stage if isinstance(stage, Stage) else DEFAULT_LEAD_STAGES.entry
    return Lead(
        id=LeadId(next(ids[Kind.LEAD])),
        stage=known.code,
        semantics=known.semantics,
        created_at=context.now,
        **{"responsible": context.actor, **fields},
    )


def _is_converted_at_once(snapshot: Snapshot, context: Context) -> bool:
    return behaviour(Asked.ADD_LEAD, context.state(snapshot.settings)).does is Does.MAKE_DEAL


def decide_close(command: CloseLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what closing a lead as failed changes: an active one, or one that was imported as a success.

    A failed lead moves to the failure stage that is named, and stays where it is when none is.
    """
    lead = open_lead(snapshot, command.lead_id, context, Operation.UPDATE)
    if isinstance(lead, Refused):
        return lead
    if lead.deal_id is not None:
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, lead.deal_id))
    stage = _closing_stage(command, snapshot)
    if isinstance(stage, Refused):
        return stage
    was_failed = lead.semantics is StageSemantics.FAILURE
    if was_failed and command.stage in (None, lead.stage):
        return Accepted(lead.id)
    return Accepted(
        lead.id,
        Changes(
            expects=snapshot.read,
            leads={lead.id: lead.moved_to(stage)},
            outcomes=outcome_in_live_switch(snapshot, lead, OutcomeKind.CLOSED),
        ),
        (_stage_edited(lead) if was_failed else LeadClosed(lead.id),),
    )


def decide_close_unread(command: CloseLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what closing a lead changes whose record cannot be read: the stage alone, if it is active (SWITCH-9)."""
    refused = _may_leave_unread(command.lead_id, snapshot, context)
    if refused is not None:
        return refused
    stage = _closing_stage(command, snapshot)
    if isinstance(stage, Refused):
        return stage
    if not snapshot.is_active:
        return Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, command.lead_id))
    return Accepted(
        command.lead_id,
        Changes(
            expects=snapshot.read,
            closed={command.lead_id: stage},
            outcomes=_outcome_of_unread(command.lead_id, snapshot, OutcomeKind.CLOSED),
        ),
        (LeadClosed(command.lead_id),),
    )


def _may_leave_unread(lead_id: LeadId, snapshot: Snapshot, context: Context) -> Refused | None:
    """Whose lead it is cannot be read, so this is for the settings right; nobody else learns that it is there."""
    ref = Ref(Kind.LEAD, lead_id)
    if not snapshot.version(Kind.LEAD, lead_id) or not sees_unread_leads(context.rights):
        return Refused(Reason.UNKNOWN_RECORD, ref)
    return None if context.rights.may_change_settings else Refused(Reason.NOT_PERMITTED, ref)


def _closing_stage(command: CloseLead, snapshot: Snapshot) -> Stage | Refused:
    """The failure stage that is named, or the first."""
    stage = _named(snapshot, command.stage, StageSemantics.FAILURE)
    if isinstance(stage, Stage) and stage.semantics is not StageSemantics.FAILURE:
        return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, stage.code))
    return stage


def _outcome_of_unread(lead_id: LeadId, snapshot: Snapshot, kind: OutcomeKind) -> Mapping[LeadId, LeadOutcome]:
    live = snapshot.settings.switching
    return {lead_id: LeadOutcome(kind)} if live is not None and snapshot.is_active else NOTHING


def decide_reopen(command: ReopenLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what reopening a closed lead changes; only in Classic, never a converted one (SWITCH-6, CONV-9).

    An active lead moves to the in-process stage that is named, and is no longer set aside; it stays as it is when none
    is named.
    """
    lead = open_lead(snapshot, command.lead_id, context, Operation.UPDATE)
    if isinstance(lead, Refused):
        return lead
    refused = None if lead.is_active else _reopening_refused(lead, snapshot, context)
    if refused is not None:
        return refused
    stage = _named(snapshot, command.stage, StageSemantics.IN_PROCESS)
    if isinstance(stage, Refused):
        return stage
    if stage.semantics is not StageSemantics.IN_PROCESS:
        return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, stage.code))
    stays = command.stage is None or (stage.code == lead.stage and lead.id not in snapshot.marks)
    if lead.is_active and stays:
        return Accepted(lead.id)
    moved = move_stage(lead, stage)
    if isinstance(moved, Refused):
        return moved
    outcomes = lifted_mark(snapshot, lead)
    event = _stage_edited(lead) if lead.is_active else LeadReopened(lead.id)
    return Accepted(lead.id, Changes(expects=snapshot.read, leads={lead.id: moved}, outcomes=outcomes), (event,))


def _stage_edited(lead: Lead) -> RecordEdited:
    """What is told of a lead that changes its stage and not what it means: the same as of an edit."""
    return RecordEdited(Ref(Kind.LEAD, lead.id), ("stage",))


def lifted_mark(snapshot: Snapshot, lead: Lead) -> Mapping[LeadId, None]:
    """An active lead that is changed is no longer set aside (SWITCH-9)."""
    return {lead.id: None} if lead.id in snapshot.marks else NOTHING


def move_stage(lead: Lead, stage: Stage) -> Lead | Refused:
    """The lead in another stage, by whichever command: the guard of the record (CONV-5, CONV-9).

    That of the state, `cannot_reopen`, comes before it (SWITCH-6).
    """
    if lead.deal_id is not None:
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, lead.deal_id))
    if stage.semantics is StageSemantics.SUCCESS and lead.semantics is not StageSemantics.SUCCESS:
        return Refused(Reason.CONVERT_INSTEAD, Ref(Kind.LEAD, lead.id))
    return lead.moved_to(stage)


def cannot_reopen(lead: Lead, stage: Stage, snapshot: Snapshot, context: Context) -> Refused | None:
    """The refusal of the state to make a closed lead active again, which comes before those of the record (PERM-7)."""
    if stage.semantics is not StageSemantics.IN_PROCESS or lead.is_active:
        return None
    return _reopening_refused(lead, snapshot, context)


def _reopening_refused(lead: Lead, snapshot: Snapshot, context: Context) -> Refused | None:
    cell = behaviour(Asked.REOPEN_LEAD, context.state(snapshot.settings))
    if cell.does is not Does.REFUSE:
        return None
    assert cell.reason is not None  # refusing cells have a reason
    return Refused(cell.reason, Ref(Kind.LEAD, lead.id))


def decide_delete(command: DeleteLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what deleting a lead changes: its data goes, id, links and ledger row stay (DATA-3).

    Activities bound to nothing else that is left go with it.
    """
    lead = open_lead(snapshot, command.lead_id, context, Operation.DELETE)
    if isinstance(lead, Refused):
        return lead
    return Accepted(
        lead.id,
        Changes(
            expects=snapshot.read,
            leads={lead.id: stone_of(Kind.LEAD, lead, context.now)},
            activities=gone_with(Ref(Kind.LEAD, lead.id), snapshot, context),
            outcomes=outcome_in_live_switch(snapshot, lead, OutcomeKind.DELETED),
        ),
        (LeadDeleted(lead.id),),
    )


def decide_delete_unread(command: DeleteLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what deleting a lead changes whose record cannot be read: of its links only the ledger's stay (SWITCH-9).

    Activities bound to nothing else that is left go with it, readable or not.
    """
    refused = _may_leave_unread(command.lead_id, snapshot, context)
    if refused is not None:
        return refused
    row = snapshot.ledger.get(command.lead_id)
    links = {} if row is None else {name: getattr(row, name) for name in ("contact_id", "company_id", "deal_id")}
    stone = Tombstone(kind=Kind.LEAD, id=command.lead_id, deleted_at=context.now, **links)
    return Accepted(
        command.lead_id,
        Changes(
            expects=snapshot.read,
            leads={command.lead_id: stone},
            activities={id: Tombstone(kind=Kind.ACTIVITY, id=id, deleted_at=context.now) for id in snapshot.alone},
            outcomes=_outcome_of_unread(command.lead_id, snapshot, OutcomeKind.DELETED),
        ),
        (LeadDeleted(command.lead_id),),
    )


def decide_convert(command: ConvertLead, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what converting one lead by hand changes; the same records as in a switch (PERM-3, SWITCH-7, SWITCH-11).

    A converted lead answers with its first result (CONV-9).
    """
    lead = open_lead(snapshot, command.lead_id, context, Operation.UPDATE)
    if isinstance(lead, Refused):
        return lead
    policy = command.policy or policy_in_force(snapshot.settings)
    linked = client_left(lead, snapshot.gone) != Client()
    refused = may_convert(context.rights, None if linked else policy.client, policy.pipeline)
    if refused is not None:
        return refused
    row = snapshot.ledger.get(lead.id)
    if row is not None:
        return Accepted(ConvertedLead(row, already=True))
    terms = current_terms(snapshot, command.policy)
    if isinstance(terms, Refused):
        return terms
    if not lead.is_active:
        return Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, lead.id))
    # Which activities other leads have too matters to the counts of a switch alone.
    batch = Batch(terms, context.now, ids, snapshot.matches, gone=snapshot.gone)
    made = batch.convert(lead, snapshot.lead_activities.get(lead.id, ()))
    outcomes = outcome_in_live_switch(snapshot, lead, OutcomeKind.ALREADY_CONVERTED)
    return Accepted(ConvertedLead(made), batch.changes(snapshot, outcomes=outcomes), tuple(batch.events()))


def outcome_in_live_switch(snapshot: Snapshot, lead: Lead, kind: OutcomeKind) -> Mapping[LeadId, LeadOutcome]:
    """What a command that takes an active lead away writes down for the live switch, in its own commit (SWITCH-7)."""
    live = snapshot.settings.switching
    return {lead.id: LeadOutcome(kind)} if live is not None and lead.is_active else NOTHING


def _named(snapshot: Snapshot, code: str | None, semantics: StageSemantics) -> Stage | Refused:
    stage = snapshot.the_stages.first(semantics) if code is None else snapshot.the_stages.get(code)
    return stage if stage is not None else Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, code or semantics.value))


def email_keys(points: Any) -> frozenset[MatchKey]:
    """The match keys by which a conversion may look its client up."""
    return match_keys(ContactPoints(points or ()), _CLIENT_KINDS)


def _add_query(command: AddLead) -> Query:
    return Query(
        settings=True,
        stages=True,
        pipelines=True,
        contacts=linked(command.fields, "contact_id"),
        companies=linked(command.fields, "company_id"),
        match_keys=email_keys(command.fields.get("contact_points")),
        command_key=command.key,
    )


def _store_ids(command: Any, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    terms = current_terms(snapshot) if _is_converted_at_once(snapshot, context) else None
    return {Kind.LEAD: 1, **(ids_for(terms, 1) if isinstance(terms, ConversionTerms) else {})}


def _convert_ids(command: ConvertLead, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    terms = current_terms(snapshot, command.policy)
    return {} if isinstance(terms, Refused) or snapshot.ledger else ids_for(terms, 1)


HANDLERS: dict[type[Command[Any]], Handler] = {
    AddLead: Handler(_add_query, decide_add, _store_ids, lookup=is_keyed),
    CopyLead: Handler(
        lambda command: Query(
            settings=True,
            stages=True,
            pipelines=True,
            leads=(command.lead_id,),
            match=True,
            command_key=command.key,
        ),
        decide_copy,
        _store_ids,
        lookup=is_keyed,
    ),
    CloseLead: Handler(
        lambda command: Query(stages=True, leads=(command.lead_id,)),
        decide_close,
        unread=Handler(
            lambda command: Query(stages=True, outcome_of=command.lead_id, unread=True), decide_close_unread
        ),
    ),
    ReopenLead: Handler(
        lambda command: Query(stages=True, leads=(command.lead_id,), outcome_of=command.lead_id), decide_reopen
    ),
    DeleteLead: Handler(
        lambda command: Query(leads=(command.lead_id,), activities_of=(Ref(Kind.LEAD, command.lead_id),)),
        decide_delete,
        unread=Handler(lambda command: Query(outcome_of=command.lead_id, unread=True), decide_delete_unread),
    ),
    ConvertLead: Handler(
        lambda command: Query(
            settings=True,
            stages=True,
            pipelines=True,
            leads=(command.lead_id,),
            match=True,
        ),
        decide_convert,
        _convert_ids,
        lookup=lambda command: True,
    ),
}
