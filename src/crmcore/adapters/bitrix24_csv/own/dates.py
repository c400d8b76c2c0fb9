"""Days such as 03/04/2026, of which a cell alone does not say which number is the month: the whole column does."""

from collections.abc import Callable, Collection
from enum import StrEnum
from functools import partial

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.facts import DAY
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning

__all__ = ["DateOrder", "plain_dates"]

_MONTHS = 12


class DateOrder(StrEnum):
    """Which of two numbers of a day comes first."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def plain_dates(sheet: Sheet, order: DateOrder | None = None) -> dict[int, Callable[[str], str]]:
    """What makes such days `2026-04-03`, by the number of their column.

    Raises `BadFile` where the order was not told and no cell shows it.
    """
    columns = [heading for heading in sheet.headings if heading.column.meaning in (Meaning.DATE, Meaning.INSTANT)]
    found: dict[int, Callable[[str], str]] = {}
    for heading in columns:
        days = sheet.facts.days[heading.index]
        if days:
            found[heading.index] = partial(_plain, order=order or _order(sheet, heading, days))
    return found


def _order(sheet: Sheet, heading: Heading, days: Collection[tuple[int, int]]) -> DateOrder:
    """The order that a column shows by a number that can be no month."""
    day_first = any(first > _MONTHS for first, _ in days)
    month_first = any(second > _MONTHS for _, second in days)
    if day_first is not month_first:
        return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST
    said = (
        "this column has days of both orders, day first and month first: write them as 2026-11-23"
        if day_first
        else "expected a day above 12 in at least one cell of this column, to see whether day or month comes first: "
        "say which (dates, --dates dmy or --dates mdy)"
    )
    raise sheet.bad_heading(heading.text, Fault.DATE_ORDER, said)


def _plain(cell: str, order: DateOrder) -> str:
    """A cell in the form that both orders share; a cell that is no such day stays, and so does a time that is none."""
    found = DAY.fullmatch(cell.strip())
    if not found:
        return cell
    first, _, second, year, hour, minute, seconds, half = found.groups()
    day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    plain = f"{year}-{month:0>2}-{day:0>2}"
    if hour is None:
        return plain
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= _MONTHS:
            return cell
        hours = hours % _MONTHS + (_MONTHS if half.lower() == "p" else 0)
    return f"{plain} {hours:02}:{minute}:{seconds or '00'}"
