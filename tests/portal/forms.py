"""The forms of files: exports in each language, answers of the older and of the newer methods, workbooks, tables."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import openpyxl

from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, language
from crmcore.adapters.bitrix24_csv.words.columns import ACTIVITY_COLUMNS, LEAD_COLUMNS
from crmcore.adapters.bitrix24_csv.words.headings import camel
from tests.portal.records import ANSWERS_ONLY, HONORIFICS, OWN_FIELD, PERSONS, points_of

__all__ = ["FORMS", "Form", "mapping_of"]

Rows = Sequence[Mapping[str, str]]
#: Makes the file of some records of a kind.
Form = Callable[[str, Rows], bytes]

#: The columns of an export in their order.
_ORDER = [*(each.code for each in LEAD_COLUMNS if each.code not in ANSWERS_ONLY), OWN_FIELD[0]]
_FLAGS = {"Y": "yes", "N": "no"}
_POINTS = {each.code for each in LEAD_COLUMNS if each.kind is not None}
_INSTANTS = ("DATE_CREATE", "DEADLINE", "CREATED", "COMPLETED_AT")


def _heading(code: str, kind: str, name: str) -> str:
    if name == OWN_FIELD[0]:
        return OWN_FIELD[1]
    section = "activities" if kind == "activities" else "leads"
    called = "COMPANY_TITLE" if (kind, name) == ("companies", "TITLE") else name
    return language(code).words(section)[called][0]


def _cell(code: str, kind: str, name: str, value: str) -> str:
    """A value as people read it in a language."""
    words = language(code).words
    match name:
        case _ if not value:
            return ""
        case "STATUS_ID":
            return next(iter(words("stages").get(value, ())), "Called back")
        case "SOURCE_ID" | "TYPE":
            return words("sources" if name == "SOURCE_ID" else "types")[value][0]
        case "HONORIFIC":
            return HONORIFICS[value]
        case "ASSIGNED_BY_ID":
            return PERSONS[int(value)]
        case "OPENED" | "COMPLETED":
            return words("flags")[_FLAGS[value]][0]
        case "BIRTHDATE":
            return ".".join(reversed(value.split("-")))
        case _ if name in _INSTANTS:
            day, _, time = value.partition("T")
            return f"{'.'.join(reversed(day.split('-')))} {time[:8]}"
    return value


def _table(code: str, kind: str, rows: Rows) -> list[list[str]]:
    order = [each.code for each in ACTIVITY_COLUMNS] if kind == "activities" else _ORDER
    names = [name for name in order if any(name in row for row in rows)]
    return [
        [_heading(code, kind, name) for name in names],
        *([_cell(code, kind, name, row.get(name, "")) for name in names] for row in rows),
    ]


def _export(code: str) -> Form:
    return lambda kind, rows: _csv(_table(code, kind, rows))


def _csv(table: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(table)
    return text.getvalue().encode("utf-8-sig")


def _workbook(kind: str, rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    for row in _table("en", kind, rows):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _html(kind: str, rows: Rows) -> bytes:
    lines = [
        "<tr>" + "".join(f"<td>{escape(cell).replace(chr(10), '<br>')}</td>" for cell in row) + "</tr>"
        for row in _table("en", kind, rows)
    ]
    head = '<html><head><meta http-equiv="Content-type" content="text/html;charset=UTF-8" /></head>'
    return f"{head}<body><table border=1>{''.join(lines)}</table></body></html>".encode()


def _older(kind: str, rows: Rows) -> bytes:
    records: list[dict[str, Any]] = []
    for row in rows:
        record: dict[str, Any] = {name: value for name, value in row.items() if name not in _POINTS}
        records.append(record | points_of(row))
    pages = [{"result": records[at : at + 50], "total": len(records)} for at in range(0, len(records), 50)]
    return json.dumps(pages, ensure_ascii=False).encode()


def _newer(kind: str, rows: Rows) -> bytes:
    if kind == "activities":  # the newer methods have none
        return _older(kind, rows)
    items = []
    for row in rows:
        item: dict[str, Any] = {_spelled(name): value for name, value in row.items() if name not in _POINTS}
        item["fm"] = [
            {"id": at, "typeId": prefix, "valueType": each["VALUE_TYPE"], "value": each["VALUE"]}
            for prefix, points in points_of(row).items()
            for at, each in enumerate(points, 1)
        ]
        items.append(item)
    return json.dumps({"result": {"items": items}, "total": len(items)}, ensure_ascii=False).encode()


def _spelled(name: str) -> str:
    newer = {"STATUS_ID": "stageId", "DATE_CREATE": "createdTime", "STATUS_DESCRIPTION": "stageDescription",
             OWN_FIELD[0]: "ufCrmArea"}  # fmt: skip
    return newer.get(name, camel(name))


FORMS: dict[str, Form] = {
    **{f"export in {code}": _export(code) for code in LANGUAGES},
    "workbook": _workbook,
    "HTML table": _html,
    "older answers": _older,
    "newer answers": _newer,
}


def mapping_of() -> str:
    """What the portal says of its own names; the same for all of its files, and unused by those that have codes."""
    persons = "".join(f'"{name}" = {id}\n' for id, name in PERSONS.items())
    return (
        f'[fields]\n"{OWN_FIELD[1]}" = {{ code = "{OWN_FIELD[0]}", type = "text" }}\n'
        f'[stages]\n"Called back" = "CALLED"\n[persons]\n{persons}'
    )
