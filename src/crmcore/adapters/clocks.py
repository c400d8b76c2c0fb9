"""Clocks: the system's, and one that moves only when told."""

from datetime import UTC, datetime, timedelta

from attrs import define

from crmcore.domain.model.text import check_instant

__all__ = ["FixedClock", "SystemClock"]


class SystemClock:
    """Reads the clock of this machine, in UTC."""

    def now(self) -> datetime:
        """The current instant."""
        return datetime.now(UTC)


@define
class FixedClock:
    """Stands still until it is moved; by default it starts at the beginning of 2026."""

    instant: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __attrs_post_init__(self) -> None:
        self.instant = check_instant("FixedClock.instant", self.instant)

    def now(self) -> datetime:
        """The instant at which the clock stands."""
        return self.instant

    def move(self, by: timedelta) -> None:
        """Move the clock."""
        self.instant += by

    def pause(self, seconds: float) -> None:
        """Move the clock by so many seconds: a `pause` of `Crm` that takes no time."""
        self.move(timedelta(seconds=seconds))
