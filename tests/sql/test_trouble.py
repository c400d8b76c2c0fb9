"""What a store does when its database is busy, full, read-only, damaged or gone, and when one record is at fault."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import Engine, event

from crmcore import (
    Activity,
    ActivityId,
    InvalidValue,
    Kind,
    LeadId,
    OutcomeUnknown,
    RecordFault,
    Ref,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql import ClosedStore, NewerStore, ReplacedStore
from crmcore.adapters.sql.connection.engines import engine_for
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import ID_LIMIT, IMPORTED_ID_LIMIT
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import CloseLead, ImportRecords
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from tests.sql.conftest import Database
from tests.sql.servers import new_postgres_store, new_sqlite_store


class Place:
    """A database with a Classic CRM in it, and a way to reach it behind the store's back."""

    def __init__(self, store: SqlStore, sql: Callable[[str], Any], url: str, schema: str | None) -> None:
        self.store = store
        self.sql = sql
        self.url = url
        self.schema = schema
        self.scene = Scene(store)
        self.opened = [store]

    def impatient(self, settle: str = "", tries: int = 2) -> Scene:
        """The CRM in the hands of a store that gives up soon; `settle` is done on each of its connections."""

        def make_engine() -> Engine:
            engine = engine_for(self.url, self.schema, patience=0.01)

            @event.listens_for(engine, "connect")
            def on_connect(connection: Any, _: Any) -> None:
                if settle:
                    connection.execute(settle)

            return engine

        self.opened.append(SqlStore(make_engine, self.store.portal_id, tries=tries))
        return Scene(self.opened[-1])

    def close(self) -> None:
        """Give all connections back."""
        for store in self.opened:
            store.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "crm.db"
    store = new_sqlite_store(path, new_crm(CrmMode.CLASSIC))

    def sql(statement: str) -> Any:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints=ON")
            return connection.execute(statement).fetchall()

    place = Place(store, sql, f"sqlite:///{path}", None)
    yield place
    place.close()


@pytest.fixture
def server(postgres: Database) -> Iterator[Place]:
    store = new_postgres_store(postgres.url, str(postgres.schema), new_crm(CrmMode.CLASSIC))

    def sql(statement: str) -> Any:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"SET search_path TO {postgres.schema}".encode())
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    place = Place(store, sql, postgres.url, postgres.schema)
    yield place
    place.close()


