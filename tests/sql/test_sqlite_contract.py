"""A SQLite file holds the contract of the store port."""

from pathlib import Path
from uuid import uuid4

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.testing.contracts import StoreContract
from tests.sql.hooks import SqlHooks
from tests.sql.servers import new_sqlite_store


class TestSqliteStore(SqlHooks, StoreContract):
    """The embedded default that outlives its process."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_store(self, seed: CrmImage) -> SqlStore:
        return new_sqlite_store(self.folder / f"{uuid4().hex}.db", seed)
