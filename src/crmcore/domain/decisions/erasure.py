"""Decision about an erasure: leads and lone activities go, deals and clients are emptied, in one step (DATA-5)."""

from collections import defaultdict
from typing import Any

from crmcore.domain.decisions.access import cards_of, open_card
from crmcore.domain.decisions.leads import outcome_in_live_switch, stone_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CARDS, RECORDS, ActivityId, Kind
from crmcore.domain.model.outcomes import OutcomeKind, Refused
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command, EraseRecords
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import ActivityDeleted, Event, LeadDeleted, RecordErased
from crmcore.domain.protocol.results import Erased
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Operation
from crmcore.domain.rules.person import emptied

__all__ = ["HANDLERS", "decide_erase"]


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
            written[ref.kind][ref.id] = stone_of(record, context.now)
            outcomes.update(outcome_in_live_switch(snapshot, record, OutcomeKind.DELETED))
            events.append(LeadDeleted(record.id))
        elif emptied(record) != record:
            written[ref.kind][ref.id] = emptied(record)
            events.append(RecordErased(ref))
    alone, shared = _activities(command, snapshot)
    for id in alone:
        written[Kind.ACTIVITY][id] = Tombstone(kind=Kind.ACTIVITY, id=id, deleted_at=context.now)
        events.append(ActivityDeleted(id))
    told = {RECORDS[kind]: tuple(sorted(records)) for kind, records in written.items()}
    result = Erased(**told, shared=shared)
    if result.is_empty:
        return Accepted(result)
    parts: dict[str, Any] = {RECORDS[kind]: records for kind, records in written.items()}
    return Accepted(result, Changes(expects=snapshot.read, outcomes=outcomes, **parts), tuple(events))


def _activities(command: EraseRecords, snapshot: Snapshot) -> tuple[tuple[ActivityId, ...], tuple[ActivityId, ...]]:
    """The activities that are bound to these records, or to ones that are deleted, alone; and those that are not."""
    alone: list[ActivityId] = []
    shared: list[ActivityId] = []
    for id, activity in sorted(snapshot.activities.items()):
        if isinstance(activity, Activity):
            others = snapshot.bindings[id] - command.refs
            goes = all(isinstance(cards_of(snapshot, ref.kind).get(ref.id), Tombstone) for ref in others)
            (alone if goes else shared).append(id)
    return tuple(alone), tuple(shared)


def _query(command: EraseRecords) -> Query:
    refs = sorted(command.refs)
    of_kind: dict[str, Any] = {RECORDS[kind]: tuple(ref.id for ref in refs if ref.kind is kind) for kind in CARDS}
    return Query(activities_of=tuple(refs), **of_kind)


HANDLERS: dict[type[Command[Any]], Handler] = {EraseRecords: Handler(_query, decide_erase)}
