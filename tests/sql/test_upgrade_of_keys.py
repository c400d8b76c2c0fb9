"""A database that was filled with version 0001 of the tables: refused as it is, whole after the upgrade (MATCH-4)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, text
from sqlalchemy.exc import DBAPIError

from crmcore import ContactPoint, InquiryHeld, Kind, PointKind, Ref
from crmcore.adapters.sql import SqlStore, create_portal, open_store
from crmcore.adapters.sql.connection.errors import OlderStore
from crmcore.adapters.sql.connection.revisions import REVISIONS
from crmcore.adapters.sql.database import key_rebuild
from crmcore.adapters.sql.database import upgrade as upgrading
from crmcore.adapters.sql.database.upgrade import upgrade
from crmcore.adapters.sql.database.versions import begun
from crmcore.adapters.sql.rows.indexes import metadata
from crmcore.application.images import image_of
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.contracts.scene import accepted
from tests.sql.conftest import Database

pytestmark = pytest.mark.rule("MATCH-4")

#: The rows of a CRM as crmcore wrote them with version 0001: clients and leads under keys of the first form, a key that
#: was given up, a deleted lead, a keyed inquiry, and a switch that goes on.
ROWS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("filled_at_0001.json").read_text(encoding="utf-8")
)
_LINKS = ("contact_id", "company_id", "deal_id")


@pytest.fixture
def filled(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database as it stood before the upgrade."""
    with monkeypatch.context() as before:
        before.setattr(upgrading, "REVISIONS", ("0001",))
        upgrade(database.url, database.schema)
    with begun(database.url, database.schema, make=True) as connection:
        _fill(connection)
    return database


def _fill(connection: Connection) -> None:
    links = []
    for table, rows in ROWS.items():
        for row in rows:
            given = row
            if table == "crm_lead":
                links.append({name: row.get(name) for name in ("portal", "id", *_LINKS)})
                given = {name: value for name, value in row.items() if name not in _LINKS}
            _insert(connection, table, given)
    sets = ", ".join(f"{name} = :{name}" for name in _LINKS)
    connection.execute(text(f"UPDATE crm_lead SET {sets} WHERE portal = :portal AND id = :id"), links)


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    given = {name: _value(table, name, value) for name, value in row.items()}
    columns = ", ".join(f'"{name}"' for name in given)
    values = ", ".join(f":{name}" for name in given)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), given)


def _value(table: str, column: str, value: Any) -> Any:
    found = metadata.tables[table].columns.get(column)
    return bool(value) if found is not None and isinstance(found.type, Boolean) else value


def _opened(database: Database) -> SqlStore:
    return open_store(database.url, schema=database.schema)


@pytest.fixture
def store(filled: Database) -> Iterator[SqlStore]:
    """The store after the upgrade."""
    assert upgrade(filled.url, filled.schema) == ("0001", REVISIONS[-1])
    with _opened(filled) as store:
        yield store


def _sent(crm: TestCrm, kind: PointKind, value: str) -> InquiryHeld:
    held: InquiryHeld = accepted(
        crm.crm.take_inquiry(ADMIN, channel="email", contact_points=[ContactPoint(kind=kind, value=value)])
    )
    return held


def test_until_it_is_upgraded_the_store_refuses(filled: Database) -> None:
    """The error says what to do."""
    with pytest.raises(OlderStore, match=r"version 0001.*crmcore db upgrade"):
        _opened(filled)


def _rows(store: SqlStore) -> list[tuple[Any, ...]]:
    with store.engine().connect() as connection:
        found = connection.execute(text("SELECT kind, point, form, id FROM crm_match WHERE held ORDER BY 1, 2, 3, 4"))
        return [tuple(row) for row in found]


@pytest.mark.rule("MATCH-4.2")
def test_the_keys_are_those_that_the_records_would_get_now(store: SqlStore, filled: Database) -> None:
    """Those of every living record, and of no deleted one; what was given up leaves nothing."""
    portals: dict[int, set[tuple[Any, ...]]] = {1: set(), 2: set()}
    with (
        create_portal(filled.url, "again", image_of(store), schema=filled.schema),
        store.engine().connect() as connection,
    ):
        for portal, *row in connection.execute(text("SELECT portal, kind, point, form, id FROM crm_match")):
            portals[portal].add(tuple(row))
    assert portals[1] == portals[2]
    assert {(2, "email", "ann@example.com", 1), (2, "phone", "+3225550110", 1)} <= portals[1]
    assert "1800" not in {row[2] for row in portals[1]}


