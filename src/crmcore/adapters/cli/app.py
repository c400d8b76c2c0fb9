"""The commands and their options; every way to end has its exit code."""

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

from attrs import frozen

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.files import in_the_way, write_files
from crmcore.adapters.cli.output import Bar, Console, show_audit, show_done, show_switch
from crmcore.adapters.cli.places import Place
from crmcore.adapters.cli.reports import bad_call, bad_input, bad_value, json_text, store_failed
from crmcore.adapters.cli.shapes import Json, blank_switch
from crmcore.adapters.cli.store_app import add_store_commands
from crmcore.adapters.cli.store_records import audit_of_store
from crmcore.adapters.cli.store_switching import Going, switch_store
from crmcore.adapters.cli.switching import KEY, Wanted, audit_document, switch_file
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.commands import CHUNK, BeginSwitch
from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import PipelineId
from crmcore.domain.policy import DEFAULT_POLICY, ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.text import check_id
from crmcore.ports.store import Store

try:
    from cyclopts import App, CycloptsError, Parameter
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["run"]

_WIDTH = 100
_Flag = Annotated[bool, Parameter(negative=())]
_Keep = Annotated[bool, Parameter(name="--keep-activities", negative="--close-activities")]


def run(words: Sequence[str], make_store: Callable[[], Store] | None = None) -> int:
    """Carry out one command line and give its exit code."""
    console = Console(stderr=True, width=_width(), highlight=False)
    app = _app(make_store or InMemoryStore.classic, console)
    try:
        command, bound, _ = app.parse_args(list(words), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        report = bad_call(words, "usage", str(error).strip())
        return _end(report, console, as_json="--json" in words)
    code: object = command(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else 0


def _app(make_store: Callable[[], Store], console: Console) -> App:
    app = App(
        name="crmcore",
        version=_version(),
        help="A CRM with leads and without, and the switch between the two that loses nothing.",
        help_format="plaintext",
    )

    @app.command
    def demo() -> int:
        """Show the switch on a sample that comes with the package."""
        from crmcore.adapters.cli.demo import show_demo

        return show_demo(Console(width=_WIDTH, highlight=False))

    add_store_commands(app, console, lambda report, as_json: _end(report, console, as_json=as_json))

    _add_switch(app, console, make_store)
    _add_audit(app, console)
    return app


@Parameter(name="*")
@frozen(kw_only=True)
class Perhaps:
    """The options of a command that works on a file or on a store.

    Parameters
    ----------
    store
        The database: an address such as postgresql://host/name, or the path of a SQLite file.
    portal
        The CRM in the database; main where none is named.
    actor
        The id of the user who asks; 1 where none is named.
    schema
        The schema of the tables, on PostgreSQL.
    json
        Print one JSON document on standard output.
    """

    store: str | None = None
    portal: str | None = None
    actor: int | None = None
    schema: str | None = None
    json: _Flag = False

    @property
    def place(self) -> Place | None:
        """The store, if there is one."""
        if self.store is None:
            return None
        given = {"portal": self.portal, "actor": self.actor, "schema": self.schema}
        return Place(store=self.store, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # each of its own type

    def contradiction(self, name: str, file: Path | None, of_files: Iterable[str] = ()) -> tuple[str, str] | None:
        """What is wrong with a call that names a file, a store, both or neither: the message, and the option."""
        if (file is None) is (self.store is None):
            return f"expected either {name} or --store", name if file is None else "--store"
        if self.store is not None:
            said = "goes with a file only; a store has `crmcore import`, `crmcore settings` and `crmcore export`"
            return next(((said, option) for option in of_files), None)
        of_stores = {"--portal": self.portal, "--actor": self.actor, "--schema": self.schema}
        return next((("goes with --store only", name) for name, value in of_stores.items() if value is not None), None)


def _add_switch(app: App, console: Console, make_store: Callable[[], Store]) -> None:
    @app.command
    def switch(
        leads: Path | None = None,
        /,
        *,
        activities: Path | None = None,
        client: Literal["contact", "company", "both"] = "contact",
        pipeline: int | None = None,
        keep_activities: _Keep = DEFAULT_POLICY.keep_activities,
        match: Literal["none", "email"] | None = None,
        preview: _Flag = False,
        chunk: int = CHUNK,
        workers: int = 1,
        key: str | None = None,
        skip_bad_rows: _Flag = False,
        all_new: _Flag = False,
        out: str | None = None,
        at: Perhaps = Perhaps(),
    ) -> int:
        """Switch the CRM of a store to Simple, or import leads into a Classic CRM in memory and switch that.

        Parameters
        ----------
        leads
            A CSV file of leads, as the product exports it; or name a store.
        activities
            A CSV file of the activities of these leads.
        client
            What each converted lead becomes besides its deal.
        pipeline
            The pipeline of the new deals, by its id; the default one where none is named.
        keep_activities
            Leave open activities open, or complete them.
        match
            Whether a lead is given to a client that has its e-mail already.
        preview
            Compute all of it, and write nothing.
        chunk
            How many leads are converted in one step.
        workers
            How many processes convert side by side, on a store.
        key
            The name of this switch.
        skip_bad_rows
            Leave out rows that cannot be read, and list them.
        all_new
            Take a file whose stages are not understood, and every lead without a known stage for new.
        out
            A folder for the CRM as it is afterwards: CSV files and crm.json.
        """
        of_files = {
            "--activities": activities,
            "--match": match,
            "--skip-bad-rows": skip_bad_rows or None,
            "--all-new": all_new or None,
            "--out": out,
        }
        wrong = at.contradiction("LEADS", leads, [name for name, value in of_files.items() if value is not None])
        if leads is not None and workers > 1:
            wrong = wrong or ("goes with a store, which several processes can open", "--workers")
        if wrong is not None:
            return _end(bad_call(["switch"], "usage", *wrong), console, as_json=at.json)
        try:
            policy = ModeSwitchPolicy(
                client=ClientChoice(client),
                pipeline_id=None if pipeline is None else PipelineId(pipeline),
                keep_activities=keep_activities,
            )
            check_id("chunk", chunk)
            check_id("workers", workers)
            BeginSwitch(key=KEY if key is None else key, policy=policy)
        except InvalidValue as error:
            return _end(bad_value(blank_switch(), error), console, as_json=at.json)
        if at.place is not None:
            with Bar(console) as bar:
                going = Going(show=bar.show, chunk=chunk, workers=workers, every_lead=at.json)
                report = switch_store(at.place, policy, key, going, preview=preview)
            return _end(report, console, as_json=at.json)
        assert leads is not None  # there is either a file or a store
        wanted = Wanted(
            leads=leads,
            activities=activities,
            policy=policy,
            match=MatchSetting(match or "none"),
            preview=preview,
            chunk=chunk,
            key=key or KEY,
            skip_bad_rows=skip_bad_rows,
            all_new=all_new,
        )
        return _end(_switch(wanted, out, make_store, console), console, as_json=at.json)


def _add_audit(app: App, console: Console) -> None:
    @app.command
    def audit(document: Path | None = None, /, *, at: Perhaps = Perhaps()) -> int:
        """Check the CRM of a document or of a store against all laws.

        Parameters
        ----------
        document
            The crm.json that `crmcore switch --out` has written; or name a store.
        """
        wrong = at.contradiction("DOCUMENT", document)
        if wrong is not None:
            return _end(bad_call(["audit"], "usage", *wrong), console, as_json=at.json)
        with Bar(console) as bar:
            if at.place is not None:
                report = audit_of_store(at.place, bar.show)
            else:
                assert document is not None  # as above
                report = audit_document(document, bar.show)
        return _end(report, console, as_json=at.json)


def _switch(wanted: Wanted, out: str | None, make_store: Callable[[], Store], console: Console) -> Json:
    inputs = [path for path in (wanted.leads, wanted.activities) if path is not None]
    obstacles = [] if out is None else in_the_way(out, inputs)
    if obstacles:
        return bad_input(blank_switch(wanted.policy, wanted.match), obstacles)
    with Bar(console) as bar:
        done = switch_file(wanted, make_store, bar.show)
        if out is None or done.image is None or done.names is None:
            return done.report
        bar.show("Writing", 0, None)
        try:
            return {**done.report, "files": write_files(Path(out), done.image, done.names)}
        except OSError as error:
            return store_failed(done.report, error)


def _end(report: Json, console: Console, *, as_json: bool) -> int:
    """Show a report to a program or to people, and give its exit code."""
    if as_json:
        sys.stdout.write(f"{json_text(report)}\n")
    elif report["format"].startswith("crmcore.audit/"):
        show_audit(console, report)
    elif report["format"].startswith("crmcore.switch/"):
        show_switch(console, report)
    else:
        show_done(console, report)
    code: int = report["exit_code"]
    return code


def _width() -> int | None:
    """On a terminal its own width; a file or a pipe has none."""
    return None if sys.stderr.isatty() else _WIDTH


def _version() -> str:
    try:
        return version("crmcore")
    except PackageNotFoundError:
        return "unknown"
