"""The switch on a store: begin or join, go on, retry, cancel, and how it stands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from attrs import frozen

from crmcore.adapters.cli.commands.processes import convert_side_by_side
from crmcore.adapters.cli.terminal.interrupts import Stopped, Stopping
from crmcore.adapters.cli.work.documents import (
    idle_report,
    no_change_report,
    outcome_row,
    preview_report,
    refused_report,
    store_failed,
    switch_report,
)
from crmcore.adapters.cli.work.session import Desk, Place, on_store
from crmcore.adapters.cli.work.shapes import Json, blank_switch
from crmcore.domain.commands import CHUNK
from crmcore.domain.errors import StoreError
from crmcore.domain.ids import Epoch, Kind, LeadId, Ref
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.outcomes import Reason, Refused
from crmcore.domain.policy import ModeSwitchPolicy
from crmcore.domain.results import NoChange, SwitchDone, SwitchReport, Totals
from crmcore.domain.snapshot import Query
from crmcore.domain.text import check_id
from crmcore.paging import pages

__all__ = ["Going", "cancel_store", "go_on_store", "status_of_store", "switch_store"]

#: Told what is being done, how much of it is done, and how much there is.
Show = Callable[[str, int, int | None], None]

#: How many leads a report for people looks at; a document has all of them.
_SOME = 1000

#: How often a switch that somebody else began in the same moment is joined.
_TRIES = 3


@frozen(kw_only=True)
class Going:
    """How to go through the leads, and whether the report is to name each of them."""

    show: Show
    chunk: int = CHUNK
    workers: int = 1
    every_lead: bool = False

    @property
    def options(self) -> list[str]:
        """How it was asked for on the command line, where not as usual."""
        given = (("--chunk", self.chunk, CHUNK), ("--workers", self.workers, 1))
        return [word for option, value, usual in given if value != usual for word in (option, str(value))]


def switch_store(place: Place, policy: ModeSwitchPolicy, key: str | None, going: Going, *, preview: bool) -> Json:
    """Switch the CRM of a store to Simple, or preview it; without a key a live switch of the same policy is joined."""

    def work(desk: Desk) -> Json:
        report = _with_mode(desk, blank_switch(policy))
        if preview:
            going.show("Planning", 0, None)
            plan = desk.crm.preview_switch(desk.actor, policy)
            if isinstance(plan, NoChange):
                return no_change_report(report)
            if isinstance(plan, Refused):
                return refused_report(report, plan)
            return preview_report(report, plan, desk.count(Kind.LEAD))
        begun = _begin(desk, policy, key)
        if isinstance(begun, Refused):
            return refused_report(report, begun)
        if isinstance(begun, NoChange):
            return no_change_report(report)
        if isinstance(begun, SwitchDone):
            token = SwitchToken(begun.switch.key, begun.switch.epoch)
            return _ended(token, {**_standing(desk, report, token, going), "ended_before": True})
        return _go_on(desk, report, begun, going)

    return on_store(blank_switch(policy), place, work)


def _begin(desk: Desk, policy: ModeSwitchPolicy, key: str | None) -> SwitchToken | SwitchDone | NoChange | Refused:
    if key is not None:
        return desk.crm.begin_switch(desk.actor, key=key, policy=policy)
    begun: SwitchToken | SwitchDone | NoChange | Refused = Refused(Reason.SWITCH_IN_PROGRESS)
    for _ in range(_TRIES):
        live = desk.crm.settings().switching
        joined = live is not None and live.terms.are_of(policy)
        name = live.key if live is not None and joined else f"cli-{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
        begun = desk.crm.begin_switch(desk.actor, key=name, policy=policy)
        if not isinstance(begun, Refused) or begun.reason is not Reason.SWITCH_IN_PROGRESS or live is not None:
            break
    return begun


def go_on_store(place: Place, going: Going, *, retry: bool = False) -> Json:
    """Go on with the live switch; `retry` first lifts the marks of the leads that were set aside."""

    def work(desk: Desk) -> Json:
        check_id("size", going.chunk)  # before a mark is lifted
        check_id("workers", going.workers)
        report = _with_mode(desk, blank_switch())
        token = desk.crm.retry_switch(desk.actor) if retry else desk.crm.resume_switch(desk.actor)
        return refused_report(report, token) if isinstance(token, Refused) else _go_on(desk, report, token, going)

    return on_store(blank_switch(), place, work)


def _go_on(desk: Desk, report: Json, token: SwitchToken, going: Going) -> Json:
    """Convert and report; where it does not come to its end, the report still says how far the switch came."""
    try:
        with Stopping() as stopping:
            came = _convert_all(desk, token, going, stopping)
    except StoreError as error:
        return store_failed(_best_known(desk, report, token, going), error)
    if came == "stopped":
        totals = desk.crm.switch_report(token).totals
        total = totals.at_begin + totals.added
        raise Stopped(
            f"stopped after a whole chunk: {total - totals.remaining} of {total} leads are done\n"
            f"go on with: {desk.place.line('resume', *going.options)}"
        )
    report = _standing(desk, report, token, going)
    return refused_report(report, came) if isinstance(came, Refused) else _ended(token, report)


def _ended(token: SwitchToken, report: Json) -> Json:
    """The report of a switch at its end: one that was cancelled, meanwhile or before, is not what was asked for."""
    if report["result"] == "cancelled":
        return refused_report(report, Refused(Reason.STALE_SWITCH, Ref(Kind.SWITCH, token.key)))
    return report


class _AskedToStopError(Exception):
    """Raised between two chunks, where somebody has pressed Ctrl-C."""


def _convert_all(
    desk: Desk, token: SwitchToken, going: Going, stopping: Stopping
) -> SwitchReport | Refused | Literal["stopped"]:
    """Convert chunk after chunk and finish, in one process or several, unless it is asked to stop."""

    def told(totals: Totals) -> None:
        whole = totals.at_begin + totals.added
        going.show("Converting", whole - totals.remaining, whole)
        if stopping.asked:
            raise _AskedToStopError

    try:
        told(desk.crm.switch_report(token).totals)
        if going.workers == 1:
            return desk.crm.run_switch(token, chunk=going.chunk, on_progress=told)
        return convert_side_by_side(desk.place, token, workers=going.workers, chunk=going.chunk, on_progress=told)
    except _AskedToStopError:
        return "stopped"


def cancel_store(place: Place, going: Going) -> Json:
    """Cancel the live switch; what was converted stays converted."""

    def work(desk: Desk) -> Json:
        report = _with_mode(desk, blank_switch())
        done = desk.crm.cancel_switch(desk.actor)
        if isinstance(done, Refused):
            return refused_report(report, done)
        return _standing(desk, report, SwitchToken(done.switch.key, done.switch.epoch), going)

    return on_store(blank_switch(), place, work)


def status_of_store(place: Place) -> Json:
    """How the live switch stands; of its leads only those that were set aside are listed."""

    def work(desk: Desk) -> Json:
        report = _with_mode(desk, blank_switch())
        done = desk.crm.switch_status(desk.actor)
        if isinstance(done, SwitchReport):
            rows = _rows(desk, done, most=0)
            return switch_report(report, done, report["mode"]["after"], desk.count(Kind.LEAD), rows)
        if done.reason is Reason.NOT_SWITCHING:
            return idle_report(report)
        return refused_report(report, done)

    return on_store(blank_switch(), place, work)


def _with_mode(desk: Desk, report: Json) -> Json:
    settings = desk.crm.settings()
    mode = settings.mode.name.lower()
    return {
        **report,
        "portal": desk.place.portal,
        "match": settings.match_in_force.value,
        "mode": {"before": mode, "after": mode},
        "state": desk.crm.mode().value,
    }


def _standing(desk: Desk, report: Json, token: SwitchToken, going: Going) -> Json:
    """The switch of a token as it stands, with what became of its leads."""
    going.show("Reporting", 0, None)
    done = desk.crm.switch_report(token)
    mode = desk.crm.settings().mode.name.lower()
    rows = _rows(desk, done, most=None if going.every_lead else _SOME)
    return switch_report(report, done, mode, desk.count(Kind.LEAD) - _active_since(desk, done), rows)


def _active_since(desk: Desk, done: SwitchReport) -> int:
    """How many leads are active that came after the end of a switch: after the way back to Classic."""
    backlog = desk.store.snapshot(Query(backlog=True)).backlog
    return backlog.active if done.result == "switched" and backlog is not None else 0


def _best_known(desk: Desk, report: Json, token: SwitchToken, going: Going) -> Json:
    """The same after a failure: read again, or, where nothing can be read any more, the name of the switch alone."""
    try:
        return _standing(desk, report, token, going)
    except StoreError:
        return {**report, "switch": {"key": token.key, "epoch": token.epoch}}


def _rows(desk: Desk, done: SwitchReport, *, most: int | None) -> Iterator[Json]:
    """What became of the leads of a switch, in order; of more than the first few only those set aside."""
    assert done.token is not None  # it was read by its token
    epoch, last = done.token.epoch, 0
    for row in islice(_outcomes(desk, epoch, LeadId(0)), most):
        last = row["id"]
        yield row
    if most is not None:
        for lead_id in done.set_aside:
            if lead_id > last:
                yield from islice(_outcomes(desk, epoch, LeadId(lead_id - 1)), 1)


def _outcomes(desk: Desk, epoch: Epoch, after: LeadId) -> Iterator[Json]:
    """Outcomes with their ledger rows, both in the order of their leads."""
    rows = (entry for page in pages(desk.store, Kind.LEDGER, after=after) for entry in page)
    row = next(rows, None)
    for page in pages(desk.store, Kind.OUTCOME, after=(epoch, after)):
        for entry in page:
            of, lead_id = entry.id
            if of != epoch:
                return
            while row is not None and row.id < lead_id:
                row = next(rows, None)
            yield outcome_row(lead_id, entry.record, row.record if row is not None and row.id == lead_id else None)
