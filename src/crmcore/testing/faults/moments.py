"""Stores in which something happens between what belongs together: check and write, or the reads of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.changes import Changes
from crmcore.ports.store import Reads
from crmcore.testing.faults.base import BadStore, ask, check, epoch_of, keys_in, without
from crmcore.testing.wrapped import expecting

__all__ = ["MovingReadsStore", "OpenSectionStore", "UnclaimedKeysStore"]


class OpenSectionStore(BadStore):
    """Checks, asks about rights and writes separately, so that others commit in between (PERM-2)."""

    rule, point = "PERM-2", 7
    rejected_by = "test_no_commit_happens_between_the_check_and_the_write_of_another"

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """Commit; nobody waits for a commit that asks."""
        if confirm is None or not self.opens(changes):
            super().commit(changes, confirm)
            return
        with self.lock:
            check(self.store, changes)
        ask(confirm)
        with self.lock:
            self.store.commit(self.expected(changes))

    def opens(self, changes: Changes) -> bool:
        """Whether others may come in between."""
        return True

    def expected(self, changes: Changes) -> Changes:
        """What is written in the end, whatever has moved since it was checked."""
        late = expecting(self.store, changes, evolve(epoch_of(self.store), versions=keys_in(changes.expects)))
        return evolve(late, active_leads=None, unused_stages=frozenset())


class UnclaimedKeysStore(OpenSectionStore):
    """Lets an address be looked up while a client with it is being written, so that it gets a second one (CONV-7)."""

    rule, point = "CONV-7", 1

    def opens(self, changes: Changes) -> bool:
        """Only for who looks an address up while it comes."""
        return any(getattr(contact, "contact_points", ()) for contact in changes.contacts.values())

    def expected(self, changes: Changes) -> Changes:
        """Everything but the addresses."""
        return evolve(changes, expects=without(changes.expects, Kind.MATCH_KEY))


class MovingReadsStore(BadStore):
    """Offers reads as of one moment, but each read has a moment of its own (PERM-6)."""

    rule, point = "PERM-6", 0
    rejected_by = "test_reads_at_one_time_see_nothing_that_is_written_meanwhile"

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """Nobody waits, and nothing is kept."""
        yield self
