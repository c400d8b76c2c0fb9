"""Coverage looks away where tests would take twice as long and add no line: unit tests and cases cover all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

__all__ = ["Tracing", "is_again"]

#: What goes the same ways through the domain again and again; a line that is left out elsewhere fails `make test`.
AGAIN = (
    "tests/property",
    "tests/walk",
    "tests/faults",
    "tests/survival",
    "tests/sql",
    "tests/kit",
    "tests/hostile",
    "tests/page",
)


class Tracing:
    """The plugin: stops the measuring before such tests and starts it again before the others.

    `tests/order.py` lets all of them run first, so each process stops once and starts once.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # What is stopped is no longer the current one.
        self._measured = Coverage.current()
        self._stopped = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Let one test run, measured or not."""
        stop = is_again(item.path, self._root)
        if self._measured is not None and stop is not self._stopped:
            self._stopped = stop
            self._measured.stop() if stop else self._measured.start()
        return (yield)


def is_again(path: Path, root: Path) -> bool:
    """Whether a file is one of those that are not measured."""
    return any(path.is_relative_to(root / folder) for folder in AGAIN)
