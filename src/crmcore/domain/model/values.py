"""Values that travel whole: money, contact points, address, names, origin, custom fields (CONV-3, CONV-8, DATA-1).

lines: nine small values that belong together; each is shared, never rebuilt, by the records that carry it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import ClassVar

from attrs import frozen

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.schema import Line, Text, settle
from crmcore.domain.model.text import (
    Discreet,
    check_code,
    check_day,
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
#: Blank ones do not count, but not even they are read without an end.
POINTS_READ_LIMIT = 10_000
POINT_LENGTH_LIMIT = 2000
CUSTOM_FIELDS_LIMIT = 500
LIST_LIMIT = 1000


@frozen(kw_only=True, repr=False, eq=False)
class Money(Discreet):
    """An exact amount with its currency: one value, never rounded, never exchanged (CONV-8).

    `amount` is a `Decimal` of at most 20 digits before and 10 after the point, `currency` three capital letters. Either
    may be missing where the source had only the other. Raises `InvalidValue` for anything else: a float is no amount.

    >>> from decimal import Decimal
    >>> Money(amount=Decimal("1200.50"), currency="EUR").amount
    Decimal('1200.50')
    >>> Money(amount=1200.5, currency="EUR")
    Traceback (most recent call last):
    crmcore.domain.model.errors.InvalidValue: Money.amount: expected Decimal
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
    """One phone, e-mail, website or messenger with its type; it travels type and all (CONV-3).

    `kind` is a `PointKind`, `type` a code such as WORK, HOME or MOBILE. `value` has at most 2,000 characters; a blank
    one is `None`, and is left out of the card. Raises `InvalidValue` for anything else. The `repr` never shows the
    value.

    >>> ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+32 2 555 01 10")
    ContactPoint(kind=<PointKind.PHONE: 'phone'>, type='MOBILE', filled=value)
    """

    _shown: ClassVar = ("kind", "type")

    kind: PointKind
    type: str = "WORK"
    value: Text

    def __attrs_post_init__(self) -> None:
        if type(self.kind) is not PointKind:
            check_type("ContactPoint.kind", self.kind, PointKind)
        check_code("ContactPoint.type", self.type)
        settle(self)
        if self.value is not None and len(self.value) > POINT_LENGTH_LIMIT:
            raise InvalidValue("ContactPoint.value", f"at most {POINT_LENGTH_LIMIT} characters")


class ContactPoints(tuple[ContactPoint, ...]):
    """The contact points of a card in their order, blank ones left out (CONV-4); checked once, then shared.

    `points` is any iterable of at most 200 `ContactPoint` values. Raises `InvalidValue` for anything else.

    >>> mail = ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")
    >>> ContactPoints([mail, ContactPoint(kind=PointKind.PHONE, value=" ")])
    ContactPoints(email/WORK)
    """

    __slots__ = ()

    def __new__(cls, points: Iterable[ContactPoint] = ()) -> "ContactPoints":
        """Check each point and keep the filled ones; raises `InvalidValue`."""
        if type(points) is not list:  # most of them, and asking for an abstract class is slow
            check_type("contact_points", points, Iterable)
        kept: list[ContactPoint] = []
        for number, point in enumerate(points, start=1):
            if type(point) is not ContactPoint:
                check_type("contact_points", point, ContactPoint)
            if point.value is not None:
                kept.append(point)
            if len(kept) > POINTS_LIMIT or number > POINTS_READ_LIMIT:
                raise InvalidValue("contact_points", f"at most {POINTS_LIMIT} contact points")
        return super().__new__(cls, kept)

    def values_of(self, kind: PointKind) -> tuple[str, ...]:
        """The values of one kind, in order; `kind` is a `PointKind`.

        >>> ContactPoints([ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")]).values_of(PointKind.EMAIL)
        ('ann@example.com',)
        """
        return tuple(point.value for point in self if point.kind is kind and point.value is not None)

    def __repr__(self) -> str:
        return f"ContactPoints({', '.join(map(_code_of, self))})"


