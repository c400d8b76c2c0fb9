"""What the ports answer, checked against what they declare: somebody else writes a port, and its answers are used.

Only the answer itself is looked at, and that what a decision looks up is there. What else is inside a snapshot is for
the contract suite of the store.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import ContractBroken, InvalidValue, NoEvents, raise_alone
from crmcore.domain.model.ids import Kind, UserId
from crmcore.domain.model.text import check_id, check_instant
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Rights
from crmcore.ports.clock import Clock
from crmcore.ports.outbox import EventPage, Happened, KeepsEvents
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Entry, Reads, Store

__all__ = ["events_of", "has_classic", "instant_of", "page_of", "reserved", "rights_of", "snapshot_of"]


def snapshot_of(store: Reads, query: Query) -> Snapshot:
    """What a store reads for a query; raises `ContractBroken` unless it is a snapshot with all bindings."""
    found = store.snapshot(query)
    if not isinstance(found, Snapshot):
        raise ContractBroken("SWITCH-5", "Store.snapshot: expected a Snapshot")
    unbound = found.activities.keys() - found.bindings.keys()
    if any(isinstance(found.activities[id], Activity) for id in unbound):
        raise ContractBroken("CONV-6", "Store.snapshot: expected each activity with its bindings")
    return found


def page_of(store: Reads, kind: Kind, after: Any, size: int) -> Sequence[Entry]:
    """The next records of a kind; raises `ContractBroken` for a page that does not go on, which would never end."""
    page: Any = store.page(kind, after, size)
    if not isinstance(page, Sequence) or not all(type(each) is Entry for each in page):  # it ends at the first other
        raise ContractBroken("SWITCH-5", "Store.page: expected a tuple of Entry")
    try:
        begins = not page or after is None or page[0].id > after
        in_order = len(page) < 2 or page[-1].id > page[0].id
    except TypeError:
        raise_alone(ContractBroken("SWITCH-5", f"the ids on the store's page of kind {kind} are of several types"))
    if not begins:
        raise ContractBroken("SWITCH-5", f"the store's page of kind {kind} does not begin after the id asked for")
    if not in_order:
        raise ContractBroken("SWITCH-5", f"the store's page of kind {kind} is not in the order of ids")
    return page


def events_of(store: Reads, after: str | None, limit: int) -> EventPage:
    """The next events that a store has kept; raises `NoEvents`, and `ContractBroken` for anything but a page."""
    if not isinstance(store, KeepsEvents):
        raise NoEvents
    page: Any = store.events(after, limit)
    if not isinstance(page, EventPage) or not all(isinstance(each, Happened) for each in page.entries):
        raise ContractBroken("EVENT-2", "Store.events: expected an EventPage with a tuple of Happened")
    if len(page.entries) > limit or (page.entries and page.after == after):
        raise ContractBroken("EVENT-2", "the store's page of events is longer than asked for, or does not go on")
    return page


def reserved(store: Store, kind: Kind, count: int) -> Iterator[int]:
    """So many new ids; raises `ContractBroken` where the store hands out fewer, or what is no id."""
    ids: Any = store.reserve(kind, count)
    if not isinstance(ids, Sequence):
        raise ContractBroken("SWITCH-1", "Store.reserve: expected a range of ids")
    if len(ids) < count:
        raise ContractBroken("SWITCH-1", f"the store reserved {len(ids)} of {count} ids of kind {kind}")
    given = ids[:count]
    try:
        for id in (given[0], given[-1]) if isinstance(given, range) and given else given:
            check_id("Store.reserve", id)
    except InvalidValue as error:
        raise_alone(ContractBroken("SWITCH-1", str(error)))
    return iter(given)


def rights_of(permissions: Permissions, actor: UserId) -> Rights:
    """What an actor may do; raises `ContractBroken` for anything but rights."""
    rights = permissions.rights(actor)
    if not isinstance(rights, Rights):
        raise ContractBroken("PERM-5", "Permissions.rights: expected Rights")
    return rights


def has_classic(plan: Plan) -> bool:
    """Whether the plan has Classic; raises `ContractBroken` for anything but yes or no."""
    answer = plan.has_classic()
    if type(answer) is not bool:
        raise ContractBroken("PLAN-1", "Plan.has_classic: expected bool")
    return answer


def instant_of(clock: Clock) -> datetime:
    """The time in UTC, as it is stored (DATA-1); raises `ContractBroken` for a clock without a time zone."""
    try:
        return check_instant("Clock.now", clock.now())
    except InvalidValue as error:
        raise_alone(ContractBroken("DATA-1", f"{error}; a clock gives an instant with a time zone"))
