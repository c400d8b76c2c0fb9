"""Display names and what they stand for: stages and sources by code, persons by id; the tables made on import."""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from attrs import field, fields, frozen

from crmcore.adapters.bitrix24_csv.cells import read_id
from crmcore.adapters.bitrix24_csv.languages.catalogue import languages
from crmcore.domain.model.ids import SourceCode, UserId
from crmcore.domain.model.stages import LeadStages, Stage
from crmcore.domain.model.text import Discreet

__all__ = [
    "NOBODY_KNOWN",
    "KnownPersons",
    "Names",
    "Persons",
    "activity_names",
    "known_stages",
    "person_id",
    "plain",
    "source_code",
    "stage_names",
    "translated_in",
]

#: The product's numbers of the standard types of activities, and their names in languages of which little is known.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "meeting": ("1", "Зустріч", "Toplantı", "Vergadering", "Schůzka"),
    "call": ("2", "Дзвінок", "Вхідний дзвінок", "Вихідний дзвінок", "Arama", "Çağrı", "Oproep", "Hovor"),
    "task": ("3", "Завдання", "Справа", "Görev", "Taak", "Úkol"),
    "email": ("4", "Лист", "Вхідний лист", "Вихідний лист", "E-posta"),
}


@frozen(repr=False, eq=False)
class Names(Discreet):
    """The display names that a file used: of stages and sources by code, of persons by id."""

    stages: Mapping[str, str]
    sources: Mapping[str, str]
    persons: Mapping[int, str]

    def and_those(self, others: "Names") -> "Names":
        """These and those of another file, `others`; of two spellings of one thing the first stays.

        >>> Names({}, {}, {1: "Ugo"}).and_those(Names({}, {"WEB": "Site"}, {1: "UGO"})).persons
        {1: 'Ugo'}
        """
        return Names(*({**getattr(others, each.name), **getattr(self, each.name)} for each in fields(Names)))


def plain(name: str) -> str:
    """A name as it is compared: case, runs of blanks and the spelling of "e-mail" do not matter."""
    return " ".join(name.split()).casefold().replace("e-mail", "email").replace("ё", "е")


@cache
def stage_names(language: str | None = None) -> Mapping[str, tuple[str, ...]]:
    """What the five standard lead stages are called in public sources, and in the language that a file is said to have.

    >>> stage_names()["NEW"][:2], stage_names("it")["NEW"][-1]
    (('Unprocessed', 'Unassigned'), 'Nuovo')
    """
    found: dict[str, tuple[str, ...]] = {}
    for each in languages():
        for words in (each.seen, each.translated)[: 2 if each.code == language else 1]:
            for code, names in words.get("stages", {}).items():
                found[code] = (*found.get(code, ()), *names)
    return found


def translated_in(word: str) -> str | None:
    """The code of the language that has a word as a translated name of a stage, which decides nothing until it is told.

    >>> translated_in("Lead di bassa qualità"), translated_in("Junk lead")
    ('it', None)
    """
    for each in languages():
        for names in each.translated.get("stages", {}).values():
            if plain(word) in map(plain, names):
                return each.code
    return None


def known_stages(stages: LeadStages, language: str | None = None) -> dict[str, Stage]:
    """Every code (as it is) and every name (as `plain` gives it) by which a stage of the catalogue may be called.

    The catalogue's own names come before the standard ones, which it may have given to another stage. Translated names
    are known in the language of the file, once that is told.
    """
    known = {str(stage.code): stage for stage in stages.stages}
    for stage in stages.stages:
        if stage.name:
            known.setdefault(plain(stage.name), stage)
    for stage in stages.stages:
        for name in (stage.code, *stage_names(language).get(stage.code, ())):
            known.setdefault(plain(name), stage)
    return known


@cache
def activity_names() -> Mapping[str, tuple[str, ...]]:
    """What the standard types of activities are called: the product's number, then the names, English first."""
    return {
        code: (number, *(name for each in languages() for name in each.words("types")[code]), *others)
        for code, (number, *others) in _TYPES.items()
    }


@cache
def _sources() -> dict[str, str]:
    return {
        plain(name): code
        for each in languages()
        for code, names in each.words("sources").items()
        for name in (code, *names)
    }


def source_code(name: str) -> SourceCode:
    """The code of a source called by its display name: the standard one, else one made of the name.

    The same name gives the same code in every file, so that two imports can be counted together.

    >>> source_code("Website"), source_code("Spring fair")
    ('WEB', 'UC_DCA9D52041DD')
    """
    key = plain(name)
    return SourceCode(_sources().get(key) or f"UC_{sha256(key.encode()).hexdigest()[:12].upper()}")


#: How the product writes an employee where an id alone would say little: user_5, "Ugo Sample [5]", "[5] Ugo Sample".
_EMPLOYEE = re.compile(r"user_([0-9]+)|\[([0-9]+)\]\s*[^\W\d].*|[^\W\d][^\[\]]*\[([0-9]+)\]")


def person_id(cell: str) -> int | None:
    """The id of a person that a cell gives, alone or beside a name; nothing where it has a name only.

    >>> person_id("5"), person_id("user_5"), person_id("Ugo Sample [5]"), person_id("[5] Ugo"), person_id("Ugo")
    (5, 5, 5, 5, None)
    """
    found = _EMPLOYEE.fullmatch(cell.strip())
    return read_id(cell if found is None else next(filter(None, found.groups())))


@frozen(repr=False, eq=False)
class KnownPersons(Discreet):
    """Who is known before a file is read: ids by name, as `plain` gives it, and the ids that nobody else may get."""

    ids: Mapping[str, int] = field(factory=dict)
    taken: frozenset[int] = frozenset()

    def with_names(self, names: Names) -> "KnownPersons":
        """These and the persons whom a file has named, as its `names` say.

        >>> KnownPersons({"bea": 7}).with_names(Names({}, {}, {8: "Ugo"})).ids
        {'bea': 7, 'ugo': 8}
        """
        return KnownPersons({**self.ids, **{plain(name): id for id, name in names.persons.items()}}, self.taken)


#: Before a file is read nobody is known.
NOBODY_KNOWN = KnownPersons()


class Persons:
    """Gives persons who are only named ids from 1 on, in the order they appear, passing over ids in use.

    >>> persons = Persons(KnownPersons({"bea": 7}, frozenset({2})))
    >>> persons.id_of("Ugo"), persons.id_of("Bea"), persons.id_of("Ada"), persons.names()
    (1, 7, 3, {1: 'Ugo', 7: 'Bea', 3: 'Ada'})
    """

    def __init__(self, known: KnownPersons) -> None:
        self._ids = dict(known.ids)
        self._taken = {*known.taken, *self._ids.values()}
        self._used: dict[int, str] = {}
        self._next = 1

    def id_of(self, name: str) -> UserId:
        """The id of this person, a new one where it has none."""
        id = self._ids.get(plain(name))
        if id is None:
            while self._next in self._taken:
                self._next += 1
            id = self._ids[plain(name)] = self._next
            self._next += 1
        self._used.setdefault(id, " ".join(name.split()))
        return UserId(id)

    def names(self) -> dict[int, str]:
        """The names that were asked for, by id."""
        return dict(self._used)
