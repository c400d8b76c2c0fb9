"""Stores that break the rest of the port's promises: ids, pages, and that what is written is what is read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import NUMBERED, RECORDS, Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry
from crmcore.testing.faults.base import BadStore

__all__ = [
    "FirstIdStore",
    "FloatMoneyStore",
    "LoadedIdsStore",
    "LowIdsStore",
    "RepeatingIdsStore",
    "TextOrderStore",
    "TombstoneDroppingStore",
    "UnorderedDealsStore",
    "UnorderedPagesStore",
]


class RepeatingIdsStore(BadStore):
    """Hands the last id of a range of several out again as the first of the next range (IMPORT-1)."""

    rule, point = "IMPORT-1", 0
    rejected_by = "test_ids_are_never_handed_out_twice"

    def start(self) -> None:
        """Nothing is handed out yet."""
        super().start()
        self.next_ids: dict[Kind, int] = {}

    def reserve(self, kind: Kind, count: int) -> range:
        """Ids, of which the first is not new."""
        with self.lock:
            first = self.next_ids.get(kind, 0) or self.store.reserve(kind, 1)[0]
            self.next_ids[kind] = first + count - (count > 1)
            return range(first, first + count)


class LowIdsStore(BadStore):
    """Counts new ids from one, whatever ids came with imported records (IMPORT-1)."""

    rule, point = "IMPORT-1", 0
    rejected_by = "test_new_ids_are_above_every_id_that_is_there"

    def start(self) -> None:
        """Nothing is handed out yet."""
        super().start()
        self.next_ids = dict.fromkeys(NUMBERED, 1)

    def reserve(self, kind: Kind, count: int) -> range:
        """Ids that were not handed out here, whether they are taken or not."""
        with self.lock:
            first = self.next_ids[kind]
            self.next_ids[kind] = first + count
            return range(first, first + count)


class LoadedIdsStore(LowIdsStore):
    """Counts new ids from those that were there when it was opened, whatever commits have brought since (IMPORT-1)."""

    rejected_by = "test_ids_that_a_conversion_writes_are_not_handed_out"

    def start(self) -> None:
        """Look once at what is there."""
        super().start()
        self.next_ids = {kind: self.store.reserve(kind, 1)[0] for kind in NUMBERED}


class FirstIdStore(LoadedIdsStore):
    """Continues ids above the first record of a kind that a commit brings, and not above all of them (IMPORT-1)."""

    rejected_by = "test_new_ids_of_every_kind_are_above_those_that_were_written"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and look at one record of each kind."""
        self.store.commit(changes, confirm)
        for kind in NUMBERED:
            first = next(iter(getattr(changes, RECORDS[kind])), 0)
            self.next_ids[kind] = max(self.next_ids[kind], first + 1)


class TextOrderStore(BadStore):
    """Puts the next leads of a switch in the order of their ids as texts (SWITCH-5)."""

    rule, point = "SWITCH-5", 0
    rejected_by = "test_the_next_leads_are_in_order_whenever_they_became_active"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with 1000 before 999."""
        if query.next_leads is None:
            return snapshot
        return evolve(snapshot, leads={id: snapshot.leads[id] for id in sorted(snapshot.leads, key=str)})


class UnorderedPagesStore(BadStore):
    """Each page of records comes with the last one first (DATA-3)."""

    rule, point = "DATA-3", 0
    rejected_by = "test_pages_go_through_all_records_in_order_deleted_ones_as_tombstones"

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, in the wrong order; whoever goes through all pages comes to an end."""
        return self.store.page(kind, after, limit)[::-1] if after is None else self.store.page(kind, after, limit)


class TombstoneDroppingStore(BadStore):
    """Leaves deleted records out of its pages (DATA-3)."""

    rule, point = "DATA-3", 0
    rejected_by = "test_pages_go_through_all_records_in_order_deleted_ones_as_tombstones"

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, without what was deleted."""
        found: list[Entry] = []
        while len(found) < limit and (page := self.store.page(kind, after, limit - len(found))):
            found += [entry for entry in page if not isinstance(entry.record, Tombstone)]
            after = page[-1].id
        return tuple(found)


class UnorderedDealsStore(BadStore):
    """Returns the open deals of a client in reverse order, so that an inquiry goes to another deal (INTAKE-3)."""

    rule, point = "INTAKE-3", 0
    rejected_by = "test_the_open_deals_of_a_client_come_in_order_however_they_were_written"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with deals in the wrong order."""
        return evolve(snapshot, client_deals={ref: deals[::-1] for ref, deals in snapshot.client_deals.items()})


class FloatMoneyStore(BadStore):
    """Keeps the amounts of leads as floating-point numbers (DATA-1)."""

    rule, point = "DATA-1", 0
    rejected_by = "test_a_store_gives_back_what_it_was_given"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with amounts that have lost digits."""
        leads: Mapping[Any, Any] = {id: _rounded(lead) for id, lead in snapshot.leads.items()}
        return evolve(snapshot, leads=leads)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Read on, with amounts that have lost digits."""
        found = self.store.page(kind, after, limit)
        return tuple(entry._replace(record=_rounded(entry.record)) for entry in found) if kind is Kind.LEAD else found


def _rounded(lead: object) -> object:
    if not isinstance(lead, Lead) or lead.amount is None or lead.amount.amount is None:
        return lead
    return evolve(lead, amount=evolve(lead.amount, amount=Decimal(str(float(lead.amount.amount)))))
