"""Values that another client has planted in the tables: refused by the database, or set aside and named (DATA-1)."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy.exc import DBAPIError

from crmcore import (
    ContactId,
    ContactPoint,
    Grant,
    Kind,
    LeadId,
    Level,
    Operation,
    PointKind,
    Preview,
    RecordFault,
    Ref,
    Role,
    StoreCorrupt,
    UserId,
)
from crmcore.adapters.document import dump_crm, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql import SqlStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.settings import CrmMode
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.building import BOTH
from tests.sql.conftest import Database
from tests.sql.servers import store_in

pytestmark = pytest.mark.rule("DATA-1", "SWITCH-9")

LEADS = 20

#: Texts of a character, and a blob, as SQLite spells them.
NUL, ESC, BLOB = "CAST(X'6100' AS TEXT)", "CAST(X'1B5B' AS TEXT)", "X'6162'"
#: How PostgreSQL spells them; of a blob it makes a text that is one.
SPELLED = {NUL: "chr(0)", ESC: "chr(27)", BLOB: "chr(0)"}

#: Table, column and the literal that is planted.
VALUES = [
    ("lead", "amount", "'NaN'"),
    ("lead", "amount", "'1e999'"),
    ("lead", "amount", "'0.12345678901'"),
    ("lead", "amount", "'a lot'"),
    ("lead", "currency", "'EURO'"),
    ("lead", "currency", "''"),
    ("lead", "title", f"'{'x' * 1000}'"),
    ("lead", "title", NUL),
    ("lead", "title", ESC),
    ("lead", "title", BLOB),
    ("lead", "responsible", "'boss'"),
    ("lead", "responsible", "0"),
    ("lead", "responsible", "-1"),
    ("lead", "opened", "'maybe'"),
    ("lead", "source", "'a b'"),
    ("lead", "source", "''"),
    ("lead", "stage", "''"),
    ("lead", "semantics", "'X'"),
    ("lead", "observers", "'[1,\"x\"]'"),
    ("lead", "observers", "'['"),
    ("lead", "contact_points", '\'[["email","WORK",7]]\''),
    ("lead", "contact_points", '\'[["fax","WORK","7"]]\''),
    ("lead", "address", "'{\"city\":1}'"),
    ("lead", "custom", '\'{"UF_A":["integer","x"]}\''),
    ("lead", "custom", f"'{'[' * 100_000}'"),
    ("lead", "address", f"'{'[' * 900}{']' * 900}'"),
    ("lead", "utm", f"'{'9' * 5000}'"),
    ("lead", "birth_date", "'yesterday'"),
    ("lead", "created_at", "'2026-01-01T00:00:00'"),
    ("lead", "last_name", f"'{'y' * 256}'"),
    ("activity", "kind", "''"),
    ("activity", "subject", f"'{'x' * 1000}'"),
    ("activity", "responsible", "'x'"),
    ("activity", "completed", "'perhaps'"),
    ("activity", "deadline", "'soon'"),
]
IDS = [f"{table}.{column}={value[:12]}" for table, column, value in VALUES]


def run(store: SqlStore, *statements: str) -> None:
    """What another client does, without the checks that a client may turn off."""
    lite = store.engine().dialect.name == "sqlite"
    unchecked = ("PRAGMA ignore_check_constraints=ON", "PRAGMA foreign_keys=OFF") if lite else ()
    with store.engine().connect() as connection:
        for statement in (*unchecked, *statements):
            connection.exec_driver_sql(statement)
        if lite:
            connection.invalidate()  # it goes on without the checks
        else:
            connection.commit()


@cache
def leads_with_activities(count: int) -> CrmImage:
    """A Classic CRM as commands have made it, once: to load it takes less than they do."""
    made = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    for number in range(count):
        made.add_activity(Ref(Kind.LEAD, made.add(title=f"Request {number}")))
    return image_of(made.store)


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    """A Classic CRM with leads, each with an activity."""
    with store_in(database.url, leads_with_activities(LEADS), schema=database.schema) as store:
        yield Scene(store)


def violations(store: Any) -> list[tuple[str, str, Any]]:
    """What an audit finds."""
    return [(each.rule, each.kind.value, each.ids[0]) for each in audit_store(store)]


@pytest.mark.parametrize("table, column, value", VALUES, ids=IDS)
def test_a_planted_value_is_refused_or_set_aside_and_named(scene: Scene, table: str, column: str, value: str) -> None:
    """All the others are converted; the audit names the very record, and an export names it too."""
    store: Any = scene.store
    if store.engine().dialect.name == "postgresql":
        value = SPELLED.get(value, value)
    try:
        run(store, f"UPDATE crm_{table} SET {column} = {value} WHERE id = 7")
    except DBAPIError:
        assert violations(store) == []
        return
    if (column, value) == ("semantics", "'X'"):  # not active any more, so there is nothing to convert
        assert violations(store) == [("DATA-1", table, 7)]
        return
    report = scene.switch(BOTH)
    assert report.totals.converted == LEADS - 1
    assert [id for id, kind in outcomes(store) if kind is OutcomeKind.SET_ASIDE] == [7]
    assert violations(store) == [("DATA-1", table, 7)]
    with pytest.raises(RecordFault) as told:
        image_of(store)
    assert told.value.ref == Ref(Kind(table), 7)
    run(store, f"UPDATE crm_{table} SET {column} = (SELECT {column} FROM crm_{table} WHERE id = 8) WHERE id = 7")
    accepted(scene.crm.retry_switch(ADMIN))
    scene.switch(BOTH)
    assert violations(store) == []
    image = image_of(store)
    assert load_crm(dump_crm(image)) == image


@pytest.mark.parametrize(
    "table, column, value",
    [
        ("lead", "birth_date", "2026-02-30"),
        ("lead", "created_at", "2026-13-01T00:00:00+00:00"),
        ("activity", "deadline", "2026-01-01T25:00:00+00:00"),
    ],
)
def test_a_day_that_is_none_is_found_though_it_looks_like_one(
    sqlite: Database, table: str, column: str, value: str
) -> None:
    """A glance at many rows takes it for right, and reading it does not."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        for number in range(LEADS):
            made.add_activity(Ref(Kind.LEAD, made.add(title=f"Request {number}")))
        run(store, f"UPDATE crm_{table} SET {column} = '{value}' WHERE id = 7")
        assert made.switch(BOTH).totals.converted == LEADS - 1
        assert [(id, kind) for id, kind in outcomes(store) if kind is OutcomeKind.SET_ASIDE] == [
            (7, OutcomeKind.SET_ASIDE)
        ]
        assert violations(store) == [("DATA-1", table, 7)]