@pytest.fixture(params=["lite", "server"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


# The database as a whole


@pytest.mark.rule("SWITCH-9")
def test_a_database_that_stays_busy_is_said_to_be_and_the_step_may_be_done_later(lite: Place) -> None:
    """Another writer holds the file: a typed error after bounded tries, nothing written, and later it works."""
    lead_id = lite.scene.add()
    other = sqlite3.connect(lite.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = lite.impatient()
    with pytest.raises(StoreBusy):
        hasty.crm.close_lead(ADMIN, lead_id)
    assert hasty.lead(lead_id).is_active

    other.execute("ROLLBACK")
    other.close()
    accepted(hasty.crm.close_lead(ADMIN, lead_id))


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize(
    "settle, error", [("PRAGMA max_page_count=1", StoreFull), ("PRAGMA query_only=ON", StoreReadOnly)]
)
def test_a_full_and_a_read_only_file_have_errors_of_their_own(
    lite: Place, settle: str, error: type[StoreError]
) -> None:
    """The step that needs room or the right to write changes nothing; nobody is set aside for it."""
    ids = [lite.scene.add(title="x" * 255, comments="y" * 9000) for _ in range(20)]
    token = lite.scene.begin()
    before = lite.scene.image()
    hampered = lite.impatient(settle)
    with pytest.raises(error):
        hampered.crm.convert_chunk(token, len(ids))

    assert lite.scene.image() == before


@pytest.mark.rule("SWITCH-9.13")
def test_a_lead_is_not_at_fault_for_a_full_database(lite: Place) -> None:
    """There is room for the mark of one lead and none for its deal: the step ends by the error, and marks nobody."""
    lead_id = lite.scene.add(title="Request", comments="y" * 60_000)
    token = lite.scene.begin()
    hampered = lite.impatient("PRAGMA max_page_count=1")  # no page more than the file has
    with pytest.raises(StoreFull):
        hampered.crm.convert_chunk(token)

    assert lite.scene.lead(lead_id).is_active
    assert accepted(lite.scene.crm.switch_report(token)).set_aside == ()
    assert len(accepted(lite.scene.crm.convert_chunk(token)).rows) == 1


@pytest.mark.rule("SWITCH-9")
def test_a_damaged_file_is_said_to_be_damaged(lite: Place) -> None:
    """What is no database any more is a typed error."""
    lite.scene.add()
    lite.store.close()
    path = Path(lite.url.removeprefix("sqlite:///"))
    path.write_bytes(b"no database at all, and long enough to be looked at" * 200)
    with pytest.raises(StoreCorrupt):
        lite.impatient().lead(LeadId(1))


@pytest.mark.rule("SWITCH-5")
def test_a_connection_that_is_lost_before_the_commit_is_replaced(server: Place) -> None:
    """Nothing was committed yet, so the step is simply done again on another connection."""
    lead_id = server.scene.add()
    change = decided(server.scene, CloseLead(lead_id=lead_id))
    pids: list[int] = []

    def confirm() -> bool:
        with server.store.reading() as tx:
            pid = tx.driver.info.backend_pid
        if not pids:
            server.sql(f"SELECT pg_terminate_backend({pid}, 5000)")
        pids.append(pid)
        return True

    server.store.commit(change, confirm)

    assert len(set(pids)) == 2
    assert not server.scene.lead(lead_id).is_active


@pytest.mark.rule("SWITCH-5")
def test_a_connection_that_is_lost_every_time_is_told_of_the_step_alone(server: Place) -> None:
    """What was committed before stays committed, so nothing is said of it."""
    change = decided(server.scene, CloseLead(lead_id=server.scene.add()))

    def confirm() -> bool:
        with server.opened[-1].reading() as tx:
            server.sql(f"SELECT pg_terminate_backend({tx.driver.info.backend_pid}, 5000)")
        return True

    server.impatient()
    with pytest.raises(StoreBusy, match="before the step was committed"):
        server.opened[-1].commit(change, confirm)


@pytest.mark.rule("SWITCH-5")
def test_a_connection_that_is_lost_during_the_commit_leaves_the_outcome_unknown(server: Place) -> None:
    """The store does not do it again by itself: it says that it does not know, and the driver looks it up."""
    lead_id = server.scene.add()
    server.sql(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    )
    server.sql(
        "CREATE CONSTRAINT TRIGGER die_at_commit AFTER UPDATE ON crm_lead DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION die()"
    )
    change = decided(server.scene, CloseLead(lead_id=lead_id))
    with pytest.raises(OutcomeUnknown):
        server.store.commit(change)

    server.sql("DROP TRIGGER die_at_commit ON crm_lead")
    assert server.scene.lead(lead_id).is_active
    server.store.commit(change)
    assert not server.scene.lead(lead_id).is_active


def raise_at_update(server: Place, state: str, times: int) -> None:
    """Let the server give the first updates of a lead up with this SQLSTATE."""
    server.sql("CREATE SEQUENCE tries")
    server.sql(
        "CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END IF;"
        " RETURN NEW; END $$"
    )
    server.sql("CREATE TRIGGER gives_up BEFORE UPDATE ON crm_lead FOR EACH ROW EXECUTE FUNCTION give_up()")


@pytest.mark.rule("SWITCH-5")
@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "53200"])
def test_a_step_that_the_server_gave_up_is_done_again(server: Place, state: str) -> None:
    """A serialization failure, a deadlock, a lock that took too long, too little memory: nobody notices."""
    lead_id = server.scene.add()
    raise_at_update(server, state, times=3)

    accepted(server.scene.crm.close_lead(ADMIN, lead_id))

    assert server.sql("SELECT last_value FROM tries") == [(4,)]
    assert server.scene.version(lead_id) == 2


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize(
    "state, error",
    [
        ("40P01", StoreBusy),
        ("53200", StoreBusy),
        ("53100", StoreFull),
        ("58030", StoreError),
        ("25006", StoreReadOnly),
        ("XX001", StoreCorrupt),
    ],
)
def test_what_the_server_gives_up_for_good_has_an_error_of_its_kind(
    server: Place, state: str, error: type[StoreError]
) -> None:
    """The step changes nothing, and nobody is set aside for it."""
    for number in range(5):
        server.scene.add(title=f"Lead {number}")
    token = server.scene.begin()
    before = server.scene.image()
    raise_at_update(server, state, times=1_000)
    with pytest.raises(StoreError) as told:
        server.impatient().crm.convert_chunk(token, 5)

    assert type(told.value) is error
    assert server.scene.image() == before


# One record at fault


@pytest.mark.rule("SWITCH-9", "DATA-1.15")
def test_a_lead_that_cannot_be_read_is_set_aside_and_the_others_go_on(place: Place) -> None:
    """The row of one lead is damaged: it is marked, and the switch is blocked by it alone."""
    ids = [place.scene.add() for _ in range(5)]
    place.sql("UPDATE crm_lead SET contact_points = '{\"' WHERE id = 3")
    report = place.scene.switch(chunk=5)

    assert (report.result, report.totals.converted, report.set_aside) == ("blocked", 4, (ids[2],))


@pytest.mark.rule("SWITCH-9", "CONV-7")
def test_a_client_that_cannot_be_read_sets_aside_the_leads_that_match_it(place: Place) -> None:
    """Whose e-mail leads to a damaged contact is marked; nobody is given a second client."""
    mail = (ContactPoint(kind=PointKind.EMAIL, value="one@example.com"),)
    scene = place.scene
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    scene.add_contact(contact_points=mail)
    ids = [scene.add(contact_points=mail), scene.add(), scene.add(contact_points=mail)]
    place.sql("UPDATE crm_contact SET custom = '[' WHERE id = 1")
    report = scene.switch(chunk=5)

    assert (report.result, report.totals.converted, report.set_aside) == ("blocked", 1, (ids[0], ids[2]))


@pytest.mark.rule("SWITCH-9")
def test_a_lead_that_cannot_be_written_is_found_among_its_chunk_and_set_aside(place: Place) -> None:
    """The database refuses one deal: nothing of its lead is written, and the rest of the chunk is."""
    ids = [place.scene.add() for _ in range(9)]
    check = "CHECK (lead_id <> 6)"
    if place.schema is None:
        place.sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON crm_deal WHEN NEW.lead_id = 6"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    else:
        place.sql(f"ALTER TABLE crm_deal ADD CONSTRAINT refuse {check}")
    report = place.scene.switch(chunk=9)

    assert (report.result, report.totals.converted, report.set_aside) == ("blocked", 8, (ids[5],))
    assert len(place.scene.image().deals) == 8
    assert place.scene.broken_laws() == []


@pytest.mark.rule("SWITCH-9", "DATA-1")
def test_what_was_recorded_of_a_lead_and_cannot_be_read_is_a_fault_of_that_lead(lite: Place) -> None:
    """A page names the outcome, and says where to go on."""
    scene = lite.scene
    lead_id = scene.add()
    lite.sql("UPDATE crm_lead SET custom = '['")
    token = scene.begin()
    scene.crm.convert_chunk(token, 1)
    lite.sql("UPDATE crm_lead SET custom = '{}'")
    assert scene.image().outcomes
    lite.sql("UPDATE crm_outcome SET kind = 'nothing known'")
    with pytest.raises(RecordFault) as told:
        lite.store.snapshot(Query(leads=(lead_id,)))
    assert told.value.ref == Ref(Kind.LEAD, lead_id)
    with pytest.raises(RecordFault) as told:
        lite.store.page(Kind.OUTCOME)
    assert (told.value.ref, told.value.after) == (Ref(Kind.OUTCOME, lead_id), (2, lead_id))


@pytest.mark.rule("SWITCH-13")
def test_numbers_of_a_switch_that_cannot_be_read_are_damage(place: Place) -> None:
    """They belong to no record, so the database is told to be damaged."""
    place.scene.add()
    token = place.scene.begin()
    place.scene.crm.convert_chunk(token, 1)
    place.sql("UPDATE crm_tally SET outcome = 'nothing known'")
    with pytest.raises(StoreCorrupt, match="numbers of a switch"):
        place.store.snapshot(Query(tally=token.epoch))


def test_text_that_is_none_is_damage(lite: Place) -> None:
    """SQLite keeps bytes that are no UTF-8 where a text belongs; Python cannot take them."""
    lead_id = lite.scene.add()
    lite.sql("UPDATE crm_lead SET title = CAST(X'FF' AS TEXT)")
    with pytest.raises(StoreCorrupt):
        lite.scene.lead(lead_id)


# The last id


def test_ids_that_are_used_up_are_a_typed_error(place: Place) -> None:
    """Nothing is handed out twice, and nothing is written; what has ids left goes on."""
    first = place.scene.add()
    image = place.scene.image()
    place.sql(f"UPDATE crm_counter SET last = {ID_LIMIT} WHERE kind = 'lead'")
    last = evolve(place.scene.lead(first), id=LeadId(ID_LIMIT))
    for scene in (place.scene, Scene(InMemoryStore(evolve(image, leads={**image.leads, LeadId(ID_LIMIT): last})))):
        before = scene.image()
        for _ in range(2):
            with pytest.raises(StoreFull, match="no more ids for a lead"):
                scene.add()
        assert scene.image() == before
        scene.convert(first)


def test_ids_that_would_come_a_second_time_are_damage(place: Place) -> None:
    """A counter that is older than the records, as after a log that was cut short, ends the step at once."""
    place.scene.convert(place.scene.add())
    place.scene.convert(place.scene.add())
    place.scene.add()
    token = place.scene.begin()
    place.sql("UPDATE crm_counter SET last = 1 WHERE kind = 'deal'")
    with pytest.raises(StoreCorrupt, match="crm_counter"):
        place.scene.crm.convert_chunk(token)


@pytest.mark.rule("IMPORT-1")
def test_an_import_leaves_ids_to_hand_out(place: Place) -> None:
    """The highest id that is taken leaves as many again above it; one more is refused with the limit."""
    for scene in (place.scene, Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))):
        lead = scene.lead(scene.add())
        for id in (IMPORTED_ID_LIMIT + 1, ID_LIMIT):
            with pytest.raises(InvalidValue, match=f"to {IMPORTED_ID_LIMIT}"):
                ImportRecords(leads=(evolve(lead, id=LeadId(id)),))
            with pytest.raises(InvalidValue, match=f"to {IMPORTED_ID_LIMIT}"):
                ImportRecords(activities=((Activity(id=ActivityId(id)), frozenset({Ref(Kind.LEAD, 1)})),))
        highest = evolve(lead, id=LeadId(IMPORTED_ID_LIMIT))
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(highest,))))
        assert scene.add() > IMPORTED_ID_LIMIT


