"""What a run of histories came to, and its row in docs/races.md."""

import fcntl
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from attrs import Factory, define

from tests.survival.figures import machine
from tests.survival.races.history import History
from tests.survival.races.oracle import Anomaly

__all__ = ["DOCUMENT", "Tally", "record"]

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "races.md"

_SHIPPED = "as it is"
_HEAD = "| database | store | histories | rejected | bound | calls | at once | busy | seen | date, machine | command |"


@define
class Tally:
    """Counts histories, and what the oracle said of them."""

    histories: int = 0
    rejected: int = 0
    calls: int = 0
    at_once: int = 0
    busy: int = 0
    names: Counter[str] = Factory(Counter)

    def add(self, history: History, anomalies: Iterable[Anomaly]) -> None:
        """Count one history."""
        names = {anomaly.name for anomaly in anomalies}
        self.histories += 1
        self.rejected += bool(names)
        self.names.update(names)
        self.calls += len(history.operations)
        self.at_once += _at_once(history)
        self.busy += sum(each.answer == ("error", "StoreBusy") for each in history.operations)

    @property
    def bound(self) -> str:
        """With no violation in N histories, the chance of one is below 3/N (at 95 %)."""
        return "none" if self.rejected or not self.histories else f"3/N = {3 / self.histories:.2%}"

    def __str__(self) -> str:
        seen = ", ".join(f"{name} {number}" for name, number in self.names.most_common())
        return (
            f"{self.histories:,} histories, {self.rejected:,} rejected, bound {self.bound}; {self.calls:,} calls,"
            f" {self.at_once / max(self.calls, 1):.0%} at once with another one, {self.busy} said busy; {seen}"
        )


def _at_once(history: History) -> int:
    """How many calls ran while a call of another process ran."""
    ends: dict[int, list[tuple[int, int]]] = {}
    for each in history.operations:
        ends.setdefault(each.process, []).append((each.invoked, each.responded))
    return sum(
        any(
            begin < each.responded and each.invoked < end
            for process, calls in ends.items()
            if process != each.process
            for begin, end in calls
        )
        for each in history.operations
    )


def record(database: str, weakness: str | None, tally: Tally, command: str) -> None:
    """Put the row of this run into the document, in place of an earlier one of the same database and store."""
    cells = (
        database,
        weakness or _SHIPPED,
        f"{tally.histories:,}",
        f"{tally.rejected:,}",
        tally.bound,
        f"{tally.calls:,}",
        f"{tally.at_once / max(tally.calls, 1):.0%}",
        f"{tally.busy:,}",
        ", ".join(f"`{name}` {number:,}" for name, number in tally.names.most_common(4)) or "nothing",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}",
        f"`{command}`",
    )
    with DOCUMENT.open("r+", encoding="utf-8") as document:
        fcntl.flock(document, fcntl.LOCK_EX)  # two runs may end at once
        lines = document.read().splitlines()
        first = lines.index(_HEAD) + 2
        end = next((at for at in range(first, len(lines)) if not lines[at].startswith("|")), len(lines))
        rows = {tuple(line.strip("| ").split(" | ")[:2]): line for line in lines[first:end]}
        rows[cells[:2]] = f"| {' | '.join(cells)} |"
        lines[first:end] = [rows[key] for key in sorted(rows, key=lambda key: (key[0], key[1] != _SHIPPED, key[1]))]
        document.seek(0)
        document.truncate()
        document.write("\n".join(lines) + "\n")
