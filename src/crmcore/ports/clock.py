"""The clock port: the only source of time."""

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Tells the time; one reading may serve a whole chunk.

    >>> from crmcore.adapters.clocks import FixedClock, SystemClock
    >>> clock: Clock = SystemClock()
    """

    def now(self) -> datetime:
        """Return the current instant, with a time zone.

        >>> str(FixedClock().now())
        '2026-01-01 00:00:00+00:00'
        """
        ...
