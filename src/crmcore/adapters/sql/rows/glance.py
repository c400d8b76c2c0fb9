"""A quick look at many rows at once: which of them may hold what the library would never have written (DATA-1).

A chunk of a switch holds a thousand leads, and checking each in full would cost a tenth of the switch; of an audit and
an export it would be the most. So whole columns are looked at, with loops that run in C; a row that is out of the
ordinary, though it may be right, is named for the full check (`domain.model.integrity`). What a column is follows from
the annotation of its field.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from types import NoneType
from typing import Any

from crmcore.adapters.sql.rows.records import COLUMNS, Row
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind, PipelineId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.schema import Field, parts_of
from crmcore.domain.model.text import CODE_LIMIT, INTEGER_DIGITS, LINE_LIMIT, TEXT_LIMIT
from crmcore.domain.model.values import PersonName

__all__ = ["LOOKED_AT", "unusual"]

#: The kinds that there are many records of, and the class of each.
LOOKED_AT: dict[Kind, type] = {
    Kind.LEAD: Lead,
    Kind.DEAL: Deal,
    Kind.CONTACT: Contact,
    Kind.COMPANY: Company,
    Kind.ACTIVITY: Activity,
    Kind.LEDGER: LedgerRow,
}

#: Fewer rows are checked in full at once.
_FEW = 8

#: Whether the values of a column that are not empty are all ordinary.
Look = Callable[[Sequence[Any]], bool]

_POINT = r'\["(?:phone|email|website|messenger)","[A-Z]{1,20}","[^"\\ ][^"\\]{0,250}"\]'
_POINTS = re.compile(rf"\[{_POINT}(?:,{_POINT})*\]")
_AMOUNT = re.compile(rf"[0-9]{{1,{INTEGER_DIGITS}}}(?:\.[0-9]{{1,10}})?", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}\+00:00", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CODE = re.compile(rf"[!-~]{{1,{CODE_LIMIT}}}")
_CURRENCY = re.compile("[A-Z]{3}")
_SEMANTICS = re.compile("[PSF]")
_IDS = re.compile(r"\[(?:[1-9][0-9]{0,17}(?:,[1-9][0-9]{0,17})*)?\]", re.ASCII)
_NAMES = re.compile(r'\[(?:"[a-zA-Z_.]{1,100}"(?:,"[a-zA-Z_.]{1,100}")*)?\]')


def unusual(kind: Kind, rows: Sequence[Row]) -> Collection[int]:
    """The places of the rows, of one of the kinds `LOOKED_AT`, that need the full check; deleted ones always do."""
    if len(rows) < _FEW:
        return range(len(rows))
    found: set[int] = set()
    for (look, needed), column in zip(_looks(kind), zip(*rows, strict=True), strict=True):
        empty = column.count(None)
        if empty and needed:
            found.update(at for at, value in enumerate(column) if value is None)
        if empty == len(column):
            continue
        values = [value for value in column if value is not None] if empty else column
        if not _ordinary(look, values):
            found.update(at for at, value in enumerate(column) if value is not None and not _ordinary(look, (value,)))
    return found


def _ordinary(look: Look, values: Sequence[Any]) -> bool:
    try:
        return look(values)
    except TypeError:  # a value of another type than the column's
        return False


def _never(values: Sequence[Any]) -> bool:
    """What is read from JSON, and what stays of a deleted record: seldom filled, and checked in full where it is."""
    return False


def _ids(values: Sequence[Any], lowest: int = 1) -> bool:
    return set(map(type, values)) == {int} and min(values) >= lowest


def _flags(values: Sequence[Any]) -> bool:
    return set(values) <= {0, 1}


def _texts(limit: int, values: Sequence[Any]) -> bool:
    return all(map(str.strip, values)) and max(map(len, values)) <= limit and "".join(values).isprintable()


def _few(pattern: re.Pattern[str], values: Sequence[Any]) -> bool:
    """Texts of which a few distinct ones stand for all."""
    return all(map(pattern.fullmatch, set(values)))


def _many(pattern: re.Pattern[str], values: Sequence[Any]) -> bool:
    return all(map(pattern.fullmatch, values))


def _points(values: Sequence[Any]) -> bool:
    return all(map(_POINTS.fullmatch, values)) and "".join(values).isprintable()


#: The columns that no field of the record stands behind one to one, or whose texts have a form of their own.
_OWN: dict[str, Look] = {
    "version": _ids,
    "deleted_at": _never,
    "semantics": partial(_few, _SEMANTICS),
    "contact_points": _points,
    "amount": partial(_many, _AMOUNT),
    "currency": partial(_few, _CURRENCY),
    **{f"{part.name}_name": partial(_texts, LINE_LIMIT) for part in parts_of(PersonName)},
    "honorific": partial(_texts, LINE_LIMIT),
    "birth_date": partial(_many, _DAY),
    "created_at": partial(_few, _INSTANT),
    "deadline": partial(_many, _INSTANT),
    "completed_at": _never,
    # Those of the ledger.
    "lead": _ids,
    "deal": _ids,
    "contact": _ids,
    "company": _ids,
    "activity_ids": partial(_many, _IDS),
    "not_carried": partial(_few, _NAMES),
    "converted_at": partial(_few, _INSTANT),
}
#: Columns of which every row has something, beside those of fields that may not be empty. A contact without a first
#: name may have none at all, which a person may not.
_NEEDED = {
    Kind.CONTACT: {"first_name"},
    Kind.LEDGER: {"lead", "deal", "activity_ids", "not_carried", "converted_at"},
}


@cache
def _looks(kind: Kind) -> tuple[tuple[Look, bool], ...]:
    """How each column is looked at, and whether every row has something in it."""
    parts = {part.name: part for part in parts_of(LOOKED_AT[kind])}
    needed = _NEEDED.get(kind, set()) | {part.name for part in parts.values() if _is_needed(part)}
    return tuple((_OWN[name] if name in _OWN else _look_of(parts[name]), name in needed) for name in COLUMNS[kind])


def _is_needed(part: Any) -> bool:
    return not part.optional and (part.type is bool or isinstance(getattr(part.type, "__supertype__", None), type))


def _look_of(part: Any) -> Look:
    if Field.LINE in part.marks:
        return partial(_texts, LINE_LIMIT)
    if Field.TEXT in part.marks:
        return partial(_texts, TEXT_LIMIT)
    if Field.CODE in part.marks or getattr(part.type, "__supertype__", NoneType) is str:
        return partial(_few, _CODE)
    if getattr(part.type, "__supertype__", NoneType) is int:
        return partial(_ids, lowest=0) if part.type is PipelineId else _ids
    return _flags if part.type is bool else _never
