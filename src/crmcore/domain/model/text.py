"""The limits of DATA-1 and the `repr` of DATA-2, for every entity and value alike.

Text that is blank after trimming is absent (CONV-4): an entity turns it into `None` when it is built.
All other text is kept to the letter.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from crmcore.domain.model.errors import InvalidValue, raise_alone

__all__ = [
    "CODE_LIMIT",
    "DIRECTION_OVERRIDES",
    "FRACTION_DIGITS",
    "INTEGER_DIGITS",
    "LINE_LIMIT",
    "NOTHING",
    "TEXT_LIMIT",
    "Discreet",
    "Shown",
    "check_code",
    "check_day",
    "check_decimal",
    "check_id",
    "check_imported_id",
    "check_instant",
    "check_key",
    "check_name",
    "check_text",
    "check_type",
    "plain_text",
    "settle_text",
]

#: An empty mapping of any type: what a change does not touch.
NOTHING: Mapping[Any, Any] = MappingProxyType({})

LINE_LIMIT = 255
TEXT_LIMIT = 65_535
CODE_LIMIT = 100
INTEGER_DIGITS = 20
FRACTION_DIGITS = 10
ID_LIMIT = 2**63 - 1
#: The highest id that an import may bring: above it are as many again, to be handed out (D-62).
IMPORTED_ID_LIMIT = 2**62

_BREAKS = "\n\r\t"

#: What turns the direction of the text behind it, so that a name is read as another one.
DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def settle_text(record: object, name: str, value: object, *, line: bool) -> None:
    """Turn a blank text of a record that is being built into `None`; raise `InvalidValue` for one beyond the limits."""
    field = f"{type(record).__name__}.{name}"
    text: str | None = plain_text(field, value)
    if text is not None and not text.strip():
        text = None
    if text is not None:
        _check(field, text, *((LINE_LIMIT, "") if line else (TEXT_LIMIT, _BREAKS)))
    if text is not value:
        object.__setattr__(record, name, text)


def check_text(field: str, value: object) -> str:
    """Return the text as a plain one; raise `InvalidValue` unless it is within the limits of a long text."""
    return _check(field, plain_text(field, value), TEXT_LIMIT, _BREAKS)


def check_name(field: str, value: object) -> None:
    """Raise `InvalidValue` unless the value is a line that cannot be read as another one.

    Names by which people choose a stage, a pipeline or a role: no direction overrides, while joiners stay, which
    Persian needs.
    """
    if not DIRECTION_OVERRIDES.isdisjoint(_check(field, plain_text(field, value), LINE_LIMIT, "")):
        raise InvalidValue(field, "a name without direction overrides")


def plain_text(field: str, value: object) -> str:
    """The text itself, also of one whose class could answer otherwise, or holds more, such as a piece of a page.

    Raises `InvalidValue` for what is no text.
    """
    if not isinstance(value, str):
        raise InvalidValue(field, "str")
    return value if type(value) is str else str.__str__(value)


def _check(field: str, text: str, limit: int, allowed: str) -> str:
    if len(text) > limit:
        raise InvalidValue(field, f"at most {limit} characters")
    if not text.isprintable() and any(_is_bad(each) and each not in allowed for each in set(text)):
        raise InvalidValue(field, "text without NUL, control characters and lone surrogates")
    return text


def _is_bad(character: str) -> bool:
    """Whether this is NUL, another control character or a lone surrogate."""
    return character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"


def check_type(field: str, value: object, kind: type | tuple[type, ...]) -> None:
    """Raise `InvalidValue` unless the value is of the kind; yes/no never passes for a number.

    Nor does a number, a code or a decimal of a class that somebody has derived from these (D-94): it could answer
    otherwise each time that it is asked.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if type(value) in kinds:
        return
    wanted = " or ".join(each.__name__ for each in kinds)
    if isinstance(value, _PLAIN) and type(value) is not bool and isinstance(value, kinds):
        raise InvalidValue(field, f"{wanted} itself, not of a subclass")
    if isinstance(value, _PLAIN) or not isinstance(value, kinds):
        raise InvalidValue(field, wanted)


_PLAIN = (str, int, Decimal)


def check_code(field: str, value: Any) -> None:
    """Raise `InvalidValue` unless the value is a short code without spaces."""
    check_type(field, value, str)
    # Every blank but the plain one is not printable.
    if not 0 < len(value) <= CODE_LIMIT or not value.isprintable() or " " in value:
        raise InvalidValue(field, f"a code of 1 to {CODE_LIMIT} printable characters without spaces")


