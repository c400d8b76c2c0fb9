"""Roles and the plan beside the CRM: the contracts of their ports, and PERM-2 to the letter, across processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from threading import Thread
from time import sleep

import psycopg
import pytest

from crmcore import Crm, Grant, InvalidValue, Kind, Level, Operation, Reason, Refused, Role, UserId
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER
from crmcore.adapters.sql import SqlStore, StoredPermissions, StoredPlan, create_portal, open_store
from crmcore.adapters.sql.connection.engines import engine_for
from crmcore.application.images import image_of
from crmcore.domain.model.errors import StoreBusy
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.testing import FailingStore
from crmcore.testing.contracts import PermissionsContract, PlanContract
from crmcore.testing.contracts.roles import ROLES
from tests.sql.conftest import Database
from tests.sql.servers import lay_tables

BOSS, HAND = UserId(1), UserId(2)
SELLER = Role(name="seller", levels={Grant(Operation.ADD, Kind.LEAD): Level.OWN})


@pytest.fixture
def database(database: Database) -> Database:
    """One that has its tables already, but no portal."""
    lay_tables(database.url, database.schema)
    return database


class _OnEachDatabase:
    """A new portal for each thing that a contract makes."""

    @pytest.fixture(autouse=True)
    def _place(self, database: Database) -> Iterator[None]:
        self.database, self.numbers, self.opened = database, count(1), list[SqlStore]()
        yield
        for store in self.opened:
            store.close()

    def new(self) -> SqlStore:
        store = create_portal(self.database.url, f"p{next(self.numbers)}", schema=self.database.schema)
        self.opened.append(store)
        return store


class TestStoredPermissions(_OnEachDatabase, PermissionsContract):
    """Roles in the database of the CRM."""

    def make_permissions(self, roles: Mapping[UserId, tuple[Role, ...]]) -> Permissions:
        permissions = self.new().permissions
        for actor, given in roles.items():
            permissions.grant(actor, *given)
        return permissions

    def set_roles(self, permissions: Permissions, actor: UserId, roles: tuple[Role, ...]) -> None:
        assert isinstance(permissions, StoredPermissions)
        permissions.revoke(actor)
        permissions.grant(actor, *roles)


class TestStoredPlan(_OnEachDatabase, PlanContract):
    """The plan in the database of the CRM."""

    def make_plan(self, has_classic: bool) -> Plan:
        plan = self.new().plan
        plan.set_classic(has_classic)
        return plan

    def change_plan(self, plan: Plan, has_classic: bool) -> None:
        assert isinstance(plan, StoredPlan)
        plan.set_classic(has_classic)


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    """A Classic CRM with an administrator and somebody who works with all records."""
    roles = {BOSS: [ADMINISTRATOR], HAND: [MANAGER]}
    image = new_crm(CrmMode.CLASSIC)
    with create_portal(database.url, image=image, schema=database.schema, roles=roles) as made:
        yield made


# Roles


@pytest.mark.rule("PERM-5")
def test_roles_are_found_by_every_process_that_opens_the_store(store: SqlStore, database: Database) -> None:
    """With their levels, under their names."""
    assert store.permissions.grant(UserId(3), SELLER, MANAGER) is None
    with open_store(database.url, schema=database.schema) as again:
        granted = again.permissions.granted()
        assert granted == {BOSS: (ADMINISTRATOR,), HAND: (MANAGER,), UserId(3): (MANAGER, SELLER)}
        assert again.permissions.role("seller") == SELLER
        assert set(again.permissions.roles()) == {"administrator", "manager", "seller"}


@pytest.mark.rule("PERM-5")
def test_a_role_is_stored_with_all_that_it_grants(store: SqlStore) -> None:
    """Under its name, every grant at its level, and every right that has no level."""
    for number, role in enumerate(ROLES, start=10):
        store.permissions.grant(UserId(number), role)
    granted = store.permissions.granted()
    assert isinstance(granted, dict)
    assert [granted[UserId(number)] for number, _ in enumerate(ROLES, start=10)] == [(role,) for role in ROLES]


@pytest.mark.rule("PERM-5")
def test_roles_of_one_portal_are_nothing_in_another(store: SqlStore, database: Database) -> None:
    """Each CRM has its own people."""
    store.permissions.define(SELLER)
    with create_portal(database.url, "other", schema=database.schema) as other:
        assert not other.permissions.rights(BOSS).administrator
        assert other.permissions.granted() == {}
        with pytest.raises(InvalidValue, match="one of administrator, manager"):
            other.permissions.role("seller")


def test_a_role_that_changes_changes_for_all_who_have_it(store: SqlStore) -> None:
    """A name means one role; the built-in ones stay what they are."""
    store.permissions.grant(UserId(3), SELLER)
    stronger = Role(name="seller", levels={Grant(Operation.ADD, Kind.LEAD): Level.ALL}, settings=True)
    with pytest.raises(InvalidValue, match="another name than seller"):
        store.permissions.grant(UserId(4), stronger)
    assert store.permissions.define(stronger) is None
    assert store.permissions.rights(UserId(3)).settings
    for wrong in (Role(name="manager"), Role(name="administrator")):
        with pytest.raises(InvalidValue, match="another name"):
            store.permissions.define(wrong)
        with pytest.raises(InvalidValue, match="another name"):
            store.permissions.grant(UserId(3), wrong)
    assert store.permissions.rights(UserId(4)).levels == {}


def test_a_role_is_taken_by_its_name(store: SqlStore) -> None:
    """The others stay; to take what is not there changes nothing."""
    store.permissions.grant(HAND, SELLER)
    store.permissions.revoke(HAND, MANAGER, ADMINISTRATOR)
    assert store.permissions.granted() == {BOSS: (ADMINISTRATOR,), HAND: (SELLER,)}
    store.permissions.grant(HAND, SELLER)
    store.permissions.revoke(HAND)
    assert store.permissions.granted() == {BOSS: (ADMINISTRATOR,)}


@pytest.mark.rule("PERM-8")
def test_whoever_asks_for_a_change_must_be_an_administrator(store: SqlStore) -> None:
    """Of roles, of what roles mean, of the plan; a refused change leaves nothing behind."""
    no = Refused(Reason.NOT_PERMITTED, None, "PERM-8")
    permissions, plan = store.permissions, store.plan
    changes: list[Callable[[UserId], Refused | None]] = [
        lambda by: permissions.grant(HAND, ADMINISTRATOR, by=by),
        lambda by: permissions.revoke(BOSS, by=by),
        lambda by: permissions.define(SELLER, by=by),
        lambda by: plan.set_classic(False, by=by),
    ]
    before = permissions.granted()
    for change in changes:
        assert change(HAND) == change(UserId(9)) == no
    assert permissions.granted(by=HAND) == no
    assert permissions.granted(by=BOSS) == before == permissions.granted()
    assert plan.has_classic()
    assert "seller" not in permissions.roles()
    assert permissions.revoke(BOSS, by=BOSS) == no
    assert permissions.define(Role(name="boss", administrator=True), by=BOSS) is None
    assert permissions.grant(HAND, permissions.role("boss"), by=BOSS) is None
    assert permissions.revoke(BOSS, by=BOSS) is None
    assert permissions.define(Role(name="boss"), by=HAND) == no


# PERM-2


def _between(store: SqlStore, happens: Callable[[], None]) -> FailingStore:
    """A store before whose next commit something happens, after the decision was made."""
    around = FailingStore(store)
    around.overtake(happens)
    return around


def _crm(store: SqlStore, around: FailingStore | None = None) -> Crm:
    return Crm(store=around or store, permissions=store.permissions, plan=store.plan, clock=SystemClock())


#: Carries out each line that it reads, and says how that ended.
_OTHER = """
import sys
from crmcore.adapters.cli import main
for line in sys.stdin:
    print("exit", main(line.split()), flush=True)
