"""What form a file has, told by how it begins, and its rows; whatever the name of the file says."""

from itertools import islice
from pathlib import Path

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.answers import read_answers
from crmcore.adapters.bitrix24_csv.formats.delimited import read_delimited
from crmcore.adapters.bitrix24_csv.formats.markup import read_markup
from crmcore.adapters.bitrix24_csv.formats.others import other_bytes, other_text
from crmcore.adapters.bitrix24_csv.formats.table import Known, Source, Table, bad_file
from crmcore.adapters.bitrix24_csv.formats.text import Text
from crmcore.adapters.bitrix24_csv.formats.workbooks import is_workbook, read_workbook
from crmcore.adapters.files import read_beginning, read_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_table"]

_EXPECTED = "expected CSV, a workbook, HTML or JSON, found "
#: As many bytes as a workbook begins with, and other files that are known by them.
_BEGINNING = 32
#: As many lines as those are known by that were read as text.
_FIRST_LINES = 5


def read_table(path: Path, known: Known, *, encoding: str | None = None, partial: bool = False) -> Table:
    """The rows of a file in whatever form; raises `BadFile` where it has none that is known.

    Rows of CSV are read from the disk whenever somebody asks for them, those of any other form are held.
    """
    file = str(path)
    try:
        begins = read_beginning(path, _BEGINNING)
        if (other := other_bytes(begins)) is not None:
            raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
        if is_workbook(begins):
            return read_workbook(Source(path, file, read_file(path), encoding, partial))
        text = Text(path, encoding)
        lines = islice((line for line in text.lines() if line.strip()), _FIRST_LINES)
        first = "".join(lines).lstrip()
        if (other := other_text(first)) is not None:
            raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
        read_whole = {"<": read_markup, "{": read_answers, "[": read_answers}.get(first[:1])
        if read_whole is None:
            return read_delimited(file, text, known)
        source = Source(path, file, b"", encoding, partial)
        return read_whole(source, text.whole(), text.encoding)
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise_alone(bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
