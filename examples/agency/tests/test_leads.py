"""Leads as rows of the agency's own: what crmcore asks of a store, and what stands in which table."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from crmcore import LeadId, RecordFault, Refused, UserId, touch
from crmcore.adapters.sql import LeadsElsewhere, SqlStore, create_portal, open_store, upgrade_connection
from crmcore.ports import CrmImage
from crmcore.testing import StoreContract, accepted
from sqlalchemy import create_engine, inspect, select, text, update

from agency import Office
from agency.leads import OwnLeads
from agency.tables import Base, LeadRow

BOSS = UserId(1)


def make_tables(url: str) -> None:
    """The tables of both, without a CRM."""
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade_connection(connection)
        Base.metadata.create_all(connection)
    engine.dispose()


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A file with them, to be copied, since each test makes a database."""
    if "AGENCY_POSTGRES" in os.environ:
        return None
    path = tmp_path_factory.mktemp("tables") / "agency.db"
    make_tables(f"sqlite:///{path}")
    return path


class TestStore(StoreContract):
    """The SQL store on the agency's rows is a store as crmcore wants it."""

    @pytest.fixture(autouse=True)
    def _databases(self, new_url: Callable[[], str], tables: Path | None) -> Iterator[None]:
        self.new_url, self.tables, self.urls = new_url, tables, dict[int, str]()
        self.stores: list[SqlStore] = []
        yield
        for store in self.stores:
            store.close()

    def kept(self, store: SqlStore, url: str) -> SqlStore:
        self.stores.append(store)
        self.urls[id(store)] = url
        return store

    def make_store(self, seed: CrmImage) -> SqlStore:
        url = self.new_url()
        if self.tables is None:
            make_tables(url)
        else:
            copyfile(self.tables, url.removeprefix("sqlite:///"))
        return self.kept(create_portal(url, image=seed, leads=OwnLeads()), url)

    def reopen(self, store: SqlStore) -> SqlStore:
        url = self.urls[id(store)]
        return self.kept(open_store(url, leads=OwnLeads()), url)

    def touch(self, store: SqlStore, lead_id: LeadId) -> None:
        touch(store, lead_id)

    def raw(self, store: SqlStore) -> list[str]:
        with store.engine().connect() as connection:
            names = inspect(connection).get_table_names()
            return [repr(tuple(row)) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"'))]


@pytest.fixture
def own(url: str) -> Iterator[Office]:
    """An office that keeps its leads itself."""
    office = Office.new(url, leads="own")
    assert office.hire("director")[0] == BOSS
    yield office
    office.close()


def added(office: Office, **fields: Any) -> LeadId:
    """A new lead, by the director."""
    return accepted(office.transact(lambda _, crm: crm.add_lead(BOSS, **fields)))


def test_what_a_lead_says_is_in_the_agencys_row_alone(own: Office) -> None:
    """The CRM keeps what it decides and finds by; an office cannot be opened the other way."""
    lead = added(own, title="zq-canary", comments="zq-canary", source="zq-canary")
    with own.sessions() as session:
        row = session.get_one(LeadRow, lead)
        assert (row.title, row.comments, row.more["source"]) == ("zq-canary",) * 3
        assert "zq-canary" not in repr(session.execute(text("SELECT * FROM crm_lead")).all())
    assert accepted(own.crm.lead(BOSS, lead)).record.title == "zq-canary"
    with pytest.raises(LeadsElsewhere):
        Office.open(own.engine.url.render_as_string(hide_password=False), leads="crm")


def test_what_the_agency_writes_in_its_row_is_what_the_lead_says(own: Office) -> None:
    """An edit that was decided before is decided again, and a row that cannot be read is set aside by a switch."""
    lead, other = (added(own, title="A site") for _ in range(2))
    before = accepted(own.crm.lead(BOSS, lead))

    def by_hand(session: Any, crm: Any) -> None:
        session.execute(update(LeadRow).where(LeadRow.id == lead).values(title="A shop"))
        touch(own.store.on(session), lead)

    own.transact(by_hand)
    stale = own.crm.edit_lead(BOSS, lead, before, comments="Too late")
    assert isinstance(stale, Refused)
    assert stale.reason == "stale_version"
    with own.sessions.begin() as session:
        session.execute(update(LeadRow).where(LeadRow.id == other).values(more={"damaged": True}))
    with pytest.raises(RecordFault):
        own.crm.lead(BOSS, other)
    report = accepted(own.crm.switch_to_simple(BOSS, key="2026"))
    assert (report.result, report.set_aside) == ("blocked", (other,))
    assert [each.record.title for each in own.crm.deals(BOSS)] == ["A shop"]
    with own.sessions() as session:
        assert session.scalars(select(LeadRow.id).order_by(LeadRow.id)).all() == [lead, other]
