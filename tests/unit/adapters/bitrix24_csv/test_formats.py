"""One small CRM of leads comes in in every form, as the same leads; what is no table in any form is refused."""

import gzip
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from tests.unit.adapters.bitrix24_csv.files import Content, write_file

HEADINGS = ["ID", "Название лида", "Стадия", "Рабочий телефон", "Возможная сумма", "Валюта", "Дата создания"]
CELLS = [
    ["1", "Десять столов", "Не обработан", "+7 000 111", "1200.50", "EUR", "2026-11-23 15:04:05"],
    ["2", "=1+1", "Некачественный лид", "79000000101", "90", "EUR", ""],
]


def _csv(mark: str = "", delimiter: str = ";", before: str = "") -> str:
    return mark + before + "".join(delimiter.join(row) + "\r\n" for row in [HEADINGS, *CELLS])


def _html() -> str:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in [HEADINGS, *CELLS])
    return f"<html><head><style>td {{ color: red }}</style><title>a</title></head><table>{rows}</table></html>"


def _workbook(rows: list[list[Any]], *more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for number, each in enumerate([rows, *more]):
        sheet = book.create_sheet(f"sheet {number}")
        for row in each:
            sheet.append(row)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _typed() -> list[list[Any]]:
    """The same cells with the types of a spreadsheet; a text that begins like a formula is a text."""
    at = datetime(2026, 11, 23, 15, 4, 5)  # noqa: DTZ001  # cells have no zone
    return [
        HEADINGS,
        [1, "Десять столов", "Не обработан", "+7 000 111", 1200.5, "EUR", at],
        [2, "'=1+1", "Некачественный лид", 79000000101, 90, "EUR", None],
    ]


def _records() -> list[dict[str, Any]]:
    return [
        {"ID": "1", "TITLE": "Десять столов", "STATUS_ID": "NEW", "OPPORTUNITY": "1200.50", "CURRENCY_ID": "EUR",
         "PHONE": [{"ID": "5", "VALUE_TYPE": "WORK", "VALUE": "+7 000 111", "TYPE_ID": "PHONE"}],
         "DATE_CREATE": "2026-11-23T15:04:05+00:00", "COMMENTS": None, "OPENED": "N", "CONTACT_ID": "0"},
        {"ID": 2, "TITLE": "=1+1", "STATUS_ID": "JUNK", "OPPORTUNITY": 90, "CURRENCY_ID": "EUR", "OPENED": False,
         "PHONE": [{"ID": "6", "VALUE_TYPE": "WORK", "VALUE": "79000000101", "TYPE_ID": "PHONE"}]},
    ]  # fmt: skip


def _items() -> list[dict[str, Any]]:
    return [
        {"id": 1, "title": "Десять столов", "stageId": "NEW", "opportunity": 1200.50, "currencyId": "EUR",
         "fm": [{"id": 5, "valueType": "WORK", "value": "+7 000 111", "typeId": "PHONE"}],
         "createdTime": "2026-11-23T15:04:05+00:00"},
        {"id": 2, "title": "=1+1", "stageId": "JUNK", "opportunity": 90, "currencyId": "EUR",
         "fm": [{"id": 6, "valueType": "WORK", "value": "79000000101", "typeId": "PHONE"}]},
    ]  # fmt: skip


def _page(records: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"result": records, "total": len(records), "time": {"start": 1.5}, **more}


FORMS: dict[str, Callable[[], Content]] = {
    "CSV": _csv,
    "CSV with a mark": lambda: _csv("\ufeff"),
    "CSV in UTF-16": lambda: _csv().encode("utf-16"),
    "CSV in UTF-16, the other way round": lambda: "\ufeff".encode("utf-16-be") + _csv().encode("utf-16-be"),
    "CSV with its delimiter": lambda: _csv(before="sep=;\r\n"),
    "CSV with a delimiter that is none of the usual": lambda: _csv(delimiter="|", before="sep=|\n"),
    "HTML": _html,
    "HTML that is not closed": lambda: _html().replace("</td>", "").replace("</tr>", ""),
    "workbook": lambda: _workbook(_typed()),
    "workbook with empty rows and sheets": lambda: _workbook([[], *_typed(), [], [None, ""]], []),
    "one answer": lambda: json.dumps(_page(_records())),
    "a list of pages": lambda: json.dumps([_page(_records()[:1], total=2, next=1), _page(_records()[1:], total=2)]),
    "a list of records": lambda: json.dumps(_records()),
    "an answer of the newer method": lambda: json.dumps({"result": {"items": _items()}, "total": 2}),
}


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("form", FORMS)
def test_the_same_leads_come_in_in_every_form(tmp_path: Path, form: str) -> None:
    """The form is told by how the file begins; its name says nothing."""
    file = read_leads(write_file(tmp_path, FORMS[form]()))
    assert file.bad_rows == ()
    expected = read_leads(write_file(tmp_path, _csv()))
    assert list(file.leads) == list(expected.leads)
    assert [lead.is_active for lead in file.leads] == [True, False]
    assert file.leads[0].created_at == datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)


