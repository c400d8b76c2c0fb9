"""`crmcore inspect`, and the options by which somebody says what a file does not, through to a switched CRM."""

import json
import os
import pty
import re
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from crmcore.sample import activities_file, leads_file
from tests.printed import printed
from tests.ready import CLASSIC, lay

OWN_STAGES = "ID;TITLE;Стадия;Тип услуги\n1;a;Новая заявка;x\n2;b;Дубль;\n"
MAPPING = """
[stages]
"Новая заявка" = { code = "FRESH", means = "in process" }
"Дубль" = { code = "DUPLICATE", means = "failure" }
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_text(OWN_STAGES, encoding="utf-8")
    Path("mapping.toml").write_text(MAPPING, encoding="utf-8")
    Path("page.json").write_text('{"result":[{"ID":"1","TITLE":"a"}],"total":120}', encoding="utf-8")
    Path("linked.csv").write_text("ID;TITLE;CONTACT_ID\n1;a;503\n2;b;0\n", encoding="utf-8")
    Path("days.csv").write_text("ID;TITLE;BIRTHDATE\n1;a;03/04/1990\n", encoding="utf-8")
    Path("latin.csv").write_bytes("ID;TITLE\n1;Città\n".encode("cp1252"))


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code = main([*words, "--json"])
    document: dict[str, Any] = printed(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


@pytest.mark.rule("IMPORT-1")
def test_files_are_inspected(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its kind, in one document; nothing is wrong with those of the sample."""
    document = _json(capsys, "inspect", str(leads_file()), str(activities_file()))
    assert (document["format"], document["result"], document["exit_code"]) == ("crmcore.inspect/1", "done", 0)
    assert [(each["kind"], each["form"]["name"]) for each in document["inspected"]] == [
        ("leads", "CSV"),
        ("activities", "CSV"),
    ]
    assert document["inspected"][0]["leads"] == 30


def test_people_see_what_a_file_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns and stages; a file that cannot be read is named, and so is what is wrong."""
    assert main(["inspect", "own.csv", "page.json"]) == 2
    said = capsys.readouterr().err
    for part in (
        "own.csv: CSV, utf-8, delimiter ;: 2 rows of leads, 0 read",
        "not known",
        "shown on a terminal",
        "page.json: not read",
    ):
        assert part in said
    assert "partial_file" in said


@pytest.mark.rule("CLI-6.9")
def test_people_see_what_columns_become_and_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    """A heading that nobody knows is shown with its custom field, a translated stage with its language."""
    Path("it.csv").write_text("ID;Nome del lead;Fase;Metri quadri\n1;a;Nuovo;5\n2;b;Visitato;\n", encoding="utf-8")
    assert main(["inspect", "it.csv"]) == 2
    said = capsys.readouterr().err
    for row in (
        r"Metri quadri +UF_CRM_METRI_QUADRI +1",
        r"Nuovo +known with --language it +1",
        r"Visitato +not known +1",
    ):
        assert re.search(row, said), said


def test_lines_with_one_fault_stand_in_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    """People see the first lines and how many more there are; a program gets each line."""
    Path("many.csv").write_text("ID;TITLE;STATUS_ID\n" + "".join(f"{n};a;SEEN\n" for n in range(1, 21)))
    assert main(["inspect", "many.csv"]) == 2
    said = capsys.readouterr().err
    assert said.count("unknown_stage") == 1
    assert re.search(r"many\.csv +2, 3, 4 and 17 more +STATUS_ID", said), said
    assert [fault["line"] for fault in _json(capsys, "inspect", "many.csv")["errors"]] == list(range(2, 22))


def test_persons_and_rows_are_shown_on_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What is redirected is a log: it has neither a title nor a name of the sample."""
    assert main(["inspect", str(leads_file())]) == 0
    logged = capsys.readouterr()
    (seen,) = _json(capsys, "inspect", str(leads_file()))["inspected"]
    cells = [cell for row in seen["first"] for name, cell in row.items() if "name" in name.lower()]
    assert cells
    assert not [cell for cell in (*cells, *seen["persons"]) if cell in logged.out + logged.err]
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as terminal, redirect_stderr(terminal):
        assert main(["inspect", "own.csv"]) == 2
        terminal.flush()
        screen = b""
        while b"Row 2" not in screen and (more := os.read(master, 65536)):
            screen += more
    os.close(master)


