"""Whether the changes of tests/spec/changes.toml are seen: applied in copies of the repository, a fork for each.

What came out stands in tests/spec/kills.toml, under a digest of all that it rests on: the sentence of the rule, the
change, the code that it changes and the test. `moved` are the changes whose digest is another one by now.
"""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tools.spec_changes import LIMIT, ROOT, Change
from tools.syntax import parsed, span, statements

__all__ = [
    "KILLS",
    "Kill",
    "Server",
    "copied",
    "digest_of",
    "kills_in",
    "moved",
    "record_problems",
    "servers",
    "survivors",
    "write_kills",
]

KILLS = "tests/spec/kills.toml"
_LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "mutants", "__pycache__", "*.egg-info", "node_modules")
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_TRY = "run `python -m tools.spec_changes --moved --write`"
_HEAD = "# Written by `python -m tools.spec_changes`: what each change came to, and the digest of what that rests on.\n"


class Kill(NamedTuple):
    """How a change was seen (`failed` or `time`), and the digest of what that rests on."""

    how: str
    digest: str


class Server:
    """A copy of the repository, and the process that runs tests in it."""

    def __init__(self, copy: Path, limit: float = LIMIT) -> None:
        self.copy = copy
        env = {**os.environ, "PYTHONPATH": str(copy / "src"), "HYPOTHESIS_PROFILE": "dev"}
        command = [sys.executable, "-m", "tools.kill_server", str(copy), str(limit)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._writes = 0

    def run(self, tests: Sequence[str]) -> tuple[int | None, list[str]]:
        """Run tests: the exit code of pytest, `None` where the time was over, and the tests that failed."""
        assert tests, "without one, pytest would run all of them"
        told, heard = self._process.stdin, self._process.stdout
        assert told is not None  # both are pipes
        assert heard is not None
        told.write(json.dumps(list(tests)) + "\n")
        told.flush()
        code, failed = json.loads(heard.readline())
        return code, failed

    def run_changed(self, change: Change, tests: Sequence[str]) -> tuple[int | None, list[str]]:
        """Run tests with a change, and take it back."""
        path = self.copy / change.file
        before = path.read_text(encoding="utf-8")
        self._write(path, before.replace(change.old, change.new))
        try:
            return self.run(tests)
        finally:
            self._write(path, before)

    def _write(self, path: Path, text: str) -> None:
        """Each time under another time, or Python would take the compiled file of the text before."""
        path.write_text(text, encoding="utf-8")
        self._writes += 1
        os.utime(path, (self._writes, self._writes))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def servers(root: Path = ROOT, workers: int = 2, limit: float = LIMIT) -> Iterator[list[Server]]:
    """As many copies, each with its process; all are gone afterwards."""
    with ExitStack() as stack:
        made: list[Server] = []
        for _ in range(workers):
            made.append(Server(stack.enter_context(copied(root)), limit))
            stack.callback(made[-1].close)
        yield made


@contextmanager
def copied(root: Path = ROOT) -> Iterator[Path]:
    """A copy of the repository, beside what some of its tests read."""
    with tempfile.TemporaryDirectory() as folder:
        shared = root.parent / "shared"
        if shared.exists():
            (Path(folder) / shared.name).symlink_to(shared.resolve())
        copy = Path(folder) / "repository"
        shutil.copytree(root, copy, ignore=_LEFT_OUT)
        yield copy


def survivors(changes: Sequence[Change], root: Path = ROOT, workers: int = 2, limit: float = LIMIT) -> dict[str, str]:
    """How each change was seen, `failed` or `time`; a change that was not is told with `lives: ` and why."""
    if not changes:
        return {}
    found: dict[str, str] = {}
    tests = list(dict.fromkeys(change.test for change in changes))
    with servers(root, min(workers, len(tests)), limit) as pool:
        parts = [tests[number :: len(pool)] for number in range(len(pool))]
        free: SimpleQueue[Server] = SimpleQueue()
        with ThreadPoolExecutor(len(pool)) as threads:
            red = [test for _, failed in threads.map(Server.run, pool, parts) for test in failed]
            for server in pool:
                free.put(server)

            def judge(change: Change) -> None:
                server = free.get()
                try:
                    found[change.id] = _judged(change, server, red)
                finally:
                    free.put(server)

            list(threads.map(judge, changes))
    return found


def _judged(change: Change, server: Server, red: Iterable[str]) -> str:
    if any(test.partition("[")[0] == change.test for test in red):
        return "lives: its test fails without it"
    code, _ = server.run_changed(change, ["-x", change.test])
    if code is None:
        return "time"
    return {0: "lives: its test passes with it", 5: "lives: its test is not there"}.get(code, "failed")


# What was found, and what it rests on.


def kills_in(root: Path = ROOT) -> dict[str, Kill]:
    """What was written down for each change."""
    path = root / KILLS
    written = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {id: Kill(*value.split()) for id, value in written.items()}


def write_kills(kills: Mapping[str, Kill], root: Path = ROOT) -> None:
    """Write them down, in the order of their ids."""
    lines = (f'{id} = "{kill.how} {kill.digest}"\n' for id, kill in sorted(kills.items()))
    (root / KILLS).write_text(_HEAD + "".join(lines), encoding="utf-8")


def moved(changes: Iterable[Change], texts: Mapping[str, str], root: Path = ROOT) -> list[Change]:
    """The changes of which something is another than when they were seen."""
    kills = kills_in(root)
    return [
        change
        for change in changes
        if change.id not in kills or kills[change.id].digest != digest_of(change, texts.get(change.rule, ""), root)
    ]


def record_problems(changes: Iterable[Change], root: Path = ROOT) -> Iterator[str]:
    """The changes of which nobody has seen what they come to, and lines of changes that are not there any more."""
    recorded, known = kills_in(root), [change.id for change in changes]
    yield from (f"{KILLS}: {id} was never tried; {_TRY}" for id in known if id not in recorded)
    yield from (f"{KILLS}: there is no change {id}; {_TRY}" for id in recorded if id not in known)


def digest_of(change: Change, text: str, root: Path = ROOT) -> str:
    """The digest of the sentence, the change, the code that it changes and the test."""
    path, _, names = change.test.partition("::")
    parts = (
        text,
        *(change.rule, change.file, change.old, change.new, change.test),
        _around(root / change.file, change.old),
        _test(root / path, tuple(names.split("::"))),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _around(path: Path, old: str) -> str:
    """The smallest function, method or statement of a module that a change stands in; another file is taken whole."""
    text = _text(path)
    if path.suffix != ".py" or old not in text:
        return text
    first = text.count("\n", 0, text.index(old)) + 1
    last = first + old.rstrip("\n").count("\n")
    if old.startswith("\n"):
        first += 1
    inside = [(end - start, start, end) for start, end in _parts(text) if start <= first and last <= end]
    if not inside:
        return text
    _, start, end = min(inside)
    return "\n".join(text.splitlines()[start - 1 : end])


@cache
def _parts(text: str) -> list[tuple[int, int]]:
    """The lines of each statement of a module, and of each function inside."""
    module = parsed(text)
    nodes = [*module.body, *(node for node in statements(module) if isinstance(node, _FUNCTION))]
    return [span(node) for node in nodes]


def _test(path: Path, names: Collection[str]) -> str:
    """The source of a test, without its marks: which rules it names says nothing of what it does."""
    body: Sequence[ast.AST] = parsed(_text(path)).body
    found: ast.AST | None = None
    for name in names:
        # Of two that have one name, Python keeps the last.
        found = next((node for node in reversed(body) if getattr(node, "name", None) == name), None)
        body = getattr(found, "body", [])
    if found is None:
        return ""
    kept = [part for part in getattr(found, "decorator_list", []) if "mark.rule" not in ast.unparse(part)]
    return "\n".join([*map(ast.unparse, kept), *map(ast.unparse, getattr(found, "body", []))])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
