"""Leads of another system: each gets an id of ours, and keeps theirs as its origin (`numbering`)."""

from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, LeadFile, read_leads
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
from crmcore.domain.model.values import ExternalOrigin
from tests.unit.adapters.bitrix24_csv.files import only, write_file

#: The marks of the rows `a;NEW`, `b;NEW` and `;a;NEW`: the same in every file and on every machine.
A, B, C = "51589c92004035d6", "e60a39834679e3e3", "464ca7b31994d961"


def _numbered(folder: Path, text: str) -> LeadFile:
    return read_leads(write_file(folder, text), all_new=True, numbering=count_up)


@pytest.mark.rule("CSV-10.1")
def test_each_lead_keeps_the_id_of_its_system_as_its_origin(tmp_path: Path) -> None:
    """Ours are counted from 1 in the order of the file; the same id again is the same lead."""
    file = _numbered(tmp_path, "TITLE;ID\na;00Q5\nb; x-1 \na; 00Q5 \nc;7\n")
    assert [(lead.id, lead.title, lead.origin) for lead in file.leads] == [
        (1, "a", ExternalOrigin(originator="import", id="00Q5")),
        (2, "b", ExternalOrigin(originator="import", id="x-1")),
        (3, "c", ExternalOrigin(originator="import", id="7")),
    ]
    assert (file.numbers, dict(file.lines)) == ({"00Q5": 1, "x-1": 2, "7": 3}, {1: 2, 2: 3, 3: 5})
    assert ([row.line for row in file.skipped_rows], file.bad_rows, file.unplaced) == ([4], (), {})


@pytest.mark.rule("CSV-10.2")
def test_a_row_without_an_id_goes_by_its_content(tmp_path: Path) -> None:
    """The same rows are the same leads in the next file too; of equal rows each is one lead."""
    file = _numbered(tmp_path, "TITLE;STATUS_ID\na;NEW\na;NEW\nb;NEW\na;NEW\n")
    assert file.numbers == {f"row {A}": 1, f"row {A} 2": 2, f"row {B}": 3, f"row {A} 3": 4}
    assert [(lead.id, lead.title) for lead in file.leads] == [(1, "a"), (2, "a"), (3, "b"), (4, "a")]
    some = _numbered(tmp_path, "ID;TITLE;STATUS_ID\n00Q5;a;NEW\n;a;NEW\n")
    assert some.numbers == {"00Q5": 1, f"row {C}": 2}


def test_a_text_that_no_encoding_has_makes_a_bad_row(tmp_path: Path) -> None:
    """Half of a pair, which JSON can hold, stops nothing else from being read."""
    path = write_file(tmp_path, r'{"result":[{"TITLE":"\ud800","STATUS_ID":"NEW"},{"TITLE":"b","STATUS_ID":"NEW"}]}')
    file = read_leads(path, numbering=count_up)
    assert [(lead.id, lead.title) for lead in file.leads] == [(2, "b")]
    assert [(row.field, row.code) for row in file.bad_rows] == [("TITLE", "invalid_value")]


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("ID;TITLE\nx;a\nTotal;1\n", 3, "this looks like a row of sums: delete it"),
        ("ID;TITLE\nID;Lead name\nx;a\n", 2, "this looks like a second line of headings: delete one of them"),
        (
            "TITLE;ID\na;x\n ; end of report\n",
            3,
            "expected more than an id that is no number: delete this row, or fill it",
        ),
    ],
)
def test_a_row_that_is_no_record_gets_no_id(tmp_path: Path, text: str, line: int, said: str) -> None:
    """A report ends in sums and remarks, and nothing else tells them from leads whose ids are no numbers."""
    file = _numbered(tmp_path, text)
    assert [str(row) for row in file.bad_rows] == [f"{tmp_path / 'leads.csv'}, line {line}: {said} (bad_id)"]
    assert ([(lead.id, lead.title) for lead in file.leads], file.numbers) == ([(1, "a")], {"x": 1})


def test_a_number_alone_is_a_lead(tmp_path: Path) -> None:
    """So is a title alone, where no column has ids."""
    assert _numbered(tmp_path, "ID;TITLE\n 8 ;\nx;a\n").numbers == {"8": 1, "x": 2}
    assert [lead.title for lead in _numbered(tmp_path, "TITLE;NAME\na;\n").leads] == ["a"]


@pytest.mark.parametrize("heading", ["ORIGIN_ID", "ORIGINATOR_ID"])
def test_a_file_that_says_where_its_leads_come_from_gets_no_ids(tmp_path: Path, heading: str) -> None:
    """A lead has one origin, and nobody says which of the two it is."""
    text = f"ID;TITLE;{heading}\n00Q5;a;b\n"
    with pytest.raises(BadFile) as bad:
        _numbered(tmp_path, text)
    said = "expected no column of origins, since ids of another system become them: leave it out in a mapping"
    assert str(bad.value.row) == f"{tmp_path / 'leads.csv'}, line 1, {heading}: {said} (heading_twice)"


def test_an_id_that_is_too_long_for_an_origin_makes_a_bad_row(tmp_path: Path) -> None:
    """It is named by the field that it becomes."""
    file = _numbered(tmp_path, f"ID;TITLE\n{'x' * 256};a\n")
    assert only(file.bad_rows) == (2, "ORIGIN_ID", "invalid_value")
