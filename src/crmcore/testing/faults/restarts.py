"""Stores that break point 8, what was committed is there for ever and wholly, or forget which ids they handed out."""

from collections.abc import Callable
from typing import Any, Self

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.application.step import Confirm
from crmcore.domain.model.ids import NUMBERED, RECORDS, Kind
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Listed, Store
from crmcore.testing.faults.base import BadStore, epoch_of, keys_in
from crmcore.testing.faults.records import LowIdsStore
from crmcore.testing.wrapped import expecting

__all__ = ["ForgetfulStore", "ForgottenIdsStore", "HalfWrittenStore"]


class _Buffered(BadStore):
    """Works in memory on what the store inside held when it was opened."""

    def start(self) -> None:
        super().start()
        self.memory = InMemoryStore(image_of(self.store))

    def read(self, query: Query) -> Snapshot:
        return self.memory.snapshot(query)

    def write(self, changes: Changes, confirm: Confirm) -> None:
        self.memory.commit(changes, confirm)

    def reserve(self, kind: Kind, count: int) -> range:
        return self.store.reserve(kind, count)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        return self.memory.page(kind, after, limit)

    def listed(self, listing: Listing) -> Listed:
        return self.memory.listed(listing)


class ForgetfulStore(_Buffered):
    """Answers that it has committed, and keeps it in memory only: after a restart nothing is there (SWITCH-5)."""

    rule, point = "SWITCH-5", 8
    rejected_by = "test_a_switch_goes_on_after_a_restart"


class HalfWrittenStore(_Buffered):
    """Writes each commit to disk one commit late, and only half of the last one before a crash (SWITCH-4)."""

    rule, point = "SWITCH-4", 8
    rejected_by = "test_what_a_restart_leaves_of_a_conversion_is_all_of_it_or_nothing"

    def start(self) -> None:
        """Everything is written down so far."""
        super().start()
        self.last: Changes | None = None

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit in memory, and write down the commit before."""
        self.memory.commit(changes, confirm)
        if self.last is not None:
            self._write_down(self.last)
        self.last = changes

    def reopen(self, again: Callable[[Store], Store] = lambda store: store) -> Self:
        """The next process finds the deals of the last commit, and not that their leads are converted."""
        if self.last is not None:
            last, self.last = self.last, None
            self._write_down(Changes(expects=last.expects, deals=last.deals, contacts=last.contacts))
        return super().reopen(again)

    def _write_down(self, changes: Changes) -> None:
        # A version of memory is not one of the store inside; the two have one epoch.
        expects = ReadSet(epoch=epoch_of(self.store).epoch, versions=keys_in(changes.expects))
        self.store.commit(expecting(self.store, changes, expects))


class ForgottenIdsStore(LowIdsStore):
    """Remembers in memory only which ids it has handed out, and hands them out again after a restart (IMPORT-1)."""

    rejected_by = "test_ids_that_were_handed_out_before_a_restart_are_not_handed_out_again"

    def start(self) -> None:
        """Go on behind the last record of each kind."""
        super().start()
        self.next_ids = {kind: _last(self.store, kind) + 1 for kind in NUMBERED}

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and go on behind what was written."""
        self.store.commit(changes, confirm)
        for kind, part in RECORDS.items():
            self.next_ids[kind] = max(self.next_ids[kind], max(getattr(changes, part), default=0) + 1)


def _last(store: Store, kind: Kind) -> int:
    """The highest id of a kind."""
    last: int | None = None
    while page := store.page(kind, last):
        last = page[-1].id
    return last or 0
