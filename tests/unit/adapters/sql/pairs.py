"""A store of SQLite beside the store in memory, which is the reference: the same records, and the same answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from attrs import fields

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.ids import MATCHED, NUMBERED, RECORDS, TABLES, Kind
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.ports.store import Store
from tests.sql.servers import store_in

__all__ = ["Pair", "asked", "keys_in", "moved_pair", "paired", "run", "state_of", "step", "told"]

#: A query and a step, with ids spelled as plain numbers.
asked: Callable[..., Query] = Query
step: Callable[..., Changes] = Changes


class Pair(NamedTuple):
    """Two stores with the same records."""

    sql: SqlStore
    memory: InMemoryStore


def paired(path: Path, image: CrmImage) -> Pair:
    """Both stores; in the file it is the second portal, so that what is read of another one is seen."""
    url = f"sqlite:///{path}"
    store_in(url, new_crm(), name="another").close()
    return Pair(store_in(url, image), InMemoryStore(image))


@contextmanager
def moved_pair(folder: Path, image: CrmImage) -> Iterator[Pair]:
    """Both stores, in which every second record was written once more as it is, so that versions differ."""
    kinds = (Kind.PIPELINE, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY, Kind.LEAD)
    parts = {RECORDS[kind]: dict([*getattr(image, RECORDS[kind]).items()][::2]) for kind in kinds}
    ids = {name: tuple(part) for name, part in parts.items() if name != "pipelines"}
    pair = paired(folder / "crm.db", image)
    with pair.sql:
        for store in pair:
            read = store.snapshot(asked(pipelines=True, **ids)).read
            store.commit(step(expects=read, **parts))
        yield pair


def run(store: SqlStore, *statements: str) -> None:
    """What another client does, who checks nothing."""
    with store.engine().connect() as connection:
        for statement in ("PRAGMA ignore_check_constraints=ON", "PRAGMA foreign_keys=OFF", *statements):
            connection.exec_driver_sql(statement)
        connection.invalidate()


def told(snapshot: Snapshot) -> dict[str, Any]:
    """Every part of a snapshot by its name; the leads in the order in which they come."""
    parts = {each.name: getattr(snapshot, each.name) for each in fields(Snapshot)}
    return {**parts, "leads": list(snapshot.leads.items())}


def keys_in(*images: CrmImage) -> frozenset[MatchKey]:
    """Every key that a client or a lead of these has, for each kind that can have it."""
    records = [
        record for image in images for kind in MATCHED for record in getattr(image, TABLES[kind]).values()
        if not isinstance(record, Tombstone)
    ]  # fmt: skip
    points = [point for record in records for point in record.contact_points]
    return match_keys(points, MATCHED, (PointKind.EMAIL, PointKind.PHONE))


def state_of(store: Store) -> dict[str, Any]:
    """All that a store tells of what it holds: every record with its version, the numbers, and the next ids."""
    pages = {name: store.page(kind) for kind, name in TABLES.items()}
    epochs = {entry.record.epoch for entry in pages["switches"]}
    there = store.snapshot(asked(settings=True, stages=True, stages_in_use=True, backlog=True))
    return {
        **pages,
        "there": told(there),
        "tallies": {epoch: store.snapshot(asked(tally=epoch)).tally for epoch in epochs},
        "next ids": {kind: store.reserve(kind, 1) for kind in NUMBERED if kind is not Kind.PIPELINE},
    }
