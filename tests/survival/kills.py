"""Kill the process that switches a CRM, at random times, until another one has brought the switch to its end.

    python -m tests.survival.kills --database sqlite --kills 2000 --write
    python -m tests.survival.kills --database postgresql --kills 500 --stops 25 --cuts 100 --write

A warm parent forks the worker, which opens the store and switches; the parent kills it (SIGKILL), or stops the server
at once (`pg_ctl stop -m immediate`), or cuts its connections, and has the laws checked in plain SQL (`auditor`). Then
the next worker goes on. What the CRM comes to in the end is compared with an undisturbed switch in memory.

A kill counts as landed when the worker was at work (the store open, the switch not returned from) and the switch is
begun and unfinished in the database afterwards.

lines: the parent, the worker and their counters, which make one experiment.
"""

import argparse
import logging
import mmap
import os
import random
import shlex
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from attrs import define, field

from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.sql import open_store
from crmcore.application.audit import audit_store
from crmcore.application.crm import Crm
from crmcore.application.images import image_of
from crmcore.domain.model.errors import StoreError
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.results import SwitchReport
from crmcore.testing import ADMIN
from crmcore.testing.wrapped import WrappedStore
from tests.survival.auditor import auditor_of, live_switch
from tests.survival.figures import Figure, record, said
from tests.survival.places import OTHER, Place, PostgresPlace, SqlitePlace, Trial
from tests.survival.scenario import KEY, MATRIX, Options, came_to, switched
from tests.survival.servers import Server, postgres_server

__all__ = ["Killer", "Stops", "Strike", "Tally", "cut", "kill", "main"]

# How far a worker is: the first byte of what it shares with its parent; the second counts the commits that it began.
_OPENING, _AT_WORK, _COMMITTING, _DONE = range(4)
# What a worker's exit code says.
_FINISHED, _TYPED, _CRASHED, _DIFFERENT = 0, 10, 11, 12

#: How long the parent waits for a worker that should come to its end by itself, in seconds.
_PATIENCE = 120.0


@define
class Tally:
    """What became of all workers."""

    landed: int = 0
    committing: int = 0
    missed: int = 0
    trials: int = 0
    audits: int = 0
    seconds: float = 0.0
    ends: Counter[str] = field(factory=Counter)
    violations: list[str] = field(factory=list)

    def remarks(self) -> str:
        """What the table says beside the number."""
        return (
            f"{self.committing:,} inside a commit; {self.trials:,} switches brought to their end;"
            f" {self.audits:,} audits; {self.missed:,} missed the switch; {self.seconds:.0f} s"
            + "".join(f"; {number:,} workers ended with `{name}`" for name, number in sorted(self.ends.items()))
        )


class _Watched(WrappedStore):
    """Says when it is committing."""

    def __init__(self, store: Any, shared: mmap.mmap) -> None:
        super().__init__(store)
        self._shared = shared

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        self._shared[1] = min(self._shared[1] + 1, 255)
        self._shared[0] = _COMMITTING
        try:
            super().commit(changes, confirm)
        finally:
            self._shared[0] = _AT_WORK


class Worker:
    """A forked process, and the memory in which it says how far it is."""

    def __init__(self, act: Callable[[mmap.mmap], int], errors: Path) -> None:
        self.shared = mmap.mmap(-1, 16)
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # A runner of tests may have threads of its own; the worker uses nothing of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _be(act, self.shared, errors)
        self.ended: int | None = None

    @property
    def phase(self) -> int:
        """How far it is; one that has ended is done, whatever it said last."""
        return self.shared[0] if self.poll() is None else _DONE

    @property
    def commits(self) -> int:
        """How many commits it began."""
        return self.shared[1]

    def poll(self) -> int | None:
        """The wait status, once the process has ended."""
        if self.ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.ended = status if pid else None
        return self.ended

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so, or the process has ended."""
        deadline = time.monotonic() + _PATIENCE
        while self.poll() is None and not reached():
            if time.monotonic() > deadline:
                raise TimeoutError("a worker hangs")
            time.sleep(0.0002)

    def reach(self, commits: int) -> None:
        """Wait until it is at work and has begun so many commits, or has ended."""
        self.wait_for(lambda: self.phase >= _AT_WORK and self.commits >= commits)

    def end(self) -> int:
        """Wait for its end; the exit code, or minus the signal."""
        self.wait_for(lambda: False)
        assert self.ended is not None
        return os.waitstatus_to_exitcode(self.ended)

    def kill(self) -> int:
        """End it with SIGKILL; the exit code, or minus the signal."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        return self.end()

    def seconds(self) -> float:
        """How long its work took, said by itself."""
        return float(struct.unpack("d", self.shared[8:16])[0])


