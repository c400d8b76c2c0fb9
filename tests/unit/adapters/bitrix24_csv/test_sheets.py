"""Files that cannot be read as a whole, and rows that have no place in them: typed errors, never a traceback."""

import pickle
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcore.adapters.bitrix24_csv import BadFile, read_activities, read_leads
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(), st.text(st.sampled_from('ID;TILE,"\r\n\t\0a1=\ufeff')).map(str.encode)))
def test_any_bytes_give_rows_or_a_typed_error(tmp_path: Path, content: bytes) -> None:
    """No file makes the importer fall over."""
    path = write_file(tmp_path, content)
    for read in (read_leads, lambda path: read_activities(path, [])):
        with suppress(BadFile):
            read(path)
