"""The families of bad adapters: every member is rejected, whatever field or right it is about."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest
from tools.known_bad_stores import SUITE

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import RoleTable
from crmcore.domain.model.ids import CARDS, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.rules.authority import Level, Operation, Role
from crmcore.ports.permissions import Permissions
from crmcore.ports.store import Store
from crmcore.testing.contracts import PermissionsContract, StoreContract
from crmcore.testing.contracts.seeds import UNFILLED
from crmcore.testing.faults import LossyPermissions, LossyStore
from crmcore.testing.faults.lossy import Way, lossy_stores
from crmcore.testing.faults.permissions import lossy_permissions
from crmcore.testing.faults.runner import rejections
from crmcore.testing.field_paths import field_paths

DEEP = bool(os.environ.get("CRMCORE_DEEP"))

#: Of the holes that the contract once had, one for each way.
HOLES = (
    "LossyStore-activities.Activity.subject-page",
    "LossyStore-leads.Lead.stage_description-commit",
    "LossyStore-contacts.Contact.address.Address.postal_code-snapshot",
    "LossyStore-settings.Settings.repeat_inquiry-overwrite",
    "LossyStore-leads.Lead.name.PersonName.honorific-swap",
)


class _Suite(StoreContract):
    """The contract as plain methods, for stores that are made here."""


def _says(bad: type[LossyStore]) -> Iterator[str]:
    """What the tests say of a lossy store around one in memory, those that are to notice it."""

    def stores(seed: CrmImage) -> Store:
        return bad.wrap(InMemoryStore(seed))

    for item in bad.noticed_by:
        test, _, case = item.partition("[")
        try:
            getattr(_Suite(), test)(case.removesuffix("]"), stores)
        except AssertionError as said:
            yield str(said)


@pytest.mark.rule("DATA-1")
def test_a_store_that_loses_any_one_field_is_rejected() -> None:
    """For every field, on every way through the store: the test that is to notice it does."""
    assert [name for name, bad in lossy_stores().items() if not any(_says(bad))] == []


@pytest.mark.rule("DATA-1")
def test_the_failure_names_the_field_that_was_lost() -> None:
    """Whoever looks at a failed run knows the field, and sees both values, which the suite has made up (D-88)."""
    bad = lossy_stores()["LossyStore-contacts.Contact.address.Address.postal_code-page"]
    (said,) = _says(bad)

    assert "contacts.Contact.address.Address.postal_code" in said
    assert "postal_code: None instead of '00184'" in said


def test_there_is_a_lossy_store_for_every_field() -> None:
    """Those that nothing can fill left out, each is lost in a commit, in a page and in a snapshot."""
    fields = {str(path) for path in field_paths(CrmImage) if len(path.steps) > 1} - UNFILLED.keys()
    for way in (Way.COMMIT, Way.PAGE, Way.SNAPSHOT):
        assert {str(bad.path) for bad in lossy_stores().values() if bad.way is way} == fields
    assert all(bad.noticed_by for bad in lossy_stores().values())


@pytest.mark.rule("PERM-5")
def test_there_are_lossy_permissions_for_every_operation_kind_and_level() -> None:
    """And for each right that has no level."""
    lost = {bad.right if isinstance(bad.right, str) else (bad.right, bad.lost) for bad in lossy_permissions().values()}
    rights = {
        (each[0].operation, each[0].kind, each[1]) for each in lost if not isinstance(each, str) and each[1] is not None
    }

    assert rights == {(op, kind, level) for op in Operation for kind in CARDS for level in Level if level}
    assert {each for each in lost if isinstance(each, str)} == {"settings", "export", "administrator"}


@pytest.mark.rule("PERM-5")
@pytest.mark.parametrize("name", lossy_permissions())
def test_a_right_that_is_not_honoured_is_noticed(name: str) -> None:
    """Whatever right is lost or invented: the test that asks for each of them fails."""
    bad = lossy_permissions()[name]

    class Suite(PermissionsContract):
        def make_permissions(self, roles: Mapping[UserId, tuple[Role, ...]]) -> Permissions:
            return bad.wrap(RoleTable(roles))

    with pytest.raises(AssertionError):
        getattr(Suite(), bad.rejected_by)()


@pytest.mark.rule("PLAN-1")
def test_a_host_sees_a_family_in_one_line() -> None:
    """The command line puts each member around what the host's suite makes, here a plan."""
    command = [sys.executable, "-m", "crmcore.testing.faults", "tests.contract.test_memory:TestFixedPlan"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == ["BadPlan (PLAN-1): 5 of 5 are rejected", "5 of 5 bad adapters are rejected"]
    assert done.returncode == 0, done.stderr


def test_a_hosts_suite_sees_lossy_stores_fail() -> None:
    """The tests that notice are part of what a host inherits; a deep run has the whole family, and all tests."""
    members = lossy_stores()
    stores = tuple(members) if DEEP else HOLES
    found = rejections(SUITE, stores=stores, only={} if DEEP else {name: members[name].noticed_by for name in stores})

    for name in stores:
        assert found[name].keys() & set(members[name].noticed_by), name


def test_a_member_names_the_rule_and_what_it_breaks() -> None:
    """As every known-bad store does."""
    for base, members in ((LossyStore, lossy_stores()), (LossyPermissions, lossy_permissions())):
        for name, bad in members.items():
            assert name.startswith(base.__name__)
            assert (bad.__doc__ or "").endswith(f"({bad.rule}).")
