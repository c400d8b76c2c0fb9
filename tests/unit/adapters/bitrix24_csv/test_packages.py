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


def _sheet(xml: str) -> bytes:
    return _zip({"xl/worksheets/sheet1.xml": f"<sheetData>{xml}</sheetData>".encode()})


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


#: A sheet, and how many cells it has room for.
ROOM = [
    (_sheet('<c r="B3"/>'), 6),
    (_sheet('<c r="Z1"/>'), 26),
    (_sheet("<c r='AA1'/>"), 27),
    (_sheet('<c r="AZ2"/><c r="A1"/>'), 104),
    (_sheet('<c r="XFD1"/>'), 16_384),
    (_sheet('<row r="7"><c r="B2"/></row><row r="3"/>'), 14),
    (_sheet('<c r="C"/>'), 3),
    (_sheet('<row r="7"/>'), 0),
    (_sheet(""), 0),
    (_zip({"xl/worksheets/a.xml": b'<c r="B9"/>', "xl/worksheets/b.xml": b'<c r="C1"/>', "xl/b": b'<c r="Z9"/>'}), 18),
    (_ods(f"<table:table-row>{_FILLED}</table:table-row>"), 1),
    (_ods(f"<table:table-row>{_FILLED * 3}<table:table-cell/></table:table-row>" * 2), 6),
    (_ods(f"<table:table-row><table:table-cell/><table:covered-table-cell/>{_FILLED}</table:table-row>"), 3),
    (_ods(f'<table:table-row><table:covered-table-cell table:number-columns-repeated="4"/>{_FILLED}</table:table-row>'),
     5),
    (_ods(f'<table:table-row table:number-rows-repeated="9"/><table:table-row>{_FILLED}</table:table-row>'
          "<table:table-row/>"), 10),
    (_ods(f"<table:table-row>{_FILLED * 2}</table:table-row><table:table-row>{_FILLED}</table:table-row>"), 4),
    (_ods(f"<table:table-row>{_FILLED}</table:table-row>" * 9 + "</table:table><table:table>"
          f"<table:table-row>{_FILLED * 5}</table:table-row>"), 9),
    (_ods(f"<table:table-row>{_FILLED * 5}</table:table-row></table:table><table:table>"
          f"<table:table-row>{_FILLED}</table:table-row><table:table-row/>"), 5),
]  # fmt: skip


@pytest.mark.parametrize("content, count", ROOM)
def test_the_room_of_a_sheet_is_counted(monkeypatch: pytest.MonkeyPatch, content: bytes, count: int) -> None:
    """By its last row and its last column that are filled; of several sheets the largest counts."""
    monkeypatch.setattr(packages, "CELL_LIMIT", count)
    assert check_package(content) is None
    monkeypatch.setattr(packages, "CELL_LIMIT", count - 1)
    said = f"expected at most {count - 1:,} cells up to the last filled one, found {count:,}: save it as CSV"
    assert check_package(content) == said


TEXT = "a text document: save its table as a workbook or as CSV"
OTHERS = {
    "word/document.xml": TEXT,
    "ppt/presentation.xml": "a presentation: save its table as a workbook or as CSV",
    "Index/Document.iwa": "a file of Numbers or Pages: export it as CSV",
    "photo.jpg": "a compressed file (ZIP) of something else: unpack it",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_packed_like_a_workbook_is_named(name: str) -> None:
    """With the way on."""
    assert check_package(_zip({"a": b"", name: b""})) == f"expected a workbook, found {OTHERS[name]}"


HIDDEN = "expected no hidden rows, found {}: show all rows, or delete the hidden ones"
#: Rows of a sheet, and the one that is named.
ROWS = {
    "<row r='5' hidden='1'><c r='A5'><v>1</v></c></row>": "row 5",
    '<x:row spans="1:2" hidden = "true" r="6"><x:c><x:is><x:t>a</x:t></x:is></x:c></x:row>': "row 6",
    "<row hidden='1'><c><v>1</v></c></row>": "a row",
    "<row r='1'><c><v>1</v></c></row><row r='2' hidden='1'><c/><c><v>1</v></c></row>": "row 2",
    "<row r='5' hidden='1'><c r='A5'/></row><row r='6'><c><v>1</v></c></row>": None,
    "<row r='5' hidden='1'/><row r='6'><c><v>1</v></c></row>": None,
    "<row r='5' hidden='0'><c><v>1</v></c></row>": None,
}


@pytest.mark.parametrize("rows", ROWS)
def test_a_hidden_row_that_holds_something_is_refused(rows: str) -> None:
    """Nobody knows whether it counts."""
    assert check_package(_sheet(rows)) == (HIDDEN.format(ROWS[rows]) if ROWS[rows] else None)


@pytest.mark.parametrize(
    "row, is_refused",
    [
        (f'<table:table-row table:visibility="collapse">{_FILLED}</table:table-row>', True),
        (f'<table:table-row table:visibility="filter"><table:table-cell/>{_FILLED}</table:table-row>', True),
        ('<table:table-row table:visibility="collapse"><table:table-cell/></table:table-row>', False),
        (f'<table:table-row table:visibility="visible">{_FILLED}</table:table-row>', False),
        (
            f'<table:table-row>{_FILLED}</table:table-row><table:x table:visibility="collapse">{_FILLED}</table:x>',
            False,
        ),
    ],
)
def test_so_is_one_of_an_open_document(row: str, is_refused: bool) -> None:
    """By a filter, or by hand."""
    assert check_package(_ods(row)) == (HIDDEN.format("one") if is_refused else None)


def test_a_place_between_two_parts_is_seen() -> None:
    """A member is read by parts, and the place stands where one ends."""
    for before in range(2**20 - 24, 2**20 + 2):
        content = _zip({"xl/worksheets/sheet1.xml": b" " * before + b'<c r="XFD1048576">' + b" " * 200})
        assert check_package(content) is not None, before


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted while it is unpacked; what it says of its size is not believed."""
    monkeypatch.setattr(packages, "FILE_LIMIT", 3_000_000)
    assert check_package(_zip({"xl/a": b"0" * 1_500_000, "b": b"0" * 1_500_000})) is None
    assert check_package(_zip({"a": b"0" * 1_500_000, "b": b"0" * 1_500_001})) == (
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
        ('o:value-type="error" c:value-type="float"', None),
        ('table:formula="of:=1+1" o:value-type="float" o:value="2" c:value-type="float"', None),
        ('o:value-type="string" c:value-type="string"', None),
    ],
)
def test_an_open_document_is_held_to_the_same(attributes: str, said: str | None) -> None:
    """Its errors and open formulas read as empty cells too."""
    cell = f'<table:table-cell xmlns:o="{_OFFICE}" xmlns:c="{_CALC}" {attributes}><p>x</p></table:table-cell>'
    wrong = check_package(_ods(f"<table:table-row>{cell}</table:table-row>"))
    assert (wrong and wrong.partition(",")[0]) == said
    assert wrong is None or " in a cell: " in wrong
