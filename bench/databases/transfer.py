"""`python -m bench.databases.transfer`: import, preview, audit, export, result on SQLite; `--write` keeps the figures.

Each command runs as a person would call it, in a process of its own, on a fresh copy of one filled database.
"""

import argparse
import csv
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from platform import python_implementation, python_version
from time import process_time
from typing import NamedTuple

from bench import library
from bench.databases.child import peak
from bench.databases.pages import commit_of
from bench.databases.places import SqlitePlace
from bench.report import processor
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import open_store

__all__ = ["COMMANDS", "Cost", "as_document", "measure"]

#: A CRM that is as good as empty: what a process takes there is what it takes before the first lead.
EMPTY = 10
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance-transfer.md"
#: What is measured, and by what it is held: the command on the same CRM, and how many times as dear it may be.
COMMANDS = {
    "csv and executemany": (None, None),
    "import": ("csv and executemany", 4.0),
    "preview": (None, None),
    "switch": (None, None),
    "audit": ("switch", 1.0),
    "export": ("switch", 1.0),
    "result": (None, None),
}
#: The workload makes a contact and a company of each lead.
_BOTH = ("--client", "both")
#: How much memory may grow with the leads, in MiB.
GROWN = 32
#: The tables that an import fills.
_FILLED = ("crm_lead", "crm_activity", "crm_binding", "crm_match")


class Cost(NamedTuple):
    """What one command took: microseconds of the processor for each lead, and the most memory, in MiB."""

    processor: float
    memory: float


def measure(sizes: list[int], say: Callable[[str], None]) -> dict[int, dict[str, Cost]]:
    """Run every command once on a CRM of each size, and on one that is as good as empty."""
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for leads in (EMPTY, *sizes):
            say(f"W({leads:,})")
            found[leads] = dict(_of(Path(folder), leads))
        return found


def _of(folder: Path, leads: int) -> Iterator[tuple[str, Cost]]:
    place = SqlitePlace(folder)
    place.filled(leads)
    with place.copy(leads) as url, place.empty() as new:
        database, imported = url.removeprefix("sqlite:///"), new.removeprefix("sqlite:///")
        with open_store(url) as store:
            store.permissions.grant(library.ACTOR, ADMINISTRATOR)
        sheets = folder / f"sheets-{leads}"
        _run(leads, "export", "--store", database, "--out", str(sheets))
        files = [str(sheets / "leads.csv"), "--activities", str(sheets / "activities.csv")]
        _run(leads, "init", "--mode", "classic", "--store", imported)
        yield "import", _run(leads, "import", *files, "--store", imported)
        yield "csv and executemany", _cost(leads, "floor", imported, files[0], files[2])
        yield "preview", _run(leads, "switch", "--preview", *_BOTH, "--store", database)
        yield "switch", _run(leads, "switch", "--yes", *_BOTH, "--key", "k", "--store", database)
        yield "audit", _run(leads, "audit", "--store", database)
        yield "export", _run(leads, "export", "--store", database, "--out", str(folder / f"out-{leads}"))
        yield "result", _run(leads, "result", "--store", database, "--out", str(folder / f"result-{leads}.csv"))


def _run(leads: int, *words: str) -> Cost:
    return _cost(leads, "command", *words)


def _cost(leads: int, *words: str) -> Cost:
    """Of a process of its own."""
    command = [sys.executable, "-m", "bench.databases.transfer", "--child", *words]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    seconds, memory = json.loads(ran.stdout.splitlines()[-1])
    return Cost(seconds / leads * 1e6, memory)


def _child(what: str, *words: str) -> None:
    """Carry out one command in this process, and print what it took."""
    if what == "floor":
        seconds = _floor(*words)
    else:
        from crmcore.adapters.cli.app import prepared

        run = prepared(list(words))
        import crmcore.adapters.sql  # noqa: F401  # loading is measured by `bench.starts`

        began = process_time()
        assert run() == 0, words
        seconds = process_time() - began
    print(json.dumps([seconds, peak() / 1024]))


def _floor(filled: str, *files: str) -> float:
    """Read the files with `csv`, and insert the rows that an import of them has made with `executemany`."""
    with closing(sqlite3.connect(filled)) as source, closing(sqlite3.connect(f"{filled}.floor")) as target:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            target.execute(f"PRAGMA {pragma}")
        statements = source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'view'").fetchall()
        for (statement,) in statements:
            target.execute(statement)
        rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in _FILLED}
        began = process_time()
        for path in files:
            with open(path, encoding="utf-8-sig", newline="") as file:
                for _ in csv.reader(file, delimiter=";"):
                    pass
        for name, each in rows.items():
            marks = ", ".join("?" * len(each[0]))
            target.executemany(f"INSERT INTO {name} VALUES ({marks})", each)
        target.commit()
        return process_time() - began


def as_document(found: dict[int, dict[str, Cost]], command: str) -> str:
    """The text of the document."""
    sizes = [leads for leads in found if leads != EMPTY]
    lines = [
        "# Performance of import, audit and export",
        "",
        f"`{command}` writes this page.",
        "",
        f"{datetime.now(UTC).date().isoformat()} · {processor()} · {python_implementation()} {python_version()} ·"
        f" commit {commit_of(DOCUMENT)} · SQLite {sqlite3.sqlite_version}, each command once.",
        "",
        "Microseconds of the processor for each lead, without what loading takes.",
        f"Memory is how much more the process took at most than on a CRM of {EMPTY} leads; the goal is {GROWN} MiB.",
        "Audit, export and result are those of the switched CRM.",
        "The floor of an import reads the same files with `csv` and inserts the same rows with `executemany`.",
        "",
        "| leads | what | µs per lead | by | ratio | goal | met | memory, MiB | met |",
        "|---:|---|---:|---|---:|---:|---|---:|---|",
        *(_row(leads, name, found[leads], found[EMPTY]) for leads in sizes for name in COMMANDS),
        "",
    ]
    return "\n".join(lines)


def _row(leads: int, name: str, costs: dict[str, Cost], empty: dict[str, Cost]) -> str:
    by, goal = COMMANDS[name]
    cost, ratio = costs[name], "| | | |"
    if by is not None and goal is not None:
        times = cost.processor / costs[by].processor
        ratio = f"{by} | {times:.2f} | <= {goal:g} | {_met(times <= goal)}"
        ratio = f"| {ratio}"
    grown = cost.memory - empty[name].memory
    memory = "| |" if name == "csv and executemany" else f"| {grown:.1f} | {_met(grown <= GROWN)}"
    return f"| {leads:,} | {name} | {cost.processor:.1f} {ratio} {memory} |"


def _met(is_met: bool) -> str:
    return "yes" if is_met else "no"


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        _child(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(prog="python -m bench.databases.transfer", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--write", action="store_true", help=f"write docs/{DOCUMENT.name}")
    given = parser.parse_args()
    found = measure(given.sizes, lambda text: print(f"{text} …", file=sys.stderr, flush=True))
    sizes = "" if given.sizes == [10_000, 100_000] else f" --sizes {' '.join(map(str, given.sizes))}"
    text = as_document(found, f"python -m bench.databases.transfer --write{sizes}")
    if given.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
