"""More files as people have them, of the kinds of the shared ones: each is read, or the message says the way on.

lines: one table of what is refused and one of what is read, each file in a line or two.
"""

import datetime as dt
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from crmcore.adapters.bitrix24_csv import BadFile, FileMapping, read_leads, read_mapping
from crmcore.adapters.bitrix24_csv.own.numbers import count_up
from crmcore.domain.model.lead import Lead

LEAD = "ID;Lead name;Stage\n1;a;Junk lead\n"


def _workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    for row in rows:
        sheet.append(row)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _table(*rows: list[str]) -> str:
    return f"<table>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) + '</tr>' for row in rows)}</table>"


def _zip(name: str) -> bytes:
    written = BytesIO()
    with ZipFile(written, "w") as package:
        package.writestr(name, LEAD)
    return written.getvalue()


def _hidden(row: int) -> bytes:
    book = openpyxl.load_workbook(BytesIO(_workbook(["ID", "TITLE"], [1, "a"], [2, "b"])))
    book.worksheets[0].row_dimensions[row].hidden = True
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _opendocument(shown: str, *cells: str) -> bytes:
    """A sheet with a lead, and one more row that is shown in such a way."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    rows = "".join(
        f"<table:table-row{attribute}>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for attribute, row in (
            ("", ("ID", "TITLE")),
            ("", ("1", "a")),
            (f' table:visibility="{shown}"', cells),
        )
    )
    sheet = f'<table:table table:name="Leads">{rows}</table:table>'
    written = BytesIO()
    with ZipFile(written, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{sheet}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
        space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        package.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{space}"/>')
    return written.getvalue()


def _sheets(*names: str) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for name in names:
        book.create_sheet(name).append(["ID", "TITLE"])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _answer(result: Any, **more: Any) -> str:
    return json.dumps({"result": result, **more})


def _page_of(*items: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"items": list(items)}, "total": 2}


DEAL = {"id": 1, "title": "a", "stageId": "NEW"}
#: What is refused as a whole: the file, the code, the column that is named, and words of the message.
REFUSED: dict[str, tuple[str | bytes, str, str | None, str]] = {
    # other records
    "deals of the newer methods": (
        _answer({"items": [{**DEAL, "categoryId": 0}]}),
        "wrong_file",
        "categoryId",
        "deals",
    ),
    "deals by their type": (
        _answer({"items": [{**DEAL, "entityTypeId": 2}]}),
        "wrong_file",
        "entityTypeId",
        "of deals",
    ),
    "companies by their type": (
        _answer({"items": [{"id": 1, "title": "a", "entityTypeId": 4}]}),
        "wrong_file",
        "entityTypeId",
        "--companies",
    ),
    "contacts of the newer methods": (
        _answer({"items": [{"id": 1, "name": "a", "lastName": "b", "typeId": "CLIENT"}]}),
        "wrong_file",
        "typeId",
        "--contacts",
    ),
    "activities in a list of their own": (
        _answer({"activities": [{"id": 1, "ownerId": 2, "ownerTypeId": 2, "subject": "a"}]}),
        "wrong_file",
        "ownerId",
        "--activities",
    ),
    "a list of stages": (
        _answer([{"ID": "1", "ENTITY_ID": "STATUS", "STATUS_ID": "NEW", "NAME": "a"}]),
        "wrong_file",
        "STATUS_ID",
        "--stages",
    ),
    "a list of pipelines": (
        _answer({"categories": [{"id": 0, "name": "a", "sort": 1, "entityTypeId": 2, "isDefault": "Y"}]}),
        "wrong_file",
        "isDefault",
        "--pipelines",
    ),
    "an older list of pipelines": (
        _answer([{"ID": "1", "NAME": "a", "SORT": "1", "IS_LOCKED": "N"}]),
        "wrong_file",
        "SORT",
        "--pipelines",
    ),
    "names of an earlier result": (
        "ENTITY_ID;STATUS_ID;NAME\nSTATUS;NEW;Unassigned\n",
        "wrong_file",
        "STATUS_ID",
        "stages",
    ),
    "deals of another system": (
        "ID;Название сделки;Статус;Воронка\n1;a;Новая;b\n",
        "wrong_file",
        "Название сделки",
        "of deals",
    ),
    "contacts without ids": (
        "Имя;Фамилия;Тип контакта\nАда;Проба;Клиент\n",
        "wrong_file",
        "Тип контакта",
        "--contacts",
    ),
    "contacts as a table": (
        _table(["ID", "First name", "Contact type"], ["1", "a", "b"]),
        "wrong_file",
        "Contact type",
        "--contacts",
    ),
    "deals as a workbook": (
        _workbook(["ID", "Deal name", "Deal stage"], [1, "a", "Won"]),
        "wrong_file",
        "Deal name",
        "none are imported",
    ),
    # other forms
    "an archive": (_zip("leads.csv"), "wrong_format", None, "unpack it"),
    "a text of an office": (_zip("word/document.xml"), "wrong_format", None, "a text document"),
    "slides of an office": (_zip("ppt/presentation.xml"), "wrong_format", None, "a presentation"),
    "a sheet of Numbers": (_zip("Index/Document.iwa"), "wrong_format", None, "export it as CSV"),
    "a workbook with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90) + "EncryptedPackage".encode("utf-16-le"),
        "wrong_format",
        None,
        "without a password",
    ),
    "a workbook with hidden rows": (_hidden(3), "wrong_format", None, "found row 3"),
    "an OpenDocument with a filter": (_opendocument("filter", "2", "b"), "wrong_format", None, "no hidden rows"),
    "two sheets": (_sheets("Leads", "Lists"), "wrong_format", None, "hidden ones count"),
    "a program": (b"MZ\x90\0\3" + bytes(40), "wrong_format", None, "bytes that no text has"),
    "another archive": (b"\x28\xb5\x2f\xfd" + bytes(20), "wrong_format", None, "unpack it"),
    "a picture of the web": (b"RIFF\0\0\0\0WEBP" + bytes(20), "wrong_format", None, "a picture"),
    "a dump of a database": ("INSERT INTO leads (ID, TITLE) VALUES (1, 'a');\n", "wrong_format", None, "found SQL"),
    "another dump": ("-- MySQL dump\nINSERT INTO leads VALUES (1);\n", "wrong_format", None, "found SQL"),
    "a table of a terminal": (
        "+----+-------+\n| ID | TITLE |\n+----+-------+\n",
        "wrong_format",
        None,
        "save it as CSV",
    ),
    "what PHP prints": ("Array\n(\n    [0] => Array\n", "wrong_format", None, "json_encode"),
    "what PHP keeps": ('a:1:{s:2:"ID";i:1;}', "wrong_format", None, "json_encode"),
    "what Python prints": ("[{'ID': '1', 'TITLE': 'a'}]", "wrong_format", None, "json.dump"),
    "YAML": ("- ID: 1\n  TITLE: a\n", "wrong_format", None, "found YAML"),
    "a mapping": ('[headings]\n"a" = "ID"\n', "wrong_format", None, "--mapping"),
    "an e-mail": ("From: a@b.example\n\nID;TITLE\n1;a\n", "wrong_format", None, "the file that is in it"),
    "an event as a form": ("event=ONCRMLEADADD&data[FIELDS][ID]=7", "wrong_format", None, "crm.lead.get"),
    "an archive of another kind": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "wrong_format", None, "a compressed file"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(9), "wrong_format", None, "a picture"),
    "a card of an address book": ("BEGIN:VCARD\nFN:a\nEND:VCARD\n", "wrong_format", None, "a vCard"),
    "XML": ('<?xml version="1.0"?><leads><lead/></leads>', "wrong_format", None, "found XML"),
    "a workbook of 2003": ('<?xml version="1.0"?><Workbook><Row/></Workbook>', "wrong_format", None, "found XML"),
    "a page to log in": ("<!DOCTYPE html><html><form>Log in</form></html>", "wrong_format", None, "found 0"),
    "two tables": (_table(["ID", "TITLE"], ["1", "a"]) + _table(["x"]), "wrong_format", None, "found 2"),
    "our document": ('{"format": "crmcore.crm/1", "leads": []}', "wrong_format", None, "crmcore import"),
    "an old workbook that is damaged": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "wrong_format",
        None,
        "save it",
    ),
    # answers
    "an error for one page": (
        json.dumps([{"result": [{"ID": "1", "TITLE": "a"}]}, {"error": "QUERY_LIMIT_EXCEEDED"}]),
        "wrong_format",
        None,
        "answered with an error",
    ),
    "an error in a batch": (
        _answer({"result": {"a": []}, "result_error": {"b": {"error": "x"}}}),
        "wrong_format",
        None,
        "with an error",
    ),
    "a page of a batch": (
        _answer({"result": {"a": [{"ID": "1", "TITLE": "a"}]}, "result_error": [], "result_total": {"a": 120}}),
        "partial_file",
        None,
        "1 of 120",
    ),
    "the next page of a batch": (
        _answer({"result": [[{"ID": "1", "TITLE": "a"}]], "result_error": [], "result_next": [50]}),
        "partial_file",
        None,
        "1 of 51",
    ),
    "an error by its name": (
        json.dumps({"error": "expired_token", "error_description": "x"}),
        "wrong_format",
        None,
        "with an error (expired_token)",
    ),
    "an error beside an empty list": (
        _answer({"items": []}, error="ERROR_CORE"),
        "wrong_format",
        None,
        "with an error (ERROR_CORE)",
    ),
    "an event": (
        json.dumps({"event": "ONCRMLEADADD", "data": {"FIELDS": {"ID": "7"}}, "ts": "1"}),
        "wrong_format",
        None,
        "crm.lead.get",
    ),
    "contacts beside leads in a batch": (
        _answer(
            {
                "result": {"a": [{"ID": "1", "TITLE": "a", "STATUS_ID": "JUNK"}], "b": [{"ID": "5", "NAME": "b"}]},
                "result_error": [],
            }
        ),
        "wrong_format",
        "STATUS_ID",
        "record 2 has none",
    ),
    "a page that was fetched without the stage": (
        json.dumps([_page_of({"id": 1, "title": "a", "stageId": "JUNK"}), _page_of({"id": 2, "title": "b"})]),
        "wrong_format",
        "stageId",
        "record 2 has none",
    ),
    "records under another key": (json.dumps({"data": [DEAL]}), "wrong_format", None, "under result"),
    "descriptions of fields": (
        _answer({"ID": {"type": "integer"}, "TITLE": {"type": "string"}}),
        "wrong_format",
        None,
        "lists records",
    ),
    "an answer a line": ('{"ID": "1"}\n{"ID": "2"}\n', "wrong_format", None, "into one list"),
    # what stands above and between
    "a title above a workbook": (_workbook(["Leads"], [], ["ID", "Lead name"], [1, "a"]), "no_heading", None, "line 3"),
    "a title above a table": (_table(["Leads"], ["ID", "Lead name"], ["1", "a"]), "no_heading", None, "line 2"),
    "a title above commas": ("Leads of March\nID,Lead name\n1,a\n", "no_heading", None, "line 2"),
    "rows in quotes": ('"ID,""Lead name"",Stage"\n"1,a,Junk lead"\n', "no_heading", None, "in one cell"),
    "another first line": (f"sep=,\n{LEAD}", "no_heading", None, "as the first line says, found ;"),
    "rows in one column of a workbook": (
        _workbook(["ID;Lead name;Stage"], ["1;a;New"]),
        "no_heading",
        None,
        "in one cell",
    ),
    "two delimiters": ("ID,Lead name,Stage;;;\n1,a,New;;;\n", "no_heading", None, "one delimiter"),
    "joined headings": ("<table><tr><td colspan=2>Leads</td></tr></table>", "wrong_format", None, "not joined"),
    "bars between the cells": (LEAD.replace(";", "|"), "no_heading", None, "sep=|"),
    "headings of nobody": ("Lead - ID;Lead - Title\n1;a\n", "no_heading", None, "--mapping"),
    "UTF-16 without its mark": (LEAD.encode("utf-16-le"), "unknown_encoding", None, "--encoding utf-16-le"),
    "the same the other way round": (LEAD.encode("utf-16-be"), "unknown_encoding", None, "--encoding utf-16-be"),
    "two stages": ("ID;Lead name;Stage;Status\n1;a;New;Junk lead\n", "heading_twice", "Status", "means the same"),
    "a second stage": (
        "ID;Lead name;Stage;Lead Status\n1;a;New;x\n",
        "unknown_stage_column",
        "Lead Status",
        "STATUS_ID",
    ),
    "a stage behind a mark": (
        "ID;Lead name;\ufeffStage\n1;a;Junk lead\n",
        "unknown_stage_column",
        "column 3",
        "--all-new",
    ),
    "no ids": ("Record ID,First Name,Lead Status\n1,Ann,New\n", "missing_column", None, "--number"),
    "ids of leads in another system": (
        "Lead ID;Lead name;Stage\n00Q;a;Junk lead\n",
        "missing_column",
        None,
        "--number",
    ),
}

#: What makes one bad row of a lead: its headings and cells beside `ID`, the code and words of the message.
BAD_ROWS = {
    "a unique id": ("ID;TITLE", "3f0c9a2e-0000-4000-8000-000000000001;a", "bad_id", "--number"),
    "a row of sums": ("ID;TITLE;OPPORTUNITY", "Total;;5", "bad_id", "row of sums"),
    "a row of sums in Russian": ("ID;TITLE;OPPORTUNITY", "Итого: 5;;", "bad_id", "row of sums"),
    "a row of sums behind an empty cell": ("ID;TITLE;OPPORTUNITY", ";Total (5);", "missing_value", "row of sums"),
    "codes below the headings": ("ID;Lead name;Stage", "ID;TITLE;STATUS_ID", "bad_id", "second line of headings"),
    "a shortened id": ("ID;TITLE", "1.2E+05;a", "bad_id", "above 0"),
    "a stage by its number": ("ID;TITLE;STATUS_ID", "1;a;3", "unknown_stage", "mapping"),
    "a sign for nothing as a stage": ("ID;TITLE;STATUS_ID", "1;a;-", "unknown_stage", "mapping"),
    "a stage behind a mark": ("ID;TITLE;STATUS_ID", "1;a;\ufeffJunk lead", "unknown_stage", "mapping"),
    "a stage in letters that look alike": ("ID;Название лида;Стадия", "1;a;He обработан", "unknown_stage", "mapping"),
    "a day as a number": ("ID;TITLE;BIRTHDATE", "1;a;32994", "bad_date", "day number"),
    "a moment as a number": ("ID;TITLE;DATE_CREATE", "1;a;46023.5", "bad_date", "day number"),
    "an amount in groups": ("ID;TITLE;OPPORTUNITY", "1;a;1.234,56", "bad_number", "mapping"),
    "an amount with its currency": ("ID;TITLE;OPPORTUNITY", "1;a;1.234,56 €", "bad_number", "currency"),
    "a currency by its sign": ("ID;TITLE;OPPORTUNITY;CURRENCY_ID", "1;a;5;€", "invalid_value", "EUR"),
    "neither yes nor no": ("ID;TITLE;OPENED", "1;a;X", "bad_flag", "yes or no"),
    "two phones by a stroke": ("ID;TITLE;PHONE", "1;a;555-0100 / 555-0101", "bad_shape", "commas"),
    "two phones by a word": ("ID;TITLE;PHONE", "1;a;555-0100 or 555-0101", "bad_shape", "commas"),
    "two phones by a bar": ("ID;TITLE;PHONE", "1;a;5550100|5550101", "bad_shape", "commas"),
    "a company that is nowhere": ("ID;Lead name;Company", "1;a;Acme", "unknown_client", "COMPANY_TITLE"),
    "a firm that is nowhere": ("ID;Leadname;Unternehmen", "1;a;Acme", "unknown_client", "COMPANY_TITLE"),
}

LEADS = [{"ID": "1", "TITLE": "a", "STATUS_ID": "JUNK"}, {"ID": "2", "TITLE": "b", "STATUS_ID": "NEW"}]
#: What is read: the file, and what became of its leads.
READ: dict[str, tuple[str | bytes, list[tuple[int, str | None, str]]]] = {
    "one lead that was asked for": (_answer({"ID": "7", "TITLE": "a", "STATUS_ID": "JUNK"}), [(7, "a", "JUNK")]),
    "one item that was asked for": (_answer({"item": {**DEAL, "stageId": "JUNK"}}), [(1, "a", "JUNK")]),
    "a batch": (
        _answer(
            {
                "result": {"a": [LEADS[0]], "b": [LEADS[1]]},
                "result_error": [],
                "result_total": {"a": 2, "b": 2},
            }
        ),
        [(1, "a", "JUNK"), (2, "b", "NEW")],
    ),
    "a batch as libraries hand it on": (
        _answer({"a": [LEADS[0]], "b": [LEADS[1]]}, result_error=[], result_total={"a": 2, "b": 2}),
        [(1, "a", "JUNK"), (2, "b", "NEW")],
    ),
    "several batches": (
        json.dumps([{"result": {"result": [[lead]], "result_error": [], "result_total": [2]}} for lead in LEADS]),
        [(1, "a", "JUNK"), (2, "b", "NEW")],
    ),
    "decorated headings": ("ID: ;Lead name *;Stage:\n1;a;Junk lead\n", [(1, "a", "JUNK")]),
    "old ends of lines": (LEAD.replace("\n", "\r"), [(1, "a", "JUNK")]),
    "a mark in the middle": (f"\ufeff{LEAD}\ufeff2;b;Junk lead\n", [(1, "a", "JUNK"), (2, "b", "JUNK")]),
    "a first line and a mark": (f"\ufeffsep=,\r\n{LEAD.replace(';', ',')}", [(1, "a", "JUNK")]),
    "the same twice": (f"\ufeff\ufeff{LEAD}", [(1, "a", "JUNK")]),
    "a first line in quotes": (f'"sep=;"\r\n{LEAD}', [(1, "a", "JUNK")]),
    "the end of an old text": (f"{LEAD}\x1a", [(1, "a", "JUNK")]),
    "zeros before an id": (LEAD.replace("1;", "0001;"), [(1, "a", "JUNK")]),
    "a stage in other spaces": ("ID;Lead name;Stage\n1;a;\u00a0junk\u2009 LEAD \n", [(1, "a", "JUNK")]),
    "a code in small letters": ("ID;TITLE;STATUS_ID\n1;a;junk \n", [(1, "a", "JUNK")]),
    "a workbook with days": (
        _workbook(["ID", "Lead name", "Stage", "Date of birth"], [1, "a", "Junk lead", dt.date(1990, 5, 1)]),
        [(1, "a", "JUNK")],
    ),
    "hidden rows that are empty": (_hidden(5), [(1, "a", "NEW"), (2, "b", "NEW")]),
    "hidden rows of an OpenDocument that are empty": (_opendocument("collapse", "", ""), [(1, "a", "NEW")]),
    "a table of a program": (_table(["", "ID", "TITLE", "STATUS_ID"], ["0", "1", "a", "JUNK"]), [(1, "a", "JUNK")]),
    "a phone of a town": (
        "ID;TITLE;PHONE\n1;a;030 / 1234567\n2;b;+1 555 0100 ext. 12\n",
        [(1, "a", "NEW"), (2, "b", "NEW")],
    ),
}


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "given"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.rule("CSV-2.4", "CSV-3.1", "CSV-3.2")
@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_for_what_it_is(tmp_path: Path, case: str) -> None:
    """Before any row, by code and column, with the way on."""
    content, code, field, words = REFUSED[case]
    with pytest.raises(BadFile) as caught:
        read_leads(_file(tmp_path, content))
    assert (caught.value.row.code, caught.value.row.field) == (code, field)
    assert words in caught.value.row.message


@pytest.mark.rule("CSV-2.4")
@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_is_refused_with_the_cause(tmp_path: Path, case: str) -> None:
    """One bad row that says what the cell looks like, or how to say what it means."""
    headings, cells, code, words = BAD_ROWS[case]
    (row,) = read_leads(_file(tmp_path, f"{headings}\n{cells}\n")).bad_rows
    assert row.code == code
    assert words in row.message


@pytest.mark.rule("CSV-10.1")
@pytest.mark.parametrize(
    "content, word",
    [
        ("Lead name;Stage\na;Junk lead\nTotal (1);\n", "row of sums"),
        ("ID;Lead name;Stage\n00Q;a;Junk lead\nИтого;1;\n", "row of sums"),
        ("Lead name;Stage\nTITLE;STATUS_ID\na;Junk lead\n", "second line of headings"),
        ("ID;Lead name;Stage\n00Q;a;Junk lead\nConfidential - do not distribute;;\n", "more than an id"),
    ],
)
def test_new_ids_are_for_leads_alone(tmp_path: Path, content: str, word: str) -> None:
    """Sums, headings and remarks around the rows of a report get none, else each would be a new lead."""
    file = read_leads(_file(tmp_path, content), numbering=count_up)
    assert [word in row.message for row in file.bad_rows] == [True]
    assert [lead.title for lead in file.leads] == ["a"]


def _told(lead: Lead) -> tuple[int, str | None, str]:
    return lead.id, lead.title, lead.stage


@pytest.mark.parametrize("case", READ)
def test_a_file_is_read(tmp_path: Path, case: str) -> None:
    """Whatever stands around its cells."""
    content, leads = READ[case]
    file = read_leads(_file(tmp_path, content))
    assert (file.bad_rows, [_told(lead) for lead in file.leads]) == ((), leads)


def test_an_item_with_every_field_is_read(tmp_path: Path) -> None:
    """The newer methods give the points three times: in `fm`, by type, and in short; each is one point."""
    item = {
        "id": 7, "createdTime": "2026-05-01T10:00:00+03:00", "assignedById": 6, "opened": "Y", "companyId": 0,
        "contactId": 0, "stageId": "JUNK", "stageSemanticId": "F", "opportunity": 999.9, "currencyId": "USD",
        "sourceId": "WEB", "title": "a", "name": "Ada", "lastName": "Sample", "webformId": 0, "dateClosed": None,
        "hasPhone": "Y", "isManualOpportunity": "Y", "searchContent": "x", "phoneMobile": "", "phoneWork": "+1",
        "emailWork": "a@b.example", "email": "a@b.example", "phone": "+1", "skype": None, "imol": "",
        "fm": [
            {"id": 1, "valueType": "WORK", "value": "+1", "typeId": "PHONE"},
            {"id": 2, "valueType": "HOME", "value": "a@b.example", "typeId": "EMAIL"},
        ],
        "ufCrm_1720019876534": "321", "parentId1222": None, "observers": [5], "contactIds": [], "categoryId": 0,
        "entityTypeId": 1,
    }  # fmt: skip
    for given in ([item], [{name: value for name, value in item.items() if name != "fm"}]):
        (lead,) = read_leads(_file(tmp_path, _answer({"items": given}))).leads
        assert (lead.stage, lead.responsible, dict(lead.custom)) == ("JUNK", 6, {"UF_CRM_1720019876534": "321"})
        assert [point.value for point in lead.contact_points] == ["+1", "a@b.example"]


@pytest.mark.rule("CSV-6.1")
def test_a_stage_that_is_null_makes_a_bad_row(tmp_path: Path) -> None:
    """Nobody knows whether such a lead is closed, whichever form the file has."""
    file = read_leads(_file(tmp_path, _answer([{**LEADS[0], "STATUS_ID": None}, LEADS[1]])))
    assert [(row.line, row.code) for row in file.bad_rows] == [(1, "unknown_stage")]
    assert [lead.id for lead in file.leads] == [2]


@pytest.mark.parametrize("yes, no", [("ИСТИНА", "ЛОЖЬ"), ("WAHR", "FALSCH"), ("Vrai", "Faux"), ("prawda", "fałsz")])
def test_yes_and_no_of_a_spreadsheet_are_read(tmp_path: Path, yes: str, no: str) -> None:
    """It writes them in the language of its user."""
    leads = read_leads(_file(tmp_path, f"ID;TITLE;OPENED\n1;a;{yes}\n2;b;{no}\n")).leads
    assert [lead.opened for lead in leads] == [True, False]


def test_the_index_of_a_table_program_is_no_field(tmp_path: Path) -> None:
    """Whatever it writes above that column."""
    file = read_leads(_file(tmp_path, "Unnamed: 0,ID,TITLE,STATUS_ID\n0,1,a,JUNK\n"))
    assert (file.own_fields, file.unplaced) == ((), {"column 1": 1})


def test_headings_that_come_again_are_named(tmp_path: Path) -> None:
    """Where somebody joined two files; the rows around them are read."""
    file = read_leads(_file(tmp_path, LEAD + "\ufeff" + LEAD.replace("1;a", "2;b")))
    assert ([lead.id for lead in file.leads], [(row.line, row.code) for row in file.bad_rows]) == (
        [1, 2],
        [(3, "heading_twice")],
    )


@pytest.mark.rule("CSV-3.7")
def test_a_mapping_says_what_a_file_of_another_system_holds(tmp_path: Path) -> None:
    """Headings that are those of contacts there are what the mapping says here; stages of deals stay those of deals."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[headings]\n"Record ID" = "ID"\n"Contact owner" = "ASSIGNED_BY_ID"\n"Lead Status" = "STATUS_ID"\n'
        '"Deal name" = "TITLE"\n"Deal stage" = "STATUS_ID"\n[stages]\n"Unqualified" = "JUNK"\n',
        encoding="utf-8",
    )
    told: FileMapping = read_mapping(mapping)
    contacts = "Record ID,First Name,Contact owner,Lead Status\n1001,Ann,Bob,Unqualified\n"
    with pytest.raises(BadFile, match="one of contacts"):
        read_leads(_file(tmp_path, contacts), numbering=count_up)
    (lead,) = read_leads(_file(tmp_path, contacts), mapping=told).leads
    assert (lead.id, lead.stage) == (1001, "JUNK")
    with pytest.raises(BadFile, match="one of deals: its stages"):
        read_leads(_file(tmp_path, "ID;Deal name;Deal stage\n1;a;WON\n2;b;C5:NEW\n"), mapping=told)
