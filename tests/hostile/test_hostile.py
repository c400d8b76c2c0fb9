"""Hostile calls, files, documents and command lines: typed errors, nothing changed, no damage called clean, no canary.

Each trial is drawn from its number, which is printed with whatever is wrong; figures of large runs are in
docs/hostile.md.
"""

import copy
import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crmcore import ContractBroken, InvalidValue
from crmcore.adapters.document import dump_crm
from tests.hostile import trials
from tests.hostile.calls import METHODS
from tests.hostile.ground import Ground
from tests.hostile.judge import damage_of
from tests.hostile.kinds import KINDS
from tests.hostile.planted import PLANTED, planted
from tests.hostile.trials import CANARY, Trial, judged, run


@pytest.mark.rule("DATA-1", "DATA-2", "IMPORT-1", "EDIT-1")
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_comes_is_answered_or_refused_by_a_typed_error(kind: str, tmp_path: Path) -> None:
    """No untyped error, nothing changed by who raised, no damage called clean, no canary; each trial by its number."""
    done = run(kind, KINDS[kind].trial, range(KINDS[kind].trials), tmp_path)
    assert not done.wrong, "\n".join(done.wrong)
    assert done.tries >= KINDS[kind].trials


def test_every_public_method_is_called() -> None:
    """They are read from the class, so a new one is among them without being named."""
    assert {"add_lead", "run_switch", "audit", "take_inquiry"} <= METHODS.keys()
    assert all(not name.startswith("_") for name in METHODS)


@pytest.mark.parametrize("name", PLANTED)
def test_the_judge_finds_nothing_in_a_sound_crm(name: str) -> None:
    """Nor is anything lost by planting the canaries, which stand in every record of a person."""
    text = dump_crm(planted(name))
    assert damage_of(json.loads(text)) == []
    assert CANARY in text


def _first(document: Any, part: str, **changes: Any) -> None:
    document[part][0].update(changes)


DAMAGES: list[tuple[str, Callable[[Any], object]]] = [
    ("a line that is too long", lambda d: _first(d, "leads", title="x" * 256)),
    ("a control character", lambda d: _first(d, "contacts", comments="a\x00")),
    ("an id below one", lambda d: _first(d, "companies", id=0)),
    ("an instant without a zone", lambda d: _first(d, "leads", created_at="2026-01-01T00:00:00")),
    ("a currency that is none", lambda d: _first(d, "deals", amount={"amount": "1", "currency": "EURO"})),
    ("two stages of one code", lambda d: d["stages"].append(d["stages"][0])),
    ("a client that is not there", lambda d: _first(d, "leads", contact_id=999)),
    ("bound to nothing", lambda d: _first(d, "activities", bindings=[["deal", 999]])),
    ("a deal that is gone", lambda d: d["deals"].pop(0)),
    ("a lead that is gone", lambda d: d["leads"].pop(0)),
    ("another deal", lambda d: _first(d, "leads", deal_id=102)),
    ("a stage that means something else", lambda d: _first(d, "leads", semantics="F")),
    ("a switch that is gone", lambda d: d["switches"].pop(0)),
    ("a key of nothing", lambda d: _first(d, "commands", made=[["lead", 999]])),
    ("no such pipeline", lambda d: d["settings"]["last_policy"].update(pipeline_id=999)),
    ("Simple with active leads", lambda d: d["settings"].update(mode="simple", switching=None)),
]


@pytest.mark.parametrize("damage", [damage for _, damage in DAMAGES], ids=[name for name, _ in DAMAGES])
def test_the_judge_finds_damage(damage: Callable[[Any], object]) -> None:
    """By itself, from the JSON: limits, links and laws."""
    document = copy.deepcopy(json.loads(dump_crm(planted(PLANTED[0]))))
    damage(document)
    assert damage_of(document)


def _raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def _hiding() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        raise InvalidValue("title", "text") from None


@pytest.mark.parametrize(
    "call, said",
    [
        (_raising(KeyError("x")), "KeyError"),
        (_raising(ContractBroken("DATA-2", CANARY)), "shows"),
        (_hiding, "shows"),
        (lambda: CANARY, "shows"),
        (lambda: sum(1 for _ in count()), "still running"),
    ],
    ids=["untyped", "shown", "kept of what it replaced", "answered", "endless"],
)
def test_what_may_not_be_is_told(call: Callable[[], object], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An untyped error, a canary wherever it stands, and a call that does not come back."""
    monkeypatch.setattr(trials, "SECONDS", 0.2)
    assert [each for each in judged(call, (CANARY,)).wrong if said in each]


def test_what_is_wrong_is_told_with_its_number(tmp_path: Path) -> None:
    """So that it can be made again."""

    def trial(draw: Random, ground: Ground) -> Trial:
        return Trial(1, Counter(), ("broken",))

    (said,) = run("calls", trial, [17], tmp_path).wrong
    assert said.endswith("python -m tests.hostile calls --seed 17 --trials 1")
