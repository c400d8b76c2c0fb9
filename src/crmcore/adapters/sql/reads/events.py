"""The events of a CRM, page after page, so that no reader misses one that commits late.

On SQLite there is one writer, so the order of ids is that of the commits. On PostgreSQL a commit may come after others
with higher ids, and no reader waits for it: a page has what was committed between two moments, in the order of ids.
Two events of one record are in that order too, since the second commit waited for the lock of the first.
"""

import re
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rows.event_rows import event_from
from crmcore.domain.model.errors import InvalidValue, NoEvents
from crmcore.ports.outbox import EventPage, Happened

__all__ = ["events_of"]

_LITE = re.compile(r"[0-9]{1,18}")
_MOMENT = r"[0-9]{1,19}:[0-9]{1,19}:(?:[0-9]{1,19}(?:,[0-9]{1,19})*)?"
#: Everything before the first moment is known; up to the second all after an id; nothing is known of later ones.
_SERVER = re.compile(rf"({_MOMENT})/(?:({_MOMENT})/([0-9]{{1,19}}))?")
#: A moment at which nothing had been written: transactions count from 3.
_FIRST = "3:3:"
_COLUMNS = "t.id, t.name, t.body"


def events_of(tx: Transaction, after: str | None, limit: int) -> EventPage:
    """The next events; raises `NoEvents` where the CRM keeps none, and `InvalidValue` for a place that is none."""
    if not tx.portal_row().keeps_events:
        raise NoEvents
    return _by_id(tx, after, limit) if tx.dialect.name == "sqlite" else _by_moment(tx, after, limit)


def _by_id(tx: Transaction, after: str | None, limit: int) -> EventPage:
    at = int(_match(_LITE, after)[0]) if after is not None else 0
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM crm_event AS t WHERE t.portal = ? AND t.id > ? ORDER BY t.id LIMIT ?",
        (tx.portal, at, limit),
    )
    return _page(rows, str(rows[-1][0] if rows else at))


def _by_moment(tx: Transaction, after: str | None, limit: int) -> EventPage:
    known, moment, last = (_FIRST, None, 0) if after is None else _match(_SERVER, after).groups()
    now = tx.rows("SELECT pg_current_snapshot()::text", ())[0][0]
    if int(known.partition(":")[0]) > int(now.split(":")[1]):
        raise InvalidValue("after", "a place in the events of this server; of a restored one, none to begin anew")
    rows: list[Any] = []
    if moment is not None:
        rows = _between(tx, known, moment, int(last), limit)
        if len(rows) == limit:
            return _page(rows, f"{known}/{moment}/{rows[-1][0]}")
        known = moment
    more = _between(tx, known, now, 0, limit - len(rows))
    rows += more
    return _page(rows, f"{known}/{now}/{more[-1][0]}" if more and len(rows) == limit else f"{now}/")


def _between(tx: Transaction, known: str, moment: str, last: int, limit: int) -> list[Any]:
    """What was committed between two moments, after an id.

    The first page after a moment goes by the transactions, since it has few of them; a page that goes on goes by ids.
    """
    first, end = known.partition(":")[0], moment.split(":")[1]
    found = (
        f"SELECT {_COLUMNS} FROM crm_event AS t WHERE t.portal = ? AND t.step > 0 AND t.step >= ? AND t.step < ?"
        " AND NOT pg_visible_in_snapshot(t.step::text::xid8, ?::pg_snapshot)"
        " AND pg_visible_in_snapshot(t.step::text::xid8, ?::pg_snapshot)"
    )
    values = (tx.portal, int(first), int(end), known, moment)
    if last or known == _FIRST:
        return tx.rows(f"{found} AND t.id > ? ORDER BY t.id LIMIT ?", (*values, last, limit))
    return tx.rows(f"WITH f AS MATERIALIZED ({found}) SELECT * FROM f ORDER BY id LIMIT ?", (*values, limit))


def _match(form: "re.Pattern[str]", after: str) -> "re.Match[str]":
    found = form.fullmatch(after)
    if found is None:
        raise InvalidValue("after", "the `after` of a page of these events")
    return found


def _page(rows: list[Any], after: str) -> EventPage:
    return EventPage(tuple(Happened(id, event_from(name, body)) for id, name, body in rows), after)
