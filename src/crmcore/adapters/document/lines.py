"""The line of one record in the document of a CRM, made straight from the record: what `dump_record` gives, as text.

A CRM has many records of few classes, and objects that are only made to be written down would cost more than the text.
How a value is written follows from its class; one of any other class goes the long way.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from types import NoneType
from typing import Any

from attrs import fields

from crmcore.adapters.document.converter import unstructured
from crmcore.adapters.document.records import dump_record
from crmcore.adapters.document.values import WRITERS
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import (
    Address,
    ContactPoint,
    ContactPoints,
    ExternalOrigin,
    Money,
    PersonName,
    PointKind,
    Utm,
)

__all__ = ["as_text", "line_of"]

Write = Callable[[Any], str]

as_text: Write = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted: Write = json.encoder.encode_basestring
#: What can be deleted: beside one that is not stands that it is not.
_DELETABLE = (Lead, Deal, Contact, Company, Activity)


def line_of(record: Any, refs: Iterable[Ref] | None = None, **before: int) -> str:
    """The text of one record, with the numbers that stand `before` its fields, and with what it is bound to behind."""
    text = _write_fields(record) if type(record) in _FIELDS else as_text(dump_record(record))
    if refs is not None:
        text = f'{text[:-1]}, "bindings": {_write_refs(refs)}}}'
    if before:
        numbers = ", ".join(f'"{name}": {number}' for name, number in before.items())
        text = f"{{{numbers}, {text[1:]}"
    return text


def _write_fields(record: Any) -> str:
    values, template = _FIELDS[type(record)]
    write = _WRITE
    return template % tuple(
        ["null" if each is None else write.get(type(each), _write_other)(each) for each in values(record)]
    )


def _write_all(values: Iterable[Any]) -> str:
    return f"[{', '.join([_WRITE.get(type(each), _write_other)(each) for each in values])}]"


def _write_refs(refs: Iterable[Ref]) -> str:
    pairs = [f"{_PAIRS[kind]}{id if type(id) is int else as_text(id)}]" for kind, id in sorted(refs)]
    return f"[{', '.join(pairs)}]"


def _write_other(value: Any) -> str:
    return as_text(unstructured(value))


def _write_instant(instant: datetime) -> str:
    return f'"{instant.isoformat() if instant.tzinfo is UTC else WRITERS[datetime](instant)}"'


def _template(names: Iterable[str], more: str = "") -> str:
    return f"{{{', '.join(f'{_quoted(name)}: %s' for name in names)}{more}}}"


def _fields(cls: Any) -> tuple[Callable[[Any], Any], str]:
    """What reads the fields of a record, and the template of its text: its own fields, then the inherited ones."""
    names = [each.name for each in sorted(fields(cls), key=lambda each: each.inherited)]
    return attrgetter(*names), _template(names, ', "deleted_at": null' if cls in _DELETABLE else "")


_VALUES = (Address, ContactPoint, ExternalOrigin, Money, PersonName, Utm)
_FIELDS: dict[type, tuple[Callable[[Any], Any], str]] = {
    cls: _fields(cls) for cls in (*_DELETABLE, *_VALUES, LedgerRow)
}
_FIELDS[LeadOutcome] = tuple, _template(LeadOutcome._fields)

_WRITE: dict[type, Write] = {
    NoneType: lambda _: "null",
    str: _quoted,
    int: str,
    bool: {True: "true", False: "false"}.__getitem__,
    Decimal: lambda amount: f'"{amount}"',
    datetime: _write_instant,
    tuple: _write_all,
    ContactPoints: _write_all,
    frozenset: _write_refs,
    **dict.fromkeys((OutcomeKind, PointKind, StageSemantics), _quoted),  # texts that have a name
    **dict.fromkeys(_VALUES, _write_fields),
}
_PAIRS = {kind: f'["{kind.value}", ' for kind in Kind}
