"""A page of a list looks at as many rows in a CRM with ten times the records, with every filter, wherever it begins.

What passes a filter lies behind all that does not (`tests/sparse.py`), so that a page which goes along another index
looks at up to a thousand rows more.
"""

import os
from typing import Any

import pytest
from sqlalchemy import event

from crmcore.adapters.sql import create_portal, open_store, upgrade
from crmcore.adapters.sql.reads.lists import listed_of
from crmcore.domain.protocol.filters import Listing
from tests.sparse import PLACES, assert_alike, costs, sparse
from tests.sql.conftest import Database
from tests.sql.test_rows_looked_at import count_tables, leave_alone

FEW, MANY = 200, 2_000

#: Where pages begin on a server, which takes longer to answer: before what is closed, and before what is active.
WHERE = tuple(PLACES) if os.environ.get("CRMCORE_DEEP") == "1" else ("front", "middle")


@pytest.mark.rule("PERM-9")
def test_a_page_takes_as_many_steps_of_sqlite_among_ten_times_the_records(sqlite: Database) -> None:
    """It finds the first record that passes, and looks at nothing before it."""
    upgrade(sqlite.url)
    found = []
    for records in (FEW, MANY):
        portal = f"of_{records}"
        create_portal(sqlite.url, portal, image=sparse(records)).close()
        with open_store(sqlite.url, portal) as store:
            taken = [0]

            @event.listens_for(store.engine(), "connect")
            def on_connect(connection: Any, _: Any, taken: list[int] = taken) -> None:
                connection.set_progress_handler(lambda: taken.__setitem__(0, taken[0] + 1), 1)

            def ask(listing: Listing, store: Any = store, taken: list[int] = taken) -> tuple[Any, int]:
                before = taken[0]
                page = store.listed(listing)
                return page, taken[0] - before

            found.append(costs(records, ask))
    assert_alike(*found, times=1.1, more=10)


@pytest.mark.rule("PERM-9")
def test_a_page_reads_as_many_entries_of_postgresql_among_ten_times_the_records(postgres: Database) -> None:
    """Whether the server goes along an index or through a table."""
    upgrade(postgres.url, postgres.schema)
    leave_alone(postgres)
    found = []
    for records in (FEW, MANY):
        portal = f"of_{records}"
        create_portal(postgres.url, portal, image=sparse(records), schema=postgres.schema).close()
        count_tables(postgres)
        with open_store(postgres.url, portal, schema=postgres.schema) as store, store.reading() as tx:
            relations = tx.rows(
                "SELECT array_agg(oid) FROM pg_class"
                " WHERE relkind IN ('r', 'i') AND relnamespace = current_schema()::regnamespace",
                (),
            )[0]

            def read(tx: Any = tx, relations: Any = relations) -> int:
                counted = "SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM unnest(?::oid[]) AS r(oid)"
                return int(tx.rows(counted, relations)[0][0])

            def ask(listing: Listing, tx: Any = tx, read: Any = read) -> tuple[Any, int]:
                before = read()
                page = listed_of(tx, listing)
                return page, read() - before

            found.append(costs(records, ask, WHERE))
    assert_alike(*found, times=1.3, more=10)
