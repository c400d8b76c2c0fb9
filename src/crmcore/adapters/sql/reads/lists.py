"""Pages of lists: each goes along indexes that have its records in id order, from wherever it begins.

Each filter has an index with the active records apart. A list goes along one of them, or along several at once: the own
records and those that are open to all, active or not. The ids come first, in windows that grow until the page is full;
then the records of the page, each by its id. So what a second filter does not let through is looked at and not read,
and on neither database does a plan depend on statistics.
"""

from itertools import product
from typing import Any, NamedTuple

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import made_from
from crmcore.adapters.sql.rows.records import TABLES
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.ports.store import Entry, Listed

__all__ = ["listed_of"]

#: The column that sets the active records of a kind apart, with its values for them and for the others.
_STATE: dict[Kind, tuple[str, tuple[Any, ...], tuple[Any, ...]]] = {
    Kind.LEAD: ("semantics", ("P",), ("S", "F")),
    Kind.DEAL: ("semantics", ("P",), ("S", "F")),
    Kind.ACTIVITY: ("completed", (False,), (True,)),
}
#: How much more the next window looks at, where the one before has not filled the page.
_GROWTH = 4


class _Terms(NamedTuple):
    """Conditions with their values."""

    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def and_(self, condition: str, *values: Any) -> "_Terms":
        return _Terms((*self.conditions, condition), (*self.values, *values))

    def __str__(self) -> str:
        return " AND ".join(self.conditions) or "1 = 1"


class _Way(NamedTuple):
    """The rows that one index has in id order; without a name it is the table's own."""

    name: str | None
    where: _Terms


def listed_of(tx: Transaction, listing: Listing) -> Listed:
    """The next records that pass the filters; see `ReadsByPage.listed`."""
    tx.portal_row()  # that it is there, in tables of the version that is read here
    ids, after = _passing(tx, listing)
    rows = {row[0]: row for row in tx.among(listing.kind, ids)} if ids else {}
    return Listed(tuple(Entry(id, made_from(listing.kind, rows[id]), rows[id][1]) for id in ids), after)


def _passing(tx: Transaction, listing: Listing) -> tuple[list[int], int | None]:
    """The ids of the page, and where the next one goes on."""
    bound = listing.kind is Kind.ACTIVITY and listing.of is not None
    streams = [_along_bindings(tx, listing)] if bound else [_along(tx, listing, way) for way in _ways(listing)]
    found: list[int] = []
    after, left, window = listing.after, LIST_LIMIT + 1, listing.limit + 1
    while True:
        window = min(window, left)
        rows = _merged(tx, streams, after, window)
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


def _merged(tx: Transaction, streams: list[tuple[str, tuple[Any, ...]]], after: int, window: int) -> list[Any]:
    """The next rows of several statements in id order; what two of them have counts once."""
    values = [value for _, asked in streams for value in (*asked, after, window)]
    if len(streams) == 1:
        return tx.rows(streams[0][0], values)
    each = " UNION ".join(f"SELECT * FROM ({statement}) AS s" for statement, _ in streams)
    return tx.rows(f"SELECT id, passed FROM ({each}) AS a ORDER BY id LIMIT ?", (*values, window))


def _ways(listing: Listing) -> list[_Way]:
    """The indexes that have the records of a client, else those of a person, else the active ones or the others."""
    if listing.of is not None:
        link = f"{listing.of.kind}_id"
        keys = {link: _Terms((f"t.{link} = ?",), (listing.of.id,))}
    elif listing.responsible is not None:
        keys = {"responsible": _Terms(("t.responsible = ?",), (listing.responsible,))}
        if listing.open_to_all and listing.kind is not Kind.ACTIVITY:
            keys["opened"] = _Terms(("t.opened",))
    elif listing.active is None:
        return [_Way(None, _Terms())]
    elif listing.kind is Kind.LEAD:  # a switch has the active ones in an index of their own
        name, semantics = ("active", "= 'P'") if listing.active else ("closed", "<> 'P'")
        return [_Way(name, _Terms((f"t.semantics {semantics}",)))]
    else:
        keys = {_STATE[listing.kind][0]: _Terms()}
    if listing.kind not in _STATE:
        return list(map(_Way._make, keys.items()))
    column, active, others = _STATE[listing.kind]
    values = (*active, *others) if listing.active is None else active if listing.active else others
    return [_Way(name, where.and_(f"t.{column} = ?", value)) for (name, where), value in product(keys.items(), values)]


