"""A SQLite file holds the contract of the store port."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.contracts import StoreContract
from tests.sql.servers import new_sqlite_store, opened_again


class TestSqliteStore(StoreContract):
    """The embedded default that outlives its process."""

    survives_restart = True

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_store(self, seed: CrmImage) -> Store:
        return new_sqlite_store(self.folder / f"{uuid4().hex}.db", seed)

    def reopen(self, store: Any) -> Store:
        assert isinstance(store, SqlStore)
        return opened_again(store)
