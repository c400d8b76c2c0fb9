"""What form a file has, told by how it begins, and its rows; whatever the name of the file says."""

from pathlib import Path

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.answers import read_answers
from crmcore.adapters.bitrix24_csv.formats.delimited import read_delimited
from crmcore.adapters.bitrix24_csv.formats.markup import read_markup
from crmcore.adapters.bitrix24_csv.formats.table import Known, Source, Table, bad_file
from crmcore.adapters.bitrix24_csv.formats.text import Text
from crmcore.adapters.bitrix24_csv.formats.workbooks import is_workbook, read_workbook
from crmcore.adapters.files import read_beginning, read_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_table"]

#: Files that are no table in any form, by how they begin.
_OTHERS = (
    (b"%PDF", "a PDF"),
    *((mark, "a compressed file") for mark in (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")),
    *((mark, "a picture") for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    (b"SQLite format 3\0", "a database"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"{\\rtf", "a text document"),
)
#: As long as the longest of these, and as what a workbook begins with.
_BEGINNING = 32


def read_table(path: Path, known: Known, *, encoding: str | None = None, partial: bool = False) -> Table:
    """The rows of a file in whatever form; raises `BadFile` where it has none that is known.

    Rows of CSV are read from the disk whenever somebody asks for them, those of any other form are held.
    """
    file = str(path)
    try:
        begins = read_beginning(path, _BEGINNING)
        for mark, kind in _OTHERS:
            if begins.startswith(mark):
                raise bad_file(file, None, Fault.WRONG_FORMAT, f"expected CSV, a workbook, HTML or JSON, found {kind}")
        if is_workbook(begins):
            return read_workbook(Source(file, read_file(path)))
        text = Text(path, encoding)
        first = next((line.strip() for line in text.lines() if line.strip()), "")
        read_whole = {"<": read_markup, "{": read_answers, "[": read_answers}.get(first[:1])
        if read_whole is None:
            return read_delimited(file, text, known)
        return read_whole(Source(file, partial=partial), text.whole(), text.encoding)
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise_alone(bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
