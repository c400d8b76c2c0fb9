"""Clients beside leads on the command line: imported with their links, or said to be nowhere (CSV-11)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from tests.printed import printed
from tests.ready import CLASSIC, lay

FILES = {
    "leads.csv": (
        "ID;TITLE;STATUS_ID;CONTACT_ID;COMPANY_ID;Responsible\n1;a;NEW;503;;Ugo\n2;b;NEW;;7;Bea\n3;c;NEW;;;2\n"
    ),
    "contacts.csv": "ID;NAME;LAST_NAME;COMPANY_ID;TYPE_ID;Responsible\n503;Ada;Sample;7;x;bea\n504;Bob;Other;;x;Ugo\n",
    "companies.csv": "ID;TITLE;COMPANY_TYPE;Responsible\n7;Sample Ltd;x;Bea\n",
}
BESIDE = ("--contacts", "contacts.csv", "--companies", "companies.csv")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")


@pytest.fixture
def store() -> tuple[str, ...]:
    """The options of a store with an empty Classic CRM."""
    lay(Path("crm.db"), CLASSIC)
    return ("--store", "crm.db")


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code = main([*words, "--json"])
    document: dict[str, Any] = printed(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


def _crm(folder: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(folder) / "crm.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.rule("CSV-11.1", "CSV-11.7", "CONV-2", "IMPORT-1.7")
def test_leads_are_converted_on_the_clients_of_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    """One client for each who is known; a person has one id in all files, and an id of a file is nobody else's."""
    done = _json(capsys, "switch", "leads.csv", *BESIDE, "--client", "contact", "--out", "out")
    assert (done["result"], done["created"]["contacts"], done["created"]["companies"]) == ("switched", 1, 0)
    crm = _crm("out")
    assert [(deal["contact_id"], deal["company_id"]) for deal in crm["deals"]] == [(503, None), (None, 7), (505, None)]
    assert [(each["id"], each["company_id"]) for each in crm["contacts"]] == [(503, 7), (504, None), (505, None)]
    bea, ugo = (each["responsible"] for each in crm["contacts"][:2])
    assert len({bea, ugo, 2}) == 3
    assert [each["responsible"] for each in (*crm["leads"], *crm["companies"])] == [ugo, bea, 2, bea]
    assert main(["audit", "out"]) == 0


@pytest.mark.rule("CSV-11.4", "CSV-11.5")
def test_a_lead_whose_client_no_file_brings_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Taken without the link only where somebody says so; then the report has the count, on a terminal too."""
    refused = _json(capsys, "switch", "leads.csv", "--companies", "companies.csv", "--preview")
    assert [(row["line"], row["code"]) for row in refused["errors"]] == [(2, "unknown_client")]
    done = _json(capsys, "switch", "leads.csv", "--companies", "companies.csv", "--preview", "--unlinked")
    assert (done["result"], done["unlinked"], done["unplaced"]["CONTACT_ID"]) == ("preview", 1, 1)
    assert main(["switch", "leads.csv", "--companies", "companies.csv", "--preview", "--unlinked"]) == 0
    assert "1 active lead read without the client" in " ".join(capsys.readouterr().err.split())


@pytest.mark.rule("CSV-11.3", "IMPORT-1.3")
def test_clients_are_imported_once_and_found_again(capsys: pytest.CaptureFixture[str], store: tuple[str, ...]) -> None:
    """With the first import all of them are new; later ones skip them, and link leads to those that are there."""
    first = _json(capsys, "import", "leads.csv", *BESIDE, *store)
    assert first["imported"] == {"leads": 3, "activities": 0, "contacts": 2, "companies": 1}
    again = _json(capsys, "import", "leads.csv", *BESIDE, *store)
    assert (again["imported"]["contacts"], again["known"]) == (0, {**first["imported"]})
    Path("more.csv").write_text("ID;TITLE;CONTACT_ID;Компания\n9;d;504;sample ltd\n", encoding="utf-8")
    assert _json(capsys, "import", "more.csv", *store)["imported"]["leads"] == 1
    assert _json(capsys, "export", "--out", "out", *store)["result"] == "done"
    (lead,) = [each for each in _crm("out")["leads"] if each["id"] == 9]
    assert (lead["contact_id"], lead["company_id"]) == (504, 7)


@pytest.mark.rule("CSV-11.6")
def test_no_file_is_linked_to_a_client_that_was_made_here(
    capsys: pytest.CaptureFixture[str], store: tuple[str, ...]
) -> None:
    """Its id was given by this CRM: the contact of this id in the file's own CRM is somebody else."""
    Path("one.csv").write_text("ID;TITLE\n1;a\n", encoding="utf-8")
    assert _json(capsys, "import", "one.csv", *store)["result"] == "done"
    assert _json(capsys, "switch", *store)["created"]["contacts"] == 1
    assert _json(capsys, "to-classic", *store)["result"] == "done"
    Path("two.csv").write_text("ID;TITLE;CONTACT_ID\n2;b;1\n", encoding="utf-8")
    assert [row["code"] for row in _json(capsys, "import", "two.csv", *store)["errors"]] == ["unknown_client"]


