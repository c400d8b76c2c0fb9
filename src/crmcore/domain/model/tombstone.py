"""What stays of a deleted record: its id and its links, none of its data (DATA-3)."""

from datetime import datetime
from typing import Any, ClassVar

from attrs import frozen

from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind, LeadId
from crmcore.domain.model.text import Discreet

__all__ = ["LINKS", "Tombstone", "stone_of"]

#: The links that stay of a deleted record, as far as its kind has them.
LINKS = ("contact_id", "company_id", "deal_id", "lead_id")


@frozen(kw_only=True, repr=False, eq=False)
class Tombstone(Discreet):
    """A deleted lead, deal, contact, company or activity; ledger rows stay too, and the laws accept it (DATA-3).

    `kind` and `id` name it, `deleted_at` is an instant in UTC. `contact_id`, `company_id`, `deal_id` and `lead_id`
    are the links that a record of the kind has.

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> id = p.crm.delete_lead(ADMIN, p.lead().id)
    >>> left = p.image().leads[id]
    >>> left.kind, left.id, left.contact_id
    (<Kind.LEAD: 'lead'>, 1, None)
    """

    _shown: ClassVar = ("kind", "id", *LINKS)

    kind: Kind
    id: int
    deleted_at: datetime
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    deal_id: DealId | None = None
    lead_id: LeadId | None = None


def stone_of(kind: Kind, record: Any, at: datetime) -> Tombstone:
    """What stays of a record that is deleted: its id and its links (DATA-3)."""
    return Tombstone(kind=kind, id=record.id, deleted_at=at, **{name: getattr(record, name, None) for name in LINKS})
