"""Stores for tests, in the places that `conftest` makes: a SQLite file, or a schema of a PostgreSQL server."""

from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import ClientCursor
from sqlalchemy import Engine, event, inspect, make_url
from sqlalchemy.engine.base import OptionEngine

from crmcore.adapters.sql.commits.image import load_portal
from crmcore.adapters.sql.connection.dialects import Postgres
from crmcore.adapters.sql.connection.engines import dialect_of, engine_for
from crmcore.adapters.sql.connection.revisions import VERSION_TABLE
from crmcore.adapters.sql.database.upgrade import upgrade
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from tests.ready import lay_made
from tests.sql.schemas import driver_of, note_made, owned, taken

__all__ = [
    "Portals",
    "lay_tables",
    "make_schema",
    "new_postgres_store",
    "new_sqlite_store",
    "opened_again",
    "store_in",
]

#: A name of its own for each process, which is found in no statement by chance.
_TEMPLATE = f"template_{uuid4().hex}"


class _Shared(OptionEngine):
    """An engine of many stores: when one of them is closed, its connections stay for the next."""

    def dispose(self, close: bool = True) -> None:
        """Do nothing."""


class Portals:
    """Makes stores by the dozen: each is a new portal of one database."""

    def __init__(self, url: str, schema: str | None = None) -> None:
        lay_tables(url, schema)
        self.make_engine = partial(engine_for, url, schema)
        self._engine = self.make_engine()
        self._shared = _Shared(self._engine, {})
        self._tables = [each for each in inspect(self._engine).get_table_names() if each != VERSION_TABLE]
        self._numbers = count(1)

    def store(self, image: CrmImage) -> SqlStore:
        """A store with these records, over the one engine."""
        return SqlStore(lambda: self._shared, self._portal(image))

    def store_apart(self, image: CrmImage) -> SqlStore:
        """A store with these records, over an engine of its own."""
        return SqlStore(self.make_engine, self._portal(image))

    def _portal(self, image: CrmImage) -> int:
        return _load(self._engine, f"portal {next(self._numbers)}", image)

    def empty(self) -> None:
        """Take every row out of the tables of a PostgreSQL server: new tables would take far longer."""
        emptied = "; ".join(f'DELETE FROM "{table}"' for table in self._tables)
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {emptied}")

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def store_in(url: str, image: CrmImage, *, schema: str | None = None, name: str = "main") -> SqlStore:
    """A store with these records as a new portal of a database, whose tables are made where there are none."""
    lay_tables(url, schema)
    return _store(url, image, schema, name)


def _store(url: str, image: CrmImage, schema: str | None = None, name: str = "main") -> SqlStore:
    make_engine = partial(engine_for, url, schema)
    if not url.startswith("sqlite:"):
        with owned(url, schema) as connection:
            return SqlStore(make_engine, load_portal(connection, Postgres(), name, image))
    store = SqlStore(make_engine, 0)
    store.portal_id = _load(store.engine(), name, image)
    return store


def _load(engine: Engine, name: str, image: CrmImage) -> int:
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if engine.dialect.name == "sqlite":
            driver.execute("BEGIN IMMEDIATE")
        portal = load_portal(connection, dialect_of(engine), name, image)
        driver.commit()
    return portal


def lay_tables(url: str, schema: str | None = None) -> None:
    """Upgrade a database; where nothing is yet, the tables come from a copy or a script, which takes far less."""
    path = Path(make_url(url).database or "")
    if url.startswith("sqlite:") and not (path.exists() and path.stat().st_size):
        lay_made(path, upgrade)
    elif url.startswith("sqlite:") or schema is None or not _built(url, schema):
        upgrade(url, schema)


def new_sqlite_store(path: Path, image: CrmImage) -> SqlStore:
    """A store in a new file."""
    return store_in(f"sqlite:///{path}", image)


def make_schema(url: str, schema: str) -> None:
    """An empty schema on a PostgreSQL server."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"'.encode())


@cache
def _new_tables(url: str) -> str:
    """What the migrations change in a new schema, as one script; the schema is called `_TEMPLATE` there."""
    changes: list[str] = []
    with psycopg.connect(url) as connection, ClientCursor(connection) as cursor:

        def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if not statement.lstrip().upper().startswith(("SELECT", "SHOW", "SET ")):
                changes.append(cursor.mogrify(statement, parameters))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            upgrade(url, _TEMPLATE)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        connection.execute(f'DROP SCHEMA "{_TEMPLATE}" CASCADE'.encode())
    return ";\n".join(changes)


def new_postgres_store(url: str, schema: str, image: CrmImage) -> SqlStore:
    """A store in a new schema."""
    assert _built(url, schema)
    return _store(url, image, schema)


def _built(url: str, schema: str) -> bool:
    """Make the tables in a schema that has none, or say that there are some."""
    with owned(url, schema) as connection:
        asked = "SELECT to_regclass(%s), to_regnamespace(%s)"
        found, there = connection.exec_driver_sql(asked, (f'"{schema}".{VERSION_TABLE}', schema)).one()
        if found is not None:
            return False
        if there is None and taken(url, connection, schema):
            return True
        script = _new_tables(url).replace(_TEMPLATE, schema)
        driver_of(connection).execute(script.encode())
        note_made(url, connection, schema)
    return True


def opened_again(store: SqlStore) -> SqlStore:
    """The store as another process finds it, after this one is gone."""
    store.close()
    return SqlStore(store.make_engine, store.portal_id)
