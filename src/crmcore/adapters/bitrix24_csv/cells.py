"""From the text of one cell to a value and back; nothing is rounded and nothing is guessed (CONV-8).

lines: each way of writing a cell stands beside its way of reading.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from string import ascii_letters, digits

from crmcore.adapters.bitrix24_csv.languages.catalogue import languages
from crmcore.domain.model.text import IMPORTED_ID_LIMIT

__all__ = [
    "PLAIN_BEGINNINGS",
    "escape",
    "is_filled",
    "is_joined",
    "is_ordinary",
    "join_values",
    "plain_cell",
    "read_date",
    "read_flag",
    "read_id",
    "read_instant",
    "read_list",
    "read_number",
    "read_whole",
    "shape_of",
    "split_pieces",
    "split_values",
    "unescape",
    "whole_digits",
]

# A column of ids with gaps becomes one of decimals in a table program: 39.0 is 39.
_ID = re.compile(r"([0-9]{1,19})(\.0+)?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# One or two digits behind a comma cannot be a group of thousands.
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]{1,2}")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES = ("y", "1", "1.0", "true")
_NO = ("n", "0", "0.0", "false")

# What makes a spreadsheet take a cell for a formula: the list of OWASP's page on CSV injection, with the full-width
# forms that some locales take for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMULAS = frozenset(_FORMULA)
# A text that a spreadsheet was told to leave alone: ="+1 555".
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
#: What programs write into a cell for "nothing". "Null" and "none" are left out: both are words and names as well.
_NOTHING = frozenset(
    {"NaN", "nan", "NAN", "NaT", "None", "NULL", "null", "N/A", "n/a", "#N/A", "<NA>", "<NULL>", "(null)", "\\N"}
    | {"0000-00-00", "0000-00-00 00:00:00", "#Н/Д", "#N/D", "#NV", "#ND", "#N/D!", "#BRAK!"}
)
#: A cell that begins with one of these is filled, and has no mark before it.
PLAIN_BEGINNINGS = frozenset(ascii_letters + digits + "+").difference(each[0] for each in _NOTHING)
# Among cells with a mark before each: one that `escape` may change.
_DOUBTFUL = re.compile(
    rf"\0(?:['{re.escape(''.join(_FORMULA))}]|\s*(?:{'|'.join(map(re.escape, sorted(_NOTHING)))})\s*(?:\0|\Z))"
)
# 7,9E+10 was a phone once.
_SHORTENED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
# What PHP writes for a list, a text or an object.
_SERIALISED = re.compile(r"[asO]:[0-9]+:[{\"]")
_PLAIN_BEGINNINGS = frozenset(ascii_letters) - frozenset("asO")
# What a spreadsheet shows in the place of a phone that it took for a formula, or of a number that is too wide.
_ERROR = re.compile(r"#[\w/]+[?!]|##+")
# A phone in a column of numbers of which some are missing.
_WHOLE = re.compile(r"([0-9]{5,15})[.,]0+")
#: With fewer digits a number is an id.
_FEW_DIGITS = 19
#: Above this a decimal number of a table program has lost digits.
_EXACT = 2**53
_JOINED = re.compile(r'[",;\r\n]')
_LISTED = re.compile(r'[",\r\n]')
# An e-mail or a phone as most are: nothing in it is taken for anything else.
_ORDINARY = re.compile(r"[A-Za-z][\w.-]*@[\w.-]+|\+?[0-9][0-9 ()-]*[0-9)]", re.ASCII)
# One value of a cell that holds several: in quotes with the quotes inside doubled, or plain up to the next separator.
_VALUES = {
    separators: re.compile(rf'\s*(?:"((?:[^"]|"")*+)"\s*(?=[{separators}]|\Z)|([^{separators}]*))(?:[{separators}]|\Z)')
    for separators in (",\r\n", ",;\r\n")
}


def is_filled(cell: str) -> bool:
    """Whether a cell says anything: neither blanks nor a word that programs write for nothing.

    >>> is_filled(" "), is_filled("NaN"), is_filled("0"), is_filled("Null")
    (False, False, True, True)
    """
    text = cell.strip()
    return bool(text) and text not in _NOTHING


def plain_cell(cell: str) -> str:
    """A filled cell as it was meant: without the mark of `escape`, and without the formula that only holds a text.

    >>> plain_cell("'=1+1"), plain_cell('="+1 555"'), plain_cell("Ann")
    ('=1+1', '+1 555', 'Ann')
    """
    if cell[0] == "'":
        return unescape(cell)
    formula = _TEXT_FORMULA.fullmatch(cell.strip()) if cell.lstrip()[0] == "=" else None
    return formula[1].replace('""', '"') if formula else cell


def shape_of(text: str) -> str | None:
    """What a cell looks like that should be a name, an id or a contact point, in words; nothing where it is plain.

    >>> shape_of("[{'ID': '5'}]"), shape_of("7,9E+10"), shape_of("Ann")
    ('a list or an object of a program', 'a number that a spreadsheet has shortened', None)
    """
    text = text.strip()
    first = text[:1]
    if first in _PLAIN_BEGINNINGS:  # most cells, at once
        return None
    if first in ("[", "{") or _SERIALISED.match(text):
        return "a list or an object of a program"
    if _SHORTENED.fullmatch(text):
        return "a number that a spreadsheet has shortened"
    return "an error of a spreadsheet" if _ERROR.fullmatch(text) else None


def whole_digits(text: str) -> str | None:
    """The digits of a phone that became a decimal in a table program, or `None`.

    >>> whole_digits("79000000101.0"), whole_digits("555.0100")
    ('79000000101', None)
    """
    found = _WHOLE.fullmatch(text.strip()) if "." in text or "," in text else None
    return found[1] if found else None


def read_id(cell: str) -> int | None:
    """The whole number above zero that a cell holds, if an import may bring it as an id; `39.0` is 39.

    >>> read_id("39"), read_id("39.0"), read_id("39.5"), read_id("1E+3")
    (39, 39, None, None)
    """
    if cell.isdigit() and cell.isascii() and len(cell) < _FEW_DIGITS:
        return int(cell) or None
    found = _ID.fullmatch(cell.strip())
    id = int(found[1]) if found else 0
    limit = _EXACT if found and found[2] else IMPORTED_ID_LIMIT
    return id if 0 < id <= limit else None


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


def read_whole(cell: str) -> int | None:
    """The whole number that a cell holds, below zero too; `39.0` is 39.

    >>> read_whole("-3"), read_whole("39.0"), read_whole("3.5")
    (-3, 39, None)
    """
    number = read_number(cell)
    return int(number) if number is not None and number == number.to_integral_value() else None


def read_list(cell: str) -> tuple[str, ...] | None:
    """The texts of a cell that holds several."""
    return tuple(split_values(cell)) or None


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
    """Yes or no in any language or as the product's letters, or `None`."""
    return _flags().get(cell.strip().casefold())


