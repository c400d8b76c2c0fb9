"""Stores that are wrong about what is left of a switch: the counts, the next leads, and those that are set aside."""

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Backlog, NextLeads, Query, Snapshot
from crmcore.testing.faults.base import BadStore

__all__ = ["CursorStore", "LaggingCountStore", "NoRecountStore", "OffersMarkedLeadsStore", "SetAsideBlindStore"]


class NoRecountStore(BadStore):
    """Says of every live switch that no active lead is left (SWITCH-3)."""

    rule, point = "SWITCH-3", 0
    rejected_by = "test_a_switch_is_not_finished_while_an_active_lead_is_left"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and count nothing."""
        if snapshot.backlog is None or snapshot.settings.switching is None:
            return snapshot
        return evolve(snapshot, backlog=evolve(snapshot.backlog, active=0))


class SetAsideBlindStore(BadStore):
    """Says that no lead is set aside (SWITCH-3)."""

    rule, point = "SWITCH-3", 0
    rejected_by = "test_a_switch_is_not_finished_while_a_lead_is_set_aside"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and count the leads that are not set aside only."""
        return (
            snapshot if snapshot.backlog is None else evolve(snapshot, backlog=evolve(snapshot.backlog, set_aside=()))
        )


class LaggingCountStore(BadStore):
    """Counts the leads that are left in a copy one commit behind: count and epoch are not of one moment (SWITCH-3)."""

    rule, point = "SWITCH-3", 5
    rejected_by = "test_the_backlog_is_counted_at_the_moment_of_the_snapshot"

    def start(self) -> None:
        """The copy is not behind yet."""
        super().start()
        self.behind: Backlog | None = None

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and count as it was; the copy has caught up afterwards."""
        if snapshot.backlog is None or self.behind is None:
            return snapshot
        behind, self.behind = self.behind, None
        return evolve(snapshot, backlog=behind)

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit; the copy stays behind."""
        before = self.store.snapshot(Query(backlog=True)).backlog
        self.store.commit(changes, confirm)
        self.behind = before


class CursorStore(BadStore):
    """Looks for the next leads behind the last one converted, whatever switch that was in (SWITCH-5).

    Where it finds none it begins anew.
    """

    rule, point = "SWITCH-5", 0
    rejected_by = "test_a_new_switch_begins_with_the_first_active_lead"

    def start(self) -> None:
        """No lead is converted yet."""
        super().start()
        self.after = LeadId(0)

    def read(self, query: Query) -> Snapshot:
        """Read, of the next leads only those behind the cursor."""
        if query.next_leads is None or query.next_leads.after is not None:
            return self.store.snapshot(query)
        snapshot = self.store.snapshot(evolve(query, next_leads=query.next_leads._replace(after=self.after)))
        if not snapshot.leads:
            self.after = LeadId(0)
        return snapshot

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and move the cursor."""
        self.store.commit(changes, confirm)
        for lead_id, outcome in changes.outcomes.items():
            if outcome is not None and outcome.kind is OutcomeKind.CONVERTED and not outcome.added:
                self.after = max(self.after, lead_id)


class OffersMarkedLeadsStore(BadStore):
    """Offers a lead that was set aside among the next leads again (SWITCH-9)."""

    rule, point = "SWITCH-9", 0
    rejected_by = "test_the_next_leads_are_the_active_ones_in_order_without_the_marked"

    def read(self, query: Query) -> Snapshot:
        """Read, with the leads that are set aside."""
        wanted = query.next_leads
        if wanted is not None:
            marked = self.store.snapshot(Query(backlog=True)).the_backlog.set_aside
            query = evolve(query, leads=(*query.leads, *(id for id in marked if _is_wanted(id, wanted))))
        return self.store.snapshot(query)


def _is_wanted(id: LeadId, wanted: NextLeads) -> bool:
    part, parts = wanted.shard
    return id % parts == part and id not in wanted.without and id > (wanted.after or 0)
