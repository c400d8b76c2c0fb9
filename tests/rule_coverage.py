"""Every rule of the specification has a test that passes.

A test names the rules it shows with `@pytest.mark.rule("SWITCH-1", "SWITCH-3")`, and so does a test class or
a module by `pytestmark`. Three checks follow:

* a test that names a rule which docs/spec does not have fails, in every run;
* a whole run fails with exit status 1 when a sentence of docs/spec (a sub-rule, or a rule without any) has no passing
  test that is evidence for it, and lists these. A test that names more than five supports them, and so does one that
  names a rule as a whole; one that is expected to fail proves nothing;
* a whole run fails as well where a test of tests/spec/changes.toml has not passed: one that is skipped, that nothing
  collects or that is run with no row proves nothing.

What is skipped for something that the machine has not is left out of both, with its sentences.

What can be seen without running a test is said by `python -m tools.docs_sync` (`tools.trace`).

A run is whole when nothing narrows it: no path, no `-k`, `-m`, `--deselect`, `--lf` or the like, and no early
stop. Without what is marked `matrix` it is whole: no rule rests on a further place alone. A narrowed run says nothing
about what it left out. Worker processes of pytest-xdist hand their rules to the controlling one with each report, so
the check is the same with and without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tools import rules as pages
from tools.evidence import MOST_RULES, counted
from tools.spec_changes import Change
from tools.trace import known_ids

from tests.matrix import NARROWED
from tests.needed import is_of_the_machine

__all__ = ["RuleCoverage", "rules_of", "spec_rules"]

_PROPERTY = "rules"


def spec_rules(folder: Path) -> dict[str, Path]:
    """Give the sentences that the documents of a folder state, each with its document."""
    return {leaf.id: folder / leaf.page for leaf in pages.leaves_of(folder)}


def rules_of(item: pytest.Item) -> tuple[str, ...]:
    """Give the rules that a test names, its class and module included."""
    return tuple(dict.fromkeys(str(rule) for mark in item.iter_markers("rule") for rule in mark.args))


class RuleCoverage:
    """The plugin: collects the rules of passing tests and judges them when a whole run ends.

    `folder` has the pages of the rules; `changes` are those that break them, each with its test.
    """

    def __init__(self, config: pytest.Config, folder: Path, changes: Iterable[Change]) -> None:
        self._config = config
        self._spec = spec_rules(folder)
        self._known = known_ids(pages.rules_of(folder))
        self._shown: set[str] = set()
        self._missing: list[str] = []
        self._changes = tuple(changes)
        self._passed: set[str] = set()
        self._skipped: set[str] = set()
        self._unseen: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        rules = rules_of(item)
        unknown = [rule for rule in rules if rule not in self._known]
        if unknown:
            pytest.fail(f"docs/spec has no rule {', '.join(unknown)}", pytrace=False)
        if len(counted(rules)) <= MOST_RULES and item.get_closest_marker("xfail") is None:
            item.user_properties.append((_PROPERTY, list(rules)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.partition("[")[0]
        if report.when == "call" and report.passed:
            self._shown.update(_reported(report))
            self._passed.add(test)
        elif is_of_the_machine(report):
            self._skipped.add(test)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if is_of_the_machine(report):
            self._skipped.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not ended or session.shouldstop or session.shouldfail or not self._is_whole():
            return
        left = [each for each in self._changes if each.test not in self._passed]
        excused = [each for each in left if {each.test, each.test.partition("::")[0]} & self._skipped]
        self._missing = sorted(self._spec.keys() - self._shown - {each.rule for each in excused}, key=pages.id_order)
        if not self._config.getoption(
            "markexpr", None
        ):  # a narrowed run leaves out places, and a test may have no other
            self._unseen = sorted({each.test for each in left} - {each.test for each in excused})
        if self._missing or self._unseen:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._unseen:
            terminalreporter.section("evidence that has not passed", red=True)
            for test in self._unseen:
                terminalreporter.line(test)
        if not self._missing:
            return
        terminalreporter.section("rules without a passing test", red=True)
        for rule in self._missing:
            terminalreporter.line(f"{rule:<12} docs/spec/{self._spec[rule].name}")
        terminalreporter.line(f"{len(self._missing)} of {len(self._spec)} rules have no passing test", red=True)

    def _is_whole(self) -> bool:
        config = self._config
        narrowing = (
            "keyword",
            "markexpr",
            "deselect",
            "ignore",
            "ignore_glob",
            "lf",
            "collectonly",
            "stepwise",
        )
        worker = hasattr(config, "workerinput")
        named = config.args_source is pytest.Config.ArgsSource.ARGS
        asked = {name: config.getoption(name, None) for name in narrowing}
        if asked["markexpr"] == NARROWED:
            asked["markexpr"] = None
        return not worker and not named and not any(asked.values())


def _reported(report: pytest.TestReport) -> Iterator[str]:
    for name, value in report.user_properties:
        if name == _PROPERTY and isinstance(value, list):
            yield from map(str, value)
