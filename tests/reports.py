"""The plugin of a worker that tells of a test what somebody wants to know: how it went, and what else went wrong.

pytest-xdist sends six messages for a test, and to write, read and count them takes as long as many a test.
"""

import pytest
from _pytest.runner import runtestprotocol

__all__ = ["FewReports"]


class FewReports:
    """Runs each test as pytest does, and keeps to itself that it began, was set up, was cleared away and ended."""

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Send the report of the test itself, and any other that is not good."""
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            if report.when == "call" or not report.passed:
                item.ihook.pytest_runtest_logreport(report=report)
        return True