def test_all_of_them_at_once_stop_nobody_else(database: Database) -> None:
    """Each in a lead of its own: the others are converted, the audit names exactly these, and repaired they follow."""
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        made = Scene(store)
        for number in range(len(VALUES) + LEADS):
            made.add_activity(Ref(Kind.LEAD, made.add(title=f"Request {number}")))
        planted = {}
        for id, (table, column, value) in enumerate(VALUES, start=1):
            if column == "semantics":
                continue
            if database.name == "postgresql":
                value = SPELLED.get(value, value)
            try:
                run(store, f"UPDATE crm_{table} SET {column} = {value} WHERE id = {id}")
            except DBAPIError:
                continue
            planted[id] = (table, column)
        assert len(planted) > len(VALUES) // 2
        report = made.switch(BOTH)
        assert report.totals.converted == len(VALUES) + LEADS - len(planted)
        assert (report.result, report.totals.remaining) == ("blocked", 0)  # only these are in the way of Simple
        assert [id for id, kind in outcomes(store) if kind is OutcomeKind.SET_ASIDE] == sorted(planted)
        assert sorted(violations(store)) == sorted(("DATA-1", table, id) for id, (table, _) in planted.items())
        for id, (table, column) in planted.items():
            run(
                store,
                f"UPDATE crm_{table} SET {column} = (SELECT {column} FROM crm_{table} WHERE id = 50) WHERE id = {id}",
            )
        accepted(made.crm.retry_switch(ADMIN))
        assert made.switch(BOTH).result == "switched"
        assert violations(store) == []
        image = image_of(store)
        assert load_crm(dump_crm(image)) == image


