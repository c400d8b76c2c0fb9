"""From Classic to Simple and back: begin, convert chunk by chunk, finish; resume, retry, cancel (SWITCH)."""

from tests.oracle.conversion import convert, record
from tests.oracle.modes import asks_token, is_same_policy, kinds_of, settled, state_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import asks_adding, asks_settings
from tests.oracle.world import World

__all__ = [
    "asks_begin",
    "begin_switch",
    "cancel_switch",
    "convert_chunk",
    "finish_switch",
    "resume_switch",
    "retry_switch",
    "set_aside",
    "switch_to_classic",
]


def asks_begin(world: World, actor: int, policy: Row, rule: str = "PERM-1") -> None:
    """The settings right, and the right to add every kind of record that the policy makes (PERM-3)."""
    asks_settings(world, actor, rule)
    asks_adding(world, actor, kinds_of(policy), policy["pipeline_id"] or 0)


def begin_switch(world: World, actor: int, command: Row) -> Row:
    """Open a switch, or join the live one of the same key (SWITCH-10)."""
    key, policy = command["key"], command["policy"]
    asks_begin(world, actor, policy)
    known = world.get("switch", key)
    if known is not None:
        if not is_same_policy(known["terms"], policy):
            raise No("key_conflict", "switch", key, policy={name: known["terms"][name] for name in policy})
        return _token(known) if known["ended"] is None else {"answer": "switch_done", "switch": known}
    if world.live is not None:
        raise No("switch_in_progress", "switch", world.live["key"])
    if world.settings["mode"] == "simple":
        return {"answer": "no_change"}
    terms = settled(world, policy)
    epoch = world.settings["epoch"] + 1
    world.change_settings(epoch=epoch, switching={"epoch": epoch, "key": key, "terms": terms})
    row = {"key": key, "epoch": epoch, "terms": terms, "at_begin": len(world.active()), "began_at": world.clock}
    world.put("switch", key, {**row, "ended": None, "ended_at": None})
    return _token(row)


def _token(row: Row) -> Row:
    return {"answer": "switch_token", "key": row["key"], "epoch": row["epoch"]}


def convert_chunk(world: World, actor: int, command: Row) -> Row:
    """Convert the next active leads, at most as many as asked for; those that have a fault are set aside (SWITCH-9)."""
    live = asks_token(world, command["token"])
    lost = [row for row in command["lost"] if world.tables["ledger"].get(row["lead_id"]) == row]
    if lost:
        return {"answer": "chunk_done", "rows": lost}
    number, of = command["shard"]
    rows: list[Row] = []
    for lead_id in world.active():
        if len(rows) == command["size"]:
            break
        if lead_id in world.marks() or lead_id % of != number or lead_id in command["without"]:
            continue
        code = fault_of(world, lead_id)
        if code is None:
            rows.append(convert(world, lead_id, live["terms"]))
        else:
            record(world, lead_id, "set_aside", code)
    return {"answer": "chunk_done", "rows": rows}


def fault_of(world: World, lead_id: int) -> str | None:
    """Why a conversion of the lead cannot be carried out, if it cannot."""
    if lead_id in world.unreadable:
        return "unreadable"
    return "unwritable" if lead_id in (*world.unwritable, *world.unconvertible) else None


def set_aside(world: World, actor: int, command: Row) -> Row:
    """Mark a lead of a switch that cannot be read or written; a marked one answers with its mark."""
    asks_token(world, command["token"])
    lead_id = command["lead_id"]
    marks = world.marks()
    if lead_id in marks:
        return {"answer": "lead_outcome", **_counts(marks[lead_id])}
    lead = world.get("lead", lead_id)
    if lead is None or lead["semantics"] != "P":
        raise No("lead_closed", "lead", lead_id)
    return {"answer": "lead_outcome", **_counts(record(world, lead_id, "set_aside", command["code"]))}


def _counts(outcome: Row) -> Row:
    return {name: value for name, value in outcome.items() if name not in ("epoch", "lead_id")}


def finish_switch(world: World, actor: int, command: Row) -> Row:
    """Make the CRM Simple if no active lead is left (SWITCH-3)."""
    token = command["token"]
    known = world.get("switch", token["key"])
    if known is not None and known["ended"] == "finished" and known["epoch"] == token["epoch"]:
        return {"answer": "switch_done", "switch": known}
    live = asks_token(world, token)
    left = world.active()
    if state_of(world) == "blocked":
        return {"answer": "switch_blocked", "set_aside": left}
    if left:
        return {"answer": "switch_unfinished", "remaining": len([id for id in left if id not in world.marks()])}
    terms = live["terms"]
    policy = {name: terms[name] for name in ("client", "pipeline_id", "keep_activities")}
    return _ended(world, "finished", mode="simple", last_policy=policy)


def _ended(world: World, how: str, **settings: object) -> Row:
    assert world.live is not None  # asked before
    key = world.live["key"]
    world.change("switch", key, ended=how, ended_at=world.clock)
    world.change_settings(epoch=world.settings["epoch"] + 1, switching=None, **settings)
    return {"answer": "switch_done", "switch": world.tables["switches"][key]}


def _asks_live(world: World, actor: int) -> Row:
    asks_settings(world, actor, "PERM-1")
    if world.live is None:
        raise No("not_switching")
    return world.live


def resume_switch(world: World, actor: int, command: Row) -> Row:
    """Hand out the token of the live switch (SWITCH-5)."""
    return _token(_asks_live(world, actor))


def retry_switch(world: World, actor: int, command: Row) -> Row:
    """Lift the marks, and hand out the token (SWITCH-9)."""
    live = _asks_live(world, actor)
    for lead_id in world.marks():
        world.drop("outcome", (live["epoch"], lead_id))
    return _token(live)


def cancel_switch(world: World, actor: int, command: Row) -> Row:
    """Go back to Classic; what was converted stays converted (SWITCH-8)."""
    _asks_live(world, actor)
    if not world.plan:
        raise No("plan_without_classic")
    return _ended(world, "cancelled", mode="classic")


def switch_to_classic(world: World, actor: int, command: Row) -> Row:
    """Go from Simple to Classic, where the plan offers it (MODE-4, MODE-5)."""
    asks_settings(world, actor, "PERM-1")
    if world.live is not None:
        raise No("switch_in_progress", "switch", world.live["key"])
    if not world.plan:
        raise No("plan_without_classic")
    if world.settings["mode"] == "classic":
        return {"answer": "no_change"}
    world.change_settings(mode="classic", epoch=world.settings["epoch"] + 1)
    return {"answer": "epoch", "epoch": world.settings["epoch"]}
