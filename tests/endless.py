"""A test that goes round for ever fails, and the run goes on: an endless loop is a fault like any other."""

import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

__all__ = ["LIMIT", "Endless"]

#: Seconds of processor time for one test, several times what the longest needs; waiting costs none.
LIMIT = 120.0


class Endless:
    """The plugin: counts the processor time of each test, where the system can interrupt it."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Let one test run, and interrupt it where it does not end."""
        if os.name != "posix" or "CRMCORE_DEEP" in os.environ:
            return (yield)
        before = signal.signal(signal.SIGVTALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_VIRTUAL, self._limit)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """No `Exception`, which what goes round might catch and begin again."""
        pytest.fail(f"the test used {self._limit:.0f} seconds of processor time and has not ended")
