"""The command line (extra `cli`): the main job on files, and the same on a store that survives (extra `sql`).

See docs/spec/command-line.md for what it promises. Nothing here is loaded before `main` is called.
"""

import sys
from collections.abc import Callable, Sequence

from crmcore.adapters import MissingExtra
from crmcore.adapters.cli.terminal.streams import outlets
from crmcore.adapters.cli.work.visible import visible
from crmcore.ports.store import Store

__all__ = ["main"]


def main(argv: Sequence[str] | None = None, *, make_store: Callable[[], Store] | None = None) -> int:
    """Carry out one command line and give its exit code.

    `make_store` makes the Classic CRM into which `switch` imports; without it that is one in memory. What it made is
    closed at the end, where it can be.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    with outlets():
        try:
            return _main(words, make_store)
        except KeyboardInterrupt as how:
            said = str(how) or "interrupted; nothing is half done, and it is safe to run the same line again"
            sys.stderr.write(f"\n{visible(said)}\n")
            return 130


def _main(words: list[str], make_store: Callable[[], Store] | None) -> int:
    try:
        from crmcore.adapters.cli.app import prepared

        run = prepared(words, make_store)
    except MissingExtra as found:
        from crmcore.adapters.cli.work.documents import blank, plain_text
        from crmcore.adapters.cli.work.endings import bad_call

        # The command line's own extra brings all that it composes.
        missing = MissingExtra(found.package, "cli")
        if "--json" in words:
            sys.stdout.write(f"{plain_text(bad_call(blank(words), str(missing), code='missing_extra'))}\n")
        sys.stderr.write(f"{missing}\n")
        return 2
    return run()
