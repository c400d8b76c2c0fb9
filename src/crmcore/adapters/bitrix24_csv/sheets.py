"""Reading a CSV file into headings and rows with their lines; what the cells mean is not known here."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.domain.model.text import Discreet

__all__ = ["Heading", "Sheet", "read_sheet"]

_DELIMITERS = (";", ",", "\t")

Resolve = Callable[[str], tuple[Column, bool]]


@frozen(repr=False, eq=False)
class Heading(Discreet):
    """One column of a file: where it stands, how the file calls it, and what that means."""

    index: int
    text: str
    column: Column
    is_code: bool


@frozen(repr=False, eq=False)
class Sheet(Discreet):
    """A file that can be read: its headings, its rows with the line where each begins, and the rows left out."""

    file: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[int, list[str]], ...]
    bad_rows: tuple[BadRow, ...]

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
        raise _bad_file(file, line, *_csv_fault(str(error))) from None
    heading_line, names = rows.pop(0)
    headings = _headings(file, heading_line, names, resolve)
    sheet = Sheet(file, headings, (), ())
    good = []
    bad = []
    has_nul = "\0" in text  # asked once: a long text is slow to search
    for line, cells in rows:
        if len(cells) != len(headings):
            message = f"expected {len(headings)} cells as in the heading, found {len(cells)}"
            bad.append(sheet.bad_row(line, None, Fault.CELL_COUNT, message))
        elif has_nul and any("\0" in cell for cell in cells):
            field = next(heading.text for heading in headings if "\0" in cells[heading.index])
            bad.append(sheet.bad_row(line, field, Fault.NUL_CHARACTER, "expected text without NUL"))
        else:
            good.append((line, cells))
    return Sheet(file, headings, tuple(good), tuple(bad))


def _text(path: Path, file: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise _bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _bad_file(file, line, Fault.UNKNOWN_ENCODING, "expected a file saved as UTF-8") from None


def _delimiter(text: str, resolve: Resolve) -> str:
    """The delimiter under which the first line has the most headings that are known; `;` where none has more."""
    best = (0, _DELIMITERS[0])
    for delimiter in _DELIMITERS:
        try:
            names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            continue
        known = sum(resolve(name)[0].meaning is not Meaning.NOWHERE for name in names)
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


def _headings(file: str, line: int, names: list[str], resolve: Resolve) -> tuple[Heading, ...]:
    # A file whose lines end in a delimiter has a column without a name.
    texts = [name.strip() or f"column {index + 1}" for index, name in enumerate(names)]
    found = [resolve(text) for text in texts]
    if all(column.meaning is Meaning.NOWHERE for column, _ in found):
        raise _bad_file(file, line, Fault.NO_HEADING, "expected a line of headings, found none that is known")
    headings = []
    taken: dict[str, str] = {}
    for index, (text, (column, is_code)) in enumerate(zip(texts, found, strict=True)):
        if column.code in taken:
            message = f"expected each column once, but {taken[column.code]!r} means the same"
            raise BadFile(BadRow(file, line, text, Fault.HEADING_TWICE.value, message))
        taken[column.code] = text
        headings.append(Heading(index, text, column, is_code))
    if not any(heading.column.meaning is Meaning.ID for heading in headings):
        raise _bad_file(file, line, Fault.MISSING_COLUMN, "expected a column ID")
    return tuple(headings)


def _bad_file(file: str, line: int | None, code: Fault, message: str) -> BadFile:
    return BadFile(BadRow(file, line, None, code.value, message))
