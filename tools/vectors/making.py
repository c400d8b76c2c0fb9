"""Vectors out of drafts: what this library answers, and whether the oracle says the same by itself.

Where the oracle cannot judge, `by_hand.toml` names the vectors that a person has read, with a digest of what was read.
"""

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from crmcore.testing.vectors.canonical import canonical
from crmcore.testing.vectors.differences import first_difference
from crmcore.testing.vectors.files import text_of
from crmcore.testing.vectors.needs import needs_of
from crmcore.testing.vectors.schema import FORMAT, vectors_schema
from crmcore.testing.vectors.steps import play
from tools.vectors.drafts import Draft, Json
from tools.vectors.families import FAMILIES
from tools.vectors.scenes import CLOCK, DOCUMENTS, EXTRA_GIVENS, ROLES, document

__all__ = ["DATA", "drafts", "made", "main", "stale"]

Oracle = Callable[[Json], Mapping[str, Any]]

BY_HAND = Path(__file__).with_name("by_hand.toml")
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


def made(oracle: Oracle) -> tuple[dict[str, Json], list[str]]:
    """The files of the vectors by name, and where the oracle says something else."""
    wrong: list[str] = []
    whole = wholes()
    rows = {}
    for draft in drafts():
        then = recorded(draft, whole[draft.given])
        row = row_of(draft, whole[draft.given], then)
        asked = {
            "format": FORMAT,
            "id": draft.id,
            "needs": row["needs"],
            "given": whole[draft.given],
            "when": draft.when,
        }
        said = difference(asked, then, oracle)
        if said is not None and by_hand().get(draft.id) != digest({**row, "then": then}):
            wrong.append(f"{draft.id}: {said}")
        rows[draft.id] = {**row, "then": then, "agreed": "oracle" if said is None else "hand"}
    return files_of(rows), wrong


def stale() -> list[str]:
    """The files that are not as the drafts would have them, but for the answers, which the tests look at."""
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in DATA.glob("*.json")}
    known = {row["id"]: row for file in kept.values() for row in file.get("vectors", ())}
    whole = wholes()
    rows = {}
    for draft in drafts():
        row = known.get(draft.id)
        if row is not None:
            parts = {"then": row["then"], "agreed": row["agreed"]}
            rows[draft.id] = {**row_of(draft, whole[draft.given], row["then"]), **parts}
        else:
            rows[draft.id] = {"id": draft.id}
    wanted = files_of(rows)
    return sorted(name for name in wanted.keys() | kept.keys() if wanted.get(name) != kept.get(name))


def wholes() -> dict[str, Json]:
    """Every given with its document and its roles."""
    for family in FAMILIES:
        DOCUMENTS.update(family.DOCUMENTS)
    return {
        name: {**given, "document": document(given["document"]), "roles": ROLES[given["roles"]]}
        for name, given in givens().items()
    }


def files_of(rows: Mapping[str, Json]) -> dict[str, Json]:
    """The files that vectors make up, with what they begin with and no more."""
    used = {row.get("given") for row in rows.values()}
    kept = {name: given for name, given in givens().items() if name in used}
    needed = {given["document"] for given in kept.values()}
    files: dict[str, Json] = {
        "given": {
            "format": FORMAT,
            "documents": {name: document(name) for name in DOCUMENTS if name in needed},
            "roles": dict(ROLES),
            "given": kept,
        },
        "schema": vectors_schema(),
    }
    for row in rows.values():
        name = row["id"].partition(".")[0]
        files.setdefault(name, {"format": FORMAT, "family": name, "vectors": []})["vectors"].append(row)
    return files


def recorded(draft: Draft, given: Json) -> Json:
    """What this library answers. Raises `ValueError` where a step goes on from an answer that there is not."""
    asked = {"given": given, "when": draft.when}
    then = canonical(asked, play(asked))
    for step in earlier(draft.when):
        if then["answers"][step]["answer"] in ("refused", "no_change", "invalid_value", "record_fault"):
            raise ValueError(f"{draft.id}: step {step} has no such answer: {then['answers'][step]}")
    return then


def row_of(draft: Draft, given: Json, then: Json) -> Json:
    """A draft as it is written, without its answer."""
    refused = [answer["rule"] for answer in then["answers"] if answer is not None and answer["answer"] == "refused"]
    return {
        "id": draft.id,
        "rules": list(dict.fromkeys([*draft.rules, *refused])),
        "needs": sorted({*needs_of(given, draft.when, then), *draft.needs}),
        "given": draft.given,
        "when": draft.when,
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


def difference(asked: Json, then: Json, oracle: Oracle) -> str | None:
    """Where the oracle does not say the same by itself."""
    try:
        said = oracle(asked)
        if "skipped" in said:
            return f"the oracle does not judge it: {said['skipped']}"
        told = canonical(asked, said)
    except Exception as error:
        return f"the oracle failed: {type(error).__name__}: {error}"
    return first_difference(asked["when"], then, told)


@cache
def by_hand() -> Mapping[str, str]:
    """The vectors that a person has judged, with the digest of what was read."""
    if not BY_HAND.exists():
        return {}
    found: Mapping[str, str] = tomllib.loads(BY_HAND.read_text(encoding="utf-8"))["judged"]
    return found


def digest(row: Json) -> str:
    """What a person has read, as one short text."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]


def main(arguments: list[str] | None = None) -> int:
    """Write the vectors, or check them: 1 when the oracle says something else or a file is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.vectors", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say which files are not as drafted")
    parser.add_argument("--oracle", default="tests.oracle:judge", help="the function that judges, module:name")
    options = parser.parse_args(arguments)
    if options.check:
        wrong = [f"{name}.json is stale; run `python -m tools.vectors`" for name in stale()]
    else:
        module, _, name = options.oracle.partition(":")
        files, wrong = made(getattr(import_module(module), name))
        for left in DATA.glob("*.json"):
            if left.stem not in files:
                left.unlink()
        for name, file in files.items():
            (DATA / f"{name}.json").write_text(text_of(file), encoding="utf-8")
            print(f"{name}.json: {len(file['vectors'])} vectors" if "vectors" in file else f"{name}.json")
    for line in wrong:
        print(line, file=sys.stderr)
    return int(bool(wrong))
