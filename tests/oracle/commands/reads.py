"""What people read of single records, and of their sources (PERM-6, INTAKE-5)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.oracle.commands.leads import convert_lead
from tests.oracle.refusals import Fault, No, Row
from tests.oracle.rights import asks_settings, exports, may, needs_activity, readable, sees
from tests.oracle.world import TABLE, World

__all__ = ["READS", "listed", "versioned"]

Read = Callable[[World, int, Row], Row]


def listed(items: list[Any]) -> Row:
    """The answer of a read of several."""
    return {"answer": "list", "items": items}


def versioned(world: World, kind: str, id: int) -> Row:
    """A record with its version; what an activity is bound to is no part of it."""
    record = {name: value for name, value in world.tables[TABLE[kind]][id].items() if name != "bindings"}
    return {"answer": "versioned", "kind": kind, "record": record, "version": world.version(kind, id)}


def _one(kind: str) -> Read:
    def read(world: World, actor: int, call: Row) -> Row:
        id = call[f"{kind}_id"]
        if kind == "activity":
            needs_activity(world, actor, "read", id)
        else:
            if kind == "lead":
                readable(world, id)
            sees(world, actor, kind, id)
        return versioned(world, kind, id)

    return read


def _bindings(world: World, actor: int, call: Row) -> Row:
    return listed(needs_activity(world, actor, "read", call["activity_id"])["bindings"])


def _activities(world: World, actor: int, call: Row) -> Row:
    if call["of"][0] == "lead":
        readable(world, call["of"][1])
    sees(world, actor, *call["of"])
    bound = world.bound_to(*call["of"])
    readable(world, *(id for _, row in bound for kind, id in row["bindings"] if kind == "lead"))
    return listed([versioned(world, "activity", id) for id, _ in bound])


def _active_leads(world: World, actor: int, call: Row) -> Row:
    asks_settings(world, actor)
    return {"answer": "number", "number": len(world.active())}


def _convert_leads(world: World, actor: int, call: Row) -> Row:
    """One commit for each lead; a fault is an answer, to those who see that there is such a lead (D-81)."""
    items = []
    for lead_id in call["lead_ids"]:
        trial = world.copy()
        try:
            items.append(convert_lead(trial, actor, {"lead_id": lead_id, "policy": call.get("policy")}))
        except No as refused:
            items.append(refused.answer)
        except Fault:
            row = world.get("lead", lead_id)
            shown = row is not None and may(world, actor, "read", "lead", row)
            no = No("record_fault", "lead", lead_id) if shown else No("unknown_record", "lead", lead_id)
            items.append(no.answer)
        else:
            trial.commit(world)
            world.__dict__.update(trial.__dict__)
    return listed(items)


def _lead_stages(world: World, actor: int, call: Row) -> Row:
    return {
        "answer": "versioned",
        "kind": "stages",
        "record": {"stages": world.stages},
        "version": world.version("stages"),
    }


def _pipelines(world: World, actor: int, call: Row) -> Row:
    return listed([versioned(world, "pipeline", id) for id, _ in world.every("pipeline")])


def _export(world: World, actor: int, call: Row) -> Row:
    """A whole CRM, or the fault of the first lead that cannot be read (DATA-1)."""
    if not exports(world, actor):
        raise No("not_permitted")
    readable(world, *sorted(world.unreadable))
    return {"answer": "document"}


def _audit(world: World, actor: int, call: Row) -> Row:
    """What of the leads cannot be read, or means something else than its stage: no vector has more damage than that."""
    asks_settings(world, actor)
    meanings = {stage["code"]: stage["semantics"] for stage in world.stages}
    found = [
        ("DATA-1", "every_record_can_be_read", id)
        for id in sorted(world.unreadable)
        if world.get("lead", id) is not None
    ]
    found += [
        ("STAGE-1", "a_lead_stands_in_a_defined_stage", id)
        for id, lead in world.every("lead")
        if id not in world.unreadable and meanings.get(lead["stage"]) != lead["semantics"]
    ]
    return listed([{"rule": rule, "law": law, "kind": "lead", "ids": [id]} for rule, law, id in found])


def _sources(world: World, actor: int, call: Row) -> Row:
    """For each source its leads, their conversions and amounts, over the leads that the actor may read (D-24)."""
    readable(world, *world.unreadable)
    lines: dict[str | None, Row] = {}
    for _, lead in world.every("lead"):
        if not may(world, actor, "read", "lead", lead):
            continue
        counts = dict.fromkeys(("leads", "active", "converted", "finished", "failed"), 0)
        new: Row = {"source": lead.get("source"), **counts, "amounts": {}, "converted_amounts": {}}
        line = lines.setdefault(lead.get("source"), new)
        is_converted = lead.get("deal_id") is not None
        line["leads"] += 1
        line["converted" if is_converted else {"P": "active", "S": "finished", "F": "failed"}[lead["semantics"]]] += 1
        amount = lead.get("amount")
        if amount is not None and amount.get("amount") is not None:
            for name in ("amounts", *(["converted_amounts"] if is_converted else [])):
                currency = amount.get("currency") or "null"
                line[name][currency] = str(Decimal(line[name].get(currency, 0)) + Decimal(amount["amount"]))
    return listed([lines[source] for source in sorted(lines, key=lambda each: each or "")])


READS: dict[str, Read] = {
    **{kind: _one(kind) for kind in ("lead", "deal", "contact", "company", "activity")},
    "active_leads": _active_leads,
    "activities": _activities,
    "audit": _audit,
    "bindings": _bindings,
    "convert_leads": _convert_leads,
    "export": _export,
    "lead_stages": _lead_stages,
    "pipelines": _pipelines,
    "sources": _sources,
}
