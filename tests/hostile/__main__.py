"""Run trials by number: those of a crash again, or many, whose figures `--write` puts into docs/hostile.md.

python -m tests.hostile calls --seed 17 --trials 1
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from math import inf
from pathlib import Path

from tests.hostile.kinds import KINDS
from tests.hostile.trials import run
from tests.survival.figures import Figure, record, said

__all__ = ["main"]

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "hostile.md"


def main(words: list[str]) -> int:
    """Run them, print what is wrong, and give 1 where something is."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first trial")
    parser.add_argument("--trials", type=int, default=None, help="how many; the number of make deep unless given")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no trial after so many minutes")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/hostile.md")
    asked = parser.parse_args(words)
    kind = KINDS[asked.kind]
    trials = kind.many if asked.trials is None else asked.trials
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            asked.kind, kind.trial, range(asked.seed, asked.seed + trials), Path(folder), began + 60 * asked.minutes
        )
    seconds = time.monotonic() - began
    print(*done.wrong, sep="\n")  # noqa: T201  # this is what it is for
    ends = ", ".join(f"{end} {number:,}" for end, number in sorted(done.ends.items()))
    figure = Figure(
        experiment=f"{kind.what} (`{asked.kind}`)",
        number=done.tries,
        violations=len(done.wrong),
        remarks=f"{ends}; {seconds:.0f} s; commit {commit.strip()}",
        command=f"python -m tests.hostile {shlex.join(each for each in words if each != '--write')}",
    )
    print(said(figure))  # noqa: T201  # as above
    if asked.write:
        record(figure, DOCUMENT)
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
