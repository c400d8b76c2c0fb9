"""The store port: consistent reads and one atomic write (PERM-2, SWITCH-1, SWITCH-4, EDIT-1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, runtime_checkable

from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot

__all__ = ["Entry", "Reads", "ReadsAtOneTime", "Store", "close_store"]


class Entry(NamedTuple):
    """One record of a page, with its id and version; 1 for what has no version of its own: bindings and outcomes.

    `id` is that of the kind: a number, a key, or a pair of epoch and lead id. `record` is a value of the domain,
    `version` a whole number from 1.

    >>> Entry(id=7, record=None, version=1).version
    1
    """

    id: Any
    record: Any
    version: int


class Reads(Protocol):
    """The half of a store that writes nothing."""

    def snapshot(self, query: Query) -> Snapshot:
        """Read what `query` asks for: see `Store.snapshot`.

        >>> from crmcore.adapters.memory import InMemoryStore
        >>> reads: Reads = InMemoryStore.classic()
        >>> reads.snapshot(Query()).settings.epoch
        1
        """
        ...

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read at most `limit` records of a `kind` that come `after` an id: see `Store.page`.

        >>> [entry.id for entry in reads.page(Kind.PIPELINE)]
        [0]
        """
        ...


@runtime_checkable
class ReadsAtOneTime(Protocol):
    """What a store may offer besides: many reads of one and the same moment, while others go on writing.

    An audit and an export read the whole CRM and use it where it is there. Of a store without it they are exact while
    nobody writes.
    """

    def at_one_time(self) -> AbstractContextManager[Reads]:
        """Everything that is read inside is as it was at one moment, from whatever page.

        >>> with InMemoryStore.classic().at_one_time() as reads:
        ...     reads.page(Kind.LEAD)
        ()
        """
        ...


class Store(Reads, Protocol):
    """Where one CRM is kept. A new one has settings and lead stages before anything else is written to it.

    What a store owes its callers; each point is a law of the contract:

    1. A commit with one stale version in `expects`, written or not, changes nothing and raises `Conflict`.
    2. A lead is the source of at most one deal, for ever: the ledger is unique by lead, checked by the store itself,
       whoever converts. Switch keys and command keys are unique in the same way.
    3. The epoch of the settings is part of every read set; a commit decided under another epoch is a conflict.
    4. The lead is the root of its activities: adding, changing, completing, binding or unbinding one moves the version
       of every active lead that it is bound to, before or after; so does the conversion of another lead that shares it.
       Bindings are added by union, never overwritten.
    5. A reader never sees half a commit.
    6. Of two conversions of one lead one wins, and the other gets `Conflict`.
    7. `confirm` is asked in the serial section, after the check and before writing; its "no" writes nothing.
    8. After a crash inside a commit either all of it is there, or nothing.

    A record that is not there has version 0, a new one 1, and every write of it moves that up by one; a deleted record
    stays as its tombstone. A client that is created or changed moves the versions of the match keys that it has or had;
    an active lead those of its own. A store may move more versions than it must: then more is decided twice.
    Errors: `Conflict`; `OutcomeUnknown` when the answer of a commit was lost; `RecordFault` when one record cannot be
    read or written; `StoreBusy` and other `StoreError`s when the store as a whole fails.
    A switch sets aside the lead that a `RecordFault` names and goes on with the others; so what cannot be read of a
    lead's own activities, ledger row or mark is a fault of that lead.
    One store may be called by several threads at once, unless its host never does.
    """

    def snapshot(self, query: Query) -> Snapshot:
        """Read everything that one decision needs at one point in time, with the version of all that was read.

        `query` says what to bring: see `Query`, which also says what each question puts into the read set. What is not
        there is left out of the snapshot, and has version 0 in its read set.

        >>> store: Store = InMemoryStore.classic()
        >>> store.snapshot(Query(leads=(7,))).read.versions[Kind.LEAD]
        {7: 0}
        """
        ...

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Write all of a step, or nothing.

        `changes` says what to write and which versions it expects: see `Changes`. The check, `confirm` and the write
        are one serial section: no other commit comes in between. `Conflict` names all that is stale, as far as it was
        looked at: `Ref(kind, id)` for a version or a key that is taken, `Ref(Kind.EPOCH, epoch)` for another epoch,
        `Ref(Kind.STAGES, code)` for a stage that is in use, and `Ref(Kind.LEAD, 0)` for another number of active leads.

        `confirm` is for rights that live elsewhere: called once inside the serial section, it answers whether what was
        decided upon still holds. A "no" raises `Conflict` with `Ref(Kind.RIGHTS, 0)`; an error of its own goes through
        to the caller, and nothing is written. It must not call this store.

        >>> read = store.snapshot(Query(settings=True))
        >>> store.commit(Changes(expects=read.read, settings=read.settings))
        >>> store.commit(Changes(expects=read.read, settings=read.settings))
        Traceback (most recent call last):
        crmcore.domain.model.errors.Conflict: 1 stale records, first settings:0
        """
        ...

    def reserve(self, kind: Kind, count: int) -> range:
        """Hand out `count` new ids of a `kind`: lead, deal, contact, company, activity or pipeline.

        Never twice, not even after a restart or where nothing was written under them, and above every id that is there,
        however it came; gaps are allowed.

        >>> store.reserve(Kind.DEAL, 3)
        range(1, 4)
        >>> store.reserve(Kind.DEAL, 1)
        range(4, 5)
        """
        ...

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """The next records of a kind in id order, deleted ones as tombstones; each page is consistent by itself.

        `kind` is a lead, deal, contact, company, activity, pipeline, ledger (by lead id), switch and command (by key),
        binding (by activity id: a frozen set of references for every activity, empty ones included) or outcome (by the
        pair of epoch and lead id). `after` is the id of the last entry of the page before. Fewer entries than `limit`
        are the last ones.

        >>> [(entry.id, entry.version) for entry in store.page(Kind.PIPELINE, limit=10)]
        [(0, 1)]
        """
        ...


@runtime_checkable
class _Open(Protocol):
    """What a store may offer besides: it holds something open, and gives it back. Closing it twice does no harm."""

    def close(self) -> object:
        """Give everything back."""
        ...


def close_store(store: object) -> None:
    """Close a store that can be closed; another one is left as it is. Whoever made a store closes it.

    `store` is any store. Raises whatever its own `close` raises.

    >>> close_store(InMemoryStore.classic())
    """
    if isinstance(store, _Open):
        store.close()
