"""Activities: one record of work, bound to any number of cards (CONV-6)."""

from collections.abc import Iterable
from typing import Any

from tests.oracle.commands.keyed import first_result, is_repeated, is_stale, keep, number
from tests.oracle.refusals import No, Row
from tests.oracle.rights import level, needs, needs_activity, readable
from tests.oracle.values import equal, settle
from tests.oracle.world import TABLE, World

__all__ = [
    "add_activity",
    "bind_activity",
    "complete_activity",
    "delete_activity",
    "edit_activity",
    "leave",
    "reopen_activity",
    "unbind_activity",
]


def add_activity(world: World, actor: int, command: Row) -> Row:
    """Store a new activity; a converted lead takes none, and its deal is named."""
    bound = sorted(command["bound_to"])
    readable(world, *(id for kind, id in bound if kind == "lead"))
    for kind, id in bound:
        gone = world.get(kind, id) is None and id in world.tables[TABLE[kind]] and level(world, actor, "update", kind)
        if not (gone and is_repeated(world, command)):  # what was deleted since is passed over
            needs(world, actor, "update", kind, id)
    known = first_result(world, command)
    if known is not None:
        return number(known["made"][0][1])
    for kind, id in bound:
        if kind == "lead" and world.tables["leads"][id].get("deal_id") is not None:
            raise No("already_converted", "deal", world.tables["leads"][id]["deal_id"], "CONV-6")
    fields = settle(command["fields"])
    row = {"kind": "task", "completed": False, **fields, "responsible": fields.get("responsible") or actor}
    row |= {"created_at": world.clock, "bindings": bound}
    id = world.add("activity", row | ({"completed_at": world.clock} if row["completed"] else {}))
    world.touch(bound)
    for kind, of in bound:  # so that no deletion misses it (D-7)
        world.move(kind, of)
    keep(world, command, [["activity", id]])
    return number(id)


def complete_activity(world: World, actor: int, command: Row) -> Row:
    """Complete an activity; a completed one stays as it is."""
    id = command["activity_id"]
    row = needs_activity(world, actor, "update", id)
    if not row["completed"]:
        world.change("activity", id, completed=True, completed_at=world.clock)
        world.touch(row["bindings"])
    return number(id)


def reopen_activity(world: World, actor: int, command: Row) -> Row:
    """Make a completed activity open again."""
    id = command["activity_id"]
    row = needs_activity(world, actor, "update", id)
    if row["completed"]:
        world.change("activity", id, completed=False, completed_at=None)
        world.touch(row["bindings"])
    return number(id)


def edit_activity(world: World, actor: int, command: Row) -> Row:
    """Edit an activity in the version that was read (EDIT-1)."""
    id = command["activity_id"]
    row = needs_activity(world, actor, "update", id)
    if is_stale(world, "activity", id, command["version"]):
        raise No("stale_version", "activity", id)
    fields = settle(command["fields"])
    completed = fields.get("completed", row["completed"])
    if completed != row["completed"]:
        fields["completed_at"] = world.clock if completed else None
    if all(equal(row.get(name), value) for name, value in fields.items()):
        return {"answer": "version", "version": world.version("activity", id)}
    world.change("activity", id, **fields)
    world.touch(row["bindings"])
    return {"answer": "version", "version": world.version("activity", id) + 1}


def _both(world: World, actor: int, id: int, ref: list[Any]) -> tuple[Row, Row]:
    """The activity and the record of a binding, both of which the actor has to be allowed to update."""
    if ref[0] == "lead":
        readable(world, ref[1])
    return needs_activity(world, actor, "update", id), needs(world, actor, "update", *ref)


def bind_activity(world: World, actor: int, command: Row) -> Row:
    """Bind an activity to one more record; a converted lead takes none, and its deal is named."""
    id, ref = command["activity_id"], command["ref"]
    row, record = _both(world, actor, id, ref)
    if ref in row["bindings"]:
        return number(id)
    if ref[0] == "lead" and record.get("deal_id") is not None:
        raise No("already_converted", "deal", record["deal_id"], "CONV-6")
    if len(row["bindings"]) >= 200:
        raise No("too_many_bindings", "activity", id)
    unbound = [each for each in row.get("unbound", ()) if each != ref]
    world.change("activity", id, bindings=sorted([*row["bindings"], ref]), unbound=unbound)
    world.touch([*row["bindings"], ref])
    world.move(*ref)  # as an activity that is added (D-7)
    return number(id)


def unbind_activity(world: World, actor: int, command: Row) -> Row:
    """Take one binding away: never that of a converted lead, nor the last one (D-7, D-8)."""
    id, ref = command["activity_id"], command["ref"]
    row, record = _both(world, actor, id, ref)
    if ref not in row["bindings"]:
        raise No("not_bound", *ref)
    left = [each for each in row["bindings"] if each != ref]
    if all(world.get(*each) is None for each in left):
        raise No("last_binding", *ref)
    if ref[0] == "lead" and record.get("deal_id") is not None:
        raise No("already_converted", "deal", record["deal_id"], "CONV-6")
    world.change("activity", id, bindings=left, unbound=sorted([*row.get("unbound", ()), ref]))
    world.touch(row["bindings"])
    if ref[0] == "deal":
        leave(world, [id])
    return number(id)


def leave(world: World, activities: Iterable[int]) -> None:
    """Activities leave a deal: the clients that they are left to move, since a conversion moved none (D-336)."""
    for id in activities:
        row = world.get("activity", id)
        for kind, of in row["bindings"] if row is not None else ():
            if kind in ("contact", "company") and world.get(kind, of) is not None:
                world.move(kind, of)


def delete_activity(world: World, actor: int, command: Row) -> Row:
    """Leave a tombstone of an activity (DATA-3)."""
    id = command["activity_id"]
    row = needs_activity(world, actor, "update", id)
    world.put("activity", id, {"id": id, "deleted_at": world.clock, "bindings": row["bindings"]})
    world.touch(row["bindings"])
    return number(id)
