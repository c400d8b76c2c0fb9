"""Output that cannot be written: the command goes on to its exit code, and says so where somebody can read it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from tests.printed import printed
from tests.ready import CLASSIC, SAMPLE, lay

pytestmark = pytest.mark.slow  # each of these starts an interpreter

#: Load the command line once, and carry out each line in a process that ends as any interpreter does. What was loaded
#: is frozen: else every process would search all of it at its end.
CODE = """
import gc
gc.disable()
import json, os, sys
from pathlib import Path
from crmcore.adapters.cli import main
import crmcore.adapters.cli.commands.switch_store, crmcore.adapters.sql, rich.table  # for all of them

gc.freeze()
gc.enable()
told, *lines = sys.argv[1:]
codes = []
for line in lines:
    child = os.fork()
    if child == 0:
        sys.exit(main(line.split()))
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
Path(told).write_text(json.dumps(codes), encoding="utf-8")
"""

FULL = ">/dev/full"
CLOSED = ">&-"
ERRORS_FULL = "2>/dev/full"
ERRORS_CLOSED = "2>&-"


def _shell(redirected: str, told: Path, *lines: str) -> "subprocess.CompletedProcess[str]":
    """Lines as a shell runs them, with their streams as they are redirected; `told` has the exit code of each."""
    if "/dev/full" in redirected and not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    # Buffered, as it is without a terminal: what is left over would be written at the very end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    line = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-c", CODE, str(told), *lines]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=120, env=environment)


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A Classic CRM with the leads of the sample."""
    path = tmp_path / "crm.db"
    lay(path, CLASSIC, SAMPLE)
    return str(path)


@pytest.mark.rule("SWITCH-1", "CLI-2.1")
@pytest.mark.parametrize("redirected", [FULL, CLOSED, f"{FULL} {ERRORS_FULL}", f"{CLOSED} {ERRORS_CLOSED}"])
def test_a_switch_whose_document_is_lost_has_happened(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], redirected: str
) -> None:
    """Exit 0, since the CRM is Simple; one line on standard error says why nothing was printed, where that is heard."""
    ran = _shell(redirected, tmp_path / "told", f"switch --json --store {store}")
    assert (ran.returncode, ran.stdout, (tmp_path / "told").read_text("utf-8")) == (0, "", "[0]")
    if "2>" in redirected:
        assert ran.stderr == ""
    else:
        assert ran.stderr.startswith("standard output could not be written: ")
        assert len(ran.stderr.splitlines()) == 1
    assert main(["status", "--json", "--store", store]) == 0
    assert printed(capsys.readouterr().out)["state"] == "simple"


@pytest.mark.rule("CLI-1.1", "CLI-1.2", "CLI-1.3", "CLI-2.2")
@pytest.mark.parametrize("redirected", [ERRORS_FULL, ERRORS_CLOSED])
def test_tables_that_nobody_can_read_change_nothing(store: str, tmp_path: Path, redirected: str) -> None:
    """Each exit code is what it would have been, and standard output stays free."""
    lines = ("switch --preview", "switch --actor 9", "switch", "x")
    ran = _shell(redirected, tmp_path / "told", *(f"{line} --store {store}" for line in lines))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert json.loads((tmp_path / "told").read_text("utf-8")) == [0, 1, 0, 2]


@pytest.mark.parametrize("redirected", [FULL, CLOSED])
def test_every_command_ends_as_it_would_have(tmp_path: Path, redirected: str) -> None:
    """Also those that print words on standard output."""
    lines = ("--help", "--version", "switch --help", "demo", "no-such-command --json")
    ran = _shell(redirected, tmp_path / "told", *lines)
    assert json.loads((tmp_path / "told").read_text("utf-8")) == [0, 0, 0, 0, 2]
    assert ran.returncode == 0
    assert ran.stderr.count("standard output could not be written") == len(lines)
    assert "Traceback" not in ran.stderr


def test_the_streams_of_a_host_are_its_own_again() -> None:
    """A program that calls the command line prints afterwards as it did before."""
    before = sys.stdout, sys.stderr
    assert main(["--version"]) == 0
    assert (sys.stdout, sys.stderr) == before


def test_an_outlet_leaves_its_stream_alone_when_it_is_collected() -> None:
    """It neither flushes nor closes a stream that belongs to somebody else, be that stream open or closed."""
    code = (
        "import io\n"
        "from crmcore.adapters.cli.terminal.streams import Outlet\n"
        "open_one, closed_one = (io.TextIOWrapper(io.BytesIO(), encoding='utf-8') for _ in range(2))\n"
        "for stream in (open_one, closed_one):\n"
        "    outlet = Outlet(stream)\n"
        "    outlet.writelines(['a', 'b'])\n"
        "    if stream is closed_one:\n"
        "        stream.close()\n"
        "    del outlet\n"
        "print(open_one.buffer.getvalue())\n"
    )
    ran = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "b''\n", "")
