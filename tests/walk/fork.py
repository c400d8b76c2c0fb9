"""Copying a store cheaply: immutable records are shared, the containers around them are not."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.memory.index import MatchIndex
from crmcore.adapters.memory.state import State
from crmcore.domain.changes import Changes
from crmcore.domain.ids import Kind
from crmcore.domain.snapshot import Query, Snapshot
from crmcore.ports.store import Entry

__all__ = ["WrappedStore", "fork", "innermost"]

S = TypeVar("S")


class WrappedStore:
    """A store around another one that changes nothing; weakened stores override one method."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def snapshot(self, query: Query) -> Snapshot:
        found: Snapshot = self.inner.snapshot(query)
        return found

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        self.inner.commit(changes, confirm)

    def reserve(self, kind: Kind, count: int) -> range:
        ids: range = self.inner.reserve(kind, count)
        return ids

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        entries: tuple[Entry, ...] = self.inner.page(kind, after, limit)
        return entries

    def mark(self) -> Any:
        """What the wrapper itself remembers: part of what tells two stores apart."""
        return None


def innermost(store: Any) -> InMemoryStore:
    """The real store inside all wrappers."""
    while isinstance(store, WrappedStore):
        store = store.inner
    assert isinstance(store, InMemoryStore)
    return store


_LOCK = type(RLock())
_SHELLS = (State, MatchIndex, InMemoryStore)


def fork(store: S) -> S:
    """Copy a store as it stands; its records and overlays are shared, since nobody changes them."""
    copied: S = _copy(store)
    return copied


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copy(each) if type(each) in _CONTAINERS else each for key, each in value.items()}
    if kind is list or kind is set:
        return kind(value)
    if kind is OrderedDict:
        return OrderedDict(value)
    if kind is defaultdict:
        made: defaultdict[Any, Any] = defaultdict(value.default_factory)
        for key, each in value.items():
            made[key] = _copy(each)
        return made
    if kind in _SHELLS or isinstance(value, WrappedStore):
        shell = object.__new__(kind)
        for name, each in vars(value).items():
            setattr(shell, name, _copy(each))
        return shell
    if kind is _LOCK:
        return RLock()
    return value


_CONTAINERS = frozenset({dict, list, set, OrderedDict, defaultdict})
