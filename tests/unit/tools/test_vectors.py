"""The vectors are as they are drafted, and none of them is only what the code said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tools.vectors import making
from tools.vectors.making import difference, digest, main, stale

from crmcore.testing.vectors import file_of, play_on, vectors


@pytest.mark.slow
def test_the_vectors_are_as_they_are_drafted() -> None:
    """A vector that was changed by hand, a new draft and a new key of a class are found."""
    assert stale() == []


def test_every_vector_is_judged() -> None:
    """By the oracle, or by a person, who has read what is there now."""
    by_hand = {each.id: each for each in vectors() if each.agreed == "hand"}
    rows = {row["id"]: row for each in by_hand.values() for row in file_of(each.family)["vectors"]}
    judged = making.by_hand()
    read = {id: digest({key: value for key, value in rows[id].items() if key != "agreed"}) for id in by_hand}
    assert read == dict(judged)


@pytest.fixture
def copied(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The data in a folder in which it may be changed."""
    for path in making.DATA.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(making, "DATA", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_change_by_hand_is_found(copied: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The tool names each file in which a rule, a need, a step, the given or a whole vector is another."""
    changes: dict[str, Callable[[list[Any]], object]] = {
        "conversion": lambda rows: rows[0]["rules"].append("MODE-1"),
        "intake": lambda rows: rows[0]["needs"].append("rights"),
        "mode": lambda rows: rows[0]["when"][0].update(actor=2),
        "policy": lambda rows: rows[0].update(given="simple"),
        "switch": lambda rows: rows.pop(0),
    }
    for name, change in changes.items():
        file = copied / f"{name}.json"
        kept = json.loads(file.read_text(encoding="utf-8"))
        change(kept["vectors"])
        file.write_text(json.dumps(kept), encoding="utf-8")
    assert main(["--check"]) == 1
    told = [f"{name}.json is stale; run `python -m tools.vectors`" for name in changes]
    assert capsys.readouterr().err.splitlines() == told


def test_an_oracle_that_says_something_else_is_told_of() -> None:
    """So is one that cannot judge, and one that fails."""
    (vector,) = vectors(ids=["mode.close-lead.classic"])
    asked, then = vector.asked, dict(vector.then)
    assert difference(asked, then, play_on()) is None
    other = {**play_on()(asked), "state": "simple"}
    assert difference(asked, then, lambda _: other) == "the state in the end: expected classic, got simple"
    assert difference(asked, then, lambda _: {"skipped": "no"}) == "the oracle does not judge it: no"
    assert difference(asked, then, lambda _: {}) == "the oracle failed: KeyError: 'changed'"
