"""Roles for the contract of the permissions port: one for everything that can be granted, and one with all of it."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from attrs import fields

from crmcore.domain.model.ids import CARDS, DEFAULT_PIPELINE, Kind, PipelineId
from crmcore.domain.rules.authority import ADMINISTRATOR, MANAGER, Grant, Level, Operation, Rights, Role

__all__ = ["FLAGS", "GRANTS", "LEVELS", "ROLES"]

#: The pipelines of a grant: all of them, the default one, and another one.
_PIPELINES = (None, DEFAULT_PIPELINE, PipelineId(7))

#: Everything that a level can be given for, and for deals so in one pipeline.
GRANTS = tuple(
    Grant(operation, kind, pipeline)
    for operation in Operation
    for kind in CARDS
    for pipeline in (_PIPELINES if kind is Kind.DEAL else (None,))
)

#: The levels that give something.
LEVELS = tuple(level for level in Level if level is not Level.NONE)


#: The rights that have no level.
FLAGS = tuple(each.name for each in fields(Rights) if each.name != "levels")


def _roles() -> Iterator[Role]:
    yield ADMINISTRATOR
    yield MANAGER
    for flag in FLAGS:
        rights: dict[str, Any] = {flag: True}
        yield Role(name=f"{flag} alone", **rights)
    for level in LEVELS:
        yield Role(name=f"everything at the level {level.name.lower()}", levels=dict.fromkeys(GRANTS, level))
    for start in range(len(LEVELS)):
        levels = cycle((*LEVELS[start:], *LEVELS[:start]))
        yield Role(name=f"one level after the other, {start}", levels=dict(zip(GRANTS, levels, strict=False)))
    for grant in GRANTS:
        place = "" if grant.pipeline_id is None else f" in pipeline {grant.pipeline_id}"
        yield Role(name=f"{grant.operation} {grant.kind}{place}", levels={grant: Level.OWN})


#: Each grant alone, all of them at each level, levels side by side, and each right that has no level.
ROLES = tuple(_roles())
