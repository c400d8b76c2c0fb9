"""Pages of lists: each looks at a bounded part of one index, wherever in the table it begins.

The ids come first, along the index, in windows that grow until the page is full; then the records of the page, each by
its id. So what does not pass is looked at and not read, and on neither database does a plan depend on statistics.
"""

from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import made_from
from crmcore.adapters.sql.rows.records import TABLES
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.ports.store import Entry, Listed

__all__ = ["listed_of"]

#: What "active" means in a row of each kind that knows it.
_ACTIVE = {Kind.LEAD: "t.semantics = 'P'", Kind.DEAL: "t.semantics = 'P'", Kind.ACTIVITY: "NOT t.completed"}
#: The kinds of which something stays when a record is deleted.
_DELETED = (Kind.LEAD, Kind.ACTIVITY)
#: How much more the next window looks at, where the one before has not filled the page.
_GROWTH = 4


def listed_of(tx: Transaction, listing: Listing) -> Listed:
    """The next records that pass the filters; see `ReadsByPage.listed`."""
    tx.portal_row()  # that it is there, in tables of the version that is read here
    ids, after = _passing(tx, listing)
    rows = {row[0]: row for row in tx.among(listing.kind, ids)} if ids else {}
    return Listed(tuple(Entry(id, made_from(listing.kind, rows[id]), rows[id][1]) for id in ids), after)


def _passing(tx: Transaction, listing: Listing) -> tuple[list[int], int | None]:
    """The ids of the page, and where the next one goes on."""
    passes, asked = _filter(listing)
    bound = listing.kind is Kind.ACTIVITY and listing.of is not None
    statement, values = _along_bindings(tx, listing, passes) if bound else _along_table(tx, listing, passes)
    found: list[int] = []
    after, left, window = listing.after, LIST_LIMIT + 1, listing.limit + 1
    while True:
        window = min(window, left)
        rows = tx.rows(statement, (*asked, *values, after, window))
        for id, passed in rows:
            if passed and len(found) == listing.limit:
                return found, found[-1]
            if passed:
                found.append(id)
        left -= len(rows)
        if len(rows) < window:
            return found, None
        after = rows[-1][0]
        if not left:
            return found, after
        window *= _GROWTH


def _along_table(tx: Transaction, listing: Listing, passes: str) -> tuple[str, list[Any]]:
    """Along the records of the kind, of the active leads, or of the open deals of one client."""
    conditions, values, index = ["t.portal = ?"], [tx.portal], ""
    if listing.active and listing.kind is Kind.LEAD:
        conditions.append(_ACTIVE[Kind.LEAD])
        index = tx.dialect.by("crm_lead_active")
    elif listing.active and listing.kind is Kind.DEAL and listing.of is not None:
        link = f"{listing.of.kind}_id"
        conditions += [_ACTIVE[Kind.DEAL], f"t.{link} = ?"]
        values.append(int(listing.of.id))
        index = tx.dialect.by(f"crm_deal_open_{link}")
    table = TABLES[listing.kind].name
    return (
        f"SELECT t.id, {passes} FROM {table} AS t{index} WHERE {' AND '.join(conditions)} AND t.id > ?"
        " ORDER BY t.id LIMIT ?"
    ), values


def _along_bindings(tx: Transaction, listing: Listing, passes: str) -> tuple[str, list[Any]]:
    """Along the activities of one record."""
    assert listing.of is not None  # the caller has asked
    return (
        f"SELECT b.activity, (SELECT {passes} FROM crm_activity AS t WHERE t.portal = b.portal AND t.id = b.activity)"
        f" FROM crm_binding AS b{tx.dialect.by('crm_binding_of')}"
        " WHERE b.portal = ? AND b.kind = ? AND b.id = ? AND b.activity > ? ORDER BY b.activity LIMIT ?"
    ), [tx.portal, BINDING_CODES[listing.of.kind], listing.of.id]


def _filter(listing: Listing) -> tuple[str, list[Any]]:
    """Whether a row passes, as an expression with its values."""
    conditions: list[str] = ["1 = 1"]
    values: list[Any] = []
    if listing.kind in _DELETED:
        conditions.append("t.deleted_at IS NULL")
    if listing.active is not None:
        conditions.append(_ACTIVE[listing.kind] if listing.active else f"NOT ({_ACTIVE[listing.kind]})")
    if listing.of is not None and listing.kind is not Kind.ACTIVITY:
        conditions.append(f"t.{listing.of.kind}_id = ?")
        values.append(listing.of.id)
    if listing.responsible is not None:
        opened = " OR t.opened" if listing.open_to_all and listing.kind is not Kind.ACTIVITY else ""
        conditions.append(f"(t.responsible = ?{opened})")
        values.append(listing.responsible)
    return " AND ".join(conditions), values
