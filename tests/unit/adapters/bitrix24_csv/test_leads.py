"""Leads from the product's export: where each cell goes, and what is said of those that go nowhere."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmcore.adapters.bitrix24_csv import BadFile, KnownClients, KnownPersons, read_leads
from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, language
from crmcore.adapters.bitrix24_csv.leads import lead_sheet, may_bring_stages
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
from crmcore.adapters.bitrix24_csv.sheets import read_sheet
from crmcore.adapters.bitrix24_csv.words.columns import EXPORT_COLUMNS, LEAD_COLUMNS, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import lead_column, lead_columns
from crmcore.domain.model.company import Company
from crmcore.domain.model.ids import CompanyId, StageCode, UserId
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.model.values import ContactPoint, Money, PointKind
from tests.unit.adapters.bitrix24_csv.files import leads_of, only, write_file

SAMPLES = {
    Meaning.ID: "7",
    Meaning.DATE: "1990-05-01",
    Meaning.INSTANT: "2026-11-23T12:00:00+00:00",
    Meaning.NUMBER: "12.345",
    Meaning.FLAG: "Y",
    Meaning.STAGE: "JUNK",
    Meaning.SOURCE: "CALL",
    Meaning.PERSON: "5",
    Meaning.PERSONS: "8,9",
}


def _name(column: Column, spelling: str) -> str:
    """The code of a column, or what the export of a language calls it."""
    return column.code if spelling == "code" else language(spelling).words("leads").get(column.code, ("",))[0]


def _sample(column: Column) -> str:
    return "EUR" if column.code == "CURRENCY_ID" else SAMPLES.get(column.meaning, f"the {column.code.lower()}")


@pytest.mark.rule("CONV-3", "CSV-5.9")
@pytest.mark.parametrize("spelling", ["code", *LANGUAGES])
def test_every_known_column_fills_its_field(tmp_path: Path, spelling: str) -> None:
    """Codes and the headings of each language lead to the same lead, and nothing of it is left empty."""
    columns = [
        column
        for column in LEAD_COLUMNS
        if column.meaning not in (Meaning.NOWHERE, Meaning.CLIENT, Meaning.FULL_NAME, Meaning.SEMANTICS)
        and _name(column, spelling)
    ]
    file = leads_of(
        tmp_path,
        ";".join(f'"{_name(column, spelling)}"' for column in columns),
        ";".join(f'"{_sample(column)}"' for column in columns),
    )
    assert (file.bad_rows, file.unplaced) == ((), {})
    (lead,) = file.leads
    for column in columns:
        assert _placed(lead, column) == _expected(column), column.code


def _placed(lead: Lead, column: Column) -> Any:
    entity, _, attribute = column.place.partition(".")
    if column.meaning is Meaning.POINTS:
        return [point.value for point in lead.contact_points if (point.kind, point.type) == (column.kind, column.type)]
    parts = {
        "Lead": lead,
        "PersonName": lead.name,
        "Address": lead.address,
        "Money": lead.amount,
        "ExternalOrigin": lead.origin,
        "Utm": lead.utm,
    }
    return getattr(parts[entity], attribute)


def _expected(column: Column) -> Any:
    values = {
        Meaning.ID: 7,
        Meaning.DATE: date(1990, 5, 1),
        Meaning.INSTANT: datetime(2026, 11, 23, 12, tzinfo=UTC),
        Meaning.NUMBER: Decimal("12.345"),
        Meaning.FLAG: True,
        Meaning.PERSON: 5,
        Meaning.PERSONS: (8, 9),
        Meaning.POINTS: [_sample(column)],
    }
    return values.get(column.meaning, _sample(column))


def test_the_export_has_fifty_eight_columns() -> None:
    """The table stands in the order of the export, and each heading has a name in every language."""
    assert len(EXPORT_COLUMNS) == 58
    assert [(each.code, name) for each in EXPORT_COLUMNS for name in LANGUAGES if not _name(each, name)] == []
    assert len({column.code for column in LEAD_COLUMNS}) == len(LEAD_COLUMNS)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_display_name_leads_to_its_own_column(code: str) -> None:
    """No two columns share a name, and blanks and case do not matter."""
    for column in EXPORT_COLUMNS:
        name = _name(column, code)
        if name != "Address":  # the code ADDRESS is the street, see below
            assert {lead_column(each).column for each in (name, f" {name.upper()}  ", name.lower())} == {column}


def test_address_is_the_street_as_a_code_and_the_whole_address_as_a_name() -> None:
    """The product calls two columns so; capitals tell the code."""
    assert lead_column("ADDRESS")[0].place == "Address.street"
    assert lead_column("Address")[0].place == "Address.full"


def test_name_is_not_understood_unless_it_is_a_code(tmp_path: Path) -> None:
    """It is the title of a record to some and a person's first name to others: it is kept as a field of its own."""
    assert [each.code for each in leads_of(tmp_path, "ID;TITLE;Name", "1;a;Ann").own_fields] == ["UF_CRM_NAME"]
    assert leads_of(tmp_path, "id;title;NAME", "1;a;Ann").own_fields == ()


