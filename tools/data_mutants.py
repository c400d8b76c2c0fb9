"""Mutants of the tables that rules are kept in, which mutmut cannot make: it changes functions only.

Each has a name and a function that changes one entry in this process (`tools.mutation_judge` forks for it).
"""

import sys
from collections.abc import Callable
from typing import Any

from crmcore.domain.model.outcomes import Ground, Reason
from crmcore.domain.rules import conversion, mode
from crmcore.domain.rules.mode import Behaviour, Does

__all__ = ["MUTANTS"]

_FAR = Reason.RECORD_FAULT


def _cells() -> dict[str, Callable[[], None]]:
    """Each cell of the decision table: what is done is refused, what is refused is done, a reason is another one."""
    found: dict[str, Callable[[], None]] = {}
    for asked, row in mode.BEHAVIOURS.items():
        for state, cell in row.items():
            name = f"mode.BEHAVIOURS {asked.value} in {state}"
            if cell.does is Does.REFUSE:
                found[f"{name}: goes on"] = _put(row, state, Behaviour(Does.GO_ON))
                found[f"{name}: other reason"] = _put(row, state, cell._replace(reason=_FAR))
            else:
                found[f"{name}: refused"] = _put(row, state, Behaviour(Does.REFUSE, _FAR))
                other = Does.LIST if cell.does is not Does.LIST else Does.FINISH
                found[f"{name}: {other.value}"] = _put(row, state, cell._replace(does=other))
            if cell.does is Does.JOIN:
                found[f"{name}: other reason"] = _put(row, state, cell._replace(reason=_FAR))
            if cell.does is not Does.REFUSE:
                planned, told = (
                    cell._replace(needs_plan=not cell.needs_plan),
                    cell._replace(recorded=not cell.recorded),
                )
                found[f"{name}: needs_plan {planned.needs_plan}"] = _put(row, state, planned)
                found[f"{name}: recorded {told.recorded}"] = _put(row, state, told)
            if cell.then is not None:
                found[f"{name}: leads nowhere"] = _put(row, state, cell._replace(then=None))
    for asked, conditions in mode.CONDITIONS.items():
        for place, condition in enumerate(conditions):
            left = conditions[:place] + conditions[place + 1 :]
            found[f"mode.CONDITIONS {asked.value}: no {condition.name}"] = _put(mode.CONDITIONS, asked, left)
    return found


def _rules() -> dict[str, Callable[[], None]]:
    """Each reason names another rule, and rests on something else (PERM-7)."""
    found: dict[str, Callable[[], None]] = {}
    for reason in Reason:
        found[f"outcomes.Reason.rule {reason}"] = _set(reason, "rule", "MODE-1")
        other = Ground.PLAN if reason.grounds != (Ground.PLAN,) else Ground.STATE
        found[f"outcomes.Reason.grounds {reason}"] = _set(reason, "grounds", (other,))
    return found


def _fields() -> dict[str, Callable[[], None]]:
    """Each target of the field map is forgotten, or claimed where there is none."""
    found: dict[str, Callable[[], None]] = {}
    for place, row in enumerate(conversion.FIELD_MAP):
        for column in ("contact", "company", "deal"):
            target = None if getattr(row, column) else row.field
            changed = conversion.Carried(**{**row._asdict(), column: target})
            found[f"conversion.FIELD_MAP {row.field} to {column}: {target}"] = _map(place, changed)
    return found


def _put(table: Any, key: Any, value: Any) -> Callable[[], None]:
    def change() -> None:
        table[key] = value

    return change


def _set(reason: Reason, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(reason, name, value)


def _map(place: int, row: conversion.Carried) -> Callable[[], None]:
    def change() -> None:
        old = conversion.FIELD_MAP
        new = (*old[:place], row, *old[place + 1 :])
        for module in tuple(sys.modules.values()):  # whoever imported the table has a name of its own for it
            if vars(module).get("FIELD_MAP") is old:
                setattr(module, "FIELD_MAP", new)  # noqa: B010  # a module in general has no such name
        conversion._LOST.update({key: conversion._lost(*key) for key in conversion._LOST})

    return change


MUTANTS: dict[str, Callable[[], None]] = {**_cells(), **_rules(), **_fields()}
