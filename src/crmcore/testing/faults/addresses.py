"""Stores that look addresses up in an index which they do not keep well."""

from typing import ClassVar

from attrs import evolve

from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.faults.base import BadStore, with_versions
from crmcore.testing.faults.claims import MatchKeyBlindStore

__all__ = ["ClosedLeadsFoundStore", "CountedKeysStore", "FormerClientsFoundStore", "UsedStagesStore"]


class FormerClientsFoundStore(BadStore):
    """Finds a client under an address that it has given away (CONV-7)."""

    rule, point = "CONV-7", 0
    rejected_by = "test_an_address_leads_to_the_clients_who_have_it_now"
    kind: ClassVar[Kind] = Kind.CONTACT

    def start(self) -> None:
        """Nobody was found yet."""
        super().start()
        self.found: dict[MatchKey, set[int]] = {}

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with everybody who was ever found."""
        matches = dict(snapshot.matches)
        for key in query.match_keys:
            if key.kind is self.kind:
                ever = self.found.setdefault(key, set())
                ever |= set(matches.get(key, ()))
                matches |= {key: tuple(sorted(ever))} if ever else {}
        return evolve(snapshot, matches=matches)


class ClosedLeadsFoundStore(FormerClientsFoundStore):
    """Finds a lead that is not active any more under its address (INTAKE-1)."""

    rule = "INTAKE-1"
    rejected_by = "test_an_address_leads_to_active_leads_alone"
    kind = Kind.LEAD


class CountedKeysStore(MatchKeyBlindStore):
    """Takes the number of those who have an address for the version of its key (INTAKE-1)."""

    rule = "INTAKE-1"
    rejected_by = "test_the_address_of_an_active_lead_moves_with_it"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, and count."""
        return with_versions(snapshot, Kind.MATCH_KEY, lambda key, _: len(snapshot.matches.get(key, ())))


class UsedStagesStore(BadStore):
    """Leaves the stages of closed leads out of those in use (STAGE-1)."""

    rule, point = "STAGE-1", 0
    rejected_by = "test_the_stages_in_use_are_those_of_all_leads_that_are_there"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with the stages of active leads."""
        if not query.stages_in_use:
            return snapshot
        stages = self.store.snapshot(Query(stages=True)).the_stages.stages
        closed = {stage.code for stage in stages if stage.semantics != "P"}
        return evolve(snapshot, stages_in_use=frozenset(snapshot.stages_in_use) - closed)
