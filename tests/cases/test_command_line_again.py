"""What comes again: persons by name over several imports, halves and overlaps, and leads that are there already."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, CrmMode, Grant, InvalidValue, Kind, Level, Operation, Refused, Role, StoreBusy, UserId
from crmcore.adapters.cli import main
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import SqlStore, create_portal, open_store
from crmcore.domain.model.image import new_crm
from tests.printed import printed
from tests.ready import lay_made

NOBODY = UserId(8)
ROLES = {UserId(1): [ADMINISTRATOR], NOBODY: [Role(name="nothing")]}
LEADS = ["1;a;NEW;Bea", "2;b;JUNK;Ugo", "3;c;NEW;", "4;d;NEW;bea ", "5;e;NEW;Ada"]


def _classic(url: str) -> None:
    create_portal(url, image=new_crm(CrmMode.CLASSIC), roles=ROLES).close()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay_made(Path("crm.db"), _classic)


def _file(*rows: str) -> str:
    Path("leads.csv").write_text("\n".join(["ID;TITLE;STATUS_ID;Ответственный", *rows]) + "\n", encoding="utf-8")
    return "leads.csv"


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code = main([*words, "--store", "crm.db", "--json"])
    document: dict[str, Any] = printed(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


def _exported(capsys: pytest.CaptureFixture[str], out: str) -> tuple[Any, dict[str, str]]:
    """The document of the store, and its persons by id as `names.csv` has them."""
    assert _json(capsys, "export", "--out", out)["result"] == "done"
    with (Path(out) / "names.csv").open(encoding="utf-8", newline="") as file:
        names = {row["STATUS_ID"]: row["NAME"] for row in csv.DictReader(file, delimiter=";")}
    return json.loads((Path(out) / "crm.json").read_text(encoding="utf-8"))["leads"], names


@pytest.mark.rule("CSV-6.12")
def test_a_person_has_one_id_over_all_imports(capsys: pytest.CaptureFixture[str], shared: Path) -> None:
    """Said with each import, and written with each export; nobody gets the id of whoever stands in for nobody."""
    folder = shared / "data" / "field"
    first = _json(capsys, "import", str(folder / "29-half-one.csv"))["names"]["persons"]
    second = _json(capsys, "import", str(folder / "29-half-two.csv"))["names"]["persons"]
    both = first.keys() & second.keys()
    assert both
    assert {id: first[id] for id in both} == {id: second[id] for id in both}
    assert len({*first.values(), *second.values()}) == len({**first, **second})
    assert "1" not in {**first, **second}
    _, names = _exported(capsys, "out")
    assert names == {**first, **second}


@pytest.mark.rule("CSV-12.4")
def test_a_refused_import_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither stages nor names that the file brought are there afterwards; those that were there before stay."""
    assert _json(capsys, "import", _file("8;a;NEW;Bea"))["result"] == "done"
    assert _json(capsys, "stages", "add", "SEEN", "--means", "in process")["result"] == "done"
    assert _json(capsys, "switch")["result"] == "switched"
    before = _exported(capsys, "before"), _json(capsys, "stages", "list")["stages"]
    Path("mapping.toml").write_text('[stages]\n"Visited" = { code = "VISITED", means = "in process" }\n')
    file = _file("1;a;Visited;Ugo", "2;b;JUNK;Bea")
    for _ in range(2):
        no = _json(capsys, "import", file, "--mapping", "mapping.toml")
        assert (no["refusal"]["code"], no["new_stages"]) == ("classic_only", [])
        assert (_exported(capsys, "after"), _json(capsys, "stages", "list")["stages"]) == before
    assert main(["import", file, "--mapping", "mapping.toml", "--store", "crm.db"]) == 1
    assert "updated" not in capsys.readouterr().err  # what was not done has no numbers
    assert _json(capsys, "to-classic")["result"] == "done"
    again = _json(capsys, "import", file, "--mapping", "mapping.toml")
    assert ([stage["code"] for stage in again["new_stages"]], again["imported"]["leads"]) == (["VISITED"], 2)


