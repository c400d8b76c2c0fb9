"""Every command under `python -X dev -W error`: nothing is left open, and nothing is said but its own words."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from crmcore import Crm, UserId
from crmcore.adapters.cli import main
from crmcore.adapters.cli.app import _app
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql import open_store
from crmcore.sample import activities_file, leads_file

pytestmark = pytest.mark.slow  # each line of these starts an interpreter

#: Run by an interpreter that tells everything: in a folder for each command its lines, and after each of them the exit
#: code and all that was said, in a file. Circles of dead objects are searched once, after the line that left them.
_CHILD = """
import gc
gc.disable()
import json, os, sys
from crmcore.adapters.cli import main

if __name__ == "__main__":
    gc.freeze()
    for folder, lines in json.load(sys.stdin):
        os.chdir(folder)
        told = os.open("told", os.O_WRONLY | os.O_CREAT)
        os.dup2(told, 2)
        os.close(told)
        for line in lines:
            code = main(line)
            gc.collect()
            gc.freeze()  # what lives on need not be searched again
            sys.stderr.write(f"[{code}]\\n")
            sys.stderr.flush()
"""

#: What a command needs besides, so that it does its work; every command gets the lines of `_lines` too.
_MORE = {
    "audit": ("crm.json", "leads.csv", "nowhere.json"),
    "delete": ("company 1 --store crm.db", "deal 99 --store crm.db", "lead 101 --store crm.db"),
    "erase": ("lead 101 --store crm.db", "lead 101 --yes --store crm.db", "lead 101 --store crm.db --actor 9"),
    "export": ("--store crm.db --out written", "--store crm.db --out leads.csv", "--store nowhere.db --out other"),
    "import": (
        "leads.csv --store crm.db",
        "leads.csv --activities activities.csv --store crm.db",
        "crm.json --store empty.db",
        "nowhere.csv --store crm.db",
    ),
    "inspect": ("leads.csv", "leads.csv activities.csv --write mapping.toml", "nowhere.csv"),
    "init": ("--store crm.db", "--store crm.db --portal north --mode classic", "--store leads.csv"),
    "lead close": ("101 --store crm.db", "102 --stage JUNK --store crm.db"),
    "lead delete": ("103 --store crm.db", "99 --store crm.db"),
    "pipelines add": ("Partners --store crm.db", "Partners --id 0 --store crm.db", "Partners --store crm.db --actor 9"),
    "pipelines archive": ("Spare --store crm.db", "0 --store crm.db", "Nothing --store crm.db"),
    "plan set": ("with-classic --store crm.db", "without-classic --store crm.db --actor 9"),
    "result": (
        "--store crm.db --out result.csv",
        "--store crm.db --out result.xlsx",
        "--store crm.db --out leads.csv",
        "nothing --store crm.db",
    ),
    "role grant": ("2 manager --store crm.db", "3 unknown --store crm.db", "2 manager --store crm.db --actor 9"),
    "role revoke": ("2 manager --store crm.db", "1 --store crm.db"),
    "settings": ("--store crm.db --match email --repeat-inquiry attach",),
    "stages add": ("CALLED --means failure --store crm.db", "NEW --means failure --store crm.db"),
    "stages remove": ("SPARE --store crm.db", "NEW --store crm.db"),
    "stages rename": ("NEW Fresh --store crm.db", "UC_NO Fresh --store crm.db"),
    "spec readings": ("S14 --other", "S99", "--other"),
    "switch": (
        "leads.csv --preview",
        "leads.csv --preview --plan plan.xlsx",
        "leads.csv --activities activities.csv --out written --xlsx",
        "nowhere.csv",
        "--store crm.db --preview",
        "--store crm.db --workers 2 --chunk 10",
    ),
}

#: What is behind every line of a command that would go on for minutes without it.
_BOUND = {"spec explore": "--states 50", "vectors": "--family policy"}


def _commands(app: App, *before: str) -> Iterator[str]:
    """The words of every command, and of every group of them."""
    for name in app:
        if not name.startswith("-"):
            yield " ".join((*before, name))
            yield from _commands(app[name], *before, name)


#: `serve` ends by Ctrl-C alone (`test_serving.py`).
COMMANDS = sorted({*_commands(_app(InMemoryStore.classic, Terminal()))} - {"serve"})


def _lines(command: str) -> list[list[str]]:
    of_all = ("", "--store nowhere.db", "--store leads.csv", "--store crm.db --portal none")
    ends = ("--store crm.db --json", "--store crm.db")
    bound = _BOUND.get(command, "")
    return [f"{command} {bound} {more}".split() for more in (*of_all, *_MORE.get(command, ()), *ends)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample, a Classic CRM that has it and more, one that is empty, and the document of one."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copyfile(leads_file(), folder / "leads.csv")
    shutil.copyfile(activities_file(), folder / "activities.csv")
    for name in ("crm.db", "empty.db"):
        assert main(["init", "--mode", "classic", "--store", str(folder / name)]) == 0
    assert main(["import", str(leads_file()), "--store", str(folder / "crm.db")]) == 0
    assert main(["stages", "add", "SPARE", "--means", "failure", "--store", str(folder / "crm.db")]) == 0
    assert main(["pipelines", "add", "Spare", "--store", str(folder / "crm.db")]) == 0
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        assert crm.add_company(UserId(1), title="Spare Ltd") == 1
    assert main(["export", "--store", str(folder / "crm.db"), "--out", str(folder / "out")]) == 0
    shutil.move(folder / "out" / "crm.json", folder / "crm.json")
    return folder


def test_every_command_that_needs_more_is_one() -> None:
    """The lines above name commands that there are."""
    assert (_MORE.keys() | _BOUND.keys()) <= set(COMMANDS)
    assert {"switch", "role grant", "db upgrade", "demo"} <= set(COMMANDS)


@pytest.fixture(scope="module")
def told(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command says on standard error to an interpreter that warns of everything; one runs them all."""
    root = tmp_path_factory.mktemp("there")
    folders = {command: shutil.copytree(desk, root / command.replace(" ", "-")) for command in COMMANDS}
    work = [(str(folder), _lines(command)) for command, folder in folders.items()]
    words = [sys.executable, "-X", "dev", "-W", "error", "-c", _CHILD]
    ran = subprocess.run(words, input=json.dumps(work), capture_output=True, text=True, check=False, timeout=900)
    assert ran.returncode == 0, ran.stderr
    return {command: (folder / "told").read_text(encoding="utf-8") for command, folder in folders.items()}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_leaves_nothing_open_whatever_becomes_of_it(
    command: str,
    desk: Path,
    told: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An interpreter that warns of everything hears what any other one does, and gives the same exit codes."""
    lines = _lines(command)
    monkeypatch.chdir(shutil.copytree(desk, tmp_path / "here"))
    capsys.readouterr()
    codes = []
    for line in lines:
        codes.append(main(line))
        sys.stderr.write(f"[{codes[-1]}]\n")
    assert _alike(told[command], lines) == _alike(capsys.readouterr().err, lines)
    assert 0 in codes or command in ("audit", "resume", "retry", "cancel", *_groups())


def _alike(told: str, lines: list[list[str]]) -> str:
    """What was told; the ids that several workers take are up to their race, and a walk tells its seconds."""
    return re.sub(r" *\d+", "#", told) if any({"--workers", "--states"} & {*line} for line in lines) else told


def _groups() -> set[str]:
    return {command for command in COMMANDS if any(each.startswith(f"{command} ") for each in COMMANDS)}
