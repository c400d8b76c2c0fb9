"""A PostgreSQL database holds the contract of the store port."""

from itertools import count
from uuid import uuid4

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.testing.contracts import StoreContract
from tests.sql.conftest import Database
from tests.sql.hooks import SqlHooks
from tests.sql.servers import empty_schema, new_postgres_portal, new_postgres_store


@pytest.fixture(scope="module")
def tables(postgres_url: str) -> Database:
    """A schema with the tables of a store, for one test after the other."""
    schema = f"contract_{uuid4().hex}"
    new_postgres_store(postgres_url, schema, new_crm()).close()
    return Database("postgresql", postgres_url, schema)


class TestPostgresStore(SqlHooks, StoreContract):
    """Many CRMs side by side on a server."""

    @pytest.fixture(autouse=True)
    def _place(self, tables: Database) -> None:
        self.place = tables
        self.numbers = count(1)
        empty_schema(tables.url, str(tables.schema))

    def make_store(self, seed: CrmImage) -> SqlStore:
        name = f"portal {next(self.numbers)}"
        return new_postgres_portal(self.place.url, str(self.place.schema), seed, name)
