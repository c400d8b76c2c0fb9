"""Commands in the transaction of a host: real with its commit, gone with its rollback, and told as what they are."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from crmcore import (
    ChunkDone,
    Conflict,
    ContactId,
    Crm,
    Epoch,
    InHostTransaction,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    Ref,
    Refused,
    StageCode,
    StageSemantics,
    UserId,
    run_switch_on,
)
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.roles import MANAGER
from crmcore.adapters.sql import NoTransaction, TransactionLost, TransactionOpen, WrongTransaction, upgrade
from crmcore.adapters.sql.connection import dialects
from crmcore.adapters.sql.store import SqlStore
from crmcore.application.step import Step
from crmcore.application.workers import Task, convert_part
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.protocol.commands import AddLead, ImportRecords
from crmcore.domain.rules.authority import Rights
from crmcore.ports import Joined, LeadAdded, LeadClosed, LeadConverted
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.testing.contracts.scene import ADMIN, accepted
from tests.sql.conftest import Database
from tests.sql.hosts import HostApp, host_engine

NEW_LEAD = Lead(id=LeadId(1), responsible=ADMIN, stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS)

TOKEN = SwitchToken("k", Epoch(2))


@pytest.fixture
def host(database: Database) -> Iterator[HostApp]:
    """A host on each database."""
    app = HostApp(database)
    yield app
    app.close()


@pytest.fixture
def lite(sqlite: Database) -> Iterator[HostApp]:
    """A host on SQLite."""
    app = HostApp(sqlite)
    yield app
    app.close()


@pytest.fixture
def server(postgres: Database) -> Iterator[HostApp]:
    """A host on PostgreSQL."""
    app = HostApp(postgres)
    yield app
    app.close()


@pytest.mark.rule("JOIN-1.1", "JOIN-1.2", "JOIN-1.4")
def test_a_command_is_real_with_the_hosts_commit(host: HostApp) -> None:
    """The host's row and the lead are there together, and nobody sees either before."""
    with host.engine.begin() as connection:
        crm = host.on(connection)
        lead = accepted(crm.add_lead(ADMIN, title="Desks"))
        host.note(connection, lead)
        assert accepted(crm.lead(ADMIN, lead)).record.title == "Desks"
        assert (host.leads(), host.heard) == ([], [])
        row = accepted(crm.convert_lead(ADMIN, lead)).row

    assert (host.leads(), host.notes()) == ([lead], [lead])
    assert host.heard == [LeadAdded(lead), LeadConverted(lead, row.deal_id, row.contact_id, None)]
    assert host.crm.audit(ADMIN) == ()


@pytest.mark.rule("JOIN-1.3", "JOIN-1.4")
def test_a_command_goes_with_the_hosts_rollback(host: HostApp) -> None:
    """Neither the host's row nor the lead is there, and the observer hears of neither, then or later."""
    with host.engine.connect() as connection:
        host.note(connection, accepted(host.on(connection).add_lead(ADMIN)))
        connection.rollback()
    assert (host.leads(), host.notes(), host.heard) == ([], [], [])

    with host.engine.begin() as connection:
        lead = accepted(host.on(connection).add_lead(ADMIN))
    assert (host.leads(), host.heard) == ([lead], [LeadAdded(lead)])


@pytest.mark.rule("JOIN-1.3", "JOIN-1.4")
def test_a_command_goes_with_a_savepoint_of_the_hosts(host: HostApp) -> None:
    """What was done before the savepoint and after it stays, and only that is told."""
    with Session(host.engine) as session:
        with session.begin_nested() as before:
            crm = host.on(session)
            host.note(session.connection(), 0)
            accepted(crm.add_lead(ADMIN))
            before.rollback()
        kept = accepted(crm.add_lead(ADMIN))
        with session.begin_nested():
            accepted(crm.close_lead(ADMIN, kept))
        undone = session.begin_nested()
        accepted(crm.add_lead(ADMIN))
        undone.rollback()
        session.commit()

    assert (host.leads(), host.notes()) == ([kept], [])
    assert host.heard == [LeadAdded(kept), LeadClosed(kept)]


@pytest.mark.rule("JOIN-1.1", "JOIN-1.4")
def test_one_session_goes_on_after_its_commit(host: HostApp) -> None:
    """Each transaction of a session is joined anew, and each commit tells its own."""
    with Session(host.engine) as session:
        crm = host.on(session)
        for number in (1, 2):
            host.note(session.connection(), accepted(crm.add_lead(ADMIN)))
            assert len(host.heard) == number - 1
            session.commit()
            assert len(host.heard) == number
    assert host.leads() == host.notes()
    assert len(host.leads()) == 2


