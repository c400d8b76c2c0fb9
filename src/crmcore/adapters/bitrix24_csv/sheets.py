"""From the rows of a file to headings and the rows that fit them; what the cells mean is not known here."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, read_date, read_instant, shape_of
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import Form, Known, Table, bad_file
from crmcore.adapters.bitrix24_csv.words.columns import WHAT_IS_WRONG, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import Found, is_known
from crmcore.domain.model.text import Discreet

__all__ = ["Heading", "Resolve", "Sheet", "known_by", "read_sheet", "sheet_of"]

Resolve = Callable[[Sequence[str]], Sequence[Found]]

# What stands in a cell and not above one: an e-mail, a web address, five digits or more, or no letter at all.
_DATA = re.compile(r".*@.*|https?:.*|.*[0-9]([\s().-]*[0-9]){4}.*|[\W\d_]+", re.DOTALL)
# What pandas writes above a column without a name.
_UNNAMED = re.compile(r"Unnamed: \d+(?:_level_\d+)?")
# What a spreadsheet adds to lines whose cells it could not tell apart.
_JOINED = re.compile(r"[;,]{2,}$")
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

    `table` is the file as it stands; `skipped_rows` tells of rows that say nothing.
    """

    file: str
    table: Table
    headings: tuple[Heading, ...]
    rows: tuple[tuple[int, list[str]], ...]
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

    def cells_of(self, heading: Heading) -> Iterator[str]:
        """The filled cells of a column."""
        index = heading.index
        return (cell for _, cells in self.rows if (cell := cells[index]) and is_filled(cell))

    def bad_heading(self, field: str | None, code: Fault, message: str) -> BadFile:
        """The error for a file whose headings, or the cells below one of them, are wrong."""
        return BadFile(self.bad_row(self.table.heading_line, field, code, message))

    def bad_row(self, line: int | None, field: str | None, code: Fault, message: str) -> BadRow:
        """A report about a row of this file."""
        return BadRow(self.file, line, field, code.value, message)


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
    """The sheet of a table that was read, as `read_sheet` gives it; raises `BadFile` for its headings alone."""
    known = known_by(resolve)
    names, rows = table.names, table.rows
    fits = [any(map(is_filled, cells)) and len(cells) == len(names) for _, cells in rows]
    if known(names) == 0:
        raise bad_file(file, table.heading_line, Fault.NO_HEADING, _no_heading(table, known))
    headings = _headings(file, table.heading_line, names, resolve, has_rows=any(fits))
    sheet = Sheet(file, table, headings, (), ())
    stripped = [name.strip() for name in names]
    good = []
    bad = []
    empty = []
    for (line, cells), is_fitting in zip(rows, fits, strict=True):
        if not is_fitting and not any(map(is_filled, cells)):
            empty.append(line)
        elif not is_fitting:
            message = f"expected {len(names)} cells as in the heading, found {len(cells)}"
            bad.append(sheet.bad_row(line, None, Fault.CELL_COUNT, message))
        elif cells[0].strip() == stripped[0] and [cell.strip() for cell in cells] == stripped:
            message = "the headings come again here, as where files were joined: delete this line"
            bad.append(sheet.bad_row(line, None, Fault.HEADING_TWICE, message))
        elif "\0" in "".join(cells):
            field = next(heading.text for heading in headings if "\0" in cells[heading.index])
            bad.append(sheet.bad_row(line, field, Fault.NUL_CHARACTER, "expected text without NUL"))
        else:
            good.append((line, cells))
    return Sheet(file, table, headings, tuple(good), tuple(bad), tuple(_empty_rows(sheet, empty)))


def _no_heading(table: Table, known: Callable[[Sequence[str]], int]) -> str:
    """Where the headings are that were not found: some reports have a title above them, some another delimiter."""
    for line, cells in table.rows[:_TITLE_ROWS]:
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


def _empty_rows(sheet: Sheet, lines: Sequence[int]) -> Iterable[BadRow]:
    """One report for all rows of separators, since a spreadsheet may leave thousands of them."""
    if lines:
        said = f"{len(lines)} rows without a filled cell, skipped like empty lines; this is the first"
        yield sheet.bad_row(lines[0], None, Fault.EMPTY_ROWS, said)


def _headings(
    file: str, line: int | None, names: list[str], resolve: Resolve, *, has_rows: bool
) -> tuple[Heading, ...]:
    # A file whose lines end in a delimiter has a column without a name.
    texts = ["" if _UNNAMED.fullmatch(name.strip()) else name.strip() for name in names]
    texts = [text or _number(index) for index, text in enumerate(texts)]
    if texts and (joined := _JOINED.search(texts[-1])):
        said = f"expected one delimiter, the headings end in {joined[0]!r} as well: take that out of each line"
        raise bad_file(file, line, Fault.NO_HEADING, said)
    found = resolve(texts)
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
        or read_date(text) is not None
        or read_instant(text) is not None
        or shape_of(text) is not None
    )


def _is_run_on(texts: Sequence[str], resolve: Resolve) -> bool:
    """Whether the first of these is a heading and an id in one, such as "STATUS_ID1", with more behind it."""
    first = texts[0].rstrip("0123456789")
    return len(texts) > 1 and first != texts[0] and is_known(resolve([first])[0].column)
