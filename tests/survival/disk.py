"""Disks that are full, files that may not be written, statements that are cut short, pages that are damaged.

    python -m tests.survival.disk --write

Each trial is a switch on a SQLite file under one such trouble, in a place of its own: it must end with a typed error
(or with nothing at all, where the trouble did not matter), the laws must hold, and once the trouble is over, another
process must bring the switch to the end that an undisturbed one comes to.
"""

import argparse
import os
import resource
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, count
from mmap import mmap
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from crmcore.adapters.sql import open_store
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.errors import StoreError
from crmcore.domain.protocol.results import SwitchReport
from crmcore.testing import ADMIN, TestCrm
from tests.survival.auditor import auditor_of
from tests.survival.figures import Figure, record, said
from tests.survival.kills import Worker
from tests.survival.places import SqlitePlace, Trial
from tests.survival.scenario import KEY, Options, came_to, switched

__all__ = [
    "Told",
    "cut_statements",
    "damaged_pages",
    "disk_sizes",
    "file_limits",
    "main",
    "page_limits",
    "read_only",
]

#: How often each typed error was met; "nothing" where the switch did not notice.
Told = Counter[str]

OPTIONS = Options(keep=False, match=True)
LEADS, CHUNK = 4, 3

_SWITCHED = 0
_TYPED = 10


def page_limits(folder: Path, told: Told, *, leads: int, page_size: int = 512) -> Iterator[list[str]]:
    """Every number of pages that the file may have, from that of the backlog up to that of the finished switch."""
    place = SqlitePlace(folder, page_size=page_size)
    trial = _trial(place, leads)
    first = _pragma(trial, "page_count")
    _switch(trial)
    last = _pragma(trial, "page_count")
    for limit in range(first, last):
        trial = _trial(place, leads)
        with _on_connect(_saying(f"PRAGMA max_page_count = {limit}")):
            error = _tried(trial, told)
        found = [] if error == "StoreFull" else [f"the caller was told {error}"]
        yield [f"{limit} pages: {violation}" for violation in found + _goes_on(trial)]


def file_limits(folder: Path, told: Told, *, step: int = 4096) -> Iterator[list[str]]:
    """Sizes that no file may outgrow, so that also the log cannot be written: a process of its own for each."""
    place = SqlitePlace(folder)
    for limit in count(step, step):
        trial = _trial(place)
        code, found = _apart(trial, folder / "errors.txt", told, limit)
        yield [f"{limit} bytes: {violation}" for violation in found + _goes_on(trial)]
        if code == _SWITCHED:
            return


