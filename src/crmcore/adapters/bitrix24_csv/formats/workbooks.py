"""Reading workbooks of spreadsheet programs, with the extra `excel`."""

from datetime import date, datetime
from io import BytesIO

from crmcore.adapters import missing_extra
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.old_workbooks import check_old_workbook
from crmcore.adapters.bitrix24_csv.formats.packages import UNREADABLE, check_package
from crmcore.adapters.bitrix24_csv.formats.table import Form, Source, Table, bad_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["is_workbook", "read_workbook"]

#: What xlsx and ods begin with, and the older xls.
_ZIP = b"PK\x03\x04"
_MARKS = (_ZIP, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
#: The stream in which a protected workbook stands.
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
#: Above this a number has lost digits.
_EXACT = 2**53


def is_workbook(content: bytes) -> bool:
    """Whether a file begins like a workbook."""
    return content.startswith(_MARKS)


def read_workbook(source: Source) -> Table:
    """The rows of the one filled sheet; raises `BadFile` for several, and without the extra `excel`."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as failed:
        said = f"this is a workbook; {missing_extra(failed, 'excel')}; or save it as CSV"
        raise_alone(bad_file(source.file, None, Fault.MISSING_EXTRA, said))
    if _PROTECTED in source.content:
        said = "expected a workbook without a password: save it without one, or as CSV"
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    check = check_package if source.content.startswith(_ZIP) else check_old_workbook
    wrong = check(source.content)
    if wrong is not None:
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, wrong)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(source.content))
        sheets = [
            rows for name in book.sheet_names if (rows := book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        ]
    except CalamineError:
        raise_alone(bad_file(source.file, None, Fault.WRONG_FORMAT, UNREADABLE))
    filled = [rows for rows in sheets if any(cell != "" for row in rows for cell in row)]
    if len(filled) != 1:
        said = (
            f"expected one sheet with rows, found {len(filled)} (hidden ones count): leave the one of leads, or save "
            "it as CSV"
        )
        raise bad_file(source.file, None, Fault.WRONG_FORMAT, said)
    texts = [[_cell(cell) for cell in row] for row in filled[0]]
    width = max(column for row in texts for column, cell in enumerate(row, 1) if cell)
    numbered = [(number, row[:width]) for number, row in enumerate(texts, 1) if any(row)]
    (line, names), *others = numbered
    return Table(Form("workbook"), names, others, line)


def _cell(value: object) -> str:
    """A cell as a CSV file would have it."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
