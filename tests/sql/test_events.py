"""The events of a SQL store: with their changes, in order, and none that commits late is missed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from crmcore import CrmError, CrmMode, InvalidValue, NoEvents, Refused, StoreCorrupt, UserId
from crmcore.adapters.sql import fill_portal, keep_events
from crmcore.adapters.sql.store import SqlStore
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.protocol.commands import CloseLead
from crmcore.testing.contracts import EventContract, Hosted
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from tests.sql.conftest import Database
from tests.sql.hooks import SqlHooks
from tests.sql.hosts import HostApp, host_engine
from tests.sql.servers import Portals, new_sqlite_store


class SqlEvents(SqlHooks, EventContract):
    """What both databases have in common."""

    database: Database

    @contextmanager
    def hosted(self, store: Any) -> Iterator[Hosted]:
        engine = host_engine(self.database)
        with engine.connect() as connection:
            yield Hosted(store.on(connection), connection.commit, connection.rollback)
        engine.dispose()


class TestSqliteEvents(SqlEvents):
    """A file."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_store(self, seed: CrmImage) -> SqlStore:
        path = self.folder / f"{uuid4().hex}.db"
        self.database = Database("sqlite", f"sqlite:///{path}")
        store = new_sqlite_store(path, seed)
        keep_events(store)
        return store


class TestPostgresEvents(SqlEvents):
    """A server, with a portal for each store."""

    @pytest.fixture(autouse=True)
    def _portals(self, postgres: Database) -> Iterator[None]:
        self.database = postgres
        self.portals = Portals(postgres.url, postgres.schema)
        yield
        self.portals.close()

    def make_store(self, seed: CrmImage) -> SqlStore:
        store = self.portals.store(seed)
        keep_events(store)
        return store


@pytest.fixture
def host(database: Database) -> Iterator[HostApp]:
    """A host on each database."""
    app = HostApp(database)
    keep_events(app.store)
    yield app
    app.close()


@pytest.mark.rule("EVENT-2.4", "EVENT-2.5")
def test_an_event_that_commits_late_is_not_missed(postgres: Database) -> None:
    """Its id is lower than one that was read; it comes on the next page, while nobody has waited for it."""
    host = HostApp(postgres)
    keep_events(host.store)
    with host.engine.connect() as connection:
        late = accepted(host.on(connection).add_lead(ADMIN))
        early = accepted(host.crm.add_lead(ADMIN))
        page = host.store.events(None, 10)
        assert [each.event.lead_id for each in page.entries] == [early]  # type: ignore[union-attr]
        assert host.store.events(page.after, 10).entries == ()
        assert host.joined(connection).events(page.after, 10).entries == ()  # not even to the host itself
        another = accepted(host.crm.add_lead(ADMIN))
        between = host.store.events(page.after, 1)
        connection.commit()
    rest = host.store.events(between.after, 10)
    kept = [*page.entries, *between.entries, *rest.entries]
    assert [each.event.lead_id for each in kept] == [early, another, late]  # type: ignore[union-attr]
    assert rest.entries[0].id < page.entries[0].id
    assert host.store.events(rest.after, 10).entries == ()
    host.close()


@pytest.mark.rule("EVENT-2")
def test_a_place_of_another_server_is_refused(postgres: Database) -> None:
    """A restored server counts its transactions anew, and a reader would miss what it writes."""
    host = HostApp(postgres)
    keep_events(host.store)
    place = f"{2**40}:{2**40}:/"
    with pytest.raises(InvalidValue, match="restored"):
        host.store.events(place, 10)
    host.close()


@pytest.mark.rule("EVENT-1.1")
def test_nothing_is_kept_unless_somebody_asked(database: Database) -> None:
    """Then no row is written, and whoever reads is told that there is nothing to read."""
    host = HostApp(database)
    accepted(host.crm.add_lead(ADMIN))
    with pytest.raises(NoEvents):
        host.crm.events(ADMIN)
    assert keep_events(host.store) is None
    assert accepted(host.crm.events(ADMIN)).entries == ()
    host.close()


