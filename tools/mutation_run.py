"""`python -m tools.mutation_run [PART ...]`: judge mutants; `tools.mutation_report` writes what became of them.

One process imports everything and runs the tests of a part once, while coverage notes which test comes to which line.
For each mutant it forks, puts the mutant in and runs the tests that come to the changed statement: first those that
killed its neighbours, then the fastest. No test sees code that runs at import; such mutants get a fresh process.
Answers are kept in mutants/answers.jsonl, so that a run that was stopped goes on; `--again` judges survivors anew.
"""

import argparse
import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import _lru_cache_wrapper
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from coverage import Coverage

from tools.mutants import ROOT, SOURCE, Mutant, module_of, mutants_of, plant

__all__ = ["ANSWERS", "KILLED", "NO_TESTS", "OTHER", "PARTS", "SURVIVED", "TIMEOUT", "answers", "main", "population"]

#: How a process of its own is started.
COMMAND = [sys.executable, "-m", "tools.mutation_run"]
ANSWERS = ROOT / "mutants" / "answers.jsonl"
KILLED, SURVIVED, NO_TESTS, TIMEOUT, OTHER = "killed", "survived", "no tests", "timed out", "other"


class Part(NamedTuple):
    """What is changed together, and the tests that are near it."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


_DOMAIN = ("tests/unit/domain", "tests/unit/application", "tests/unit/test_every_field.py", "tests/contract",
           "tests/cases/test_conversion_cases.py", "tests/cases/test_switch_cases.py", "tests/cases/test_hand_cases.py",
           "tests/cases/test_regressions.py", "tests/cases/test_o23_clients.py")  # fmt: skip
_ADAPTERS = "tests/unit/adapters/test_every_field.py"
#: Each in an hour or two on one core. Properties are left out: they take seconds for each mutant that survives.
PARTS = {
    "domain": Part(("crmcore/domain", "crmcore/ports"), _DOMAIN),
    "tables": Part((), _DOMAIN),
    "application": Part(("crmcore/application",), (*_DOMAIN, "tests/kit/test_failing_ports.py")),
    "memory": Part(("crmcore/adapters/memory",), ("tests/contract", "tests/unit/application", _ADAPTERS)),
    "csv": Part(
        ("crmcore/adapters/bitrix24_csv",),
        ("tests/unit/adapters/bitrix24_csv", "tests/cases/test_csv_cases.py", "tests/cases/test_field_files.py"),
    ),
    "document": Part(("crmcore/adapters/document",), ("tests/unit/adapters/document", _ADAPTERS)),
    "sql": Part(
        ("crmcore/adapters/sql/commits", "crmcore/adapters/sql/reads"),
        ("tests/sql/test_sqlite_contract.py", "tests/sql/test_planted.py", "tests/sql/test_deleted.py", _ADAPTERS,
         "tests/sql/test_side_by_side.py", "tests/sql/test_isolation.py", "tests/sql/test_order.py",
         "tests/sql/test_one_moment.py", "tests/sql/test_readable.py", "tests/sql/test_trouble.py"),
    ),
}  # fmt: skip
#: The servers of PostgreSQL start once for a run, not once for a mutant; a test that is slow starts processes.
_SELECTED = ("-m", "not slow", "-k", "not postgres")
#: Seconds of a processor that a test gets beside ten times what it took.
_GRACE = 2
_MEMORY = 6 << 30
#: These ask for a whole run, or look at the coverage and its connection.
_PLUGINS = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:rule-coverage", "-p", "no:tracing",
            "-p", "no:order", "-p", "no:walk-sizes", "-p", "no:left-open")  # fmt: skip


def population(part: str, sample: int | None = None, seed: int = 0) -> list[Mutant | str]:
    """The mutants of a part, or a random sample of them that is the same for the same seed and code."""
    if part == "tables":
        found: list[Mutant | str] = list(_tables())
    else:
        found = [mutant for path in _paths(part) for mutant in mutants_of(path)]
    if sample is None or sample >= len(found):
        return found
    return random.Random(seed).sample(found, sample)


def answers() -> dict[str, dict[str, str]]:
    """What became of each mutant that was judged, by name."""
    lines = ANSWERS.read_text(encoding="utf-8").splitlines() if ANSWERS.is_file() else []
    return {each["name"]: each for each in map(json.loads, lines)}


class Judge:
    """The pytest plugin that runs the tests once for what is, and then for each mutant what comes near it."""

    def __init__(self, mutants: Sequence[Mutant | str], workers: int, end: float) -> None:
        self._mutants = mutants
        self._workers = workers
        self._end = end
        self._failed: str | None = None
        self._seconds: list[float] = []
        self._running: dict[int, tuple[Mutant | str, int]] = {}
        self._kills: Counter[tuple[str, int]] = Counter()
        self._caches: list[Callable[[], object]] = []

    def pytest_collection(self) -> None:
        """A property that fails once has failed: nothing is made smaller, and nothing remembered."""
        from hypothesis import Phase, settings  # pytest itself has to load its plugins first

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(), phases=phases, database=None)
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed."""
        if report.failed:
            self._failed = self._failed or f"{report.nodeid}: {report.longreprtext}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of pytest's own loop."""
        files = sorted({str(each.path) for each in self._mutants if isinstance(each, Mutant)})
        before = {id(each): len(each) for each in _dictionaries()}
        lines = self._clean(session, files)
        if self._failed:
            raise pytest.UsageError(f"red before any change: {self._failed}")
        gc.collect()
        # What earlier tests have left in a cache would answer instead of the mutant.
        self._caches = [each.cache_clear for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
        self._caches += [each.clear for each in _dictionaries() if len(each) > before.get(id(each), 0)]
        gc.freeze()  # so that a fork shares the memory of all this
        started = time.monotonic()
        for done, mutant in enumerate(self._mutants):
            if time.monotonic() > self._end:
                break
            while len(self._running) >= self._workers:
                self._wait()
            tests = self._tests(mutant, lines, len(session.items))
            if tests:
                self._begin(mutant, [session.items[place] for place in tests], tests)
            else:
                _note(mutant, NO_TESTS)
            _say(f"\r{done + 1}/{len(self._mutants)} in {time.monotonic() - started:.0f} s")
        while self._running:
            self._wait()
        _say("\n")
        return True

    def _clean(self, session: pytest.Session, files: list[str]) -> dict[str, dict[int, list[str]]]:
        """Run all tests, each a context of coverage by its place, and answer the contexts of each line."""
        coverage = Coverage(data_file=None, config_file=False, include=files or ["none"])
        coverage.start()
        threading.settrace(None)  # a context is the main thread's
        for place, item in enumerate(session.items):
            coverage.switch_context(str(place))
            begun = time.process_time()
            _run(item, next(iter(session.items[place + 1 :]), None))
            self._seconds.append(time.process_time() - begun)
        coverage.stop()
        data = coverage.get_data()
        return {file: data.contexts_by_lineno(file) for file in files}

    def _tests(self, mutant: Mutant | str, lines: dict[str, dict[int, list[str]]], count: int) -> list[int]:
        if isinstance(mutant, str):
            found = set(range(count))
        else:
            contexts = lines[str(mutant.path)]
            found = {int(each) for line in mutant.lines for each in contexts.get(line, ()) if each}
        near = _function(mutant)
        return sorted(found, key=lambda place: (-self._kills[near, place], self._seconds[place]))

    def _begin(self, mutant: Mutant | str, items: Sequence[pytest.Item], places: Sequence[int]) -> None:
        reads, writes = os.pipe()
        child = os.fork()
        if child:
            os.close(writes)
            self._running[child] = mutant, reads
            return
        status = 2
        try:
            status = self._child(mutant, items, places, writes)
        finally:
            os._exit(status)

    def _child(self, mutant: Mutant | str, items: Sequence[pytest.Item], places: Sequence[int], writes: int) -> int:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        for each in (signal.SIGVTALRM, signal.SIGALRM):
            signal.signal(each, signal.SIG_DFL)
        _tables()[mutant]() if isinstance(mutant, str) else plant(mutant)
        for forget in self._caches:
            forget()
        for place, item, following in zip(places, items, [*items[1:], None], strict=True):
            limit = _GRACE + 10 * self._seconds[place]
            signal.setitimer(signal.ITIMER_VIRTUAL, limit)
            # One that waits for ever needs no processor.
            signal.setitimer(signal.ITIMER_REAL, 20 * limit)
            os.write(writes, f"{place}\n".encode())
            _run(item, following)
            if self._failed:
                return 1
        return 0

    def _wait(self) -> None:
        child, code = os.wait()
        mutant, reads = self._running.pop(child)
        with os.fdopen(reads) as stream:
            last = stream.read().split()[-1:]
        code = os.waitstatus_to_exitcode(code)
        late = code in (-signal.SIGVTALRM, -signal.SIGALRM)
        status = TIMEOUT if late else {0: SURVIVED, 1: KILLED}.get(code, OTHER)
        if status in (KILLED, TIMEOUT):
            self._kills.update((_function(mutant), int(place)) for place in last)
        _note(mutant, status)


def main(arguments: list[str] | None = None) -> int:
    """Judge the mutants of each part in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation_run")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them, if none is named")
    parser.add_argument("--sample", type=int, help="so many of each part, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="then stop; the next run goes on")
    parser.add_argument("--again", action="store_true", help="judge anew what no test killed")
    parser.add_argument("--fresh", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    parts = given.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if given.fresh:
        return _in_a_fresh_process(given.fresh, parts[0])
    if len(parts) > 1:
        options = [word for word in (arguments if arguments is not None else sys.argv[1:]) if word not in PARTS]
        return max(subprocess.run([*COMMAND, *options, part], cwd=ROOT, check=False).returncode for part in parts)
    end = time.monotonic() + 60 * given.minutes
    wanted = population(parts[0], given.sample, given.seed)
    known = answers()
    left = [each for each in wanted if not _is_judged(each, known, given.again)]
    print(f"{parts[0]}: {len(wanted)} mutants, {len(left)} to judge")
    if left:
        options = ["-q", "-p", "no:cacheprovider", *_PLUGINS, *_SELECTED, *PARTS[parts[0]].tests]
        code = pytest.main(options, plugins=[Judge(left, given.workers, end)])
        if code not in (0, 5):
            return int(code)
    known = answers()
    unseen = [each for each in left if isinstance(each, Mutant) and known.get(each.name, {}).get("status") == NO_TESTS]
    if unseen and _afresh(None, parts[0]) != SURVIVED:
        print(f"{parts[0]}: the tests are red in a fresh process before any change", file=sys.stderr)
        return 1
    for done, mutant in enumerate(unseen, start=1):
        if time.monotonic() > end:
            break
        _note(mutant, _afresh(mutant, parts[0]))
        _say(f"\r{done}/{len(unseen)} in a fresh process")
    return 0


def _afresh(mutant: Mutant | None, part: str) -> str:
    """Judge code that runs at import: a new process imports the changed module, or the code as it is."""
    command = [*COMMAND, part, "--fresh", mutant.name if mutant else "nothing"]
    try:
        code = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=600, check=False).returncode
    except subprocess.TimeoutExpired:
        return TIMEOUT
    return SURVIVED if code == 0 else KILLED


def _in_a_fresh_process(name: str, part: str) -> int:
    paths = [path for path in _paths(part) if module_of(path) == name.rpartition(".")[0]]
    code = {
        each.module: compile(each.module_source, str(path), "exec", dont_inherit=True)
        for path in paths
        for each in mutants_of(path)
        if each.name == name
    }
    as_it_is = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> Any:
        return code.get(fullname) or as_it_is(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]  # for every import from now on
    options = ["-x", "-q", "-p", "no:cacheprovider", *_PLUGINS, *_SELECTED, *PARTS[part].tests]
    return int(pytest.main(options))


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _tables() -> Mapping[str, Callable[[], None]]:
    from tools.data_mutants import MUTANTS  # it imports the package, which a fresh process has to import changed

    return MUTANTS


def _dictionaries() -> list[dict[Any, Any]]:
    modules = [module for name, module in sys.modules.items() if name.startswith("crmcore.")]
    return [each for module in modules for each in vars(module).values() if type(each) is dict]


def _paths(part: str) -> list[Path]:
    return [path for name in PARTS[part].code for path in _below(SOURCE / name)]


def _below(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _name(mutant: Mutant | str) -> str:
    return mutant if isinstance(mutant, str) else mutant.name


def _function(mutant: Mutant | str) -> str:
    return _name(mutant).partition(" ")[0].partition("__mutmut_")[0]


def _is_judged(mutant: Mutant | str, known: dict[str, dict[str, str]], again: bool) -> bool:
    answer = known.get(_name(mutant))
    if answer is None or (isinstance(mutant, Mutant) and answer["digest"] != mutant.digest):
        return False
    return not again or answer["status"] in (KILLED, TIMEOUT)


def _note(mutant: Mutant | str, status: str) -> None:
    answer = {"name": _name(mutant), "status": status, "digest": "" if isinstance(mutant, str) else mutant.digest}
    ANSWERS.parent.mkdir(exist_ok=True)
    with ANSWERS.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(answer) + "\n")


def _say(text: str) -> None:
    print(text, end="", file=sys.__stderr__, flush=True)


if __name__ == "__main__":
    sys.exit(main())
