"""Full disks, files that may not be written, statements cut short and damaged pages, on SQLite."""

from pathlib import Path

import pytest

from tests.survival.conftest import DEEP
from tests.survival.disk import Told, cut_statements, damaged_pages, file_limits, page_limits, read_only


@pytest.mark.rule("SWITCH-1", "SWITCH-4", "SWITCH-5", "SWITCH-9", "SWITCH-11")
class TestTrouble:
    """A fault of the whole store stops the step with a typed error; once it is over, the switch goes on."""

    def test_a_full_disk_stops_the_switch_and_more_room_lets_it_go_on(self, tmp_path: Path) -> None:
        """At every number of pages between the backlog and the finished switch, the caller hears that it is full."""
        told = Told()
        trials = list(page_limits(tmp_path, told, leads=60 if DEEP else 8))
        assert [violation for trial in trials for violation in trial] == []
        assert told == {"StoreFull": len(trials)}
        assert len(trials) > 10

    def test_a_file_that_cannot_grow_stops_the_switch(self, tmp_path: Path) -> None:
        """At sizes from nothing up, where the shared memory or the log cannot be written: full, or a failed disk."""
        told = Told()
        trials = list(file_limits(tmp_path, told, step=1024 if DEEP else 16384))
        assert [violation for trial in trials for violation in trial] == []
        assert told["nothing"] == 1
        assert told["StoreFull"] > 0 < told["StoreError"]
        # A commit that fails again and again, and was never there when looked up, ends as busy.
        assert told.keys() <= {"nothing", "StoreFull", "StoreError", "StoreBusy"}

    def test_a_file_that_may_be_read_only_is_told_apart(self, tmp_path: Path) -> None:
        """Nothing is written, and the caller hears why."""
        told = Told()
        assert read_only(tmp_path, told) == []
        assert told == {"StoreReadOnly": 1}

    def test_a_statement_that_is_cut_short_takes_its_whole_step_with_it(self, tmp_path: Path) -> None:
        """Wherever SQLite's machine stops, also in the middle of a commit's statements."""
        told = Told()
        trials = list(cut_statements(tmp_path, told, every=1 if DEEP else 12))
        assert [violation for trial in trials for violation in trial] == []
        assert +told == {"StoreError": len(trials)}
        assert len(trials) > 10

    def test_a_damaged_page_is_reported_or_does_not_matter(self, tmp_path: Path) -> None:
        """Each page overwritten: a typed error, or the same records as ever; never another exception."""
        told = Told()
        trials = list(damaged_pages(tmp_path, told, every=1 if DEEP else 3))
        assert [violation for trial in trials for violation in trial] == []
        assert told["StoreCorrupt"] > 0
        assert told.keys() <= {"StoreCorrupt", "ForeignStore", "nothing"}
