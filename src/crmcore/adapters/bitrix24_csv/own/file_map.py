"""What somebody says of a kind of file in a `mapping.toml`: what its headings, words and signs mean.

A mapping is kept and used again for the next file of the same source. It is strict: an unknown key is an error.
"""

import codecs
import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, field, fields, frozen

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.seen import MEANINGS
from crmcore.adapters.bitrix24_csv.formats.table import bad_file
from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES
from crmcore.adapters.bitrix24_csv.own.dates import DateOrder
from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, Column, Meaning
from crmcore.adapters.bitrix24_csv.words.headings import (
    Found,
    client_columns,
    is_known,
    lead_column,
    lead_columns,
)
from crmcore.adapters.bitrix24_csv.words.names import known_stages, plain
from crmcore.adapters.files import read_file
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import Kind, StageCode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.text import Discreet, check_code, check_id

__all__ = ["FIELD_TYPES", "LEFT_OUT", "NO_MAPPING", "FileMapping", "read_mapping"]

#: The code of a column that a mapping leaves out: known, and without a place.
LEFT_OUT = "LEFT_OUT"
#: The types of own fields.
FIELD_TYPES: Mapping[str, Meaning] = {
    "text": Meaning.CUSTOM,
    "whole number": Meaning.WHOLE,
    "decimal": Meaning.NUMBER,
    "yes or no": Meaning.FLAG,
    "date": Meaning.DATE,
    "instant": Meaning.INSTANT,
    "list": Meaning.LIST,
}
_LEFT_OUT = Column(LEFT_OUT, Meaning.NOWHERE)


@frozen(kw_only=True, repr=False, eq=False)
class FileMapping(Discreet):
    """What the headings and cells of a file mean beyond what is known of every file.

    Each attribute is a key of the document; headings and words are as `plain` gives them. A heading maps to the column
    that it means, a word of a stage to a code and, for a stage of one's own, to what it means.
    """

    language: str | None = None
    encoding: str | None = None
    dates: DateOrder | None = None
    decimal: str | None = None
    headings: Mapping[str, Column] = field(factory=dict)
    fields: Mapping[str, Column] = field(factory=dict)
    stages: Mapping[str, tuple[str, StageSemantics | None]] = field(factory=dict)
    persons: Mapping[str, int] = field(factory=dict)
    sources: Mapping[str, str] = field(factory=dict)
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    nothing: frozenset[str] = frozenset()

    def lead_columns(self, headings: Sequence[str]) -> list[Found]:
        """The columns that the headings of a lead file mean: as they are mapped, else as they are known."""
        return self._mapped(headings, lead_columns(headings), {**self.headings, **self.fields})

    def client_columns(self, kind: Kind, headings: Sequence[str]) -> list[Found]:
        """The same for a file of contacts or of companies; a mapping names the columns by the codes of leads."""
        own = {
            heading: column if column is _LEFT_OUT else client_columns(kind, [column.code])[0].column
            for heading, column in self.headings.items()
        }
        return self._mapped(headings, client_columns(kind, headings), {**own, **self.fields})

    def _mapped(self, headings: Sequence[str], known: Sequence[Found], mapped: Mapping[str, Column]) -> list[Found]:
        return [
            Found(mapped[plain(heading)], False, True) if plain(heading) in mapped else found
            for heading, found in zip(headings, known, strict=True)
        ]

    def known_stages(self, stages: LeadStages) -> dict[str, Stage]:
        """The stages of a catalogue by code and by name, in the language of the file too."""
        return known_stages(stages, self.language)

    def stage_of(self, word: str, stages: Mapping[str, Stage]) -> Stage | None:
        """The stage that a word means: as it is mapped, with a meaning of its own perhaps, else as it is known.

        `stages` are those that `known_stages` gives. A word that is mapped to no stage, or to one that means something
        else, is not understood, whatever it means elsewhere.
        """
        mapped = self.stages.get(plain(word))
        if mapped is None:
            return stages.get(word) or stages.get(plain(word))
        code, means = mapped
        known = stages.get(code)
        if known is None and means is not None:
            return Stage(code=StageCode(code), name=" ".join(word.split()), semantics=means)
        return None if known is None or means not in (None, known.semantics) else known


NO_MAPPING = FileMapping()


class _Wrong(Exception):
    """A value of a mapping is not what it should be; kept inside the module, where it becomes a `BadFile`."""

    def __init__(self, key: str, expected: str) -> None:
        self.key = key
        self.expected = expected


def read_mapping(path: Path) -> FileMapping:
    """Read a `mapping.toml`; raises `BadFile` that names the key and what would have been right."""
    file = str(path)
    try:
        return _mapping(tomllib.loads(read_file(path).decode("utf-8-sig")))
    except OSError as error:
        raise_alone(bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))
    except UnicodeDecodeError:
        raise_alone(bad_file(file, None, Fault.UNKNOWN_ENCODING, "expected a file saved as UTF-8"))
    except RecursionError:
        raise_alone(bad_file(file, None, Fault.BAD_MAPPING, "expected tables of texts, found some that are too deep"))
    except tomllib.TOMLDecodeError as error:
        raise_alone(bad_file(file, None, Fault.BAD_MAPPING, f"expected TOML: {_where(error)}"))
    except _Wrong as wrong:
        raise_alone(bad_file(file, None, Fault.BAD_MAPPING, f"expected {wrong.expected}", wrong.key))


