"""A PostgreSQL database holds the contract of the store port."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import CrmImage
from crmcore.testing.contracts import StoreContract
from tests.sql.hooks import SqlHooks
from tests.sql.servers import Portals


@pytest.fixture(scope="module")
def portals(postgres_url: str) -> Iterator[Portals]:
    """The tables of one schema, for one test after the other."""
    made = Portals(postgres_url, f"contract_{uuid4().hex}")
    yield made
    made.close()


class TestPostgresStore(SqlHooks, StoreContract):
    """Many CRMs side by side on a server."""

    @pytest.fixture(autouse=True)
    def _place(self, portals: Portals) -> None:
        portals.empty()
        self.portals = portals

    def reopen(self, store: SqlStore) -> SqlStore:
        """An engine and connections of its own."""
        return SqlStore(self.portals.make_engine, store.portal_id)

    def make_store(self, seed: CrmImage) -> SqlStore:
        return self.portals.store(seed)
