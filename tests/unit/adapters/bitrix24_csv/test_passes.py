"""Files that are read some rows at a time: what stands in rows far apart is known all the same, and little is held."""

import tracemalloc
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from crmcore.adapters.bitrix24_csv.formats import facts
from crmcore.adapters.bitrix24_csv.formats.facts import BLOCK
from crmcore.adapters.bitrix24_csv.formats.text import Text
from crmcore.adapters.cli.work.inputs import NOTHING_KNOWN, Files
from crmcore.adapters.cli.work.options import NO_FILE_OPTIONS, NO_FILES_BESIDE
from tests.unit.adapters.bitrix24_csv.files import leads_of, write_file


def _rows(count: int, of: str = "Lead ") -> str:
    return "".join(f"{id};{of}{id};NEW\r\n" for id in range(1, count + 1))


def _held(folder: Path, count: int) -> int:
    """How many bytes are held at most while a file of leads is read."""
    path = write_file(folder, f"ID;TITLE;STATUS_ID\r\n{_rows(count, of='Lead ' * 20)}")
    tracemalloc.start()
    try:
        files = Files(path, NO_FILES_BESIDE, NO_FILE_OPTIONS, NOTHING_KNOWN)
        assert sum(len(part.leads) for part in files.parts()) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times as many rows take as much: each of them takes more than a kilobyte as a record."""
    monkeypatch.setattr(facts, "BLOCK", 200)
    _held(tmp_path, 10)
    assert _held(tmp_path, 3_000) - _held(tmp_path, 1_000) < 100_000


@pytest.mark.rule("CSV-6.9")
def test_an_id_comes_again_far_below(tmp_path: Path) -> None:
    """It is skipped when it is equal, and bad when it differs, whichever rows are read together."""
    file = leads_of(tmp_path, "ID;TITLE;STATUS_ID", _rows(BLOCK).strip(), "1;Lead 1;NEW", "2;Other;NEW")
    assert len(file.leads) == BLOCK
    assert [(row.line, row.code) for row in file.skipped_rows] == [(BLOCK + 2, "id_again")]
    assert [(row.line, row.code) for row in file.bad_rows] == [(BLOCK + 3, "id_differs")]


@pytest.mark.rule("CSV-8.1")
def test_the_last_day_tells_the_order_of_the_first(tmp_path: Path) -> None:
    """The whole column decides which number of a day is the month."""
    days = ["03/04/2026"] * BLOCK + ["31/12/2026"]
    rows = (f"{id};a;NEW;{day}" for id, day in enumerate(days, 1))
    file = leads_of(tmp_path, "ID;TITLE;STATUS_ID;BIRTHDATE", *rows)
    assert {str(lead.birth_date) for lead in file.leads} == {"2026-04-03", "2026-12-31"}


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Rows of two files would be taken for those of one."""
    path = write_file(tmp_path, f"ID;TITLE;STATUS_ID\r\n{_rows(8_000)}")
    text = Text(path)
    assert len(list(text.lines())) == 8_001
    with path.open("a", encoding="utf-8") as file:
        file.write("1;Other;NEW\r\n")
    with pytest.raises(BadFile, match=r"has changed while it was read; run again \(unreadable_file\)"):
        list(text.lines())


def test_what_is_wrong_is_found_at_the_end_of_a_long_file(tmp_path: Path) -> None:
    """A letter of another encoding far below is told with its line, before anything else is."""
    content = f"ID;TITLE\r\n{_rows(8_000)}".encode() + b'"a"b\r\n\xff\r\n'
    with pytest.raises(BadFile) as caught:
        read_leads(write_file(tmp_path, content))
    assert (caught.value.row.line, caught.value.row.code) == (8_003, "unknown_encoding")


def test_marks_of_joined_files_are_passed_over_anywhere(tmp_path: Path) -> None:
    """They stand before lines of a file that was joined to another one, also of a long one."""
    path = write_file(tmp_path, f"ID;TITLE;STATUS_ID\r\n{_rows(8_000)}\ufeff9001;Last;NEW\r\n")
    file = read_leads(path)
    assert (file.leads[-1].id, len(file.leads), file.bad_rows) == (9_001, 8_001, ())
