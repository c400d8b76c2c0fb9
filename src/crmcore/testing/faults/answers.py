"""Stores that answer as no store in memory would, in what a comparison of two stores may miss."""

from typing import Any

from attrs import evolve

from crmcore.domain.model.ids import CLIENTS, RECORDS, Kind, Ref
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore

__all__ = [
    "ClosedDealsStore",
    "GoneClientBlindStore",
    "GoneCompanyBlindStore",
    "LastBoundFirstStore",
    "LastMarkedFirstStore",
    "NothingCountedStore",
]


class NothingCountedStore(BadStore):
    """Says of every shared activity that no other lead of it was converted, so that it is counted twice (SWITCH-13)."""

    rule, point = "SWITCH-13", 0
    rejected_by = "test_a_shared_activity_is_counted_once_another_of_its_leads_was_converted"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with nothing counted."""
        return evolve(snapshot, shared=dict.fromkeys(snapshot.shared, False))


class GoneClientBlindStore(BadStore):
    """Leaves out the deleted clients of leads, so that a deal goes to one of them (CONV-2)."""

    rule, point = "CONV-2", 0
    rejected_by = "test_a_lead_comes_with_the_tombstone_of_its_client"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with those clients alone that the decision asks for by name or by an address."""
        kept: dict[str, Any] = {
            RECORDS[kind]: {
                id: each
                for id, each in getattr(snapshot, RECORDS[kind]).items()
                if id in snapshot.read.versions.get(kind, ()) or not isinstance(each, Tombstone)
            }
            for kind in CLIENTS
        }
        return evolve(snapshot, **kept)


class GoneCompanyBlindStore(BadStore):
    """Does not look at the company of a client that it finds, which may be deleted (INTAKE-3)."""

    rule, point = "INTAKE-3", 0
    rejected_by = "test_a_client_that_is_found_comes_with_its_company"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with those companies alone that are found themselves."""
        if not query.open_deals:
            return snapshot
        found = {id for key, ids in snapshot.matches.items() if key.kind is Kind.COMPANY for id in ids}
        asked = found.union(query.companies)
        versions = dict(snapshot.read.versions)
        if Kind.COMPANY in versions:
            versions[Kind.COMPANY] = {id: version for id, version in versions[Kind.COMPANY].items() if id in asked}
        return evolve(
            snapshot,
            companies={id: each for id, each in snapshot.companies.items() if id in asked},
            read=evolve(snapshot.read, versions=versions),
        )


class LastBoundFirstStore(BadStore):
    """Gives the activities of a lead with the last one first (CONV-6)."""

    rule, point = "CONV-6", 0
    rejected_by = "test_the_activities_of_a_lead_come_in_order_however_they_were_bound"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, in the wrong order."""
        return evolve(snapshot, lead_activities={id: each[::-1] for id, each in snapshot.lead_activities.items()})


class LastMarkedFirstStore(BadStore):
    """Gives the leads that are set aside with the last one first (SWITCH-9)."""

    rule, point = "SWITCH-9", 0
    rejected_by = "test_the_leads_that_are_set_aside_come_in_order"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, in the wrong order."""
        if snapshot.backlog is None:
            return snapshot
        return evolve(snapshot, backlog=evolve(snapshot.backlog, set_aside=snapshot.backlog.set_aside[::-1]))


class ClosedDealsStore(BadStore):
    """Returns the closed deals of a client together with its open ones (INTAKE-3)."""

    rule, point = "INTAKE-3", 0
    rejected_by = "test_the_deals_that_a_client_comes_with_are_its_open_ones"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with every deal of the clients found."""
        if not query.open_deals:
            return snapshot
        found: dict[Ref, list[Any]] = {ref: [] for ref in snapshot.client_deals}
        deals = [entry.record for entry in self.store.page(Kind.DEAL) if not isinstance(entry.record, Tombstone)]
        for deal in deals:
            for ref in (Ref(Kind.CONTACT, deal.contact_id), Ref(Kind.COMPANY, deal.company_id)):
                if ref in found:
                    found[ref].append(deal)
        return evolve(snapshot, client_deals={ref: tuple(deals) for ref, deals in found.items()})
