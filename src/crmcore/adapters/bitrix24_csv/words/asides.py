"""Rows that are no records: sums below the others, and headings that come once more in other words."""

import re
from collections.abc import Sequence

from crmcore.adapters.bitrix24_csv.words.headings import is_known, lead_columns

__all__ = ["aside_of", "is_sum"]

#: What stands before a sum, alone or with a count behind it: "Total", "Итого: 5", "Grand Totals (12 records)".
_SUM = re.compile(
    r"(?:grand )?(?:(?:sub)?totals?|sum|итого|всего|summe|gesamt(?:summe)?|total(?:e|i| general)|suma|somma|soma|razem"
    r"|ogółem|усього|разом|toplam|totaal)\s*(?:[:=(\d].*)?",
    re.IGNORECASE,
)


def is_sum(cell: str) -> bool:
    """Whether a cell announces a sum.

    >>> [is_sum(each) for each in ("Total", "Итого: 5", "Grand Totals (2 records)", "Total Solutions", "7")]
    [True, True, True, False, False]
    """
    return _SUM.fullmatch(cell.strip()) is not None


def aside_of(cells: Sequence[str]) -> str | None:
    """What the filled cells of a row are where they are no record, and what to do; nothing for a record.

    >>> aside_of(["Total", "5"]), aside_of(["ID", "TITLE", "STATUS_ID"]), aside_of(["1", "Name"])
    ('this looks like a row of sums: delete it', 'this looks like a second line of headings: delete one of them', None)
    """
    if cells and is_sum(cells[0]):
        return "this looks like a row of sums: delete it"
    # Most rows are told by their first cell.
    if len(cells) >= _HEADINGS and all(is_known(lead_columns([cell])[0].column) for cell in cells):
        return "this looks like a second line of headings: delete one of them"
    return None


#: One cell that is called like a column may be a coincidence.
_HEADINGS = 2
