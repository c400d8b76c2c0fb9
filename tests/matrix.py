"""The mark of a further place: `make check` and CI try a behaviour there too, and `make test` leaves it out."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest

__all__ = ["MATRIX", "NARROWED", "matrix"]

MATRIX = "matrix"

#: What `make test` selects.
NARROWED = f"not {MATRIX}"


def matrix(places: Iterable[Any], usual: Collection[Any]) -> list[Any]:
    """The places for `parametrize`: those that are not usual carry the mark.

    Nothing else gives the mark, and there is no way to give it to a whole test: each behaviour is tried somewhere in
    `make test`.
    """
    all_places = list(places)
    absent = [place for place in usual if place not in all_places]
    if absent or not usual:
        raise ValueError(f"the usual places are {usual}, and the places {all_places}")
    return [place if place in usual else _marked(place) for place in all_places]


def _marked(place: Any) -> Any:
    values = place if type(place) is tuple else (place,)
    return pytest.param(*values, marks=pytest.mark.matrix)
