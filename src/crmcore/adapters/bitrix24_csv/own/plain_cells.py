"""Cells in the forms that a mapping names, put into the forms that are known of every file."""

import re
from collections.abc import Callable
from functools import partial

from attrs import evolve

from crmcore.adapters.bitrix24_csv.own.dates import plain_dates
from crmcore.adapters.bitrix24_csv.own.file_map import FileMapping
from crmcore.adapters.bitrix24_csv.sheets import Sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.names import plain

__all__ = ["with_plain_cells"]

_GROUPS = {
    ",": re.compile(r"(-?[0-9]{1,3}(?:[.\s'\u00a0\u202f][0-9]{3})*|-?[0-9]+)(?:,([0-9]+))?"),
    ".": re.compile(r"(-?[0-9]{1,3}(?:[,\s'\u00a0\u202f][0-9]{3})*|-?[0-9]+)(?:\.([0-9]+))?"),
}
_NO_DIGIT = re.compile(r"[^0-9-]")
_UNREADABLE = "?"


def with_plain_cells(sheet: Sheet, mapping: FileMapping) -> Sheet:
    """The sheet with its words for nothing, yes and no, its amounts and its days as every file has them.

    Raises `BadFile` where the order of day and month is not known.
    """
    if mapping.nothing:
        sheet = sheet.changed(lambda cells: ["" if plain(cell) in mapping.nothing else cell for cell in cells])
        sheet = evolve(sheet, facts=sheet.new_facts())
    changes = plain_dates(sheet, mapping.dates)
    for heading in sheet.headings:
        if heading.column.meaning is Meaning.FLAG and (mapping.yes or mapping.no):
            changes[heading.index] = partial(_flag, mapping=mapping)
        if heading.column.meaning is Meaning.NUMBER and mapping.decimal is not None:
            changes[heading.index] = partial(_number, sign=mapping.decimal)
    if not changes:
        return sheet
    return sheet.changed(lambda cells: _changed(cells, changes))


def _changed(cells: list[str], changes: dict[int, Callable[[str], str]]) -> list[str]:
    changed = list(cells)
    for index, change in changes.items():
        changed[index] = change(changed[index])
    return changed


def _flag(cell: str, mapping: FileMapping) -> str:
    word = plain(cell)
    return "Y" if word in mapping.yes else "N" if word in mapping.no else cell


def _number(cell: str, sign: str) -> str:
    """An amount with the sign that the mapping names, its groups of thousands closed; any other cell as it is."""
    found = _GROUPS[sign].fullmatch(cell.strip())
    if found is None:
        # A sign in the wrong place is a mistake, which the usual form would read as something.
        return _UNREADABLE if "." in cell or "," in cell else cell
    whole, part = found.groups()
    return _NO_DIGIT.sub("", whole) + (f".{part}" if part else "")
