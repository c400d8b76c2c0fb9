"""The lines of records in the document of a CRM, made straight from the records: what `dump_record` gives, as text.

A CRM has many records of few classes, and objects that are only made to be written down would cost more than the text.
So the records of a batch are written field by field, and the values of a field class by class; one of any other class
goes the long way.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from types import NoneType
from typing import Any

from attrs import fields

from crmcore.adapters.batches import WriteMany, are_empty, columns_of, each_by_class, few
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
    CustomFields,
    ExternalOrigin,
    Money,
    PersonName,
    PointKind,
    Utm,
)

__all__ = ["as_text", "lines_of"]

Write = Callable[[Any], str]

as_text: Write = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted: Write = json.encoder.encode_basestring
#: What can be deleted: beside one that is not stands that it is not.
_DELETABLE = (Lead, Deal, Contact, Company, Activity)


def lines_of(
    records: Sequence[Any],
    refs: Sequence[frozenset[Ref]] | None = None,
    before: Iterable[tuple[int, int]] | None = None,
) -> Iterable[str]:
    """The text of each record, with what it is bound to behind its fields, or with epoch and lead `before` them."""
    lines = _texts(records)
    if refs is not None:
        lines = [f'{line[:-1]}, "bindings": {each}}}' for line, each in zip(lines, _texts(refs), strict=True)]
    if before is not None:
        lines = [f"{_BEFORE % each}, {line[1:]}" for line, each in zip(lines, before, strict=True)]
    return lines


def _texts(values: Sequence[Any]) -> Iterable[str]:
    return each_by_class(values, _WRITE, _write_others)


def _write_others(values: Sequence[Any]) -> Iterable[str]:
    return [as_text(dump_record(each)) for each in values]


def _write_lists(values: Sequence[Sequence[Any]]) -> Iterable[str]:
    texts = iter(_texts([each for value in values for each in value]))
    return [f"[{', '.join(islice(texts, len(value)))}]" if value else "[]" for value in values]


def _write_refs(refs: Iterable[Ref]) -> str:
    places = sorted([(_PLACES[kind], id) for kind, id in refs])
    return f"[{', '.join([f'{_PAIRS[at]}{id if type(id) is int else as_text(id)}]' for at, id in places])}]"


def _write_custom(values: Sequence[CustomFields]) -> Iterable[str]:
    return [as_text(unstructured(each)) if each else "{}" for each in values]


def _write_instant(instant: datetime) -> str:
    return f'"{instant.isoformat() if instant.tzinfo is UTC else WRITERS[datetime](instant)}"'


def _fields(cls: Any) -> WriteMany:
    """What writes records of a class, column by column: its own fields, then the inherited ones."""
    names = [each.name for each in sorted(fields(cls), key=lambda each: each.inherited)]
    return partial(_write_columns, names, ', "deleted_at": null' if cls in _DELETABLE else "")


def _write_columns(names: Sequence[str], more: str, records: Sequence[Any]) -> Iterable[str]:
    """Fields that no record of the batch has stand in the template."""
    pairs, filled = [], []
    for name, values in zip(names, columns_of(records, names), strict=True):
        if are_empty(values):
            pairs.append(f"{_quoted(name)}: null")
        else:
            pairs.append(f"{_quoted(name)}: %s")
            filled.append(_texts(values))
    template = f"{{{', '.join(pairs)}{more}}}"
    return [template % texts for texts in zip(*filled, strict=True)] if filled else [template] * len(records)


_VALUES = (Address, ContactPoint, ExternalOrigin, Money, PersonName, Utm)

_WRITE: dict[type, WriteMany] = {
    NoneType: lambda values: ["null"] * len(values),
    str: partial(map, _quoted),
    int: partial(map, str),
    bool: partial(map, {True: "true", False: "false"}.__getitem__),
    Decimal: lambda amounts: [f'"{amount!s}"' for amount in amounts],
    datetime: few(_write_instant),
    tuple: _write_lists,
    ContactPoints: _write_lists,
    CustomFields: _write_custom,
    frozenset: few(_write_refs),
    **dict.fromkeys((OutcomeKind, PointKind, StageSemantics), partial(map, _quoted)),  # texts that have a name
    **{cls: _fields(cls) for cls in (*_DELETABLE, *_VALUES, LedgerRow)},
    LeadOutcome: partial(_write_columns, LeadOutcome._fields, ""),
}
#: Where an outcome stands.
_BEFORE = '{"epoch": %d, "lead_id": %d'
_PLACES = {kind: at for at, kind in enumerate(sorted(Kind))}
_PAIRS = [f'["{kind}", ' for kind in _PLACES]
