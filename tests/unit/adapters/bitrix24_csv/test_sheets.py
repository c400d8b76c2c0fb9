"""Files that cannot be read as a whole, and rows that have no place in them: typed errors, never a traceback."""

import pickle
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcore.adapters.bitrix24_csv import BadFile, read_activities, read_leads
from crmcore.adapters.bitrix24_csv.formats.facts import Facts
from crmcore.adapters.bitrix24_csv.formats.table import Form, Table
from crmcore.adapters.bitrix24_csv.sheets import Sheet, read_sheet, sheet_of
from crmcore.adapters.bitrix24_csv.words.columns import WHAT_IS_WRONG
from crmcore.adapters.bitrix24_csv.words.headings import lead_columns
from crmcore.domain.model.errors import CrmError
from tests.unit.adapters.bitrix24_csv.files import Content, leads_of, only, write_file


@pytest.mark.rule("CSV-1.2", "CSV-1.6", "CSV-4.3", "CSV-4.4")
@pytest.mark.parametrize(
    "content, line, code",
    [
        ("", 1, "empty_file"),
        ("\ufeff", 1, "empty_file"),
        ("\r\n \r\n", 1, "empty_file"),
        ("1;Ann;555\r\n2;Bob;556\r\n", 1, "no_heading"),
        ("\r\n\r\nfoo;bar\r\n", 3, "no_heading"),
        ("TITLE;NAME\r\na;b\r\n", 1, "missing_column"),
        ("ID;TITLE;TITLE\r\n", 1, "heading_twice"),
        ("ID;TITLE;Название лида\r\n", 1, "heading_twice"),
        ('ID;TITLE\r\n1;a\r\n2;"open\r\n3;c\r\n', 3, "unterminated_quote"),
        ('ID;TITLE\r\n1;"a"b\r\n', 2, "broken_quoting"),
        ('ID;TITLE\r\n1;a\r\n2;"' + "x" * 200_000 + '"\r\n', 3, "cell_too_large"),
        ("ID;TITLE\r\n1;Тест\r\n".encode("cp1251"), 2, "unknown_encoding"),
        ("ID;TITLE\r\n1;a\r\n".encode("utf-16-le"), 1, "unknown_encoding"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(tmp_path: Path, content: Content, line: int, code: str) -> None:
    """The error names the file, the line and a code."""
    path = write_file(tmp_path, content)
    with pytest.raises(BadFile) as caught:
        read_leads(path)
    row = caught.value.row
    assert (row.file, row.line, row.code) == (str(path), line, code)
    assert f"leads.csv, line {line}" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is a folder: the operating system's answer becomes a typed error."""
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(BadFile) as caught:
            read_leads(path)
        assert (caught.value.row.code, caught.value.row.line) == ("unreadable_file", None)
        assert "line" not in str(caught.value)


@pytest.mark.rule("IMPORT-1", "CSV-3.1")
@pytest.mark.parametrize("heading", ["LEAD_ID", "Lead_Id", "OWNER_ID", "Лид"])
def test_a_file_of_what_belongs_to_leads_is_no_file_of_leads(tmp_path: Path, heading: str) -> None:
    """Activities, deals and clients have ids too, and would become leads without a word."""
    with pytest.raises(BadFile) as caught:
        read_leads(write_file(tmp_path, f"ID;TITLE;{heading}\r\n500;Call;126\r\n"))
    assert (caught.value.row.code, caught.value.row.field) == ("wrong_file", heading)


def test_the_error_of_a_file_survives_pickling(tmp_path: Path) -> None:
    """It is an error of the library, and a worker process can hand it on."""
    with pytest.raises(CrmError) as caught:
        read_leads(write_file(tmp_path, ""))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.row == caught.value.row  # type: ignore[attr-defined]  # a BadFile


@pytest.mark.rule("DATA-2")
def test_data_in_the_place_of_headings_is_not_shown(tmp_path: Path) -> None:
    """A file without headings begins with somebody's data, which must not end in a log."""
    for content in ("1;Ann Smith;Ann Smith\r\n", "Ann Smith\r\n"):
        with pytest.raises(BadFile) as caught:
            read_leads(write_file(tmp_path, content))
        assert "Ann" not in str(caught.value) + repr(caught.value.row)


@pytest.mark.rule("CSV-1.7")
def test_rows_with_too_many_or_too_few_cells_are_bad_rows(tmp_path: Path) -> None:
    """Which cell is missing cannot be known, so no cell of the row is taken."""
    file = leads_of(tmp_path, "ID;TITLE", "1;a", "2", "3;c;d", "4;e")
    assert [lead.id for lead in file.leads] == [1, 4]
    assert [(row.line, row.field, row.code) for row in file.bad_rows] == [
        (3, None, "cell_count"),
        (4, None, "cell_count"),
    ]


@pytest.mark.rule("CSV-1.8")
def test_a_nul_makes_a_bad_row_wherever_it_stands(tmp_path: Path) -> None:
    """Even in a column that has no place: the file is damaged there."""
    assert only(leads_of(tmp_path, "ID;TITLE;Mystery", "1;x;a", "2;y;b\0").bad_rows) == (3, "Mystery", "nul_character")


@pytest.mark.rule("CSV-2.1")
def test_lines_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    """A row is named by the line where it begins, behind cells of several lines and empty lines."""
    file = leads_of(tmp_path, "ID;COMMENTS", '1;"a\r\nb\r\nc"', "", '"x";"d\r\ne"', "y;f")
    assert [row.line for row in file.bad_rows] == [6, 8]
    assert file.leads[0].comments == "a\r\nb\r\nc"


@pytest.mark.rule("CSV-1.3")
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_the_delimiter_is_told_from_the_headings(tmp_path: Path, delimiter: str, end: str) -> None:
    """What the cells hold has no say; any line end will do, also none at the end of the file."""
    lines = (delimiter.join(cells) for cells in (("ID", "COMMENTS", "NAME"), ("1", '"a;b,c\td"', "Ann")))
    (lead,) = read_leads(write_file(tmp_path, end.join(lines))).leads
    assert (lead.id, lead.comments, lead.name.first) == (1, "a;b,c\td", "Ann")


def test_a_column_without_a_heading_is_named_by_its_place(tmp_path: Path) -> None:
    """Lines that end in a delimiter have such a column."""
    assert leads_of(tmp_path, "ID;TITLE;", "1;a;", "2;b;7").unplaced == {"column 3": 1}


def _sheet(names: list[str], *rows: list[str], delimiter: str | None = ";", may_have_nul: bool = True) -> Sheet:
    """The sheet of a table whose rows begin in line 2."""
    table = Table(Form("CSV", "utf-8", delimiter), names, list(enumerate(rows, 2)), may_have_nul=may_have_nul)
    return sheet_of("leads.csv", table, lead_columns)


NO_HEADING = "expected a line of headings, found none that is known"
IN_ONE = (
    f"{NO_HEADING}; each row stands in one cell: split it into columns, take away quotes around whole rows, or correct "
    "the delimiter of a first line sep="
)
SEPARATED = f"{NO_HEADING}; cells are separated by ; or commas or tabs, or by what a first line says, such as sep=|"
MAPPED = f"{NO_HEADING}; a mapping says what they mean (--mapping)"
ENDS = "expected one delimiter, the headings end in {} as well: take that out of each line"
LOST = "expected a line of headings, but column {} looks like data, as if the line break behind the headings were lost"
FIRST = "expected a line of headings first"
_OTHER = ["foo", "bar"]
#: Names, rows below them and what is wrong.
HEADINGLESS: list[tuple[list[str], list[list[str]], str]] = [
    (["ID", "TITLE;;"], [["1", "a"]], ENDS.format("';;'")),
    (["ID", "x,,,"], [["1", "a"]], ENDS.format("',,,'")),
    (["ID", "STATUS_ID1", "a"], [], LOST.format(2)),
    (["ID", "x", "STATUS_ID1", "a"], [["", "", "", ""]], LOST.format(3)),
    (["ID", "x", "7"], [], LOST.format(3)),
    (_OTHER, [["ID", "x"], ["ID", "TITLE"]], f"{FIRST}; they seem to be in line 3: delete what is above it"),
    (_OTHER, [["x", "y"]] * 9 + [["ID", "TITLE"]],
     f"{FIRST}; they seem to be in line 11: delete what is above it"),
    (_OTHER, [["x", "y"]] * 10 + [["ID", "TITLE"]], MAPPED),
    (_OTHER, [["ID", "x"]], MAPPED),
    (["foo"], [["ID"]], SEPARATED),
    (["ID TITLE"], [], SEPARATED),
    (['"ID,x"'], [], SEPARATED),
    (['"ID;TITLE"'], [], IN_ONE),
    (['I"D|TIT"LE'], [], IN_ONE),
    (["ID,TITLE,x"], [], IN_ONE),
    (["ID\tTITLE"], [], IN_ONE),
    (["ID;TITLE", "x"], [], MAPPED),
]  # fmt: skip


@pytest.mark.rule("CSV-1.2")
@pytest.mark.parametrize("names, rows, said", HEADINGLESS)
def test_what_is_no_line_of_headings_is_told(names: list[str], rows: list[list[str]], said: str) -> None:
    """Where the headings may be, or what may have happened to them."""
    with pytest.raises(BadFile) as caught:
        _sheet(names, *rows)
    assert str(caught.value) == f"leads.csv, line 1: {said} (no_heading)"


def test_a_table_that_is_no_csv_has_no_delimiter_to_correct() -> None:
    """A mapping may say what its headings mean."""
    with pytest.raises(BadFile) as caught:
        _sheet(["a"], delimiter=None)
    assert str(caught.value) == f"leads.csv, line 1: {MAPPED} (no_heading)"


def test_a_heading_means_one_column() -> None:
    """The other one is named."""
    with pytest.raises(BadFile) as caught:
        _sheet(["ID", "Комментарий", "COMMENTS"], ["1", "a", "b"])
    assert str(caught.value) == (
        "leads.csv, line 1, COMMENTS: expected each column once, but 'Комментарий' means the same; leave one of them "
        "out, in the file or in a mapping (heading_twice)"
    )


@pytest.mark.rule("DATA-2")
def test_a_heading_is_shown_unless_it_may_be_data() -> None:
    """Then, and where it is there twice or not at all, the number of its column tells which one is meant."""
    data = ["y" * 81, "a\tb", "2026-01-01", "1.1.2026", "[1]", "12345", "1 2 3 4 5", "a@b", "http://x", "..."]
    plain = ["x" * 80, "1234x", "PRICE", "Mystery;"]
    names = [" ID ", *plain, *data, "Price", "", "Unnamed: 3", WHAT_IS_WRONG, "STATUS_ID1", "a@b", "X;"]
    headings = _sheet(names, ["1"] * len(names)).headings
    numbers = [f"column {at}" for at in range(6, 16)]
    assert [each.text for each in headings] == [
        "ID", *plain, *numbers, "Price (column 16)", "column 17", "column 18", "STATUS_ID1", "column 21", "X;"
    ]  # fmt: skip
    assert [each.written for each in headings] == [name.strip() for name in names if name != WHAT_IS_WRONG]
    assert [each.index for each in headings] == [*range(18), 19, 20, 21]
    assert [each.text for each in headings if each.is_code] == ["ID", "PRICE", "Price (column 16)"]
    assert [each.is_mapped for each in headings] == [False] * 21


def test_no_heading_is_shown_that_is_not_known_above_no_rows() -> None:
    """It may be the last line of somebody's data."""
    assert [each.text for each in _sheet(["ID", "Mystery", "STATUS_ID1"]).headings] == ["ID", "column 2", "column 3"]


AGAIN = "the headings come again here, as where files were joined: delete this line (heading_twice)"
#: Rows below ID and TITLE, the lines of those that fit, and what is said of the others.
FITTING: list[tuple[list[list[str]], list[int], list[str]]] = [
    ([["1", "a"], ["2", ""]], [2, 3], []),
    ([["x", "a"], ["", "b"]], [2, 3], []),
    ([["1", "a"], ["2"], ["3", "b", "c"]], [2],
     [f"{line}: expected 2 cells as in the heading, found {count} (cell_count)" for line, count in ((3, 1), (4, 3))]),
    ([["1", "a"], ["ID", " TITLE"], ["ID", "x"], ["x", "TITLE"]], [2, 4, 5], [f"3: {AGAIN}"]),
    ([["1", "a\0"], ["\0", "b"]], [],
     ["2, TITLE: expected text without NUL (nul_character)", "3, ID: expected text without NUL (nul_character)"]),
    ([["", " "], ["1", "a"], ["NaN", ""], [""]], [3],
     ["2: 3 rows without a filled cell, skipped like empty lines; this is the first (empty_rows)"]),
]  # fmt: skip


@pytest.mark.rule("CSV-1.7", "CSV-1.8")
@pytest.mark.parametrize("rows, lines, said", FITTING)
def test_rows_fit_or_are_told(rows: list[list[str]], lines: list[int], said: list[str]) -> None:
    """As often as somebody reads them."""
    sheet = _sheet(["ID", "TITLE"], *rows)
    assert [[line for line, _ in sheet.rows], [line for line, _ in sheet.rows]] == [lines, lines]
    assert [str(row) for row in (*sheet.bad_rows, *sheet.skipped_rows)] == [f"leads.csv, line {each}" for each in said]
    assert sheet.facts.count == len(lines)


def test_a_nul_is_looked_for_only_where_there_may_be_one() -> None:
    """A file says whether it has any."""
    assert len(list(_sheet(["ID", "TITLE"], ["1", "a\0"], may_have_nul=False).rows)) == 1


def test_a_changed_sheet_is_looked_at_anew() -> None:
    """Rows that become nothing are left out, and a column that nobody reads says nothing."""
    sheet = _sheet(["ID", WHAT_IS_WRONG, "STATUS_ID"], ["1", "x", "NEW"], ["2", "y", "JUNK"])
    changed = sheet.changed(lambda cells: ["3", *cells[1:]] if cells[0] == "1" else None)
    assert list(changed.rows) == [(2, ["3", "x", "NEW"])]
    assert changed.new_facts() == Facts(1, frozenset({0, 1, 2}), {2: {"NEW": None}}, {}, may_repeat=False)
    assert changed.words_of(changed.headings[1]) == ["NEW", "JUNK"]


@pytest.mark.rule("CSV-1.2")
def test_a_sheet_is_read_as_somebody_says(tmp_path: Path) -> None:
    """In an encoding, and one page of a longer list."""
    sheet = read_sheet(write_file(tmp_path, "ID;Città\n1;a\n".encode("cp1252")), lead_columns, encoding="cp1252")
    assert [each.text for each in sheet.headings] == ["ID", "Città"]
    path = write_file(tmp_path, '{"result":[{"ID":"1"}],"total":2}')
    assert list(read_sheet(path, lead_columns, partial=True).rows) == [(1, ["1"])]
    with pytest.raises(BadFile, match="1 of 2 records"):
        read_sheet(path, lead_columns)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(), st.text(st.sampled_from('ID;TILE,"\r\n\t\0a1=\ufeff')).map(str.encode)))
def test_any_bytes_give_rows_or_a_typed_error(tmp_path: Path, content: bytes) -> None:
    """No file makes the importer fall over."""
    path = write_file(tmp_path, content)
    for read in (read_leads, lambda path: read_activities(path, [])):
        with suppress(BadFile):
            read(path)
