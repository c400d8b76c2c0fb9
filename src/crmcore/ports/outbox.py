"""The optional part of the store port that keeps events (EVENT-1, EVENT-2)."""

from typing import NamedTuple, Protocol, runtime_checkable

from crmcore.domain.protocol.events import Event

__all__ = ["EventPage", "Happened", "KeepsEvents"]


class Happened(NamedTuple):
    """One event that a store has kept.

    `id` is a whole number that it alone has, so that a repeat can be recognised; `event` is what happened.

    >>> from crmcore.ports import LeadAdded
    >>> Happened(7, LeadAdded(4711)).event.lead_id
    4711
    """

    id: int
    event: Event


class EventPage(NamedTuple):
    """One page of events: its entries in order, and the place after them, where the next page begins.

    `entries` are at most as many as were asked for, and fewer only where there are no more by now. `after` is a text
    that only the store reads.

    >>> EventPage((), "7").after
    '7'
    """

    entries: tuple[Happened, ...]
    after: str


@runtime_checkable
class KeepsEvents(Protocol):
    """An optional method of a store: it keeps the events of each step, written with its changes or not at all.

    Its snapshots say whether it does now (`Snapshot.keeps_events`); this must not change between the snapshot and the
    commit of a step.
    """

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """Read the next events after the place `after`, `None` for the first.

        Events of one record come in the order in which they were committed. An event that commits later is on a later
        page, whatever was read before, and no page has what is not committed. At most `limit` events come at once.
        Raises `NoEvents` if none are kept, and `InvalidValue` for an invalid place.

        >>> from crmcore.adapters.memory import InMemoryStore
        >>> store: KeepsEvents = InMemoryStore.classic(events=True)
        >>> store.events()
        EventPage(entries=(), after='0')
        """
        ...
