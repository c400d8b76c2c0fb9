"""`python -m bench.databases.transfer`: import, preview, audit, export, result; `--write` keeps the figures.

Each command runs as a person would call it, in a process of its own, on a fresh copy of one filled database. Times on
SQLite are those of the processor; on PostgreSQL, whose server works elsewhere, those of the clock.
"""

import argparse
import csv
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from platform import python_implementation, python_version
from time import perf_counter, process_time
from typing import Any, NamedTuple

from bench import library
from bench.databases.child import peak
from bench.databases.pages import commit_of
from bench.databases.places import Place, SqlitePlace, postgres_place
from bench.report import processor
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import open_store

__all__ = ["COMMANDS", "Cost", "Costs", "as_document", "measure"]

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
#: How much dearer a lead may be among many than among few.
STEEPER = 1.2
#: The tables that an import fills.
_FILLED = ("crm_lead", "crm_activity", "crm_binding", "crm_match")


class Cost(NamedTuple):
    """What one command took: microseconds for each lead, and the most memory, in MiB."""

    time: float
    memory: float


#: What every command took, by the number of leads.
Costs = dict[int, dict[str, Cost]]


def measure(place: Place, sizes: list[int], say: Callable[[str], None]) -> Costs:
    """Run every command once on a CRM of each size, and on one that is as good as empty."""
    found = {}
    for leads in (EMPTY, *sizes):
        say(f"{place.name}, W({leads:,})")
        with tempfile.TemporaryDirectory() as folder:
            found[leads] = dict(_of(place, Path(folder), leads))
    return found


def _of(place: Place, folder: Path, leads: int) -> Iterator[tuple[str, Cost]]:
    place.filled(leads)
    with place.copy(leads) as url, place.empty() as new:
        database, imported = url.removeprefix("sqlite:///"), new.removeprefix("sqlite:///")
        with open_store(url) as store:
            store.permissions.grant(library.ACTOR, ADMINISTRATOR)
        sheets = folder / "sheets"
        _run(leads, "export", "--store", database, "--out", str(sheets))
        files = [str(sheets / "leads.csv"), "--activities", str(sheets / "activities.csv")]
        _run(leads, "init", "--mode", "classic", "--store", imported)
        yield "import", _run(leads, "import", *files, "--store", imported)
        yield "csv and executemany", _cost(leads, "floor", new, files[0], files[2])
        yield "preview", _run(leads, "switch", "--preview", *_BOTH, "--store", database)
        yield "switch", _run(leads, "switch", "--yes", *_BOTH, "--key", "k", "--store", database)
        yield "audit", _run(leads, "audit", "--store", database)
        yield "export", _run(leads, "export", "--store", database, "--out", str(folder / "out"))
        yield "result", _run(leads, "result", "--store", database, "--out", str(folder / "result.csv"))


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
    now = perf_counter if any(word.startswith("postgresql:") for word in words) else process_time
    if what == "floor":
        seconds = _floor(now, *words)
    else:
        from crmcore.adapters.cli.app import prepared

        run = prepared(list(words))
        import crmcore.adapters.sql  # noqa: F401  # loading is measured by `bench.starts`

        began = now()
        assert run() == 0, words
        seconds = now() - began
    print(json.dumps([seconds, peak() / 1024]))


def _floor(now: Callable[[], float], url: str, *files: str) -> float:
    """Read the files with `csv`, and insert the rows that an import of them has made with `executemany`."""
    if url.startswith("postgresql:"):
        return _floor_of_postgres(now, url, files)
    filled = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(filled)) as source, closing(sqlite3.connect(f"{filled}.floor")) as target:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            target.execute(f"PRAGMA {pragma}")
        statements = source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'view'").fetchall()
        for (statement,) in statements:
            target.execute(statement)
        rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in _FILLED}
        return _inserted(now, target, "?", rows, files)


