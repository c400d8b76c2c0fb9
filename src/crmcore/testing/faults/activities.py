"""Stores that break point 4: a lead is the root of its activities, and bindings are added by union."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.binding import targets_of
from crmcore.ports.store import Entry
from crmcore.testing.faults.base import BadStore, epoch_of, with_versions

__all__ = [
    "BoundForeverStore",
    "LastBindingWinsStore",
    "NewlyBoundStillStore",
    "OneSidedStore",
    "RebindingStore",
    "SharedLeadsStillStore",
    "StillLeadsStore",
]

Bindings = Mapping[ActivityId, frozenset[Ref]]


class StillLeadsStore(BadStore):
    """Writing an activity moves its own version and not that of the leads it is bound to (CONV-6).

    The store inside moves them; here they are told, and expected, as if it had not.
    """

    rule, point = "CONV-6", 4
    rejected_by = "test_a_change_of_an_activity_moves_every_active_lead_it_is_bound_to"

    def start(self) -> None:
        """No lead has moved yet."""
        super().start()
        self.moves: dict[LeadId, int] = {}

    def held(self, changes: Changes, before: Bindings, after: Bindings) -> frozenset[Ref]:
        """The leads that stay as they are, of those that are not written themselves."""
        return frozenset().union(*before.values(), *after.values())

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, without the moves that are held back."""
        return with_versions(snapshot, Kind.LEAD, lambda lead_id, version: version - self.moves.get(lead_id, 0))

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, without the moves that are held back."""
        found = self.store.page(kind, after, limit)
        if kind is not Kind.LEAD:
            return found
        return tuple(entry._replace(version=entry.version - self.moves.get(entry.id, 0)) for entry in found)

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and hold back that leads move with their activities."""
        expected = {
            id: each + self.moves.get(id, 0) for id, each in changes.expects.versions.get(Kind.LEAD, {}).items()
        }
        expects = evolve(changes.expects, versions={**changes.expects.versions, Kind.LEAD: expected})
        before = self._bindings(changes)
        ids = self._held_ids(changes, before)
        versions = self._versions(ids)
        self.store.commit(evolve(changes, expects=expects), confirm)
        for id, version in self._versions(ids).items():
            self.moves[id] = self.moves.get(id, 0) + version - versions[id]

    def _bindings(self, changes: Changes) -> Bindings:
        """What the activities that a commit touches are bound to before it."""
        ids = {*changes.activities, *changes.bindings, *changes.unbound}
        ids.update(id for row in changes.ledger.values() for id in row.activity_ids)
        return self.store.snapshot(Query(activities=tuple(sorted(ids)))).bindings if ids else NOTHING

    def _held_ids(self, changes: Changes, before: Bindings) -> tuple[LeadId, ...]:
        held = self.held(changes, before, changes.bindings)
        ids = {LeadId(int(ref.id)) for ref in held if ref.kind is Kind.LEAD}
        return tuple(sorted(ids - changes.leads.keys()))

    def _versions(self, ids: tuple[LeadId, ...]) -> Mapping[Any, int]:
        return self.store.snapshot(Query(leads=ids)).read.versions[Kind.LEAD] if ids else NOTHING


class OneSidedStore(StillLeadsStore):
    """Moves the leads that an activity is bound to afterwards, and not the one that it was taken from (CONV-6)."""

    def held(self, changes: Changes, before: Bindings, after: Bindings) -> frozenset[Ref]:
        """The lead that loses an activity."""
        return frozenset().union(*changes.unbound.values())


class NewlyBoundStillStore(StillLeadsStore):
    """Moves the leads that an activity is bound to already, and not the one that it comes to (CONV-6)."""

    def held(self, changes: Changes, before: Bindings, after: Bindings) -> frozenset[Ref]:
        """The lead that gets one more activity."""
        known = {id: refs for id, refs in before.items() if refs}
        return frozenset().union(*(refs - known[id] for id, refs in after.items() if id in known))


class SharedLeadsStillStore(StillLeadsStore):
    """A conversion does not move the other leads whose activities it completes (POLICY-4)."""

    rule = "POLICY-4"
    rejected_by = "test_completing_a_shared_activity_in_bulk_moves_the_other_lead"

    def held(self, changes: Changes, before: Bindings, after: Bindings) -> frozenset[Ref]:
        """The leads that share an activity with one that is converted."""
        return frozenset().union(*before.values()) if changes.ledger else frozenset()


class LastBindingWinsStore(BadStore):
    """A conversion sets the bindings of its lead's activities instead of adding to them (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_an_activity_of_two_leads_reaches_both_deals"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and take away what was bound before."""
        self.store.commit(changes, confirm)
        gone: dict[ActivityId, frozenset[Ref]] = {}
        for row in changes.ledger.values():
            if row.activity_ids:
                kept = {Ref(Kind.LEAD, row.lead_id), *targets_of(row)}
                bound = self.store.snapshot(Query(activities=row.activity_ids)).bindings
                gone |= {id: refs - kept for id, refs in bound.items() if refs - kept}
        if gone:
            self.store.commit(Changes(expects=epoch_of(self.store), unbound=gone))


class RebindingStore(BadStore):
    """Binding an activity again sets its bindings instead of adding to them (CONV-6)."""

    rule, point = "CONV-6", 4
    rejected_by = "test_binding_what_is_bound_adds_to_it"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and take away what is not bound anew."""
        before = (
            self.store.snapshot(Query(activities=tuple(changes.bindings))).bindings if changes.bindings else NOTHING
        )
        self.store.commit(changes, confirm)
        gone = {id: refs - changes.bindings[id] for id, refs in before.items() if refs - changes.bindings[id]}
        if gone:
            self.store.commit(Changes(expects=epoch_of(self.store), unbound=gone))


class BoundForeverStore(BadStore):
    """Removes a binding only if the activity is written too (CONV-6)."""

    rule, point = "CONV-6", 0
    rejected_by = "test_unbinding_needs_nothing_else"

    def sent(self, changes: Changes) -> Changes:
        """Commit, and look for bindings at what is written."""
        written = {id: refs for id, refs in changes.unbound.items() if id in changes.activities}
        return evolve(changes, unbound=written)
