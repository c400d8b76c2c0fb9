"""CSV becomes a table: its delimiter is found or named, and rows and faults have the line where they begin."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.delimited import read_delimited
from crmcore.adapters.bitrix24_csv.formats.table import Form, Row, Table
from crmcore.adapters.bitrix24_csv.formats.text import Text
from tests.unit.adapters.bitrix24_csv.files import Content, write_file


def _known(names: Sequence[str]) -> int:
    return sum(name in ("ID", "TITLE", "NAME", "PHONE\nWORK") for name in names)


def _table(folder: Path, content: Content) -> Table:
    return read_delimited("leads.csv", Text(write_file(folder, content)), _known)


#: A file, its delimiter, the line of its headings, the headings and the rows.
_TITLES = "a;b\n"
TABLES: dict[str, tuple[str, str, int, list[str], list[Row]]] = {
    "semicolons": ("ID;TITLE\r\n1;a,b\r\n2;c\r\n", ";", 1, ["ID", "TITLE"], [(2, ["1", "a,b"]), (3, ["2", "c"])]),
    "commas and quotes": ('"ID",TITLE\n1,"a\n""b"""\n\n2,;\n', ",", 1, ["ID", "TITLE"],
                          [(2, ["1", 'a\n"b"']), (5, ["2", ";"])]),
    "tabs": ("ID\tTITLE,x;y\n1\ta\n", "\t", 1, ["ID", "TITLE,x;y"], [(2, ["1", "a"])]),
    "most known": ("ID;a,NAME,TITLE\n1\n", ",", 1, ["ID;a", "NAME", "TITLE"], [(2, ["1"])]),
    "a quote that ends before another one": ('"ID",TITLE;NAME\n1\n', ",", 1, ["ID", "TITLE;NAME"], [(2, ["1"])]),
    "as many by two": ("ID;x,TITLE\n1\n", ";", 1, ["ID", "x,TITLE"], [(2, ["1"])]),
    "one column": ("ID\n1\n", ";", 1, ["ID"], [(2, ["1"])]),
    "a heading of two lines": ('ID,"PHONE\nWORK"\n1,5\n', ",", 1, ["ID", "PHONE\nWORK"], [(3, ["1", "5"])]),
    "empty lines above": ("\r\n\r\nID,TITLE\r\n1,a\r\n", ",", 3, ["ID", "TITLE"], [(4, ["1", "a"])]),
    "blanks above": (" \nID,TITLE\n", ",", 1, [" "], [(2, ["ID", "TITLE"])]),
    "a title above": ("Leads; all; of them\n\nID,TITLE\n", ",", 1, ["Leads; all; of them"], [(3, ["ID", "TITLE"])]),
    "nine lines above": (
        _TITLES * 9 + "ID,NAME\n", ",", 1, ["a;b"], [*((at, ["a;b"]) for at in range(2, 10)), (10, ["ID", "NAME"])]),
    "ten lines above": (
        _TITLES * 10 + "ID,a\n", ";", 1, ["a", "b"], [*((at, ["a", "b"]) for at in range(2, 11)), (11, ["ID,a"])]),
    "nothing known": ("a,b;c,d\n1\n", ",", 1, ["a", "b;c", "d"], [(2, ["1"])]),
    "a named one": ("sep=|\r\nID|TITLE;x\r\n1|a\r\n", "|", 2, ["ID", "TITLE;x"], [(3, ["1", "a"])]),
    "a named one in quotes and capitals": ('"SEP=;"\nID;TITLE\n1;a\n', ";", 2, ["ID", "TITLE"], [(3, ["1", "a"])]),
    "a named one above nothing known": ("sep=,\nx;y\n1\n", ",", 2, ["x;y"], [(3, ["1"])]),
    "a named one below empty lines": ("\n\nsep=;\n\nID;TITLE\n1;a\n", ";", 5, ["ID", "TITLE"], [(6, ["1", "a"])]),
    "a named one below blanks": (" \nsep=,\nID,TITLE\n", ",", 3, ["ID", "TITLE"], []),
    "a named one in the line of headings": ("sep=;ID;TITLE\n1;a\n", ";", 1, ["ID", "TITLE"], [(2, ["1", "a"])]),
    "a named one in a later line": (
        "ID;TITLE\nsep=,\n1;a\n", ";", 1, ["ID", "TITLE"], [(2, ["sep=,"]), (3, ["1", "a"])]),
    "a named one, lines that end as of old": ("sep=,\rID,TITLE\r1,a\r", ",", 2, ["ID", "TITLE"], [(3, ["1", "a"])]),
    "marks of joined files": (
        "ID;TITLE\r\n1;a\r\n\ufeff2;b\ufeff\r\n;\ufeff\r\n", ";", 1, ["ID", "TITLE"],
        [(2, ["1", "a"]), (3, ["2", "b\ufeff"]), (4, ["", "\ufeff"])]),
    "a mark behind a named one": ("sep=,\n\ufeffID,TITLE\n1,a\n", ",", 2, ["ID", "TITLE"], [(3, ["1", "a"])]),
}  # fmt: skip


