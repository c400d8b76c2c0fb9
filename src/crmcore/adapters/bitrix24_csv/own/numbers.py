"""Ids of another system, or none: each lead gets an id of ours, and keeps theirs as its origin."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from attrs import evolve

from crmcore.adapters.bitrix24_csv.cells import is_filled, plain_cell
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.table import Row
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
    theirs = _Theirs(sheet)
    numbers = numbering(tuple(dict.fromkeys(each for _, each in theirs)))
    width = len(sheet.table.names)
    added = tuple(Heading(width + at, column.code, column, True, column.code) for at, column in enumerate(_ADDED))
    headings = (heading for heading in sheet.headings if heading.column.meaning is not Meaning.ID)
    filled = {*sheet.facts.filled, *(each.index for each in added)}
    facts = evolve(sheet.facts, filled=filled, may_repeat=len(numbers) != sheet.facts.count)
    return evolve(sheet, headings=(*headings, *added), rows=_Numbered(theirs, numbers), facts=facts), numbers


def _without_asides(sheet: Sheet) -> Sheet:
    """The sheet without sums and further headings, which nothing else would tell from leads that have no id."""
    index = next((each.index for each in sheet.headings if each.column.meaning is Meaning.ID), None)

    def said_of(cells: list[str]) -> str | None:
        filled = [*filter(is_filled, cells)]
        said = aside_of(filled)
        if said is None and index is not None and filled == [cells[index]] and not filled[0].strip().isdigit():
            said = "expected more than an id that is no number: delete this row, or fill it"
        return said

    wrong = [(line, said) for line, cells in sheet.rows if (said := said_of(cells)) is not None]
    if not wrong:
        return sheet
    sheet = sheet.changed(lambda cells: cells if said_of(cells) is None else None)
    bad = (sheet.bad_row(line, None, Fault.BAD_ID, said) for line, said in wrong)
    return evolve(sheet, facts=sheet.new_facts(), bad_rows=(*sheet.bad_rows, *bad))


class _Theirs:
    """Each row with its id as it stands, or with what its content makes; of equal rows without ids each is one lead."""

    def __init__(self, sheet: Sheet) -> None:
        self._rows = sheet.rows
        self._index = next((each.index for each in sheet.headings if each.column.meaning is Meaning.ID), None)

    def __iter__(self) -> Iterator[tuple[Row, str]]:
        index = self._index
        again: Counter[str] = Counter()
        for row in self._rows:
            _, cells = row
            if index is not None and is_filled(cells[index]):
                yield row, plain_cell(cells[index]).strip()
            else:
                mark = sha256("\x1f".join(cells).encode(errors="surrogatepass")).hexdigest()[:16]
                again[mark] += 1
                yield row, f"row {mark} {again[mark]}" if again[mark] > 1 else f"row {mark}"


class _Numbered:
    """The rows with ids of ours, and with theirs as the origin."""

    def __init__(self, rows: Iterable[tuple[Row, str]], numbers: Mapping[str, int]) -> None:
        self._rows = rows
        self._numbers = numbers

    def __iter__(self) -> Iterator[Row]:
        for (line, cells), theirs in self._rows:
            values = {"ID": str(self._numbers[theirs]), "ORIGIN_ID": theirs, "ORIGINATOR_ID": ORIGINATOR}
            yield line, [*cells, *(values[column.code] for column in _ADDED)]
