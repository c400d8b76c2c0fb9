"""The rows that converting one lead writes, as plain dicts: the same work for everything that is measured as an ORM."""

from collections.abc import Iterator, Sequence
from json import loads
from typing import Any

from bench.databases.floor import NOW

__all__ = ["CHUNK", "LINKS", "Row", "rows_of"]

CHUNK = 1000
LINKS = ("stage", "semantics", "contact_id", "company_id", "deal_id", "version")
_CARD = ("responsible", "opened", "address", "comments", "origin", "utm", "custom")
_PERSON = ("honorific", "first_name", "middle_name", "last_name", "birth_date", "job_title")
Row = dict[str, Any]


def rows_of(lead: Any, activity_ids: Sequence[int], epoch: int, contacts: int) -> Iterator[tuple[str, Row]]:
    """Table and row, in an order in which links find what they link to; the lead itself is changed in place."""
    portal, deal, contact, company = lead.portal, lead.id, lead.id + contacts, lead.id
    card = {name: getattr(lead, name) for name in _CARD} | {"created_at": NOW, "version": 1, "portal": portal}
    title = lead.title or f"Lead #{lead.id}"
    yield "company", {
        **card, "id": company, "title": lead.company_title or title, "contact_points": lead.contact_points,
        "lead_id": lead.id,
    }  # fmt: skip
    yield "contact", {
        **card, **{name: getattr(lead, name) for name in _PERSON}, "id": contact,
        "contact_points": lead.contact_points, "source": lead.source, "source_description": lead.source_description,
        "company_id": company, "lead_id": lead.id,
    }  # fmt: skip
    yield "deal", {
        **card, "id": deal, "pipeline_id": 0, "stage": "NEW", "semantics": "P", "title": title, "amount": lead.amount,
        "currency": lead.currency, "source": lead.source, "source_description": lead.source_description,
        "contact_id": contact, "company_id": company, "lead_id": lead.id,
    }  # fmt: skip
    for code, id in ((1, deal), (2, contact), (3, company)):
        for activity in activity_ids:
            yield "binding", {"portal": portal, "activity": activity, "kind": code, "id": id}
    for code, id in ((2, contact), (3, company)):
        for point, _, value in loads(lead.contact_points):
            key = value.strip().casefold() if point == "email" else "+" + "".join(filter(str.isdecimal, value))
            yield "match", {
                "portal": portal, "kind": code, "point": point, "form": key, "id": id, "version": 1, "held": True
            }  # fmt: skip
    yield "ledger", {
        "portal": portal, "lead": lead.id, "deal": deal, "contact": contact, "company": company, "amount": lead.amount,
        "currency": lead.currency, "activity_ids": f"[{','.join(map(str, activity_ids))}]", "not_carried": "[]",
        "converted_at": NOW,
    }  # fmt: skip
    yield "outcome", {
        "portal": portal, "epoch": epoch, "lead": lead.id, "kind": "converted", "added": False, "contacts": 1,
        "companies": 1, "bound": len(activity_ids), "completed": 0, "kept_open": len(activity_ids),
    }  # fmt: skip
    lead.stage, lead.semantics, lead.version = "CONVERTED", "S", lead.version + 1
    lead.deal_id, lead.contact_id, lead.company_id = deal, contact, company