REFUSED: dict[str, tuple[Content, str, str]] = {
    "an answer with an error": ('{"error":"QUERY_LIMIT_EXCEEDED","error_description":"x"}', "wrong_format", "error"),
    "our own document": ('{"format":"crmcore.crm/1"}', "wrong_format", "crmcore import"),
    "half an answer": ('{"result":[{"ID":"1"', "wrong_format", "something is missing"),
    "an object": ('{"ID":"1","TITLE":"a"}', "wrong_format", "an answer of the REST interface"),
    "a list of numbers": ("[1,2]", "wrong_format", "an answer of the REST interface"),
    "a key twice": ('[{"ID":"1","ID":"2","TITLE":"a"}]', "wrong_format", "each key of an object once"),
    "no number": ('[{"ID":1,"OPPORTUNITY":NaN}]', "wrong_format", "an answer of the REST interface"),
    "a deep list": ("[" * 100_000, "wrong_format", "an answer of the REST interface"),
    "an empty list": ('{"result":[],"total":0}', "empty_file", "at least one record"),
    "a page of a list": ('{"result":[{"ID":"1","TITLE":"a"}],"total":120,"next":50}', "partial_file", "1 of 120"),
    "a page that only tells where the next begins": (
        '{"result":[{"ID":"1","TITLE":"a"}],"next":50}', "partial_file", "1 of 51"),
    "pages of which the last is missing": (
        '[{"result":[{"ID":"1"}]},{"result":[{"ID":"2"}],"next":"2"}]', "partial_file", "2 of 3"),
    "a page whose total is a decimal": ('{"result":[{"ID":"1"}],"total":120.0}', "partial_file", "1 of 120"),
    "pages of which one is there twice": (
        '[{"result":[{"ID":"1"}],"total":2},{"result":[{"ID":"1"}],"total":2}]', "partial_file", "1 of 2"),
    "two tables": ("<table><tr><td>ID</td></tr></table><table><tr><td>ID</td></tr></table>", "wrong_format", "found 2"),
    "a page without a table": ("<!doctype html><p>Please log in</p>", "wrong_format", "found 0"),
    "a table in a table": ("<table><tr><td>ID<table></table></td></tr></table>", "wrong_format", "one table"),
    "joined cells": ("<table><tr><td>ID</td><td colspan=2>TITLE</td></tr></table>", "wrong_format", "joined"),
    "no HTML": ("<table><tr><td>ID<![x 1</td></tr></table>", "wrong_format", "is no HTML"),
    "two sheets": (_workbook(_typed(), _typed()), "wrong_format", "found 2"),
    "an empty workbook": (_workbook([]), "wrong_format", "found 0"),
    "half a workbook": (_workbook(_typed())[:200], "wrong_format", "expected a workbook"),
    "a PDF": (b"%PDF-1.7 ...", "wrong_format", "a PDF"),
    "a compressed file": (gzip.compress(b"ID;TITLE\n1;a\n"), "wrong_format", "a compressed file"),
    "a database": (b"SQLite format 3\0....", "wrong_format", "a database"),
    "a title above": ("Leads of 2026;;\nID;TITLE;STATUS_ID\n1;a;NEW\n", "no_heading", "be in line 2"),
    "Latin letters of another encoding": (
        "ID;TITLE\n1;Città\n".encode("cp1252") * 60, "unknown_encoding", "--encoding"),
}  # fmt: skip


