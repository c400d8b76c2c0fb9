"""What a database keeps of a deleted record: its id and its links, and no word of its data."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crmcore import (
    Address,
    ClientChoice,
    CustomFields,
    ExternalOrigin,
    InvalidValue,
    Kind,
    ModeSwitchPolicy,
    PersonName,
    Ref,
    StoreBusy,
    Utm,
)
from crmcore.adapters.sql import SqlStore, keep_events
from crmcore.adapters.sql.connection.engines import engine_for
from crmcore.adapters.sql.rows.indexes import metadata
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.events import ActivityDeleted
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.sql.conftest import Database
from tests.sql.hosts import HostApp
from tests.sql.servers import store_in

pytestmark = pytest.mark.rule("DATA-3")

POINTS = (
    ContactPoint(kind=PointKind.EMAIL, value="ana@zamfir.example"),
    ContactPoint(kind=PointKind.PHONE, value="+40 721 234 567"),
)


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        yield store


def everywhere(store: SqlStore, *words: str) -> list[str]:
    """The tables in which one of these words stands."""
    with store.engine().connect() as connection:
        rows = [
            (table.name, str(row).lower())
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    return sorted({name for name, row in rows if any(word in row for word in words)})


def test_no_table_has_a_word_of_a_deleted_lead(store: SqlStore) -> None:
    """Title, name, address, texts, its own activity, and the e-mail and phone by which it was found."""
    scene = Scene(store)
    lead = scene.add(
        title="Zamfir title",
        name=PersonName(first="Ana", last="Zamfir"),
        contact_points=POINTS,
        address=Address(street="Calea Zamfir 1"),
        comments="Zamfir calls back",
        custom=CustomFields({"UF_A": "zamfir"}),
    )
    scene.add_activity(Ref(Kind.LEAD, lead), subject="Call Zamfir")
    assert everywhere(store, "zamfir") == ["crm_activity", "crm_lead", "crm_match"]

    accepted(scene.crm.delete_lead(ADMIN, lead))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []


@pytest.mark.rule("EDIT-1")
def test_no_table_has_an_address_that_was_edited_away(store: SqlStore) -> None:
    """Of a contact too, which is never deleted."""
    scene = Scene(store)
    contact = scene.add_contact(contact_points=POINTS)
    accepted(scene.crm.edit_contact(ADMIN, contact, 1, contact_points=()))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []


@pytest.mark.rule("EDIT-1", "CONV-7")
def test_a_key_that_goes_and_comes_moves_its_version_each_time(store: SqlStore) -> None:
    """Also one that is too long to be kept as it is; found is only who has it now."""
    scene = Scene(store)
    for value in ("ana@zamfir.example", f"{'a' * 300}@zamfir.example"):
        points = (ContactPoint(kind=PointKind.EMAIL, value=value),)
        key = MatchKey(Kind.CONTACT, PointKind.EMAIL, value)
        contact = scene.add_contact()
        seen = []
        for version, has in enumerate((points, (), points, ()), 1):
            accepted(scene.crm.edit_contact(ADMIN, contact, version, contact_points=has))
            found = store.snapshot(Query(match_keys=frozenset({key})))
            seen.append(found.version(Kind.MATCH_KEY, key))
            assert found.matches.get(key, ()) == ((contact,) if has else ())
        assert len(set(seen)) == 4
    assert everywhere(store, "zamfir") == []


@pytest.mark.rule("CONV-7")
def test_no_table_has_an_address_that_was_only_looked_up(store: SqlStore) -> None:
    """The claim of a key outlives the lead whose client was looked for."""
    scene = Scene(store)
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    lead = scene.add(contact_points=POINTS)
    accepted(scene.crm.delete_lead(ADMIN, lead))

    assert everywhere(store, "zamfir") == []


@pytest.mark.rule("DATA-5.4")
def test_no_table_and_no_byte_has_a_word_of_an_erased_person(database: Database, tmp_path: Path) -> None:
    """Of no version of its records: a title that was edited before is gone too, from the file and from its log."""
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        scene = Scene(store)
        lead = scene.add(title="Zamfir first", contact_points=POINTS, comments="Zamfir calls back " * 200)
        scene.edit(lead, title="Zamfir title", name=PersonName(first="Ana", last="Zamfir"))
        scene.add_activity(Ref(Kind.LEAD, lead), subject="Call Zamfir")
        row = scene.convert(lead)
        scene.add(title="Zamfir again", contact_points=POINTS[:1])
        assert row.contact_id is not None
        accepted(scene.crm.erase(ADMIN, Ref(Kind.CONTACT, row.contact_id)))
        assert everywhere(store, "zamfir", "721") == []
        assert accepted(scene.crm.audit(ADMIN)) == ()
        store.empty_log()
        files = sorted(tmp_path.glob("**/*"))
        assert [path.name for path in files if path.is_file() and b"zamfir" in path.read_bytes().lower()] == []


@pytest.mark.rule("DATA-5.4")
def test_a_log_that_cannot_be_emptied_is_told(tmp_path: Path) -> None:
    """Somebody reads what was there before; when they have done, it can be."""
    url, log = f"sqlite:///{tmp_path / 'crm.db'}", tmp_path / "crm.db-wal"
    with (
        store_in(url, new_crm(CrmMode.CLASSIC)) as made,
        SqlStore(lambda: engine_for(url, patience=0.01), made.portal_id) as store,
    ):
        with closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM crm_lead").fetchall()
            Scene(store).add(title="Zamfir")
            with pytest.raises(StoreBusy, match="call `empty_log` again"):
                store.empty_log()
            assert log.stat().st_size > 0
        store.empty_log()
        assert log.stat().st_size == 0


@pytest.mark.rule("DATA-5.4")
def test_no_row_has_a_word_of_who_is_erased_in_a_hosts_transaction(database: Database) -> None:
    """With events kept and inquiries attached: all is there after the host's rollback, and none after its commit."""
    host = HostApp(database)
    keep_events(host.store)
    full: dict[str, Any] = {
        "utm": Utm(source="zamfir"),
        "origin": ExternalOrigin(originator="zamfir"),
        "custom": CustomFields({"UF_ZAMFIR": "zamfir"}),
    }
    lead = accepted(host.crm.add_lead(ADMIN, title="Zamfir", contact_points=POINTS, key="1", **full))
    said: dict[str, Any] = {
        "title": "Zamfir calls",
        "subject": "zamfir",
        "comments": "zamfir",
        "contact_points": POINTS,
    }
    accepted(host.crm.take_inquiry(ADMIN, channel="call", **said))
    row = accepted(host.crm.convert_lead(ADMIN, lead, policy=ModeSwitchPolicy(client=ClientChoice.BOTH))).row
    accepted(host.crm.take_inquiry(ADMIN, channel="chat", **said))
    before = everywhere(host.store, "zamfir")
    assert {"crm_activity", "crm_company", "crm_contact", "crm_deal", "crm_lead", "crm_match"} <= set(before)
    host.heard.clear()
    with host.engine.connect() as connection:
        report = accepted(host.on(connection).erase(ADMIN, Ref(Kind.LEAD, lead)))
        connection.rollback()
    assert (everywhere(host.store, "zamfir"), host.heard) == (before, [])
    with host.engine.begin() as connection:
        assert accepted(host.on(connection).erase(ADMIN, Ref(Kind.LEAD, lead))) == report
    assert (report.deals, len(report.leads), len(report.activities)) == ((row.deal_id,), 2, 2)
    assert everywhere(host.store, "zamfir", "40721234567", "721 234") == []
    assert host.heard[-1] == ActivityDeleted(report.activities[-1])
    assert accepted(host.crm.audit(ADMIN)) == ()
    host.close()


@pytest.mark.rule("DATA-5.4")
def test_a_name_that_an_import_learnt_is_forgotten_by_its_id(store: SqlStore) -> None:
    """The others stay, a later import gives the name a new id, and without a name there is nothing to do."""
    store.names.keep({7: "Zamfir", 8: "Bob"})
    store.names.forget(9)
    store.names.forget(7)
    assert store.names.persons() == {8: "Bob"}
    assert everywhere(store, "zamfir") == []
    store.names.keep({9: "Zamfir"})
    with pytest.raises(InvalidValue, match=r"^id: "):
        store.names.forget(0)