@cache
def _flags() -> dict[str, bool]:
    flags = {word: value for words, value in ((_YES, True), (_NO, False)) for word in words}
    for each in languages():
        words = each.words("flags")
        flags |= dict.fromkeys(words["yes"], True) | dict.fromkeys(words["no"], False)
    return flags


def is_ordinary(cell: str) -> bool:
    """Whether a cell holds one e-mail or one phone as most are written, which cannot be taken for anything else."""
    return _ORDINARY.fullmatch(cell) is not None


def is_joined(cell: str) -> bool:
    """Whether a cell may hold several values."""
    return _JOINED.search(cell) is not None


def split_values(cell: str) -> list[str]:
    """The values of a cell that may hold several, joined by commas, semicolons or line breaks; blank ones are left out.

    >>> split_values('+1 555 0100, +1 555 0101'), split_values('"a,b",c'), split_values('a;b')
    (['+1 555 0100', '+1 555 0101'], ['a,b', 'c'], ['a', 'b'])
    """
    return [value for value, _ in split_pieces(cell)]


def split_pieces(cell: str, *, semicolons: bool = True) -> list[tuple[str, bool]]:
    """The values of a cell, each with whether it stood in the quotes that `join_values` writes."""
    if not (_JOINED if semicolons else _LISTED).search(cell):
        return [(cell, False)] if cell and not cell.isspace() else []
    found = []
    for match in _VALUES[",;\r\n" if semicolons else ",\r\n"].finditer(cell):
        inner, plain = match.groups()
        if inner is not None and _needs_quotes(value := inner.replace('""', '"')):
            found.append((value, True))
        else:
            found.append((match.group().rstrip(",;\r\n").strip() if inner is not None else plain.strip(), False))
    single = len(found) == 2 and not found[1][0] and found[0] == (cell.strip(), False)
    if single:  # one value alone keeps its blanks
        return [(cell, False)] if found[0][0] else []
    return [each for each in found if each[0]]


def join_values(values: Iterable[str]) -> str:
    """One cell for several values, such that `split_values` gives them back."""
    return ",".join(map(_quoted, values))


def join_two(cell: str | None, value: str) -> str:
    """The cell of the values before, if there are any, and one more."""
    return _quoted(value) if cell is None else f"{cell},{_quoted(value)}"


def _quoted(value: str) -> str:
    if is_ordinary(value) or not _needs_quotes(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _needs_quotes(value: str) -> bool:
    """Whether a value would be split, or taken for something else, without quotes."""
    return (
        any(each in value for each in ",;\r\n")
        or value.startswith('"')
        or value != value.strip()
        or value in _NOTHING
        or shape_of(value) is not None
        or whole_digits(value) is not None
        or value.count("@") > 1
        or value.count("+") > 1
    )


def escape(cell: str) -> str:
    """Keep a spreadsheet from running a cell: a quote mark goes before formulas, a real one is doubled.

    A text such as "NaN" gets one too, since it would be read as nothing.

    A plain number stays as it is: it is no formula, and sums over the column should work.

    >>> escape("=1+1"), escape("'quoted'"), escape("-12.50"), escape("plain")
    ("'=1+1", "''quoted'", '-12.50', 'plain')
    """
    first = cell[:1]
    if first == "'" or cell.strip() in _NOTHING or (first in _FORMULAS and not _NUMBER.fullmatch(cell)):
        return "'" + cell
    return cell


def escape_all(cells: Sequence[str]) -> Sequence[str]:
    """The same for each of many cells, most of which no spreadsheet would run.

    >>> escape_all(["plain", "=1+1"])
    ['plain', "'=1+1"]
    """
    return [escape(cell) for cell in cells] if _DOUBTFUL.search("\0" + "\0".join(cells)) else cells


def unescape(cell: str) -> str:
    """Undo `escape`; cells that nobody escaped, such as `+33 1 25`, stay as they are.

    >>> unescape("'=1+1"), unescape("''quoted'"), unescape("+33 1 25"), unescape("'90s fan")
    ('=1+1', "'quoted'", '+33 1 25', "'90s fan")
    """
    rest = cell[1:]
    marked = cell.startswith("'") and (rest.startswith(("'", *_FORMULA)) or rest.strip() in _NOTHING)
    return rest if marked else cell
