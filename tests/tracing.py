"""Coverage looks away while walks and properties run: they would take twice as long, and add no line to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

__all__ = ["Tracing"]

#: The folders of tests that go the same ways again and again; what the others leave out, `make test` names.
AGAIN = ("tests/property", "tests/walk", "tests/faults", "tests/survival")


class Tracing:
    """The plugin: stops the measuring before such a test and goes on with it afterwards."""

    def __init__(self, root: Path) -> None:
        self._again = tuple(root / folder for folder in AGAIN)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Let one test run, measured or not."""
        measured = Coverage.current()
        if measured is None or not any(item.path.is_relative_to(folder) for folder in self._again):
            return (yield)
        measured.stop()
        try:
            return (yield)
        finally:
            measured.start()