# The place itself


@pytest.mark.parametrize("after", ["deleted", "replaced", "restored"])
def test_a_file_that_is_deleted_or_replaced_is_noticed_at_the_next_step(lite: Place, after: str) -> None:
    """No answer is an id of a record that is nowhere; the file under its own name again goes on."""
    path = Path(lite.url.removeprefix("sqlite:///"))
    lite.scene.add()
    away = path.rename(path.with_suffix(".old"))
    if after == "replaced":
        path.write_bytes(away.read_bytes())
    for step in (lite.scene.add, lite.scene.image, lambda: lite.store.reserve(Kind.LEAD, 1)):
        with pytest.raises(ReplacedStore, match="open the store again"):
            step()
    if after == "restored":
        away.rename(path)
        assert lite.scene.add() == 2


def test_tables_whose_version_is_raised_under_an_open_store_are_left_alone(place: Place) -> None:
    """The next command, page and chunk say so, and nothing is written."""
    place.scene.add()
    token = place.scene.begin()
    place.sql("UPDATE crmcore_version SET version_num = '9999'")
    for step in (place.scene.add, place.scene.image, lambda: place.scene.crm.convert_chunk(token)):
        with pytest.raises(NewerStore, match="9999"):
            step()
    assert not place.sql("SELECT 1 FROM crm_ledger")


