"""Converting one lead: pure and total, whatever can be stored can be converted (CONV-1 to CONV-6, SWITCH-9)."""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact, named
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import PointKind

__all__ = [
    "FIELD_MAP",
    "Carried",
    "Client",
    "Conversion",
    "client_left",
    "convert",
    "filled_fields",
    "link_left",
    "not_carried",
]

Id = TypeVar("Id", bound=int)


class Carried(NamedTuple):
    """One row of the field map: which records take a field of the lead over, under which name."""

    field: str
    contact: str | None
    company: str | None
    deal: str | None


#: What a conversion carries (CONV-3). A company takes the lead's title only where the lead has no company title.
FIELD_MAP: tuple[Carried, ...] = (
    Carried("title", None, "title", "title"),
    Carried("company_title", None, "title", None),
    Carried("name", "name", None, None),
    Carried("birth_date", "birth_date", None, None),
    Carried("job_title", "job_title", None, None),
    Carried("contact_points", "contact_points", "contact_points", None),
    Carried("address", "address", "address", "address"),
    Carried("comments", "comments", "comments", "comments"),
    Carried("opened", "opened", "opened", "opened"),
    Carried("responsible", "responsible", "responsible", "responsible"),
    Carried("origin", "origin", "origin", "origin"),
    Carried("utm", "utm", "utm", "utm"),
    Carried("source", "source", None, "source"),
    Carried("source_description", "source_description", None, "source_description"),
    Carried("amount", None, None, "amount"),
    Carried("custom", "custom", "custom", "custom"),
    Carried("stage_description", None, None, None),
    Carried("observers", None, None, None),
)


def _lost(contact: bool, company: bool) -> tuple[str, ...]:
    return tuple(
        row.field
        for row in FIELD_MAP
        if row.deal is None and not (contact and row.contact) and not (company and row.company)
    )


_LOST = {(contact, company): _lost(contact, company) for contact in (False, True) for company in (False, True)}


class Client(NamedTuple):
    """The client of a conversion that exists already: linked to the lead, or matched by e-mail."""

    contact_id: ContactId | None = None
    company_id: CompanyId | None = None


def client_left(lead: Lead, gone: Container[Ref]) -> Client:
    """The client that a lead is linked to; a link to one that is `gone`, that is deleted, counts as none (CONV-2)."""
    return Client(
        link_left(Kind.CONTACT, lead.contact_id, gone),
        link_left(Kind.COMPANY, lead.company_id, gone),
    )


def link_left(kind: Kind, id: Id | None, gone: Container[Ref]) -> Id | None:
    """The id of a link, or nothing where the record that it leads to is `gone` (CONV-2)."""
    return None if id is None or Ref(kind, id) in gone else id


class Conversion(NamedTuple):
    """Everything that converting one lead makes; `contact` and `company` are `None` where none was created."""

    lead: Lead
    deal: Deal
    contact: Contact | None
    company: Company | None
    row: LedgerRow


def convert(
    lead: Lead,
    activities: tuple[Activity, ...],
    terms: ConversionTerms,
    *,
    deal_id: DealId,
    known: Client,
    new_contact: ContactId | None,
    new_company: CompanyId | None,
    at: datetime,
) -> Conversion:
    """Convert one active lead: company first, then the contact linked to it, then the deal linked to both (CONV-1).

    `known` names the client records that exist; `new_contact` and `new_company` are the ids of those to be created.
    A lead is turned into records as it stands: nothing is rounded, merged or guessed (CONV-3, CONV-4, CONV-8).
    """
    title = lead.title or f"Lead #{lead.id}"
    company = contact = None
    if new_company is not None:
        company = unchecked(Company)(
            id=new_company,
            title=lead.company_title or title,
            contact_points=lead.contact_points,
            address=lead.address,
            comments=lead.comments,
            opened=lead.opened,
            responsible=lead.responsible,
            origin=lead.origin,
            utm=lead.utm,
            custom=lead.custom,
            lead_id=lead.id,
            created_at=at,
        )
    company_id = known.company_id if new_company is None else new_company
    if new_contact is not None:
        contact = unchecked(Contact)(
            id=new_contact,
            name=named(lead.name),
            birth_date=lead.birth_date,
            job_title=lead.job_title,
            contact_points=lead.contact_points,
            address=lead.address,
            comments=lead.comments,
            opened=lead.opened,
            responsible=lead.responsible,
            origin=lead.origin,
            utm=lead.utm,
            source=lead.source,
            source_description=lead.source_description,
            custom=lead.custom,
            company_id=company_id,
            lead_id=lead.id,
            created_at=at,
        )
    contact_id = known.contact_id if new_contact is None else new_contact
    deal = unchecked(Deal)(
        id=deal_id,
        title=title,
        pipeline_id=terms.pipeline_id,
        stage=terms.deal_stage,
        semantics=StageSemantics.IN_PROCESS,
        amount=lead.amount,
        address=lead.address,
        comments=lead.comments,
        opened=lead.opened,
        responsible=lead.responsible,
        origin=lead.origin,
        utm=lead.utm,
        source=lead.source,
        source_description=lead.source_description,
        custom=lead.custom,
        contact_id=contact_id,
        company_id=company_id,
        lead_id=lead.id,
        created_at=at,
    )
    row = unchecked(LedgerRow)(
        lead_id=lead.id,
        deal_id=deal_id,
        contact_id=contact_id,
        company_id=company_id,
        amount=lead.amount,
        activity_ids=tuple([activity.id for activity in activities]),
        not_carried=not_carried(lead, contact=contact is not None, company=company is not None),
        converted_at=at,
    )
    return Conversion(lead.converted(terms.lead_stage, deal_id, contact_id, company_id), deal, contact, company, row)


def not_carried(lead: Lead, *, contact: bool, company: bool) -> tuple[str, ...]:
    """The filled fields of a lead that no record takes over, given which client records are created (CONV-3)."""
    return filled_fields(lead, _LOST[contact, company])


def filled_fields(lead: Lead, fields: Iterable[str]) -> tuple[str, ...]:
    """Those of the fields that are filled, by the names under which an outcome tells them (CONV-3)."""
    found: list[str] = []
    for field in fields:
        if getattr(lead, field):
            found.extend(_kinds_of(lead) if field == "contact_points" else (field,))
        elif field == "name" and lead.name.honorific:
            found.append(field)
    return tuple(found)


def _kinds_of(lead: Lead) -> list[str]:
    """Contact points are named by what is filled: phones, emails, websites, messengers."""
    return [f"{kind.value}s" for kind in PointKind if lead.contact_points.values_of(kind)]
