"""A lead that cannot be read is closed or deleted by the commands that exist, and a blocked switch comes to its end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from crmcore import Grant, Kind, LeadId, Level, Operation, Reason, RecordFault, Ref, Refused, Role, UserId
from crmcore.adapters.cli.app import run as command_line
from crmcore.adapters.document import dump_crm, load_crm
from crmcore.application.images import image_of
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import FULL
from tests.building import BOTH
from tests.sql.conftest import Database
from tests.sql.servers import store_in
from tests.sql.test_planted import SPELLED, VALUES, leads_with_activities, run, violations

pytestmark = pytest.mark.rule("SWITCH-9", "DATA-1")

#: What is planted in a lead that a switch waits for: a lead without a meaning is not active.
WAITING = [
    *(each for each in VALUES if each[1] != "semantics"),
    ("lead", "version", "'x'"),
    ("lead", "version", "0"),
]
#: Repaired by whoever writes stage and version.
REPAIRED = {("lead", "stage"), ("lead", "version")}


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    """A Classic CRM with leads, each with an activity."""
    with store_in(database.url, leads_with_activities(9), schema=database.schema) as store:
        yield Scene(store)


def planted(scene: Scene, table: str, column: str, value: str, *ids: int) -> bool:
    """Damage in these records; false if the database refuses the value."""
    store: Any = scene.store
    if store.engine().dialect.name == "postgresql":
        value = SPELLED.get(value, value)
    try:
        run(store, f"UPDATE crm_{table} SET {column} = {value} WHERE id IN ({', '.join(map(str, ids))})")
    except DBAPIError:
        return False
    return True


def row_of(scene: Scene, id: int) -> dict[str, Any]:
    """The row of a lead as it stands."""
    store: Any = scene.store
    with store.engine().connect() as connection:
        return dict(connection.exec_driver_sql(f"SELECT * FROM crm_lead WHERE id = {id}").mappings().one())


@pytest.mark.rule("DATA-3", "SWITCH-9.8", "SWITCH-9.10", "SWITCH-9.12")
@pytest.mark.parametrize("table, column, value", WAITING, ids=[f"{t}.{c}={v[:12]}" for t, c, v in WAITING])
def test_a_switch_ends_once_its_unreadable_leads_are_closed_or_deleted(
    scene: Scene, table: str, column: str, value: str
) -> None:
    """Closing writes the stage alone and the audit goes on naming the record; deleting leaves no damage."""
    if not planted(scene, table, column, value, 7, 8):
        assert violations(scene.store) == []
        return
    assert scene.switch(BOTH).set_aside == (7, 8)
    before = row_of(scene, 7)
    assert accepted(scene.crm.close_lead(ADMIN, LeadId(7), stage="JUNK")) == 7
    assert accepted(scene.crm.delete_lead(ADMIN, LeadId(8))) == 8
    after, gone = row_of(scene, 7), row_of(scene, 8)

    assert {name for name in before if before[name] != after[name]} <= {"stage", "semantics", "version"}
    assert (after["stage"], after["semantics"]) == ("JUNK", "F")
    assert {name for name in gone if gone[name] is not None} == {"portal", "id", "version", "deleted_at"}
    report = scene.switch(BOTH)
    assert (report.result, report.totals.closed, report.totals.deleted) == ("switched", 1, 1)
    assert violations(scene.store) == ([] if (table, column) in REPAIRED else [("DATA-1", table, 7)])
    accepted(scene.crm.delete_lead(ADMIN, LeadId(7)))
    assert violations(scene.store) == []
    image = image_of(scene.store)
    assert load_crm(dump_crm(image)) == image


@pytest.mark.rule("SWITCH-9.9")
def test_an_unreadable_lead_is_closed_and_deleted_in_any_state(scene: Scene) -> None:
    """In Classic without a switch too; what is closed already is not closed again."""
    planted(scene, "lead", "source", "'a b'", 7)
    accepted(scene.crm.close_lead(ADMIN, LeadId(7)))
    assert scene.crm.close_lead(ADMIN, LeadId(7)) == Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 7))
    assert scene.switch(BOTH).totals.closed == 0
    accepted(scene.crm.delete_lead(ADMIN, LeadId(7)))

    assert scene.crm.delete_lead(ADMIN, LeadId(7)) == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 7))
    assert violations(scene.store) == []


def test_the_version_of_an_activity_that_goes_with_its_lead_may_be_damaged(scene: Scene) -> None:
    """It begins anew, as that of the lead does."""
    planted(scene, "lead", "source", "'a b'", 7)
    if planted(scene, "activity", "version", "'x'", 7):
        accepted(scene.crm.delete_lead(ADMIN, LeadId(7)))
        assert violations(scene.store) == []


@pytest.mark.rule("DATA-3", "CONV-9")
def test_a_converted_lead_that_cannot_be_read_keeps_its_deal(scene: Scene) -> None:
    """Closing is refused, deleting keeps what the ledger says, and its activity stays with the deal."""
    scene.switch(BOTH)
    planted(scene, "lead", "source", "'a b'", 7)

    assert scene.crm.close_lead(ADMIN, LeadId(7)) == Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 7))
    accepted(scene.crm.delete_lead(ADMIN, LeadId(7)))
    assert violations(scene.store) == []
    assert row_of(scene, 7)["deal_id"] is not None


@pytest.mark.rule("CONV-7", "DATA-3")
def test_the_keys_of_points_that_cannot_be_read_go_with_the_lead(scene: Scene) -> None:
    """Nobody is found by them afterwards, and they cannot be read in the tables."""
    id = scene.add(**FULL)
    store: Any = scene.store
    run(store, f"UPDATE crm_lead SET contact_points = '[' WHERE id = {id}")
    accepted(scene.crm.delete_lead(ADMIN, id))

    with store.engine().connect() as connection:
        keys = connection.exec_driver_sql(
            f"SELECT form FROM crm_match WHERE id = {id} AND (held OR form NOT LIKE 'sha256:%%')"
        )
        assert keys.all() == []


@pytest.mark.rule("DATA-3")
def test_an_activity_that_is_shared_stays_until_its_last_lead_is_deleted(scene: Scene) -> None:
    """It cannot be read, and so its two leads cannot."""
    shared = scene.add_activity(Ref(Kind.LEAD, 7), Ref(Kind.LEAD, 8))
    run(scene.store, f"UPDATE crm_activity SET kind = 'a b' WHERE id = {shared}")  # type: ignore[arg-type]  # a SQL store
    assert scene.switch(BOTH).set_aside == (7, 8)

    accepted(scene.crm.delete_lead(ADMIN, LeadId(7)))
    assert ("DATA-1", "activity", shared) in violations(scene.store)
    accepted(scene.crm.delete_lead(ADMIN, LeadId(8)))
    assert violations(scene.store) == []


@pytest.mark.rule("PERM-1", "PERM-6", "PERM-7", "SWITCH-9.11")
def test_only_the_settings_right_reaches_a_lead_that_cannot_be_read(scene: Scene) -> None:
    """Who may read every lead is told so; to anybody else it does not exist, even if it is theirs."""
    everything = {Grant(operation, Kind.LEAD): Level.ALL for operation in Operation}
    own = dict.fromkeys(everything, Level.OWN)
    for user, role in (
        (5, Role(name="all", levels=everything)),
        (6, Role(name="own", levels=own)),
        (7, Role(name="none")),
    ):
        scene.roles.grant(UserId(user), role)
    scene.roles.grant(UserId(8), Role(name="settings", settings=True))
    planted(scene, "lead", "source", "'a b'", 7)
    lead = Ref(Kind.LEAD, 7)

    for ask in (scene.crm.close_lead, scene.crm.delete_lead):
        assert ask(UserId(5), LeadId(7)) == Refused(Reason.NOT_PERMITTED, lead)
        assert ask(UserId(6), LeadId(7)) == Refused(Reason.UNKNOWN_RECORD, lead)
        assert ask(UserId(7), LeadId(7)) == Refused(Reason.UNKNOWN_RECORD, lead)
    assert scene.crm.close_lead(UserId(8), LeadId(7), stage="NEW") == Refused(
        Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NEW")
    )
    assert scene.crm.close_lead(UserId(8), LeadId(7)) == 7
    assert scene.crm.delete_lead(UserId(8), LeadId(7)) == 7


def test_what_is_not_about_the_lead_stays_an_error(scene: Scene) -> None:
    """An edit needs the record, so it names the fault."""
    planted(scene, "lead", "source", "'a b'", 7)
    with pytest.raises(RecordFault):
        scene.crm.reopen_lead(ADMIN, LeadId(7))


@pytest.mark.parametrize("how", ["close", "delete"])
def test_the_command_line_alone_ends_a_blocked_switch(
    sqlite: Database, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """`crmcore lead close` or `delete`, then `crmcore retry`."""
    with store_in(sqlite.url, new_crm(CrmMode.CLASSIC)) as store:
        store.permissions.grant(ADMIN, store.permissions.role("administrator"))
        made = Scene(store)
        for number in range(3):
            made.add(title=f"Request {number}")
        run(store, "UPDATE crm_lead SET source = 'a b' WHERE id = 2")
    at = ["--store", sqlite.url, "--actor", str(ADMIN), "--json"]
    said = []
    for words, code in (
        (["switch"], 3),
        (["retry"], 3),
        (["lead", how, "2"], 0),
        (["retry"], 0),
        (["lead", how, "99"], 1),
    ):
        assert command_line([*words, *at]) == code
        said.append(json.loads(capfd.readouterr().out))

    assert [each["result"] for each in said] == ["blocked", "blocked", "done", "switched", "refused"]
    assert (said[2]["format"], said[2]["lead"]) == ("crmcore.lead/1", 2)
    assert command_line(["audit", *at]) == (5 if how == "close" else 0)
