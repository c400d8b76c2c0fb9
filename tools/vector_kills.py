"""Which vector sees each planted change first: `python -m tools.vector_kills [ID …]`.

Applies the changes of tests/spec/changes.toml, one after another, in a copy of the repository, asks the vectors there
until one fails, and writes down which: those that name the sentence first, then those of its rule, then the others.
What no vector sees is seen by the test of the change alone: a race, or code that the vectors do not run.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from itertools import count
from pathlib import Path

from tools.kills import copied
from tools.spec_changes import ROOT, Change, changes_in

__all__ = ["ELSEWHERE", "IMPORT", "NONE", "RECORD", "TIME", "main", "seen_in", "unrecorded"]

RECORD = "tests/spec/vector_kills.toml"
_TIMES = count(1)
#: No vector fails; the run does not end; the vectors do not load the changed code; it cannot be loaded.
NONE, TIME, ELSEWHERE, IMPORT = "none", "time", "elsewhere", "import"
#: Seconds of the clock for one change, unless told otherwise.
LIMIT = 600
_HEAD = """\
# Written by `python -m tools.vector_kills`: the first vector that fails with each change of changes.toml.
# "none": all vectors pass, and the test of the change sees it; "elsewhere": the vectors do not load the changed code;
# "time": they come to no end; "import": the changed code cannot be loaded.
"""

#: What runs in the copy: a process of its own for each change, since the changed module has to be loaded anew.
_ASK = """
import json, sys
from crmcore.testing.vectors import play_on, vectors
from crmcore.testing.vectors.runner import ask

sentence, rule = sys.argv[1:3]
play = play_on()


def near(vector):
    return sentence not in vector.rules, all(each.partition(".")[0] != rule for each in vector.rules), len(vector.when)


def first():
    return next((each.id for each in sorted(vectors(), key=near) if ask(each, play).result != "passed"), None)


seen = None if sentence == "-" else first()
files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print(json.dumps({"seen": seen, "files": files if sentence == "-" else []}))
"""


def seen_in(root: Path = ROOT) -> dict[str, str]:
    """What is written down for each change."""
    path = root / RECORD
    found: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def unrecorded(root: Path = ROOT) -> list[str]:
    """The changes of which nothing is written down."""
    seen = seen_in(root)
    return [change.id for change in changes_in(root) if change.id not in seen]


def main(arguments: list[str] | None = None) -> int:
    """Write down what sees each change."""
    parser = argparse.ArgumentParser(prog="python -m tools.vector_kills", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("ids", nargs="*", help="the changes to try; all that are not recorded where none is named")
    parser.add_argument("--again", action="store_true", help="try the recorded ones as well")
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds of the clock for one change")
    asked = parser.parse_args(arguments)
    kept = seen_in()
    changes = [
        each for each in changes_in() if (each.id in asked.ids if asked.ids else asked.again or each.id not in kept)
    ]
    with copied() as copy:
        loaded = _loaded(copy)
        for number, change in enumerate(changes, start=1):
            kept[change.id] = _seen(change, copy, asked.limit) if change.file in loaded else ELSEWHERE
            _write(kept)
            print(f"{number} of {len(changes)}: {change.id}: {kept[change.id]}", flush=True)
    return 0


def _loaded(copy: Path) -> set[str]:
    """The files that a run of the vectors loads, and the data that its modules read."""
    files = json.loads(_run(copy, "-", "-", LIMIT))["files"]
    inside = (Path(file).resolve() for file in files)
    return {path.relative_to(copy.resolve()).as_posix() for path in inside if path.is_relative_to(copy.resolve())}


def _seen(change: Change, copy: Path, limit: int) -> str:
    path = copy / change.file
    before = path.read_text(encoding="utf-8")
    _put(path, before.replace(change.old, change.new))
    try:
        seen = json.loads(_run(copy, change.rule, change.rule.partition(".")[0], limit))["seen"]
    except subprocess.TimeoutExpired:
        return TIME
    except subprocess.CalledProcessError:
        return IMPORT
    finally:
        _put(path, before)
    return seen or NONE


def _put(path: Path, text: str) -> None:
    """Each time under another time, or Python would take the compiled file of the text before."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (next(_TIMES),) * 2)


def _run(copy: Path, sentence: str, rule: str, limit: int) -> str:
    env = {**os.environ, "PYTHONPATH": str(copy / "src")}
    command = [sys.executable, "-c", _ASK, sentence, rule]
    done = subprocess.run(command, cwd=copy, env=env, text=True, capture_output=True, timeout=limit, check=True)
    return done.stdout


def _write(seen: dict[str, str]) -> None:
    known = {change.id for change in changes_in()}
    lines = (f'{id} = "{how}"\n' for id, how in sorted(seen.items()) if id in known)
    (ROOT / RECORD).write_text(_HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
