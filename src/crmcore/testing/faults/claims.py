"""Stores that break point 2, unique keys for ever, or take no care of what else a commit claims and counts on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import RECORDS, Kind, LeadId
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.text import NOTHING
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Store
from crmcore.testing.faults.base import BadStore, with_versions, without
from crmcore.testing.faults.rendezvous import Meeting
from crmcore.testing.wrapped import expecting

__all__ = [
    "CommandKeyBlindStore",
    "CountBlindStore",
    "EarlierMarksStore",
    "ForgottenLedgerStore",
    "IdBlindStore",
    "LedgerBlindStore",
    "MarkBlindStore",
    "MatchKeyBlindStore",
    "NoLeadsBlindStore",
    "OtherIdsBlindStore",
    "OutcomeDroppingStore",
    "StageBlindStore",
    "StillKeysStore",
    "SwitchKeyBlindStore",
    "TwoDealsStore",
]


class LedgerBlindStore(BadStore):
    """Does not check whether a lead is already in the ledger, so only versions prevent a second deal (SWITCH-1)."""

    rule, point = "SWITCH-1", 2
    rejected_by = "test_a_lead_comes_into_the_ledger_once_whoever_converts"

    def sent(self, changes: Changes) -> Changes:
        """Commit, and leave the ledger as it is where a lead is in it."""
        if changes.ledger:
            found = self.store.snapshot(Query(leads=tuple(changes.ledger)))
            known = {id for id in found.ledger if self.forgets(found.leads.get(id))}
            changes = evolve(changes, ledger={id: row for id, row in changes.ledger.items() if id not in known})
        return changes

    def forgets(self, lead: object) -> bool:
        """Whether the row of this lead counts for nothing."""
        return True


class IdBlindStore(BadStore):
    """Writes a new record over one that was imported under its id in the meantime (IMPORT-1)."""

    rule, point = "IMPORT-1", 1
    rejected_by = "test_a_new_record_does_not_take_the_place_of_one_that_was_imported_under_its_id"

    kinds: ClassVar[tuple[Kind, ...]] = (Kind.LEAD,)

    def sent(self, changes: Changes) -> Changes:
        """Commit as if every record that is written had been read a moment ago."""
        versions = dict(changes.expects.versions)
        for kind in self.kinds:
            known = versions.get(kind, NOTHING)
            unread = tuple(getattr(changes, RECORDS[kind]).keys() - known.keys())
            if unread:
                asked: dict[str, Any] = {RECORDS[kind]: unread}
                versions[kind] = {**known, **self.store.snapshot(Query(**asked)).read.versions[kind]}
        return evolve(changes, expects=evolve(changes.expects, versions=versions))


class OtherIdsBlindStore(IdBlindStore):
    """Writes a new deal, client or activity over one that has its id already (IMPORT-1)."""

    rejected_by = "test_a_record_that_was_not_read_takes_nobodys_place"
    kinds = (Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY)


class ForgottenLedgerStore(LedgerBlindStore):
    """Forgets with a deleted lead that it was converted (SWITCH-1)."""

    def forgets(self, lead: object) -> bool:
        """The row of a deleted lead counts for nothing."""
        return isinstance(lead, Tombstone)


class TwoDealsStore(LedgerBlindStore):
    """Expects neither the versions of leads nor that they are not in the ledger: two converters, two deals (SWITCH-1).

    Weakened twice: with either of the two in place each lead still has one deal.
    Of several threads the first two that look for the next leads wait for each other, and so find the same.
    """

    point = 6
    rejected_by = "test_of_two_conversions_of_a_lead_one_wins_and_the_other_finds_it"

    def start(self) -> None:
        """Two threads are still to meet."""
        super().start()
        self.meeting = Meeting()

    def snapshot(self, query: Query) -> Snapshot:
        """Read; the first of two that look for leads waits for the second."""
        snapshot = super().snapshot(query)
        if query.next_leads is not None:
            self.meeting.pair()
        return snapshot

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """Commit; the two that have met come first."""
        with self.meeting.turn():
            super().commit(changes, confirm)

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has happened to the leads."""
        return super().sent(expecting(self.store, changes, without(changes.expects, Kind.LEAD)))


class _KeyBlind(BadStore):
    """Takes every key that is written for one that the commit has read as it is."""

    kind: Kind

    def sent(self, changes: Changes) -> Changes:
        keys: Mapping[str, Any] = changes.switches if self.kind is Kind.SWITCH else changes.commands
        versions = {key: _version_of(self.store, self.kind, key) for key in keys}
        if versions:
            known = {**changes.expects.versions, self.kind: versions}
            changes = evolve(changes, expects=evolve(changes.expects, versions=known))
        return changes


def _version_of(store: Store, kind: Kind, key: str) -> int:
    query = Query(switch_key=key) if kind is Kind.SWITCH else Query(command_key=key)
    return store.snapshot(query).version(kind, key)


