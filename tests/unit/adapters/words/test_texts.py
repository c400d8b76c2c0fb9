"""Texts with places: numbers and names come in, and each place has one."""

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words.formats import Numbers
from crmcore.adapters.words.plurals import Plurals
from crmcore.adapters.words.texts import Counted, Phrase, places_in

NUMBERS = Numbers(group=",", decimal=".", grouped_from=4)
DONE = Phrase("{done} of {total}", ("done", "total"), NUMBERS)
LEADS = Counted(
    {
        "one": Phrase("one lead in {where}", ("n", "where"), NUMBERS),
        "other": Phrase("{n} leads in {where}", ("n", "where"), NUMBERS),
    },
    Plurals({"one": "n = 1"}),
)


def test_a_phrase_has_its_values_in_its_places() -> None:
    """A name is shown as it is, braces and all, and never filled again."""
    assert DONE(done=1500, total="{done}") == "1,500 of {done}"


def test_a_counted_text_agrees_with_its_number() -> None:
    """A form that says the number in a word need not show it."""
    assert [LEADS(n=n, where="{n}") for n in (0, 1, 10_000_000)] == [
        "0 leads in {n}",
        "one lead in {n}",
        "10,000,000 leads in {n}",
    ]


def test_a_value_too_few_or_too_many_is_refused() -> None:
    """Whichever form the number chooses."""
    for values in ({}, {"done": 1}, {"done": 1, "total": 2, "n": 3}):
        with pytest.raises(InvalidValue, match="one for each of done, total"):
            DONE(**values)
    for n in (1, 2):
        with pytest.raises(InvalidValue, match="one for each of n, where"):
            LEADS(n=n)
    with pytest.raises(InvalidValue, match="no place"):
        Phrase("x", (), NUMBERS)(n=1)


@pytest.mark.parametrize(
    "text, places",
    [("a", set()), ("{n} {n}", {"n"}), ("{}", {""}), ("{n", {""}), ("n}", {""}), ("{{n}}", {"n", ""}), ("{n.x}", {""})],
)
def test_places_are_named_in_braces(text: str, places: set[str]) -> None:
    """Whatever else has a brace is a place without a name, which no text asks for."""
    assert places_in(text) == places
