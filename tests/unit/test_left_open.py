"""The plugin of this test run that looks for connections that were left open."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import NullPool, create_engine

from tests.left_open import LeftOpen


def _end(plugin: LeftOpen) -> None:
    """The last test of a process ends."""
    teardown = plugin.pytest_runtest_teardown(None)
    next(teardown)
    with pytest.raises(StopIteration):
        next(teardown)


def test_a_connection_that_was_left_open_is_told_with_the_line_that_opened_it() -> None:
    """One that was closed is not."""
    plugin = LeftOpen()
    try:
        with closing(sqlite3.connect(":memory:")):
            pass
        _end(plugin)
        with (
            closing(sqlite3.connect(":memory:")),
            pytest.raises(AssertionError, match=r"left open by before the first test \(tests/unit/test_left_open\.py:"),
        ):
            _end(plugin)
        _end(plugin)
    finally:
        plugin.stop()


def test_a_connection_that_sqlalchemy_opened_is_seen() -> None:
    """It asks another name of the module for it."""
    plugin = LeftOpen()
    try:
        engine = create_engine("sqlite://", poolclass=NullPool)
        with engine.connect(), pytest.raises(AssertionError, match="left open"):
            _end(plugin)
        _end(plugin)
    finally:
        plugin.stop()
