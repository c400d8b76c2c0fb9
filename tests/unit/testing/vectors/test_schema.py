"""The schema takes the vectors, and says where a broken one is wrong."""

import copy
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crmcore.testing.vectors import families, file_of, play_on, vectors, vectors_schema

Json = dict[str, Any]

SCHEMA = vectors_schema()
#: Every so many vectors; all of them in a deep run, which takes twenty seconds.
EVERY = 1 if os.environ.get("CRMCORE_DEEP") == "1" else 60


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def _faults(name: str, document: Json) -> list[str]:
    """Where a document is not what the schema says."""
    return sorted(error.json_path for error in _validator(name).iter_errors(document))


def _row(id: str) -> Json:
    """A vector as its file has it."""
    rows = file_of(id.partition(".")[0])["vectors"]
    row: Json = copy.deepcopy(next(row for row in rows if row["id"] == id))
    return row


def test_the_schema_is_one_and_is_the_file_beside_the_vectors() -> None:
    """A reader in another language finds it where the vectors are."""
    Draft202012Validator.check_schema(SCHEMA)
    assert file_of("schema") == SCHEMA


def test_the_schema_takes_what_is_there() -> None:
    """The given, and each vector."""
    assert _faults("given", file_of("given")) == []
    for family in families():
        rows = file_of(family)["vectors"]
        assert [(row["id"], _faults("vector", row)) for row in rows[::EVERY] if _faults("vector", row)] == []
        assert _faults("vectors", {**file_of(family), "vectors": rows[:2]}) == []


def test_the_schema_takes_the_lines_of_a_program() -> None:
    """What a program is told, and what it may say."""
    for vector in vectors(ids=["switch.end.twice", "import.equal", "rights.lost.finish", "mode.sources.classic"]):
        assert _faults("asked", vector.asked) == []
        assert _faults("said", {"id": vector.id, **play_on()(vector.asked)}) == []
    assert _faults("said", {"id": "mode.cancel.simple", "skipped": "not today"}) == []


def _set(path: str, value: Any) -> Callable[[Json], None]:
    """Put a value in a place, or take the place away where the value is `...`."""

    def change(row: Json) -> None:
        *way, last = path.split(".")
        place: Any = row
        for part in way:
            place = place[_key(place, part)]
        if value is ...:
            del place[_key(place, last)]
        else:
            place[_key(place, last)] = value

    return change


def _key(place: Any, part: str) -> int | str:
    return int(part) if isinstance(place, list) else part


