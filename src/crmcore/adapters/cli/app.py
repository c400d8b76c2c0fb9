"""The application: all commands by name, each loaded when it is called, and the answer to a line that names none."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import fields

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.terminal.shown import Terminal, help_console
from crmcore.adapters.cli.work.documents import blank
from crmcore.adapters.cli.work.endings import bad_call
from crmcore.adapters.cli.work.options import FilesBeside
from crmcore.adapters.redaction import redacted_in
from crmcore.ports.store import Store

if TYPE_CHECKING:
    from crmcore.adapters.cli.work.document import Document

try:
    from cyclopts import App, CycloptsError, UnusedCliTokensError
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["OVERVIEW", "commands_of", "prepared", "run"]

#: What `crmcore --help` says; the script `crmcore` shows it without loading anything else.
OVERVIEW = Path(__file__).with_name("overview.txt")
#: The module of `commands` that adds each command.
_MODULES = {
    **{name: name for name in ("switch", "demo", "audit", "inspect", "doctor", "cancel", "status", "lead", "role")},
    **{name: name for name in ("serve", "spec", "vectors")},
    **dict.fromkeys(("import", "export"), "transfer"),
    **dict.fromkeys(("resume", "retry"), "resume"),
    **dict.fromkeys(("result", "switches"), "result"),
    **dict.fromkeys(("delete", "erase"), "erase"),
    **dict.fromkeys(("stages", "pipelines"), "catalogues"),
    **dict.fromkeys(("init", "to-classic", "plan", "db", "settings"), "setup"),
}
#: What takes one file of leads, and other files by options.
_OF_LEADS = frozenset({"switch", "import"})


def prepared(words: Sequence[str], make_store: Callable[[], Store] | None = None) -> Callable[[], int]:
    """Load what one command line needs, and return what runs it and gives its exit code."""
    terminal = Terminal()
    named = words[0] if words else "--help"
    if named in ("-h", "--help"):
        return _show_overview
    app = _app(make_store, terminal, [named] if named in _MODULES else _MODULES)
    return partial(_run, app, terminal, words)


def run(words: Sequence[str], make_store: Callable[[], Store] | None = None) -> int:
    """Run one command line and return its exit code."""
    return prepared(words, make_store)()


def _show_overview() -> int:
    help_console().print(OVERVIEW.read_text(encoding="ascii"), end="", markup=False, soft_wrap=True)
    return 0


def _run(app: App, terminal: Terminal, words: Sequence[str]) -> int:
    # Standard input is no option, so it goes by as a path of its own.
    typed = [f"./{word}" if word == "-" else word for word in words]
    try:
        command, bound, _ = app.parse_args(typed, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return terminal.end(_wrong(words, error), as_json="--json" in words)
    code: object = command(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else 0


def _wrong(words: Sequence[str], error: CycloptsError) -> "Document":
    """What is wrong with a command line, without the secrets that were typed."""
    said = str(error).strip()
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        more = " ".join(error.unused_tokens)
        said = f"expected nothing more behind the command, found {more}"
        if words[0] in _OF_LEADS:
            beside = ", ".join(f"--{each.name}" for each in fields(FilesBeside))
            said = f"expected one file of leads, found more: {more}; other files go beside it, with {beside}"
    typed = (part for word in words for part in (word, word.partition("=")[2]))
    return bad_call(blank(words, _MODULES), redacted_in(said, typed))


def commands_of() -> set[str]:
    """The names of all commands."""
    return set(_MODULES)


def _app(make_store: Callable[[], Store] | None, terminal: Terminal, commands: Iterable[str] = _MODULES) -> App:
    """The application with these commands, and with what their modules add besides."""
    app = App(
        name="crmcore",
        version=_version,
        help="Switch a CRM with leads (Classic) to one without (Simple), and lose nothing.",
        help_format="plaintext",
        console=help_console(),
    )
    for name in dict.fromkeys(_MODULES[command] for command in commands):
        add = getattr(import_module(f"crmcore.adapters.cli.commands.{name}"), f"add_{name}")
        if name == "switch":
            add(app, terminal, make_store)
        else:
            add(app, terminal)
    return app


def _version() -> str:
    try:
        return version("crmcore")
    except PackageNotFoundError:
        return "unknown"
