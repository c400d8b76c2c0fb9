"""From text to values: exact, or not at all."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.bitrix24_csv.cells import (
    escape,
    escape_all,
    is_filled,
    is_joined,
    join_two,
    join_values,
    plain_cell,
    read_date,
    read_flag,
    read_id,
    read_instant,
    read_list,
    read_number,
    read_whole,
    shape_of,
    split_pieces,
    split_values,
    unescape,
    whole_digits,
)


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize(
    "cell, number",
    [
        ("40000", "40000"),
        ("12.345", "12.345"),
        ("0.10", "0.10"),
        ("-7.5", "-7.5"),
        ("1200,50", "1200.50"),
        ("1,5", "1.5"),
        (" 1000 ", "1000"),
        ("12345678901234567890.0123456789", "12345678901234567890.0123456789"),
    ],
)
def test_a_plain_decimal_is_read_to_the_last_digit(cell: str, number: str) -> None:
    """Digits are neither rounded nor regrouped, and trailing zeros stay."""
    assert str(read_number(cell)) == number


@pytest.mark.rule("CONV-8", "CSV-5.2")
@pytest.mark.parametrize(
    "cell",
    ["1.234,56", "1,234.56", "1,234", "1 000", "1\u00a0000", "1'000", "1e5", "EUR 5", "5 €", "", ".5", "5.", "+5", "٥"],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused(cell: str) -> None:
    """R6: swapping separators once turned 1 into 1,000,000 elsewhere, so nothing is guessed here."""
    assert read_number(cell) is None


@pytest.mark.parametrize(
    "cell, day",
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("23.11.2026", date(2026, 11, 23)),
        ("3.4.1990", date(1990, 4, 3)),
        ("23.11.2026 00:00:00", date(2026, 11, 23)),
        ("1990-05-01T03:00:00+03:00", date(1990, 5, 1)),
        ("1990-05-01T00:00:00+03:00", date(1990, 5, 1)),
    ],
)
def test_a_day_is_read_as_it_is_written(cell: str, day: date) -> None:
    """The time zone of the product's answers does not move a birthday."""
    assert read_date(cell) == day


@pytest.mark.parametrize("cell", ["11/23/2026", "31.02.2026", "2026-13-01", "2026-11-23T15:00", "23.11.26", "today"])
def test_a_day_that_is_none_is_refused(cell: str) -> None:
    """Neither the order of day and month nor the century is guessed, and a time of day is not cut off."""
    assert read_date(cell) is None


@pytest.mark.parametrize(
    "cell",
    ["2026-11-23T15:04:05+03:00", "2026-11-23T12:04:05Z", "2026-11-23 12:04:05", "23.11.2026 12:04:05"],
)
def test_an_instant_is_kept_in_utc(cell: str) -> None:
    """One without a zone is taken as UTC."""
    assert read_instant(cell) == datetime(2026, 11, 23, 12, 4, 5, tzinfo=UTC)


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in another zone."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_an_instant_without_a_zone_is_one_of_utc() -> None:
    """Wherever the machine stands, and however the instant is written."""
    for cell in ("2026-11-23T12:04:05", "23.11.2026 12:04:05", "2026-11-23T15:04:05+03:00"):
        at = read_instant(cell)
        assert at is not None
        assert (at.tzinfo, at.hour) == (UTC, 12)
    assert read_instant("20261123T120405") is None


