"""A PostgreSQL database holds the contract of the store port."""

from itertools import count
from typing import Any

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.contracts import StoreContract
from tests.sql.conftest import Database
from tests.sql.servers import new_postgres_store, opened_again, store_in


class TestPostgresStore(StoreContract):
    """Many CRMs side by side on a server."""

    survives_restart = True

    @pytest.fixture(autouse=True)
    def _place(self, postgres: Database) -> None:
        self.place = postgres
        self.numbers = count(1)

    def make_store(self, seed: CrmImage) -> Store:
        number, schema = next(self.numbers), str(self.place.schema)
        if number == 1:
            return new_postgres_store(self.place.url, schema, seed)
        return store_in(self.place.url, seed, schema=schema, name=f"portal {number}")

    def reopen(self, store: Any) -> Store:
        assert isinstance(store, SqlStore)
        return opened_again(store)
