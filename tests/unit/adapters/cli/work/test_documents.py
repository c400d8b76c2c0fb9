"""The documents of the command line: one class for each command, and what is wrong with one is named."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crmcore import InvalidValue
from crmcore.adapters.cli.app import commands_of
from crmcore.adapters.cli.work.document import EXIT_CODES, Result
from crmcore.adapters.cli.work.documents import DOCUMENTS, Audit, Switch, blank, json_row, load_document
from crmcore.adapters.cli.work.endings import bad_call, done_report
from tests.printed import SCHEMA, validator_of

Json = dict[str, Any]

PAGE = Path(__file__).resolve().parents[5] / "docs" / "spec" / "command-line.md"


def test_every_command_has_a_document() -> None:
    """A command that was added without one fails here, and where its call is wrong it raises."""
    assert commands_of() == {name.partition(" ")[0] for name in DOCUMENTS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_command_is_in_the_table_of_commands(name: str) -> None:
    """And what its document has in that of keys, but for those of a switch and an audit, which are listed apart."""
    commands, _, documents = PAGE.read_text(encoding="utf-8").partition("## Exit codes")
    rows = [line.split(" | ")[0] for line in commands.splitlines() if line.startswith("| `")]
    assert any(re.search(rf"`{re.escape(name)}\b", row) for row in rows)
    assert DOCUMENTS[name] in (Switch, Audit) or f"\n| `{name}` | " in documents
    with pytest.raises(KeyError):
        blank(["forgotten"], ["forgotten"])


def test_a_call_that_names_no_command_ends_in_the_document_of_a_switch() -> None:
    """As a program that asks for JSON is to get some, whatever it asks for."""
    assert type(blank(["--json"])) is Switch
    assert type(blank(["no-such-command"])) is Switch
    assert type(blank(["--json", "doctor"])).__name__ == "Doctor"
    assert type(blank(["spec", "SWITCH-9"])).__name__ == "Spec"
    assert type(blank(["spec", "explore"])).__name__ == "Explore"


@pytest.mark.parametrize("cls", sorted(set(DOCUMENTS.values()), key=str), ids=lambda cls: str(cls.__name__))
def test_every_document_comes_back_and_is_within_the_schema(cls: Any) -> None:
    """Each key is there, whatever the result."""
    document = bad_call(cls(), "no such option", "--no")
    row = json_row(document)
    assert load_document(row) == document
    Draft202012Validator(SCHEMA).validate(row)
    validator = validator_of(row["format"])
    assert not validator.is_valid({**row, "no_such_key": None})
    for key in row:
        without = {name: value for name, value in row.items() if name != key}
        assert not validator.is_valid(without)
        with pytest.raises(InvalidValue) as bad:
            load_document(without)
        assert bad.value.field == key


def test_the_exit_code_is_that_of_the_result() -> None:
    """A document that says otherwise is none."""
    row = json_row(done_report(Switch()))
    with pytest.raises(InvalidValue) as bad:
        load_document({**row, "exit_code": 3})
    assert bad.value.field == "exit_code"
    assert set(EXIT_CODES) == set(Result)


def test_the_table_of_exit_codes_has_each_result_in_its_row() -> None:
    """An exit code that somebody reads there is the one that a shell gets."""
    rows = re.findall(
        r"^\| \*\*CLI-1\.[0-9]+\*\* \| ([0-9]+) \|([^|]*)\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {Result(each): int(code) for code, results in rows for each in re.findall(r"`([a-z_]+)`", results)}
    assert told == EXIT_CODES
    assert [code for code, results in rows if not results.strip()] == ["130"]  # Ctrl-C


@pytest.mark.parametrize(
    "change, field",
    [
        ({"format": "crmcore.switch/2"}, "format"),
        ({"mode": {"before": "neither", "after": None}}, "mode.before"),
        ({"errors": [{"code": 1}]}, "errors[0].field"),
        ({"unplaced": {"Heading": "many"}}, "unplaced"),
        ({"more": 1}, ""),
    ],
)
def test_what_is_wrong_with_a_document_is_named_by_its_place(change: Json, field: str) -> None:
    """The way to it."""
    with pytest.raises(InvalidValue) as bad:
        load_document({**json_row(done_report(Switch())), **change})
    assert bad.value.field == field
