"""Where an answer is not what it must be: the first difference, in words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crmcore.testing.vectors.canonical import NAMES, TABLES

__all__ = ["first_difference"]

Json = Mapping[str, Any]

#: What a row of each list is called.
_ONE = {
    "settings": "the settings",
    "stages": "the stages",
    "pipelines": "pipeline",
    "leads": "lead",
    "deals": "deal",
    "contacts": "contact",
    "companies": "company",
    "activities": "activity",
    "ledger": "ledger row",
    "outcomes": "outcome",
    "switches": "switch",
    "commands": "command",
}


def first_difference(when: Sequence[Json], then: Json, said: Json) -> str | None:
    """The first thing that was said and must not be, or the other way round; `None` where there is nothing.

    `then` is what must come of the steps `when`, `said` what was said, both in the canonical form.

    >>> when = [{"actor": 7, "command": "cancel_switch"}]
    >>> then = {"answers": [{"answer": "refused", "code": "not_permitted"}], "state": "simple", "changed": {}}
    >>> first_difference(when, then, {**then, "state": "classic"})
    'the state in the end: expected simple, got classic'
    """
    for number, (step, wanted, got) in enumerate(zip(when, then["answers"], said["answers"], strict=True)):
        if wanted != got:
            asked = step.get("command") or step.get("call") or "set"
            return f"step {number}, {asked} by {step.get('actor', 'nobody')}: {_unequal(wanted, got)}"
    if then["state"] != said["state"]:
        return f"the state in the end: expected {then['state']}, got {said['state']}"
    for name in TABLES:
        wanted, got = then["changed"].get(name), said["changed"].get(name)
        if wanted != got:
            return _rows(name, wanted, got)
    return None


def _rows(name: str, wanted: Any, got: Any) -> str:
    """The first record of a list that is not as it must be."""
    if name not in NAMES:
        return f"{_ONE[name]}: {_unequal(wanted or {}, got or {})}"
    expected = {tuple(row[key] for key in NAMES[name]): row for row in wanted or ()}
    found = {tuple(row[key] for key in NAMES[name]): row for row in got or ()}
    for id in sorted({*expected, *found}):
        if expected.get(id) == found.get(id):
            continue
        one = f"{_ONE[name]} {' '.join(map(str, id))}"
        if id not in found:
            return f"{one}: expected {_short(_unnamed(name, expected[id]))}, nothing is changed"
        if id not in expected:
            return f"{one}: expected no change, got {_short(_unnamed(name, found[id]))}"
        return f"{one}: {_unequal(_unnamed(name, expected[id]), _unnamed(name, found[id]))}"
    return f"{_ONE[name]}: another order"  # pragma: no cover  # rows are sorted


def _unnamed(name: str, row: Json) -> Json:
    return {key: value for key, value in row.items() if key not in NAMES[name]}


def _unequal(wanted: Any, got: Any, place: str = "") -> str:
    """The first part that differs, with the way to it."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping) and wanted.get("answer") == got.get("answer"):
        for key in [*wanted, *(key for key in got if key not in wanted)]:
            if wanted.get(key) != got.get(key):
                return _unequal(wanted.get(key), got.get(key), f"{place}.{key}" if place else key)
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            if one != other:
                return _unequal(one, other, f"{place}[{index}]")
    return f"{place}: expected {_short(wanted)}, got {_short(got)}".removeprefix(": ")


def _short(value: Any) -> str:
    if value is None or value == {}:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:297]}..."
