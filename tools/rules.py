"""What docs/spec says of its rules, statements and decisions, read from the pages."""

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["Decision", "Rule", "decisions_in", "decisions_of", "excuses_of", "rules_of", "statements_of"]

#: `- **SWITCH-1** [S16, D-9] …`; decisions (`- **D-1** (CONV-4) …`) are no rules of their own.
_RULE = re.compile(r"^[-*] \*\*([A-Z]{2,}-[0-9]+)\*\*(?: \[([^\]]*)\])?", re.MULTILINE)
_DECISION = re.compile(r"^- \*\*(D-[0-9]+)\*\* \(([^)]*)\)", re.MULTILINE)
_STATEMENT = re.compile(r"^\| (S[0-9]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
_ANY_STATEMENT = re.compile(r"\bS[0-9]+\b")
_ANY_DECISION = re.compile(r"\bD-[0-9]+\b")


class Rule(NamedTuple):
    """One rule: its id, the page that states it, the sources behind the id, and its whole text."""

    id: str
    page: str
    sources: tuple[str, ...]
    text: str

    @property
    def is_retired(self) -> bool:
        """Whether the id stands for nothing any more, and is never given to another rule."""
        return "retired" in self.sources

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of the article that its tag names."""
        return tuple(_ANY_STATEMENT.findall(" ".join(self.sources)))

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions that its tag names."""
        return tuple(_ANY_DECISION.findall(" ".join(self.sources)))


class Decision(NamedTuple):
    """One decision of decisions.md, with the rules that it belongs to."""

    id: str
    rules: tuple[str, ...]


def rules_of(folder: Path) -> list[Rule]:
    """The rules of a folder of pages, in their order; an id that is given twice stands twice."""
    found = []
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for rule in _RULE.finditer(text):
            end = re.compile(r"^(?:[-*] \*\*|#)", re.MULTILINE).search(text, rule.end())
            sources = tuple(each.strip() for each in (rule[2] or "").split(",") if each.strip())
            body = text[rule.end() : end.start() if end else len(text)].strip()
            found.append(Rule(rule[1], page.name, sources, body))
    return found


def statements_of(folder: Path) -> list[str]:
    """The statements of the article, as the table of the overview has them."""
    return _STATEMENT.findall((folder / "README.md").read_text(encoding="utf-8"))


def excuses_of(folder: Path) -> dict[str, str]:
    """The statements that no rule cites, each with its reason: the column of `source.toml` that says so."""
    import tomllib

    excuses: dict[str, str] = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8")).get("exceptions", {})
    return excuses


def decisions_of(folder: Path) -> list[Decision]:
    """The decisions, in their order."""
    text = (folder / "decisions.md").read_text(encoding="utf-8")
    return [Decision(each[1], tuple(re.split(r",\s*", each[2]))) for each in _DECISION.finditer(text)]


def decisions_in(text: str) -> list[str]:
    """Every decision that a text names."""
    return _ANY_DECISION.findall(text)
