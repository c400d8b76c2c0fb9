"""Real processes on a SQLite file: one that switches is interrupted or killed in the middle, another goes on."""

import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from tests.printed import printed
from tests.script import SCRIPT

pytestmark = pytest.mark.slow  # each of these starts an interpreter

#: So many that nobody is too slow to stop a switch of small chunks between the first few and the last.
LEADS, CHUNK, FIRST = 500, 3, 30


def _started(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Classic CRM with many active leads, each with an activity."""
    folder = tmp_path_factory.mktemp("large")
    leads, activities, path = folder / "leads.csv", folder / "activities.csv", folder / "crm.db"
    ids = range(1, LEADS + 1)
    leads.write_text("\n".join(["ID;TITLE;EMAIL_WORK", *(f"{id};Lead {id};l{id}@x.example" for id in ids)]))
    activities.write_text("\n".join(["ID;LEAD_ID;SUBJECT", *(f"{id};{id};Call" for id in ids)]))
    assert main(["init", "--mode", "classic", "--store", str(path)]) == 0
    assert main(["import", str(leads), "--activities", str(activities), "--store", str(path)]) == 0
    return path


@pytest.fixture
def file(large: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(large, tmp_path))


def _converted(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM crm_ledger_rows").fetchone()[0]
    return count


def _stopped_in_the_middle(path: Path, number: signal.Signals) -> tuple[int, str, str]:
    """Switch until some leads are converted, and send the signal then."""
    process = _started("switch", "--client", "both", "--chunk", str(CHUNK), "--json", "--store", str(path))
    while process.poll() is None and _converted(path) < FIRST:
        time.sleep(0.001)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert FIRST <= _converted(path) < LEADS, (process.returncode, err)
    return process.returncode, out, err


def _went_on(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """This process is another one than the one that was stopped."""
    capsys.readouterr()
    code = main([*words, "--json", "--store", str(path)])
    out, err = capsys.readouterr()
    assert code == 0, err
    report = printed(out)
    assert (report["result"], report["state"]) == ("switched", "simple")
    assert report["totals"]["converted"] == len(report["leads"]) == LEADS
    assert len({lead["deal_id"] for lead in report["leads"]}) == LEADS
    assert report["created"] == {"deals": LEADS, "contacts": LEADS, "companies": LEADS}
    assert report["activities"]["bound"] == LEADS
    assert main(["doctor", "--laws", "--store", str(path)]) == 0


@pytest.mark.rule("SWITCH-5", "SWITCH-1", "SWITCH-4")
def test_an_interrupted_switch_is_gone_on_with_by_the_line_that_it_tells(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 130 after a whole chunk, no document, and the way on."""
    code, out, err = _stopped_in_the_middle(file, signal.SIGINT)
    assert (code, out) == (130, "")
    assert _converted(file) % CHUNK == 0
    assert f"{_converted(file)} of {LEADS} leads are done" in err
    told = shlex.split(err.strip().splitlines()[-1].removeprefix("continue with: "))
    assert told == ["crmcore", "resume", "--store", str(file), "--chunk", str(CHUNK)]
    _went_on(file, capsys, told[1], *told[4:])


@pytest.mark.rule("SWITCH-5", "SWITCH-1", "SWITCH-4")
@pytest.mark.parametrize("words", [("resume",), ("switch", "--client", "both")], ids=" ".join)
def test_a_killed_switch_is_gone_on_with(
    file: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """By `resume`, or by the same line again; no lead is lost and none becomes two deals."""
    code, _, _ = _stopped_in_the_middle(file, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert _converted(file) % CHUNK == 0
    _went_on(file, capsys, *words)