@pytest.mark.rule("JOIN-1.5")
def test_a_command_that_fails_leaves_the_rest_of_the_transaction(host: HostApp) -> None:
    """What a constraint refuses is undone alone: the host goes on, in the settings it had."""
    with host.engine.begin() as connection:
        settings = _settings(connection)
        crm = host.on(connection)
        lead = accepted(crm.add_lead(ADMIN))
        good = evolve(NEW_LEAD, id=LeadId(lead + 6))  # written before the other one is refused
        planted = evolve(NEW_LEAD, id=LeadId(lead + 7), contact_id=ContactId(99))  # whom nobody knows
        step = Step.of(*_ports(host.joined(connection)), ADMIN, AddLead(fields={}))
        assert step.decision.changes is not None  # type: ignore[union-attr]
        faulty = evolve(step.decision.changes, leads={good.id: good, planted.id: planted})  # type: ignore[union-attr]
        with pytest.raises(Exception, match="unwritable"):
            host.joined(connection).commit(faulty)
        host.note(connection, lead)
        assert _settings(connection) == settings
    assert (host.leads(), host.notes()) == ([lead], [lead])


@pytest.mark.rule("JOIN-2.1", "JOIN-2.2")
def test_a_conflict_is_told_and_not_retried(host: HostApp) -> None:
    """What somebody else changed between reading and writing reaches the caller, who may call again."""
    lead = accepted(host.crm.add_lead(ADMIN))
    with host.engine.begin() as connection:
        joined = host.joined(connection)
        # On a file nobody but the host itself can write between the two.
        other = host.on(connection) if host.database.schema is None else host.crm
        overtaken = _Overtaken(joined.permissions, lambda: other.edit_lead(ADMIN, lead, 1, title="Other"))
        crm = Crm(store=joined, permissions=overtaken, plan=joined.plan, clock=host.clock)
        host.note(connection, lead)
        with pytest.raises(Conflict) as conflict:
            crm.close_lead(ADMIN, lead)
        assert (conflict.value.stale, overtaken.asked) == ((Ref(Kind.LEAD, lead),), 1)
        accepted(crm.close_lead(ADMIN, lead))
    assert host.notes() == [lead]
    assert not accepted(host.crm.lead(ADMIN, lead)).record.is_active


@pytest.mark.rule("PERM-2.3")
def test_a_right_that_is_taken_away_at_the_savepoint_refuses(host: HostApp) -> None:
    """`confirm` is asked in the host's transaction, and what is taken away after the command comes too late."""
    with host.engine.begin() as connection:
        joined = host.joined(connection)
        joined.permissions.grant(UserId(7), MANAGER)
        step = Step.of(*_ports(joined), UserId(7), AddLead(fields={}))
        joined.permissions.revoke(UserId(7))
        with pytest.raises(Conflict) as conflict:
            step.commit()
        assert conflict.value.stale == (Ref(Kind.RIGHTS, 0),)
        refused = host.on(connection).add_lead(UserId(7))
        assert isinstance(refused, Refused)
        joined.permissions.grant(UserId(7), MANAGER)
        kept = accepted(host.on(connection).add_lead(UserId(7)))
        joined.permissions.revoke(UserId(7))
    assert host.leads() == [kept]


