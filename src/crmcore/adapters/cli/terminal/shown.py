"""How a command ends on a terminal: its document for a program, or tables for a person, and the exit code."""

import sys
from importlib import import_module

from crmcore.adapters.cli.terminal.progress import Bar
from crmcore.adapters.cli.terminal.tables import Console
from crmcore.adapters.cli.work.document import Document
from crmcore.adapters.cli.work.documents import json_text

__all__ = ["WIDTH", "Terminal", "help_console"]

#: What shows each document: a module of this folder, and its function; the others are shown alike.
_SHOWN = {
    "Audit": ("tables", "show_audit"),
    "Erasure": ("results", "show_erasure"),
    "Explore": ("stories", "show_explore"),
    "Readings": ("stories", "show_readings"),
    "Inspect": ("inspections", "show_inspect"),
    "Spec": ("tables", "show_spec"),
    "Switch": ("results", "show_switch"),
    "TableSwitch": ("results", "show_switch"),
    "SwitchResult": ("results", "show_result"),
    "Switches": ("results", "show_switches"),
}
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

    @property
    def asks(self) -> bool:
        """Whether somebody sits there who can be asked."""
        return self._console.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    def confirmed(self, question: str) -> bool:
        """Ask, and take nothing but a yes for one."""
        self._console.print(f"\n[bold]{question}[/] Type yes or no: ", end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def bar(self) -> Bar:
        """A bar for work that takes its time."""
        return Bar(self._console)

    def end(self, report: Document, *, as_json: bool) -> int:
        """Show a report to a program or to people, and give its exit code."""
        if as_json:
            sys.stdout.write(f"{json_text(report)}\n")
        else:
            self._show(report)
        assert report.exit_code is not None  # it has come to its end
        return report.exit_code

    def _show(self, report: Document) -> None:
        """Show a report to people, by what is loaded for its kind."""
        module, name = _SHOWN.get(type(report).__name__, ("tables", "show_done"))
        getattr(import_module(f"crmcore.adapters.cli.terminal.{module}"), name)(self._console, report)
