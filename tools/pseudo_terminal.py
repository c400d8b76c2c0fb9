"""A command on a real pseudo-terminal: what is typed there, and what then stands on it."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

__all__ = ["on_terminal"]

_LINES = 50


def on_terminal(
    words: Sequence[str], *, columns: int, typed: bytes = b"", folder: Path | None = None, term: str = "xterm"
) -> tuple[int, bytes]:
    """The exit code of a command, and all that it wrote to a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    environment = {**os.environ, "TERM": term, "COLUMNS": str(columns), "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment) as ran:
        os.close(slave)
        os.write(master, typed)
        seen = b""
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError:  # the other end is closed
            pass
        os.close(master)
        return ran.wait(timeout=60), seen
