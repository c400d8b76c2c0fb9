"""A file of a language, held to the sections that there are: all its faults at once, or a whole language."""

import re
import tomllib
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin
from unicodedata import category

from attrs import fields, has

from crmcore.adapters.words.formats import Dates, Numbers
from crmcore.adapters.words.language import Language
from crmcore.adapters.words.plurals import OTHER, Plurals
from crmcore.adapters.words.texts import COUNT, Counted, Phrase, places_in
from crmcore.domain.model.errors import InvalidValue, raise_alone

__all__ = ["Fault", "FaultyLanguage", "language_of", "parse_language"]

_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NAMED = 20


class Fault(NamedTuple):
    """One thing that is wrong in the file of a language: where, and what belongs there."""

    place: str
    expected: str


class FaultyLanguage(InvalidValue):
    """The file of a language lacks texts, or has some that cannot be shown; nothing of it is used.

    `code` is that of the language, as far as it is known, and `faults` are all that was found: each has its `place`,
    such as "buttons.preview", and what was `expected` there.

    >>> str(FaultyLanguage("de", (Fault("buttons.preview", "a text"), Fault("buttons.retry", "a text"))))
    "language 'de' has 2 faults: buttons.preview: expected a text; buttons.retry: expected a text"
    """

    def __init__(self, code: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(*faults[0])
        self.args = (code, faults)
        self.code = code
        self.faults = faults

    def __str__(self) -> str:
        named = "; ".join(f"{place}: expected {expected}" for place, expected in self.faults[:_NAMED])
        more = f"; and {len(self.faults) - _NAMED} more" if len(self.faults) > _NAMED else ""
        faults = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return f"language {self.code!r} has {faults}: {named}{more}"


def parse_language(text: str) -> Language:
    """The language that the TOML text of its file says.

    Raises `FaultyLanguage` with all that is missing, unknown, or of another shape.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise_alone(FaultyLanguage("?", (Fault("the file", f"TOML ({error})"),)))
    return language_of(data)


def language_of(data: Mapping[str, object]) -> Language:
    """The language of a file that was parsed, as `parse_language` makes it."""
    code = data.get("code")
    named = code if isinstance(code, str) and _CODE.fullmatch(code) else "?"
    first = _Walk()
    if named == "?":
        first.fault("code", "the code of a language, such as 'de' or 'pt-BR'")
    # What the other texts are made with comes first: the forms that they must have follow from it.
    head = {part: first.value(cls, data.get(part), part) for part, cls in _HEAD.items()}
    if first.faults:
        raise FaultyLanguage(named, tuple(first.faults))
    walk = _Walk(head["plurals"], head["numbers"])
    language = walk.value(Language, data, "")
    if walk.faults:
        raise FaultyLanguage(named, tuple(walk.faults))
    assert isinstance(language, Language)  # nothing was wrong with it
    return language


_HEAD: Mapping[str, Any] = {"plurals": Plurals, "numbers": Numbers, "dates": Dates}
_SHAPES = {str: "a text", int: "a whole number", list: "a list of texts", dict: "a section"}


class _Walk:
    """One walk along the annotations of a class and what a file has for it; it collects the faults."""

    def __init__(self, plurals: Plurals | None = None, numbers: Numbers | None = None) -> None:
        self._plurals = plurals or Plurals({})
        self._numbers = numbers or Numbers(group=",", decimal=".", grouped_from=4)
        self.faults: list[Fault] = []

    def fault(self, place: str, expected: str) -> None:
        """Note that something else belongs in this place."""
        self.faults.append(Fault(place, expected))

    def value(self, declared: Any, found: object, place: str) -> Any:
        """What the annotation makes of what was found; where that has a fault, nobody will use it."""
        marks: tuple[Any, ...] = ()
        if get_origin(declared) is Annotated:
            declared, *rest = get_args(declared)
            marks = tuple(rest)
        if declared is str:
            return self._text(found, place, marks)
        if declared is int:
            return self._shaped(int, found, place)
        if declared is Phrase:
            return Phrase(self._text(found, place, marks), marks, self._numbers)
        if declared is Counted:
            return self._counted(found, place, marks)
        if declared is Plurals:
            return self._plural_rules(found, place)
        if get_origin(declared) is tuple:
            texts = self._shaped(list, found or None, place)
            return tuple(self._text(each, f"{place}[{at}]", ()) for at, each in enumerate(texts, start=1))
        if get_origin(declared) is Literal:
            return self._one_of(get_args(declared), found, place)
        if has(declared):
            before = len(self.faults)
            parts = self._table({each.name: each.type for each in fields(declared)}, found, place)
            return self._made(declared, parts, before)
        key, of = get_args(declared)
        keys = {each.name.lower(): each for each in key} if issubclass(key, Enum) else {each: each for each in marks[0]}
        return {keys[name]: each for name, each in self._table(dict.fromkeys(keys, of), found, place).items()}

    def _shaped(self, shape: type, found: object, place: str) -> Any:
        """What was found if it is of this type, else an empty one."""
        if type(found) is not shape:
            self.fault(place, _SHAPES[shape])
            return shape()
        return found

    def _text(self, found: object, place: str, places: Collection[str]) -> str:
        text: str = self._shaped(str, found, place)
        if type(found) is not str:
            return text
        if not text or text != text.strip() or any(category(character) == "Cc" for character in text):
            self.fault(place, "one line of text without blanks at its ends")
        elif places_in(text) != set(places):
            named = ", ".join(f"{{{each}}}" for each in places)
            self.fault(place, f"a text with the places {named} and no others" if places else "a text without braces")
        return text

    def _counted(self, found: object, place: str, places: tuple[str, ...]) -> Counted:
        forms = {}
        for form, each in self._entries(self._plurals.forms, found, place).items():
            at = f"{place}.{form}"
            # "one lead" needs no number: its form says it.
            silent = form != OTHER and isinstance(each, str) and COUNT not in places_in(each)
            asked = tuple(name for name in places if not (silent and name == COUNT))
            forms[form] = Phrase(self._text(each, at, asked), places, self._numbers)
        return Counted(forms, self._plurals)

    def _plural_rules(self, found: object, place: str) -> Plurals:
        before = len(self.faults)
        rules = self._shaped(dict, found, place)
        texts = {form: self._text(each, f"{place}.{form}", ()) for form, each in rules.items()}
        made: Plurals = self._made(Plurals, {"rules": texts}, before)
        return made

    def _one_of(self, choices: tuple[str, ...], found: object, place: str) -> object:
        if found not in choices:
            self.fault(place, f"one of {', '.join(choices)}")
        return found

    def _table(self, parts: Mapping[str, Any], found: object, place: str) -> dict[str, Any]:
        """Each part by its name. A section that is missing lacks each of its texts, and so they are named."""
        before = f"{place}." if place else ""
        entries = self._entries(parts, found, place)
        return {name: self.value(parts[name], each, f"{before}{name}") for name, each in entries.items()}

    def _entries(self, names: Collection[str], found: object, place: str) -> dict[str, object]:
        """What was found under each of these names; nothing may have another one."""
        table = {} if found is None else self._shaped(dict, found, place)
        for name in table:
            if name not in names:
                self.fault(f"{place}.{name}" if place else name, "nothing: there is no such text")
        return {name: table.get(name) for name in names}

    def _made(self, cls: Any, parts: Mapping[str, Any], before: int) -> Any:
        """The object of these parts; if none of them had a fault, it may find one in them as a whole."""
        if len(self.faults) > before:
            return None
        try:
            return cls(**parts)
        except InvalidValue as error:
            self.fault(error.field, error.expected)
            return None
