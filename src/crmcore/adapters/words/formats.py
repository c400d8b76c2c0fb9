"""How one language writes numbers, days and instants."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from attrs import frozen

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.text import Shown

__all__ = ["Dates", "Numbers"]


@frozen(kw_only=True, repr=False, eq=False)
class Numbers(Shown):
    """How numbers are written.

    `group` stands between groups of three digits and `decimal` before the decimals, one character each; a number is
    grouped once it has `grouped_from` digits. Raises `InvalidValue` for anything else.

    >>> Numbers(group=".", decimal=",", grouped_from=4).shown(Decimal("10000000.50"))
    '10.000.000,50'
    """

    group: str
    decimal: str
    grouped_from: int

    def __attrs_post_init__(self) -> None:
        for name, mark in (("group", self.group), ("decimal", self.decimal)):
            if len(mark) != 1 or mark.isalnum():
                raise InvalidValue(f"numbers.{name}", "one character that is no letter and no digit")
        if self.group == self.decimal:
            raise InvalidValue("numbers.decimal", "another character than that of numbers.group")
        if self.grouped_from < 4:
            raise InvalidValue("numbers.grouped_from", "4 or more")

    def shown(self, number: int | Decimal) -> str:
        """The number with all its digits."""
        whole, _, decimals = (
            f"{abs(number):f}".partition(".") if isinstance(number, Decimal) else (str(abs(number)), "", "")
        )
        if len(whole) >= self.grouped_from:
            whole = f"{int(whole):,}".replace(",", self.group)
        return ("-" if number < 0 else "") + whole + (f"{self.decimal}{decimals}" if decimals else "")


@frozen(kw_only=True, repr=False, eq=False)
class Dates(Shown):
    """How days and instants are written.

    `months` are the twelve names as they stand in a date. `day` has the places {day}, {month} and {year}, `instant`
    besides {hour}, {minute} and {zone}. Raises `InvalidValue` for other than twelve months.

    >>> from datetime import UTC
    >>> english = Dates(
    ...     months=tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    ...     day="{day} {month} {year}",
    ...     instant="{day} {month} {year}, {hour}:{minute} {zone}",
    ... )
    >>> english.shown(datetime(2026, 11, 6, 9, 5, tzinfo=UTC)), english.shown(date(2026, 11, 6))
    ('6 Nov 2026, 09:05 UTC', '6 Nov 2026')
    """

    months: tuple[str, ...]
    day: Annotated[str, "day", "month", "year"]
    instant: Annotated[str, "day", "month", "year", "hour", "minute", "zone"]

    def __attrs_post_init__(self) -> None:
        if len(self.months) != 12:
            raise InvalidValue("dates.months", "twelve names")

    def shown(self, when: date) -> str:
        """The day, or the instant with its zone."""
        parts = {"day": str(when.day), "month": self.months[when.month - 1], "year": str(when.year)}
        if not isinstance(when, datetime):
            return self.day.format_map(parts)
        return self.instant.format_map(
            {**parts, "hour": f"{when.hour:02}", "minute": f"{when.minute:02}", "zone": when.tzname() or ""}
        ).rstrip()
