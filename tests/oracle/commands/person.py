"""What is somebody's, found by links and by equal e-mail, and the erasure of all of it (DATA-4, DATA-5)."""

from typing import Any

from tests.oracle.commands.records import erase_records
from tests.oracle.matching import emails_of
from tests.oracle.refusals import No, Row
from tests.oracle.rights import readable, sees
from tests.oracle.world import CARDS, TABLE, World

__all__ = ["erase", "erasure"]


def erasure(world: World, actor: int, call: Row) -> Row:
    """What an erasure would touch; nothing is written."""
    return erase(world.copy(), actor, call)


def erase(world: World, actor: int, call: Row) -> Row:
    """Erase all that is of the person of a lead, contact or company, or nothing of it."""
    kind, id = call["ref"]
    readable(world, *world.unreadable)
    named = sees(world, actor, kind, id)
    start = [(kind, id)]
    if kind == "lead" and world.get("contact", named.get("contact_id")) is not None:
        start.append(("contact", named["contact_id"]))
    refs = [[of, each] for of, each in _found(world, start) if world.get(of, each) is not None]
    try:
        return erase_records(world, actor, {"refs": refs})
    except No as refused:
        if refused.answer["code"] != "unknown_record":
            raise
        raise No("not_permitted") from None  # it is there, and the actor may not read it


def _found(world: World, start: list[tuple[str, int]]) -> set[tuple[str, int]]:
    """The records of a person; what an e-mail has found brings none of its own."""
    emails = {form for kind, id in start for form in emails_of(world.get(kind, id) or {})}
    found, more = set[tuple[str, int]](), set(start)
    while more:
        found |= more
        rows = (((kind, id), row) for kind in CARDS for id, row in world.tables[TABLE[kind]].items())
        more = {
            ref for ref, row in rows if ref not in found and (_leads_to(ref[0], row) & found or emails_of(row) & emails)
        }
    return found


def _leads_to(kind: str, row: Row) -> set[tuple[str, Any]]:
    """The records whose person a record is of: a lead its client, a client its lead, a deal both."""
    client = ("contact", row["contact_id"]) if row.get("contact_id") else ("company", row.get("company_id"))
    lead = ("lead", row.get("lead_id"))
    return {"lead": {client}, "deal": {client, lead}}.get(kind, {lead})
