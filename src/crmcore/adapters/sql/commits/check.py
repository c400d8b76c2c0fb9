"""The serial point of a commit: what has changed since it was read, with a lock on every row that the answer needs.

If writers take turns (on SQLite, and with the exclusive lock of a portal on PostgreSQL), reading is enough. Ordinary
writers on PostgreSQL run concurrently, so the commit locks the rows that it will write, and takes a shared lock on
those that it only read, both in id order. It claims the match keys that were looked up or that a record has: a row
for each, since a key without a record cannot be locked. The lead's row locks an outcome. A missing record that the
commit does not write cannot be locked at all; such a commit takes the exclusive lock (`needs_portal_alone`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import active_leads
from crmcore.adapters.sql.rows.match_keys import keys_of, stored
from crmcore.adapters.sql.rows.records import COLUMNS, ID_COLUMNS
from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.adapters.sql.rows.texts import version_of
from crmcore.domain.model.ids import MATCHED, RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.text import NOTHING
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes

__all__ = ["Standing", "needs_portal_alone"]

#: What a commit writes row by row, with the part of `Changes` that holds it; in the order of locking.
_WRITTEN: Mapping[Kind, str] = {**RECORDS, Kind.SWITCH: "switches", Kind.COMMAND: "commands"}
#: What is kept of a row that stands, besides its version.
_KEPT: Mapping[Kind, tuple[str, ...]] = {
    Kind.LEAD: ("semantics", "contact_points"),
    Kind.CONTACT: ("contact_points",),
    Kind.COMPANY: ("contact_points",),
    Kind.ACTIVITY: ("deleted_at", "completed"),
}


def needs_portal_alone(changes: Changes) -> bool:
    """Whether a commit must run alone: it changes what all others depend on, or depends on what cannot be locked."""
    if changes.settings is not None or changes.stages is not None or changes.active_leads is not None:
        return True
    if changes.pipelines or changes.switches or changes.unused_stages:
        return True
    for kind, versions in changes.expects.versions.items():
        if kind in _WRITTEN:
            written = getattr(changes, _WRITTEN[kind])
            if any(not version and id not in written for id, version in versions.items()):
                return True
    return False


class Standing:
    """The state of the tables at the serial point, as far as one commit needs it.

    `rows` are version and kept columns by kind and id; `bound` the bindings, before the commit, of every activity it
    touches; `outcomes` what the live epoch has recorded already. `unversioned` are rows whose version is damaged.
    """

    def __init__(self, tx: Transaction, changes: Changes) -> None:
        self.tx = tx
        self.changes = changes
        self.portal = tx.portal_row()
        self.rows: dict[Kind, dict[Any, tuple[Any, ...]]] = {}
        self.outcomes: dict[LeadId, tuple[Any, ...]] = {}
        self.unversioned: list[tuple[Kind, Any]] = []
        self.bound = self._bindings()
        self._claim_keys()
        self._hold()
        self._outcomes()

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record now; 0 where there is none."""
        row = self.rows[kind].get(id)
        version: int = 0 if row is None else row[0]
        return version

    def stale(self) -> list[Ref]:
        """What moved on since it was read, and what is claimed already."""
        changes, expects = self.changes, self.changes.expects
        stale: list[Ref] = []
        if expects.epoch != self.portal.epoch:
            stale.append(Ref(Kind.EPOCH, expects.epoch))
        for kind, versions in expects.versions.items():
            now = self._versions_now(kind, versions)
            stale += [Ref(kind, id) for id, version in versions.items() if now(id) != version]
        if changes.ledger:
            claimed = self.tx.among(Kind.LEDGER, changes.ledger, ("lead",))
            stale += [Ref(Kind.LEDGER, row[0]) for row in claimed]
        for kind, part in _WRITTEN.items():
            unread = getattr(changes, part).keys() - expects.versions.get(kind, NOTHING).keys()
            stale += [Ref(kind, key) for key in unread if key in self.rows[kind]]
        if changes.unused_stages:
            stale += [Ref(Kind.STAGES, code) for code in self._used(changes.unused_stages)]
        if changes.active_leads is not None and changes.active_leads != active_leads(self.tx):
            stale.append(Ref(Kind.LEAD, 0))
        return stale

    def _versions_now(self, kind: Kind, versions: Mapping[Any, int]) -> Any:
        if kind is Kind.SETTINGS:
            return lambda _: self.portal.settings_version
        if kind is Kind.STAGES:
            return lambda _: self.portal.stages_version
        if kind is Kind.OUTCOME:
            return lambda lead: int(lead in self.outcomes)
        if kind is Kind.MATCH_KEY:
            known = self.tx.key_versions({stored(key) for key in versions})
            return lambda key: known.get(stored(key), 0)
        return lambda key: self.version(kind, key)

    def _used(self, codes: Iterable[str]) -> list[str]:
        rows = self.tx.rows(
            "SELECT DISTINCT stage FROM crm_lead WHERE portal = ? AND deleted_at IS NULL", (self.tx.portal,)
        )
        return sorted({row[0] for row in rows} & set(codes))

    def _bindings(self) -> dict[ActivityId, set[tuple[int, int]]]:
        changes = self.changes
        ids = {*changes.activities, *changes.bindings, *changes.unbound}
        for row in changes.ledger.values():
            ids.update(row.activity_ids)
        bound: dict[ActivityId, set[tuple[int, int]]] = {id: set() for id in ids}
        if ids:
            statement = self.tx.dialect.among("t.activity, t.kind, t.id", "crm_binding", "activity")
            for id, kind, other in self.tx.rows(statement, (self.tx.dialect.keys(sorted(ids)), self.tx.portal)):
                bound[id].add((kind, other))
        return bound

    def _claim_keys(self) -> None:
        """Those that were looked up, and those that a record brings: somebody may just have found nobody there."""
        keys = {stored(key) for key in self.changes.expects.versions.get(Kind.MATCH_KEY, ())}
        for kind in MATCHED:
            for record in getattr(self.changes, RECORDS[kind]).values():
                if not isinstance(record, Tombstone):
                    keys |= keys_of(kind, record.contact_points)
        if keys:
            self.tx.claim_keys(keys)

    def _hold(self) -> None:
        for kind, part in _WRITTEN.items():
            written = set(getattr(self.changes, part))
            read = set(self.changes.expects.versions.get(kind, ()))
            if kind is Kind.LEAD:
                written.update(
                    self.changes.closed, self.changes.outcomes, self.changes.expects.versions.get(Kind.OUTCOME, ())
                )
                code = BINDING_CODES[Kind.LEAD]
                bound = [pair for pairs in self.bound.values() for pair in pairs]
                bound += [(BINDING_CODES[ref.kind], ref.id) for refs in self.changes.bindings.values() for ref in refs]  # type: ignore[misc]  # activities are bound to records with numbers
                written.update(LeadId(id) for bound_kind, id in bound if bound_kind == code)
            if kind is Kind.ACTIVITY and self.changes.completes_at is not None:
                written.update(id for row in self.changes.ledger.values() for id in row.activity_ids)
            rows = self.rows[kind] = {}
            dialect = self.tx.dialect
            for ids, lock in ((written, dialect.for_update), (read - written, dialect.for_share)):
                if ids:
                    columns = (ID_COLUMNS[kind], "version", *_KEPT.get(kind, ()))
                    found = self.tx.among(kind, sorted(ids), columns, more=lock)
                    for id, version, *kept in found:
                        rows[id] = (version_of(version), *kept)
                        if rows[id][0] != version:
                            self.unversioned.append((kind, id))

    def _outcomes(self) -> None:
        ids = {*self.changes.outcomes, *self.changes.expects.versions.get(Kind.OUTCOME, ())}
        if ids:
            columns = COLUMNS[Kind.OUTCOME][1:]
            found = self.tx.among(Kind.OUTCOME, sorted(ids), columns, more=f" AND t.epoch = {int(self.portal.epoch)}")
            self.outcomes = {row[0]: row[1:] for row in found}
