"""Ports that fail on purpose: each wraps a good one and fails exactly where the test says.

The test arms each trouble, which counts the calls from then on and happens as often as requested. A port that is not
armed, or was healed, behaves like the wrapped one.

lines: three ports that share one way to be armed; half of the lines are examples.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from crmcore.adapters.clocks import FixedClock
from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict, OutcomeUnknown, RecordFault, StoreError
from crmcore.domain.model.ids import Kind, LeadId, Ref, UserId
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Rights
from crmcore.ports.outbox import EventPage
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Entry, Listed, Store
from crmcore.testing.wrapped import WrappedStore

__all__ = ["ANY", "FailingPermissions", "FailingPlan", "FailingPort", "FailingStore"]

#: Stands for whichever method is called.
ANY = "any"

T = TypeVar("T")


class FailingPort:
    """The base of all failing ports: it counts calls, and runs what was armed for them.

    >>> from crmcore.testing import TestCrm
    >>> from datetime import timedelta
    """

    #: The methods of the port.
    methods: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        #: How often each method was called, and all of them together.
        self.calls: Counter[str] = Counter()
        self._before: dict[tuple[str, int], list[Callable[[Any], object]]] = {}
        self._after: dict[tuple[str, int], list[Callable[[Any], object]]] = {}
        self._always: list[tuple[str, Callable[[Any], object]]] = []

    def fail(
        self, method: str, *, number: int = 1, times: int = 1, after: bool = False, error: BaseException | None = None
    ) -> None:
        """Fail the n-th call of a method from now on, and the following ones, `times` in all.

        `method` is the name of a method of the port, or `ANY`; `number` and `times` count from 1. The call is not made;
        with `after` it is made and its answer is lost. The default `error` is `StoreError`, or `OutcomeUnknown` if the
        answer is lost. If a call fails by itself there is no answer to lose, and the next call loses it. Raises
        `ValueError` for a method that the port does not have, and for a number below 1.

        >>> p = TestCrm.classic()
        >>> p.trouble.fail("commit")
        >>> p.crm.add_deal(p.manager)
        Traceback (most recent call last):
        crmcore.domain.model.errors.StoreError: failed on purpose
        >>> deal = p.crm.add_deal(p.manager)
        """

        def strike(_: Any) -> None:
            if error is not None:
                raise error
            raise OutcomeUnknown("the answer was lost on purpose") if after else StoreError("failed on purpose")

        self._arm(self._after if after else self._before, method, number, times, strike)

    def slow(self, clock: FixedClock, by: timedelta, *, method: str = ANY) -> None:
        """Move a clock with every call, without waiting.

        `clock` is moved `by` a duration at each call of `method`, or of any method.

        >>> p = TestCrm.classic()
        >>> p.trouble.slow(p.clock, timedelta(seconds=2), method="commit")
        >>> deal = p.crm.add_deal(p.manager)
        >>> str(p.clock.now())
        '2026-01-01 00:00:02+00:00'
        """
        self._check(method)
        self._always.append((method, lambda _: clock.move(by)))

    def heal(self) -> None:
        """Take back everything that is armed.

        >>> p = TestCrm.classic()
        >>> p.trouble.fail("commit")
        >>> p.trouble.heal()
        >>> p.trouble.is_armed
        False
        """
        self._before.clear()
        self._after.clear()
        self._always.clear()

    @property
    def is_armed(self) -> bool:
        """Whether a trouble is still armed."""
        return bool(self.to_come or self._always)

    @property
    def to_come(self) -> int:
        """How many calls are still going to fail."""
        return len(self._before) + len(self._after)

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
        try:
            for place in now:
                for act in self._before.pop(place, ()):
                    act(given)
            answer = call()
        except BaseException:
            self._put_off(now)
            raise
        for place in now:
            for act in self._after.pop(place, ()):
                act(given)
        return answer

    def _put_off(self, now: list[tuple[str, int]]) -> None:
        """This call has no answer that could be lost: what was to happen after it happens after the next."""
        for method, number in now:
            if (method, number) in self._after:
                self._after = {
                    (name, at + (name == method and at >= number)): acts for (name, at), acts in self._after.items()
                }


class FailingStore(FailingPort, WrappedStore):
    """A store that fails on purpose.

    `store` is a good one. The leads in `unreadable` cannot be read, those in `unwritable` cannot be written, and the
    conversion of those in `unconvertible` cannot be written, while everything else works (SWITCH-9). All three are sets
    of ids that can be changed later.

    >>> p = TestCrm.classic()
    >>> lead = p.lead()
    >>> FailingStore(p.store, unreadable=[lead.id]).snapshot(Query(leads=(lead.id,)))
    Traceback (most recent call last):
    crmcore.domain.model.errors.RecordFault: lead:1 has a fault: unreadable
    """

    methods: ClassVar = ("snapshot", "commit", "reserve", "page", "listed", "events")

    def __init__(
        self,
        store: Store,
        *,
        unreadable: Iterable[LeadId] = (),
        unwritable: Iterable[LeadId] = (),
        unconvertible: Iterable[LeadId] = (),
    ) -> None:
        FailingPort.__init__(self)
        WrappedStore.__init__(self, store)
        self.unreadable = set(unreadable)
        self.unwritable = set(unwritable)
        self.unconvertible = set(unconvertible)

    def storm(self, commits: int) -> None:
        """Answer the next `commits` with a conflict over all leads that they read, and write nothing.

        >>> p = TestCrm.classic()
        >>> p.trouble.storm(3)
        >>> id = p.crm.add_lead(p.manager)
        >>> p.trouble.calls["commit"]
        4
        """
        self._arm(self._before, "commit", 1, commits, _conflict)

    def overtake(self, act: Callable[[], object], *, number: int = 1) -> None:
        """Call `act` once between load and commit: before the n-th commit from now on.

        `act` takes no arguments; `number` counts from 1.

        >>> p = TestCrm.classic()
        >>> lead = p.lead()
        >>> p.trouble.overtake(lambda: p.crm.close_lead(p.manager, lead.id))
        >>> str(p.crm.convert_lead(p.manager, lead.id).reason)
        'lead_closed'
        """
        self._arm(self._before, "commit", number, 1, lambda _: act())

    def heal(self) -> None:
        """Disarm everything, and heal all leads.

        >>> p = TestCrm.classic()
        >>> p.trouble.unreadable.add(p.lead().id)
        >>> p.trouble.heal()
        >>> p.trouble.unreadable
        set()
        """
        super().heal()
        self.unreadable.clear()
        self.unwritable.clear()
        self.unconvertible.clear()

    def snapshot(self, query: Query) -> Snapshot:
        """Read what `query` asks for: see `Store.snapshot`.

        >>> TestCrm.classic().trouble.snapshot(Query()).settings.epoch
        1
        """
        snapshot = self._call("snapshot", lambda: self.store.snapshot(query), query)
        _check_leads(self.unreadable, snapshot.leads, "unreadable")
        return snapshot

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """Write `changes` if their versions still hold and `confirm` agrees: see `Store.commit`.

        >>> p = TestCrm.classic()
        >>> p.trouble.commit(Changes(expects=p.store.snapshot(Query()).read))
        """
        _check_leads(self.unwritable, changes.leads, "unwritable")
        _check_leads(self.unconvertible, changes.ledger, "unwritable")
        self._call("commit", lambda: self.store.commit(changes, confirm), changes)

    def reserve(self, kind: Kind, count: int) -> range:
        """Hand out `count` new ids of a `kind`: see `Store.reserve`.

        >>> TestCrm.classic().trouble.reserve(Kind.LEAD, 2)
        range(1, 3)
        """
        return self._call("reserve", lambda: self.store.reserve(kind, count), kind)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read at most `limit` records of a `kind` that come `after` an id: see `Store.page`.

        >>> TestCrm.classic().trouble.page(Kind.LEAD)
        ()
        """
        page = self._call("page", lambda: self.store.page(kind, after, limit), kind)
        if kind is Kind.LEAD:
            _check_leads(self.unreadable, [entry.id for entry in page], "unreadable")
        return page

    def listed(self, listing: Listing) -> Listed:
        """Read one page of a list, as `listing` asks for it: see `ReadsByPage.listed`.

        >>> TestCrm.classic().trouble.listed(Listing(kind=Kind.LEAD))
        Listed(entries=(), after=None)
        """
        found = self._call("listed", lambda: WrappedStore.listed(self, listing), listing)
        if listing.kind is Kind.LEAD:
            _check_leads(self.unreadable, [entry.id for entry in found.entries], "unreadable")
        return found

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """Read at most `limit` events that come `after` a place: see `KeepsEvents.events`.

        >>> TestCrm.classic().trouble.events()
        Traceback (most recent call last):
        crmcore.domain.model.errors.NoEvents: this CRM keeps no events; turn them on (events=True, `keep_events(store)`)
        """
        return self._call("events", lambda: WrappedStore.events(self, after, limit), limit)


