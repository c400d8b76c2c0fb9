"""Leads in rows of a host's own: one transaction with the CRM's, and no way to take them for what they are not."""

import os
import pickle
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)

from crmcore import (
    ClientChoice,
    CloseLead,
    Conflict,
    ContactPoint,
    Crm,
    Kind,
    Lead,
    LeadId,
    ModeSwitchPolicy,
    PointKind,
    RecordFault,
    Ref,
    Refused,
    StageCode,
    Tombstone,
    image_of,
)
from crmcore.adapters.cli import main
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import dump_crm, dump_record, load_record
from crmcore.adapters.sql import (
    LeadRows,
    LeadsElsewhere,
    SqlStore,
    create_portal,
    fill_portal,
    keep_events,
    open_store,
)
from crmcore.adapters.sql.rows.leads import KEPT
from crmcore.application.step import Step
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.rules.authority import ADMINISTRATOR
from crmcore.testing.contracts import StoreContract
from crmcore.testing.contracts.scene import ADMIN, accepted
from tests.filled import filled
from tests.sql.conftest import Database
from tests.sql.hooks import SqlHooks
from tests.sql.hosts import host_engine
from tests.sql.servers import lay_tables

DEEP = bool(os.environ.get("CRMCORE_DEEP"))

LEADS = Table(
    "prospect",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("stage", Text),
    Column("card", JSON),
    Column("note", Text),
)


class Prospects:
    """The rows of a host: each lead as a JSON card, and a note of the host's own beside it."""

    def read(self, connection: Connection, ids: Collection[LeadId]) -> Mapping[LeadId, Lead]:
        rows = connection.execute(select(LEADS.c.id, LEADS.c.card).where(LEADS.c.id.in_(ids)))
        return {LeadId(id): load_record(Kind.LEAD, card) for id, card in rows}

    def write(self, connection: Connection, leads: Mapping[LeadId, Lead | Tombstone]) -> None:
        for id, lead in leads.items():
            if isinstance(lead, Tombstone):
                connection.execute(delete(LEADS).where(LEADS.c.id == id))
                continue
            values = {"stage": lead.stage, "card": dump_record(lead)}
            if not connection.execute(update(LEADS).where(LEADS.c.id == id).values(values)).rowcount:
                connection.execute(insert(LEADS).values(id=id, **values))


class Host:
    """An app that keeps its leads itself, and takes one of them in no stage but NEW if it `refuses` that."""

    def __init__(
        self, database: Database, image: CrmImage | None = None, *, refuses: int = 0, rows: LeadRows | None = None
    ) -> None:
        self.database = database
        lay_tables(database.url, database.schema)
        self.engine = host_engine(database)
        with self.engine.begin() as connection:
            check = f"CHECK (id <> {refuses} OR stage = 'NEW')"
            columns = f"id BIGINT PRIMARY KEY, stage TEXT {check}, card JSON, note TEXT"
            connection.exec_driver_sql(f"CREATE TABLE prospect ({columns})")
        given = new_crm(CrmMode.CLASSIC) if image is None else image
        roles = {ADMIN: [ADMINISTRATOR]}
        self.store = create_portal(
            database.url, image=given, schema=database.schema, roles=roles, leads=rows or Prospects()
        )
        self.crm = self.crm_of(self.store)

    def crm_of(self, store: SqlStore) -> Crm:
        return Crm(store=store, permissions=store.permissions, plan=store.plan, clock=FixedClock())

    def rows(self, columns: str = "*", table: str = "prospect") -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY id"))]

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def close(self) -> None:
        self.store.close()
        self.engine.dispose()


@pytest.fixture
def host(database: Database) -> Iterator[Host]:
    """A new one."""
    found = Host(database)
    yield found
    found.close()


def _lead() -> Lead:
    """A lead with every field filled that links to nobody."""
    links = {"contact_id": None, "company_id": None, "deal_id": None}
    state = {"stage": StageCode("NEW"), "semantics": StageSemantics.IN_PROCESS}
    return evolve(filled(Lead), id=LeadId(1), **links, **state)  # type: ignore[arg-type]  # fields of leads


