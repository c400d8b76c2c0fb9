"""The script `crmcore`: it shows the help of all commands without loading the library, which does everything else.

It stands beside the package, so that loading it loads nothing of that.
"""

import sys
from pathlib import Path

__all__ = ["main"]

#: What `crmcore --help` says.
OVERVIEW = Path(__file__).parent / "crmcore" / "adapters" / "cli" / "overview.txt"
ASKED: tuple[list[str], ...] = ([], ["--help"], ["-h"])


def main() -> int:
    """Carry out the command line of this process and give its exit code."""
    words = sys.argv[1:]
    if words in ASKED and sys.stdout is not None:
        try:
            sys.stdout.write(OVERVIEW.read_text(encoding="ascii"))
            sys.stdout.flush()
            return 0
        except (OSError, ValueError):
            pass  # the library knows what to do with a stream that fails
    from crmcore.adapters.cli import main as carry_out

    return carry_out(words)