def _be(act: Callable[[mmap.mmap], int], shared: mmap.mmap, errors: Path) -> NoReturn:
    """Be the worker, and never return into the parent's code."""
    code = _CRASHED
    try:
        code = act(shared)
    except StoreError as error:
        errors.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        code = _TYPED
    except BaseException:
        errors.write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _switch(trial: Trial, attempt: int) -> Callable[[mmap.mmap], int]:
    """What a worker does: begin the switch or go on with it, each time in another of the ways there are."""
    actor = (ADMIN, OTHER)[attempt % 2]

    def act(shared: mmap.mmap) -> int:
        store = open_store(trial.url, trial.portal)
        crm = Crm(store=_Watched(store, shared), permissions=store.permissions, plan=store.plan, clock=SystemClock())
        started = time.monotonic()
        shared[0] = _AT_WORK
        token = crm.resume_switch(actor) if attempt % 4 > 1 else None
        report: SwitchReport | Refused
        if isinstance(token, SwitchToken):
            report = crm.run_switch(token, chunk=trial.chunk)
        else:
            report = crm.switch_to_simple(actor, key=KEY, policy=trial.options.policy, chunk=trial.chunk)
        shared[0] = _DONE
        shared[8:16] = struct.pack("d", time.monotonic() - started)
        store.close()
        return _FINISHED if not isinstance(report, Refused) and report.result == "switched" else _DIFFERENT

    return act


def _judge(trial: Trial) -> Callable[[mmap.mmap], int]:
    """What is done in the end: the library's own laws, and the comparison with the undisturbed switch."""
    expected = switched(trial.leads, trial.options)

    def act(_: mmap.mmap) -> int:
        with open_store(trial.url, trial.portal) as store:
            broken = list(audit_store(store))
            found = came_to(image_of(store), trial.options)
        assert not broken, broken
        assert found == expected, [
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        ]
        return _FINISHED

    return act


class Killer:
    """Switches one CRM after the other, and disturbs it."""

    def __init__(self, place: Place, *, seed: int, folder: Path, workers: int = 1) -> None:
        self.place = place
        self._workers = workers
        self.random = random.Random(seed)
        self.tally = Tally()
        self._errors = folder / "errors.txt"
        self._whole: dict[tuple[int, int], float] = {}
        self._numbers = count(1)

    def run(self, wanted: int, strike: "Strike") -> Tally:
        """Switch CRMs until so many strikes have landed; each CRM is brought to its end."""
        began = time.monotonic()
        while self.tally.landed < wanted:
            leads, chunk = self.random.choice((40, 50, 60)), self.random.randint(3, 8)
            if (leads, chunk) not in self._whole:
                self._whole[leads, chunk] = self._measured(leads, chunk)
            trial = self._trial(leads, chunk, self.random.choice(MATRIX))
            self._disturb(trial, strike, wanted)
            self._compare(trial)
            self.tally.trials += 1
        self.tally.seconds += time.monotonic() - began
        return self.tally

    def _trial(self, leads: int, chunk: int, options: Options) -> Trial:
        return self.place.trial(next(self._numbers), leads, chunk, options)

    def _measured(self, leads: int, chunk: int) -> float:
        """How long a switch of this size takes when nobody disturbs it."""
        trial = self._trial(leads, chunk, Options())
        worker = Worker(_switch(trial, 0), self._errors)
        code = worker.end()
        if code != _FINISHED:
            raise RuntimeError(f"an undisturbed switch ended with {code}: {self._said()}")
        self._audit(trial)
        self._compare(trial)
        return worker.seconds()

    def _disturb(self, trial: Trial, strike: "Strike", wanted: int) -> None:
        left = ceil(trial.leads / trial.chunk)
        step = self._whole[trial.leads, trial.chunk] / (left + 2)
        for attempt in range(10_000):
            workers = [Worker(_switch(trial, attempt + each), self._errors) for each in range(self._workers)]
            struck = [each for worker in workers for each in self._strikes(worker, trial, strike, wanted, left, step)]
            codes = [worker.end() for worker in workers]
            self.place.settle(trial)
            live = self._audit(trial)
            for code in codes:
                self._note(trial, code)
            for each in struck:
                self._count(each, live is not None)
            if live is not None:
                left = ceil((live[1] - live[2]) / trial.chunk)
            elif {_FINISHED, _CRASHED, _DIFFERENT}.intersection(codes) or self._is_simple(trial):
                return
        self.tally.violations.append(f"{trial}: never came to its end")

    def _strikes(
        self, worker: "Worker", trial: Trial, strike: "Strike", wanted: int, left: int, step: float
    ) -> Iterator["Struck"]:
        """Strike a worker, and again if it lives on."""
        for number in range(wanted - self.tally.landed):
            # Most of them soon, so that a switch is struck often; the rest at any time of what is left.
            worker.reach(worker.commits + self.random.randint(0, self.random.choice((1, 1, 2, max(2, left)))))
            time.sleep(self.random.uniform(0, 1.5 * step))
            if number and worker.poll() is not None:
                return
            yield strike(worker, trial)

    def _audit(self, trial: Trial) -> tuple[str, int, int] | None:
        with auditor_of(trial.url) as auditor:
            # Two workers leave each other the leads that both wanted, so their chunks are of any size.
            found = auditor.findings(trial.portal, chunk=trial.chunk if self._workers == 1 else 1, before=1)
            live = live_switch(auditor, trial.portal)
        self.tally.audits += 1
        self.tally.violations += [f"{trial}: {finding}" for finding in found]
        return live

    def _is_simple(self, trial: Trial) -> bool:
        statement = "SELECT 1 FROM crm_portal WHERE name = :portal AND mode = 2"
        with auditor_of(trial.url) as auditor:
            return bool(auditor.rows(statement, {"portal": trial.portal}))

    def _note(self, trial: Trial, code: int) -> None:
        if code == _TYPED:
            self.tally.ends[self._said().partition(":")[0]] += 1
        elif code not in (_FINISHED, -signal.SIGKILL):
            self.tally.violations.append(f"{trial}: a worker ended with {code}: {self._said()}")

    def _count(self, struck: "Struck", live: bool) -> None:
        if struck.phase in (_AT_WORK, _COMMITTING) and (live if struck.live is None else struck.live):
            self.tally.landed += 1
            self.tally.committing += struck.phase == _COMMITTING
        else:
            self.tally.missed += 1

    def _compare(self, trial: Trial) -> None:
        if Worker(_judge(trial), self._errors).end() != _FINISHED:
            self.tally.violations.append(f"{trial}: not what an undisturbed switch comes to: {self._said()}")

    def _said(self) -> str:
        return self._errors.read_text(encoding="utf-8") if self._errors.exists() else "nothing was said"