@pytest.mark.parametrize(
    "kind, value, contact, company",
    [
        (PointKind.PHONE, "+32 2 555 01 10", 1, None),
        (PointKind.EMAIL, "Desks <desks@münchen.example>", None, 1),
        (PointKind.EMAIL, "desks@xn--mnchen-3ya.example", None, 1),
    ],
)
def test_a_client_is_found_by_the_new_form(
    store: SqlStore, kind: PointKind, value: str, contact: int | None, company: int | None
) -> None:
    """That had keys of the old form only."""
    crm = TestCrm(store)
    deal = accepted(crm.crm.deal(ADMIN, _sent(crm, kind, value).ref.id)).record  # type: ignore[arg-type]  # a deal's id
    assert (deal.contact_id, deal.company_id) == (contact, company)


def test_two_that_the_old_form_took_for_one_are_two(store: SqlStore) -> None:
    """Letters in a phone are no key any more."""
    crm = TestCrm(store)
    before = len(image_of(store).contacts)
    _sent(crm, PointKind.PHONE, "1-800-LAWYERS")
    assert len(image_of(store).contacts) == before + 1


def test_the_switch_goes_on_and_the_audit_is_clean(store: SqlStore) -> None:
    """Leads whose e-mails are one now get one client; a keyed inquiry answers as it did."""
    crm = TestCrm(store)
    assert crm.crm.audit(ADMIN) == ()
    again = crm.crm.take_inquiry(
        ADMIN,
        channel="email",
        subject="Prices?",
        contact_points=[ContactPoint(kind=PointKind.EMAIL, value="carl@example.com")],
        key="message-1",
    )
    assert again == InquiryHeld(Ref(Kind.LEAD, 8), accepted(again).activity_id)
    report = accepted(crm.crm.switch_to_simple(ADMIN, key="2026"))
    assert (report.result, report.totals.converted) == ("switched", 6)
    rows = {int(row.lead_id): row for row in image_of(store).ledger.values()}
    assert rows[2].contact_id == rows[3].contact_id  # Bob <bob@…> and bob@…
    assert crm.crm.audit(ADMIN) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT t.key FROM crm_match AS t WHERE t.portal = 1",
        "INSERT INTO crm_match (portal, kind, point, key, id, version, held) VALUES (1, 2, 'phone', '1', 9, 1, TRUE)",
    ],
)
def test_a_process_of_before_can_neither_look_up_nor_write(store: SqlStore, statement: str) -> None:
    """That has the database open still: its statements name a column that is not there any more."""
    with store.engine().connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(statement))


def test_a_record_that_cannot_be_read_stops_no_upgrade(filled: Database) -> None:
    """It has no keys, and the others have theirs."""
    with begun(filled.url, filled.schema, make=True) as connection:
        connection.execute(text("UPDATE crm_contact SET contact_points = '[[' WHERE id = 1"))
    upgrade(filled.url, filled.schema)
    with _opened(filled) as store:
        ids = {row[3] for row in _rows(store) if row[0] == 2}
    assert ids == {3, 4}


@pytest.mark.rule("MATCH-4.2")
def test_records_are_read_in_parts(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their number, none is left out."""
    with begun(filled.url, filled.schema, make=True) as connection:
        [portal] = ROWS["crm_portal"]
        _insert(connection, "crm_portal", {**portal, "id": 2, "name": "other"})
        connection.execute(
            text(
                "INSERT INTO crm_contact (portal, id, version, responsible, opened, contact_points)"
                " SELECT 2, id, 1, responsible, opened, contact_points FROM crm_contact"
            )
        )
    monkeypatch.setattr(key_rebuild, "_AT_ONCE", 2)
    upgrade(filled.url, filled.schema)
    with begun(filled.url, filled.schema) as connection:
        found = connection.execute(text("SELECT portal, point, form, id FROM crm_match WHERE kind = 2")).all()
    keys = {portal: {tuple(row[1:]) for row in found if row[0] == portal} for portal in (1, 2)}
    assert keys[1] == keys[2]
    assert len(keys[1]) == 4
