"""`python -m tools.spec_edits [WORD …]`: edit rules, marks, tests and tables in a copy, and see each place named.

The edits are drawn from what is there: statements, decisions, changes and their tests. Ends with 1 where an edit is not
said, and prints how many were tried.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.generated import ROOT, problems
from tools.kills import copied
from tools.rules import decisions_of, statements_of
from tools.spec_changes import CHANGES, Change, changes_in

__all__ = ["Edit", "edits_of", "main", "said_of"]

SPEC = "docs/spec/"
TABLES = "tests/spec/edits.toml"
#: How many of the changes have their test deleted, emptied and skipped: every so many of them.
_EVERY = 24


#: The parts of `make check` that have names here.
_CHECKS = {
    "docs": ["tools.docs_sync", "--check"],
    "vectors": ["tools.vectors", "--check"],
    "kills": ["tools.spec_changes", "--moved"],
}


class Edit(NamedTuple):
    """One edit of a file, and what the check has to say of it; `check` is the part of `make check` that says it.

    That is `problems` (read from the sources), `docs` and `vectors` (`make docs`), `kills`, or the path of a test.
    """

    name: str
    file: str
    old: str
    new: str
    said: str
    check: str = "problems"


def edits_of(root: Path = ROOT) -> Iterator[Edit]:
    """All edits, each of which stands for itself."""
    yield from _of_statements(root)
    yield from _of_decisions(root)
    yield from _of_rules(root)
    changes = changes_in(root)
    for change in changes[::_EVERY]:
        yield from _of_test(change, root)
    yield from _of_changes(changes, root)
    yield from _of_tables(root)


def _of_statements(root: Path) -> Iterator[Edit]:
    source = (root / SPEC / "source.toml").read_text(encoding="utf-8")
    overview = (root / SPEC / "README.md").read_text(encoding="utf-8")
    for statement in statements_of(root / SPEC):
        found = re.search(rf'^{statement} = "([0-9a-f]{{16}})"', source, re.MULTILINE)
        if found is not None:
            old = found[0]
            new = old.replace(found[1], f"{'0' if found[1][0] != '0' else '1'}{found[1][1:]}")
            said = f"README.md: {statement} has other words than its digest"
            yield Edit(f"the digest of {statement}", f"{SPEC}source.toml", old, new, said)
    for statement in ("S2", "S11", "S16", "S20", "S23"):
        row = re.search(rf"^\| {statement} \|.*\n", overview, re.MULTILINE)
        if row is not None:
            yield Edit(f"the row of {statement}", f"{SPEC}README.md", row[0], "", statement)
    line = 'digest = "8bf5d5efa027dc85"'
    yield Edit("the digest of a line", f"{SPEC}source.toml", line, line.replace("8", "9"), "the lines are others")
    yield Edit("an excuse", f"{SPEC}source.toml", 'S9 = "Advice', 'S19 = "Advice', "S9 is neither cited")


def _of_decisions(root: Path) -> Iterator[Edit]:
    text = (root / SPEC / "decisions.md").read_text(encoding="utf-8")
    for decision in decisions_of(root / SPEC)[::20]:
        row = re.search(rf"^- \*\*{decision.id}\*\* .*?(?=^- \*\*|\Z)", text, re.MULTILINE | re.DOTALL)
        if row is not None:
            yield Edit(f"decision {decision.id}", f"{SPEC}decisions.md", row[0], "", f"{decision.id} does not exist")


def _of_rules(root: Path) -> Iterator[Edit]:
    for rule, page in (("SWITCH-2", "switch"), ("POLICY-4", "policy"), ("CONV-8", "conversion"), ("PLAN-1", "rights")):
        text = (root / SPEC / f"{page}.md").read_text(encoding="utf-8")
        head = re.search(rf"^- \*\*{rule}\*\* \[", text, re.MULTILINE)
        if head is not None:
            yield Edit(f"a source of {rule}", f"{SPEC}{page}.md", head[0], f"{head[0]}S99, ", f"{rule} cites S99")
            yield Edit(
                f"a decision of {rule}", f"{SPEC}{page}.md", head[0], f"{head[0]}D-999, ", "D-999 does not exist"
            )
            new = head[0].replace(rule, f"{rule}0")
            yield Edit(f"the id of {rule}", f"{SPEC}{page}.md", head[0], new, f"docs/spec has no rule {rule}")
    switch = (root / SPEC / "switch.md").read_text(encoding="utf-8")
    for sub in ("SWITCH-1.1", "SWITCH-9.4", "SWITCH-10.3"):
        row = re.search(rf"^  - \*\*{re.escape(sub)}\*\* .*\n", switch, re.MULTILINE)
        if row is not None:
            yield Edit(f"the row of {sub}", f"{SPEC}switch.md", row[0], "", f"{sub} is missing before")
            retired = row[0].replace(f"**{sub}**", f"**{sub}** [retired]")
            yield Edit(f"{sub} retired", f"{SPEC}switch.md", row[0], retired, f"docs/spec has no rule {sub}")


def _of_test(change: Change, root: Path) -> Iterator[Edit]:
    """Its test deleted, emptied, skipped, expected to fail, and without the mark of its rule."""
    file, _, names = change.test.partition("::")
    text = (root / file).read_text(encoding="utf-8")
    name = names.split("::")[-1]
    head = re.search(rf"^( *)(?:async )?def {name}\(", text, re.MULTILINE)
    body = _body(text, names.split("::"))
    if head is None or body is None:
        return
    label = f"the test of {change.id}"
    yield Edit(f"{label}, deleted", file, f"def {name}(", f"def no_{name}(", f"{change.id}: there is no test")
    skip = f"{head[1]}@pytest.mark.skip\n{head[0]}"
    yield Edit(f"{label}, skipped", file, head[0], skip, f"{name}: is skipped always")
    xfail = f"{head[1]}@pytest.mark.xfail\n{head[0]}"
    yield Edit(f"{label}, expected to fail", file, head[0], xfail, f"{name}: is expected to fail")
    yield Edit(f"{label}, emptied", file, body, f"{head[1]}    ...", f"{name}: checks nothing")


def _body(text: str, names: Sequence[str]) -> str | None:
    inside: Sequence[ast.stmt] = ast.parse(text).body
    for name in names:
        found = next((node for node in inside if getattr(node, "name", None) == name), None)
        inside = getattr(found, "body", [])
    if not inside:
        return None
    return "\n".join(text.splitlines()[inside[0].lineno - 1 : inside[-1].end_lineno])


def _of_changes(changes: Sequence[Change], root: Path) -> Iterator[Edit]:
    text = (root / CHANGES).read_text(encoding="utf-8")
    for change in changes[5 :: len(changes) // 5]:
        said = f"{change.id}: what it changes stands 0 times in {change.file}"
        yield Edit(f"the code of {change.id}", change.file, change.old, change.new, said)
        row = re.search(rf'\[\[change\]\]\nid = "{change.id}"\n.*?(?=\[\[change\]\]|\Z)', text, re.DOTALL)
        if row is not None and sum(each.rule == change.rule for each in changes) == 1:
            yield Edit(f"{change.id} deleted", CHANGES, row[0], "", f"no change breaks {change.rule}")
        mark = f'rule = "{change.rule}"\nfile = "{change.file}"'
        other = mark.replace(change.rule, f"{change.rule}9")
        if text.count(mark) == 1:
            yield Edit(f"{change.id} of no rule", CHANGES, mark, other, f"{change.id}: docs/spec has no sentence")


def _of_tables(root: Path) -> Iterator[Edit]:
    """One cell of each table, where it is written and where the code has it; labels; a mark of an unknown id."""
    for row in tomllib.loads((root / TABLES).read_text(encoding="utf-8"))["edit"]:
        yield Edit(**row)


def said_of(edit: Edit, copy: Path) -> str:
    """What the check says with an edit, which is taken back afterwards."""
    path = copy / edit.file
    before = path.read_text(encoding="utf-8")
    if edit.old not in before:
        return "the edit applies no more"
    path.write_text(before.replace(edit.old, edit.new, 1), encoding="utf-8")
    try:
        return "\n".join(problems(copy)) if edit.check == "problems" else _output(edit, copy)
    finally:
        path.write_text(before, encoding="utf-8")


def _output(edit: Edit, copy: Path) -> str:
    check = _CHECKS.get(edit.check, ["pytest", "-q", "-n0", "-x", edit.check])
    env = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *check], cwd=copy, env=env, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main(words: Sequence[str] = ()) -> int:
    """Try all edits, or those that have one of the words in their name; 1 where one is not said, or red before."""
    red = problems(ROOT)
    for line in red:
        print(f"red before any edit: {line}")
    unsaid = 0
    with copied() as copy:
        edits = [edit for edit in edits_of(copy) if not words or any(word in edit.name for word in words)]
        for edit in edits:
            told = said_of(edit, copy)
            if edit.said not in told:
                unsaid += 1
                print(f"not said: {edit.name} ({edit.file}): expected {edit.said!r}, got {told[-300:]!r}")
    print(f"{len(edits) - unsaid} of {len(edits)} edits turn the check red with a line that names the place")
    return 1 if unsaid or red else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
