"""Engines: SQLAlchemy manages the connections, with the settings that the store relies on.

SQLite keeps in memory which locks its process holds, and a forked child would believe that it holds those of its
parent. Then the last one to close deletes the write-ahead log under the other, and its commits are lost. So a process
that has opened a file closes its idle connections to files before it forks; no other thread may be in the middle of a
call then.
"""

import os
import sqlite3
from functools import cache
from typing import Any, ClassVar
from weakref import WeakSet

from attrs import frozen
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from crmcore.adapters.redaction import is_secret
from crmcore.adapters.sql.connection.addresses import located
from crmcore.adapters.sql.connection.dialects import PATIENCE, Dialect, Postgres, Sqlite
from crmcore.adapters.sql.connection.errors import ReplacedStore
from crmcore.domain.model.text import Discreet

__all__ = ["PATIENCE", "SETTINGS", "EngineAt", "dialect_of", "engine_for"]

#: What a connection to a file is set to, besides WAL; a page cache of more than these KiB made no switch faster.
SETTINGS = ("foreign_keys=ON", "synchronous=FULL", "cache_size=-1024", "wal_autocheckpoint=4000", "secure_delete=ON")

#: The engines of files, whose connections must not be open where a process forks.
_FILES: WeakSet[Engine] = WeakSet()


def _close_files() -> None:
    for engine in tuple(_FILES):
        engine.dispose()


@cache
def _watch_forks() -> None:
    """Make sure that files are closed before a fork; once for the process, since a hook can never be removed."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_close_files)


def dialect_of(engine: Engine) -> Dialect:
    """How the database of an engine is spoken to."""
    return Sqlite() if engine.dialect.name == "sqlite" else Postgres()


def engine_for(url: str | URL, schema: str | None = None, *, patience: float = PATIENCE) -> Engine:
    """An engine for the tables at a URL, with the settings that the store relies on.

    A SQLite file must exist: opening it creates nothing. `schema` is for PostgreSQL.
    """
    place = located(url)
    if place.get_backend_name() == "sqlite":
        return _sqlite_engine(place, patience)
    if place.drivername == "postgresql":
        place = place.set(drivername="postgresql+psycopg")
    # Not in the URL of the engine: the `repr` of SQLAlchemy's own objects hides the password of the login alone.
    secret = {name: value for name, value in place.query.items() if is_secret(name)}
    place = place.difference_update_query(secret)
    search = {"options": f"-csearch_path={_quoted(schema)}"} if schema else {}
    return create_engine(
        place,
        connect_args={**secret, **search},
        use_native_hstore=False,  # no table has one, and each new engine would ask the server for the type
        pool_size=8,
        max_overflow=56,
        pool_timeout=PATIENCE,
    )


@frozen(repr=False, eq=False)
class EngineAt(Discreet):
    """Makes the engine of a place, in this process and again after a fork."""

    _shown: ClassVar[tuple[str, ...]] = ("schema",)

    url: URL
    schema: str | None = None

    def __call__(self) -> Engine:
        """See `engine_for`."""
        return engine_for(self.url, self.schema)


def _quoted(schema: str) -> str:
    """A schema's name inside the `options` of a connection, where blanks and backslashes are escaped."""
    name = '"' + schema.replace('"', '""') + '"'
    return name.replace("\\", "\\\\").replace(" ", "\\ ")


def _sqlite_engine(place: URL, patience: float) -> Engine:
    path = str(place.database)
    opened = _identity(path)

    def check_file(*_: Any) -> None:
        if opened is not None and _identity(path) != opened:
            raise ReplacedStore(f"sqlite:///{path}")

    def connect() -> sqlite3.Connection:
        check_file()
        quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        return sqlite3.connect(
            f"file:{quoted}?mode=rw",
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
        for setting in SETTINGS:
            cursor.execute(f"PRAGMA {setting}")
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise
        cursor.close()

    event.listen(engine, "checkout", check_file)
    _watch_forks()
    _FILES.add(engine)
    return engine


def _identity(path: str) -> tuple[int, int] | None:
    """Which file a name stands for now; a connection goes on with the file that it has opened, whatever its name."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
