"""What reading leads and reading activities have in common: a row that is being read, and rows that come again."""

import re
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from crmcore.adapters.bitrix24_csv.cells import (
    is_filled,
    plain_cell,
    read_date,
    read_flag,
    read_id,
    read_instant,
    read_list,
    read_number,
    read_whole,
    shape_of,
)
from crmcore.adapters.bitrix24_csv.errors import BadRow, Fault
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.asides import aside_of
from crmcore.adapters.bitrix24_csv.words.columns import PRODUCT_CODES, Meaning
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.text import LINE_LIMIT, check_text

__all__ = [
    "Draft",
    "LeftOut",
    "Unreadable",
    "by_line",
    "check_name",
    "invalid",
    "place_of",
    "read_rows",
    "reader_of",
    "remembered",
]

T = TypeVar("T", bound=Hashable)

_ONE_LINE = re.compile(r"[^\t\r\n]+")


class Unreadable(Exception):
    """A cell cannot be read; kept inside the package, where it becomes a `BadRow`."""

    def __init__(self, field: str | None, code: Fault, message: str) -> None:
        self.field = field
        self.code = code
        self.message = message


def invalid(heading: Heading, error: InvalidValue) -> Unreadable:
    """A cell whose value the model does not take."""
    return Unreadable(heading.text, Fault.INVALID_VALUE, f"expected {error.expected}")


def place_of(heading: Heading) -> tuple[str, str]:
    """The entity and the attribute that the cells of a column go to."""
    entity, _, attribute = heading.column.place.partition(".")
    return entity, attribute


class LeftOut(Unreadable):
    """A row is no record of this file and no mistake either; it becomes a row that is skipped."""


class Draft:
    """The fields of one row while it is read, by entity and attribute."""

    __slots__ = ("_fields",)

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, Any]] = {}

    def put(self, entity: str, attribute: str, value: object) -> None:
        """Keep a value for its place."""
        fields = self._fields.get(entity)
        if fields is None:
            fields = self._fields[entity] = {}
        fields[attribute] = value

    def of(self, entity: str) -> dict[str, Any]:
        """What was kept for an entity or value, by attribute; empty where nothing was."""
        return self._fields.get(entity, {})


#: Reads a column in which few words stand again and again; what raises is not remembered.
remembered = lru_cache(1_000)
_FEW_WORDS = (Meaning.DATE, Meaning.INSTANT, Meaning.FLAG)

_AMOUNT = (
    "expected a plain decimal such as 1234.50, without groups and currency; a mapping says which sign is the decimal "
    "one (decimal)"
)
_READERS: dict[Meaning, tuple[Callable[[str], object], Fault, str]] = {
    Meaning.ID: (read_id, Fault.BAD_ID, "expected a whole number above 0"),
    Meaning.WHOLE: (read_whole, Fault.BAD_NUMBER, "expected a whole number"),
    Meaning.LIST: (read_list, Fault.BAD_SHAPE, "expected texts, joined by commas"),
    Meaning.NUMBER: (read_number, Fault.BAD_NUMBER, _AMOUNT),
    Meaning.DATE: (read_date, Fault.BAD_DATE, "expected a date such as 2026-11-23 or 23.11.2026"),
    Meaning.INSTANT: (read_instant, Fault.BAD_DATE, "expected an instant such as 2026-11-23T15:04:05+03:00"),
    Meaning.FLAG: (read_flag, Fault.BAD_FLAG, "expected yes or no, да or нет, Y or N, 1 or 0"),
}


def reader_of(heading: Heading) -> Callable[[str], object]:
    """What reads the cells of a column whose meaning is plain; it raises `Unreadable`."""
    if heading.column.meaning not in _READERS:
        return lambda cell: cell
    read, code, message = _READERS[heading.column.meaning]

    def value_of(cell: str) -> object:
        value = read(cell)
        if value is None:
            raise Unreadable(heading.text, code, _DAY_NUMBER if _is_day_number(heading, cell) else message)
        return value

    return remembered(value_of) if heading.column.meaning in _FEW_WORDS else value_of


#: What is wrong with a row that has no id.
_OF_IDS = (Fault.BAD_ID, Fault.MISSING_VALUE)
#: Said of a number in the place of a day.
_DAY_NUMBER = "expected a date, the cell looks like the day number of a spreadsheet: format the column as a date"


def _is_day_number(heading: Heading, cell: str) -> bool:
    number = read_number(cell) if heading.column.meaning in (Meaning.DATE, Meaning.INSTANT) else None
    return number is not None and 0 < number < _LAST_DAY


#: The day number of the year 9999.
_LAST_DAY = 2_958_466


def check_name(heading: Heading, name: str) -> str:
    """A display name without the blanks around it; raises `Unreadable` unless it fits one line."""
    name = name.strip()
    shape = shape_of(name)
    if shape is not None:
        raise Unreadable(heading.text, Fault.BAD_SHAPE, f"expected a name, the cell looks like {shape}")
    try:
        check_text(heading.text, name)
    except InvalidValue as error:
        raise_alone(invalid(heading, error))
    if not _ONE_LINE.fullmatch(name):
        raise Unreadable(heading.text, Fault.INVALID_VALUE, _cause(name))
    if len(name) > LINE_LIMIT:
        raise Unreadable(heading.text, Fault.INVALID_VALUE, f"expected at most {LINE_LIMIT} characters")
    return name


