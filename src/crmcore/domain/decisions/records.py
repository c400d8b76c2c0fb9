"""Decisions about deals, contacts and companies by hand, edits of any card, and erasures (EDIT-1, CONV-9, DATA-3 to 5).

lines: what may become of a card, from its first to its last command, and the helpers that these share.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from crmcore.domain.decisions.access import cards_of, linked, may_add, missing_link, open_card
from crmcore.domain.decisions.activities import gone_with, left_to
from crmcore.domain.decisions.keyed import answer_before, is_keyed, record_of
from crmcore.domain.decisions.leads import cannot_reopen, lifted_mark, move_stage, outcome_in_live_switch
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.fields import EDITABLE_AFTER_CONVERSION, ENTITIES
from crmcore.domain.model.ids import CARDS, DEFAULT_PIPELINE, RECORDS, ActivityId, DealId, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.tombstone import stone_of
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddRecord, Command, DeleteRecord, EditRecord, EraseRecords
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import (
    ActivityDeleted,
    Event,
    LeadClosed,
    LeadDeleted,
    LeadReopened,
    RecordAdded,
    RecordDeleted,
    RecordEdited,
    RecordErased,
)
from crmcore.domain.protocol.results import Erased
from crmcore.domain.protocol.snapshot import Query, Snapshot, query_of
from crmcore.domain.rules.authority import Operation
from crmcore.domain.rules.person import emptied, says_of_nobody

__all__ = ["HANDLERS", "decide_add_record", "decide_delete_record", "decide_edit", "decide_erase"]

#: A deal that has not got its stage yet, for the question whether the actor may add it.
_UNPLACED: Mapping[str, Any] = {
    "id": DealId(1),
    "stage": "NEW",
    "semantics": StageSemantics.IN_PROCESS,
}


def decide_add_record(command: AddRecord, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what storing a new deal, contact or company by hand changes."""
    fields: dict[str, Any] = {"responsible": context.actor, **command.fields}
    if command.kind is Kind.DEAL:
        stage = _deal_stage(fields, snapshot)
        if isinstance(stage, Refused):
            return _not_permitted(fields, context) or answer_before(command, snapshot) or stage
    record = ENTITIES[command.kind](
        id=next(ids[command.kind]),
        created_at=context.now,
        **fields,
    )
    ref = Ref(command.kind, record.id)
    refused = may_add(context, command.kind, record)
    answered = refused or answer_before(command, snapshot) or missing_link(command.fields, snapshot, context)
    if answered is not None:
        return answered
    changes = Changes(
        expects=snapshot.read,
        commands=record_of(command, ref),
        **_written(ref, record),
    )
    return Accepted(ref.id, changes, (RecordAdded(ref),))


def _written(ref: Ref, record: Any) -> dict[str, Any]:
    return {RECORDS[ref.kind]: {ref.id: record}}


def _not_permitted(fields: Mapping[str, Any], context: Context) -> Refused | None:
    """The refusal of a deal that the actor may not add there, whatever is wrong with its pipeline or stage (PERM-7)."""
    place = {"pipeline_id": fields.get("pipeline_id") or DEFAULT_PIPELINE, **_UNPLACED}
    return may_add(context, Kind.DEAL, Deal(**{**fields, **place}))


def _deal_stage(fields: dict[str, Any], snapshot: Snapshot, deal: Deal | None = None) -> Refused | None:
    """Settle pipeline and stage of a deal that is added or edited; a new pipeline starts in its first stage."""
    kept = DEFAULT_PIPELINE if deal is None else deal.pipeline_id
    pipeline_id = PipelineId(kept if fields.get("pipeline_id") is None else fields["pipeline_id"])
    pipeline = snapshot.pipelines.get(pipeline_id)
    moves = deal is None or pipeline_id != deal.pipeline_id
    if pipeline is None or (pipeline.archived and moves):
        return Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, pipeline_id))
    stage: Stage | None
    if fields.get("stage") is not None:
        stage = pipeline.get(fields["stage"])
        if stage is None:
            return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.PIPELINE, pipeline_id))
    elif moves:
        stage = pipeline.first_stage
    else:
        if "pipeline_id" in fields:  # empty: it stays where it is
            fields["pipeline_id"] = pipeline_id
        return None
    fields.update(pipeline_id=pipeline_id, stage=stage.code, semantics=stage.semantics)
    return None


