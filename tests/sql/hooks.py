"""What the contract looks at behind the port of a SQL store: a second handle, a dump, and a commit that is cut off."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import OperationalError
from sqlalchemy import event

from crmcore import LeadId, touch
from crmcore.adapters.sql.store import SqlStore

__all__ = ["SqlHooks"]


class SqlHooks:
    """The optional hooks of `StoreContract`."""

    def touch(self, store: Any, lead_id: LeadId) -> None:
        """As the page for hosts says."""
        touch(store, lead_id)

    def reopen(self, store: Any) -> SqlStore:
        """An engine and connections of its own."""
        assert isinstance(store, SqlStore)
        return SqlStore(store.make_engine, store.portal_id)

    def raw(self, store: Any) -> list[str]:
        """Every row of every table, as SQLite dumps it or PostgreSQL casts it to text."""
        assert isinstance(store, SqlStore)
        raw = store.engine().raw_connection()
        try:
            driver: Any = raw.driver_connection
            if isinstance(driver, sqlite3.Connection):
                return [*driver.iterdump()]
            found = driver.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
            return [str(row[0]) for (table,) in found for row in driver.execute(f'SELECT t::text FROM "{table}" t')]
        finally:
            raw.close()

    @contextmanager
    def interrupted(self, store: Any, n: int) -> Iterator[None]:
        """Commit `n` and all after it fail in the driver, on every connection of this store."""
        assert isinstance(store, SqlStore)
        engine, left, touched = store.engine(), n, list[Callable[[], None]]()

        def is_cut_off() -> bool:
            nonlocal left
            left -= 1
            return left <= 0

        def cut(driver: Any, *_: Any) -> None:
            touched.append(
                _cut_sqlite(driver, is_cut_off)
                if isinstance(driver, sqlite3.Connection)
                else _cut_postgres(driver, is_cut_off)
            )

        event.listen(engine, "checkout", cut)
        try:
            yield
        finally:
            event.remove(engine, "checkout", cut)
            for undo in touched:
                undo()


def _cut_sqlite(driver: sqlite3.Connection, is_cut_off: Callable[[], bool]) -> Callable[[], None]:
    """SQLite is asked for leave whenever it prepares a COMMIT."""

    def leave(action: int, name: str | None, *_: Any) -> int:
        commits = action == sqlite3.SQLITE_TRANSACTION and name == "COMMIT"
        return sqlite3.SQLITE_DENY if commits and is_cut_off() else sqlite3.SQLITE_OK

    driver.set_authorizer(leave)
    return lambda: driver.set_authorizer(None)


def _cut_postgres(driver: Any, is_cut_off: Callable[[], bool]) -> Callable[[], None]:
    """The connection is gone before the server hears of the commit."""

    def commit() -> None:
        if is_cut_off():
            driver.close()
            raise OperationalError("the connection was cut off")
        type(driver).commit(driver)

    driver.commit = commit
    return lambda: driver.__dict__.pop("commit", None)
