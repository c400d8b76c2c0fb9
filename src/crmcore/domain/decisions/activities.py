"""Decisions about activities: add, edit, complete, reopen, bind, unbind, delete (CONV-6).

Rights on an activity are the rights on the records it is bound to (PERM-6).

lines: the life of one activity from its first to its last command, and what a deletion takes along.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from crmcore.domain.decisions.access import cards_of, is_gone, open_card
from crmcore.domain.decisions.keyed import answer_before, is_keyed, record_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CLIENTS, MADE, RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.tombstone import Tombstone, stone_of
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import (
    BINDINGS_LIMIT,
    AddActivity,
    BindActivity,
    Command,
    CompleteActivity,
    DeleteActivity,
    EditActivity,
    ReopenActivity,
    UnbindActivity,
)
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import (
    ActivitiesCompleted,
    ActivityAdded,
    ActivityBound,
    ActivityDeleted,
    ActivityReopened,
    ActivityUnbound,
    Event,
    RecordEdited,
)
from crmcore.domain.protocol.snapshot import Query, Snapshot, query_of
from crmcore.domain.rules.authority import Operation

__all__ = [
    "HANDLERS",
    "closed_leads",
    "decide_add_activity",
    "decide_bind_activity",
    "decide_complete_activity",
    "decide_delete_activity",
    "decide_edit_activity",
    "decide_reopen_activity",
    "decide_unbind_activity",
    "gone_with",
    "left_to",
    "moved_along",
]


def decide_add_activity(command: AddActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what storing an activity changes: refused on a converted lead, naming its deal (CONV-6)."""
    gone: Refused | None = None
    for ref in sorted(command.bound_to):
        record = open_card(snapshot, ref, context, Operation.UPDATE)
        if isinstance(record, Refused):
            if not is_gone(snapshot, ref, context, Operation.UPDATE):
                return record
            gone = gone or record
    answered = answer_before(command, snapshot)
    if answered is not None:
        return answered
    if gone is not None:
        return gone
    for ref in sorted(command.bound_to):
        refused = _on_converted(cards_of(snapshot, ref.kind)[ref.id])
        if refused is not None:
            return refused
    fields: dict[str, Any] = {"responsible": context.actor, **command.fields}
    activity = Activity(
        id=ActivityId(next(ids[Kind.ACTIVITY])),
        created_at=context.now,
        completed_at=context.now if fields.get("completed") else None,
        **fields,
    )
    return Accepted(
        activity.id,
        Changes(
            expects=snapshot.read,
            activities={activity.id: activity},
            bindings={activity.id: command.bound_to},
            commands=record_of(command, Ref(Kind.ACTIVITY, activity.id)),
            **moved_along(snapshot, command.bound_to),
        ),
        (ActivityAdded(activity.id),),
    )


