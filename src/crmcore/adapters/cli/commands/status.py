"""`crmcore status`: the mode of a store's CRM, and how its live switch stands or its last one ended."""

from attrs import evolve

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.commands.switch_report import numbers_of, rows_of, with_mode
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.endings import idle_report, refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, on_store
from crmcore.domain.model.outcomes import Reason, Refused

try:
    from cyclopts import App
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["add_status"]


def status_of_store(place: Place) -> Switch:
    """Report the live switch, or else the last one; of its leads, list only those that were set aside."""

    def work(desk: Desk, report: Switch) -> Switch:
        report = with_mode(desk, report)
        done = desk.crm.switch_status(desk.actor)
        idle = isinstance(done, Refused) and done.reason is Reason.NOT_SWITCHING
        found = desk.crm.last_switch(desk.actor) if idle else done
        if found is None:
            return idle_report(report)
        if isinstance(found, Refused):
            return refused_report(report, found)
        told = numbers_of(desk, report, found, rows_of(desk, found, most=0))
        return idle_report(evolve(told, ended_before=True)) if idle else told

    return on_store(Switch(), place, work)


def add_status(app: App, terminal: Terminal) -> None:
    """Add `status`."""

    @app.command
    def status(*, at: StoreOptions) -> int:
        """Show the mode of the CRM, and the progress of its live switch, or how the last one ended.

        For example:
          crmcore status --store crm.db
          crmcore status --store crm.db --json
        """
        return terminal.end(status_of_store(at.place), as_json=at.json)
