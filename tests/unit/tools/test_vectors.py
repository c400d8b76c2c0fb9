"""The vectors are as they are drafted, and none of them is only what the code said."""

import json
from typing import Any

import pytest
from tools.vectors import making
from tools.vectors.making import difference, digest, main, stale

from crmcore.testing.vectors import file_of, play_on, vectors


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


@pytest.mark.parametrize("change", ["rules", "needs", "when", "given", "gone"])
def test_a_change_by_hand_is_found(copied: Any, capsys: pytest.CaptureFixture[str], change: str) -> None:
    """The tool names the file."""
    file = copied / "policy.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    row = kept["vectors"][0]
    if change == "gone":
        del kept["vectors"][0]
    elif change == "given":
        row["given"] = "simple"
    elif change == "when":
        row["when"][0]["actor"] = 2
    else:
        row[change] = [*row[change], "rights" if change == "needs" else "MODE-1"]
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "policy.json is stale; run `python -m tools.vectors`\n"


def test_an_oracle_that_says_something_else_is_told_of() -> None:
    """So is one that cannot judge, and one that fails."""
    (vector,) = vectors(ids=["mode.close-lead.classic"])
    asked, then = vector.asked, dict(vector.then)
    assert difference(asked, then, play_on()) is None
    other = {**play_on()(asked), "state": "simple"}
    assert difference(asked, then, lambda _: other) == "the state in the end: expected classic, got simple"
    assert difference(asked, then, lambda _: {"skipped": "no"}) == "the oracle does not judge it: no"
    assert difference(asked, then, lambda _: {}) == "the oracle failed: KeyError: 'changed'"
