"""Vectors out of drafts: what this library answers, and whether the oracle says the same by itself."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from crmcore.testing.vectors.canonical import canonical
from crmcore.testing.vectors.files import text_of
from crmcore.testing.vectors.needs import needs_of
from crmcore.testing.vectors.schema import FORMAT, vectors_schema
from crmcore.testing.vectors.steps import play
from tools.vectors.drafts import Draft, Json
from tools.vectors.families import FAMILIES
from tools.vectors.scenes import CLOCK, DOCUMENTS, EXTRA_GIVENS, ROLES, document

__all__ = ["main", "made"]

DATA = Path(__file__).resolve().parents[2] / "src" / "crmcore" / "testing" / "vectors" / "data"


def givens() -> dict[str, Json]:
    """Every given by name, its document and roles as names."""
    named = {**EXTRA_GIVENS}
    for family in FAMILIES:
        named |= family.GIVENS
    return {
        name: {"document": given["document"], "roles": "staff", "plan": True, "clock": CLOCK, **given}
        for name, given in named.items()
    }


def drafts() -> list[Draft]:
    """All drafts; two of one id are a mistake."""
    found = [draft for family in FAMILIES for draft in family.drafts()]
    ids = [draft.id for draft in found]
    twice = {id for id in ids if ids.count(id) > 1} if len(set(ids)) < len(ids) else set()
    if twice:
        raise ValueError(f"two drafts of one id: {', '.join(sorted(twice))}")
    return found


def made(oracle: Callable[[Json], Json] | None) -> tuple[dict[str, Json], list[str]]:
    """The files of the vectors by name, and where the oracle says something else."""
    for family in FAMILIES:
        DOCUMENTS.update(family.DOCUMENTS)
    whole = {
        name: {**given, "document": document(given["document"]), "roles": ROLES[given["roles"]]}
        for name, given in givens().items()
    }
    families: dict[str, list[Json]] = {}
    wrong: list[str] = []
    used = set()
    for draft in drafts():
        used.add(draft.given)
        row = vector_of(draft, whole[draft.given])
        asked = {"format": FORMAT, "id": draft.id, "needs": row["needs"], "given": whole[draft.given], "when": draft.when}
        if oracle is not None:
            row["agreed"] = judged(asked, row["then"], oracle, wrong)
        families.setdefault(draft.family, []).append(row)
    kept = {name: given for name, given in givens().items() if name in used}
    documents = {name: document(name) for name in DOCUMENTS if name in {given["document"] for given in kept.values()}}
    files: dict[str, Json] = {
        "given": {"format": FORMAT, "documents": documents, "roles": dict(ROLES), "given": kept},
        "schema": vectors_schema(),
    }
    for name, rows in families.items():
        files[name] = {"format": FORMAT, "family": name, "vectors": rows}
    return files, wrong


def vector_of(draft: Draft, given: Json) -> Json:
    """A draft with the answer of this library."""
    asked = {"given": given, "when": draft.when}
    then = canonical(asked, play(asked))
    for step in earlier(draft.when):
        if then["answers"][step]["answer"] in ("refused", "no_change", "invalid_value", "record_fault"):
            raise ValueError(f"{draft.id}: step {step} has no such answer: {then['answers'][step]}")
    refused = [answer["rule"] for answer in then["answers"] if answer is not None and answer["answer"] == "refused"]
    return {
        "id": draft.id,
        "rules": list(dict.fromkeys([*draft.rules, *refused])),
        "needs": list(needs_of(given, draft.when, then)),
        "given": draft.given,
        "when": draft.when,
        "then": then,
        "agreed": "hand",
    }


def earlier(value: Any) -> Iterator[int]:
    """The steps whose answers a value names."""
    if isinstance(value, dict):
        if "step" in value:
            yield value["step"]
        for each in value.values():
            yield from earlier(each)
    elif isinstance(value, list):
        for each in value:
            yield from earlier(each)


def judged(asked: Json, then: Mapping[str, Any], oracle: Callable[[Json], Json], wrong: list[str]) -> str:
    """Who agrees with an answer; a difference is noted."""
    try:
        said = oracle(asked)
        if "skipped" in said:
            wrong.append(f"{asked['id']}: skipped: {said['skipped']}")
            return "hand"
        told = canonical(asked, said)
    except Exception as error:
        wrong.append(f"{asked['id']}: {type(error).__name__}: {error}")
        return "hand"
    if told != then:
        wrong.append(f"{asked['id']}: {first_difference(then, told)}")
        return "hand"
    return "oracle"


def first_difference(then: Any, told: Any, place: str = "") -> str:
    """Where two answers differ first, in words."""
    if isinstance(then, dict) and isinstance(told, dict):
        for key in [*then, *(key for key in told if key not in then)]:
            if then.get(key) != told.get(key):
                return first_difference(then.get(key), told.get(key), f"{place}.{key}" if place else key)
    if isinstance(then, list) and isinstance(told, list) and len(then) == len(told):
        for index, (one, other) in enumerate(zip(then, told, strict=True)):
            if one != other:
                return first_difference(one, other, f"{place}[{index}]")
    return f"{place}: crmcore {json.dumps(then)[:300]}, oracle {json.dumps(told)[:300]}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.vectors", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--oracle", default="tests.oracle:judge")
    options = parser.parse_args(arguments)
    begun = time.process_time()
    module, _, name = options.oracle.partition(":")
    oracle = getattr(import_module(module), name) if module else None
    files, wrong = made(oracle)
    for left in DATA.glob("*.json"):
        if left.stem not in files:
            left.unlink()
    for name, file in files.items():
        (DATA / f"{name}.json").write_text(text_of(file), encoding="utf-8")
    for line in wrong:
        print(line)
    for name, file in files.items():
        print(name, len(file.get("vectors", ())))
    print(sum(len(file.get("vectors", ())) for file in files.values()), round(time.process_time() - begun, 1))
    return int(bool(wrong))