@pytest.mark.parametrize("cell", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00", "99.99.9999 10:00"])
def test_an_instant_beyond_the_calendar_is_refused(cell: str) -> None:
    """Moving it to UTC would overflow."""
    assert read_instant(cell) is None
    assert read_date(cell) is None


@pytest.mark.rule("CSV-5.6")
def test_yes_and_no_are_understood_in_every_language() -> None:
    """Letters of the product, words and digits mean the same."""
    assert [read_flag(cell) for cell in ("да", "Y", "yes", "1", "Да ", "Sì", "oui")] == [True] * 7
    assert [read_flag(cell) for cell in ("нет", "N", "no", "0", "НЕТ", "Nein", "não")] == [False] * 7
    assert [read_flag(cell) for cell in ("", "igen", "2")] == [None] * 3


@pytest.mark.rule("CSV-5.8")
def test_an_id_is_a_whole_number_above_zero() -> None:
    """Signs, fractions and numbers that no record can have are refused; a table program's 7.0 is 7."""
    assert [read_id(cell) for cell in ("1", " 1 ", "1.0", "1" * 19)] == [1, 1, 1, int("1" * 19)]
    assert [read_id(cell) for cell in ("7", " 7 ", "007", "7.0", "7.00")] == [7] * 5
    assert read_id(f"{2**53}.0") == 2**53
    assert [read_id(cell) for cell in ("0", "-1", "1.5", "1e3", "٧", "", "9" * 19, "9" * 30)] == [None] * 8
    assert [read_id(cell) for cell in (f"{2**53 + 1}.0", "1,0", "1.", "0.0")] == [None] * 4


@pytest.mark.parametrize(
    "cell, values",
    [
        ("a@x.example,b@x.example", ["a@x.example", "b@x.example"]),
        ("+1 555 0100, +1 555 0101", ["+1 555 0100", "+1 555 0101"]),
        (",a,, ,b,", ["a", "b"]),
        (" as it is ", [" as it is "]),
        ('"a,b",c', ["a,b", "c"]),
        ('"Rocket"', ['"Rocket"']),
        ('o"neil@x.example', ['o"neil@x.example']),
        ('"Smith, Ann" <a@x.example>', ['"Smith', 'Ann" <a@x.example>']),
        ('"open', ['"open']),
        (",", []),
    ],
)
def test_a_cell_with_several_values_is_split_at_commas(cell: str, values: list[str]) -> None:
    """Quotes count only where the export of this library would have written them."""
    assert split_values(cell) == values


@pytest.mark.rule("CSV-5.1")
def test_a_cell_is_filled_where_it_says_anything() -> None:
    """Neither blanks nor a word for nothing do."""
    assert [is_filled(cell) for cell in ("a", " a ", "0", "Null", "none")] == [True] * 5
    assert [is_filled(cell) for cell in ("", " \t", "NaN", " NULL ", "0000-00-00", "#N/D!")] == [False] * 6


@pytest.mark.parametrize(
    "cell, meant",
    [
        ("plain", "plain"),
        ("'=1+1", "=1+1"),
        ("''90s", "'90s"),
        ("'90s", "'90s"),
        ("'NaN", "NaN"),
        ('="+1 555"', "+1 555"),
        (' ="say ""hi""" ', 'say "hi"'),
        ('="a"&"b"', '="a"&"b"'),
        ("=1+1", "=1+1"),
        (" a ", " a "),
    ],
)
def test_a_cell_is_taken_as_it_was_meant(cell: str, meant: str) -> None:
    """Without the mark of the exporter, or the formula that only holds a text."""
    assert plain_cell(cell) == meant


LIST, SHORTENED = "a list or an object of a program", "a number that a spreadsheet has shortened"
ERROR = "an error of a spreadsheet"


@pytest.mark.parametrize(
    "cell, shape",
    [
        ("[1]", LIST),
        (' {"a": 1}', LIST),
        ('a:1:{s:1:"a"', LIST),
        ('s:3:"abc"', LIST),
        ('O:8:"stdClass"', LIST),
        ("7,9E+10", SHORTENED),
        ("-7e10", SHORTENED),
        ("#NAME?", ERROR),
        (" #REF! ", ERROR),
        ("###", ERROR),
        ("#", None),
        ("#1", None),
        ("Ann [1]", None),
        ("1E", None),
        ("E10", None),
        ("a:1", None),
        ("", None),
    ],
)
def test_what_is_no_name_is_known_by_its_shape(cell: str, shape: str | None) -> None:
    """What programs and spreadsheets write in the place of a value."""
    assert shape_of(cell) == shape


def test_a_whole_number_may_be_below_zero() -> None:
    """A table program's 39.0 is 39, and no fraction is cut off."""
    assert [read_whole(cell) for cell in ("39", "-3", " 39.0 ", "0", "5,0")] == [39, -3, 39, 0, 5]
    assert [read_whole(cell) for cell in ("3.5", "x", "", "1 000")] == [None] * 4


def test_a_cell_holds_texts_or_none() -> None:
    """Blank ones are left out."""
    assert (read_list("a, b;c"), read_list("a"), read_list(" , ")) == (("a", "b", "c"), ("a",), None)
    assert [is_joined(cell) for cell in ("a,b", "a;b", "a\nb", 'a"b', "a b")] == [True, True, True, True, False]


@pytest.mark.parametrize(
    "cell, pieces, listed",
    [
        ("a;b", [("a", False), ("b", False)], [("a;b", False)]),
        ('"a;b",c', [("a;b", True), ("c", False)], [("a;b", True), ("c", False)]),
        ('"a",b', [('"a"', False), ("b", False)], [('"a"', False), ("b", False)]),
        ('"a";b', [('"a"', False), ("b", False)], [('"a";b', False)]),
        ("a\r\n;b\n", [("a", False), ("b", False)], [("a", False), (";b", False)]),
        ('"say ""a,b"""', [('say "a,b"', True)], [('say "a,b"', True)]),
        (' a"b ', [(' a"b ', False)], [(' a"b ', False)]),
        (" X;", [("X", False)], [(" X;", False)]),
        ("X , ", [("X", False)], [("X", False)]),
        (" ", [], []),
        ("", [], []),
        (",", [], []),
    ],
)
def test_a_piece_says_whether_it_stood_in_quotes(
    cell: str, pieces: list[tuple[str, bool]], listed: list[tuple[str, bool]]
) -> None:
    """In those that a value needed; semicolons join unless somebody says that they do not."""
    assert split_pieces(cell) == pieces
    assert split_pieces(cell, semicolons=False) == listed


@pytest.mark.parametrize(
    "value, joined",
    [
        ("plain", "plain"),
        ("a@b.example", "a@b.example"),
        ("+1 555 0100", "+1 555 0100"),
        ("a@b@c", '"a@b@c"'),
        ("a@b c", "a@b c"),
        ("+1+2", '"+1+2"'),
        ("+X", "+X"),
        ("a,b", '"a,b"'),
        ("a;b", '"a;b"'),
        ("a\nb", '"a\nb"'),
        ('"a"', '"""a"""'),
        (" a", '" a"'),
        ("NaN", '"NaN"'),
        ("[1]", '"[1]"'),
        ("79000000101.0", '"79000000101.0"'),
    ],
)
def test_a_value_is_quoted_where_it_would_be_taken_for_something_else(value: str, joined: str) -> None:
    """Alone, among others, and behind a cell that has some."""
    assert (join_values([value]), join_values(["x", value])) == (joined, f"x,{joined}")
    assert (join_two(None, value), join_two("x", value)) == (joined, f"x,{joined}")


@given(st.lists(st.text(st.sampled_from("a,\"; '\t=é"), min_size=1).filter(str.strip), max_size=4))
def test_values_that_are_joined_come_back(values: list[str]) -> None:
    """Commas, quotes and outer blanks survive the way through one cell."""
    assert split_values(join_values(values)) == values


@given(st.one_of(st.text(st.sampled_from("'=+-@\t\r1a ")), st.text()))
def test_an_escaped_cell_comes_back(cell: str) -> None:
    """What the exporter puts before a formula, the importer takes away."""
    assert unescape(escape(cell)) == cell


#: The beginnings of OWASP's page on CSV injection, written down a second time: this list is not that of the code.
DANGEROUS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
#: Cells that begin like a formula and are none: every number of these tests that may stay as it is.
NUMBERS = ("-1", "-0", "-11", "-1.1", "-11.1", "-1.11", "-0.0", "-12345678901234567890.10")
#: What only looks like a number, and what a spreadsheet computes all the same.
NO_NUMBERS = (
    "-",
    "--1",
    "-1-1",
    "+1",
    "-1.",
    "-.1",
    "-1.1.1",
    "-1 ",
    "- 1",
    "-1\n",
    "-1\r\n",
    "-1,1",
    "-1e1",
    "-\u0661",
    "-1a",
)


#: What programs write for nothing, and blanks that may stand around it, such as Python strips.
WORDS = ("NaN", "nan", "NAN", "NaT", "None", "NULL", "null", "N/A", "n/a", "#N/A", "<NA>", "<NULL>", "(null)", "\\N")
BLANKS = ("", " ", "\t", "\x0b\x0c", "\x1c\x1f", "\x85\xa0", "\u2003\u2028")


@pytest.mark.rule("CSV-8.4")
@given(st.text(st.sampled_from("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff201a .,e\u0661"), min_size=1))
def test_an_escaped_cell_is_no_formula(cell: str) -> None:
    """A spreadsheet runs what begins with one of these; of a number only digits and one point follow the minus."""
    escaped = escape(cell)
    whole, _, part = escaped[1:].partition(".")
    is_number = (
        escaped[0] == "-" and set(whole) | set(part) <= set("0123456789") and whole and (part or "." not in cell)
    )
    assert escaped[0] not in DANGEROUS or is_number


#: Cells of each kind that is escaped, and their neighbours that are not.
CELLS = (
    *(first + rest for first in f"'{DANGEROUS}a 1\0" for rest in ("", "1", "a")),
    *(f"{before}{word}{behind}" for word in (*WORDS, "Nan", "") for before in BLANKS for behind in BLANKS),
    *NUMBERS,
    *NO_NUMBERS,
)


@pytest.mark.rule("CSV-8.4")
@pytest.mark.parametrize("others", [[], ["plain"], ["", "1"]], ids=len)
def test_many_cells_are_escaped_as_each_of_them_is(others: list[str]) -> None:
    """A column is looked at once, and no cell slips through between the others."""
    for cell in CELLS:
        cells = [*others, cell, *reversed(others)]
        assert [*escape_all(cells)] == [escape(each) for each in cells]


@pytest.mark.parametrize("cell", ["'a", "''", " NaN ", "=1", "\t", "＝1"])
def test_what_a_reader_would_change_is_marked(cell: str) -> None:
    """A mark, a word for nothing, and a formula."""
    assert escape(cell) == "'" + cell


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_negative_number_is_not_escaped(cell: str) -> None:
    """A column of amounts adds up."""
    assert escape(cell) == cell


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_only_looks_like_a_number_is_escaped(cell: str) -> None:
    """One character more, and a spreadsheet computes it."""
    assert escape(cell) == "'" + cell


@pytest.mark.rule("CSV-8.5")
@pytest.mark.parametrize("cell", ["+33 1 25 54 45 69", "=1+1", "-", "@home", "'90s fan", "plain", ""])
def test_a_cell_that_nobody_escaped_stays(cell: str) -> None:
    """The product's own export has phones that begin with a plus and does not escape them."""
    assert unescape(cell) == cell


@pytest.mark.parametrize("cell", ["1234.0", "1234567890123456.0", "12345.5", "-12345.0", "12345", "12345.", "1,2345.0"])
def test_what_is_no_phone_of_a_column_of_numbers_stays(cell: str) -> None:
    """A phone has 5 to 15 digits, and a decimal became one by nothing but zeros."""
    assert whole_digits(cell) is None


@pytest.mark.parametrize("digits", ["12345", "123456789012345"])
def test_a_phone_that_became_a_decimal_is_read(digits: str) -> None:
    """The shortest and the longest."""
    assert whole_digits(f" {digits}.00 ") == digits
    assert whole_digits(f"{digits},0") == digits
