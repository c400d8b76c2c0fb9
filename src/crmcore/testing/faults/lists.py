"""Stores whose lists are wrong: incomplete, of too many people, out of date, or with what was deleted."""

from collections.abc import Callable

from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.listing import LIST_LIMIT, Listing
from crmcore.ports.store import Listed
from crmcore.testing.faults.base import BadStore

__all__ = ["DeletedListStore", "GivesUpListStore", "LimitFirstStore", "NosyListStore", "StaleListStore"]


class LimitFirstStore(BadStore):
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
    """Gives up a list behind the records that it looks at for one page (PERM-9)."""

    rule, point = "PERM-9", 0
    rejected_by = "test_a_record_behind_a_thousand_others_is_found"

    def listed(self, listing: Listing) -> Listed:
        """Read, and do not say where to go on."""
        found = super().listed(listing)
        return found if found.entries else Listed((), None)


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

    def write(self, changes: Changes, confirm: Callable[[], bool] | None) -> None:
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
