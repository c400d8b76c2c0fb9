"""The family of bad events: stores that keep them apart from their changes, or out of order (EVENT-1, EVENT-2)."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.protocol.changes import Changes
from crmcore.ports.outbox import EventPage
from crmcore.ports.store import Joined
from crmcore.testing.faults.base import BadStore, ask, epoch_of

__all__ = ["BadEvents", "bad_events"]


class BadEvents(BadStore):
    """Keeps events without their changes, changes without their events, or events in another order (EVENT-1)."""

    rule, point = "EVENT-1", 0
    rejected_by = "test_what_is_told_is_what_is_kept"
    noticed_by: ClassVar[tuple[str, ...]] = ()


class _EventFirst(BadEvents):
    """Writes the events in a commit of their own, and the change in the next, which may be refused (EVENT-1)."""

    rejected_by = "test_a_step_that_is_refused_leaves_no_event"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit what happens, then make it happen."""
        self.store.commit(Changes(expects=epoch_of(self.store), events=changes.events))
        self.store.commit(evolve(changes, events=()), confirm)


class _ChunkSilent(BadEvents):
    """Has a fast path for conversions that writes everything but their events (EVENT-1)."""

    rejected_by = "test_a_switch_leaves_an_event_for_each_lead"

    def sent(self, changes: Changes) -> Changes:
        """Commit, without the events of conversions."""
        return evolve(changes, events=()) if changes.ledger else changes


class _NewestFirst(BadEvents):
    """Reads each page with the newest event first (EVENT-2)."""

    rule = "EVENT-2"
    rejected_by = "test_events_of_one_record_come_in_the_order_of_their_commits"

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """Turn the page round."""
        page = super().events(after, limit)
        return page._replace(entries=page.entries[::-1])


class _LeakingSavepoint(BadEvents):
    """Asks at the end, and in a host's transaction does not go back to the savepoint after a no (JOIN-1)."""

    rule = "JOIN-1"
    rejected_by = "test_a_step_that_fails_in_a_hosts_transaction_leaves_nothing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, and only then ask."""
        if not isinstance(self.store, Joined):
            self.store.commit(changes, confirm)
            return
        self.store.commit(changes)
        ask(confirm)


def bad_events() -> Mapping[str, type[BadEvents]]:
    """Every member of the family by its name."""
    return {
        f"{BadEvents.__name__}-{name}": type(
            f"{BadEvents.__name__}-{name}", (kind,), {"noticed_by": (kind.rejected_by,), "__doc__": kind.__doc__}
        )
        for name, kind in (
            ("an event without its change", _EventFirst),
            ("a change without its event", _ChunkSilent),
            ("an order turned round", _NewestFirst),
            ("a savepoint that leaks", _LeakingSavepoint),
        )
    }