@pytest.mark.parametrize("heading", ["Work e-mail", "work EMAIL", "Рабочий  email", "EMAIL", "e-mail"])
def test_email_may_be_spelled_either_way(heading: str) -> None:
    """A hyphen more or less is no other column."""
    assert lead_column(heading)[0].code == "EMAIL_WORK"


@pytest.mark.rule("CSV-6.3", "CSV-6.7")
def test_a_lead_needs_nothing_but_an_id(tmp_path: Path) -> None:
    """Without further columns every row is a new lead of user 1, which is how the recorded portal is read."""
    (lead,) = leads_of(tmp_path, "ID;TITLE", "5;").leads
    assert lead == Lead(id=5, stage="NEW", semantics=StageSemantics.IN_PROCESS, responsible=1)  # type: ignore[arg-type]  # plain ids


def test_a_converted_link_is_reported_and_not_followed(tmp_path: Path) -> None:
    """A lead file brings no clients, so links to them would point nowhere."""
    file = leads_of(tmp_path, "ID;STATUS_ID;CONTACT_ID;COMPANY_ID", "1;JUNK;7;", "2;NEW;0;")
    assert file.unplaced == {"CONTACT_ID": 1, "COMPANY_ID": 0}
    assert not any(lead.is_linked for lead in file.leads)


def test_several_values_in_a_cell_become_points_of_one_type(tmp_path: Path) -> None:
    """The order of the cell is kept, and types that the export does not have are taken from the heading."""
    (lead,) = leads_of(tmp_path, "ID;Мобильный телефон;PHONE_X-1;EMAIL", '1;"+1,+2";3;"a@x.example, b@x.example"').leads
    assert lead.contact_points == (
        ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+1"),
        ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+2"),
        ContactPoint(kind=PointKind.PHONE, type="X-1", value="3"),
        ContactPoint(kind=PointKind.EMAIL, type="WORK", value="a@x.example"),
        ContactPoint(kind=PointKind.EMAIL, type="WORK", value="b@x.example"),
    )


def test_custom_fields_are_texts_under_their_codes(tmp_path: Path) -> None:
    """What type a field has is not in the file; blank ones are absent."""
    (lead,) = leads_of(tmp_path, "ID;UF_CRM_SIZE;UF_CRM_x", "1;12; ").leads
    assert dict(lead.custom) == {"UF_CRM_SIZE": "12"}


@pytest.mark.rule("CSV-4.6")
@pytest.mark.parametrize("heading", ["UF_CRM_" + "Z" * 100, "UF_CRM_two words", "UF_CRM_", "PHONE_" + "Z" * 101])
def test_a_heading_that_can_be_no_code_is_a_name(tmp_path: Path, heading: str) -> None:
    """Once it made every row that filled the column a bad one; what is too long for a name is only counted."""
    file = leads_of(tmp_path, f"ID;TITLE;{heading}", "1;b;a")
    assert (file.bad_rows, file.unplaced) == ((), {"column 3": 1} if len(heading) > 80 else {})
    assert [each.heading for each in file.own_fields] == ([] if len(heading) > 80 else [heading])


