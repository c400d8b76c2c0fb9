"""The one form in which two answers to a vector are compared: plain JSON in, plain JSON out, nothing of the library.

What is empty, what is as it was and what is an implementation's own business (epochs, versions, fingerprints, which
new ids it hands out) is taken away, so that two implementations that obey the rules say the same to the letter.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

__all__ = ["NAMES", "NUMBERED", "OWN", "TABLES", "by_identity", "canonical", "is_empty", "same"]

Json = dict[str, Any]
Renumber = Callable[[str, Any], Any]
T = TypeVar("T")

#: The lists of a document, and what names a row of each.
NAMES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("pipelines", "leads", "deals", "contacts", "companies", "activities"), ("id",)),
    "ledger": ("lead_id",),
    "outcomes": ("switch", "lead_id"),
    "switches": ("key",),
    "commands": ("key",),
}
TABLES = ("settings", "stages", *NAMES)

#: The lists whose ids a store hands out, in an order in which a lead comes before what was made of it.
NUMBERED = {"leads": "lead", "deals": "deal", "contacts": "contact", "companies": "company", "activities": "activity"}
#: An implementation's own business.
OWN = frozenset({"epoch", "version", "fingerprint"})
#: What a preview says only where the store counts its records (SWITCH-12).
_COUNTED = frozenset({"before", "after"})
#: Keys whose values are ids, or lists of ids.
_IDS = {**{f"{kind}_id": kind for kind in NUMBERED.values()}, "activity_ids": "activity"}
#: Keys whose values are ids where they are lists; else they count.
_ID_LISTS = {"set_aside": "lead"}
#: Lists whose order says nothing.
_SETS = frozenset({"bindings", "unbound", "skipped"})
#: Objects whose keys are data.
_DATA = frozenset({"custom", "amounts", "converted_amounts"})


class _Itself:
    """A value that is equal to itself alone; it is kept, so that its identity is not given again."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def by_identity(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """Remember what was made of an object for as long as the program runs: the vectors share their documents."""

    @cache
    def made(it: _Itself) -> T:
        return make(it.value)

    return lambda value: made(_Itself(value))


def canonical(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Json:
    """What was said to a vector, in the form of `then`.

    `asked` has `given` and `when`; `said` has `answers`, `state` and `changed`. A key of a row that is left out is as
    it was, or empty where the row is new.
    """
    before = _tables(asked["given"]["document"])
    after = {name: _said_rows(name, said["changed"], before) for name in said["changed"]}
    renumber = _renumbering(asked, before, after)
    answers = [
        None if answer is None else _answer(step, answer, renumber)
        for step, answer in zip(asked["when"], said["answers"], strict=True)
    ]
    changed = {name: _changes(name, before[name], after[name], renumber) for name in TABLES if name in after}
    return {
        "answers": answers,
        "state": said["state"],
        "changed": {name: rows for name, rows in changed.items() if rows},
    }


@by_identity
def _tables(document: Mapping[str, Any]) -> dict[str, dict[Any, Json]]:
    return {name: _rows(name, document) for name in TABLES}


def _bare(value: Any, *, data: bool = False) -> Any:
    """The value without what is empty or an implementation's own."""
    if isinstance(value, dict):
        found = {key: _bare(each, data=key in _DATA) for key, each in value.items() if data or key not in OWN}
        return {key: each for key, each in found.items() if not is_empty(each)}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value


def is_empty(value: Any) -> bool:
    """Whether a value is left out, since it says no more than the lack of its key.

    >>> is_empty([]), is_empty(0)
    (True, False)
    """
    return value is None or value is False or value == [] or value == {}


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON, where true is not 1.

    >>> same({"completed": True}, {"completed": 1}), same([1], [1.0])
    (False, True)
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(each, other[key]) for key, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _rows(name: str, document: Mapping[str, Any]) -> dict[Any, Json]:
    """The rows of a list by what names them."""
    part = document[name]
    if name == "settings":
        return {(): _bare(part)}
    if name == "stages":
        return {(): {"stages": _bare(part)}}
    if name == "outcomes":
        keys = {switch["epoch"]: switch["key"] for switch in document["switches"]}
        part = [{"switch": keys[row["epoch"]], **row} for row in part]
    return {_name(name, row): _bare(row) for row in part}


def _name(name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in NAMES[name])


