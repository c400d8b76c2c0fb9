"""How large the walks of a run were, printed at its end: whoever reads the output sees what was walked."""

import pytest

__all__ = ["WalkSizes"]


class WalkSizes:
    """The plugin: collects the sizes that the tests record, from worker processes too."""

    def __init__(self) -> None:
        self._sizes: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self._sizes.extend(str(value) for name, value in report.user_properties if name == "walk")

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        if self._sizes:
            terminalreporter.section("walked to the end")
            for size in sorted(self._sizes):
                terminalreporter.line(size)
