"""What a file is stands there before anything is imported, and the draft of a mapping can be read and answered."""

from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve

from crmcore.adapters.bitrix24_csv import BadFile, draft_mapping, inspect_files, inspection, read_leads, read_mapping
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import Table
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
from crmcore.adapters.bitrix24_csv.words.headings import lead_column
from crmcore.domain.model.ids import StageCode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from tests.unit.adapters.bitrix24_csv.files import write_file

LEADS = "ID;Название лида;Стадия;Ответственный;Источник;Тип услуги\n1;a;Не обработан;Bea;Ярмарка;x\n2;b;Дубль;Ugo;;\n"


def test_a_file_is_told_of(tmp_path: Path) -> None:
    """Form, kind, columns with their fields and filled cells, stages with their meaning, names, and the first rows."""
    (seen,) = inspect_files([write_file(tmp_path, LEADS)])
    assert seen.form is not None
    assert (seen.form.name, seen.form.encoding, seen.form.delimiter, seen.kind) == ("CSV", "utf-8", ";", "leads")
    assert [(each.heading, each.code, each.filled) for each in seen.columns] == [
        ("ID", "ID", 2),
        ("Название лида", "TITLE", 2),
        ("Стадия", "STATUS_ID", 2),
        ("Ответственный", "ASSIGNED_BY_ID", 2),
        ("Источник", "SOURCE_ID", 1),
        ("Тип услуги", None, 1),
    ]
    assert [(each.word, each.code, each.means, each.cells) for each in seen.stages] == [
        ("Не обработан", "NEW", "in process", 1),
        ("Дубль", None, None, 1),
    ]
    assert (seen.rows, seen.leads, [row.code for row in seen.bad_rows]) == (2, 1, ["unknown_stage"])
    assert seen.persons == {"Bea": 1, "Ugo": 2}
    assert list(seen.sources) == ["Ярмарка"]
    assert seen.first[1] == {
        "ID": "2",
        "Название лида": "b",
        "Стадия": "Дубль",
        "Ответственный": "Ugo",
    }


@pytest.mark.parametrize(
    "content, kind, code",
    [
        ("ID;Стадия сделки;Название сделки\n1;a;b\n", "deals", "wrong_file"),
        ("ID;TITLE;Stato\n1;a;b\n", "leads", "unknown_stage_column"),
        ("ID;LEAD_ID;SUBJECT\n1;2;Call\n", "activities", None),
        ('{"result":[],"total":0}', None, "empty_file"),
    ],
)
def test_why_a_file_is_refused_is_told(tmp_path: Path, content: str, kind: str | None, code: str | None) -> None:
    """Its kind is told as far as it can be."""
    (seen,) = inspect_files([write_file(tmp_path, content)])
    assert (seen.kind, None if seen.refusal is None else seen.refusal.code) == (kind, code)


def test_the_draft_of_a_mapping_can_be_read(tmp_path: Path) -> None:
    """As it stands it changes nothing; with its lines answered it makes the file whole."""
    path = write_file(tmp_path, LEADS.replace("Тип услуги", 'Тип "услуги" \\'))
    draft = draft_mapping(inspect_files([path])[0])
    mapping = read_mapping(write_file(tmp_path, draft, "mapping.toml"))
    before, after = read_leads(path), read_leads(path, mapping=mapping)
    assert (after.leads, after.bad_rows) == (before.leads, before.bad_rows)
    assert '"Bea" = 1' in draft
    answered = draft.replace('# "Дубль" = { code = "CODE", means = "in process" }', '"Дубль" = "JUNK"')
    whole = read_leads(path, mapping=read_mapping(write_file(tmp_path, answered, "mapping.toml")))
    assert [lead.stage for lead in whole.leads] == ["NEW", "JUNK"]


