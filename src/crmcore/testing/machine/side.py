"""One of the two stores that a machine drives: behind the same faults as the other, with a driver of its own."""

from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.crm import Crm
from crmcore.domain.commands import Command
from crmcore.domain.errors import StoreError
from crmcore.domain.ids import Kind, Ref, UserId
from crmcore.ports.store import Store
from crmcore.testing.holding import Held
from crmcore.testing.machine.photo import require
from crmcore.testing.personas import roles_of_personas
from crmcore.testing.recording import EventRecorder
from crmcore.testing.wrapped import (
    AnswerLosingStore,
    CommitFailingStore,
    ConflictingStore,
    FaultyRecordStore,
    InterruptedStore,
    WrappedStore,
)

__all__ = ["Around", "Came", "FollowingStore", "HandingStore", "Side"]


@frozen
class Came:
    """What came of one call: an answer or an error."""

    answer: Any = None
    error: BaseException | None = None

    @property
    def died(self) -> bool:
        """Whether the process ended in the middle."""
        return isinstance(self.error, KeyboardInterrupt)


class HandingStore(WrappedStore):
    """Remembers the new ids that the store hands out, for the other store to take the same."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.handed: deque[tuple[Kind, range]] = deque()
        self._known: set[tuple[Kind, int]] = set()

    def reserve(self, kind: Kind, count: int) -> range:
        """Reserve, and look that no id is handed out twice."""
        ids = self.store.reserve(kind, count)
        require(len(ids) == count, "IMPORT-1", f"asked for {count} new ids of kind {kind!r}, got {len(ids)}")
        again = [Ref(kind, id) for id in ids if (kind, id) in self._known]
        require(not again, "IMPORT-1", "new ids were handed out that are in use or were handed out before", *again)
        self.know(kind, *ids)
        self.handed.append((kind, ids))
        return ids

    def know(self, kind: Kind, *ids: int) -> None:
        """Ids that may never be handed out (again)."""
        self._known.update((kind, id) for id in ids)


class FollowingStore(WrappedStore):
    """Takes its new ids from those that another store handed out: so records of both can be compared by id."""

    def __init__(self, store: Store, handed: deque[tuple[Kind, range]]) -> None:
        super().__init__(store)
        self._handed = handed

    def reserve(self, kind: Kind, count: int) -> range:
        """The ids that the other store gave when it was asked the same."""
        first = self._handed.popleft() if self._handed else None
        same = first is not None and (first[0], len(first[1])) == (kind, count)
        require(same, "SWITCH-11", f"over this store a command asked for other new ids than {count} of kind {kind!r}")
        assert first is not None  # for the type checker: just required
        return first[1]


@frozen
class Around:
    """What both sides share: who may what, the plan, and the clock."""

    roles: RoleTable = field(factory=roles_of_personas)
    plan: FixedPlan = field(factory=FixedPlan)
    clock: FixedClock = field(factory=FixedClock)


class Side:
    """A store behind faults that can be armed, with all that a driver needs.

    `store` is the store itself, without faults. From inside out: leads with a fault, conflicts, commits that fail,
    answers that are lost, and a process that dies at one of its calls.
    """

    def __init__(self, store: WrappedStore, like: "Side | None" = None) -> None:
        self.store = store
        self.records = FaultyRecordStore(store)
        self.storm = ConflictingStore(self.records)
        self.failing = CommitFailingStore(self.storm)
        self.losing = AnswerLosingStore(self.failing)
        self.dying = InterruptedStore(self.losing)
        self.events = EventRecorder()
        self.around: Around = Around() if like is None else like.around

    @property
    def crm(self) -> Crm:
        """A driver as a new process has it: what one that died leaves behind is the store alone."""
        around = self.around
        return Crm(
            store=self.dying,
            permissions=around.roles,
            plan=around.plan,
            clock=around.clock,
            observer=self.events,
        )

    def hold(self, actor: UserId, command: Command[Any]) -> Held:
        """Load and decide as `Crm.run` does, and keep the decision open."""
        around = self.around
        return Held.of(self.dying, around.roles, around.plan, around.clock, actor, command)

    def tried(self, call: Callable[[], Any], *, may_die: bool = False) -> Came:
        """Make a call; an error of the store, or a death on purpose, is what came of it."""
        armed = may_die or self.dying.at is not None
        try:
            return Came(call())
        except StoreError as error:
            return Came(None, error)
        except KeyboardInterrupt as death:
            if not armed:
                raise
            return Came(None, death)

    def die(self, at: int | None, *, after: bool = False) -> None:
        """Have the process die at its call number `at` from now on, before or after it was carried out."""
        self.dying.at, self.dying.after, self.dying.calls = at, after, 0

    def heal(self) -> None:
        """Disarm every fault."""
        self.records.unreadable.clear()
        self.records.unwritable.clear()
        self.losing.lost = self.failing.failing = self.storm.stormy = 0
        self.die(None)
