"""Races on real processes: a few histories in every run, thousands with `CRMCORE_DEEP=1` (docs/races.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.survival.conftest import DEEP
from tests.survival.races.memory import Threads
from tests.survival.races.oracle import Anomaly, examine
from tests.survival.races.processes import PostgresPlace, Processes, SqlitePlace
from tests.survival.races.report import Tally
from tests.survival.races.story import tell
from tests.survival.servers import Server

#: Forking is what these tests are about; the children of this process start no threads of its.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

_MEMORY = 500 if DEEP else 20
_SQLITE = 2000 if DEEP else 24
_POSTGRES = 2000 if DEEP else 10
#: How many histories a weakened store may look good; most show it in the first two.
_UNTIL_SEEN = 40


def _judged(target: Processes, number: int) -> Tally:
    tally = Tally()
    for history in target.histories(tell(seed) for seed in range(number)):
        anomalies = examine(history)
        tally.add(history, anomalies)
        assert anomalies == [], f"seed {history.seed}"
    return tally


@pytest.fixture
def weakened(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Processes]:
    target = Processes(SqlitePlace(tmp_path), request.param)
    yield target
    target.close()


@pytest.mark.rule("SWITCH-1", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-10", "SWITCH-13", "PERM-2", "EDIT-1")
def test_what_processes_do_at_once_on_sqlite_could_have_been_done_one_by_one(tmp_path: Path) -> None:
    """Every answer and everything stored is what the rules say, in one order that agrees with the clock."""
    target = Processes(SqlitePlace(tmp_path))
    try:
        assert _judged(target, _SQLITE).at_once > 0
    finally:
        target.close()


@pytest.mark.rule("SWITCH-1", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-10", "SWITCH-13", "PERM-2", "EDIT-1")
def test_what_processes_do_at_once_on_postgresql_could_have_been_done_one_by_one(server: Server) -> None:
    """The same on PostgreSQL, where ordinary writers run side by side."""
    target = Processes(PostgresPlace(server.url))
    try:
        assert _judged(target, _POSTGRES).at_once > 0
    finally:
        target.close()


@pytest.mark.rule("SWITCH-1", "EDIT-1")
def test_what_threads_do_at_once_in_memory_could_have_been_done_one_by_one() -> None:
    """The same with a thread for each process, on the store that the others are compared with."""
    target = Threads()
    found: list[Anomaly] = []
    for seed in range(_MEMORY):
        found += examine(target.play(tell(seed)))
    assert found == []


@pytest.mark.parametrize("weakened", ["transactions left to the driver", "no version check"], indirect=True)
def test_a_weakened_store_is_found_out(weakened: Processes) -> None:
    """The oracle sees what a store does that leaves the driver to begin transactions, or drops what was read."""
    histories = weakened.histories(tell(seed) for seed in range(_UNTIL_SEEN))
    assert any(examine(history) for history in histories)