def outcomes(store: Any) -> list[tuple[int, OutcomeKind]]:
    """What the switch recorded."""
    return [(entry.id[1], entry.record.kind) for entry in store.page(Kind.OUTCOME)]


@pytest.mark.parametrize("gone", [1, 7, LEADS])
def test_an_activity_whose_row_is_gone_is_named(sqlite: Database, gone: int) -> None:
    """Wherever it stood among the others; an export does not leave it out without a word."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        for number in range(LEADS):
            made.add_activity(Ref(Kind.LEAD, made.add(title=f"Request {number}")))
        run(store, f"DELETE FROM crm_activity WHERE id = {gone}")
        assert ("activity", gone) in [each[1:] for each in violations(store)]
        with pytest.raises(RecordFault) as told:
            image_of(store)
        assert told.value.ref == Ref(Kind.ACTIVITY, gone)


@pytest.mark.parametrize(
    "table, column, value, named",
    [
        ("outcome", "kind", "'gone'", "outcome"),
        ("outcome", "code", "'a b'", "outcome"),
        ("outcome", "added", "'x'", "outcome"),
        ("outcome", "contacts", "-1", "outcome"),
        ("ledger", "amount", "'NaN'", "ledger"),
        ("ledger", "activity_ids", "'[\"x\"]'", "ledger"),
        ("ledger", "converted_at", "'2026-01-01T00:00:00'", "ledger"),
        ("binding", "kind", "9", "binding"),
        ("binding", "kind", "-1", "binding"),
        ("binding", "id", "0", "binding"),
        ("binding", "id", "'x'", "binding"),
    ],
)
def test_what_a_switch_has_recorded_is_read_as_strictly(
    sqlite: Database, table: str, column: str, value: str, named: str
) -> None:
    """A damaged row of the ledger, of the outcomes or of the bindings is named, and the audit goes on."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        for number in range(LEADS):
            made.add_activity(Ref(Kind.LEAD, made.add(title=f"Request {number}")))
        made.switch(BOTH)
        where = "activity = 7 AND kind = 0" if table == "binding" else "lead = 7"
        run(store, f"UPDATE crm_{table} SET {column} = {value} WHERE {where}", "DELETE FROM crm_deal WHERE id = 9")
        found = violations(store)
        assert [each for each in found if each[0] == "DATA-1"] == [("DATA-1", named, 7)]
        assert ("SWITCH-1", "deal", 9) in found


@pytest.mark.rule("DATA-3", "SWITCH-12")
@pytest.mark.parametrize("kept_in", ["memory", "sqlite"])
def test_a_lead_whose_client_is_not_there_is_set_aside_and_named(sqlite: Database, kept_in: str) -> None:
    """A switch and its preview set it aside, a conversion by hand is a fault; no deal of a client that is not there."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        for client in (made.add_contact(), made.add_contact()):
            made.add(title="Again", contact_id=client)
        if kept_in == "sqlite":
            run(store, "DELETE FROM crm_contact WHERE id = 2")
        else:
            image = image_of(store)
            made = Scene(InMemoryStore(evolve(image, contacts={ContactId(1): image.contacts[ContactId(1)]})))
        assert violations(made.store) == [("DATA-3", "lead", 2)]
        preview = made.crm.preview_switch(ADMIN)
        assert isinstance(preview, Preview)
        assert (preview.totals.converted, preview.totals.set_aside) == (1, 1)
        with pytest.raises(RecordFault) as told:
            made.convert(LeadId(2))
        assert told.value.code == "no_client"
        assert made.switch().totals.converted == 1
        made.edit(LeadId(2), contact_id=None)
        assert made.switch().totals.converted == 2
        assert violations(made.store) == []


@pytest.mark.rule("DATA-3")
def test_a_closed_lead_whose_row_is_gone_is_named(sqlite: Database) -> None:
    """What a switch has recorded of it, and its activity, lead nowhere."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        made.add_activity(Ref(Kind.LEAD, made.add()))
        token = made.begin()
        accepted(made.crm.close_lead(ADMIN, LeadId(1)))
        accepted(made.crm.finish_switch(token))
        run(store, "DELETE FROM crm_lead")
        assert {each[1:] for each in violations(store)} == {("lead", 1), ("activity", 1)}


