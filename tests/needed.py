"""What a test needs of the machine: without it the test is skipped, and fails where everything must run."""

import os
import shutil
from collections.abc import Generator
from importlib.util import find_spec

import pytest

__all__ = ["NothingMissing", "is_of_the_machine", "is_strict", "need_module", "need_program", "program"]

#: Beginnings of the reasons that say nothing about the machine: what a store does not offer, what belongs to a deep
#: run, the shared input, which is no part of the repository, a history that a shallow clone lacks, and node.
DECLARED = (
    "supports_threads is False",
    "no hook `",
    "the store has no",
    "takes minutes: make deep",
    "takes many minutes: make deep",
    "only in a deep run",
    "no shared input here",
    "needs the history of the repository",
    "no list of cases in the shared folder",
    "no article in the shared folder",
    "one_role_each is True",
    "no node here",
)


def need_module(name: str) -> None:
    """Skip the test where a module is not installed; where everything must run, `NothingMissing` makes it fail."""
    if find_spec(name) is None:
        pytest.skip(f"needs {name}")


def program(*names: str) -> str | None:
    """The path of the first of these programs that is here."""
    return next(filter(None, map(shutil.which, names)), None)


def need_program(*names: str) -> str:
    """The path of the first of these programs that is here; without any, the same as `need_module`."""
    found = program(*names)
    if found is None:
        pytest.skip(f"needs {names[0]}", allow_module_level=True)
    return found


def is_strict() -> bool:
    """Whether everything must run: `CRMCORE_STRICT=1`, which `.ci/run` sets."""
    return os.environ.get("CRMCORE_STRICT") == "1"


class NothingMissing:
    """The plugin of a strict run: a test or a file that is skipped fails, unless its reason is a declared one."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look at each test."""
        report = yield
        _judge(report)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Look at each file, which may be skipped as a whole."""
        report = yield
        _judge(report)
        return report


def is_of_the_machine(report: pytest.TestReport | pytest.CollectReport) -> bool:
    """Whether a test or a file was skipped for what the machine has not, or for a reason that is a declared one."""
    return (reason := _reason(report)) is not None and reason.startswith(("needs ", *DECLARED))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
        return None
    return report.longrepr[2].removeprefix("Skipped: ")


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = _reason(report)
    if reason is not None and not reason.startswith(DECLARED):
        report.outcome = "failed"
        report.longrepr = f"skipped ({reason}), and CRMCORE_STRICT says that nothing may be missing"