def check_key(field: str, value: Any) -> None:
    """Raise `InvalidValue` unless the value is a key: printable text of a bounded length."""
    check_type(field, value, str)
    if not value.strip() or len(value) > CODE_LIMIT or not value.isprintable():
        raise InvalidValue(field, f"1 to {CODE_LIMIT} printable characters")


def check_id(field: str, value: Any, lowest: int = 1) -> None:
    """Raise `InvalidValue` unless the value is a whole number that may be an id."""
    check_type(field, value, int)
    if not lowest <= value <= ID_LIMIT:
        raise InvalidValue(field, f"a whole number from {lowest} to {ID_LIMIT}")


def check_imported_id(field: str, value: Any) -> None:
    """Raise `InvalidValue` unless the value may be the id of an imported record: above it there must be ids left."""
    check_id(field, value)
    if value > IMPORTED_ID_LIMIT:
        raise InvalidValue(field, f"a whole number from 1 to {IMPORTED_ID_LIMIT}")


def check_decimal(field: str, value: Any) -> None:
    """Raise `InvalidValue` unless the value is a finite decimal with bounded digits (CONV-8: never rounded)."""
    check_type(field, value, Decimal)
    if not value.is_finite():
        raise InvalidValue(field, "a finite decimal")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # finite decimals have a whole exponent
    if -exponent > FRACTION_DIGITS or value.adjusted() >= INTEGER_DIGITS:
        raise InvalidValue(field, f"at most {INTEGER_DIGITS} digits before and {FRACTION_DIGITS} after the point")


def check_instant(field: str, value: Any) -> datetime:
    """Return the instant in UTC; raise `InvalidValue` when it has no time zone."""
    if type(value) is datetime and value.tzinfo is UTC:
        return value
    check_type(field, value, datetime)
    instant = datetime.combine(datetime.date(value), datetime.timetz(value))
    try:
        aware = instant.utcoffset() is not None
        told = instant.astimezone(UTC)
    except OverflowError:
        raise_alone(InvalidValue(field, "an instant within the years 1 to 9999 in UTC"))
    except Exception:  # the caller's own time zone, which may do anything
        raise_alone(InvalidValue(field, "an instant with a time zone that has an offset"))
    if not aware:
        raise InvalidValue(field, "an instant with a time zone")
    return told


def check_day(field: str, value: Any) -> date:
    """Return the day; raise `InvalidValue` unless it is a date without a time."""
    check_type(field, value, date)
    if isinstance(value, datetime):
        raise InvalidValue(field, "a date without a time")
    return value if type(value) is date else date.fromordinal(date.toordinal(value))


class Discreet:
    """The base of all attrs classes of the library: one `repr`, one equality and one hash for all of them.

    The `repr` shows ids and codes (`_shown`) and only the names of the other filled fields: logs stay clean (DATA-2).
    Records are equal when they are of one class and equal field by field.
    Generated methods would do the same a little faster; making them for a hundred classes doubled the import. For the
    same reason commands and events, many kinds with few instances, have no slots: a slotted class is made twice.
    The slot for weak references stands here, so that all classes with equal fields have one layout (`making`).
    """

    __slots__ = ("__weakref__",)

    __attrs_attrs__: ClassVar[tuple[Any, ...]] = ()
    _shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        # A record that is only half built, as a debugger or a log finds it, has some of its fields.
        there = {name: getattr(self, name) for name in self._names() if hasattr(self, name)}
        shown = self._shown_of(self._names())
        parts = [f"{name}={there[name]!r}" for name in shown if name in there]
        filled = [name for name, value in there.items() if name not in shown and _is_filled(value)]
        if filled:
            parts.append(f"filled={','.join(filled)}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._names())

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._names())))

    def _names(self) -> list[str]:
        return [field.name for field in type(self).__attrs_attrs__]

    def _shown_of(self, names: list[str]) -> Iterable[str]:
        return self._shown


class Shown(Discreet):
    """For classes whose fields are all ids, codes and counts: shows everything."""

    __slots__ = ()

    def _shown_of(self, names: list[str]) -> Iterable[str]:
        return names


def _is_filled(value: object) -> bool:
    if isinstance(value, (bool, int, Decimal, date)):
        return value is not False
    try:
        return bool(value)
    except AttributeError:  # half built itself
        return True