@pytest.mark.rule("CSV-6.8")
@pytest.mark.parametrize(
    "row, first, last, reported",
    [
        ("Ann;Smith;Ann Smith", "Ann", "Smith", 0),
        ("Ann;Smith;Smith  Ann", "Ann", "Smith", 0),
        ("Ann;Smith;Smith, Ann", "Ann", "Smith", 0),
        (";;Ann Smith", "Ann Smith", None, 0),
        ("Ann;;Ann", "Ann", None, 0),
        ("Ann;Smith;Bob Smith", "Ann", "Smith", 1),
        ("Ann;;Ann Smith", "Ann", None, 1),
        ("Ann;Smith;", "Ann", "Smith", 0),
    ],
)
def test_a_full_name_is_carried_or_reported(
    tmp_path: Path, row: str, first: str, last: str | None, reported: int
) -> None:
    """It is derived from the parts; where it says more than they do, that is said, and nobody guesses who is right."""
    file = leads_of(tmp_path, "ID;First name;Last name;Full name", f"1;{row}")
    (lead,) = file.leads
    assert (lead.name.first, lead.name.last) == (first, last)
    assert file.unplaced == ({"Full name": reported} if reported else {})


@pytest.mark.rule("CSV-4.5")
def test_columns_without_a_place_are_reported_with_their_filled_cells(tmp_path: Path) -> None:
    """Each once, under the heading of the file; blank cells do not count."""
    file = leads_of(tmp_path, "ID;TITLE;Товар;Цена;MOVED_BY_ID", "1;a;Lamp;5;", "2;b;Chair; ;x")
    assert file.unplaced == {"Товар": 2, "Цена": 1, "MOVED_BY_ID": 1}


@pytest.mark.parametrize(
    "headings, row, field, code",
    [
        ("ID;TITLE", ";a", "ID", "missing_value"),
        ("ID;TITLE", "x;a", "ID", "bad_id"),
        ("ID;TITLE", "0;a", "ID", "bad_id"),
        ("ID;OPPORTUNITY", "1;1.234,56", "OPPORTUNITY", "bad_number"),
        ("ID;Возможная сумма", '1;"1 000"', "Возможная сумма", "bad_number"),
        ("ID;OPPORTUNITY", "1;" + "9" * 21, "OPPORTUNITY", "invalid_value"),
        ("ID;Currency", "1;Euro", "Currency", "invalid_value"),
        ("ID;Дата рождения", "1;soon", "Дата рождения", "bad_date"),
        ("ID;DATE_CREATE", "1;soon", "DATE_CREATE", "bad_date"),
        ("ID;Доступен для всех", "1;maybe", "Доступен для всех", "bad_flag"),
        ("ID;Стадия", "1;Hot", "Стадия", "unknown_stage"),
        ("ID;SOURCE_ID", "1;not a code", "SOURCE_ID", "invalid_value"),
        ("ID;Source", "1;" + "s" * 256, "Source", "invalid_value"),
        ("ID;TITLE", "1;" + "t" * 256, "TITLE", "invalid_value"),
        ("ID;Название лида", '1;"two\nlines"', "Название лида", "invalid_value"),
        ("ID;Full name", "1;" + "n" * 256, "Full name", "invalid_value"),
        ("ID;Work phone", "1;" + "1" * 2001, "Work phone", "invalid_value"),
        ("ID;Responsible person", '1;"a\nb"', "Responsible person", "invalid_value"),
        ("ID;UF_CRM_1", "1;" + "c" * 70_000, "UF_CRM_1", "invalid_value"),
        ("ID;City", "1;" + "c" * 256, "City", "invalid_value"),
        ("ID;UTM_TERM", "1;" + "c" * 256, "UTM_TERM", "invalid_value"),
    ],
)
@pytest.mark.rule("DATA-1", "DATA-2", "CSV-1.4", "CSV-2.2", "CSV-6.2")
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, headings: str, row: str, field: str, code: str) -> None:
    """Line, heading and code are said, the value is not; other rows are read."""
    file = leads_of(tmp_path, headings, "98;", row, "99;")
    assert [lead.id for lead in file.leads] == [98, 99]
    assert only(file.bad_rows) == (3, field, code)
    value = row.partition(";")[2].strip('"')
    assert len(value) < 3 or value not in f"{file.bad_rows[0]} {file.bad_rows[0]!r}"


