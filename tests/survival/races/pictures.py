"""What is stored in the end, as plain values: from SQL tables without the library, or from a whole CRM in memory."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from crmcore.domain.image import CrmImage
from crmcore.domain.lead import Lead
from crmcore.domain.mode import CrmMode
from crmcore.domain.tombstone import Tombstone
from crmcore.domain.values import ContactPoints, PointKind
from tests.survival.races.history import Picture

__all__ = ["picture_from_image", "picture_from_sql"]


def picture_from_image(image: CrmImage, versions: dict[int, int]) -> Picture:
    """The picture of a CRM in memory; `versions` are those of its leads."""
    live = image.settings.switching
    return Picture(
        mode="classic" if image.settings.mode is CrmMode.CLASSIC else "simple",
        live=None if live is None else live.key,
        epoch=int(image.settings.epoch),
        leads={id: {**_lead(lead), "version": versions.get(id, 1)} for id, lead in image.leads.items()},
        deals={
            id: {
                "lead": deal.lead_id,
                "contact": deal.contact_id,
                "company": deal.company_id,
                "title": deal.title,
                "amount": None if deal.amount is None else str(deal.amount.amount),
                "created_at": deal.created_at,
            }
            for id, deal in image.deals.items()
        },
        contacts={
            id: {"lead": each.lead_id, "company": each.company_id, "email": _email(each.contact_points)}
            for id, each in image.contacts.items()
        },
        companies={
            id: {"lead": each.lead_id, "email": _email(each.contact_points)} for id, each in image.companies.items()
        },
        activities={
            id: {
                "deleted": isinstance(each, Tombstone),
                "completed": not isinstance(each, Tombstone) and each.completed,
                "bound": frozenset((ref.kind.value, ref.id) for ref in image.bindings.get(id, ())),
            }
            for id, each in image.activities.items()
        },
        ledger={
            id: {
                "deal": row.deal_id,
                "contact": row.contact_id,
                "company": row.company_id,
                "amount": None if row.amount is None else str(row.amount.amount),
                "activities": tuple(row.activity_ids),
            }
            for id, row in image.ledger.items()
        },
        outcomes={
            (int(epoch), int(lead)): {"kind": each.kind.value, "added": each.added}
            for (epoch, lead), each in image.outcomes.items()
        },
        switches={
            key: {
                "epoch": int(each.epoch),
                "client": each.terms.client.value,
                "keep": each.terms.keep_activities,
                "at_begin": each.at_begin,
                "ended": each.ended,
            }
            for key, each in image.switches.items()
        },
        tally=_tallied((int(epoch), each.kind.value, 1) for (epoch, _), each in image.outcomes.items()),
    )


def _lead(lead: Lead | Tombstone) -> dict[str, Any]:
    links = {"contact": lead.contact_id, "company": lead.company_id, "deal": lead.deal_id}
    if isinstance(lead, Tombstone):
        gone = dict.fromkeys(("semantics", "title", "comments", "amount", "email"))
        return {"deleted": True, **gone, **links}
    return {
        "deleted": False,
        "semantics": lead.semantics.value,
        "title": lead.title,
        "comments": lead.comments,
        "amount": None if lead.amount is None else str(lead.amount.amount),
        "email": _email(lead.contact_points),
        **links,
    }


def _email(points: ContactPoints) -> str | None:
    return next((value for value in points.values_of(PointKind.EMAIL)), None)


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
                "lead": lead,
                "contact": contact,
                "company": company,
                "title": title,
                "amount": amount,
                "created_at": datetime.fromisoformat(created),
            }
            for id, lead, contact, company, title, amount, created in of(
                "deal", "id, lead_id, contact_id, company_id, title, amount, created_at"
            )
        },
        contacts={
            id: {"lead": lead, "company": company, "email": _email_in(points)}
            for id, lead, company, points in of("contact", "id, lead_id, company_id, contact_points")
        },
        companies={
            id: {"lead": lead, "email": _email_in(points)}
            for id, lead, points in of("company", "id, lead_id, contact_points")
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
