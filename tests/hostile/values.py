"""Values that nobody should pass in: wrong kinds, sly ones, endless ones, forged ones.

Each is made anew by its function, since an iterator that was read once is harmless the second time.
"""

import itertools
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum, StrEnum
from random import Random
from types import MappingProxyType
from typing import Any

from crmcore import Kind, LeadId, ModeSwitchPolicy, Ref, SwitchToken
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import PersonName
from tests.hostile.trials import GIVEN, Own

__all__ = ["forged", "half_built", "hostile", "spoilt"]


class SlyText(str):
    """A text that answers otherwise than it is."""

    def __len__(self) -> int:
        return 3

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def isprintable(self) -> bool:
        return True

    def strip(self, chars: str | None = None, /) -> str:
        return "x"


class SlyNumber(int):
    """A number that lies in every range."""

    def __le__(self, other: int) -> bool:
        return True

    def __ge__(self, other: int) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return other == 1

    def __hash__(self) -> int:
        return 1


class SlyDecimal(Decimal):
    """A decimal that is always finite."""

    def is_finite(self) -> bool:
        return True

    def adjusted(self) -> int:
        return 0


class SlyInstant(datetime):
    """An instant with a zone only when it is asked for one."""

    def utcoffset(self) -> timedelta:
        return timedelta(0)

    def astimezone(self, tz: tzinfo | None = None) -> "SlyInstant":
        return self


class Refuses:
    """Raises whatever is done with it."""

    def __getattribute__(self, name: str) -> Any:
        raise Own(name)

    def __eq__(self, other: object) -> bool:
        raise Own("eq")

    def __hash__(self) -> int:
        raise Own("hash")

    def __repr__(self) -> str:
        return "Refuses()"


class EndlessMapping(Mapping[str, Any]):
    """A mapping without an end."""

    def __getitem__(self, key: str) -> Any:
        return key

    def __iter__(self) -> Iterator[str]:
        return (f"UF_{number}" for number in itertools.count())

    def __len__(self) -> int:
        return 1


