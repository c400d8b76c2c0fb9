"""Pages of lists: each looks at a bounded part of one index, wherever in the table it begins."""

from collections.abc import Sequence
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import made_from
from crmcore.adapters.sql.rows.records import COLUMNS, TABLES
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.listing import LIST_LIMIT, Listing
from crmcore.ports.store import Entry, Listed

__all__ = ["listed_of"]

#: What "active" means in a row of each kind that knows it.
_ACTIVE = {Kind.LEAD: "semantics = 'P'", Kind.DEAL: "semantics = 'P'", Kind.ACTIVITY: "NOT completed"}
#: The kinds of which something stays when a record is deleted.
_DELETED = (Kind.LEAD, Kind.ACTIVITY)


def listed_of(tx: Transaction, listing: Listing) -> Listed:
    """The next records that pass the filters; see `ReadsByPage.listed`."""
    tx.portal_row()  # that it is there, in tables of the version that is read here
    if listing.kind is Kind.ACTIVITY and listing.of is not None:
        return _bound(tx, listing)
    path, values = _path(tx, listing)
    conditions, more = _conditions(listing)
    columns = ", ".join(COLUMNS[listing.kind])
    rows = tx.rows(
        # The inner limit bounds what is looked at, however few of the rows pass.
        f"SELECT {columns} FROM (SELECT {columns} FROM {path} ORDER BY id LIMIT {LIST_LIMIT}) AS t"
        f" WHERE {' AND '.join(conditions) or '1 = 1'} ORDER BY id LIMIT ?",
        (*values, *more, listing.limit + 1),
    )
    found = _entries(listing, rows[: listing.limit])
    if len(rows) > listing.limit:
        return Listed(found, found[-1].id)
    last = tx.rows(f"SELECT id FROM {path} ORDER BY id LIMIT 1 OFFSET {LIST_LIMIT - 1}", values)
    return Listed(found, last[0][0] if last else None)


def _path(tx: Transaction, listing: Listing) -> tuple[str, list[Any]]:
    """The part of an index that has all records of the list behind the last page, and as few others as possible."""
    table, active = TABLES[listing.kind].name, listing.active is True
    conditions, index = ["portal = ?", "id > ?"], ""
    values: list[Any] = [tx.portal, listing.after]
    if active and listing.kind is Kind.LEAD:
        conditions.append(_ACTIVE[Kind.LEAD])
        index = tx.dialect.by("crm_lead_active")
    elif active and listing.kind is Kind.DEAL and listing.of is not None:
        link = f"{listing.of.kind}_id"
        conditions += [_ACTIVE[Kind.DEAL], f"{link} = ?"]
        values.append(listing.of.id)
        index = tx.dialect.by(f"crm_deal_open_{link}")
    return f"{table}{index} WHERE {' AND '.join(conditions)}", values


def _conditions(listing: Listing) -> tuple[list[str], list[Any]]:
    """The filters, for each row that is looked at."""
    conditions: list[str] = []
    values: list[Any] = []
    if listing.kind in _DELETED:
        conditions.append("deleted_at IS NULL")
    if listing.active is not None:
        conditions.append(_ACTIVE[listing.kind] if listing.active else f"NOT ({_ACTIVE[listing.kind]})")
    if listing.of is not None:
        conditions.append(f"{listing.of.kind}_id = ?")
        values.append(listing.of.id)
    if listing.responsible is not None:
        opened = " OR opened" if listing.open_to_all and listing.kind is not Kind.ACTIVITY else ""
        conditions.append(f"(responsible = ?{opened})")
        values.append(listing.responsible)
    return conditions, values


def _entries(listing: Listing, rows: Sequence[Any]) -> tuple[Entry, ...]:
    return tuple(Entry(row[0], made_from(listing.kind, row), row[1]) for row in rows)


def _bound(tx: Transaction, listing: Listing) -> Listed:
    """The activities of one record, along its bindings."""
    assert listing.of is not None  # the caller has asked
    found = tx.rows(
        f"SELECT activity FROM crm_binding{tx.dialect.by('crm_binding_of')}"
        f" WHERE portal = ? AND kind = ? AND id = ? AND activity > ? ORDER BY activity LIMIT {LIST_LIMIT + 1}",
        (tx.portal, BINDING_CODES[listing.of.kind], listing.of.id, listing.after),
    )
    ids = [row[0] for row in found]
    rest = ids[LIST_LIMIT - 1] if len(ids) > LIST_LIMIT else None
    taken: list[Entry] = []
    for start in range(0, min(len(ids), LIST_LIMIT), listing.limit):
        part = ids[start : min(start + listing.limit, LIST_LIMIT)]
        rows = sorted(tx.among(Kind.ACTIVITY, part), key=lambda row: row[0])
        taken += [each for each in _entries(listing, rows) if listing.takes(each.record, (listing.of,))]
        if len(taken) >= listing.limit:
            rest = part[-1] if part[-1] != ids[-1] else None
            break
    return Listed.of(taken, listing.limit, rest)