def test_the_draft_of_a_mapping_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a mapping, and nothing that is there is overwritten."""
    document = _json(capsys, "inspect", "own.csv", "--write", "draft.toml")
    assert document["files"] == ["draft.toml"]
    assert _json(capsys, "switch", "own.csv", "--mapping", "draft.toml")["errors"][0]["code"] == "unknown_stage"
    before = Path("mapping.toml").read_bytes()
    for name in ("mapping.toml", "missing/mapping.toml", "-"):
        document = _json(capsys, "inspect", str(leads_file()), "--write", name)
        assert (document["exit_code"], document["errors"][0]["field"]) == (2, "--write")
    assert Path("mapping.toml").read_bytes() == before


@pytest.mark.parametrize("words, option", [([], "FILE"), (["own.csv", "own.csv", "--write", "x"], "--write")])
def test_a_wrong_call_names_its_option(capsys: pytest.CaptureFixture[str], words: list[str], option: str) -> None:
    """Exit 2."""
    document = _json(capsys, "inspect", *words)
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, option)


@pytest.mark.parametrize(
    "line, code",
    [
        ("own.csv", "unknown_stage"),
        ("page.json", "partial_file"),
        ("linked.csv", "unknown_client"),
        ("days.csv", "date_order"),
        ("latin.csv", "unknown_encoding"),
        ("latin.csv --encoding cp9999", "unknown_encoding"),
        ("latin.csv --encoding utf-8", "unknown_encoding"),
        ("latin.csv --encoding idna", "unknown_encoding"),
        ("latin.csv --encoding hex", "unknown_encoding"),
        ("latin.csv --encoding cp\0", "unknown_encoding"),
        ("own.csv --mapping missing.toml", "unreadable_file"),
        ("own.csv --mapping own.csv", "bad_mapping"),
    ],
)
@pytest.mark.parametrize("command", ["switch", "import --store crm.db", "inspect"])
def test_what_is_not_understood_is_refused(
    capsys: pytest.CaptureFixture[str], command: str, line: str, code: str
) -> None:
    """By every command that reads files, with exit 2 and one code."""
    if "import" in command:
        lay(Path("crm.db"), CLASSIC)
    document = _json(capsys, *command.split(), *line.split())
    assert (document["exit_code"], document["errors"][0]["code"]) == (2, code)


@pytest.mark.parametrize(
    "line, leads",
    [
        ("own.csv --mapping mapping.toml", 2),
        ("page.json --partial", 1),
        ("linked.csv --unlinked", 2),
        ("days.csv --dates mdy", 1),
        ("latin.csv --encoding cp1252", 1),
        ("linked.csv --skip-bad-rows", 1),
    ],
)
def test_what_somebody_says_is_taken(capsys: pytest.CaptureFixture[str], line: str, leads: int) -> None:
    """In a CRM in memory and in a store alike."""
    switched = _json(capsys, "switch", *line.split())
    assert (switched["result"], switched["totals"]["at_begin"] + switched["totals"]["untouched"]) == ("switched", leads)
    lay(Path("crm.db"), CLASSIC)
    assert _json(capsys, "import", *line.split(), "--store", "crm.db")["imported"]["leads"] == leads


@pytest.mark.rule("STAGE-1")
def test_the_stages_of_a_mapping_become_stages_of_the_crm(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the leads come, so that the failed one stays closed; the report says so, and the audit is clean."""
    lay(Path("crm.db"), CLASSIC)
    document = _json(capsys, "import", "own.csv", "--mapping", "mapping.toml", "--store", "crm.db")
    assert [(stage["code"], stage["semantics"]) for stage in document["new_stages"]] == [
        ("FRESH", "P"),
        ("DUPLICATE", "F"),
    ]
    assert document["own_fields"] == [{"heading": "Тип услуги", "code": "UF_CRM_ТИП_УСЛУГИ", "cells": 1}]
    switched = _json(capsys, "switch", "--store", "crm.db")
    assert (switched["totals"]["converted"], switched["totals"]["untouched"]) == (1, 1)
    assert main(["audit", "--store", "crm.db"]) == 0
    assert main(["switch", "own.csv", "--mapping", "mapping.toml", "--out", "out"]) == 0
    said = capsys.readouterr().err
    assert "Columns that became custom fields" in said
    assert "Stages that were not defined" in said
    image = json.loads(Path("out/crm.json").read_text(encoding="utf-8"))
    assert "DUPLICATE" in json.dumps(image["stages"])


def test_a_mapping_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    """It is one of the files that are read."""
    Path("leads.csv").write_text(OWN_STAGES, encoding="utf-8")
    Path("names.csv").write_text(MAPPING, encoding="utf-8")
    document = _json(capsys, "switch", "own.csv", "--mapping", "names.csv", "--out", ".")
    assert (document["exit_code"], Path("names.csv").read_text(encoding="utf-8")) == (2, MAPPING)


def test_options_of_files_need_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A store has its stages and names already."""
    document = _json(capsys, "switch", "--store", "crm.db", "--mapping", "mapping.toml")
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, "--mapping")