def _floor_of_postgres(now: Callable[[], float], url: str, files: Iterable[str]) -> float:
    """The same into the tables of the import, which are empty again."""
    import psycopg

    with psycopg.connect(url) as database:
        rows = {name: database.execute(f"SELECT * FROM {name}".encode()).fetchall() for name in _FILLED}
        database.execute(f"TRUNCATE {', '.join(_FILLED)} CASCADE".encode())
        database.commit()
        return _inserted(now, database, "%s", rows, files)


def _inserted(
    now: Callable[[], float], database: Any, mark: str, rows: dict[str, list[Any]], files: Iterable[str]
) -> float:
    began = now()
    for path in files:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for _ in csv.reader(file, delimiter=";"):
                pass
    cursor = database.cursor()
    for name, each in rows.items():
        marks = ", ".join([mark] * len(each[0]))
        cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", each)
    database.commit()
    return now() - began


def as_document(found: dict[str, Costs], command: str, versions: Iterable[str]) -> str:
    """The text of the document."""
    lines = [
        "# Performance of import, audit and export",
        "",
        f"`{command}` writes this page.",
        "",
        f"{datetime.now(UTC).date().isoformat()} · {processor()} · {python_implementation()} {python_version()} ·"
        f" commit {commit_of(DOCUMENT)}, each command once.",
        "",
        "Microseconds for each lead, without what loading takes:"
        " of the processor on SQLite, by the clock on PostgreSQL, whose server works elsewhere.",
        f"Memory is how much more the process took at most than on a CRM of {EMPTY} leads; the goal is {GROWN} MiB.",
        "Audit, export and result are those of the switched CRM.",
        "The floor of an import reads the same files with `csv` and inserts the same rows with `executemany`.",
        "",
    ]
    for (name, costs), version in zip(found.items(), versions, strict=True):
        sizes = [leads for leads in costs if leads != EMPTY]
        lines += [f"## {name}", "", f"{version}.", ""]
        lines += [
            "| leads | what | µs per lead | by | ratio | goal | met | memory, MiB | met |",
            "|---:|---|---:|---|---:|---:|---|---:|---|",
            *(_row(leads, what, costs[leads], costs[EMPTY]) for leads in sizes for what in COMMANDS),
            "",
        ]
        if len(sizes) > 1:
            lines += [*_growth(costs, sizes[0], sizes[-1]), ""]
    return "\n".join(lines)


def _row(leads: int, name: str, costs: dict[str, Cost], empty: dict[str, Cost]) -> str:
    by, goal = COMMANDS[name]
    cost, ratio = costs[name], "| | | |"
    if by is not None and goal is not None:
        times = cost.time / costs[by].time
        ratio = f"{by} | {times:.2f} | <= {goal:g} | {_met(times <= goal)}"
        ratio = f"| {ratio}"
    grown = cost.memory - empty[name].memory
    memory = "| |" if name == "csv and executemany" else f"| {grown:.1f} | {_met(grown <= GROWN)}"
    return f"| {leads:,} | {name} | {cost.time:.1f} {ratio} {memory} |"


def _growth(costs: Costs, small: int, large: int) -> Iterator[str]:
    yield f"| cost of a lead, {large:,} by {small:,} leads | ratio | goal | met |"
    yield "|---|---:|---:|---|"
    for name in COMMANDS:
        if name != "csv and executemany":
            times = costs[large][name].time / costs[small][name].time
            yield f"| {name} | {times:.2f} | <= {STEEPER:g} | {_met(times <= STEEPER)} |"


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
    with tempfile.TemporaryDirectory() as folder, postgres_place(Path(folder)) as postgres:
        places: list[Place] = [SqlitePlace(Path(folder)), postgres]
        found = {each.name: measure(each, given.sizes, _say) for each in places}
        versions = [each.version() for each in places]
    sizes = "" if given.sizes == [10_000, 100_000] else f" --sizes {' '.join(map(str, given.sizes))}"
    text = as_document(found, f"python -m bench.databases.transfer --write{sizes}", versions)
    if given.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
