"""`python -m tools.spec_report` (`make spec`): every statement with its rules, every sentence with its evidence, run.

Prints what each statement of the article is covered by or why it is excused, and for each sentence the changes that
break it; runs their tests as they are, the changes of which something has moved, and the vectors on three stores.
Ends with 1 where one of it fails.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator

from tests.survival.servers import postgres_server

from crmcore.testing.vectors import Vector, run_vectors, stores_at
from tools.generated import ROOT, problems
from tools.kills import moved, survivors
from tools.rules import excuses_of, leaves_of, rules_of
from tools.source import texts_of_statements
from tools.spec_changes import changes_in

__all__ = ["lines_of_sentences", "lines_of_statements", "lines_of_vectors", "main"]

_PAGES = ROOT / "docs" / "spec"


def lines_of_statements() -> Iterator[str]:
    """Each statement, with the rules that cite it or the reason why none does."""
    rules, excuses = rules_of(_PAGES), excuses_of(_PAGES)
    for id, text in texts_of_statements(_PAGES).items():
        by = [rule.id for rule in rules if not rule.is_retired and id in rule.statements]
        how = f"covered by {', '.join(by)}" if by else f"excused: {excuses.get(id, 'NO REASON')}"
        yield f"{id} {text.rpartition(' | ')[0]}\n    {how}"


def lines_of_sentences() -> Iterator[str]:
    """Each sentence, with the changes that break it and their tests."""
    changes = changes_in()
    for leaf in leaves_of(_PAGES):
        yield f"{leaf.id} {leaf.text}"
        for change in (each for each in changes if each.rule == leaf.id):
            yield f"    {change.id}: {change.means} -> {change.test}"


def lines_of_vectors(name: str, where: str, chosen: Iterable[Vector] | None = None) -> Iterator[str]:
    """What does not pass on a store, and how many do; `where` is an address as `stores_at` takes one."""
    with stores_at(where) as make_store:
        report = run_vectors(chosen, make_store=make_store)
    for each in report.failed:
        yield f"wrong on {name}: {each.id}: {each.said}"
    for why, many in report.skipped.items():
        yield f"wrong on {name}: {many} skipped, {why}"
    passed = sum(counts["passed"] for counts in report.families.values())
    yield f"{name}: {passed:,} of {len(report.verdicts):,} vectors passed"


def main() -> int:
    """Print and run all of it."""
    began = time.monotonic()
    for line in (*lines_of_statements(), "", *lines_of_sentences(), ""):
        print(line)
    wrong = problems()
    for line in wrong:
        print(f"wrong: {line}")
    changes, leaves = changes_in(), leaves_of(_PAGES)
    tests = list(dict.fromkeys(change.test for change in changes))
    workers = str(min(2, os.cpu_count() or 1))
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "loadfile", *tests]
    passed = subprocess.run(command, check=False).returncode == 0
    found = survivors(moved(changes, {leaf.id: leaf.text for leaf in leaves}))
    lives = {id: how for id, how in found.items() if how.startswith("lives")}
    for id, how in lives.items():
        print(f"{id}: {how}")
    with postgres_server() as server:
        told = [
            line
            for name, where in (("memory", "memory"), ("SQLite", "sqlite"), ("PostgreSQL", server.url))
            for line in lines_of_vectors(name, where)
        ]
    print(*told, sep="\n")
    wrong += [line for line in told if line.startswith("wrong")]
    statements = texts_of_statements(_PAGES)
    print(
        f"{len(statements)} statements, {len(statements) - len(excuses_of(_PAGES))} covered; "
        f"{len(leaves)} sentences, {len({change.rule for change in changes})} with evidence; "
        f"{len(changes)} changes, {len(lives)} alive; {len(tests)} tests "
        f"{'passed' if passed else 'FAILED'}; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or lives or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
