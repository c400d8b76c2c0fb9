"""Stores that break point 5: a reader never sees half a commit."""

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing.faults.base import BadStore
from crmcore.testing.faults.rendezvous import Meeting
from crmcore.testing.wrapped import expecting

__all__ = ["DealFirstStore", "HalfCommitStore"]


class DealFirstStore(BadStore):
    """Writes the deal and its clients in one commit, and the lead and its ledger row in the next (SWITCH-1).

    Rights are asked about in the second one.
    """

    rule, point = "SWITCH-1", 5
    rejected_by = "test_a_no_to_a_conversion_leaves_no_deal_behind"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit the deals, then the rest."""
        if changes.ledger:
            self.store.commit(
                Changes(
                    expects=changes.expects, deals=changes.deals, contacts=changes.contacts, companies=changes.companies
                )
            )
            rest = ReadSet(epoch=changes.expects.epoch)
            left = evolve(changes, deals=NOTHING, contacts=NOTHING, companies=NOTHING)
            changes = expecting(self.store, left, rest)
        self.store.commit(changes, confirm)


class HalfCommitStore(BadStore):
    """Writes the lead and its deal in one commit and the ledger row in the next; readers look in between (SWITCH-4).

    Where other threads read, the first half waits until one of them has seen it.
    """

    rule, point = "SWITCH-4", 5
    rejected_by = "test_a_reader_never_sees_half_a_commit"

    def start(self) -> None:
        """Nobody has seen half a commit yet."""
        super().start()
        self.meeting = Meeting()

    def snapshot(self, query: Query) -> Snapshot:
        """Read, also in the middle of a commit."""
        with self.meeting.looking():
            return self.store.snapshot(query)

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        """Commit in two halves."""
        with self.meeting.queueing():
            self.lock.acquire()
        try:
            self.write(changes, confirm)
        finally:
            self.lock.release()

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit the leads and their deals, let others look, then commit the rest."""
        if not changes.ledger:
            self.store.commit(changes, confirm)
            return
        half = evolve(changes, ledger=NOTHING, outcomes=NOTHING, commands=NOTHING)
        rest = ReadSet(epoch=changes.expects.epoch)
        self.store.commit(half, confirm)
        self.meeting.half()
        self.store.commit(
            Changes(
                expects=rest,
                ledger=changes.ledger,
                outcomes=changes.outcomes,
                commands=changes.commands,
                completes_at=changes.completes_at,
            )
        )
