"""`crmcore cancel`: cancel the live switch of a store."""

from cyclopts import App

from crmcore.adapters.cli.commands.switch_report import Going, standing, with_mode
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.endings import refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, at_desk
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_cancel"]


@at_desk(Switch)
def cancel_store(desk: Desk, report: Switch, going: Going) -> Switch:
    """Cancel the live switch; converted leads stay converted."""
    report = with_mode(desk, report)
    done = desk.crm.cancel_switch(desk.actor)
    if isinstance(done, Refused):
        return refused_report(report, done)
    return standing(desk, report, SwitchToken(done.switch.key, done.switch.epoch), going)


def add_cancel(app: App, terminal: Terminal) -> None:
    """Add `cancel`."""

    @app.command
    def cancel(*, at: StoreOptions) -> int:
        """Cancel the live switch: converted leads stay converted, the others stay leads.

        For example:
          crmcore cancel --store crm.db
        """
        with terminal.bar() as bar:
            report = cancel_store(at.place, Going(show=bar.show, every_lead=at.json))
        return terminal.end(report, as_json=at.json)
