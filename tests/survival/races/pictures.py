"""What is stored in the end, as plain values: read from the SQL tables, without the library."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from tests.survival.races.history import Picture

__all__ = ["picture_from_sql"]


def picture_from_sql(rows: Callable[[str], Iterable[tuple[Any, ...]]], portal: int) -> Picture:
    """The picture of one CRM in a database: plain SELECTs on the tables, nothing of the library.

    `rows` runs one statement, all of them in one transaction.
    """

    def of(table: str, columns: str) -> Iterable[tuple[Any, ...]]:
        return rows(f"SELECT {columns} FROM crm_{table} WHERE portal = {portal}")

    ((mode, epoch, live),) = rows(f"SELECT mode, epoch, switch_key FROM crm_portal WHERE id = {portal}")
    bound: dict[int, set[tuple[str, int]]] = {}
    for activity, kind, id in of("binding", "activity, kind, id"):
        bound.setdefault(activity, set()).add((_KINDS[kind], id))
    return Picture(
        mode={1: "classic", 2: "simple"}[mode],
        live=live,
        epoch=epoch,
        leads={
            id: {
                "version": version,
                "deleted": deleted is not None,
                "semantics": semantics,
                "title": title,
                "comments": comments,
                "amount": amount,
                "email": _email_in(points),
                "contact": contact,
                "company": company,
                "deal": deal,
            }
            for id, version, deleted, semantics, title, comments, amount, points, contact, company, deal in of(
                "lead",
                "id, version, deleted_at, semantics, title, comments, amount, contact_points, contact_id, company_id,"
                " deal_id",
            )
        },
        deals={
            id: {
                "deleted": deleted is not None,
                "lead": lead,
                "contact": contact,
                "company": company,
                "title": title,
                "amount": amount,
                "created_at": None if created is None else datetime.fromisoformat(created),
            }
            for id, deleted, lead, contact, company, title, amount, created in of(
                "deal", "id, deleted_at, lead_id, contact_id, company_id, title, amount, created_at"
            )
        },
        contacts={
            id: {"deleted": deleted is not None, "lead": lead, "company": company, "email": _email_in(points)}
            for id, deleted, lead, company, points in of(
                "contact", "id, deleted_at, lead_id, company_id, contact_points"
            )
        },
        companies={
            id: {"deleted": deleted is not None, "lead": lead, "email": _email_in(points)}
            for id, deleted, lead, points in of("company", "id, deleted_at, lead_id, contact_points")
        },
        activities={
            id: {
                "deleted": deleted is not None,
                "completed": bool(completed),
                "bound": frozenset(bound.get(id, ())),
            }
            for id, deleted, completed in of("activity", "id, deleted_at, completed")
        },
        ledger={
            lead: {
                "deal": deal,
                "contact": contact,
                "company": company,
                "amount": amount,
                "activities": tuple(json.loads(activities)),
            }
            for lead, deal, contact, company, amount, activities in of(
                "ledger", "lead, deal, contact, company, amount, activity_ids"
            )
        },
        outcomes={
            (epoch, lead): {"kind": kind, "added": bool(added)}
            for epoch, lead, kind, added in of("outcome", "epoch, lead, kind, added")
        },
        switches={
            key: {
                "epoch": epoch,
                "client": (frozen := json.loads(terms))["client"],
                "keep": frozen["keep_activities"],
                "at_begin": at_begin,
                "ended": ended,
            }
            for key, epoch, terms, at_begin, ended in of("switch", "key, epoch, terms, at_begin, ended")
        },
        tally=_tallied(
            (epoch, json.loads(outcome)[0], number) for epoch, outcome, number in of("tally", "epoch, outcome, number")
        ),
    )


_KINDS = ("lead", "deal", "contact", "company")


def _email_in(points: str | None) -> str | None:
    return None if points is None else next((value for kind, _, value in json.loads(points) if kind == "email"), None)


def _tallied(outcomes: Iterable[tuple[int, str, int]]) -> dict[tuple[int, str], int]:
    """How often each kind of outcome was recorded, by epoch."""
    found: dict[tuple[int, str], int] = {}
    for epoch, kind, number in outcomes:
        found[epoch, kind] = found.get((epoch, kind), 0) + number
    return {key: number for key, number in found.items() if number}
