"""Stores that are wrong about leads whose records are left unread."""

from attrs import evolve

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore, without

__all__ = ["BoundBlindStore", "ClosingBlindStore", "UnclosingStore"]


class UnclosingStore(BadStore):
    """Does not know `Changes.closed`: the switch records a lead as closed that is still active (SWITCH-9)."""

    rule, point = "SWITCH-9", 0
    rejected_by = "test_a_lead_is_closed_by_its_stage_alone"

    def sent(self, changes: Changes) -> Changes:
        """Commit all but the stages of the unread leads."""
        return evolve(changes, closed=NOTHING)


class ClosingBlindStore(BadStore):
    """Closes an unread lead, whatever its version is by now (SWITCH-7)."""

    rule, point = "SWITCH-7", 1
    rejected_by = "test_a_lead_that_moved_on_is_not_closed_by_its_stage"

    def sent(self, changes: Changes) -> Changes:
        """Commit, whatever has become of the leads that are closed unread."""
        expects = without(changes.expects, Kind.LEAD) if changes.closed else changes.expects
        return evolve(changes, expects=expects)


class BoundBlindStore(BadStore):
    """Finds every activity of an unread lead, whatever else it is bound to (DATA-3)."""

    rule, point = "DATA-3", 0
    rejected_by = "test_what_is_bound_to_an_unread_lead_alone_is_found"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and call every activity of the lead its own."""
        if not query.unread or query.outcome_of is None:
            return snapshot
        asked = self.store.snapshot(Query(leads=(query.outcome_of,)))
        return evolve(snapshot, alone=tuple(each.id for each in asked.lead_activities.get(query.outcome_of, ())))