class Zone(tzinfo):
    """A time zone that answers this, or raises it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def utcoffset(self, dt: datetime | None) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def dst(self, dt: datetime | None) -> Any:
        return None

    def tzname(self, dt: datetime | None) -> Any:
        return None


class Word(StrEnum):
    """A text of a class of its own, and a good one."""

    NEW = "NEW"


class Number(IntEnum):
    """A number of a class of its own, and a good one."""

    ONE = 1


def _raising() -> Iterator[Any]:
    yield Ref(Kind.LEAD, 1)
    raise Own("an iterator")


def _circle() -> list[Any]:
    """A list that holds itself."""
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _deep() -> Any:
    nested: Any = "x"
    for _ in range(5000):
        nested = [nested]
    return nested


def forged(cls: type, **members: Any) -> Any:
    """An instance that no check has seen, with these members and no others."""
    made: Any = object.__new__(cls)
    for name, value in members.items():
        object.__setattr__(made, name, value)
    return made


def half_built(value: Any, name: str, to: Any) -> Any:
    """A copy of a record with one member replaced behind its back; without the member where `to` is an ellipsis."""
    members = {each.name: getattr(value, each.name) for each in type(value).__attrs_attrs__}
    members[name] = to
    if to is ...:
        del members[name]
    return forged(type(value), **members)


def _ref(kind: Any, id: Any) -> Ref:
    return Ref(kind, id)


def _token(key: Any, epoch: Any) -> SwitchToken:
    return SwitchToken(key, epoch)


_MAKERS: tuple[Callable[[], Any], ...] = (
    lambda: None, lambda: True, lambda: False, lambda: 0, lambda: -1, lambda: 2**62 + 1, lambda: 2**63, lambda: 10**30,
    lambda: -(10**30), lambda: 1.5, lambda: float("nan"), lambda: float("inf"), lambda: 1j, lambda: b"bytes",
    lambda: bytearray(b"x"), lambda: memoryview(b"x"), object, lambda: len, lambda: Lead, lambda: ..., lambda: Own("x"),
    lambda: Decimal("NaN"), lambda: Decimal("sNaN"), lambda: Decimal("Infinity"), lambda: Decimal("1E+999999"),
    lambda: Decimal("1E-999999"), lambda: Decimal(10) ** 20,
    lambda: "", lambda: " ", lambda: f"{GIVEN} a\0b", lambda: f"{GIVEN} \ud800", lambda: f"{GIVEN} \x1b[2J",
    lambda: f"{GIVEN} \u202e", lambda: f"{GIVEN} \u200b", lambda: f"{GIVEN} " * 64, lambda: f"{GIVEN} " * 20_000,
    lambda: f"{GIVEN} " * 2_000_000, lambda: f"{GIVEN} \U0010ffff", lambda: f"{GIVEN} é", lambda: "١",
    list, dict, set, frozenset, tuple, lambda: [None], lambda: [[]], lambda: {f"{GIVEN} x": {}}, lambda: {1: 2},
    lambda: ([],), lambda: (f"{GIVEN} \ud800",), lambda: [{}], lambda: {"a"}, _deep, _circle,
    lambda: range(10**12), lambda: (0, 10**30), itertools.count, lambda: itertools.repeat(_ref(Kind.LEAD, 1)),
    lambda: (LeadId(number) for number in itertools.count(1)), _raising, lambda: zip([1], [2], strict=True),
    EndlessMapping, lambda: UserDict({"UF_A": 1}), lambda: MappingProxyType({"UF_A": object()}),
    lambda: {f"UF_{number}": 1 for number in range(600)}, lambda: ("x",) * 2000, lambda: (1,) * 300,
    lambda: datetime(2026, 1, 1), lambda: datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),  # noqa: DTZ001
    lambda: datetime(2026, 1, 1, tzinfo=Zone("x")), lambda: datetime(2026, 1, 1, tzinfo=Zone(timedelta(days=3))),
    lambda: datetime(2026, 1, 1, tzinfo=Zone(Own("a zone"))), lambda: datetime(2026, 1, 1, tzinfo=Zone(ValueError())),
    lambda: SlyInstant(2026, 1, 1), lambda: date(2026, 1, 1), lambda: time(1), lambda: timedelta(1),
    lambda: _ref(Kind.LEAD, {}), lambda: _ref("lead", 1), lambda: _ref(Kind.LEAD, 10**30),
    lambda: _ref(Kind.LEAD, True),
    lambda: _ref(Kind.MATCH_KEY, "x"), lambda: _ref([], []), lambda: _ref(Kind.DEAL, SlyNumber(10**30)),
    lambda: _ref(Kind.LEAD, 999_999), lambda: (Kind.LEAD, 1), lambda: [_ref(Kind.LEAD, 1)], lambda: "lead:1",
    lambda: SlyText(f"{GIVEN} \ud800"), lambda: SlyText("x" * 70_000), lambda: SlyText("NEW"), lambda: SlyNumber(1),
    lambda: SlyNumber(10**30), lambda: SlyDecimal("NaN"), lambda: Word.NEW, lambda: Number.ONE, lambda: Kind.LEAD,
    Refuses, lambda: [Refuses()], lambda: {"UF_A": Refuses()},
    lambda: forged(SwitchToken), lambda: forged(SwitchToken, key=[], epoch=1),
    lambda: _token("again", 999),
    lambda: forged(SwitchToken, key="again", epoch=10**30), lambda: forged(SwitchToken, key="again",
    epoch=SlyNumber(7)),
    lambda: forged(SwitchToken, key=SlyText("again"), epoch=7), lambda: forged(SwitchToken, key="\ud800", epoch=7),
    lambda: forged(ModeSwitchPolicy), lambda: forged(ModeSwitchPolicy, client="both", pipeline_id={},
    keep_activities=5),
    lambda: forged(Lead), lambda: forged(PersonName, first=5),
)  # fmt: skip


def hostile(draw: Random) -> Any:
    """One of them."""
    return draw.choice(_MAKERS)()


def spoilt(draw: Random, value: Any) -> Any:
    """A value that something is wrong with: another one in its place, or inside it, or a part taken out."""
    way = draw.random()
    if hasattr(type(value), "__attrs_attrs__") and type(value).__attrs_attrs__ and way < 0.6:
        name = draw.choice([each.name for each in type(value).__attrs_attrs__])
        inside = getattr(value, name, None)
        return half_built(value, name, draw.choice((hostile(draw), spoilt(draw, inside), ...)))
    if type(value) in (tuple, list) and value and way < 0.6:
        at = draw.randrange(len(value))
        return type(value)([*value[:at], spoilt(draw, value[at]), *value[at + 1 :]])
    if isinstance(value, Ref) and way < 0.6:
        return value._replace(**{draw.choice(("kind", "id")): hostile(draw)})
    if isinstance(value, dict) and value and way < 0.6:
        return {**value, draw.choice(sorted(value, key=str)): hostile(draw)}
    if isinstance(value, frozenset | tuple) and way < 0.3:
        return list(value)
    if type(value) is int and way < 0.3:
        return draw.choice((float(value), str(value), SlyNumber(value), -value))
    if type(value) is str and way < 0.3:
        return draw.choice((value.encode(), SlyText(value), f"{value}\0", f"{value}\ud800"))
    return hostile(draw)
