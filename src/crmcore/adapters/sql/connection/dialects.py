"""How SQLite and PostgreSQL differ, in one place: everything else is written once.

Statements have `?` for a value and go straight to the driver. Any number of keys is passed as one value:
a JSON list with `json_each` on SQLite, where a plain join may scan (CROSS JOIN fixes the order), or an array, whose
keys are looked up one by one within one statement.

A write on SQLite begins with BEGIN IMMEDIATE, since the driver's own mode lets two writers read first. On PostgreSQL
it takes the advisory lock of its portal before anything is read: shared, or exclusive as docs/design.md says
("How writers take turns").

lines: two small classes with the same methods, to be read side by side.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from crmcore.adapters.sql.rows.texts import dump

__all__ = ["PATIENCE", "Dialect", "Postgres", "Sqlite"]

#: How long a writer waits for another one, in seconds, before the step is tried again.
PATIENCE = 5.0
_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_MATCH_KEYS = "unnest(?::smallint[], ?::text[], ?::text[]) AS k(kind, point, key)"
_SAME_KEY = "t.kind = k.kind AND t.point = k.point AND t.{column} = k.key"
#: How many values one statement of SQLite carries; it takes up to 32,766, and keeps what it took.
_VALUES = 1_000


class Dialect:
    """How one database is spoken to."""

    name: str
    #: Whether nobody else writes to the database while a write runs.
    one_writer = False

    def text(self, statement: str) -> str:
        """A statement in the driver's own way of writing."""
        return statement

    def keys(self, ids: Iterable[Any]) -> Any:
        """Any number of numbers or texts as one value."""
        raise NotImplementedError

    def among(self, columns: str, table: str, column: str, kind: type = int, *, more: str = "") -> str:
        """The rows of one CRM (`t`) whose column is among the keys; the values are keys and portal, in this order.

        `more` is further conditions, and a lock, which is taken in the order of the keys.
        """
        raise NotImplementedError

    def bound(self, columns: str, *, joined: bool) -> str:
        """The bindings (`t`), with their activities (`a`) if joined, of records; values are ids, portal and kind."""
        raise NotImplementedError

    def excluded(self, column: str, ids: Sequence[int]) -> tuple[str, Any]:
        """The condition that a column is none of these, with its value."""
        raise NotImplementedError

    def matching(self, columns: str) -> str:
        """The rows of `crm_match` (`t`) with one of these keys; values as `matching_values` makes them."""
        raise NotImplementedError

    def matching_values(self, keys: Sequence[tuple[int, str, str]], portal: int) -> tuple[Any, ...]:
        """The values for `matching`."""
        raise NotImplementedError

    def by(self, index: str) -> str:
        """Names the index that a table is read by, where the database would not find it itself."""
        return ""

    def begin_read(self, cursor: Any) -> None:
        """Begin to read at one point in time."""
        raise NotImplementedError

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """Begin to write, in turn with other writers."""
        raise NotImplementedError

    def begin_reserve(self, cursor: Any) -> None:
        """Begin to hand out ids: a power failure loses only unused ids, since later commits follow."""
        raise NotImplementedError

    def claim_keys(self, tx: Any, keys: Sequence[tuple[int, str, str]]) -> None:
        """Block every other commit that looked up one of these match keys, until this transaction ends."""

    def insert_bindings(self, tx: Any, rows: Sequence[tuple[int, ...]]) -> None:
        """New rows of `crm_binding`; one that is there already stays."""
        tx.run_many(
            "INSERT INTO crm_binding (portal, activity, kind, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows
        )

    def write_match(self, tx: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of `crm_match`: new ones, and by how much the version of one that is there moves."""
        tx.run_many(
            "INSERT INTO crm_match (portal, kind, point, form, id, version, held) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (portal, kind, point, form, id)"
            " DO UPDATE SET version = crm_match.version + excluded.version, held = excluded.held",
            rows,
        )

    def insert_new(self, tx: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Many rows that nobody has put there; one that is there is an error."""
        raise NotImplementedError

    def insert_events(self, tx: Any, rows: Sequence[tuple[str, str]]) -> None:
        """New rows of `crm_event`, with ids in their order; writers do not wait for each other's."""
        raise NotImplementedError

    def convert_leads(self, tx: Any, rows: Sequence[tuple[Any, ...]]) -> int:
        """Leads converted where they stand in the version given: how many.

        Each row is stage, contact, company, deal, portal, id and version.
        """
        raise NotImplementedError

    def one_of(self, column: str) -> str:
        """The condition that a column is one of the keys."""
        raise NotImplementedError

    #: Locks rows that are going to be written.
    for_update = ""
    #: Keeps rows as they are until the commit.
    for_share = ""

    def slot(self, connection: Any) -> int:
        """Which of the rows of a tally this connection adds to."""
        return 0

    # In the transaction of a host

    def plain(self, cursor: Any) -> None:
        """Make rows tuples, whatever the host has set on its connection."""
        cursor.row_factory = None

    def place(self, tx: Any) -> tuple[Any, ...]:
        """What two connections have in common if and only if they have the same tables."""
        raise NotImplementedError

    def join(self, tx: Any, savepoint: str, place: tuple[Any, ...], *, reads: bool = False) -> Mapping[str, str]:
        """Set a savepoint, and what the statements rely on; the settings that the host had."""
        raise NotImplementedError

    def leave(self, cursor: Any, savepoint: str, *, reads: bool = False) -> None:
        """Undo everything since the savepoint, settings included."""
        cursor.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
        cursor.execute(f"RELEASE SAVEPOINT {savepoint}")

    def settings(self, values: Mapping[str, str]) -> str:
        """The statement, with a semicolon, that sets these until the transaction ends; empty for none."""
        return ""

    def unfit(self, tx: Any) -> str | None:
        """Why the transaction is none that a step can be written in, `None` where it serves."""
        raise NotImplementedError

    def lock(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """Wait for the turn to write."""


class Sqlite(Dialect):
    """SQLite through the standard library's driver."""

    name = "sqlite"
    one_writer = True

    def keys(self, ids: Iterable[Any]) -> str:
        """A JSON list."""
        return dump(list(ids))

    def among(self, columns: str, table: str, column: str, kind: type = int, *, more: str = "") -> str:
        """See `Dialect.among`."""
        return (
            f"SELECT {columns} FROM json_each(?) AS k CROSS JOIN {table} AS t"
            f" WHERE t.portal = ? AND t.{column} = k.value{more}"
        )

    def bound(self, columns: str, *, joined: bool) -> str:
        """See `Dialect.bound`."""
        joins = " CROSS JOIN crm_activity AS a ON a.portal = t.portal AND a.id = t.activity" if joined else ""
        return (
            f"SELECT {columns} FROM json_each(?) AS k CROSS JOIN crm_binding AS t{joins}"
            " WHERE t.portal = ? AND t.kind = ? AND t.id = k.value"
        )

    def insert_new(self, tx: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Many rows a statement: half the time of a statement for each."""
        for batch in _batches(rows):
            tx.cursor.execute(_insert_of(table, tuple(columns), len(batch)), list(chain.from_iterable(batch)))

    def insert_events(self, tx: Any, rows: Sequence[tuple[str, str]]) -> None:
        """Numbered by a counter, since there is one writer; no number comes again once old events are deleted."""
        counter = "INSERT INTO crm_counter (portal, kind, last) VALUES (?, 'event', ?)"
        moved = "ON CONFLICT (portal, kind) DO UPDATE SET last = last + excluded.last RETURNING last"
        last = tx.rows(f"{counter} {moved}", (tx.portal, len(rows)))[0][0]
        numbered = [(tx.portal, id, 0, *row) for id, row in enumerate(rows, last - len(rows) + 1)]
        self.insert_new(tx, "crm_event", ("portal", "id", "step", "name", "body"), numbered)

    def convert_leads(self, tx: Any, rows: Sequence[tuple[Any, ...]]) -> int:
        """Many rows a statement."""
        done = 0
        for batch in _batches(rows):
            tx.cursor.execute(_conversion_of(len(batch)), list(chain.from_iterable(batch)))
            done += tx.cursor.rowcount
        return done

    def one_of(self, column: str) -> str:
        """See `Dialect.one_of`."""
        return f"{column} IN (SELECT value FROM json_each(?))"

    def excluded(self, column: str, ids: Sequence[int]) -> tuple[str, Any]:
        """See `Dialect.excluded`."""
        return f"{column} NOT IN (SELECT value FROM json_each(?))", self.keys(ids)

    def matching(self, columns: str) -> str:
        """See `Dialect.matching`."""
        return (
            f"SELECT {columns} FROM json_each(?) AS k CROSS JOIN crm_match AS t WHERE t.portal = ?"
            " AND t.kind = json_extract(k.value, '$[0]') AND t.point = json_extract(k.value, '$[1]')"
            " AND t.form = json_extract(k.value, '$[2]')"
        )

    def matching_values(self, keys: Sequence[tuple[int, str, str]], portal: int) -> tuple[Any, ...]:
        """See `Dialect.matching_values`."""
        return (dump(list(keys)), portal)

    def by(self, index: str) -> str:
        """See `Dialect.by`: of an index on a part of a table it does not know how small that part is."""
        return f" INDEXED BY {index}"

    def begin_read(self, cursor: Any) -> None:
        """A transaction that writes nothing sees one state."""
        cursor.execute("BEGIN")

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """The one writer, from the first moment on; it waits for the disk, whatever handed ids out here before."""
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("BEGIN IMMEDIATE")

    def begin_reserve(self, cursor: Any) -> None:
        """Without waiting for the disk."""
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("BEGIN IMMEDIATE")

    def place(self, tx: Any) -> tuple[Any, ...]:
        """The file, as SQLite names it: whole, and the same however it was opened."""
        return tuple(path for _, name, path in tx.rows("PRAGMA database_list", ()) if name == "main")

    def join(self, tx: Any, savepoint: str, place: tuple[Any, ...], *, reads: bool = False) -> Mapping[str, str]:
        """A read that fails harms nobody here, and needs no savepoint."""
        if not reads:
            tx.cursor.execute(f"SAVEPOINT {savepoint}")
        return {}

    def leave(self, cursor: Any, savepoint: str, *, reads: bool = False) -> None:
        """See `Dialect.leave`."""
        if not reads:
            super().leave(cursor, savepoint)

    def unfit(self, tx: Any) -> str | None:
        """A setting of the connection, which cannot be changed inside a transaction, and whether it is the writer.

        The update touches no row and needs the lock, which nobody gets who has read before another wrote.
        """
        tx.cursor.execute("UPDATE crm_portal SET id = id WHERE 0")
        if tx.rows("PRAGMA foreign_keys", ())[0][0]:
            return None
        return "it checks no links between tables; run PRAGMA foreign_keys=ON on each new connection"


class Postgres(Dialect):
    """PostgreSQL through psycopg 3."""

    name = "postgresql"
    for_update = " FOR NO KEY UPDATE OF t"
    for_share = " FOR SHARE OF t"

    def text(self, statement: str) -> str:
        """With the placeholders of psycopg."""
        return _with_percent(statement)

    def keys(self, ids: Iterable[Any]) -> list[Any]:
        """An array."""
        return list(ids)

    def among(self, columns: str, table: str, column: str, kind: type = int, *, more: str = "") -> str:
        """See `Dialect.among`."""
        array = "bigint[]" if kind is int else "text[]"
        return _for_each(
            f"unnest(?::{array}) AS k(key)",
            f"SELECT {columns} FROM {table} AS t WHERE t.portal = ? AND t.{column} = k.key{more}",
        )

    def bound(self, columns: str, *, joined: bool) -> str:
        """See `Dialect.bound`."""
        bindings = "crm_binding AS t"
        if joined:
            activity = "SELECT o.* FROM crm_activity AS o WHERE o.portal = t.portal AND o.id = t.activity"
            bindings += f" CROSS JOIN LATERAL ({activity} OFFSET 0) AS a"
        return _for_each(
            "unnest(?::bigint[]) AS k(key)",
            f"SELECT {columns} FROM {bindings} WHERE t.portal = ? AND t.kind = ? AND t.id = k.key",
        )

    def insert_new(self, tx: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """By COPY."""
        if rows:
            with tx.cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    def insert_events(self, tx: Any, rows: Sequence[tuple[str, str]]) -> None:
        """Numbered by a sequence, which nobody waits for."""
        names, bodies = zip(*rows, strict=True)
        tx.run(
            "INSERT INTO crm_event (portal, id, step, name, body)"
            " SELECT ?, nextval('crm_event_id'), pg_current_xact_id()::text::bigint, e.name, e.body"
            " FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS e(name, body, place) ORDER BY e.place",
            (tx.portal, list(names), list(bodies)),
        )

    def convert_leads(self, tx: Any, rows: Sequence[tuple[Any, ...]]) -> int:
        """By arrays; the range keeps the server from looking at every active lead."""
        stages, contacts, companies, deals, _, ids, versions = zip(*rows, strict=True)
        return int(
            tx.run(
                "UPDATE crm_lead AS t SET semantics = 'S', stage = k.stage, contact_id = k.contact,"
                " company_id = k.company, deal_id = k.deal, version = t.version + 1"
                " FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])"
                " AS k(stage, contact, company, deal, id, version)"
                " WHERE t.portal = ? AND t.id BETWEEN ? AND ? AND t.id = k.id AND t.version = k.version"
                " AND t.semantics = 'P'",
                (
                    *map(list, (stages, contacts, companies, deals, ids, versions)),
                    tx.portal,
                    min(ids),
                    max(ids),
                ),
            )
        )

    def one_of(self, column: str) -> str:
        """See `Dialect.one_of`."""
        return f"{column} = ANY(?::bigint[])"

    def excluded(self, column: str, ids: Sequence[int]) -> tuple[str, Any]:
        """See `Dialect.excluded`."""
        return f"{column} <> ALL(?::bigint[])", self.keys(ids)

    def matching(self, columns: str) -> str:
        """See `Dialect.matching`."""
        return _for_each(
            _MATCH_KEYS,
            f"SELECT {columns} FROM crm_match AS t WHERE t.portal = ? AND {_SAME_KEY.format(column='form')}",
        )

    def matching_values(self, keys: Sequence[tuple[int, str, str]], portal: int) -> tuple[Any, ...]:
        """See `Dialect.matching_values`."""
        return ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys], portal)

    def claim_keys(self, tx: Any, keys: Sequence[tuple[int, str, str]]) -> None:
        """See `Dialect.claim_keys`."""
        columns = [[key[at] for key in keys] for at in range(3)]
        tx.run(
            f"INSERT INTO crm_match_key (portal, kind, point, key) SELECT ?, k.kind, k.point, k.key FROM {_MATCH_KEYS}"
            " ON CONFLICT DO NOTHING",
            (tx.portal, *columns),
        )
        tx.rows(
            _for_each(
                _MATCH_KEYS,
                f"SELECT 1 FROM crm_match_key AS t WHERE t.portal = ? AND {_SAME_KEY.format(column='key')}"
                " FOR UPDATE OF t",
            ),
            (*columns, tx.portal),
        )

    def begin_read(self, cursor: Any) -> None:
        """All statements see the state of the first."""
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan = off")

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """In turn with a change of the mode; query plans use indexes from an empty CRM to a full one.

        Whatever the server's default, each statement sees what was committed before it: after the wait for the lock.
        The lock goes by the table, since a schema may be found under several search paths.
        """
        cursor.execute(f"{_READ_COMMITTED}; SET LOCAL enable_seqscan = off; {_turn(portal, exclusive)}")

    def begin_reserve(self, cursor: Any) -> None:
        """Without waiting for the disk."""
        cursor.execute(
            f"{_READ_COMMITTED}; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = {int(PATIENCE * 1000)}"
        )

    def slot(self, connection: Any) -> int:
        """By the server's process, so that workers seldom wait for each other."""
        return int(connection.info.backend_pid) % 32

    def plain(self, cursor: Any) -> None:
        """See `Dialect.plain`."""
        cursor.row_factory = _tuple_row()

    def place(self, tx: Any) -> tuple[Any, ...]:
        """Where names are looked up, the server since its start, the database and the table."""
        found = tx.rows(
            "SELECT current_setting('search_path'), pg_postmaster_start_time()::text, current_database()::text,"
            " 'crm_portal'::regclass::oid::bigint",
            (),
        )
        return tuple(found[0])

    def join(self, tx: Any, savepoint: str, place: tuple[Any, ...], *, reads: bool = False) -> Mapping[str, str]:
        """In the schema of the store, with query plans that use indexes."""
        names = ("search_path", "enable_seqscan", "lock_timeout")
        tx.cursor.execute(
            f"SAVEPOINT {savepoint}; SELECT {', '.join(f'current_setting({_literal(name)})' for name in names)};"
            f" {self.settings({'search_path': place[0], 'enable_seqscan': 'off'})}"
        )
        tx.cursor.nextset()
        return dict(zip(names, tx.cursor.fetchone(), strict=True))

    def settings(self, values: Mapping[str, str]) -> str:
        """See `Dialect.settings`."""
        calls = [f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in values.items()]
        return f"SELECT {', '.join(calls)}; "

    def unfit(self, tx: Any) -> str | None:
        """Its isolation level, or that it is read-only."""
        settings = "current_setting('transaction_isolation'), current_setting('transaction_read_only')"
        isolation, read_only = tx.rows(f"SELECT {settings}", ())[0]
        if isolation != "read committed":
            return f"it is {isolation.upper()}; begin it as READ COMMITTED"
        return "it is READ ONLY; begin it as READ WRITE" if read_only == "on" else None

    def lock(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """As every write begins."""
        cursor.execute(_turn(portal, exclusive))


def _turn(portal: int, exclusive: bool) -> str:
    """Wait for the portal, and not for ever; then for every row in the same way."""
    lock = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    return (
        f"SET LOCAL lock_timeout = {int(PATIENCE * 1000)};"
        f" SELECT {lock}('crm_portal'::regclass::oid::int, {int(portal)})"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@cache
def _tuple_row() -> Any:
    from psycopg.rows import tuple_row

    return tuple_row


def _batches(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows in portions that one statement of SQLite carries."""
    size = _VALUES // len(rows[0]) if rows else 1
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _for_each(keys: str, query: str) -> str:
    """A query for each key, by the index that fits; what OFFSET fences in is not turned into a join of whole tables.

    A server without statistics for a table estimates one row for every condition on a portal, and would read all of it.
    """
    return f"SELECT r.* FROM {keys} CROSS JOIN LATERAL ({query} OFFSET 0) AS r"


@cache
def _insert_of(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


@cache
def _conversion_of(rows: int) -> str:
    return (
        "UPDATE crm_lead SET semantics = 'S', stage = k.column1, contact_id = k.column2, company_id = k.column3,"
        f" deal_id = k.column4, version = version + 1 FROM (VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?)'] * rows)}) AS k"
        " WHERE crm_lead.portal = k.column5 AND crm_lead.id = k.column6 AND crm_lead.version = k.column7"
        " AND crm_lead.semantics = 'P'"
    )


@cache
def _with_percent(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")
