"""The store port: consistent reads and one atomic write (PERM-2, SWITCH-1, SWITCH-4, EDIT-1)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, runtime_checkable

from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot

__all__ = [
    "Entry",
    "Joined",
    "Listed",
    "Reads",
    "ReadsAtOneTime",
    "ReadsByPage",
    "Store",
    "close_store",
]


class Entry(NamedTuple):
    """One record of a page, with its id and version; bindings and outcomes have no version of their own and say 1.

    `id` is a number, a key, or a pair of epoch and lead id, depending on the kind. `record` is a value of the domain,
    `version` a whole number from 1.

    >>> Entry(id=7, record=None, version=1).version
    1
    """

    id: Any
    record: Any
    version: int


class Reads(Protocol):
    """The read methods of a store."""

    def snapshot(self, query: Query) -> Snapshot:
        """Read the answer to `query`: see `Store.snapshot`.

        >>> from crmcore.adapters.memory import InMemoryStore
        >>> reads: Reads = InMemoryStore.classic()
        >>> reads.snapshot(Query()).settings.epoch
        1
        """
        ...

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read at most `limit` records of a `kind` with ids `after` an id: see `Store.page`.

        >>> [entry.id for entry in reads.page(Kind.PIPELINE)]
        [0]
        """
        ...


@runtime_checkable
class ReadsAtOneTime(Protocol):
    """An optional method of a store: many reads as of one moment, while others write.

    An audit and an export read the whole CRM and use this method if the store has it. Without it, they are exact only
    while nobody writes.
    """

    def at_one_time(self) -> AbstractContextManager[Reads]:
        """Return a context manager; all reads inside it are as of one moment.

        >>> with InMemoryStore.classic().at_one_time() as reads:
        ...     reads.page(Kind.LEAD)
        ()
        """
        ...


@runtime_checkable
class Joined(Protocol):
    """An optional method of a store inside a transaction that its host began and will end.

    What it commits becomes real with the host's commit and goes with the host's rollback, and `confirm` is asked when
    the step is written. `Crm` repeats no decision on such a store and runs no command that commits many times.
    Ids that were reserved in a transaction that is rolled back may come again.
    """

    def when_committed(self, act: Callable[[], object]) -> None:
        """Call `act` once after the host's commit, in the order of the calls, and never after its rollback.

        >>> class InATransaction(InMemoryStore):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.acts = []
        ...     def when_committed(self, act):
        ...         self.acts.append(act)
        >>> joined: Joined = InATransaction()
        >>> joined.when_committed(lambda: None)
        >>> isinstance(joined, Joined)
        True
        """
        ...


class Listed(NamedTuple):
    """One page of a list: its entries in id order, and where the next page begins.

    `entries` are at most `Listing.limit` records that pass the filters. `after` is the id that the next page begins
    after, `None` on the last page. A page that is not full is not the last one if `after` is given: a store may stop
    when it has looked at enough records, and everything up to `after` has been looked at.

    >>> Listed.of([], 50)
    Listed(entries=(), after=None)
    """

    entries: tuple[Entry, ...]
    after: int | None

    @classmethod
    def of(cls, found: Sequence[Entry], limit: int, looked_to: int | None = None) -> "Listed":
        """The page of what was found.

        `found` are the entries that pass, of which the first `limit` are taken. `looked_to` is the last id that was
        looked at, `None` if there is no record after it.

        >>> found = [Entry(id, None, 1) for id in (3, 5, 8)]
        >>> Listed.of(found, 2).after, Listed.of(found, 3).after, Listed.of(found, 4, looked_to=90).after
        (5, None, 90)
        """
        if len(found) > limit:
            return cls(tuple(found[:limit]), found[limit - 1].id)
        return cls(tuple(found), looked_to)


@runtime_checkable
class ReadsByPage(Protocol):
    """An optional method of a store: pages of lists with plain filters, each as cheap as the first.

    Lists for people use this method if the store has it. Without it they go through `page` and filter what they find,
    so they are as exact, and it takes more calls to fill a page.
    """

    def listed(self, listing: Listing) -> Listed:
        """Read the next records that pass the filters of `listing`, each with its version.

        A page may hold fewer records than asked for and still say where to continue, so that the store need not look at
        more than about 1,000 records for it; each call comes further, or to the end. The store does not check rights:
        the filters say whose records are asked for. Raises `RecordFault` for a record of the page that cannot be
        read.

        >>> reads_lists: ReadsByPage = InMemoryStore.classic()
        >>> reads_lists.listed(Listing(kind=Kind.LEAD, active=True))
        Listed(entries=(), after=None)
        """
        ...


