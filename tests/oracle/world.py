"""A CRM as plain rows: the document of a vector by table and id, with what the given says beside it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.oracle.refusals import Row

__all__ = ["CARDS", "CLIENTS", "TABLE", "World", "empty", "filled"]

CARDS = ("lead", "deal", "contact", "company")
CLIENTS = ("contact", "company")
#: The list of the document that holds each kind.
TABLE = {
    "lead": "leads",
    "deal": "deals",
    "contact": "contacts",
    "company": "companies",
    "activity": "activities",
    "pipeline": "pipelines",
    "ledger": "ledger",
    "outcome": "outcomes",
    "switch": "switches",
    "command": "commands",
}
#: What names a row, where that is not its id.
_NAMES = {"ledger": ("lead_id",), "outcomes": ("epoch", "lead_id"), "switches": ("key",), "commands": ("key",)}


def filled(value: Any) -> bool:
    """Whether a value says anything: a number does, blank text and what has only empty parts do not (CONV-4)."""
    if isinstance(value, dict):
        return any(map(filled, value.values()))
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value is not False and value != []


def empty(value: Any) -> bool:
    """The opposite of filled."""
    return not filled(value)


class World:
    """One CRM at one moment. Rows are replaced and never changed, so that a copy is cheap."""

    def __init__(self, given: Row) -> None:
        document = given["document"]
        self.settings: Row = document["settings"]
        self.stages: list[Row] = document["stages"]
        self.tables: dict[str, dict[Any, Row]] = {
            table: {_name(table, row): row for row in document[table]} for table in TABLE.values()
        }
        self.versions: Counter[tuple[str, Any]] = Counter()
        self.highest: Counter[str] = Counter()
        #: What was asked under a key, in place of its fingerprint (D-23).
        self.asked: dict[str, Row] = {}
        self._written: set[tuple[str, Any]] = set()
        self.set(given)

    def set(self, changes: Row) -> None:
        """What a vector says beside the document: roles, plan, clock and faults."""
        for name, default in (
            ("roles", {}),
            ("plan", True),
            ("clock", None),
            ("unreadable", ()),
            ("unwritable", ()),
            ("unconvertible", ()),
        ):
            if name in changes or not hasattr(self, name):
                setattr(self, name, changes.get(name, default))
        if self.plan is None:  # nobody has said anything (PLAN-2)
            self.plan = True

    roles: dict[str, list[Row]]
    plan: bool | None
    clock: str
    unreadable: Iterable[int]
    unwritable: Iterable[int]
    unconvertible: Iterable[int]

    def copy(self) -> "World":
        """The same world, to try a command on."""
        new: World = object.__new__(World)
        new.__dict__.update(self.__dict__)
        new.tables = {table: dict(rows) for table, rows in self.tables.items()}
        new.versions, new.highest = self.versions.copy(), self.highest.copy()
        new.asked = dict(self.asked)
        new._written = set()
        return new

    # Rows

    def get(self, kind: str, id: Any) -> Row | None:
        """The record, unless it is missing or deleted."""
        row = self.tables[TABLE[kind]].get(id)
        return None if row is None or row.get("deleted_at") is not None else row

    def every(self, kind: str) -> Iterator[tuple[Any, Row]]:
        """The records of a kind that are not deleted, in id order."""
        rows = self.tables[TABLE[kind]]
        for id in sorted(rows):
            if rows[id].get("deleted_at") is None:
                yield id, rows[id]

    def put(self, kind: str, id: Any, row: Row) -> None:
        """Write a record."""
        self.tables[TABLE[kind]][id] = row
        self._written.add((kind, id))

    def change(self, kind: str, id: Any, **fields: Any) -> None:
        """Write some fields of a record."""
        self.put(kind, id, {**self.tables[TABLE[kind]][id], **fields})

    def drop(self, kind: str, id: Any) -> None:
        """Take a row away that is no record of its own, such as a mark."""
        self.tables[TABLE[kind]].pop(id, None)

    def new_id(self, kind: str) -> int:
        """An id above all that are there or were handed out."""
        self.highest[kind] = max(self.highest[kind], *self.tables[TABLE[kind]], 0) + 1
        return self.highest[kind]

    def add(self, kind: str, row: Row) -> int:
        """Write a new record; its id."""
        id = self.new_id(kind)
        self.put(kind, id, {"id": id, **row})
        return id

    def change_settings(self, **fields: Any) -> None:
        """Write some of the settings."""
        self.settings = {**self.settings, **fields}

    # What an edit brings (EDIT-1)

    def version(self, kind: str, id: Any = 0) -> int:
        """The version of a record: 1 as given or new, and one more for each commit that wrote it."""
        return 1 + self.versions[kind, id]

    def move(self, kind: str, id: Any = 0) -> None:
        """Let a commit move the version of a record whose row it does not write."""
        self._written.add((kind, id))

    def touch(self, bindings: Iterable[Any]) -> None:
        """An activity moves the active leads that it is bound to (D-90)."""
        for kind, id in bindings:
            lead = self.get("lead", id) if kind == "lead" else None
            if lead is not None and lead["semantics"] == "P":
                self.move("lead", id)

    def commit(self, before: "World") -> None:
        """Move the version of what was there and is written."""
        for kind, id in self._written:
            if kind not in TABLE or id in before.tables[TABLE[kind]]:
                self.versions[kind, id] += 1
        self._written = set()

    # Questions that many rules ask

    @property
    def live(self) -> Row | None:
        """The live switch as the settings name it."""
        return self.settings["switching"]  # type: ignore[no-any-return]  # a row of a document

    def active(self) -> list[int]:
        """The active leads, in id order (STAGE-2)."""
        return [id for id, lead in self.every("lead") if lead["semantics"] == "P"]

    def marks(self) -> dict[int, Row]:
        """The leads that the live switch has set aside (SWITCH-9)."""
        if self.live is None:
            return {}
        return {
            lead: row
            for (epoch, lead), row in sorted(self.tables["outcomes"].items())
            if epoch == self.live["epoch"] and row["kind"] == "set_aside"
        }

    def bound_to(self, kind: str, id: int) -> list[tuple[int, Row]]:
        """The activities that are bound to a record, in id order."""
        return [(each, row) for each, row in self.every("activity") if [kind, id] in row["bindings"]]

    def changed(self, before: "World") -> Row:
        """Every row that is not as it was, by the lists of the document."""
        found: Row = {}
        for table, rows in self.tables.items():
            old = before.tables[table]
            changed = [
                {**dict.fromkeys(old.get(name, {})), **row} for name, row in rows.items() if old.get(name) != row
            ]
            gone = [{**_named(table, old[name]), "gone": True} for name in old if name not in rows]
            if changed or gone:
                found[table] = [*changed, *gone]
        epochs = {row["epoch"]: row["key"] for row in self.tables["switches"].values()}
        for row in found.get("outcomes", ()):
            row["switch"] = epochs.get(row["epoch"])
        if self.settings != before.settings:
            found["settings"] = self.settings
        if self.stages != before.stages:
            found["stages"] = self.stages
        return found


def _name(table: str, row: Row) -> Any:
    names = _NAMES.get(table, ("id",))
    return row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)


def _named(table: str, row: Row) -> Row:
    return {name: row[name] for name in _NAMES.get(table, ("id",))}
