"""Lists of records, whole and by page (PERM-9)."""

from collections.abc import Callable, Iterator

from tests.oracle.commands.reads import Read, listed, versioned
from tests.oracle.refusals import NotJudged, Row
from tests.oracle.rights import asks_settings, may, may_activity, readable, steers
from tests.oracle.world import CARDS, TABLE, World

__all__ = ["LISTS"]

_KINDS = (*CARDS, "activity")


def _passing(world: World, actor: int, kind: str, call: Row) -> Iterator[int]:
    """The records that pass the filters, and that the actor may read, in id order."""
    for id, row in world.every(kind):
        if id > call.get("after", 0) and _passes(kind, row, call) and _reads(world, actor, kind, row):
            yield id


def _reads(world: World, actor: int, kind: str, row: Row) -> bool:
    return may_activity(world, actor, "read", row) if kind == "activity" else may(world, actor, "read", kind, row)


def _passes(kind: str, row: Row, call: Row) -> bool:
    if call.get("active") is not None:
        is_active = not row["completed"] if kind == "activity" else row["semantics"] == "P"
        if is_active != call["active"]:
            return False
    if call.get("of") is None:
        return True
    of, id = call["of"]
    return [of, id] in row["bindings"] if kind == "activity" else row.get(f"{of}_id") == id


def _whole(kind: str) -> Read:
    def read(world: World, actor: int, call: Row) -> Row:
        if kind == "lead":
            readable(world, *sorted(world.unreadable))
        ids = _passing(world, actor, kind, {"active": call.get("active")})
        if kind == "deal" and call.get("lead") is not None:
            ids = (id for id in ids if world.tables["deals"][id].get("lead_id") == call["lead"])
        return listed([versioned(world, kind, id) for id in ids])

    return read


def _page(kind: str) -> Read:
    def read(world: World, actor: int, call: Row) -> Row:
        limit = call.get("limit", 50)
        if kind in ("lead", "activity") and any(world.get("lead", id) is not None for id in world.unreadable):
            raise NotJudged("how a page goes on at a record that cannot be read is an implementation's own business")
        ids = list(_passing(world, actor, kind, call))
        items = [versioned(world, kind, id) for id in ids[:limit]]
        if len(ids) == limit and any(id > ids[-1] and _passes(kind, row, call) for id, row in world.every(kind)):
            raise NotJudged("whether a page goes on to records that the actor may not read is not said (PERM-9)")
        return {"answer": "page", "items": items, "after": ids[limit - 1] if len(ids) > limit else None}

    return read


def _switch_page(world: World, actor: int, call: Row) -> Row:
    """The switches, the newest first (D-102)."""
    asks_settings(world, actor)
    found = sorted(world.tables["switches"].values(), key=lambda row: -row["epoch"])
    found = [row for row in found if call.get("after") is None or row["epoch"] < call["after"]]
    limit = call.get("limit", 50)
    shown = found[:limit]
    return {"answer": "page", "items": shown, "after": shown[-1]["epoch"] if len(found) > limit else None}


def _outcomes(world: World, actor: int, call: Row) -> Row:
    """What became of each lead of a switch; empty without the settings right."""
    rows = sorted(world.tables["outcomes"].items())
    found = [
        [lead, {name: value for name, value in row.items() if name not in ("epoch", "lead_id")}]
        for (epoch, lead), row in rows
        if epoch == call["epoch"] and lead > (call.get("after") or 0)
    ]
    return listed(found if steers(world, actor) else [])


LISTS: dict[str, Callable[[World, int, Row], Row]] = {
    **{TABLE[kind]: _whole(kind) for kind in CARDS},
    **{f"{kind}_page": _page(kind) for kind in _KINDS},
    "outcomes": _outcomes,
    "switch_page": _switch_page,
}
