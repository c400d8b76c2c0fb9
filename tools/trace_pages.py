"""The trace as data and as pages: statement, rule, sentence, law, change, test and code, with links between them.

`trace.json` in the package and a page for each family below docs/spec/trace; `make docs-sync` writes all of them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crmcore.testing.vectors import vectors
from tools.kills import kills_in
from tools.rules import Rule, excuses_of, rules_of
from tools.source import texts_of_statements
from tools.spec_changes import Change, changes_in
from tools.trace import trace_of

__all__ = ["DATA", "PAGES", "SCHEMA", "example_problems", "trace_data", "trace_files"]

DATA = "src/crmcore/adapters/spec/trace.json"
SCHEMA = "src/crmcore/adapters/spec/trace.schema.json"
PAGES = "docs/spec/trace"
FORMAT = "crmcore.trace/1"
_EXAMPLE = re.compile(r"^Example of ([A-Z]+-[0-9]+):\n\n```python\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_VECTOR = re.compile(r"^Example of ([A-Z]+-[0-9]+): the vector `([a-z0-9.-]+)`\.$", re.MULTILINE)
#: How many lines an example may have beside its imports and empty ones.
_LONGEST = 6
_ANY_RULE = re.compile(r"\b[A-Z]{2,}-[0-9]+\b")


def trace_files(root: Path, laws: Mapping[str, str], reasons: Mapping[str, str]) -> dict[str, str]:
    """The text of each file of the trace, by its place; `laws` and `reasons` are names with their rules."""
    data = trace_data(root, laws, reasons)
    families = dict.fromkeys(rule["id"].partition("-")[0] for rule in data["rules"])
    marks = trace_of(root)
    return {
        DATA: _lines(data),
        SCHEMA: json.dumps(_schema(), indent=1) + "\n",
        **{f"{PAGES}/{family.lower()}.md": _page(family, data, marks) for family in families},
    }


def trace_data(root: Path, laws: Mapping[str, str], reasons: Mapping[str, str]) -> dict[str, Any]:
    """The whole trace as plain data."""
    pages = root / "docs" / "spec"
    excuses = excuses_of(pages)
    statements = []
    for id, text in texts_of_statements(pages).items():
        says, _, kind = text.rpartition(" | ")
        statements.append({"id": id, "says": says, "kind": kind, "excused": excuses.get(id)})
    changes: dict[str, list[Change]] = {}
    for change in changes_in(root):
        changes.setdefault(change.rule, []).append(change)
    kills, code = kills_in(root), _code(root)
    examples = _examples(pages)

    def sentence(id: str, text: str) -> dict[str, Any]:
        found = [
            {
                "change": change.id,
                "means": change.means,
                "code": change.file,
                "test": change.test,
                "how": kills[change.id].how if change.id in kills else "untried",
            }
            for change in changes.get(id, ())
        ]
        return {"id": id, "says": text, "kills": found}

    rules = [
        {
            "id": rule.id,
            "page": rule.page,
            "tags": list(rule.sources),
            "asides": list(rule.asides),
            "laws": [name for name, of in laws.items() if of == rule.id],
            "refusals": [name for name, of in reasons.items() if of == rule.id],
            "sentences": [sentence(leaf.id, leaf.text) for leaf in rule.leaves],
            "example": examples.get(rule.id),
            "code": code.get(rule.id, []),
        }
        for rule in sorted(rules_of(pages), key=_place)
        if not rule.is_retired
    ]
    return {"format": FORMAT, "statements": statements, "rules": rules}


_FAMILIES = ("MODE", "STAGE", "PERM", "PLAN", "SWITCH", "POLICY", "CONV", "INTAKE", "IMPORT", "MATCH", "PAGE", "DATA")


def _place(rule: Rule) -> tuple[int, str, int]:
    """The order in which the overview names the families, and in them that of the numbers."""
    at = _FAMILIES.index(rule.family) if rule.family in _FAMILIES else len(_FAMILIES)
    return at, rule.family, int(rule.id.partition("-")[2])


def _examples(pages: Path) -> dict[str, str]:
    """The example of each rule as it is run: a block of Python, or the line that asks a vector."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted(pages.glob("*.md")))
    asked = {each[1]: f"crmcore vectors --id {each[2]}" for each in _VECTOR.finditer(text)}
    return asked | {each[1]: each[2] for each in _EXAMPLE.finditer(text)}


def example_problems(pages: Path) -> list[str]:
    """The rules without an example, those whose example is too long, and examples of a vector that shows another."""
    found, shown = _examples(pages), {each.id: each.rules for each in vectors()}
    wrong = [f"{rule.page}: {rule.id} has no example in examples.md" for rule in rules_of(pages) if _lacks(rule, found)]
    for id, text in found.items():
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("import ", "from "))]
        if len(lines) > _LONGEST:
            wrong.append(f"examples.md: the example of {id} has {len(lines)} lines, {_LONGEST} are allowed")
        if text.startswith("crmcore vectors"):
            rules = shown.get(text.rpartition(" ")[2], ())
            if not any(rule.partition(".")[0] == id for rule in rules):
                wrong.append(f"examples.md: the example of {id} is no vector that shows it")
    return wrong


