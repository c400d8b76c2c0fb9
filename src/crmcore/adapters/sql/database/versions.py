"""Opening a database before a store works on it: which tables it has, and of which version."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from crmcore.adapters import missing_extra
from crmcore.adapters.files import kind_of, status_of
from crmcore.adapters.redaction import redacted
from crmcore.adapters.sql.connection import errors
from crmcore.adapters.sql.connection.addresses import check_schema, parsed
from crmcore.adapters.sql.connection.driver_errors import (
    Trouble,
    Unconnected,
    as_store_error,
    is_driver_error,
    trouble_of,
)
from crmcore.adapters.sql.connection.engines import PATIENCE, engine_for
from crmcore.adapters.sql.connection.reachability import connected, why_unconnected
from crmcore.adapters.sql.connection.revisions import VERSION_TABLE, check_known
from crmcore.adapters.sql.rows.tables import metadata
from crmcore.domain.model.errors import raise_alone

__all__ = [
    "begun",
    "check_free",
    "check_version",
    "take_turns",
    "version_of",
]

#: The lock on PostgreSQL that those who create tables or portals take in turn.
_LOCK = 0x63726D

#: How every file of SQLite begins.
_MAGIC = b"SQLite format 3\0"


@contextmanager
def begun(url: str, schema: str | None = None, *, make: bool = False, keep: bool = False) -> Iterator[Connection]:
    """A connection in a transaction that is committed at the end; with `make` it is the only writer on SQLite.

    Opening changes nothing: the settings of a file stay unchanged, and a missing file is created only with `make`.
    With `keep` the engine of a server stays open for the caller, unless the block raises.
    Errors of the driver become errors of the store.
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
    kept = False
    try:
        with connected(engine) as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE" if make else "BEGIN")
            yield connection
            connection.commit()
        kept = keep and engine.dialect.name != "sqlite"
    except Exception as error:
        if not is_driver_error(error):
            raise
        if isinstance(error, Unconnected):
            raise_alone(why_unconnected(engine, redacted(url), error))
        if engine.dialect.name == "sqlite" and trouble_of(error) is Trouble.CORRUPT and not _is_sqlite(place):
            raise_alone(errors.ForeignStore(redacted(url), "it cannot be read as a database"))
        if trouble_of(error) is Trouble.FORBIDDEN:
            raise_alone(errors.ForbiddenStore(redacted(url)))
        # What the driver says shows rows: it goes no further than here (DATA-2).
        raise_alone(as_store_error(error))
    finally:
        if not kept:
            engine.dispose()


def _is_sqlite(place: URL) -> bool:
    """Whether a file begins like a SQLite file; if so and it still cannot be read, it is damaged."""
    with Path(str(place.database)).open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _file(place: URL, *, make: bool) -> Engine:
    path = Path(str(place.database))
    name = f"sqlite:///{path}"
    try:
        status = status_of(path)
    except OSError as error:
        raise_alone(errors.UnreachableStore(name, error.strerror or "there can be no such file"))
    kind = None if status is None else kind_of(status)
    if kind is not None:
        raise errors.ForeignStore(name, f"it is {kind}")
    if not make and status is None:
        raise errors.MissingStore(name)
    if not path.parent.is_dir():
        raise errors.UnreachableStore(name, "its folder does not exist")
    quoted = str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")

    def connect() -> sqlite3.Connection:
        mode = "rwc" if make else "rw"
        return sqlite3.connect(f"file:{quoted}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def take_turns(connection: Connection) -> None:
    """Wait for others that create tables or portals in this database; on SQLite the transaction has already waited."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def version_of(connection: Connection, schema: str | None = None) -> str | None:
    """The version of the tables, or `None` if the database has no tables of crmcore."""
    if not inspect(connection).has_table(VERSION_TABLE, schema=schema):
        return None
    quote = connection.dialect.identifier_preparer.quote
    prefix = "" if schema is None else f"{quote(schema)}."
    found = connection.execute(text(f"SELECT version_num FROM {prefix}{VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def check_free(place: str, names: Iterable[str]) -> None:
    """Raise `UnfinishedStore` if a database without our version has some of our tables."""
    ours = sorted({*metadata.tables, VERSION_TABLE}.intersection(names))
    if ours:
        raise errors.UnfinishedStore(place, ours[0])


def check_version(connection: Connection, place: str, schema: str | None = None) -> None:
    """Raise the error that says what to do, unless the tables are of this version."""
    names: list[str] = []
    version = version_of(connection, schema)
    if version is None:
        # The names first: somebody may be making tables and version at this moment.
        names = inspect(connection).get_table_names(schema=schema)
        version = version_of(connection, schema)
    if version is None:
        check_free(place, names)
        if names:
            raise errors.ForeignStore(
                place,
                f"it has tables, such as {names[0]!r}, but none of a CRM (`crmcore db upgrade`, in a program "
                "`upgrade`, adds ours beside them)",
            )
        raise errors.MissingStore(place)
    check_known(version, place)
