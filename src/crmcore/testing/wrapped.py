"""The base of stores that wrap another one, and the single faults that the state machine stacks up and counts.

A test is better served by `crmcore.testing.FailingStore`, which has all of them in one. Here each class has one fault,
armed by a counter or a set that the machine changes; a store that is not armed is the good one.
"""

from collections.abc import Callable, Iterable
from typing import Any

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.changes import Changes
from crmcore.domain.errors import Conflict, OutcomeUnknown, RecordFault, StoreError
from crmcore.domain.ids import Kind, LeadId, Ref
from crmcore.domain.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Store, close_store

__all__ = [
    "AnswerLosingStore",
    "CommitFailingStore",
    "ConflictingStore",
    "FaultyRecordStore",
    "FoldInterrupter",
    "InterruptedStore",
    "WrappedStore",
]


class WrappedStore:
    """Hands every call on; the faults below override what they break."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        return self.store.snapshot(query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """See `Store.commit`."""
        self.store.commit(changes, confirm)

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`."""
        return self.store.reserve(kind, count)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        return self.store.page(kind, after, limit)

    def close(self) -> None:
        """Close the store inside, where it can be closed."""
        close_store(self.store)


class AnswerLosingStore(WrappedStore):
    """Carries the next `lost` commits out and loses their answers."""

    lost = 0

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Commit, and say that nobody knows."""
        self.store.commit(changes, confirm)
        if self.lost > 0:
            self.lost -= 1
            raise OutcomeUnknown("the answer was lost on purpose")


class CommitFailingStore(WrappedStore):
    """Fails the next `failing` commits before anything is written."""

    failing = 0

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Fail, or commit."""
        if self.failing > 0:
            self.failing -= 1
            raise StoreError("the store failed on purpose")
        self.store.commit(changes, confirm)


class ConflictingStore(WrappedStore):
    """Answers the next `stormy` commits with a conflict over all leads that they read, and writes nothing."""

    stormy = 0

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Conflict, or commit."""
        if self.stormy > 0:
            self.stormy -= 1
            leads = changes.expects.versions.get(Kind.LEAD, {})
            raise Conflict(tuple(Ref(Kind.LEAD, id) for id in leads) or (Ref(Kind.EPOCH, changes.expects.epoch),))
        self.store.commit(changes, confirm)


class FaultyRecordStore(WrappedStore):
    """Cannot read the leads in `unreadable`, nor write those in `unwritable`; everything else works (SWITCH-9)."""

    def __init__(self, store: Store, unreadable: Iterable[LeadId] = (), unwritable: Iterable[LeadId] = ()) -> None:
        super().__init__(store)
        self.unreadable = set(unreadable)
        self.unwritable = set(unwritable)

    def snapshot(self, query: Query) -> Snapshot:
        """Read, unless a lead that is asked for cannot be read."""
        snapshot = self.store.snapshot(query)
        self._check(self.unreadable.intersection(snapshot.leads), "unreadable")
        return snapshot

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Commit, unless a lead that is written cannot be."""
        self._check(self.unwritable.intersection(changes.leads), "unwritable")
        self.store.commit(changes, confirm)

    def _check(self, faulty: set[LeadId], code: str) -> None:
        if faulty:
            raise RecordFault(Ref(Kind.LEAD, min(faulty)), code)


class InterruptedStore(WrappedStore):
    """Is interrupted at its call number `at` (0 is the next): before the call is made, or after it was carried out.

    `None` is never; `calls` counts.
    """

    def __init__(self, store: Store, *, at: int | None = None, after: bool = False) -> None:
        super().__init__(store)
        self.at = at
        self.after = after
        self.calls = 0

    def snapshot(self, query: Query) -> Snapshot:
        """Read, or be interrupted."""
        snapshot: Snapshot = self._run(lambda: self.store.snapshot(query))
        return snapshot

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Commit, or be interrupted."""
        self._run(lambda: self.store.commit(changes, confirm))

    def reserve(self, kind: Kind, count: int) -> range:
        """Reserve, or be interrupted."""
        ids: range = self._run(lambda: self.store.reserve(kind, count))
        return ids

    def _run(self, call: Callable[[], Any]) -> Any:
        hit = self.at is not None and self.calls == self.at
        self.calls += 1
        if hit and not self.after:
            raise KeyboardInterrupt
        result = call()
        if hit:
            raise KeyboardInterrupt
        return result


class FoldInterrupter:
    """Interrupts an `InMemoryStore` in the middle of bringing a commit into its tables.

    It puts dictionaries into the store that count the updates made to them, and raise `KeyboardInterrupt` at number
    `at` (0 is the next) after half of that update was made. `None` is never.
    """

    def __init__(self, store: InMemoryStore) -> None:
        self.at: int | None = None
        self.interrupts = 0
        state = store._state
        for name in ("tables", "versions", "bound", "bindings"):
            table = getattr(state, name)
            if table and all(isinstance(part, dict) for part in table.values()):
                for kind, part in list(table.items()):
                    table[kind] = _Sabotaged(self, part)
            else:
                setattr(state, name, _Sabotaged(self, table))

    def hit(self) -> bool:
        """Count one update, and say whether it is the one to be cut short."""
        if self.at is None:
            return False
        self.at -= 1
        if self.at >= 0:
            return False
        self.at = None
        self.interrupts += 1
        return True


class _Sabotaged(dict[Any, Any]):
    """A dictionary whose update may be cut short."""

    def __init__(self, interrupter: FoldInterrupter, items: dict[Any, Any]) -> None:
        super().__init__(items)
        self._interrupter = interrupter

    def update(self, other: Any = (), /, **more: Any) -> None:
        items = list(dict(other, **more).items())
        if self._interrupter.hit():
            super().update(items[: (len(items) + 1) // 2])
            raise KeyboardInterrupt
        super().update(items)
