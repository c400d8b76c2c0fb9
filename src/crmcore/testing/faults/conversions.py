"""Stores in which a conversion writes too much around its lead, or too little, in one of the ways it is committed."""

from collections.abc import Iterable

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Store
from crmcore.testing.faults.activities import Bindings, StillLeadsStore
from crmcore.testing.faults.base import BadStore, epoch_of, without

__all__ = [
    "AlikeBoundStore",
    "ChunkKeyBlindStore",
    "ClosedLeadsMoveStore",
    "KeptActivitiesStillStore",
    "NamesakesMoveStore",
    "RecompletingStore",
]


class RecompletingStore(BadStore):
    """A conversion completes once more what was completed long ago (POLICY-4)."""

    rule, point = "POLICY-4", 0
    rejected_by = "test_a_conversion_completes_open_activities_and_leaves_the_others_as_they_were"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and give every activity of the leads the instant of their conversion."""
        ids = _activities_of(changes) if changes.completes_at is not None else ()
        before = self.store.snapshot(Query(activities=ids))
        self.store.commit(changes, confirm)
        done = {
            id: evolve(each, completed_at=changes.completes_at)
            for id, each in before.activities.items()
            if isinstance(each, Activity) and each.completed
        }
        if done:
            read = self.store.snapshot(Query(activities=tuple(done))).read
            self.store.commit(Changes(expects=read, activities=done))


class KeptActivitiesStillStore(StillLeadsStore):
    """A conversion that keeps its activities does not move the other leads that share them (CONV-6)."""

    rejected_by = "test_a_conversion_moves_the_active_leads_that_share_an_activity_and_no_others"

    def held(self, changes: Changes, before: Bindings, after: Bindings) -> frozenset[Ref]:
        """The leads that share an activity with one that is converted."""
        kept = changes.ledger and changes.completes_at is None
        return frozenset().union(*before.values()) if kept else frozenset()


class ClosedLeadsMoveStore(BadStore):
    """Moves closed leads with their activities, as if somebody could still convert them (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_a_change_of_an_activity_leaves_closed_leads_alone"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and write the closed leads of the activities once more, as they are."""
        ids = (*changes.activities, *changes.bindings, *changes.unbound, *_activities_of(changes))
        bound = self.store.snapshot(Query(activities=ids)).bindings.values()
        self.store.commit(changes, confirm)
        found = {LeadId(int(ref.id)) for refs in bound for ref in refs if ref.kind is Kind.LEAD}
        _move(self.store, found - changes.leads.keys(), active=False)


class NamesakesMoveStore(BadStore):
    """A conversion moves the leads that have the id of a client or deal of its activities (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_a_conversion_moves_the_active_leads_that_share_an_activity_and_no_others"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and look at the ids of what the activities were bound to, and not at the kinds."""
        bound = self.store.snapshot(Query(activities=_activities_of(changes))).bindings.values()
        self.store.commit(changes, confirm)
        found = {LeadId(int(ref.id)) for refs in bound for ref in refs if ref.kind is not Kind.LEAD}
        _move(self.store, found - changes.leads.keys(), active=True)


class AlikeBoundStore(BadStore):
    """A conversion binds all activities of its lead to whatever one of them is bound to (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_each_activity_of_a_converted_lead_keeps_what_it_was_bound_to"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and bind them alike."""
        self.store.commit(changes, confirm)
        more: dict[ActivityId, frozenset[Ref]] = {}
        for row in changes.ledger.values():
            bound = self.store.snapshot(Query(activities=row.activity_ids)).bindings
            more |= dict.fromkeys(row.activity_ids, frozenset().union(*bound.values()))
        if more:
            self.store.commit(Changes(expects=epoch_of(self.store), bindings=more))


class ChunkKeyBlindStore(BadStore):
    """Expects the match keys that were looked up, but not those of a chunk of a switch (CONV-7)."""

    rule, point = "CONV-7", 1
    rejected_by = "test_a_conversion_that_looked_up_an_address_sees_that_it_moved"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whoever has an address by now."""
        if changes.outcomes:
            changes = evolve(changes, expects=without(changes.expects, Kind.MATCH_KEY))
        return changes


def _activities_of(changes: Changes) -> tuple[ActivityId, ...]:
    """The activities of the leads that a commit converts."""
    return tuple(id for row in changes.ledger.values() for id in row.activity_ids)


def _move(store: Store, ids: Iterable[LeadId], *, active: bool) -> None:
    """Write leads once more as they are, which moves their versions."""
    snapshot = store.snapshot(Query(leads=tuple(sorted(ids))))
    leads = {id: lead for id, lead in snapshot.leads.items() if isinstance(lead, Lead) and lead.is_active is active}
    if leads:
        store.commit(Changes(expects=snapshot.read, leads=leads))
