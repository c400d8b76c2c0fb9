"""What a command costs that does next to nothing, beside imports that it needs anyhow, in processes that take turns."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

__all__ = ["STARTS", "Start", "measure_starts"]

_CALL = "import sys, crmcore_cli; sys.argv[1:] = {words!r}; sys.exit(crmcore_cli.main())"
#: A command, the imports that it is held against, and how many times as dear it may be.
STARTS = (
    ("crmcore --help", "import attrs, cyclopts", 1.6),
    ("crmcore status", "import attrs, cyclopts, sqlalchemy", 1.5),
)


class Start(NamedTuple):
    """Processor milliseconds of whole processes (medians), and the median of the ratios within the rounds."""

    command: str
    floor: str
    floor_ms: float
    command_ms: float
    ratio: float
    goal: float


def measure_starts(rounds: int) -> tuple[Start, ...]:
    """Let each command and its imports take turns, on a new CRM in a file."""
    with TemporaryDirectory() as folder:
        store = ["--store", str(Path(folder) / "crm.db")]
        _milliseconds(_CALL.format(words=["init", *store, "--json"]))
        return tuple(_start(command, floor, goal, store, rounds) for command, floor, goal in STARTS)


def _start(command: str, floor: str, goal: float, store: Sequence[str], rounds: int) -> Start:
    words = command.split()[1:]
    code = _CALL.format(words=words if words[0].startswith("-") else [*words, *store])
    _milliseconds(code)  # so that bytecode is there
    seen = [(_milliseconds(floor), _milliseconds(code)) for _ in range(rounds)]
    return Start(
        command,
        floor,
        median(each for each, _ in seen),
        median(each for _, each in seen),
        median(each / bare for bare, each in seen),
        goal,
    )


def _milliseconds(code: str) -> float:
    """Of a process that says nothing."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment, file_actions=silent)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, code
    return (usage.ru_utime + usage.ru_stime) * 1000
