"""The suites run in any order and in several processes, without a change."""

import os
import re

import pytest

from tests.kit.conftest import Host

DEEP = os.environ.get("CRMCORE_DEEP") == "1"

SUITES = """
    from hypothesis import settings
    from crmcore.adapters.memory import InMemoryStore
    from crmcore.adapters.plans import FixedPlan
    from crmcore.adapters.roles import RoleTable
    from crmcore.testing import CrmMachine, PermissionsContract, PlanContract, StoreContract

    class TestOurStore(StoreContract):
        def make_store(self, seed):
            return InMemoryStore(seed)

    class TestOurPermissions(PermissionsContract):
        def make_permissions(self, roles):
            return RoleTable(roles)

        def set_roles(self, permissions, actor, roles):
            permissions.revoke(actor)
            permissions.grant(actor, *roles)

    class TestOurPlan(PlanContract):
        def make_plan(self, has_classic):
            return FixedPlan(has_classic)

        def change_plan(self, plan, has_classic):
            plan.classic = has_classic

    TestOurMachine = CrmMachine(InMemoryStore).TestCase
    TestOurMachine.settings = settings(max_examples=3, stateful_step_count=10, deadline=None, database=None)

    def test_with_a_fixture(crmcore_classic):
        assert crmcore_classic.lead().id == 1
    """


def outcome(text: str) -> dict[str, int]:
    last = text.strip().splitlines()[-1]
    return {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed|skipped|errors?)", last)}


ARGUMENTS = {
    "any order": ("-p", "no:xdist", "--randomly-seed=1"),
    "several processes": ("-p", "no:randomly", "-n", "2"),
    "both": ("--randomly-seed=2", "-n", "2"),
}


@pytest.mark.parametrize("how", ARGUMENTS if DEEP else ["both"])
def test_all_suites_pass_in_any_order_and_in_several_processes(host: Host, how: str) -> None:
    """Nothing is shared between two tests, and the guard of the suites sees each of them wherever it runs."""
    host.write({"test_ours.py": SUITES})
    run = host.pytest(*ARGUMENTS[how])
    came = outcome(run.stdout)
    assert run.returncode == 0, run.stdout
    assert came.keys() <= {"passed", "skipped"}
    assert came["passed"] > 60
