"""The commands that work on a store, and their options."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from attrs import frozen

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.doctor import examine_store
from crmcore.adapters.cli.output import Bar, Console
from crmcore.adapters.cli.places import Place
from crmcore.adapters.cli.shapes import Json
from crmcore.adapters.cli.store_records import export_store, import_into_store, init_store
from crmcore.adapters.cli.store_set_up import (
    grant_roles,
    list_roles,
    revoke_roles,
    set_plan,
    set_settings,
    show_plan,
    to_classic,
    upgrade_tables,
)
from crmcore.adapters.cli.store_switching import Going, cancel_store, go_on_store, status_of_store
from crmcore.domain.commands import CHUNK
from crmcore.domain.mode import CrmMode, RepeatInquiry
from crmcore.domain.policy import MatchSetting

try:
    from cyclopts import App, Parameter
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["add_store_commands"]

#: Shows a report, and gives its exit code.
End = Callable[[Json, bool], int]

_Flag = Annotated[bool, Parameter(negative=())]


@Parameter(name="*")
@frozen(kw_only=True)
class At:
    """The options that every command on a store takes.

    Parameters
    ----------
    store
        The database: an address such as postgresql://host/name, or the path of a SQLite file.
    portal
        The CRM in the database.
    actor
        The id of the user who asks.
    schema
        The schema of the tables, on PostgreSQL.
    json
        Print one JSON document on standard output.
    """

    store: str
    portal: str = "main"
    actor: int = 1
    schema: str | None = None
    json: _Flag = False

    @property
    def place(self) -> Place:
        """The same without the way to print."""
        return Place(store=self.store, portal=self.portal, actor=self.actor, schema=self.schema)


def add_store_commands(app: App, console: Console, end: End) -> None:
    """Add the commands to the application."""
    _add_records(app, console, end)
    _add_switch(app, console, end)
    _add_roles(app, end)
    _add_set_up(app, end)


def _add_records(app: App, console: Console, end: End) -> None:
    @app.command
    def init(*, mode: Literal["classic", "simple"] = "simple", at: At) -> int:
        """Make a new CRM in a store, with the actor as its administrator.

        Parameters
        ----------
        mode
            With leads (classic), or without.
        """
        return end(init_store(at.place, CrmMode[mode.upper()]), at.json)

    @app.command(name="import")
    def import_(
        file: Path,
        /,
        *,
        activities: Path | None = None,
        skip_bad_rows: _Flag = False,
        all_new: _Flag = False,
        at: At,
    ) -> int:
        """Import leads from a CSV file, or a whole CRM from its document into an empty one.

        Parameters
        ----------
        file
            A CSV file of leads, or a crm.json.
        activities
            A CSV file of the activities of these leads.
        skip_bad_rows
            Leave out rows that cannot be read, and list them.
        all_new
            Take a file whose stages are not understood, and every lead without a known stage for new.
        """
        with Bar(console) as bar:
            report = import_into_store(
                at.place, file, activities, bar.show, skip_bad_rows=skip_bad_rows, all_new=all_new
            )
        return end(report, at.json)

    @app.command
    def export(*, out: str, at: At) -> int:
        """Write the CRM as CSV files and as crm.json.

        Parameters
        ----------
        out
            The folder to write into.
        """
        with Bar(console) as bar:
            report = export_store(at.place, out, bar.show)
        return end(report, at.json)

    @app.command
    def doctor(*, laws: _Flag = False, at: At) -> int:
        """Look whether a store can be used.

        Parameters
        ----------
        laws
            Check the CRM against all laws too.
        """
        with Bar(console) as bar:
            report = examine_store(at.place, bar.show, laws=laws)
        return end(report, at.json)


def _add_switch(app: App, console: Console, end: End) -> None:
    def go_on(at: At, chunk: int, workers: int, *, retry: bool) -> int:
        with Bar(console) as bar:
            going = Going(show=bar.show, chunk=chunk, workers=workers, every_lead=at.json)
            report = go_on_store(at.place, going, retry=retry)
        return end(report, at.json)

    @app.command
    def resume(*, chunk: int = CHUNK, workers: int = 1, at: At) -> int:
        """Go on with the live switch.

        Parameters
        ----------
        chunk
            How many leads are converted in one step.
        workers
            How many processes convert side by side.
        """
        return go_on(at, chunk, workers, retry=False)

    @app.command
    def retry(*, chunk: int = CHUNK, workers: int = 1, at: At) -> int:
        """Try the leads again that were set aside, and go on with the live switch.

        Parameters
        ----------
        chunk
            How many leads are converted in one step.
        workers
            How many processes convert side by side.
        """
        return go_on(at, chunk, workers, retry=True)

    @app.command
    def cancel(*, at: At) -> int:
        """Cancel the live switch: what was converted stays converted, the rest stays leads."""
        with Bar(console) as bar:
            report = cancel_store(at.place, Going(show=bar.show, every_lead=at.json))
        return end(report, at.json)

    @app.command
    def status(*, at: At) -> int:
        """Show the mode of the CRM, and how its live switch stands."""
        return end(status_of_store(at.place), at.json)

    @app.command(name="to-classic")
    def back(*, at: At) -> int:
        """Go from Simple back to Classic."""
        return end(to_classic(at.place), at.json)


def _add_roles(app: App, end: End) -> None:
    role = App(name="role", help="Give, take and list roles.")
    app.command(role)

    @role.command
    def grant(to: int, role: str, /, *more: str, at: At) -> int:
        """Give an actor roles: administrator, manager, or one that was defined.

        Parameters
        ----------
        to
            The id of the user who gets them.
        role
            The name of a role.
        more
            Names of further roles.
        """
        return end(grant_roles(at.place, to, (role, *more)), at.json)

    @role.command
    def revoke(of: int, /, *roles: str, at: At) -> int:
        """Take roles of an actor away, all of them where none is named.

        Parameters
        ----------
        of
            The id of the user who loses them.
        roles
            Names of roles.
        """
        return end(revoke_roles(at.place, of, roles), at.json)

    @role.command(name="list")
    def list_(*, at: At) -> int:
        """Show who has which roles."""
        return end(list_roles(at.place), at.json)


def _add_set_up(app: App, end: End) -> None:
    plan = App(name="plan", help="Set or show what the plan allows.")
    db = App(name="db", help="Care for the tables.")
    app.command(plan)
    app.command(db)

    @plan.command(name="set")
    def set_(classic: Literal["with-classic", "without-classic"], /, *, at: At) -> int:
        """Say whether the plan has Classic.

        Parameters
        ----------
        classic
            What the company's plan is.
        """
        return end(set_plan(at.place, classic=classic == "with-classic"), at.json)

    @plan.command
    def show(*, at: At) -> int:
        """Show whether the plan has Classic."""
        return end(show_plan(at.place), at.json)

    @app.command
    def settings(
        *,
        match: Literal["none", "email"] | None = None,
        repeat_inquiry: Literal["new_deal", "attach"] | None = None,
        at: At,
    ) -> int:
        """Change settings of the CRM, or show them.

        Parameters
        ----------
        match
            Whether a lead is given to a client that has its e-mail already.
        repeat_inquiry
            What an inquiry of a known client becomes in Simple.
        """
        chosen = (
            None if match is None else MatchSetting(match),
            None if repeat_inquiry is None else RepeatInquiry(repeat_inquiry),
        )
        return end(set_settings(at.place, *chosen), at.json)

    @db.command
    def upgrade(*, at: At) -> int:
        """Make the tables, or bring them up to this version."""
        return end(upgrade_tables(at.place), at.json)
