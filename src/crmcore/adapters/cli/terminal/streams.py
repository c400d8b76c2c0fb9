"""Standard output and standard error, either of which may fail at any time.

The work of a command is done even if nobody can read about it. So a closed pipe, a full disk and a stream that was
never open silence the stream, and the command continues to its exit code.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EBADF
from io import TextIOWrapper, UnsupportedOperation
from typing import TextIO, cast

__all__ = ["Outlet", "outlets"]


class Outlet:
    """Passes everything to a stream until that fails; `lost` is its error.

    It owns nothing and closes nothing. So it is no `io` stream: the finaliser of those flushes and closes, at a moment
    that the collector chooses, when the stream behind it may be closed already.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.lost: OSError | None = None
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            # A terminal that lacks a letter shows another one, and the work goes on.
            stream.reconfigure(errors="replace")

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str | None:
        """How the stream handles a character that it cannot encode."""
        return getattr(self._stream, "errors", None)

    @property
    def closed(self) -> bool:
        """Whether nothing can be written because the stream is not open."""
        return self._stream is None or self._stream.closed

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def fileno(self) -> int:
        """The number of the stream's file."""
        if self._stream is None:
            raise UnsupportedOperation("fileno")
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always true; after a failure, writing does nothing."""
        return True

    def write(self, text: str) -> int:
        """Write, or do nothing after a failure."""
        if self.lost is None:
            with self._silenced():
                if self._stream is None or self._stream.closed:
                    raise OSError(EBADF, "it is closed")
                self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, or do nothing after a failure."""
        if self.lost is None and self._stream is not None and not self._stream.closed:
            with self._silenced():
                self._stream.flush()

    @contextmanager
    def _silenced(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = error
            # Or the interpreter would try to write what is left when it ends, and change the exit code.
            with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), self.fileno())


@contextmanager
def outlets() -> Iterator[None]:
    """Wrap both streams in outlets; at the end, report on standard error why standard output failed.

    If the reader of a pipe, such as `head`, stops reading, that is not reported.
    """
    before = sys.stdout, sys.stderr
    out, err = Outlet(sys.stdout), Outlet(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield
    finally:
        out.flush()
        if out.lost is not None and not isinstance(out.lost, BrokenPipeError):
            err.write(f"standard output could not be written: {out.lost.strerror}; the exit code has the result\n")
        err.flush()
        sys.stdout, sys.stderr = before
