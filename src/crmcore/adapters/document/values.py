"""Values as JSON and back: texts, numbers, instants, choices, references and custom fields, each type kept exactly.

Errors name what is expected in a place, never the value that is there (DATA-2).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, Literal, get_args, get_origin

from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import check_code, check_id, check_text, check_type
from crmcore.domain.model.values import CustomFields

__all__ = [
    "CUSTOM_TYPES",
    "READERS",
    "WRITERS",
    "Json",
    "at",
    "bound",
    "each_once",
    "enum",
    "is_literal",
    "literal",
    "mode",
    "pairs",
    "placed",
    "reads",
    "ref_id",
    "refusal",
    "refused",
    "unnamed",
]

Json = dict[str, Any]


def at(place: str, error: InvalidValue) -> InvalidValue:
    """The same error with the place put in front of the field that it names."""
    dot = "." if place and error.field and not error.field.startswith("[") else ""
    return InvalidValue(f"{place}{dot}{error.field}", error.expected)


def placed(place: str, read: Callable[..., Any], *given: Any) -> Any:
    """Read a part of a value, whose errors name it."""
    try:
        return read(*given)
    except InvalidValue as bad:
        raise_alone(at(place, bad))


def reads(read: Callable[[Any], Any], value: Any, _: Any) -> Any:
    """Read a value where the wanted type is given too."""
    return read(value)


def _str(value: Any) -> str:
    check_text("", value)
    return str(value)


def _int(value: Any) -> int:
    check_id("", value, lowest=-(2**63))
    return int(value)


def _bool(value: Any) -> bool:
    check_type("", value, bool)
    return bool(value)


def _parsed(parse: Callable[[str], Any], expected: str, value: Any) -> Any:
    check_type("", value, str)
    try:
        return parse(value)
    except (ValueError, ArithmeticError):
        raise_alone(InvalidValue("", expected))


_decimal = partial(_parsed, Decimal, "a decimal as text")
_date = partial(_parsed, date.fromisoformat, "a date as text, for example 2026-11-23")
_instant = partial(_parsed, datetime.fromisoformat, "an instant as text, for example 2026-11-23T09:00:00+00:00")


def _settled_instant(value: Any) -> datetime:
    instant: datetime = _instant(value)
    if instant.utcoffset() is None:
        raise InvalidValue("", "an instant with a time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise_alone(InvalidValue("", "an instant of the years 1 to 9999"))


def _instant_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def enum(value: Any, wanted: type[StrEnum]) -> StrEnum:
    """The member of an enumeration with this value."""
    try:
        return wanted(value)
    except ValueError:
        raise_alone(InvalidValue("", f"one of {', '.join(wanted)}"))


def mode(value: Any, _: Any) -> CrmMode:
    """The mode of this name; its number is the product's business."""
    for mode in CrmMode:
        if mode.name.lower() == value:
            return mode
    raise InvalidValue("", "one of classic, simple")


def is_literal(wanted: Any) -> bool:
    """Whether a type is a choice between given texts."""
    return bool(get_origin(wanted) == Literal)


def literal(value: Any, wanted: Any) -> Any:
    """One of the texts that a type offers."""
    if value not in get_args(wanted):
        raise InvalidValue("", f"one of {', '.join(get_args(wanted))}")
    return value


def _ref(value: Any) -> Ref:
    if type(value) is not list or len(value) != 2:
        raise InvalidValue("", "a pair of kind and id")
    return Ref(placed("[0]", enum, value[0], Kind), placed("[1]", ref_id, value[1]))


def ref_id(value: Any) -> int | str:
    """What names a record of its kind: a number, or a key."""
    if type(value) is not int and type(value) is not str:
        raise InvalidValue("", "int or str")
    return _int(value) if type(value) is int else _str(value)


def bound(value: Any) -> frozenset[Ref]:
    """The records that an activity is bound to."""
    check_type("", value, list)
    return frozenset([placed(f"[{index}]", _card, pair) for index, pair in enumerate(value)])


