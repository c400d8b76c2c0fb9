"""Records from elsewhere, stored the way they are, all of them or none (IMPORT-1)."""

from typing import Any

from tests.oracle.modes import state_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import level, needs, needs_add, readable, sees
from tests.oracle.values import equal, settle
from tests.oracle.world import CLIENTS, World

__all__ = ["import_records"]

Bound = list[list[Any]]


def import_records(world: World, actor: int, command: Row) -> Row:
    """Store leads and activities; what is there already is skipped if it is equal."""
    leads = [settle(each) for each in command["leads"]]
    activities = [({**settle(row)}, sorted(bound)) for row, bound in command["activities"]]
    readable(world, *(lead["id"] for lead in leads))
    for row, bound in activities:
        known = world.get("activity", row["id"])
        refs = [*bound, *(known["bindings"] if known is not None else ())]
        readable(world, *(id for kind, id in refs if kind == "lead"))
    _asks_rights(world, actor, leads, activities)
    active = [lead["id"] for lead in leads if lead["semantics"] == "P"]
    if active and state_of(world) != "classic":
        raise No("classic_only", "lead", active[0])
    skipped = [
        *(["lead", lead["id"]] for lead in leads if not _is_stored(world, actor, lead)),
        *(["activity", row["id"]] for row, bound in activities if not _is_added(world, row, bound)),
    ]
    stored = {"leads": len(leads), "activities": len(activities)}
    for kind, _ in skipped:
        stored["leads" if kind == "lead" else "activities"] -= 1
    return {"answer": "imported", **stored, "skipped": skipped}


def _asks_rights(world: World, actor: int, leads: list[Row], activities: list[tuple[Row, Bound]]) -> None:
    """The right to add each lead, and to update each lead that gets an activity and is not brought itself (D-27)."""
    if not level(world, actor, "add", "lead"):
        raise No("not_permitted")
    for lead in leads:
        needs_add(world, actor, "lead", lead)
    new = [bound for row, bound in activities if row["id"] not in world.tables["activities"]]
    brought = {lead["id"] for lead in leads} - world.tables["leads"].keys()
    for id in sorted({id for bound in new for kind, id in bound if kind == "lead"} - brought):
        needs(world, actor, "update", "lead", id)


def _is_stored(world: World, actor: int, lead: Row) -> bool:
    """Store one lead, unless an equal one is there."""
    id = lead["id"]
    stored = world.tables["leads"].get(id)
    if stored is not None and equal(stored, lead):
        return False
    if all((stage["code"], stage["semantics"]) != (lead["stage"], lead["semantics"]) for stage in world.stages):
        raise No("unknown_stage", "lead", id)
    if lead.get("deal_id") is not None:
        raise No("unknown_record", "deal", lead["deal_id"], "IMPORT-1")
    for kind in CLIENTS:
        if lead.get(f"{kind}_id") is not None:
            sees(world, actor, kind, lead[f"{kind}_id"])
    if stored is not None:
        raise No("record_differs", "lead", id)
    world.put("lead", id, lead)
    return True


def _is_added(world: World, row: Row, bound: Bound) -> bool:
    """Store one activity, unless an equal one is there; a converted lead takes none (CONV-6)."""
    id = row["id"]
    stored = world.tables["activities"].get(id)
    if stored is not None:
        if not equal(stored, {**row, "bindings": bound}):
            raise No("record_differs", "activity", id)
        return False
    for kind, of in bound:
        lead = world.get("lead", of) if kind == "lead" else None
        if lead is None:
            raise No("unknown_record", kind, of, "IMPORT-1")
        if lead.get("deal_id") is not None:
            raise No("already_converted", "deal", lead["deal_id"], "CONV-6")
    world.put("activity", id, {**row, "bindings": bound})
    world.touch(bound)
    for kind, lead_id in bound:
        world.move(kind, lead_id)
    return True