@pytest.mark.rule("CSV-1.3", "CSV-2.1")
@pytest.mark.parametrize("case", TABLES)
def test_a_file_becomes_a_table(tmp_path: Path, case: str) -> None:
    """By the delimiter under which most headings are known, with the line of each row as an editor counts it."""
    content, delimiter, line, names, rows = TABLES[case]
    table = _table(tmp_path, content)
    assert (table.form, table.heading_line, table.names) == (Form("CSV", "utf-8", delimiter), line, names)
    assert [list(table.rows), list(table.rows)] == [rows, rows]


@pytest.mark.parametrize("text, may_have", [("ID\n1\n", False), ("ID\n\0\n", True)])
def test_a_file_says_whether_it_has_a_nul(tmp_path: Path, text: str, may_have: bool) -> None:
    """Then each cell is looked at for one."""
    assert _table(tmp_path, text).may_have_nul is may_have


EMPTY = ", line 1: expected a line of headings (empty_file)"
OPEN = "expected the quote that is opened in this row to be closed (unterminated_quote)"
BROKEN = "expected a delimiter behind a closing quote; quotes inside a cell are doubled (broken_quoting)"
FIRST = "correct that line, or delete it (no_heading)"
REFUSED = {
    "": EMPTY,
    "\r\n \t\r\n": EMPTY,
    "sep=;\r\n": EMPTY,
    "sep=,\nID;TITLE\n": f", line 1: expected headings with , between them, as the first line says, found ;: {FIRST}",
    "sep=,\nID|TITLE\n": f", line 1: expected headings with , between them, as the first line says, found |: {FIRST}",
    "sep=;\nID\tTITLE\n": (
        f", line 1: expected headings with ; between them, as the first line says, found tabs: {FIRST}"
    ),
    "ID^TITLE\n1^a\n": (
        ", line 1: expected headings with ; or , or tabs between them, found ^: begin the file with a line sep=^ "
        "(no_heading)"
    ),
    "\n \nID~TITLE\n": (
        ", line 1: expected headings with ; or , or tabs between them, found ~: begin the file with a line sep=~ "
        "(no_heading)"
    ),
    'ID;"TITLE\n1;a\n': f", line 1: {OPEN}",
    'ID;TITLE\n\n1;"a\nb"\n2;"c\n': f", line 5: {OPEN}",
    'sep=;\nID;TITLE\n1;"a\n': f", line 3: {OPEN}",
    'ID;TITLE\n1;a\n2;"b"c\n3;d\n': f", line 3: {BROKEN}",
    f"ID;TITLE\n1;{'a' * 131_073}\n": ", line 2: expected cells of at most 131072 characters (cell_too_large)",
}


@pytest.mark.rule("CSV-1.3", "CSV-1.6", "CSV-2.1")
@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_a_fault_is_told_with_the_line_where_it_begins(tmp_path: Path, text: str) -> None:
    """It is one of the whole file: what stands behind it cannot be told apart."""
    with pytest.raises(BadFile) as caught:
        list(_table(tmp_path, text).rows)
    assert str(caught.value) == f"leads.csv{REFUSED[text]}"


@pytest.mark.parametrize("text", [*REFUSED][-3:], ids=lambda text: text[:20])
def test_a_file_that_is_refused_is_closed_while_the_error_is_kept(tmp_path: Path, text: str) -> None:
    """A file of more than is looked at anyway is read from the disk, row by row."""
    rows = _table(tmp_path, text.replace("ID;TITLE\n", "ID;TITLE\n" + "7;b\n" * 20_000)).rows
    lowest = _lowest_free()
    with pytest.raises(BadFile) as kept:
        list(rows)
    assert (_lowest_free(), kept.value.__context__) == (lowest, None)


def _lowest_free() -> int:
    """The number that the next open file would have."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number


@pytest.mark.parametrize("text", ["ID^TITLE\n1^%\n", 'ID;TITLE\n1;"a"b\n2;%\n'])
def test_another_encoding_is_told_before_a_delimiter_or_a_quote(tmp_path: Path, text: str) -> None:
    """It explains what else looks wrong."""
    path = write_file(tmp_path, text.encode().replace(b"%", b"\xff"))
    with pytest.raises(BadFile) as caught:
        list(read_delimited(str(path), Text(path), _known).rows)
    assert caught.value.row.code == "unknown_encoding"
