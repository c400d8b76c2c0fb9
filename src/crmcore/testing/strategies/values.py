"""Small values: texts, numbers, instants, contact points, names, custom fields."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crmcore.domain.model import values
from crmcore.domain.model.text import DIRECTION_OVERRIDES
from crmcore.testing.strategies.cache import kept

__all__ = [
    "AWKWARD_EMAILS",
    "AWKWARD_LINES",
    "AWKWARD_PHONES",
    "CODES",
    "CURRENCIES",
    "addresses",
    "codes",
    "contact_points",
    "custom_fields",
    "custom_values",
    "decimals",
    "emails",
    "instants",
    "labels",
    "lines",
    "money",
    "names",
    "origins",
    "phones",
    "points",
    "texts",
    "utms",
]

AWKWARD_LINES = (
    "",
    " ",
    "\u00a0\u2003",
    'O\'Brien "Bob"; Smith, Jr.',
    "=1+1",
    "🦊👩‍👩‍👧",
    "שלום עולם",
    "\u202eright to left\u202c",
    "e\u0301 is é",
    "ß and İ",
    " spaces around ",
    "\u2028",
)
AWKWARD_EMAILS = (
    "ann@example.com",
    "ANN@Example.COM",
    " ann@example.com ",
    "bob@example.com",
    '"ann b"@example.com',
    "o'brien@example.com",
    "no-at-sign",
    "@",
    "a@b@c",
    "straße@example.com",
    "STRASSE@example.com",
    " ",
)
AWKWARD_PHONES = ("+39 06 1234567", "0039061234567", "06-1234567", "   ", "ext.", "+", "٠١٢٣", "1")

_ONE_LINE = st.characters(exclude_categories=("Cc", "Cs"))
_LONG = st.one_of(_ONE_LINE, st.sampled_from("\n\t\r"))
_IN_CODES = st.characters(exclude_categories=("C", "Z"))
CODES = ("A", "WORK", "UF_CRM_1", "WEB", "C1:NEW", "é")
CURRENCIES = ("EUR", "USD", "RUB", "JPY", "XXX")


@kept
def lines(*, max_size: int = 20) -> st.SearchStrategy[str]:
    """Texts of one line, blank and awkward ones included."""
    return st.one_of(st.text(_ONE_LINE, max_size=max_size), st.sampled_from(AWKWARD_LINES), _long_one("x", 255))


@kept
def labels() -> st.SearchStrategy[str]:
    """Names of stages, pipelines and roles: lines without direction overrides."""
    return lines().filter(DIRECTION_OVERRIDES.isdisjoint)


@kept
def _long_one(letter: str, length: int) -> st.SearchStrategy[str]:
    """A text of the greatest length; made late, since the representation of a strategy shows its values."""
    return st.just(letter).map(lambda one: one * length)


@kept
def texts(*, max_size: int = 40) -> st.SearchStrategy[str]:
    """Long texts: those of `lines`, and such with line breaks and tabs."""
    return st.one_of(
        lines(), st.text(_LONG, max_size=max_size), st.sampled_from(("a\r\nb", "\n \t")), _long_one("y", 65_535)
    )


@kept
def codes() -> st.SearchStrategy[str]:
    """Codes: short and without spaces."""
    return st.one_of(st.sampled_from(CODES), st.text(_IN_CODES, min_size=1, max_size=12), _long_one("Z", 100))


@kept
def instants() -> st.SearchStrategy[datetime]:
    """Instants with a time zone, UTC and others, within three centuries."""
    zones = st.sampled_from((UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-9, minutes=-30))))
    return st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2199, 12, 30), timezones=zones)  # noqa: DTZ001  # hypothesis adds the zone


@kept
@st.composite
def decimals(draw: st.DrawFn) -> Decimal:
    """Finite decimals with at most 20 digits before and 10 after the point, of either sign and any exponent."""
    places = draw(st.integers(0, 10))
    number = draw(st.one_of(st.integers(0, 1000), st.integers(0, 10 ** (20 + places) - 1)))
    zeros = draw(st.integers(0, 3)) if not places and number < 10**16 else 0
    digits = tuple(map(int, str(number)))
    return Decimal((int(draw(st.booleans())), digits, zeros - places))


@kept
def money() -> st.SearchStrategy[values.Money]:
    """Amounts with a currency; sometimes only one of the two is known."""
    currencies = st.sampled_from(CURRENCIES)
    return st.one_of(
        st.builds(values.Money, amount=decimals(), currency=currencies),
        st.builds(values.Money, amount=decimals()),
        st.builds(values.Money, currency=currencies),
    )


@kept
def emails() -> st.SearchStrategy[str]:
    """What people type where an e-mail is asked for: a small pool, so that two leads often share one."""
    return st.sampled_from(AWKWARD_EMAILS)


@kept
def phones() -> st.SearchStrategy[str]:
    """What people type where a phone is asked for: a small pool, too."""
    return st.sampled_from(AWKWARD_PHONES)


def _points() -> tuple[st.SearchStrategy[values.ContactPoint], st.SearchStrategy[values.ContactPoint]]:
    """E-mails, and contact points of the other kinds."""
    types = st.sampled_from(("WORK", "HOME", "MOBILE", "X-1"))
    mail = st.builds(values.ContactPoint, kind=st.just(values.PointKind.EMAIL), type=types, value=emails())
    others = st.one_of(
        st.builds(values.ContactPoint, kind=st.just(values.PointKind.PHONE), type=types, value=phones()),
        st.builds(
            values.ContactPoint,
            kind=st.sampled_from((values.PointKind.WEBSITE, values.PointKind.MESSENGER)),
            type=types,
            value=lines(),
        ),
    )
    return mail, others


@kept
def points() -> st.SearchStrategy[values.ContactPoint]:
    """Single phones, e-mails, websites and messengers; blank ones too, which a card leaves out."""
    return st.one_of(_points())


@kept
def contact_points(*, max_size: int = 4, max_emails: int | None = None) -> st.SearchStrategy[values.ContactPoints]:
    """Phones, e-mails, websites and messengers with their types; at most `max_emails` of them e-mails."""
    mail, others = _points()
    if max_emails is None:
        return st.lists(st.one_of(mail, others), max_size=max_size).map(values.ContactPoints)
    return st.builds(
        lambda mails, rest: values.ContactPoints([*mails, *rest]),
        st.lists(mail, max_size=max_emails),
        st.lists(others, max_size=max_size),
    )


def _some(kind: type, parts: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict(parts)).map(lambda given: kind(**given))


@kept
def addresses() -> st.SearchStrategy[values.Address]:
    """Addresses with some of their parts, or none."""
    parts = ("street", "flat", "city", "region", "province", "postal_code", "country")
    return _some(values.Address, {"full": texts(), **dict.fromkeys(parts, lines())})


@kept
def names() -> st.SearchStrategy[values.PersonName]:
    """Names with some of their parts, or none."""
    return _some(values.PersonName, dict.fromkeys(("honorific", "first", "middle", "last"), lines()))


@kept
def origins() -> st.SearchStrategy[values.ExternalOrigin]:
    """External origins with some of their parts, or none."""
    return _some(values.ExternalOrigin, dict.fromkeys(("originator", "id"), lines()))


@kept
def utms() -> st.SearchStrategy[values.Utm]:
    """Campaign parameters, some or none."""
    return _some(values.Utm, dict.fromkeys(("source", "medium", "campaign", "content", "term"), lines()))


@kept
def custom_values() -> st.SearchStrategy[values.CustomValue]:
    """Values of custom fields, of all seven types."""
    return st.one_of(
        texts(),
        st.integers(-(2**63), 2**63 - 1),
        decimals(),
        st.booleans(),
        st.dates(),
        instants(),
        st.lists(lines(), max_size=3).map(tuple),
    )


@kept
def custom_fields(*, max_size: int = 3) -> st.SearchStrategy[values.CustomFields]:
    """Custom fields by code."""
    return st.dictionaries(codes(), custom_values(), max_size=max_size).map(values.CustomFields)
