"""Which form of a text goes with a number, by the plural rules of the Unicode CLDR for whole numbers."""

import re
from collections.abc import Mapping

from attrs import frozen

from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.text import Shown

__all__ = ["OTHER", "Plurals"]

#: The form of every number that no rule names; each language has it.
OTHER = "other"

_FORMS = ("zero", "one", "two", "few", "many")
#: `n` and `i` are the number; the other operands speak of decimals and short forms, which a count does not have.
_RELATION = re.compile(r"(?P<operand>[nivwftce])(?: ?% ?(?P<modulo>[1-9]\d*))? ?(?P<no>!?)= ?(?P<ranges>[\d., ]+)")
_RANGE = re.compile(r"(\d+)(?:\.\.(\d+))?")


@frozen(repr=False, eq=False)
class Plurals(Shown):
    """The plural rules of one language, each as the CLDR writes it: `one = "i = 1 and v = 0"`.

    `rules` names a rule for each form of the language but "other". Raises `InvalidValue` for a form that the CLDR does
    not have, and for a rule that cannot be read.

    >>> rules = {"one": "v = 0 and i % 10 = 1 and i % 100 != 11", "few": "i % 10 = 2..4 and i % 100 != 12..14"}
    >>> russian = Plurals(rules)
    >>> [russian.form(number) for number in (1, 3, 5, 11, 12, 21, 22)]
    ['one', 'few', 'other', 'other', 'other', 'one', 'few']
    """

    rules: Mapping[str, str]

    def __attrs_post_init__(self) -> None:
        for form, rule in self.rules.items():
            if form not in _FORMS:
                raise InvalidValue(f"plurals.{form}", f"one of {', '.join(_FORMS)}")
            try:
                _holds(rule, 0)
            except ValueError:
                example = "a rule of the CLDR, such as 'n % 10 = 2..4 and n % 100 != 12..14'"
                raise_alone(InvalidValue(f"plurals.{form}", example))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that each counted text has."""
        return (*self.rules, OTHER)

    def form(self, number: int) -> str:
        """The form of a text that goes with this number."""
        return next((form for form, rule in self.rules.items() if _holds(rule, abs(number))), OTHER)


def _holds(rule: str, number: int) -> bool:
    # Read to its end whatever holds, so that a fault in it shows with the first number.
    parts = [[_relates(each, number) for each in part.split(" and ")] for part in rule.split(" or ")]
    return any(all(part) for part in parts)


def _relates(relation: str, number: int) -> bool:
    found = _RELATION.fullmatch(relation.strip())
    if found is None:
        raise ValueError("not a relation")
    value = number if found["operand"] in "ni" else 0
    if found["modulo"]:
        value %= int(found["modulo"])
    ranges = [_RANGE.fullmatch(each.strip()) for each in found["ranges"].split(",")]
    if None in ranges:
        raise ValueError("not a range")
    inside = any(int(each[1]) <= value <= int(each[2] or each[1]) for each in ranges if each)
    return inside is not bool(found["no"])
