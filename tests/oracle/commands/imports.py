"""Records from elsewhere, stored the way they are, all of them or none (IMPORT-1)."""

from tests.oracle.modes import state_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import needs, needs_add
from tests.oracle.values import equal, settle
from tests.oracle.world import CLIENTS, World

__all__ = ["import_records"]


def import_records(world: World, actor: int, command: Row) -> Row:
    """Store leads and activities; what is there already is skipped if it is equal."""
    leads = [settle(each) for each in command["leads"]]
    activities = [(settle(row), sorted(bound)) for row, bound in command["activities"]]
    brought = {each["id"] for each in leads}
    for lead in leads:
        needs_add(world, actor, "lead", lead)
    for _, bound in activities:
        for kind, id in bound:
            if not (kind == "lead" and id in brought and world.get("lead", id) is None):
                if world.get(kind, id) is None:
                    raise No("unknown_record", kind, id, "IMPORT-1")
                needs(world, actor, "update", kind, id)
    skipped, new = _sorted(world, leads, activities)
    if any(lead["semantics"] == "P" for lead in new[0]) and state_of(world) != "classic":
        raise No("classic_only", "lead", next(lead["id"] for lead in new[0] if lead["semantics"] == "P"))
    _check(world, new[0], new[1])
    for lead in new[0]:
        world.put("lead", lead["id"], lead)
    for row, bound in new[1]:
        world.put("activity", row["id"], {**row, "bindings": bound})
        world.touch(bound)
    return {"answer": "imported", "leads": len(new[0]), "activities": len(new[1]), "skipped": skipped}


def _sorted(world: World, leads: list[Row], activities: list[tuple[Row, list[list[object]]]]):  # type: ignore[no-untyped-def]
    skipped: list[list[object]] = []
    new_leads: list[Row] = []
    new_activities: list[tuple[Row, list[list[object]]]] = []
    for lead in leads:
        stored = world.tables["leads"].get(lead["id"])
        if stored is None:
            new_leads.append(lead)
        elif equal(stored, lead):
            skipped.append(["lead", lead["id"]])
        else:
            raise No("record_differs", "lead", lead["id"])
    for row, bound in activities:
        stored = world.tables["activities"].get(row["id"])
        if stored is None:
            new_activities.append((row, bound))
        elif equal(stored, {**row, "bindings": bound}):
            skipped.append(["activity", row["id"]])
        else:
            raise No("record_differs", "activity", row["id"])
    return skipped, (new_leads, new_activities)


def _check(world: World, leads: list[Row], activities: list[tuple[Row, list[list[object]]]]) -> None:
    stages = {stage["code"]: stage["semantics"] for stage in world.stages}
    for lead in leads:
        if stages.get(lead["stage"]) != lead["semantics"]:
            raise No("unknown_stage", "lead", lead["id"])
        if lead.get("deal_id") is not None:
            raise No("unknown_record", "deal", lead["deal_id"], "IMPORT-1")
        for kind in CLIENTS:
            if lead.get(f"{kind}_id") is not None and world.get(kind, lead[f"{kind}_id"]) is None:
                raise No("unknown_record", kind, lead[f"{kind}_id"])
    for _, bound in activities:
        for kind, id in bound:
            stored = world.get("lead", id) if kind == "lead" else None
            if stored is not None and stored.get("deal_id") is not None:
                raise No("already_converted", "deal", stored["deal_id"], "CONV-6")
