"""Running a host's own contract suite against every known-bad store, in a process of its own."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from crmcore.domain.model.text import NOTHING
from crmcore.ports.store import Store
from crmcore.testing.contracts import EventContract, Hosted, PermissionsContract
from crmcore.testing.contracts.base import Contract, StoreTests, has_hook
from crmcore.testing.faults.base import BadStore
from crmcore.testing.faults.catalogue import KNOWN_BAD, bad_named

__all__ = ["Recorder", "Rejections", "rejections", "suite_named", "suites_of"]

#: By known-bad store or member of a family: the tests that fail, each with the first line that pytest shows of it.
Rejections = Mapping[str, Mapping[str, str]]

_TESTS = """\
from crmcore.testing.faults.runner import suite_named, suites_of
globals().update(suites_of(suite_named({suite!r}), {stores!r}))
"""

_CONFTEST = """\
from crmcore.testing.faults.runner import Recorder
def pytest_configure(config):
    config.pluginmanager.register(Recorder({report!r}, {only!r}))
"""


def suites_of(suite: type[Any], stores: Iterable[str] = ()) -> dict[str, type[Contract]]:
    """A contract suite for each known-bad store (or those named) around what this suite makes, by the class name.

    All stores can be opened again: where the suite has no `reopen`, the store inside is kept.
    """
    bodies = _bodies_for(suite)
    return {f"Test{name}": _suite_of(suite, name, bodies(bad_named(name))) for name in tuple(stores) or KNOWN_BAD}


def _suite_of(suite: type[Contract], name: str, body: dict[str, Any]) -> type[Contract]:
    return type(f"Test{name}", (suite,), {**body, "__doc__": bad_named(name).__doc__})


def _bodies_for(suite: type[Any]) -> Callable[[type[Any]], dict[str, Any]]:
    """What a suite needs to work on bad adapters instead of the good ones that it makes."""

    def stores(bad: type[Any]) -> dict[str, Any]:
        def reopen(self: Any, store: Store) -> Store:
            assert isinstance(store, BadStore)
            return (
                store.reopen(lambda inner: suite.reopen(self, inner)) if has_hook(suite, "reopen") else store.reopen()
            )

        body: dict[str, Any] = {
            "make_store": lambda self, seed: bad.wrap(suite.make_store(self, seed)),
            "reopen": reopen,
        }
        if has_hook(suite, "raw"):
            body["raw"] = lambda self, store: (*suite.raw(self, store.store), *store.own_texts())
        if has_hook(suite, "interrupted"):
            body["interrupted"] = lambda self, store, n: suite.interrupted(self, store.store, n)
        if issubclass(suite, EventContract) and suite.hosted is not EventContract.hosted:
            body["hosted"] = lambda self, store: _hosted_by(suite, self, store, bad)
        return body

    def permissions(bad: type[Any]) -> dict[str, Any]:
        return {
            "make_permissions": lambda self, roles: bad.wrap(suite.make_permissions(self, roles)),
            "set_roles": lambda self, made, actor, roles: suite.set_roles(self, made.permissions, actor, roles),
        }

    def plans(bad: type[Any]) -> dict[str, Any]:
        return {
            "make_plan": lambda self, has_classic: bad.wrap(suite.make_plan(self, has_classic)),
            "change_plan": lambda self, made, has_classic: suite.change_plan(self, made.plan, has_classic),
        }

    if issubclass(suite, StoreTests):
        return stores
    return permissions if issubclass(suite, PermissionsContract) else plans


@contextmanager
def _hosted_by(suite: type[Any], self: Any, store: Any, bad: type[Any]) -> Iterator[Hosted]:
    """The transaction of a host, with the bad store in it."""
    with suite.hosted(self, store.store) as hosted:
        yield hosted._replace(store=bad.wrap(hosted.store))


def suite_named(name: str) -> type[Contract]:
    """The suite that is called `package.module:Class` or `path/to/test_file.py:Class`.

    Raises `LookupError` where there is none of this name.
    """
    place, _, attribute = name.rpartition(":")
    path = Path(place)
    if not place or not attribute:
        raise LookupError(f"expected path/to/test_file.py:Class or package.module:Class, found {name!r}")
    if place.endswith(".py"):
        if not path.is_file():
            raise LookupError(f"{place} is no file")
        sys.path.insert(0, str(path.parent))
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None  # a file with this ending has both
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        try:
            module = import_module(place)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{place}.".startswith(f"{error.name}."):
                raise  # the module is there, and something that it needs is not
            raise LookupError(f"there is no module {place}") from error
    suite: object = getattr(module, attribute, None)
    if not isinstance(suite, type) or not issubclass(suite, Contract):
        own = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Contract)]
        names = ", ".join(each.__name__ for each in own if each.__module__ == module.__name__) or "none"
        raise LookupError(f"{attribute} is no contract suite of {place}; it has {names}")
    return suite


class Recorder:
    """A plugin of pytest that writes down which tests fail and what is shown of them, and runs only some if told to.

    The cycle collector rests until all tests are known, and then leaves alone what lives as long as the process.
    """

    def __init__(self, report: str, only: Mapping[str, list[str]]) -> None:
        self.report = Path(report)
        self.only = only
        self.failed: dict[str, dict[str, str]] = {}
        gc.disable()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str) -> list[pytest.Item] | None:
        """Do not even make what is not asked for."""
        if not isinstance(collector, pytest.Class) or not name.startswith("test_"):
            return None
        asked = self.only.get(collector.name.removeprefix("Test"))
        return None if asked is None or name in {test.partition("[")[0] for test in asked} else []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is not asked for."""
        items[:] = [item for item in items if self._is_asked_for(_store_of(item.nodeid), item.name)]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """From here on, the collector looks at what the tests make."""
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()

    def _is_asked_for(self, store: str, test: str) -> bool:
        asked = self.only.get(store, (test,))
        return test in asked or test.partition("[")[0] in asked

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        if report.failed:
            name = report.nodeid.rpartition("::")[2]
            said = str(dict(report.user_properties).get("crmcore_rule", ""))
            self.failed.setdefault(_store_of(report.nodeid), {}).setdefault(name, said)

    def pytest_sessionfinish(self) -> None:
        """Write everything down."""
        self.report.write_text(json.dumps(self.failed), encoding="utf-8")


