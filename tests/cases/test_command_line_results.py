"""The plan and the result as people get them: sheets of both forms, options in force, a question before a switch."""

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from crmcore.adapters.cli import main
from crmcore.adapters.cli.work import sheets
from crmcore.sample import activities_file, leads_file
from tests.printed import printed

FORMULA = '=HYPERLINK("http://example.com")'
LONG = "1234567890123456.78"
LEADS = f"""\
ID;TITLE;STATUS_ID;NAME;EMAIL_WORK;OPPORTUNITY;CURRENCY_ID;OBSERVER_IDS
3;third;NEW;Ann;ann@example.com;{LONG};EUR;5
1;"{FORMULA.replace('"', '""')}";NEW;Ünal;ann@example.com;1.50;EUR;
2;closed;JUNK;;;;;
"""
AT = "2026-01-31T12:00:00+00:00"

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS, encoding="utf-8")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a line; its exit code, its document where it prints one, and what people see."""

    def call(line: str) -> tuple[int, dict[str, Any], str]:
        code = main(line.split())
        said = capsys.readouterr()
        return code, printed(said.out) if said.out else {}, said.err

    return call


@pytest.fixture
def store(run: Run) -> str:
    """The same leads in a Classic CRM."""
    assert run("init --store crm.db --mode classic")[0] == 0
    assert run("import leads.csv --store crm.db")[0] == 0
    return "--store crm.db"


def _csv(path: str) -> list[dict[str, str]]:
    content = Path(path).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def _xlsx(path: str) -> list[dict[str, Any]]:
    (sheet,) = load_workbook(path).worksheets
    headings, *rows = sheet.iter_rows()
    for row in rows:
        assert {cell.data_type for cell in row} <= {"s", "n"}
    return [{str(h.value): cell.value for h, cell in zip(headings, row, strict=True)} for row in rows]


@pytest.mark.rule("CLI-6.1", "CLI-6.2", "CLI-6.3", "CLI-6.4")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("place", ["leads.csv", "--store crm.db"])
def test_the_plan_is_what_the_result_then_is(run: Run, store: str, place: str, form: str) -> None:
    """Sorted by id, with names; texts stay texts and amounts keep their digits; only ids come in by the switch."""
    read: Callable[[str], list[dict[str, Any]]] = {"csv": _csv, "xlsx": _xlsx}[form]
    code, plan, _ = run(f"switch {place} --preview --plan plan.{form} --json")
    assert (code, plan["files"], plan["folder"]) == (0, [f"plan.{form}"], ".")
    if place.startswith("--store"):
        assert run(f"switch {place}")[0] == 0
        Path("out").mkdir()
        code, document, _ = run(f"result {place} --out out/result.{form} --json")
        assert [lead["contact"]["found"] for lead in document["leads"]] == ["new", "new"]
    else:
        code, document, _ = run(f"switch {place} --out out --xlsx --json")
        assert document["groups"]["contacts"] == {"new": 2}
    assert code == 0
    assert f"result.{form}" in document["files"]
    planned, became = read(f"plan.{form}"), read(f"out/result.{form}")
    assert [int(row["Lead no."]) for row in became] == [1, 3]
    formula = FORMULA if form == "xlsx" else f"'{FORMULA}"
    assert (became[0]["Lead title"], became[0]["Contact name"], became[0]["Contact is"]) == (formula, "Ünal", "new")
    assert became[1]["Deal amount"] == LONG
    assert float(became[0]["Deal amount"]) == 1.5
    assert became[1]["Stays on the lead only"] == "observers"
    assert [int(row["Deal no."]) for row in became] == [1, 2]
    later = {"Deal no.", "Contact no.", "Lead stage"}
    assert [{k: v for k, v in row.items() if k not in later} for row in planned] == [
        {k: v for k, v in row.items() if k not in later} for row in became
    ]


@pytest.mark.rule("CLI-6.5")
def test_the_same_line_gives_the_same_bytes(run: Run) -> None:
    """All files of both folders, the workbook among them; without an instant, the clock stands in them."""
    for folder in ("a", "b"):
        line = f"switch leads.csv --out {folder} --xlsx --at {AT} --json"
        assert run(line)[0] == 0
    one, other = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in Path(folder).iterdir()}
        for folder in ("a", "b")
    )
    assert one == other
    assert len(one) == 9
    deals = json.loads(Path("a/crm.json").read_text(encoding="utf-8"))["deals"]
    assert {deal["created_at"] for deal in deals} == {"2026-01-31T12:00:00+00:00"}


@pytest.mark.rule("CLI-6.6")
def test_options_in_force_stand_on_every_preview_and_result(run: Run, store: str) -> None:
    """Also those that nobody gave."""
    lines = ("switch leads.csv --preview", "switch leads.csv", f"switch {store} --preview", f"switch {store}")
    for line in (*lines, f"result {store}", f"status {store}"):
        code, _, seen = run(line)
        assert code == 0
        words = " ".join(seen.replace(" (General)", "").split())
        assert "client contact; pipeline 0; open activities stay open; clients are not matched" in words, line
    seen = run("switch leads.csv --client both --match email --close-activities")[2]
    words = " ".join(seen.replace(" (General)", "").split())
    assert (
        "client contact and company; pipeline 0; open activities are completed; clients are matched by email" in words
    )


@pytest.mark.rule("CLI-6.2")
def test_switches_are_listed_and_each_has_its_result(run: Run, store: str) -> None:
    """The newest first; without a key the result is that of the last one."""
    assert run(f"switches {store}")[1:] == ({}, "There was no switch yet.\n")
    assert "There was no switch yet." in run(f"result {store}")[2]
    assert run(f"switch {store} --key one")[0] == 0
    assert run(f"to-classic {store}")[0] == 0
    Path("more.csv").write_text("ID;TITLE;STATUS_ID\n9;ninth;NEW\n", encoding="utf-8")
    assert run(f"import more.csv {store}")[0] == 0
    assert run(f"switch {store} --key two --client both")[0] == 0
    listed = run(f"switches {store} --json")[1]["switches"]
    assert [(each["key"], each["ended"], each["at_begin"]) for each in listed] == [
        ("two", "finished", 1),
        ("one", "finished", 2),
    ]
    assert [lead["id"] for lead in run(f"result {store} --json")[1]["leads"]] == [9]
    assert [lead["id"] for lead in run(f"result one {store} --json")[1]["leads"]] == [1, 3]
    code, document, _ = run(f"result three {store} --json")
    assert (code, document["refusal"]["code"]) == (1, "unknown_record")
    assert run(f"switches {store} --actor 9 --json")[0] == run(f"result {store} --actor 9 --json")[0] == 1
    seen = run(f"switches {store}")[2]
    assert "two" in seen
    assert "client contact and company" in seen


@pytest.mark.parametrize(
    "line, code, field",
    [
        ("switch leads.csv --plan plan.csv", "usage", "--plan"),
        ("switch leads.csv --preview --plan plan.txt", "unknown_format", "--plan"),
        ("switch leads.csv --preview --plan leads.csv", "file_exists", "--plan"),
        ("switch leads.csv --preview --plan nowhere/plan.csv", "not_a_folder", "--plan"),
        ("switch leads.csv --preview --plan folder.csv", "not_a_file", "--plan"),
        ("switch leads.csv --xlsx", "usage", "--xlsx"),
        ("switch leads.csv --at tomorrow", "invalid_value", "--at"),
        ("switch leads.csv --at 2026-01-31T12:00:00", "invalid_value", "--at"),
        ("switch --store crm.db --at 2026-01-31T12:00:00Z", "usage", "--at"),
        ("result --store crm.db --out crm.db", "unknown_format", "--out"),
        ("result --store crm.db --out leads.csv", "file_exists", "--out"),
    ],
)
def test_a_sheet_that_cannot_be_is_a_wrong_call(run: Run, line: str, code: str, field: str) -> None:
    """Nothing is written or switched, and a file from elsewhere stays."""
    Path("folder.csv").mkdir()
    before = sorted(path.name for path in Path().iterdir())
    exit_code, document, _ = run(f"{line} --json")
    assert (exit_code, [(each["code"], each["field"]) for each in document["errors"]]) == (2, [(code, field)])
    assert sorted(path.name for path in Path().iterdir()) == before
    assert Path("leads.csv").read_text(encoding="utf-8") == LEADS


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_sheet_of_an_earlier_run_is_replaced(run: Run, form: str) -> None:
    """The same line may be run again."""
    line = f"switch leads.csv --preview --plan plan.{form}"
    assert run(line)[0] == run(f"{line} --client both")[0] == 0


def test_a_result_is_not_taken_for_an_export_of_leads(run: Run) -> None:
    """It is refused before any row, and so is the plan."""
    assert run("switch leads.csv --out out --json")[0] == 0
    for command in ("switch", "inspect"):
        code, document, _ = run(f"{command} out/result.csv --json")
        assert (code, document["errors"][0]["line"]) == (2, 1), document


def test_without_the_extra_a_workbook_is_refused_by_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    for line in (
        "switch leads.csv --preview --plan p.xlsx",
        "switch leads.csv --out o --xlsx",
        "result --store x --out r.xlsx",
    ):
        code, document, _ = run(f"{line} --json")
        assert (code, document["errors"][0]["code"]) == (2, "missing_extra"), line
        assert "crmcore[excel]" in document["errors"][0]["message"]


@pytest.mark.rule("CLI-6.2")
def test_a_workbook_goes_on_in_another_sheet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet has its most rows, and no lead is lost at its end."""
    monkeypatch.setattr(sheets, "_MOST_ROWS", 2)
    assert run("switch leads.csv --preview --plan plan.xlsx")[0] == 0
    pages = load_workbook("plan.xlsx").worksheets
    assert [[row[0].value for row in page.iter_rows()] for page in pages] == [["Lead no.", 1], ["Lead no.", 3]]


