"""Importing changes nothing in the process: every module of the library, in an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"


def _modules() -> list[str]:
    """Every module but the scripts that Alembic and `python -m` run."""
    paths = [path.relative_to(SRC) for path in SRC.rglob("*.py") if path.name != "__main__.py"]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return sorted(name for name in names if not name.startswith("crmcore.adapters.sql.migrations"))


#: Imports the modules of `first` and looks at the process; imports those of `then` and looks again.
_LOOK = """
import atexit, decimal, gc, importlib, json, locale, logging, os, signal, socket, sys, threading, warnings

gc.set_threshold(99_999)  # what loading makes lives on; nobody else takes this number
hooks = []
register = os.register_at_fork
def noted(**given):
    hooks.append(sorted(given))
    register(**given)
os.register_at_fork = noted

def look():
    root = logging.getLogger()
    return {
        "import finders": [str(each) for each in sys.meta_path],
        "import hooks": [str(each) for each in sys.path_hooks],
        "search path": list(sys.path),
        "cycle collector": [gc.isenabled(), gc.get_threshold(), len(gc.callbacks), gc.get_freeze_count()],
        "warning filters": [str(each) for each in warnings.filters] + [str(warnings.showwarning)],
        "signal handlers": [str(signal.getsignal(each)) for each in sorted(signal.valid_signals())],
        "environment": dict(os.environ),
        "fork hooks": len(hooks),
        "hooks of threads and errors": [
            str(each) for each in (threading.excepthook, sys.excepthook, sys.unraisablehook, sys.displayhook)
        ],
        "functions that watch": [str(sys.gettrace()), str(sys.getprofile())],
        "locale": locale.setlocale(locale.LC_ALL),
        "log": [str(root.handlers), root.level, root.manager.disable, str(logging.getLoggerClass())],
        "decimals": str(decimal.getcontext()),
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval(), socket.getdefaulttimeout()],
        "streams": [id(sys.stdin), id(sys.stdout), id(sys.stderr)],
        "folder": os.getcwd(),
        "threads": [each.name for each in threading.enumerate()],
        "steps at the end": atexit._ncallbacks(),
    }

given = json.load(sys.stdin)
for name in given["first"]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a name that its owner makes, not a file
before = look()
for name in given["then"]:
    importlib.import_module(name)
after = look()
print(json.dumps({
    "modules": sorted(sys.modules),
    "changed": {name: [before[name], after[name]] for name in before if before[name] != after[name]},
}))
gc.freeze()
"""


def _looked_at(first: list[str], then: list[str]) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-c", _LOOK],
        input=json.dumps({"first": first, "then": then}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


@pytest.fixture(scope="module")
def others() -> list[str]:
    """What the modules of the library import, and answer for themselves: the standard library and the extras."""
    loaded: list[str] = _looked_at([], _modules())["modules"]
    return [name for name in loaded if not name.startswith(("crmcore", "__main__"))]


def test_importing_changes_nothing_in_the_process(others: list[str]) -> None:
    """No import hook, collector, warning filter, signal, environment, fork hook, locale or log is touched."""
    looked = _looked_at(others, _modules())
    assert looked["changed"] == {}
    assert {name for name in looked["modules"] if name.startswith("crmcore")} >= set(_modules())


@pytest.mark.parametrize(
    "statement, names",
    [
        ("import gc; gc.disable()", "cycle collector"),
        ("import sys; sys.meta_path.insert(0, sys.meta_path[0])", "import finders"),
        ("import warnings; warnings.simplefilter('ignore')", "warning filters"),
        ("import signal; signal.signal(signal.SIGINT, print)", "signal handlers"),
        ("import os; os.environ['CRMCORE'] = '1'", "environment"),
        ("import os; os.register_at_fork(before=print)", "fork hooks"),
        ("import threading; threading.excepthook = print", "hooks of threads and errors"),
        ("import locale; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')", "locale"),
        ("import logging; logging.basicConfig()", "log"),
        ("import atexit; atexit.register(print)", "steps at the end"),
    ],
)
def test_a_module_that_changes_something_is_found(
    tmp_path: Path, statement: str, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look itself sees each of these."""
    (tmp_path / "meddling.py").write_text(f"{statement}\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert names in _looked_at([], ["meddling"])["changed"]


def test_the_plugins_load_nothing_of_the_library() -> None:
    """Those of pytest and hypothesis are loaded by programs that never use crmcore."""
    loaded = _looked_at([], ["crmcore_hypothesis", "crmcore_pytest"])["modules"]
    assert not [name for name in loaded if name.partition(".")[0] in ("crmcore", "attrs", "attr", "hypothesis")]
