"""From the rows of a file to headings and the rows that fit them; what the cells mean is not known here.

lines: what is wrong with headings and with rows is told from both together.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from attrs import evolve, frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, shape_of
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.facts import Facts, blocks, facts_of
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import Form, Known, Row, Table, bad_file
from crmcore.adapters.bitrix24_csv.words.columns import WHAT_IS_WRONG, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import Found, is_known
from crmcore.domain.model.text import Discreet

__all__ = ["Heading", "Resolve", "Sheet", "known_by", "read_sheet", "sheet_of"]

Resolve = Callable[[Sequence[str]], Sequence[Found]]

# What stands in a cell and not above one: an e-mail, a web address, five digits or more as a day has them, no letter.
_DATA = re.compile(r".*@.*|https?:.*|.*[0-9]([\s().-]*[0-9]){4}.*|[\W\d_]+", re.DOTALL)
# What pandas writes above a column without a name.
_UNNAMED = re.compile(r"Unnamed: \d+(?:_level_\d+)?")
#: A heading that is longer is none.
_HEADING_LIMIT = 80
#: How far below the first row headings are looked for.
_TITLE_ROWS = 10


@frozen(repr=False, eq=False)
class Heading(Discreet):
    """One column of a file: where it stands, how it is named in reports, what it means, and how the file calls it.

    `text` is what the file writes, or the number of the column where that may be somebody's data.
    """

    index: int
    text: str
    column: Column
    is_code: bool
    written: str
    is_mapped: bool = False

    @property
    def telling(self) -> str:
        """What says which kind of records the file holds: the heading, or what a mapping gives in its place."""
        return self.column.code if self.is_mapped else self.written


@frozen(repr=False, eq=False)
class Sheet(Discreet):
    """A file that can be read: its headings, its rows with the line where each begins, and the rows left out.

    `table` is the file as it stands; `skipped_rows` tells of rows that say nothing. The rows can be read as often as
    somebody likes; `facts` is what is known of all of them.
    """

    file: str
    table: Table
    headings: tuple[Heading, ...]
    rows: Iterable[Row]
    facts: Facts
    bad_rows: tuple[BadRow, ...]
    skipped_rows: tuple[BadRow, ...] = ()

    @property
    def form(self) -> Form:
        """The form that the file has."""
        return self.table.form

    @property
    def id_heading(self) -> str:
        """The heading of the column of ids."""
        return next(heading.text for heading in self.headings if heading.column.meaning is Meaning.ID)

    def is_filled(self, heading: Heading) -> bool:
        """Whether a column says anything."""
        return heading.index in self.facts.filled

    def words_of(self, heading: Heading) -> list[str]:
        """The different filled cells of a column that has few, in their order."""
        return [cell for cell in self.facts.words[heading.index] if is_filled(cell)]

    def changed(self, change: Callable[[list[str]], list[str] | None]) -> "Sheet":
        """The sheet with each row that `change` makes, if any; what is known of the columns has to stay true."""
        return evolve(self, rows=_Changed(self.rows, change))

    def new_facts(self) -> Facts:
        """What is known of the rows, looked at once more."""
        columns = {heading.index: heading.column for heading in self.headings}
        nowhere = Column("", Meaning.NOWHERE)
        return facts_of(
            [columns.get(index, nowhere) for index in range(len(self.table.names))],
            ([cells for _, cells in block] for block in blocks(self.rows)),
        )

    def bad_heading(self, field: str | None, code: Fault, message: str) -> BadFile:
        """The error for a file whose headings, or the cells below one of them, are wrong."""
        return BadFile(self.bad_row(self.table.heading_line, field, code, message))

    def bad_row(self, line: int | None, field: str | None, code: Fault, message: str) -> BadRow:
        """A report about a row of this file."""
        return BadRow(self.file, line, field, code.value, message)


class _Changed:
    """Rows of which some are left out, or the cells are others; a row that becomes nothing is left out."""

    def __init__(self, rows: Iterable[Row], change: Callable[[list[str]], list[str] | None]) -> None:
        self._rows = rows
        self._change = change

    def __iter__(self) -> Iterator[Row]:
        change = self._change
        return ((line, changed) for line, cells in self._rows if (changed := change(cells)) is not None)


def read_sheet(
    path: Path,
    resolve: Resolve,
    *,
    encoding: str | None = None,
    partial: bool = False,
) -> Sheet:
    """Read a file; raises `BadFile` when its rows cannot be told apart or its headings are not understood."""
    return sheet_of(str(path), read_table(path, known_by(resolve), encoding=encoding, partial=partial), resolve)


def known_by(resolve: Resolve) -> Known:
    """How many of some headings have a place, by which a delimiter is chosen."""
    return lambda names: sum(found.column.meaning is not Meaning.NOWHERE for found in resolve(names))


def sheet_of(file: str, table: Table, resolve: Resolve) -> Sheet:
    """The sheet of a table that was read, as `read_sheet` gives it; raises `BadFile` for what is wrong in whole."""
    known = known_by(resolve)
    names = table.names
    # A file whose lines end in a delimiter has a column without a name.
    texts = ["" if _UNNAMED.fullmatch(name.strip()) else name.strip() for name in names]
    texts = [text or _number(index) for index, text in enumerate(texts)]
    found = resolve(texts)
    check = _Check([name.strip() for name in names], found, may_have_nul=table.may_have_nul)
    facts = facts_of([each.column for each in found], check.fitting(table.rows))
    if known(names) == 0:
        raise bad_file(file, table.heading_line, Fault.NO_HEADING, _no_heading(table, known))
    headings = _headings(file, table.heading_line, names, texts, found, resolve, has_rows=check.has_any)
    reports = [
        BadRow(file, line, next((each.text for each in headings if each.index == at), None), code.value, message)
        for line, at, code, message in check.bad
    ]
    rows = table.rows if check.takes_all else _Changed(table.rows, lambda cells: cells if check.fits(cells) else None)
    return Sheet(file, table, headings, rows, facts, tuple(reports), tuple(_empty_rows(file, check)))


class _Check:
    """Whether rows fit below the headings, as far as no cell has to be read for it."""

    def __init__(self, names: list[str], found: Sequence[Found], *, may_have_nul: bool) -> None:
        self._names = names
        self._may_have_nul = may_have_nul
        self._id = next((at for at, each in enumerate(found) if each.column.meaning is Meaning.ID), None)
        #: What is wrong: the line, the number of the column if it is one, the code and the message.
        self.bad: list[tuple[int, int | None, Fault, str]] = []
        self.has_any = False
        self.empty = 0
        self.first_empty: int | None = None

    @property
    def takes_all(self) -> bool:
        """Whether all rows fit."""
        return not self.bad and not self.empty

    def fits(self, cells: list[str]) -> bool:
        """Whether a row fits."""
        return any(map(is_filled, cells)) and self._wrong(cells) is None

    def fitting(self, rows: Iterable[Row]) -> Iterator[list[list[str]]]:
        """The rows that fit, some at a time; the others are kept with what is wrong."""
        for block in blocks(rows):
            fits = [cells for _, cells in block]
            width = len(self._names)
            self.has_any = self.has_any or any(len(cells) == width and any(map(is_filled, cells)) for cells in fits)
            if not self._fit_at_once(fits):
                fits = [cells for line, cells in block if self._looked(line, cells)]
            if fits:
                yield fits

    def _fit_at_once(self, rows: list[list[str]]) -> bool:
        """Whether all of these fit, where that can be seen without a look at each: they are as wide, and have ids."""
        if self._id is None or set(map(len, rows)) != {len(self._names)}:
            return False
        ids = [cells[self._id] for cells in rows]
        has_nul = self._may_have_nul and any("\0" in "".join(cells) for cells in rows)
        return all(map(str.isdecimal, ids)) and not has_nul

    def _looked(self, line: int, cells: list[str]) -> bool:
        if not any(map(is_filled, cells)):
            self.empty += 1
            self.first_empty = self.first_empty or line
            return False
        wrong = self._wrong(cells)
        if wrong is not None:
            self.bad.append((line, *wrong))
        return wrong is None

    def _wrong(self, cells: list[str]) -> tuple[int | None, Fault, str] | None:
        names = self._names
        if len(cells) != len(names):
            return None, Fault.CELL_COUNT, f"expected {len(names)} cells as in the heading, found {len(cells)}"
        if cells[0].strip() == names[0] and [cell.strip() for cell in cells] == names:
            message = "the headings come again here, as where files were joined: delete this line"
            return None, Fault.HEADING_TWICE, message
        if "\0" in "".join(cells):
            at = next(at for at, cell in enumerate(cells) if "\0" in cell)
            return at, Fault.NUL_CHARACTER, "expected text without NUL"
        return None


def _no_heading(table: Table, known: Callable[[Sequence[str]], int]) -> str:
    """Where the headings are that were not found: some reports have a title above them, some another delimiter."""
    for line, cells in islice(table.rows, _TITLE_ROWS):
        if known(cells) > 1:
            return f"expected a line of headings first; they seem to be in line {line}: delete what is above it"
    said = "expected a line of headings, found none that is known"
    inside = table.names[0].replace('"', "")
    if len(table.names) == 1 and any(known(inside.split(mark)) > 1 for mark in ";,\t|"):
        return (
            f"{said}; each row stands in one cell: split it into columns, take away quotes around whole rows, or "
            "correct the delimiter of a first line sep="
        )
    if table.form.delimiter is None or len(table.names) > 1:
        return f"{said}; a mapping says what they mean (--mapping)"
    return f"{said}; cells are separated by ; or commas or tabs, or by what a first line says, such as sep=|"


def _empty_rows(file: str, check: _Check) -> Iterable[BadRow]:
    """One report for all rows of separators, since a spreadsheet may leave thousands of them."""
    if check.empty:
        said = f"{check.empty} rows without a filled cell, skipped like empty lines; this is the first"
        yield BadRow(file, check.first_empty, None, Fault.EMPTY_ROWS.value, said)


def _headings(
    file: str,
    line: int | None,
    names: list[str],
    texts: list[str],
    found: Sequence[Found],
    resolve: Resolve,
    *,
    has_rows: bool,
) -> tuple[Heading, ...]:
    # A spreadsheet adds them to lines whose cells it could not tell apart.
    added = texts[-1].removeprefix(texts[-1].rstrip(";,"))
    if len(added) > 1:
        said = f"expected one delimiter, the headings end in {added!r} as well: take that out of each line"
        raise bad_file(file, line, Fault.NO_HEADING, said)
    suspects = [
        index
        for index, (text, (column, *_)) in enumerate(zip(texts, found, strict=True))
        if not is_known(column) and (_is_data(text) or (not has_rows and _is_run_on(texts[index:], resolve)))
    ]
    if suspects and not has_rows:
        said = (
            f"expected a line of headings, but {_number(suspects[0])} looks like data, as if the line break behind "
            "the headings were lost"
        )
        raise bad_file(file, line, Fault.NO_HEADING, said)
    headings = []
    taken: dict[str, str] = {}
    for index, (text, (column, is_code, is_mapped)) in enumerate(zip(texts, found, strict=True)):
        shown = text
        if not is_known(column) and (index in suspects or not has_rows):
            shown = _number(index)
        if column.code in taken:
            if column.meaning is not Meaning.NOWHERE:
                message = (
                    f"expected each column once, but {taken[column.code]!r} means the same; leave one of them out, "
                    "in the file or in a mapping"
                )
                raise BadFile(BadRow(file, line, text, Fault.HEADING_TWICE.value, message))
            shown = shown if shown == _number(index) else f"{shown} ({_number(index)})"
        taken[column.code] = text
        if text != WHAT_IS_WRONG:
            headings.append(Heading(index, shown, column, is_code, names[index].strip(), is_mapped))
    return tuple(headings)


def _number(index: int) -> str:
    return f"column {index + 1}"


def _is_data(text: str) -> bool:
    """Whether a text above a column looks like what stands in cells."""
    return (
        len(text) > _HEADING_LIMIT
        or not text.isprintable()
        or _DATA.fullmatch(text) is not None
        or shape_of(text) is not None
    )


def _is_run_on(texts: Sequence[str], resolve: Resolve) -> bool:
    """Whether the first of these is a heading and an id in one, such as "STATUS_ID1", with more behind it."""
    first = texts[0].rstrip("0123456789")
    return len(texts) > 1 and first != texts[0] and is_known(resolve([first])[0].column)
