"""The clock port: the one source of time."""

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Tells the time; one reading may serve a whole chunk."""

    def now(self) -> datetime:
        """The current instant, with a time zone."""
        ...
