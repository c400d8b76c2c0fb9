"""The whole plan of a switch, and the numbers of one (SWITCH-12, SWITCH-13)."""

from tests.oracle.commands.switch import asks_begin
from tests.oracle.conversion import client_for, convert, lost
from tests.oracle.modes import settled, state_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import asks_settings
from tests.oracle.world import World

__all__ = ["last_switch", "preview_switch", "switch_named", "switch_report", "switch_status"]

_KINDS = ("converted", "already_converted", "closed", "deleted", "set_aside")
_COUNTS = ("contacts", "companies", "bound", "completed", "kept_open")


def preview_switch(world: World, actor: int, call: Row) -> Row:
    """What a switch would do, by doing it on a copy."""
    policy = call.get("policy") or {"client": "contact", "pipeline_id": None, "keep_activities": True}
    asks_begin(world, actor, policy, "PERM-6")
    if world.live is not None:
        raise No("switch_in_progress", "switch", world.live["key"])
    if world.settings["mode"] == "simple":
        return {"answer": "no_change"}
    terms = settled(world, policy)
    trial = world.copy()
    trial.change_settings(switching={"epoch": -1, "key": "", "terms": terms})
    plans = [_plan(trial, world, id, terms) for id in world.active() if id not in world.unreadable]
    totals = _totals(trial, {"epoch": -1, "at_begin": len(world.active()), "ended": None})
    unread = len(world.active()) - len(plans)
    totals |= {"set_aside": unread, "remaining": 0}
    return {"answer": "preview", "terms": terms, "totals": totals, "leads": plans}


def _plan(trial: World, before: World, lead_id: int, terms: Row) -> Row:
    lead = trial.tables["leads"][lead_id]
    client = client_for(trial, lead, terms)
    known = {
        kind: id if before.get(kind, id) else None
        for kind, id in (("contact", client.contact), ("company", client.company))
    }
    not_carried = lost(lead, client)
    row = convert(trial, lead_id, terms)
    return {
        "lead_id": lead_id,
        "contact_id": known["contact"],
        "company_id": known["company"],
        "makes_contact": "contact" in client.makes,
        "makes_company": "company" in client.makes,
        "activity_ids": row["activity_ids"],
        "not_carried": not_carried,
    }


def _totals(world: World, switch: Row) -> Row:
    """The numbers of a switch: what was there and what was added is all accounted for."""
    totals = {"at_begin": switch["at_begin"], "added": 0, **dict.fromkeys((*_KINDS, "remaining", *_COUNTS), 0)}
    for (epoch, _), outcome in world.tables["outcomes"].items():
        if epoch == switch["epoch"]:
            totals[outcome["kind"]] += 1
            totals["added"] += bool(outcome["added"])
            for name in _COUNTS:
                totals[name] += outcome[name]
    totals["remaining"] = totals["at_begin"] + totals["added"] - sum(totals[kind] for kind in _KINDS)
    return totals


def report_on(world: World, switch: Row) -> Row:
    """How a switch stands or ended."""
    ended = {"finished": "switched", "cancelled": "cancelled"}
    state = state_of(world)
    outcomes = world.tables["outcomes"].items()
    marked = [lead for (epoch, lead), row in outcomes if epoch == switch["epoch"] and row["kind"] == "set_aside"]
    return {
        "answer": "switch_report",
        "result": state if switch["ended"] is None else ended[switch["ended"]],
        "state": state,
        "token": {"key": switch["key"], "epoch": switch["epoch"]},
        "terms": switch["terms"],
        "totals": _totals(world, switch),
        "set_aside": sorted(marked),
        "began_at": switch["began_at"],
        "ended_at": switch["ended_at"],
    }


def no_report(world: World) -> Row:
    """The report where there was nothing to switch."""
    totals = dict.fromkeys(("at_begin", "added", *_KINDS, "remaining", *_COUNTS), 0)
    return {"answer": "switch_report", "result": "no_change", "state": state_of(world), "totals": totals}


def switch_status(world: World, actor: int, call: Row) -> Row:
    """The numbers of the live switch."""
    asks_settings(world, actor)
    if world.live is None:
        raise No("not_switching")
    return report_on(world, world.tables["switches"][world.live["key"]])


def switch_report(world: World, actor: int, call: Row) -> Row:
    """The numbers of a switch, live or ended, for whoever holds its token (D-30)."""
    token = call["token"]
    switch = world.get("switch", token["key"])
    if switch is None or switch["epoch"] != token["epoch"]:
        raise No("stale_switch", "switch", token["key"])
    return report_on(world, switch)


def last_switch(world: World, actor: int, call: Row) -> Row:
    """How the newest switch stands or ended (D-102)."""
    asks_settings(world, actor)
    newest = max(world.tables["switches"].values(), key=lambda row: row["epoch"], default=None)
    return {"answer": "none"} if newest is None else report_on(world, newest)


def switch_named(world: World, actor: int, call: Row) -> Row:
    """How the switch with this key stands or ended."""
    asks_settings(world, actor)
    switch = world.get("switch", call["key"])
    if switch is None:
        raise No("unknown_record", "switch", call["key"])
    return report_on(world, switch)
