"""One vector with both readings: what is asked, and what differs, in words."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from crmcore.testing.readings.catalogue import Ambiguity
from crmcore.testing.vectors import Vector, canonical, play_on, vectors
from crmcore.testing.vectors.differences import Difference, differences

__all__ = ["Told", "steps_of", "tell", "vector_of"]


class Told(NamedTuple):
    """One vector, and each difference between the reading that was taken and the other."""

    vector: str
    differences: tuple[Difference, ...]


def vector_of(reading: Ambiguity) -> Vector:
    """The vector that is told.

    >>> from crmcore.testing.readings import readings_of
    >>> vector_of(readings_of("S14")[0]).id
    'mode.to-classic.switching'
    """
    return vectors(ids=[reading.vector])[0]


def tell(reading: Ambiguity) -> Told:
    """Ask the vector of a `reading` of this library, as it is and with the other reading in force.

    >>> from crmcore.testing.readings import readings_of
    >>> tell(readings_of("S14")[0]).differences[0].got
    '{"answer": "epoch"}'
    """
    vector = vector_of(reading)
    taken = canonical(vector.asked, play_on()(vector.asked))
    with reading.seam.in_force() as make_store:
        other = canonical(vector.asked, play_on(make_store)(vector.asked))
    return Told(vector.id, tuple(differences(vector.when, taken, other)))


def steps_of(reading: Ambiguity) -> tuple[str, ...]:
    """The steps of the vector of a `reading`, in words.

    >>> from crmcore.testing.readings import readings_of
    >>> steps_of(readings_of("S14")[0])
    ('user 1: switch to classic',)
    """
    return tuple(map(_words, vector_of(reading).when))


def _words(step: Mapping[str, Any]) -> str:
    """A step: who asks for what, and what is given with it."""
    if "set" in step:
        return f"the world changes: {_short(step['set'])}"
    asked = step.get("command") or step["call"]
    given = {key: value for key, value in step.items() if key not in ("actor", "command", "call") and _is_said(value)}
    who = f"user {step['actor']}" if step.get("actor") else "a worker with the token"
    return f"{who}: {asked.replace('_', ' ')}{f', {_short(given)}' if given else ''}"


def _is_said(value: Any) -> bool:
    """Whether a part of a step says anything; the answer of an earlier step is told by that step."""
    return value not in (None, {}, [], [0, 1]) and not (isinstance(value, Mapping) and "step" in value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:197]}..."