@pytest.mark.rule("CSV-2.3")
def test_all_bad_rows_are_collected(tmp_path: Path) -> None:
    """They come in the order of the file, whatever is wrong with them."""
    file = leads_of(tmp_path, "ID;OPPORTUNITY", "1;a", "2", "3;3", "x;4")
    assert [row.line for row in file.bad_rows] == [2, 3, 5]


@pytest.mark.rule("IMPORT-1")
def test_an_id_that_comes_again_is_skipped_when_equal_and_bad_when_not(tmp_path: Path) -> None:
    """Both are said; the first row of an id is the one that counts."""
    file = leads_of(tmp_path, "ID;TITLE", "1;a", "1;a", "1;b", "2;c")
    assert [(lead.id, lead.title) for lead in file.leads] == [(1, "a"), (2, "c")]
    assert only(file.skipped_rows) == (3, "ID", "id_again")
    assert only(file.bad_rows) == (4, "ID", "id_differs")


STAGE_NAMES = {
    "Не обработан": "NEW",
    "в работе": "IN_PROCESS",
    "Обработан": "PROCESSED",
    "Качественный лид": "CONVERTED",
    "Некачественный лид": "JUNK",
    "Unassigned": "NEW",
    "In progress": "IN_PROCESS",
    "Processed": "PROCESSED",
    "Good lead": "CONVERTED",
    "Junk lead": "JUNK",
    "CONVERTED": "CONVERTED",
    "": "NEW",
}


@pytest.mark.parametrize("heading", ["Стадия", "STATUS_ID", "STAGE_ID"])
def test_stages_are_known_by_name_and_code(tmp_path: Path, heading: str) -> None:
    """An empty cell means the first stage; the stage brings its meaning along."""
    rows = (f"{id};{name}" for id, name in enumerate(STAGE_NAMES, 1))
    leads = leads_of(tmp_path, f"ID;{heading}", *rows).leads
    stages = {stage.code: stage.semantics for stage in DEFAULT_LEAD_STAGES.stages}
    assert [(lead.stage, lead.semantics) for lead in leads] == [
        (code, stages[StageCode(code)]) for code in STAGE_NAMES.values()
    ]


def test_another_catalogue_of_stages_can_be_given(tmp_path: Path) -> None:
    """Codes come first, then its own names, also where they are those of a standard stage."""
    extra = Stage(code="UC_1", name="Processed", semantics=StageSemantics.IN_PROCESS)  # type: ignore[arg-type]  # a plain code
    path = write_file(tmp_path, "ID;Stage\r\n1;Processed\r\n2;UC_1\r\n3;Good lead\r\n4;PROCESSED\r\n")
    renamed = tuple(attrs.evolve(stage, name=f"{stage.name}!") for stage in DEFAULT_LEAD_STAGES.stages)
    file = read_leads(path, stages=LeadStages(stages=(*renamed, extra)))
    assert [lead.stage for lead in file.leads] == ["UC_1", "UC_1", "CONVERTED", "PROCESSED"]


def test_sources_become_codes_and_the_table_says_which(tmp_path: Path) -> None:
    """Standard names in both languages share a code, another name gets the same one in every file."""
    file = leads_of(tmp_path, "ID;Источник", "1;Звонок", "2;Call", "3;Spring fair", "4;spring  FAIR", "5;CALL", "6;")
    codes = [lead.source for lead in file.leads]
    assert codes == ["CALL", "CALL", "UC_DCA9D52041DD", "UC_DCA9D52041DD", "CALL", None]
    assert file.names.sources == {"CALL": "Звонок", "UC_DCA9D52041DD": "Spring fair"}


def test_a_code_is_taken_as_it_is(tmp_path: Path) -> None:
    """Under a REST heading nothing is translated."""
    file = leads_of(tmp_path, "ID;SOURCE_ID", "1;Call", "2;UC_1", "3;힣")
    assert [lead.source for lead in file.leads] == ["Call", "UC_1", "힣"]
    assert file.names.sources == {}


@pytest.mark.rule("CSV-6.6")
def test_persons_get_ids_in_the_order_they_appear(tmp_path: Path) -> None:
    """Ids that the file gives itself stay and are given to nobody else."""
    file = leads_of(tmp_path, "ID;Responsible;Observers", '1;Bob;"Ann,2"', "2;Ann;", "3;4;Bob", "4;Cyd;Dan")
    assert [(lead.responsible, lead.observers) for lead in file.leads] == [(1, (3, 2)), (3, ()), (4, (1,)), (5, (6,))]
    assert file.names.persons == {1: "Bob", 3: "Ann", 5: "Cyd", 6: "Dan"}


