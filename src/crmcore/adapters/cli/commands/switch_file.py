"""The switch on files: leads into a Classic CRM in memory, through the switch, to a report.

Every decision is the library's; what is here reads, calls and reports.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from attrs import evolve, frozen

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.cli.commands.catalogues import pipeline_name, pipeline_named
from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.work import endings
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.documents import LeadRow, ModeChange, Switch, TableSwitch
from crmcore.adapters.cli.work.inputs import BadRows, Files, define_new, open_files
from crmcore.adapters.cli.work.options import NO_FILE_OPTIONS, NO_FILES_BESIDE, FileOptions, FilesBeside
from crmcore.adapters.cli.work.result_rows import ResultRow, rows_of_result
from crmcore.adapters.cli.work.sheets import planned, written
from crmcore.adapters.clocks import FixedClock, SystemClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.application.collector import collector_waits
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import InvalidValue, StoreError
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import DEFAULT_POLICY, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.text import Discreet
from crmcore.domain.protocol.commands import CHUNK, ImportRecords
from crmcore.domain.protocol.results import NoChange, SwitchReport, Totals
from crmcore.ports.store import Store, close_store

__all__ = ["KEY", "OPERATOR", "Switched", "Wanted", "switch_file"]

#: The key of a switch that nobody named: each run has a CRM of its own, so one key will do.
KEY = "command-line"

#: Whoever sits at the terminal: the administrator of the CRM that lives as long as the command.
OPERATOR = UserId(1)


@frozen(kw_only=True, repr=False, eq=False)
class Wanted(Discreet):
    """A switch as requested on the command line; `pipeline` is the id or the name of one, in place of the policy's."""

    leads: Path
    beside: FilesBeside = NO_FILES_BESIDE
    policy: ModeSwitchPolicy = DEFAULT_POLICY
    pipeline: str | None = None
    match: MatchSetting = MatchSetting.NONE
    preview: bool = False
    chunk: int = CHUNK
    key: str = KEY
    reading: FileOptions = NO_FILE_OPTIONS
    plan: Path | None = None
    instant: datetime | None = None


@frozen(repr=False, eq=False)
class Switched(Discreet):
    """The result: the report, and the CRM with its names and its switch if there is one to write."""

    report: Switch
    image: CrmImage | None = None
    names: Names | None = None
    done: SwitchReport | None = None

    def rows(self) -> Iterator[ResultRow]:
        """What became of each lead, read from the CRM."""
        assert self.image is not None  # there is one to write
        assert self.done is not None
        return rows_of_result(InMemoryStore(self.image), self.done)


def switch_file(
    wanted: Wanted, make_store: Callable[[], Store] = InMemoryStore.classic, show: Show | None = None
) -> Switched:
    """Import a file into a Classic CRM and switch that to Simple, or preview it (IMPORT-1, SWITCH-12)."""
    show = show or _silent
    report = endings.switch_of(wanted.policy, wanted.match)
    try:
        show("Reading", 0, None)
        files = open_files(report, wanted.leads, wanted.beside, wanted.reading)
        if not isinstance(files, Files):
            return Switched(files)
        try:
            records = files.records()
        except BadRows as wrong:
            return Switched(files.told(report, wrong))
        report = files.told(report)
        roles = RoleTable({OPERATOR: [ADMINISTRATOR]})
        store = make_store()
        try:
            clock = SystemClock() if wanted.instant is None else FixedClock(wanted.instant)
            crm = Crm(store=store, permissions=roles, plan=FixedPlan(), clock=clock)
            mode = crm.settings().mode
            report = evolve(report, mode=ModeChange(before=mode, after=mode))
            return _switched(wanted, files, records, report, crm, store, show)
        finally:
            close_store(store)
    except StoreError as error:
        return Switched(endings.store_failed(report, error))
    except InvalidValue as error:
        return Switched(endings.bad_input(report, [Fault(code="invalid_value", message=str(error), field=error.field)]))


def _switched(
    wanted: Wanted, files: Files, records: ImportRecords, report: Switch, crm: Crm, store: Store, show: Show
) -> Switched:
    show("Importing", 0, None)
    refused = define_new(crm, OPERATOR, files)
    if refused is not None:
        return Switched(endings.refused_report(report, refused))
    policy = wanted.policy
    if wanted.pipeline is not None:
        named = pipeline_named(crm, wanted.pipeline)
        if isinstance(named, str):
            return Switched(endings.bad_call(report, f"{named}; others come with --pipelines", "--pipeline"))
        policy = evolve(policy, pipeline_id=named)
    report = evolve(report, policy=endings.named_policy(policy), pipeline=pipeline_name(crm, policy.pipeline))
    set_up = crm.change_settings(OPERATOR, match=wanted.match)
    if isinstance(set_up, Refused):
        return Switched(endings.refused_report(report, set_up))
    imported = crm.import_records(OPERATOR, records)
    if isinstance(imported, Refused):
        return Switched(endings.refused_report(report, imported))
    if wanted.preview:
        show("Planning", 0, None)
        plan = crm.preview_switch(OPERATOR, policy)
        if isinstance(plan, NoChange):
            return Switched(endings.no_change_report(report))
        if isinstance(plan, Refused):
            return Switched(endings.refused_report(report, plan))
        told = endings.preview_report(report, plan, len(records.leads), every_lead=True)
        return Switched(planned(told, store, plan, wanted.plan))

    def converted(totals: Totals) -> None:
        show("Converting", totals.ended, totals.leads)

    with collector_waits():
        done = crm.switch_to_simple(OPERATOR, policy=policy, key=wanted.key, chunk=wanted.chunk, on_progress=converted)
    if isinstance(done, Refused):
        return Switched(endings.refused_report(report, done))
    show("Reporting", 0, None)
    image = crm.export(OPERATOR)
    assert not isinstance(image, Refused)  # the operator has just changed settings
    ended = endings.switch_report(report, done, image.settings.mode, len(image.leads), _rows(image, done))
    tally = written(rows_of_result(store, done), None)
    return Switched(TableSwitch.of(ended, tally.kept, tally.groups), image, files.names, done)


def _rows(image: CrmImage, done: SwitchReport) -> Iterator[LeadRow]:
    for (epoch, lead_id), outcome in image.outcomes.items():
        if done.token is not None and epoch == done.token.epoch:
            yield endings.outcome_row(lead_id, outcome, image.ledger.get(lead_id))


def _silent(what: str, done: int, total: int | None) -> None:
    """Show nothing."""
