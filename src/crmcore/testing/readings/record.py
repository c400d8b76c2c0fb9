"""What came of all vectors with each other reading: recorded, since a whole run takes minutes (`tools.readings`)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from attrs import asdict, frozen

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.readings.catalogue import READINGS, Ambiguity
from crmcore.testing.vectors import Vector, families, play_on, vectors
from crmcore.testing.vectors.runner import ask
from crmcore.testing.vectors.stores import MakeStore

__all__ = ["FORMAT", "Effect", "current_digest", "effect_of", "recorded", "recorded_digest", "row_of", "sample"]

FORMAT = "crmcore.readings-record/1"

_HERE = files("crmcore.testing.readings")
_VECTORS = files("crmcore.testing.vectors") / "data"
#: Every so many vectors are asked by the tests, and those that the record names.
_STRIDE = 480
#: How many of the changed vectors the record names at most.
_NAMED = 8


@frozen
class Effect:
    """Which vectors another reading changes, by family, and which laws the CRMs that they end with break.

    A law stands as its rule and its name. `first` are some of the vectors, `ids` a digest of the names of all.
    """

    changed: int
    families: Mapping[str, int]
    laws: tuple[str, ...]
    first: tuple[str, ...]
    ids: str


def effect_of(reading: Ambiguity, asked: Iterable[Vector]) -> Effect:
    """Ask vectors with the other reading of an ambiguity in force, and look what changes.

    `reading` is one of `READINGS`; `asked` are the vectors. A law that is broken with the reading that was taken as
    well, since the vector damages a CRM, does not count.

    >>> from crmcore.testing.readings import readings_of
    >>> effect_of(readings_of("S14")[0], vectors(ids=["mode.to-classic.switching"])).families
    {'mode': 1}
    """
    with reading.seam.in_force() as make_store:
        ends = [_end_of(vector, make_store) for vector in asked]
    changed = [end for end in ends if not end.passed]
    laws = {law for end in changed for law in end.laws() - _end_of(end.vector, InMemoryStore).laws()}
    ids = [end.vector.id for end in changed]
    return Effect(
        changed=len(ids),
        families=dict(sorted(Counter(end.vector.family for end in changed).items())),
        laws=tuple(sorted(laws)),
        first=tuple(ids[:: len(ids) // _NAMED + 1]),
        ids=hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16],
    )


class _End(NamedTuple):
    """What a vector came to."""

    vector: Vector
    passed: bool
    store: Store

    def laws(self) -> set[str]:
        """The laws that the CRM breaks which the vector ends with: those of the library as it is."""
        return {f"{each.rule}: {each.law}" for each in audit_store(self.store)}


def _end_of(vector: Vector, make_store: MakeStore) -> _End:
    made: list[Store] = []

    def kept(image: CrmImage) -> Store:
        made.append(make_store(image))
        return made[-1]

    passed = ask(vector, play_on(kept)).result == "passed"
    return _End(vector, passed, made[-1])


def row_of(effect: Effect) -> dict[str, Any]:
    """An effect as the record has it."""
    return asdict(effect)


@cache
def _read() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_HERE.joinpath("recorded.json").read_text(encoding="utf-8"))
    return read


def recorded(name: str) -> Effect:
    """What is recorded of the reading with this `name`.

    >>> recorded("even-in-a-switch").changed > 0
    True
    """
    row = _read()["readings"][name]
    return Effect(**{**row, "laws": tuple(row["laws"]), "first": tuple(row["first"])})


def recorded_digest() -> str:
    """Of what the record was made.

    >>> recorded_digest() == current_digest()
    True
    """
    return str(_read()["of"])


def current_digest() -> str:
    """A digest of all vectors and of all designs: where it moves, the record is made anew."""
    texts = [_HERE.joinpath(name).read_bytes() for name in ("designs.py", "seam.py")]
    texts += [f"{reading.name}: {reading.seam.place}".encode() for reading in READINGS]
    texts += [_VECTORS.joinpath(f"{name}.json").read_bytes() for name in ("given", *families())]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def sample() -> tuple[Vector, ...]:
    """Some vectors out of all, always the same, by which tests compare the record without asking all.

    >>> len(sample()) > 10
    True
    """
    return vectors()[::_STRIDE]
