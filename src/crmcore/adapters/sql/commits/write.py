"""The write of any step: check it, call `confirm`, and write table by table.

New records come before those that link to them, so that every foreign key holds at every statement: leads without
links to new records, then companies, contacts and deals, then the links. The chunks of a switch have a fast path
(`chunk`) with the same result.

lines: one method for each table, in the order in which they are written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from crmcore.adapters.sql.commits.check import Standing
from crmcore.adapters.sql.connection.statements import insert, insert_rows, update
from crmcore.adapters.sql.connection.transactions import PORTAL_COLUMNS, Transaction, settings_values, stages_value
from crmcore.adapters.sql.rows.event_rows import event_row
from crmcore.adapters.sql.rows.match_keys import keys_of, veiled
from crmcore.adapters.sql.rows.records import COLUMNS, TABLES, TO_ROW, Row, load_outcome_row
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.adapters.sql.rows.texts import DAMAGE, dump_outcome, load_points
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import MATCHED, NUMBERED, RECORDS, ActivityId, Epoch, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.events import Event
from crmcore.domain.rules.binding import targets_of

__all__ = ["add_to_tally", "keep_ids_above", "write", "write_events"]

Pair = tuple[int, int]

_LINKS = {"contact_id": Kind.CONTACT, "company_id": Kind.COMPANY, "deal_id": Kind.DEAL}
_LEAD_LINKS = tuple(COLUMNS[Kind.LEAD].index(name) for name in _LINKS)


def write(tx: Transaction, changes: Changes, confirm: Callable[[], bool] | None) -> None:
    """Check, call `confirm`, write; raises `Conflict` with everything stale. The caller commits or rolls back."""
    standing = Standing(tx, changes)
    stale = standing.stale()
    if stale:
        raise Conflict(tuple(stale))
    if confirm is not None and not confirm():
        raise Conflict((Ref(Kind.RIGHTS, 0),))
    _Writer(tx, changes, standing).write()


class _Writer:
    def __init__(self, tx: Transaction, changes: Changes, standing: Standing) -> None:
        self.tx = tx
        self.changes = changes
        self.standing = standing
        self.completed: set[ActivityId] = set()

    def write(self) -> None:
        changes = self.changes
        activities = self._completed()
        self._first_versions()
        self._portal()
        self._records(Kind.PIPELINE, changes.pipelines)
        self._new_leads()
        for kind in (Kind.COMPANY, Kind.CONTACT, Kind.DEAL):
            self._records(kind, getattr(changes, RECORDS[kind]))
        self._old_leads()
        self._closed_leads()
        self._records(Kind.ACTIVITY, activities)
        self._bindings(activities)
        for kind in MATCHED:
            self._match_keys(kind, getattr(changes, RECORDS[kind]))
        insert_rows(self.tx, Kind.LEDGER, [TO_ROW[Kind.LEDGER](row, 1) for row in changes.ledger.values()])
        self._records(Kind.SWITCH, changes.switches)
        self._records(Kind.COMMAND, changes.commands)
        self._outcomes()
        keep_ids_above(self.tx, {kind: getattr(changes, RECORDS[kind]) for kind in NUMBERED})
        if self.standing.portal.keeps_events:
            write_events(self.tx, changes.events)

    def _portal(self) -> None:
        changes = self.changes
        if changes.settings is not None:
            sets = ", ".join(f"{name} = ?" for name in PORTAL_COLUMNS)
            self.tx.run(
                f"UPDATE crm_portal SET {sets}, settings_version = settings_version + 1 WHERE id = ?",
                (*settings_values(changes.settings), self.tx.portal),
            )
        if changes.stages is not None:
            self.tx.run(
                "UPDATE crm_portal SET stages = ?, stages_version = stages_version + 1 WHERE id = ?",
                (stages_value(changes.stages), self.tx.portal),
            )

    # Records

    def _records(self, kind: Kind, records: Mapping[Any, Any]) -> None:
        """Insert what is new and update what is there; the version of each that is there moves up by one."""
        to_row, standing = TO_ROW[kind], self.standing
        new: list[Row] = []
        old: list[Row] = []
        for id, record in records.items():
            version = standing.version(kind, id)
            (old if version else new).append(to_row(record, version + 1))
        insert_rows(self.tx, kind, new)
        update(self.tx, kind, old)

    def _new_leads(self) -> None:
        """New leads, for now without links to records that are new too."""
        rows = []
        for id, lead in self.changes.leads.items():
            if not self.standing.version(Kind.LEAD, id):
                row = list(TO_ROW[Kind.LEAD](lead, 1))
                for at, kind in zip(_LEAD_LINKS, _LINKS.values(), strict=True):
                    if row[at] in getattr(self.changes, RECORDS[kind]):
                        row[at] = None
                rows.append(row)
        insert_rows(self.tx, Kind.LEAD, rows)

    def _old_leads(self) -> None:
        """Leads that are there already, and the links of new ones."""
        leads, standing = self.changes.leads, self.standing
        update(
            self.tx,
            Kind.LEAD,
            [
                TO_ROW[Kind.LEAD](lead, standing.version(Kind.LEAD, id) + 1)
                for id, lead in leads.items()
                if standing.version(Kind.LEAD, id)
            ],
        )
        links = [
            (*(getattr(lead, name) for name in _LINKS), self.tx.portal, id)
            for id, lead in leads.items()
            if not standing.version(Kind.LEAD, id) and any(getattr(lead, name) is not None for name in _LINKS)
        ]
        if links:
            self.tx.run_many(
                "UPDATE crm_lead SET contact_id = ?, company_id = ?, deal_id = ? WHERE portal = ? AND id = ?", links
            )

    def _closed_leads(self) -> None:
        """Leads whose records cannot be read: their stage and their version, and no other column."""
        self.tx.run_many(
            "UPDATE crm_lead SET stage = ?, semantics = ?, version = version + 1 WHERE portal = ? AND id = ?",
            [
                (stage.code, stage.semantics.value, self.tx.portal, id)
                for id, stage in sorted(self.changes.closed.items())
            ],
        )

    def _first_versions(self) -> None:
        """Begin anew where a row that is written unread has a version that is none."""
        for kind, id in self.standing.unversioned:
            self.tx.run(f"UPDATE {TABLES[kind].name} SET version = 1 WHERE portal = ? AND id = ?", (self.tx.portal, id))

    # Activities

    def _completed(self) -> Mapping[ActivityId, Any]:
        """The activities to write; of those that a conversion completes, what is open still is completed in bulk."""
        changes, at = self.changes, self.changes.completes_at
        if at is None:
            return changes.activities
        written = dict(changes.activities)
        for id in {id for row in changes.ledger.values() for id in row.activity_ids}:
            if id in written:
                activity = written[id]
                written[id] = activity.completed_by(at) if isinstance(activity, Activity) else activity
            else:
                _, deleted_at, completed = self.standing.rows[Kind.ACTIVITY].get(id, (0, "", True))
                if deleted_at is None and not completed:
                    self.completed.add(id)
        self.tx.run_many(
            "UPDATE crm_activity SET completed = ?, completed_at = ?, version = version + 1"
            " WHERE portal = ? AND id = ?",
            [(True, at.isoformat(), self.tx.portal, id) for id in sorted(self.completed)],
        )
        return written

    def _bindings(self, activities: Mapping[ActivityId, Any]) -> None:
        """Bind by union, take away what a person unbinds, and move the other leads (contract point 4)."""
        changes, before = self.changes, self.standing.bound
        after = {id: set(pairs) for id, pairs in before.items()}
        for id, refs in changes.bindings.items():
            after[id] |= _pairs(refs)
        for id, refs in changes.unbound.items():
            after[id] -= _pairs(refs)
        moves = {*activities, *self.completed}
        for row in changes.ledger.values():
            targets = _pairs(targets_of(row))
            for id in row.activity_ids:
                if len(after[id]) > 1:
                    moves.add(id)
                after[id] |= targets
        portal = self.tx.portal
        self.tx.run_many(
            "DELETE FROM crm_binding WHERE portal = ? AND activity = ? AND kind = ? AND id = ?",
            [(portal, id, *pair) for id, pairs in before.items() for pair in sorted(pairs - after[id])],
        )
        self.tx.dialect.insert_bindings(
            self.tx, [(portal, id, *pair) for id, pairs in after.items() for pair in sorted(pairs - before[id])]
        )
        touched = {lead for id in moves for kind, lead in before[id] | after[id] if kind == BINDING_CODES[Kind.LEAD]}
        standing = self.standing.rows[Kind.LEAD]
        moved = [
            id
            for id in sorted(touched - changes.leads.keys() - changes.closed.keys())
            if id in standing and standing[id][1] == "P"
        ]
        self.tx.run_many(
            "UPDATE crm_lead SET version = version + 1 WHERE portal = ? AND id = ?", [(portal, id) for id in moved]
        )

    # Match keys

    def _match_keys(self, kind: Kind, records: Mapping[Any, Any]) -> None:
        """Who has which key from now on; clients and active leads move the keys that they have or had."""
        rows: list[tuple[Any, ...]] = []
        lost: list[tuple[Any, ...]] = []
        for id, record in records.items():
            had = self._keys_before(kind, id)
            has = frozenset() if isinstance(record, Tombstone) else keys_of(kind, record.contact_points)
            moves = int(not isinstance(record, Lead) or record.is_active)
            touched = had | has if moves else had ^ has
            for key in sorted(touched):
                at_once = key in has or key == veiled(key)
                (rows if at_once else lost).append((self.tx.portal, *key, id, moves, key in has))
        self.tx.dialect.write_match(self.tx, rows)
        self._veil(lost)

    def _veil(self, rows: list[tuple[Any, ...]]) -> None:
        """Replace keys that their records no longer have by digests that nobody can read; the version stays."""
        self.tx.run_many(
            "INSERT INTO crm_match (portal, kind, point, form, id, version, held)"
            " SELECT portal, kind, point, CAST(? AS TEXT), id, version + CAST(? AS BIGINT), FALSE FROM crm_match"
            " WHERE portal = ? AND kind = ? AND point = ? AND form = ? AND id = ?"
            " ON CONFLICT (portal, kind, point, form, id)"
            " DO UPDATE SET version = crm_match.version + excluded.version",
            [(veiled((*row[1:4],))[2], row[5], *row[:5]) for row in rows],
        )
        self.tx.run_many(
            "DELETE FROM crm_match WHERE portal = ? AND kind = ? AND point = ? AND form = ? AND id = ?",
            [row[:5] for row in rows],
        )

    def _keys_before(self, kind: Kind, id: Any) -> frozenset[Any]:
        row = self.standing.rows[kind].get(id)
        if row is None or row[-1] is None:
            return frozenset()
        try:
            return keys_of(kind, load_points(row[-1]))
        except DAMAGE:
            return self._keys_held(kind, id)

    def _keys_held(self, kind: Kind, id: Any) -> frozenset[Any]:
        """The keys of a record whose contact points cannot be read, as they stand in the table."""
        rows = self.tx.rows(
            "SELECT kind, point, form FROM crm_match WHERE portal = ? AND kind = ? AND id = ? AND held",
            (self.tx.portal, BINDING_CODES[kind], id),
        )
        return frozenset((kind, point, form) for kind, point, form in rows)

    # Outcomes

    def _outcomes(self) -> None:
        """Record the outcomes of leads; `None` removes a mark and nothing else."""
        epoch, known = self.changes.expects.epoch, self.standing.outcomes
        counts: dict[LeadOutcome, int] = {}
        gone, new = [], []
        for id, outcome in self.changes.outcomes.items():
            if id in known and (outcome is not None or known[id][0] == OutcomeKind.SET_ASIDE.value):
                before = load_outcome_row(known[id])
                counts[before] = counts.get(before, 0) - 1
                gone.append((self.tx.portal, epoch, id))
            if outcome is not None:
                counts[outcome] = counts.get(outcome, 0) + 1
                new.append((epoch, id, outcome.kind.value, *outcome[1:]))
        self.tx.run_many("DELETE FROM crm_outcome WHERE portal = ? AND epoch = ? AND lead = ?", gone)
        insert_rows(self.tx, Kind.OUTCOME, new)
        add_to_tally(self.tx, epoch, counts)


def _pairs(refs: Iterable[Ref]) -> set[Pair]:
    return {(BINDING_CODES[ref.kind], int(ref.id)) for ref in refs}


def add_to_tally(tx: Transaction, epoch: Epoch, counts: Mapping[LeadOutcome, int]) -> None:
    """Add to the numbers of a switch; last of all, since others may wait for the row."""
    slot = tx.dialect.slot(tx.driver)
    rows = sorted((tx.portal, epoch, slot, dump_outcome(outcome), n) for outcome, n in counts.items() if n)
    tx.run_many(
        insert("crm_tally", ("portal", "epoch", "slot", "outcome", "number"))
        + " ON CONFLICT (portal, epoch, slot, outcome) DO UPDATE SET number = crm_tally.number + excluded.number",
        rows,
    )


def write_events(tx: Transaction, events: Sequence[Event]) -> None:
    """What happened in a step, in the order in which it is told."""
    if events:
        tx.dialect.insert_events(tx, [event_row(event) for event in events])


def keep_ids_above(tx: Transaction, written: Mapping[Kind, Mapping[Any, Any]]) -> None:
    """Never hand out an id that was written; those that were handed out are below already."""
    highest = {kind.value: max(records) for kind, records in written.items() if records}
    if highest:
        rows = tx.rows("SELECT kind, last FROM crm_counter WHERE portal = ?", (tx.portal,))
        raised = sorted(
            (highest[kind], tx.portal, kind, highest[kind]) for kind, last in rows if highest.get(kind, 0) > last
        )
        tx.moved_counters = tx.moved_counters or bool(raised)
        tx.run_many("UPDATE crm_counter SET last = ? WHERE portal = ? AND kind = ? AND last < ?", raised)
