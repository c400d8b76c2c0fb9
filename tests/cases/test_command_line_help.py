"""What helps somebody who types: the overview, standard input, and a second file that needs an option."""

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.app import OVERVIEW, _app, commands_of
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.document import EXIT_CODES
from crmcore.adapters.memory import InMemoryStore
from crmcore.sample import activities_file, leads_file
from tests.printed import printed

LEADS = b"ID;TITLE;STATUS_ID\n1;one;NEW\n2;two;JUNK\n"
TEXT = OVERVIEW.read_text(encoding="ascii")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main([*words, "--json"])
    return code, printed(capsys.readouterr().out)


@pytest.mark.rule("CLI-7.1")
def test_the_overview_says_what_each_command_says_of_itself() -> None:
    """All commands and no others, each in its own words."""
    app = _app(InMemoryStore.classic, Terminal())
    names = {name for name in app if not name.startswith("-")}
    assert names == commands_of()
    words = " ".join(TEXT.split())
    for name in names:
        said = " ".join((app[name].help or "").strip().partition("\n\n")[0].split())
        assert f" {name} {said}" in words, name
    listed = re.findall(r"^  ([a-z-]+)  +[A-Z]", TEXT, re.MULTILINE)
    assert set(listed) == names
    assert max(map(len, TEXT.splitlines())) <= 80


def test_the_overview_has_every_exit_code_and_lines_that_can_be_typed() -> None:
    """Each code of the documents and that of an interruption; each example names a command and its options."""
    codes = {int(code) for code in re.findall(r"^  (\d+) ", TEXT, re.MULTILINE)}
    assert codes == {*EXIT_CODES.values(), 130}
    app = _app(InMemoryStore.classic, Terminal())
    examples = re.findall(r"^  crmcore (\S+)(.*)", TEXT, re.MULTILINE)
    assert len(examples) >= 7
    for name, rest in examples:
        known = {option for argument in app[name].assemble_argument_collection() for option in argument.names}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, name


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_package_shows_the_overview_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """To the letter, on standard output."""
    assert main(words) == 0
    assert capsys.readouterr().out == TEXT


@pytest.mark.slow
def test_the_script_shows_the_overview_without_loading_the_library() -> None:
    """Neither the package nor what it needs."""
    code = (
        "import sys; sys.argv[1:] = ['--help']; import crmcore_cli; code = crmcore_cli.main();"
        "sys.exit(code or len({'crmcore', 'attrs', 'cyclopts', 'rich'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, TEXT)


#: What a short command on a file of SQLite has no use for: readers of files, the other database, a bar that moves.
UNUSED = (
    "crmcore.adapters.bitrix24_csv.leads",
    "crmcore.adapters.document",
    "crmcore.adapters.memory",
    "crmcore.adapters.sql.rows.indexes",
    "cattrs",
    "psycopg",
    "rich.progress",
    "sqlalchemy.dialects.postgresql",
    "tomllib",
    "xml.etree",
)


@pytest.mark.slow
def test_status_loads_what_it_uses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What another command needs is loaded there, and the collector is out of the way while a command loads."""
    store = str(tmp_path / "crm.db")
    assert _json(capsys, "init", "--store", store)[0] == 0
    code = (
        f"import gc, sys; sys.argv[1:] = ['status', '--store', {store!r}]; import crmcore_cli;"
        f"assert crmcore_cli.main() == 0; print(sorted({set(UNUSED)} & set(sys.modules)));"
        "print(gc.get_threshold()[0] == crmcore_cli.OBJECTS, gc.get_freeze_count() > crmcore_cli.OBJECTS / 2)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[]", "True True"]


@pytest.mark.rule("CLI-7.3")
@pytest.mark.parametrize("words", [["switch", "-"], ["switch", "--preview", "-"], ["inspect", "-"]])
def test_a_hyphen_is_standard_input(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read once, whatever is looked at first."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LEADS)))
    code, document = _json(capsys, *words)
    assert code == 0
    if words[0] == "switch":
        assert document["totals"]["at_begin"] == 1


def test_standard_input_goes_into_a_store_and_beside_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For `import`, which looks at how it begins, for activities, and for the document of an audit."""
    assert main(["init", "--store", "crm.db", "--mode", "classic"]) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LEADS)))
    code, document = _json(capsys, "import", "-", "--store", "crm.db")
    assert (code, document["imported"]["leads"]) == (0, 2)
    Path("leads.csv").write_bytes(LEADS)
    activities = b"ID;TYPE;SUBJECT;OWNER_TYPE_ID;OWNER_ID;RESPONSIBLE_ID\n7;call;Ring;1;1;1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(activities)))
    code, document = _json(capsys, "switch", "leads.csv", "--activities", "-", "--out", "out")
    assert (code, document["activities"]["bound"]) == (0, 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("out/crm.json").read_bytes())))
    assert _json(capsys, "audit", "-")[0] == 0


def test_standard_input_that_is_not_open_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that cannot be read."""
    monkeypatch.setattr(sys, "stdin", None)
    code, document = _json(capsys, "switch", "-")
    assert (code, document["errors"][0]["code"]) == (2, "unreadable_file")


@pytest.mark.rule("CLI-7.4")
@pytest.mark.parametrize("words", ["switch leads.csv acts.csv", "import leads.csv acts.csv --store crm.db"])
def test_a_second_file_is_told_its_option(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The name that was typed too much, and how other files are given."""
    code, document = _json(capsys, *words.split())
    (error,) = document["errors"]
    assert (code, error["code"]) == (2, "usage")
    assert error["message"] == (
        "expected one file of leads, found more: acts.csv; other files go beside it, with --activities, --contacts, "
        "--companies"
    )


@pytest.mark.rule("CLI-7.5")
def test_what_was_written_is_named_with_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """For a switch and an export; a single file by its path."""
    Path("leads.csv").write_bytes(LEADS)
    assert main(["switch", "leads.csv", "--out", "a/b"]) == 0
    assert "Written to a/b: leads.csv, deals.csv" in capsys.readouterr().err
    assert main(["init", "--store", "crm.db", "--mode", "classic"]) == 0
    assert main(["export", "--store", "crm.db", "--out", "c"]) == 0
    assert "Written to c: leads.csv, deals.csv" in capsys.readouterr().err
    assert main(["switch", "leads.csv", "--preview", "--plan", "a/plan.csv"]) == 0
    assert "Written: a/plan.csv" in capsys.readouterr().err


HOW_TO = Path(__file__).resolve().parent.parent.parent / "docs" / "howto-files.md"


def test_every_line_of_the_how_to_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """In its order, on the sample, with exit 0 each; the files that it names are there afterwards."""
    Path("leads.csv").write_bytes(leads_file().read_bytes())
    Path("activities.csv").write_bytes(activities_file().read_bytes())
    newer = (
        leads_file()
        .read_text(encoding="utf-8")
        .replace("Twelve lamps", "Ten lamps")
        .replace("Wrong number", "No number")
    )
    Path("newer.csv").write_text(newer, encoding="utf-8")
    lines = re.findall(r"^crmcore (.*)", HOW_TO.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 11
    for line in lines:
        assert main(line.split()) == 0, (line, capsys.readouterr().err)
    assert {"plan.csv", "company.csv", "result", "crm.db"} <= {path.name for path in Path().iterdir()}
    assert (Path("result") / "result.csv").is_file()
