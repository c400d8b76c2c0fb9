"""A file of a language is whole, or it is refused with everything that is wrong with it."""

import pickle
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words import FaultyLanguage
from crmcore.adapters.words.catalogue import packaged_codes
from crmcore.adapters.words.reader import Fault, language_of, parse_language
from tests.unit.adapters.words.places import texts_in_file, texts_of

SOURCE = files("crmcore.adapters.words")
DATA = {code: tomllib.loads((SOURCE / f"{code}.toml").read_text(encoding="utf-8")) for code in packaged_codes()}
#: What the other texts are made with.
HEAD = ("code", "name", "direction", "plurals", "numbers", "dates")


def _with(place: str, value: Any) -> dict[str, Any]:
    """The English file with something else in one place; with nothing there for `None`."""
    data = deepcopy(DATA["en"])
    *path, last = place.split(".")
    table: Any = data
    for each in path:
        table = table.setdefault(each, {})
    if value is None:
        del table[last]
    else:
        table[last] = value
    return data


def _faults(data: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(FaultyLanguage) as caught:
        language_of(data)
    return dict(caught.value.faults)


@pytest.mark.parametrize("code", DATA)
def test_each_text_of_a_file_comes_to_its_place(code: str) -> None:
    """None is lost, and none stands in the place of another."""
    assert texts_of(language_of(DATA[code])) == texts_in_file(DATA[code])


@pytest.mark.rule("POLICY-5.5")
@pytest.mark.parametrize("code", DATA)
def test_each_text_that_is_missing_is_named(code: str) -> None:
    """A file with nothing but its head lacks all the others, and only those."""
    data = DATA[code]
    texts = {place.partition("[")[0] for place in texts_in_file(data) if place.partition(".")[0] not in HEAD}
    found = _faults({name: data[name] for name in HEAD})
    assert found.keys() == texts
    assert set(found.values()) == {"a text", "a list of texts"}


@pytest.mark.parametrize(
    "place",
    [
        "name",
        "buttons.preview",
        "pages.app.keep_activities.off",
        "staying.active_leads.one",
        "refusals.not_permitted",
        "kinds.deal.shown.other",
        "fields.birth_date",
        "rules.PERM-8",
    ],
)
def test_one_text_that_is_missing_is_named_alone(place: str) -> None:
    """In any kind of section."""
    assert _faults(_with(place, None)) == {place: "a text"}


@pytest.mark.parametrize(
    "place, value, expected",
    [
        ("buttons.preview", "", "one line of text without blanks at its ends"),
        ("buttons.preview", " Preview", "one line of text without blanks at its ends"),
        ("buttons.preview", "Pre\nview", "one line of text without blanks at its ends"),
        ("buttons.preview", "Pre\x1bview", "one line of text without blanks at its ends"),
        ("buttons.preview", 1, "a text"),
        ("buttons.preview", ["Preview"], "a text"),
        ("buttons.preview", "Preview {n}", "a text without braces"),
        ("buttons.preview", "Preview }", "a text without braces"),
        ("buttons.prewiew", "Preview", "nothing: there is no such text"),
        ("bottoms", {}, "nothing: there is no such text"),
        ("buttons", "Preview", "a section"),
        ("plan.finds_contact", "contact", "a text with the places {id} and no others"),
        ("plan.finds_contact", "contact {id.__class__}", "a text with the places {id} and no others"),
        ("switching.progress.other", "{done} of all", "a text with the places {n}, {done} and no others"),
        ("switching.progress.one", "{n} of 1", "a text with the places {n}, {done} and no others"),
        ("staying.active_leads.other", "many leads", "a text with the places {n} and no others"),
        ("staying.active_leads.few", "{n} leads", "nothing: there is no such text"),
        ("staying.active_leads", "{n} leads", "a section"),
        ("pages.web.steps", [], "a list of texts"),
        ("pages.web.steps", "Open the CRM section.", "a list of texts"),
        ("refusals.no_such_reason", "No.", "nothing: there is no such text"),
        ("code", "English", "the code of a language, such as 'de' or 'pt-BR'"),
        ("code", 7, "the code of a language, such as 'de' or 'pt-BR'"),
        ("direction", "up", "one of ltr, rtl"),
        ("direction", ["ltr"], "one of ltr, rtl"),
        ("plurals", [], "a section"),
        ("plurals.one", "n is 1", "a rule of the CLDR, such as 'n % 10 = 2..4 and n % 100 != 12..14'"),
        ("plurals.one", 1, "a text"),
        ("numbers.group", "x", "one character that is no letter and no digit"),
        ("numbers.grouped_from", True, "a whole number"),
        ("numbers.decimal", None, "a text"),
        ("dates.months", ["January"], "twelve names"),
        ("dates.day", "{day}/{month}", "a text with the places {day}, {month}, {year} and no others"),
    ],
)
def test_what_cannot_be_shown_is_named_with_what_belongs_there(place: str, value: Any, expected: str) -> None:
    """One fault, in its place."""
    found = _faults(_with(place, value))
    assert found[place] == expected
    # A section that is none lacks its texts as well.
    assert [each for each in found if not each.startswith(place)] == []


def test_a_text_in_a_list_is_named_by_its_number() -> None:
    """The second step of the web page."""
    steps = list(DATA["en"]["pages"]["web"]["steps"])
    steps[1] = ""
    assert list(_faults(_with("pages.web.steps", steps))) == ["pages.web.steps[2]"]


def test_a_form_may_say_its_number_in_a_word() -> None:
    """Every form but "other", which has many numbers."""
    language = language_of(_with("staying.active_leads.one", "one active lead"))
    assert language.staying.active_leads(n=1) == "one active lead"


@pytest.mark.parametrize("text", ["code = ", "[a]\n[a]\n", "a = 1\na = 2\n", "a = " + "[" * 5000, "a = 1" + "0" * 5000])
def test_a_file_that_is_no_toml_is_refused(text: str) -> None:
    """With the place, as the parser says it, and with nothing of the parser's error behind it."""
    with pytest.raises(FaultyLanguage, match=r"language '\?' has 1 fault: the file: expected TOML \(.+\)") as caught:
        parse_language(text)
    assert caught.value.__context__ is None


def test_the_error_names_the_first_twenty_faults_and_keeps_all() -> None:
    """It is an `InvalidValue` of the first, and survives pickling."""
    faults = tuple(Fault(f"buttons.b{number}", "a text") for number in range(22))
    error = FaultyLanguage("de", faults)
    assert isinstance(error, InvalidValue)
    assert (error.field, error.expected) == faults[0]
    assert str(error).startswith("language 'de' has 22 faults: buttons.b0: expected a text; buttons.b1")
    assert str(error).endswith("buttons.b19: expected a text; and 2 more")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.faults, str(copy)) == ("de", faults, str(error))