@pytest.mark.rule("JOIN-2.4")
def test_what_commits_many_times_is_not_for_a_hosts_transaction(host: HostApp) -> None:
    """A switch and its workers need commits of their own; each single step of a switch is a command."""
    with host.engine.begin() as connection:
        crm = host.on(connection)
        accepted(crm.add_lead(ADMIN))
        for call in (
            lambda: crm.switch_to_simple(ADMIN, key="k"),
            lambda: crm.run_switch(TOKEN),
            lambda: convert_part(lambda: crm, Task(TOKEN, 1, (0, 1), 0)),
            lambda: run_switch_on(ThreadPoolExecutor(1), lambda: crm, TOKEN, workers=1),
        ):
            with pytest.raises(InHostTransaction):
                call()
        token = accepted(crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        assert isinstance(crm.convert_chunk(token), ChunkDone)
        accepted(crm.finish_switch(token))
    assert host.crm.audit(ADMIN) == ()
    assert [type(each).__name__ for each in host.heard][-1] == "SwitchFinished"


@pytest.mark.rule("JOIN-3.1", "JOIN-3.2")
def test_a_transaction_of_another_isolation_is_told(server: HostApp) -> None:
    """Where statements do not see what was committed before them, or nothing can be written, a command is refused."""
    for options, told in (
        ({"isolation_level": "REPEATABLE READ"}, "REPEATABLE READ"),
        ({"isolation_level": "SERIALIZABLE"}, "SERIALIZABLE"),
        ({"isolation_level": "AUTOCOMMIT"}, "AUTOCOMMIT"),
        ({"postgresql_readonly": True}, "READ ONLY"),
    ):
        with server.engine.connect().execution_options(**options) as connection:
            crm = server.on(connection)
            with pytest.raises(NoTransaction if told == "AUTOCOMMIT" else WrongTransaction, match=told):
                crm.add_lead(ADMIN)
    with server.engine.connect() as connection, connection.begin_twophase():
        crm = server.on(connection)
        with pytest.raises(WrongTransaction, match="two phases"):
            crm.add_lead(ADMIN)
    assert server.leads() == []


@pytest.mark.rule("JOIN-3.1")
def test_a_file_of_the_host_serves_as_its_driver_left_it(lite: HostApp) -> None:
    """A connection that commits by itself, checks no links or has another file open is refused."""
    with lite.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        crm = lite.on(connection)
        with pytest.raises(NoTransaction):
            crm.add_lead(ADMIN)
    plain = create_engine(lite.database.url)
    with plain.connect() as connection, pytest.raises(WrongTransaction, match="foreign_keys=ON"):
        lite.on(connection).add_lead(ADMIN)
    plain.dispose()
    assert lite.leads() == []


@pytest.mark.rule("JOIN-3.3")
def test_a_transaction_on_another_database_is_told(host: HostApp, tmp_path: Any) -> None:
    """The portal of this number may be somebody else's there."""
    if host.database.schema is None:
        other = Database("sqlite", f"sqlite:///{tmp_path / 'other.db'}")
        upgrade(other.url)
        engine = host_engine(other)
        with engine.connect() as connection, pytest.raises(WrongTransaction, match="another database"):
            host.on(connection).add_lead(ADMIN)
        engine.dispose()
    else:
        memory = create_engine("sqlite://")
        with memory.connect() as connection, pytest.raises(WrongTransaction, match="driver of the store"):
            host.on(connection).add_lead(ADMIN)
        memory.dispose()
    # An asynchronous session, an engine, what makes sessions: none of them is in a transaction.
    for wrong in (_Async(), host.engine, sessionmaker(host.engine), None):
        with pytest.raises(InvalidValue, match="connection: expected a Connection or a Session of SQLAlchemy"):
            host.on(wrong).add_lead(ADMIN)


@pytest.mark.rule("JOIN-2.3", "JOIN-3.2")
def test_a_host_that_read_before_another_wrote_begins_anew(lite: HostApp) -> None:
    """On SQLite such a transaction can never write: a read tells so too, and none that it is safe to run again."""
    engine = host_engine(lite.database)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM note").all()
        accepted(lite.crm.add_lead(ADMIN))
        crm = lite.on(connection)
        for call in (crm.mode, lambda: crm.add_lead(ADMIN)):
            with pytest.raises(TransactionLost, match="SQLITE_BUSY_SNAPSHOT"):
                call()
        connection.rollback()
        accepted(lite.on(connection).add_lead(ADMIN))
        connection.commit()
    engine.dispose()
    assert len(lite.leads()) == 2


@pytest.mark.rule("JOIN-3.4")
def test_a_second_crm_on_the_file_does_not_wait_for_its_own_thread(lite: HostApp) -> None:
    """It is told at once; reading goes on, and so does writing once the host is done."""
    with lite.engine.begin() as connection:
        lead = accepted(lite.on(connection).add_lead(ADMIN))
        with pytest.raises(TransactionOpen, match="this thread"):
            lite.crm.add_lead(ADMIN)
        with pytest.raises(TransactionOpen):
            lite.store.permissions.grant(UserId(7), MANAGER)
        assert lite.leads() == []
    accepted(lite.crm.add_lead(ADMIN))
    assert len({*lite.leads()} - {lead}) == 1


@pytest.mark.rule("JOIN-2.3")
def test_a_database_that_rolls_everything_back_is_told(lite: HostApp) -> None:
    """Where SQLite has ended the transaction, the host does not go on as if it were there."""
    with lite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON crm_lead BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        )
    with suppress(Exception), lite.engine.connect() as connection:
        lite.note(connection, 1)
        with pytest.raises(TransactionLost, match="rolled the whole transaction back"):
            lite.on(connection).add_lead(ADMIN)
    assert (lite.leads(), lite.notes()) == ([], [])