def rights(scene: Scene) -> object:
    """What a person may do, by the roles that are kept in the database."""
    store: Any = scene.store
    return store.permissions.rights(UserId(5))


#: What is planted in what there is one of, what then meets it, and the table that the error names.
SINGLE: list[tuple[str, Callable[[Scene], object], str]] = [
    ("UPDATE crm_portal SET epoch = 'x'", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET epoch = -1", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET mode = 3", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET settings_version = 'x'", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET stages_version = 'x'", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET stages = '[]'", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_portal SET last_policy = '{}'", lambda scene: scene.image(), "crm_portal"),
    ("UPDATE crm_counter SET last = 'x'", lambda scene: scene.add(), "crm_counter"),
    ("UPDATE crm_counter SET last = -5", lambda scene: scene.add(), "crm_counter"),
    ("UPDATE crm_counter SET last = 1.5", lambda scene: scene.add(), "crm_counter"),
    ("DELETE FROM crm_counter", lambda scene: scene.add(), "crm_counter"),
    ("UPDATE crm_match SET version = 'x'", lambda scene: scene.crm.take_inquiry(ADMIN, **MAIL), "crm_match"),
    ("UPDATE crm_role SET administrator = 'maybe'", rights, "crm_role"),
    ("UPDATE crm_role_level SET level = 9", rights, "crm_role"),
    ("UPDATE crm_tally SET outcome = '[]'", lambda scene: scene.broken_laws(), "crm_tally"),
]
MAIL: dict[str, Any] = {
    "channel": "email",
    "contact_points": [ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")],
}


@pytest.mark.parametrize("damage, ask, table", SINGLE, ids=[damage for damage, _, _ in SINGLE])
def test_what_there_is_one_of_is_corrupt_by_the_name_of_its_table(
    sqlite: Database, damage: str, ask: Callable[[Scene], object], table: str
) -> None:
    """A version, a counter or the settings belong to no record, so the error names the table."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        made.add(contact_points=MAIL["contact_points"])
        made.convert(LeadId(1))
        made.add()
        store.permissions.grant(UserId(5), Role(name="seller", levels={Grant(Operation.READ, Kind.DEAL): Level.OWN}))
        made.begin()
        accepted(made.crm.close_lead(ADMIN, LeadId(2)))
        ask(made)
        run(store, damage)
        with pytest.raises(StoreCorrupt) as told:
            ask(made)
        assert table in str(told.value)


@pytest.mark.rule("SWITCH-4")
def test_nothing_is_converted_under_terms_that_the_record_of_the_switch_has_not(sqlite: Database) -> None:
    """The audit names the switch, and its next chunk is refused."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        made = Scene(store)
        made.add()
        token = made.begin()
        run(store, "UPDATE crm_portal SET switch_terms = replace(switch_terms, 'NEW', 'GONE')")
        assert violations(store) == [("SWITCH-4", "switch", "k")]
        with pytest.raises(StoreCorrupt):
            made.crm.convert_chunk(token)
