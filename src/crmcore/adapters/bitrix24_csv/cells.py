"""From the text of one cell to a value and back; nothing is rounded and nothing is guessed (CONV-8)."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from crmcore.domain.model.text import IMPORTED_ID_LIMIT

__all__ = [
    "escape",
    "join_values",
    "read_date",
    "read_flag",
    "read_id",
    "read_instant",
    "read_number",
    "split_values",
    "unescape",
]

_ID = re.compile(r"[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# One or two digits behind a comma cannot be a group of thousands.
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]{1,2}")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES = frozenset({"да", "y", "yes", "1", "true"})
_NO = frozenset({"нет", "n", "no", "0", "false"})

# What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# One value of a cell that holds several: in quotes with the quotes inside doubled, or plain up to the next comma.
_VALUE = re.compile(r'\s*(?:"((?:[^"]|"")*+)"\s*(?=,|\Z)|([^,]*))(?:,|\Z)')


def read_id(cell: str) -> int | None:
    """The whole number above zero that a cell holds, if an import may bring it as an id, or `None`."""
    text = cell.strip()
    id = int(text) if _ID.fullmatch(text) else 0
    return id if 0 < id <= IMPORTED_ID_LIMIT else None


def read_number(cell: str) -> Decimal | None:
    """The exact decimal that a cell holds, or `None` where it could be read in two ways.

    >>> read_number("12.345"), read_number("1200,50"), read_number("1,200"), read_number("1 200")
    (Decimal('12.345'), Decimal('1200.50'), None, None)
    """
    text = cell.strip()
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _DECIMAL_COMMA.fullmatch(text):
        return Decimal(text.replace(",", "."))
    return None


def read_date(cell: str) -> date | None:
    """The day that a cell holds as `2026-11-23` or `23.11.2026`, or `None`.

    A time behind it has to be midnight, there or in UTC: the product answers days as `1990-05-01T03:00:00+03:00`.
    """
    at = _moment(cell)
    if at is None or not ((at.hour, at.minute) == (0, 0) or _in_utc(at).time() == time()):
        return None
    return at.date()


def read_instant(cell: str) -> datetime | None:
    """The instant that a cell holds, or `None`; one without a time zone is taken as UTC."""
    at = _moment(cell)
    return _in_utc(at) if at is not None else None


def _moment(cell: str) -> datetime | None:
    text = cell.strip()
    dotted = _DOTTED.fullmatch(text)
    try:
        if dotted:
            day, month, year, hour, minute, second = (int(part or 0) for part in dotted.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        at = datetime.fromisoformat(text) if _ISO.match(text) else None
        if at is not None:
            _in_utc(at)
        return at
    except (ValueError, OverflowError):
        return None


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def read_flag(cell: str) -> bool | None:
    """Yes or no in either language or as the product's letters, or `None`."""
    text = cell.strip().casefold()
    return True if text in _YES else False if text in _NO else None


def split_values(cell: str) -> list[str]:
    """The values of a cell that may hold several, joined by commas; blank ones are left out.

    >>> split_values('+1 555 0100, +1 555 0101'), split_values('"a,b",c')
    (['+1 555 0100', '+1 555 0101'], ['a,b', 'c'])
    """
    if '"' not in cell:
        parts = [cell] if "," not in cell else [part.strip() for part in cell.split(",")]
        return [part for part in parts if part and not part.isspace()]
    found = []
    for match in _VALUE.finditer(cell):
        inner, plain = match.groups()
        if inner is not None and _needs_quotes(value := inner.replace('""', '"')):
            found.append(value)
        else:
            found.append(match.group().removesuffix(",").strip() if inner is not None else plain.strip())
    return [value for value in found if value]


def join_values(values: Iterable[str]) -> str:
    """One cell for several values, such that `split_values` gives them back."""
    return ",".join('"' + value.replace('"', '""') + '"' if _needs_quotes(value) else value for value in values)


def _needs_quotes(value: str) -> bool:
    return "," in value or value.startswith('"') or value != value.strip()


def escape(cell: str) -> str:
    """Keep a spreadsheet from running a cell: a quote mark goes before formulas, a real one is doubled.

    A plain number stays as it is: it is no formula, and sums over the column should work.

    >>> escape("=1+1"), escape("'quoted'"), escape("-12.50"), escape("plain")
    ("'=1+1", "''quoted'", '-12.50', 'plain')
    """
    if cell.startswith("'") or (cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)):
        return "'" + cell
    return cell


def unescape(cell: str) -> str:
    """Undo `escape`; cells that nobody escaped, such as `+33 1 25`, stay as they are.

    >>> unescape("'=1+1"), unescape("''quoted'"), unescape("+33 1 25"), unescape("'90s fan")
    ('=1+1', "'quoted'", '+33 1 25', "'90s fan")
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(("'", *_FORMULA)) else cell
