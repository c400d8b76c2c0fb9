"""Which test names which rule, and what is wrong with that, read from the sources: nothing is imported, nothing run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.evidence import MOST_RULES, checkers_in, counted, rules_in, tests_in
from tools.rules import Rule, decisions_in, decisions_of, excuses_of, rules_of, statements_of

__all__ = ["FOLDERS", "known_ids", "problems_of", "trace_of"]

#: Where tests stand.
FOLDERS = ("tests", "src/crmcore/testing")


def known_ids(rules: Iterable[Rule]) -> set[str]:
    """What a mark may name: rules and sub-rules that are not retired."""
    return {id for rule in rules if not rule.is_retired for id in (rule.id, *(leaf.id for leaf in rule.leaves))}


def trace_of(root: Path, folders: tuple[str, ...] = FOLDERS) -> dict[str, dict[str, bool]]:
    """The tests that name each rule or sub-rule, as `file::class::test`, in order, and whether they can be evidence.

    A test that names more than five supports them; so does one that names a rule as a whole which has sub-rules.
    """
    found: dict[str, dict[str, bool]] = {}
    for path, source in _sources(root, folders).items():
        named: dict[str, list[str]] = {}
        for test, rule in rules_in(source):
            named.setdefault("::".join([path.relative_to(root).as_posix(), *test]), []).append(rule)
        for name, rules in named.items():
            for rule in rules:
                found.setdefault(rule, {})[name] = len(counted(rules)) <= MOST_RULES
    return {rule: dict(sorted(tests.items())) for rule, tests in found.items()}


def problems_of(
    root: Path,
    laws: Mapping[str, str],
    reasons: Mapping[str, str],
    folders: tuple[str, ...] = FOLDERS,
) -> list[str]:
    """What keeps the rules from being traced, one line each; `laws` and `reasons` are names with their rules."""
    pages = root / "docs" / "spec"
    rules = rules_of(pages)
    known = known_ids(rules)
    trace = trace_of(root, folders)
    return [
        *_of_ids(rules),
        *_of_statements(pages, rules),
        *_of_decisions(pages, rules),
        *(f"law {name}: docs/spec has no rule {rule}" for name, rule in laws.items() if rule not in known),
        *(f"refusal {name}: docs/spec has no rule {rule}" for name, rule in reasons.items() if rule not in known),
        *(
            f"{test}: docs/spec has no rule {rule}"
            for rule, tests in trace.items()
            if rule not in known
            for test in tests
        ),
        *(
            f"docs/spec/{leaf.page}: no test is evidence for {leaf.id}"
            for rule in rules
            for leaf in rule.leaves
            if not any(trace.get(leaf.id, {}).values())
        ),
        *_of_tests(root, folders),
    ]


def _sources(root: Path, folders: Iterable[str]) -> dict[Path, str]:
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return {path: path.read_text(encoding="utf-8") for path in paths}


def _of_ids(rules: list[Rule]) -> Iterator[str]:
    ids = [id for rule in rules for id in (rule.id, *(sub.id for sub in rule.subs))]
    for id, times in Counter(ids).items():
        if times > 1:
            yield f"docs/spec: the id {id} is given {times} times"
    for rule in rules:
        if "decision" in rule.sources and not rule.is_retired and not rule.has_reason:
            yield f"docs/spec/{rule.page}: {rule.id} is a decision without a reason"
        if not rule.sources:
            yield f"docs/spec/{rule.page}: {rule.id} has no source"
        if rule.subs and rule.text:
            yield f"docs/spec/{rule.page}: {rule.id} has sub-rules and a text of its own"
        if not rule.subs and not rule.text and not rule.is_retired:
            yield f"docs/spec/{rule.page}: {rule.id} says nothing"
        yield from _of_subs(rule)
    yield from _gaps(rules)


def _of_subs(rule: Rule) -> Iterator[str]:
    for sub, number in zip(rule.subs, range(1, len(rule.subs) + 1), strict=True):
        if sub.id != f"{rule.id}.{number}":
            yield f"docs/spec/{rule.page}: {rule.id}.{number} is missing before {sub.id}; a retired id stays, [retired]"
            return
        if not sub.text and not sub.is_retired:
            yield f"docs/spec/{rule.page}: {sub.id} says nothing"


def _gaps(rules: list[Rule]) -> Iterator[str]:
    """Ids are for ever: the rules of a family are numbered without a gap, retired ones included."""
    for family in dict.fromkeys(rule.family for rule in rules):
        numbers = sorted({int(rule.id.partition("-")[2]) for rule in rules if rule.family == family})
        for number in sorted(set(range(1, numbers[-1])) - set(numbers)):
            yield f"docs/spec: {family}-{number} is missing; a retired id stays, [retired]"


def _of_statements(pages: Path, rules: list[Rule]) -> Iterator[str]:
    statements = statements_of(pages)
    excuses = excuses_of(pages)
    for number, statement in enumerate(statements, start=1):
        if statement != f"S{number}":
            yield f"docs/spec/README.md: S{number} is missing before {statement}"
            break
    cited = {statement for rule in rules if not rule.is_retired for statement in rule.statements}
    for rule in rules:
        for statement in rule.statements:
            if statement not in statements:
                yield f"docs/spec/{rule.page}: {rule.id} cites {statement}, which does not exist"
    for statement in statements:
        if statement not in cited and not excuses.get(statement, "").strip():
            yield f"docs/spec/README.md: {statement} is neither cited by a rule nor excused in source.toml"
    for statement in excuses:
        if statement not in statements:
            yield f"docs/spec/source.toml: {statement} is excused and does not exist"
        elif statement in cited:
            yield f"docs/spec/source.toml: {statement} is excused, and a rule cites it"


def _of_decisions(pages: Path, rules: list[Rule]) -> Iterator[str]:
    found = decisions_of(pages)
    decisions = {decision.id: decision.rules for decision in found}
    for id, times in Counter(decision.id for decision in found).items():
        if times > 1:
            yield f"docs/spec/decisions.md: the id {id} is given {times} times"
    yield from (f"docs/spec/decisions.md: {each.id} has no reason" for each in found if not each.has_reason)
    tagged = {rule.id: rule.decisions for rule in rules}
    for page in sorted(pages.glob("*.md")):
        for decision in sorted(set(decisions_in(page.read_text(encoding="utf-8"))) - decisions.keys()):
            yield f"docs/spec/{page.name}: {decision} does not exist"
    for decision, named in decisions.items():
        for rule in named:
            if decision not in tagged.get(rule, ()):
                yield f"docs/spec/decisions.md: {decision} belongs to {rule}, which does not name it"
    for rule, named in tagged.items():
        for decision in named:
            if rule not in decisions.get(decision, (rule,)):
                yield f"docs/spec: {rule} names {decision}, which does not belong to it"


def _of_tests(root: Path, folders: Iterable[str]) -> Iterator[str]:
    sources = _sources(root, folders)
    checkers = checkers_in(sources)
    for path, source in sources.items():
        for test in tests_in(source, checkers):
            if test.rules and test.fault is not None:
                yield f"{'::'.join([path.relative_to(root).as_posix(), *test.place])}: {test.fault}"
