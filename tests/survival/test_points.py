"""Every call of a switch to its store fails once, before or after it was carried out."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.matrix import matrix
from tests.survival.conftest import DEEP
from tests.survival.places import Place, PostgresPlace, SqlitePlace
from tests.survival.points import WAYS, Way, every_point
from tests.survival.scenario import MATRIX, PAIRWISE, Options
from tests.survival.servers import Server

#: Two of them between which every part of a switch is written: a match, completed activities, both clients.
USUAL = (PAIRWISE[1], PAIRWISE[4])

pytestmark = pytest.mark.rule("SWITCH-1", "SWITCH-4", "SWITCH-5", "SWITCH-11", "POLICY-1", "POLICY-2", "POLICY-3")


def survived(place: Place, options: Options, ways: Sequence[Way]) -> None:
    told: Counter[str] = Counter()
    trials = list(every_point(place, [options], ways, told))
    assert [violation for trial in trials for violation in trial] == []
    # Two chunks: begin, finish and report beside them. A store that is not called is not tried.
    assert len(trials) >= 4 * len(ways)
    assert told.total() == len(trials)


@pytest.mark.parametrize("options", matrix(MATRIX if DEEP else PAIRWISE, USUAL), ids=str)
def test_a_failure_anywhere_leaves_no_trace_on_sqlite(tmp_path: Path, options: Options) -> None:
    """The laws hold after it, another process brings the switch to its end, and the end is the undisturbed one."""
    survived(SqlitePlace(tmp_path), options, WAYS)


@pytest.mark.parametrize("options", MATRIX if DEEP else PAIRWISE[-1:], ids=str)
def test_a_failure_anywhere_leaves_no_trace_on_postgresql(server: Server, options: Options) -> None:
    """The same, with other transactions below."""
    survived(PostgresPlace(server.url, f"point{MATRIX.index(options)}-"), options, WAYS if DEEP else WAYS[2:3])
