"""No option is accepted without effect: each changes what a command answers or writes, or is refused by its name.

The options are those of the commands themselves, each tried with a file and with a store.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.app import _app
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.memory import InMemoryStore
from tests.printed import printed

#: The commands that work in more than one way; `LEADS` stands for a file of leads.
WAYS = {
    "switch of a file": "switch LEADS --out out --at 2026-01-01T00:00:00Z",
    "switch of a store": "switch --store crm.db",
    "import of leads": "import LEADS --store crm.db",
    "import of a document": "import crm.json --store empty.db",
    "inspect": "inspect LEADS",
    "audit of a document": "audit crm.json",
    "audit of a store": "audit --store crm.db",
}


class Try(NamedTuple):
    """How an option is given so that it has an effect, the file of leads, and what has to stand before it."""

    given: str
    leads: str = "leads.csv"
    before: str = ""


TRIES = {
    "--activities": Try("activities.csv"),
    "--contacts": Try("contacts.csv"),
    "--companies": Try("companies.csv"),
    "--client": Try("both"),
    "--pipeline": Try("7"),
    "--close-activities": Try("", "leads.csv", "--activities activities.csv"),
    "--match": Try("email"),
    "--preview": Try(""),
    "--chunk": Try("7"),
    "--workers": Try("2"),
    "--pace": Try("7"),
    "--key": Try("mine"),
    "--plan": Try("plan.csv", "leads.csv", "--preview"),
    "--yes": Try(""),
    "--at": Try("2026-02-02T00:00:00Z"),
    "--out": Try("other"),
    "--xlsx": Try(""),
    "--mapping": Try("mapping.toml"),
    "--stages": Try("stages.json", "own.csv"),
    "--pipelines": Try("pipelines.json"),
    "--language": Try("it", "italian.csv"),
    "--encoding": Try("cp1252", "latin.csv"),
    "--dates": Try("mdy", "days.csv"),
    "--number": Try("", "foreign.csv"),
    "--all-new": Try("", "doubt.csv"),
    "--unlinked": Try("", "linked.csv"),
    "--partial": Try("", "page.json"),
    "--skip-bad-rows": Try("", "bad.csv"),
    "--rejects": Try("rejects.csv", "bad.csv", "--skip-bad-rows"),
    "--existing": Try("skip", "changed.csv"),
    "--discard": Try(""),
    "--write": Try("draft.toml"),
    "--store": Try("nowhere.db"),
    "--portal": Try("nowhere"),
    "--actor": Try("9"),
    "--schema": Try("nowhere"),
}
#: What says nothing that an answer shows, and where.
SILENT = {
    "--keep-activities": ("switch", "it is the default, and its other form is tried"),
    "--json": ("", "every line has it"),
    "--yes": ("switch of a store", "only a terminal is asked"),
    "--discard": ("import of leads", "no import was killed before"),
    "--chunk": ("switch", "how many leads one commit converts"),
    "--workers": ("switch of a store", "how many processes convert the same leads"),
    "--pace": ("switch of a store", "how fast they do"),
}
FILES = {
    "leads.csv": "ID;TITLE;STATUS_ID;EMAIL_WORK;COMPANY_TITLE\n1;a;NEW;a@b.example;A\n2;b;IN_PROCESS;a@b.example;B\n",
    "changed.csv": "ID;TITLE;STATUS_ID;EMAIL_WORK;COMPANY_TITLE\n1;other;NEW;a@b.example;A\n",
    "activities.csv": "ID;LEAD_ID;SUBJECT\n5;1;Call\n",
    "contacts.csv": "ID;NAME;LAST_NAME\n503;Ada;Proba\n",
    "companies.csv": "ID;TITLE;COMPANY_TYPE\n7;Acme;CLIENT\n",
    "mapping.toml": '[headings]\n"EMAIL_WORK" = ""\n',
    "stages.json": json.dumps(
        {"result": [{"ENTITY_ID": "STATUS", "STATUS_ID": "NEW", "NAME": "b", "SEMANTICS": None},
                    {"ENTITY_ID": "STATUS", "STATUS_ID": "UC_1", "NAME": "New one", "SEMANTICS": "F"}]}
    ),
    "pipelines.json": '{"result": {"categories": [{"id": 7, "name": "Partners", "entityTypeId": 2}]}}',
    "own.csv": "ID;TITLE;Stage\n11;a;New one\n",
    "italian.csv": "ID;TITLE;Fase\n11;a;In lavorazione\n",
    "days.csv": "ID;TITLE;BIRTHDATE\n11;a;03/04/1990\n",
    "foreign.csv": "ID;TITLE\n00Q5;a\n",
    "doubt.csv": "ID;TITLE;Stato\n11;a;perso\n",
    "linked.csv": "ID;TITLE;CONTACT_ID\n11;a;503\n",
    "page.json": '{"result": [{"ID": "11", "TITLE": "a"}], "total": 2}',
    "bad.csv": "ID;TITLE\nx;a\n11;b\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file, a Classic CRM with the leads, an empty one, and the document of one."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        Path("latin.csv").write_bytes("ID;TITLE\n11;Città\n".encode("cp1252"))
        for name in ("crm.db", "empty.db"):
            assert main(["init", "--mode", "classic", "--store", name]) == 0
        assert main(["import", "leads.csv", "--store", "crm.db"]) == 0
        assert main(["export", "--store", "crm.db", "--out", "exported"]) == 0
        Path("exported/crm.json").rename("crm.json")
        shutil.rmtree("exported")
    return folder


def _options(command: str) -> list[str]:
    arguments = _app(InMemoryStore.classic, Terminal())[command].assemble_argument_collection()
    return sorted({name for each in arguments for name in each.names if name.startswith("--")})


def _cases() -> Iterator[tuple[str, str]]:
    for way, line in WAYS.items():
        for option in _options(line.split()[0]):
            place, _ = SILENT.get(option, ("nowhere", ""))
            if not way.startswith(place):
                yield way, option


def _with(line: str, option: str, value: str) -> str:
    """A line with an option, in place of what it says of it already."""
    found = re.sub(rf" {option} \S+", "", line)
    return f"{found} {option} {value}".rstrip()


def _came_of(desk: Path, folder: Path, line: str, capsys: pytest.CaptureFixture[str]) -> tuple[Any, dict[str, bytes]]:
    """What a line answers, without moments, and the files that it leaves behind."""
    shutil.copytree(desk, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        capsys.readouterr()
        main([*line.split(), "--json"])
    answer = capsys.readouterr().out
    printed(answer)
    answer = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "then", answer)
    new = {path for path in folder.rglob("*") if path.is_file() and not (desk / path.relative_to(folder)).exists()}
    files = {str(path.relative_to(folder)): path.read_bytes() for path in new if path.suffix != ".db"}
    return json.loads(answer), files


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """What came of lines without the option that is tried."""
    return {}


def test_every_option_is_tried() -> None:
    """An option that is new here has to be given in a way in which it has an effect."""
    options = {option for line in WAYS.values() for option in _options(line.split()[0])}
    assert options == TRIES.keys() | SILENT.keys()


@pytest.mark.rule("CLI-7.6")
@pytest.mark.parametrize("way, option", [*_cases()])
def test_an_option_has_an_effect_or_is_refused(
    way: str,
    option: str,
    desk: Path,
    known: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever gives it expects something, and learns here that nothing comes of it."""
    given, leads, before = TRIES[option]
    line = WAYS[way].replace("LEADS", leads)
    if way in ("switch of a file", "import of leads", "inspect"):
        line = f"{line} {before}".rstrip()
    if line not in known:
        known[line] = _came_of(desk, tmp_path / "without", line, capsys)
    answer, files = _came_of(desk, tmp_path / "with", _with(line, option, given), capsys)
    refused = [error["field"] for error in answer["errors"] if error["code"] == "usage"]
    assert option in refused or (answer, files) != known[line]


@pytest.mark.parametrize(
    "line, option",
    [
        ("serve --portal north", "--portal"),
        ("serve --schema north", "--schema"),
        ("db upgrade --store crm.db --portal north", "--portal"),
        ("inspect leads.csv --skip-bad-rows", "--skip-bad-rows"),
        ("inspect leads.csv --rejects rejects.csv", "--rejects"),
    ],
)
def test_an_option_that_a_command_has_no_use_for_is_refused(
    line: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, before anything is read or served."""
    assert main([*line.split(), "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert option in (error["field"] or "") + error["message"]
