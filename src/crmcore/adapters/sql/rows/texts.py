"""Values that are always read as a whole, as compact JSON text and back.

Contact points are `[kind, type, value]`, custom fields `{code: [type, value]}`, references `[kind, id]`; address,
origin and campaign are objects with the filled keys only. What is empty is null in the table.

A text that cannot be read raises one of `DAMAGE`; the values that it gives are checked with their record.

lines: each way of writing stands beside its way of reading.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from json import JSONDecoder, JSONEncoder
from json.encoder import encode_basestring
from typing import Any, TypeVar

from crmcore.domain.model import values
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import Kind, Ref, StageCode
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.policy import ConversionTerms, ModeSwitchPolicy
from crmcore.domain.model.schema import parts_of
from crmcore.domain.model.stages import Stage, StageSemantics

__all__ = [
    "DAMAGE",
    "FLAGS",
    "dump",
    "dump_custom",
    "dump_outcome",
    "dump_parts",
    "dump_points",
    "dump_policy",
    "dump_refs",
    "dump_stages",
    "dump_terms",
    "instant",
    "load",
    "load_address",
    "load_custom",
    "load_name",
    "load_origin",
    "load_outcome",
    "load_points",
    "load_policy",
    "load_refs",
    "load_stages",
    "load_terms",
    "load_utm",
    "make_money",
    "whole",
]

#: What reading a damaged row raises.
DAMAGE = (InvalidValue, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)

#: SQLite has no type for yes and no; anything but its two numbers is damage.
FLAGS = {0: False, 1: True}

#: How many instants are remembered.
_INSTANTS = 1_000

V = TypeVar("V")

dump: Callable[[Any], str] = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted: Callable[[str], str] = encode_basestring
_scan = JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed leaves it out


def load(text: str) -> Any:
    """The value of a JSON text."""
    try:
        value, end = _scan(text, 0)
    except StopIteration as error:
        raise ValueError("no JSON value") from error
    except RecursionError as error:
        raise ValueError("nested deeper than it can be read") from error
    if end != len(text):
        raise ValueError("more than one JSON value")
    return value


make_money: Callable[..., values.Money] = unchecked(values.Money)
load_name: Callable[..., values.PersonName] = unchecked(values.PersonName)
_make_point: Callable[..., values.ContactPoint] = unchecked(values.ContactPoint)
_POINT_KINDS = {kind.value: kind for kind in values.PointKind}
_POINT_NAMES = {kind: kind.value for kind in values.PointKind}


def whole(number: Any, lowest: int = 0) -> int:
    """A whole number of a column, which SQLite does not hold to its type; raises one of `DAMAGE`."""
    if type(number) is not int or number < lowest:
        raise ValueError(f"a whole number from {lowest}")
    return number


def version_of(number: Any) -> int:
    """The version of a row whose record is left unread: the first where it is no version."""
    return number if type(number) is int and number > 0 else 1


#: The instant of a canonical text; what one chunk of a switch made has one instant, which is read and hashed once.
instant: Callable[[str], datetime] = lru_cache(_INSTANTS)(datetime.fromisoformat)


def dump_points(points: values.ContactPoints) -> str | None:
    """Contact points in their order, as `dump` would write them in four times as long: most records have some."""
    if not points:
        return None
    texts = [f'["{_POINT_NAMES[each.kind]}",{_quoted(each.type)},{_quoted(each.value or "")}]' for each in points]
    return f"[{','.join(texts)}]"


def load_points(text: str | None) -> values.ContactPoints:
    """Contact points again."""
    if text is None:
        return values.NO_POINTS
    points = [_make_point(_POINT_KINDS[kind], type_, value) for kind, type_, value in load(text)]
    return tuple.__new__(values.ContactPoints, points)


def dump_parts(value: Any) -> str | None:
    """The filled parts of an address, an origin or a campaign."""
    if value is None:
        return None
    names = [part.name for part in parts_of(type(value))]
    return dump({name: part for name in names if (part := getattr(value, name)) is not None})


def _loader(cls: type[V]) -> Callable[[str | None], V | None]:
    names = [part.name for part in parts_of(cls)]
    make: Callable[..., V] = unchecked(cls)  # type: ignore[arg-type]  # a class is hashable

    def load_parts(text: str | None) -> V | None:
        if text is None:
            return None
        get = load(text).get
        return make(*[get(name) for name in names])

    return load_parts


load_address = _loader(values.Address)
load_origin = _loader(values.ExternalOrigin)
load_utm = _loader(values.Utm)

_DUMP_CUSTOM: dict[type, tuple[str, Callable[[Any], Any]]] = {
    str: ("text", lambda value: value),
    int: ("integer", lambda value: value),
    bool: ("yes_no", lambda value: value),
    Decimal: ("decimal", str),
    date: ("date", date.isoformat),
    datetime: ("instant", datetime.isoformat),
    tuple: ("texts", list),
}


def _of(kind: type) -> Callable[[Any], Any]:
    """Reads what JSON has a type for."""

    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(type(value).__name__)
        return value

    return read


_list = _of(list)
_LOAD_CUSTOM: dict[str, Callable[[Any], Any]] = {
    "text": _of(str),
    "integer": _of(int),
    "yes_no": _of(bool),
    "decimal": Decimal,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "texts": lambda value: tuple(_list(value)),
}


def dump_custom(custom: values.CustomFields) -> str | None:
    """Custom fields, each with its type."""
    if not custom:
        return None
    typed = {}
    for code, value in custom.items():
        name, write = _DUMP_CUSTOM.get(type(value)) or _dumper_of(value)
        typed[code] = [name, write(value)]
    return dump(typed)


def _dumper_of(value: Any) -> tuple[str, Callable[[Any], Any]]:
    """How a value of a host's own subclass is written: as what it is, the narrower type first."""
    for kind in (bool, datetime, date, int, str, Decimal, tuple):
        if isinstance(value, kind):
            return _DUMP_CUSTOM[kind]
    raise TypeError(type(value).__name__)


