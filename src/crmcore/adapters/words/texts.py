"""Texts with places to fill: a phrase, and a phrase that agrees with a number."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import frozen

from crmcore.adapters.words.formats import Numbers
from crmcore.adapters.words.plurals import OTHER, Plurals
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.text import Shown

__all__ = ["COUNT", "Counted", "Phrase", "places_in"]

#: The place of the number that decides the form.
COUNT = "n"

_PLACE = re.compile(r"\{(\w*)\}")


def places_in(text: str) -> frozenset[str]:
    """The names of the places in a text; a brace that is no part of a place is one of no name.

    >>> sorted(places_in("{done} of {total}"))
    ['done', 'total']
    """
    rest = _PLACE.sub("", text)
    return frozenset(_PLACE.findall(text)) | ({""} if "{" in rest or "}" in rest else set())


@frozen(repr=False, eq=False)
class Phrase(Shown):
    """A text with places: called with a value for each, it is the text; numbers are written as the language does.

    `template` is the text, `places` the names of its places, `numbers` how numbers are written. A call with other
    names raises `InvalidValue`.

    >>> done = Phrase("{done} of {total}", ("done", "total"), Numbers(group=",", decimal=".", grouped_from=4))
    >>> done(done=3, total=10_000_000)
    '3 of 10,000,000'
    """

    template: str
    places: tuple[str, ...]
    numbers: Numbers

    def __call__(self, **values: str | int | Decimal) -> str:
        """The text with these values in its places."""
        _check_names(values, self.places)
        return self.filled(values)

    def filled(self, values: Mapping[str, str | int | Decimal]) -> str:
        """The text with some of these values, or all, in its places."""
        return _PLACE.sub(lambda place: self._written(values[place[1]]), self.template)

    def _written(self, value: str | int | Decimal) -> str:
        return value if isinstance(value, str) else self.numbers.shown(value)


@frozen(repr=False, eq=False)
class Counted(Shown):
    """A text in the forms that a language has for numbers; `forms` names a phrase for each, `plurals` chooses.

    >>> numbers = Numbers(group=",", decimal=".", grouped_from=4)
    >>> forms = {"one": Phrase("one lead", (), numbers), "other": Phrase("{n} leads", ("n",), numbers)}
    >>> leads = Counted(forms, Plurals({"one": "n = 1"}))
    >>> leads(n=1), leads(n=2000)
    ('one lead', '2,000 leads')
    """

    forms: Mapping[str, Phrase]
    plurals: Plurals

    def __call__(self, *, n: int, **values: str | int | Decimal) -> str:
        """The text for `n` things, with the other values in their places."""
        _check_names({COUNT: n, **values}, self.forms[OTHER].places)
        return self.forms[self.plurals.form(n)].filled({COUNT: n, **values})


def _check_names(values: Iterable[str], places: tuple[str, ...]) -> None:
    if set(values) != set(places):
        raise InvalidValue("values of a text", f"one for each of {', '.join(places) or 'no place'}")
