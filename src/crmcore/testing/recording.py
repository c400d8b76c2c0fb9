"""An observer that remembers what it is told, in order and by type."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, overload

from crmcore.domain.events import Event

__all__ = ["EventRecorder"]

E = TypeVar("E")


class EventRecorder(Sequence[Event]):
    """The events so far, as a sequence; `of` picks those of one type."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def tell(self, events: Iterable[Event]) -> None:
        """Hear what one commit did: see `Observer.tell`."""
        self._events.extend(events)

    def of(self, kind: type[E]) -> tuple[E, ...]:
        """The events of one type, in order."""
        return tuple(event for event in self._events if isinstance(event, kind))

    def clear(self) -> None:
        """Forget what happened so far."""
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
        return f"EventRecorder({self._events!r})"
