"""Reading CSV: the delimiter by which most headings are known, or the one that the first line names."""

import csv
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, dropwhile, islice, repeat
from operator import attrgetter, itemgetter

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Form, Known, Row, Table, bad_file
from crmcore.adapters.bitrix24_csv.formats.text import Text
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


def read_delimited(file: str, text: Text, known: Known) -> Table:
    """The rows of a CSV file; raises `BadFile` where the headings cannot be told apart.

    What is wrong further down is raised where the rows are read.
    """
    body = _Body(text)
    if not any(line.strip() for line in body.lines()):
        raise bad_file(file, 1, Fault.EMPTY_FILE, "expected a line of headings")
    named = body.named
    if named and not _delimiter(body.content, known, named) and (other := _delimiter(body.content, known, _ALL)):
        said = f"expected headings with {named} between them, as the first line says, found {_NAMES.get(other, other)}"
        raise bad_file(file, 1, Fault.NO_HEADING, f"{said}: correct that line, or delete it")
    delimiter = named or _delimiter(body.content, known, _DELIMITERS) or _unnamed(file, body, known)
    rows = _rows(file, body, delimiter)
    heading_line, names = next(rows)
    rows.close()
    form, below = Form("CSV", text.encoding, delimiter), _Rows(file, body, delimiter)
    return Table(form, names, below, heading_line, may_have_nul=text.has_nul)


class _Body:
    """The lines behind one that names the delimiter; `named` is the delimiter, `before` how many lines that takes."""

    def __init__(self, text: Text) -> None:
        self.text = text
        passed, line = next(((passed, line) for passed, line in enumerate(text.lines(), 1) if line.strip()), (0, ""))
        named = _NAMED.match(line)
        self.named = named[2] if named else None
        #: What stands behind it in its line, and how many lines of the text are read by then.
        self._rest, self._passed = (line[named.end() :], passed) if named else ("", 0)
        self.before = self._passed - bool(self._rest)

    def content(self) -> Iterator[str]:
        """The same from the first one on that says anything."""
        return dropwhile(lambda line: not line.strip(), self.lines())

    def lines(self) -> Iterator[str]:
        """Each line without a mark before it, which is left from a file that was joined to another one."""
        lines = self.text.lines()
        for _ in range(self._passed):
            next(lines)
        if self._rest:
            lines = chain((self._rest,), lines)
        return self._without_marks(lines) if self.text.has_inner_marks else lines

    @staticmethod
    def _without_marks(lines: Iterator[str]) -> Iterator[str]:
        above = "\n"
        for line in lines:
            yield line[1:] if line[0] == "\ufeff" and above.endswith("\n") else line
            above = line


class _Rows:
    """The rows below the headings, read anew for each that asks."""

    def __init__(self, file: str, body: _Body, delimiter: str) -> None:
        self._given = file, body, delimiter

    def __iter__(self) -> Iterator[Row]:
        rows = _rows(*self._given)
        next(rows)
        return rows


def _rows(file: str, body: _Body, delimiter: str) -> Generator[Row, None, None]:
    """All rows, that of the headings first; raises `BadFile` behind the last row that can be told apart.

    How many lines were read before a row is asked before the row is; an empty line carries nothing.
    """
    reader = csv.reader(body.lines(), delimiter=delimiter, strict=True)
    lines = map((body.before + 1).__add__, map(attrgetter("line_num"), repeat(reader)))
    try:
        yield from filter(itemgetter(1), zip(lines, reader, strict=False))
    except csv.Error as error:
        del reader, lines  # which have the file open, as long as somebody keeps what is raised here
        body.text.check()  # another encoding explains more
        raise_alone(bad_file(file, _line_of_fault(body, delimiter), *_fault(str(error))))


def _line_of_fault(body: _Body, delimiter: str) -> int:
    """Where the row begins that cannot be told apart."""
    reader = csv.reader(body.lines(), delimiter=delimiter, strict=True)
    line = 0
    with suppress(csv.Error):
        for _ in reader:
            line = reader.line_num
    return body.before + line + 1


def _unnamed(file: str, body: _Body, known: Known) -> str:
    """The delimiter of a file in which none of the usual ones gives a heading that is known."""
    other = _delimiter(body.content, known, _OTHERS)
    if other is not None:
        body.text.check()
        said = (
            f"expected headings with ; or , or tabs between them, found {other}: begin the file with a line sep={other}"
        )
        raise bad_file(file, 1, Fault.NO_HEADING, said)
    # A title stands above the headings, or nobody knows them.
    title, *below = islice(body.content(), _TITLE_LINES)
    found = (_delimiter(partial(iter, (line,)), known, _DELIMITERS) for line in below)
    return next(filter(None, found), None) or max(_DELIMITERS, key=title.count)


def _delimiter(lines: Callable[[], Iterator[str]], known: Known, delimiters: Iterable[str]) -> str | None:
    """The delimiter under which the first of lines has the most headings that are known, if one has any."""
    best: tuple[int, str | None] = (0, None)
    for delimiter in delimiters:
        try:
            names = next(csv.reader(lines(), delimiter=delimiter, strict=True))
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