@pytest.mark.rule("CSV-6.12", "IMPORT-1.3")
def test_halves_and_overlaps_give_what_the_whole_gives(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that come again are skipped, whoever they name."""
    for rows in (LEADS[:3], LEADS[1:4], LEADS[2:]):
        assert _json(capsys, "import", _file(*rows))["result"] == "done"
    halves = _exported(capsys, "halves")
    Path("crm.db").unlink()
    lay_made(Path("crm.db"), _classic)
    assert _json(capsys, "import", _file(*LEADS))["imported"]["leads"] == 5
    assert _exported(capsys, "whole") == halves
    assert halves[1] == {"2": "Bea", "3": "Ugo", "4": "Ada"}


def test_an_id_that_a_file_gives_goes_to_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it came with this file or with another one."""
    _json(capsys, "import", _file("1;a;NEW;3", "2;b;NEW;Bea"))
    _json(capsys, "import", _file("3;c;NEW;Ugo", "4;d;NEW;4"))
    assert _exported(capsys, "out")[1] == {"2": "Bea", "5": "Ugo"}


def test_a_mapping_cannot_give_a_name_another_id(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is imported then; it may give the same id to another spelling."""
    _json(capsys, "import", _file("1;a;NEW;Bea"))
    Path("mapping.toml").write_text("[persons]\nBea = 9\n", encoding="utf-8")
    again = _file("2;b;NEW;Bea", "3;c;NEW;Beatrice")
    document = _json(capsys, "import", again, "--mapping", "mapping.toml")
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, "--mapping")
    assert len(_exported(capsys, "before")[0]) == 1
    Path("mapping.toml").write_text("[persons]\nBeatrice = 2\n", encoding="utf-8")
    assert _json(capsys, "import", again, "--mapping", "mapping.toml")["imported"]["leads"] == 2
    found, names = _exported(capsys, "out")
    assert ([lead["responsible"] for lead in found], names) == ([2, 2, 2], {"2": "Bea"})


@pytest.mark.rule("PERM-6")
def test_who_may_not_import_keeps_no_names(capsys: pytest.CaptureFixture[str]) -> None:
    """The refusal is that of the import."""
    document = _json(capsys, "import", _file("1;a;NEW;Bea"), "--actor", str(NOBODY))
    assert document["refusal"]["code"] == "not_permitted"
    with open_store("sqlite:///crm.db") as store:
        assert store.names.persons() == {}


def test_of_two_imports_at_once_one_gives_the_ids() -> None:
    """The other one is told to run again, and nothing of it is kept."""
    with open_store("sqlite:///crm.db") as store:
        assert isinstance(store, SqlStore)
        store.names.keep({2: "Bea", 3: "Ugo"})
        store.names.keep({3: "Ugo"})
        for persons in ({4: "Ada", 5: "Bea"}, {4: "Ada", 2: "Ida"}):
            with pytest.raises(StoreBusy):
                store.names.keep(persons)
        assert store.names.persons() == {2: "Bea", 3: "Ugo"}


@pytest.mark.parametrize("persons", [{0: "Bea"}, {"2": "Bea"}, {2: "x" * 256}, {2: "a\x1b[2J"}, {2: 7}, {True: "Bea"}])
def test_what_is_no_name_of_a_person_is_not_kept(persons: Any) -> None:
    """It would be shown and exported."""
    with open_store("sqlite:///crm.db") as store:
        assert isinstance(store, SqlStore)
        with pytest.raises(InvalidValue):
            store.names.keep(persons)
        assert store.names.persons() == {}


@pytest.mark.parametrize("name", ["a\x1b[2J", b"Bea"])
def test_a_damaged_name_of_a_person_is_named_as_such(capsys: pytest.CaptureFixture[str], name: object) -> None:
    """An import and an export end by a typed error that says which table, whatever somebody wrote there."""
    with closing(sqlite3.connect("crm.db")) as damaged, damaged:
        damaged.execute("INSERT INTO crm_person_name (portal, id, name) VALUES (1, 2, ?)", (name,))
    document = _json(capsys, "import", _file("1;a;NEW;Bea"))
    assert (document["exit_code"], "crm_person_name" in document["errors"][0]["message"]) == (4, True)


def test_a_damaged_responsible_keeps_no_import_away(capsys: pytest.CaptureFixture[str]) -> None:
    """It is nobody's id, and an audit names the lead."""
    _json(capsys, "import", _file("1;a;NEW;Bea"))
    with closing(sqlite3.connect("crm.db")) as damaged, damaged:
        damaged.execute("PRAGMA ignore_check_constraints=ON")
        damaged.execute("UPDATE crm_lead SET responsible = 'boss'")
    assert _json(capsys, "import", _file("2;b;NEW;Bea"))["exit_code"] == 0


@pytest.mark.rule("IMPORT-1.4", "CSV-9.1")
def test_every_lead_that_differs_is_listed_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a bad row, so that it may be skipped and written down like any other; the rest comes in."""
    _json(capsys, "import", _file(*LEADS[:3]))
    again = _file("1;x;NEW;Bea", LEADS[1], "3;c;JUNK;Ada", LEADS[3])
    document = _json(capsys, "import", again)
    assert document["exit_code"] == 2
    assert [(error["code"], error["line"], error["field"]) for error in document["errors"]] == [
        ("record_differs", 2, "ID"),
        ("record_differs", 4, "ID"),
    ]
    assert document["errors"][0]["message"] == "lead 1 exists already and differs in title"
    assert document["errors"][1]["message"].endswith(("differs in responsible, stage", "differs in stage, responsible"))
    document = _json(capsys, "import", again, "--skip-bad-rows", "--rejects", "rejects.csv")
    assert (document["imported"]["leads"], document["known"]["leads"]) == (1, 1)
    assert [row["line"] for row in document["skipped_rows"]] == [2, 4]
    assert '"3";"c";"JUNK";"Ada"' in Path("rejects.csv").read_text(encoding="utf-8-sig")


@pytest.mark.rule("CSV-9.2")
def test_leads_that_are_there_may_be_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    """They stay as they are and are said; what is wrong with the file is still wrong."""
    _json(capsys, "import", _file(*LEADS[:3]))
    before, _ = _exported(capsys, "before")
    document = _json(capsys, "import", _file("1;x;JUNK;Bea", LEADS[3]), "--existing", "skip")
    assert (document["exit_code"], document["imported"]["leads"]) == (0, 1)
    assert [(row["line"], row["code"]) for row in document["skipped_rows"]] == [(2, "record_differs")]
    after, _ = _exported(capsys, "after")
    assert after[: len(before)] == before
    assert _json(capsys, "import", _file("1;x;NEW;Bea", "x;y;NEW;Bea"), "--existing", "skip")["exit_code"] == 2
    assert _json(capsys, "import", _file("1;x;NEW;Bea"), "--existing", "skip")["result"] == "done"


THEIRS = {
    "their ids": ("Id;TITLE;STATUS_ID", "00Q5e;a;NEW", "7;b;JUNK", "00Q5f;c;NEW"),
    "no ids": ("TITLE;STATUS_ID", "a;NEW", "b;JUNK", "c;NEW"),
    "no ids and equal rows": ("TITLE;STATUS_ID", "a;NEW", "b;JUNK", "a;NEW"),
    "some ids": ("ID;TITLE;STATUS_ID", "00Q5e;a;NEW", ";b;JUNK", ";c;NEW"),
}


def _theirs(*lines: str) -> str:
    Path("theirs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "theirs.csv"


@pytest.mark.rule("CSV-10.1", "CSV-4.4")
def test_leads_with_ids_of_another_system_get_ids_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Theirs stay as the origin, on a file and in a store; without the option they are refused."""
    path = _theirs(*THEIRS["their ids"])
    assert main(["switch", path, "--json"]) == 2
    assert printed(capsys.readouterr().out)["errors"][0]["code"] == "bad_id"
    assert main(["switch", path, "--number", "--json", "--out", "out"]) == 0
    document = printed(capsys.readouterr().out)
    assert (document["numbers"], document["totals"]["converted"]) == ({"00Q5e": 1, "7": 2, "00Q5f": 3}, 2)
    leads = json.loads(Path("out/crm.json").read_text(encoding="utf-8"))["leads"]
    assert [lead["origin"] for lead in leads] == [{"originator": "import", "id": id} for id in ("00Q5e", "7", "00Q5f")]
    assert main(["switch", path, "--number"]) == 0
    assert "New ids: 3" in capsys.readouterr().err
    assert main(["switch", path, "--number", "--activities", "x.csv", "--json"]) == 2
    assert printed(capsys.readouterr().out)["errors"][0]["field"] == "--number"


@pytest.mark.rule("CSV-10.2")
@pytest.mark.parametrize("case", THEIRS)
def test_the_same_file_again_gives_the_same_ids(capsys: pytest.CaptureFixture[str], case: str) -> None:
    """Beside leads that have ids already, and with more rows below."""
    _json(capsys, "import", _file("40;z;NEW;Bea"))
    first = _json(capsys, "import", _theirs(*THEIRS[case]), "--number")
    assert (first["imported"]["leads"], min(first["numbers"].values())) == (3, 41)
    again = _json(capsys, "import", _theirs(*THEIRS[case]), "--number")
    assert (again["known"]["leads"], again["imported"]["leads"], again["numbers"]) == (3, 0, first["numbers"])
    heading, *rows = THEIRS[case]
    more = _json(capsys, "import", _theirs(heading, *rows, rows[0].replace("a;", "d;").replace("5e", "5g")), "--number")
    assert (more["known"]["leads"], more["imported"]["leads"]) == (3, 1)
    assert first["numbers"].items() <= more["numbers"].items()


def test_a_file_that_says_where_its_leads_are_from_is_not_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can say which of two origins counts."""
    document = _json(capsys, "import", _theirs("ID;TITLE;ORIGIN_ID", "x;a;y"), "--number")
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, "ORIGIN_ID")


MORE = "ID;TITLE;STATUS_ID;EMAIL;ADDRESS_CITY;NAME;UF_CRM_X;Ответственный"
ROWS = [
    "1;a;NEW;a@example.com;Ghent;Ada;x;Bea",
    "2;b;JUNK;;;;;Ugo",
    "3;c;IN_PROCESS;c@example.com;;;;Bea",
    "4;d;NEW;;;;;Ugo",
]
CHANGED = [
    "1;a;IN_PROCESS;other@example.com;;Eve;y;Ugo",
    "2;b;JUNK;;;;;Ugo",
    "3;c;JUNK;c@example.com;Bruges;;;",
    "4;d;NEW;;;;;Ugo",
    "5;e;NEW;;;;;Bea",
]


def _sheet(*rows: str, headings: str = MORE) -> str:
    Path("more.csv").write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return "more.csv"


@pytest.mark.rule("CSV-9.3", "IMPORT-2.1", "IMPORT-2.5")
def test_active_leads_are_updated_by_the_next_file(capsys: pytest.CaptureFixture[str]) -> None:
    """In the fields that it has; the same file again changes nothing, and halves give what the whole gives."""
    assert _json(capsys, "import", _sheet(*ROWS))["result"] == "done"
    halves = [_json(capsys, "import", _sheet(*rows), "--existing", "update") for rows in (CHANGED[:3], CHANGED[1:])]
    assert [(half["result"], half["updated"], half["imported"]["leads"]) for half in halves] == [
        ("done", 2, 0),
        ("done", 0, 1),
    ]
    done = _json(capsys, "import", _sheet(*CHANGED), "--existing", "update")
    assert (done["updated"], done["imported"]["leads"], done["known"]["leads"]) == (0, 0, 5)
    leads, _ = _exported(capsys, "out")
    first, _, third, *_ = leads
    assert [(each["stage"], each["semantics"]) for each in (first, third)] == [("IN_PROCESS", "P"), ("JUNK", "F")]
    assert [point["value"] for point in first["contact_points"]] == ["other@example.com"]
    assert (first["address"], first["name"]["first"], third["address"]["city"]) == (None, "Eve", "Bruges")
    assert third["responsible"] == leads[4]["responsible"]


@pytest.mark.rule("CSV-9.3")
def test_what_a_file_has_no_columns_for_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """Next month's file may have fewer columns, or others: what is there besides is not emptied."""
    assert _json(capsys, "import", _sheet(*ROWS))["result"] == "done"
    fewer = _sheet("1;New title;Brussels;+1 555", headings="ID;TITLE;ADDRESS_PROVINCE;PHONE")
    assert _json(capsys, "import", fewer, "--existing", "update")["updated"] == 1
    first, *_ = _exported(capsys, "out")[0]
    assert (first["title"], first["stage"], first["name"]["first"]) == ("New title", "NEW", "Ada")
    assert (first["address"]["city"], first["address"]["province"]) == ("Ghent", "Brussels")
    assert [point["value"] for point in first["contact_points"]] == ["a@example.com", "+1 555"]
    assert first["custom"]["UF_CRM_X"]["value"] == "x"
    again = _json(capsys, "import", _sheet(ROWS[0].replace(";a;", ";New title;")), "--existing", "update")
    assert (again["updated"], again["known"]["leads"]) == (0, 1)


@pytest.mark.rule("CSV-9.4", "IMPORT-2.2")
def test_what_cannot_be_updated_is_a_bad_row_that_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Closed or converted: nothing is imported, or those rows alone are left out."""
    assert _json(capsys, "import", _sheet(*ROWS[:2]))["result"] == "done"
    assert _json(capsys, "switch")["result"] == "switched"
    assert _json(capsys, "to-classic")["result"] == "done"
    assert _json(capsys, "import", _sheet(*ROWS[2:]))["result"] == "done"
    rows = ["1;z;CONVERTED;;;;;", "2;z;NEW;;;;;", "3;z;NEW;;;;;"]
    refused = _json(capsys, "import", _sheet(*rows), "--existing", "update")
    assert [(row["line"], row["code"], row["message"].partition("; ")[2]) for row in refused["errors"]] == [
        (2, "record_differs", "it is converted, and stays as it is"),
        (3, "record_differs", "it is closed, and an import does not reopen or change it"),
    ]
    assert {lead["title"] for lead in _exported(capsys, "before")[0]} == {"a", "b", "c", "d"}
    done = _json(capsys, "import", _sheet(*rows), "--existing", "update", "--skip-bad-rows")
    assert (done["updated"], len(done["skipped_rows"])) == (1, 2)
    assert [lead["title"] for lead in _exported(capsys, "after")[0]] == ["a", "b", "z", "d"]


@pytest.mark.rule("CSV-9.4", "IMPORT-2.1", "IMPORT-2.3")
def test_who_may_not_update_and_when_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A row at a time for a right, and the whole import while a switch is live."""
    assert _json(capsys, "import", _sheet(*ROWS))["result"] == "done"
    with open_store("sqlite:///crm.db") as store:
        adds = {Grant(each, Kind.LEAD): Level.ALL for each in (Operation.READ, Operation.ADD)}
        store.permissions.grant(NOBODY, Role(name="adds", levels=adds))
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        assert not isinstance(crm.begin_switch(UserId(1), key="k"), Refused)
    told = _json(capsys, "import", _sheet(CHANGED[0]), "--existing", "update", "--actor", str(NOBODY))
    assert {row["message"].partition("; ")[2] for row in told["errors"]} == {"this actor has no right to update it"}
    told = _json(capsys, "import", _sheet(CHANGED[0]), "--existing", "update")
    assert (told["exit_code"], told["refusal"]["code"]) == (1, "classic_only")
