"""What `import crmcore` costs, in fresh interpreters that take turns, and what it must not load."""

import json
import os
import subprocess
import sys
from statistics import median
from typing import NamedTuple

__all__ = ["UNWANTED", "ImportCost", "measure_imports"]

#: Packages that importing the library must not load.
UNWANTED = (
    "asyncio", "multiprocessing", "concurrent.futures.process", "sqlite3", "cyclopts", "click", "rich", "cattrs",
    "psycopg", "pytest", "hypothesis",
)  # fmt: skip

_VARIANTS = {"bare": "pass", "attrs": "import attrs", "crmcore": "import crmcore"}


class ImportCost(NamedTuple):
    """Processor milliseconds of whole processes, the ratios of the medians within the rounds, and unwanted modules."""

    bare: float
    attrs: float
    crmcore: float
    whole: float
    without_start: float
    unwanted: tuple[str, ...]


def measure_imports(rounds: int) -> ImportCost:
    """Let the three kinds of process take turns."""
    for code in _VARIANTS.values():
        _milliseconds(code)  # so that bytecode is there
    seen = [{name: _milliseconds(code) for name, code in _VARIANTS.items()} for _ in range(rounds)]
    middle = {name: median(each[name] for each in seen) for name in _VARIANTS}
    return ImportCost(
        **middle,
        whole=median(each["crmcore"] / each["attrs"] for each in seen),
        without_start=(middle["crmcore"] - middle["bare"]) / (middle["attrs"] - middle["bare"]),
        unwanted=_unwanted(),
    )


def _milliseconds(code: str) -> float:
    # A process that may not write bytecode would compile the library every time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, code
    return (usage.ru_utime + usage.ru_stime) * 1000


def _unwanted() -> tuple[str, ...]:
    code = "import crmcore, json, sys; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    return tuple(name for name in UNWANTED if name in loaded)