WHOLE = "switch.end.twice"
CONVERTED = "conversion.by-hand.no-client.no-name.contact.keep.default"
BROKEN = {
    "an id that is no slug": (WHOLE, _set("id", "Switch 17"), "$.id"),
    "no rules": (WHOLE, _set("rules", []), "$.rules"),
    "a rule that is no id": (WHOLE, _set("rules.0", "switch 4"), "$.rules[0]"),
    "a need that is none": (WHOLE, _set("needs", ["everything"]), "$.needs[0]"),
    "a need twice": (WHOLE, _set("needs", ["rights", "rights"]), "$.needs"),
    "no given": (WHOLE, _set("given", ...), "$"),
    "a key too many": (WHOLE, _set("note", "later"), "$"),
    "nobody agrees": (WHOLE, _set("agreed", "code"), "$.agreed"),
    "no steps": (WHOLE, _set("when", []), "$.when"),
    "no actor": (WHOLE, _set("when.0.actor", ...), "$.when[0]"),
    "a negative actor": (WHOLE, _set("when.0.actor", -1), "$.when[0].actor"),
    "an unknown command": (WHOLE, _set("when.0.command", "start_switch"), "$.when[0].command"),
    "a key of a command is missing": (WHOLE, _set("when.0.policy", ...), "$.when[0]"),
    "a key of no command": (WHOLE, _set("when.0.force", True), "$.when[0]"),
    "an option that is not offered": (WHOLE, _set("when.0.policy", {"client": "neither"}), "$.when[0].policy"),
    "a number as a text": (WHOLE, _set("when.1.size", "10"), "$.when[1].size"),
    "a step before the first": (WHOLE, _set("when.1.token", {"step": -1}), "$.when[1].token"),
    "a call that is none": ("mode.sources.classic", _set("when.0.call", "chart"), "$.when[0].call"),
    "a world that is empty": ("rights.lost.resume", _set("when.1.set", {}), "$.when[1].set"),
    "a level that is none": (
        "rights.level.read.own.own",
        _set("when.0.set.roles.4.0.levels.0.3", "some"),
        "$.when[0].set.roles['4'][0].levels[0][3]",
    ),
    "an answer too few": (WHOLE, _set("then.answers", ...), "$.then"),
    "an unknown answer": (WHOLE, _set("then.answers.0.answer", "token"), "$.then.answers[0]"),
    "a key of no answer": (WHOLE, _set("then.answers.0.epoch", 2), "$.then.answers[0]"),
    "a state that is none": (WHOLE, _set("then.state", "stopped"), "$.then.state"),
    "a list that is none": (WHOLE, _set("then.changed.persons", []), "$.then.changed"),
    "a row without its name": (WHOLE, _set("then.changed.leads.0.id", ...), "$.then.changed.leads[0]"),
    "a row of no key": (WHOLE, _set("then.changed.leads.0.colour", "oak"), "$.then.changed.leads[0]"),
    "a number in the place of a text": (WHOLE, _set("then.changed.deals.0.title", 7), "$.then.changed.deals[0].title"),
    "an option of another name": (CONVERTED, _set("when.0.policy.client", "person"), "$.when[0].policy.client"),
    "a value of a policy too many": (CONVERTED, _set("when.0.policy.colour", "oak"), "$.when[0].policy"),
    "an id that is a text": (CONVERTED, _set("then.answers.0.row.deal_id", "1"), "$.then.answers[0].row.deal_id"),
    "one of several ids": (
        CONVERTED,
        _set("then.answers.0.row.activity_ids.1", {}),
        "$.then.answers[0].row.activity_ids[1]",
    ),
    "an instant that is a number": (
        CONVERTED,
        _set("then.answers.0.row.converted_at", 7),
        "$.then.answers[0].row.converted_at",
    ),
    "a field of no deal": ("data.version.twice.deal", _set("when.0.fields.job_title", "x"), "$.when[0].fields"),
    "a text that is a list": (
        "data.version.twice.deal",
        _set("when.0.fields.comments", []),
        "$.when[0].fields.comments",
    ),
    "a record of no kind": ("data.version.twice.deal", _set("when.0.ref.0", "order"), "$.when[0]"),
    "terms of a live switch": (
        "conversion.all-kinds.contact.keep.default",
        _set("then.changed.settings.switching.terms.client", "person"),
        "$.then.changed.settings.switching.terms.client",
    ),
    "a number in a list": (
        "data.gone.activity-of-two.classic",
        _set("then.answers.2.items.0", 7),
        "$.then.answers[2].items[0]",
    ),
    "a reference without an id": (
        "data.gone.activity-of-two.classic",
        _set("then.answers.2.items.0", ["company"]),
        "$.then.answers[2].items[0]",
    ),
    "an outcome of no kind": (
        "mode.outcomes.blocked",
        _set("then.answers.0.items.1.1.kind", "lost"),
        "$.then.answers[0].items[1][1].kind",
    ),
    "a line of no source": (
        "intake.sources.administrator",
        _set("then.answers.0.items.2", {}),
        "$.then.answers[0].items[2]",
    ),
    "a count that is a text": (
        "intake.sources.administrator",
        _set("then.answers.0.items.2.leads", "3"),
        "$.then.answers[0].items[2].leads",
    ),
    "a law without its record": (
        "data.audit.unreadable",
        _set("then.answers.1.items.0.ids", "1"),
        "$.then.answers[1].items[0].ids",
    ),
    "a record of a page": (
        "mode.page-of-leads.classic",
        _set("then.answers.0.items.1.record.title", 7),
        "$.then.answers[0].items[1].record.title",
    ),
    "a page that goes on nowhere": (
        "mode.page-of-leads.classic",
        _set("then.answers.0.after", "2"),
        "$.then.answers[0].after",
    ),
    "an empty list of rows": (WHOLE, _set("then.changed.leads", []), "$.then.changed.leads"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_vector_is_rejected_where_it_is_broken(name: str) -> None:
    """Whoever writes a vector by hand learns which part is wrong."""
    id, change, place = BROKEN[name]
    row = _row(id)
    change(row)
    found = _faults("vector", row)
    assert found
    assert all(each.startswith(place) or place.startswith(each) for each in found), found
    assert any(each.startswith(place) for each in found), found


@pytest.mark.parametrize(
    "path, value, place",
    [
        ("given.classic.plan", "yes", "$.given.classic.plan"),
        ("given.classic.clock", None, "$.given.classic.clock"),
        ("given.classic.unreadable", ["1"], "$.given.classic.unreadable[0]"),
        ("documents.classic.format", "crmcore.crm/2", "$.documents.classic.format"),
        ("documents.classic.leads.0.title", 7, "$.documents.classic.leads[0]"),
        ("documents.classic.commands", [{"key": "k"}], "$.documents.classic.commands"),
        ("roles.staff.2.0.levels.0.1", "order", "$.roles.staff['2'][0].levels[0][1]"),
    ],
)
def test_a_broken_given_is_rejected_where_it_is_broken(path: str, value: Any, place: str) -> None:
    """The same of what the vectors begin with."""
    kept = file_of("given")
    small: Json = copy.deepcopy(
        {
            **kept,
            "documents": {"classic": kept["documents"]["classic"]},
            "given": {"classic": {**kept["given"]["classic"], "unreadable": []}},
        }
    )
    assert _faults("given", small) == []
    _set(path, value)(small)
    assert _faults("given", small) == [place]
