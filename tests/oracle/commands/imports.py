"""Records from elsewhere, stored the way they are, all of them or none (IMPORT-1, IMPORT-2)."""

from typing import Any

from tests.oracle.modes import state_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import level, needs, needs_add, readable, sees
from tests.oracle.values import equal, settle
from tests.oracle.world import CLIENTS, TABLE, World

__all__ = ["import_records"]

Bound = list[list[Any]]


def import_records(world: World, actor: int, command: Row) -> Row:
    """Store leads, activities and clients; what is there already is skipped if it is equal, or updated if asked for."""
    leads = [settle(each) for each in command["leads"]]
    clients = {kind: [settle(each) for each in command[TABLE[kind]]] for kind in CLIENTS}
    updates = [(settle(row), version) for row, version in command["updates"]]
    activities = [({**settle(row)}, sorted(bound)) for row, bound in command["activities"]]
    readable(world, *(lead["id"] for lead in (*leads, *(lead for lead, _ in updates))))
    for row, bound in activities:
        known = world.get("activity", row["id"])
        refs = [*bound, *(known["bindings"] if known is not None else ())]
        readable(world, *(id for kind, id in refs if kind == "lead"))
    _asks_rights(world, actor, {"lead": leads, **clients}, [lead["id"] for lead, _ in updates], activities)
    active = [lead["id"] for lead in leads if lead["semantics"] == "P"]
    active += [lead["id"] for lead, _ in updates if not equal(world.get("lead", lead["id"]), lead)]
    if active and state_of(world) != "classic":
        raise No("classic_only", "lead", active[0])
    updated: set[int] = set()
    done = {
        "companies": [("company", row["id"], _is_new(world, actor, "company", row)) for row in clients["company"]],
        "contacts": [("contact", row["id"], _is_new(world, actor, "contact", row)) for row in clients["contact"]],
        "leads": [("lead", lead["id"], _is_stored(world, actor, lead)) for lead in leads],
        "updated": [("lead", lead["id"], _is_updated(world, actor, lead, read, updated)) for lead, read in updates],
        "activities": [("activity", row["id"], _is_added(world, row, bound)) for row, bound in activities],
    }
    counts = {name: sum(is_written for _, _, is_written in rows) for name, rows in done.items()}
    skipped = [[kind, id] for rows in done.values() for kind, id, is_written in rows if not is_written]
    return {"answer": "imported", **counts, "skipped": skipped}


def _asks_rights(
    world: World, actor: int, cards: dict[str, list[Row]], updated: list[int], activities: list[tuple[Row, Bound]]
) -> None:
    """The right to add each card, to update each that changes, or gets an activity and is not brought (D-27)."""
    if not level(world, actor, "add", "lead"):
        raise No("not_permitted")
    for of, rows in cards.items():
        for card in rows:
            needs_add(world, actor, of, card)
    for id in updated:
        needs(world, actor, "update", "lead", id)
    new = [bound for row, bound in activities if row["id"] not in world.tables["activities"]]
    brought = {lead["id"] for lead in cards["lead"]} - world.tables["leads"].keys()
    for id in sorted({id for bound in new for kind, id in bound if kind == "lead"} - brought):
        needs(world, actor, "update", "lead", id)


def _is_new(world: World, actor: int, kind: str, row: Row) -> bool:
    """Store one client, unless an equal one is there; what a conversion made is none."""
    id = row["id"]
    stored = world.tables[TABLE[kind]].get(id)
    if stored is not None and equal(stored, row):
        return False
    if row.get("lead_id") is not None:
        raise No("unknown_record", "lead", row["lead_id"], "IMPORT-1")
    if row.get("company_id") is not None:
        sees(world, actor, "company", row["company_id"])
    if stored is not None:
        raise No("record_differs", kind, id)
    world.put(kind, id, row)
    return True


def _is_stored(world: World, actor: int, lead: Row) -> bool:
    """Store one lead, unless an equal one is there."""
    id = lead["id"]
    stored = world.tables["leads"].get(id)
    if stored is not None and equal(stored, lead):
        return False
    _fits(world, actor, lead)
    if stored is not None:
        raise No("record_differs", "lead", id)
    world.put("lead", id, lead)
    return True


def _is_updated(world: World, actor: int, lead: Row, read: int, updated: set[int]) -> bool:
    """Change one lead that is there, active and as it was read, unless it is equal (IMPORT-2)."""
    id = lead["id"]
    stored = world.tables["leads"][id]
    if equal(stored, lead):
        return False
    if id in updated:
        raise No("record_differs", "lead", id)
    if read != world.version("lead", id):
        raise No("stale_version", "lead", id)
    if stored.get("deal_id") is not None:
        raise No("already_converted", "deal", stored["deal_id"])
    if stored["semantics"] != "P":
        raise No("lead_closed", "lead", id, "IMPORT-2")
    _fits(world, actor, lead)
    updated.add(id)
    world.put("lead", id, lead)
    return True


def _fits(world: World, actor: int, lead: Row) -> None:
    """A lead is in a stage that is there, was not converted, and is linked to clients that the actor may read."""
    if all((stage["code"], stage["semantics"]) != (lead["stage"], lead["semantics"]) for stage in world.stages):
        raise No("unknown_stage", "lead", lead["id"])
    if lead.get("deal_id") is not None:
        raise No("unknown_record", "deal", lead["deal_id"], "IMPORT-1")
    for kind in CLIENTS:
        if lead.get(f"{kind}_id") is not None:
            sees(world, actor, kind, lead[f"{kind}_id"])


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