def _cause(cell: str) -> str:
    """Why a cell is no line of text."""
    if any(each in cell for each in "\r\n"):
        return "expected one line, the cell has a line break"
    return "expected one line, the cell has a tab"


def _is_no_stage(heading: Heading, cell: str) -> bool:
    """Whether a word for nothing stands where the stage should be: nobody knows that the lead is a new one."""
    return heading.column.meaning is Meaning.STAGE and bool(cell.strip())


def read_rows(
    sheet: Sheet, read: Callable[[list[tuple[Heading, str]]], tuple[int, T]], unplaced: dict[str, int]
) -> tuple[dict[int, T], dict[int, int], tuple[BadRow, ...], tuple[BadRow, ...]]:
    """Read every row into its id and its record; gives records and lines by id, the bad rows and the skipped ones.

    `read` gets the filled cells of a row. Cells without a place are counted in `unplaced`. A row whose id was there
    before is skipped when its record is equal, and bad when it differs (IMPORT-1); a row that only names one more
    product of a lead is skipped.
    """
    records: dict[int, T] = {}
    lines: dict[int, int] = {}
    bad = list(sheet.bad_rows)
    skipped = list(sheet.skipped_rows)
    placed = [heading for heading in sheet.headings if heading.column.meaning is not Meaning.NOWHERE]
    places = {heading.column.place: heading for heading in placed if heading.column.place}
    nowhere = [heading for heading in sheet.headings if heading.column.meaning is Meaning.NOWHERE]
    products = [heading for heading in nowhere if heading.column.code in PRODUCT_CODES]
    unplaced.update({heading.text: 0 for heading in nowhere})
    id_field = sheet.id_heading
    cells_of = _getter([heading.index for heading in placed])
    ids = [heading.index for heading in placed if heading.column.meaning is Meaning.ID]
    id_index = ids[0]
    seen: set[int | None] = set()
    for line, cells in sheet.rows:
        for heading in nowhere:
            if (cell := cells[heading.index]) and is_filled(cell):
                unplaced[heading.text] += 1
        # Most cells of an export are empty, and few begin with a mark: this runs for every one of them.
        filled = [
            (heading, plain_cell(cell) if cell[0] in "'= " else cell)
            for heading, cell in zip(placed, cells_of(cells), strict=True)
            if cell and (is_filled(cell) or _is_no_stage(heading, cell))
        ]
        if _is_further_product(filled, seen) and any(is_filled(cells[heading.index]) for heading in products):
            said = "one more product of a lead above, which has no place here"
            skipped.append(sheet.bad_row(line, id_field, Fault.FURTHER_PRODUCT, said))
            continue
        seen.update([read_id(plain_cell(cell)) for index in ids if is_filled(cell := cells[index])])
        try:
            if not is_filled(cells[id_index]):
                raise Unreadable(id_field, Fault.MISSING_VALUE, "expected an id, a whole number above 0")
            id, record = read(filled)
        except LeftOut as left:
            skipped.append(sheet.bad_row(line, left.field, left.code, left.message))
            continue
        except Unreadable as error:
            bad.append(sheet.bad_row(line, error.field, error.code, _why(error, cells)))
            continue
        except InvalidValue as error:
            place = places.get(error.field)
            cell = next((cell for heading, cell in filled if heading is place), "")
            field = None if place is None else place.text
            bad.append(sheet.bad_row(line, field, Fault.INVALID_VALUE, _said(cell, error)))
            continue
        known = records.setdefault(id, record)
        if known is record:
            lines[id] = line
            continue
        if known == record:
            skipped.append(sheet.bad_row(line, id_field, Fault.ID_AGAIN, f"id {id} came before, equal"))
        else:
            message = f"expected id {id} once, or the same content again"
            bad.append(sheet.bad_row(line, id_field, Fault.ID_DIFFERS, message))
    return records, lines, by_line(bad), by_line(skipped)


def _why(error: Unreadable, cells: list[str]) -> str:
    """What is wrong with a row: that it is no record, where it has no id for that reason."""
    aside = aside_of([*filter(is_filled, cells)]) if error.code in _OF_IDS else None
    return aside or error.message


def _getter(indexes: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """What takes these cells of a row."""
    get = itemgetter(*indexes)
    return get if len(indexes) > 1 else lambda cells: (get(cells),)


def by_line(rows: Iterable[BadRow]) -> tuple[BadRow, ...]:
    """Rows in the order of the file."""
    return tuple(sorted(rows, key=lambda row: row.line or 0))


def _said(cell: str, error: InvalidValue) -> str:
    """What is wrong with a cell: the cause where it can be seen, else the limit."""
    is_about_characters = "control characters" in error.expected
    if is_about_characters and any(each in cell for each in "\r\n\t"):
        return _cause(cell)
    return f"expected {error.expected}"


def _is_further_product(filled: list[tuple[Heading, str]], seen: set[int | None]) -> bool:
    """Whether a row says nothing of a lead but which one above it belongs to: by its id, or by no id at all."""
    if not filled:
        return bool(seen)
    (heading, cell), *more = filled
    return not more and heading.column.meaning is Meaning.ID and read_id(cell) in seen
