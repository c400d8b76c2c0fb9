"""A PostgreSQL database holds the contract of the store port."""

from itertools import count

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.testing.contracts import StoreContract
from tests.sql.conftest import Database
from tests.sql.hooks import SqlHooks
from tests.sql.servers import new_postgres_store, store_in


class TestPostgresStore(SqlHooks, StoreContract):
    """Many CRMs side by side on a server."""

    @pytest.fixture(autouse=True)
    def _place(self, postgres: Database) -> None:
        self.place = postgres
        self.numbers = count(1)

    def make_store(self, seed: CrmImage) -> SqlStore:
        number, schema = next(self.numbers), str(self.place.schema)
        if number == 1:
            return new_postgres_store(self.place.url, schema, seed)
        return store_in(self.place.url, seed, schema=schema, name=f"portal {number}")