def _card(value: Any) -> Ref:
    ref = _ref(value)
    check_type("[1]", ref.id, int)
    if ref.kind not in CARDS:
        raise InvalidValue("[0]", f"one of {', '.join(CARDS)}")
    return ref


def each_once(values: tuple[Any, ...]) -> frozenset[Any]:
    """A list without repetitions as a set."""
    found = frozenset(values)
    if len(found) != len(values):
        raise InvalidValue("", "each value once")
    return found


def refusal(refused: Refused) -> Json:
    """A refusal as a program reads it: its code, the rule that says no, and the record concerned."""
    subject = refused.subject
    return {
        "code": refused.reason.value,
        "rule": refused.rule,
        "kind": None if subject is None else subject.kind.value,
        "id": None if subject is None else subject.id,
    }


def refused(value: Any) -> Refused:
    """The refusal of such an object; the usual rule of a reason need not be told apart from none."""
    if type(value) is not dict or value.keys() != {"code", "rule", "kind", "id"}:
        raise InvalidValue("", "an object of code, rule, kind and id")
    reason, rule = placed("code", enum, value["code"], Reason), placed("rule", _str, value["rule"])
    subject = None
    if value["kind"] is not None or value["id"] is not None:
        subject = Ref(placed("kind", enum, value["kind"], Kind), placed("id", ref_id, value["id"]))
    return Refused(reason, subject, None if rule == Refused(reason).rule else rule)


def pairs(refs: Iterable[Ref]) -> list[list[Any]]:
    """References as sorted pairs of kind and id."""
    return [[ref.kind.value, ref.id] for ref in sorted(refs)]


def _custom(value: Any) -> CustomFields:
    check_type("", value, dict)
    custom: CustomFields = unnamed(CustomFields, {code: _custom_value(code, each) for code, each in value.items()})
    return custom


def _custom_value(code: str, typed: Any) -> Any:
    check_code("", code)
    if type(typed) is not dict or typed.keys() != {"type", "value"}:
        raise InvalidValue(f"[{code}]", "a type and a value")
    if typed["type"] not in list(CUSTOM_TYPES):
        raise InvalidValue(f"[{code}].type", f"one of {', '.join(CUSTOM_TYPES)}")
    try:
        value = CUSTOM_TYPES[typed["type"]][1](typed["value"])
        return unnamed(CustomFields, {code: value})[code]
    except InvalidValue as bad:
        raise_alone(at(f"[{code}].value", bad))


def unnamed(make: Callable[[Any], Any], parts: Any) -> Any:
    """Make a value whose errors name a field that the way to it names already."""
    try:
        return make(parts)
    except InvalidValue as bad:
        raise_alone(InvalidValue("", bad.expected))


def _custom_rows(custom: CustomFields) -> Json:
    rows: Json = {}
    for code in sorted(custom):
        value = custom[code]
        name = next(name for name, (given, _) in CUSTOM_TYPES.items() if type(value) is given)
        rows[code] = {"type": name, "value": WRITERS.get(type(value), _same)(value)}
    return rows


def _same(value: Any) -> Any:
    return value


def _texts(value: Any) -> tuple[str, ...]:
    check_type("", value, list)
    return tuple([_str(each) for each in value])


#: How each type of a custom field is called, and read.
CUSTOM_TYPES: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "text": (str, _str),
    "integer": (int, _int),
    "decimal": (Decimal, _decimal),
    "yes_no": (bool, _bool),
    "date": (date, _date),
    "instant": (datetime, _settled_instant),
    "texts": (tuple, _texts),
}
READERS: dict[Any, Callable[[Any], Any]] = {
    str: _str,
    int: _int,
    bool: _bool,
    Decimal: _decimal,
    date: _date,
    datetime: _settled_instant,
    Ref: _ref,
    CustomFields: _custom,
}
WRITERS: dict[Any, Callable[[Any], Any]] = {
    Decimal: str,
    date: date.isoformat,
    datetime: _instant_text,
    Ref: lambda ref: [ref.kind.value, ref.id],
    CustomFields: _custom_rows,
    tuple: list,
}
