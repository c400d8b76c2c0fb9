"""The families of vectors: what each begins with besides the cast, and what it asks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from tools.vectors.drafts import Draft, Json
from tools.vectors.families import (
    conversions,
    imports,
    intake,
    limits,
    matching,
    order,
    planted,
    policies,
    records,
    rights,
    stages,
    states,
    switches,
)

__all__ = ["FAMILIES", "Family"]


class Family(Protocol):
    """A module that drafts vectors."""

    #: What its vectors begin with besides the cast: documents that are made, and givens by name.
    DOCUMENTS: Mapping[str, Callable[[], object]]
    GIVENS: Mapping[str, Json]

    def drafts(self) -> Iterator[Draft]: ...


FAMILIES = (
    states,
    order,
    rights,
    policies,
    stages,
    conversions,
    matching,
    intake,
    imports,
    switches,
    records,
    limits,
    planted,
)
