"""The parts of a staged import in tables of their own, and the one commit that makes records of them, set by set.

A staging has no index but its keys and links to nothing, so it costs less than the records that it becomes. The commit
runs alone in its portal: so no match key has to be claimed, and no row to be locked.

lines: what one part writes and what the commit reads of it stand side by side.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crmcore.adapters.sql.commits.write import write, write_events
from crmcore.adapters.sql.connection.statements import insert
from crmcore.adapters.sql.connection.transactions import PortalRow, Transaction
from crmcore.adapters.sql.reads.snapshot import ref_from
from crmcore.adapters.sql.rows import tables
from crmcore.adapters.sql.rows.match_keys import keys_of
from crmcore.adapters.sql.rows.records import COLUMNS, FROM_ROW, TABLES, TO_ROW, Row
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import MATCHED, RECORDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.events import Event

__all__ = ["add_part", "commit_parts", "count_of", "drop_parts", "notes_of", "staged_ids", "staged_records"]

#: What a part adds, in the order in which links lead from one to the other.
_ADDED = (Kind.COMPANY, Kind.CONTACT, Kind.LEAD, Kind.ACTIVITY)
_TABLES = {
    Kind.COMPANY: tables.staged_company,
    Kind.CONTACT: tables.staged_contact,
    Kind.LEAD: tables.staged_lead,
    Kind.ACTIVITY: tables.staged_activity,
}
_OTHERS = (tables.staged_binding, tables.staged_match, tables.staged_read, tables.staged_part, tables.staging)
_MATCH = tuple(column.name for column in tables.staged_match.columns if column.name not in ("portal", "staging"))
#: How many leads that change are written at a time.
_CHANGED = 500
#: How many records a conflict names.
_NAMED = 1_000
_HERE = "portal = ? AND staging = ?"


def notes_of(tx: Transaction, staging: int) -> tuple[str, ...]:
    """What was said of each part."""
    rows = tx.rows(f"SELECT note FROM crm_staged_part WHERE {_HERE} ORDER BY part", (tx.portal, staging))
    return tuple(row[0] for row in rows)


def count_of(tx: Transaction, staging: int) -> int:
    """How many parts there are."""
    return int(tx.rows(f"SELECT count(*) FROM crm_staged_part WHERE {_HERE}", (tx.portal, staging))[0][0])


def add_part(tx: Transaction, staging: int, number: int, part: Changes, note: str) -> None:
    """Write the rows of one part."""
    here = tx.portal, staging
    stages = part.expects.versions.get(Kind.STAGES, {}).get(0)
    tx.run(
        insert("crm_staged_part", [column.name for column in tables.staged_part.columns]),
        (*here, number, part.expects.epoch, stages, note),
    )
    for kind in _ADDED:
        records: Mapping[Any, Any] = getattr(part, RECORDS[kind])
        versions = part.expects.versions.get(kind, {})
        to_row = TO_ROW[kind]
        rows = [(*here, *to_row(record, versions.get(id, 0) + 1)) for id, record in records.items()]
        changed = [(*here, id) for id in records if versions.get(id)]
        tx.run_many(f"DELETE FROM {_TABLES[kind].name} WHERE {_HERE} AND id = ?", changed)
        _insert(tx, _TABLES[kind], rows)
        read = [(*here, kind.value, id, version) for id, version in versions.items() if version or id not in records]
        tx.run_many(
            insert("crm_staged_read", ("portal", "staging", "kind", "id", "version"))
            + " ON CONFLICT (portal, staging, kind, id)"
            # What was read in two versions is stale in one of them.
            " DO UPDATE SET version = -1 WHERE crm_staged_read.version <> excluded.version",
            read,
        )
    bindings = [(*here, id, BINDING_CODES[ref.kind], ref.id) for id, refs in part.bindings.items() for ref in refs]
    _insert(tx, tables.staged_binding, bindings)
    _insert(tx, tables.staged_match, [(*here, *row) for row in _match_rows(part)])


def _insert(tx: Transaction, table: Any, rows: Sequence[Row]) -> None:
    """Write the columns that have anything in these rows: most of a record are empty, and each value costs."""
    columns = zip((column.name for column in table.columns), zip(*rows, strict=True), strict=bool(rows))
    filled = {name: values for name, values in columns if values.count(None) < len(rows)}
    tx.dialect.insert_new(tx, table.name, tuple(filled), list(zip(*filled.values(), strict=True)))


def _match_rows(part: Changes) -> Iterator[Row]:
    """The keys of what is new; those of leads that change are written with them."""
    for kind in MATCHED:
        records: Mapping[Any, Any] = getattr(part, RECORDS[kind])
        versions = part.expects.versions.get(kind, {})
        for id, record in records.items():
            if not versions.get(id):
                moves = int(not isinstance(record, Lead) or record.is_active)
                for key in keys_of(kind, record.contact_points):
                    yield (*key, id, moves, True)


def staged_ids(tx: Transaction, staging: int, kind: Kind, ids: Iterable[int]) -> frozenset[int]:
    """Those of these ids that were staged."""
    among = tx.dialect.among("t.id", _TABLES[kind].name, "id", more=f" AND t.staging = {int(staging)}")
    return frozenset(row[0] for row in tx.rows(among, (tx.dialect.keys(ids), tx.portal)))


def staged_records(tx: Transaction, staging: int, kind: Kind, ids: Iterable[int]) -> dict[int, Any]:
    """The records among these ids that were staged."""
    more = f" AND t.staging = {int(staging)}"
    columns = ", ".join(f"t.{name}" for name in COLUMNS[kind])
    keys = tx.dialect.keys(ids)
    rows = tx.rows(tx.dialect.among(columns, _TABLES[kind].name, "id", more=more), (keys, tx.portal))
    # They were checked when they were staged, and are checked again whenever they are read as records.
    load = FROM_ROW[kind]
    found: dict[int, Any] = {row[0]: load(row) for row in rows}
    if kind is Kind.ACTIVITY and found:
        bound: dict[int, set[Ref]] = {id: set() for id in found}
        among = tx.dialect.among("t.activity, t.kind, t.id", "crm_staged_binding", "activity", more=more)
        for id, code, other in tx.rows(among, (tx.dialect.keys(found), tx.portal)):
            bound[id].add(ref_from(id, code, other))
        return {id: (activity, frozenset(bound[id])) for id, activity in found.items()}
    return found


def commit_parts(tx: Transaction, staging: int, events: Sequence[Event], confirm: Callable[[], bool] | None) -> None:
    """Check all parts, call `confirm`, and make records of them; the transaction is alone in its portal."""
    portal = tx.portal_row()
    stale = list(_stale(tx, staging, portal))
    if stale:
        raise Conflict(tuple(stale))
    if confirm is not None and not confirm():
        raise Conflict((Ref(Kind.RIGHTS, 0),))
    here = tx.portal, staging
    _moved_leads(tx, staging)
    for kind in _ADDED:
        columns = ", ".join(COLUMNS[kind])
        tx.run(
            f"INSERT INTO {TABLES[kind].name} (portal, {columns}) SELECT portal, {columns} FROM {_TABLES[kind].name}"
            f" WHERE {_HERE} AND version = 1 ORDER BY id",
            here,
        )
    _changed_leads(tx, staging, portal)
    tx.run(
        "INSERT INTO crm_binding (portal, activity, kind, id) SELECT portal, activity, kind, id"
        f" FROM crm_staged_binding WHERE {_HERE} ORDER BY activity, kind, id",
        here,
    )
    columns = ", ".join(_MATCH)
    tx.run(
        f"INSERT INTO crm_match (portal, {columns}) SELECT portal, {columns} FROM crm_staged_match WHERE {_HERE}"
        " ORDER BY kind, point, form, id",
        here,
    )
    _keep_ids_above(tx, staging)
    if portal.keeps_events:
        write_events(tx, events)
    drop_parts(tx, staging)


def _stale(tx: Transaction, staging: int, portal: PortalRow) -> Iterator[Ref]:
    """What moved on since a part was decided: the mode, the stages, what is there by now, and what was read."""
    here = tx.portal, staging
    for epoch, stages in tx.rows(f"SELECT DISTINCT epoch, stages_version FROM crm_staged_part WHERE {_HERE}", here):
        if epoch != portal.epoch:
            yield Ref(Kind.EPOCH, epoch)
        if stages not in (None, portal.stages_version):
            yield Ref(Kind.STAGES, 0)
    for kind in _ADDED:
        table = TABLES[kind].name
        taken = (
            f"SELECT s.id FROM {_TABLES[kind].name} AS s JOIN {table} AS t ON t.portal = s.portal AND t.id = s.id"
            f" WHERE s.portal = ? AND s.staging = ? AND s.version = 1 LIMIT {_NAMED}"
        )
        moved = (
            f"SELECT s.id FROM crm_staged_read AS s LEFT JOIN {table} AS t ON t.portal = s.portal AND t.id = s.id"
            " WHERE s.portal = ? AND s.staging = ? AND s.kind = ? AND s.version <> COALESCE(t.version, 0)"
            f" LIMIT {_NAMED}"
        )
        yield from (Ref(kind, row[0]) for row in tx.rows(taken, here))
        yield from (Ref(kind, row[0]) for row in tx.rows(moved, (*here, kind.value)))


def _moved_leads(tx: Transaction, staging: int) -> None:
    """Active leads that were there before and get an activity move with it (contract point 4)."""
    tx.run(
        "UPDATE crm_lead SET version = version + 1 WHERE portal = ? AND semantics = 'P' AND id IN"
        f" (SELECT id FROM crm_staged_binding WHERE {_HERE} AND kind = {BINDING_CODES[Kind.LEAD]})"
        f" AND id NOT IN (SELECT id FROM crm_staged_lead WHERE {_HERE})",
        (tx.portal, tx.portal, staging, tx.portal, staging),
    )


def _changed_leads(tx: Transaction, staging: int, portal: PortalRow) -> None:
    """Leads that were there and change, written as by any other commit, some at a time."""
    after = 0
    while True:
        rows = tx.rows(
            f"SELECT {', '.join(COLUMNS[Kind.LEAD])} FROM crm_staged_lead"
            f" WHERE {_HERE} AND version > 1 AND id > ? ORDER BY id LIMIT ?",
            (tx.portal, staging, after, _CHANGED),
        )
        if not rows:
            return
        after = rows[-1][0]
        expects = ReadSet(epoch=portal.epoch, versions={Kind.LEAD: {row[0]: row[1] - 1 for row in rows}})
        leads = {row[0]: FROM_ROW[Kind.LEAD](row) for row in rows}
        write(tx, Changes(expects=expects, leads=leads), None)


def _keep_ids_above(tx: Transaction, staging: int) -> None:
    for kind in _ADDED:
        tx.run(
            f"UPDATE crm_counter SET last = (SELECT max(id) FROM {_TABLES[kind].name} WHERE {_HERE})"
            " WHERE portal = ? AND kind = ?"
            f" AND last < (SELECT COALESCE(max(id), 0) FROM {_TABLES[kind].name} WHERE {_HERE})",
            (tx.portal, staging, tx.portal, kind.value, tx.portal, staging),
        )
    tx.moved_counters = True


def drop_parts(tx: Transaction, staging: int) -> None:
    """Take everything of a staging away; the only one of a file goes table by table, and not row by row."""
    is_only = tx.dialect.one_writer and tx.rows("SELECT count(*) FROM crm_staging", ())[0][0] == 1
    for table in (*_TABLES.values(), *_OTHERS):
        if is_only:
            tx.run(f"DELETE FROM {table.name}", ())
        else:
            tx.run(f"DELETE FROM {table.name} WHERE {_HERE}", (tx.portal, staging))
