"""The one filled sheet of a workbook becomes a table, with its cells as a CSV file would have them."""

import sys
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.table import Form, Source
from crmcore.adapters.bitrix24_csv.formats.workbooks import is_workbook, read_workbook

Rows = list[list[Any]]


#: A text that the written workbook has as one without characters, which a formula may come to.
NO_TEXT = "no text"


def _book(*sheets: Rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    content, changed = BytesIO(), BytesIO()
    book.save(content)
    with ZipFile(content) as package, ZipFile(changed, "w") as copy:
        for name in package.namelist():
            copy.writestr(name, package.read(name).replace(NO_TEXT.encode(), b""))
    return changed.getvalue()


@pytest.mark.parametrize(
    "value, cell",
    [
        (True, "Y"),
        (False, "N"),
        (7, "7"),
        (0, "0"),
        (1.5, "1.5"),
        (-2.0, "-2"),
        (2**53 - 1, "9007199254740991"),
        (-(2**53), "-9007199254740992.0"),
        (2**53, "9007199254740992.0"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        ("text", "text"),
        (datetime(2026, 11, 23, 15, 4, 5), "2026-11-23 15:04:05"),  # noqa: DTZ001  # cells have no zone
        (date(2026, 11, 23), "2026-11-23"),
    ],
)
def test_a_cell_stands_as_a_csv_file_would_have_it(value: object, cell: str) -> None:
    """Whole numbers have no point as long as no digit was lost."""
    table = read_workbook(Source("leads.xlsx", _book([["x", "y"], [value, "z"]])))
    assert table.rows == [(2, [cell, "z"])]


def test_a_sheet_ends_with_its_last_filled_cells() -> None:
    """Empty rows are passed over and counted, and so are empty sheets."""
    rows: Rows = [[], [None, ""], ["ID", "", "TITLE", None], [1, None, None, NO_TEXT], [], [None, "a", "b"]]
    table = read_workbook(Source("leads.xlsx", _book([], rows, [["", None, NO_TEXT]])))
    assert (table.form, table.heading_line, table.names) == (Form("workbook"), 3, ["ID", "", "TITLE"])
    assert table.rows == [(4, ["1", "", ""]), (6, ["", "a", "b"])]
    assert table.may_have_nul


def _zip(name: str) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as package:
        package.writestr(name, "x")
    return content.getvalue()


SHEETS = (
    "expected one sheet with rows, found {} (hidden ones count): leave the one of leads, or save it as CSV "
    "(wrong_format)"
)
UNREADABLE = "expected a workbook (xlsx, ods, xls), since the file begins like one; save it again, or as CSV"
REFUSED = {
    "two sheets": (_book([["ID"]], [["ID"]]), SHEETS.format(2)),
    "empty sheets": (_book([], [[None, NO_TEXT]]), SHEETS.format(0)),
    "a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "expected a workbook without a password: save it without one, or as CSV (wrong_format)",
    ),
    "another package": (
        _zip("word/document.xml"),
        "expected a workbook, found a text document: save its table as a workbook or as CSV (wrong_format)",
    ),
    "a package that only looks like one": (_zip("xl/workbook.xml"), f"{UNREADABLE} (wrong_format)"),
    "the beginning of an old one": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"{UNREADABLE} (wrong_format)"),
}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_one_sheet_is_refused(case: str) -> None:
    """The report says what was found, and what to do."""
    content, said = REFUSED[case]
    assert is_workbook(content)
    with pytest.raises(BadFile) as caught:
        read_workbook(Source("leads.xlsx", content))
    assert str(caught.value) == f"leads.xlsx: {said}"


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be saved as CSV instead."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(BadFile) as caught:
        read_workbook(Source("leads.xlsx", _book([["ID"]])))
    assert str(caught.value) == (
        "leads.xlsx: this is a workbook; python_calamine is not installed; it comes with: pip install "
        "'crmcore[excel]'; or save it as CSV (missing_extra)"
    )
