"""A file as a table: its first row, the other rows with where each begins, and what was told on the way."""

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.domain.model.text import Discreet, Shown

__all__ = ["Form", "Known", "Row", "Source", "Table", "bad_file"]

#: The line where a row begins, or its number, and its cells.
Row = tuple[int, list[str]]

#: How many of these headings are known: what a delimiter is chosen by.
Known = Callable[[Sequence[str]], int]


@frozen(repr=False, eq=False)
class Source(Discreet):
    """A file that is read whole: its name in reports, its bytes unless it is text, and what its reader was told.

    `partial` takes one page of a longer list.
    """

    file: str
    content: bytes = b""
    partial: bool = False


@frozen(repr=False, eq=False)
class Form(Shown):
    """The form that a file has: CSV, JSON, HTML or a workbook; its encoding and delimiter where it has them."""

    name: str
    encoding: str | None = None
    delimiter: str | None = None


@frozen(repr=False, eq=False)
class Table(Discreet):
    """The rows of a file, each with the line where it begins or its number; so too the headings, if they have one.

    The rows can be read as often as somebody likes; those of a CSV file are read from the disk each time. Cells have no
    NUL unless they may.
    """

    form: Form
    names: list[str]
    rows: Iterable[Row]
    heading_line: int | None = 1
    may_have_nul: bool = True


def bad_file(file: str, line: int | None, code: Fault, message: str, field: str | None = None) -> BadFile:
    """The error for a file that cannot be read as a whole; `field` is the column or key that is wrong."""
    return BadFile(BadRow(file, line, field, code.value, message))
