"""Adding, copying, editing, closing, reopening, deleting and converting one lead."""

from collections.abc import Iterable

from tests.oracle.commands.keyed import first_result, is_repeated, is_stale, keep, number
from tests.oracle.conversion import convert, linked_to, record
from tests.oracle.modes import kinds_of, last_policy, settled, state_of, terms_now
from tests.oracle.refusals import Fault, No, Row
from tests.oracle.rights import asks_adding, level, needs, needs_add, readable, sees, steers
from tests.oracle.values import equal, settle
from tests.oracle.world import CLIENTS, World

__all__ = [
    "add_lead",
    "close_lead",
    "convert_lead",
    "copy_lead",
    "delete_lead",
    "edit_lead",
    "reopen_lead",
    "take_along",
]


def stage_of(world: World, code: str, *meanings: str) -> Row:
    """The lead stage with this code and one of these meanings."""
    for stage in world.stages:
        if stage["code"] == code and stage["semantics"] in (meanings or "PSF"):
            return stage
    raise No("unknown_stage", "stages", code)


def first_stage(world: World, meaning: str) -> Row:
    """The first lead stage with this meaning."""
    for stage in world.stages:
        if stage["semantics"] == meaning:
            return stage
    raise No("unknown_stage", "stages", 0)


def asks_links(world: World, actor: int, fields: Row) -> None:
    """Linking a record to a client asks for reading that client (D-27)."""
    for kind in CLIENTS:
        if fields.get(f"{kind}_id") is not None:
            sees(world, actor, kind, fields[f"{kind}_id"])


def add_lead(world: World, actor: int, command: Row) -> Row:
    """An active lead in Classic, else one that is converted at once; a closed one is stored as it is (D-19)."""
    fields = settle(command["fields"])
    row = {"opened": False, **fields, "responsible": fields.get("responsible") or actor}
    needs_add(world, actor, "lead", row)
    known = first_result(world, command)
    if known is not None:
        return number(known["made"][0][1])
    return _stored(world, actor, command, row)


def copy_lead(world: World, actor: int, command: Row) -> Row:
    """A fresh lead, without client link, activities or outcome (CONV-9)."""
    known = first_result(world, command) if is_repeated(world, command) else None
    if known is not None and world.get("lead", command["lead_id"]) is None and level(world, actor, "add", "lead"):
        return number(known["made"][0][1])  # what was deleted since is passed over
    readable(world, command["lead_id"])
    source = sees(world, actor, "lead", command["lead_id"])
    own = (
        "id",
        "stage",
        "stage_description",
        "semantics",
        "contact_id",
        "company_id",
        "deal_id",
        "created_at",
        "deleted_at",
    )
    row = {name: value for name, value in source.items() if name not in own}
    needs_add(world, actor, "lead", row)
    known = first_result(world, command)
    if known is not None:
        return number(known["made"][0][1])
    return _stored(world, actor, command, row)


def _stored(world: World, actor: int, command: Row, row: Row) -> Row:
    is_classic = state_of(world) == "classic"
    code = row.get("stage")
    stage = None if code is None else next((each for each in world.stages if each["code"] == code), None)
    is_active = stage is None or stage["semantics"] == "P"  # until its stage is known it counts as new
    terms = terms_now(world) if is_active and not is_classic else {}
    stage = first_stage(world, "P") if code is None else stage_of(world, code)
    asks_links(world, actor, row)
    lead_id = world.add(
        "lead", {**row, "stage": stage["code"], "semantics": stage["semantics"], "created_at": world.clock}
    )
    if terms:
        convert(world, lead_id, terms, added=True)
    keep(world, command, [["lead", lead_id]])
    return number(lead_id)


def edit_lead(world: World, actor: int, command: Row) -> Row:
    """Edit a lead in the version that was read (EDIT-1)."""
    lead_id = command["ref"][1]
    readable(world, lead_id)
    lead = needs(world, actor, "update", "lead", lead_id)
    fields = settle(command["fields"])
    to = next((each for each in world.stages if each["code"] == fields.get("stage")), None)
    if to is not None and to["semantics"] == "P" != lead["semantics"] and state_of(world) != "classic":
        raise No("reopen_refused", "lead", lead_id)
    if is_stale(world, "lead", lead_id, command["version"]):
        raise No("stale_version", "lead", lead_id)
    if lead.get("deal_id") is not None and fields.keys() - {"comments", "responsible"}:
        raise No("already_converted", "deal", lead["deal_id"])
    if "stage" in fields and fields["stage"] != lead["stage"]:
        if stage_of(world, fields["stage"])["semantics"] == "S":
            raise No("convert_instead", "lead", lead_id)
        fields["semantics"] = stage_of(world, fields["stage"])["semantics"]
    asks_links(world, actor, fields)
    if all(equal(lead.get(name), value) for name, value in fields.items()):
        return {"answer": "version", "version": world.version("lead", lead_id)}
    _write(world, lead_id, fields, "closed" if fields.get("semantics", "P") != "P" else None)
    return {"answer": "version", "version": world.version("lead", lead_id) + 1}


def _write(world: World, lead_id: int, fields: Row, outcome: str | None = None) -> None:
    """Change a lead; its mark is lifted, and what a live switch has lost is recorded (SWITCH-7, SWITCH-9)."""
    if lead_id in world.unwritable:
        raise Fault(lead_id, "unwritable")
    was_active = world.tables["leads"][lead_id]["semantics"] == "P"
    world.change("lead", lead_id, **fields)
    if world.live is not None and was_active:
        if outcome is not None:
            record(world, lead_id, outcome)
        elif lead_id in world.marks():
            world.drop("outcome", (world.live["epoch"], lead_id))


