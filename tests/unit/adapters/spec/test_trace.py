"""The trace that ships with the package: that of docs/spec, within its schema."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tools.rules import rules_of, statements_of
from tools.spec_changes import changes_in

from crmcore.adapters.spec import read_trace

Json = dict[str, Any]

PAGES = Path(__file__).resolve().parents[4] / "docs" / "spec"
PACKAGE = files("crmcore.adapters.spec")
TRACE: Json = json.loads(PACKAGE.joinpath("trace.json").read_text(encoding="utf-8"))
SCHEMA: Json = json.loads(PACKAGE.joinpath("trace.schema.json").read_text(encoding="utf-8"))


def test_the_package_has_the_rules_of_the_pages() -> None:
    """Each rule with its tags, each sentence with its words and its changes, each statement."""
    trace = read_trace()
    rules = {rule.id: rule for rule in rules_of(PAGES) if not rule.is_retired}
    assert {rule.id: rule.tags for rule in trace.rules} == {id: rule.sources for id, rule in rules.items()}
    said = {each.id: each.says for rule in trace.rules for each in rule.sentences}
    assert said == {leaf.id: leaf.text for rule in rules.values() for leaf in rule.leaves}
    assert [each.id for each in trace.statements] == statements_of(PAGES)
    shipped = {kill.change for rule in trace.rules for each in rule.sentences for kill in each.kills}
    assert shipped == {change.id for change in changes_in()}


def test_the_file_is_within_its_schema() -> None:
    """And the schema is one."""
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(TRACE)


_KILL = {"change": "x", "means": "x", "code": "x", "test": "x", "how": "failed"}
BREAKS: dict[str, tuple[Callable[[Json], object], str]] = {
    "another format": (lambda row: row.update(format="crmcore.trace/2"), "$.format"),
    "no statements": (lambda row: row.pop("statements"), "$"),
    "an unknown key": (lambda row: row.update(more=1), "$"),
    "a statement without a number": (lambda row: row["statements"][0].update(id="S"), "$.statements[0].id"),
    "a rule that is a sentence": (lambda row: row["rules"][1].update(id="MODE-2.1"), "$.rules[1].id"),
    "a rule that says nothing": (lambda row: row["rules"][1].update(sentences=[]), "$.rules[1].sentences"),
    "a tag that is no text": (lambda row: row["rules"][0]["tags"].append(1), "$.rules[0].tags"),
    "another way to be seen": (
        lambda row: row["rules"][0]["sentences"][0]["kills"].append({**_KILL, "how": "guessed"}),
        "$.rules[0].sentences[0].kills",
    ),
}


@pytest.mark.parametrize("breaks, place", BREAKS.values(), ids=BREAKS)
def test_what_is_broken_is_told_by_its_place(breaks: Callable[[Json], object], place: str) -> None:
    """So that whoever writes such a file finds it."""
    row = json.loads(json.dumps(TRACE))
    breaks(row)
    places = [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(row)]
    assert places
    assert all(found.startswith(place) for found in places)


def test_a_rule_is_found_by_its_id_or_by_one_of_its_sentences() -> None:
    """And what is no id finds nothing."""
    trace = read_trace()
    assert (rule := trace.find("SWITCH-9")) is not None
    assert rule.family == "SWITCH"
    assert trace.find("SWITCH-9.4") is rule
    assert trace.find("SWITCH-99") is None
    assert rule in trace.families["SWITCH"]


def test_every_rule_has_an_example() -> None:
    """A block or a vector; `make docs` looks at how long it is and whether it shows the rule."""
    assert [rule.id for rule in read_trace().rules if not rule.example] == []
