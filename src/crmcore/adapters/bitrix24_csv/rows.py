"""What reading leads and reading activities have in common: a row that is being read, and rows that come again.

lines: what reads a cell, a row and all rows raises and reports the same things.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import (
    PLAIN_BEGINNINGS,
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
from crmcore.adapters.bitrix24_csv.formats.facts import blocks, repeated_ids
from crmcore.adapters.bitrix24_csv.formats.table import Row
from crmcore.adapters.bitrix24_csv.own.own_fields import own_headings
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.asides import aside_of
from crmcore.adapters.bitrix24_csv.words.columns import PRODUCT_CODES, Meaning
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.text import LINE_LIMIT, Discreet, check_text

__all__ = [
    "Draft",
    "LeftOut",
    "Part",
    "Reading",
    "Unreadable",
    "by_line",
    "check_name",
    "invalid",
    "keeps",
    "place_of",
    "reader_of",
    "remembered",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Cell = tuple[Heading, str]

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


class Draft(dict[str, dict[str, Any]]):
    """The fields of one row while it is read, by entity and attribute."""

    def __missing__(self, entity: str) -> dict[str, Any]:
        fields = self[entity] = {}
        return fields

    def of(self, entity: str) -> dict[str, Any]:
        """What was kept for an entity or value, by attribute; empty where nothing was."""
        return self.get(entity, {})


class Drafted(Protocol):
    """A row while it is read."""

    draft: Draft


def keeps(heading: Heading, read: Callable[[str], object]) -> Callable[[Drafted, str], object]:
    """What reads a cell of a column and keeps it for its place; this runs for every filled cell."""
    entity, attribute = place_of(heading)

    def keep(row: Drafted, cell: str) -> None:
        row.draft[entity][attribute] = read(cell)

    def keep_as_it_is(row: Drafted, cell: str) -> None:
        row.draft[entity][attribute] = cell

    return keep_as_it_is if read is _as_it_is else keep


def _as_it_is(cell: str) -> str:
    return cell


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
        return _as_it_is
    read, code, message = _READERS[heading.column.meaning]

    def value_of(cell: str) -> object:
        value = read(cell)
        if value is None:
            shape = shape_of(cell)
            said = message if shape is None else f"{message}; the cell looks like {shape}"
            raise Unreadable(heading.text, code, _DAY_NUMBER if _is_day_number(heading, cell) else said)
        return value

    return remembered(value_of) if heading.column.meaning in _FEW_WORDS else value_of


#: What is wrong with a row that has no id.
_OF_IDS = (Fault.BAD_ID, Fault.MISSING_VALUE)
#: Said of a number in the place of a day.
_DAY_NUMBER = "expected a date, the cell looks like the day number of a spreadsheet: format the column as a date"


def _is_day_number(heading: Heading, cell: str) -> bool:
    number = read_number(cell) if heading.column.meaning in (Meaning.DATE, Meaning.INSTANT) else None
    return number is not None and _FIRST_DAY < number < _LAST_DAY


#: The day numbers of 1905, below which a number is a year or a day without one, and of the year 9999.
_FIRST_DAY, _LAST_DAY = 2_100, 2_958_466


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


class Reader(Protocol[T_co]):
    """Makes a record of each row of a sheet, and counts by heading the cells that have no place."""

    unplaced: dict[str, int]

    def begin(self, rows: Sequence[Row], headings: Sequence[Heading]) -> None:
        """Look at rows that are read next, of which no other column is filled than these."""
        ...

    def read(self, cells: Iterable[str | None]) -> tuple[int, T_co]:
        """The id and the record of a row, by its cells in these columns; raises `Unreadable` or `InvalidValue`."""
        ...


@frozen(repr=False, eq=False)
class Part(Discreet, Generic[T]):
    """Some records of a file by id, the line of each, and the rows that were read for them."""

    records: dict[int, T]
    lines: dict[int, int]
    rows: Sequence[Row]


class Reading(Generic[T]):
    """The rows of a sheet, read into their ids and their records, some at a time.

    What was left out, and how many cells have no place, is known once all rows were read. A row whose id was there
    before is skipped when its record is equal, and bad when it differs (IMPORT-1); a row that only names one more
    product of a lead is skipped.
    """

    def __init__(self, sheet: Sheet, reader: Reader[T]) -> None:
        self.sheet = sheet
        self.unplaced = reader.unplaced
        self.bad = list(sheet.bad_rows)
        self.skipped = list(sheet.skipped_rows)
        #: How many records were read.
        self.count = 0
        #: How many cells are filled of each column that is a custom field by its name.
        self.own = dict.fromkeys(own_headings(sheet), 0)
        self._reader = reader
        self._placed = [heading for heading in sheet.headings if heading.column.meaning is not Meaning.NOWHERE]
        self._places = {heading.column.place: heading for heading in self._placed if heading.column.place}
        self._nowhere = [heading for heading in sheet.headings if heading.column.meaning is Meaning.NOWHERE]
        self._ids = [heading.index for heading in self._placed if heading.column.meaning is Meaning.ID]
        self.unplaced.update({heading.text: 0 for heading in self._nowhere})

    @property
    def bad_rows(self) -> tuple[BadRow, ...]:
        """The rows that could not be read, in the order of the file."""
        return by_line(self.bad)

    @property
    def skipped_rows(self) -> tuple[BadRow, ...]:
        """The rows that are no mistake and no record either, in the order of the file."""
        return by_line(self.skipped)

    def parts(self) -> Iterator[Part[T]]:
        """Read all rows, from the first on."""
        again = _Again(self.sheet, self._ids)
        for rows in blocks(self.sheet.rows):
            columns = list(zip(*(cells for _, cells in rows), strict=True))
            for heading in self._nowhere:
                self.unplaced[heading.text] += _count(columns[heading.index])
            for heading in self.own:
                self.own[heading] += _count(columns[heading.index])
            # Most columns of an export are empty, and few cells begin with a mark.
            headings = [heading for heading in self._placed if any(columns[heading.index])]
            self._reader.begin(rows, headings)
            texts = [_texts(heading, columns[heading.index]) for heading in headings]
            part = Part[T]({}, {}, rows)
            for row, found in zip(rows, zip(*texts, strict=True) if texts else repeat((), len(rows)), strict=True):
                if not again.is_possible or again.passes(row[1], _filled(headings, found)):
                    self._read(part, again, row, headings, found)
                else:
                    said = "one more product of a lead above, which has no place here"
                    self._skip(row[0], self.sheet.id_heading, Fault.FURTHER_PRODUCT, said)
            self.count += len(part.records)
            yield part

    def whole(self) -> tuple[tuple[T, ...], dict[int, int]]:
        """All records of the sheet, and the line of each."""
        parts = list(self.parts())
        lines = {id: line for part in parts for id, line in part.lines.items()}
        return tuple(record for part in parts for record in part.records.values()), lines

    def _read(
        self, part: Part[T], again: "_Again", row: Row, headings: Sequence[Heading], found: Sequence[str | None]
    ) -> None:
        """Read one row into the part, or report it."""
        sheet = self.sheet
        line, cells = row
        try:
            if not is_filled(cells[self._ids[0]]):
                raise Unreadable(sheet.id_heading, Fault.MISSING_VALUE, "expected an id, a whole number above 0")
            id, record = self._reader.read(found)
        except LeftOut as left:
            self._skip(line, left.field, left.code, left.message)
        except Unreadable as error:
            self.bad.append(sheet.bad_row(line, error.field, error.code, _why(error, cells)))
        except InvalidValue as error:
            place = self._places.get(error.field)
            cell = next((cell for heading, cell in _filled(headings, found) if heading is place), "")
            field = None if place is None else place.text
            self.bad.append(sheet.bad_row(line, field, Fault.INVALID_VALUE, _said(cell, error)))
        else:
            first = again.first_of(id, record) if again.is_possible else record
            if first is record:
                part.records[id] = record
                part.lines[id] = line
            elif first == record:
                self._skip(line, sheet.id_heading, Fault.ID_AGAIN, f"id {id} came before, equal")
            else:
                message = f"expected id {id} once, or the same content again"
                self.bad.append(sheet.bad_row(line, sheet.id_heading, Fault.ID_DIFFERS, message))

    def _skip(self, line: int, field: str | None, code: Fault, message: str) -> None:
        self.skipped.append(self.sheet.bad_row(line, field, code, message))


def _why(error: Unreadable, cells: list[str]) -> str:
    """What is wrong with a row: that it is no record, where it has no id for that reason."""
    aside = aside_of([*filter(is_filled, cells)]) if error.code in _OF_IDS else None
    return aside or error.message


class _Again:
    """Rows whose id was there before: of those that come again the first record is kept, and no other."""

    def __init__(self, sheet: Sheet, ids: list[int]) -> None:
        self.is_possible = sheet.facts.may_repeat
        self._ids = ids
        self._repeated = repeated_ids(sheet.rows, ids) if self.is_possible else frozenset[int]()
        self._products = [heading.index for heading in sheet.headings if heading.column.code in PRODUCT_CODES]
        #: The ids in the rows above, as far as they come again; nothing stands for those that cannot be read.
        self._seen: set[int | None] = set()
        self._has_any = False
        self._firsts: dict[int, Any] = {}

    def passes(self, cells: list[str], filled: list[Cell]) -> bool:
        """Whether a row is more than one more product of a lead above it: that lead's id, or no id at all."""
        if self._is_named_above(filled) and any(is_filled(cells[index]) for index in self._products):
            return False
        for index in self._ids:
            if is_filled(cell := cells[index]):
                self._has_any = True
                id = read_id(plain_cell(cell))
                if id is None or id in self._repeated:
                    self._seen.add(id)
        return True

    def _is_named_above(self, filled: list[Cell]) -> bool:
        if not filled:
            return self._has_any
        (heading, cell), *more = filled
        return not more and heading.column.meaning is Meaning.ID and read_id(cell) in self._seen

    def first_of(self, id: int, record: T) -> T:
        """The first record with this id: the very one, unless another one came before."""
        if id not in self._repeated:
            return record
        first: T = self._firsts.setdefault(id, record)
        return first


