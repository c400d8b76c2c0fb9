"""What a store in memory holds in the end, as plain values."""

from collections import Counter
from typing import Any

from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import NO_POINTS, ContactPoints, PointKind
from tests.survival.races.history import Picture

__all__ = ["picture_from_image"]


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
                "deleted": isinstance(deal, Tombstone),
                "lead": deal.lead_id,
                "contact": deal.contact_id,
                "company": deal.company_id,
                "title": getattr(deal, "title", None),
                "amount": _amount(deal),
                "created_at": getattr(deal, "created_at", None),
            }
            for id, deal in image.deals.items()
        },
        contacts={
            id: {
                "deleted": isinstance(each, Tombstone),
                "lead": each.lead_id,
                "company": each.company_id,
                "email": _email(each),
            }
            for id, each in image.contacts.items()
        },
        companies={
            id: {"deleted": isinstance(each, Tombstone), "lead": each.lead_id, "email": _email(each)}
            for id, each in image.companies.items()
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
        tally=dict(Counter((int(epoch), each.kind.value) for (epoch, _), each in image.outcomes.items())),
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
        "amount": _amount(lead),
        "email": _email(lead),
        **links,
    }


def _email(card: Any) -> str | None:
    points: ContactPoints = getattr(card, "contact_points", NO_POINTS)
    return next((value for value in points.values_of(PointKind.EMAIL)), None)


def _amount(card: Any) -> str | None:
    amount = getattr(card, "amount", None)
    return None if amount is None else str(amount.amount)