def _store_of(nodeid: str) -> str:
    return nodeid.split("::")[1].removeprefix("Test")


def rejections(
    suite: str, *, seed: int = 1, stores: Iterable[str] = (), only: Mapping[str, Collection[str]] = NOTHING
) -> Rejections:
    """Run a suite, by name as in `suite_named`, against the known-bad stores, and tell which of its tests fail.

    `seed` decides about the order of the tests (where pytest-randomly is installed) and of everything that is hashed.
    `stores` may name members of families. `only` names the tests to run for a store; where it does not name the store
    all of them are run.

    Raises `RuntimeError` with the output of pytest where the tests could not be run.
    """
    with TemporaryDirectory() as folder:
        place, _, attribute = suite.rpartition(":")
        if place.endswith(".py"):
            suite = f"{Path(place).resolve()}:{attribute}"
        report = Path(folder, "report.json")
        asked = {name: sorted(tests) for name, tests in only.items()}
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path(folder, "conftest.py").write_text(_CONFTEST.format(report=str(report), only=asked), encoding="utf-8")
        Path(folder, "test_known_bad.py").write_text(_TESTS.format(suite=suite, stores=list(stores)), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", "-W", "ignore"]
        if find_spec("pytest_randomly") is not None:
            command += ["-p", "randomly", f"--randomly-seed={seed}"]
        done = subprocess.run(command, cwd=folder, env=_environment(seed), capture_output=True, text=True, check=False)
        if not report.exists() or done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            raise RuntimeError(done.stdout + done.stderr)
        found: dict[str, dict[str, str]] = json.loads(report.read_text(encoding="utf-8"))
    return {name: found.get(name, {}) for name in tuple(stores) or KNOWN_BAD}


def _environment(seed: int) -> dict[str, Any]:
    """The environment of this process, with its modules in reach and without what another pytest has put there."""
    left_out = ("PYTEST_", "COV_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    path = os.pathsep.join(os.path.abspath(each) for each in ("", *sys.path))
    return {**kept, "PYTHONPATH": path, "PYTHONHASHSEED": str(seed)}