# How it is done


@pytest.mark.rule("SWITCH-5")
def test_a_commit_of_nothing_is_done(place: Place) -> None:
    """A chunk that found no lead has nothing to write, and may say so to the store."""
    place.scene.begin()
    before = place.scene.image()
    place.store.commit(Changes(expects=place.store.snapshot(Query(next_leads=NextLeads(limit=5))).read))
    assert place.scene.image() == before


@pytest.mark.rule("PERM-2")
def test_rights_are_read_in_the_transaction_of_the_commit(place: Place) -> None:
    """Inside the last question the stored rights and plan are those of the serial point, on the same connection."""
    change = decided(place.scene, CloseLead(lead_id=place.scene.add()))
    seen: list[Any] = []

    def confirm() -> bool:
        with place.store.reading() as tx, place.store.reading() as again:
            seen.append(tx is again)
        seen.append(place.store.plan.has_classic())
        return True

    place.store.commit(change, confirm)

    assert seen == [True, True]


@pytest.mark.rule("SWITCH-5")
def test_a_chunk_is_read_and_written_in_the_same_number_of_statements_whatever_its_size(place: Place) -> None:
    """No statement is carried out for each lead: three leads take as many as twelve, and on PostgreSQL as forty."""
    sizes = (3, 12) if place.schema is None else (3, 12, 40)
    found = [_statements_of_a_chunk(place, size) for size in sizes]

    assert found == found[:1] * len(sizes)
    assert found[0] > 10


