"""What every known-bad store is made of: a good store inside, and one fault around it."""

from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from typing import Any, ClassVar, Self

from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Store
from crmcore.testing.wrapped import WrappedStore

__all__ = ["KEYS", "BadStore", "ask", "check", "epoch_of", "keys_in", "with_versions", "without"]

#: The unique keys.
KEYS = (Kind.SWITCH, Kind.COMMAND)
_RIGHTS = Ref(Kind.RIGHTS, 0)


class BadStore(WrappedStore):
    """A store with one fault, around a good one: `BadStore(seed)` has one in memory, `wrap` takes a host's.

    Everything it does goes through the port of the store inside, so that the fault is the only one. Its own calls are
    carried out one after another, which makes every fault happen in the same way in every run.
    """

    #: The rule that the fault breaks.
    rule: ClassVar[str]
    #: The point of the store contract that it breaks; 0 for the rest of the docstrings of `Store`.
    point: ClassVar[int]
    #: The contract test that says what is wrong.
    rejected_by: ClassVar[str]

    def __init__(self, seed: CrmImage) -> None:
        super().__init__(InMemoryStore(seed))
        self.start()

    @classmethod
    def wrap(cls, store: Store) -> Self:
        """The same fault around any store."""
        made = cls.__new__(cls)
        WrappedStore.__init__(made, store)
        made.start()
        return made

    def start(self) -> None:
        """Prepare what the fault needs; the store inside is there already."""
        self.lock = RLock()

    def reopen(self, again: Callable[[Store], Store] = lambda store: store) -> Self:
        """The store as the next process finds it; `again` opens the one inside, one in memory is simply kept."""
        return type(self).wrap(again(self.store))

    def own_texts(self) -> Iterable[str]:
        """The texts that the fault keeps beside the store inside, as a dump of its own tables has them."""
        return ()

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        with self.lock:
            return self.read(query)

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """See `Store.commit`."""
        with self.lock:
            self.write(changes, confirm)

    def read(self, query: Query) -> Snapshot:
        """What `snapshot` does, while nobody else is at it."""
        return self.said(query, self.store.snapshot(query))

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """What is answered where the store inside answers this; most faults are here or in `sent`."""
        return snapshot

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """What `commit` does, while nobody else is at it."""
        self.store.commit(self.sent(changes), confirm)

    def sent(self, changes: Changes) -> Changes:
        """What goes to the store inside where this is committed."""
        return changes


def ask(confirm: Confirm) -> None:
    """Raise the conflict of a commit that is answered no."""
    if confirm is not None and not confirm():
        raise Conflict((_RIGHTS,))


def check(store: Store, changes: Changes) -> None:
    """Raise the conflict of what is stale, and write nothing."""
    try:
        store.commit(changes, lambda: False)
    except Conflict as conflict:
        if conflict.stale != (_RIGHTS,):
            raise


def keys_in(expects: ReadSet) -> dict[Kind, Mapping[Any, int]]:
    """What a read set says of unique keys: whether they are the commit's own, rather than which version they have."""
    return {kind: expects.versions.get(kind, NOTHING) for kind in KEYS}


def epoch_of(store: Store) -> ReadSet:
    """A read set with nothing but the epoch that is in force now."""
    return store.snapshot(Query()).read


def without(expects: ReadSet, *kinds: Kind) -> ReadSet:
    """A read set that says nothing about these kinds."""
    return evolve(expects, versions={kind: each for kind, each in expects.versions.items() if kind not in kinds})


def with_versions(snapshot: Snapshot, kind: Kind, change: Callable[[Any, int], int]) -> Snapshot:
    """A snapshot in which the versions of one kind are told otherwise."""
    versions: Mapping[Any, int] = snapshot.read.versions.get(kind, NOTHING)
    if not versions:
        return snapshot
    told = {id: change(id, version) for id, version in versions.items()}
    return evolve(snapshot, read=evolve(snapshot.read, versions={**snapshot.read.versions, kind: told}))
