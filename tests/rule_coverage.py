"""Every rule of the specification has a test that passes.

A test names the rules it shows with `@pytest.mark.rule("SWITCH-1", "SWITCH-3")`, and so does a test class or
a module by `pytestmark`. Two checks follow:

* a test that names a rule which docs/spec does not have fails, in every run;
* a whole run fails with exit status 1 when a sentence of docs/spec (a sub-rule, or a rule without any) has no passing
  test that is evidence for it, and lists these. A test that names more than five supports them, and so does one that
  names a rule as a whole; one that is expected to fail proves nothing. What tests/spec/changes.toml lists as open is
  left out.

What can be seen without running a test is said by `python -m tools.docs_sync` (`tools.trace`).

A run is whole when nothing narrows it: no path, no `-k`, `-m`, `--deselect`, `--lf` or the like, and no early
stop. A narrowed run says nothing about what it left out. Worker processes of pytest-xdist hand their rules to
the controlling one with each report, so the check is the same with and without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import rules as pages
from tools.evidence import MOST_RULES, counted
from tools.spec_changes import open_in
from tools.trace import known_ids

__all__ = ["RuleCoverage", "rules_of", "spec_rules"]

_PROPERTY = "rules"


def spec_rules(folder: Path) -> dict[str, Path]:
    """Give the sentences that the documents of a folder state, each with its document."""
    return {leaf.id: folder / leaf.page for leaf in pages.leaves_of(folder)}


def rules_of(item: pytest.Item) -> tuple[str, ...]:
    """Give the rules that a test names, its class and module included."""
    return tuple(dict.fromkeys(str(rule) for mark in item.iter_markers("rule") for rule in mark.args))


class RuleCoverage:
    """The plugin: collects the rules of passing tests and judges them when a whole run ends."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config = config
        self._spec = spec_rules(folder)
        self._known = known_ids(pages.rules_of(folder))
        self._open = open_in().keys()
        self._shown: set[str] = set()
        self._missing: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        rules = rules_of(item)
        unknown = [rule for rule in rules if rule not in self._known]
        if unknown:
            pytest.fail(f"docs/spec has no rule {', '.join(unknown)}", pytrace=False)
        if len(counted(rules)) <= MOST_RULES and item.get_closest_marker("xfail") is None:
            item.user_properties.append((_PROPERTY, list(rules)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._shown.update(_reported(report))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not ended or session.shouldstop or session.shouldfail or not self._is_whole():
            return
        self._missing = sorted(self._spec.keys() - self._shown - self._open, key=pages.id_order)
        if self._missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
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
        return not worker and not named and not any(config.getoption(name, None) for name in narrowing)


def _reported(report: pytest.TestReport) -> Iterator[str]:
    for name, value in report.user_properties:
        if name == _PROPERTY and isinstance(value, list):
            yield from map(str, value)
