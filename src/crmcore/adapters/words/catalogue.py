"""The languages of the package, each read once when it is first asked for, and those that a host brings."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from crmcore.adapters.files import read_file
from crmcore.adapters.words.language import Language
from crmcore.adapters.words.reader import parse_language
from crmcore.domain.model.errors import InvalidValue, raise_alone

__all__ = ["language", "languages", "packaged_codes", "read_language"]

_ENDING = ".toml"
#: How many bytes the file of a language may have.
_LIMIT = 2**20


def packaged_codes() -> tuple[str, ...]:
    """The codes of the languages in the package, by the alphabet."""
    names = (each.name for each in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


@cache
def language(code: str) -> Language:
    """A language of the package.

    `code` is "en" or "it". Raises `InvalidValue` for one that the package does not have.

    >>> language("it").modes[1].name
    'Classico'
    """
    if code not in packaged_codes():
        raise InvalidValue("language", f"one of {', '.join(packaged_codes())}")
    return parse_language(files(__package__).joinpath(f"{code}{_ENDING}").read_text(encoding="utf-8"))


def read_language(path: Path) -> Language:
    """A language out of a host's own file.

    `path` names a TOML file with the sections and texts of `en.toml` in the package. Raises `FaultyLanguage` with
    all that it lacks, and `OSError` if it cannot be read.
    """
    try:
        text = read_file(path, _LIMIT).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise_alone(InvalidValue("language", "a file in UTF-8"))
    return parse_language(text)


def languages(*paths: Path) -> Mapping[str, Language]:
    """All languages by their codes: those of the package, then those of a host's files.

    `paths` name such files, as for `read_language`, with the same errors. A file with the code of a language of the
    package takes its place.

    >>> list(languages())
    ['en', 'it']
    """
    there = {code: language(code) for code in packaged_codes()}
    return there | {each.code: each for each in map(read_language, paths)}
