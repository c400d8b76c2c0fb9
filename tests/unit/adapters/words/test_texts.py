"""Texts with places: numbers and names come in, and each place has one."""

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words import language
from crmcore.adapters.words.catalogue import packaged_codes
from crmcore.adapters.words.formats import Numbers
from crmcore.adapters.words.plurals import Plurals
from crmcore.adapters.words.texts import Counted, Phrase, places_in
from tests.unit.adapters.words.places import texts_of

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


#: Nouns that are the same for one and for many, alone in their text.
INVARIABLE = {"it": {"plan.lost_field", "switching.speed", "switching.stopped", "switching.progress"}}
#: Italian that says "su" before a million of them, where "di" would stand twice.
TWICE_DI = {"switching.stopped", "switching.progress"}


def _forms(code: str) -> dict[str, dict[str, str]]:
    """The forms of each counted text: what has one for "other" numbers."""
    texts = texts_of(language(code))
    counted = [place.removesuffix(".other") for place in texts if place.endswith(".other")]
    forms = language(code).plurals.forms
    return {place: {form: texts[f"{place}.{form}"] for form in forms} for place in counted}


@pytest.mark.parametrize("code", packaged_codes())
def test_one_and_many_are_told_apart(code: str) -> None:
    """A form that was copied and not changed shows, but for nouns that do not change."""
    forms = _forms(code)
    assert len(forms) == 16
    assert {place for place, each in forms.items() if each["one"] == each["other"]} == INVARIABLE.get(code, set())


def test_italian_says_di_after_a_round_million() -> None:
    """10.000.000 di lead: otherwise the form is that of every other number."""
    for place, each in _forms("it").items():
        if place not in TWICE_DI:
            assert each["many"] == each["other"].replace("{n} ", "{n} di "), place
    assert language("it").switching.progress(n=2_000_000, done=5) == "Completati 5 su 2.000.000 di lead"
