"""Stores that are right in one process alone, or only while no process ends."""

from typing import Any

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import MATCHED, RECORDS
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore, ask, check, keys_in
from crmcore.testing.wrapped import expecting

__all__ = ["CachedSettingsStore", "DriverBeginStore", "LateKeysStore"]


class CachedSettingsStore(BadStore):
    """Reads the settings once, and then knows only its own changes of them (MODE-1)."""

    rule, point = "MODE-1", 0
    rejected_by = "test_two_handles_see_each_others_commits"

    def start(self) -> None:
        """Nothing is read yet."""
        super().start()
        self.cached: Settings | None = None

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read all but the settings."""
        self.cached = self.cached or snapshot.settings
        return evolve(snapshot, settings=self.cached, read=evolve(snapshot.read, epoch=self.cached.epoch))

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and remember new settings."""
        self.store.commit(changes, confirm)
        self.cached = changes.settings or self.cached


class DriverBeginStore(BadStore):
    """Leaves BEGIN to the driver, whose transaction starts with the first write, behind the check (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_no_other_handle_commits_between_check_and_write"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Check and ask, while other processes may write; then write whatever was checked."""
        check(self.store, changes)
        ask(confirm)
        expects = evolve(changes.expects, versions=keys_in(changes.expects))
        self.store.commit(expecting(self.store, changes, expects))


class LateKeysStore(BadStore):
    """Writes e-mails and phones, and with them the match keys, in a transaction after the commit (SWITCH-4)."""

    rule, point = "SWITCH-4", 8
    rejected_by = "test_a_commit_that_is_cut_off_anywhere_is_whole_or_nothing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit all but what makes match keys, and then that."""
        late: dict[str, Any] = {}
        for part in (RECORDS[kind] for kind in MATCHED):
            found = {id: each for id, each in getattr(changes, part).items() if _has_keys(each)}
            if found:
                late[part] = found
        without: dict[str, Any] = {
            part: {**getattr(changes, part), **{id: _without_keys(each) for id, each in found.items()}}
            for part, found in late.items()
        }
        self.store.commit(evolve(changes, **without), confirm)
        if late:
            now: dict[str, Any] = {part: tuple(found) for part, found in late.items()}
            self.store.commit(Changes(expects=self.store.snapshot(Query(**now)).read, **late))


def _has_keys(record: object) -> bool:
    points = getattr(record, "contact_points", ())
    return any(point.kind in (PointKind.EMAIL, PointKind.PHONE) for point in points)


def _without_keys(record: Any) -> Any:
    kept = [point for point in record.contact_points if point.kind not in (PointKind.EMAIL, PointKind.PHONE)]
    return evolve(record, contact_points=kept)
