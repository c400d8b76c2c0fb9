"""Copying a store cheaply: immutable records are shared, the containers around them are not."""

from collections import OrderedDict, defaultdict
from threading import RLock
from typing import Any, TypeVar

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.memory.index import MatchIndex
from crmcore.adapters.memory.order import Order
from crmcore.adapters.memory.state import State
from crmcore.testing.wrapped import WrappedStore

__all__ = ["fork", "innermost"]

S = TypeVar("S")


def innermost(store: Any) -> InMemoryStore:
    """The store in memory inside all wrappers; raises `TypeError` where another one is there."""
    while isinstance(store, WrappedStore):
        store = store.store
    if not isinstance(store, InMemoryStore):
        raise TypeError(f"this design reaches into an InMemoryStore, and this is a {type(store).__name__}")
    return store


_LOCK = type(RLock())
_SHELLS = (State, MatchIndex, InMemoryStore)


def fork(store: S) -> S:
    """Copy a store as it stands: its own `fork()` makes the copy where it has one.

    What is in an `InMemoryStore`, and in a wrapper, is copied as far as it can change: records and overlays are shared.
    Raises `TypeError` for a store that is neither and has no `fork()`.
    """
    if not isinstance(store, (*_SHELLS, WrappedStore)) and not hasattr(store, "fork"):
        raise TypeError(f"a walk forks its store, and {type(store).__name__} has no fork()")
    copied: S = _copy(store)
    return copied


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        if _CONTAINERS.isdisjoint(map(type, value.values())):
            return value.copy()
        return {key: _copy(each) for key, each in value.items()}
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
        if isinstance(shell, State):
            shell.order = Order(shell.tables, shell.outcomes, shell.bindings)  # made anew when it is asked for
        return shell
    if kind is _LOCK:
        return RLock()
    return value.fork() if hasattr(kind, "fork") else value


_CONTAINERS = frozenset({dict, list, set, OrderedDict, defaultdict})