@pytest.mark.rule("JOIN-2.3")
def test_a_connection_that_is_lost_loses_the_hosts_transaction(server: HostApp) -> None:
    """Nothing is committed, so nothing is unknown."""
    with suppress(Exception), server.engine.connect() as connection:
        crm = server.on(connection)
        accepted(crm.add_lead(ADMIN))
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with server.engine.begin() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(TransactionLost):
            crm.add_lead(ADMIN)
    assert (server.leads(), server.heard) == ([], [])


@pytest.mark.rule("JOIN-4.1")
def test_locks_last_until_the_hosts_commit(server: HostApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another command on the same lead waits and is told; one on another lead does not wait."""
    monkeypatch.setattr(dialects, "PATIENCE", 0.05)
    first, second = (accepted(server.crm.add_lead(ADMIN)) for _ in range(2))
    with server.engine.begin() as one, server.engine.begin() as other:
        accepted(server.on(one).close_lead(ADMIN, first))
        accepted(server.on(other).close_lead(ADMIN, second))
        with pytest.raises(TransactionLost, match="55P03"):
            server.on(other).close_lead(ADMIN, first)
        with pytest.raises(TransactionLost, match="55P03"):
            server.on(other).begin_switch(ADMIN, key="k")
        server.note(other, second)
    assert server.notes() == [second]
    assert not any(found.record.is_active for found in server.crm.leads(ADMIN))


@pytest.mark.rule("JOIN-4.1")
def test_nobody_else_writes_to_the_file_before_the_hosts_commit(lite: HostApp) -> None:
    """SQLite has one lock, and the host's transaction keeps it after the command."""
    with lite.engine.begin() as connection:
        accepted(lite.on(connection).add_lead(ADMIN))
        with closing(sqlite3.connect(make_url(lite.database.url).database or "", timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            connection.commit()
            other.execute("BEGIN IMMEDIATE")


@pytest.mark.rule("JOIN-4.2")
def test_ids_of_what_was_rolled_back(host: HostApp) -> None:
    """On PostgreSQL they are gone, since another connection hands them out; on SQLite they may come again."""
    with host.engine.connect() as connection:
        lost = accepted(host.on(connection).add_lead(ADMIN))
        connection.rollback()
    with host.engine.begin() as connection:
        crm = host.on(connection)
        next_one = accepted(crm.add_lead(ADMIN))
        assert (next_one == lost) is (host.database.schema is None)
        imported = evolve(NEW_LEAD, id=LeadId(500))
        accepted(crm.run(ADMIN, ImportRecords(leads=(imported,))))
        assert accepted(crm.add_lead(ADMIN)) == 501  # without waiting for the counter that this transaction holds
    assert accepted(host.crm.add_lead(ADMIN)) == 502


@pytest.mark.rule("JOIN-1.1")
def test_an_audit_in_a_hosts_transaction_is_of_one_moment(host: HostApp) -> None:
    """It sees what the transaction has written itself."""
    with host.engine.begin() as connection:
        crm = host.on(connection)
        accepted(crm.convert_lead(ADMIN, accepted(crm.add_lead(ADMIN))))
        assert crm.audit(ADMIN) == ()
        assert len(accepted(crm.export(ADMIN)).deals) == 1
    assert isinstance(host.joined(host.engine), Joined)
    assert not isinstance(host.store, Joined)


class _Overtaken:
    """Rights, and somebody else who acts once between reading and writing."""

    def __init__(self, permissions: Permissions, act: Callable[[], object]) -> None:
        self.permissions = permissions
        self.act = act
        self.asked = 0

    def rights(self, actor: UserId) -> Rights:
        """Act, then answer."""
        self.asked += 1
        if self.asked == 1:
            self.act()
        return self.permissions.rights(actor)


class _Async:
    """A session whose connection is none of SQLAlchemy's."""

    def connection(self) -> object:
        """Not a connection."""
        return object()


def _ports(store: SqlStore) -> tuple[SqlStore, Permissions, Plan, FixedClock]:
    return store, store.permissions, store.plan, FixedClock()


def _settings(connection: Connection) -> list[Any]:
    if connection.dialect.name == "sqlite":
        return []
    names = ("search_path", "enable_seqscan", "lock_timeout", "synchronous_commit")
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