def _code_of(point: ContactPoint) -> str:
    return f"{getattr(point, 'kind', '?')}/{getattr(point, 'type', '?')}"


NO_POINTS = ContactPoints()


@frozen(kw_only=True, repr=False, eq=False)
class Address(Discreet):
    """A postal address as one value, taken whole or not at all (CONV-3).

    `full` is the address as one long text, of at most 65,535 characters with line breaks. `street`, `flat`, `city`,
    `region`, `province`, `postal_code` and `country` are lines of at most 255 characters. Blank parts are `None`.
    Raises `InvalidValue` for anything else.

    >>> Address(street="Main Street 1", city="Ghent", country="Belgium", region=" ")
    Address(filled=street,city,country)
    """

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
    """The name of a person, in its parts.

    `honorific`, `first`, `middle` and `last` are lines of at most 255 characters; blank ones are `None`. An honorific
    alone names nobody, so such a name is false. Raises `InvalidValue` for anything else.

    >>> PersonName(first="Ann", last="Sample").last
    'Sample'
    >>> bool(PersonName(honorific="Dr"))
    False
    """

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
    """Where a record came from: the originating system and the record's id there.

    `originator` and `id` are lines of at most 255 characters; blank ones are `None`. Raises `InvalidValue` for anything
    else.

    >>> ExternalOrigin(originator="webshop", id="order-17").originator
    'webshop'
    """

    originator: Line = None
    id: Line = None

    def __attrs_post_init__(self) -> None:
        settle(self)


@frozen(kw_only=True, repr=False, eq=False)
class Utm(Discreet):
    """The five campaign parameters.

    `source`, `medium`, `campaign`, `content` and `term` are lines of at most 255 characters; blank ones are `None`.
    Raises `InvalidValue` for anything else.

    >>> Utm(source="newsletter", campaign="spring").campaign
    'spring'
    """

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

    `items` maps at most 500 codes to text (of at most 65,535 characters), whole number, decimal, yes/no, date, instant
    with a time zone, or a tuple of at most 1,000 texts. Equal means equal in type too: yes is not 1, and 1 is not 1.0.
    Raises `InvalidValue` for anything else.

    >>> CustomFields({"UF_FLOOR": 3, "UF_TAGS": ("office", "new")})["UF_FLOOR"]
    3
    >>> CustomFields({"UF_NEW": True}) == CustomFields({"UF_NEW": 1})
    False
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, CustomValue] | None = None) -> None:
        check_type("custom", {} if items is None else items, Mapping)
        given = () if items is None else tuple(islice(items.items(), CUSTOM_FIELDS_LIMIT + 1))
        if len(given) > CUSTOM_FIELDS_LIMIT:
            raise InvalidValue("custom", f"at most {CUSTOM_FIELDS_LIMIT} custom fields")
        self._items = {code: _custom_value(code, value) for code, value in given}

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
        return f"CustomFields({', '.join(sorted(getattr(self, '_items', ())))})"


def _custom_value(code: object, value: object) -> CustomValue:
    check_code("custom", code)
    field = f"custom.{code}"
    if isinstance(value, datetime):
        return check_instant(field, value)
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return check_day(field, value)
    if isinstance(value, int):
        check_id(field, value, lowest=-(2**63))
        return value
    if isinstance(value, Decimal):
        check_decimal(field, value)
        return value
    if isinstance(value, str):
        return check_text(field, value)
    if isinstance(value, tuple):
        texts = tuple(islice(value, LIST_LIMIT + 1))
        if len(texts) > LIST_LIMIT:
            raise InvalidValue(field, f"at most {LIST_LIMIT} texts")
        return tuple([check_text(field, each) for each in texts])
    raise InvalidValue(field, "text, whole number, decimal, yes/no, date, instant or a tuple of texts")


NO_CUSTOM_FIELDS = CustomFields()
