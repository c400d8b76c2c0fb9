"""Changes that break a rule, each with the test that fails with it: `python -m tools.spec_changes [ID …]`.

Applies changes of tests/spec/changes.toml in copies of the repository and runs the test of each there, and writes what
came out to tests/spec/kills.toml. `--moved` tries those alone of which something has changed since (`make check`),
and writes nothing unless `--write` is given; `--show ID` shows one test fail. Ends with 1, and says for which, where a
change lives.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tools.evidence import EMPTY, MOST_RULES, Test, tests_in
from tools.rules import leaves_of

__all__ = ["CHANGES", "ROOT", "Change", "changes_in", "main", "misfits"]

ROOT = Path(__file__).resolve().parent.parent
CHANGES = "tests/spec/changes.toml"
#: Seconds of the processor for the tests of one change; a loop without an end is found by them too.
LIMIT = 120.0


class Change(NamedTuple):
    """One change: the sentence that it breaks, where, what, what it means, and the test that is evidence."""

    id: str
    rule: str
    file: str
    old: str
    new: str
    means: str
    test: str


def changes_in(root: Path = ROOT) -> list[Change]:
    """The changes, in their order."""
    return [Change(**each) for each in _file(root).get("change", ())]


def misfits(changes: Collection[Change], rules: Collection[str], root: Path = ROOT) -> Iterator[str]:
    """What is wrong without running anything.

    A change that applies no more, an unknown rule, a test that is gone, proves nothing or does not name the rule; and
    a rule of `rules` without a change.
    """
    seen = set[str]()
    for change in changes:
        if change.id in seen:
            yield f"{change.id}: two changes have this id"
        seen.add(change.id)
        times = _text(root / change.file).count(change.old)
        if times != 1:
            yield f"{change.id}: what it changes stands {times} times in {change.file}"
        if change.old == change.new:
            yield f"{change.id}: changes nothing"
        if change.rule not in rules:
            yield f"{change.id}: docs/spec has no sentence {change.rule}"
        yield from _of_test(change, root)
    broken = {change.rule for change in changes}
    yield from (f"{CHANGES}: no change breaks {rule}" for rule in rules if rule not in broken)


def _of_test(change: Change, root: Path) -> Iterator[str]:
    path, _, names = change.test.partition("::")
    test = _tests(_text(root / path) if names else "").get(tuple(names.split("::")))
    if test is None:
        yield f"{change.id}: there is no test {change.test}"
    elif change.rule not in test.rules:
        yield f"{change.id}: {change.test} does not name {change.rule}"
    elif test.fault is not None and test.fault != EMPTY:
        yield f"{change.id}: {change.test} {test.fault}"
    elif not test.is_proof:
        yield f"{change.id}: {change.test} names more than {MOST_RULES} rules, and is evidence for none"


@cache
def _tests(text: str) -> dict[tuple[str, ...], Test]:
    return {test.place: test for test in tests_in(text, set())}


def _file(root: Path) -> dict[str, Any]:
    return tomllib.loads(_text(root / CHANGES))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main(arguments: list[str] | None = None) -> int:
    """Say which changes live; 1 where one does."""
    from tools.kills import Kill, digest_of, kills_in, moved, survivors, write_kills

    parser = argparse.ArgumentParser(prog="python -m tools.spec_changes", description=(__doc__ or "").partition(":")[0])
    parser.add_argument(
        "ids", nargs="*", help="the changes, or the rules whose changes to try; all where none is named"
    )
    parser.add_argument(
        "--moved", action="store_true", help="those alone of which something has changed; write nothing"
    )
    parser.add_argument("--write", action="store_true", help="with --moved: write down what came out")
    parser.add_argument("--show", action="store_true", help="show the test of each fail; write nothing")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many to try at a time")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    changes = changes_in()
    texts = {leaf.id: leaf.text for leaf in leaves_of(ROOT / "docs" / "spec")}
    if asked.show:
        return _show([each for each in changes if _is_wanted(each, asked.ids)])
    wanted = moved(changes, texts) if asked.moved else [each for each in changes if _is_wanted(each, asked.ids)]
    found = survivors(wanted, workers=asked.workers)
    lives = {id: how for id, how in found.items() if how.startswith("lives")}
    for change in wanted:
        if change.id in lives:
            print(f"{change.id} ({change.rule}, {change.means}): {lives[change.id]}: {change.test}")
    if asked.write or not asked.moved:
        known = {change.id for change in changes}
        kept = {id: kill for id, kill in kills_in().items() if id in known and id not in found}
        new = {
            each.id: Kill(found[each.id], digest_of(each, texts.get(each.rule, "")))
            for each in wanted
            if each.id not in lives
        }
        write_kills({**kept, **new})
    seconds = time.monotonic() - began
    print(
        f"{len(wanted) - len(lives)} of {len(wanted)} changes are killed by their evidence, "
        f"{len(changes) - len(wanted)} as before, in {seconds:.0f} s"
    )
    return 1 if lives else 0


def _show(changes: Iterable[Change]) -> int:
    """Apply each change in a copy and run its test there, for somebody to look at; 1 where one passes."""
    from tools.kills import copied

    lives = 0
    for change in changes:
        print(f"{change.id}: {change.means}\n{change.file}\n- {change.old.strip()}\n+ {change.new.strip()}", flush=True)
        with copied() as copy:
            path = copy / change.file
            path.write_text(_text(path).replace(change.old, change.new), encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "--tb=short", change.test]
            env = {**os.environ, "PYTHONPATH": str(copy / "src")}
            try:
                code = subprocess.run(command, cwd=copy, env=env, timeout=LIMIT, check=False).returncode
            except subprocess.TimeoutExpired:
                print(f"no end within {LIMIT:.0f} s: that is how this change is seen", flush=True)
                continue
        lives += code in (0, 5)
    return 1 if lives else 0


def _is_wanted(change: Change, ids: Iterable[str]) -> bool:
    names = list(ids)
    return not names or any(
        re.fullmatch(rf"{re.escape(id)}(\.[0-9]+)?", name) for name in (change.id, change.rule) for id in names
    )


if __name__ == "__main__":
    sys.exit(main())
