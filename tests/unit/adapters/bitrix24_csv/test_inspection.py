"""What a file is stands there before anything is imported, and the draft of a mapping can be read and answered."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.bitrix24_csv import BadFile, draft_mapping, inspect_files, inspection, read_leads, read_mapping
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.table import Table
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
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
