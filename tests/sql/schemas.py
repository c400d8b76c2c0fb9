"""Schemas of a PostgreSQL server that one test after the other has: to make tables and drop them takes far longer."""

from collections import defaultdict
from typing import Any, LiteralString, NamedTuple

import psycopg

from crmcore.adapters.sql.connection.revisions import VERSION_TABLE

__all__ = ["give_back", "note_made", "taken"]

#: A schema with more in its files is dropped: what was deleted stays in them, and some tests count what is looked at.
_LARGEST = 1_000_000

_SIZE: LiteralString = (
    "SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class WHERE relnamespace = %s::regnamespace"
)
#: Everything about the tables of a schema that a test may have changed, but for the rows.
_SHAPE: LiteralString = """
WITH own AS (SELECT * FROM pg_class WHERE relnamespace = %(schema)s::regnamespace),
lines AS (
    SELECT concat_ws(' ', relname, relkind, relowner, relacl, reloptions, relchecks, relrowsecurity) AS line FROM own
    UNION ALL SELECT concat_ws(' ', relname, attname, atttypid, attnotnull, atthasdef, attacl, attcollation)
        FROM pg_attribute JOIN own ON own.oid = attrelid
    UNION ALL SELECT concat_ws(' ', relname, conname, contype, convalidated, consrc.text)
        FROM pg_constraint c JOIN own ON own.oid = conrelid,
        LATERAL (SELECT pg_get_expr(c.conbin, c.conrelid) AS text) consrc
    UNION ALL SELECT concat_ws(' ', relname, tgname, tgenabled)
        FROM pg_trigger JOIN own ON own.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
    UNION ALL SELECT concat_ws(' ', nspowner, nspacl) FROM pg_namespace WHERE oid = %(schema)s::regnamespace
)
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM lines
"""


class _Server(NamedTuple):
    shapes: set[tuple[Any, ...]]
    free: list[str]


_servers: defaultdict[str, _Server] = defaultdict(lambda: _Server(set(), []))


def note_made(url: str, connection: psycopg.Connection[Any], schema: str) -> None:
    """Know what the tables are like that were just made."""
    _servers[url].shapes.add(_shape(connection, schema))


def taken(url: str, connection: psycopg.Connection[Any], schema: str) -> bool:
    """Whether one with empty tables is there now under this name, which no schema had."""
    if not (free := _servers[url].free):
        return False
    connection.execute(f'ALTER SCHEMA "{free.pop()}" RENAME TO "{schema}"'.encode())
    return True


def give_back(url: str, schema: str) -> None:
    """Empty a schema for another test if its tables are as they were made; drop any other."""
    with psycopg.connect(url, autocommit=True) as connection:
        (there,) = connection.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() or (None,)
        if there is None:
            return
        (size,) = connection.execute(_SIZE, (schema,)).fetchone() or (0,)
        if size > _LARGEST or _shape(connection, schema) not in _servers[url].shapes:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
            return
        own = "SELECT relname, relkind FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'S')"
        statements = [
            f'DELETE FROM "{schema}"."{name}"' if kind == "r" else f'ALTER SEQUENCE "{schema}"."{name}" RESTART'
            for name, kind in connection.execute(own, (schema,)).fetchall()
            if name != VERSION_TABLE
        ]
        connection.execute(f"SET session_replication_role = replica; {'; '.join(statements)}".encode())
        _servers[url].free.append(schema)


def _shape(connection: psycopg.Connection[Any], schema: str) -> tuple[Any, ...]:
    row = connection.execute(_SHAPE, {"schema": schema}).fetchone() or ()
    (versioned,) = connection.execute("SELECT to_regclass(%s)", (f'"{schema}".{VERSION_TABLE}',)).fetchone() or (None,)
    if versioned is None:
        return row
    return (*row, *connection.execute(f'SELECT * FROM "{schema}".{VERSION_TABLE}'.encode()).fetchall())
