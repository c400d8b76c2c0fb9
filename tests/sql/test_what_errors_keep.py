"""No error of a SQL store keeps a row, a driver's error or a parser's, however it is walked (DATA-2)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import text

from crmcore import CrmError, OutcomeUnknown, Refused, StoreError
from crmcore.adapters.sql.connection.revisions import VERSION_TABLE
from crmcore.adapters.sql.database.versions import begun
from crmcore.adapters.sql.store import SqlStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.ids import TABLES, ContactId, Kind, LeadId, Ref
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.building import email
from tests.sql.conftest import Database
from tests.sql.servers import new_postgres_store, new_sqlite_store

pytestmark = pytest.mark.rule("DATA-2")

CANARY = "c4nary"


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error and all that can be reached from it."""
    left: list[object] = [error]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [each.__cause__, each.__context__, *each.args, *vars(each).values()]


def _hides_everything(error: BaseException) -> None:
    for each in _behind(error):
        told = [repr(each), str(each), repr(each.args), repr(vars(each)), *getattr(each, "__notes__", ())]
        assert CANARY not in "".join(told)
        # A parser keeps the text that it could not read, whatever it shows of it.
        assert isinstance(each, CrmError)


def _scene(database: Database) -> Scene:
    """A Classic CRM in a live switch, with a lead, its client, an activity and one that is converted."""
    seed = new_crm(CrmMode.CLASSIC)
    if database.schema is None:
        scene = Scene(new_sqlite_store(Path(database.url.removeprefix("sqlite:///")), seed))
    else:
        scene = Scene(new_postgres_store(database.url, database.schema, seed))
    for _ in range(2):
        lead_id = scene.add(title=CANARY, comments=CANARY, contact_points=(email(f"{CANARY}@example.com"),))
        accepted(scene.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, lead_id)], subject=CANARY))
    token = scene.begin()
    accepted(scene.crm.convert_chunk(token, 1))
    return scene


DAMAGE = [
    f"UPDATE crm_lead SET {column} = '{value}'"
    for column, value in (
        ("contact_points", f'[["email","WORK","{CANARY}'),
        ("custom", f'{{"UF": "{CANARY}'),
        ("address", CANARY),
        ("utm", CANARY),
        ("created_at", CANARY),
        ("birth_date", CANARY),
        ("amount", CANARY),
        ("observers", CANARY),
    )
] + [
    f"UPDATE crm_deal SET custom = '{CANARY}'",
    f"UPDATE crm_deal SET amount = '{CANARY}'",
    f"UPDATE crm_contact SET contact_points = '{CANARY}'",
    f"UPDATE crm_activity SET deadline = '{CANARY}'",
    f"UPDATE crm_activity SET unbound = '{CANARY}'",
    f"UPDATE crm_ledger SET activity_ids = '{CANARY}'",
    f"UPDATE crm_ledger SET amount = '{CANARY}'",
    f"UPDATE crm_outcome SET kind = '{CANARY}'",
    f"UPDATE crm_portal SET stages = '{CANARY}'",
    f"UPDATE crm_portal SET switch_terms = '{CANARY}'",
    f"UPDATE crm_portal SET match_setting = '{CANARY}'",
    f"UPDATE crm_switch SET terms = '{CANARY}'",
    f"UPDATE crm_pipeline SET stages = '{CANARY}'",
    f"UPDATE crm_tally SET outcome = '{CANARY}'",
]


def _asked(scene: Scene) -> list[Callable[[], Any]]:
    """Every way in which rows are read."""
    crm, store = scene.crm, scene.store
    each: list[Callable[[LeadId], Any]] = [
        lambda lead_id: crm.lead(ADMIN, lead_id),
        lambda lead_id: crm.activities(ADMIN, of=Ref(Kind.LEAD, lead_id)),
        lambda lead_id: crm.convert_lead(ADMIN, lead_id),
        lambda lead_id: crm.close_lead(ADMIN, lead_id),
    ]
    return [
        *(partial(ask, LeadId(number)) for ask in each for number in (1, 2)),
        *(partial(store.page, kind) for kind in TABLES),
        partial(image_of, store),
        crm.settings,
        crm.lead_stages,
        partial(crm.switch_status, ADMIN),
        lambda: list(crm.leads(ADMIN)),
        lambda: list(crm.deals(ADMIN)),
        partial(crm.resume_switch, ADMIN),
        partial(crm.retry_switch, ADMIN),
        lambda: list(audit_store(store)),
    ]


@pytest.mark.rule("DATA-2.2")
@pytest.mark.parametrize("damage", DAMAGE)
def test_no_error_about_a_damaged_row_keeps_it(sqlite: Database, damage: str) -> None:
    """Whichever way it is read, and however the error is walked: cause, context, notes, arguments and attributes."""
    scene = _scene(sqlite)
    with closing(sqlite3.connect(sqlite.url.removeprefix("sqlite:///"), isolation_level=None)) as behind:
        behind.execute("PRAGMA ignore_check_constraints=ON")
        behind.execute(damage)
    told = []
    for ask in _asked(scene):
        try:
            ask()
        except CrmError as error:
            told.append(error)
    assert isinstance(scene.store, SqlStore)
    scene.store.close()
    assert told
    for each in told:
        _hides_everything(each)


def test_no_error_about_a_refused_row_keeps_it(database: Database) -> None:
    """Neither in a commit, nor in a transaction that is begun for something else; PostgreSQL tells the row."""
    scene = _scene(database)
    assert isinstance(scene.store, SqlStore)
    lead_id = LeadId(2)
    found = scene.crm.lead(ADMIN, lead_id)
    assert not isinstance(found, Refused)
    snapshot = scene.store.snapshot(Query(leads=(lead_id,)))
    refused = evolve(found.record, title=CANARY, contact_id=ContactId(77))
    with pytest.raises(StoreError) as told:
        scene.store.commit(Changes(expects=snapshot.read, leads={lead_id: refused}))
    scene.store.close()
    _hides_everything(told.value)

    insert = text(f"INSERT INTO {VERSION_TABLE} VALUES (:row)")
    with pytest.raises(StoreError) as told, begun(database.url, database.schema, make=True) as connection:
        connection.execute(insert, [{"row": CANARY}, {"row": CANARY}])
    _hides_everything(told.value)


@pytest.mark.parametrize("reading", [True, False])
def test_no_error_of_the_rights_keeps_a_row(database: Database, reading: bool) -> None:
    """What a driver says inside a transaction that is lent for rights."""
    scene = _scene(database)
    assert isinstance(scene.store, SqlStore)
    lent = scene.store.reading if reading else scene.store.changing
    with pytest.raises(StoreError) as told, lent() as tx:
        tx.rows("SELECT CAST(? AS INTEGER) FROM nowhere", (CANARY,))
    scene.store.close()
    _hides_everything(told.value)


def test_no_error_of_a_lost_answer_keeps_it(postgres: Database) -> None:
    """The outcome is unknown, and what the driver said is kept nowhere."""
    scene = _scene(postgres)
    assert isinstance(scene.store, SqlStore)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {postgres.schema}".encode())
        connection.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER die_at_commit AFTER INSERT ON crm_lead DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION die()"
        )
    with pytest.raises(OutcomeUnknown) as told:
        scene.crm.add_lead(ADMIN, title=CANARY)
    scene.store.close()
    _hides_everything(told.value)
