"""The store port: consistent reads and one atomic write (PERM-2, SWITCH-1, SWITCH-4, EDIT-1)."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from crmcore.domain.changes import Changes
from crmcore.domain.ids import Kind
from crmcore.domain.snapshot import Query, Snapshot

__all__ = ["Entry", "Store"]


class Entry(NamedTuple):
    """One record of a page, with its id and version."""

    id: Any
    record: Any
    version: int


class Store(Protocol):
    """Where one CRM is kept.

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

    Every write of a record moves its version up by one. A client that is created or changed moves the versions of the
    match keys that it has or had; an active lead those of its own.
    Errors: `Conflict`; `OutcomeUnknown` when the answer of a commit was lost; `RecordFault` when one record cannot be
    read or written; `StoreBusy` and other `StoreError`s when the store as a whole fails.
    """

    def snapshot(self, query: Query) -> Snapshot:
        """Read everything that one decision needs at one point in time, with the version of all that was read."""
        ...

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Write all of a step, or nothing.

        `confirm` is for rights that live elsewhere: called once inside the serial section, it answers whether what
        was decided upon still holds. A "no" raises `Conflict` naming the rights; it must not call this store.
        """
        ...

    def reserve(self, kind: Kind, count: int) -> range:
        """Hand out new ids: never twice, above every id that was imported; gaps are allowed."""
        ...

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """The next records of a kind in id order, deleted ones as tombstones; each page is consistent by itself.

        Kinds: lead, deal, contact, company, activity, pipeline, ledger, switch, command, binding (by activity id) and
        outcome (by epoch and lead).
        """
        ...
