"""What stays of a deleted record: its id and its links, none of its data (DATA-3)."""

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from crmcore.domain.ids import CompanyId, ContactId, DealId, Kind
from crmcore.domain.text import Discreet

__all__ = ["Tombstone"]


@frozen(kw_only=True, repr=False, eq=False)
class Tombstone(Discreet):
    """A deleted lead or activity; its ledger row stays too, and the laws accept it (DATA-3)."""

    _shown: ClassVar = ("kind", "id", "contact_id", "company_id", "deal_id")

    kind: Kind
    id: int
    deleted_at: datetime
    contact_id: ContactId | None = None
    company_id: CompanyId | None = None
    deal_id: DealId | None = None