@pytest.mark.rule("CSV-9.1", "CSV-9.2")
def test_a_client_that_differs_is_said_with_its_fields(
    capsys: pytest.CaptureFixture[str], store: tuple[str, ...]
) -> None:
    """As a lead is; skipped, it stays, and leads are linked to it."""
    assert _json(capsys, "import", "leads.csv", *BESIDE, *store)["result"] == "done"
    Path("contacts.csv").write_text(FILES["contacts.csv"].replace("Ada", "Eve"), encoding="utf-8")
    refused = _json(capsys, "import", "leads.csv", *BESIDE, *store)
    assert [(row["file"], row["line"], row["code"]) for row in refused["errors"]] == [
        ("contacts.csv", 2, "record_differs")
    ]
    assert refused["errors"][0]["message"] == "contact 503 exists already and differs in name"
    skipped = _json(capsys, "import", "leads.csv", *BESIDE, *store, "--existing", "skip")
    assert (skipped["result"], skipped["known"]["contacts"]) == ("done", 1)


@pytest.mark.rule("CSV-2.5", "CSV-11.4")
def test_rows_of_clients_that_were_left_out_can_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    """In a file of their own; leads of a client that was left out are left out too."""
    Path("contacts.csv").write_text(FILES["contacts.csv"].replace("503;", "x;"), encoding="utf-8")
    line = ("switch", "leads.csv", *BESIDE, "--preview", "--skip-bad-rows", "--rejects", "bad.csv")
    done = _json(capsys, *line)
    assert [(row["file"], row["code"]) for row in done["skipped_rows"]] == [
        ("leads.csv", "unknown_client"),
        ("contacts.csv", "bad_id"),
    ]
    assert done["rejects"] == ["bad.csv", "bad-contacts.csv"]
    Path("companies.csv").write_text("ID;TITLE;COMPANY_TYPE\nx;Sample Ltd;x\n", encoding="utf-8")
    assert _json(capsys, *line[:-2])["result"] == "bad_input"


@pytest.mark.rule("CSV-10.1", "CSV-11.6")
def test_ids_of_another_system_lead_to_no_client(capsys: pytest.CaptureFixture[str], store: tuple[str, ...]) -> None:
    """Neither from a file beside nor from the store: they would be somebody else's."""
    told = _json(capsys, "switch", "leads.csv", "--number", "--contacts", "contacts.csv")
    assert [row["field"] for row in told["errors"]] == ["--number"]
    assert _json(capsys, "import", "leads.csv", *BESIDE, *store)["result"] == "done"
    told = _json(capsys, "import", "leads.csv", "--number", *store)
    assert {row["code"] for row in told["errors"]} == {"unknown_client"}


@pytest.mark.rule("CSV-11.1")
def test_an_inspection_links_leads_to_clients_of_the_files_beside(capsys: pytest.CaptureFixture[str]) -> None:
    """So that what would be refused is what the same files together would refuse."""
    alone = _json(capsys, "inspect", "leads.csv")
    assert [row["code"] for row in alone["errors"]] == ["unknown_client"] * 2
    seen = _json(capsys, "inspect", *FILES)
    assert [(each["kind"], each["leads"], each["clients"]) for each in seen["inspected"]] == [
        ("leads", 3, None),
        ("contacts", None, 2),
        ("companies", None, 1),
    ]


@pytest.mark.rule("CLI-1")
def test_files_beside_work_with_a_file_of_leads_alone(
    capsys: pytest.CaptureFixture[str], store: tuple[str, ...]
) -> None:
    """Not with a store, whose clients are there, nor with a document, which has its own."""
    assert [row["field"] for row in _json(capsys, "switch", *store, *BESIDE)["errors"]] == ["--contacts"]
    assert _json(capsys, "switch", "leads.csv", *BESIDE, "--out", "out")["result"] == "switched"
    told = _json(capsys, "import", "out/crm.json", "--companies", "companies.csv", *store)
    assert [row["field"] for row in told["errors"]] == ["--companies"]
    told = _json(capsys, "switch", "leads.csv", *BESIDE, "--out", ".")
    assert "contacts.csv" in {row["file"] for row in told["errors"]}
