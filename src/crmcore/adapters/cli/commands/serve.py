"""`crmcore serve`: the page on which people choose the CRM mode, on this machine, until Ctrl-C."""

import sys
from collections.abc import Callable
from contextlib import suppress

from attrs import frozen
from cyclopts import App

from crmcore.adapters.bitrix24_csv import read_activities, read_leads
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.documents import Link, Serve
from crmcore.adapters.cli.work.endings import bad_call, bad_value, done_report
from crmcore.adapters.cli.work.options import NO_OPTIONS, Options
from crmcore.adapters.cli.work.session import Desk, Place, carried_out, on_store
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER, RoleTable
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.text import Discreet, check_id
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.sample import activities_file, leads_file

__all__ = ["Wanted", "add_serve", "serve_crm", "serve_sample", "serve_store"]

#: The people of the sample.
_BOSS, _READER = 1, 2


def add_serve(app: App, terminal: Terminal) -> None:
    """Add `serve`."""

    @app.command
    def serve(*, port: int = 0, language: str = "it", reader: int = _READER, at: Options = NO_OPTIONS) -> int:
        """Serve the page of the CRM mode on this machine, until Ctrl-C; without --store, that of a sample in memory.

        For example:
          crmcore serve
          crmcore serve --store crm.db

        Parameters
        ----------
        port
            The port to listen on; 0 takes a free one.
        language
            The language of the page: it or en.
        reader
            The id of a second user who gets a link, such as one without the settings right.
        """

        wrong = at.without_store("--portal", "--schema") if at.store is None else None
        if wrong is not None:
            return terminal.end(bad_call(Serve(), *wrong), as_json=at.json)
        actor = _BOSS if at.actor is None else at.actor
        try:
            check_id("actor", actor)
            check_id("reader", reader)
        except InvalidValue as error:
            return terminal.end(bad_value(Serve(), error), as_json=at.json)
        wanted = Wanted(port=port, language=language, actor=UserId(actor), reader=UserId(reader))

        def show(report: Serve) -> None:
            terminal.end(report, as_json=at.json)
            sys.stdout.flush()  # whoever reads a pipe needs the links now

        ended = serve_store(at.place, wanted, show) if at.place is not None else serve_sample(wanted, show)
        return 0 if ended is None else terminal.end(ended, as_json=at.json)


@frozen(kw_only=True, repr=False, eq=False)
class Wanted(Discreet):
    """What is asked for besides the CRM."""

    port: int
    language: str
    actor: UserId
    reader: UserId


def serve_store(place: Place, wanted: Wanted, show: Callable[[Serve], None]) -> Serve | None:
    """Serve the page of a store's CRM; the report of what went wrong, or `None` after a Ctrl-C."""

    def work(desk: Desk, report: Serve) -> Serve:
        return serve_crm(desk.crm, wanted, report, show)

    return _unless_done(on_store(Serve(), place, work))


def serve_sample(wanted: Wanted, show: Callable[[Serve], None]) -> Serve | None:
    """Serve the page of the CRM of the sample, which is gone afterwards."""
    return _unless_done(carried_out(Serve(), lambda: serve_crm(_sample(wanted), wanted, Serve(), show)))


def _sample(wanted: Wanted) -> Crm:
    roles = RoleTable({wanted.reader: [MANAGER], wanted.actor: [ADMINISTRATOR]})
    crm = Crm(store=InMemoryStore.classic(), permissions=roles, plan=FixedPlan(), clock=SystemClock())
    leads = read_leads(leads_file())
    activities = read_activities(activities_file(), frozenset(lead.id for lead in leads.leads))
    crm.import_records(wanted.actor, ImportRecords(leads=leads.leads, activities=activities.activities))
    return crm


def serve_crm(crm: Crm, wanted: Wanted, report: Serve, show: Callable[[Serve], None]) -> Serve:
    """Serve the page until Ctrl-C, and show where it is."""
    from crmcore.adapters.page import serve

    try:
        with serve(crm, port=wanted.port, language=wanted.language) as server:
            links = [Link(actor=person, url=server.link(person)) for person in (wanted.actor, wanted.reader)]
            report = done_report(report, url=server.url, links=tuple(links))
            show(report)
            with suppress(KeyboardInterrupt):
                server.wait()
    except OSError as error:
        return bad_call(report, f"expected a free port: {error.strerror}", "--port")
    return report


def _unless_done(report: Serve) -> Serve | None:
    return None if report.result is Result.DONE else report
