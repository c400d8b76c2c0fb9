"""The plugin that fails a run in which a connection to SQLite was left open, and names who opened it.

From Python 3.13 on the interpreter warns too, but when the collector comes by: in whatever test runs then.
"""

import sqlite3
import sqlite3.dbapi2
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

    It stands in the place of `sqlite3.connect` until `stop`. It is no audit hook: CPython 3.11 calls such a hook while
    it sets a trace function, and a thread that begins in that moment under coverage ends with a `RuntimeError`.
    Fixtures that live for a whole session have ended when the last test is over.
    """

    def __init__(self) -> None:
        self._open: list[tuple[sqlite3.Connection, str, str]] = []
        self._test = "before the first test"
        self._connect = sqlite3.connect
        self._put(self._hear)

    def stop(self) -> None:
        """Let `sqlite3.connect` be what it was before."""
        self._put(self._connect)

    def _put(self, connect: Any) -> None:
        # SQLAlchemy takes the second name.
        sqlite3.connect = sqlite3.dbapi2.connect = connect

    def _hear(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._connect(*arguments, **options)
        self._open.append((connection, self._test, _where(sys._getframe(1))))
        return connection

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
            self._check()

    def _check(self) -> None:
        # A function of its own: sybil, which may own the last test, looks at the second line of a traceback.
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
