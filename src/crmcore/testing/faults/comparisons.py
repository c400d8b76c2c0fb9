"""Stores that take two things for one: an unchanged row for no write, and keys for those that look alike."""

from collections.abc import Iterable
from typing import Any
from unicodedata import combining, normalize

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import CLIENTS, RECORDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.testing.faults.base import BadStore

__all__ = ["LooseKeysStore", "StillClientsStore", "UnchangedRowsStore"]


class UnchangedRowsStore(BadStore):
    """Writes only rows in which something differs, so that an unchanged one keeps its version (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_record_that_is_written_unchanged_moves_its_version"

    def sent(self, changes: Changes) -> Changes:
        """Commit what is not there already."""
        asked: dict[str, Any] = {
            part: tuple(getattr(changes, part)) for kind, part in RECORDS.items() if kind is not Kind.PIPELINE
        }
        now = self.store.snapshot(Query(stages=True, pipelines=True, **asked))
        dirty: dict[str, Any] = {
            part: {id: each for id, each in getattr(changes, part).items() if getattr(now, part).get(id) != each}
            for part in RECORDS.values()
        }
        if changes.settings == now.settings:
            dirty["settings"] = None
        if changes.stages == now.stages:
            dirty["stages"] = None
        return evolve(changes, **dirty)


class StillClientsStore(BadStore):
    """Writes no contact and no company in which nothing differs, since nobody edits them then (DATA-3)."""

    rule, point = "DATA-3", 1
    rejected_by = "test_a_client_that_is_deleted_meanwhile_leaves_no_activity_behind"

    def sent(self, changes: Changes) -> Changes:
        """Commit the clients that are other ones now."""
        asked: dict[str, Any] = {RECORDS[kind]: tuple(getattr(changes, RECORDS[kind])) for kind in CLIENTS}
        now = self.store.snapshot(Query(**asked))
        dirty: dict[str, Any] = {
            part: {id: each for id, each in getattr(changes, part).items() if getattr(now, part).get(id) != each}
            for part in asked
        }
        return evolve(changes, **dirty)


class LooseKeysStore(BadStore):
    """Compares keys, codes and addresses without case and accents, as the collation of its database does (EDIT-1)."""

    rule, point = "EDIT-1", 2
    rejected_by = "test_command_keys_that_look_alike_are_different_keys"

    def read(self, query: Query) -> Snapshot:
        """Read what is stored under a key that looks like the one asked for."""
        names = {"switch_key": Kind.SWITCH, "command_key": Kind.COMMAND}
        found: dict[str, Any] = {name: self._stored(kind, getattr(query, name)) for name, kind in names.items()}
        alike = self._alike(query.match_keys)
        asked = frozenset().union(*alike.values()) if alike else query.match_keys
        snapshot = self.store.snapshot(evolve(query, match_keys=asked, **found))
        versions = dict(snapshot.read.versions)
        for name, kind in names.items():
            if kind in versions and found[name] != getattr(query, name):
                versions[kind] = {getattr(query, name): version for version in versions[kind].values()}
        matches = {
            key: tuple(sorted({id for each in keys for id in snapshot.matches.get(each, ())}))
            for key, keys in alike.items()
        }
        return evolve(
            snapshot,
            read=evolve(snapshot.read, versions=versions),
            matches={key: ids for key, ids in matches.items() if ids} if alike else snapshot.matches,
        )

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, unless a lead stands in a stage that looks like one of those that are to go."""
        codes = {_folded(code): code for code in changes.unused_stages}
        if codes:
            leads = [entry.record for entry in self.store.page(Kind.LEAD) if isinstance(entry.record, Lead)]
            used = [codes[_folded(lead.stage)] for lead in leads if _folded(lead.stage) in codes]
            if used:
                raise Conflict(tuple(Ref(Kind.STAGES, code) for code in used))
        self.store.commit(changes, confirm)

    def _stored(self, kind: Kind, key: str | None) -> str | None:
        """The key that is in the table, where one looks like this."""
        if key is None:
            return None
        return next((each.id for each in self.store.page(kind) if _folded(each.id) == _folded(key)), key)

    def _alike(self, keys: Iterable[MatchKey]) -> dict[MatchKey, set[MatchKey]]:
        """The keys of clients that look like these."""
        asked = {key: {key} for key in keys}
        folded = {(key.kind, key.point, _folded(key.value)): key for key in asked}
        for kind in CLIENTS if asked else ():
            for entry in self.store.page(kind, None, 5000):
                for key in match_keys(getattr(entry.record, "contact_points", ()), (kind,), PointKind):
                    found = folded.get((key.kind, key.point, _folded(key.value)))
                    if found is not None:
                        asked[found].add(key)
        return asked


def _folded(text: str) -> str:
    return "".join(each for each in normalize("NFKD", text.strip().casefold()) if not combining(each))
