"""What the annotations of a class say about its fields, and the checks that follow from it (DATA-1, CONV-4).

A field is said once, where it stands: `title: Line = None`. Which texts are settled, which type belongs in a field and
which fields a caller may give is derived from that, when a class is first used and not while it is imported.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache, partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import PipelineId
from crmcore.domain.model.text import (
    CODE_LIMIT,
    ID_LIMIT,
    LINE_LIMIT,
    TEXT_LIMIT,
    check_code,
    check_day,
    check_id,
    check_instant,
    check_name,
    check_type,
    plain_text,
    settle_text,
)

__all__ = ["Code", "Field", "Line", "Name", "Own", "Part", "Text", "check_parts", "given_parts", "parts_of", "settle"]

T = TypeVar("T")

#: How many ids one field may list.
IDS_LIMIT = 200


class Field(Enum):
    """What a field is, beside its type; stands in the annotation of the field."""

    #: One line of text.
    LINE = "line"
    #: One line by which people choose: without direction overrides.
    NAME = "name"
    #: Text of several lines.
    TEXT = "text"
    #: A short code without spaces.
    CODE = "code"
    #: The library's own: no caller gives it.
    OWN = "own"
    #: An id that is 0 as long as nobody handed one out.
    PROVISIONAL = "provisional"
    #: Never empty where a caller gives it, though a record may be without.
    GIVEN = "given"
    #: May be empty where a caller gives it, and is then settled by the decision.
    SETTLED = "settled"


Line = Annotated[str | None, Field.LINE]
Name = Annotated[str | None, Field.LINE, Field.NAME]
Text = Annotated[str | None, Field.TEXT]
Code = Annotated[str, Field.CODE]
Own = Annotated[T, Field.OWN]


class Part(NamedTuple):
    """One field as its class declares it: its type without `None`, whether it may be empty, and its marks."""

    name: str
    type: Any
    optional: bool
    marks: frozenset[Field]

    def check(self, entity: str, value: Any) -> None:
        """Raise `InvalidValue` unless the value, which is not empty, is of the type."""
        _check_of(self)(f"{entity}.{self.name}", value)


_PARTS: dict[type, tuple[Part, ...]] = {}


def parts_of(cls: type) -> tuple[Part, ...]:
    """The fields of an attrs class in their order."""
    parts = _PARTS.get(cls)
    if parts is None:
        declared: Any = cls
        parts = _PARTS[cls] = tuple(_part(each.name, each.type) for each in declared.__attrs_attrs__)
    return parts


def _part(name: str, declared: Any) -> Part:
    marks: list[Field] = []
    while get_origin(declared) is Annotated:
        marks += [each for each in declared.__metadata__ if isinstance(each, Field)]
        declared = declared.__origin__
    optional = get_origin(declared) in (Union, UnionType) and NoneType in get_args(declared)
    if optional:
        left = [each for each in get_args(declared) if each is not NoneType]
        declared = left[0] if len(left) == 1 else tuple(left)
    return Part(name, declared, optional, frozenset(marks))


@cache
def given_parts(cls: type) -> Mapping[str, Part]:
    """The fields that a caller may give, by name."""
    return {part.name: part for part in parts_of(cls) if Field.OWN not in part.marks}


_Times = tuple[tuple[str, type, Callable[[str, object], date]], ...]
_SETTLED: dict[type, tuple[tuple[tuple[str, int], ...], _Times]] = {}

#: How the values are settled that stand for a time.
_TIMES: dict[Any, Callable[[str, object], date]] = {date: check_day, datetime: check_instant}


def _settled(cls: type) -> tuple[tuple[tuple[str, int], ...], _Times]:
    parts = parts_of(cls)
    limits = {Field.LINE: LINE_LIMIT, Field.TEXT: TEXT_LIMIT}
    texts = tuple((part.name, limit) for mark, limit in limits.items() for part in parts if mark in part.marks)
    times = tuple((part.name, part.type, _TIMES[part.type]) for part in parts if part.type in _TIMES)
    _SETTLED[cls] = texts, times
    return _SETTLED[cls]


def settle(record: Any) -> None:
    """Check the texts of a record that is being built, turn blank ones into `None`, and instants into UTC.

    A text, a day or an instant of a class that somebody has derived from these becomes a plain one (D-94).

    Raises `InvalidValue` with the field and the limit.
    The quick look comes first: this runs for every record and value that is built.
    """
    texts, times = _SETTLED.get(type(record)) or _settled(type(record))
    for name, limit in texts:
        value = getattr(record, name)
        if value is not None and (
            type(value) is not str or len(value) > limit or not value.isprintable() or not value.strip()
        ):
            if limit == LINE_LIMIT:
                _settle_line(record, name, value)
            else:
                settle_text(record, name, value, line=False)
    for name, plain, check in times:
        value = getattr(record, name)
        if value is not None and (type(value) is not plain or getattr(value, "tzinfo", UTC) is not UTC):
            object.__setattr__(record, name, check(f"{type(record).__name__}.{name}", value))


def _settle_line(record: Any, name: str, value: Any) -> None:
    settle_text(record, name, value, line=True)
    settled = getattr(record, name)
    if settled is not None and any(part.name == name and Field.NAME in part.marks for part in parts_of(type(record))):
        check_name(f"{type(record).__name__}.{name}", settled)


def check_parts(record: Any) -> None:
    """Raise `InvalidValue` unless each field of a record that is being built is of the field's type (DATA-1).

    Texts and values have been checked when they were settled; records of a conversion need no second look.
    What is of the very class that belongs there is passed by at once, for all records with fields of the same classes:
    this runs for every record that is built.
    """
    read, left_of = _CHECKS.get(type(record)) or _checks(type(record))
    values = read(record)
    for at, field, check in left_of(tuple(map(type, values))):
        check(field, values[at])


_Check = Callable[[str, Any], object]
#: What is still to be checked of values of these classes: where it stands, the field, and how.
_LeftOf = Callable[[tuple[type, ...]], tuple[tuple[int, str, _Check], ...]]
_CHECKS: dict[type, tuple[Callable[[Any], tuple[Any, ...]], _LeftOf]] = {}
#: For how many combinations of classes it is kept what has to be looked at.
_KNOWN = 1_000


def _checks(cls: type) -> tuple[Callable[[Any], tuple[Any, ...]], _LeftOf]:
    parts = parts_of(cls)
    checks = tuple((_passed(part), f"{cls.__name__}.{part.name}", _check_of(part)) for part in parts)

    @lru_cache(_KNOWN)
    def left_of(classes: tuple[type, ...]) -> tuple[tuple[int, str, _Check], ...]:
        return tuple(
            (at, field, check) for at, (passed, field, check) in enumerate(checks) if classes[at] not in passed
        )

    read = attrgetter(*(part.name for part in parts))
    _CHECKS[cls] = read if len(parts) > 1 else lambda record: (read(record),), left_of
    return _CHECKS[cls]


def _passed(part: Part) -> tuple[type, ...]:
    """The classes whose values need no look: nothing where it may be empty, and what has no limits of its own."""
    check = _check_of(part)
    plain = isinstance(check, partial) and check.func in (_check_type, _check_text)
    kind: Any = get_origin(part.type) or part.type
    return (*((NoneType,) if part.optional else ()), *((kind,) if plain else ()))


@cache
def _check_of(part: Part) -> Callable[[str, Any], object]:
    """How a value of the field is checked: ids and codes by their limits, everything else by its type."""
    wanted = part.type
    base = getattr(wanted, "__supertype__", wanted)
    if base is not wanted:
        if base is str:
            return _check_code
        zero = wanted is PipelineId or Field.PROVISIONAL in part.marks
        return partial(_check_id, 0 if zero else 1)
    if Field.CODE in part.marks:
        return _check_code
    if wanted is date:
        return check_day
    if get_origin(wanted) is tuple:
        return partial(_check_ids, part.name)
    kind = get_origin(wanted) or wanted
    if part.marks & {Field.LINE, Field.TEXT}:
        return partial(_check_text, kind)
    if issubclass(kind, tuple):
        kind = (tuple, list)  # settled into the class
    elif issubclass(kind, Mapping):
        kind = (kind, dict)
    return partial(_check_type, kind)


def _check_id(lowest: int, field: str, value: Any) -> None:
    if type(value) is not int or not lowest <= value <= ID_LIMIT:  # a quick look: most records have several
        check_id(field, value, lowest=lowest)


def _check_code(field: str, value: Any) -> None:
    # A quick look; every blank but the plain one is not printable.
    if type(value) is not str or not 0 < len(value) <= CODE_LIMIT or not value.isprintable() or " " in value:
        check_code(field, value)


def _check_type(kind: type | tuple[type, ...], field: str, value: Any) -> None:
    check_type(field, value, kind)


def _check_text(kind: type, field: str, value: Any) -> None:
    plain_text(field, value)  # one of a derived class is settled into a plain one


def _check_ids(name: str, field: str, value: Any) -> None:
    check_type(field, value, tuple)
    if len(value) > IDS_LIMIT:
        raise InvalidValue(field, f"at most {IDS_LIMIT} {name}")
    for each in value:
        check_id(field, each)