def _statements_of_a_chunk(place: Place, size: int) -> int:
    """How many statements the driver carries out for a chunk of leads, each of which has an activity."""
    for _ in range(size):
        lead_id = place.scene.add()
        place.scene.add_activity(Ref(Kind.LEAD, lead_id))
    token = place.scene.begin(key=f"{size} leads")
    statements: list[str] = []

    def listening() -> Engine:
        engine = engine_for(place.url, place.schema)

        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _: Any) -> None:
            if place.schema is None:
                connection.set_trace_callback(lambda text: None if text.startswith("--") else statements.append(text))
            else:
                connection.cursor_factory = partial(_Counting, statements)

        return engine

    store = SqlStore(listening, place.store.portal_id)
    store.snapshot(Query())
    statements.clear()
    done = accepted(Scene(store).crm.convert_chunk(token, size))
    store.close()

    assert len(done.rows) == size
    accepted(place.scene.crm.cancel_switch(ADMIN))
    return len(statements)


class _Counting(psycopg.Cursor[Any]):
    """Writes down each call of the driver, a bulk call as one for each of its rows."""

    def __init__(self, statements: list[str], *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._statements = statements

    def execute(self, query: Any, *given: Any, **more: Any) -> Any:
        self._statements.append(str(query))
        return super().execute(query, *given, **more)

    def executemany(self, query: Any, params_seq: Any, **more: Any) -> None:
        rows = list(params_seq)
        self._statements += [str(query)] * len(rows)
        super().executemany(query, rows, **more)

    def copy(self, statement: Any, *given: Any, **more: Any) -> Any:
        self._statements.append(str(statement))
        return super().copy(statement, *given, **more)


@pytest.mark.rule("SWITCH-5")
def test_a_store_goes_on_in_a_process_that_was_forked(place: Place) -> None:
    """The child uses connections of its own, and the parent's are as they were."""
    one, two = place.scene.add(), place.scene.add()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            accepted(place.scene.crm.close_lead(ADMIN, one))
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    accepted(place.scene.crm.close_lead(ADMIN, two))

    assert [place.scene.lead(id).is_active for id in (one, two)] == [False, False]


def test_a_closed_store_says_that_it_is_closed(place: Place) -> None:
    """Reading, writing, rights and the plan; nothing is opened anew behind the back of who closed it."""
    lead_id = place.scene.add()
    place.store.close()
    place.store.close()
    for ask in (
        place.scene.crm.mode,
        lambda: place.scene.crm.close_lead(ADMIN, lead_id),
        lambda: place.store.reserve(Kind.LEAD, 1),
        lambda: place.store.page(Kind.LEAD),
        place.store.plan.has_classic,
        lambda: place.store.plan.set_classic(False),
    ):
        with pytest.raises(ClosedStore, match="is closed; open a new one"):
            ask()


def test_a_forked_process_closes_its_own_copy(place: Place) -> None:
    """The parent's goes on."""
    lead_id = place.scene.add()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            place.store.close()
            try:
                place.scene.lead(lead_id)
            except ClosedStore:
                code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0

    accepted(place.scene.crm.close_lead(ADMIN, lead_id))
