"""A chunk and a page cost the same in a small CRM and in a large one: the database looks at their rows, not at all."""

from collections.abc import Callable
from functools import cache
from time import sleep
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event

from crmcore import Crm, Kind, MatchSetting, Page, Ref, SwitchReport
from crmcore.adapters.sql import SqlStore, create_portal, open_store, upgrade
from crmcore.domain.model.image import CrmImage
from crmcore.testing import ADMIN, MANAGER, TestCrm, accepted
from tests.sql.conftest import Database

FEW, MANY, CHUNK = 200, 1_000, 10


@cache
def with_leads(leads: int) -> CrmImage:
    before = TestCrm.classic()
    before.leads(leads, activities=1)
    return before.image()


def image_of_classic(leads: int, match: MatchSetting) -> CrmImage:
    before = TestCrm.of(with_leads(leads))
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
    return counted(database, "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = %s")


def rows_read(database: Database) -> int:
    """The same and what was read without an index."""
    by_scans = counted(database, "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = %s")
    return entries_read(database) + by_scans


def counted(database: Database, statement: LiteralString) -> int:
    """What the server has counted, once every session has told."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        # A session tells what it read when it ends.
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s", (database.schema,)
        ).fetchall():
            sleep(0.01)
        row = connection.execute(statement, (database.schema,)).fetchone()
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


def count_tables(database: Database) -> None:
    """Let the server count its tables: until then it takes one of a thousand rows for empty, and any way is as good."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (database.schema,))
        for (table,) in tables.fetchall():
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(database.schema or "public", table)))


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


# Lists: a page at the beginning and at the end of a CRM

PAGE = 20
#: Every list that filters alone can say, as a page after an id; the CRM has one contact for each lead.
LISTS: dict[str, Callable[[Crm, int, int], Page[Any]]] = {
    "leads": lambda crm, after, _: crm.lead_page(ADMIN, after=after, limit=PAGE),
    "active leads": lambda crm, after, _: crm.lead_page(ADMIN, after=after, limit=PAGE, active=True),
    "closed leads": lambda crm, after, _: crm.lead_page(ADMIN, after=after, limit=PAGE, active=False),
    "deals": lambda crm, after, _: crm.deal_page(ADMIN, after=after, limit=PAGE),
    "open deals of a contact": lambda crm, _, last: crm.deal_page(
        ADMIN, limit=PAGE, active=True, of=Ref(Kind.CONTACT, last)
    ),
    "contacts": lambda crm, after, _: crm.contact_page(ADMIN, after=after, limit=PAGE),
    "activities": lambda crm, after, _: crm.activity_page(ADMIN, after=after, limit=PAGE),
    "open activities": lambda crm, after, _: crm.activity_page(ADMIN, after=after, limit=PAGE, active=True),
    "activities of a lead": lambda crm, _, last: crm.activity_page(ADMIN, limit=PAGE, of=Ref(Kind.LEAD, last)),
    "activities of a manager": lambda crm, after, _: crm.activity_page(MANAGER, after=after, limit=PAGE),
}


@cache
def half_switched(leads: int) -> CrmImage:
    """Every other lead is converted, so that no list is without records on its way."""
    before = TestCrm.of(with_leads(leads))
    for id in list(with_leads(leads).leads)[::2]:
        accepted(before.crm.convert_lead(ADMIN, id))
    return before.image()


Ask = Callable[[Crm], object]


def cost_of_pages(crm: Crm, leads: int, measured: Callable[[Ask], int]) -> dict[tuple[str, str], int]:
    """What the first page of each list costs, and the one before its last records."""
    deals = [each.record for each in crm.deal_page(ADMIN, limit=1000).records]
    found = {}
    for name, page in LISTS.items():
        whole = len(deals) if name in ("deals", "contacts") else leads
        last = deals[-1].contact_id if name.endswith("contact") else leads
        assert last is not None
        for where, after in (("begin", 0), ("end", whole - 2 * PAGE)):

            def ask(asked: Crm, page: Any = page, after: int = after, last: int = last) -> object:
                return page(asked, after, last).records

            assert ask(crm), (name, where)  # and the plan of the statement is made
            found[name, where] = measured(ask)
    return found


def assert_alike(few: dict[tuple[str, str], int], many: dict[tuple[str, str], int], *, times: float) -> None:
    """Wherever it begins, a page of the large CRM costs what the first one of the small CRM costs, so many times."""
    dear = {
        (name, where): (cost, few[name, "begin"])
        for (name, where), cost in many.items()
        if cost > times * few[name, "begin"] + 10
    }
    assert dear == {}


@pytest.mark.rule("PERM-9")
def test_a_page_takes_as_many_steps_of_sqlite_at_the_end_of_a_large_crm_as_at_the_begin_of_a_small_one(
    sqlite: Database,
) -> None:
    """It must find its place in the table, and look at no more rows than it shows."""
    upgrade(sqlite.url)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    def listen(engine: Any) -> None:
        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _: Any) -> None:
            connection.set_progress_handler(count, 1)

    costs = []
    for leads in (FEW, MANY):
        portal = f"of_{leads}"
        create_portal(sqlite.url, portal, image=half_switched(leads)).close()
        with open_store(sqlite.url, portal) as store:
            listen(store.engine())
            crm = TestCrm(store).crm

            def measured(ask: Ask, crm: Crm = crm) -> int:
                before = taken
                ask(crm)
                return taken - before

            costs.append(cost_of_pages(crm, leads, measured))
    assert_alike(*costs, times=1.15)


@pytest.mark.rule("PERM-9")
def test_a_page_reads_as_many_rows_of_postgresql_at_the_end_of_a_large_crm_as_at_the_begin_of_a_small_one(
    postgres: Database,
) -> None:
    """Whether it goes along an index or through a table, rows that are read and not shown count."""
    upgrade(postgres.url, postgres.schema)
    leave_alone(postgres)
    named = f"{postgres.url}{'&' if '?' in postgres.url else '?'}application_name={postgres.schema}"
    costs = []
    for leads in (FEW, MANY):
        portal = f"of_{leads}"
        create_portal(named, portal, image=half_switched(leads), schema=postgres.schema).close()
        count_tables(postgres)

        def measured(ask: Ask, portal: str = portal) -> int:
            before = rows_read(postgres)
            with open_store(named, portal, schema=postgres.schema) as store:
                ask(TestCrm(store).crm)
            return rows_read(postgres) - before

        with open_store(postgres.url, portal, schema=postgres.schema) as store:
            costs.append(cost_of_pages(TestCrm(store).crm, leads, measured))
    # The server counts an entry once or twice, by the way that it takes; five times the records are five times as many.
    assert_alike(*costs, times=2)
