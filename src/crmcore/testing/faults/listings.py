"""Stores whose lists are wrong: incomplete, of too many people, out of date, or with what was deleted."""

from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.application.step import Confirm
from crmcore.domain.model.ids import CARDS, Kind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Listed
from crmcore.testing.faults.base import BadStore

__all__ = [
    "CountsDeletedStore",
    "DeletedListStore",
    "GivesUpListStore",
    "LimitFirstListStore",
    "NosyListStore",
    "OwnActivitiesStore",
    "StaleListStore",
    "SwitchesByKeyStore",
]


class LimitFirstListStore(BadStore):
    """Applies the limit of a list before its filters, and takes a page that is not full for the last one (PERM-9)."""

    rule, point = "PERM-9", 0
    rejected_by = "test_a_list_has_what_passes_its_filters_page_after_page"

    def listed(self, listing: Listing) -> Listed:
        """Read so many records, and keep those that pass."""
        page = super().listed(Listing(kind=listing.kind, after=listing.after, limit=listing.limit))
        passing = super().listed(listing).entries
        found = tuple(entry for entry in page.entries if entry in passing)
        return Listed(found, page.after if len(found) == listing.limit else None)


class NosyListStore(BadStore):
    """Lists the records of everybody, whoever they are asked of (PERM-5)."""

    rule, point = "PERM-5", 0
    rejected_by = "test_a_list_is_of_the_person_who_is_asked_for"

    def listed(self, listing: Listing) -> Listed:
        """Read without looking at who is responsible."""
        return super().listed(evolve(listing, responsible=None))


class GivesUpListStore(BadStore):
    """Ends a list after the records that it looks at for one page (PERM-9)."""

    rule, point = "PERM-9", 0
    rejected_by = "test_a_record_behind_a_thousand_others_is_found"

    def listed(self, listing: Listing) -> Listed:
        """Look at a thousand leads, and do not say where to go on."""
        if listing.kind is not Kind.LEAD:
            return super().listed(listing)
        looked = self.store.page(listing.kind, listing.after, LIST_LIMIT)
        return Listed.of([entry for entry in looked if listing.takes(entry.record)], listing.limit)


class StaleListStore(BadStore):
    """Reads lists from a copy that is one commit behind (PERM-9)."""

    rule, point = "PERM-9", 0
    rejected_by = "test_a_list_shows_what_was_committed"

    def start(self) -> None:
        """The copy is not behind yet."""
        super().start()
        self.behind = InMemoryStore(image_of(self.store))

    def listed(self, listing: Listing) -> Listed:
        """Read the copy."""
        return self.behind.listed(listing)

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit; the copy stays behind."""
        self.behind = InMemoryStore(image_of(self.store))
        super().write(changes, confirm)


class DeletedListStore(BadStore):
    """Lists what is left of deleted records (DATA-3)."""

    rule, point = "DATA-3", 0
    rejected_by = "test_a_list_has_every_record_with_every_field"

    def listed(self, listing: Listing) -> Listed:
        """Read, with the deleted ones in between."""
        if listing != Listing(kind=listing.kind, after=listing.after, limit=listing.limit):
            return super().listed(listing)
        page = self.store.page(listing.kind, listing.after or None, listing.limit)
        return Listed.of(page, LIST_LIMIT, page[-1].id if len(page) == listing.limit else None)


class OwnActivitiesStore(BadStore):
    """Takes the person of an activity for the person of the records that it is bound to (PERM-6)."""

    rule, point = "PERM-6", 0
    rejected_by = "test_activities_of_records_within_reach_are_not_passed_over"

    def listed(self, listing: Listing) -> Listed:
        """Read the activities of the person."""
        if not listing.bound_to:
            return super().listed(listing)
        return super().listed(evolve(listing, bound_to=(), responsible=listing.bound_to[0].responsible))


class SwitchesByKeyStore(BadStore):
    """Takes the last switch in the order of keys for the newest one (SWITCH-10)."""

    rule, point = "SWITCH-10", 0
    rejected_by = "test_the_newest_switches_come_first"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read the switches backwards, as their table has them."""
        if query.newest_switches is None:
            return snapshot
        before, limit = query.newest_switches
        records = [entry.record for entry in reversed(self.store.page(Kind.SWITCH))]
        found = [switch for switch in records if not before or switch.epoch < before]
        return evolve(snapshot, newest_switches=tuple(found[:limit]))


class CountsDeletedStore(BadStore):
    """Counts the rows of its tables, those of deleted leads too (SWITCH-12)."""

    rule, point = "SWITCH-12", 0
    rejected_by = "test_records_are_counted_without_the_deleted_ones"

    def said(self, query: Query, snapshot: Snapshot) -> Snapshot:
        """Read, with as many records as the tables have rows."""
        if not query.counts:
            return snapshot
        return evolve(snapshot, counts={kind: len(self.store.page(kind)) for kind in CARDS})
