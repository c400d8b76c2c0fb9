"""Walking through all records of a kind, a page at a time, and around those that cannot be read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Reads, ReadsAtOneTime, Store

__all__ = ["Readable", "at_one_time", "pages"]

T = TypeVar("T")

_SIZE = 500


def pages(store: Reads, kind: Kind, size: int = _SIZE, after: Any = None) -> Iterator[tuple[Entry, ...]]:
    """All records of a kind in id order, or those after an id, a page at a time."""
    page = store.page(kind, after, size)
    while page:
        yield page
        page = store.page(kind, page[-1].id, size)


@contextmanager
def at_one_time(store: Store) -> Iterator[Reads]:
    """The reads of one moment where the store `ReadsAtOneTime`; else its own, of as many moments as there are calls."""
    if isinstance(store, ReadsAtOneTime):
        with store.at_one_time() as reads:
            yield reads
    else:
        yield store


class Readable:
    """Reads around the records that a store reports as faults, and keeps their names: for an audit."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._unreadable: set[Ref] = set()
        self._in_the_way: set[Ref] = set()

    @property
    def faults(self) -> tuple[Ref, ...]:
        """The records that cannot be read, in order.

        A snapshot names the lead that it stopped at, a page the very record, be it an activity or a ledger row of that
        lead. So what a snapshot has named counts only where no page has met a fault.
        """
        return tuple(sorted(self._unreadable or self._in_the_way))

    def pages(self, kind: Kind) -> Iterator[tuple[Entry, ...]]:
        """All records of a kind that can be read, in id order; smaller pages lead up to one that cannot."""
        after: Any = None
        size = _SIZE
        while True:
            try:
                page = self._reads.page(kind, after, size)
            except RecordFault as fault:
                if size > 1:
                    size //= 2
                    continue
                if fault.ref.kind is not kind:
                    raise  # where to go on is not said
                self._unreadable.add(fault.ref)
                after = fault.after
                continue
            if not page:
                return
            yield page
            after = page[-1].id
            size = min(_SIZE, 2 * size)

    def snapshots(
        self, asked: Sequence[T], query: Callable[[Sequence[T]], Query]
    ) -> Iterator[tuple[Sequence[T], Snapshot]]:
        """What was asked for with its snapshot, in halves where one of it cannot be read; that one is left out."""
        try:
            snapshot: Snapshot = self._reads.snapshot(query(asked))
        except RecordFault as fault:
            if len(asked) == 1:
                self._in_the_way.add(fault.ref)
                return
            half = len(asked) // 2
            yield from self.snapshots(asked[:half], query)
            yield from self.snapshots(asked[half:], query)
        else:
            yield asked, snapshot

    def snapshot(self, query: Query) -> Snapshot:
        """What names no record."""
        return self._reads.snapshot(query)
