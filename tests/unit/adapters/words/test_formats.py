"""Numbers and dates as each language writes them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words import language
from crmcore.adapters.words.formats import Dates, Numbers

MONTHS = tuple(map(str, range(1, 13)))


@pytest.mark.parametrize(
    "code, number, shown",
    [
        ("en", 0, "0"),
        ("en", 999, "999"),
        ("en", 1000, "1,000"),
        ("en", 10_000_000, "10,000,000"),
        ("en", Decimal("-1234.50"), "-1,234.50"),
        ("en", Decimal("1E+3"), "1,000"),
        ("en", Decimal("0.8"), "0.8"),
        ("it", 10_000_000, "10.000.000"),
        ("it", Decimal("1234.5"), "1.234,5"),
        ("it", -12_345, "-12.345"),
    ],
)
def test_a_number_is_written_as_the_language_does(code: str, number: int | Decimal, shown: str) -> None:
    """With all its digits, in groups of three."""
    assert language(code).number(number) == shown


def test_some_languages_leave_four_digits_together() -> None:
    """As Spanish and Polish do."""
    polish = Numbers(group="\N{NO-BREAK SPACE}", decimal=",", grouped_from=5)
    assert [polish.shown(number) for number in (1234, 12_345)] == ["1234", "12\N{NO-BREAK SPACE}345"]


@pytest.mark.parametrize(
    "field, given",
    [
        ("group", {"group": ""}),
        ("group", {"group": "..."}),
        ("group", {"group": "0"}),
        ("decimal", {"decimal": "x"}),
        ("decimal", {"decimal": ","}),
        ("grouped_from", {"grouped_from": 3}),
    ],
)
def test_marks_that_would_make_another_number_are_refused(field: str, given: dict[str, Any]) -> None:
    """A digit between groups, or one mark for both."""
    with pytest.raises(InvalidValue) as caught:
        Numbers(**{"group": ",", "decimal": ".", "grouped_from": 4, **given})
    assert caught.value.field == f"numbers.{field}"


@pytest.mark.parametrize(
    "code, when, shown",
    [
        ("en", date(2026, 3, 9), "9 March 2026"),
        ("it", date(2026, 12, 31), "31 dicembre 2026"),
        ("en", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2 January 2026, 03:04 UTC"),
        ("it", datetime(2026, 1, 2, 23, 0, tzinfo=timezone(timedelta(hours=1))), "2 gennaio 2026, 23:00 UTC+01:00"),
        ("en", datetime(2026, 1, 2, 3, 4), "2 January 2026, 03:04"),  # noqa: DTZ001  # one without a zone
    ],
)
def test_a_day_or_an_instant_is_written_as_the_language_does(code: str, when: date, shown: str) -> None:
    """An instant says its zone."""
    assert language(code).date(when) == shown


def test_a_year_has_twelve_months() -> None:
    """Fewer would fail in December."""
    assert Dates(months=MONTHS, day="{day}", instant="{hour}").months == MONTHS
    with pytest.raises(InvalidValue, match="twelve"):
        Dates(months=MONTHS[:11], day="{day}", instant="{hour}")


@pytest.mark.parametrize(
    "seconds, shown",
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "about 1 minute"),
        (61, "about 2 minutes"),
        (7199, "about 120 minutes"),
        (7200, "about 2 hours"),
        (36_001, "about 11 hours"),
    ],
)
def test_a_duration_is_rounded_up(seconds: int, shown: str) -> None:
    """What is left takes at most that long."""
    assert language("en").duration(seconds) == shown
