"""`crmcore status`: the mode of a store's CRM, and the progress of its live switch."""

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.commands.switch_report import rows_of, with_mode
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.endings import idle_report, refused_report, switch_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, on_store
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.protocol.results import SwitchReport

try:
    from cyclopts import App
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["add_status"]


def status_of_store(place: Place) -> Switch:
    """Report the progress of the live switch; of its leads, list only those that were set aside."""

    def work(desk: Desk, report: Switch) -> Switch:
        report = with_mode(desk, report)
        done = desk.crm.switch_status(desk.actor)
        if isinstance(done, SwitchReport):
            mode = report.mode.after
            assert mode is not None  # it has just been read
            rows = rows_of(desk, done, most=0)
            return switch_report(report, done, mode, desk.count(Kind.LEAD), rows)
        if done.reason is Reason.NOT_SWITCHING:
            return idle_report(report)
        return refused_report(report, done)

    return on_store(Switch(), place, work)


def add_status(app: App, terminal: Terminal) -> None:
    """Add `status`."""

    @app.command
    def status(*, at: StoreOptions) -> int:
        """Show the mode of the CRM, and the progress of its live switch."""
        return terminal.end(status_of_store(at.place), as_json=at.json)
