"""The plural rules of the CLDR, on the numbers at which languages change their form."""

import pytest

from crmcore import InvalidValue
from crmcore.adapters.words.plurals import Plurals

#: As the CLDR has them (version 45), with what it says of these numbers.
RULES = {
    "english": ({"one": "i = 1 and v = 0"}, {"one": [1, -1], "other": [0, 2, 11, 21, 1_000_000]}),
    "french": (
        {"one": "i = 0,1", "many": "e = 0 and i != 0 and i % 1000000 = 0 and v = 0 or e != 0..5"},
        {"one": [0, 1], "many": [1_000_000, 3_000_000], "other": [2, 1_000_001]},
    ),
    "polish": (
        {
            "one": "i = 1 and v = 0",
            "few": "v = 0 and i % 10 = 2..4 and i % 100 != 12..14",
            "many": "v = 0 and i != 1 and i % 10 = 0..1 or v = 0 and i % 10 = 5..9 or v = 0 and i % 100 = 12..14",
        },
        {"one": [1], "few": [2, 4, 22, 104], "many": [0, 5, 11, 12, 21, 112]},
    ),
    "arabic": (
        {"zero": "n = 0", "one": "n = 1", "two": "n = 2", "few": "n % 100 = 3..10", "many": "n % 100 = 11..99"},
        {"zero": [0], "one": [1], "two": [2], "few": [3, 10, 103], "many": [11, 99, 111], "other": [100, 102, 201]},
    ),
    "japanese": ({}, {"other": [0, 1, 2, 5]}),
}


@pytest.mark.parametrize("language", RULES)
def test_each_number_has_the_form_that_the_cldr_gives_it(language: str) -> None:
    """Rules are taken as they are published, with all their operands."""
    rules, forms = RULES[language]
    plurals = Plurals(rules)
    assert plurals.forms == (*rules, "other")
    found = {form: [number for number in numbers if plurals.form(number) == form] for form, numbers in forms.items()}
    assert found == forms


@pytest.mark.parametrize(
    "form, rule",
    [
        ("one", "n is 1"),
        ("one", ""),
        ("one", "n = 1 and"),
        ("one", "n = 1 or n = x"),
        ("one", "n = 1."),
        ("one", "n = 1..2..3"),
        ("one", "x = 1"),
        ("one", "n % 0 = 1"),
        ("other", "n = 1"),
        ("several", "n = 1"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_form(form: str, rule: str) -> None:
    """Before any number is shown; a fault behind a part that holds is found as well."""
    with pytest.raises(InvalidValue) as caught:
        Plurals({form: rule})
    assert caught.value.field == f"plurals.{form}"
