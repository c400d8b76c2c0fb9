"""The documents of those who review the specification: rules, readings, walks with their stories, and vectors."""

from decimal import Decimal
from typing import Literal

from attrs import frozen

from crmcore.adapters.cli.work.document import Document
from crmcore.adapters.spec import RuleTrace, Statement
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.text import Discreet

__all__ = [
    "Changed",
    "ChangedFamily",
    "Differs",
    "Explore",
    "FailedVector",
    "Family",
    "FamilyNumbers",
    "LawBroken",
    "ReadingRow",
    "Readings",
    "SkippedVectors",
    "Spec",
    "Told",
    "Vectors",
    "WalkRow",
]


@frozen(kw_only=True, repr=False, eq=False)
class WalkRow(Discreet):
    """One walk, and whether it reached every state."""

    name: str
    states: int
    transitions: int
    stores: int
    ended: bool


@frozen(kw_only=True, repr=False, eq=False)
class LawBroken(Discreet):
    """A law that does not hold, for which record, and in which part of it."""

    rule: str
    law: str
    kind: Kind
    id: int | str
    record: str
    part: str


@frozen(kw_only=True, repr=False, eq=False)
class Changed(Discreet):
    """What a commit did to one record: `field` went from `before` to `after`, or the record itself did."""

    kind: Kind
    id: int | str
    record: str
    field: str | None = None
    before: str | None = None
    after: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Told(Discreet):
    """One sentence of a story."""

    actor: str | None = None
    text: str
    changes: tuple[Changed, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Explore(Document):
    """How large the walks were, and the story of the first law that breaks; `script` makes the same run."""

    format: Literal["crmcore.explore/1"] = "crmcore.explore/1"
    walks: tuple[WalkRow, ...] = ()
    states: int = 0
    transitions: int = 0
    stores: int = 0
    cpu_seconds: Decimal = Decimal(0)
    memory_mb: int | None = None
    fault: str | None = None
    rule: str | None = None
    sentence: str | None = None
    broken: tuple[LawBroken, ...] = ()
    story: tuple[Told, ...] = ()
    script: str | None = None
    files: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class FamilyNumbers(Discreet):
    """How many vectors of one family passed, failed, and were not asked."""

    family: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0


@frozen(kw_only=True, repr=False, eq=False)
class FailedVector(Discreet):
    """A vector that failed, with the first difference in words."""

    id: str
    message: str


@frozen(kw_only=True, repr=False, eq=False)
class SkippedVectors(Discreet):
    """Why vectors were not asked, and how many."""

    reason: str
    vectors: int


@frozen(kw_only=True, repr=False, eq=False)
class Vectors(Document):
    """What came of the vectors, by family."""

    format: Literal["crmcore.vectors-run/1"] = "crmcore.vectors-run/1"
    families: tuple[FamilyNumbers, ...] = ()
    failed: tuple[FailedVector, ...] = ()
    skipped: tuple[SkippedVectors, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Family(Discreet):
    """One family of rules: how many there are, their sentences, and how much of that is proved and shown."""

    family: str
    rules: int
    sentences: int
    proved: int
    changes: int
    examples: int


@frozen(kw_only=True, repr=False, eq=False)
class Spec(Document):
    """The families of the specification, or one rule with the statements behind it."""

    format: Literal["crmcore.spec/1"] = "crmcore.spec/1"
    families: tuple[Family, ...] = ()
    statements: tuple[Statement, ...] = ()
    rules: tuple[RuleTrace, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class ChangedFamily(Discreet):
    """How many vectors of one family another reading changes."""

    family: str
    vectors: int


@frozen(kw_only=True, repr=False, eq=False)
class Differs(Discreet):
    """One part of what a vector came to: with the reading that was taken, and with the other."""

    place: str
    taken: str
    other: str


@frozen(kw_only=True, repr=False, eq=False)
class ReadingRow(Discreet):
    """One place of the article with both readings, what the other would change, and a vector with both of them."""

    name: str
    statements: tuple[str, ...]
    says: tuple[str, ...]
    phrase: str
    taken: str
    other: str
    rules: tuple[str, ...]
    setting: str | None = None
    seam: str
    changed: int
    families: tuple[ChangedFamily, ...] = ()
    laws: tuple[str, ...] = ()
    vector: str
    steps: tuple[str, ...] = ()
    differences: tuple[Differs, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Readings(Document):
    """Where the article can be read in two ways: all, or those `named`; with `told`, vectors with both readings."""

    format: Literal["crmcore.readings/1"] = "crmcore.readings/1"
    named: str | None = None
    told: bool = False
    readings: tuple[ReadingRow, ...] = ()
