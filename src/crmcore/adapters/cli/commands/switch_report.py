"""The report of a store's switch: the mode, the numbers, and what became of each lead."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from math import ceil

from attrs import evolve, frozen

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.work.documents import LeadRow, ModeChange, Switch, TableSwitch
from crmcore.adapters.cli.work.endings import outcome_row, refused_report, switch_report
from crmcore.adapters.cli.work.result_rows import FIRST, rows_of_result
from crmcore.adapters.cli.work.session import Desk
from crmcore.application.pace import Progress
from crmcore.application.pages import outcomes_of, pages
from crmcore.domain.model.errors import StoreError
from crmcore.domain.model.ids import Epoch, Kind, LeadId
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.commands import CHUNK
from crmcore.domain.protocol.results import SwitchReport
from crmcore.domain.protocol.snapshot import Query

__all__ = ["Going", "best_known", "numbers_of", "rows_of", "standing", "with_mode"]


@frozen(kw_only=True, repr=False, eq=False)
class Going(Discreet):
    """How to go through the leads, and whether the report is to name each of them."""

    show: Show
    chunk: int = CHUNK
    workers: int = 1
    pace: int | None = None
    every_lead: bool = False

    @property
    def options(self) -> list[str]:
        """How it was asked for on the command line, where not as usual."""
        given = (("--chunk", self.chunk, CHUNK), ("--workers", self.workers, 1), ("--pace", self.pace, None))
        return [word for option, value, usual in given if value != usual for word in (option, str(value))]

    def told(self, progress: Progress) -> None:
        """Show how far the conversion is, how fast it goes and how long the rest takes."""
        what = "Converting"
        if progress.leads_a_second is not None and progress.seconds_left is not None:
            left = timedelta(seconds=ceil(progress.seconds_left))
            what = f"{what}, {progress.leads_a_second:,.0f} leads a second, {left} left"
        self.show(what, progress.ended, progress.leads)


def with_mode(desk: Desk, report: Switch) -> Switch:
    """The report with what is known about the CRM before the command acts."""
    settings = desk.crm.settings()
    return evolve(
        report,
        match=settings.match_in_force,
        mode=ModeChange(before=settings.mode, after=settings.mode),
        state=desk.crm.mode(),
    )


def standing(desk: Desk, report: Switch, token: SwitchToken, going: Going) -> Switch:
    """The switch of a token as it stands, with what became of its leads."""
    going.show("Reporting", 0, None)
    done = desk.crm.switch_report(token)
    if isinstance(done, Refused):
        return refused_report(report, done)
    told = numbers_of(desk, report, done, rows_of(desk, done, most=None if going.every_lead else 0))
    return TableSwitch.of(told, islice(rows_of_result(desk.store, done), FIRST))


def numbers_of(desk: Desk, report: Switch, done: SwitchReport, rows: Iterable[LeadRow]) -> Switch:
    """The numbers of a switch among those of the CRM as it is now, with these rows of its leads."""
    mode = desk.crm.settings().mode
    told = switch_report(report, done, mode, desk.count(Kind.LEAD) - _active_since(desk, done), rows)
    return evolve(told, began_at=done.began_at, ended_at=done.ended_at)


def _active_since(desk: Desk, done: SwitchReport) -> int:
    """How many active leads were added after the switch ended, that is, after a return to Classic."""
    backlog = desk.store.snapshot(Query(backlog=True)).backlog
    return backlog.active if done.result == "switched" and backlog is not None else 0


def best_known(desk: Desk, report: Switch, token: SwitchToken, going: Going) -> Switch:
    """The same after a failure: read again or, if nothing can be read, only the key of the switch."""
    try:
        return standing(desk, report, token, going)
    except StoreError:
        return evolve(report, switch=token)


def rows_of(desk: Desk, done: SwitchReport, *, most: int | None) -> Iterator[LeadRow]:
    """What became of the leads of a switch, in order; after the first `most`, only those set aside."""
    assert done.token is not None  # it was read by its token
    epoch, last = done.token.epoch, 0
    for row in islice(_outcomes(desk, epoch, LeadId(0)), most):
        last = row.id
        yield row
    if most is not None:
        for lead_id in done.set_aside:
            if lead_id > last:
                yield from islice(_outcomes(desk, epoch, LeadId(lead_id - 1)), 1)


def _outcomes(desk: Desk, epoch: Epoch, after: LeadId) -> Iterator[LeadRow]:
    """Outcomes with their ledger rows, both in the order of their leads."""
    rows = (entry for page in pages(desk.store, Kind.LEDGER, after=after) for entry in page)
    row = next(rows, None)
    for lead_id, outcome in outcomes_of(desk.store, epoch, after):
        while row is not None and row.id < lead_id:
            row = next(rows, None)
        yield outcome_row(lead_id, outcome, row.record if row is not None and row.id == lead_id else None)
