"""How long a switch that does not move is waited for, and what it is told as in the end."""

from collections.abc import Callable

from crmcore.domain.model.errors import ContractBroken, StoreBusy
from crmcore.domain.protocol.results import Totals

__all__ = ["ROUNDS", "Patience"]

#: After so many rounds in which nobody moved a lead, a switch stands still.
ROUNDS = 20
_FIRST_PAUSE = 0.005
_GROWTH = 1.4


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
