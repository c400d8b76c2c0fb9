"""`crmcore status`: the mode of a store's CRM, how its live switch stands or its last one ended, and staged imports."""

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.commands.switch_report import numbers_of, rows_of, with_mode
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import DIGITS, IMPORT_KEY, Records, StagedFiles, Switch
from crmcore.adapters.cli.work.endings import idle_report, refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, at_desk
from crmcore.application.imports import StagedImport, staged_imports
from crmcore.domain.model.outcomes import Reason, Refused

__all__ = ["add_status"]


@at_desk(Switch)
def status_of_store(desk: Desk, report: Switch) -> Switch:
    """Report the live switch, or else the last one; of its leads, list only those that were set aside.

    Imports that are staged are listed beside it, whoever may see the switch.
    """
    report = with_mode(desk, report)
    done = desk.crm.switch_status(desk.actor)
    idle = isinstance(done, Refused) and done.reason is Reason.NOT_SWITCHING
    found = desk.crm.last_switch(desk.actor) if idle else done
    if isinstance(found, Refused):
        return refused_report(report, found)
    report = evolve(report, staged=tuple(map(_files_of, staged_imports(desk.store))))
    if found is None:
        return idle_report(report)
    told = numbers_of(desk, report, found, rows_of(desk, found, most=0))
    return idle_report(evolve(told, ended_before=True)) if idle else told


def _files_of(staged: StagedImport) -> StagedFiles:
    key, since, brought = staged
    ours = key.removeprefix(IMPORT_KEY)
    return StagedFiles(
        key=key,
        file=None if ours == key else ours[:DIGITS],
        since=since,
        records=None if brought is None else Records.of(brought),
    )


def add_status(app: App, terminal: Terminal) -> None:
    """Add `status`."""

    @app.command
    def status(*, at: StoreOptions) -> int:
        """Show the mode of the CRM, and the progress of its live switch, or how the last one ended.

        Imports that were killed are listed beside it.

        For example:
          crmcore status --store crm.db
          crmcore status --store crm.db --json
        """
        return terminal.end(status_of_store(at.place), as_json=at.json)
