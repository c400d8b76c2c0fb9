"""What a store holds at one moment, taken in one walk, and how two moments differ: ids and names of fields only."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import fields, frozen

from crmcore.application.pages import at_one_time
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import RECORDS, TABLES, Kind, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Entry, Reads, Store

__all__ = ["Photo", "differences", "require"]

#: How many records are asked for at once; a page that is shorter is taken for the last one.
_PAGE = 1000

#: The rule that is broken where a record of a table is not what it should be; the tables in the order of telling.
_RULES = {
    Kind.PIPELINE: "STAGE-1",
    Kind.LEDGER: "SWITCH-1",
    Kind.LEAD: "SWITCH-11",
    Kind.DEAL: "CONV-3",
    Kind.CONTACT: "CONV-3",
    Kind.COMPANY: "CONV-3",
    Kind.BINDING: "CONV-6",
    Kind.ACTIVITY: "POLICY-4",
    Kind.OUTCOME: "SWITCH-13",
    Kind.SWITCH: "SWITCH-10",
    Kind.COMMAND: "EDIT-1",
}
_TABLES = tuple((TABLES[kind], kind, rule) for kind, rule in _RULES.items())


def require(holds: bool, rule: str, message: str, *refs: Ref) -> None:
    """Raise `ContractBroken` unless something holds."""
    if not holds:
        raise ContractBroken(rule, message, refs)


@frozen
class Photo:
    """Every record of a CRM with its version."""

    image: CrmImage
    versions: Mapping[Kind, Mapping[Any, int]]

    @classmethod
    def of(cls, store: Store) -> "Photo":
        """Walk through a whole store, once, and as of one moment if the store can."""
        tables: dict[str, dict[Any, Any]] = {}
        versions: dict[Kind, dict[Any, int]] = {}
        with at_one_time(store) as reads:
            for name, kind, _ in _TABLES:
                entries = list(_all(reads, kind))
                tables[name] = {entry.id: entry.record for entry in entries}
                if kind in RECORDS:  # bindings and outcomes move with the records that they belong to
                    versions[kind] = {entry.id: entry.version for entry in entries}
            snapshot = reads.snapshot(Query(settings=True, stages=True))
        for kind in (Kind.SETTINGS, Kind.STAGES):
            versions[kind] = {0: snapshot.version(kind, 0)}
        return cls(CrmImage(settings=snapshot.settings, stages=snapshot.the_stages, **tables), versions)

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record; 0 where there is none."""
        return self.versions[kind].get(id, 0)

    def followed_by(self, after: "Photo") -> Iterator[tuple[Kind, Any]]:
        """The records whose version moved until a later moment."""
        for kind, versions in after.versions.items():
            known = self.versions[kind]
            yield from ((kind, id) for id, version in versions.items() if version != known.get(id, 0))

    def differs_from(self, after: "Photo") -> bool:
        """Whether anything was written until a later moment."""
        return self.image != after.image or any(True for _ in self.followed_by(after))

    def require_no_way_back(self, after: "Photo") -> None:
        """Versions only grow, or an edit of long ago would fit again (EDIT-1)."""
        for kind, versions in self.versions.items():
            known = after.versions[kind]
            back = [Ref(kind, id) for id, version in versions.items() if known.get(id, 0) < version]
            require(not back, "EDIT-1", "the version of a record went back, or the record vanished", *back)

    def require_same(self, after: "Photo", why: str) -> None:
        """Nothing at all has changed."""
        for rule, ref, names in differences(self.image, after.image):
            raise ContractBroken(rule, f"{why}, and yet there changed: {names}", (ref,))
        moved = [Ref(kind, id) for kind, id in self.followed_by(after)]
        require(not moved, "EDIT-1", f"{why}, and yet versions moved", *moved)


def differences(expected: CrmImage, found: CrmImage) -> Iterator[tuple[str, Ref, str]]:
    """Each record that differs: the rule that is about it, the record, and which fields (never their values)."""
    if expected == found:
        return
    if expected.settings != found.settings:
        yield "SWITCH-3", Ref(Kind.SETTINGS, 0), _fields(expected.settings, found.settings)
    if expected.stages != found.stages:
        yield "STAGE-1", Ref(Kind.STAGES, 0), _fields(expected.stages, found.stages)
    for name, kind, rule in _TABLES:
        wanted, known = getattr(expected, name), getattr(found, name)
        for id in [*wanted, *(id for id in known if id not in wanted)]:
            if id not in known:
                yield rule, _ref(kind, id), "the record is missing"
            elif id not in wanted:
                yield rule, _ref(kind, id), "the record should not be there"
            elif wanted[id] != known[id]:
                yield rule, _ref(kind, id), _fields(wanted[id], known[id])


def _fields(expected: Any, found: Any) -> str:
    if isinstance(expected, frozenset) and isinstance(found, frozenset):
        missing, extra = sorted(map(str, expected - found)), sorted(map(str, found - expected))
        return f"missing bindings {', '.join(missing) or 'none'}, other bindings {', '.join(extra) or 'none'}"
    names: tuple[str, ...] = getattr(type(expected), "_fields", ())
    if type(expected) is not type(found):
        return f"a {type(found).__name__} where there should be a {type(expected).__name__}"
    if not names:
        names = tuple(each.name for each in fields(type(expected)))
    return ", ".join(name for name in names if getattr(expected, name) != getattr(found, name))


def _ref(kind: Kind, id: Any) -> Ref:
    return Ref(kind, id if isinstance(id, int | str) else ":".join(map(str, id)))


def _all(store: Reads, kind: Kind) -> Iterator[Entry]:
    page = store.page(kind, None, _PAGE)
    yield from page
    while len(page) == _PAGE:
        page = store.page(kind, page[-1].id, _PAGE)
        yield from page