def _unread(world: World, actor: int, operation: str, lead_id: int) -> None:
    """Whose lead it is cannot be read, so closing or deleting it asks for the settings right (SWITCH-9, D-80)."""
    if world.get("lead", lead_id) is None:
        raise No("unknown_record", "lead", lead_id)
    if not steers(world, actor):
        if level(world, actor, "read", "lead") < 3:
            raise No("unknown_record", "lead", lead_id)
        raise No("not_permitted", "lead", lead_id, "PERM-1")


def close_lead(world: World, actor: int, command: Row) -> Row:
    """Close a lead in a failure stage; a closed one moves only where a stage is named (D-6)."""
    lead_id, code = command["lead_id"], command["stage"]
    if lead_id in world.unreadable:
        _unread(world, actor, "update", lead_id)
        lead = world.tables["leads"][lead_id]
    else:
        lead = needs(world, actor, "update", "lead", lead_id)
    if lead.get("deal_id") is not None and lead_id not in world.unreadable:
        raise No("already_converted", "deal", lead["deal_id"])
    stage = first_stage(world, "F") if code is None else stage_of(world, code, "F")
    if lead["semantics"] != "P" and lead_id in world.unreadable:  # what it was closed as cannot be read (D-80)
        raise No("lead_closed", "lead", lead_id)
    if lead["semantics"] == "F" and code is None:
        return number(lead_id)
    if stage["code"] != lead["stage"]:
        _write(world, lead_id, {"stage": stage["code"], "semantics": "F"}, "closed")
    return number(lead_id)


def reopen_lead(world: World, actor: int, command: Row) -> Row:
    """Make a closed lead active again, in Classic only (SWITCH-6)."""
    lead_id, code = command["lead_id"], command["stage"]
    readable(world, lead_id)
    lead = needs(world, actor, "update", "lead", lead_id)
    if lead["semantics"] != "P" and state_of(world) != "classic":
        raise No("reopen_refused", "lead", lead_id)
    if lead["semantics"] == "P" and code is None:
        return number(lead_id)
    stage = first_stage(world, "P") if code is None else stage_of(world, code, "P")
    if lead.get("deal_id") is not None:
        raise No("already_converted", "deal", lead["deal_id"])
    if lead["semantics"] != "P" or stage["code"] != lead["stage"] or lead_id in world.marks():
        _write(world, lead_id, {"stage": stage["code"], "semantics": "P"})
    return number(lead_id)


def delete_lead(world: World, actor: int, command: Row) -> Row:
    """Leave a tombstone, with the activities that are bound to nothing else that is left (DATA-3, D-7)."""
    lead_id = command["lead_id"]
    if lead_id in world.unreadable:
        _unread(world, actor, "delete", lead_id)
    else:
        bound = world.bound_to("lead", lead_id)
        readable(world, *(id for _, row in bound for kind, id in row["bindings"] if kind == "lead"))
        needs(world, actor, "delete", "lead", lead_id)
    if lead_id in world.unwritable:
        raise Fault(lead_id, "unwritable")
    lead = world.tables["leads"][lead_id]
    was_active = lead["semantics"] == "P"
    bound = world.bound_to("lead", lead_id)
    links = {name: lead.get(name) for name in ("contact_id", "company_id", "deal_id")}
    if lead_id in world.unreadable:
        ledger = world.tables["ledger"].get(lead_id, {})
        links = {name: ledger.get(name) for name in links}
    world.put("lead", lead_id, {"id": lead_id, **links, "deleted_at": world.clock})
    take_along(world, bound)
    if world.live is not None and was_active:
        record(world, lead_id, "deleted")
    return number(lead_id)


def take_along(world: World, bound: Iterable[tuple[int, Row]]) -> None:
    """The activities of a deleted record that are bound to nothing else that is left go with it."""
    for id, row in bound:
        if all(world.get(kind, other) is None for kind, other in row["bindings"]):
            world.put("activity", id, {"id": id, "deleted_at": world.clock, "bindings": row["bindings"]})


def convert_lead(world: World, actor: int, command: Row) -> Row:
    """Convert one lead by hand; a converted one answers with the first result (CONV-9, PERM-3)."""
    lead_id, policy = command["lead_id"], command.get("policy")
    readable(world, lead_id)
    lead = needs(world, actor, "update", "lead", lead_id)
    chosen = policy or last_policy(world)
    linked = linked_to(world, lead)
    is_linked = linked.contact is not None or linked.company is not None
    asks_adding(world, actor, () if is_linked else kinds_of(chosen), chosen["pipeline_id"] or 0)
    if lead.get("deal_id") is not None:
        return {"answer": "converted_lead", "row": world.tables["ledger"][lead_id], "already": True}
    match = world.settings["match"] if world.live is None else world.live["terms"]["match"]
    terms = terms_now(world) if policy is None else {**settled(world, policy), "match": match}
    if lead["semantics"] != "P":
        raise No("lead_closed", "lead", lead_id)
    if lead_id in (*world.unwritable, *world.unconvertible):
        raise Fault(lead_id, "unwritable")
    return {"answer": "converted_lead", "row": convert(world, lead_id, terms, "already_converted"), "already": False}
