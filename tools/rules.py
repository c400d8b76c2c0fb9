"""What docs/spec says of its rules, statements and decisions, read from the pages.

A rule that says several things has sub-rules, one sentence each, and no text of its own:

    - **SWITCH-1** [S16, D-31]
      - **SWITCH-1.1** Each active lead is converted exactly once.
      - **SWITCH-1.2** Retries convert no lead a second time.
      - Reason: …

A sub-rule may also be a row of a table: `| **CSV-1.2** | encoding | UTF-8 |`.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "ID",
    "Decision",
    "Leaf",
    "Rule",
    "decisions_in",
    "decisions_of",
    "excuses_of",
    "id_order",
    "leaves_of",
    "rules_of",
    "statements_of",
]

#: The id of a rule or of a sub-rule.
ID = re.compile(r"[A-Z]{2,}-[0-9]+(?:\.[0-9]+)?")
#: `- **SWITCH-1** [S16, D-9] …`; decisions (`- **D-1** (CONV-4) …`) are no rules of their own.
_RULE = re.compile(r"^[-*] \*\*([A-Z]{2,}-[0-9]+)\*\*(?: \[([^\]]*)\])?", re.MULTILINE)
_SUB = re.compile(r"^(?:  - |\| )\*\*([A-Z]{2,}-[0-9]+\.[0-9]+)\*\*(?: \[([^\]]*)\])?", re.MULTILINE)
#: What stands under a rule and is no sentence of it.
_ASIDE = re.compile(r"^  (?:- )?(?:Reason:|Departs|Narrows|Note:)", re.MULTILINE)
_END = re.compile(r"^(?:[-*] \*\*|#)", re.MULTILINE)
_NEXT = re.compile(r"^(?:  - |\||[^ \n])", re.MULTILINE)
_REASON = re.compile(r"Reason: \S")
_CELLS = re.compile(r"(?<!\\)\|")
_DECISION = re.compile(r"^- \*\*(D-[0-9]+)\*\* \(([^)]*)\)", re.MULTILINE)
_STATEMENT = re.compile(r"^\| (S[0-9]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
_ANY_STATEMENT = re.compile(r"\bS[0-9]+\b")
_ANY_DECISION = re.compile(r"\bD-[0-9]+\b")


class Leaf(NamedTuple):
    """What a test can be evidence for: a sub-rule, or a rule that says one thing, with its sources and its sentence."""

    id: str
    rule: str
    page: str
    sources: tuple[str, ...]
    text: str

    @property
    def is_retired(self) -> bool:
        """Whether the id stands for nothing any more, and is never given to another sentence."""
        return "retired" in self.sources


class Rule(NamedTuple):
    """One rule: its id, the page that states it, the sources behind the id, its own text, asides and sub-rules."""

    id: str
    page: str
    sources: tuple[str, ...]
    text: str
    asides: tuple[str, ...] = ()
    subs: tuple[Leaf, ...] = ()

    @property
    def family(self) -> str:
        """`SWITCH` of `SWITCH-9`."""
        return self.id.partition("-")[0]

    @property
    def is_retired(self) -> bool:
        """Whether the id stands for nothing any more, and is never given to another rule."""
        return "retired" in self.sources

    @property
    def has_reason(self) -> bool:
        """Whether a rule that nobody but us has made says why: once, or in the last cell of each row of its table."""
        if any(map(_REASON.search, self.asides)):
            return True
        rows = [_CELLS.split(sub.text) for sub in self.subs]
        return bool(rows) and "with its reason" in " ".join(self.asides) and len({len(row) for row in rows}) == 1

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Its sub-rules, or itself where it has none; no retired ones."""
        if self.is_retired:
            return ()
        own = self.subs or (Leaf(self.id, self.id, self.page, self.sources, self.text),)
        return tuple(leaf for leaf in own if not leaf.is_retired)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of the article that its tag, or a tag inside, names."""
        tags = [*self.sources, *(tag for sub in self.subs for tag in sub.sources)]
        return tuple(dict.fromkeys(_ANY_STATEMENT.findall(" ".join(tags))))

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions that its tag names."""
        return tuple(_ANY_DECISION.findall(" ".join(self.sources)))


class Decision(NamedTuple):
    """One decision of decisions.md, with the rules that it belongs to and its text, which ends with its reason."""

    id: str
    rules: tuple[str, ...]
    text: str

    @property
    def has_reason(self) -> bool:
        """Whether it says why."""
        return _REASON.search(self.text) is not None


def rules_of(folder: Path) -> list[Rule]:
    """The rules of a folder of pages, in their order; an id that is given twice stands twice."""
    found = []
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for rule in _RULE.finditer(text):
            end = _END.search(text, rule.end())
            body = text[rule.end() : end.start() if end else len(text)]
            sources = _tags(rule[2])
            subs = tuple(_subs(body, rule[1], page.name, sources))
            first = min((match.start() for match in (_SUB.search(body), _ASIDE.search(body)) if match), default=None)
            asides = tuple(_cut(body, aside.start()).strip("- ") for aside in _ASIDE.finditer(body))
            found.append(Rule(rule[1], page.name, sources, _flat(body[:first]), asides, subs))
    return found


def leaves_of(folder: Path) -> list[Leaf]:
    """Every sentence of a folder of pages that needs evidence."""
    return [leaf for rule in rules_of(folder) for leaf in rule.leaves]


def id_order(id: str) -> tuple[str, list[int]]:
    """By which ids are put in order: SWITCH-2 before SWITCH-10, and SWITCH-9.2 before SWITCH-9.10."""
    family, _, numbers = id.partition("-")
    return family, [int(number) for number in numbers.split(".")]


def statements_of(folder: Path) -> list[str]:
    """The statements of the article, as the table of the overview has them."""
    return _STATEMENT.findall((folder / "README.md").read_text(encoding="utf-8"))


def excuses_of(folder: Path) -> dict[str, str]:
    """The statements that no rule cites, each with its reason: the column of `source.toml` that says so."""
    excuses: dict[str, str] = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8")).get("exceptions", {})
    return excuses


def decisions_of(folder: Path) -> list[Decision]:
    """The decisions, in their order."""
    text = (folder / "decisions.md").read_text(encoding="utf-8")
    parts = _DECISION.split(text)[1:]  # an id, its rules and its text, one after the other
    rows = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [Decision(id, tuple(re.split(r",\s*", rules)), told) for id, rules, told in rows]


def decisions_in(text: str) -> list[str]:
    """Every decision that a text names."""
    return _ANY_DECISION.findall(text)


def _subs(body: str, rule: str, page: str, sources: tuple[str, ...]) -> Iterator[Leaf]:
    for sub in _SUB.finditer(body):
        text = _cut(body, sub.end())
        yield Leaf(sub[1], rule, page, _tags(sub[2]) or sources, text.strip("| "))


def _cut(body: str, start: int) -> str:
    """What stands from here to the next sub-rule, aside or paragraph, on one line."""
    end = _NEXT.search(body, body.find("\n", start) + 1 or len(body))
    return _flat(body[start : end.start() if end else len(body)])


def _flat(text: str) -> str:
    return " ".join(text.split())


def _tags(text: str | None) -> tuple[str, ...]:
    return tuple(each.strip() for each in (text or "").split(",") if each.strip())
