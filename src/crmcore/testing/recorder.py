"""An observer that records the events it receives, in order and by type."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, overload

from crmcore.domain.protocol.events import Event

__all__ = ["EventRecorder"]

E = TypeVar("E")


class EventRecorder(Sequence[Event]):
    """The events so far, as a sequence; `of` picks those of one type.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> id = p.crm.add_lead(p.manager, title="Desks")
    >>> p.events
    EventRecorder([LeadAdded(lead_id=1)])
    """

    def __init__(self) -> None:
        self._events: list[Event] = []

    def tell(self, events: Iterable[Event]) -> None:
        """Receive the `events` of one commit: see `Observer.tell`.

        >>> heard = EventRecorder()
        >>> heard.tell(p.events[:1])
        >>> len(heard)
        1
        """
        self._events.extend(events)

    def of(self, kind: type[E]) -> tuple[E, ...]:
        """The events of one type, in order; `kind` is a class of event in `crmcore.ports`.

        >>> from crmcore.ports import LeadAdded, LeadConverted
        >>> (len(p.events.of(LeadAdded)), len(p.events.of(LeadConverted)))
        (1, 0)
        """
        return tuple(event for event in self._events if isinstance(event, kind))

    def clear(self) -> None:
        """Forget all events so far.

        >>> heard.clear()
        >>> list(heard)
        []
        """
        self._events.clear()

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        return self._events[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"EventRecorder({getattr(self, '_events', [])!r})"
