"""What is known of a file once it was read through: how many rows fit, which columns say anything, and their words."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import gt, lt
from typing import TypeVar

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import is_filled, plain_cell, read_id
from crmcore.adapters.bitrix24_csv.formats.table import Row
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.domain.model.image import in_batches
from crmcore.domain.model.text import Discreet

__all__ = ["BLOCK", "DAY", "Facts", "Ids", "blocks", "facts_of", "repeated_ids"]

T = TypeVar("T")

#: How many rows are held at a time.
BLOCK = 2_000
#: A day of which a cell alone does not say which number is the month: 05/31/2026, 5-31-2026 02:15:00 pm.
DAY = re.compile(
    r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})(?:,?\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\s*([ap])\.?m\.?)?)?",
    re.IGNORECASE,
)
#: Columns of which each word is known, since a file has few of them.
_FEW_WORDS = (Meaning.STAGE, Meaning.PERSON, Meaning.PERSONS)
_TYPE = "ENTITY_TYPE_ID"


@frozen(repr=False, eq=False)
class Facts(Discreet):
    """What is true of the rows that fit.

    `filled` are the numbers of the columns that say anything, `words` the different cells of columns with few, in
    their order, `days` the first two numbers of days that could be read in two ways. Ids `may_repeat` unless each row
    has one and they go up, or down, from row to row.
    """

    count: int
    filled: Collection[int]
    words: dict[int, dict[str, None]]
    days: dict[int, set[tuple[int, int]]]
    may_repeat: bool


def blocks(rows: Iterable[T]) -> Iterator[list[T]]:
    """The rows, some at a time.

    >>> [len(block) for block in blocks(range(4_001))]
    [2000, 2000, 1]
    """
    return in_batches(rows, BLOCK)


def facts_of(columns: Sequence[Column], fitting: Iterable[Sequence[Sequence[str]]]) -> Facts:
    """Look through blocks of rows, each as wide as there are columns."""
    words: dict[int, dict[str, None]] = {
        index: {} for index, each in enumerate(columns) if each.meaning in _FEW_WORDS or each.code == _TYPE
    }
    days: dict[int, set[tuple[int, int]]] = {
        index: set() for index, each in enumerate(columns) if each.meaning in (Meaning.DATE, Meaning.INSTANT)
    }
    ids = next((index for index, each in enumerate(columns) if each.meaning is Meaning.ID), None)
    empty = set(range(len(columns)))
    order = _Order(is_kept=ids is not None)
    count = 0
    for block in fitting:
        count += len(block)
        cells = list(zip(*block, strict=True))
        for index in [index for index in empty if any(cells[index]) and any(map(is_filled, cells[index]))]:
            empty.discard(index)
        for index, known in words.items():
            known.update(dict.fromkeys(cells[index]))
        for index, found in days.items():
            if index not in empty:
                found.update(_days(cells[index]))
        if ids is not None:
            order.look(cells[ids])
    return Facts(count, frozenset(range(len(columns))) - empty, words, days, not order.is_kept)


def _days(cells: Iterable[str]) -> Iterator[tuple[int, int]]:
    for cell in set(cells):
        found = DAY.fullmatch(cell.strip())
        if found:
            yield int(found[1]), int(found[3])


class _Order:
    """Whether ids go up from row to row, or down."""

    def __init__(self, *, is_kept: bool) -> None:
        self.is_kept = is_kept
        self._last: list[int] = []
        self._goes: Callable[[int, int], bool] | None = None

    def look(self, cells: Sequence[str]) -> None:
        """Look at the ids of more rows."""
        if not self.is_kept:
            return
        ids = list(_ids(cells))
        self.is_kept = len(ids) == len(cells)
        ids = self._last + ids
        if self._goes is None and len(ids) > 1:
            self._goes = lt if ids[0] < ids[1] else gt
        if self._goes is not None:
            self.is_kept = self.is_kept and all(map(self._goes, ids, ids[1:]))
        self._last = ids[-1:]


def _ids(cells: Sequence[str]) -> Iterable[int]:
    """The ids in cells; those that hold none are left out."""
    if all(map(str.isdecimal, cells)) and all(map(str.isascii, cells)) and max(map(len, cells)) < _PLAIN:
        return map(int, cells)
    return (id for cell in cells if is_filled(cell) and (id := read_id(plain_cell(cell))) is not None)


#: So many digits need a closer look.
_PLAIN = 19


def repeated_ids(rows: Iterable[Row], columns: Iterable[int]) -> frozenset[int]:
    """The ids that stand in these columns of more than one row."""
    seen, again = Ids(), set[int]()
    for block in blocks(rows):
        for id in _ids([cells[index] for index in columns for _, cells in block]):
            if id in seen:
                again.add(id)
            seen.update((id,))
    return frozenset(again)


class Ids:
    """A set of ids that takes little room: ids of one file lie close together.

    >>> ids = Ids([1, 64, 9_000_000_000])
    >>> ids.update([65])
    >>> 1 in ids, 2 in ids, 65 in ids, 9_000_000_000 in ids
    (True, False, True, True)
    """

    def __init__(self, ids: Iterable[int] = ()) -> None:
        #: One bit for each id, by what is above its last six bits.
        self._pages: dict[int, int] = {}
        self.update(ids)

    def update(self, ids: Iterable[int]) -> None:
        """Add more."""
        pages = self._pages
        for id in ids:
            page = id >> 6
            pages[page] = pages.get(page, 0) | 1 << (id & 63)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, int) and self._pages.get(id >> 6, 0) >> (id & 63) & 1 == 1
