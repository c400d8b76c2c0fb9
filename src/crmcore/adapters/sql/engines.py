"""Engines: SQLAlchemy lends the connections, with the settings that the store relies on."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from crmcore.adapters.sql.dialects import PATIENCE, Dialect, Postgres, Sqlite

__all__ = ["PATIENCE", "dialect_of", "engine_for"]


def dialect_of(engine: Engine) -> Dialect:
    """How the database of an engine is spoken to."""
    return Sqlite() if engine.dialect.name == "sqlite" else Postgres()


def engine_for(url: str | URL, schema: str | None = None, *, patience: float = PATIENCE) -> Engine:
    """An engine for the tables at a URL, with the settings that the store relies on.

    A file of SQLite must be there: nothing is made by opening it. `schema` is for PostgreSQL.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        return _sqlite_engine(place, patience)
    if place.drivername == "postgresql":
        place = place.set(drivername="postgresql+psycopg")
    options = {"options": f"-csearch_path={_quoted(schema)}"} if schema else {}
    return create_engine(place, connect_args=options, pool_size=8, max_overflow=56, pool_timeout=PATIENCE)


def _quoted(schema: str) -> str:
    """A schema's name inside the `options` of a connection, where blanks and backslashes are escaped."""
    name = '"' + schema.replace('"', '""') + '"'
    return name.replace("\\", "\\\\").replace(" ", "\\ ")


def _sqlite_engine(place: URL, patience: float) -> Engine:
    def connect() -> sqlite3.Connection:
        path = str(place.database).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        return sqlite3.connect(
            f"file:{path}?mode=rw",
            uri=True,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=56, pool_timeout=PATIENCE
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA wal_autocheckpoint=4000")
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise
        cursor.close()

    return engine
