"""What a command line does with the names of files: those it reads, and the folder that it writes into."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.work.session import Place
from crmcore.sample import leads_file
from tests.printed import printed
from tests.ready import CLASSIC, lay

LONG = "x" * 300
DEVICE = "/dev/zero"
SAMPLE = str(leads_file())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay(Path("crm.db"), CLASSIC)
    os.mkfifo("pipe")
    Path("nowhere").symlink_to("missing")
    Path("circle").symlink_to("circle")
    Path("folder").mkdir()


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code of a line, and the code of the first thing that is wrong."""

    def run(*words: str) -> tuple[int, str]:
        code = main([*words, "--json"])
        errors = printed(capsys.readouterr().out)["errors"]
        return code, "".join(str(error["code"]) for error in errors[:1])

    return run


@pytest.mark.parametrize("name", [LONG, "pipe", "folder", DEVICE, "nowhere", "circle"])
@pytest.mark.parametrize(
    "line",
    ["switch {}", "switch leads.csv --activities {}", "audit {}", "import {} --store crm.db"],
)
def test_what_cannot_be_read_as_a_file_is_a_wrong_call(run: Run, line: str, name: str) -> None:
    """Exit 2, whatever it is, at once and with what is wrong; nothing is waited for."""
    Path("leads.csv").write_bytes(leads_file().read_bytes())
    for kind in (name, f"{name}.json") if name == LONG else (name,):
        assert run(*(word.replace("{}", kind) for word in line.split(" "))) == (2, "unreadable_file")


def test_a_file_of_activities_that_is_a_device_is_named_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """The memory is not filled with it."""
    assert main(["switch", SAMPLE, "--activities", DEVICE, "--json"]) == 2
    (error,) = printed(capsys.readouterr().out)["errors"]
    assert (error["file"], error["message"]) == (DEVICE, "expected a file, found a device")


@pytest.mark.parametrize("name", [LONG, "pipe", "folder", DEVICE, "nowhere", "circle"])
@pytest.mark.parametrize("command", ["init", "status", "doctor", "db upgrade"])
def test_a_store_that_can_be_no_file_is_a_wrong_call(run: Run, command: str, name: str) -> None:
    """Exit 2, and nothing is made where a link leads."""
    code, said = run(*command.split(), "--store", name)
    assert (code, said in ("foreign_store", "unreachable_store", "missing_store", "invalid_value")) == (2, True)
    assert not Path("missing").exists()


@pytest.mark.parametrize("name", [LONG, "pipe", DEVICE, "nowhere", "circle", "nowhere/below", f"new/{LONG}"])
@pytest.mark.parametrize("line", [f"switch {SAMPLE}", "export --store crm.db"])
def test_an_out_where_no_folder_can_be_is_a_wrong_call(run: Run, line: str, name: str) -> None:
    """Exit 2, before anything is read or made."""
    assert run(*line.split(), "--out", name) == (2, "not_a_folder")
    assert not Path("missing").exists()
    assert not Path("new").exists()


@pytest.mark.parametrize("name", ["leads.csv", "crm.json"])
def test_a_pipe_in_the_place_of_a_file_to_write_is_not_waited_for(run: Run, name: str) -> None:
    """It is no file of an earlier run."""
    os.mkfifo(f"folder/{name}")
    assert run("export", "--store", "crm.db", "--out", "folder") == (2, "not_a_file")


STORES = {
    "as an address": "sqlite:///leads.csv",
    "as an address with its driver": "sqlite+pysqlite:///leads.csv",
    "as an absolute address": "sqlite:////{}/leads.csv",
    "as a path": "./leads.csv",
    "through a link": "link.db",
    "as an address of a link": "sqlite:///link.db",
    "as a hard link": "sqlite:///hard.db",
    "through a folder": "folder/../leads.csv",
    "through a linked folder": "sqlite:///here/leads.csv",
}