class Struck(NamedTuple):
    """How far the worker was, and whether the switch was live then; `None` is to be asked when the worker is gone."""

    phase: int
    live: bool | None = None


Strike = Callable[[Worker, Trial], Struck]


def kill(worker: Worker, _: Trial) -> Struck:
    """SIGKILL. The worker is stopped first, so that how far it was is known."""
    with suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGSTOP)
    phase = worker.phase
    worker.kill()
    return Struck(phase)


class Stops:
    """Stops the server at once and starts it again; the worker meets that, and goes on or ends."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        self._random = random.Random(seed)

    def __call__(self, worker: Worker, trial: Trial) -> Struck:
        phase = worker.phase
        self._server.stop_now()
        if self._random.random() < 0.5:  # in half of the cases the server is back when the worker tries again
            worker.wait_for(lambda: False)
        self._server.start()
        with auditor_of(trial.url) as auditor:
            return Struck(phase, live_switch(auditor, trial.portal) is not None)


def cut(worker: Worker, trial: Trial) -> Struck:
    """The server ends the worker's connections, as an administrator or a firewall does; the worker lives on."""
    phase = worker.phase
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with auditor_of(trial.url) as auditor:
        auditor.rows(others + " AND pid <> pg_backend_pid()", {})
        return Struck(phase, live_switch(auditor, trial.portal) is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one experiment, say what it came to, and write it down where that is asked for."""
    parser = argparse.ArgumentParser(description="Kill the process that switches a CRM.")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=30, help="how many kills must land")
    parser.add_argument("--stops", type=int, default=0, help="how many immediate server stops must land")
    parser.add_argument("--workers", type=int, default=1, help="how many workers convert a switch at once")
    parser.add_argument("--cuts", type=int, default=0, help="how many cuts of the worker's connection must land")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the figures to docs/survival.md")
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    figures = []
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it tells of every connection that was lost
    command = f"python -m tests.survival.kills {shlex.join(each for each in given if each != '--write')}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        crowd = "" if asked.workers == 1 else f", {asked.workers} at once"
        if asked.database == "sqlite":
            killer = Killer(SqlitePlace(folder), seed=asked.seed, folder=folder, workers=asked.workers)
            figures.append(_figure(f"kills of the process{crowd}, SQLite", killer.run(asked.kills, kill), command))
        else:
            with postgres_server() as server:
                if asked.kills:
                    place = PostgresPlace(server.url)
                    killer = Killer(place, seed=asked.seed, folder=folder, workers=asked.workers)
                    tally = killer.run(asked.kills, kill)
                    figures.append(_figure(f"kills of the process{crowd}, PostgreSQL", tally, command))
                if asked.cuts:
                    killer = Killer(PostgresPlace(server.url, "cut"), seed=asked.seed, folder=folder)
                    figures.append(_figure("cut connections, PostgreSQL", killer.run(asked.cuts, cut), command))
                if asked.stops:
                    killer = Killer(PostgresPlace(server.url, "stopped"), seed=asked.seed, folder=folder)
                    tally = killer.run(asked.stops, Stops(server, asked.seed))
                    figures.append(_figure("immediate stops of the server, PostgreSQL", tally, command))
    for figure, tally in figures:
        sys.stdout.write(said(figure) + "\n")
        for violation in tally.violations[:20]:
            sys.stdout.write(f"  {violation}\n")
        if asked.write:
            record(figure)
    return int(any(tally.violations for _, tally in figures))


def _figure(experiment: str, tally: Tally, command: str) -> tuple[Figure, Tally]:
    return Figure(experiment, tally.landed, len(tally.violations), tally.remarks(), command), tally


if __name__ == "__main__":
    sys.exit(main())
