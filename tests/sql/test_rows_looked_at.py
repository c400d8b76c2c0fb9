"""A chunk costs the same in a small CRM and in a large one: the database looks at its rows, not at all there are."""

from time import sleep
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event

from crmcore import MatchSetting, SwitchReport
from crmcore.adapters.sql import SqlStore, create_portal, open_store, upgrade
from crmcore.domain.model.image import CrmImage
from crmcore.testing import ADMIN, TestCrm, accepted
from tests.sql.conftest import Database

FEW, MANY, CHUNK = 200, 1_000, 10


def image_of_classic(leads: int, match: MatchSetting) -> CrmImage:
    before = TestCrm.classic()
    before.leads(leads, activities=1)
    accepted(before.crm.change_settings(ADMIN, match=match))
    return before.image()


def switch(store: SqlStore, leads: int) -> None:
    report = accepted(TestCrm(store).crm.switch_to_simple(ADMIN, key="k", chunk=CHUNK))
    assert isinstance(report, SwitchReport)
    assert report.totals.converted == leads


# SQLite: the steps of its machine

STEPS = 50


def steps_for_a_lead(database: Database, leads: int, match: MatchSetting) -> float:
    """What a switch takes for each of so many leads, in a CRM of its own."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += STEPS
        return 0

    portal = f"of_{leads}"
    create_portal(database.url, portal, image=image_of_classic(leads, match)).close()
    with open_store(database.url, portal) as store:

        @event.listens_for(store.engine(), "connect")
        def on_connect(connection: Any, _: Any) -> None:
            connection.set_progress_handler(count, STEPS)

        switch(store, leads)
    return taken / leads


@pytest.mark.rule("SWITCH-1")
@pytest.mark.parametrize("match", MatchSetting)
def test_a_chunk_takes_as_many_steps_of_sqlite_in_a_small_crm_as_in_a_large_one(
    sqlite: Database, match: MatchSetting
) -> None:
    """It must find the next active leads, and those set aside, without passing by what was converted before."""
    upgrade(sqlite.url)

    few, many = (steps_for_a_lead(sqlite, leads, match) for leads in (FEW, MANY))

    assert many < 1.1 * few


# PostgreSQL: what its indexes give


def entries_read(database: Database) -> int:
    """What the indexes have given so far, by the server's own count."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        # A session tells what it read when it ends.
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s", (database.schema,)
        ).fetchall():
            sleep(0.01)
        row = connection.execute(
            "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = %s", (database.schema,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def leave_alone(database: Database) -> None:
    """Let the server neither count the tables nor look at them meanwhile.

    Its own look holds an old snapshot, and while one is open nobody may forget the entries of converted leads: each
    chunk passes by them again (30 entries a lead became 92 beside a snapshot held by hand).
    """
    with psycopg.connect(database.url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (database.schema,))
        for (table,) in tables.fetchall():
            at = sql.Identifier(database.schema or "public", table)
            connection.execute(sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(at))


def entries_for_a_lead(database: Database, leads: int, match: MatchSetting) -> float:
    """What a switch reads for each of so many leads, in a CRM of its own; nobody has counted its tables before."""
    named = f"{database.url}{'&' if '?' in database.url else '?'}application_name={database.schema}"
    portal = f"of_{leads}"
    create_portal(named, portal, image=image_of_classic(leads, match), schema=database.schema).close()
    at_first = entries_read(database)
    with open_store(named, portal, schema=database.schema) as store:
        switch(store, leads)
    return (entries_read(database) - at_first) / leads


@pytest.mark.rule("SWITCH-1")
@pytest.mark.parametrize("match", MatchSetting)
def test_a_chunk_reads_as_many_entries_of_indexes_in_a_small_crm_as_in_a_large_one(
    postgres: Database, match: MatchSetting
) -> None:
    """Where the server knows nothing of its tables yet, a plan made for few rows would read them whole."""
    upgrade(postgres.url, postgres.schema)
    leave_alone(postgres)

    few, many = (entries_for_a_lead(postgres, leads, match) for leads in (FEW, MANY))

    assert many < 1.3 * few
