"""Coverage looks away where tests would take twice as long and add no line: unit tests and cases cover all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

__all__ = ["Tracing"]

#: What goes the same ways through the domain again and again; a line that is left out elsewhere fails `make test`.
AGAIN = ("tests/property", "tests/walk", "tests/faults", "tests/survival", "tests/sql", "tests/kit")


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
