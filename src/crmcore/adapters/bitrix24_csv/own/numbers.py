"""Ids of another system, or none: each lead gets an id of ours, and keeps theirs as its origin."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from attrs import evolve

from crmcore.adapters.bitrix24_csv.cells import is_filled, plain_cell
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.asides import aside_of
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, Meaning

__all__ = ["ORIGINATOR", "Numbering", "count_up", "with_numbers"]

#: Our id for each of theirs, given in the order in which they appear.
Numbering = Callable[[Sequence[str]], Mapping[str, int]]

#: What stands as the system that the ids are from.
ORIGINATOR = "import"

_ADDED = tuple(column for column in LEAD_COLUMNS if column.code in ("ID", "ORIGIN_ID", "ORIGINATOR_ID"))


def count_up(theirs: Sequence[str]) -> dict[str, int]:
    """Ids from 1 on: the numbering of a CRM that has no leads yet."""
    return {each: id for id, each in enumerate(theirs, 1)}


def with_numbers(sheet: Sheet, numbering: Numbering) -> tuple[Sheet, Mapping[str, int]]:
    """The sheet with ids of ours, and which of theirs each stands for.

    A row without an id goes by its content, so that the same row of the same file is the same lead; a row that is no
    record is a bad one. Raises `BadFile` where the file says itself where its leads come from.
    """
    for heading in sheet.headings:
        if heading.column.place.startswith("ExternalOrigin."):
            said = "expected no column of origins, since ids of another system become them: leave it out in a mapping"
            raise sheet.bad_heading(heading.text, Fault.HEADING_TWICE, said)
    sheet = _without_asides(sheet)
    theirs = list(_theirs(sheet))
    numbers = numbering(tuple(dict.fromkeys(theirs)))
    width = len(sheet.table.names)
    added = (Heading(width + at, column.code, column, True, column.code) for at, column in enumerate(_ADDED))
    values = {each: {"ID": str(id), "ORIGIN_ID": each, "ORIGINATOR_ID": ORIGINATOR} for each, id in numbers.items()}
    rows = (
        (line, [*cells, *(values[each][column.code] for column in _ADDED)])
        for (line, cells), each in zip(sheet.rows, theirs, strict=True)
    )
    headings = (heading for heading in sheet.headings if heading.column.meaning is not Meaning.ID)
    return evolve(sheet, headings=(*headings, *added), rows=tuple(rows)), numbers


def _without_asides(sheet: Sheet) -> Sheet:
    """The sheet without sums and further headings, which nothing else would tell from leads that have no id."""
    index = next((each.index for each in sheet.headings if each.column.meaning is Meaning.ID), None)
    wrong = {}
    for line, cells in sheet.rows:
        filled = [*filter(is_filled, cells)]
        said = aside_of(filled)
        if said is None and index is not None and filled == [cells[index]] and not filled[0].strip().isdigit():
            said = "expected more than an id that is no number: delete this row, or fill it"
        if said is not None:
            wrong[line] = sheet.bad_row(line, None, Fault.BAD_ID, said)
    if not wrong:
        return sheet
    rows = tuple(row for row in sheet.rows if row[0] not in wrong)
    return evolve(sheet, rows=rows, bad_rows=(*sheet.bad_rows, *wrong.values()))


def _theirs(sheet: Sheet) -> Iterator[str]:
    """The id of each row as it stands, or what its content makes; of equal rows without ids each is one lead."""
    index = next((each.index for each in sheet.headings if each.column.meaning is Meaning.ID), None)
    again: Counter[str] = Counter()
    for _, cells in sheet.rows:
        if index is not None and is_filled(cells[index]):
            yield plain_cell(cells[index]).strip()
        else:
            mark = sha256("\x1f".join(cells).encode(errors="surrogatepass")).hexdigest()[:16]
            again[mark] += 1
            yield f"row {mark} {again[mark]}" if again[mark] > 1 else f"row {mark}"
