"""Small pools of values that drawn records share, simple ones first, with each known-awkward value in each place."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import Any

from crmcore.domain.model import values
from crmcore.testing.strategies.values import AWKWARD_EMAILS, AWKWARD_LINES, AWKWARD_PHONES, CODES, CURRENCIES

__all__ = [
    "AMOUNTS",
    "DATES",
    "INSTANTS",
    "LINES",
    "OBSERVERS",
    "TEXTS",
    "addresses_pool",
    "custom_of",
    "custom_pool",
    "money_pool",
    "names_pool",
    "origins_pool",
    "points_of",
    "points_pool",
    "utms_pool",
]

LINES: tuple[str, ...] = ("a", "0", "Ann", "B", "Smith & Sons", "Größe 7", *AWKWARD_LINES, "x" * 255)
TEXTS: tuple[str, ...] = (*LINES[:6], "a\r\nb", "\n \t", "\ttab", *AWKWARD_LINES, "x" * 255, "y" * 65_535)
AMOUNTS: tuple[Decimal, ...] = (
    *map(Decimal, ("0", "1", "2", "10", "100", "0.5", "1.50", "-1", "-0", "0.00", "-0.0", "1E+2", "7E+3", "12.345")),
    *map(Decimal, ("999.99", "-250.10", "0.1000000000", "1E-10", "12345678901234567.89", "3E+18", "0E+3", "0E-10")),
    *map(Decimal, ("9" * 20, f"{'9' * 20}.{'9' * 10}", f"-{'9' * 20}.{'9' * 10}")),
)
INSTANTS: tuple[datetime, ...] = (
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC),
    datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=3))),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(1900, 1, 2, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(2199, 12, 30, 23, 59, 59, 1, tzinfo=UTC),
)
DATES: tuple[date, ...] = (
    date(2000, 1, 1),
    date(1970, 1, 1),
    date(1999, 12, 31),
    date(2024, 2, 29),
    date(1850, 1, 1),
    date(1900, 3, 1),
    date(9999, 12, 31),
)
OBSERVERS: tuple[tuple[int, ...], ...] = tuple(
    each for size in range(3) for some in combinations(range(1, 6), size) for each in sorted({some, some[::-1]})
)


def _parts_of(kind: type[Any], parts: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    """An empty one, each part alone, and whole ones in which each text of a part comes up once."""
    longest = max(map(len, parts.values()))
    whole = [
        {part: texts[(n + 5 * at) % len(texts)] for at, (part, texts) in enumerate(parts.items())}
        for n in range(longest)
    ]
    alone = [{part: texts[at]} for at, (part, texts) in enumerate(parts.items())]
    return tuple(kind(**given) for given in ({}, *alone, *whole))


@cache
def addresses_pool() -> tuple[values.Address, ...]:
    """Addresses."""
    parts = ("street", "flat", "city", "region", "province", "postal_code", "country")
    return _parts_of(values.Address, {"full": TEXTS, **dict.fromkeys(parts, LINES)})


@cache
def names_pool() -> tuple[values.PersonName, ...]:
    """Names of persons, nameless ones included."""
    return _parts_of(values.PersonName, dict.fromkeys(("honorific", "first", "middle", "last"), LINES))


@cache
def origins_pool() -> tuple[values.ExternalOrigin, ...]:
    """External origins."""
    return _parts_of(values.ExternalOrigin, dict.fromkeys(("originator", "id"), LINES))


@cache
def utms_pool() -> tuple[values.Utm, ...]:
    """Campaign parameters."""
    return _parts_of(values.Utm, dict.fromkeys(("source", "medium", "campaign", "content", "term"), LINES))


@cache
def money_pool() -> tuple[values.Money, ...]:
    """Amounts in each currency, amounts alone, and currencies alone."""
    whole = [values.Money(amount=amount, currency=CURRENCIES[n % len(CURRENCIES)]) for n, amount in enumerate(AMOUNTS)]
    halves = [values.Money(amount=amount) for amount in AMOUNTS[::3]]
    return (*whole, *halves, *(values.Money(currency=currency) for currency in CURRENCIES))


@cache
def points_pool() -> tuple[values.ContactPoint, ...]:
    """E-mails and phones that often meet, websites and messengers; each with one of the types."""
    types = ("WORK", "HOME", "MOBILE", "X-1")
    pairs = [
        *((values.PointKind.EMAIL, value) for value in AWKWARD_EMAILS),
        *((values.PointKind.PHONE, value) for value in AWKWARD_PHONES),
        *((values.PointKind.WEBSITE, value) for value in LINES),
        *((values.PointKind.MESSENGER, value) for value in LINES[::2]),
        # Half of all are e-mails, and equal ones of another type.
        *((values.PointKind.EMAIL, value) for value in AWKWARD_EMAILS * 2),
    ]
    return tuple(
        values.ContactPoint(kind=kind, type=types[n % 4], value=value) for n, (kind, value) in enumerate(pairs)
    )


def points_of(max_emails: int | None, points: list[values.ContactPoint]) -> values.ContactPoints:
    """These contact points, without the e-mails that are too many."""
    if max_emails is not None:
        spare = [each for each in points if each.kind is values.PointKind.EMAIL][max_emails:]
        points = [each for each in points if not any(each is one for one in spare)]
    return values.ContactPoints(points)


@cache
def custom_pool() -> tuple[tuple[str, values.CustomValue], ...]:
    """Custom fields: each code with values of all seven types."""
    every: tuple[values.CustomValue, ...] = (
        *TEXTS,
        *AMOUNTS[::3],
        *DATES[::2],
        *INSTANTS[::2],
        *(0, 1, -(2**63), 2**63 - 1),
        *(True, False),
        *((), ("a",), ("a", "b"), ("",), LINES[8:11]),
    )
    codes = (*CODES, "Z" * 100)
    return tuple((codes[n % len(codes)], value) for n, value in enumerate(every))


def custom_of(items: list[tuple[str, values.CustomValue]]) -> values.CustomFields:
    """Custom fields of these codes and values."""
    return values.CustomFields(dict(items))
