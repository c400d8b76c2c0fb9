"""What another implementation reads and answers, as tables: the keys of a document, of answers, and one example each.

The keys are those of the schema, the examples answers of vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import fields

from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.rules.person import KEPT
from crmcore.testing.vectors import Vector, vectors, vectors_schema

__all__ = ["answer_examples", "answer_keys", "document_keys", "document_values", "kept_keys"]

Json = dict[str, Any]

#: Answers that the table of vectors.md shows itself.
_SHOWN = frozenset(
    {"number", "version", "epoch", "refused", "invalid_value", "record_fault", "document", "none", "no_change"}
)


def document_keys() -> str:
    """Each list of a document, with the keys of its rows."""
    defs = vectors_schema()["$defs"]
    rows: list[tuple[str, ...]] = []
    for name, part in defs["document"]["properties"].items():
        form = defs["CommandRecord"] if name == "commands" else part.get("items", part)
        forms = [("", form)] if "oneOf" not in form else zip(("", ", deleted"), form["oneOf"], strict=True)
        if name != "format":
            rows += [(f"`{name}`{which}", _keys(each, defs)) for which, each in forms]
    return _table(("list", "keys of a row"), rows)


def document_values() -> str:
    """Each value of a document that has keys of its own, by the key that it stands under."""
    defs = vectors_schema()["$defs"]
    lists = defs["document"]["properties"]
    places: dict[str, list[str]] = {}
    for key, name in dict.fromkeys(_values(defs["document"], defs)):
        if key not in lists:
            places.setdefault(name, []).append(key)
    rows = [(", ".join(f"`{key}`" for key in keys), _keys(defs[name], defs)) for name, keys in places.items()]
    types = [
        each["properties"]["type"]["const"]
        for each in defs["Lead"]["properties"]["custom"]["additionalProperties"]["oneOf"]
    ]
    custom = f"`type`, which is {', '.join(types)}; `value`"
    return _table(("value", "its keys"), [*rows, ("each field of `custom`", custom)])


def answer_keys() -> str:
    """Each answer by its name, with its keys."""
    defs = vectors_schema()["$defs"]
    return _table(
        ("answer", "keys"),
        [
            (f"`{each['if']['properties']['answer']['const']}`", _keys(each["then"], defs, without="answer"))
            for each in defs["answer"]["allOf"]
        ],
    )


def answer_examples() -> str:
    """An answer of each read, and of each command that answers more than a number: what has most keys, and is short.

    Refusals and errors are left out.
    """
    best: dict[tuple[str, str], tuple[tuple[int, int], str, str]] = {}
    for vector in vectors():
        for asked, answer in _answers(vector):
            text = json.dumps(answer, ensure_ascii=False)
            rank = (-len(set(_said_keys(answer))), len(text))
            key = asked, answer["answer"]
            if key not in best or rank < best[key][0]:
                best[key] = rank, text, vector.id
    return _table(
        ("asked", "answered", "in"),
        [(f"`{asked}`", f"`{text}`", f"`{id}`") for (asked, _), (_, text, id) in sorted(best.items())],
    )


def kept_keys() -> str:
    """What stays of each record after an erasure."""
    return _table(
        ("record", "keeps"),
        [
            (cls.__name__.lower(), ", ".join(f"`{each.name}`" for each in fields(cls) if each.name in KEPT))
            for cls in (Deal, Contact, Company)
        ],
    )


def _answers(vector: Vector) -> Iterator[tuple[str, Json]]:
    """What was asked in a vector by its name, with each answer of which an example is wanted."""
    for step, answer in zip(vector.when, vector.then["answers"], strict=True):
        if answer is not None and answer["answer"] not in _SHOWN - ({"number"} if "call" in step else set()):
            yield step.get("call") or step["command"], answer


def _said_keys(value: Any) -> Iterator[str]:
    """The keys of an answer at every depth, but for those of records, which are long and known."""
    for each in value if isinstance(value, list) else ():
        yield from _said_keys(each)
    for key, each in value.items() if isinstance(value, dict) else ():
        yield key
        if key != "record":
            yield from _said_keys(each)


def _keys(form: Mapping[str, Any], defs: Mapping[str, Any], *, without: str = "") -> str:
    """The keys of a form, of all its alternatives."""
    names = dict.fromkeys(name for each in _single(form, defs) for name in each.get("properties", ()))
    names.pop(without, None)
    return ", ".join(f"`{name}`" for name in names) or "none"


def _single(form: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The form without alternatives, behind its name."""
    if "$ref" in form:
        form = defs[form["$ref"].rpartition("/")[2]]
    yield form
    chosen = (form[key] for key in ("then", "else") if key in form)
    for each in (*form.get("anyOf", ()), *form.get("oneOf", ()), *form.get("allOf", ()), *chosen):
        yield from _single(each, defs)


def _values(form: Any, defs: Mapping[str, Any], key: str = "") -> Iterator[tuple[str, str]]:
    """The keys under which a named form stands, with its name."""
    if isinstance(form, list):
        for each in form:
            yield from _values(each, defs, key)
    elif isinstance(form, dict):
        if "$ref" in form:
            name = form["$ref"].rpartition("/")[2]
            yield key, name
            yield from _values(defs[name], defs, key)
        for name, each in form.items():
            if name == "properties":
                for inner, part in each.items():
                    yield from _values(part, defs, inner)
            else:
                yield from _values(each, defs, key)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
