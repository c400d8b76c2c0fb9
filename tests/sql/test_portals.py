"""Many CRMs in one database: made at once by several, opened by name, counted, and looked after."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from crmcore import Crm, CrmMode, InvalidValue, Kind, LeadId, StoreError, UserId
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import (
    ForeignStore,
    PortalExists,
    PortalInUse,
    UnknownPortal,
    UnreachableStore,
    WrongStore,
    count_of,
    create_portal,
    examine,
    fill_portal,
    open_store,
    portals_of,
    upgrade,
)
from crmcore.adapters.sql.connection.revisions import REVISIONS
from crmcore.adapters.sql.database.versions import begun
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.protocol.commands import AddLead
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.scene import Scene, decided
from tests.sql.conftest import Database

BOSS = UserId(1)
MANY = 6


def _filled(database: Database, portal: str = "main", leads: int = 1) -> CrmImage:
    """The records of a new portal with some leads."""
    image, roles = new_crm(CrmMode.CLASSIC), {BOSS: [ADMINISTRATOR]}
    with create_portal(database.url, portal, image, database.schema, roles=roles) as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        for number in range(leads):
            crm.add_lead(BOSS, title=f"lead {number}")
        return image_of(store)


def test_several_who_make_the_same_crm_at_once_make_one(database: Database) -> None:
    """The tables, too, are made once; the others are told that the name is taken."""

    def make(_: int) -> str:
        try:
            create_portal(database.url, schema=database.schema).close()
        except PortalExists:
            return "exists"
        return "made"

    with ThreadPoolExecutor(MANY) as pool:
        assert sorted(pool.map(make, range(MANY))) == ["exists"] * (MANY - 1) + ["made"]
    assert portals_of(database.url, database.schema) == ("main",)


def test_several_who_make_different_crms_at_once_make_all(database: Database) -> None:
    """Each gets a number of its own."""
    upgrade(database.url, database.schema)
    names = [f"p{number}" for number in range(MANY)]
    with ThreadPoolExecutor(MANY) as pool:
        stores = list(pool.map(lambda name: create_portal(database.url, name, schema=database.schema), names))
    assert len({store.portal_id for store in stores}) == MANY
    for store in stores:
        store.close()
    assert portals_of(database.url, database.schema) == tuple(names)


def test_several_who_upgrade_at_once_do_it_once(database: Database) -> None:
    """One makes the tables, the others find them."""
    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(lambda _: upgrade(database.url, database.schema), range(MANY)))
    assert sorted(before is None for before, _ in found) == [False] * (MANY - 1) + [True]


def test_a_crm_is_opened_by_its_name(database: Database) -> None:
    """With all that it has; another name is refused, and told what to do."""
    image = _filled(database)
    with open_store(database.url, schema=database.schema) as store:
        assert image_of(store) == image
        assert count_of(store, Kind.LEAD) == 1
        assert count_of(store, Kind.DEAL) == 0
    with pytest.raises(UnknownPortal, match=r"no portal 'south'.*crmcore init"):
        open_store(database.url, "south", database.schema)


def test_records_of_one_portal_are_nothing_in_another(database: Database) -> None:
    """Ids, counts and numbers begin anew in each."""
    first, second = _filled(database, "first", 3), _filled(database, "second", 1)
    assert set(first.leads) == {1, 2, 3}
    assert set(second.leads) == {1}
    with open_store(database.url, "second", database.schema) as store:
        assert count_of(store, Kind.LEAD) == 1
        assert image_of(store) == second


def test_an_image_becomes_a_crm_or_nothing(database: Database) -> None:
    """One that cannot be kept leaves no portal behind."""
    image = _filled(database)
    with create_portal(database.url, "copy", image, database.schema) as copy:
        assert image_of(copy) == image
    with pytest.raises(InvalidValue):
        create_portal(database.url, "two words", image, database.schema)
    with pytest.raises(InvalidValue):
        create_portal(database.url, "bad", image, database.schema, roles={UserId(-1): [ADMINISTRATOR]})
    assert portals_of(database.url, database.schema) == ("copy", "main")


def test_a_portal_without_records_is_filled_once(database: Database) -> None:
    """The same store goes on with the records; roles and plan are those from before."""
    image = _filled(database)
    roles = {BOSS: [ADMINISTRATOR]}
    with create_portal(database.url, "copy", schema=database.schema, roles=roles) as copy:
        copy.plan.set_classic(False)
        assert fill_portal(copy, image) is None
        assert image_of(copy) == image
        assert copy.permissions.granted() == {BOSS: (ADMINISTRATOR,)}
        assert not copy.plan.has_classic()
        crm = Crm(store=copy, permissions=copy.permissions, plan=copy.plan, clock=SystemClock())
        assert crm.add_lead(BOSS, title="next") == LeadId(2)
        with pytest.raises(PortalInUse, match="lead"):
            fill_portal(copy, image)
    assert portals_of(database.url, database.schema) == ("copy", "main")


def test_who_decided_before_a_portal_was_filled_finds_it_gone(database: Database) -> None:
    """What was decided about the empty one is not written into the other, whose ids and versions look the same."""
    image = _filled(database)
    copy = create_portal(database.url, "copy", schema=database.schema)
    with open_store(database.url, "copy", database.schema) as late, copy:
        change = decided(Scene(late), AddLead(fields={"title": "Decided before"}))
        assert fill_portal(copy, image) is None
        for step in (
            lambda: late.commit(change),
            lambda: late.snapshot(Query()),
            lambda: late.reserve(Kind.LEAD, 1),
            lambda: fill_portal(late, image),
        ):
            with pytest.raises(StoreError, match="open it again"):
                step()
        assert image_of(copy) == image


def test_a_file_named_from_a_folder_is_the_same_from_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that changes its folder after it opened a CRM goes on with it, on new connections, too."""
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with (
        create_portal("sqlite:///crm.db", image=new_crm(CrmMode.CLASSIC)) as made,
        open_store("sqlite:///crm.db") as store,
    ):
        monkeypatch.chdir(tmp_path / "other")
        assert store.snapshot(Query()).settings.mode is CrmMode.CLASSIC
        assert made.reserve(Kind.LEAD, 1) == range(1, 2)
        assert list((tmp_path / "other").iterdir()) == []


