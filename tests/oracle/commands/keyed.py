"""Commands that create may bring a key; the same key gives the same result (EDIT-1)."""

from typing import Any

from tests.oracle.refusals import No, NotJudged, Row
from tests.oracle.values import equal
from tests.oracle.world import TABLE, World

__all__ = ["first_result", "is_repeated", "is_stale", "keep", "number"]


def number(id: int) -> Row:
    """The answer of what made, changed or removed a record."""
    return {"answer": "number", "number": id}


def first_result(world: World, command: Row) -> Row | None:
    """What was made under the key before, if it was used; a key of another command is a conflict."""
    key = command.get("key")
    row = None if key is None else world.get("command", key)
    if row is None:
        return None
    if key not in world.asked:
        raise NotJudged("by what a keyed command is recognised is an implementation's own business")
    if world.asked[key] != _digest(command):
        raise No("key_conflict", "command", key, "EDIT-1")
    return row


def is_repeated(world: World, command: Row) -> bool:
    """Whether the very same command was given under its key before."""
    return command.get("key") is not None and world.asked.get(command["key"]) == _digest(command)


def is_stale(world: World, kind: str, id: int, read: Any) -> bool:
    """Whether an edit brings another version than the record has, or another record than is there (EDIT-1)."""
    if isinstance(read, int):
        return read != world.version(kind, id)
    row = {name: value for name, value in world.tables[TABLE[kind]][id].items() if name != "bindings"}
    return not equal(row, read["record"])


def keep(world: World, command: Row, made: list[list[object]], not_carried: list[str] | None = None) -> None:
    """Record what a keyed command has made."""
    if command.get("key") is not None:
        key = command["key"]
        world.asked[key] = _digest(command)
        world.put("command", key, {"key": key, "made": made, "not_carried": not_carried or []})


def _digest(command: Row) -> Row:
    return {name: value for name, value in command.items() if name != "actor"}
