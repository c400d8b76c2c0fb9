"""The plugin that fails a run in which a connection to SQLite was left open, and names who opened it.

From Python 3.13 on the interpreter warns too, but when the collector comes by: in whatever test runs then.
"""

import sqlite3
import sys
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

__all__ = ["LeftOpen"]

_ROOT = Path(__file__).resolve().parent.parent
_DEPTH = 6


class LeftOpen:
    """Keeps every connection in sight until it is closed; the last test of a process answers for those that are not.

    An audit hook sees all of them, whatever opens them. Fixtures that live for a whole session have ended by then.
    """

    def __init__(self) -> None:
        self._open: list[tuple[sqlite3.Connection, str, str]] = []
        self._test = "before the first test"
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            self._open.append((arguments[0], self._test, _where(sys._getframe(1))))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool | None, bool | None]:
        """Know which test runs, and forget what earlier ones have closed."""
        self._test = item.nodeid
        self._open = [each for each in self._open if not _is_closed(each[0])]
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> Generator[None]:
        """After the last fixture has ended, nothing may be open."""
        yield
        if nextitem is None:
            left = [f"{test} ({where})" for connection, test, where in self._open if not _is_closed(connection)]
            assert not left, "connections to SQLite were left open by " + "; ".join(left)


def _is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.total_changes  # noqa: B018  # the one property that asks nothing but whether it is open
    except sqlite3.ProgrammingError:
        return True
    return False


def _where(frame: FrameType | None) -> str:
    """The lines of this repository that led to a call, the innermost first."""
    lines: list[str] = []
    while frame is not None and len(lines) < _DEPTH:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
            lines.append(f"{path.relative_to(_ROOT)}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(lines)