def test_every_error_says_what_it_found(database: Database) -> None:
    """The first check that fails is the last."""
    with pytest.raises(WrongStore, match="crmcore init"):
        list(examine(database.url, database.schema))
    _filled(database)
    found = dict(examine(database.url, database.schema))
    assert found["tables"] == f"version {REVISIONS[-1]}"
    assert found["portals"] == "main"
    with begun(database.url, database.schema, make=True) as connection:
        connection.execute(text("UPDATE crmcore_version SET version_num = '9999'"))
    checks = examine(database.url, database.schema)
    assert next(checks)[0] == "reachable"
    with pytest.raises(WrongStore, match="newer"):
        next(checks)


def test_a_file_in_a_folder_that_is_not_there_is_a_wrong_address(tmp_path: Path) -> None:
    """No folder is made."""
    with pytest.raises(UnreachableStore, match="its folder does not exist"):
        create_portal(f"sqlite:///{tmp_path / 'no' / 'crm.db'}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    """Neither to make a CRM in it nor to open one."""
    for use in (create_portal, open_store):
        with pytest.raises(ForeignStore, match="it is a folder"):
            use(f"sqlite:///{tmp_path}")


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "url",
    [
        "crm.db",
        "file:crm.db",
        "postgresql:/host/crm",
        "postgres://me:secret@host/crm",
        "postgresql://me:secret@host:port/crm",
        "postgresql+asyncpg://me:secret@host/crm",
        "postgresql+psycopg2://me:secret@host/crm",
        "sqlite+aiosqlite:///crm.db",
        "mysql://me:secret@host/crm",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///folder/",
        "sqlite:///crm.db?mode=ro",
    ],
)
def test_an_address_that_is_not_understood_is_a_typed_error(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what would have been right, shows no password, and makes nothing."""
    monkeypatch.chdir(tmp_path)
    for use in (create_portal, open_store, upgrade):
        with pytest.raises(InvalidValue, match="url") as told:
            use(url)
        assert "secret" not in f"{told.value!r} {told.value.__cause__!r}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("schema", ["", "x" * 64, "é" * 32, "a\0b", "\ud800"])
def test_a_schema_that_cannot_be_is_a_typed_error(schema: str) -> None:
    """PostgreSQL would cut a long name short, and its driver shows the address with what it cannot write."""
    for use in (create_portal, open_store, upgrade):
        with pytest.raises(InvalidValue, match=r"schema: .*(1 to 63 bytes|without NUL)"):
            use("postgresql://me@127.0.0.1:1/crm", schema=schema)


@pytest.mark.parametrize("portal", ["", "two words", "\ud800"])
def test_a_portal_that_cannot_be_is_a_typed_error(database: Database, portal: str) -> None:
    """Asked for as it is when it is made."""
    _filled(database)
    with pytest.raises(InvalidValue, match="portal"):
        open_store(database.url, portal, database.schema)


def test_a_crm_on_a_server_is_opened_and_read_with_one_connection(postgres: Database) -> None:
    """What has looked whether it is there is what the store goes on with."""
    _filled(postgres)
    made: list[object] = []

    def note(driver: object, _: object) -> None:
        made.append(driver)

    event.listen(Pool, "connect", note)
    try:
        with open_store(postgres.url, schema=postgres.schema) as store:
            store.snapshot(Query())
    finally:
        event.remove(Pool, "connect", note)
    assert len(made) == 1


def test_opening_a_crm_loads_no_alembic(database: Database) -> None:
    """What hosts and workers import is at one place, and tables are the only thing that Alembic is for."""
    _filled(database)
    script = (
        "import sys\n"
        "from crmcore.adapters.clocks import SystemClock\n"
        "from crmcore.adapters.sql import open_crm, upgrade_connection\n"
        "crm = open_crm(sys.argv[1], clock=SystemClock(), schema=sys.argv[2] or None)\n"
        "assert callable(upgrade_connection)\n"
        "print(crm.mode().name, 'alembic' in sys.modules)\n"
    )
    words = [sys.executable, "-c", script, database.url, database.schema or ""]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "CLASSIC False\n"