@pytest.mark.parametrize("store", STORES.values(), ids=STORES.keys())
def test_a_database_is_never_written_over(run: Run, tmp_path: Path, store: str) -> None:
    """However it is named, and also where the folder has files of an earlier run."""
    Path("crm.db").rename("leads.csv")
    Path("link.db").symlink_to("leads.csv")
    Path("hard.db").hardlink_to("leads.csv")
    Path("here").symlink_to(tmp_path)
    store = store.replace("{}", str(tmp_path))
    Path("crm.json").write_text('{"format": "crmcore.crm/1"}', encoding="utf-8")
    before = Path("leads.csv").read_bytes()
    assert run("export", "--out", ".", "--store", store) == (2, "input_file")
    assert Path("leads.csv").read_bytes() == before


@pytest.mark.parametrize("option", ["--activities", "--mapping"])
def test_no_file_that_a_switch_reads_is_written_over(run: Run, option: str) -> None:
    """Whatever it is read for, and under whatever name it lies in the folder."""
    Path("read").write_text("", encoding="utf-8")
    Path("folder/deals.csv").hardlink_to("read")
    Path("folder/crm.json").write_text('{"format": "crmcore.crm/1"}', encoding="utf-8")
    assert run("switch", SAMPLE, option, "read", "--out", "folder") == (2, "input_file")


@pytest.mark.parametrize("answer", ['{{"result": [{}], "total": 1}}', '[{{"result": [{}]}}]', "[{}]"])
def test_an_answer_is_imported_as_leads_whatever_its_name(run: Run, answer: str) -> None:
    """A name that ends in `.json` makes it no document of a whole CRM."""
    lead = '{"ID": "7", "TITLE": "a", "STATUS_ID": "NEW"}'
    Path("leads.json").write_text(answer.format(lead), encoding="utf-8")
    assert run("import", "leads.json", "--store", "crm.db") == (0, "")


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal"])
def test_what_lies_beside_a_database_is_never_written_over(run: Run, beside: str) -> None:
    """SQLite keeps there what is not yet in the file, under the name that the file has and not under that of a link."""
    Path("link.db").symlink_to("crm.db")
    with closing(sqlite3.connect("crm.db")) as holding:
        holding.execute("BEGIN IMMEDIATE")
        Path(f"crm.db{beside}").touch()
        Path("folder/deals.csv").hardlink_to(f"crm.db{beside}")
        for store in ("crm.db", "sqlite:///link.db"):
            assert run("export", "--out", "folder", "--store", store) == (2, "input_file")


def test_the_files_of_an_address_are_those_that_are_read() -> None:
    """The options of a server may name files too; a mistyped address names none."""
    where = Place(store="postgresql://host/crm?sslkey=key.pem&sslcert=cert.pem&passfile=pass")
    assert {*map(str, where.files())} == {"key.pem", "cert.pem", "pass"}
    assert Place(store="mysql://host/crm").files() == ()


@pytest.mark.parametrize("name", ["leads.csv", "crm.json"])
def test_a_link_among_the_files_to_write_is_not_replaced_without_a_word(run: Run, name: str) -> None:
    """It is somebody's, wherever it leads."""
    Path(f"folder/{name}").symlink_to("missing")
    assert run("export", "--store", "crm.db", "--out", "folder") == (2, "file_exists")
    assert Path(f"folder/{name}").is_symlink()


def test_nothing_is_written_through_a_link_that_was_put_in_a_shared_folder(run: Run) -> None:
    """Named as the files are while they are being written."""
    Path("victim").write_text("mine", encoding="utf-8")
    for name in ("leads.csv", "deals.csv", "names.csv", "crm.json"):
        Path(f"folder/.{name}.{os.getpid()}.part").symlink_to("../victim")
    code, _ = run("export", "--store", "crm.db", "--out", "folder")
    assert (code, Path("victim").read_text(encoding="utf-8")) == (0, "mine")
    assert not Path("folder/leads.csv").is_symlink()


