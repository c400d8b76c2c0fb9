"""The form of a file is told by how it begins; what has none that is read is refused for what it is."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import Form
from tests.unit.adapters.bitrix24_csv.files import Content, write_file


def _known(names: Sequence[str]) -> int:
    return sum(name in ("ID", "TITLE") for name in names)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    book["Sheet"].append(["ID"])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize(
    "content, form",
    [
        ("ID,TITLE\n", Form("CSV", "utf-8", ",")),
        ("\n \n<table><tr><td>ID</table>", Form("HTML", "utf-8")),
        ('\n\n  [{"ID":"1"}]', Form("JSON", "utf-8")),
        ('\ufeff{"result":[{"ID":"1"}]}'.encode("utf-16-le"), Form("JSON", "utf-16")),
        (_workbook(), Form("workbook")),
    ],
    ids=["CSV", "HTML", "JSON", "UTF-16", "workbook"],
)
def test_the_form_is_told_by_how_a_file_begins(tmp_path: Path, content: Content, form: Form) -> None:
    """Behind blanks and empty lines, and whatever its name says."""
    assert read_table(write_file(tmp_path, content), _known).form == form


def test_the_reader_is_told_what_the_file_does_not_say(tmp_path: Path) -> None:
    """Its encoding, and that a page of a longer list is meant."""
    answer = '{"result":[{"ID":"Città"}],"total":9}'
    table = read_table(write_file(tmp_path, answer.encode("cp1252")), _known, encoding="cp1252", partial=True)
    assert (table.form.encoding, table.rows) == ("cp1252", [(1, ["Città"])])


ZIPPED = "a compressed file: unpack it"
TERMINAL = "a table that is drawn for a terminal: save it as CSV"
PHP = "what PHP prints or keeps: write it as JSON (json_encode)"
PYTHON = "what Python prints: write it as JSON (json.dump)"
CALL = "a call of a program: leave the JSON that is in it"
SQL = "SQL: save the rows of a query as CSV"
YAML = "YAML: write it as JSON or as CSV"
MAIL = "an e-mail or a web archive: save the file that is in it"
SETTINGS = "settings; a mapping goes beside the file, with --mapping"
OTHERS: list[tuple[Content, str]] = [
    (b"%PDF-1.7", "a PDF"),
    (b"\x1f\x8b\x08", ZIPPED),
    (b"PK\5\6", ZIPPED),
    (b"\x89PNG", "a picture"),
    (b"RIFF....", "a picture or a recording"),
    (b"SQLite format 3\0", "a database"),
    (b"PAR1", "a file of Parquet: save it as CSV"),
    ("BEGIN:VCARD\n", "a vCard"),
    ("{\\rtf1", "a text document"),
    ("\n  -- a dump\n", SQL),
    ("insert  INTO leads values (1);", SQL),
    ("+----+\n| ID |\n+----+", TERMINAL),
    ("\n┌────┬────┐\n│ ID │", TERMINAL),
    ("---+---\n", TERMINAL),
    ("***** 1. row *****", TERMINAL),
    ("Array\n(\n", PHP),
    ('a:1:{s:2:"ID"', PHP),
    ("[{'ID': '1'}]", PYTHON),
    ("callback([1])", CALL),
    ("event=ONCRMLEADADD&data", "a notification of an event: fetch the lead (crm.lead.get), and give that answer"),
    ("[columns]\nID=1\n", SETTINGS),
    ("---\n- ID: 1\n", YAML),
    ('- "ID": 1\n', YAML),
    ("BEGIN:VCALENDAR\n", "a calendar"),
    ("From: a@b.example\n", MAIL),
]


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("content, found", OTHERS)
def test_another_file_is_named_and_refused(tmp_path: Path, content: Content, found: str) -> None:
    """With the way on, where there is one."""
    path = write_file(tmp_path, content)
    with pytest.raises(BadFile) as caught:
        read_table(path, _known)
    assert str(caught.value) == f"{path}: expected CSV, a workbook, HTML or JSON, found {found} (wrong_format)"


@pytest.mark.parametrize(
    "content, place",
    [("", ", line 1: "), ("<p>", ": "), ('{"result":[{"ID":"1"}],"total":2}', ": 1 of 2 "), (_workbook()[:99], ": ")],
    ids=["CSV", "HTML", "JSON", "workbook"],
)
def test_a_file_of_each_form_is_refused_by_its_name(tmp_path: Path, content: Content, place: str) -> None:
    """A page of a longer list is one of them, unless somebody asks for it."""
    path = write_file(tmp_path, content)
    with pytest.raises(BadFile) as caught:
        read_table(path, _known)
    assert str(caught.value).startswith(f"{path}{place}")


def test_only_the_beginning_of_a_file_tells_its_form(tmp_path: Path) -> None:
    """Five lines that say anything are looked at, and a cell may be anything."""
    path = write_file(tmp_path, "ID;TITLE\n1;a\n2;b\n3;c\n4;[{'ID'\n")
    assert len(list(read_table(path, _known).rows)) == 4


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """In the words of the system, with the name as somebody gave it."""
    for path, why in (
        (tmp_path / "no.csv", "No such file or directory"),
        (tmp_path, "expected a file, found a folder"),
    ):
        with pytest.raises(BadFile) as caught:
            read_table(path, _known)
        assert str(caught.value) == f"{path}: {why} (unreadable_file)"
