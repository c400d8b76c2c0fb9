"""Threads that meet where a fault shows, so that it shows in every run and not by luck."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread, current_thread, main_thread
from threading import enumerate as living

__all__ = ["Meeting"]

#: How long a thread waits before it looks again whether there is still somebody to wait for.
_LOOK = 0.005
#: How often it looks at most; a thread that is alone gives the others that time to be started.
_LOOKS, _LOOKS_ALONE = 1000, 100


class Meeting:
    """Lets a thread wait for another one that works with the same store; once two have met it is over.

    The threads that count are those that were started after the store was made, and have not ended. Where there are
    none, nobody waits.
    """

    def __init__(self) -> None:
        self._others = frozenset(living())
        self._moved = Condition()
        self._waiting: list[Thread] = []
        self._queued: list[Thread] = []
        self._first: frozenset[Thread] = frozenset()
        self._half: int | None = None
        self._halves = 0
        self._over = False

    def pair(self) -> None:
        """Wait until a second thread comes here too; the two then come before all others (`turn`)."""
        me = current_thread()
        with self._moved:
            self._waiting.append(me)
            if len(self._waiting) > 1 and not self._over:
                self._first = frozenset(self._waiting)
                self._end()
            alone = 0 if me in self._others else _LOOKS_ALONE
            self._wait(lambda look: look < alone or self._somebody_may_come())
            self._waiting.remove(me)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Around what two that have met do next, once each; whoever else does it waits for them."""
        me = current_thread()
        with self._moved:
            for _ in range(_LOOKS):
                if me in self._first or not any(each.is_alive() for each in self._first):
                    break
                self._moved.wait(_LOOK)
        try:
            yield
        finally:
            with self._moved:
                self._first -= {me}
                self._moved.notify_all()

    def half(self) -> None:
        """Wait until another thread has seen how things stand now, from beginning to end."""
        with self._moved:
            self._halves += 1
            self._half = self._halves
            self._wait(lambda _: self._somebody_may_come())
            self._half = None

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Around the look of a thread at how things stand."""
        half = self._half
        yield
        with self._moved:
            if half is not None and half == self._half:
                self._end()

    @contextmanager
    def queueing(self) -> Iterator[None]:
        """Around a wait for a lock: whoever stands in the queue does not come by."""
        with self._moved:
            self._queued.append(current_thread())
        try:
            yield
        finally:
            with self._moved:
                self._queued.remove(current_thread())

    def _end(self) -> None:
        self._over = True
        self._moved.notify_all()

    def _wait(self, may_go_on: Callable[[int], bool]) -> None:
        for look in range(_LOOKS):
            if self._over or not may_go_on(look):
                return
            self._moved.wait(_LOOK)

    def _somebody_may_come(self) -> bool:
        young = [each for each in living() if each not in self._others and not each.daemon]
        return any(each not in (current_thread(), main_thread(), *self._queued) for each in young)
