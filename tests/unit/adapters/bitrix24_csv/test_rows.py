"""Rows become records, some at a time: what cannot be read is told, and what comes again is kept once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats import facts
from crmcore.adapters.bitrix24_csv.formats.table import Form, Row, Table
from crmcore.adapters.bitrix24_csv.rows import LeftOut, Reading, Unreadable, by_line, check_name, reader_of
from crmcore.adapters.bitrix24_csv.sheets import Heading, sheet_of
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import lead_columns
from crmcore.domain.model.errors import InvalidValue
from tests.unit.adapters.bitrix24_csv.files import leads_of


def _heading(meaning: Meaning) -> Heading:
    return Heading(0, "Column", Column("CODE", meaning), is_code=True, written="Column")


@pytest.mark.parametrize(
    "meaning, cell, value",
    [
        (Meaning.ID, "39.0", 39),
        (Meaning.WHOLE, "-3", -3),
        (Meaning.LIST, "a, b", ("a", "b")),
        (Meaning.NUMBER, "1200,50", Decimal("1200.50")),
        (Meaning.DATE, "23.11.2026", date(2026, 11, 23)),
        (Meaning.INSTANT, "2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (Meaning.FLAG, "да", True),
        (Meaning.TEXT, " as it is ", " as it is "),
    ],
)
def test_a_cell_is_read_by_what_its_column_means(meaning: Meaning, cell: str, value: object) -> None:
    """Again and again, the same."""
    read = reader_of(_heading(meaning))
    assert [read(cell), read(cell)] == [value, value]


AMOUNT = (
    "expected a plain decimal such as 1234.50, without groups and currency; a mapping says which sign is the decimal "
    "one (decimal)"
)
DAY = "expected a date such as 2026-11-23 or 23.11.2026"
NUMBER_OF_DAY = "expected a date, the cell looks like the day number of a spreadsheet: format the column as a date"
INSTANT = "expected an instant such as 2026-11-23T15:04:05+03:00"
SHORTENED = "the cell looks like a number that a spreadsheet has shortened"


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize(
    "meaning, cell, code, said",
    [
        (Meaning.ID, "0", Fault.BAD_ID, "expected a whole number above 0"),
        (Meaning.ID, "1E+3", Fault.BAD_ID, f"expected a whole number above 0; {SHORTENED}"),
        (Meaning.WHOLE, "3.5", Fault.BAD_NUMBER, "expected a whole number"),
        (Meaning.LIST, ",", Fault.BAD_SHAPE, "expected texts, joined by commas"),
        (Meaning.NUMBER, "1,200", Fault.BAD_NUMBER, AMOUNT),
        (Meaning.NUMBER, "7,9E+10", Fault.BAD_NUMBER, f"{AMOUNT}; {SHORTENED}"),
        (Meaning.DATE, "2100", Fault.BAD_DATE, DAY),
        (Meaning.DATE, "2101", Fault.BAD_DATE, NUMBER_OF_DAY),
        (Meaning.DATE, "2958465", Fault.BAD_DATE, NUMBER_OF_DAY),
        (Meaning.DATE, "2958466", Fault.BAD_DATE, DAY),
        (Meaning.INSTANT, "45000,5", Fault.BAD_DATE, NUMBER_OF_DAY),
        (Meaning.INSTANT, "soon", Fault.BAD_DATE, INSTANT),
        (Meaning.FLAG, "45000", Fault.BAD_FLAG, "expected yes or no, да or нет, Y or N, 1 or 0"),
    ],
)
def test_a_cell_that_cannot_be_read_says_what_would_be_right(
    meaning: Meaning, cell: str, code: Fault, said: str
) -> None:
    """And what it looks like, where that is known."""
    with pytest.raises(Unreadable) as caught:
        reader_of(_heading(meaning))(cell)
    assert (caught.value.field, caught.value.code, caught.value.message) == ("Column", code, said)


@pytest.mark.parametrize(
    "name, code, said",
    [
        ("[1]", Fault.BAD_SHAPE, "expected a name, the cell looks like a list or an object of a program"),
        ("a\0b", Fault.INVALID_VALUE, "expected text without NUL, control characters and lone surrogates"),
        ("a\rb", Fault.INVALID_VALUE, "expected one line, the cell has a line break"),
        ("a\tb", Fault.INVALID_VALUE, "expected one line, the cell has a tab"),
        ("a" * 256, Fault.INVALID_VALUE, "expected at most 255 characters"),
    ],
)
def test_a_name_is_one_line(name: str, code: Fault, said: str) -> None:
    """Of at most 255 characters, without the blanks around it."""
    assert check_name(_heading(Meaning.SOURCE), f" {'a' * 255}\n") == "a" * 255
    with pytest.raises(Unreadable) as caught:
        check_name(_heading(Meaning.SOURCE), name)
    assert (caught.value.field, caught.value.code, caught.value.message) == ("Column", code, said)


def test_reports_stand_in_the_order_of_the_file() -> None:
    """Those of no line come first, and two of one line stay as they came."""
    lines = [1, None, 3, 1]
    rows = [BadRow("leads.csv", line, str(at), "code", "said") for at, line in enumerate(lines)]
    assert [(row.line, row.field) for row in by_line(rows)] == [(None, "1"), (1, "0"), (1, "3"), (3, "2")]


PRODUCT = "ID: one more product of a lead above, which has no place here (further_product)"
AGAIN = "ID: id {} came before, equal (id_again)"
DIFFERS = "ID: expected id {} once, or the same content again (id_differs)"
NO_ID = "ID: expected an id, a whole number above 0 (missing_value)"
BAD_ID = (
    "ID: expected a whole number above 0; ids of another system become origins of leads that get ids of ours "
    "(--number) (bad_id)"
)
SUMS = "ID: this looks like a row of sums: delete it"
#: Lines of a file, the titles of its leads by id, and what is said of rows that are bad or skipped.
FILES: dict[str, tuple[list[str], dict[int, str | None], list[str], list[str]]] = {
    "ids that come again": (
        ["ID;TITLE", "1;a", "2;b", "1;a", "2;c", "3;d", "3;d", "3;e", "1;a"],
        {1: "a", 2: "b", 3: "d"},
        [f"line 5, {DIFFERS.format(2)}", f"line 8, {DIFFERS.format(3)}"],
        [f"line 4, {AGAIN.format(1)}", f"line 7, {AGAIN.format(3)}", f"line 9, {AGAIN.format(1)}"],
    ),
    "rows without an id": (
        ["ID;TITLE", ";a", "NaN;b", "Total;5", ";Total: 7", "1;c", "ID;Lead name"],
        {1: "c"},
        [f"line 2, {NO_ID}", f"line 3, {NO_ID}", f"line 4, {SUMS} (bad_id)", f"line 5, {SUMS} (missing_value)",
         "line 7, ID: this looks like a second line of headings: delete one of them (bad_id)"],
        [],
    ),
    "products": (
        ["ID;TITLE;PRODUCT_ID;PRICE", ";;7;", "1;a;7;", ";;8;", "1;;8;1", "1;a;;", "2;b;;", "2;;;3", "x;;9;", "3;;9;"],
        {1: "a", 2: "b", 3: None},
        [f"line 2, {NO_ID}", f"line 9, {BAD_ID}"],
        [f"line 4, {PRODUCT}", f"line 5, {PRODUCT}", f"line 6, {AGAIN.format(1)}", f"line 8, {PRODUCT}"],
    ),
    "values": (
        ["ID;TITLE;NAME;BIRTHDATE", "1;'=a;;", f"2;{'x' * 256};;", '3;"a\tb";;', "4;a;\x01;", "5;a;;soon",
         "6; b ;;NaN"],
        {1: "=a", 6: " b "},
        ["line 3, TITLE: expected at most 255 characters (invalid_value)",
         "line 4, TITLE: expected one line, the cell has a tab (invalid_value)",
         "line 5, NAME: expected text without NUL, control characters and lone surrogates (invalid_value)",
         f"line 6, BIRTHDATE: {DAY} (bad_date)"],
        [],
    ),
    "rows that have nothing of a lead": (
        ["ID;TITLE;PRICE", ";;5", ";;6", "1;a;"], {1: "a"}, [f"line 2, {NO_ID}", f"line 3, {NO_ID}"], []),
    "ids alone": (["ID;TITLE", "1;", "2;", "3;"], {1: None, 2: None, 3: None}, [], []),
}  # fmt: skip


@pytest.mark.rule("IMPORT-1", "CSV-6.9")
@pytest.mark.parametrize("held", [2, 2_000])
@pytest.mark.parametrize("case", FILES)
def test_each_row_is_read_or_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str, held: int) -> None:
    """However many rows are read at a time."""
    monkeypatch.setattr(facts, "BLOCK", held)
    lines, titles, bad, skipped = FILES[case]
    file = leads_of(tmp_path, *lines)
    assert {lead.id: lead.title for lead in file.leads} == titles
    for rows, said in ((file.bad_rows, bad), (file.skipped_rows, skipped)):
        assert [str(row).removeprefix(f"{tmp_path}/leads.csv, ") for row in rows] == said


@pytest.mark.parametrize("held", [2, 2_000])
def test_filled_cells_are_counted_over_all_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, held: int) -> None:
    """Those that have no place, and those of custom fields."""
    monkeypatch.setattr(facts, "BLOCK", held)
    file = leads_of(tmp_path, "ID;TITLE;PRICE;Colour", "1;a;5;red", "2;b;;NaN", "3;c;NaN;", "4;d;6; ", "5;e;;blue")
    assert file.unplaced == {"PRICE": 2}
    assert [(own.heading, own.cells) for own in file.own_fields] == [("Colour", 2)]


class _Titles:
    """Makes a record of each row: its title."""

    def __init__(self) -> None:
        self.unplaced: dict[str, int] = {}
        #: The lines of the rows that are read next, and the columns that say something there.
        self.begun: list[tuple[list[int], list[str]]] = []

    def begin(self, rows: Sequence[Row], headings: Sequence[Heading]) -> None:
        self.begun.append(([line for line, _ in rows], [each.text for each in headings]))

    def read(self, cells: Iterable[str | None]) -> tuple[int, str | None]:
        id, *titles = cells
        title = next(iter(titles), None)
        if title == "left out":
            raise LeftOut("TITLE", Fault.OTHER_OWNER, "belongs to others")
        if title == "elsewhere":
            raise InvalidValue("Contact.name", "text without control characters")
        if title and len(title) > 9:
            raise InvalidValue("Lead.title", "at most 9 characters")
        return int(id or ""), title


def test_rows_are_read_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has its records, the line of each and its rows; what is wrong is told once all are read."""
    monkeypatch.setattr(facts, "BLOCK", 2)
    cells = [["1", ""], ["2", " "], ["3", "left out"], ["4", "much too long"], ["5", "elsewhere"], ["6", '="a"']]
    rows = list(enumerate(cells, 2))
    reader = _Titles()
    reading = Reading(sheet_of("leads.csv", Table(Form("CSV"), ["ID", "TITLE"], rows), lead_columns), reader)
    parts = list(reading.parts())
    assert [(part.records, part.lines) for part in parts] == [
        ({1: None, 2: None}, {1: 2, 2: 3}),
        ({}, {}),
        ({6: "a"}, {6: 7}),
    ]
    assert [list(part.rows) for part in parts] == [rows[:2], rows[2:4], rows[4:]]
    assert reader.begun == [([2, 3], ["ID", "TITLE"]), ([4, 5], ["ID", "TITLE"]), ([6, 7], ["ID", "TITLE"])]
    assert [str(row) for row in reading.skipped_rows] == ["leads.csv, line 4, TITLE: belongs to others (other_owner)"]
    assert [str(row) for row in reading.bad_rows] == [
        "leads.csv, line 5, TITLE: expected at most 9 characters (invalid_value)",
        "leads.csv, line 6: expected text without control characters (invalid_value)",
    ]
    assert reading.count == 3
    assert reading.whole() == ((None, None, "a"), {1: 2, 2: 3, 6: 7})
