"""What is somebody's: the records that an erasure finds, and what stays of each (DATA-4, DATA-5)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import evolve, fields

from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import PointKind
from crmcore.domain.rules.matching import point_keys

__all__ = ["KEPT", "Emails", "emails_of", "emptied", "is_of", "says_of_nobody"]

#: Normalised e-mails, as `emails_of` gives them.
Emails = frozenset[tuple[PointKind, str]]

#: The fields of a deal or client that say nothing of a person: ids, links, whose work it is, where it stands, money.
KEPT = frozenset(
    {
        "id", "responsible", "opened", "created_at", "contact_id", "company_id", "lead_id",
        "pipeline_id", "stage", "semantics", "amount", "source",
    }
)  # fmt: skip


def emails_of(record: Any) -> Emails:
    """The normalised e-mails of a record; a deal has none."""
    return point_keys(getattr(record, "contact_points", ()), (PointKind.EMAIL,))


def emptied(record: Any) -> Any:
    """A deal, contact or company without anything that says who it is about; a contact has the placeholder name.

    >>> from crmcore import Company, CompanyId, UserId
    >>> emptied(Company(id=CompanyId(1), responsible=UserId(7), title="Ann Sample")).title is None
    True
    """
    blank = {each.name: each.default for each in fields(type(record)) if each.name not in KEPT}
    return evolve(record, **blank)


def says_of_nobody(ref: Ref, there: Mapping[Ref, Any], erased: Collection[Ref]) -> bool:
    """Whether a record is deleted, or `erased` now, or says of nobody who it is, as a client after an erasure.

    `there` is what an activity is bound to. A deal says who it is about by its client, so an empty one says nothing
    where its client is there too and does not; one without a client may be anybody's.
    """
    record = there.get(ref)
    if ref in erased or isinstance(record, Tombstone):
        return True
    if record is None or isinstance(record, Lead) or emptied(record) != record:
        return False
    if not isinstance(record, Deal):
        return True
    client = _client_of(record)
    return client is not None and says_of_nobody(client, there, erased)


def _client_of(record: Lead | Deal | Tombstone) -> Ref | None:
    if record.contact_id is not None:
        return Ref(Kind.CONTACT, record.contact_id)
    return None if record.company_id is None else Ref(Kind.COMPANY, record.company_id)


def is_of(record: Any, emails: Emails, found: Collection[Ref]) -> bool:
    """Whether a record is of the person with these e-mails, of whom these records were found already.

    A deleted record is too, by its links: what was made from it is found through it.

    A company that a lead or deal has beside a contact says nothing of the person: it is the contact's.
    """
    return _WAYS[type(record)](record, found) or not emails.isdisjoint(emails_of(record))


def _linked(record: Any, found: Collection[Ref | None]) -> bool:
    return _client_of(record) in found


def _made(record: Any, found: Collection[Ref]) -> bool:
    return record.lead_id is not None and Ref(Kind.LEAD, record.lead_id) in found


#: Whose links a deleted record still has; no kind but these is asked about.
_KINDS: Mapping[Kind, type] = {Kind.LEAD: Lead, Kind.DEAL: Deal, Kind.CONTACT: Contact, Kind.COMPANY: Company}
_WAYS: Mapping[type, Callable[[Any, Collection[Ref]], bool]] = {
    Lead: _linked,
    Tombstone: lambda record, found: _WAYS[_KINDS[record.kind]](record, found),
    Contact: _made,
    Company: _made,
    Deal: lambda record, found: _made(record, found) or _linked(record, found),
}
