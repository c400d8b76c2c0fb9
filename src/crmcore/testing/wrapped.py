"""The base of all stores that wrap another one, a commit that expects less, and an interrupt in the in-memory store.

`crmcore.testing.failures.FailingStore` fails on purpose; the stores in `crmcore.testing.faults` are wrong by design.
"""

from typing import Any

from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.answers import events_of
from crmcore.application.pages import listed
from crmcore.application.step import Confirm
from crmcore.domain.model.ids import RECORDS, Kind
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.outbox import EventPage
from crmcore.ports.store import Entry, Listed, Store, close_store

__all__ = ["AnyNumber", "FoldInterrupter", "WrappedStore", "expecting"]


class WrappedStore:
    """Passes every call through; a subclass overrides what should differ."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        return self.store.snapshot(query)

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """See `Store.commit`."""
        self.store.commit(changes, confirm)

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`."""
        return self.store.reserve(kind, count)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        return self.store.page(kind, after, limit)

    def listed(self, listing: Listing) -> Listed:
        """See `ReadsByPage.listed`; a store without lists answers through its pages."""
        return listed(self.store, listing)

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """See `KeepsEvents.events`; a store that keeps none has none to read."""
        return events_of(self.store, after, limit)

    def close(self) -> None:
        """Close the store inside, where it can be closed.

        >>> WrappedStore(InMemoryStore.classic()).close()
        """
        close_store(self.store)


class FoldInterrupter:
    """Interrupts an `InMemoryStore` while it folds a commit into its tables.

    It puts dictionaries into the store that count their updates, and raise `KeyboardInterrupt` at number `at` (0 is the
    next) after half of that update. `None` means never.
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


class AnyNumber(int):
    """An epoch or a version that passes for every other: the expectation is there and says nothing."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


def expecting(store: Store, changes: Changes, expects: ReadSet) -> Changes:
    """A commit with another read set: what it writes and no longer expects counts as read in this very moment.

    Without that it would count as new, and a good store would not write it over what is there.
    """
    forgotten = {
        kind: getattr(changes, name).keys() & changes.expects.versions.get(kind, NOTHING).keys()
        for kind, name in RECORDS.items()
    }
    forgotten = {kind: ids - expects.versions.get(kind, NOTHING).keys() for kind, ids in forgotten.items()}
    if not any(forgotten.values()):
        return evolve(changes, expects=expects)
    asked: dict[str, Any] = {RECORDS[kind]: tuple(ids) for kind, ids in forgotten.items() if kind is not Kind.PIPELINE}
    now = store.snapshot(Query(pipelines=bool(forgotten[Kind.PIPELINE]), **asked)).read.versions
    versions = dict(expects.versions)
    for kind, ids in forgotten.items():
        if ids:
            known = now.get(kind, NOTHING)
            versions[kind] = {**versions.get(kind, NOTHING), **{id: known.get(id, 0) for id in ids}}
    return evolve(changes, expects=evolve(expects, versions=versions))
