"""Reading CSV: the delimiter by which most headings are known, or the one that the first line names."""

import csv
import re
from collections.abc import Sequence
from io import StringIO

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Form, Known, Source, Table, bad_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_delimited"]

_DELIMITERS = (";", ",", "\t")
#: How far below the first line headings are looked for.
_TITLE_LINES = 10
#: Those that a file has to name.
_OTHERS = ("|", "^", "~")
_ALL = (*_DELIMITERS, *_OTHERS)
#: What messages call one that nobody sees.
_NAMES = {"\t": "tabs"}
# What spreadsheets write to themselves before the headings.
_NAMED = re.compile(r"(\"?)sep=(.)\1\r?\n?", re.IGNORECASE)


def read_delimited(source: Source, text: str, encoding: str, known: Known) -> Table:
    """The rows of a CSV file; raises `BadFile` where they cannot be told apart."""
    start = len(text) - len(text.lstrip("\r\n"))
    named = _NAMED.match(text, start)
    # A mark in front of a line is left from a file that was joined to another one.
    body = (text[named.end() :] if named else text).replace("\n\ufeff", "\n")
    before = text[: named.end()].count("\n") if named else 0
    first = body.lstrip("\r\n")
    if not first.strip():
        raise bad_file(source.file, 1, Fault.EMPTY_FILE, "expected a line of headings")
    if (
        named
        and _delimiter(first, known, (named[2],)) is None
        and (other := _delimiter(first, known, _ALL)) is not None
    ):
        said = (
            f"expected headings with {named[2]} between them, as the first line says, found {_NAMES.get(other, other)}"
        )
        raise bad_file(source.file, 1, Fault.NO_HEADING, f"{said}: correct that line, or delete it")
    delimiter = named[2] if named else _delimiter(first, known, _DELIMITERS) or _unnamed(source, first, known)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(StringIO(body, newline=""), delimiter=delimiter, strict=True)
    line = before + 1
    try:
        for cells in reader:
            if cells:  # an empty line carries nothing
                rows.append((line, cells))
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise_alone(bad_file(source.file, line, *_fault(str(error))))
    heading_line, names = rows.pop(0)
    return Table(Form("CSV", encoding, delimiter), names, rows, heading_line)


def _unnamed(source: Source, text: str, known: Known) -> str:
    """The delimiter of a file in which none of the usual ones gives a heading that is known."""
    other = _delimiter(text, known, _OTHERS)
    if other is not None:
        said = (
            f"expected headings with ; or , or tabs between them, found {other}: begin the file with a line sep={other}"
        )
        raise bad_file(source.file, 1, Fault.NO_HEADING, said)
    # A title stands above the headings, or nobody knows them.
    below = (_delimiter(line, known, _DELIMITERS) for line in text.split("\n", _TITLE_LINES)[1:_TITLE_LINES])
    line, _, _ = text.partition("\n")
    return next(filter(None, below), None) or max(_DELIMITERS, key=line.count)


def _delimiter(text: str, known: Known, delimiters: Sequence[str]) -> str | None:
    """The delimiter under which the first line has the most headings that are known, if one has any."""
    best: tuple[int, str | None] = (0, None)
    for delimiter in delimiters:
        try:
            names = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            continue
        count = known(names)
        if count > best[0]:
            best = (count, delimiter)
    return best[1]


def _fault(error: str) -> tuple[Fault, str]:
    """The rows behind such a fault cannot be told apart, so it is one of the file and not of a row."""
    if "end of data" in error:
        return Fault.UNTERMINATED_QUOTE, "expected the quote that is opened in this row to be closed"
    if "larger than field limit" in error:
        return Fault.CELL_TOO_LARGE, f"expected cells of at most {csv.field_size_limit()} characters"
    return Fault.BROKEN_QUOTING, "expected a delimiter behind a closing quote; quotes inside a cell are doubled"
