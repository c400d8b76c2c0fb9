"""Pages of records in id order, and many reads in one transaction, as of one moment."""

from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import Reader, made_from, outcome_from
from crmcore.adapters.sql.rows.records import COLUMNS, ID_COLUMNS, TABLES
from crmcore.adapters.sql.rows.tables import BINDING_KINDS
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry

__all__ = ["OneTime", "page_of"]


def page_of(tx: Transaction, kind: Kind, after: Any, limit: int) -> tuple[Entry, ...]:
    """The next records of a kind; see `Store.page`."""
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
    versioned = columns[1] == "version"
    return tuple(Entry(row[0], made_from(kind, row), row[1] if versioned else 1) for row in rows)


def _bindings(tx: Transaction, after: Any, limit: int) -> tuple[Entry, ...]:
    """What the next activities are bound to."""
    from_after, values = ("", ()) if after is None else (" AND id > ?", (after,))
    found = tx.rows(
        f"SELECT id FROM crm_activity WHERE portal = ?{from_after} ORDER BY id LIMIT ?", (tx.portal, *values, limit)
    )
    ids = [row[0] for row in found]
    bound: dict[int, set[Ref]] = {id: set() for id in ids}
    if ids:
        rows = tx.rows(
            "SELECT activity, kind, id FROM crm_binding WHERE portal = ? AND activity BETWEEN ? AND ?",
            (tx.portal, ids[0], ids[-1]),
        )
        for id, kind, other in rows:
            bound[id].add(Ref(BINDING_KINDS[kind], other))
    return tuple(Entry(id, frozenset(bound[id]), 1) for id in ids)


def _outcomes(tx: Transaction, after: Any, limit: int) -> tuple[Entry, ...]:
    from_after, values = ("", ()) if after is None else (" AND (epoch, lead) > (?, ?)", tuple(after))
    rows = tx.rows(
        f"SELECT {', '.join(COLUMNS[Kind.OUTCOME])} FROM crm_outcome WHERE portal = ?{from_after}"
        " ORDER BY epoch, lead LIMIT ?",
        (tx.portal, *values, limit),
    )
    return tuple(Entry((row[0], row[1]), outcome_from(row[1], row[2:]), 1) for row in rows)


class OneTime:
    """`Reads` in a transaction that the caller opens and ends."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        return Reader(self._tx).snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        return page_of(self._tx, kind, after, limit)
