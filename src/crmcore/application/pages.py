"""Reading all records of a kind, page by page, and skipping those that cannot be read."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

from crmcore.application.answers import page_of, snapshot_of
from crmcore.domain.model.errors import ContractBroken, RecordFault
from crmcore.domain.model.ids import CARDS, RECORDS, Epoch, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot, query_of
from crmcore.domain.rules.person import Emails, emails_of, is_of
from crmcore.ports.store import Entry, Listed, Reads, ReadsAtOneTime, ReadsByPage, Store

__all__ = [
    "NONE_SEEN",
    "PAGE",
    "IdRuns",
    "Readable",
    "at_one_time",
    "listed",
    "outcomes_of",
    "pages",
    "person_of",
    "records_of",
]

T = TypeVar("T")

#: How many records a page holds unless the caller says otherwise.
PAGE = 500
#: How many runs are kept; an id that would begin one more is not.
RUNS = 10_000


def pages(store: Reads, kind: Kind, size: int = PAGE, after: Any = None) -> Iterator[Sequence[Entry]]:
    """Yield all records of a kind in id order, or those after an id, page by page; one that is not full is the last."""
    page = page_of(store, kind, after, size)
    while page:
        yield page
        page = page_of(store, kind, page[-1].id, size) if len(page) >= size else ()


def listed(store: Reads, listing: Listing) -> Listed:
    """One page of a list, by the store's own way if it `ReadsByPage`, and otherwise through its pages.

    Raises `ContractBroken` for a page that does not go on, which would never end.
    """
    if not isinstance(store, ReadsByPage):
        return _through_pages(store, listing)
    found: Any = store.listed(listing)
    if not isinstance(found, Listed) or not all(isinstance(entry, Entry) for entry in found.entries):
        raise ContractBroken("PERM-9", "Store.listed: expected Listed with a tuple of Entry")
    ids = [listing.after, *(entry.id for entry in found.entries)]
    goes_on = found.after is None or (found.after > listing.after and found.after >= ids[-1])
    if not goes_on or len(found.entries) > listing.limit or any(one >= other for one, other in pairwise(ids)):
        raise ContractBroken("PERM-9", f"the store's list of kind {listing.kind} is not in the order of ids")
    return found


def _through_pages(store: Reads, listing: Listing) -> Listed:
    """The same for a store that has no lists: a page of all records of the kind, or of those of one record."""
    kind, after = listing.kind, listing.after
    bound: tuple[Ref, ...] = ()
    if kind is Kind.ACTIVITY and listing.of is not None:
        snapshot = snapshot_of(store, Query(activities_of=(listing.of,)))
        looked = [
            Entry(id, record, snapshot.version(kind, id))
            for id, record in sorted(snapshot.activities.items())
            if id > after
        ]
        bound, full = (listing.of,), False
    else:
        looked, size = _as_many_as_readable(store, kind, after or None)
        full = len(looked) == size
    found = [entry for entry in looked if listing.takes(entry.record, bound)]
    return Listed.of(found, listing.limit, looked[-1].id if full else None)


def _as_many_as_readable(store: Reads, kind: Kind, after: Any) -> tuple[list[Entry], int]:
    """A page that ends in front of a record that cannot be read, with its size; raises the fault of the next one."""
    size = LIST_LIMIT
    while True:
        try:
            return list(page_of(store, kind, after, size)), size
        except RecordFault:
            if size == 1:
                raise
            size //= 2


def records_of(store: Reads, emails: Emails, found: frozenset[Ref]) -> tuple[frozenset[Ref], frozenset[Ref]]:
    """The records of a person (DATA-4), and those of them that are not deleted: by links, and by equal e-mail.

    It walks over all cards until it finds no more. What is found by an e-mail does not bring e-mails of its own, or a
    shared address would lead on to others.
    """
    while True:
        more, there = set(), set()
        for kind in CARDS:
            for page in pages(store, kind):
                for entry in page:
                    ref = Ref(kind, entry.id)
                    if ref not in found:
                        if is_of(entry.record, emails, found):
                            more.add(ref)
                    elif not isinstance(entry.record, Tombstone):
                        there.add(ref)
        if not more:
            return found, frozenset(there)
        found |= more


def outcomes_of(store: Reads, epoch: Epoch, after: int = 0) -> Iterator[tuple[LeadId, LeadOutcome]]:
    """Yield what one switch recorded of each lead, in id order, or of those after a lead, page by page."""
    for page in pages(store, Kind.OUTCOME, after=(epoch, after)):
        for entry in page:
            of, lead_id = entry.id
            if of != epoch:
                return
            yield lead_id, entry.record


def person_of(store: Reads, start: Ref) -> tuple[Emails, frozenset[Ref]]:
    """The e-mails to look for, and the records to begin with; nothing of one that is not there."""
    cards = {start: _read(store, start)}
    if isinstance(lead := cards[start], Lead) and lead.contact_id is not None:
        contact = Ref(Kind.CONTACT, lead.contact_id)
        cards[contact] = _read(store, contact)
    there = {ref: card for ref, card in cards.items() if card is not None}
    return frozenset().union(*map(emails_of, there.values())), frozenset(there)


def _read(store: Reads, ref: Ref) -> Any:
    cards: Mapping[Any, Any] = getattr(snapshot_of(store, query_of(ref)), RECORDS[ref.kind])
    record = cards.get(ref.id)
    return None if isinstance(record, Tombstone) else record


@contextmanager
def at_one_time(store: Store) -> Iterator[Reads]:
    """Reads as of one moment if the store `ReadsAtOneTime`; otherwise the store's own reads, each of its own moment."""
    if isinstance(store, ReadsAtOneTime):
        with store.at_one_time() as reads:
            yield reads
    else:
        yield store


