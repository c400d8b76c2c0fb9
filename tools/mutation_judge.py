"""The pytest plugin that judges mutants: it runs the tests for the code as it is, then those near each mutant.

Coverage notes which test comes to which line. For each mutant the process forks, puts the mutant in and runs the tests
that come to the changed statement: first those that killed its neighbours, then those of its module, then the fastest.
"""

import gc
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import _lru_cache_wrapper
from itertools import accumulate, groupby
from math import inf
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from sybil.document import PythonDocument

from tools import mutants
from tools.mutants import Mutant, plant

__all__ = ["KILLED", "NO_TESTS", "OTHER", "SURVIVED", "TIMEOUT", "Judge", "name_of", "say", "tables"]

KILLED, SURVIVED, NO_TESTS, TIMEOUT, OTHER = "killed", "survived", "no tests", "timed out", "other"
#: Seconds of a processor that a test gets beside ten times what it took.
_GRACE = 2
_MEMORY = 6 << 30


class _Caches:
    """What earlier tests have left in a cache would answer instead of the mutant, or hide who comes to a line."""

    def __init__(self) -> None:
        files = {name: str(getattr(each, "__file__", "")) for name, each in sys.modules.items()}
        modules = {
            name: sys.modules[name] for name, file in files.items() if file.startswith(f"{mutants.SOURCE}{os.sep}")
        }
        named = [pair for module in modules.values() for pair in vars(module).items()]
        gc.unfreeze()  # what the plugin of the tests has frozen is not found otherwise
        # What an example answers goes into the builtins.
        dictionaries = [each for name, each in named if type(each) is dict and name != "__builtins__"]
        cached = [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
        self._functions = [each for each in cached if each.__module__ in modules]
        self._dictionaries = [(each, len(each)) for each in dictionaries]
        self._grown: set[int] = set()

    def clear(self) -> None:
        """Forget what functions remember, and what has come into dictionaries of modules since."""
        for function in self._functions:
            function.cache_clear()
        for dictionary, size in self._dictionaries:
            if len(dictionary) > size or id(dictionary) in self._grown:
                self._grown.add(id(dictionary))
                dictionary.clear()


class Judge:
    """The pytest plugin that runs the tests once for what is, and then for each mutant what comes near it."""

    def __init__(
        self,
        mutants: Sequence[Mutant | str],
        workers: int,
        end: float,
        note: Callable[[Mutant | str, str], None],
        patience: float = inf,
    ) -> None:
        self._mutants = mutants
        self._workers = workers
        self._end = end
        self._note = note
        self._patience = patience
        self._failed: str | None = None
        self._seconds: list[float] = []
        self._items: list[pytest.Item] = []
        self._begins: dict[int, int] = {}
        self._running: dict[int, tuple[Mutant | str | None, int]] = {}
        self._kills: Counter[tuple[str, int]] = Counter()

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
        self._items = session.items
        self._begins = dict(_begins(session.items))
        files = sorted({str(each.path) for each in self._mutants if isinstance(each, Mutant)})
        self._caches = _Caches()
        lines = self._clean(session, files)
        if self._failed:
            raise pytest.UsageError(f"red before any change: {self._failed}")
        gc.collect()
        gc.freeze()  # so that a fork shares the memory of all this
        self._check_forks(session.items)
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
                self._note(mutant, NO_TESTS)
            say(f"\r{done + 1}/{len(self._mutants)} in {time.monotonic() - started:.0f} s")
        while self._running:
            self._wait()
        say("\n")
        return True

    def _clean(self, session: pytest.Session, files: list[str]) -> dict[str, dict[int, list[str]]]:
        """Run all tests, each a context of coverage by its place, and answer the contexts of each line."""
        coverage = Coverage(data_file=None, config_file=False, include=files or ["none"])
        coverage.set_option("run:disable_warnings", ["no-data-collected"])  # tables have no lines
        coverage.start()
        threading.settrace(None)  # a context is the main thread's
        for place, item in enumerate(session.items):
            coverage.switch_context(str(place))
            self._caches.clear()  # each test comes to all that it needs
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
        function = _function_of(mutant)

        def order(place: int) -> tuple[int, int, float]:
            return -self._kills[function, place], _distance(mutant, self._items[place].path), self._seconds[place]

        return self._within(sorted(found, key=order))

    def _within(self, places: Sequence[int]) -> list[int]:
        """So many of the tests, from the first, as patience lasts for."""
        spent = accumulate((self._seconds[place] for place in places), initial=0.0)
        return self._with_earlier(
            [place for place, before in zip(places, spent, strict=False) if before < self._patience]
        )

    def _with_earlier(self, places: Sequence[int]) -> list[int]:
        """An example goes on with what those before it in its document have made, so these run first."""
        needed = (each for place in places for each in range(self._begins.get(place, place), place + 1))
        return list(dict.fromkeys(needed))

    def _check_forks(self, items: Sequence[pytest.Item]) -> None:
        """A test that fails where it runs a second time would kill every mutant."""
        self._begin(None, items, range(len(items)))
        status, last = self._ended()[1:]
        if status != SURVIVED:
            raise pytest.UsageError(f"{status} before any change, in a fork: {items[last].nodeid}")

    def _begin(self, mutant: Mutant | str | None, items: Sequence[pytest.Item], places: Sequence[int]) -> None:
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

    def _child(
        self, mutant: Mutant | str | None, items: Sequence[pytest.Item], places: Sequence[int], writes: int
    ) -> int:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        for each in (signal.SIGVTALRM, signal.SIGALRM):
            signal.signal(each, signal.SIG_DFL)
        if mutant is not None:
            tables()[mutant]() if isinstance(mutant, str) else plant(mutant)
        self._caches.clear()
        for place, item, following in zip(places, items, [*items[1:], None], strict=True):
            limit = _GRACE + 10 * self._seconds[place]
            signal.setitimer(signal.ITIMER_VIRTUAL, limit)
            # One that waits for ever needs no processor.
            signal.setitimer(signal.ITIMER_REAL, 20 * limit)
            os.write(writes, f"{place}\n".encode())
            if self._begins.get(place) == place:
                _begin_again(item)
            _run(item, following)
            if self._failed:
                return 1
        return 0

    def _wait(self) -> None:
        mutant, status, last = self._ended()
        assert mutant is not None  # what is no mutant is waited for by itself
        if status in (KILLED, TIMEOUT):
            self._kills[_function_of(mutant), last] += 1
        self._note(mutant, status)

    def _ended(self) -> tuple[Mutant | str | None, str, int]:
        """Wait for a process: its mutant, what became of it, and the test that was the last."""
        child, code = os.wait()
        mutant, reads = self._running.pop(child)
        with os.fdopen(reads) as stream:
            last = int(stream.read().split()[-1])
        code = os.waitstatus_to_exitcode(code)
        late = code in (-signal.SIGVTALRM, -signal.SIGALRM)
        return mutant, TIMEOUT if late else {0: SURVIVED, 1: KILLED}.get(code, OTHER), last


def _begins(items: Sequence[pytest.Item]) -> Iterator[tuple[int, int]]:
    """The place of each example, and that of the first one of its document."""
    for path, group in groupby(enumerate(items), lambda each: each[1].path if hasattr(each[1], "example") else None):
        if path is not None:
            places = [place for place, _ in group]
            yield from ((place, places[0]) for place in places)


def _begin_again(example: Any) -> None:
    """Forget what the examples of a document have named; those of a docstring begin with the names of its module."""
    document = example.example.document
    document.namespace.clear()
    if isinstance(document, PythonDocument):
        document.push_evaluator(document.import_document)


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    if hasattr(item, "request_fixtures") and not getattr(item, "_request", None):
        # pytest takes the request of an example away after its run, and gives a new one to its own items only.
        item.request_fixtures(item._fixtureinfo.argnames)  # type: ignore[attr-defined]  # an item of sybil's
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def tables() -> Mapping[str, Callable[[], None]]:
    """The mutants of the tables that hold rules, by name: how each is put in."""
    from tools.data_mutants import MUTANTS  # it imports the package, which a fresh process has to import changed

    return MUTANTS


def name_of(mutant: Mutant | str) -> str:
    """What a mutant is called."""
    return mutant if isinstance(mutant, str) else mutant.name


def _function_of(mutant: Mutant | str) -> str:
    return name_of(mutant).partition(" ")[0].partition("__mutmut_")[0]


def _distance(mutant: Mutant | str, tests: Path) -> int:
    """How far tests are from a mutant: in the file of its module, in the folder of its package, or elsewhere."""
    package, module = ["", *name_of(mutant).partition(" ")[0].rpartition(".")[0].split(".")][-2:]
    return 0 if tests.stem == f"test_{module}" else 1 if tests.parent.name == package else 2


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, end="", file=sys.__stderr__, flush=True)
