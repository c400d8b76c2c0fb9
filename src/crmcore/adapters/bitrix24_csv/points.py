"""Reading contact points: one cell may hold several, joined or as a list of a program (with types)."""

import re
from typing import Any

from crmcore.adapters.bitrix24_csv.cells import is_joined, is_ordinary, shape_of, split_pieces, whole_digits
from crmcore.adapters.bitrix24_csv.dumps import field_of, read_dump
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.rows import Unreadable, invalid
from crmcore.adapters.bitrix24_csv.sheets import Heading
from crmcore.adapters.bitrix24_csv.words.columns import KIND_ORDER, POINT_PREFIXES
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.values import ContactPoint, PointKind

__all__ = ["read_points"]

_KINDS = {prefix: kind for kind, prefix in POINT_PREFIXES.items()}
_WORDS = {
    PointKind.PHONE: "a phone",
    PointKind.EMAIL: "an e-mail",
    PointKind.WEBSITE: "a web address",
    PointKind.MESSENGER: "the name of somebody in a messenger",
}
# Parts of one number behind a semicolon: +1-555-0100;ext=5 (RFC 3966).
_PARAMETER = re.compile(r";\s*(?:ext|isub|postd|phone-context)\b", re.IGNORECASE)
# What begins like this is an address of its own.
_ADDRESS = re.compile(r"https?://|www\.|@", re.IGNORECASE)
#: What stands once in a value: two of them are two values, joined by something that is not understood.
_ONCE = {PointKind.EMAIL: "@", PointKind.PHONE: "+"}
#: What people write between two phones; a single stroke is a part of one.
_BETWEEN = re.compile(r"\s+/\s+|[|\\]|\s+[^\W\d]{1,4}\s+")
#: So many digits are a phone, and not the code of a city.
_WHOLE_PHONE = 7
#: The type of a point in a list that names none.
_USUAL = "WORK"


def read_points(heading: Heading, cell: str) -> list[ContactPoint]:
    """The points of a cell; raises `Unreadable` where it holds something else, or could be split in two ways."""
    kind = heading.column.kind
    items = read_dump(cell)
    try:
        if items is not None:
            found = [point for item in items for point in _from_item(heading, kind, item)]
            return sorted(found, key=lambda point: KIND_ORDER[point.kind])
        if kind is None:
            raise _unlike(heading, "a list of contact points", shape_of(cell))
        return [ContactPoint(kind=kind, type=heading.column.type, value=each) for each in _values(heading, kind, cell)]
    except InvalidValue as error:
        raise_alone(invalid(heading, error))


def _values(heading: Heading, kind: PointKind, cell: str) -> list[str]:
    if is_ordinary(cell):  # most cells, at once
        return [cell]
    if not is_joined(cell) or (
        not cell.startswith('"') and (shape_of(cell) is not None or whole_digits(cell) is not None)
    ):
        return [_value(heading, kind, cell)]
    pieces = plain = split_pieces(cell, semicolons=False)
    if ";" in cell:
        pieces = split_pieces(cell)
    if len(pieces) > len(plain) and not _may_split(kind, cell, [value for value, _ in pieces]):
        if kind is PointKind.EMAIL or (kind is PointKind.PHONE and not _PARAMETER.search(cell)):
            said = f"expected {_WORDS[kind]}, or several joined by commas; the parts around a semicolon are not alike"
            raise Unreadable(heading.text, Fault.BAD_SHAPE, said)
        pieces = plain
    return [value if is_quoted else _value(heading, kind, value) for value, is_quoted in pieces]


def _may_split(kind: PointKind, cell: str, values: list[str]) -> bool:
    """Whether the parts around semicolons are values of their own."""
    if kind is PointKind.EMAIL:
        return all("@" in value for value in values)
    if kind is PointKind.PHONE:
        return not _PARAMETER.search(cell) and all(any(map(str.isdigit, value)) for value in values)
    return all(_ADDRESS.match(value) for value in values)


def _value(heading: Heading, kind: PointKind, value: str) -> str:
    """A value as it is, unless it looks like something else than a point."""
    shape = shape_of(value)
    digits = whole_digits(value)
    if kind is PointKind.PHONE and digits is not None:
        return digits
    mark = _ONCE.get(kind)
    several = kind is PointKind.PHONE and sum(map(_is_whole_phone, _BETWEEN.split(value))) > 1
    if several or (mark is not None and value.count(mark) > 1):
        raise Unreadable(heading.text, Fault.BAD_SHAPE, f"expected {_WORDS[kind]}, or several joined by commas")
    is_number = shape is not None and "number" in shape
    if shape is None or (is_number and kind is not PointKind.PHONE):
        return value
    raise _unlike(heading, _WORDS[kind], shape)


def _is_whole_phone(part: str) -> bool:
    return sum(map(str.isdigit, part)) >= _WHOLE_PHONE


def _unlike(heading: Heading, expected: str, shape: str | None) -> Unreadable:
    said = f"expected {expected}"
    if shape is not None:
        said += f", the cell looks like {shape}"
        if "shortened" in shape:
            said += ": digits are lost, export again with this column as text"
    return Unreadable(heading.text, Fault.BAD_SHAPE, said)


def _is_other(item: Any) -> bool:
    """Whether an object says something and has no VALUE, so that it is not the object of a point."""
    return isinstance(item, dict) and all(name.replace("_", "").casefold() != "value" for name in item)


def _from_item(heading: Heading, kind: PointKind | None, item: Any) -> list[ContactPoint]:
    """The point of an item of a list: a text, a number, or an object as the REST interface answers it."""
    type = heading.column.type or _USUAL
    value = item
    if isinstance(item, dict):
        value = field_of(item, "VALUE")
        type = str(field_of(item, "VALUE_TYPE") or type)
        said = _KINDS.get(str(field_of(item, "TYPE_ID")))
        if kind is not None and said is not None and said is not kind:
            raise _unlike(heading, _WORDS[kind], f"a list with {_WORDS[said]}")
        kind = kind or said
    if (value is None or value == "") and not _is_other(item):
        return []
    if kind is None or isinstance(value, bool) or not isinstance(value, str | int):
        raise _unlike(heading, "a list of contact points with VALUE, VALUE_TYPE and TYPE_ID", None)
    return [ContactPoint(kind=kind, type=type, value=_value(heading, kind, str(value)))]
