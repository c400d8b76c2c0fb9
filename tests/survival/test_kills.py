"""A process that switches a CRM is killed at random times; large numbers are in docs/survival.md."""

from pathlib import Path

import pytest

from tests.survival.conftest import DEEP
from tests.survival.kills import Killer, Stops, Strike, Tally, cut, kill
from tests.survival.places import Place, PostgresPlace, SqlitePlace
from tests.survival.servers import Server

pytestmark = pytest.mark.rule("SWITCH-1", "SWITCH-4", "SWITCH-5", "SWITCH-11")


def survived(place: Place, folder: Path, wanted: int, strike: Strike, workers: int = 1) -> Tally:
    tally = Killer(place, seed=wanted, folder=folder, workers=workers).run(wanted, strike)
    assert tally.violations == []
    assert tally.landed >= wanted
    return tally


def test_kills_of_the_process_leave_no_trace_on_sqlite(tmp_path: Path) -> None:
    """SIGKILL, resumed, killed again: the laws hold at every stop, and the end is the undisturbed one."""
    tally = survived(SqlitePlace(tmp_path), tmp_path, 2000 if DEEP else 25, kill)
    # Most of a switch is spent in commits, so kills that never land there would miss what is to be tried.
    assert tally.committing > 0


def test_kills_of_the_process_leave_no_trace_on_postgresql(tmp_path: Path, server: Server) -> None:
    """The same, where the server outlives its client."""
    survived(PostgresPlace(server.url), tmp_path, 500 if DEEP else 5, kill)


def test_kills_of_several_workers_leave_no_trace(tmp_path: Path, server: Server) -> None:
    """Two convert one switch, and both are killed, one after the other."""
    survived(SqlitePlace(tmp_path), tmp_path, 200 if DEEP else 2, kill, workers=2)
    survived(PostgresPlace(server.url, "crowd"), tmp_path, 200 if DEEP else 2, kill, workers=2)


def test_immediate_stops_of_the_server_leave_no_trace(tmp_path: Path, server: Server) -> None:
    """The server goes down without a word and comes back; the worker lives on, or ends with a typed error."""
    survived(PostgresPlace(server.url, "stopped"), tmp_path, 25 if DEEP else 2, Stops(server, seed=1))


def test_cut_connections_leave_no_trace(tmp_path: Path, server: Server) -> None:
    """The worker lives on: it tries again what was not committed, and looks up what may have been."""
    survived(PostgresPlace(server.url, "cut"), tmp_path, 100 if DEEP else 4, cut)