def test_nobody_is_mistaken_for_the_person_who_stands_in(tmp_path: Path) -> None:
    """Leads without a responsible go to user 1, so that nobody who is named may be user 1."""
    file = leads_of(tmp_path, "ID;Responsible", "1;Bob", "2;")
    assert [lead.responsible for lead in file.leads] == [2, 1]
    assert file.names.persons == {2: "Bob"}
    assert leads_of(tmp_path, "ID;Observers", "1;Bob").names.persons == {2: "Bob"}


@pytest.mark.rule("DATA-2")
def test_a_file_shows_nobody_in_its_repr(tmp_path: Path) -> None:
    """Names of persons stay out of logs; they are in the tables for those who ask."""
    file = leads_of(tmp_path, "ID;Responsible;TITLE", "1;Bob Miller;Call Bob")
    assert "Bob" not in repr(file)


@pytest.mark.rule("CONV-4")
def test_blank_cells_are_absent(tmp_path: Path) -> None:
    """Blanks of any kind fill no field and make no row bad."""
    headings = ";".join(f'"{_name(column, "en")}"' for column in EXPORT_COLUMNS)
    file = leads_of(tmp_path, headings, ";".join(["1", *['" \u00a0"'] * 57]), all_new=True)
    (lead,) = file.leads
    assert file.bad_rows == ()
    assert lead == Lead(id=1, stage="NEW", semantics=StageSemantics.IN_PROCESS, responsible=1)  # type: ignore[arg-type]  # plain ids


def test_formula_marks_are_undone_and_phones_left_alone(tmp_path: Path) -> None:
    """The library's own export escapes, the product's does not: both come in as they were meant."""
    file = leads_of(tmp_path, "ID;TITLE;PHONE", "1;'=1+1;+33 1 25", "2;''quoted';'+33 1 25", "3;'90s;")
    assert [lead.title for lead in file.leads] == ["=1+1", "'quoted'", "'90s"]
    assert [lead.contact_points.values_of(PointKind.PHONE) for lead in file.leads[:2]] == [("+33 1 25",)] * 2


@pytest.mark.slow
def test_the_recorded_portal_is_read(shared: Path) -> None:
    """7,531 leads of a real portal, `ID;TITLE` only."""
    file = read_leads(shared / "data" / "leads_recorded.csv")
    assert (len(file.leads), file.bad_rows, file.skipped_rows, file.unplaced) == (7531, (), (), {})
    assert all(lead.is_active and lead.title for lead in file.leads)


def test_the_export_is_read(shared: Path) -> None:
    """44 leads of the product's layout: 42 active, one good, one junk."""
    file = read_leads(shared / "data" / "leads_export_ru.csv")
    assert (len(file.leads), file.bad_rows, file.skipped_rows) == (44, (), ())
    meanings = [lead.semantics for lead in file.leads]
    assert [meanings.count(each) for each in StageSemantics] == [42, 1, 1]


@pytest.mark.rule("CONV-3", "CONV-8")
def test_every_filled_cell_of_the_export_is_found_again(shared: Path) -> None:
    """Cell by cell: in the lead, in its full name, or among the columns without a place."""
    path = shared / "data" / "leads_export_ru.csv"
    file = read_leads(path)
    sheet = read_sheet(path, lead_columns)
    seen = 0
    for (_, cells), lead in zip(sheet.rows, file.leads, strict=True):
        texts = {*_texts(lead), file.names.stages[lead.stage], file.names.persons[lead.responsible]}
        texts.add(file.names.sources.get(lead.source or "", ""))
        texts.add("да" if lead.opened else "нет")
        texts.add(f"{lead.name.first or ''} {lead.name.last or ''}".strip())
        for heading in sheet.headings:
            cell = cells[heading.index]
            if cell and heading.text not in file.unplaced:
                assert cell in texts, (lead.id, heading.text)
                seen += 1
    assert seen > 44 * 8


