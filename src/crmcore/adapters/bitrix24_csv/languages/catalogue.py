"""The languages in which exports are known, each read once when it is first asked for.

A word is marked as seen in a public source, or as translated. A translated name of a stage decides nothing until
somebody says that the file is in this language.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["LANGUAGES", "Language", "language", "languages"]

#: Their codes, each that of a file.
LANGUAGES = ("en", "ru", "de", "es", "fr", "it", "pl", "pt")

#: The words that stand for each key of a section, the usual one first.
Section = Mapping[str, tuple[str, ...]]


class Language(NamedTuple):
    """The words of one language: `source` tells where the seen ones stand.

    `seen` and `translated` have the same sections: headings of `leads` and of `activities` by the code of the column,
    names of `stages`, `sources` and `types` of activities by code, and the words for yes and no (`flags`). `kinds` has
    the names that tell a kind of file, `doubts` the words by which a column may be the stage.
    """

    code: str
    name: str
    source: str
    seen: Mapping[str, Section]
    translated: Mapping[str, Section]
    kinds: Mapping[str, Section]
    doubts: Section

    def words(self, section: str) -> dict[str, tuple[str, ...]]:
        """The words of a section, those that were seen first."""
        seen, translated = (marked.get(section, {}) for marked in (self.seen, self.translated))
        return {key: (*seen.get(key, ()), *translated.get(key, ())) for key in {**seen, **translated}}


@cache
def language(code: str) -> Language:
    """The language of a code.

    >>> language("it").words("leads")["STATUS_ID"], language("it").seen.get("stages")
    (('Fase',), None)
    """
    text = files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    sections = {
        key: {name: _section(words) for name, words in found[key].items()} for key in ("seen", "translated", "kinds")
    }
    return Language(code=code, name=found["name"], source=found["source"], doubts=_section(found["doubts"]), **sections)


def _section(found: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(words) for key, words in found.items()}


def languages() -> tuple[Language, ...]:
    """All of them, in the order of `LANGUAGES`."""
    return tuple(map(language, LANGUAGES))
