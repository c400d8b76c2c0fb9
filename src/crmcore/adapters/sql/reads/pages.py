"""Pages of records in id order."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import islice, repeat
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import all_from, outcome_from, ref_from
from crmcore.adapters.sql.rows.records import COLUMNS, ID_COLUMNS, TABLES, Row
from crmcore.domain.model.errors import RecordFault, raise_alone
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.ports.store import Entry

__all__ = ["page_of"]

_entry: Callable[[tuple[Any, Any, int]], Entry] = partial(tuple.__new__, Entry)


def page_of(tx: Transaction, kind: Kind, after: Any, limit: int) -> tuple[Entry, ...]:
    """The next records of a kind; see `Store.page`."""
    tx.portal_row()  # that it is there, in tables of the version that is read here
    if kind is Kind.BINDING:
        return _bindings(tx, after, limit)
    if kind is Kind.OUTCOME:
        return _outcomes(tx, after, limit)
    columns, table, key = COLUMNS[kind], TABLES[kind].name, ID_COLUMNS[kind]
    from_after, values = ("", ()) if after is None else (f" AND {key} > ?", (after,))
    rows = tx.rows(
        f"SELECT {', '.join(columns)} FROM {table} WHERE portal = ?{from_after} ORDER BY {key} LIMIT ?",
        (tx.portal, *values, limit),
    )
    versions = [row[1] for row in rows] if columns[1] == "version" else repeat(1)
    return tuple(map(_entry, zip([row[0] for row in rows], all_from(kind, rows), versions, strict=False)))


def _bindings(tx: Transaction, after: Any, limit: int) -> tuple[Entry, ...]:
    """What the next activities are bound to."""
    from_after, values = ("", ()) if after is None else (" AND id > ?", (after,))
    found = tx.rows(
        f"SELECT id FROM crm_activity WHERE portal = ?{from_after} ORDER BY id LIMIT ?", (tx.portal, *values, limit)
    )
    # Bindings of an activity whose row is gone are met too: between its neighbours, or behind the last activity.
    from_after = from_after.replace("id", "activity")
    if len(found) == limit:
        from_after, values = f"{from_after} AND activity <= ?", (*values, found[-1][0])
    rows = tx.rows(
        f"SELECT activity, kind, id FROM crm_binding WHERE portal = ?{from_after} ORDER BY activity",
        (tx.portal, *values),
    )
    # All are in the order of activities, so each takes as many as there are of it.
    activities, *columns = zip(*rows, strict=True) if rows else ((),)
    count, pairs = Counter(activities), zip(*columns, strict=True)
    # The activities of one lead are mostly bound to the same records.
    known: dict[tuple[Any, ...], frozenset[Ref]] = {}
    entries = []
    for id in sorted({*count, *(row[0] for row in found)})[:limit]:
        bound = tuple(islice(pairs, count[id]))
        refs = known.get(bound)
        if refs is None:
            refs = known[bound] = frozenset([ref_from(id, code, other, Kind.BINDING) for code, other in bound])
        entries.append(_entry((id, refs, 1)))
    return tuple(entries)


def _outcomes(tx: Transaction, after: Any, limit: int) -> tuple[Entry, ...]:
    from_after, values = ("", ()) if after is None else (" AND (epoch, lead) > (?, ?)", tuple(after))
    rows = tx.rows(
        f"SELECT {', '.join(COLUMNS[Kind.OUTCOME])} FROM crm_outcome WHERE portal = ?{from_after}"
        " ORDER BY epoch, lead LIMIT ?",
        (tx.portal, *values, limit),
    )
    # A few distinct values stand for all; equal columns of other types, such as 1.0, are others.
    known: dict[Any, LeadOutcome] = {}
    found = []
    for epoch, lead, *columns in rows:
        key = (*columns, *map(type, columns))
        if key not in known:
            known[key] = _outcome_of(epoch, lead, columns)
        found.append(Entry((epoch, lead), known[key], 1))
    return tuple(found)


def _outcome_of(epoch: int, lead: LeadId, row: Row) -> LeadOutcome:
    try:
        return outcome_from(lead, row)
    except RecordFault as fault:
        raise_alone(RecordFault(Ref(Kind.OUTCOME, lead), fault.code, (epoch, lead)))
