"""`crmcore result` and `crmcore switches`: what became of each lead of a switch of a store, and which there were."""

from pathlib import Path

from cyclopts import App

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Switches, SwitchResult, SwitchRow
from crmcore.adapters.cli.work.endings import bad_input, done_report, idle_report, numbers, refused_report, store_failed
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.result_rows import rows_of_result
from crmcore.adapters.cli.work.session import Desk, Place, at_desk, on_store
from crmcore.adapters.cli.work.sheets import in_the_way_of_sheet, written
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.ledger import SwitchRecord
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_result"]


def result_of_store(place: Place, key: str | None, out: Path | None, show: Show, *, every_lead: bool) -> SwitchResult:
    """What became of each lead of the switch with this key, or of the last one."""

    def work(desk: Desk, report: SwitchResult) -> SwitchResult:
        crm = desk.crm
        done = crm.last_switch(desk.actor) if key is None else crm.switch_named(desk.actor, key)
        if isinstance(done, Refused):
            return refused_report(report, done)
        if done is None or done.token is None or done.terms is None:
            return idle_report(report)
        show("Reporting", 0, None)
        try:
            tally = written(rows_of_result(desk.store, done), out, every=every_lead)
        except OSError as error:
            return store_failed(report, error)
        return done_report(
            report,
            switch=done.token,
            policy=done.terms.policy,
            match=done.terms.match,
            ended={"switched": "finished", "cancelled": "cancelled"}.get(done.result),
            began_at=done.began_at,
            ended_at=done.ended_at,
            **numbers(done.totals, desk.count(Kind.LEAD)),
            groups=tally.groups,
            leads=tuple(tally.kept),
            files=() if out is None else (out.name,),
            folder=None if out is None else str(out.parent),
        )

    obstacles = [] if out is None else in_the_way_of_sheet(out, "--out")
    return bad_input(SwitchResult(), obstacles) if obstacles else on_store(SwitchResult(), place, work)


@at_desk(Switches)
def switches_of_store(desk: Desk, report: Switches) -> Switches:
    """All switches, the newest first."""
    found: list[SwitchRow] = []
    after: int | None = None
    while True:
        page = desk.crm.switch_page(desk.actor, after=after)
        if isinstance(page, Refused):
            return refused_report(report, page)
        found += map(_row, page.records)
        if page.after is None:
            return done_report(report, switches=tuple(found))
        after = page.after


def _row(switch: SwitchRecord) -> SwitchRow:
    return SwitchRow(
        key=switch.key,
        epoch=switch.epoch,
        ended=switch.ended,
        at_begin=switch.at_begin,
        began_at=switch.began_at,
        ended_at=switch.ended_at,
        policy=switch.terms.policy,
        match=switch.terms.match,
    )


def add_result(app: App, terminal: Terminal) -> None:
    """Add `result` and `switches`."""

    @app.command
    def result(key: str | None = None, /, *, out: Path | None = None, at: StoreOptions) -> int:
        """Show what became of each lead of a switch: deal, client, amount, and what is not carried over.

        For example:
          crmcore result --store crm.db
          crmcore result --store crm.db --out result.csv

        Parameters
        ----------
        key
            The key of the switch, as `crmcore switches` lists it. Default: the last one.
        out
            Write a row for each lead to this .csv or .xlsx file.
        """
        with terminal.bar() as bar:
            report = result_of_store(at.place, key, out, bar.show, every_lead=at.json)
        return terminal.end(report, as_json=at.json)

    @app.command
    def switches(*, at: StoreOptions) -> int:
        """List the switches, the newest first, with the key and the options of each.

        For example:
          crmcore switches --store crm.db
        """
        return terminal.end(switches_of_store(at.place), as_json=at.json)