def test_the_draft_asks_for_the_stage(tmp_path: Path) -> None:
    """A file that is refused for it is read once the heading is answered; its encoding is written down."""
    path = write_file(tmp_path, "ID;TITLE;Situação\n1;a;Lead Ruim\n".encode("cp1252"))
    draft = draft_mapping(inspect_files([path], mapping=evolve(NO_MAPPING, encoding="cp1252"))[0])
    assert 'encoding = "cp1252"' in draft
    answered = draft.replace('# "Situação"', '"Situação"').replace("[stages]", '[stages]\n"Lead Ruim" = "JUNK"')
    (lead,) = read_leads(path, mapping=read_mapping(write_file(tmp_path, answered, "mapping.toml"))).leads
    assert lead.stage == "JUNK"


@pytest.mark.parametrize("heading", ["Etapp", "مرحله", "Kolumna 7"])
def test_a_draft_alone_makes_no_lead_active(tmp_path: Path, heading: str) -> None:
    """Where a column may be the stage, no column is a field before somebody has answered."""
    path = write_file(tmp_path, f"ID;TITLE;Own;{heading}\n1;a;x;Junk lead\n")
    draft = draft_mapping(inspect_files([path])[0])
    with pytest.raises(BadFile, match="could be the stage"):
        read_leads(path, mapping=read_mapping(write_file(tmp_path, draft, "mapping.toml")))
    answered = draft.replace(f'# "{heading}"', f'"{heading}"')
    (lead,) = read_leads(path, mapping=read_mapping(write_file(tmp_path, answered, "mapping.toml"))).leads
    assert lead.stage == "JUNK"


def test_a_draft_keeps_what_was_said(tmp_path: Path) -> None:
    """Whoever said the order of days once has it in the mapping for next month."""
    said = 'language = "it"\ndates = "dmy"\ndecimal = ","\n[headings]\n"Titel" = "TITLE"\n"Alt" = ""\n'
    mapping = read_mapping(write_file(tmp_path, said, "said.toml"))
    path = write_file(tmp_path, "ID;Titel;Alt;Fase\n1;a;x;Perso\n")
    draft = draft_mapping(inspect_files([path], mapping=mapping)[0], mapping)
    kept = read_mapping(write_file(tmp_path, draft, "mapping.toml"))
    assert (kept.language, kept.dates, kept.decimal) == ("it", "dmy", ",")
    assert kept.headings == mapping.headings


def test_each_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of clients, which are looked at for the links of the others as well."""
    seen: list[Path] = []

    def counted(path: Path, *given: Any, **more: Any) -> Table:
        seen.append(path)
        return read_table(path, *given, **more)

    monkeypatch.setattr(inspection, "read_table", counted)
    paths = [
        write_file(tmp_path, "ID;TITLE;CONTACT_ID\n1;a;503\n"),
        write_file(tmp_path, "ID;NAME;TYPE_ID;EXPORT\n503;Ada;CLIENT;Y\n", "contacts.csv"),
        write_file(tmp_path, "ID;LEAD_ID;SUBJECT\n5;1;Call\n", "activities.csv"),
    ]
    leads, contacts, activities = inspect_files(paths)
    assert seen == paths
    assert (leads.leads, contacts.clients, activities.kind) == (1, 1, "activities")


def test_a_file_is_told_of_as_the_options_say(tmp_path: Path) -> None:
    """Ids of another system, stages that nobody knows, and links that lead nowhere."""
    path = write_file(tmp_path, "ID;TITLE;Stato;CONTACT_ID\n00Q5;a;x;503\n")
    (refused,) = inspect_files([path])
    assert refused.refusal is not None
    (told,) = inspect_files([path], numbering=count_up, all_new=True, unlinked=True)
    assert (told.refusal, told.leads, told.bad_rows) == (None, 1, ())


MIXED = (
    "ID;Lead name;Fase;Responsible;Source;Own;Price\n1;a;Nuovo;Bea;Fair;x;5\n2;b; Lead spazzatura ;Ugo;Call; ;\n"
    "3;;Junk lead;;;;\n4;d;NEW;;;;\n5\n6;e;NEW;;;;\n"
)
DRAFT = """\
# What the headings, stages and names of this kind of file mean. Lines with # wait for an answer.
# language = "it"
# dates = "dmy"
# decimal = ","

