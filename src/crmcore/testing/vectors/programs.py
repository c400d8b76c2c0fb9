"""A program in any language that answers vectors: one JSON line in, one JSON line out."""

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from crmcore.domain.model.errors import raise_alone

__all__ = ["Program", "ProgramFailed", "running"]

#: How long a program may take for one vector, in seconds.
PATIENCE = 60.0
#: How long a line of a program may be, in characters; the longest right answer has less than a hundredth of it.
LONGEST = 10_000_000
#: How often a program is started anew after it ended; after that it is left alone.
_STARTS = 3


class ProgramFailed(Exception):
    """A program cannot be started, has ended, says nothing, or says what is no JSON object."""


class Program:
    """A program that is started when it is first asked, and anew when it has ended.

    `command` is its command line. It reads from standard input and writes to standard output; what it writes to
    standard error is shown as it is.

    >>> import sys
    >>> line = f'''{sys.executable} -c "print('no')"'''
    >>> with running(line) as program:
    ...     program({"id": "mode.cancel.simple"})
    Traceback (most recent call last):
    crmcore.testing.vectors.programs.ProgramFailed: expected one JSON object on a line, got no (character 1)
    """

    def __init__(self, command: str, *, patience: float = PATIENCE) -> None:
        self._words = shlex.split(command)
        self._patience = patience
        self._starts = 0
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str | ProgramFailed] = Queue()

    def __call__(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask one vector. Raises `ProgramFailed`."""
        process = self._started()
        assert process.stdin is not None  # a pipe
        # Whoever does not read what it is asked is not waited for longer than one that does not answer.
        Thread(target=_write, args=(process.stdin, f"{json.dumps(asked)}\n"), daemon=True).start()
        try:
            line = self._lines.get(timeout=self._patience)
        except Empty:
            self.stop()
            raise_alone(ProgramFailed(f"said nothing within {self._patience:.0f} seconds"))
        if isinstance(line, ProgramFailed):
            self.stop()
            raise line
        if not line:
            raise_alone(ProgramFailed(self._how_it_ended(process)))
        said = _object_in(line)
        if said.get("id") != asked["id"]:
            raise ProgramFailed(f"expected the answer to {asked['id']}, got that to {_cut(said.get('id'))}")
        return said

    def _how_it_ended(self, process: "subprocess.Popen[str]") -> str:
        try:
            return f"ended with code {process.wait(self._patience)}"
        except subprocess.TimeoutExpired:
            self.stop()
            return "closed its standard output"

    def stop(self) -> None:
        """End the program; it can be asked again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in filter(None, (self._process.stdin, self._process.stdout)):
                with suppress(OSError):
                    stream.close()
            self._process = None

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        if self._starts == _STARTS:
            raise ProgramFailed(f"was started {_STARTS} times and ended each time")
        self._starts += 1
        try:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
            )
        except (OSError, IndexError) as error:
            raise ProgramFailed(f"cannot be started: {error}") from error
        self._lines = Queue()
        Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
        return self._process


def _object_in(line: str) -> Mapping[str, Any]:
    """The object that a line holds; raises `ProgramFailed` with the place where it is none."""
    try:
        said = json.loads(line.strip())
    except json.JSONDecodeError as error:
        raise_alone(ProgramFailed(f"{_EXPECTED}, got {_cut(line.strip())} (character {error.pos + 1})"))
    except (ValueError, RecursionError):  # a number of more digits, or lists in lists, than anybody reads
        said = line.strip()
    if not isinstance(said, dict):
        raise ProgramFailed(f"{_EXPECTED}, got {_cut(said)}")
    return said


_EXPECTED = "expected one JSON object on a line"


def _cut(said: object) -> str:
    return str(said)[:100] or "an empty line"


def _write(stream: IO[str], line: str) -> None:
    """Ask; of a program that has ended, what it said until then counts all the same."""
    with suppress(OSError, ValueError):
        stream.write(line)
        stream.flush()


def _read(stream: IO[str], lines: "Queue[str | ProgramFailed]") -> None:
    """Put each line where somebody waits for it, and an empty one at the end."""
    try:
        while line := stream.readline(LONGEST):
            if len(line) == LONGEST:
                lines.put(ProgramFailed(f"said more than {LONGEST:,} characters on one line"))
                return
            lines.put(line)
    except UnicodeDecodeError:
        lines.put(ProgramFailed("said what is no UTF-8"))
        return
    except (OSError, ValueError):
        pass
    lines.put("")


@contextmanager
def running(command: str, *, patience: float = PATIENCE) -> Iterator[Program]:
    """A program that is stopped at the end of the block.

    `command` is its command line, `patience` how many seconds it has for one vector.

    >>> with running("false") as program:
    ...     program.stop()
    """
    program = Program(command, patience=patience)
    try:
        yield program
    finally:
        program.stop()
