"""Values that travel whole: money, contact points, address, names, origin, custom fields (CONV-3, CONV-8, DATA-1).

lines: nine small values that belong together; each is shared, never rebuilt, by the records that carry it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from crmcore.domain.errors import InvalidValue
from crmcore.domain.schema import Line, Text, settle
from crmcore.domain.text import (
    Discreet,
    check_code,
    check_decimal,
    check_id,
    check_instant,
    check_text,
    check_type,
)

__all__ = [
    "NO_CUSTOM_FIELDS",
    "NO_POINTS",
    "Address",
    "ContactPoint",
    "ContactPoints",
    "CustomFields",
    "CustomValue",
    "ExternalOrigin",
    "Money",
    "PersonName",
    "PointKind",
    "Utm",
]

POINTS_LIMIT = 200
POINT_LENGTH_LIMIT = 2000
CUSTOM_FIELDS_LIMIT = 500
LIST_LIMIT = 1000


@frozen(kw_only=True, repr=False, eq=False)
class Money(Discreet):
    """An exact amount with its currency: one value, never rounded, never exchanged (CONV-8).

    Either part may be missing where the source had only the other.
    Raises `InvalidValue` for amounts that are not finite decimals and currencies that are not three capitals.
    """

    amount: Decimal | None = None
    currency: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.amount is not None:
            check_decimal("Money.amount", self.amount)
        if self.currency is not None:
            check_type("Money.currency", self.currency, str)
            if not (
                len(self.currency) == 3
                and self.currency.isascii()
                and self.currency.isalpha()
                and self.currency.isupper()
            ):
                raise InvalidValue("Money.currency", "three capital letters, for example EUR")
        if self.amount is None and self.currency is None:
            raise InvalidValue("Money", "an amount or a currency")


class PointKind(StrEnum):
    """The kinds of contact points; each point also has a type such as WORK or MOBILE."""

    PHONE = "phone"
    EMAIL = "email"
    WEBSITE = "website"
    MESSENGER = "messenger"


@frozen(kw_only=True, repr=False, eq=False)
class ContactPoint(Discreet):
    """One phone, e-mail, website or messenger with its type; it travels type and all (CONV-3)."""

    _shown: ClassVar = ("kind", "type")

    kind: PointKind
    type: str = "WORK"
    value: Text

    def __attrs_post_init__(self) -> None:
        check_type("ContactPoint.kind", self.kind, PointKind)
        check_code("ContactPoint.type", self.type)
        settle(self)
        if self.value is not None and len(self.value) > POINT_LENGTH_LIMIT:
            raise InvalidValue("ContactPoint.value", f"at most {POINT_LENGTH_LIMIT} characters")


class ContactPoints(tuple[ContactPoint, ...]):
    """The contact points of a card in their order, blank ones left out (CONV-4); checked once, then shared."""

    __slots__ = ()

    def __new__(cls, points: Iterable[ContactPoint] = ()) -> "ContactPoints":
        """Check each point and keep the filled ones; raises `InvalidValue`."""
        kept = []
        check_type("contact_points", points, Iterable)
        for point in points:
            check_type("contact_points", point, ContactPoint)
            if point.value is not None:
                kept.append(point)
        if len(kept) > POINTS_LIMIT:
            raise InvalidValue("contact_points", f"at most {POINTS_LIMIT} contact points")
        return super().__new__(cls, kept)

    def values_of(self, kind: PointKind) -> tuple[str, ...]:
        """The values of one kind, in order."""
        return tuple(point.value for point in self if point.kind is kind and point.value is not None)

    def __repr__(self) -> str:
        return f"ContactPoints({', '.join(f'{point.kind}/{point.type}' for point in self)})"


NO_POINTS = ContactPoints()


@frozen(kw_only=True, repr=False, eq=False)
class Address(Discreet):
    """A postal address as one value, taken whole or not at all (CONV-3)."""

    full: Text = None
    street: Line = None
    flat: Line = None
    city: Line = None
    region: Line = None
    province: Line = None
    postal_code: Line = None
    country: Line = None

    def __attrs_post_init__(self) -> None:
        settle(self)


@frozen(kw_only=True, repr=False, eq=False)
class PersonName(Discreet):
    """The name of a person, in its parts."""

    honorific: Line = None
    first: Line = None
    middle: Line = None
    last: Line = None

    def __attrs_post_init__(self) -> None:
        settle(self)

    def __bool__(self) -> bool:
        """A person is named by a first, middle or last name; an honorific alone names nobody."""
        return bool(self.first or self.middle or self.last)


@frozen(kw_only=True, repr=False, eq=False)
class ExternalOrigin(Discreet):
    """Where a record came from: the originating system and the record's id there."""

    originator: Line = None
    id: Line = None

    def __attrs_post_init__(self) -> None:
        settle(self)


@frozen(kw_only=True, repr=False, eq=False)
class Utm(Discreet):
    """The five campaign parameters."""

    source: Line = None
    medium: Line = None
    campaign: Line = None
    content: Line = None
    term: Line = None

    def __attrs_post_init__(self) -> None:
        settle(self)


CustomValue = str | int | Decimal | bool | date | datetime | tuple[str, ...]


class CustomFields(Mapping[str, CustomValue]):
    """A read-only mapping of field code to typed value; checked once, then shared.

    Values are text, whole number, decimal, yes/no, date, instant, or list of texts.
    Equal means equal in type too: yes is not 1, and 1 is not 1.0.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, CustomValue] | None = None) -> None:
        check_type("custom", {} if items is None else items, Mapping)
        settled = {code: _custom_value(code, value) for code, value in (items or {}).items()}
        if len(settled) > CUSTOM_FIELDS_LIMIT:
            raise InvalidValue("custom", f"at most {CUSTOM_FIELDS_LIMIT} custom fields")
        self._items = settled

    def __getitem__(self, code: str) -> CustomValue:
        return self._items[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CustomFields):
            return NotImplemented
        return self._typed() == other._typed()

    def __hash__(self) -> int:
        return hash(frozenset(self._typed().items()))

    def _typed(self) -> dict[str, tuple[str, CustomValue]]:
        return {code: (type(value).__name__, value) for code, value in self._items.items()}

    def __repr__(self) -> str:
        return f"CustomFields({', '.join(sorted(self._items))})"


def _custom_value(code: object, value: object) -> CustomValue:
    check_code("custom", code)
    field = f"custom.{code}"
    if isinstance(value, datetime):
        return check_instant(field, value)
    if isinstance(value, bool | date):
        return value
    if isinstance(value, int):
        check_id(field, value, lowest=-(2**63))
        return value
    if isinstance(value, Decimal):
        check_decimal(field, value)
        return value
    if isinstance(value, str):
        check_text(field, value)
        return value
    if isinstance(value, tuple):
        if len(value) > LIST_LIMIT:
            raise InvalidValue(field, f"at most {LIST_LIMIT} texts")
        for each in value:
            check_text(field, each)
        return value
    raise InvalidValue(field, "text, whole number, decimal, yes/no, date, instant or a tuple of texts")


NO_CUSTOM_FIELDS = CustomFields()