[headings]

[fields]
"Own" = { code = "UF_CRM_OWN", type = "text" }

[stages]
# "Nuovo" = { code = "CODE", means = "in process" }
# "Lead spazzatura" = { code = "CODE", means = "in process" }
"Junk lead" = "JUNK"

[persons]
"Bea" = 2
"Ugo" = 3

[sources]
"Fair" = "UC_1869C9D2A11E"
"Call" = "CALL"
"""


def test_all_that_is_told_of_a_file_of_leads(tmp_path: Path) -> None:
    """Each column, each word of the stages in the order they appear, and what a draft makes of them."""
    (seen,) = inspect_files([write_file(tmp_path, MIXED)])
    told = asdict(seen)
    bad_rows = told.pop("bad_rows")
    assert [(row["file"], row["line"], row["code"]) for row in bad_rows] == [
        (told["file"], 2, "unknown_stage"),
        (told["file"], 3, "unknown_stage"),
        (told["file"], 6, "cell_count"),
    ]
    columns = [tuple(column.values()) for column in told.pop("columns")]
    assert columns == [
        ("ID", "ID", None, "Lead.id", 5),
        ("Lead name", "TITLE", None, "Lead.title", 4),
        ("Fase", "STATUS_ID", None, "Lead.stage", 5),
        ("Responsible", "ASSIGNED_BY_ID", None, "Lead.responsible", 2),
        ("Source", "SOURCE_ID", None, "Lead.source", 2),
        ("Own", None, "UF_CRM_OWN", None, 1),
        ("Price", "PRICE", None, None, 1),
    ]
    stages = [tuple(word.values()) for word in told.pop("stages")]
    assert stages == [
        ("Nuovo", None, None, 1, "it"),
        ("Lead spazzatura", None, None, 1, "it"),
        ("Junk lead", "JUNK", "failure", 1, None),
        ("NEW", "NEW", "in process", 2, None),
    ]
    first = {
        "ID": "1",
        "Lead name": "a",
        "Fase": "Nuovo",
        "Responsible": "Bea",
        "Source": "Fair",
        "Own": "x",
        "Price": "5",
    }
    second = {"ID": "2", "Lead name": "b", "Fase": " Lead spazzatura ", "Responsible": "Ugo", "Source": "Call"}
    assert told == {
        "file": str(tmp_path / "leads.csv"),
        "form": {"name": "CSV", "encoding": "utf-8", "delimiter": ";"},
        "kind": "leads",
        "rows": 6,
        "persons": {"Bea": 2, "Ugo": 3},
        "sources": {"Fair": "UC_1869C9D2A11E", "Call": "CALL"},
        "first": (first, second, {"ID": "3", "Fase": "Junk lead"}),
        "leads": 3,
        "clients": None,
        "refusal": None,
    }
    assert draft_mapping(seen) == DRAFT


KEPT = """\
# What the headings, stages and names of this kind of file mean. Lines with # wait for an answer.
encoding = "cp1252"
language = "it"
dates = "dmy"
decimal = ","

[headings]
"titel" = "TITLE"
"alt" = ""
# "Situação" = "STATUS_ID"  # or "" to leave it out

[fields]
# "Own \\"x\\" \\\\" = { code = "UF_CRM_OWN_X_5EF4", type = "text" }

[stages]
# "Perso" = { code = "CODE", means = "in process" }

[persons]

