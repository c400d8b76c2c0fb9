"""Setting up a CRM: `init`, `plan`, `settings`, `to-classic` and `db`."""

from typing import Literal

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.commands import family
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Db, Init, ModeChange, Plan, SettingsNow, ToClassic, VersionChange
from crmcore.adapters.cli.work.endings import done_report, no_change_report, refused_report
from crmcore.adapters.cli.work.options import DatabaseOptions, StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, at_desk, carried_out
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode, RepeatInquiry
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.results import NoChange
from crmcore.domain.rules.authority import ADMINISTRATOR

__all__ = ["add_setup"]


@at_desk(Plan)
def set_plan(desk: Desk, report: Plan, *, classic: bool) -> Plan:
    """Set whether the plan includes Classic mode."""
    refused = desk.store.plan.set_classic(classic, by=desk.actor)
    return refused_report(report, refused) if refused is not None else done_report(report, classic=classic)


@at_desk(Plan)
def show_plan(desk: Desk, report: Plan) -> Plan:
    """Show whether the plan includes Classic mode."""
    return done_report(report, classic=desk.store.plan.has_classic())


@at_desk(SettingsNow)
def set_settings(
    desk: Desk, report: SettingsNow, match: MatchSetting | None, repeat_inquiry: RepeatInquiry | None
) -> SettingsNow:
    """Change how clients are matched, or what a repeat inquiry becomes."""
    done = desk.crm.change_settings(desk.actor, match=match, repeat_inquiry=repeat_inquiry)
    if isinstance(done, Refused):
        return refused_report(report, done)
    return done_report(report, match=done.match, repeat_inquiry=done.repeat_inquiry)


@at_desk(ToClassic)
def to_classic(desk: Desk, report: ToClassic) -> ToClassic:
    """Switch from Simple back to Classic."""
    before = desk.crm.settings().mode
    report = evolve(report, mode=ModeChange(before=before, after=before))
    done = desk.crm.switch_to_classic(desk.actor)
    if isinstance(done, Refused):
        return refused_report(report, done)
    if isinstance(done, NoChange):
        return no_change_report(report)
    return done_report(report, mode=ModeChange(before=before, after=CrmMode.CLASSIC))


def upgrade_tables(place: Place) -> Db:
    """Create the tables, or upgrade them to this version."""

    def work() -> Db:
        from crmcore.adapters.sql import upgrade

        before, after = upgrade(place.url, schema=place.schema)
        report = Db(schema=VersionChange(before=before, after=after))
        return done_report(report) if before != after else no_change_report(report)

    return carried_out(Db(), work)


def init_store(place: Place, mode: CrmMode) -> Init:
    """Create a CRM, with the actor as its administrator; create the tables if the database has none."""
    report = Init(portal=place.portal)

    def work() -> Init:
        from crmcore.adapters.sql import create_portal

        check_id("actor", place.actor)
        actor = UserId(place.actor)
        image, roles = new_crm(mode), {actor: [ADMINISTRATOR]}
        with create_portal(place.url, portal=place.portal, image=image, schema=place.schema, roles=roles):
            return done_report(report, mode=mode, administrator=place.actor)

    return carried_out(report, work)


def add_setup(app: App, terminal: Terminal) -> None:
    """Add `init`, `plan`, `settings`, `to-classic` and `db`."""

    @app.command
    def init(*, mode: Literal["classic", "simple"] = "simple", at: StoreOptions) -> int:
        """Create a CRM in a database, with the actor as its administrator.

        For example:
          crmcore init --store crm.db --mode classic

        Parameters
        ----------
        mode
            With leads (classic) or without (simple).
        """
        return terminal.end(init_store(at.place, CrmMode[mode.upper()]), as_json=at.json)

    @app.command(name="to-classic")
    def back(*, at: StoreOptions) -> int:
        """Switch from Simple back to Classic.

        For example:
          crmcore to-classic --store crm.db
        """
        return terminal.end(to_classic(at.place), as_json=at.json)

    plan = family(app, "plan", "Set or show the company's plan.", "show", "set without-classic")
    db = family(app, "db", "Manage the tables.", "upgrade")

    @plan.command(name="set")
    def set_(classic: Literal["with-classic", "without-classic"], /, *, at: StoreOptions) -> int:
        """Set whether the plan includes Classic mode.

        Parameters
        ----------
        classic
            Whether the company's plan includes Classic mode.
        """
        return terminal.end(set_plan(at.place, classic=classic == "with-classic"), as_json=at.json)

    @plan.command
    def show(*, at: StoreOptions) -> int:
        """Show whether the plan includes Classic mode."""
        return terminal.end(show_plan(at.place), as_json=at.json)

    @app.command
    def settings(
        *,
        match: Literal["none", "email"] | None = None,
        repeat_inquiry: Literal["new_deal", "attach"] | None = None,
        at: StoreOptions,
    ) -> int:
        """Change the settings of the CRM, or show them.

        For example:
          crmcore settings --store crm.db
          crmcore settings --store crm.db --match email

        Parameters
        ----------
        match
            Whether a lead is linked to an existing client with the same e-mail.
        repeat_inquiry
            What an inquiry from a known client becomes in Simple mode.
        """
        chosen = (
            None if match is None else MatchSetting(match),
            None if repeat_inquiry is None else RepeatInquiry(repeat_inquiry),
        )
        return terminal.end(set_settings(at.place, *chosen), as_json=at.json)

    @db.command
    def upgrade(*, at: DatabaseOptions) -> int:
        """Create the tables, or upgrade them to this version."""
        return terminal.end(upgrade_tables(at.place), as_json=at.json)
