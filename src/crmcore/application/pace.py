"""How fast the work on a switch goes, by the clock (SWITCH-15), and how long one that stands still is waited for."""

from collections.abc import Callable

from attrs import fields, frozen

from crmcore.application.answers import instant_of
from crmcore.domain.model.errors import ContractBroken, StoreBusy
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.results import Totals
from crmcore.ports.clock import Clock

__all__ = ["ROUNDS", "Pace", "Patience", "Progress", "check_pace"]

#: After so many rounds in which nobody moved a lead, a switch stands still.
ROUNDS = 20
_FIRST_PAUSE = 0.005
_GROWTH = 1.4
_NUMBERS = tuple(each.name for each in fields(Totals))


def check_pace(pace: int | None) -> None:
    """Raise `InvalidValue` unless this is a whole number of leads a second, or none."""
    if pace is not None:
        check_id("pace", pace)


@frozen(kw_only=True, repr=False, eq=False)
class Progress(Totals):
    """The numbers of a live switch while somebody works on it, with how fast it goes (SWITCH-15).

    `leads_a_second` counts the leads that came to an end since this call began to work, whoever ended them;
    `seconds_left` is how long the remaining ones take at that rate. Both are `None` until the first lead has ended.

    >>> Progress(at_begin=10, converted=4, remaining=6, leads_a_second=2.0, seconds_left=3.0).deals
    4
    """

    leads_a_second: float | None = None
    seconds_left: float | None = None


class Pace:
    """Measures one call that works on a switch, and holds it to `pace` leads a second; `None` lets it run.

    Time is that of the `clock`, and `pause` is how it waits. Each chunk is held by itself and a chunk is never more
    than a second's work, so that nobody waits longer than a second, whatever the clock does meanwhile.
    """

    def __init__(self, clock: Clock, pause: Callable[[float], None], pace: int | None, begun: Totals) -> None:
        self._clock = clock
        self._pause = pause
        self._pace = pace
        self._ended_at_first = begun.ended
        self._began = self._since = instant_of(clock)

    def chunk(self, size: int, workers: int = 1) -> int:
        """How many leads a chunk takes at most, so that those of all workers are a second's work."""
        return size if self._pace is None else min(size, max(1, self._pace // workers))

    def hold(self, leads: int) -> None:
        """Wait until so many leads may have been converted since the last call."""
        if self._pace is None:
            return
        whole = leads / self._pace
        due = whole - (instant_of(self._clock) - self._since).total_seconds()
        if due > 0:
            self._pause(min(due, whole))  # a clock that was set back makes nobody wait for it
        self._since = instant_of(self._clock)

    def progress(self, totals: Totals) -> Progress:
        """The numbers with the rate since the beginning of the call, and the time that the rest takes at that rate."""
        numbers = {name: getattr(totals, name) for name in _NUMBERS}
        ended = totals.ended - self._ended_at_first
        seconds = (instant_of(self._clock) - self._began).total_seconds()
        if ended <= 0 or seconds <= 0:
            return Progress(**numbers)
        rate = ended / seconds
        return Progress(**numbers, leads_a_second=rate, seconds_left=totals.remaining / rate)


class Patience:
    """Watches the numbers of a switch from round to round, and waits a little longer each time they stay as they are.

    All rounds together wait about ten seconds: longer than a chunk of another worker takes, so that an empty round
    beside workers who convert is never taken for a standstill (D-33).
    """

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._last: Totals | None = None
        self._rounds = 0

    def wait(self, totals: Totals, *, offered: Callable[[], bool]) -> None:
        """Take note of one more round that left active leads behind.

        `offered` tells whether the store offers a lead to convert; it is asked only at the end.
        Raises `ContractBroken` where it offers none though leads are left, and `StoreBusy` where it does.
        """
        if totals != self._last:
            self._last, self._rounds = totals, 0
            return
        self._rounds += 1
        if self._rounds < ROUNDS:
            self._pause(_FIRST_PAUSE * _GROWTH**self._rounds)
        elif offered():
            raise StoreBusy(f"{totals.remaining} leads are left and always in conflict; safe to run again")
        else:
            raise ContractBroken("SWITCH-5", f"{totals.remaining} active leads are left, and the store offers none")
