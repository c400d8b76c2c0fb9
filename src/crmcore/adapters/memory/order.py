"""The ids of the in-memory store in order, all of a table or by what lists ask for, kept up with what changes.

An order is made when it is first asked for; from then on a write notes what it is about to change, and the next
question brings the orders up to date. So a CRM whose lists nobody asks for pays nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import Any

from crmcore.adapters.memory.numbers import pack
from crmcore.adapters.memory.sorted_ids import SortedIds
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.card import Card
from crmcore.domain.model.ids import ActivityId, Epoch, Kind
from crmcore.domain.protocol.filters import Listing, is_active

__all__ = ["Order"]

#: A table: a kind of records, or the epoch of the switch that outcomes are of.
Table = Kind | int
#: What an activity is bound to, as packed references.
Bound = tuple[int, ...]

_ALL, _STATE, _BOUND = "all", "state", "bound"


class Order:
    """The orders of one CRM, whose tables, outcomes and bindings these are; it keeps nothing else of it alive."""

    def __init__(
        self,
        tables: Mapping[Kind, Mapping[Any, Any]],
        outcomes: Mapping[Epoch, Mapping[Any, Any]],
        bindings: Mapping[ActivityId, Bound],
    ) -> None:
        self._tables, self._outcomes, self._bindings = tables, outcomes, bindings
        #: By table and field: the ids under each value of it.
        self._orders: dict[Table, dict[str, dict[Any, SortedIds]]] = {}
        #: What was there before the first change that is not in the orders yet.
        self._before: dict[Table, dict[Any, tuple[Any, Bound]]] = {}

    def will_change(self, table: Table, ids: Iterable[Any]) -> None:
        """Note what these records are, before a write replaces them."""
        if table in self._orders:
            before, records = self._before.setdefault(table, {}), self._table(table)
            for id in ids:
                if id not in before:
                    before[id] = (records.get(id), self._bound(id))

    def all(self, table: Table, after: Any) -> Iterator[Any]:
        """The ids of a table behind one, deleted records included."""
        return self._after(table, _ALL, None, after)

    def passing(self, listing: Listing) -> Iterator[int]:
        """The ids that pass one filter of a list, or two of which one says the state, behind its `after`."""
        kind, after = listing.kind, listing.after
        if listing.of is not None and kind is Kind.ACTIVITY:
            keys: list[tuple[str, Any]] = [(_BOUND, pack(*listing.of))]
        elif listing.of is not None:
            keys = [(f"{listing.of.kind}_id", listing.of.id)]
        elif listing.responsible is not None:
            keys = [("responsible", listing.responsible)]
            if listing.open_to_all and kind is not Kind.ACTIVITY:
                keys.append(("opened", True))
        elif listing.active is None:
            return self.all(kind, after)
        else:
            keys = [(_STATE, True)]
        states = (True, False, None) if listing.active is None else (listing.active,)
        return _once(
            merge(*(self._after(kind, field, (value, state), after) for field, value in keys for state in states))
        )

    def _table(self, table: Table) -> Mapping[Any, Any]:
        """The records of a table now."""
        return self._tables[table] if isinstance(table, Kind) else self._outcomes.get(Epoch(table), {})

    def _bound(self, id: Any) -> Bound:
        return self._bindings.get(id, ())

    def _after(self, table: Table, field: str, key: Any, after: Any) -> Iterator[Any]:
        found = self._up_to_date(table, field).get(key)
        return iter(()) if found is None else found.after(after)

    def _up_to_date(self, table: Table, field: str) -> dict[Any, SortedIds]:
        orders, records = self._orders.setdefault(table, {}), self._table(table)
        for id, (record, bound) in self._before.get(table, {}).items():
            for name, order in orders.items():
                was, now = _keys(name, record, bound), _keys(name, records.get(id), self._bound(id))
                for key in was - now:
                    order[key].discard(id)
                for key in now - was:
                    order.setdefault(key, SortedIds()).add(id)
        self._before.pop(table, None)
        if field not in orders:
            orders[field] = self._made(field, records)
        return orders[field]

    def _made(self, field: str, records: Mapping[Any, Any]) -> dict[Any, SortedIds]:
        if field == _ALL:
            return {None: SortedIds([id for id, record in records.items() if record is not None])}
        ids: dict[Any, list[Any]] = {}
        for id, record in records.items():
            for key in _keys(field, record, self._bound(id)):
                ids.setdefault(key, []).append(id)
        return {key: SortedIds(each) for key, each in ids.items()}


def _keys(field: str, record: Any, bound: Bound) -> set[Any]:
    """What a record is found under in the order of a field: each value with the state, none for a deleted one."""
    if field == _ALL:
        return set() if record is None else {None}
    if not isinstance(record, Card | Activity):
        return set()
    values = {_BOUND: bound, _STATE: (True,)}.get(field) or (getattr(record, field, None),)
    return {(value, is_active(record)) for value in values if value}


def _once(ids: Iterable[int]) -> Iterator[int]:
    """Each id once, of those in order."""
    last = 0
    for id in ids:
        if id != last:
            yield id
        last = id