class FailingPermissions(FailingPort):
    """Permissions that fail on purpose; `permissions` are good ones.

    >>> rights = FailingPermissions(TestCrm.classic().roles)
    >>> rights.fail("rights", error=StoreError("the directory is down"))
    """

    methods: ClassVar = ("rights",)

    def __init__(self, permissions: Permissions) -> None:
        super().__init__()
        self.permissions = permissions

    def rights(self, actor: UserId) -> Rights:
        """What `actor` may do: see `Permissions.rights`.

        >>> FailingPermissions(TestCrm.classic().roles).rights(TestCrm.manager).may_change_settings
        False
        """
        return self._call("rights", lambda: self.permissions.rights(actor), actor)


class FailingPlan(FailingPort):
    """A plan that fails on purpose; `plan` is a good one.

    >>> plan = FailingPlan(TestCrm.classic().plan)
    >>> plan.fail("has_classic", number=2)
    """

    methods: ClassVar = ("has_classic",)

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def has_classic(self) -> bool:
        """Whether the plan includes Classic: see `Plan.has_classic`.

        >>> FailingPlan(TestCrm.classic().plan).has_classic()
        True
        """
        return self._call("has_classic", self.plan.has_classic)


def _conflict(changes: Changes) -> None:
    leads = changes.expects.versions.get(Kind.LEAD, {})
    raise Conflict(tuple(Ref(Kind.LEAD, id) for id in leads) or (Ref(Kind.EPOCH, changes.expects.epoch),))


def _check_leads(faulty: set[LeadId], leads: Iterable[LeadId], code: str) -> None:
    found = faulty.intersection(leads) if faulty else ()
    if found:
        raise RecordFault(Ref(Kind.LEAD, min(found)), code)