def _said_rows(name: str, changed: Mapping[str, Any], before: Mapping[str, dict[Any, Json]]) -> dict[Any, Json | None]:
    """The rows that were told of, whole; `None` for one that is gone."""
    if name in ("settings", "stages"):
        told = {"stages": changed[name]} if name == "stages" else changed[name]
        return {(): _laid_over(before[name][()], told)}
    found: dict[Any, Json | None] = {}
    for row in changed[name]:
        id = _name(name, row)
        found[id] = None if row.get("gone") else _laid_over(before[name].get(id, {}), row)
    return found


def _laid_over(row: Json, told: Mapping[str, Any]) -> Json:
    merged: Json = _bare({**row, **told})
    return merged


def _renumbering(
    asked: Mapping[str, Any], before: Mapping[str, dict[Any, Json]], after: Mapping[str, dict[Any, Json | None]]
) -> Renumber:
    """How new ids are written: on from the highest known one, by the lead that a record comes from and by their own."""
    numbers: dict[str, dict[int, int]] = {}
    brought = {name: set(_imported(asked["when"], name)) for name in NUMBERED}

    def renumber(kind: str, id: Any) -> Any:
        return numbers.get(kind, {}).get(id, id)

    for name, kind in NUMBERED.items():
        known = {id for (id,) in before[name]} | brought.get(name, set())
        new = {id[0]: row or {} for id, row in after.get(name, {}).items() if id[0] not in known}
        order = [id for _, id in sorted((renumber("lead", row.get("lead_id", 0)), id) for id, row in new.items())]
        numbers[kind] = {id: number for number, id in enumerate(order, max(known, default=0) + 1)}
    return renumber


def _imported(when: list[Json], name: str) -> Iterator[int]:
    """The ids that imports bring."""
    for step in when:
        if step.get("command") == "import_records":
            for row in step.get(name, ()):
                yield row[0]["id"] if name == "activities" else row["id"]


def _changes(name: str, before: Mapping[Any, Json], after: Mapping[Any, Json | None], renumber: Renumber) -> Any:
    """The rows of one list that are not as they were, with what is not as it was."""
    found = []
    for id, row in after.items():
        was = before.get(id)
        if row is None:
            change: Json = {} if was is None else {"gone": True}
        else:
            keys = [*row, *(key for key in was or {} if key not in row)]
            change = {
                key: row.get(key)
                for key in keys
                if not same(_sorted(key, row.get(key)), _sorted(key, (was or {}).get(key)))
            }
        if not change and not (was is None and row):
            continue
        if name == "settings":
            return _renumbered(change, renumber)
        if name == "stages":
            return change["stages"]
        named = dict(zip(NAMES[name], id, strict=True))
        if "id" in named and name in NUMBERED:
            named["id"] = renumber(NUMBERED[name], named["id"])
        found.append(
            {
                **_renumbered(named, renumber),
                **_renumbered({k: v for k, v in change.items() if k not in named}, renumber),
            }
        )
    return sorted(found, key=lambda row: _name(name, row))


def _answer(step: Mapping[str, Any], answer: Mapping[str, Any], renumber: Renumber) -> Json:
    said: Json = _renumbered(_bare(answer), renumber)
    if said["answer"] == "number" and "number" in said:
        said["number"] = renumber(_made_by(step), said["number"])
    if said["answer"] == "preview":
        said = {name: part for name, part in said.items() if name not in _COUNTED}
    return said


def _made_by(step: Mapping[str, Any]) -> str:
    """Of which kind the number is that a command answers."""
    command = str(step.get("command", ""))
    return str(step["kind"]) if command == "add_record" else command.rpartition("_")[2]


def _renumbered(value: Any, renumber: Renumber) -> Any:
    """The value with its new ids renumbered, and with lists in order where the order says nothing."""
    if isinstance(value, dict):
        found = {key: _sorted(key, _part(key, each, renumber)) for key, each in value.items()}
        if "kind" in value and isinstance(value.get("id"), int):
            found["id"] = renumber(value["kind"], value["id"])
        if isinstance(value.get("record"), dict) and "id" in value["record"]:
            found["record"]["id"] = renumber(value["kind"], value["record"]["id"])
        return found
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int):
            return [value[0], renumber(value[0], value[1])]
        return [_renumbered(each, renumber) for each in value]
    return value


def _part(key: str, value: Any, renumber: Renumber) -> Any:
    kind = (_ID_LISTS if key in _ID_LISTS and isinstance(value, list) else _IDS).get(key)
    if kind is None:
        return _renumbered(value, renumber)
    return [renumber(kind, id) for id in value] if isinstance(value, list) else renumber(kind, value)


def _sorted(key: str, value: Any) -> Any:
    return sorted(value) if key in _SETS and isinstance(value, list) else value
