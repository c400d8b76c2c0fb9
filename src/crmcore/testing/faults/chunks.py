"""Stores whose way for the chunks of a switch takes for granted what is only usual."""

from attrs import evolve

from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore, without

__all__ = [
    "ChunkCopyingStore",
    "ChunkForgettingStore",
    "ChunkReadBlindStore",
    "ChunkSetUpBlindStore",
    "NumbersAloneStore",
]


class _ChunkStore(BadStore):
    """Changes a chunk before it is committed."""

    def sent(self, changes: Changes) -> Changes:
        return self.chunk(changes) if changes.outcomes and changes.ledger else changes

    def chunk(self, changes: Changes) -> Changes:
        """What is committed of a chunk."""
        return changes


class ChunkCopyingStore(_ChunkStore):
    """Writes deals in a chunk with the comments of their leads, whatever their own are (SWITCH-11)."""

    rule, point = "SWITCH-11", 0
    rejected_by = "test_a_chunk_stores_each_field_as_it_is_given"

    def chunk(self, changes: Changes) -> Changes:
        """The deals, with what is not theirs."""
        leads = self.store.snapshot(Query(leads=tuple(changes.ledger))).leads
        deals = dict(changes.deals)
        for lead_id, row in changes.ledger.items():
            lead = leads.get(lead_id)
            deal = deals[row.deal_id]
            if isinstance(lead, Lead) and isinstance(deal, Deal):
                deals[row.deal_id] = evolve(deal, comments=lead.comments)
        return evolve(changes, deals=deals)


class ChunkForgettingStore(_ChunkStore):
    """Writes only those leads of a chunk that are converted (SWITCH-7)."""

    rule, point = "SWITCH-7", 0
    rejected_by = "test_a_lead_that_a_chunk_writes_and_does_not_convert_is_written"

    def chunk(self, changes: Changes) -> Changes:
        """Without the other leads."""
        return evolve(changes, leads={id: lead for id, lead in changes.leads.items() if id in changes.ledger})


class ChunkReadBlindStore(_ChunkStore):
    """Expects of a chunk only the versions of the leads that are converted (SWITCH-7)."""

    rule, point = "SWITCH-7", 1
    rejected_by = "test_a_lead_that_a_chunk_only_read_is_expected_too"

    def chunk(self, changes: Changes) -> Changes:
        """Without what is said about the others."""
        versions = dict(changes.expects.versions)
        known = versions.get(Kind.LEAD, {})
        versions[Kind.LEAD] = {id: version for id, version in known.items() if id in changes.leads}
        return evolve(changes, expects=evolve(changes.expects, versions=versions))


class ChunkSetUpBlindStore(_ChunkStore):
    """Expects of a chunk nothing but leads, clients and addresses (SWITCH-7)."""

    rule, point = "SWITCH-7", 1
    rejected_by = "test_what_a_chunk_read_besides_leads_and_clients_is_expected_too"

    def chunk(self, changes: Changes) -> Changes:
        """Without settings, stages and pipelines."""
        expects = without(changes.expects, Kind.SETTINGS, Kind.STAGES, Kind.PIPELINE)
        return evolve(changes, expects=expects)


class NumbersAloneStore(BadStore):
    """Takes an activity of a lead and of a client with the same number for one of the lead alone (CONV-6)."""

    rule, point = "CONV-6", 0
    rejected_by = "test_an_activity_is_shared_with_whatever_else_it_is_bound_to"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and tell records apart by their numbers."""
        if not snapshot.shared:
            return snapshot
        bound = self.store.snapshot(Query(activities=tuple(snapshot.shared))).bindings
        shared = {id: each for id, each in snapshot.shared.items() if len({ref.id for ref in bound[id]}) > 1}
        return evolve(snapshot, shared=shared)