def _where(error: tomllib.TOMLDecodeError) -> str:
    """The cause and the place, without the text that stands there."""
    _, found, place = str(error).rpartition("(at ")
    return f"wrong at {place.rstrip(')')}" if found else "it cannot be read"


def _mapping(document: dict[str, Any]) -> FileMapping:
    known = [each.name for each in fields(FileMapping)]
    for key in document:
        if key not in known:
            raise _Wrong(key, _nearest(key, known, "a key of a mapping"))
    values = {key: _READERS[key](key, value) for key, value in document.items()}
    mapping = evolve(NO_MAPPING, **values)
    twice = sorted(set(mapping.headings) & set(mapping.fields))
    if twice:
        raise _Wrong(f"fields.{twice[0]}", "each heading in one place: it is under headings too")
    return mapping


def _nearest(key: str, known: Sequence[str], what: str) -> str:
    near = get_close_matches(key, known)
    return f"{what}: {near[0]}?" if near else f"{what}: {', '.join(known)}"


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(key, "a text")
    return value


def _encoding(key: str, value: object) -> str:
    text = _text(key, value)
    try:
        codecs.lookup(text)
    except (LookupError, ValueError):
        raise_alone(_Wrong(key, "the name of an encoding that Python knows, such as cp1252"))
    return text


def _language(key: str, value: object) -> str:
    if value not in LANGUAGES:
        raise _Wrong(key, _nearest(str(value), LANGUAGES, "the code of a language"))
    return str(value)


def _dates(key: str, value: object) -> DateOrder:
    try:
        return DateOrder(_text(key, value))
    except ValueError:
        raise_alone(_Wrong(key, " or ".join(DateOrder)))


def _decimal(key: str, value: object) -> str:
    if value not in (",", "."):
        raise _Wrong(key, 'the decimal sign, "," or "."')
    return str(value)


def _words(key: str, value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise _Wrong(key, "a list of words")
    return frozenset(plain(_text(key, word)) for word in value)


def _table(read: Callable[[str, Any], Any], key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(key, f"a table [{key}]")
    found: dict[str, Any] = {}
    for word, each in value.items():
        if not plain(word):
            raise _Wrong(key, "words, no empty one")
        if plain(word) in found:
            raise _Wrong(f"{key}.{word}", "each word once; case and blanks do not count")
        found[plain(word)] = read(f"{key}.{word}", each)
    return found


def _heading(key: str, value: object) -> Column:
    """The column of a code; an empty text leaves the column out."""
    if value == "":
        return _LEFT_OUT
    column = lead_column(_text(key, value)).column
    if not is_known(column) or column.code != value:
        codes = [each.code for each in LEAD_COLUMNS]
        raise _Wrong(key, _nearest(str(value), codes, 'the code of a column, or "" to leave it out'))
    return column


def _field(key: str, value: object) -> Column:
    given = {"code": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or not {"code"} <= set(given) <= {"code", "type"}:
        raise _Wrong(key, 'a code, or { code = "UF_CRM_…", type = "…" }')
    code = _code(f"{key}.code", given["code"])
    type = given.get("type", "text")
    if not isinstance(type, str) or type not in FIELD_TYPES:
        raise _Wrong(f"{key}.type", _nearest(str(type), list(FIELD_TYPES), "a type of fields"))
    return Column(code, FIELD_TYPES[type], f"custom.{code}")


def _stage(key: str, value: object) -> tuple[str, StageSemantics | None]:
    given = {"code": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or not {"code"} <= set(given) <= {"code", "means"}:
        raise _Wrong(key, 'a code of a stage, or { code = "…", means = "in process" }')
    means = given.get("means")
    code = _code(f"{key}.code", given["code"])
    if means is None:
        return code, None
    if not isinstance(means, str) or means not in MEANINGS:
        raise _Wrong(f"{key}.means", " or ".join(MEANINGS))
    _checked(key, lambda: Stage(code=StageCode(code), name=key.partition(".")[2], semantics=MEANINGS[means]))
    return code, MEANINGS[means]


def _code(key: str, value: object) -> str:
    _checked(key, lambda: check_code(key, value))
    return str(value)


def _person(key: str, value: Any) -> int:
    _checked(key, lambda: check_id(key, value))
    return int(value)


def _checked(key: str, check: Callable[[], object]) -> None:
    try:
        check()
    except InvalidValue as error:
        raise_alone(_Wrong(key, error.expected))


#: How each key is read.
_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "language": _language,
    "encoding": _encoding,
    "dates": _dates,
    "decimal": _decimal,
    "headings": partial(_table, _heading),
    "fields": partial(_table, _field),
    "stages": partial(_table, _stage),
    "persons": partial(_table, _person),
    "sources": partial(_table, _code),
    "yes": _words,
    "no": _words,
    "nothing": _words,
}
