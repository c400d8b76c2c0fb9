"""A progress bar for long work, on a terminal only."""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from crmcore.adapters import missing_extra

try:
    from rich.cells import cell_len
    from rich.console import Console
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

if TYPE_CHECKING:  # loaded when a bar appears
    from rich.progress import Progress

__all__ = ["PATIENCE", "Bar", "Show"]

#: Called with the current work, how much of it is done, and the total (`None` if unknown).
Show = Callable[[str, int, int | None], None]

#: How many seconds to wait before the bar appears.
PATIENCE = 1.0
#: How wide the bar is at least and at most, and what the clock behind it takes.
_LEAST, _MOST, _CLOCK = 4, 40, 10


class Bar:
    """Shows progress on a terminal, once the work has taken longer than `PATIENCE`."""

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console = console
        self._clock = clock
        self._began = clock()
        self._progress: Progress | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def pause(self) -> None:
        """Take the bar away, for somebody is to read and answer; it comes again with the next work."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        self._began = self._clock()

    def show(self, what: str, done: int, total: int | None) -> None:
        """Show the current work, and how much of it is done."""
        if self._progress is None:
            if not self._console.is_terminal or self._clock() - self._began < PATIENCE:
                return
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._drawn = BarColumn()
            columns = (TextColumn("{task.description}"), self._drawn, TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._task = self._progress.add_task(what, total=total)
            self._progress.start()
        # The words are whole, and the bar has what they leave.
        told = what if total is None else f"{what} {done:,} of {total:,}"
        self._drawn.bar_width = max(_LEAST, min(_MOST, self._console.width - cell_len(told) - _CLOCK))
        self._progress.update(self._task, description=told, completed=done, total=total)
