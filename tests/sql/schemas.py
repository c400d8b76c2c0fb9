"""Schemas of a PostgreSQL server that one test after the other has: to make tables and drop them takes far longer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, NamedTuple

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url

from crmcore.adapters.sql.connection.revisions import VERSION_TABLE

__all__ = ["driver_of", "forget", "give_back", "note_made", "owned", "taken"]

#: A schema with more in its files is dropped: what was deleted stays in them, and some tests count what is looked at.
_LARGEST = 1_000_000

_SIZE: LiteralString = (
    "SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class WHERE relnamespace = %s::regnamespace"
)
#: What tests have put beside the tables of crmcore.
_BESIDE: LiteralString = """
SELECT relname FROM pg_class
WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND NOT starts_with(relname, 'crm')
"""
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
    engine: Engine
    shapes: set[tuple[Any, ...]]
    free: list[str]


_servers: dict[str, _Server] = {}


def _server(url: str) -> _Server:
    if url not in _servers:
        place = make_url(url).set(drivername="postgresql+psycopg")
        # Some tests cut all connections.
        _servers[url] = _Server(create_engine(place, pool_size=1, pool_pre_ping=True), set(), [])
    return _servers[url]


@contextmanager
def owned(url: str, schema: str | None = None) -> Iterator[Connection]:
    """A transaction on the connection that this process keeps for its schemas: a new one takes longer than the work."""
    with _server(url).engine.begin() as connection:
        if schema:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
        yield connection


def forget(url: str) -> None:
    """Leave a server that no test needs any more."""
    if known := _servers.pop(url, None):
        known.engine.dispose()


def note_made(url: str, connection: Connection, schema: str) -> None:
    """Know what the tables are like that were just made."""
    _server(url).shapes.add(_shape(driver_of(connection), schema))


def taken(url: str, connection: Connection, schema: str) -> bool:
    """Whether one with empty tables is there now under this name, which no schema had."""
    if not (free := _server(url).free):
        return False
    connection.exec_driver_sql(f'ALTER SCHEMA "{free.pop()}" RENAME TO "{schema}"')
    return True


def give_back(url: str, schema: str) -> None:
    """Empty a schema for another test if its tables are as they were made; drop any other."""
    with owned(url) as connection:
        driver = driver_of(connection)
        (there,) = driver.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() or (None,)
        if there is None:
            return
        for (name,) in driver.execute(_BESIDE, (schema,)).fetchall():
            driver.execute(f'DROP TABLE "{schema}"."{name}" CASCADE'.encode())
        (size,) = driver.execute(_SIZE, (schema,)).fetchone() or (0,)
        if size > _LARGEST or _shape(driver, schema) not in _server(url).shapes:
            driver.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
            return
        own = "SELECT relname, relkind FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'S')"
        statements = [
            f'DELETE FROM "{schema}"."{name}"' if kind == "r" else f'SELECT setval(\'"{schema}"."{name}"\', 1, false)'
            for name, kind in driver.execute(own, (schema,)).fetchall()
            if name != VERSION_TABLE
        ]
        driver.execute(f"SET LOCAL session_replication_role = replica; {'; '.join(statements)}".encode())
    _server(url).free.append(schema)


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """What takes several statements at once, and parameters as psycopg writes them."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _shape(connection: psycopg.Connection[Any], schema: str) -> tuple[Any, ...]:
    row = connection.execute(_SHAPE, {"schema": schema}).fetchone() or ()
    (versioned,) = connection.execute("SELECT to_regclass(%s)", (f'"{schema}".{VERSION_TABLE}',)).fetchone() or (None,)
    if versioned is None:
        return row
    return (*row, *connection.execute(f'SELECT * FROM "{schema}".{VERSION_TABLE}'.encode()).fetchall())
