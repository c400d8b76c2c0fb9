"""A table written in each form that is read: CSV, HTML, an answer of the REST interface, a workbook."""

import csv
import html
import io
import json
from collections.abc import Callable
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl

__all__ = ["Table", "spoilt_member", "written"]

Table = list[list[str]]


def written(draw: Random, table: Table) -> bytes:
    """The file; most are CSV, since that is what people have."""
    return draw.choice((_csv, _csv, _csv, _csv, _html, _json, _workbook))(draw, table)


def _csv(draw: Random, table: Table) -> bytes:
    text = io.StringIO(newline="")
    delimiter = draw.choice((";", ";", ",", "\t"))
    end = draw.choice(("\r\n", "\n"))
    csv.writer(
        text, delimiter=delimiter, lineterminator=end, quoting=draw.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    ).writerows(table)
    encoding = draw.choice(("utf-8", "utf-8-sig", "utf-8", "utf-16", "cp1251", "utf-8"))
    try:
        return text.getvalue().encode(encoding)
    except UnicodeEncodeError:
        return text.getvalue().encode()


def _html(draw: Random, table: Table) -> bytes:
    mark = draw.choice(("td", "th"))
    rows = [[f"<{mark if at == 0 else 'td'}>{html.escape(cell)}" for cell in row] for at, row in enumerate(table)]
    text = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    head = '<html><head><meta charset="utf-8"></head><body>'
    return f"{head}<table>{text}</table>".encode(errors="replace")


def _json(draw: Random, table: Table) -> bytes:
    names, *rows = table
    records = [dict(zip(names, map(_value(draw), row), strict=False)) for row in rows]
    answer = {"result": records if draw.random() < 0.7 else {"items": records}, "total": len(records)}
    return json.dumps(draw.choice((answer, [answer])), ensure_ascii=draw.random() < 0.5).encode(errors="replace")


def _value(draw: Random) -> Callable[[str], object]:
    """What becomes of a cell: a text, or now and then a value as the interface has for fields of several."""

    def value(cell: str) -> object:
        odd: tuple[object, ...] = (
            [{"VALUE": cell}],
            [cell],
            {"VALUE": cell},
            None,
            True,
            1e400,
            -0.0,
            10**400,
            [[cell]],
        )
        return draw.choice(odd) if draw.random() < 0.02 else cell

    return value


def _workbook(draw: Random, table: Table) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    for row in table:
        sheet.append([_printable(cell) for cell in row])
    if draw.random() < 0.05:
        book.create_sheet("More").append([draw.choice(("", "x"))])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _printable(cell: str) -> str:
    """A cell as a workbook can have it."""
    return "".join(letter for letter in cell if letter.isprintable() or letter in "\n\t")[:32_000]


def spoilt_member(draw: Random, content: bytes, spoil: Callable[[Random, bytes], bytes]) -> bytes:
    """A workbook with one of its members damaged, packed again so that its sum is right."""
    source, target = ZipFile(io.BytesIO(content)), io.BytesIO()
    hit = draw.choice(source.namelist())
    with ZipFile(target, "w", ZIP_DEFLATED) as package:
        for name in source.namelist():
            if name != hit:
                package.writestr(name, source.read(name))
            elif draw.random() < 0.9:
                package.writestr(name, spoil(draw, source.read(name)))
    return target.getvalue()
