"""Isolation where it is easily lost: forks, search paths, a server's defaults, a busy moment, a key that nobody has.

One commit is held at its serial point, or one connection holds a lock; the other side is watched until it waits.
"""

import os
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import Engine, create_engine, make_url

from crmcore import Conflict, ContactId, Kind, RecordFault, Ref, StoreBusy, UserId
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import MANAGER
from crmcore.adapters.sql.connection.engines import engine_for
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddLead, AddRecord, ImportRecords, TakeInquiry
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from tests.sql.conftest import Database
from tests.sql.servers import new_postgres_store, new_sqlite_store

MAIL = (ContactPoint(kind=PointKind.EMAIL, value="one@example.com"),)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, SqlStore]]:
    store = new_sqlite_store(tmp_path / "crm.db", new_crm(CrmMode.CLASSIC))
    yield tmp_path / "crm.db", store
    store.close()


@pytest.fixture
def server(postgres: Database) -> Iterator[SqlStore]:
    store = new_postgres_store(postgres.url, str(postgres.schema), new_crm())
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "sqlite":
        return Scene(request.getfixturevalue("file")[1])
    return Scene(request.getfixturevalue("server"))


def with_options(place: Database, options: str) -> Callable[[], Engine]:
    """Connections whose settings a host, a role or the server's own file has chosen."""
    url = make_url(place.url).set(drivername="postgresql+psycopg")
    return lambda: create_engine(url, connect_args={"options": options})


def waits_or_ends(place: Database, thread: Thread) -> bool:
    """Whether a thread comes to wait for a lock of the server, rather than to its end."""
    with psycopg.connect(place.url, autocommit=True) as connection:
        while thread.is_alive():
            if connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                return True
    return False


@pytest.mark.rule("SWITCH-5", "PERM-2")
def test_what_a_forked_child_commits_outlives_the_end_of_its_parent(file: tuple[Path, SqlStore]) -> None:
    """A parent that closes its file last of its own leaves the log of the child's commits alone."""
    path, store = file
    store.permissions.grant(UserId(1), MANAGER)  # the parent has a connection open where it forks
    to_parent, to_child = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.permissions.grant(UserId(2), MANAGER)
            os.write(to_parent[1], b"open")
            os.read(to_child[0], 6)
            store.permissions.grant(UserId(3), MANAGER)
            code = 0
        finally:
            os._exit(code)
    os.read(to_parent[0], 4)
    store.close()
    os.write(to_child[1], b"closed")
    assert os.waitpid(child, 0)[1] == 0

    with closing(sqlite3.connect(path)) as found:
        assert found.execute("SELECT actor FROM crm_actor_role ORDER BY actor").fetchall() == [(1,), (2,), (3,)]


@pytest.mark.rule("SWITCH-1")
def test_a_connection_that_failed_to_hand_out_ids_still_waits_for_the_disk(file: tuple[Path, SqlStore]) -> None:
    """Ids may be lost with a power cut; what is committed next on the same connection may not."""
    path, made = file
    with SqlStore(lambda: engine_for(f"sqlite:///{path}", patience=0.01), made.portal_id, tries=1) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy):
                store.reserve(Kind.LEAD, 1)

        with store.changing() as tx:
            assert tx.rows("PRAGMA synchronous", ()) == [(2,)]


@pytest.mark.rule("SWITCH-4", "PERM-2")
def test_writers_with_other_search_paths_take_the_same_lock(postgres: Database, server: SqlStore) -> None:
    """Two roles that find the tables by different paths are two writers of one CRM all the same."""
    own = f"{postgres.schema}_own"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {own}".encode())
    other = SqlStore(with_options(postgres, f"-csearch_path={own},{postgres.schema}"), server.portal_id)
    thread = Thread(target=other.plan.set_classic, args=(False,))
    try:
        with server.changing():
            thread.start()
            waited = waits_or_ends(postgres, thread)
    finally:
        thread.join()
        other.close()
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {own}".encode())

    assert waited


@pytest.mark.rule("SWITCH-4", "PERM-2")
def test_a_write_sees_what_was_committed_while_it_waited_whatever_the_default(
    postgres: Database, server: SqlStore
) -> None:
    """A server whose transactions see one state by default would show a writer the state before its wait."""
    options = f"-csearch_path={postgres.schema} -cdefault_transaction_isolation=serializable"
    other = SqlStore(with_options(postgres, options), server.portal_id)
    seen: list[bool] = []

    def look() -> None:
        with other.changing():
            seen.append(other.plan.has_classic())

    thread = Thread(target=look)
    with server.changing() as tx:
        tx.run("UPDATE crm_portal SET has_classic = ? WHERE id = ?", (False, tx.portal))
        thread.start()
        waited = waits_or_ends(postgres, thread)
    thread.join()
    other.close()

    assert (waited, seen) == (True, [False])


