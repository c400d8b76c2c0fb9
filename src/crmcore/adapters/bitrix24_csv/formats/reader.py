"""What form a file has, told by how it begins, and its rows; whatever the name of the file says."""

from pathlib import Path

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.answers import read_answers
from crmcore.adapters.bitrix24_csv.formats.delimited import read_delimited
from crmcore.adapters.bitrix24_csv.formats.markup import read_markup
from crmcore.adapters.bitrix24_csv.formats.others import other_bytes, other_text
from crmcore.adapters.bitrix24_csv.formats.table import Known, Source, Table, bad_file
from crmcore.adapters.bitrix24_csv.formats.text import text_of
from crmcore.adapters.bitrix24_csv.formats.workbooks import is_workbook, read_workbook
from crmcore.adapters.files import read_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_table"]

_EXPECTED = "expected CSV, a workbook, HTML or JSON, found "


def read_table(path: Path, known: Known, *, encoding: str | None = None, partial: bool = False) -> Table:
    """The rows of a file in whatever form; raises `BadFile` where it has none that is known."""
    file = str(path)
    try:
        content = read_file(path)
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise_alone(bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
    source = Source(path, file, content, encoding, partial)
    if (other := other_bytes(content)) is not None:
        raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
    if is_workbook(content):
        return read_workbook(source)
    text, encoding = text_of(source)
    if (other := other_text(text)) is not None:
        raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
    begins = text.lstrip()[:1]
    if begins == "<":
        return read_markup(source, text, encoding)
    if begins in ("{", "["):
        return read_answers(source, text, encoding)
    return read_delimited(source, text, encoding, known)
