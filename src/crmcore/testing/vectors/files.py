"""The vectors as they are kept: `given.json` and one file a family, beside this module and in the wheel."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import field, frozen

from crmcore.domain.model.text import NOTHING
from crmcore.testing.vectors.schema import FORMAT

__all__ = ["Vector", "families", "file_of", "text_of", "vectors"]

Json = dict[str, Any]

_DATA = files("crmcore.testing.vectors") / "data"
_NO_FAMILY = ("given.json", "schema.json")


@frozen(kw_only=True)
class Vector:
    """One small example of the rules: a CRM, what is asked of it, and what must come of it.

    `id` is its name for ever, and begins with its `family`. `rules` are what it shows, `needs` what an implementation
    must have to be asked. `given`, `when` and `then` are as docs/spec/vectors.md has them, the document and the roles
    whole; `agreed` says who else says so, "oracle" or "hand".

    >>> from crmcore.testing.vectors import vectors
    >>> one = vectors(ids=["mode.begin.classic"])[0]
    >>> one.family, one.then["state"]
    ('mode', 'switching')
    """

    id: str
    family: str
    rules: tuple[str, ...]
    needs: tuple[str, ...]
    given: Mapping[str, Any] = field(repr=False)
    when: list[Json] = field(repr=False)
    then: Mapping[str, Any] = field(repr=False)
    agreed: str

    @property
    def asked(self) -> Json:
        """What a program is told of it: all but what must come of it.

        >>> sorted(one.asked)
        ['format', 'given', 'id', 'needs', 'when']
        """
        return {"format": FORMAT, "id": self.id, "needs": list(self.needs), "given": self.given, "when": self.when}


@cache
def _read(name: str) -> Json:
    read: Json = json.loads((_DATA / name).read_text(encoding="utf-8"))
    return read


@cache
def families() -> tuple[str, ...]:
    """The names of all families of vectors.

    >>> "rights" in families()
    True
    """
    names = sorted(each.name for each in _DATA.iterdir() if each.name.endswith(".json"))
    return tuple(name.removesuffix(".json") for name in names if name not in _NO_FAMILY)


def file_of(name: str) -> Json:
    """One file of the vectors as JSON: a family, `given` or `schema`.

    `name` is without its ending. Raises `FileNotFoundError` for a file that is not there.

    >>> file_of("given")["format"]
    'crmcore.vectors/1'
    """
    return _read(f"{name}.json")


def vectors(
    *, family: str | None = None, ids: Iterable[str] = (), needs: Iterable[str] | None = None
) -> tuple[Vector, ...]:
    """The vectors, in the order of their files.

    `family` names one family; `ids` the vectors that are wanted, or all; `needs` what an implementation has: only
    vectors that need nothing else are given. Raises `LookupError` for a family or an id that there is not.

    >>> all(each.needs == () for each in vectors(family="mode", needs=[]))
    True
    """
    if family is not None and family not in families():
        raise LookupError(f"no family {family!r}: there are {', '.join(families())}")
    found = [vector for name in (families() if family is None else (family,)) for vector in _family(name)]
    wanted = frozenset(ids)
    missing = wanted - {each.id for each in found}
    if missing:
        raise LookupError(f"no vector {min(missing)!r}")
    has = None if needs is None else frozenset(needs)
    return tuple(
        each for each in found if (not wanted or each.id in wanted) and (has is None or has.issuperset(each.needs))
    )


@cache
def _family(name: str) -> tuple[Vector, ...]:
    """All vectors of a family, which share what they begin with."""
    given = _givens()
    return tuple(
        Vector(
            family=name,
            **{**row, "rules": tuple(row["rules"]), "needs": tuple(row["needs"]), "given": given[row["given"]]},
        )
        for row in file_of(name)["vectors"]
    )


@cache
def _givens() -> Mapping[str, Json]:
    """What vectors begin with, by name, with the document and the roles whole."""
    kept = file_of("given")
    return {
        name: {**given, "document": kept["documents"][given["document"]], "roles": kept["roles"][given["roles"]]}
        for name, given in kept["given"].items()
    } or NOTHING


def text_of(file: Mapping[str, Any]) -> str:
    """A file as it is written: each vector, document and given on a line of its own."""
    parts = []
    for name, value in file.items():
        if isinstance(value, list):
            text = "[" + ",".join(f"\n{_line(each)}" for each in value) + "\n]"
        elif isinstance(value, dict):
            text = "{" + ",".join(f"\n{_line(key)}: {_line(each)}" for key, each in value.items()) + "\n}"
        else:
            text = _line(value)
        parts.append(f"{_line(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