@pytest.mark.rule("IMPORT-1")
@pytest.mark.parametrize("case", REFUSED)
def test_another_file_is_refused_for_what_it_is(tmp_path: Path, case: str) -> None:
    """The message says what it is or what is missing, and what to do."""
    content, code, word = REFUSED[case]
    with pytest.raises(BadFile, match=word) as caught:
        read_leads(write_file(tmp_path, content))
    assert caught.value.row.code == code


def test_a_page_of_a_longer_list_is_taken_on_request(tmp_path: Path) -> None:
    """Whoever wants these leads alone says so."""
    path = write_file(tmp_path, '{"result":[{"ID":"1","TITLE":"a"}],"total":120,"next":50}')
    assert [lead.title for lead in read_leads(path, partial=True).leads] == ["a"]


@pytest.mark.rule("CSV-2.1", "CSV-1.3")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_counted_with_the_one_that_names_the_delimiter(tmp_path: Path, end: str) -> None:
    """An editor counts it too, and so it counts for headings, for bad rows and for what is broken."""
    lines = ["sep=;", "ID;TITLE;COMMENTS", '1;a;"two', 'lines"', "x;b;", "", "y;c;"]
    file = read_leads(write_file(tmp_path, end.join(lines)))
    assert [(row.line, row.code) for row in file.bad_rows] == [(5, "bad_id"), (7, "bad_id")]
    for content, line in ((["sep=;", "ID;TITLE", "1;a", '2;"b'], 4), (["sep=;", "x;y", "1;a"], 2)):
        with pytest.raises(BadFile) as caught:
            read_leads(write_file(tmp_path, end.join(content)))
        assert caught.value.row.line == line


def test_a_text_of_an_answer_is_taken_as_it_is(tmp_path: Path) -> None:
    """Only spreadsheets mark texts that they must not run."""
    titles = ["'=1+1", '="a"', "''", "  two  ", "NaN", "1,5"]
    records = [{"ID": id, "TITLE": title} for id, title in enumerate(titles, 1)]
    file = read_leads(write_file(tmp_path, json.dumps(records)))
    # A word for nothing is nothing here too (D-50).
    assert [lead.title for lead in file.leads] == ["'=1+1", '="a"', "''", "  two  ", None, "1,5"]


def test_exact_numbers_stay_exact(tmp_path: Path) -> None:
    """A number of JSON is read digit by digit (CONV-8), and one of a workbook where no digit was lost."""
    path = write_file(tmp_path, '[{"ID":1,"OPPORTUNITY":12345678901234567.89,"CURRENCY_ID":"EUR"}]')
    (lead,) = read_leads(path).leads
    assert str(lead.amount and lead.amount.amount) == "12345678901234567.89"
    path = write_file(tmp_path, _workbook([["ID", "Phone"], [1, 7.9e20]]))
    assert [row.code for row in read_leads(path).bad_rows] == ["bad_shape"]


def test_a_workbook_without_its_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be saved as CSV instead."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(BadFile, match=r"crmcore\[excel\]") as caught:
        read_leads(write_file(tmp_path, _workbook(_typed())))
    assert caught.value.row.code == "missing_extra"


def test_a_message_without_a_guess_says_what_is_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that guesses is not needed."""
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    with pytest.raises(BadFile) as caught:
        read_leads(write_file(tmp_path, "ID;TITLE\n1;Città\n".encode("cp1252")))
    assert (
        caught.value.row.message
        == "expected a file saved as UTF-8: save it again, or give its encoding, such as --encoding cp1252"
    )


def test_an_object_that_is_no_contact_point_makes_a_bad_row(tmp_path: Path) -> None:
    """One with an empty VALUE says nothing; one without any would be dropped unseen."""
    answer = '{"result":[{"ID":"1","TITLE":"a","PHONE":[{"VALUE":""}]},{"ID":"2","PHONE":{"n0":{"VALUE":"+1 555"}}}]}'
    file = read_leads(write_file(tmp_path, answer, "leads.json"))
    assert [lead.id for lead in file.leads] == [1]
    assert [(row.line, row.field, row.code) for row in file.bad_rows] == [(2, "PHONE", "bad_shape")]
