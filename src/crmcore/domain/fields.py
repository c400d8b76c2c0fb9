"""Which fields a caller may give and edit, and of which type: the border check of every command (DATA-1, CONV-9).

The typed dictionaries are for type checkers, `FIELDS` for the running program; a test holds them together.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import (
    DEFAULT_PIPELINE,
    CompanyId,
    ContactId,
    Kind,
    PipelineId,
    SourceCode,
    StageCode,
    UserId,
)
from crmcore.domain.stages import StageSemantics
from crmcore.domain.text import CODE_LIMIT, check_code, check_id, check_type
from crmcore.domain.values import (
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
    "FIELDS",
    "ActivityFields",
    "CompanyFields",
    "ContactFields",
    "DealFields",
    "LeadFields",
    "check_fields",
    "check_key",
    "check_record",
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


_CARD: dict[str, type | tuple[type, ...]] = {
    "responsible": int,
    "opened": bool,
    "address": Address,
    "comments": str,
    "origin": ExternalOrigin,
    "utm": Utm,
    "custom": (CustomFields, dict),
}
_SOURCE: dict[str, type | tuple[type, ...]] = {"source": str, "source_description": str}
_PERSON: dict[str, type | tuple[type, ...]] = {"name": PersonName, "birth_date": date, "job_title": str}
_POINTS: dict[str, type | tuple[type, ...]] = {"contact_points": (tuple, list)}
_LINKS: dict[str, type | tuple[type, ...]] = {"contact_id": int, "company_id": int}

#: The fields that a command may give, by kind of record. Ids, outcomes and times are the library's own.
FIELDS: dict[Kind, dict[str, type | tuple[type, ...]]] = {
    Kind.LEAD: {
        **_CARD,
        **_SOURCE,
        **_PERSON,
        **_POINTS,
        **_LINKS,
        "title": str,
        "company_title": str,
        "stage": str,
        "stage_description": str,
        "amount": Money,
        "observers": tuple,
    },
    Kind.DEAL: {
        **_CARD,
        **_SOURCE,
        **_LINKS,
        "title": str,
        "pipeline_id": int,
        "stage": str,
        "amount": Money,
    },
    Kind.CONTACT: {**_CARD, **_SOURCE, **_PERSON, **_POINTS, "company_id": int},
    Kind.COMPANY: {**_CARD, **_POINTS, "title": str},
    Kind.ACTIVITY: {
        "kind": str,
        "subject": str,
        "description": str,
        "responsible": int,
        "deadline": datetime,
        "completed": bool,
    },
}

#: How many persons may watch one lead.
OBSERVERS_LIMIT = 200

#: Fields that are never empty.
_REQUIRED = frozenset({"responsible", "opened", "custom", "contact_points", "observers", "name", "stage", "kind"})
_IDS = frozenset({"responsible", "contact_id", "company_id"})
_CODES = frozenset({"stage", "source", "kind"})

#: What may still be edited on a converted lead (CONV-9).
EDITABLE_AFTER_CONVERSION = frozenset({"comments", "responsible"})


def check_fields(kind: Kind, fields: Mapping[Any, Any], without: Iterable[str] = ()) -> None:
    """Raise `InvalidValue` for a field that the kind has not, or a value of another type than the field's."""
    if kind not in FIELDS:
        raise InvalidValue("kind", "lead, deal, contact, company or activity")
    check_type("fields", fields, Mapping)
    known = FIELDS[kind]
    for name, value in fields.items():
        if name not in known or name in without:
            offered = ", ".join(sorted(set(known) - set(without)))
            raise InvalidValue(f"{kind}.{name if isinstance(name, str) else '?'}", f"one of the fields {offered}")
        if value is not None or name in _REQUIRED:
            _check_value(f"{kind}.{name}", name, value, known[name])


def _check_value(field: str, name: str, value: Any, known: type | tuple[type, ...]) -> None:
    check_type(field, value, known)
    if name in _IDS:
        check_id(field, value)
    elif name == "pipeline_id":
        check_id(field, value, lowest=DEFAULT_PIPELINE)
    elif name in _CODES:
        check_code(field, value)
    elif name == "birth_date" and isinstance(value, datetime):
        raise InvalidValue(field, "a date without a time")
    elif name == "observers":
        if len(value) > OBSERVERS_LIMIT:
            raise InvalidValue(field, f"at most {OBSERVERS_LIMIT} observers")
        for each in value:
            check_id(field, each)


def check_record(kind: Kind, record: Any) -> None:
    """Raise `InvalidValue` unless each field of a card that is being built is of the field's type (DATA-1).

    Texts and values have been checked when they were settled; records of a conversion need no second look.
    """
    entity = type(record).__name__
    check_id(f"{entity}.id", record.id, lowest=0 if kind is Kind.LEAD else 1)
    for name, known in FIELDS[kind].items():
        value = getattr(record, name)
        if value is not None or name in _REQUIRED:
            _check_value(f"{entity}.{name}", name, value, known)
    for name in ("deal_id", "lead_id"):
        id = getattr(record, name, None)
        if id is not None:
            check_id(f"{entity}.{name}", id)
    if kind in (Kind.LEAD, Kind.DEAL):
        check_type(f"{entity}.semantics", record.semantics, StageSemantics)


def check_key(key: str | None) -> None:
    """Raise `InvalidValue` unless the key is absent or text of a bounded length without control characters."""
    if key is not None:
        check_type("key", key, str)
        if not key.strip() or len(key) > CODE_LIMIT or not key.isprintable():
            raise InvalidValue("key", f"1 to {CODE_LIMIT} printable characters")


def check_version(version: int, lowest: int = 1) -> None:
    """Raise `InvalidValue` unless the version is a whole number that a read may have answered."""
    check_id("version", version, lowest=lowest)
