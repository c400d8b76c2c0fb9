"""A workbook that would unpack to more than a machine has is refused before a reader makes room for it."""

import io
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from crmcore.adapters.bitrix24_csv.formats import packages
from crmcore.adapters.bitrix24_csv.formats.packages import CELL_LIMIT, UNREADABLE, check_package

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"


def _xlsx(*places: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    for place in places:
        sheet[place] = "x"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _ods(rows: str) -> bytes:
    return _zip({"content.xml": f'<d xmlns:table="{_TABLE}"><table:table>{rows}</table:table></d>'.encode()})


def _zip(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as package:
        for name, member in members.items():
            package.writestr(name, member)
    return content.getvalue()


_FILLED = "<table:table-cell><p>x</p></table:table-cell>"
_EMPTY = '<table:table-cell table:number-columns-repeated="16000"/>'


@pytest.mark.parametrize(
    "content",
    [
        _xlsx("A1", "XFD1048576"),
        _xlsx("A1048576", "XFD1"),
        _zip({"xl/worksheets/sheet1.xml": b"<row r='1048576'><c r = 'XFD9' /></row>"}),
        _ods(f'<table:table-row table:number-rows-repeated="1048576">{_EMPTY}{_FILLED}</table:table-row>'),
        _ods('<table:table-row><table:table-cell table:number-columns-repeated="99000000"><p/></table:table-cell>'
             "</table:table-row>"),
    ],
)  # fmt: skip
def test_a_cell_far_away_is_refused(content: bytes) -> None:
    """A reader would make room for every cell before it."""
    wrong = check_package(content)
    assert wrong is not None
    assert wrong.startswith(f"expected at most {CELL_LIMIT:,} cells")


@pytest.mark.parametrize(
    "content",
    [
        _xlsx("A1", "Z1", "A50000"),
        _ods(f"<table:table-row>{_FILLED}{_EMPTY}</table:table-row>"
             f'<table:table-row table:number-rows-repeated="1048575">{_EMPTY}</table:table-row>'),
    ],
)  # fmt: skip
def test_what_is_empty_behind_the_last_cell_does_not_count(content: bytes) -> None:
    """Spreadsheet programs write the empty rest of a sheet as one row that is repeated."""
    assert check_package(content) is None


def test_a_place_between_two_parts_is_seen() -> None:
    """A member is read by parts, and the place stands where one ends."""
    for before in range(2**20 - 24, 2**20 + 2):
        content = _zip({"xl/worksheets/sheet1.xml": b" " * before + b'<c r="XFD1048576">' + b" " * 200})
        assert check_package(content) is not None, before


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted while it is unpacked; what it says of its size is not believed."""
    monkeypatch.setattr(packages, "FILE_LIMIT", 3_000_000)
    assert check_package(_zip({"xl/a": b"0" * 1_500_000, "b": b"0" * 1_400_000})) is None
    assert check_package(_zip({"a": b"0" * 1_500_000, "b": b"0" * 1_600_000})) == (
        "expected a workbook that unpacks to at most 3,000,000 bytes"
    )


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_workbook_is_refused(tmp_path: Path, at: float) -> None:
    """Wherever it is cut."""
    whole = _xlsx("A1")
    path = tmp_path / "leads.xlsx"
    path.write_bytes(whole[: int(len(whole) * at)])
    with pytest.raises(BadFile) as caught:
        read_leads(path)
    assert str(caught.value) == f"{path}: {UNREADABLE} (wrong_format)"


def _formula(text: str, place: str = "B2") -> bytes:
    book = openpyxl.Workbook()
    book["Sheet"]["A1"], book["Sheet"][place] = "x", text
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(xml: str) -> bytes:
    return _zip({"xl/worksheets/sheet1.xml": f"<sheetData><row>{xml}</row></sheetData>".encode()})


@pytest.mark.parametrize(
    "content, place",
    [
        (_formula('=IF(A1="x","JUNK","NEW")'), "B2"),
        (_cell("<c r='C7'><f>1+1</f><v/></c>"), "C7"),
        (_cell('<x:c r="C7" s="1"><x:f t="shared" si="0"/></x:c>'), "C7"),
        (_cell("<c r='A1'/>" * 95_324 + f"<c r='C7'><f>{'1+' * 4000}1</f></c>"), "C7"),
        (_cell("<c><f>1+1</f></c>"), "a cell"),
    ],
)
def test_a_formula_that_nobody_computed_is_refused(content: bytes, place: str) -> None:
    """A reader takes its cell for an empty one, so that a lost lead would have no stage."""
    wrong = check_package(content)
    assert wrong is not None
    assert wrong.startswith(f"expected a value beside each formula, found none in {place}: ")


@pytest.mark.parametrize(
    "cell",
    [
        "<c r='C7'><f>1+1</f><v>2</v></c>",
        "<c r='C7' t='str'><f>A1</f><v></v></c>",
        "<c r='C7'><v></v></c>",
        "<c r='C7' t='inlineStr'><is><t>&lt;f>1&lt;/f></t></is></c>",
    ],
)
def test_what_has_a_value_is_no_open_formula(cell: str) -> None:
    """A formula may come to a text without characters, and a text may look like a formula."""
    assert check_package(_cell(cell)) is None


@pytest.mark.parametrize(
    "cell", ["<c r='C7' t='e'><v>#N/A</v></c>", '<x:c t="e" r="C7"><x:f>NA()</x:f><x:v>#N/A</x:v></x:c>']
)
def test_an_error_of_a_formula_is_refused(cell: str) -> None:
    """A reader takes its cell for an empty one as well; a CSV file would have the error as a word, in a bad row."""
    wrong = check_package(_cell(cell))
    assert wrong is not None
    assert wrong.startswith("expected no errors such as #N/A, found one in C7: ")


_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"


@pytest.mark.parametrize(
    "attributes, said",
    [
        ('table:formula="of:=NA()" o:value-type="string" c:value-type="error"', "expected no errors such as #N/A"),
        ('table:formula="of:=1+1"', "expected a value beside each formula"),
        ('table:formula="of:=1+1" o:value-type="float" o:value="2" c:value-type="float"', None),
        ('o:value-type="string" c:value-type="string"', None),
    ],
)
def test_an_open_document_is_held_to_the_same(attributes: str, said: str | None) -> None:
    """Its errors and open formulas read as empty cells too."""
    cell = f'<table:table-cell xmlns:o="{_OFFICE}" xmlns:c="{_CALC}" {attributes}><p>x</p></table:table-cell>'
    wrong = check_package(_ods(f"<table:table-row>{cell}</table:table-row>"))
    assert (wrong and wrong.partition(",")[0]) == said
