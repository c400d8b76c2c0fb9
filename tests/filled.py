"""Records with every field filled, each with a value of its own, made from what their classes declare."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any, Literal, TypeVar, get_args, get_origin

from attrs import fields, has

from crmcore.domain.model.ids import Kind, Ref, StageCode
from crmcore.domain.model.schema import Part, parts_of
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.values import ContactPoint, ContactPoints, CustomFields, Money, PointKind

__all__ = ["filled", "leaves"]

T = TypeVar("T")


def filled(cls: type[T], numbers: Iterator[int] | None = None) -> T:
    """A record in which no two fields are equal and none has its default."""
    numbers = count(101) if numbers is None else numbers
    usual = {each.name: each.default for each in fields(cls)}  # type: ignore[arg-type]  # attrs classes only
    parts = {part.name: _value(cls, part, numbers) for part in parts_of(cls)}
    return cls(**{name: not usual[name] if usual[name] is True else value for name, value in parts.items()})


def _value(cls: type, part: Part, numbers: Iterator[int]) -> Any:
    number, wanted = next(numbers), part.type
    base = getattr(wanted, "__supertype__", wanted)
    made = _SPECIAL.get((cls, part.name), _MADE.get(base))
    if made is not None:
        return made(number)
    if get_origin(base) is Literal:
        return get_args(base)[0]
    if get_origin(base) is frozenset:
        return frozenset({Ref(Kind.DEAL, number)})
    if get_origin(base) is tuple:
        return tuple(_value(cls, Part(part.name, get_args(base)[0], False, part.marks), numbers) for _ in range(2))
    if has(base):
        return filled(base, numbers)
    assert issubclass(base, Enum), (cls, part)
    return list(base)[-1]


_MADE: dict[Any, Any] = {
    str: lambda number: f"v{number}",
    int: lambda number: number,
    bool: lambda number: True,
    Decimal: lambda number: Decimal(number) / 4,
    date: lambda number: date(1990, 1, 1) + timedelta(number),
    datetime: lambda number: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(number),
    Ref: lambda number: Ref(Kind.CONTACT, number),
    ContactPoints: lambda number: ContactPoints(
        [ContactPoint(kind=kind, type=f"T{number}{kind}", value=f"{kind}-{number}") for kind in PointKind]
    ),
    CustomFields: lambda number: CustomFields({f"UF_CRM_{number}": f"custom {number}"}),
    Stage: lambda number: Stage(
        code=StageCode(f"S{number}"), name=f"Stage {number}", semantics=StageSemantics.IN_PROCESS
    ),
}
#: What only certain values are allowed in.
_SPECIAL: dict[tuple[type, str], Any] = {(Money, "currency"): lambda number: f"{chr(65 + number % 26)}QX"}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside a record with the way to it."""
    if has(type(value)):
        for part in parts_of(type(value)):
            yield from leaves(getattr(value, part.name), f"{path}.{part.name}")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, f"{path}[{key}]")
    elif isinstance(value, tuple | frozenset) and not isinstance(value, Ref):
        for each in value:
            yield from leaves(each, f"{path}[]")
    else:
        yield path, value