[sources]
"""


def test_a_draft_keeps_what_was_said_to_the_letter(tmp_path: Path) -> None:
    """Where a column could be the stage, no other one is a field before somebody has answered."""
    said = 'encoding = "cp1252"\nlanguage = "it"\ndates = "dmy"\ndecimal = ","\n'
    said += '[headings]\n"Titel" = "TITLE"\n"Alt" = ""\n'
    mapping = read_mapping(write_file(tmp_path, said, "said.toml"))
    text = 'ID;Titel;Alt;Fase;Situação;"Own ""x"" \\";Empty\n1;a;x;Perso;y;z;\n'
    (seen,) = inspect_files([write_file(tmp_path, text.encode("cp1252"))], mapping=mapping)
    assert draft_mapping(seen, mapping) == KEPT
    assert [(column.code, column.filled) for column in seen.columns[2:]] == [
        ("LEFT_OUT", 1),
        ("STATUS_ID", 1),
        (None, 1),
        (None, 1),
        (None, 0),
    ]
    assert (seen.leads, seen.refusal and seen.refusal.field) == (None, "Situação")


@pytest.mark.parametrize(
    "name, text, told",
    [
        ("a.csv", "ID;NAME;TYPE_ID;EXPORT\n503;Ada;CLIENT;Y\n", ("contacts", 1, None, 1, None, "Contact.id")),
        ("a.csv", "ID;TITLE;COMPANY_TYPE\n7;x;y\n8\n", ("companies", 2, None, 1, None, "Company.id")),
        ("a.csv", "ID;LEAD_ID;SUBJECT\n5;1;Call\n6\n", ("activities", 2, None, None, None, "Activity.id")),
        ("a.csv", "ID;Стадия сделки;Название сделки\n1;a;b\n", ("deals", 1, None, None, "wrong_file", "Lead.id")),
        ("a.csv", "ID;LEAD_ID;Статус;TYPE\n5;1;x;y\n", ("activities", 1, None, None, "not_understood", "Activity.id")),
        ("a.csv", "ID;TITLE\n1;a\n", ("leads", 1, 1, None, None, "Lead.id")),
        ("a.csv", "NAME;TYPE_ID;EXPORT\nAda;x;Y\n", ("contacts", 1, None, None, "missing_column", "PersonName.first")),
        ("a.csv", "ID;Имя;Тип контакта\n1;a;b\n", ("contacts", 1, None, 1, None, "Contact.id")),
        ("a.csv", "ID;Contact type;Company title\n1;a;b\n",
         ("contacts", 1, None, None, "not_understood", "Contact.id")),
        ("a.csv", "", (None, 0, None, None, "empty_file", None)),
        ("a.json", '{"result":[{"ID":"1","TITLE":"a"}],"total":9}', (None, 0, None, None, "partial_file", None)),
    ],
)  # fmt: skip
def test_each_kind_is_told_with_what_would_be_read(
    tmp_path: Path, name: str, text: str, told: tuple[object, ...]
) -> None:
    """How many records of leads or clients, and by the columns of that kind; a refusal tells of no record."""
    path = write_file(tmp_path, text, name)
    (seen,) = inspect_files([path])
    refusal = None if seen.refusal is None else seen.refusal.code
    place = seen.columns[0].place if seen.columns else None
    assert (seen.kind, seen.rows, seen.leads, seen.clients, refusal, place) == told
    assert (seen.file, seen.form is None) == (str(path), seen.kind is None)
    if refusal == "partial_file":
        assert inspect_files([path], partial=True)[0].leads == 1


def test_files_are_told_of_together(tmp_path: Path) -> None:
    """A client of one file is known in the others, also one that is linked to nobody; a mapping counts for all."""
    contacts = write_file(
        tmp_path, "ID;NAME;TYPE_ID;EXPORT;COMPANY_ID\n503;Größe;x;Y;9\n504;b;x;Y;7\n".encode("cp1252"), "c.csv"
    )
    companies = write_file(tmp_path, "ID;TITLE;COMPANY_TYPE\n7;x;y\n", "companies.csv")
    leads = write_file(tmp_path, "ID;TITLE;CONTACT_ID;COMPANY_ID\n1;a;503;7\n2;b;;8\n")
    mapping = evolve(NO_MAPPING, encoding="cp1252")
    more = write_file(tmp_path, "ID;NAME;TYPE_ID;EXPORT\n505;c;CLIENT;Y\n", "more.csv")
    told = inspect_files([leads, contacts, companies, more], mapping=mapping)
    assert [(seen.leads, seen.clients) for seen in told] == [(1, None), (None, 1), (None, 1), (None, 1)]
    assert [[row.code for row in seen.bad_rows] for seen in told] == [["unknown_client"], ["unknown_client"], [], []]
    assert told[1].first[0]["NAME"] == "Größe"
    taken = inspect_files([leads, contacts, companies], mapping=mapping, unlinked=True)
    assert [(seen.leads, seen.clients) for seen in taken] == [(2, None), (None, 2), (None, 1)]


def test_ids_of_another_system_lead_to_no_client(tmp_path: Path) -> None:
    """Each of two systems counts from 1, so that the same number is somebody else."""
    leads = write_file(tmp_path, "ID;TITLE;COMPANY_ID\nx;a;7\n")
    companies = write_file(tmp_path, "ID;TITLE;COMPANY_TYPE\n7;x;y\n", "companies.csv")
    (numbered, _) = inspect_files([leads, companies], numbering=count_up)
    assert (numbered.leads, [row.code for row in numbered.bad_rows]) == (0, ["unknown_client"])
    (taken, _) = inspect_files([leads, companies], numbering=count_up, unlinked=True)
    assert (taken.leads, taken.refusal) == (1, None)


@pytest.mark.rule("CSV-3.7")
def test_the_kind_of_a_file_follows_from_what_is_mapped(tmp_path: Path) -> None:
    """And not from the words of its headings."""
    columns = {"deal name": lead_column("TITLE").column, "deal stage": lead_column("STATUS_ID").column}
    path = write_file(tmp_path, "ID;Deal name;Deal stage\n1;a;NEW\n")
    kinds = [inspect_files([path], mapping=evolve(NO_MAPPING, headings=each))[0].kind for each in (columns, {})]
    assert kinds == ["leads", "deals"]


def test_a_draft_can_be_read_whatever_stands_in_a_file(tmp_path: Path) -> None:
    """A control character is escaped; an encoding that the file tells itself is not written down."""
    path = write_file(tmp_path, "ID;TITLE;STATUS_ID\n1;a;x\x7fü\n".encode("utf-16"))
    draft = draft_mapping(inspect_files([path])[0])
    assert '# "x\\u007fü" = { code = "CODE"' in draft
    assert "encoding" not in draft
    read_mapping(write_file(tmp_path, draft.replace("[stages]", '[stages]\n"x\\u007fü" = "JUNK"'), "mapping.toml"))


def test_stages_are_told_by_the_catalogue_that_is_given(tmp_path: Path) -> None:
    """And by the language of the mapping; a column of a mapping is the one that it names."""
    mine = Stage(code=StageCode("UC_1"), name="Dritte", semantics=StageSemantics.IN_PROCESS)
    stages = LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, mine))
    mapping = evolve(NO_MAPPING, language="it", headings={"x": lead_column("STATUS_ID").column})
    path = write_file(tmp_path, "ID;TITLE;x\n1;a;dritte\n2;b;Nuovo\n3;c;Good lead\n")
    (seen,) = inspect_files([path], stages=stages, mapping=mapping)
    assert [(word.word, word.code, word.means, word.language) for word in seen.stages] == [
        ("dritte", "UC_1", "in process", None),
        ("Nuovo", "NEW", "in process", None),
        ("Good lead", "CONVERTED", "success", None),
    ]
    assert (seen.kind, seen.leads, seen.bad_rows) == ("leads", 3, ())
