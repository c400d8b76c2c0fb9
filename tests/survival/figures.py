"""The figures of docs/survival.md: one row for each experiment, rewritten by the runner that made it."""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version
from typing import NamedTuple

__all__ = ["DOCUMENT", "Figure", "machine", "record", "said"]

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "survival.md"

_HEAD = "| experiment | N | violations | bound | remarks | date, machine | command |"


class Figure(NamedTuple):
    """What one run of one experiment came to."""

    experiment: str
    number: int
    violations: int
    remarks: str
    command: str
    #: Whether these are all there are, and not some drawn from many.
    every: bool = False

    @property
    def bound(self) -> str:
        """With no violation in N tries, the chance of one is below 3/N (at 95 %)."""
        if self.every:
            return "all of them"
        return "none" if self.violations or not self.number else f"3/N = {3 / self.number:.2%}"


def machine() -> str:
    """The processor, how many cores there are, and Python."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].split() for line in lines if line.startswith("model name")]
    return f"{' '.join(names[0][:2]) if names else 'unknown'}, {os.cpu_count()} cores, CPython {python_version()}"


def said(figure: Figure) -> str:
    """One line for people."""
    return (
        f"{figure.experiment}: N = {figure.number:,}, violations {figure.violations}, {figure.bound}; {figure.remarks}"
    )


def record(figure: Figure, path: Path | None = None) -> None:
    """Put the row of an experiment into a document, in place of the one before; that is docs/survival.md otherwise."""
    cells = (
        figure.experiment,
        f"{figure.number:,}",
        str(figure.violations),
        figure.bound,
        figure.remarks,
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}",
        f"`{figure.command}`",
    )
    row = f"| {' | '.join(cells)} |"
    with (path or DOCUMENT).open("r+", encoding="utf-8") as document:
        fcntl.flock(document, fcntl.LOCK_EX)  # two experiments may end at once
        lines = document.read().splitlines()
        first = lines.index(_HEAD) + 2
        end = next((at for at in range(first, len(lines)) if not lines[at].startswith("|")), len(lines))
        known = {line.split(" | ")[0].removeprefix("| "): line for line in lines[first:end]}
        known[figure.experiment] = row
        lines[first:end] = [known[name] for name in sorted(known)]
        document.seek(0)
        document.truncate()
        document.write("\n".join(lines) + "\n")
