"""Ctrl-C during a long conversion: the first stops it after the running chunk, the second at once."""

import signal
import sys
from types import FrameType, TracebackType

__all__ = ["Stopped", "Stopping"]


class Stopped(KeyboardInterrupt):
    """The user asked to stop, and the running chunk was completed; the message says how to continue."""


class Stopping:
    """Inside this block, the first Ctrl-C only sets `asked`; the second one interrupts."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> "Stopping":
        try:
            self._before = signal.signal(signal.SIGINT, self._ask)
        except ValueError:  # not the main thread, which no Ctrl-C reaches
            self._before = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        sys.stderr.write("\nstopping after the running chunk; press Ctrl-C again to stop at once\n")