@pytest.mark.rule("EVENT-1.3")
def test_from_the_moment_that_it_is_turned_on_no_step_goes_without_its_events(host: HostApp) -> None:
    """A step that was decided before is stale, in both directions; a live switch is not disturbed."""
    scene = Scene(host.store)
    lead = scene.add()
    for keep in (False, True):
        before = decided(scene, CloseLead(lead_id=lead))
        assert keep_events(host.store, keep, by=ADMIN) is None
        assert keep_events(host.store, keep) is None  # again: nothing changes
        with pytest.raises(Conflict):
            host.store.commit(before)
    assert isinstance(keep_events(host.store, by=UserId(7)), Refused)
    scene.add()
    scene.begin()
    refused = keep_events(host.store, False)
    assert isinstance(refused, Refused)
    assert str(refused.reason) == "switch_in_progress"
    assert host.crm.audit(ADMIN) == ()


@pytest.mark.rule("EVENT-1.2")
def test_a_step_whose_event_cannot_be_written_is_not_there(sqlite: Database) -> None:
    """A table that is full refuses the step as a whole, and the next one goes on."""
    host = HostApp(sqlite)
    keep_events(host.store)
    with host.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON crm_event BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(CrmError):
        host.crm.add_lead(ADMIN)
    assert host.leads() == []
    with host.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    lead = accepted(host.crm.add_lead(ADMIN))
    assert host.leads() == [lead]
    assert len(host.store.events(None, 10).entries) == 1
    host.close()


@pytest.mark.rule("EVENT-2.3")
def test_events_of_a_lead_come_as_they_were_committed(host: HostApp) -> None:
    """Whatever lies between them, and however the pages are cut."""
    lead = accepted(host.crm.add_lead(ADMIN))
    accepted(host.crm.edit_lead(ADMIN, lead, 1, title="Desks"))
    accepted(host.crm.add_lead(ADMIN))
    accepted(host.crm.close_lead(ADMIN, lead))
    accepted(host.crm.reopen_lead(ADMIN, lead))
    first = host.store.events(None, 3)
    entries = [*first.entries, *host.store.events(first.after, 3).entries]
    assert [type(each.event).__name__ for each in entries] == [
        *("LeadAdded", "RecordEdited", "LeadAdded", "LeadClosed", "LeadReopened")
    ]


@pytest.mark.rule("EVENT-2.4", "EVENT-2.5")
def test_a_page_has_what_is_committed_and_the_next_one_what_commits_later(host: HostApp) -> None:
    """Also where the host itself reads inside its transaction, and after a page without events."""
    first = accepted(host.crm.add_lead(ADMIN))
    with host.engine.connect() as connection:
        later = accepted(host.on(connection).add_lead(ADMIN))
        page = host.joined(connection).events(None, 10)
        nothing = host.store.events(page.after, 10)
        connection.commit()
    rest = host.store.events(nothing.after, 10)
    kept = [[each.event.lead_id for each in some.entries] for some in (page, nothing, rest)]  # type: ignore[union-attr]
    assert kept == [[first], [], [later]]


@pytest.mark.rule("EVENT-2.1", "PERM-6")
def test_events_are_read_with_the_settings_right(host: HostApp) -> None:
    """They tell of every record."""
    crm = Crm(store=host.store, permissions=host.store.permissions, plan=host.store.plan, clock=host.clock)
    assert isinstance(crm.events(UserId(7)), Refused)
    for wrong in (0, 1001, True):
        with pytest.raises(InvalidValue, match="limit"):
            crm.events(ADMIN, limit=wrong)
    with pytest.raises(InvalidValue, match="after"):
        crm.events(ADMIN, after=7)  # type: ignore[arg-type]


@pytest.mark.rule("EVENT-2.2")
def test_a_portal_that_is_filled_keeps_its_events(database: Database) -> None:
    """And their numbers go on."""
    store = HostApp(database, new_crm()).store
    keep_events(store)
    scene = Scene(store)
    accepted(scene.crm.switch_to_classic(ADMIN))
    before = store.events(None, 10)
    assert len(before.entries) == 1
    assert fill_portal(store, new_crm(CrmMode.CLASSIC)) is None
    scene.add()
    assert store.events(None, 10).entries[:1] == before.entries
    (new,) = store.events(before.after, 10).entries
    assert new.id > before.entries[0].id
    store.close()


@pytest.mark.rule("DATA-1")
def test_an_event_that_is_none_is_told(host: HostApp) -> None:
    """What another client has made of the row is no guess."""
    accepted(host.crm.add_lead(ADMIN))
    for name, body in (("LeadAded", "[1]"), ("LeadAdded", "[]"), ("LeadAdded", "{")):
        with host.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE crm_event SET name = '{name}', body = '{body}'")
        with pytest.raises(StoreCorrupt, match="crm_event"):
            host.store.events(None, 10)