def test_every_read_finds_the_whole_lead_and_the_table_of_the_crm_has_what_it_decides_by(database: Database) -> None:
    """Whatever is not kept by the CRM is empty in its row; nothing of a deleted lead is in the host's."""
    lead = _lead()
    host = Host(database, evolve(new_crm(CrmMode.CLASSIC), leads={lead.id: lead}))
    store = host.store
    with store.at_one_time() as reads:
        pages = [store.page(Kind.LEAD), reads.page(Kind.LEAD), store.listed(Listing(kind=Kind.LEAD)).entries]
    assert [[each.record for each in page] for page in pages] == [[lead]] * 3
    assert accepted(host.crm.lead(ADMIN, lead.id)).record == lead
    assert image_of(store).leads == {lead.id: lead}
    with open_store(database.url, schema=database.schema, leads=Prospects()) as again:
        assert again.page(Kind.LEAD)[0].record == lead

    edited = accepted(host.crm.edit_lead(ADMIN, lead.id, 1, title="Another", comments=None))
    assert accepted(host.crm.lead(ADMIN, lead.id)).record == evolve(lead, title="Another", comments=None)
    card = dump_record(_without(lead))
    kept = [each for each in dump_record(lead).values() if isinstance(each, str) and each not in card.values()]
    assert len(kept) > 5
    assert [each for each in kept if each in repr(host.rows("*", "crm_lead"))] == []
    accepted(host.crm.delete_lead(ADMIN, lead.id))
    assert (edited, host.rows()) == (2, [])
    assert isinstance(image_of(store).leads[lead.id], Tombstone)
    host.close()


def _without(lead: Lead) -> Lead:
    """What the CRM keeps of it."""
    return Lead(**{name: getattr(lead, name) for name in KEPT})


def test_both_rows_are_written_or_neither(host: Host) -> None:
    """In the host's transaction, in one of the store's own, and where the step is a conflict."""
    with host.engine.connect() as connection:
        crm = host.crm_of(host.store.on(connection))
        lead = LeadId(accepted(crm.add_lead(ADMIN, title="Taken back")))
        assert accepted(crm.lead(ADMIN, lead)).record.title == "Taken back"
        connection.rollback()
    assert host.rows() == host.rows("*", "crm_lead") == []

    lead = LeadId(accepted(host.crm.add_lead(ADMIN, title="Kept")))
    host.run("UPDATE prospect SET note = 'of the host'")
    store = host.store
    late = Step.of(store, store.permissions, store.plan, FixedClock(), ADMIN, CloseLead(lead_id=lead))
    accepted(host.crm.edit_lead(ADMIN, lead, 1, title="Edited"))
    with pytest.raises(Conflict):
        late.commit()
    assert host.rows("stage, note") == [("NEW", "of the host")]
    assert accepted(host.crm.lead(ADMIN, lead)).record.title == "Edited"


def test_a_switch_takes_its_leads_from_the_rows_and_sets_aside_what_the_host_refuses(database: Database) -> None:
    """One that the host's constraint refuses, and one whose row is damaged or gone, and no other."""
    host = Host(database, refuses=2)
    leads = [LeadId(accepted(host.crm.add_lead(ADMIN, title=f"Lead {number}"))) for number in range(1, 6)]
    host.run("UPDATE prospect SET card = '{}' WHERE id = 3")
    host.run("DELETE FROM prospect WHERE id = 4")
    with pytest.raises(RecordFault) as caught:
        host.store.page(Kind.LEAD)
    assert (caught.value.ref, caught.value.code) == (Ref(Kind.LEAD, 3), "unreadable")
    report = accepted(host.crm.switch_to_simple(ADMIN, key="2026"))
    assert (report.result, report.set_aside) == ("blocked", (2, 3, 4))
    assert report.token is not None
    why = {id: outcome.code for id, outcome in host.crm.outcomes(ADMIN, report.token.epoch) if outcome.code}
    assert why == {2: "unwritable", 3: "unreadable", 4: "unreadable"}
    assert {each.record.title for each in host.crm.deals(ADMIN)} == {"Lead 1", "Lead 5"}

    accepted(host.crm.close_lead(ADMIN, LeadId(3)))  # without reading it
    accepted(host.crm.delete_lead(ADMIN, LeadId(4)))
    accepted(host.crm.delete_lead(ADMIN, LeadId(2)))
    token = SwitchToken("2026", report.token.epoch)
    assert accepted(host.crm.run_switch(token)).result == "switched"
    assert [id for (id,) in host.rows("id", "crm_lead")] == leads
    host.close()


@pytest.mark.rule("DATA-5.4")
def test_no_table_of_either_has_a_word_of_an_erased_person(host: Host, tmp_path: Path) -> None:
    """Records, keys of matching and of commands, events, learnt names, and the columns of the host; nor has a file."""
    store, crm = host.store, host.crm
    keep_events(store)
    store.names.keep({77: "Ana Zamfir"})
    points = [ContactPoint(kind=PointKind.EMAIL, value="ana@zamfir.example")]
    key = sha256(b"mail of ana@zamfir.example").hexdigest()  # as the page for hosts says
    told: dict[str, Any] = {"title": "Zamfir title", "comments": "Call Zamfir", "contact_points": points}
    first = accepted(crm.take_inquiry(ADMIN, channel="email", key=key, subject="Of Zamfir", **told))
    lead = LeadId(int(first.ref.id))
    accepted(crm.edit_lead(ADMIN, lead, accepted(crm.lead(ADMIN, lead)), title="Zamfir again"))
    accepted(crm.add_activity(ADMIN, of=[first.ref], subject="Zamfir wants it"))
    policy = ModeSwitchPolicy(client=ClientChoice.BOTH)
    accepted(crm.switch_to_simple(ADMIN, key="2026", policy=policy))
    assert {"prospect", "crm_contact", "crm_deal", "crm_match", "crm_person_name"} <= _tables_with(host, "zamfir")

    erased = accepted(crm.erase(ADMIN, first.ref))
    store.names.forget(77)
    assert (len(erased.leads), len(erased.deals), len(erased.activities)) == (1, 1, 2)
    assert _tables_with(host, "zamfir") == set()
    assert "zamfir" not in dump_crm(image_of(store)).lower()
    assert "zamfir" not in repr(store.events().entries).lower()
    assert crm.take_inquiry(ADMIN, channel="email", key=key, subject="Of Zamfir", **told) == first
    assert crm.audit(ADMIN) == ()
    store.empty_log()
    assert [path.name for path in tmp_path.glob("*") if b"zamfir" in path.read_bytes().lower()] == []