def _texts(value: Any) -> Iterator[str]:
    """Every value inside a record, as text."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)


@pytest.mark.parametrize("length, bad", [(255, 0), (256, 1)])
def test_a_display_name_has_at_most_255_characters(tmp_path: Path, length: int, bad: int) -> None:
    """The longest is read, and one character more makes a bad row."""
    file = leads_of(tmp_path, "ID;Stage;Responsible", f"1;New;{'Ä' * length}")
    assert (len(file.leads), len(file.bad_rows)) == (1 - bad, bad)


@pytest.mark.rule("CSV-4.2")
def test_the_order_of_columns_is_free_and_all_but_the_id_may_be_missing(tmp_path: Path) -> None:
    """The id may stand last."""
    path = tmp_path / "leads.csv"
    path.write_text("TITLE;STATUS_ID;ID\nDesks;JUNK;7\n", encoding="utf-8")
    [lead] = read_leads(path).leads
    assert (lead.id, lead.title, lead.stage) == (7, "Desks", "JUNK")


BOTH, MEANS = "STATUS_ID;STATUS_SEMANTIC_ID", "STATUS_SEMANTIC_ID"
NAMES = "Unassigned, In progress, Processed, Good lead, Junk lead"
SAYS = "that --stages FILE or a mapping (stages in mapping.toml) says what it means"
TRANSLATED = "or --language it, in which it is the name of one,"
MAPPED = "expected the mapping to give this word the code of a stage, with the meaning of that stage"


#: Headings, cells of rows, and what is said of the last one: where and what.
WRONG_STAGES = [
    ("STATUS_ID", ["x"], "STATUS_ID", f"expected one of {NAMES}, or {SAYS}"),
    ("Stage", ["Lead spazzatura"], "Stage", f"expected one of {NAMES}, {TRANSLATED} or {SAYS}"),
    ("Stage", ["mapped"], "Stage", MAPPED),
    (BOTH, ["mapped;P"], "STATUS_ID", MAPPED),
    ("Stage;STATUS_SEMANTIC_ID", ["x;P"], "Stage", f"expected one of {NAMES}, or {SAYS}"),
    (
        BOTH,
        ["a b;P"],
        "STATUS_ID",
        "expected a code of 1 to 100 printable characters without spaces",
    ),
    (
        BOTH,
        ["x;S"],
        "STATUS_ID",
        "expected 'CONVERTED': there is only one success stage",
    ),
    (
        BOTH,
        ["x;P", "x;F"],
        "STATUS_ID",
        "expected one meaning for each stage, a row above says P of this one",
    ),
    (
        BOTH,
        ["x;f", "x;p"],
        "STATUS_ID",
        "expected one meaning for each stage, a row above says F of this one",
    ),
    (BOTH, ["NEW;X"], MEANS, "expected P, S or F: in process, success or failure"),
    (BOTH, ["NEW;F"], MEANS, "expected what the stage 'NEW' means: P"),
    (BOTH, ["JUNK; p "], MEANS, "expected what the stage 'JUNK' means: F"),
    (BOTH, ["CONVERTED;P"], MEANS, "expected what the stage 'CONVERTED' means: S"),
    (BOTH, ["JUNK;F", ";F"], MEANS, "expected what the stage 'NEW' means: P"),
]  # fmt: skip


@pytest.mark.rule("STAGE-2", "CSV-6.2", "CSV-6.4", "CSV-2.4")
def test_what_is_wrong_with_a_stage_is_said(tmp_path: Path) -> None:
    """Nobody guesses whether a lead is closed: the message says who can tell, and each row above is read."""
    mapping = attrs.evolve(NO_MAPPING, stages={"mapped": ("NOWHERE", None)})
    for headings, rows, field, said in WRONG_STAGES:
        lines = [f"{id};{row}" for id, row in enumerate(rows, 1)]
        above = "9;NEW" + ";P" * headings.count(";")
        (bad,) = leads_of(tmp_path, f"ID;{headings}", above, *lines, mapping=mapping).bad_rows
        code = "invalid_value" if "printable" in said else "unknown_stage"
        assert (bad.line, bad.field, bad.code, bad.message) == (len(rows) + 2, field, code, said)


@pytest.mark.rule("STAGE-2", "CSV-6.3")
def test_stages_of_a_file_are_told_with_its_names(tmp_path: Path) -> None:
    """Those that the catalogue does not have, once each, and what each stage is called in the file."""
    mapping = attrs.evolve(NO_MAPPING, stages={"doppio": ("DOUBLE", StageSemantics.FAILURE)})
    rows = ["1;UC_1;P", "2; Doppio ;", "3;UC_1; p", "4;;", "5; Junk lead ;F", "6;DOUBLE;F", "7;Good lead;s", "8;JUNK;"]
    file = leads_of(tmp_path, "ID;STATUS_ID;STATUS_SEMANTIC_ID", *rows, mapping=mapping)
    stages = ["UC_1", "DOUBLE", "UC_1", "NEW", "JUNK", "DOUBLE", "CONVERTED", "JUNK"]
    assert ([lead.stage for lead in file.leads], file.bad_rows) == (stages, ())
    assert [lead.is_active for lead in file.leads] == [True, False, True, True, False, False, False, False]
    assert [(stage.code, stage.name) for stage in file.new_stages] == [("UC_1", None), ("DOUBLE", "Doppio")]
    assert file.names.stages == {"DOUBLE": "Doppio", "JUNK": "Junk lead", "CONVERTED": "Good lead"}
    assert (file.all_new, file.unplaced, dict(file.lines)) == (False, {}, {id: id + 1 for id in range(1, 9)})


@pytest.mark.rule("CSV-3.5")
@pytest.mark.parametrize(
    "lines, all_new",
    [
        (["ID;TITLE", "1;a"], True),
        (["ID;TITLE;STATUS_ID", "1;a;"], True),
        (["ID;TITLE;STATUS_ID", "1;a;NEW"], False),
        (["ID;TITLE;STATUS_ID"], False),
        (["ID;TITLE"], True),
    ],
)
def test_every_lead_counts_as_new_where_no_column_is_the_stage(tmp_path: Path, lines: list[str], all_new: bool) -> None:
    """An empty column is none, unless there is no row that could fill it."""
    assert leads_of(tmp_path, *lines, all_new=all_new).all_new is all_new


@pytest.mark.parametrize(
    "lines, found",
    [
        (["ID;TITLE", "1;a"], False),
        (["ID;STATUS_ID", "1;NEW", "2; Junk lead ", "3;", '4;="JUNK"'], False),
        (["ID;STATUS_ID", "1;NEW", "2;x"], True),
        (["ID;STATUS_ID", "1;other"], True),
        (["ID;STATUS_ID", "1;doppio"], True),
    ],
)
def test_a_word_may_be_a_stage_that_a_store_brings(tmp_path: Path, lines: list[str], found: bool) -> None:
    """One that nobody knows, or that a mapping gives a code which the catalogue does not have."""
    mapping = attrs.evolve(
        NO_MAPPING, stages={"doppio": ("DOUBLE", StageSemantics.FAILURE), "other": ("NOWHERE", None)}
    )
    sheet = lead_sheet(write_file(tmp_path, "\n".join(lines)), mapping)
    assert may_bring_stages(sheet, DEFAULT_LEAD_STAGES, mapping) is found


@pytest.mark.rule("CSV-11.8")
def test_a_lead_is_called_as_the_client_who_is_nowhere(tmp_path: Path) -> None:
    """Where it has no name of its own; what it keeps so is not counted as lost."""
    rows = ("1;Ada Nowhere;Nowhere;;", "2;Ada Nowhere;Nowhere;Ugo;Own", "3;;;;", "4;Ada Nowhere;Nowhere;Ugo;")
    text = "ID;Контакт;Компания;First name;Company title\n" + "\n".join(rows)
    file = read_leads(write_file(tmp_path, text), unlinked=True, all_new=True)
    assert [(lead.name.first, lead.company_title) for lead in file.leads] == [
        ("Ada Nowhere", "Nowhere"),
        ("Ugo", "Own"),
        (None, None),
        ("Ugo", "Nowhere"),
    ]
    assert (file.unplaced, file.unlinked) == ({"Контакт": 2, "Компания": 1}, 3)
    untold = read_leads(write_file(tmp_path, text), all_new=True)
    assert [(row.line, row.code) for row in untold.bad_rows] == [(line, "unknown_client") for line in (2, 3, 5)]


def test_one_page_of_a_longer_list_is_refused_unless_somebody_says_so(tmp_path: Path) -> None:
    """The leads of the other pages would be missing."""
    path = write_file(tmp_path, '{"result":[{"ID":"1","TITLE":"a"}],"total":120}', "page.json")
    for read in (lambda: read_leads(path), lambda: lead_sheet(path, NO_MAPPING)):
        with pytest.raises(BadFile, match=r"\(partial_file\)"):
            read()
    assert [lead.id for lead in read_leads(path, partial=True).leads] == [1]


def test_a_file_that_is_hardly_understood_is_refused_unless_all_are_new(tmp_path: Path) -> None:
    """Whoever counts every lead as new has looked at it."""
    path = write_file(tmp_path, "ID;A;B;C\n1;x;y;z\n")
    with pytest.raises(BadFile, match=r"\(not_understood\)"):
        read_leads(path)
    assert [lead.id for lead in read_leads(path, all_new=True).leads] == [1]


@pytest.mark.rule("CSV-4.4")
def test_a_file_without_ids_says_what_can_be_done(tmp_path: Path) -> None:
    """A mapping says which column has them, or leads get new ones."""
    with pytest.raises(BadFile) as bad:
        leads_of(tmp_path, "TITLE;NAME", "a;b")
    ids = "expected a column ID (a mapping says which one it is), or new ids for the leads (numbering, --number)"
    assert str(bad.value.row) == f"{tmp_path / 'leads.csv'}, line 1: {ids} (missing_column)"
    file = read_leads(tmp_path / "leads.csv", numbering=count_up)
    assert ([lead.id for lead in file.leads], len(file.numbers)) == ([1], 1)


def test_a_mapping_says_the_encoding(tmp_path: Path) -> None:
    """Else a file in another one than UTF-8 is refused."""
    mapping = attrs.evolve(NO_MAPPING, encoding="cp1252")
    sheet = lead_sheet(write_file(tmp_path, "ID;Größe\n1;x\n".encode("cp1252")), mapping)
    assert [heading.text for heading in sheet.headings] == ["ID", "Größe"]


def test_a_stage_that_nobody_knows_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    """By their names, and by the code of one that has none."""
    first, *others = DEFAULT_LEAD_STAGES.stages
    stages = LeadStages(stages=(first, *(attrs.evolve(each, name=None) for each in others)))
    (bad,) = read_leads(write_file(tmp_path, "ID;STATUS_ID\n1;x\n"), stages=stages).bad_rows
    assert bad.message == f"expected one of Unassigned, IN_PROCESS, PROCESSED, CONVERTED, JUNK, or {SAYS}"


def test_a_file_has_all_that_is_told_of_it(tmp_path: Path) -> None:
    """Rows of both kinds, its own fields and stages, its sheet, the persons and the clients who were known before."""
    text = (
        "ID;TITLE;Own;Responsible;STATUS_ID;STATUS_SEMANTIC_ID;OPPORTUNITY;COMPANY_ID\n"
        "1;a;x;Bea;A;P;5;7\n1;a;x;Bea;A;P;5;7\n2;b\n3;c;;Ugo;;;;\n4;;;;JUNK;;;9\n"
    )
    known = KnownClients(companies=[Company(id=CompanyId(7), responsible=UserId(1))])
    file = read_leads(write_file(tmp_path, text), persons=KnownPersons({"bea": 7}), clients=known)
    found = [(lead.id, lead.responsible, lead.company_id, lead.amount) for lead in file.leads]
    assert found == [(1, 7, 7, Money(amount=Decimal(5))), (3, 2, None, None), (4, 1, None, None)]
    assert ([row.line for row in file.bad_rows], [row.line for row in file.skipped_rows]) == ([4], [3])
    assert [(own.heading, own.cells) for own in file.own_fields] == [("Own", 2)]
    assert [stage.code for stage in file.new_stages] == ["A"]
    assert (file.sheet is not None, dict(file.lines)) == (True, {1: 2, 3: 5, 4: 6})
    assert (file.names.persons, file.unplaced) == ({7: "Bea", 2: "Ugo"}, {"COMPANY_ID": 1})
    assert (file.unlinked, file.all_new, file.numbers) == (0, False, {})
