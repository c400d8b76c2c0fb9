"""How a command ends on a terminal: its document for a program, or tables for a person, and the exit code."""

import sys

from crmcore.adapters.cli.terminal.inspections import show_inspect
from crmcore.adapters.cli.terminal.progress import Bar
from crmcore.adapters.cli.terminal.stories import show_explore, show_readings
from crmcore.adapters.cli.terminal.tables import Console, show_audit, show_done, show_spec, show_switch
from crmcore.adapters.cli.work.document import Document
from crmcore.adapters.cli.work.documents import Audit, Inspect, Switch, json_text
from crmcore.adapters.cli.work.spec_documents import Explore, Readings, Spec

__all__ = ["WIDTH", "Terminal", "help_console"]

#: How wide tables are where nothing says how wide the place is.
WIDTH = 100
#: Help is never narrower: in one column or two, its layout never ends.
LEAST_WIDTH = 20


def help_console() -> Console:
    """Standard output for the help of commands."""
    console = Console()
    console.width = max(console.width, LEAST_WIDTH)
    return console


class Terminal:
    """Standard error for people, standard output for programs."""

    def __init__(self) -> None:
        # On a terminal its own width; a file or a pipe has none.
        self._console = Console(stderr=True, width=None if sys.stderr.isatty() else WIDTH, highlight=False)

    def bar(self) -> Bar:
        """A bar for work that takes its time."""
        return Bar(self._console)

    def end(self, report: Document, *, as_json: bool) -> int:
        """Show a report to a program or to people, and give its exit code."""
        if as_json:
            sys.stdout.write(f"{json_text(report)}\n")
        elif isinstance(report, Audit):
            show_audit(self._console, report)
        elif isinstance(report, Spec):
            show_spec(self._console, report)
        elif isinstance(report, Switch):
            show_switch(self._console, report)
        elif isinstance(report, Inspect):
            show_inspect(self._console, report)
        elif isinstance(report, Explore):
            show_explore(self._console, report)
        elif isinstance(report, Readings):
            show_readings(self._console, report)
        else:
            show_done(self._console, report)
        assert report.exit_code is not None  # it has come to its end
        return report.exit_code
