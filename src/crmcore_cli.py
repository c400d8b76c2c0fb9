"""The script `crmcore`: it shows the help of all commands without loading the library, which does everything else.

It stands beside the package, so that loading it loads nothing of that.
"""

import gc
import sys
from pathlib import Path

__all__ = ["main"]

#: What `crmcore --help` says.
OVERVIEW = Path(__file__).parent / "crmcore" / "adapters" / "cli" / "overview.txt"
ASKED: tuple[list[str], ...] = ([], ["--help"], ["-h"])
#: How many new objects there are between two searches for circles of dead ones: what loading makes lives on, and the
#: usual 700 search it in vain a hundred times.
OBJECTS = 100_000


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
    gc.set_threshold(OBJECTS)
    from crmcore.adapters.cli import main as carry_out

    code = carry_out(words)
    # The process ends here; without this the interpreter would search all that was loaded once more.
    gc.freeze()
    return code
