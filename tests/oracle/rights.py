"""Who may do what: roles added up, and the plan (PERM-1 to PERM-6)."""

from collections.abc import Iterable

from tests.oracle.refusals import Fault, No, Row
from tests.oracle.world import CARDS, World

__all__ = [
    "asks_adding",
    "asks_settings",
    "exports",
    "level",
    "may",
    "may_activity",
    "needs",
    "needs_activity",
    "needs_add",
    "readable",
    "sees",
    "steers",
]

_LEVELS = ("none", "own", "open", "all")


def _roles(world: World, actor: int) -> list[Row]:
    return world.roles.get(str(actor), [])


def steers(world: World, actor: int) -> bool:
    """Whether the actor may change CRM settings (PERM-1)."""
    return any(role.get("settings") or role.get("administrator") for role in _roles(world, actor))


def exports(world: World, actor: int) -> bool:
    """Whether the actor may export, which the settings right includes (PERM-6)."""
    return steers(world, actor) or any(role.get("export") for role in _roles(world, actor))


def asks_settings(world: World, actor: int, rule: str = "PERM-6") -> None:
    """Refuse whoever has not the settings right."""
    if not steers(world, actor):
        raise No("not_permitted", rule=rule)


def level(world: World, actor: int, operation: str, kind: str, pipeline: int | None = None) -> int:
    """The highest level among all roles counts (PERM-5); for deals also that of a grant in this pipeline alone."""
    found = 0
    for role in _roles(world, actor):
        if role.get("administrator"):
            return 3
        for what, of, where, reach in role.get("levels", ()):
            if (what, of) == (operation, kind) and where in (None, pipeline):
                found = max(found, _LEVELS.index(reach))
    return found


def may(world: World, actor: int, operation: str, kind: str, row: Row) -> bool:
    """Whether a right reaches this record: own records, own ones and open ones, or all (PERM-5)."""
    reach = level(world, actor, operation, kind, row.get("pipeline_id"))
    is_own = reach >= 1 and row.get("responsible") == actor
    return reach == 3 or is_own or (reach == 2 and bool(row.get("opened")))


def sees(world: World, actor: int, kind: str, id: int) -> Row:
    """The record that the actor may read; one that is hidden is answered like one that is missing (PERM-6)."""
    row = world.get(kind, id)
    if row is None or not may(world, actor, "read", kind, row):
        raise No("unknown_record", kind, id)
    return row


def needs(world: World, actor: int, operation: str, kind: str, id: int) -> Row:
    """The record that the actor may read, and do this to."""
    row = sees(world, actor, kind, id)
    if not may(world, actor, operation, kind, row):
        raise No("not_permitted", kind, id)
    return row


def needs_add(world: World, actor: int, kind: str, row: Row, rule: str = "PERM-6") -> None:
    """Refuse whoever may not add this record."""
    if not may(world, actor, "add", kind, row):
        raise No("not_permitted", rule=rule)


def asks_adding(world: World, actor: int, clients: Iterable[str], pipeline_id: int) -> None:
    """The right to add every kind of record that is made, for deals in their pipeline, whatever it reaches (PERM-3)."""
    if not level(world, actor, "add", "deal", pipeline_id):
        raise No("not_permitted", "pipeline", pipeline_id, "PERM-3")
    if not all(level(world, actor, "add", kind) for kind in clients):
        raise No("not_permitted", rule="PERM-3")


def may_activity(world: World, actor: int, operation: str, row: Row) -> bool:
    """The rights on an activity are the rights on the records that it is bound to (D-12): one of them is enough."""
    if any(role.get("administrator") for role in _roles(world, actor)):
        return True
    records = [(kind, world.get(kind, id)) for kind, id in row["bindings"] if kind in CARDS]
    return any(record is not None and may(world, actor, operation, kind, record) for kind, record in records)


def readable(world: World, *lead_ids: int) -> None:
    """Whoever has to look at a lead that the store cannot read gets its fault (SWITCH-9)."""
    for lead_id in lead_ids:
        if lead_id in world.unreadable and world.get("lead", lead_id) is not None:
            raise Fault(lead_id, "unreadable")


def needs_activity(world: World, actor: int, operation: str, id: int) -> Row:
    """The activity that the actor may read, and do this to."""
    row = world.get("activity", id)
    if row is not None:
        readable(world, *(of for kind, of in row["bindings"] if kind == "lead"))
    if row is None or not may_activity(world, actor, "read", row):
        raise No("unknown_record", "activity", id)
    if not may_activity(world, actor, operation, row):
        raise No("not_permitted", "activity", id)
    return row
