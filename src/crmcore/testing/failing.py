"""Ports that fail on purpose: each wraps a good one and goes wrong just where the test says.

Every trouble is armed by the test, counts the calls from then on, and happens as often as it was told; a port that is
not armed, or was healed, is the good one.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from crmcore.adapters.clocks import FixedClock
from crmcore.domain.authority import Rights
from crmcore.domain.changes import Changes
from crmcore.domain.errors import Conflict, OutcomeUnknown, RecordFault, StoreError
from crmcore.domain.ids import Kind, LeadId, Ref, UserId
from crmcore.domain.snapshot import Query, Snapshot
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Entry, Store, close_store

__all__ = ["ANY", "FailingPermissions", "FailingPlan", "FailingPort", "FailingStore"]

#: Stands for whichever method is called.
ANY = "any"

T = TypeVar("T")


class FailingPort:
    """What all failing ports have in common: they count calls, and carry out what was armed for them."""

    #: The methods of the port.
    methods: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        #: How often each method was called, and all of them together.
        self.calls: Counter[str] = Counter()
        self._before: dict[tuple[str, int], list[Callable[[Any], object]]] = {}
        self._after: dict[tuple[str, int], list[Callable[[Any], object]]] = {}
        self._always: list[tuple[str, Callable[[Any], object]]] = []

    def fail(
        self,
        method: str,
        *,
        number: int = 1,
        times: int = 1,
        after: bool = False,
        error: BaseException | None = None,
    ) -> None:
        """Fail the n-th call of a method from now on, and those that follow it up to `times`.

        The call is not made; with `after` it is carried out and its answer is lost.
        Without an error of your own it is `StoreError`, and `OutcomeUnknown` where the answer is lost.
        """

        def strike(_: Any) -> None:
            if error is not None:
                raise error
            raise OutcomeUnknown("the answer was lost on purpose") if after else StoreError("failed on purpose")

        self._arm(self._after if after else self._before, method, number, times, strike)

    def slow(self, clock: FixedClock, by: timedelta, *, method: str = ANY) -> None:
        """Let time pass on a clock with every call, without waiting."""
        self._check(method)
        self._always.append((method, lambda _: clock.move(by)))

    def heal(self) -> None:
        """Take back everything that is armed."""
        self._before.clear()
        self._after.clear()
        self._always.clear()

    @property
    def is_armed(self) -> bool:
        """Whether something is still to go wrong."""
        return bool(self._before or self._after or self._always)

    def _arm(
        self,
        where: dict[tuple[str, int], list[Callable[[Any], object]]],
        method: str,
        number: int,
        times: int,
        act: Callable[[Any], object],
    ) -> None:
        self._check(method)
        if number < 1 or times < 1:
            raise ValueError("number and times: expected 1 or more")
        for place in range(number, number + times):
            where.setdefault((method, self.calls[method] + place), []).append(act)

    def _check(self, method: str) -> None:
        if method not in (ANY, *self.methods):
            raise ValueError(f"method: expected one of {', '.join((ANY, *self.methods))}")

    def _call(self, method: str, call: Callable[[], T], given: Any = None) -> T:
        self.calls[method] += 1
        self.calls[ANY] += 1
        now = [(name, self.calls[name]) for name in (method, ANY)]
        for name, act in self._always:
            if name in (method, ANY):
                act(given)
        for place in now:
            for act in self._before.pop(place, ()):
                act(given)
        answer = call()
        for place in now:
            for act in self._after.pop(place, ()):
                act(given)
        return answer


class FailingStore(FailingPort):
    """A store that fails on purpose.

    The leads in `unreadable` cannot be read, those in `unwritable` cannot be written; everything else of them works
    (SWITCH-9).
    """

    methods: ClassVar = ("snapshot", "commit", "reserve", "page")

    def __init__(self, store: Store, *, unreadable: Iterable[LeadId] = (), unwritable: Iterable[LeadId] = ()) -> None:
        super().__init__()
        self.store = store
        self.unreadable = set(unreadable)
        self.unwritable = set(unwritable)

    def storm(self, commits: int) -> None:
        """Answer the next commits with a conflict over all leads that they read, and write nothing."""
        self._arm(self._before, "commit", 1, commits, _conflict)

    def overtake(self, act: Callable[[], object], *, number: int = 1) -> None:
        """Let somebody act between load and commit: once, before the n-th commit from now on is made."""
        self._arm(self._before, "commit", number, 1, lambda _: act())

    def heal(self) -> None:
        """Take back everything that is armed, and mend all leads."""
        super().heal()
        self.unreadable.clear()
        self.unwritable.clear()

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        snapshot = self._call("snapshot", lambda: self.store.snapshot(query), query)
        _check_leads(self.unreadable, snapshot.leads, "unreadable")
        return snapshot

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """See `Store.commit`."""
        _check_leads(self.unwritable, changes.leads, "unwritable")
        self._call("commit", lambda: self.store.commit(changes, confirm), changes)

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`."""
        return self._call("reserve", lambda: self.store.reserve(kind, count), kind)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        page = self._call("page", lambda: self.store.page(kind, after, limit), kind)
        if kind is Kind.LEAD:
            _check_leads(self.unreadable, [entry.id for entry in page], "unreadable")
        return page

    def close(self) -> None:
        """Close the store inside, where it can be closed; this is never made to fail."""
        close_store(self.store)


class FailingPermissions(FailingPort):
    """Permissions that fail on purpose."""

    methods: ClassVar = ("rights",)

    def __init__(self, permissions: Permissions) -> None:
        super().__init__()
        self.permissions = permissions

    def rights(self, actor: UserId) -> Rights:
        """See `Permissions.rights`."""
        return self._call("rights", lambda: self.permissions.rights(actor), actor)


class FailingPlan(FailingPort):
    """A plan that fails on purpose."""

    methods: ClassVar = ("has_classic",)

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def has_classic(self) -> bool:
        """See `Plan.has_classic`."""
        return self._call("has_classic", self.plan.has_classic)


def _conflict(changes: Changes) -> None:
    leads = changes.expects.versions.get(Kind.LEAD, {})
    raise Conflict(tuple(Ref(Kind.LEAD, id) for id in leads) or (Ref(Kind.EPOCH, changes.expects.epoch),))


def _check_leads(faulty: set[LeadId], leads: Iterable[LeadId], code: str) -> None:
    found = faulty.intersection(leads) if faulty else ()
    if found:
        raise RecordFault(Ref(Kind.LEAD, min(found)), code)