def load_custom(text: str | None) -> values.CustomFields:
    """Custom fields again."""
    if text is None:
        return values.NO_CUSTOM_FIELDS
    made = object.__new__(values.CustomFields)
    made._items = {code: _LOAD_CUSTOM[name](value) for code, (name, value) in load(text).items()}
    return made


def dump_refs(refs: Iterable[Ref]) -> str:
    """References in the order given."""
    return dump([[ref.kind.value, ref.id] for ref in refs])


def load_refs(text: str) -> tuple[Ref, ...]:
    """References again."""
    return tuple([Ref(Kind(kind), id) for kind, id in load(text)])


def dump_stages(stages: Iterable[Stage]) -> str:
    """Stages in their order."""
    return dump([[stage.code, stage.name, stage.semantics.value] for stage in stages])


def load_stages(text: str) -> tuple[Stage, ...]:
    """Stages again."""
    return tuple(
        [
            Stage(code=StageCode(code), name=name, semantics=StageSemantics(semantics))
            for code, name, semantics in load(text)
        ]
    )


def dump_policy(policy: ModeSwitchPolicy | None) -> str | None:
    """A policy."""
    return None if policy is None else _dump_options(policy)


def load_policy(text: str | None) -> ModeSwitchPolicy | None:
    """A policy again."""
    return None if text is None else _load_options(ModeSwitchPolicy, text)


def dump_terms(terms: ConversionTerms) -> str:
    """The terms of a switch."""
    return _dump_options(terms)


def load_terms(text: str) -> ConversionTerms:
    """The terms of a switch again."""
    return _load_options(ConversionTerms, text)


def _dump_options(value: Any) -> str:
    """Options by name, as their class declares them; of a choice its value."""
    options = {part.name: getattr(value, part.name) for part in parts_of(type(value))}
    return dump({name: each.value if isinstance(each, Enum) else each for name, each in options.items()})


def _load_options(cls: type[V], text: str) -> V:
    options = load(text)
    return cls(
        **{
            part.name: part.type(options[part.name]) if _is_choice(part.type) else options[part.name]
            for part in parts_of(cls)
        }
    )


def _is_choice(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def dump_outcome(outcome: LeadOutcome) -> str:
    """The fields of an outcome as a list: what is counted in the tally."""
    return dump([outcome.kind.value, *outcome[1:]])


def load_outcome(text: str) -> LeadOutcome:
    """An outcome again."""
    kind, *rest = load(text)
    return LeadOutcome(OutcomeKind(kind), *rest)
