"""Imports that the SQL store stages: what a killed command leaves, and what the same line makes of it (IMPORT-3)."""

import json
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from crmcore import Crm, Lead, UserId
from crmcore.adapters.bitrix24_csv.formats.facts import BLOCK
from crmcore.adapters.cli import main
from crmcore.adapters.cli.commands.transfer import import_into_store
from crmcore.adapters.cli.work.options import NO_FILES_BESIDE
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import create_portal, open_store
from crmcore.application.images import image_of
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query

ROWS = 4_100
#: Kills the process that imports once the beginning and a part are staged.
KILLED = """
import os, signal
from crmcore.adapters.cli import main
from crmcore.adapters.sql.parts import StoredStaging
add, left = StoredStaging.add, [2]
def kill(self, part, note):
    add(self, part, note)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
StoredStaging.add = kill
main()
"""


def _seller(id: int) -> str:
    """Who is responsible for a lead: somebody new in every part."""
    return f"Seller {'ABC'[id // 1_500]}"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CRM, a file of leads, and what is there once its import was killed."""
    folder = tmp_path_factory.mktemp("killed")
    rows = [f"{id};Lead {id};NEW;{_seller(id)}" for id in range(1, ROWS + 1)]
    (folder / "leads.csv").write_text("\n".join(["ID;TITLE;STATUS_ID;Responsible", *rows]), encoding="utf-8")
    url, roles = f"sqlite:///{folder / 'crm.db'}", {UserId(1): [ADMINISTRATOR]}
    create_portal(url, image=new_crm(CrmMode.CLASSIC), roles=roles).close()
    words = ["import", "leads.csv", "--store", "crm.db"]
    ran = subprocess.run([sys.executable, "-c", KILLED, *words], cwd=folder, capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    return folder


@pytest.fixture
def folder(killed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _there(folder: Path) -> tuple[int, list[int]]:
    """How many leads there are, and how many parts of each staging."""
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        parts = [len(store.staging(key).notes()) for key in store.stagings()]
        return len(image_of(store).leads), parts


def _status(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["status", "--store", str(folder / "crm.db"), *words]) == 0
    return " ".join("".join(capsys.readouterr()).split())


@pytest.mark.rule("IMPORT-3.4")
def test_status_lists_what_a_killed_import_has_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which file it was, since when, how many records are staged, and the two ways on; later there is none."""
    digest = sha256((folder / "leads.csv").read_bytes()).hexdigest()[:12]
    (staged,) = json.loads(_status(folder, capsys, "--json"))["staged"]
    age = datetime.now(UTC) - datetime.fromisoformat(staged["since"])
    assert timedelta(0) < age < timedelta(hours=1)
    assert staged["key"].startswith(f"crmcore import {digest} ")
    counts = {"leads": BLOCK, "activities": 0, "contacts": 0, "companies": 0}
    assert (staged["file"], staged["records"]) == (digest, counts)
    said = _status(folder, capsys)
    assert f"{digest} {staged['since'][:10]}" in said
    assert f"UTC {BLOCK}" in said
    assert "the same `crmcore import` again" in said
    assert "with --discard" in said
    _imported(folder)
    assert json.loads(_status(folder, capsys, "--json"))["staged"] == []
    assert "killed" not in _status(folder, capsys)