def decide_edit_activity(command: EditActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what an edit changes: refused as stale when the activity is another one than the caller read (EDIT-1)."""
    activity = _open_activity(command.activity_id, snapshot, context)
    if isinstance(activity, Refused):
        return activity
    version, ref = snapshot.version(Kind.ACTIVITY, activity.id), Ref(Kind.ACTIVITY, activity.id)
    if command.is_stale(activity, version):
        return Refused(Reason.STALE_VERSION, ref)
    fields = dict(command.fields)
    completed = fields.pop("completed", activity.completed)
    edited: Activity = evolve(activity.completed_by(context.now) if completed else activity.reopened(), **fields)
    if edited == activity:
        return Accepted(version)
    events: list[Event] = [RecordEdited(ref, tuple(sorted(command.fields)))]
    if completed != activity.completed:
        events.append(ActivitiesCompleted((activity.id,)) if completed else ActivityReopened(activity.id))
    changes = Changes(expects=snapshot.read, activities={activity.id: edited})
    return Accepted(version + 1, changes, tuple(events))


def decide_reopen_activity(command: ReopenActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what reopening an activity changes; an open one stays as it is."""
    activity = _open_activity(command.activity_id, snapshot, context)
    if isinstance(activity, Refused):
        return activity
    if not activity.completed:
        return Accepted(activity.id)
    changes = Changes(expects=snapshot.read, activities={activity.id: activity.reopened()})
    return Accepted(activity.id, changes, (ActivityReopened(activity.id),))


def decide_bind_activity(command: BindActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what one more binding changes: refused on a converted lead, naming its deal, and over the limit (CONV-6).

    A trace of an earlier binding to the record goes, since it is bound to it again.
    """
    both = _open_both(command, snapshot, context)
    if isinstance(both, Refused):
        return both
    activity, record = both
    ref, bound = command.ref, snapshot.bindings[activity.id]
    if ref in bound:
        return Accepted(activity.id)
    refused = _on_converted(record)
    if refused is not None:
        return refused
    if len(bound) >= BINDINGS_LIMIT:
        return Refused(Reason.TOO_MANY_BINDINGS, Ref(Kind.ACTIVITY, activity.id))
    return Accepted(
        activity.id,
        Changes(
            expects=snapshot.read,
            activities={activity.id: evolve(activity, unbound=activity.unbound - {ref})},
            bindings={activity.id: frozenset({ref})},
            **moved_along(snapshot, [ref]),
        ),
        (ActivityBound(activity.id, ref),),
    )


def decide_complete_activity(command: CompleteActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what completing an activity by hand changes; a complete one stays as it is."""
    activity = _open_activity(command.activity_id, snapshot, context)
    if isinstance(activity, Refused):
        return activity
    if activity.completed:
        return Accepted(activity.id)
    return Accepted(
        activity.id,
        Changes(expects=snapshot.read, activities={activity.id: activity.completed_by(context.now)}),
        (ActivitiesCompleted((activity.id,)),),
    )


def decide_unbind_activity(command: UnbindActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what taking a binding away changes: a trace stays, and a converted lead keeps its own (CONV-6, CONV-9)."""
    both = _open_both(command, snapshot, context)
    if isinstance(both, Refused):
        return both
    activity, record = both
    ref, bound = command.ref, snapshot.bindings[activity.id]
    if ref not in bound:
        return Refused(Reason.NOT_BOUND, ref)
    if not any(_is_left(snapshot, other) for other in bound - {ref}):
        return Refused(Reason.LAST_BINDING, ref)
    refused = _on_converted(record)
    if refused is not None:
        return refused
    return Accepted(
        activity.id,
        Changes(
            expects=snapshot.read,
            activities={activity.id: evolve(activity, unbound=activity.unbound | {ref})},
            unbound={activity.id: frozenset({ref})},
            **left_to(snapshot, ref, [activity.id]),
        ),
        (ActivityUnbound(activity.id, ref),),
    )


def _is_left(snapshot: Snapshot, ref: Ref) -> bool:
    """Whether a record is there and not deleted: an activity that is bound to nothing else could never be found."""
    record = cards_of(snapshot, ref.kind).get(ref.id)
    return record is not None and not isinstance(record, Tombstone)


def decide_delete_activity(command: DeleteActivity, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what deleting an activity changes: its data goes, its id and bindings stay (DATA-3)."""
    activity = _open_activity(command.activity_id, snapshot, context)
    if isinstance(activity, Refused):
        return activity
    stone = stone_of(Kind.ACTIVITY, activity, context.now)
    return Accepted(
        activity.id,
        Changes(expects=snapshot.read, activities={activity.id: stone}),
        (ActivityDeleted(activity.id),),
    )


def gone_with(ref: Ref, snapshot: Snapshot, context: Context) -> dict[ActivityId, Tombstone]:
    """The activities that go with a record: those that are bound to nothing else that is left (DATA-3)."""
    return {
        id: stone_of(Kind.ACTIVITY, activity, context.now)
        for id, activity in sorted(snapshot.activities.items())
        if isinstance(activity, Activity) and not any(_is_left(snapshot, of) for of in snapshot.bindings[id] - {ref})
    }


def left_to(snapshot: Snapshot, ref: Ref, activities: Iterable[ActivityId]) -> dict[str, Any]:
    """The clients that activities of a deal are left to, to be written as they are, by their part of `Changes`.

    A conversion binds the activities of its lead to a client that it does not write, and to a deal that is new. So
    whoever takes such an activity from the deal makes a deletion of the client that was decided before the conversion
    look again (DATA-3).
    """
    bound = (snapshot.bindings[id] for id in activities if isinstance(snapshot.activities[id], Activity))
    clients = {of for refs in bound for of in refs if of.kind in CLIENTS}
    return moved_along(snapshot, clients) if ref.kind is Kind.DEAL else {}


def moved_along(snapshot: Snapshot, refs: Iterable[Ref]) -> dict[str, Any]:
    """The records that an activity comes to, to be written as they are together with it, by their part of `Changes`.

    Active leads move with their activities by themselves, the others do not: a deletion that was decided before the
    activity came would leave it behind, bound to nothing that is left (DATA-3).
    """
    refs = tuple(refs)
    parts: dict[str, Any] = {RECORDS[Kind.LEAD]: closed_leads(snapshot, refs)}
    for ref in refs:
        if ref.kind in MADE and _is_left(snapshot, ref):
            parts.setdefault(RECORDS[ref.kind], {})[ref.id] = cards_of(snapshot, ref.kind)[ref.id]
    return parts


def closed_leads(snapshot: Snapshot, refs: Iterable[Ref]) -> dict[LeadId, Lead]:
    """The closed leads among these records, which move with an activity that comes to them (`moved_along`)."""
    found = (snapshot.leads.get(LeadId(int(ref.id))) for ref in refs if ref.kind is Kind.LEAD)
    return {lead.id: lead for lead in found if isinstance(lead, Lead) and not lead.is_active}


def _on_converted(record: object) -> Refused | None:
    """The refusal of a binding to a converted lead, naming its deal (CONV-6)."""
    if isinstance(record, Lead) and record.deal_id is not None:
        return Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, record.deal_id), "CONV-6")
    return None


def _open_both(
    command: BindActivity | UnbindActivity, snapshot: Snapshot, context: Context
) -> tuple[Activity, Any] | Refused:
    """The activity and the record of a binding, if the actor may update both of them, else the refusal."""
    activity = _open_activity(command.activity_id, snapshot, context)
    if isinstance(activity, Refused):
        return activity
    record = open_card(snapshot, command.ref, context, Operation.UPDATE)
    return record if isinstance(record, Refused) else (activity, record)


def _open_activity(activity_id: ActivityId, snapshot: Snapshot, context: Context) -> Activity | Refused:
    """The activity, if the actor may update one of the records it is bound to, else the refusal."""
    found = snapshot.activities.get(activity_id)
    unknown = Refused(Reason.UNKNOWN_RECORD, Ref(Kind.ACTIVITY, activity_id))
    if not isinstance(found, Activity):
        return unknown
    answers = [open_card(snapshot, ref, context, Operation.UPDATE) for ref in sorted(snapshot.bindings[activity_id])]
    if context.rights.administrator or any(not isinstance(answer, Refused) for answer in answers):
        return found
    denied = any(isinstance(answer, Refused) and answer.reason is Reason.NOT_PERMITTED for answer in answers)
    return Refused(Reason.NOT_PERMITTED, Ref(Kind.ACTIVITY, activity_id), "PERM-6") if denied else unknown


def _ids_of(refs: Iterable[Ref], kind: Kind) -> tuple[Any, ...]:
    return tuple(sorted(ref.id for ref in refs if ref.kind is kind))


def _add_query(command: AddActivity) -> Query:
    refs = command.bound_to
    return Query(
        leads=_ids_of(refs, Kind.LEAD),
        deals=_ids_of(refs, Kind.DEAL),
        contacts=_ids_of(refs, Kind.CONTACT),
        companies=_ids_of(refs, Kind.COMPANY),
        command_key=command.key,
    )


def _one(command: Any) -> Query:
    return Query(activities=(command.activity_id,))


def _binding_query(command: BindActivity | UnbindActivity) -> Query:
    """The record too, bound or not: one that the actor may not read is answered alike in both cases."""
    return query_of(command.ref, activities=(command.activity_id,))


def _new_id(command: Any, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    return {Kind.ACTIVITY: 1}


HANDLERS: dict[type[Command[Any]], Handler] = {
    AddActivity: Handler(_add_query, decide_add_activity, _new_id, lookup=is_keyed),
    EditActivity: Handler(_one, decide_edit_activity),
    CompleteActivity: Handler(_one, decide_complete_activity),
    ReopenActivity: Handler(_one, decide_reopen_activity),
    BindActivity: Handler(_binding_query, decide_bind_activity),
    UnbindActivity: Handler(_binding_query, decide_unbind_activity),
    DeleteActivity: Handler(_one, decide_delete_activity),
}
