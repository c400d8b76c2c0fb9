"""Where an answer is not what it must be: the differences, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from crmcore.testing.vectors.canonical import NAMES, NUMBERED, TABLES, same

__all__ = ["Difference", "differences", "first_difference"]

Json = Mapping[str, Any]

#: What a row of each list is called.
_ONE = {
    "settings": "the settings",
    "stages": "the stages",
    **NUMBERED,
    "pipelines": "pipeline",
    "ledger": "ledger row",
    "outcomes": "outcome",
    "switches": "switch",
    "commands": "command",
}


#: In the place of a key that an answer or a row does not have, which is not the same as null.
_UNTOLD = object()


class Difference(NamedTuple):
    """One difference: where it is, what must be there, and what was said instead, both in words.

    >>> str(Difference("deal 1: title", '"Desks"', "nothing"))
    'deal 1: title: expected "Desks", got nothing'
    """

    place: str
    wanted: str
    got: str

    def __str__(self) -> str:
        return f"{self.place}: expected {self.wanted}, got {self.got}"


def first_difference(when: Sequence[Json], then: Json, said: Json) -> str | None:
    """The first thing that was said and must not be, or the other way round; `None` where there is nothing.

    `then` is what must come of the steps `when`, `said` what was said, both in the canonical form.

    >>> when = [{"actor": 7, "command": "cancel_switch"}]
    >>> then = {"answers": [{"answer": "refused", "code": "not_permitted"}], "state": "simple", "changed": {}}
    >>> first_difference(when, then, {**then, "state": "classic"})
    'the state in the end: expected simple, got classic'
    """
    return next(map(str, differences(when, then, said)), None)


def differences(when: Sequence[Json], then: Json, said: Json) -> Iterator[Difference]:
    """Every difference: of the answers, of the state in the end, and of the records that changed.

    `then` is what must come of the steps `when`, `said` what was said, both in the canonical form.

    >>> then = {"answers": [], "state": "simple", "changed": {}}
    >>> [each.place for each in differences([], then, {**then, "state": "classic"})]
    ['the state in the end']
    """
    for number, (step, wanted, got) in enumerate(zip(when, then["answers"], said["answers"], strict=True)):
        asked = step.get("command") or step.get("call") or "set"
        yield from _unequal(f"step {number}, {asked} by {step.get('actor', 'nobody')}", wanted, got)
    if then["state"] != said["state"]:
        yield Difference("the state in the end", then["state"], said["state"])
    for name in TABLES:
        yield from _rows(name, then["changed"].get(name), said["changed"].get(name))


def _rows(name: str, wanted: Any, got: Any) -> Iterator[Difference]:
    """The records of a list that are not as they must be."""
    if name not in NAMES:
        yield from _unequal(_ONE[name], wanted or {}, got or {})
        return
    expected = {tuple(row[key] for key in NAMES[name]): row for row in wanted or ()}
    found = {tuple(row[key] for key in NAMES[name]): row for row in got or ()}
    for id in sorted({*expected, *found}):
        one = f"{_ONE[name]} {' '.join(map(str, id))}"
        if id not in found:
            yield Difference(one, _short(_unnamed(name, expected[id])), "no change")
        elif id not in expected:
            yield Difference(one, "no change", _short(_unnamed(name, found[id])))
        else:
            yield from _unequal(one, _unnamed(name, expected[id]), _unnamed(name, found[id]))


def _unnamed(name: str, row: Json) -> Json:
    return {key: value for key, value in row.items() if key not in NAMES[name]}


def _unequal(place: str, wanted: Any, got: Any, way: str = "") -> Iterator[Difference]:
    """The parts that differ, with the way to each."""
    if same(wanted, got):
        return
    if isinstance(wanted, Mapping) and isinstance(got, Mapping) and wanted.get("answer") == got.get("answer"):
        for key in [*wanted, *(key for key in got if key not in wanted)]:
            at = f"{way}.{key}" if way else key
            yield from _unequal(place, wanted.get(key, _UNTOLD), got.get(key, _UNTOLD), at)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _unequal(place, one, other, f"{way}[{index}]")
    else:
        yield Difference(f"{place}: {way}" if way else place, _short(wanted, got), _short(got, wanted))


def _short(value: Any, beside: Any = None) -> str:
    """A value in words; a key that is not told of stands beside null for one that is as it was."""
    if value is _UNTOLD:
        return "nothing" if beside is not None else "no change"
    if value is None or value == {}:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:297]}..."