"""


@pytest.fixture(scope="module")
def other() -> Iterator["subprocess.Popen[str]"]:
    """Another process, which carries out command lines."""
    words = [sys.executable, "-c", _OTHER]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def told(other: "subprocess.Popen[str]", database: Database) -> Callable[[str], None]:
    """Have another process carry a command line out."""

    def tell(line: str) -> None:
        assert other.stdin is not None
        assert other.stdout is not None
        place = f"--store {database.url}" + (f" --schema {database.schema}" if database.schema else "")
        other.stdin.write(f"{line} {place}\n")
        other.stdin.flush()
        assert next(said for said in other.stdout if said.startswith("exit")) == "exit 0\n"

    return tell


@pytest.mark.rule("PLAN-2")
def test_a_portal_whose_plan_nobody_set_has_classic(store: SqlStore) -> None:
    """Until somebody says otherwise."""
    assert store.plan.has_classic()
    store.plan.set_classic(False)
    assert not store.plan.has_classic()


@pytest.mark.rule("PERM-2")
def test_a_right_that_another_process_takes_before_the_commit_refuses(
    store: SqlStore, told: Callable[[str], None]
) -> None:
    """The decision was made with the right, the commit is not, and nothing of it is there."""
    before = image_of(store)
    crm = _crm(store, _between(store, lambda: told(f"role revoke {HAND}")))
    assert crm.add_lead(HAND, title="late") == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    assert image_of(store) == before


@pytest.mark.rule("PERM-2", "PLAN-1")
def test_a_plan_that_another_process_leaves_before_the_commit_refuses(
    store: SqlStore, told: Callable[[str], None]
) -> None:
    """Going back to Classic needs the plan at the commit."""
    assert _crm(store).switch_to_simple(BOSS, key="k").__class__.__name__ == "SwitchReport"
    crm = _crm(store, _between(store, lambda: told("plan set without-classic")))
    assert crm.switch_to_classic(BOSS) == Refused(Reason.PLAN_WITHOUT_CLASSIC)
    assert _crm(store).settings().mode is CrmMode.SIMPLE


@pytest.mark.rule("PERM-2")
def test_a_right_that_another_process_gives_before_the_commit_is_not_held_against_it(
    store: SqlStore, told: Callable[[str], None]
) -> None:
    """The step is decided again with the rights of now."""
    crm = _crm(store, _between(store, lambda: told(f"role grant {HAND} administrator")))
    assert not isinstance(crm.add_lead(HAND, title="in time"), Refused)
    assert len(image_of(store).leads) == 1


@pytest.mark.rule("PERM-2")
def test_in_the_serial_section_rights_are_read_on_its_own_transaction(store: SqlStore) -> None:
    """A change that the transaction has not committed yet is seen by it, and by nobody else."""
    with store.changing() as tx:
        tx.run("DELETE FROM crm_actor_role WHERE portal = ? AND actor = ?", (tx.portal, HAND))
        tx.run("UPDATE crm_portal SET has_classic = ? WHERE id = ?", (False, tx.portal))
        assert store.permissions.rights(HAND).levels == {}
        assert not store.plan.has_classic()
        seen = list[bool]()
        other = Thread(target=lambda: seen.append(store.plan.has_classic()))
        other.start()
        other.join()
        assert seen == [True]


@pytest.mark.rule("PERM-2")
def test_taking_a_right_waits_for_the_commit_in_its_serial_section(store: SqlStore, database: Database) -> None:
    """The commit is made with the right that it asked for; after it the right is gone."""
    asked: list[bool] = []
    with SqlStore(partial(engine_for, database.url, database.schema), store.portal_id) as other:
        taker = Thread(target=lambda: other.permissions.revoke(HAND))

        def confirm() -> bool:
            taker.start()
            _wait_until_it_waits(database, store, taker)
            asked.append(store.permissions.rights(HAND).levels != {})
            return True

        # An ordinary commit, which leaves room for others of its kind but not for this.
        store.commit(Changes(expects=store.snapshot(Query()).read), confirm)
        taker.join()
        assert asked == [True]
        assert store.permissions.rights(HAND).levels == {}


def _wait_until_it_waits(database: Database, store: SqlStore, taker: Thread) -> None:
    if database.name == "postgresql":
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with psycopg.connect(database.url, autocommit=True) as connection:
            while taker.is_alive() and connection.execute(waits).fetchone() == (0,):
                sleep(0.002)
    else:
        # Whoever does not wait at all is turned away, so whoever waits has to wait.
        impatient = partial(engine_for, database.url, patience=0)
        with SqlStore(impatient, store.portal_id, tries=1) as hasty, pytest.raises(StoreBusy):
            hasty.permissions.revoke(HAND)
    assert taker.is_alive()


@pytest.mark.rule("PERM-2", "PERM-4")
def test_who_loses_the_right_cannot_resume_while_the_holder_of_the_token_goes_on(store: SqlStore) -> None:
    """The switch is the company's."""
    crm = _crm(store)
    for title in "abc":
        crm.add_lead(BOSS, title=title)
    token = crm.begin_switch(BOSS, key="k")
    assert not isinstance(token, Refused)
    store.permissions.revoke(BOSS)
    assert isinstance(crm.resume_switch(BOSS), Refused)
    assert crm.run_switch(token).result == "switched"  # type: ignore[arg-type, union-attr]  # a token, and not refused


# Portals


def test_a_portal_that_cannot_be_made_leaves_nothing(database: Database) -> None:
    """Not the name, and not a record."""
    with pytest.raises(InvalidValue):
        create_portal(database.url, schema=database.schema, roles={BOSS: [ADMINISTRATOR], UserId(0): [MANAGER]})
    with create_portal(database.url, schema=database.schema) as made:
        assert image_of(made) == new_crm()
        assert made.permissions.granted() == {}