@pytest.mark.rule("CONV-7")
def test_nobody_brings_a_key_past_one_who_just_found_nobody_there(postgres: Database, server: SqlStore) -> None:
    """A client added by hand waits for the inquiry that looked its address up and is about to make a client."""
    scene = Scene(server)
    inquiry = decided(scene, TakeInquiry(channel="call", fields={"contact_points": MAIL}))
    by_hand = decided(scene, AddRecord(kind=Kind.CONTACT, fields={"contact_points": MAIL}))
    assert len(inquiry.contacts) == len(by_hand.contacts) == 1
    there, go = Event(), Event()

    def confirm() -> bool:
        there.set()
        return go.wait(20)

    first = Thread(target=server.commit, args=(inquiry, confirm))
    first.start()
    assert there.wait(20)
    second = Thread(target=server.commit, args=(by_hand,))
    second.start()
    waited = waits_or_ends(postgres, second)
    go.set()
    first.join()
    second.join()

    assert waited


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize(
    "error",
    [StoreBusy("the host's"), sqlite3.IntegrityError("the host's"), psycopg.OperationalError("the host's")],
    ids=["busy", "constraint", "lost"],
)
def test_an_error_of_the_last_question_is_raised_as_it_is_and_asked_once(scene: Scene, error: Exception) -> None:
    """What a host's own database says is no trouble of this one: nothing is tried again, no lead is at fault."""
    contact = AddRecord(kind=Kind.CONTACT, fields={})
    asked: list[None] = []

    def confirm() -> bool:
        asked.append(None)
        raise error

    with pytest.raises(type(error)) as raised:
        scene.store.commit(decided(scene, contact), confirm)

    assert raised.value is error
    assert len(asked) == 1
    assert not scene.image().contacts


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_what_is_printed_of_a_refused_write_shows_no_row(database: Database) -> None:
    """PostgreSQL tells the row that failed; a traceback of the store's error does not."""
    seed = new_crm(CrmMode.CLASSIC)
    if database.schema is None:
        path = Path(database.url.removeprefix("sqlite:///"))
        store = new_sqlite_store(path, seed)
    else:
        store = new_postgres_store(database.url, database.schema, seed)
    scene = Scene(store)
    lead_id = scene.add()
    snapshot = store.snapshot(Query(leads=(lead_id,)))
    name = "Zanzibar"
    refused = evolve(scene.lead(lead_id), title=name, contact_id=ContactId(77))
    with pytest.raises(RecordFault) as raised:
        store.commit(Changes(expects=snapshot.read, leads={lead_id: refused}))
    store.close()

    told = "".join(traceback.format_exception(raised.value))
    assert name not in told
    assert "77" not in told


@pytest.mark.rule("IMPORT-1", "EDIT-1")
@pytest.mark.parametrize("kept", ["memory", "sqlite", "postgresql"])
def test_a_new_record_is_not_written_over_one_that_was_imported_under_its_id(
    request: pytest.FixtureRequest, kept: str, tmp_path: Path
) -> None:
    """An import may bring an id that was just handed out; whoever was about to use it decides again."""
    seed = new_crm(CrmMode.CLASSIC)
    if kept == "memory":
        scene = Scene(InMemoryStore(seed))
    elif kept == "sqlite":
        scene = Scene(new_sqlite_store(tmp_path / "crm.db", seed))
    else:
        place: Database = request.getfixturevalue("postgres")
        scene = Scene(new_postgres_store(place.url, str(place.schema), seed))
    old = accepted(scene.crm.lead(ADMIN, scene.add(title="imported"))).record
    adding = decided(scene, AddLead(fields={"title": "added"}))
    (id,) = adding.leads
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(evolve(old, id=id),), activities=())))
    with pytest.raises(Conflict) as raised:
        scene.store.commit(adding)

    assert raised.value.stale == (Ref(Kind.LEAD, id),)
    assert scene.lead(id).title == "imported"
    if isinstance(scene.store, SqlStore):
        scene.store.close()


@pytest.mark.rule("EDIT-1")
def test_a_commit_that_is_interrupted_gives_its_connection_back_clean(scene: Scene) -> None:
    """Ctrl-C in the last question writes nothing, and the next commit on the same connection is done."""
    change = decided(scene, AddRecord(kind=Kind.CONTACT, fields={}))

    def confirm() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.store.commit(change, confirm)
    assert not scene.image().contacts
    scene.store.commit(change)
    assert len(scene.image().contacts) == 1
