"""Stores that break point 1: a commit with one stale version changes nothing, and the conflict names it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import CARDS, RECORDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry
from crmcore.testing.faults.base import KEYS, BadStore, without
from crmcore.testing.wrapped import expecting

__all__ = [
    "AbsenceBlindStore",
    "EditOfAnyVersionStore",
    "LastWriteWinsStore",
    "LeadVersionBlindStore",
    "OverwritingStore",
    "PartialWriteStore",
    "PipelineBlindStore",
    "ReadBlindStore",
    "VagueConflictStore",
    "VersionlessStore",
]


def _written(changes: Changes) -> dict[Kind, frozenset[Any]]:
    """The ids of the versioned records that a commit writes."""
    written: dict[Kind, Iterable[Any]] = {
        **{kind: getattr(changes, part) for kind, part in RECORDS.items()},
        Kind.SETTINGS: () if changes.settings is None else (0,),
        Kind.STAGES: () if changes.stages is None else (0,),
    }
    return {kind: frozenset(ids) for kind, ids in written.items()}


def _keeping(expects: ReadSet, keep: Callable[[Kind, Any, int], bool]) -> ReadSet:
    versions = {
        kind: {id: version for id, version in each.items() if keep(kind, id, version)}
        for kind, each in expects.versions.items()
    }
    return evolve(expects, versions=versions)


class LastWriteWinsStore(BadStore):
    """Writes whatever comes last: of all that a decision has read, nothing is expected but the epoch (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_stale_version_of_a_record_that_is_written_changes_nothing"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has moved on."""
        expects = _keeping(changes.expects, lambda kind, _id, _: kind in KEYS)
        return expecting(self.store, changes, expects)


class VersionlessStore(LastWriteWinsStore):
    """Has no versions: every record that is there has version 1 for ever, and the last write wins (EDIT-1)."""

    rejected_by = "test_every_write_of_a_record_moves_its_version_by_one"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and say that everything has version 1."""
        versions = {
            kind: each if kind in KEYS else {id: min(version, 1) for id, version in each.items()}
            for kind, each in snapshot.read.versions.items()
        }
        return evolve(snapshot, read=evolve(snapshot.read, versions=versions))

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, and say that everything has version 1."""
        return tuple(entry._replace(version=1) for entry in self.store.page(kind, after, limit))


class OverwritingStore(BadStore):
    """Overwrites records that have changed: it checks versions only of records that are just read (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_record_that_moved_on_is_not_overwritten"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the records that are written."""
        written = _written(changes)
        expects = _keeping(changes.expects, lambda kind, each, _: each not in written.get(kind, ()))
        return expecting(self.store, changes, expects)


class ReadBlindStore(BadStore):
    """Looks at the versions of what is written, and not of what a decision has only read (CONV-2)."""

    rule, point = "CONV-2", 1
    rejected_by = "test_a_stale_version_of_a_record_that_is_only_read_changes_nothing"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the records that were only read."""
        written = _written(changes)
        expects = _keeping(changes.expects, lambda kind, each, _: kind in KEYS or each in written.get(kind, ()))
        return expecting(self.store, changes, expects)


class AbsenceBlindStore(BadStore):
    """Does not check that a record that was missing is still missing (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_record_that_was_missing_and_is_there_now_is_stale"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has been made since."""
        expects = _keeping(changes.expects, lambda kind, _, version: version > 0 or kind not in RECORDS)
        return expecting(self.store, changes, expects)


class LeadVersionBlindStore(BadStore):
    """Does not expect the versions of leads, so that a lead closed in between is converted anyway (SWITCH-2)."""

    rule, point = "SWITCH-2", 1
    rejected_by = "test_a_lead_that_was_closed_in_between_is_not_converted"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the leads."""
        return expecting(self.store, changes, without(changes.expects, Kind.LEAD))


class EditOfAnyVersionStore(BadStore):
    """Carries out an edit of one card, whatever version its author has seen (EDIT-1)."""

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_record_that_moved_on_is_not_overwritten"

    def sent(self, changes: Changes) -> Changes:
        """Commit; of an edit only the epoch and what it links to is expected."""
        cards = [(kind, id) for kind, ids in _written(changes).items() for id in ids if kind in CARDS]
        if len(cards) == 1 and not changes.ledger and all(map(_is_open, changes.leads.values())):
            expects = _keeping(changes.expects, lambda kind, each, _: (kind, each) not in cards)
            changes = expecting(self.store, changes, expects)
        return changes


def _is_open(lead: object) -> bool:
    return isinstance(lead, Lead) and lead.is_active


class PipelineBlindStore(BadStore):
    """Does not expect the versions of pipelines, so that a switch begins into one that was just archived (POLICY-2)."""

    rule, point = "POLICY-2", 1
    rejected_by = "test_a_switch_does_not_begin_into_a_pipeline_that_was_archived_in_between"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the pipelines."""
        return expecting(self.store, changes, without(changes.expects, Kind.PIPELINE))


class PartialWriteStore(BadStore):
    """Writes record by record: if one lead is stale, the others of the commit are still written (EDIT-1).

    Conversions have a transaction of their own.
    """

    rule, point = "EDIT-1", 1
    rejected_by = "test_a_stale_version_of_a_record_that_is_only_read_changes_nothing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, or write what is not stale."""
        try:
            self.store.commit(changes, confirm)
        except Conflict as conflict:
            stale = {ref.kind: ref for ref in conflict.stale}
            if not changes.ledger and not {Kind.EPOCH, Kind.RIGHTS} & stale.keys():
                names = frozenset(conflict.stale)
                leads = {id: lead for id, lead in changes.leads.items() if Ref(Kind.LEAD, id) not in names}
                rest = evolve(Changes(expects=changes.expects), leads=leads)
                self.store.commit(expecting(self.store, rest, ReadSet(epoch=changes.expects.epoch)))
            raise


class VagueConflictStore(BadStore):
    """Says that something is stale and not what, so that one busy lead stops a whole chunk (SWITCH-5)."""

    rule, point = "SWITCH-5", 1
    rejected_by = "test_a_conflict_names_the_busy_lead_of_a_chunk"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, or say that it did not work."""
        try:
            self.store.commit(changes, confirm)
        except Conflict as conflict:
            named: Mapping[Kind, Ref] = {ref.kind: ref for ref in conflict.stale if ref.kind is not Kind.LEAD}
            raise Conflict(tuple(named.values()) or (Ref(Kind.EPOCH, changes.expects.epoch),)) from conflict
