"""What is wrong with the form of what a program said, in words, before it is compared with what it must say."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from crmcore.testing.vectors.canonical import NAMES, OWN, TABLES, is_empty
from crmcore.testing.vectors.files import file_of

__all__ = ["malformed"]

Json = Mapping[str, Any]


def malformed(asked: Json, said: Json) -> str | None:
    """The first fault in the form of what was said to a vector; `None` where there is none.

    `asked` has `when`, and `said` must have `answers`, `state` and `changed`. A key that no record or answer of its
    kind has is a fault also where it is empty, although what is empty makes no difference anywhere else.

    >>> when = [{"actor": 7, "command": "cancel_switch"}]
    >>> malformed({"when": when}, {"answers": [], "state": "simple", "changed": {}})
    'answers: expected 1, one for each step, got 0'
    """
    return next(_faults(asked["when"], said), None)


def _faults(when: list[Json], said: Json) -> Iterator[str]:
    for key in said:
        if key not in _PARTS and key not in ("format", "id"):
            yield f"{key[:100]}: expected no such key beside {', '.join(_PARTS)}"
    for key, (kind, words) in _PARTS.items():
        if not isinstance(said.get(key), kind):
            yield f"{key}: expected {words}, got {'something else' if key in said else 'no such key'}"
            return
    if len(said["answers"]) != len(when):
        yield f"answers: expected {len(when)}, one for each step, got {len(said['answers'])}"
    for number, answer in enumerate(said["answers"]):
        if answer is not None and not (isinstance(answer, dict) and isinstance(answer.get("answer"), str)):
            yield f"step {number}: expected null, or an object with its name under 'answer'"
    for name, rows in said["changed"].items():
        yield from _unnamed(name, rows)
    yield from _unknown(_told(), {"answers": said["answers"], "changed": said["changed"]}, "")


_PARTS = {"answers": (list, "a list"), "state": (str, "the name of a state"), "changed": (dict, "an object")}


def _unnamed(name: str, rows: Any) -> Iterator[str]:
    """Lists that no document has, and rows that do not say which they are."""
    if name not in TABLES:
        yield f"changed: expected the lists of a document, got {name!r}"
    elif not isinstance(rows, dict if name == "settings" else list):
        yield f"{name}: expected {'an object' if name == 'settings' else 'a list of rows'}"
    elif name != "settings":
        for index, row in enumerate(rows):
            if not isinstance(row, dict):
                yield f"{name}[{index}]: expected an object"
            elif any(type(row.get(key)) not in (int, str) for key in NAMES.get(name, ())):
                yield f"{name}[{index}]: expected a row with {' and '.join(map(repr, NAMES[name]))}"


class _Shape:
    """What the schema lets a value hold, whichever of its forms the value has."""

    def __init__(self, forms: Iterable[Json]) -> None:
        self._forms = [each for form in forms for each in _single(form)]

    @cached_property
    def keys(self) -> dict[str, "_Shape"]:
        """The keys that an object may have."""
        named = [item for each in self._forms for item in each.get("properties", {}).items()]
        return {key: _Shape(form for name, form in named if name == key) for key, _ in named}

    @cached_property
    def any_key(self) -> "_Shape | None":
        """What is behind any key, where keys are data or nothing is said of them."""
        forms = (each if each == {} else each.get("additionalProperties") for each in self._forms)
        found = [form for form in forms if isinstance(form, dict)]
        return _Shape(found) if found else None

    @cached_property
    def parts(self) -> "_Shape":
        """What the parts of a list may hold."""
        lists = [[*each.get("prefixItems", ()), each.get("items", {} if each == {} else None)] for each in self._forms]
        return _Shape(form for each in lists for form in each if isinstance(form, dict))


def _single(form: Json) -> Iterator[Json]:
    """The form, with each of its alternatives."""
    if "$ref" in form:
        form = file_of("schema")["$defs"][form["$ref"].rpartition("/")[2]]
    yield form
    chosen = (form[key] for key in ("then", "else") if key in form)
    for each in (*form.get("anyOf", ()), *form.get("oneOf", ()), *form.get("allOf", ()), *chosen):
        yield from _single(each)


@cache
def _told() -> _Shape:
    return _Shape([file_of("schema")["$defs"]["then"]])


def _unknown(shape: _Shape, value: Any, place: str) -> Iterator[str]:
    """Keys that are empty and that nothing of this shape has; one that is filled is a difference as it is."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, list | dict):
                yield from _unknown(shape.parts, each, f"{place}[{index}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            below = shape.keys.get(key, shape.any_key)
            if below is None:
                if key not in OWN and is_empty(each):
                    yield f"{place}: expected no key {key!r}, got one that is empty"
            elif isinstance(each, list | dict):
                yield from _unknown(below, each, f"{place}.{key}" if place else key)
