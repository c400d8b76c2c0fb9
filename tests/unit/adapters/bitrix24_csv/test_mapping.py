"""A mapping says what a file does not: headings, own fields, stages, names, signs and words; and is strict itself."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from crmcore.adapters.bitrix24_csv import BadFile, FileMapping, LeadFile, read_leads, read_mapping
from crmcore.domain.model.stages import Stage, StageSemantics
from tests.unit.adapters.bitrix24_csv.files import leads_of, write_file


def _mapping(folder: Path, text: str) -> FileMapping:
    return read_mapping(write_file(folder, text, "mapping.toml"))


def _read(folder: Path, mapping: str, *lines: str) -> LeadFile:
    return leads_of(folder, *lines, mapping=_mapping(folder, mapping))


@pytest.mark.rule("IMPORT-1")
def test_headings_are_mapped_to_columns(tmp_path: Path) -> None:
    """Case and blanks do not matter; an empty code leaves a column out, be it one that could be the stage."""
    mapping = '[headings]\n"nome del lead" = "TITLE"\n"Fase" = "STATUS_ID"\n"Etapa" = ""\n"Telefono" = "PHONE_MOBILE"\n'
    file = _read(tmp_path, mapping, "ID;Nome  del Lead;Fase;Etapa;Telefono", "1;Dieci;NEW;Junk lead;+39 1")
    (lead,) = file.leads
    assert (lead.title, lead.stage, lead.contact_points[0].type) == ("Dieci", "NEW", "MOBILE")
    assert file.unplaced == {"Etapa": 1}


def test_own_fields_have_their_type(tmp_path: Path) -> None:
    """What no mapping names is a text, under a code made of its name."""
    mapping = """
        [fields]
        "Size" = { code = "UF_CRM_SIZE", type = "whole number" }
        "Rate" = { code = "UF_CRM_RATE", type = "decimal" }
        "Paid" = { code = "UF_CRM_PAID", type = "yes or no" }
        "Due" = { code = "UF_CRM_DUE", type = "date" }
        "Tags" = { code = "UF_CRM_TAGS", type = "list" }
        "Note" = "UF_CRM_NOTE"
    """
    headings = "ID;TITLE;STATUS_ID;SOURCE_ID;NAME;LAST_NAME;POST;COMMENTS;Size;Rate;Paid;Due;Tags;Note;Тип услуги"
    file = _read(tmp_path, mapping, headings, "1;a;NEW;WEB;b;c;d;e;3;1,5;да;31/12/2026;x, y;n;Уборка")
    (lead,) = file.leads
    assert dict(lead.custom) == {
        "UF_CRM_SIZE": 3,
        "UF_CRM_RATE": Decimal("1.5"),
        "UF_CRM_PAID": True,
        "UF_CRM_DUE": date(2026, 12, 31),
        "UF_CRM_TAGS": ("x", "y"),
        "UF_CRM_NOTE": "n",
        "UF_CRM_ТИП_УСЛУГИ": "Уборка",
    }
    own = file.own_fields[-1]
    assert (own.heading, own.code, own.cells) == ("Тип услуги", "UF_CRM_ТИП_УСЛУГИ", 1)
    assert [each.cells for each in file.own_fields] == [1] * 7


@pytest.mark.parametrize("code", ["SOME_NEW_FIELD", "PARENT_ID_2", "parentId2", "someNewField"])
def test_a_code_that_is_not_known_becomes_no_own_field(tmp_path: Path, code: str) -> None:
    """The REST interface may answer more than is known here; nobody gave a field such a name."""
    file = leads_of(tmp_path, f"ID;TITLE;STATUS_ID;{code};Some new field", "1;a;NEW;x;y")
    assert file.unplaced == {code: 1}
    assert [each.heading for each in file.own_fields] == ["Some new field"]
    assert dict(file.leads[0].custom) == {"UF_CRM_SOME_NEW_FIELD": "y"}


@pytest.mark.rule("STAGE-1", "STAGE-2")
def test_stages_get_a_code_and_a_meaning(tmp_path: Path) -> None:
    """One that the catalogue has keeps its meaning; another is told of, to be defined before the import."""
    mapping = """
        [stages]
        "Новая заявка" = "NEW"
        "дубль" = { code = "DUPLICATE", means = "failure" }
        "Первый звонок" = { code = "CALLED", means = "in process" }
        "Unassigned" = "IN_PROCESS"
    """
    lines = ["ID;Стадия", "1;Новая заявка", "2;Дубль", "3;Первый звонок", "4;Unassigned", "5;Дубль"]
    file = _read(tmp_path, mapping, *lines)
    assert [(lead.stage, lead.is_active) for lead in file.leads] == [
        ("NEW", True),
        ("DUPLICATE", False),
        ("CALLED", True),
        ("IN_PROCESS", True),
        ("DUPLICATE", False),
    ]
    assert [(stage.code, stage.name, stage.semantics) for stage in file.new_stages] == [
        ("DUPLICATE", "Дубль", StageSemantics.FAILURE),
        ("CALLED", "Первый звонок", StageSemantics.IN_PROCESS),
    ]


def test_a_mapped_stage_without_a_meaning_has_to_be_there(tmp_path: Path) -> None:
    """So does one that would be a second stage of success (STAGE-1)."""
    mapping = '[stages]\na = "NOWHERE"\nb = { code = "WON", means = "success" }\n'
    file = _read(tmp_path, mapping, "ID;STATUS_ID", "1;a", "2;b")
    assert [(row.line, row.code) for row in file.bad_rows] == [(2, "unknown_stage"), (3, "unknown_stage")]


@pytest.mark.rule("STAGE-2", "CSV-6.4")
@pytest.mark.parametrize(
    "mapped",
    ['word = { code = "NEW", means = "failure" }', 'word = "JUNKK"', 'Unassigned = "JUNKK"', 'NEW = "JUNKK"'],
)
def test_a_mapping_that_contradicts_the_stages_of_the_crm_makes_bad_rows(tmp_path: Path, mapped: str) -> None:
    """Whoever says that a word means failure, or mistypes a code, does not get a lead that is converted."""
    word = mapped.partition(" ")[0]
    file = _read(tmp_path, f"[stages]\n{mapped}\n", "ID;STATUS_ID;STATUS_SEMANTIC_ID", f"1;{word};P")
    assert [(row.code, "the mapping to give" in row.message) for row in file.bad_rows] == [("unknown_stage", True)]
    assert file.leads == ()


@pytest.mark.rule("STAGE-2")
def test_the_meaning_in_a_row_decides_where_the_code_is_unknown(tmp_path: Path) -> None:
    """One meaning for a code in the whole file; a display name is no code, and no second success comes in."""
    lines = ["ID;STATUS_ID;STATUS_SEMANTIC_ID", "1;UC_1;P", "2;UC_2;F", "3;UC_1;F", "4;UC_3;S", "5;UC_4;", "6;UC_2;F"]
    file = leads_of(tmp_path, *lines)
    assert [(lead.id, lead.is_active) for lead in file.leads] == [(1, True), (2, False), (6, False)]
    assert list(file.new_stages) == [
        Stage(code="UC_1", semantics=StageSemantics.IN_PROCESS),  # type: ignore[arg-type]  # plain codes
        Stage(code="UC_2", semantics=StageSemantics.FAILURE),  # type: ignore[arg-type]  # plain codes
    ]
    assert [(row.line, row.code) for row in file.bad_rows] == [(line, "unknown_stage") for line in (4, 5, 6)]
    by_name = leads_of(tmp_path, "ID;Stage;STATUS_SEMANTIC_ID", "1;Mine;P")
    assert [row.code for row in by_name.bad_rows] == ["unknown_stage"]


def test_persons_and_sources_get_what_the_mapping_says(tmp_path: Path) -> None:
    """Nobody else gets the id of a person who is mapped."""
    mapping = '[persons]\n"ugo test" = 1\n\n[sources]\n"Fiera" = "TRADE_SHOW"\n'
    file = _read(tmp_path, mapping, "ID;Responsible person;Source", "1;Bea Test;fiera", "2;Ugo Test;Web site")
    assert [lead.responsible for lead in file.leads] == [2, 1]
    assert file.leads[0].source == "TRADE_SHOW"


def test_words_and_signs_get_their_meaning(tmp_path: Path) -> None:
    """A sign in the wrong place makes a bad row."""
    mapping = 'decimal = ","\nyes = ["sì"]\nno = ["mai"]\nnothing = ["-", "senza"]\nencoding = "cp1252"\n'
    path = write_file(tmp_path, mapping, "mapping.toml")
    lines = ["ID;TITLE;OPPORTUNITY;CURRENCY_ID;OPENED", "1;Città;1.234,56;EUR;Sì", "2;-;1 000;EUR;mai", "3;a;12.5;EUR;"]
    leads = write_file(tmp_path, "\n".join(lines).encode("cp1252"))
    file = read_leads(leads, mapping=read_mapping(path))
    assert [(lead.title, lead.amount and lead.amount.amount, lead.opened) for lead in file.leads] == [
        ("Città", Decimal("1234.56"), True),
        (None, Decimal(1000), False),
    ]
    assert [(row.line, row.code) for row in file.bad_rows] == [(4, "bad_number")]


@pytest.mark.parametrize(
    "text, field, word",
    [
        ("head = {}", "head", "headings"),
        ("headings = 1", "headings", r"a table \[headings\]"),
        ('[headings]\nFase = "STATUS_IDD"', "headings.Fase", "STATUS_ID"),
        ('[headings]\na = "TITLE"\nA = "NAME"', "headings.A", "each word once"),
        ('[headings]\na = "TITLE"\n[fields]\nA = "UF_CRM_A"', "fields.a", "each heading in one place"),
        ('[fields]\na = "two words"', "fields.a.code", "without spaces"),
        ('[fields]\na = { code = "A", type = "numbre" }', "fields.a.type", "a type of fields"),
        ('[fields]\na = { typ = "text" }', "fields.a", "code"),
        ('[stages]\na = { code = "A", means = "won" }', "stages.a.means", "in process or success or failure"),
        ("[stages]\na = 5", "stages.a", "a code of a stage"),
        ('[stages]\n" " = "JUNK"', "stages", "no empty one"),
        ("[persons]\na = 0", "persons.a", "a whole number"),
        ('[persons]\na = "7"', "persons.a", "int"),
        ('[sources]\na = ""', "sources.a", "a code"),
        ('encoding = "cp9999"', "encoding", "cp1252"),
        ('encoding = "a\\u0000b"', "encoding", "cp1252"),
        ('[fields]\na = { code = "A", type = ["text"] }', "fields.a.type", "a type of fields"),
        ("[stages]\na = { code = 'A', means = {} }", "stages.a.means", "in process or success or failure"),
        ("[stages]\n'\u202ea' = { code = 'A', means = 'failure' }", "stages.\u202ea", "direction"),
        ("yes = " + "[" * 100_000, None, "too deep"),
        ('dates = "ymd"', "dates", "dmy or mdy"),
        ('decimal = "x"', "decimal", "decimal sign"),
        ("yes = 1", "yes", "a list of words"),
        ("no = [1]", "no", "a text"),
        ("[", None, "TOML: wrong at end of document"),
        ("\udcff", None, "UTF-8"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused(tmp_path: Path, text: str, field: str | None, word: str) -> None:
    """The key is named, and what would have been right; a key that is near is told."""
    path = tmp_path / "mapping.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BadFile, match=word) as caught:
        read_mapping(path)
    assert caught.value.row.field == field


def test_a_mapping_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(BadFile) as caught:
        read_mapping(tmp_path / "missing.toml")
    assert caught.value.row.code == "unreadable_file"
