"""Adding, editing and erasing deals, contacts and companies."""

from collections.abc import Sequence
from typing import Any

from tests.oracle.commands.activities import leave
from tests.oracle.commands.keyed import first_result, is_stale, keep, number
from tests.oracle.commands.leads import asks_links, edit_lead, take_along
from tests.oracle.conversion import record
from tests.oracle.modes import opens
from tests.oracle.refusals import No, Row
from tests.oracle.rights import level, needs, needs_add, readable
from tests.oracle.values import equal, settle
from tests.oracle.world import CARDS, TABLE, World

__all__ = ["add_record", "delete_record", "edit_record", "erase_records"]


def _stage(pipeline: Row, code: str | None) -> Row:
    """The stage of a pipeline, the first one in process where none is named."""
    for stage in pipeline["stages"]:
        if stage["code"] == code if code is not None else stage["semantics"] == "P":
            return {"stage": stage["code"], "semantics": stage["semantics"]}
    raise No("unknown_stage", "pipeline", pipeline["id"])


def _named(name: Row | None) -> Row:
    """The name of a contact, the placeholder where it names nobody (CONV-4)."""
    name = name or {}
    has_name = any(name.get(part) for part in ("first", "middle", "last"))
    return name if has_name else {**name, "first": "Unnamed contact"}


def add_record(world: World, actor: int, command: Row) -> Row:
    """Store a new deal, contact or company."""
    kind, fields = command["kind"], settle(command["fields"])
    row = {"opened": False, **fields, "responsible": fields.get("responsible") or actor, "created_at": world.clock}
    if kind == "deal":
        row["pipeline_id"] = fields.get("pipeline_id") or 0
    if kind == "contact":
        row["name"] = _named(fields.get("name"))
    needs_add(world, actor, kind, row)
    known = first_result(world, command)
    if known is not None:
        return number(known["made"][0][1])
    if kind == "deal":
        row.update(_stage(opens(world, row["pipeline_id"]), fields.get("stage")))
    asks_links(world, actor, row)
    id = world.add(kind, row)
    keep(world, command, [[kind, id]])
    return number(id)


def edit_record(world: World, actor: int, command: Row) -> Row:
    """Edit a record in the version that was read (EDIT-1)."""
    kind, id = command["ref"]
    if kind == "lead":
        return edit_lead(world, actor, command)
    row = needs(world, actor, "update", kind, id)
    fields = settle(command["fields"])
    if kind == "contact" and "name" in fields:
        fields["name"] = _named(fields["name"])
    pipeline = None
    if fields.get("pipeline_id", 0) is None:  # it stays
        del fields["pipeline_id"]
    if kind == "deal" and fields.get("pipeline_id", row["pipeline_id"]) != row["pipeline_id"]:
        if not level(world, actor, "update", "deal", fields["pipeline_id"]):
            raise No("not_permitted", "pipeline", fields["pipeline_id"])
        pipeline = opens(world, fields["pipeline_id"])
    if is_stale(world, kind, id, command["version"]):
        raise No("stale_version", kind, id)
    if pipeline is not None:
        fields.update(_stage(pipeline, fields.get("stage")))
    elif fields.get("stage") is not None:
        fields.update(_stage(world.tables["pipelines"][row["pipeline_id"]], fields["stage"]))
    asks_links(world, actor, fields)
    if all(equal(row.get(name), value) for name, value in fields.items()):
        return {"answer": "version", "version": world.version(kind, id)}
    world.change(kind, id, **fields)
    return {"answer": "version", "version": world.version(kind, id) + 1}


def delete_record(world: World, actor: int, command: Row) -> Row:
    """Leave a tombstone of a deal or client, with its links, and what leads to it stays (DATA-3, D-280)."""
    kind, id = command["ref"]
    bound = world.bound_to(kind, id)
    readable(world, *(of for _, row in bound for other, of in row["bindings"] if other == "lead"))
    row = needs(world, actor, "delete", kind, id)
    links = {name: value for name, value in row.items() if name in ("contact_id", "company_id", "lead_id")}
    world.put(kind, id, {"id": id, **links, "deleted_at": world.clock})
    take_along(world, bound)
    if kind == "deal":
        leave(world, (each for each, _ in bound))
    return number(id)


#: What stays of a deal or client whose person is erased.
_KEPT = (
    "id", "responsible", "opened", "created_at", "contact_id", "company_id", "lead_id",
    "pipeline_id", "stage", "semantics", "amount", "source",
)  # fmt: skip


def _nobody(world: World, ref: list[Any], bound: Sequence[Any], erased: Sequence[Any]) -> bool:
    """Whether a record of an activity is gone, or nothing in it tells a person; a bare deal is its client's (D-266)."""
    kind, id = ref
    row = world.get(kind, id)
    if ref in erased or (ref in bound and row is None):
        return True
    if ref not in bound or row is None or kind == "lead":
        return False
    if any(value and name not in _KEPT and (kind, name) != ("contact", "name") for name, value in row.items()):
        return False
    if kind != "deal":
        return kind == "company" or equal(row, {**row, "name": _named(None)})
    client = ["contact", row["contact_id"]] if row.get("contact_id") else ["company", row.get("company_id")]
    return client[1] is not None and _nobody(world, client, bound, erased)


def erase_records(world: World, actor: int, command: Row) -> Row:
    """Delete leads and what is theirs alone, and empty deals and clients, or nothing of it (DATA-5)."""
    refs = sorted(command["refs"], key=lambda ref: (ref[0], ref[1]))
    bound = {id: row for kind, of in refs for id, row in world.bound_to(kind, of)}
    near = {of for row in bound.values() for kind, of in row["bindings"] if kind == "lead"}
    readable(world, *sorted(near | {of for kind, of in refs if kind == "lead"}))
    for kind, id in refs:
        needs(world, actor, "delete", kind, id)
    told: dict[str, list[int]] = {f"{TABLE[kind]}": [] for kind in CARDS}
    for kind, id in refs:
        row = world.tables[TABLE[kind]][id]
        if kind == "lead":
            links = {name: row.get(name) for name in ("contact_id", "company_id", "deal_id")}
            world.put("lead", id, {"id": id, **links, "deleted_at": world.clock})
            if world.live is not None and row["semantics"] == "P":
                record(world, id, "deleted")
            told["leads"].append(id)
            continue
        left = {name: row.get(name) for name in _KEPT if name in row}
        if kind == "contact":
            left["name"] = _named(None)
        if not equal(row, left):
            world.put(kind, id, {**dict.fromkeys(row), **left})
            told[TABLE[kind]].append(id)
    alone = [
        id
        for id, row in sorted(bound.items())
        if all(_nobody(world, each, row["bindings"], refs) for each in row["bindings"])
    ]
    for id in alone:
        row = world.tables["activities"][id]
        world.put("activity", id, {"id": id, "deleted_at": world.clock, "bindings": row["bindings"]})
        world.touch(row["bindings"])
    shared = [id for id in sorted(bound) if id not in alone]
    return {"answer": "erased", **told, "activities": alone, "shared": shared}
