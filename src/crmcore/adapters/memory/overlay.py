"""The writes of one commit as absolute values by table: prepared first, then folded in, possibly more than once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crmcore.adapters.memory.numbers import is_lead, lead_id_of, pack, packed_targets
from crmcore.adapters.memory.state import State
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.protocol.changes import Changes

__all__ = ["Overlay"]


class Overlay:
    """The writes of a commit. Nothing reaches the state before `fold`, which is idempotent."""

    def __init__(self, state: State, changes: Changes) -> None:
        self._state = state
        self._changes = changes
        self._tables: list[tuple[Kind, Mapping[Any, Any]]] = []
        self._versions: dict[Kind, dict[Any, int]] = {}
        self._activated: list[LeadId] = []
        self._deactivated: list[LeadId] = []
        self._activities: dict[ActivityId, Any] = dict(changes.activities)
        self._bindings: dict[ActivityId, tuple[int, ...]] = {}
        self._bound: dict[int, tuple[ActivityId, ...]] = {}
        self._rebound: list[ActivityId] = []
        self._unindexed: dict[Kind, tuple[int, list[int]]] = {}
        self._tally: dict[LeadOutcome, int] = {}
        self._marked: list[LeadId] = []
        self._epoch = changes.expects.epoch
        self._happened = len(state.events or ())
        self._prepare(changes)

    def _prepare(self, changes: Changes) -> None:
        self._write(Kind.PIPELINE, changes.pipelines)
        leads = changes.leads
        if changes.closed:
            known = self._state.tables[Kind.LEAD]
            leads = {**leads, **{id: known[id].moved_to(stage) for id, stage in changes.closed.items()}}
        self._write(Kind.LEAD, leads)
        self._sort_leads(leads)
        self._write(Kind.DEAL, changes.deals)
        for kind, clients in ((Kind.CONTACT, changes.contacts), (Kind.COMPANY, changes.companies)):
            self._write(kind, clients)
            self._index(kind, clients)
        self._bind(changes)
        if changes.ledger:
            self._write(Kind.LEDGER, changes.ledger)
            for row in changes.ledger.values():
                if row.activity_ids:
                    self._bind_row(row)
            if changes.completes_at is not None:
                self._complete(changes.ledger.values(), changes.completes_at)
        self._write(Kind.ACTIVITY, self._activities)
        self._move_leads_of((*self._activities, *self._rebound))
        self._count(changes.outcomes)
        self._write(Kind.SWITCH, changes.switches)
        self._write(Kind.COMMAND, changes.commands)
        for kind, value in ((Kind.SETTINGS, changes.settings), (Kind.STAGES, changes.stages)):
            if value is not None:
                self._versions[kind] = {0: self._state.version(kind, 0) + 1}

    def fold(self) -> None:
        """Write everything into the state."""
        state, changes = self._state, self._changes
        for kind, records in (*self._tables, (Kind.ACTIVITY, self._bindings)):
            state.order.will_change(kind, records)
        for kind, records in self._tables:
            state.tables[kind].update(records)
            state.keep_ids_above(kind, records)
            if state.damaged:  # what is closed unread stays as it is
                state.damaged.difference_update((kind, id) for id in records.keys() - changes.closed.keys())
        for kind, versions in self._versions.items():
            state.versions[kind].update(versions)
        for lead_id in self._deactivated:
            state.active.pop(lead_id, None)
        state.activate(self._activated)
        state.bindings.update(self._bindings)
        state.bound.update(self._bound)
        for kind, (start, ids) in self._unindexed.items():
            state.unindexed[kind][start:] = ids
        if changes.outcomes:
            self._record(changes.outcomes)
        if state.events is not None:
            state.events[self._happened :] = changes.events
        if changes.settings is not None:
            state.settings = changes.settings
        if changes.stages is not None:
            state.stages = changes.stages

    def _record(self, outcomes: Mapping[LeadId, LeadOutcome | None]) -> None:
        recorded, marked = self._state.outcomes[self._epoch], self._state.marked[self._epoch]
        self._state.order.will_change(self._epoch, outcomes)
        for lead_id in marked.keys() & outcomes.keys():
            recorded.pop(lead_id, None)
            marked.pop(lead_id)
        recorded.update((lead_id, outcome) for lead_id, outcome in outcomes.items() if outcome is not None)
        marked.update(dict.fromkeys(self._marked))
        self._state.tallies[self._epoch] = self._tally

    def _write(self, kind: Kind, records: Mapping[Any, Any]) -> None:
        """Put records into a table; the version of each existing record grows by one."""
        if records:
            self._tables.append((kind, records))
            self._move(kind, self._state.tables[kind].keys() & records.keys())

    def _move(self, kind: Kind, ids: Iterable[Any]) -> None:
        raised, moved = self._state.versions[kind], self._versions.setdefault(kind, {})
        for id in ids:
            moved[id] = raised.get(id, 1) + 1

    def _sort_leads(self, leads: Mapping[LeadId, Any]) -> None:
        index = []
        for id, lead in leads.items():
            if type(lead) is not Lead:
                self._deactivated.append(id)
                index.append(id)
            elif lead.semantics is StageSemantics.IN_PROCESS:
                self._activated.append(id)
                index.append(id)
            else:
                self._deactivated.append(id)
        self._index(Kind.LEAD, index)

    def _index(self, kind: Kind, ids: Iterable[int]) -> None:
        """Queue records for indexing before the next look-up; inactive leads are never found, so they can wait."""
        ids = list(ids)
        if ids:
            self._unindexed[kind] = (len(self._state.unindexed[kind]), ids)

    def _bind(self, changes: Changes) -> None:
        """Add the new bindings, by union, and remove those that a person removes."""
        for id, refs in changes.bindings.items():
            packed = [pack(*ref) for ref in sorted(refs)]
            self._bindings[id] = _union(self._state.bindings.get(id, ()), packed)
            for each in packed:
                self._bind_to(each, (id,))
        for id, refs in changes.unbound.items():
            gone = {pack(*ref) for ref in refs}
            self._bindings[id] = tuple(each for each in self._state.bindings[id] if each not in gone)
            for each in gone:
                self._bound[each] = tuple(other for other in self._state.bound.get(each, ()) if other != id)

    def _bind_row(self, row: LedgerRow) -> None:
        """A ledger row binds its activities to its deal and clients: `binding.after_conversions`, set by set."""
        targets = packed_targets(row)
        bindings, known = self._bindings, self._state.bindings
        before: tuple[int, ...] | None = None
        after: tuple[int, ...] = ()
        for id in row.activity_ids:
            bound = bindings.get(id) or known.get(id, ())
            if bound != before:  # activities of one lead are mostly bound alike, and can share one tuple
                before, after = bound, _union(bound, targets)
            bindings[id] = after
            if len(bound) > 1:  # bound to more than this lead: who counts it for another lead must look again
                self._rebound.append(id)
        for target in targets:
            self._bind_to(target, row.activity_ids)

    def _bind_to(self, packed: int, activity_ids: tuple[ActivityId, ...]) -> None:
        before = self._bound.get(packed) or self._state.bound.get(packed, ())
        self._bound[packed] = _union(before, activity_ids) if before else activity_ids

    def _complete(self, rows: Iterable[LedgerRow], at: datetime) -> None:
        known = self._state.tables[Kind.ACTIVITY]
        for row in rows:
            for id in row.activity_ids:
                activity = self._activities.get(id) or known[id]
                if type(activity) is Activity and not activity.completed:
                    self._activities[id] = activity.completed_by(at)

    def _move_leads_of(self, activity_ids: Iterable[ActivityId]) -> None:
        """The lead is the root of its activities: every active lead bound before or after moves (contract point 4).

        One that is written has moved already, and comes to the same version.
        """
        state = self._state
        touched = set()
        for id in activity_ids:
            for packed in (*state.bindings.get(id, ()), *self._bindings.get(id, ())):
                lead_id = lead_id_of(packed)
                if is_lead(packed) and lead_id in state.active:
                    touched.add(lead_id)
        self._move(Kind.LEAD, touched)

    def _count(self, outcomes: Mapping[LeadId, LeadOutcome | None]) -> None:
        """The numbers of the live switch after this commit."""
        if not outcomes:
            return
        recorded = self._state.outcomes.get(self._epoch, {})
        tally = dict(self._state.tallies.get(self._epoch, {}))
        marked = self._state.marked.get(self._epoch, {})
        for lead_id in recorded.keys() & outcomes.keys():
            # `None` lifts a mark and nothing else: a lead closed since the retry was decided keeps its outcome.
            if outcomes[lead_id] is not None or lead_id in marked:
                tally[recorded[lead_id]] -= 1
        for lead_id, outcome in outcomes.items():
            if outcome is not None:
                tally[outcome] = tally.get(outcome, 0) + 1
                if outcome.kind is OutcomeKind.SET_ASIDE:
                    self._marked.append(lead_id)
        self._tally = {outcome: count for outcome, count in tally.items() if count}


def _union(before: tuple[Any, ...], more: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*before, *more)))