def _tables_with(host: Host, word: str) -> set[str]:
    """The tables of the whole database, those of the host included, in which a word stands."""
    with host.engine.connect() as connection:
        names = inspect(connection).get_table_names(schema=host.database.schema)
        rows = [(name, row) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
    return {name for name, row in rows if word in repr(tuple(row)).lower()}


def test_leads_are_not_taken_for_what_they_are_not(database: Database) -> None:
    """Whoever opens the CRM without the rows would convert empty leads; whoever brings rows would find none."""
    host = Host(database)
    with pytest.raises(LeadsElsewhere) as caught:
        open_store(database.url, schema=database.schema)
    assert "tables of the product that it belongs to" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    create_portal(database.url, "other", schema=database.schema).close()
    with pytest.raises(LeadsElsewhere, match="without `leads=`"):
        open_store(database.url, "other", database.schema, leads=Prospects())
    lead = _lead()
    assert fill_portal(host.store, evolve(new_crm(CrmMode.CLASSIC), leads={lead.id: lead})) is None
    assert host.rows("id") == [(1,)]
    assert accepted(host.crm.lead(ADMIN, lead.id)).record == lead
    with pytest.raises(LeadsElsewhere):
        open_store(database.url, schema=database.schema)
    host.close()


class _Overtaken(Prospects):
    """Whenever rows are read, somebody else may come first."""

    def __init__(self) -> None:
        self.before: list[Callable[[], object]] = []

    def read(self, connection: Connection, ids: Collection[LeadId]) -> Mapping[LeadId, Lead]:
        if self.before:
            self.before.pop()()
        return super().read(connection, ids)


def test_a_lead_that_goes_while_it_is_read_is_no_lead_that_cannot_be_read(postgres: Database) -> None:
    """Each statement of a host's transaction sees what was committed before it: of one command and of a list."""
    rows = _Overtaken()
    host = Host(postgres, rows=rows)
    gone, listed, kept = (LeadId(accepted(host.crm.add_lead(ADMIN, title="Lead"))) for _ in range(3))
    with host.engine.connect() as connection:
        crm = host.crm_of(host.store.on(connection))
        rows.before.append(lambda: accepted(host.crm.delete_lead(ADMIN, gone)))
        assert isinstance(crm.lead(ADMIN, gone), Refused)
        rows.before.append(lambda: accepted(host.crm.delete_lead(ADMIN, listed)))
        assert [each.record.id for each in crm.lead_page(ADMIN).records] == [kept]
    host.close()


@pytest.mark.parametrize("command", ["audit", "switch --yes"])
def test_no_command_line_works_on_them(sqlite: Database, command: str, tmp_path: Path, capsys: Any) -> None:
    """Each says where to go, and nothing becomes an empty deal."""
    host = Host(sqlite)
    accepted(host.crm.add_lead(ADMIN, title="Kept"))
    words = [*command.split(), "--json"]
    assert main((*words, "--store", str(tmp_path / "crm.db"), "--actor", str(ADMIN))) == 2
    assert "leads_elsewhere" in capsys.readouterr().out
    assert host.rows("title", "crm_deal") == []
    host.close()


if DEEP:

    class TestSqliteStore(SqlHooks, StoreContract):
        """On SQLite it is a store like any other."""

        @pytest.fixture(autouse=True)
        def _hosts(self, tmp_path: Path) -> Iterator[None]:
            self.folder, self.hosts = tmp_path, list[Host]()
            yield
            for host in self.hosts:
                host.close()

        def make_store(self, seed: CrmImage) -> SqlStore:
            self.hosts.append(Host(Database("sqlite", f"sqlite:///{self.folder / uuid4().hex}.db"), seed))
            return self.hosts[-1].store

        def reopen(self, store: Any) -> SqlStore:
            return SqlStore(store.make_engine, store.portal_id, leads=Prospects())