def test_people_see_the_first_leads_and_the_groups(run: Run) -> None:
    """Ten leads on one line each, and how many there are of each kind."""
    code, _, seen = run(f"switch {leads_file()} --activities {activities_file()} --preview")
    assert code == 0
    assert "and 18 more; --plan FILE writes a row for each" in seen
    assert "company title" in seen
    lines = seen.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("lead "))
    assert [int(line.split()[0]) for line in lines[at + 2 : at + 12]] == [101, 102, 103, 104, *range(107, 113)]


@pytest.mark.rule("CLI-6.2")
@pytest.mark.parametrize("out", ["", " --out all.csv"])
def test_a_program_gets_every_lead_of_a_result(run: Run, out: str) -> None:
    """People get the first ten, and the same groups."""
    rows = "".join(f"{number};a;NEW\n" for number in range(1, 13))
    Path("many.csv").write_text(f"ID;TITLE;STATUS_ID\n{rows}", encoding="utf-8")
    for line in ("init --store many.db --mode classic", "import many.csv --store many.db", "switch --store many.db"):
        assert run(line)[0] == 0
    code, document, _ = run(f"result --store many.db --json{out}")
    assert (code, [lead["id"] for lead in document["leads"]]) == (0, list(range(1, 13)))
    assert document["groups"]["outcomes"] == {"converted": 12}