class Store(Reads, Protocol):
    """Keeps the records of one CRM. A new store has settings and lead stages before anything else is written to it.

    A store must keep these promises; the contract suite tests each point:

    1. A commit with one stale version in `expects`, written or not, changes nothing and raises `Conflict`.
    2. A lead is the source of at most one deal, for ever: the ledger is unique by lead, and the store itself checks
       this, whoever converts. Switch keys and command keys are unique in the same way.
    3. The epoch of the settings is part of every read set; a commit decided under another epoch is a conflict.
    4. The lead is the root of its activities: adding, changing, completing, binding or unbinding one moves the version
       of every active lead that it is bound to, before or after; so does the conversion of another lead that shares it.
       Bindings are added by union, never overwritten.
    5. A reader never sees half a commit.
    6. Of two conversions of one lead one wins, and the other gets `Conflict`.
    7. The store calls `confirm` in the serial section, after the check and before the write; a "no" writes nothing.
    8. After a crash during a commit, either all of it is there or nothing.

    A missing record has version 0, a new one 1, and every write adds one; a deleted record stays as its tombstone.
    Creating or changing a client moves the versions of the match keys that it has or had; the same holds for an active
    lead. A store may move more versions than it must; the cost is that more decisions are repeated.

    Errors: `Conflict`; `OutcomeUnknown` if the answer of a commit was lost; `RecordFault` if one record cannot be read
    or written; `StoreBusy` and other `StoreError`s if the store as a whole fails.
    A switch sets aside the lead that a `RecordFault` names, and continues with the others. So if an activity, the
    ledger row or the mark of a lead cannot be read, raise a `RecordFault` for that lead.

    Several threads may call one store at once, unless its host never does so.
    """

    def snapshot(self, query: Query) -> Snapshot:
        """Read everything that one decision needs, as of one point in time, with the versions of what was read.

        `query` says what to read: see `Query`, which also says what each field adds to the read set. A missing record
        is left out of the snapshot, and has version 0 in its read set.

        >>> store: Store = InMemoryStore.classic()
        >>> store.snapshot(Query(leads=(7,))).read.versions[Kind.LEAD]
        {7: 0}
        """
        ...

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Write all of a step, or nothing.

        `changes` says what to write and which versions it expects: see `Changes`. The check, `confirm` and the write
        are one serial section: no other commit happens in between. `Conflict` names everything stale that the store
        found: `Ref(kind, id)` for a stale version or a taken key, `Ref(Kind.EPOCH, epoch)` for another epoch,
        `Ref(Kind.STAGES, code)` for a stage in use, and `Ref(Kind.LEAD, 0)` for another number of active leads.

        `confirm` is for rights outside the store. The store calls it once inside the serial section; it returns whether
        the rights of the decision still hold. A "no" raises `Conflict` with `Ref(Kind.RIGHTS, 0)`. If it raises, the
        exception reaches the caller and nothing is written. `confirm` must not call this store.

        >>> read = store.snapshot(Query(settings=True))
        >>> store.commit(Changes(expects=read.read, settings=read.settings))
        >>> store.commit(Changes(expects=read.read, settings=read.settings))
        Traceback (most recent call last):
        crmcore.domain.model.errors.Conflict: 1 stale records, first settings:0
        """
        ...

    def reserve(self, kind: Kind, count: int) -> range:
        """Hand out `count` new ids of a `kind`: lead, deal, contact, company, activity or pipeline.

        The store never hands out an id twice, not even after a restart or if nothing was written under it. New ids are
        higher than all existing ones, imported ones included; gaps are allowed. The highest id is 2^63 - 1: where fewer
        than `count` are left, the store hands out none and raises `StoreFull`.

        >>> store.reserve(Kind.DEAL, 3)
        range(1, 4)
        >>> store.reserve(Kind.DEAL, 1)
        range(4, 5)
        """
        ...

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read the next records of a kind in id order, deleted ones as tombstones; each page is consistent in itself.

        `kind` is lead, deal, contact, company, activity, pipeline, ledger (by lead id), switch or command (by key),
        binding (by activity id: a frozen set of references for every activity, empty ones included) or outcome (by the
        pair of epoch and lead id). `after` is the id of the last entry of the previous page. A page with fewer entries
        than `limit` is the last one.

        >>> [(entry.id, entry.version) for entry in store.page(Kind.PIPELINE, limit=10)]
        [(0, 1)]
        """
        ...


@runtime_checkable
class _Open(Protocol):
    """An optional method of a store that holds resources. It must be safe to call twice."""

    def close(self) -> object:
        """Release all resources."""
        ...


def close_store(store: object) -> None:
    """Close a store if it has a `close` method. The code that made a store must close it.

    `store` is any store. Raises whatever its own `close` raises.

    >>> close_store(InMemoryStore.classic())
    """
    if isinstance(store, _Open):
        store.close()
