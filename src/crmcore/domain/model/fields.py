"""Which fields a caller may give and edit, and of which type: the border check of every command (DATA-1, CONV-9).

The typed dictionaries are for type checkers; the running program reads the annotations of the entities. A test holds
them together.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import CompanyId, ContactId, Kind, PipelineId, SourceCode, StageCode, UserId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.schema import Field, Part, given_parts
from crmcore.domain.model.text import check_id, check_type
from crmcore.domain.model.values import (
    Address,
    ContactPoint,
    CustomFields,
    CustomValue,
    ExternalOrigin,
    Money,
    PersonName,
    Utm,
)

__all__ = [
    "EDITABLE_AFTER_CONVERSION",
    "ENTITIES",
    "ActivityFields",
    "CompanyFields",
    "ContactFields",
    "DealFields",
    "LeadFields",
    "check_fields",
    "check_version",
]


class _CardFields(TypedDict, total=False):
    responsible: UserId
    opened: bool
    address: Address | None
    comments: str | None
    origin: ExternalOrigin | None
    utm: Utm | None
    custom: CustomFields | dict[str, CustomValue]


class _PersonFields(_CardFields, total=False):
    name: PersonName
    birth_date: date | None
    job_title: str | None
    contact_points: Sequence[ContactPoint]
    source: SourceCode | None
    source_description: str | None


class LeadFields(_PersonFields, total=False):
    """What may be given for a lead."""

    title: str | None
    company_title: str | None
    stage: StageCode
    stage_description: str | None
    amount: Money | None
    observers: tuple[UserId, ...]
    contact_id: ContactId | None
    company_id: CompanyId | None


class DealFields(_CardFields, total=False):
    """What may be given for a deal."""

    title: str | None
    pipeline_id: PipelineId | None
    stage: StageCode
    amount: Money | None
    source: SourceCode | None
    source_description: str | None
    contact_id: ContactId | None
    company_id: CompanyId | None


class ContactFields(_PersonFields, total=False):
    """What may be given for a contact."""

    company_id: CompanyId | None


class CompanyFields(_CardFields, total=False):
    """What may be given for a company."""

    title: str | None
    contact_points: Sequence[ContactPoint]


class ActivityFields(TypedDict, total=False):
    """What may be given for an activity."""

    kind: str
    subject: str | None
    description: str | None
    responsible: UserId
    deadline: datetime | None
    completed: bool


#: The kinds of records whose fields a command may give. Ids, outcomes and times are the library's own.
ENTITIES: dict[Kind, type] = {
    Kind.LEAD: Lead,
    Kind.DEAL: Deal,
    Kind.CONTACT: Contact,
    Kind.COMPANY: Company,
    Kind.ACTIVITY: Activity,
}

#: What may still be edited on a converted lead (CONV-9).
EDITABLE_AFTER_CONVERSION = frozenset({"comments", "responsible"})


def check_fields(kind: Kind, fields: Mapping[Any, Any], without: Iterable[str] = ()) -> None:
    """Raise `InvalidValue` for a field that the kind has not, or a value of another type than the field's."""
    if kind not in ENTITIES:
        raise InvalidValue("kind", "lead, deal, contact, company or activity")
    check_type("fields", fields, Mapping)
    known = given_parts(ENTITIES[kind])
    for name, value in fields.items():
        if name not in known or name in without:
            offered = ", ".join(sorted(set(known) - set(without)))
            raise InvalidValue(f"{kind}.{name if isinstance(name, str) else '?'}", f"one of the fields {offered}")
        if value is not None or not _may_be_empty(known[name]):
            known[name].check(kind, value)


def _may_be_empty(part: Part) -> bool:
    return Field.SETTLED in part.marks or (part.optional and Field.GIVEN not in part.marks)


def check_version(version: int, lowest: int = 1) -> None:
    """Raise `InvalidValue` unless the version is a whole number that a read may have answered."""
    check_id("version", version, lowest=lowest)