def disk_sizes(folder: Path, told: Told, *, step: int = 4) -> Iterator[list[str]]:
    """Disks in memory that are really full, of every so many KiB up to where the switch fits; only root makes them."""
    disk = folder / "disk"
    disk.mkdir()
    place = SqlitePlace(folder, at=disk)
    smallest = -(-_path(_trial(place)).stat().st_size // 1024)
    for size in count(smallest, step):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", disk], check=True)
        try:
            trial = _trial(place)
            before = told["StoreFull"]
            code, found = _apart(trial, folder / "errors.txt", told)
            if code == _TYPED and told["StoreFull"] == before:
                found.append("the caller was not told that the disk is full")
            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
            yield [f"{size} KiB: {violation}" for violation in found + _goes_on(trial)]
        finally:
            subprocess.run(["umount", disk], check=True)
        if code == _SWITCHED:
            return


def _apart(trial: Trial, errors: Path, told: Told, limit: int | None = None) -> tuple[int, list[str]]:
    """Switch in a process of its own, which may not write larger files; its exit code, and what is wrong with it."""

    def act(_: mmap) -> int:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        _switch(trial)
        return _SWITCHED

    errors.unlink(missing_ok=True)
    code = Worker(act, errors).end()
    name = errors.read_text(encoding="utf-8").partition(":")[0] if errors.exists() else "nothing"
    told[name] += 1
    return code, [] if code in (_SWITCHED, _TYPED) else [f"the process ended with {code}: {name}"]


def cut_statements(folder: Path, told: Told, *, every: int, steps: int = 25) -> Iterator[list[str]]:
    """A statement is cut short after so many steps of SQLite's machine: everywhere, or at each place in `every`."""
    place = SqlitePlace(folder)
    for limit in count(1, every):
        trial, knife = _trial(place), _Knife(limit, steps)
        with _on_connect(knife.watch):
            error = _tried(trial, told)
        if knife.left > 0:  # the switch came to its end before that
            told[error] -= 1
            return
        yield [f"{limit * steps} steps: {violation}" for violation in _goes_on(trial)]


def read_only(folder: Path, told: Told) -> list[str]:
    """A connection that may read only."""
    trial = _trial(SqlitePlace(folder))
    with _on_connect(_saying("PRAGMA query_only = ON")):
        error = _tried(trial, told)
    return ([] if error == "StoreReadOnly" else [f"the caller was told {error}"]) + _goes_on(trial)


def damaged_pages(folder: Path, told: Told, *, every: int = 1) -> Iterator[list[str]]:
    """Pages overwritten one at a time: a typed error, or no difference. Nobody can go on with such a file."""
    place = SqlitePlace(folder)
    size = _pragma(_trial(place), "page_size")
    for page in range(0, _pragma(_trial(place), "page_count"), every):
        trial = _trial(place)
        path = _path(trial)
        whole = bytearray(path.read_bytes())
        whole[page * size : (page + 1) * size] = bytes([0xA5]) * size
        path.write_bytes(whole)
        found = []
        try:
            _switch(trial)
            with open_store(trial.url, trial.portal) as store:
                if came_to(image_of(store), trial.options) != switched(trial.leads, trial.options):
                    found.append("not what an undisturbed switch comes to, and nobody said so")
            told["nothing"] += 1
        except StoreError as error:
            told[type(error).__name__] += 1
        except Exception as error:
            found.append(f"the caller was told {error!r}")
        yield [f"page {page + 1}: {violation}" for violation in found]


class _Knife:
    """Cuts the statement short that is at work after so many looks, one look every so many steps."""

    def __init__(self, left: int, steps: int) -> None:
        self.left = left
        self._steps = steps

    def watch(self, connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(self._look, self._steps)

    def _look(self) -> int:
        self.left -= 1
        return int(self.left == 0)


def _saying(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(statement)


def _trial(place: SqlitePlace, leads: int = LEADS) -> Trial:
    return place.trial(0, leads, CHUNK, OPTIONS)


def _path(trial: Trial) -> Path:
    return Path(trial.url.removeprefix("sqlite:///"))


def _pragma(trial: Trial, name: str) -> int:
    with closing(sqlite3.connect(_path(trial))) as connection:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def _on_connect(act: Callable[[sqlite3.Connection], object]) -> Iterator[None]:
    """Do something to every connection that any engine makes meanwhile."""

    def connected(connection: Any, _: Any) -> None:
        act(connection)

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)


def _switch(trial: Trial) -> None:
    with open_store(trial.url, trial.portal) as store:
        crm = TestCrm(store).crm
        again = crm.switch_to_simple(ADMIN, key=KEY, policy=trial.options.policy, chunk=trial.chunk)
    assert isinstance(again, SwitchReport)
    assert again.result == "switched"


def _tried(trial: Trial, told: Told) -> str:
    try:
        _switch(trial)
        name = "nothing"
    except StoreError as error:
        name = type(error).__name__
    told[name] += 1
    return name


def _goes_on(trial: Trial) -> list[str]:
    found = _audited(trial)
    _switch(trial)
    with open_store(trial.url, trial.portal) as store:
        found += [str(violation) for violation in audit_store(store)]
        if came_to(image_of(store), trial.options) != switched(trial.leads, trial.options):
            found.append("not what an undisturbed switch comes to")
    return found + _audited(trial)


def _audited(trial: Trial) -> list[str]:
    with auditor_of(trial.url) as auditor:
        return [str(finding) for finding in auditor.findings(trial.portal)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of them, and say what they came to."""
    parser = argparse.ArgumentParser(description="Switch a CRM on a file that is in trouble.")
    parser.add_argument("--only", default="", help="those with this word in their name")
    parser.add_argument("--write", action="store_true", help="write the figures to docs/survival.md")
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    experiments: dict[str, Callable[[Path, Told], Iterator[list[str]]]] = {
        "disk full, every limit of pages, SQLite": lambda folder, told: chain(
            page_limits(folder, told, leads=60), page_limits(folder / "large", told, leads=60, page_size=4096)
        ),
        "files that may not grow, every 1,024 bytes, SQLite": lambda folder, told: file_limits(folder, told, step=1024),
        "disks that are full, every 4 KiB, SQLite": disk_sizes,
        "statements cut short, every 25 steps, SQLite": lambda folder, told: cut_statements(folder, told, every=1),
        "pages damaged, each, SQLite": damaged_pages,
    }
    if os.geteuid() != 0:
        del experiments["disks that are full, every 4 KiB, SQLite"]  # it mounts them
    wrong = 0
    for name, experiment in experiments.items():
        if asked.only not in name:
            continue
        began, told = time.monotonic(), Told()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "large").mkdir()
            trials = list(experiment(Path(folder), told))
        violations = [violation for trial in trials for violation in trial]
        named = ", ".join(f"{error} {number:,}" for error, number in sorted((+told).items()))
        remarks = f"the caller was told: {named}; {time.monotonic() - began:.0f} s"
        command = shlex.join(["python", "-m", "tests.survival.disk", *(each for each in given if each != "--write")])
        figure = Figure(name, len(trials), len(violations), remarks, command, every=True)
        sys.stdout.write(said(figure) + "\n")
        for violation in violations[:20]:
            sys.stdout.write(f"  {violation}\n")
        if asked.write:
            record(figure)
        wrong += len(violations)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