@pytest.mark.rule("CSV-2.5")
@pytest.mark.parametrize("line", ["switch leads.csv", "switch leads.csv --preview", "import leads.csv --store crm.db"])
def test_rows_that_are_left_out_are_written_to_be_mended(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Those of activities to a file of their own; where no row is left out nothing is written."""
    Path("leads.csv").write_text("ID;TITLE\n1;a\nx;b\n", encoding="utf-8")
    Path("calls.csv").write_text("ID;LEAD_ID;TYPE\n5;1;call\n6;9;call\n", encoding="utf-8")
    options = ("--activities", "calls.csv", "--skip-bad-rows", "--rejects", "rejects.csv", "--json")
    assert main([*line.split(), *options]) == 0
    assert printed(capsys.readouterr().out)["rejects"] == ["rejects.csv", "rejects-activities.csv"]
    assert "expected a whole number above 0" in Path("rejects.csv").read_text(encoding="utf-8-sig")
    assert '"6";"9";"call"' in Path("rejects-activities.csv").read_text(encoding="utf-8-sig")
    Path("leads.csv").write_text("ID;TITLE\n1;a\n", encoding="utf-8")
    assert main([*line.split(), "--skip-bad-rows", "--rejects", "more.csv", "--json"]) == 0
    assert (printed(capsys.readouterr().out)["rejects"], Path("more.csv").exists()) == ([], False)
    Path("leads.csv").write_text("ID;TITLE\n1;a\nx;b\n", encoding="utf-8")
    assert main([*line.split(), "--skip-bad-rows", "--rejects", "more.csv"]) == 0
    assert "Rows to correct and to read again: more.csv" in capsys.readouterr().err


def test_a_place_for_rows_left_out_that_is_none_is_a_wrong_call(run: Run) -> None:
    """Nothing is imported, and nothing that is there is overwritten."""
    Path("leads.csv").write_text("ID;TITLE\n1;a\nx;b\n", encoding="utf-8")
    line = ("import", "leads.csv", "--store", "crm.db")
    assert run(*line, "--rejects", "rejects.csv") == (2, "usage")
    for name in ("leads.csv", "nowhere", "folder"):
        assert run(*line, "--skip-bad-rows", "--rejects", name) == (2, "usage")
    Path("rejects-activities.csv").touch()
    assert run(*line, "--skip-bad-rows", "--rejects", "rejects.csv") == (2, "usage")
    for name in ("missing/rejects.csv", "-"):
        assert run(*line, "--skip-bad-rows", "--rejects", name) == (2, "usage")
    with closing(sqlite3.connect("crm.db")) as database:
        assert database.execute("SELECT count(*) FROM crm_lead").fetchone() == (0,)


@pytest.mark.rule("CSV-2.5")
@pytest.mark.parametrize(
    "words",
    [
        ("--rejects", "leads.csv", "--out", "."),
        ("--rejects", "LEADS.csv", "--out", "folder/.."),
        ("--rejects", "folder/result.xlsx", "--out", "folder"),
        ("--rejects", "plan.csv", "--preview", "--plan", "plan.csv"),
        ("--rejects", "plan.csv", "--preview", "--plan", "plan-activities.csv"),
    ],
    ids=" ".join,
)
def test_rows_left_out_are_not_overwritten_by_what_else_is_written(run: Run, words: tuple[str, ...]) -> None:
    """The one file that has them would be gone; the call is wrong before anything is written."""
    Path("given.csv").write_text("ID;TITLE\n1;a\nx;b\n", encoding="utf-8")
    before = sorted(Path().rglob("*"))
    assert run("switch", "given.csv", "--skip-bad-rows", *words) == (2, "usage")
    assert sorted(Path().rglob("*")) == before


def test_a_file_that_cannot_take_rows_left_out_is_a_failure(run: Run) -> None:
    """The folder may fail after it was looked at; nothing is imported."""
    Path("leads.csv").write_text("ID;TITLE\n1;a\nx;b\n", encoding="utf-8")
    line = ("import", "leads.csv", "--store", "crm.db", "--skip-bad-rows", "--rejects", f"{LONG}.csv")
    assert run(*line) == (4, "store_failed")
    with closing(sqlite3.connect("crm.db")) as database:
        assert database.execute("SELECT count(*) FROM crm_lead").fetchone() == (0,)