@pytest.mark.rule("CLI-6.9")
def test_names_stand_where_they_were_asked_for_alone(run: Run, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In no table that is redirected and in no document of a switch; `result --json` has them."""
    for line in (
        "switch leads.csv --preview",
        "switch leads.csv",
        f"switch {store} --preview",
        f"switch {store} --key k",
    ):
        for more in ("", " --json"):
            assert main([*(line + more).split()]) == 0
            said = capsys.readouterr()
            for personal in ("nal", "third", "1.50", "Ann", LONG):
                assert personal not in said.out + said.err, (line, more, personal)
    assert "third" not in run(f"result {store}")[2]
    assert [lead["title"] for lead in run(f"result {store} --json")[1]["leads"]] == [FORMULA, "third"]


CODE = """
import json, sys
from crmcore.adapters.cli import main
for line in json.loads(sys.argv[1]):
    print("code", main(line.split()))
"""


@pytest.mark.slow
@pytest.mark.rule("CLI-6.7", "CLI-6.8")
def test_a_terminal_is_asked_before_a_switch_begins(run: Run, store: str) -> None:
    """No, an empty line and an end of input leave everything; a yes begins, and --yes asks nothing."""
    terminals = pytest.importorskip("tools.pseudo_terminal", reason="needs pseudo-terminals")
    switch = f"switch {store}"
    lines = [switch, switch, switch, f"status {store}", switch, f"to-classic {store}", f"{switch} --yes", switch]
    words = [sys.executable, "-c", CODE, json.dumps(lines)]
    code, seen = terminals.on_terminal(words, columns=200, typed=b"no\n\n\x04yes\nno\nno\n")
    assert code == 0
    said = seen.decode()
    assert [int(code) for code in re.findall(r"code (\d+)", said)] == [130, 130, 130, 0, 0, 0, 0, 0]
    assert said.count("Begin the switch?") == 4
    assert "third" in said  # a terminal names what it is about
    assert said.count("not begun; nothing was changed") == 3
    assert said.partition("code 130\r\n")[2].count("The CRM is Simple now") == 2


@pytest.mark.slow
@pytest.mark.rule("CLI-7.2")
def test_the_package_runs_as_the_script_does() -> None:
    """With its exit codes."""
    words = [sys.executable, "-m", "crmcore", "audit", "nowhere.json", "--json"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, printed(ran.stdout)["result"]) == (2, "bad_input")
