"""What `trace.json` holds, as classes: statements, rules, their sentences, and the changes that break each of these."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

from crmcore.domain.model.text import Discreet

__all__ = ["FORMAT", "Kill", "RuleTrace", "Sentence", "Statement", "Trace", "read_trace"]

FORMAT = "crmcore.trace/1"


@frozen(kw_only=True, repr=False, eq=False)
class Statement(Discreet):
    """What the article says, in our words; `excused` is why no rule cites it, where none does."""

    id: str
    says: str
    kind: str
    excused: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Kill(Discreet):
    """A change that breaks a sentence, and the test that fails with it; `how` is "failed", "time" or "untried"."""

    change: str
    means: str
    code: str
    test: str
    how: str


@frozen(kw_only=True, repr=False, eq=False)
class Sentence(Discreet):
    """One sentence of a rule, with the changes that break it."""

    id: str
    says: str
    kills: tuple[Kill, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether a change breaks it that a test has seen."""
        return any(kill.how in ("failed", "time") for kill in self.kills)


@frozen(kw_only=True, repr=False, eq=False)
class RuleTrace(Discreet):
    """One rule: its page, the tags behind its id, reasons, laws, refusals, sentences, example and code."""

    id: str
    page: str
    tags: tuple[str, ...]
    asides: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    example: str | None = None
    code: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """`SWITCH` of `SWITCH-9`."""
        return self.id.partition("-")[0]


@frozen(kw_only=True, repr=False, eq=False)
class Trace(Discreet):
    """The whole trace: the statements and the rules."""

    statements: tuple[Statement, ...] = ()
    rules: tuple[RuleTrace, ...] = ()

    @property
    def families(self) -> dict[str, tuple[RuleTrace, ...]]:
        """The rules by family, in the order in which the families come."""
        names = dict.fromkeys(rule.family for rule in self.rules)
        return {name: tuple(rule for rule in self.rules if rule.family == name) for name in names}

    def find(self, id: str) -> RuleTrace | None:
        """The rule with this id, or the one that has this sentence."""
        return next((rule for rule in self.rules if id in (rule.id, *(each.id for each in rule.sentences))), None)


@cache
def read_trace() -> Trace:
    """The trace that ships with the package."""
    row = json.loads(files("crmcore.adapters.spec").joinpath("trace.json").read_text(encoding="utf-8"))
    return Trace(
        statements=tuple(Statement(**each) for each in row["statements"]), rules=tuple(map(_rule, row["rules"]))
    )


def _rule(row: Mapping[str, Any]) -> RuleTrace:
    lists = {name: tuple(row[name]) for name in ("tags", "asides", "laws", "refusals", "code")}
    return RuleTrace(
        id=row["id"],
        page=row["page"],
        example=row["example"],
        sentences=tuple(map(_sentence, row["sentences"])),
        **lists,
    )


def _sentence(row: Mapping[str, Any]) -> Sentence:
    return Sentence(id=row["id"], says=row["says"], kills=tuple(Kill(**each) for each in row["kills"]))
