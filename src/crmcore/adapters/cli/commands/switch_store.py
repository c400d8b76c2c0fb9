"""The switch on a store: begin or join, and convert to the end."""

from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve

from crmcore.adapters.cli.commands.catalogues import pipeline_name, pipeline_named
from crmcore.adapters.cli.commands.processes import check_workers, convert_side_by_side
from crmcore.adapters.cli.commands.switch_report import Going, best_known, standing, with_mode
from crmcore.adapters.cli.terminal.interrupts import Stopped, Stopping
from crmcore.adapters.cli.work import endings
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.documents import Switch
from crmcore.adapters.cli.work.session import Desk, Place, at_desk, on_store
from crmcore.adapters.cli.work.sheets import planned
from crmcore.application.collector import collector_waits
from crmcore.application.pace import check_pace
from crmcore.domain.model.errors import StoreError
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.results import NoChange, SwitchDone, SwitchReport

__all__ = ["go_on_store", "switch_store"]

#: How often to try to join a switch that another process began at the same moment.
_TRIES = 3


def switch_store(
    place: Place,
    asked: ModeSwitchPolicy,
    key: str | None,
    going: Going,
    *,
    preview: bool,
    pipeline: str | None = None,
    plan_file: Path | None = None,
) -> Switch:
    """Switch the CRM of a store to Simple, or preview it; without a key, join a live switch of the same policy.

    `pipeline` names the pipeline, where `asked` has no id of one; the whole plan goes to `plan_file`.
    """

    def work(desk: Desk, report: Switch) -> Switch:
        policy = asked
        if pipeline is not None:
            named = pipeline_named(desk.crm, pipeline)
            if isinstance(named, str):
                return endings.bad_call(report, named, "--pipeline")
            policy = evolve(asked, pipeline_id=named)
            report = evolve(report, policy=endings.named_policy(policy))
        report = evolve(with_mode(desk, report), pipeline=pipeline_name(desk.crm, policy.pipeline))
        if preview:
            going.show("Planning", 0, None)
            plan = desk.crm.preview_switch(desk.actor, policy)
            if isinstance(plan, NoChange):
                return endings.no_change_report(report)
            if isinstance(plan, Refused):
                return endings.refused_report(report, plan)
            told = endings.preview_report(report, plan, desk.count(Kind.LEAD), every_lead=going.every_lead)
            return planned(told, desk.store, plan, plan_file)
        begun = _begin(desk, policy, key)
        if isinstance(begun, Refused):
            return endings.refused_report(report, begun)
        if isinstance(begun, NoChange):
            return endings.no_change_report(report)
        if isinstance(begun, SwitchDone):
            token = SwitchToken(begun.switch.key, begun.switch.epoch)
            return _ended(token, evolve(standing(desk, report, token, going), ended_before=True))
        return _go_on(desk, report, begun, going)

    return on_store(endings.switch_of(asked), place, work)


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


@at_desk(Switch)
def go_on_store(desk: Desk, report: Switch, going: Going, *, retry: bool = False) -> Switch:
    """Resume the live switch; `retry` first removes the marks of the leads that were set aside."""
    check_id("size", going.chunk)  # before a mark is lifted
    check_workers(going.workers)
    check_pace(going.pace)
    report = with_mode(desk, report)
    token = desk.crm.retry_switch(desk.actor) if retry else desk.crm.resume_switch(desk.actor)
    return endings.refused_report(report, token) if isinstance(token, Refused) else _go_on(desk, report, token, going)


def _go_on(desk: Desk, report: Switch, token: SwitchToken, going: Going) -> Switch:
    """Convert and report; if the switch does not finish, the report still shows how far it came."""
    try:
        with Stopping() as stopping:
            came = _convert_all(desk, token, going, stopping)
    except StoreError as error:
        return endings.store_failed(best_known(desk, report, token, going), error)
    if isinstance(came, SwitchReport) and came.result == "switching":
        raise Stopped(
            f"stopped after a complete chunk: {came.totals.ended} of {came.totals.leads} leads are done\n"
            f"{desk.place.continued('resume', *going.options)}"
        )
    report = standing(desk, report, token, going)
    return endings.refused_report(report, came) if isinstance(came, Refused) else _ended(token, report)


def _ended(token: SwitchToken, report: Switch) -> Switch:
    """The final report of a switch: if it was cancelled, now or earlier, the answer is a refusal."""
    if report.result is Result.CANCELLED:
        return endings.refused_report(report, Refused(Reason.STALE_SWITCH, Ref(Kind.SWITCH, token.key)))
    return report


def _convert_all(desk: Desk, token: SwitchToken, going: Going, stopping: Stopping) -> SwitchReport | Refused:
    """Convert chunk after chunk and finish, in one process or several, unless the user asks to stop."""

    def stop() -> bool:
        return stopping.asked

    if going.workers == 1:
        with collector_waits():
            return desk.crm.run_switch(token, chunk=going.chunk, on_progress=going.told, pace=going.pace, stop=stop)
    return convert_side_by_side(desk.place, token, going, stop)
