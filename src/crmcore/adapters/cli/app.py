"""The application: all commands together, and the answer to a command line that names none of them."""

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.commands.audit import add_audit
from crmcore.adapters.cli.commands.cancel import add_cancel
from crmcore.adapters.cli.commands.catalogues import add_catalogues
from crmcore.adapters.cli.commands.demo import add_demo
from crmcore.adapters.cli.commands.doctor import add_doctor
from crmcore.adapters.cli.commands.inspect import add_inspect
from crmcore.adapters.cli.commands.lead import add_lead
from crmcore.adapters.cli.commands.result import add_result
from crmcore.adapters.cli.commands.resume import add_resume
from crmcore.adapters.cli.commands.role import add_role
from crmcore.adapters.cli.commands.serve import add_serve
from crmcore.adapters.cli.commands.setup import add_setup
from crmcore.adapters.cli.commands.spec import add_spec
from crmcore.adapters.cli.commands.status import add_status
from crmcore.adapters.cli.commands.switch import add_switch
from crmcore.adapters.cli.commands.transfer import add_transfer
from crmcore.adapters.cli.commands.vectors import add_vectors
from crmcore.adapters.cli.terminal.shown import Terminal, help_console
from crmcore.adapters.cli.work.documents import blank
from crmcore.adapters.cli.work.endings import bad_call
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.redaction import redacted_in
from crmcore.ports.store import Store

try:
    from cyclopts import App, CycloptsError
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["commands_of", "run"]

_ADDERS = (
    add_demo,
    add_audit,
    add_transfer,
    add_inspect,
    add_doctor,
    add_resume,
    add_result,
    add_cancel,
    add_status,
    add_lead,
    add_catalogues,
    add_role,
    add_setup,
    add_serve,
    add_spec,
    add_vectors,
)


def run(words: Sequence[str], make_store: Callable[[], Store] | None = None) -> int:
    """Run one command line and return its exit code."""
    terminal = Terminal()
    app = _app(make_store or InMemoryStore.classic, terminal)
    try:
        command, bound, _ = app.parse_args(list(words), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        typed = (part for word in words for part in (word, word.partition("=")[2]))
        report = bad_call(blank(words, app), redacted_in(str(error).strip(), typed))
        return terminal.end(report, as_json="--json" in words)
    code: object = command(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else 0


def commands_of() -> set[str]:
    """The names of all commands."""
    app = _app(InMemoryStore.classic, Terminal())
    return set(app) - {*app.help_flags, *app.version_flags}


def _app(make_store: Callable[[], Store], terminal: Terminal) -> App:
    app = App(
        name="crmcore",
        version=_version(),
        help="Switch a CRM with leads (Classic) to one without (Simple), and lose nothing.",
        help_format="plaintext",
        console=help_console(),
    )
    add_switch(app, terminal, make_store)
    for add in _ADDERS:
        add(app, terminal)
    return app


def _version() -> str:
    try:
        return version("crmcore")
    except PackageNotFoundError:
        return "unknown"
