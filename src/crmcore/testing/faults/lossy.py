"""The family of lossy stores: for every field that a store can be given, one store for each way of losing it.

Which fields there are is drawn from the annotations (`crmcore.testing.field_paths`), so a new field has its lossy
stores without anybody adding them.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any, ClassVar

from attrs import evolve, fields

from crmcore.domain.model.ids import TABLES, Kind, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Listed
from crmcore.testing.contracts.fields import moved_on
from crmcore.testing.contracts.lists import LISTED
from crmcore.testing.contracts.seeds import SEEDS, UNFILLED
from crmcore.testing.faults.base import BadStore
from crmcore.testing.field_paths import (
    FieldPath,
    PathStep,
    changed,
    differing,
    field_paths,
    fields_of,
    loss_of,
    owners_in,
)

__all__ = ["LossyStore", "Way", "lossy_stores"]


class Way(StrEnum):
    """Where on its way through a store a field is lost."""

    COMMIT = "commit"
    PAGE = "page"
    SNAPSHOT = "snapshot"
    LIST = "list"
    #: Not lost, but kept as it was where the record was there before.
    OVERWRITE = "overwrite"
    #: Not lost, but in the place of another field of the same record.
    SWAP = "swap"


#: The test of the contract that notices each way.
_NOTICED: Mapping[Way, str] = {
    Way.COMMIT: "test_a_commit_keeps_every_field",
    Way.PAGE: "test_a_store_gives_back_what_it_was_given",
    Way.SNAPSHOT: "test_a_snapshot_has_every_field",
    Way.LIST: "test_a_list_has_every_record_with_every_field",
    Way.OVERWRITE: "test_an_overwritten_record_keeps_no_field",
    Way.SWAP: "test_a_store_gives_back_what_it_was_given",
}


#: The parts of a CRM that have lists.
_LISTED = frozenset(TABLES[kind] for kind in LISTED)


class LossyStore(BadStore):
    """Loses one field, or swaps it for another, in one place on its way through (DATA-1)."""

    rule, point = "DATA-1", 0
    rejected_by = "test_a_store_gives_back_what_it_was_given"

    path: ClassVar[FieldPath]
    way: ClassVar[Way]
    #: The tests of the contract that notice, each with its case.
    noticed_by: ClassVar[tuple[str, ...]]

    def lose(self, value: Any) -> Any:
        """The same records without the field."""
        return changed(self.path.below, value, _change(self.path, self.way))

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, without the field."""
        found = self.store.page(kind, after, limit)
        if self.way not in (Way.PAGE, Way.SWAP) or TABLES[kind] != self.path.part:
            return found
        return tuple(entry._replace(record=self.lose(entry.record)) for entry in found)

    def listed(self, listing: Listing) -> Listed:
        """Read a list, without the field."""
        found = super().listed(listing)
        if self.way is not Way.LIST or TABLES[listing.kind] != self.path.part:
            return found
        return found._replace(entries=tuple(each._replace(record=self.lose(each.record)) for each in found.entries))

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, without the field; settings and lead stages have no pages, and are always read like this."""
        unpaged = self.way in (Way.PAGE, Way.SWAP) and self.path.part not in TABLES.values()
        if not unpaged and self.way is not Way.SNAPSHOT:
            return snapshot
        return evolve(
            snapshot,
            **{name: self.lose(getattr(snapshot, name)) for name in _answers(self.path.part, self.path.steps[1].owner)},
        )

    def sent(self, changes: Changes) -> Changes:
        """Commit, without the field."""
        part = getattr(changes, self.path.part)
        if self.way is Way.COMMIT:
            changes = evolve(changes, **{self.path.part: self.lose(part)})
        elif self.way is Way.OVERWRITE:
            changes = evolve(changes, **{self.path.part: self.kept(part)})
        return changes

    def kept(self, part: Any) -> Any:
        """The same records, in which the field is still what it was before."""
        if not isinstance(part, Mapping):
            whole = self.store.snapshot(Query(stages=True))
            return part and self._with_old(part, getattr(whole, self.path.part))
        kind = next(kind for kind, name in TABLES.items() if name == self.path.part)
        old = {entry.id: entry.record for entry in self.store.page(kind)}
        return {id: self._with_old(record, old.get(id)) for id, record in part.items()}

    def _with_old(self, record: Any, old: Any) -> Any:
        if type(old) is not type(record):
            return record
        return changed(self.path.below, record, lambda field, *_: getattr(old, field.name))


def _change(path: FieldPath, way: Way) -> Callable[[PathStep, Any, Any], Any]:
    return partial(_neighbour_of, _beside(path)) if way is Way.SWAP else loss_of


def _neighbour_of(beside: tuple[PathStep, ...], field: PathStep, record: Any, value: Any) -> Any:
    return getattr(record, beside[0].name)


@cache
def _answers(part: str, owner: type) -> tuple[str, ...]:
    """The parts of a snapshot in which a record of this part of a CRM may stand."""
    names = [each.name for each in fields(CrmImage)]
    return tuple(
        each.name
        for each in fields_of(Snapshot)
        if each.name == part or (each.name not in names and owner is not Ref and owner in owners_in(each.hint))
    )


@cache
def _beside(path: FieldPath) -> tuple[PathStep, ...]:
    """The fields of the same record whose values can stand in this one's place."""
    field = path.field
    return tuple(each for each in fields_of(field.owner) if each.name != field.name and each.kinds & field.kinds)


@cache
def lossy_stores() -> Mapping[str, type[LossyStore]]:
    """Every store of the family, by a name made of its field and its way."""
    return {store.__name__: store for store in _stores()}


def _stores() -> Iterator[type[LossyStore]]:
    overwritten = {name for seed in SEEDS.values() for name in differing(moved_on(seed()), seed())}
    for path in field_paths(CrmImage):
        if len(path.steps) == 1 or str(path) in UNFILLED:
            continue
        ways = [Way.COMMIT, Way.PAGE, Way.SNAPSHOT]
        if path.part in _LISTED and path.steps[1].owner is not Tombstone:
            ways.append(Way.LIST)
        if len(path.steps) == 2 and any(f"{each}.".startswith(f"{path}.") for each in overwritten):
            ways.append(Way.OVERWRITE)
        if not issubclass(path.field.owner, Mapping) and _beside(path):
            ways.append(Way.SWAP)
        for way in ways:
            body = {
                "path": path,
                "way": way,
                "rejected_by": _NOTICED[way],
                "noticed_by": tuple(f"{_NOTICED[way]}[{seed}]" for seed in _seeds(path, way)),
                "__doc__": f"Loses the field {path} ({way}) (DATA-1).",
            }
            yield type(f"{LossyStore.__name__}-{path}-{way}", (LossyStore,), body)


def _seeds(path: FieldPath, way: Way) -> Iterator[str]:
    """The first seed that is not the same without the field; all, where a snapshot may not show what is in it."""
    for name, seed in SEEDS.items():
        if path.part == "switches" and way is Way.SNAPSHOT:
            yield name
        elif way is Way.OVERWRITE or differing(changed(path, seed(), _change(path, way)), seed()):
            yield name
            return
