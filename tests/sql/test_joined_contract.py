"""A store inside a host's transaction holds the contract of the store port; deep, since each test opens a database.

The suite runs whole switches too, so it is not told that the store is joined.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.contracts import StoreContract
from crmcore.testing.wrapped import WrappedStore
from tests.sql.conftest import Database
from tests.sql.hosts import host_engine
from tests.sql.servers import Portals, new_sqlite_store

DEEP = bool(os.environ.get("CRMCORE_DEEP"))


class _Joined(StoreContract):
    """All calls of a store are savepoints of one transaction, which is rolled back when the test is over."""

    supports_threads = False

    @pytest.fixture(autouse=True)
    def _opened(self) -> Iterator[None]:
        with ExitStack() as self.opened:
            yield

    def joined(self, store: SqlStore, database: Database) -> Store:
        """The store on a connection that stays open."""
        engine = host_engine(database)
        self.opened.callback(store.close)
        self.opened.callback(engine.dispose)
        return WrappedStore(store.on(self.opened.enter_context(engine.connect())))


if DEEP:

    class TestSqliteJoined(_Joined):
        """A file."""

        @pytest.fixture(autouse=True)
        def _folder(self, tmp_path: Path) -> None:
            self.folder = tmp_path

        def make_store(self, seed: CrmImage) -> Store:
            path = self.folder / f"{uuid4().hex}.db"
            return self.joined(new_sqlite_store(path, seed), Database("sqlite", f"sqlite:///{path}"))

    class TestPostgresJoined(_Joined):
        """A server."""

        @pytest.fixture(autouse=True)
        def _portals(self, postgres: Database) -> Iterator[None]:
            self.database = postgres
            self.portals = Portals(postgres.url, postgres.schema)
            yield
            self.opened.close()  # before the schema goes, which waits for what is open
            self.portals.close()

        def make_store(self, seed: CrmImage) -> Store:
            return self.joined(self.portals.store(seed), self.database)
