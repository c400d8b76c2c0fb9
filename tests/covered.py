"""The plugin of `--cover`: `domain` and `ports` are covered wholly by the tests that are near them.

A tracer makes a test take up to twice as long, so it is on in the files alone that are to reach every branch, and each
of their tests runs once. What other tests reach counts for nothing.
"""

from collections.abc import Generator
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest
from coverage import Coverage

__all__ = ["Covered", "CoveredWorker", "is_near"]

_ROOT = Path(__file__).resolve().parent.parent
#: The tests that reach every branch; what is marked `slow` is not asked for.
_NEAR = tuple(_ROOT / "tests" / folder for folder in ("unit/domain", "unit/ports"))


@cache
def is_near(path: Path) -> bool:
    """Whether the tests of a file are to reach every branch, together with all that are near."""
    return any(path.is_relative_to(folder) for folder in _NEAR)


class CoveredWorker:
    """In a process that runs tests: measures those that are near, and writes down what they reached."""

    def __init__(self) -> None:
        self._coverage = Coverage(data_suffix=True, config_file=str(_ROOT / "pyproject.toml"))
        self._on = False
        # What a module does when it is loaded is reached by loading it, before a test is looked for.
        self._turn(on=True)
        self._modules = tuple(self._loaded())
        self._turn(on=False)

    def _loaded(self) -> Generator[ModuleType]:
        for measured in self._coverage.config.source_pkgs:
            package = import_module(measured)
            yield package
            for each in walk_packages(package.__path__, f"{measured}."):
                yield import_module(each.name)

    def pytest_collection_finish(self) -> None:
        """Forget what functions remember since the tests were loaded, so that tests reach it."""
        for module in self._modules:
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool | None, bool | None]:
        """Measure one test, or let it run as fast as it can."""
        self._turn(on=is_near(item.path) and item.get_closest_marker("slow") is None)
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Leave what was reached to the process that the run began in."""
        self._turn(on=False)
        self._coverage.save()

    def _turn(self, *, on: bool) -> None:
        if on is not self._on:
            (self._coverage.start if on else self._coverage.stop)()
            self._on = on


class Covered:
    """In the process that the run began in: says what was not reached, and fails for it."""

    def __init__(self) -> None:
        self._coverage = Coverage(data_suffix=True, config_file=str(_ROOT / "pyproject.toml"))
        self._coverage.erase()
        self._table = StringIO()
        self._share = 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Look at all that was written down; the workers have ended."""
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self._coverage.combine()
            self._share = self._coverage.report(file=self._table)
            if self._share < 100:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what was not reached, a line for each module."""
        terminalreporter.section("coverage of domain and ports", red=self._share < 100)
        terminalreporter.line(self._table.getvalue().rstrip())
