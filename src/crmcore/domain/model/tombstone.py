"""What stays of a deleted record: its id and its links, none of its data (DATA-3)."""

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind
from crmcore.domain.model.text import Discreet

__all__ = ["Tombstone"]


@frozen(kw_only=True, repr=False, eq=False)
class Tombstone(Discreet):
    """A deleted lead or activity; its ledger row stays too, and the laws accept it (DATA-3).

    `kind` and `id` name it, `deleted_at` is an instant in UTC. `contact_id`, `company_id` and `deal_id` are the links
    of a lead.

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> id = p.crm.delete_lead(ADMIN, p.lead().id)
    >>> p.image().leads[id]
    Tombstone(kind=<Kind.LEAD: 'lead'>, id=1, contact_id=None, company_id=None, deal_id=None, filled=deleted_at)
    """

    _shown: ClassVar = ("kind", "id", "contact_id", "company_id", "deal_id")

    kind: Kind
    id: int
    deleted_at: datetime
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    deal_id: DealId | None = None