def _along(tx: Transaction, listing: Listing, way: _Way) -> tuple[str, tuple[Any, ...]]:
    """The rows of one index; a second filter says whether they pass."""
    passes = _Terms()
    if way.name is None or (listing.of is not None and listing.kind not in _STATE):
        passes = passes.and_("t.deleted_at IS NULL")  # of the other indexes what a deleted record keeps is no part
    if listing.of is not None and listing.responsible is not None:
        passes = passes.and_(*_whose(listing, "t"))
    if listing.bound_to:
        passes = passes.and_(*_bound_to(listing))
    table = TABLES[listing.kind].name
    index = "" if way.name is None else tx.dialect.by(f"{table}_{way.name}")
    where = _Terms(("t.portal = ?",), (tx.portal,))
    return (
        f"SELECT t.id, {passes} AS passed FROM {table} AS t{index}"
        f" WHERE {' AND '.join((*where.conditions, *way.where.conditions))} AND t.id > ? ORDER BY t.id LIMIT ?"
    ), (*passes.values, *where.values, *way.where.values)


def _along_bindings(tx: Transaction, listing: Listing) -> tuple[str, tuple[Any, ...]]:
    """The activities of one record; the other filters say whether they pass."""
    assert listing.of is not None  # the caller has asked
    passes = _Terms(("t.deleted_at IS NULL",))
    if listing.active is not None:
        passes = passes.and_("t.completed = ?", not listing.active)
    if listing.responsible is not None:
        passes = passes.and_(*_whose(listing, "t"))
    if listing.bound_to:
        passes = passes.and_(*_bound_to(listing))
    activity = f"SELECT {passes} FROM crm_activity AS t WHERE t.portal = o.portal AND t.id = o.activity"
    return (
        f"SELECT o.activity AS id, ({activity}) AS passed FROM crm_binding AS o{tx.dialect.by('crm_binding_of')}"
        " WHERE o.portal = ? AND o.kind = ? AND o.id = ? AND o.activity > ? ORDER BY o.activity LIMIT ?"
    ), (*passes.values, tx.portal, BINDING_CODES[listing.of.kind], listing.of.id)


def _whose(listing: Listing, row: str) -> tuple[Any, ...]:
    """The condition that a row is of the person, or open to all, with its value."""
    if listing.open_to_all and listing.kind is not Kind.ACTIVITY:
        return f"({row}.responsible = ? OR {row}.opened)", listing.responsible
    return f"{row}.responsible = ?", listing.responsible


def _bound_to(listing: Listing) -> tuple[Any, ...]:
    """The condition that an activity is bound to a record that passes one of the filters, with its values.

    A count, and a value for each record: neither is turned into a look at a whole table.
    """
    cases, values = [], []
    for each in listing.bound_to:
        passes = "1 = 1"
        if each.responsible is not None:
            whose, *more = _whose(each, "r")
            table = TABLES[each.kind].name
            passes = f"(SELECT {whose} FROM {table} AS r WHERE r.portal = b.portal AND r.id = b.id)"
            values += more
        cases.append(f"WHEN {BINDING_CODES[each.kind]} THEN {passes}")
    bindings = "crm_binding AS b WHERE b.portal = t.portal AND b.activity = t.id"
    return f"(SELECT count(*) FROM {bindings} AND CASE b.kind {' '.join(cases)} END) > 0", *values
