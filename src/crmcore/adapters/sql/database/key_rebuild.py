"""The match keys of all records made anew, after the normal forms have changed (MATCH-4)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from crmcore.adapters.sql.rows.match_keys import keys_of
from crmcore.adapters.sql.rows.texts import DAMAGE, load_points
from crmcore.domain.model.ids import MATCHED, Kind

__all__ = ["rebuild_match_keys"]

#: So many records are read at a time: an upgrade takes no more memory for a large CRM.
_AT_ONCE = 1000


def rebuild_match_keys(connection: Connection) -> None:
    """Make the match keys of every living record of every CRM of the database from its e-mails and phones.

    What was kept of keys that nobody has any more goes: nobody has read a version of them in the new form. A record
    whose e-mails and phones cannot be read gets no keys; an audit names it.
    """
    connection.execute(text("DELETE FROM crm_match"))
    connection.execute(text("DELETE FROM crm_match_key"))
    insert = text(
        "INSERT INTO crm_match (portal, kind, point, form, id, version, held)"
        " VALUES (:portal, :kind, :point, :form, :id, 1, :held)"
    )
    for kind in MATCHED:
        for rows in _records(connection, kind):
            keys = [
                {"portal": portal, "kind": code, "point": point, "form": form, "id": id, "held": True}
                for portal, id, points in rows
                for code, point, form in sorted(_keys(kind, points))
            ]
            if keys:
                connection.execute(insert, keys)


def _records(connection: Connection, kind: Kind) -> Iterator[list[Any]]:
    """Portal, id and contact points of the records that have any, part by part."""
    select = text(
        f"SELECT portal, id, contact_points FROM crm_{kind.value} WHERE contact_points IS NOT NULL"
        " AND (portal > :portal OR (portal = :portal AND id > :id)) ORDER BY portal, id LIMIT :most"
    )
    portal, id = 0, 0
    while rows := list(connection.execute(select, {"portal": portal, "id": id, "most": _AT_ONCE})):
        yield rows
        portal, id, _ = rows[-1]


def _keys(kind: Kind, points: Any) -> frozenset[tuple[int, str, str]]:
    try:
        return keys_of(kind, load_points(points))
    except DAMAGE:
        return frozenset()