def decide_edit(command: EditRecord, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what an edit changes: refused as stale when the record moved on since the caller read it (EDIT-1).

    Who hands in the record as it was read is refused only where the record itself is another one.

    Of a converted lead only comments and responsible may be edited (CONV-9).
    Editing a lead that was set aside removes its mark (SWITCH-9).
    """
    ref = command.ref
    record = open_card(snapshot, ref, context, Operation.UPDATE)
    if isinstance(record, Refused):
        return record
    refused = _no_right_there(command, context) or _state_forbids(command, record, snapshot, context)
    if refused is not None:
        return refused
    fields = dict(command.fields)
    misplaced = _deal_stage(fields, snapshot, record) if isinstance(record, Deal) else None
    if misplaced is not None and misplaced.reason.stands_before(Reason.STALE_VERSION):
        return misplaced
    version = snapshot.version(ref.kind, ref.id)
    if command.is_stale(record, version):
        return Refused(Reason.STALE_VERSION, ref)
    if misplaced is not None:
        return misplaced
    if isinstance(record, Lead) and record.deal_id is not None and not EDITABLE_AFTER_CONVERSION.issuperset(fields):
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, record.deal_id))
    edited: Any = record
    if isinstance(record, Lead) and "stage" in fields:
        stage = snapshot.the_stages.get(fields.pop("stage"))
        if stage is None:
            return Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, command.fields["stage"]))
        edited = move_stage(record, stage)
        if isinstance(edited, Refused):
            return edited
    missing = missing_link(fields, snapshot, context)
    if missing is not None:
        return missing
    edited = evolve(edited, **fields)
    if edited == record:
        return Accepted(version)
    changes = Changes(
        expects=snapshot.read,
        outcomes=_outcome(record, edited, snapshot) if isinstance(record, Lead) else {},
        **_written(ref, edited),
    )
    return Accepted(version + 1, changes, _events(ref, command, record, edited))


def _no_right_there(command: EditRecord, context: Context) -> Refused | None:
    """A deal moves only to a pipeline in which the actor may update deals (PERM-6)."""
    target = command.fields.get("pipeline_id")
    if target is None or context.rights.level(Operation.UPDATE, command.ref.kind, target):
        return None
    return Refused(Reason.NOT_PERMITTED, Ref(Kind.PIPELINE, target), "PERM-6")


def _state_forbids(command: EditRecord, record: Any, snapshot: Snapshot, context: Context) -> Refused | None:
    if not isinstance(record, Lead) or "stage" not in command.fields:
        return None
    stage = snapshot.the_stages.get(command.fields["stage"])
    return None if stage is None else cannot_reopen(record, stage, snapshot, context)


def _outcome(lead: Lead, edited: Lead, snapshot: Snapshot) -> Mapping[LeadId, LeadOutcome | None]:
    if not edited.is_active:
        return outcome_in_live_switch(snapshot, lead, OutcomeKind.CLOSED)
    return lifted_mark(snapshot, lead)


def _events(ref: Ref, command: EditRecord, record: Any, edited: Any) -> tuple[Event, ...]:
    events: list[Event] = [RecordEdited(ref, tuple(sorted(command.fields)))]
    if isinstance(record, Lead) and record.is_active != edited.is_active:
        events.append(LeadReopened(record.id) if edited.is_active else LeadClosed(record.id))
    return tuple(events)


def _edit_query(command: EditRecord) -> Query:
    wanted: dict[str, Any] = {
        "contacts": linked(command.fields, "contact_id"),
        "companies": linked(command.fields, "company_id"),
        RECORDS[command.ref.kind]: (command.ref.id,),  # which is linked to none of its own kind
    }
    if command.ref.kind is Kind.LEAD:
        # Expected too, so that an edit which races with the mark is decided again and lifts it (SWITCH-9).
        wanted["outcome_of"] = command.ref.id
    return Query(stages=command.ref.kind is Kind.LEAD, pipelines=command.ref.kind is Kind.DEAL, **wanted)


def decide_delete_record(command: DeleteRecord, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what deleting a deal, contact or company changes: its data goes, its id and links stay (DATA-3).

    Activities bound to nothing else that is left go with it. Ledger rows, outcomes and links to it stay.
    """
    ref = command.ref
    record = open_card(snapshot, ref, context, Operation.DELETE)
    if isinstance(record, Refused):
        return record
    changes = Changes(
        expects=snapshot.read,
        activities=gone_with(ref, snapshot, context),
        **left_to(snapshot, ref, snapshot.activities),
        **_written(ref, stone_of(ref.kind, record, context.now)),
    )
    return Accepted(ref.id, changes, (RecordDeleted(ref),))


def decide_erase(command: EraseRecords, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what an erasure changes: refused as a whole without the right to delete each of the records.

    Ledger rows, outcomes and the tombstones of leads stay, so nothing is converted again and the laws hold.
    """
    written: dict[Kind, dict[Any, Any]] = defaultdict(dict)
    outcomes: dict[Any, Any] = {}
    events: list[Event] = []
    for ref in sorted(command.refs):
        record = open_card(snapshot, ref, context, Operation.DELETE)
        if isinstance(record, Refused):
            return record
        if ref.kind is Kind.LEAD:
            written[ref.kind][ref.id] = stone_of(ref.kind, record, context.now)
            outcomes.update(outcome_in_live_switch(snapshot, record, OutcomeKind.DELETED))
            events.append(LeadDeleted(record.id))
        elif emptied(record) != record:
            written[ref.kind][ref.id] = emptied(record)
            events.append(RecordErased(ref))
    alone, shared = _activities(command, snapshot)
    for id in alone:
        written[Kind.ACTIVITY][id] = stone_of(Kind.ACTIVITY, snapshot.activities[id], context.now)
        events.append(ActivityDeleted(id))
    told = {RECORDS[kind]: tuple(sorted(records)) for kind, records in written.items()}
    result = Erased(**told, shared=shared)
    if result.is_empty:
        return Accepted(result)
    parts: dict[str, Any] = {RECORDS[kind]: records for kind, records in written.items()}
    return Accepted(result, Changes(expects=snapshot.read, outcomes=outcomes, **parts), tuple(events))


def _activities(command: EraseRecords, snapshot: Snapshot) -> tuple[tuple[ActivityId, ...], tuple[ActivityId, ...]]:
    """The activities that are bound to these records, or to ones that say of nobody, alone; and those that are not."""
    alone: list[ActivityId] = []
    shared: list[ActivityId] = []
    for id, activity in sorted(snapshot.activities.items()):
        if isinstance(activity, Activity):
            there = {ref: cards_of(snapshot, ref.kind).get(ref.id) for ref in snapshot.bindings[id]}
            goes = all(says_of_nobody(ref, there, command.refs) for ref in there)
            (alone if goes else shared).append(id)
    return tuple(alone), tuple(shared)


def _erase_query(command: EraseRecords) -> Query:
    refs = sorted(command.refs)
    of_kind: dict[str, Any] = {RECORDS[kind]: tuple(ref.id for ref in refs if ref.kind is kind) for kind in CARDS}
    return Query(activities_of=tuple(refs), **of_kind)


HANDLERS: dict[type[Command[Any]], Handler] = {
    AddRecord: Handler(
        lambda command: Query(
            pipelines=command.kind is Kind.DEAL,
            contacts=linked(command.fields, "contact_id"),
            companies=linked(command.fields, "company_id"),
            command_key=command.key,
        ),
        decide_add_record,
        lambda command, snapshot, context: {command.kind: 1},
        lookup=is_keyed,
    ),
    EditRecord: Handler(_edit_query, decide_edit),
    DeleteRecord: Handler(lambda command: query_of(command.ref, activities_of=(command.ref,)), decide_delete_record),
    EraseRecords: Handler(_erase_query, decide_erase),
}
