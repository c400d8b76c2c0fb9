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

_EXPORTED = {
    "leads": (*(each.code for each in LEAD_COLUMNS if each.code not in ANSWERS_ONLY and each.place), OWN_FIELD[0]),
    "activities": tuple(each.code for each in ACTIVITY_COLUMNS),
}
_FLAGS = {"Y": "yes", "N": "no"}
_POINTS = {each.code for each in LEAD_COLUMNS if each.kind is not None}
_INSTANTS = ("DATE_CREATE", "DEADLINE", "CREATED", "COMPLETED_AT")


def _shown(code: str, kind: str, record: Mapping[str, str]) -> dict[str, str]:
    """The cells of a record as people read them in a language, by the display names of the columns."""
    words = {section: language(code).words(section) for section in (kind, "stages", "sources", "types", "flags")}
    cells = {}
    for name in _EXPORTED[kind]:
        heading = OWN_FIELD[1] if name == OWN_FIELD[0] else next(iter(words[kind].get(name, ())), None)
        if heading is None:
            continue
        value = record.get(name, "")
        if name == "STATUS_ID":
            value = next(iter(words["stages"].get(value, ())), "Called back")
        elif value and name == "HONORIFIC":
            value = HONORIFICS[value]
        elif name == "SOURCE_ID":
            value = words["sources"][value][0]
        elif name == "TYPE":
            value = words["types"][value][0]
        elif value and name in ("ASSIGNED_BY_ID", "RESPONSIBLE_ID") and kind == "leads":
            value = PERSONS[int(value)]
        elif name in ("OPENED", "COMPLETED"):
            value = words["flags"][_FLAGS[value]][0]
        elif value and name == "BIRTHDATE":
            value = ".".join(reversed(value.split("-")))
        elif value and name in _INSTANTS:
            day, _, time = value.partition("T")
            value = f"{'.'.join(reversed(day.split('-')))} {time[:8]}"
        cells[heading] = value
    return cells


def _table(code: str, kind: str, rows: Rows) -> list[list[str]]:
    shown = [_shown(code, kind, each) for each in rows]
    return [list(shown[0]), *(list(each.values()) for each in shown)]


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
        records.append(record | (points_of(row) if kind == "leads" else {}))
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
