"""One of the two stores that a machine drives: behind the same faults as the other, with a driver of its own."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.application.crm import Crm
from crmcore.application.pages import at_one_time
from crmcore.application.step import Step
from crmcore.domain.model.errors import StoreError
from crmcore.domain.model.ids import Kind, Ref, UserId
from crmcore.domain.protocol.commands import Command
from crmcore.ports.store import Reads, Store
from crmcore.testing.failures import ANY, FailingStore
from crmcore.testing.machine.photo import require
from crmcore.testing.personas import roles_of_personas
from crmcore.testing.recorder import EventRecorder
from crmcore.testing.wrapped import WrappedStore

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

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """See `ReadsAtOneTime`; a store that is none answers as ever."""
        with at_one_time(self.store) as reads:
            yield reads

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

    `store` is the store itself, without faults. From inside out, each a layer of its own, so that what one of them
    stops is no call of the next one: leads with a fault, conflicts, commits that fail, answers that are lost, and a
    process that dies at one of its calls.
    """

    def __init__(self, store: WrappedStore, like: "Side | None" = None) -> None:
        self.store = store
        self.records = FailingStore(store)
        self.storm = FailingStore(self.records)
        self.failing = FailingStore(self.storm)
        self.losing = FailingStore(self.failing)
        self.dying = FailingStore(self.losing)
        self._born = 0
        self.events = EventRecorder()
        self.around: Around = Around() if like is None else like.around

    @property
    def crm(self) -> Crm:
        """A driver as a new process has it: what one that died leaves behind is the store alone."""
        around = self.around
        return Crm(
            store=self.dying, permissions=around.roles, plan=around.plan, clock=around.clock, observer=self.events
        )

    def hold(self, actor: UserId, command: Command[Any]) -> Step:
        """Load and decide as `Crm.run` does, and keep the decision open."""
        around = self.around
        return Step.of(self.dying, around.roles, around.plan, around.clock, actor, command)

    def tried(self, call: Callable[[], Any], *, may_die: bool = False) -> Came:
        """Make a call; an error of the store, or a death on purpose, is what came of it."""
        armed = may_die or self.dying.is_armed
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
        self.dying.heal()
        self._born = self.dying.calls[ANY]
        if at is not None:
            self.dying.fail(ANY, number=at + 1, after=after, error=KeyboardInterrupt())

    @property
    def calls(self) -> int:
        """How many calls the process has made since it was last said when it dies."""
        return self.dying.calls[ANY] - self._born

    @property
    def has_trouble(self) -> bool:
        """Whether a fault is armed, a death left out."""
        counts = self.losing.to_come + self.failing.to_come + self.storm.to_come
        return bool(counts or self.records.unreadable or self.records.unwritable)

    def conflict(self, times: int) -> None:
        """Answer so many commits with a conflict, whatever was armed before."""
        self.storm.heal()
        self.storm.storm(times)

    def fail(self) -> None:
        """Fail the next commit before anything is written."""
        self.failing.heal()
        self.failing.fail("commit")

    def lose(self, times: int) -> None:
        """Lose the answers of so many commits, whatever was armed before."""
        self.losing.heal()
        self.losing.fail("commit", times=times, after=True)

    def heal(self) -> None:
        """Disarm every fault."""
        for layer in (self.records, self.storm, self.failing, self.losing, self.dying):
            layer.heal()