@pytest.mark.rule("IMPORT-3.4")
def test_status_lists_what_another_program_has_staged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its key, and with nothing that is not known."""
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        store.staging("another").add(Changes(expects=store.snapshot(Query()).read), "a part")
    other, _ = json.loads(_status(folder, capsys, "--json"))["staged"]
    assert other == {"key": "another", "file": None, "since": None, "records": None}
    assert "another" in _status(folder, capsys)


def _imported(folder: Path, *, discard: bool = False) -> int:
    place = Place(store=str(folder / "crm.db"))
    report = import_into_store(place, folder / "leads.csv", NO_FILES_BESIDE, lambda *_: None, discard=discard)
    return report.imported.leads


@pytest.mark.rule("IMPORT-3.4")
def test_the_same_line_goes_on_where_it_was_killed(folder: Path) -> None:
    """A killed import leaves nothing to be seen; the same line imports all, and nothing is staged any more."""
    assert _there(folder) == (0, [2])
    assert _imported(folder) == ROWS
    assert _there(folder) == (ROWS, [])


@pytest.mark.rule("IMPORT-3.4")
def test_another_file_is_another_import_and_discards_on_request(folder: Path) -> None:
    """What is left of the first stays until somebody discards it."""
    (folder / "leads.csv").write_text("ID;TITLE;STATUS_ID\n9001;New;NEW\n", encoding="utf-8")
    assert _imported(folder) == 1
    assert _there(folder) == (1, [2])
    (folder / "leads.csv").write_text("ID;TITLE;STATUS_ID\n9002;New;NEW\n", encoding="utf-8")
    assert _imported(folder, discard=True) == 1
    assert _there(folder) == (2, [])


@pytest.mark.rule("IMPORT-3.4", "CSV-6.12")
def test_the_names_of_the_parts_that_are_there_stay(folder: Path) -> None:
    """Whoever is named by another import meanwhile gets an id that no staged lead has."""
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        assert sorted(store.names.persons().values()) == ["Seller A", "Seller B"]
    line = (folder / "leads.csv").read_text(encoding="utf-8")
    (folder / "leads.csv").write_text("ID;TITLE;STATUS_ID;Responsible\n9001;New;NEW;Seller D\n", encoding="utf-8")
    assert _imported(folder) == 1
    (folder / "leads.csv").write_text(line, encoding="utf-8")
    assert _imported(folder) == ROWS
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        names = store.names.persons()
        leads = (lead for lead in image_of(store).leads.values() if isinstance(lead, Lead) and lead.id != 9_001)
        named = {int(lead.id): names[lead.responsible] for lead in leads}
    assert named == {id: _seller(id) for id in range(1, ROWS + 1)}


@pytest.mark.rule("IMPORT-3.1", "CSV-2.3")
def test_a_bad_row_behind_the_parts_takes_all_with_it(folder: Path) -> None:
    """Neither leads nor names of the parts before it are there, and nothing is staged any more."""
    with (folder / "leads.csv").open("a", encoding="utf-8") as file:
        file.write("\nx;Last;NEW;Seller E\n9002;After;NEW;Seller F\n")
    place = Place(store=str(folder / "crm.db"))
    report = import_into_store(place, folder / "leads.csv", NO_FILES_BESIDE, lambda *_: None)
    assert [(error.code, error.line) for error in report.errors] == [("bad_id", ROWS + 2)]
    assert _there(folder) == (0, [2])  # what was left behind by the file before it was mended
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        assert sorted(store.names.persons().values()) == ["Seller A", "Seller B"]


@pytest.mark.rule("STAGE-1.1")
def test_a_refused_file_defines_none_of_its_stages(folder: Path) -> None:
    """Its rows are read once before the stages that it brings are defined, so that their version stays."""
    before = _stages(folder)
    rows = "1;a;MINE;P\nx;b;MINE;P\n"
    (folder / "leads.csv").write_text(f"ID;TITLE;STATUS_ID;STATUS_SEMANTIC_ID\n{rows}", encoding="utf-8")
    assert _imported(folder) == 0
    assert _stages(folder) == before
    (folder / "leads.csv").write_text("ID;TITLE;STATUS_ID;STATUS_SEMANTIC_ID\n1;a;MINE;P\n", encoding="utf-8")
    assert _imported(folder) == 1
    assert _stages(folder)[0][-1] == "MINE"


def _stages(folder: Path) -> tuple[list[str], int]:
    """The codes of the lead stages, and their version."""
    with open_store(f"sqlite:///{folder / 'crm.db'}") as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        read = crm.lead_stages()
        return [str(stage.code) for stage in read.record.stages], read.version
