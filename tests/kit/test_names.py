"""The names of the suites are theirs alone: a host's own fixtures, methods and attributes meet none of them."""

import inspect
from typing import Any

import pytest

from crmcore.testing.contracts import PermissionsContract, PlanContract, StoreContract
from crmcore.testing.contracts.base import Contract

pytest_plugins = ["pytester"]

#: What a host gives to a suite, under these names.
GIVEN = {
    StoreContract: {"make_store", "supports_threads", "reopen", "raw", "interrupted", "touch"},
    PermissionsContract: {"make_permissions", "set_roles", "one_role_each"},
    PlanContract: {"make_plan", "change_plan"},
}


@pytest.mark.parametrize("suite", GIVEN, ids=lambda suite: suite.__name__)
def test_all_names_of_a_suite_are_tests_given_by_the_host_or_begin_with_crmcore(suite: type[Contract]) -> None:
    """Whatever else a host calls its own, it takes nothing away from the suite, and the suite nothing from it."""
    own = {name for each in suite.__mro__[:-1] for name in vars(each) if not name.startswith("__")}
    others = {name for name in own if not name.startswith(("test_", "crmcore_", "_crmcore_"))}

    assert others == GIVEN[suite]


@pytest.mark.parametrize("suite", GIVEN, ids=lambda suite: suite.__name__)
def test_all_fixtures_that_a_suite_asks_for_begin_with_crmcore(suite: type[Contract]) -> None:
    """A fixture of the host's conftest cannot stand in the place of one of the suite; `request` is of pytest."""
    marked = {
        name
        for test in _tests(suite)
        for mark in getattr(test, "pytestmark", [])
        if mark.name == "usefixtures"
        for name in mark.args
    }
    cases = {
        name.strip()
        for test in _tests(suite)
        for mark in getattr(test, "pytestmark", [])
        if mark.name == "parametrize"
        for name in mark.args[0].split(",")
    }
    asked = {name for test in _tests(suite) for name in inspect.signature(test).parameters} - cases
    assert {name for name in asked | marked if not name.startswith("crmcore_")} == {"self", "request"}


def _tests(suite: type[Contract]) -> list[Any]:
    return [getattr(suite, name) for name in dir(suite) if name.startswith("test_")]


def test_a_host_may_have_fixtures_and_methods_of_the_commonest_names(pytester: pytest.Pytester) -> None:
    """`again`, `scene`, `stores` and `threads` were taken once; now a host's own are left alone, and its tests run."""
    names = ("again", "scene", "stores", "threads", "store", "crm", "seed", "make", "client", "db", "session", "kind")
    fixtures = "\n".join(f"@pytest.fixture\ndef {name}():\n    return '{name} of the host'\n" for name in names)
    pytester.makeconftest(f"import pytest\n{fixtures}")
    body = "\n".join(f"    def {name}(self): return 'method'" for name in (*names, "refuses", "blocked"))
    pytester.makepyfile(
        "from crmcore.adapters.memory import InMemoryStore\n"
        "from crmcore.testing import StoreContract\n"
        "class TestMine(StoreContract):\n"
        f"{body}\n"
        "    def make_store(self, seed): return InMemoryStore(seed)\n"
        "def test_own(scene, stores): assert (scene, stores) == ('scene of the host', 'stores of the host')\n"
    )
    outcomes = pytester.runpytest_inprocess("-q").parseoutcomes()

    assert not outcomes.keys() & {"failed", "errors"}
    assert outcomes["passed"] > 100