def _lacks(rule: Rule, found: Mapping[str, str]) -> bool:
    return not rule.is_retired and rule.id not in found


def _code(root: Path) -> dict[str, list[str]]:
    """The modules whose text names each rule: those of the domain and of the application that carry it out."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "src" / "crmcore").rglob("*.py")):
        if {"testing", "spec"} & set(path.parts) or path.name == "spec.py":
            continue
        for rule in sorted(set(_ANY_RULE.findall(path.read_text(encoding="utf-8")))):
            found.setdefault(rule, []).append(path.relative_to(root).as_posix())
    return found


def _lines(data: Mapping[str, Any]) -> str:
    """One line for each statement and rule, so that two versions can be compared."""
    parts = [f'"format": {json.dumps(data["format"])}']
    for name in ("statements", "rules"):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in data[name])
        parts.append(f'"{name}": [\n{rows}\n]')
    return "{" + ",\n".join(parts) + "}\n"


def _schema() -> dict[str, Any]:
    text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    maybe = {"type": ["string", "null"]}

    def closed(**parts: Any) -> dict[str, Any]:
        return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}

    def many(of: Any) -> dict[str, Any]:
        return {"type": "array", "items": of}

    how = {"enum": ["failed", "time", "untried"]}
    kill = closed(change=text, means=text, code=text, test=text, how=how)
    sentence = closed(
        id={"type": "string", "pattern": r"^[A-Z]+-[0-9]+(\.[0-9]+)?$"}, says=text, kills={**many(kill), "minItems": 1}
    )
    rule = closed(
        id={"type": "string", "pattern": "^[A-Z]+-[0-9]+$"},
        page=text,
        tags=texts,
        asides=texts,
        laws=texts,
        refusals=texts,
        sentences={**many(sentence), "minItems": 1},
        example=maybe,
        code=texts,
    )
    statement = closed(id={"type": "string", "pattern": "^S[0-9]+$"}, says=text, kind=text, excused=maybe)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crmcore: the trace of the specification",
        **closed(format={"const": FORMAT}, statements=many(statement), rules=many(rule)),
    }


def _page(family: str, data: Mapping[str, Any], marks: Mapping[str, Mapping[str, bool]]) -> str:
    said = {each["id"]: each["says"] for each in data["statements"]}
    lines = [f"# {family}: the trace", "", _INTRODUCTION, ""]
    for rule in data["rules"]:
        if rule["id"].startswith(f"{family}-"):
            lines += _rule(rule, said, marks)
    return "\n".join(lines).rstrip() + "\n"


_INTRODUCTION = """Written by `make docs-sync`, and never by hand.
For each sentence of the [rules](../README.md): the change that breaks it, where, and the test that fails then."""


def _rule(rule: Mapping[str, Any], said: Mapping[str, str], marks: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    yield from (f"## {rule['id']}", "", f"Stated in [{rule['page']}](../{rule['page']}).", "")
    for tag in rule["tags"]:
        if tag in said:
            yield f"- Statement [{tag}](../README.md#what-the-article-says): {said[tag]}."
        elif tag.startswith("D-"):
            yield f"- Decision [{tag}](../decisions.md)."
    yield from (f"- Law [`{law}`](../README.md#the-laws)." for law in rule["laws"])
    yield from (f"- Refusal [`{reason}`](../rights.md#the-refusals)." for reason in rule["refusals"])
    yield from (f"- Code: {_link(code)}" for code in rule["code"])
    yield ""
    for sentence in rule["sentences"]:
        yield from (f"### {sentence['id']}", "", _relative(sentence["says"], rule["page"]), "")
        for kill in sentence["kills"]:
            yield f"- Broken by `{kill['change']}` in {_link(kill['code'])}: {kill['means']}."
            yield f"  Seen by {_test(kill['test'])} ({kill['how']})."
        yield ""
    tests = sorted({test for id, found in marks.items() if id.partition(".")[0] == rule["id"] for test in found})
    yield from (f"Tests that name it or one of its sentences: {len(tests)}.", "")
    yield from (f"- `{test}`" for test in tests)
    yield ""


def _relative(text: str, page: str) -> str:
    """A text of a page of the rules, with its links as they are one folder below."""
    return text.replace("](#", f"]({page}#").replace("](", "](../")


def _link(path: str) -> str:
    return f"[{Path(path).name}](../../../{path})"


def _test(test: str) -> str:
    path, _, names = test.partition("::")
    return f"[`{names}`](../../../{path})"