class IdRuns:
    """Ids that were added, or those that had room: what is in it was added, and what was added may be missing.

    >>> seen = IdRuns()
    >>> for id in (1, 2, 7, 3):
    ...     seen.add(id)
    >>> 3 in seen, 4 in seen, seen.behind(0), seen.behind(3)
    (True, False, 3, 3)
    """

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []

    def __contains__(self, id: Any) -> bool:
        at = bisect_right(self._first, id)
        return at > 0 and id <= self._last[at - 1]

    def add(self, id: int) -> None:
        """Add an id, beside its neighbours if they are there."""
        first, last = self._first, self._last
        if last and last[-1] == id - 1:  # most ids follow the one before
            last[-1] = id
            return
        at = bisect_right(first, id)
        if at and id <= last[at - 1]:
            return
        before = at > 0 and last[at - 1] == id - 1
        behind = at < len(first) and first[at] == id + 1
        if before and behind:
            last[at - 1] = last.pop(at)
            del first[at]
        elif before:
            last[at - 1] = id
        elif behind:
            first[at] = id
        elif len(first) < RUNS:
            first.insert(at, id)
            last.insert(at, id)

    def behind(self, after: int | None) -> int | None:
        """The last id of the run that begins right behind an id, or that id."""
        if not self._first:
            return after
        following = 1 if after is None else after + 1
        at = bisect_right(self._first, following)
        return self._last[at - 1] if at and following <= self._last[at - 1] else after


#: Nothing was seen.
NONE_SEEN = IdRuns()


class Readable:
    """Skips the records that a store reports as faults, and collects their references in `faults`: for an audit."""

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

    def pages(self, kind: Kind, seen: IdRuns = NONE_SEEN) -> Iterator[Sequence[Entry]]:
        """Yield all readable records of a kind in id order; pages get smaller before a record that cannot be read.

        What was `seen` is passed over where it stands behind a page, and may come all the same.
        """
        after: Any = None
        size = PAGE
        while True:
            after = seen.behind(after)
            try:
                page = page_of(self._reads, kind, after, size)
            except RecordFault as fault:
                if size > 1:
                    size //= 2
                    continue
                if fault.ref.kind is not kind:
                    raise  # the fault does not say where to continue
                self._unreadable.add(fault.ref)
                after = fault.after
                continue
            if page:
                yield page
            if len(page) < size:
                return
            after = page[-1].id
            size = min(PAGE, 2 * size)

    def snapshots(
        self, asked: Sequence[T], query: Callable[[Sequence[T]], Query]
    ) -> Iterator[tuple[Sequence[T], Snapshot]]:
        """Yield what was asked for with its snapshot; halve it to find and leave out what cannot be read."""
        try:
            snapshot: Snapshot = snapshot_of(self._reads, query(asked))
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
        """Read a snapshot that names no record."""
        return snapshot_of(self._reads, query)
