"""Old workbooks (xls), written byte by byte after their public description: their cells are read, errors refused."""

from pathlib import Path
from struct import pack

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from crmcore.adapters.bitrix24_csv.formats.old_workbooks import check_old_workbook
from crmcore.adapters.bitrix24_csv.formats.packages import ERROR
from tests.unit.adapters.bitrix24_csv.files import write_file

_NOWHERE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_GLOBALS, _SHEET, _CHART = 0x0005, 0x0010, 0x0020


def _record(kind: int, data: bytes) -> bytes:
    return pack("<HH", kind, len(data)) + data


def _part(kind: int, *records: bytes) -> bytes:
    begin = _record(0x0809, pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0xC1, 0x06))
    return begin + b"".join(records) + _record(0x000A, b"")


def _text(row: int, column: int, text: str) -> bytes:
    return _record(0x0204, pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def _number(row: int, column: int, number: float) -> bytes:
    return _record(0x0203, pack("<HHHd", row, column, 0, number))


def _constant(row: int, column: int, value: int, *, is_error: bool) -> bytes:
    return _record(0x0205, pack("<HHHBB", row, column, 0, value, is_error))


def _formula(row: int, column: int, result: bytes) -> bytes:
    return _record(0x0006, pack("<HHH", row, column, 0) + result + pack("<HIHBH", 0, 0, 3, 0x1E, 1))


def _stream(*cells: bytes, padding: int = 4096) -> bytes:
    """A workbook of one sheet; behind its end nothing is read."""
    sheet = _part(_SHEET, _record(0x0200, pack("<IIHHH", 0, 60, 0, 60, 0)), *cells)
    name = b"\x04\x00Lead"
    before = len(_part(_GLOBALS, _record(0x0042, pack("<H", 1200)), _record(0x0085, bytes(6) + name)))
    book = _part(_GLOBALS, _record(0x0042, pack("<H", 1200)), _record(0x0085, pack("<IBB", before, 0, 0) + name))
    return (book + sheet).ljust(padding, b"\0")


def _entry(name: str, kind: int, first: int, size: int, child: int = _NOWHERE) -> bytes:
    coded = f"{name}\0".encode("utf-16-le")
    links = pack("<BBIII", kind, 1, _NOWHERE, _NOWHERE, child)
    return coded.ljust(64, b"\0") + pack("<H", len(coded)) + links + bytes(36) + pack("<II", first, size) + bytes(4)


def _chain(content: bytes, unit: int, start: int = 0) -> tuple[bytes, list[int], int]:
    """The pieces of a stream, the last one first; which follows each, and where the first is."""
    pieces = [content[at : at + unit].ljust(unit, b"\0") for at in range(0, len(content), unit)]
    return b"".join(reversed(pieces)), [_END, *range(start, start + len(pieces) - 1)], start + len(pieces) - 1


def _container(stream: bytes, *, is_small: bool = False, is_listed_apart: bool = False) -> bytes:
    """The stream in a container: in sectors of 512 bytes, or as one that is small in pieces of 64.

    The table of sectors comes first; the header lists where it stands, or a sector of its own does.
    """
    tables = 1 + len(stream) // 512 // 126
    small, small_links, small_first = _chain(stream, 64)
    body, links, first = _chain(small if is_small else stream, 512, tables + 1)
    rest, size = tables + 1 + len(links), len(stream)
    if is_small:
        body += pack(f"<{len(small_links)}I", *small_links).ljust(512, b"\xff")
        entries = _entry("Root Entry", 5, first, len(small), 1), _entry("Workbook", 2, small_first, size)
    else:
        body += b"\xff" * 512
        entries = _entry("Root Entry", 5, _END, 0, 1), _entry("Workbook", 2, first, size)
    places = list(range(tables))
    listed = pack(f"<{tables}I", *places).ljust(508, b"\xff") + pack("<I", _END)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += pack("<IIIII", 0, tables, tables, 0, 4096) + pack("<II", rest if is_small else _END, int(is_small))
    header += pack("<II", rest + 1, 1) if is_listed_apart else pack("<II", _END, 0)
    header += (b"" if is_listed_apart else pack(f"<{tables}I", *places)).ljust(436, b"\xff")
    table = [*[_TABLE] * tables, _END, *links, _END, 0xFFFFFFFC]
    # The workbook is the last of four entries, behind one whose name is damaged.
    damaged = _entry("a", 1, _END, 0).replace(b"a\0\0\0", b"\0\xd8a\0", 1)
    directory = entries[0] + damaged + _entry("Other", 2, _END, 0) + entries[1]
    return header + pack(f"<{len(table)}I", *table).ljust(tables * 512, b"\xff") + directory + body + listed


HEADINGS = [_text(0, column, name) for column, name in enumerate(("ID", "TITLE", "OPPORTUNITY"))]
LEAD = [*HEADINGS, _number(1, 0, 7), _text(1, 1, "Столы")]


@pytest.mark.parametrize("is_small", [False, True])
def test_an_old_workbook_is_read(tmp_path: Path, is_small: bool) -> None:
    """Texts and numbers, and formulas that came to one."""
    stream = _stream(*LEAD, _formula(1, 2, pack("<d", 12.5)), padding=0 if is_small else 4096)
    (lead,) = read_leads(write_file(tmp_path, _container(stream, is_small=is_small), "leads.xls")).leads
    assert (lead.id, lead.title, str(lead.amount and lead.amount.amount)) == (7, "Столы", "12.5")


@pytest.mark.parametrize("is_listed_apart", [False, True])
@pytest.mark.parametrize("padding", [4096, 200_000])
def test_a_workbook_is_found_in_any_container(tmp_path: Path, padding: int, is_listed_apart: bool) -> None:
    """Where its table takes several sectors, or these are listed behind the header."""
    right, wrong = (
        _container(_stream(*LEAD, *more, padding=padding), is_listed_apart=is_listed_apart)
        for more in ((), (ERRORS["C40001"],))
    )
    assert [lead.id for lead in read_leads(write_file(tmp_path, right, "leads.xls")).leads] == [7]
    assert [check_old_workbook(right), check_old_workbook(wrong)] == [None, ERROR.format("C40001")]


#: Cells that came to an error, each where it is named.
ERRORS = {
    "C2": _constant(1, 2, 0x2A, is_error=True),
    "AA2": _formula(1, 26, bytes([2, 0, 0x17, 0, 0, 0, 0xFF, 0xFF])),
    "AB51": _constant(50, 27, 0x07, is_error=True),
    "C40001": _constant(40_000, 2, 0x07, is_error=True),
}


@pytest.mark.parametrize("is_small", [False, True])
@pytest.mark.parametrize("place", ERRORS)
def test_a_cell_that_came_to_an_error_is_named(tmp_path: Path, place: str, is_small: bool) -> None:
    """It would be read as an empty one, and a closed lead as a new one."""
    stream = _stream(*LEAD, ERRORS[place], padding=0 if is_small else 4096)
    with pytest.raises(BadFile, match=f"found one in {place}:") as caught:
        read_leads(write_file(tmp_path, _container(stream, is_small=is_small), "leads.xls"))
    assert caught.value.row.code == "wrong_format"


@pytest.mark.parametrize(
    "cell",
    [
        _constant(1, 2, 1, is_error=False),
        _formula(1, 2, bytes([1, 0, 1, 0, 0, 0, 0xFF, 0xFF])),
        _formula(1, 2, bytes([3, 0, 0, 0, 0, 0, 0xFF, 0xFF])),
        _formula(1, 2, pack("<d", 2.0)),
        _part(_CHART, _constant(1, 2, 0x2A, is_error=True)),
    ],
)
def test_what_is_no_error_of_a_cell_is_none(cell: bytes) -> None:
    """A yes or no, an empty text, a number, and what a chart in the sheet keeps."""
    assert check_old_workbook(_container(_stream(*LEAD, cell))) is None


def test_a_damaged_container_is_left_to_its_reader(tmp_path: Path) -> None:
    """Cut off anywhere, or with a chain that leads nowhere or round: it says that this is no workbook."""
    whole = _container(_stream(*LEAD, ERRORS["C2"]))
    circle = whole[:512] + pack("<I", 1) * 128 + whole[1024:]
    for content in (
        circle,
        whole[:8] + bytes(600),
        whole[:8],
        whole[:100],
        whole[:512],
        whole[:700],
        whole[:1100],
        whole[:1300],
    ):
        assert check_old_workbook(content) in (None, check_old_workbook(whole))
    with pytest.raises(BadFile) as caught:
        read_leads(write_file(tmp_path, whole[:700], "leads.xls"))
    assert caught.value.row.code == "wrong_format"