def _count(cells: Iterable[str]) -> int:
    """How many cells are filled."""
    return sum(map(is_filled, filter(None, cells)))


def _filled(headings: Sequence[Heading], cells: Sequence[str | None]) -> list[Cell]:
    """The filled cells of a row, with their columns."""
    return [(heading, cell) for heading, cell in zip(headings, cells, strict=True) if cell is not None]


def _texts(heading: Heading, cells: tuple[str, ...]) -> Iterable[str | None]:
    """The cells of a column as they were meant; nothing for those that say nothing. Each different one is read once."""
    texts = {cell: _text_of(heading, cell) for cell in set(cells) if cell[:1] not in PLAIN_BEGINNINGS}
    return map(texts.get, cells, cells) if texts else cells


def _text_of(heading: Heading, cell: str) -> str | None:
    """A cell as it was meant; nothing for one that says nothing.

    A word for nothing where the stage should be stays: nobody knows that the lead is a new one.
    """
    if is_filled(cell) or (heading.column.meaning is Meaning.STAGE and cell.strip()):
        return plain_cell(cell) if cell[0] in "'= " else cell
    return None


def by_line(rows: Iterable[BadRow]) -> tuple[BadRow, ...]:
    """Rows in the order of the file."""
    return tuple(sorted(rows, key=lambda row: row.line or 0))


def _said(cell: str, error: InvalidValue) -> str:
    """What is wrong with a cell: the cause where it can be seen, else the limit."""
    is_about_characters = "control characters" in error.expected
    if is_about_characters and any(each in cell for each in "\r\n\t"):
        return _cause(cell)
    return f"expected {error.expected}"
