"""Rows that were left out go to a file of their own, as they stood, and are read once they are mended."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import read_leads, write_rejects
from crmcore.adapters.bitrix24_csv.errors import BadRow
from crmcore.adapters.bitrix24_csv.formats.table import Form, Table
from crmcore.adapters.bitrix24_csv.words.columns import WHAT_IS_WRONG
from tests.unit.adapters.bitrix24_csv.files import write_file

ROWS = [
    ["ID", "Nome del lead", "Fase", "Data di nascita", "E-mail di lavoro", "Metri quadri", ""],
    ["1", "Dieci", "NEW", "", "a@b.example", "", ""],
    ["2", "'=1+1", "NEW", "soon", "", "-5", ""],
    ["x", "=HYPERLINK(1)", "JUNK", "", "a@b.example,c@d.example", "+39 1", ""],
    ["4", "due;\nrighe", "NEW", "NaN", "", '="007"', ""],
    ["5", "", "Nobody knows", "23.11.1990", "", " blanks ", ""],
]
MENDED = {"x": "3", "soon": "", "due;\nrighe": "due", "Nobody knows": "NEW"}


def _csv(rows: list[list[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


FORMS = {
    "CSV": (_csv(ROWS), _csv([[MENDED.get(cell, cell) for cell in row] for row in ROWS])),
    "an answer": tuple(
        json.dumps([{"ID": 1}, {"ID": id, "TITLE": "=1+1", "PHONE": [{"VALUE": "+1", "VALUE_TYPE": "HOME"}]}])
        for id in ("x", "3")
    ),
    "HTML": tuple(f"<table><tr><td>ID<td>TITLE</tr><tr><td>1<td>a</tr><tr><td>{id}<td>=b</tr></table>" for id in "x3"),
}


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


@pytest.mark.rule("CSV-2.5")
@pytest.mark.parametrize("form", FORMS)
def test_rows_that_were_left_out_are_read_once_they_are_mended(tmp_path: Path, form: str) -> None:
    """The leads are those that come where the first file was right from the beginning."""
    wrong, right = FORMS[form]
    file = read_leads(write_file(tmp_path, wrong))
    assert file.sheet is not None
    rejects = tmp_path / "rejects.csv"
    write_rejects(rejects, file.sheet.table, file.bad_rows)
    names, *rows = _rows(rejects)
    assert names == [WHAT_IS_WRONG, *file.sheet.table.names]
    assert [row[0] for row in rows] == [f"{bad.field}: {bad.message} ({bad.code})" for bad in file.bad_rows]
    again = read_leads(rejects)
    assert (again.leads, [row.code for row in again.bad_rows]) == ((), [row.code for row in file.bad_rows])

    text = _csv([names, *([MENDED.get(cell, cell) for cell in row] for row in rows)])
    mended = read_leads(write_file(tmp_path, text, "mended.csv"))
    expected = read_leads(write_file(tmp_path, right))
    assert (mended.bad_rows, expected.bad_rows) == ((), ())
    assert {lead.id: lead for lead in (*file.leads, *mended.leads)} == {lead.id: lead for lead in expected.leads}
    assert WHAT_IS_WRONG not in {**mended.unplaced, **{own.heading: 1 for own in mended.own_fields}}


def test_every_cell_stands_in_quotes_below_a_mark(tmp_path: Path) -> None:
    """As spreadsheets take it for UTF-8; what is wrong with no row and no column is told alone."""
    table = Table(Form("CSV", "utf-8", ","), ["ID", "TITLE"], [(2, ["x", "Città"])])
    bad = [BadRow("leads.csv", 2, "ID", "bad_id", "no id"), BadRow("leads.csv", None, None, "empty_file", "no row")]
    write_rejects(tmp_path / "rejects.csv", table, bad)
    lines = [f'"{WHAT_IS_WRONG}";"ID";"TITLE"', '"ID: no id (bad_id)";"x";"Città"', '"no row (empty_file)"', ""]
    assert (tmp_path / "rejects.csv").read_bytes().decode() == "\ufeff" + "\r\n".join(lines)


def test_a_row_of_another_width_keeps_all_of_its_cells(tmp_path: Path) -> None:
    """What is wrong stands first, so that no cell moves; a second time it takes the place of the first."""
    path = write_file(tmp_path, "ID;TITLE\n1\n2;b;too;many\n3;c\n")
    rows: list[list[str]] = []
    for name in ("once.csv", "twice.csv"):
        file = read_leads(path)
        assert file.sheet is not None
        path = tmp_path / name
        write_rejects(path, file.sheet.table, file.bad_rows)
        names, *rows = _rows(path)
        assert names == [WHAT_IS_WRONG, "ID", "TITLE"]
        assert [row[1:] for row in rows] == [["1"], ["2", "b", "too", "many"]]
    assert "expected 3 cells" in rows[0][0]


def test_no_spreadsheet_runs_a_cell_of_it(tmp_path: Path) -> None:
    """Nor one that a spreadsheet was told to leave alone before."""
    file = read_leads(write_file(tmp_path, 'ID;TITLE\nx;=1+1\ny;"=""+1 555"""\nz;@a\n'))
    assert file.sheet is not None
    write_rejects(tmp_path / "rejects.csv", file.sheet.table, file.bad_rows)
    assert [row[2] for row in _rows(tmp_path / "rejects.csv")[1:]] == ["'=1+1", "'+1 555", "'@a"]


def test_no_file_is_written_over(tmp_path: Path) -> None:
    """Whatever it is."""
    file = read_leads(write_file(tmp_path, "ID;TITLE\nx;b\n"))
    assert file.sheet is not None
    with pytest.raises(FileExistsError):
        write_rejects(tmp_path / "leads.csv", file.sheet.table, file.bad_rows)
