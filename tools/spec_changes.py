"""Changes that break a rule, each with the test that fails with it: `python -m tools.spec_changes [ID …]`.

Applies every change of tests/spec/changes.toml in a copy of the repository and runs its test there, before and after.
Ends with 1, and says for which, where a change applies no more, its test is gone, or nothing fails.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Change", "changes_in", "misfits", "survivors"]

ROOT = Path(__file__).resolve().parent.parent
CHANGES = "tests/spec/changes.toml"
#: Seconds for one test; a change that makes a loop without an end is found by them too.
LIMIT = 300
_LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "mutants", "__pycache__")


class Change(NamedTuple):
    """One change: the rule that it breaks, where, what, what it means, and the test that is evidence."""

    id: str
    rule: str
    file: str
    old: str
    new: str
    means: str
    test: str


def changes_in(root: Path = ROOT) -> list[Change]:
    """The changes, in their order."""
    return [Change(**each) for each in tomllib.loads((root / CHANGES).read_text(encoding="utf-8"))["change"]]


def misfits(changes: Iterable[Change], rules: Iterable[str], root: Path = ROOT) -> Iterator[str]:
    """What is wrong without running anything: a change that applies no more, an unknown rule, a test that is gone."""
    known, seen = set(rules), set[str]()
    for change in changes:
        if change.id in seen:
            yield f"{change.id}: two changes have this id"
        seen.add(change.id)
        path, _, names = change.test.partition("::")
        times = (root / change.file).read_text(encoding="utf-8").count(change.old)
        if times != 1:
            yield f"{change.id}: what it changes stands {times} times in {change.file}"
        if change.rule not in known:
            yield f"{change.id}: docs/spec has no rule {change.rule}"
        test = re.search(rf"def {re.escape(names.split('::')[-1])}\(", _text(root / path))
        if not names or test is None:
            yield f"{change.id}: there is no test {change.test}"


def survivors(changes: Iterable[Change], root: Path = ROOT) -> Iterator[tuple[Change, str]]:
    """The changes that their test does not see, each with how that showed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        shutil.copytree(root, copy, ignore=_LEFT_OUT)
        for change in changes:
            path = copy / change.file
            before = path.read_text(encoding="utf-8")
            if _run(copy, change.test) != 0:
                yield change, "its test fails without it"
                continue
            path.write_text(before.replace(change.old, change.new), encoding="utf-8")
            if _run(copy, change.test) == 0:
                yield change, "its test passes with it"
            path.write_text(before, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Say which changes survive; 1 where one does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("ids", nargs="*", help="the changes to try; all of them where none is named")
    wanted = set(parser.parse_args(arguments).ids)
    changes = [change for change in changes_in() if not wanted or change.id in wanted]
    found = 0
    for change, how in survivors(changes):
        found += 1
        print(f"{change.id} ({change.rule}, {change.means}): {how}: {change.test}")
    print(f"{len(changes) - found} of {len(changes)} changes are killed by their evidence")
    return 1 if found else 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _run(copy: Path, test: str) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "--tb=no", "-p", "no:cacheprovider", test]
    env = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
