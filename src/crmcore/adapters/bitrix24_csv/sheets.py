"""Reading a CSV file into headings and rows with their lines; what the cells mean is not known here."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, read_date, read_instant, shape_of
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import Found, is_known
from crmcore.adapters.files import read_file
from crmcore.domain.model.errors import raise_alone
from crmcore.domain.model.text import Discreet

__all__ = ["Heading", "Sheet", "read_sheet"]

_DELIMITERS = (";", ",", "\t")

Resolve = Callable[[Sequence[str]], Sequence[Found]]

# What stands in a cell and not above one: an e-mail, a web address, five digits or more, or no letter at all.
_DATA = re.compile(r".*@.*|https?:.*|.*[0-9]([\s().-]*[0-9]){4}.*|[\W\d_]+", re.DOTALL)
#: A heading that is longer is none.
_HEADING_LIMIT = 80


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


@frozen(repr=False, eq=False)
class Sheet(Discreet):
    """A file that can be read: its headings, its rows with the line where each begins, and the rows left out.

    `skipped_rows` tells of rows that say nothing.
    """

    file: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[int, list[str]], ...]
    bad_rows: tuple[BadRow, ...]
    skipped_rows: tuple[BadRow, ...] = ()

    def cells_of(self, heading: Heading) -> Iterator[str]:
        """The filled cells of a column."""
        index = heading.index
        return (cell for _, cells in self.rows if (cell := cells[index]) and is_filled(cell))

    def bad_row(self, line: int, field: str | None, code: Fault, message: str) -> BadRow:
        """A report about a row of this file."""
        return BadRow(self.file, line, field, code.value, message)


def read_sheet(path: Path, resolve: Resolve) -> Sheet:
    """Read a file; raises `BadFile` when its rows cannot be told apart or its headings are not understood."""
    file = str(path)
    text = _text(path, file)
    first = text.lstrip("\r\n")
    if not first.strip():
        raise _bad_file(file, 1, Fault.EMPTY_FILE, "expected a line of headings")
    delimiter = _delimiter(first, resolve)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:  # an empty line carries nothing
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise_alone(_bad_file(file, line, *_csv_fault(str(error))))
    heading_line, names = rows.pop(0)
    fits = [any(map(is_filled, cells)) and len(cells) == len(names) for _, cells in rows]
    headings = _headings(file, heading_line, names, resolve, has_rows=any(fits))
    sheet = Sheet(file, headings, (), ())
    good = []
    bad = []
    empty = []
    has_nul = "\0" in text  # asked once: a long text is slow to search
    for (line, cells), is_fitting in zip(rows, fits, strict=True):
        if not is_fitting and not any(map(is_filled, cells)):
            empty.append(line)
        elif not is_fitting:
            message = f"expected {len(headings)} cells as in the heading, found {len(cells)}"
            bad.append(sheet.bad_row(line, None, Fault.CELL_COUNT, message))
        elif has_nul and any("\0" in cell for cell in cells):
            field = next(heading.text for heading in headings if "\0" in cells[heading.index])
            bad.append(sheet.bad_row(line, field, Fault.NUL_CHARACTER, "expected text without NUL"))
        else:
            good.append((line, cells))
    return Sheet(file, headings, tuple(good), tuple(bad), tuple(_empty_rows(sheet, empty)))


def _empty_rows(sheet: Sheet, lines: Sequence[int]) -> Iterable[BadRow]:
    """One report for all rows of separators, since a spreadsheet may leave thousands of them."""
    if lines:
        said = f"{len(lines)} rows without a filled cell, passed over like empty lines; this is the first"
        yield sheet.bad_row(lines[0], None, Fault.EMPTY_ROWS, said)


def _text(path: Path, file: str) -> str:
    try:
        content = read_file(path)
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise_alone(_bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise_alone(_bad_file(file, line, Fault.UNKNOWN_ENCODING, "expected a file saved as UTF-8"))


def _delimiter(text: str, resolve: Resolve) -> str:
    """The delimiter under which the first line has the most headings that are known; `;` where none has more."""
    best = (0, _DELIMITERS[0])
    for delimiter in _DELIMITERS:
        try:
            names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            continue
        known = sum(column.meaning is not Meaning.NOWHERE for column, _ in resolve(names))
        if known > best[0]:
            best = (known, delimiter)
    return best[1]


def _csv_fault(error: str) -> tuple[Fault, str]:
    """The rows behind such a fault cannot be told apart, so it is one of the file and not of a row."""
    if "end of data" in error:
        return Fault.UNTERMINATED_QUOTE, "expected the quote that is opened in this row to be closed"
    if "larger than field limit" in error:
        return Fault.CELL_TOO_LARGE, f"expected cells of at most {csv.field_size_limit()} characters"
    return Fault.BROKEN_QUOTING, "expected a delimiter behind a closing quote; quotes inside a cell are doubled"


def _headings(file: str, line: int, names: list[str], resolve: Resolve, *, has_rows: bool) -> tuple[Heading, ...]:
    # A file whose lines end in a delimiter has a column without a name.
    texts = [name.strip() or _number(index) for index, name in enumerate(names)]
    found = resolve(texts)
    if all(column.meaning is Meaning.NOWHERE for column, _ in found):
        raise _bad_file(file, line, Fault.NO_HEADING, "expected a line of headings, found none that is known")
    suspects = [
        index
        for index, (text, (column, _)) in enumerate(zip(texts, found, strict=True))
        if not is_known(column) and (_is_data(text) or (not has_rows and _is_run_on(texts[index:], resolve)))
    ]
    if suspects and not has_rows:
        said = (
            f"expected a line of headings, but {_number(suspects[0])} looks like data, as if the line break behind "
            "the headings were lost"
        )
        raise _bad_file(file, line, Fault.NO_HEADING, said)
    headings = []
    taken: dict[str, str] = {}
    for index, (text, (column, is_code)) in enumerate(zip(texts, found, strict=True)):
        shown = text
        if not is_known(column) and (index in suspects or not has_rows):
            shown = _number(index)
        if column.code in taken:
            if column.meaning is not Meaning.NOWHERE:
                message = f"expected each column once, but {taken[column.code]!r} means the same"
                raise BadFile(BadRow(file, line, text, Fault.HEADING_TWICE.value, message))
            shown = shown if shown == _number(index) else f"{shown} ({_number(index)})"
        taken[column.code] = text
        headings.append(Heading(index, shown, column, is_code, text))
    if not any(heading.column.meaning is Meaning.ID for heading in headings):
        raise _bad_file(file, line, Fault.MISSING_COLUMN, "expected a column ID")
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


def _bad_file(file: str, line: int | None, code: Fault, message: str) -> BadFile:
    return BadFile(BadRow(file, line, None, code.value, message))