class SwitchKeyBlindStore(_KeyBlind):
    """Lets a second switch take the key of another one (SWITCH-10)."""

    rule, point, kind = "SWITCH-10", 2, Kind.SWITCH
    rejected_by = "test_a_switch_key_is_taken_once"


class CommandKeyBlindStore(_KeyBlind):
    """Lets a second command take the key of another one (EDIT-1)."""

    rule, point, kind = "EDIT-1", 2, Kind.COMMAND
    rejected_by = "test_a_command_key_is_taken_once"


class MatchKeyBlindStore(BadStore):
    """Does not expect the match keys that were looked up, so two clients get one address (CONV-7)."""

    rule, point = "CONV-7", 1
    rejected_by = "test_of_two_that_found_no_client_under_an_address_one_makes_it"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whoever has an address by now."""
        return evolve(changes, expects=without(changes.expects, Kind.MATCH_KEY))


class StillKeysStore(MatchKeyBlindStore):
    """Keeps no versions of match keys at all: all of them have version 0 (CONV-7)."""

    rejected_by = "test_who_creates_changes_or_takes_away_an_address_moves_its_key"

    def read(self, query: Query) -> Snapshot:
        """Read, and say that no address was ever used."""
        return with_versions(self.store.snapshot(query), Kind.MATCH_KEY, lambda _key, _version: 0)


class StageBlindStore(BadStore):
    """Removes a lead stage that a lead is in by now (STAGE-1)."""

    rule, point = "STAGE-1", 1
    rejected_by = "test_a_stage_that_came_into_use_cannot_go"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whichever stages are in use."""
        return evolve(changes, unused_stages=frozenset())


class CountBlindStore(BadStore):
    """Begins a switch with a number of leads that is no longer true (SWITCH-13)."""

    rule, point = "SWITCH-13", 1
    rejected_by = "test_a_begin_that_counted_other_leads_is_a_conflict"

    def sent(self, changes: Changes) -> Changes:
        """Commit, however many leads are active."""
        return evolve(changes, active_leads=None)


class NoLeadsBlindStore(BadStore):
    """Begins a switch that found no active lead although there is one by now (SWITCH-13)."""

    rule, point = "SWITCH-13", 1
    rejected_by = "test_a_begin_counts_the_leads_of_its_moment"

    def sent(self, changes: Changes) -> Changes:
        """Commit, and take 0 for nothing."""
        return evolve(changes, active_leads=changes.active_leads or None)


class EarlierMarksStore(BadStore):
    """Takes what an earlier switch recorded of a lead for what the live one has (SWITCH-9)."""

    rule, point = "SWITCH-9", 0
    rejected_by = "test_a_mark_of_an_earlier_switch_says_nothing_of_this_one"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, under whatever epoch a lead was set aside."""
        if query.outcome_of is None or snapshot.marks:
            return snapshot
        found = {entry.id[1]: entry.record for entry in self.store.page(Kind.OUTCOME)}
        marks = {id: mark for id, mark in found.items() if id == query.outcome_of}
        return evolve(snapshot, marks=marks)


class MarkBlindStore(BadStore):
    """Does not expect that what the switch recorded of a lead is unchanged (SWITCH-9)."""

    rule, point = "SWITCH-9", 1
    rejected_by = "test_a_mark_that_appeared_is_seen_by_who_read_that_there_was_none"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever the switch has recorded."""
        return evolve(changes, expects=without(changes.expects, Kind.OUTCOME))


class OutcomeDroppingStore(BadStore):
    """Removing the mark of a lead removes everything that the switch has recorded of it (SWITCH-9)."""

    rule, point = "SWITCH-9", 1
    rejected_by = "test_lifting_marks_leaves_other_outcomes_alone"

    def start(self) -> None:
        """Nothing is dropped yet."""
        super().start()
        self.dropped: set[tuple[int, LeadId]] = set()

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and drop what is no mark."""
        lifted = tuple(id for id, outcome in changes.outcomes.items() if outcome is None)
        marks = self.store.snapshot(Query(leads=lifted)).marks if lifted else NOTHING
        self.store.commit(changes, confirm)
        epoch = changes.expects.epoch
        self.dropped |= {(epoch, id) for id, mark in marks.items() if mark.kind is not OutcomeKind.SET_ASIDE}

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, without what was dropped."""
        if not snapshot.tally or not self.dropped:
            return snapshot
        tally = dict(snapshot.tally)
        for entry in self.store.page(Kind.OUTCOME):
            if entry.id in self.dropped and entry.id[0] == query.tally:
                tally[entry.record] -= 1
        return evolve(snapshot, tally={outcome: count for outcome, count in tally.items() if count})

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, without what was dropped."""
        found = self.store.page(kind, after, limit)
        return tuple(entry for entry in found if entry.id not in self.dropped) if kind is Kind.OUTCOME else found
