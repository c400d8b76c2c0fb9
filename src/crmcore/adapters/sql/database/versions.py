"""Reaching a database before a store works on it: what is there, and of which version."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from crmcore.adapters import missing_extra
from crmcore.adapters.redaction import redacted
from crmcore.adapters.sql.connection.addresses import check_schema, parsed
from crmcore.adapters.sql.connection.driver_errors import (
    Trouble,
    Unconnected,
    as_store_error,
    is_driver_error,
    trouble_of,
)
from crmcore.adapters.sql.connection.engines import PATIENCE, engine_for
from crmcore.adapters.sql.connection.errors import (
    ForbiddenStore,
    ForeignStore,
    MissingStore,
    UnfinishedStore,
    UnreachableStore,
)
from crmcore.adapters.sql.connection.reachability import connected, why_unconnected
from crmcore.adapters.sql.connection.revisions import REVISIONS, VERSION_TABLE, check_known
from crmcore.adapters.sql.rows.tables import metadata

__all__ = [
    "REVISIONS",
    "VERSION_TABLE",
    "begun",
    "check_free",
    "check_version",
    "take_turns",
    "version_of",
]

#: Two who make tables or portals take turns: the number of the lock on PostgreSQL.
_LOCK = 0x63726D

#: How every file of SQLite begins.
_MAGIC = b"SQLite format 3\0"


@contextmanager
def begun(url: str, schema: str | None = None, *, make: bool = False) -> Iterator[Connection]:
    """A connection within a transaction that is committed at the end; on SQLite it is the one writer.

    Nothing is changed by looking: the settings of a file stay as they are, and a missing one is made only if asked.
    Errors of the driver become the store's.
    """
    place = parsed(url)
    check_schema(place, schema)
    if place.get_backend_name() == "sqlite":
        engine = _file(place, make=make)
    else:
        try:
            engine = engine_for(place, schema)
        except ImportError as failed:
            raise missing_extra(failed, "postgres") from failed
    try:
        with connected(engine) as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE" if make else "BEGIN")
            yield connection
            connection.commit()
    except Exception as error:
        if not is_driver_error(error):
            raise
        if isinstance(error, Unconnected):
            raise why_unconnected(engine, redacted(url), error) from None
        if engine.dialect.name == "sqlite" and trouble_of(error) is Trouble.CORRUPT and not _is_sqlite(place):
            raise ForeignStore(redacted(url), "it cannot be read as a database") from None
        if trouble_of(error) is Trouble.FORBIDDEN:
            raise ForbiddenStore(redacted(url)) from None
        # What the driver says shows rows: it goes no further than here (DATA-2).
        raise as_store_error(error) from None
    finally:
        engine.dispose()


def _is_sqlite(place: URL) -> bool:
    """Whether a file begins as those of SQLite do; one that cannot be read all the same is damaged."""
    with Path(str(place.database)).open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _file(place: URL, *, make: bool) -> Engine:
    path = Path(str(place.database))
    name = f"sqlite:///{path}"
    if path.is_dir():
        raise ForeignStore(name, "it is a folder")
    if not make and not path.is_file():
        raise MissingStore(name)
    if not path.parent.is_dir():
        raise UnreachableStore(name, "its folder is not there")
    quoted = str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")

    def connect() -> sqlite3.Connection:
        mode = "rwc" if make else "rw"
        return sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def take_turns(connection: Connection) -> None:
    """Wait for whoever makes tables or portals in this database; on SQLite the transaction has waited already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def version_of(connection: Connection, schema: str | None = None) -> str | None:
    """The version of the tables, or nothing where there are none of ours."""
    if not inspect(connection).has_table(VERSION_TABLE, schema=schema):
        return None
    quote = connection.dialect.identifier_preparer.quote
    prefix = "" if schema is None else f"{quote(schema)}."
    found = connection.execute(text(f"SELECT version_num FROM {prefix}{VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def check_free(place: str, names: Iterable[str]) -> None:
    """Raise `UnfinishedStore` where, among the tables of a database without a version of ours, some are ours."""
    ours = sorted({*metadata.tables, VERSION_TABLE}.intersection(names))
    if ours:
        raise UnfinishedStore(place, ours[0])


def check_version(connection: Connection, place: str, schema: str | None = None) -> None:
    """Raise the error that says what to do, unless the tables are of this version."""
    # The names first: somebody may be making tables and version at this moment.
    names = inspect(connection).get_table_names(schema=schema)
    version = version_of(connection, schema)
    if version is None:
        check_free(place, names)
        if names:
            raise ForeignStore(
                place,
                f"it has tables, such as {names[0]!r}, and none of a CRM (`crmcore db upgrade` adds ours beside them)",
            )
        raise MissingStore(place)
    check_known(version, place)
