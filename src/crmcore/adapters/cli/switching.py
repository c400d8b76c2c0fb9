"""Doing it: from files to a Classic CRM, through the switch, to a report; and the audit of a document.

Every decision is the library's; what is here reads, calls and reports.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv import ActivityFile, BadFile, BadRow, LeadFile, Names, read_activities, read_leads
from crmcore.adapters.cli.reports import (
    audit_report,
    bad_input,
    fault,
    no_change_report,
    outcome_row,
    preview_report,
    refused_report,
    store_failed,
    switch_report,
)
from crmcore.adapters.cli.shapes import Json, blank_audit, blank_switch
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.document import BadDocument, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.auditing import audit_store
from crmcore.crm import Crm
from crmcore.domain.commands import CHUNK, ImportRecords
from crmcore.domain.errors import InvalidValue, StoreError
from crmcore.domain.ids import UserId
from crmcore.domain.image import CrmImage
from crmcore.domain.outcomes import Refused
from crmcore.domain.policy import DEFAULT_POLICY, MatchSetting, ModeSwitchPolicy
from crmcore.domain.results import NoChange, SwitchReport, Totals
from crmcore.domain.stages import DEFAULT_LEAD_STAGES, LeadStages
from crmcore.domain.text import Discreet
from crmcore.ports.store import Store

__all__ = [
    "KEY",
    "OPERATOR",
    "Switched",
    "Wanted",
    "audit_document",
    "audit_image",
    "read_document",
    "read_files",
    "switch_file",
]

#: The key of a switch that nobody named: each run has a CRM of its own, so one key will do.
KEY = "command-line"

#: Whoever sits at the terminal: the administrator of the CRM that lives as long as the command.
OPERATOR = UserId(1)

#: Told what is being done, how much of it is done, and how much there is; no number where that is not known.
Show = Callable[[str, int, int | None], None]


@frozen(kw_only=True)
class Wanted(Discreet):
    """A switch as the command line asks for it."""

    leads: Path
    activities: Path | None = None
    policy: ModeSwitchPolicy = DEFAULT_POLICY
    match: MatchSetting = MatchSetting.NONE
    preview: bool = False
    chunk: int = CHUNK
    key: str = KEY
    skip_bad_rows: bool = False
    all_new: bool = False


@frozen
class Switched(Discreet):
    """What came of it: the report, and the CRM with its names where there is one to keep."""

    report: Json
    image: CrmImage | None = None
    names: Names | None = None


def switch_file(
    wanted: Wanted, make_store: Callable[[], Store] = InMemoryStore.classic, show: Show | None = None
) -> Switched:
    """Import a file into a Classic CRM and switch that to Simple, or preview it (IMPORT-1, SWITCH-12)."""
    show = show or _silent
    report = blank_switch(wanted.policy, wanted.match)
    try:
        show("Reading", 0, None)
        files = read_files(
            report, wanted.leads, wanted.activities, skip_bad_rows=wanted.skip_bad_rows, all_new=wanted.all_new
        )
        if not isinstance(files, tuple):
            return Switched(files)
        return _switched(wanted, *files, report, make_store(), show)
    except StoreError as error:
        return Switched(store_failed(report, error))
    except InvalidValue as error:
        return Switched(bad_input(report, [fault("invalid_value", str(error), field=error.field)]))


def read_files(
    report: Json,
    leads_path: Path,
    activities_path: Path | None,
    *,
    skip_bad_rows: bool,
    all_new: bool = False,
    stages: LeadStages = DEFAULT_LEAD_STAGES,
) -> tuple[LeadFile, ActivityFile] | Json:
    """Read leads and their activities, telling the report what found no place; or the report of what is wrong."""
    try:
        leads = read_leads(leads_path, stages=stages, all_new=all_new)
        activities = ActivityFile((), (), (), {})
        if activities_path is not None:
            activities = read_activities(activities_path, frozenset(lead.id for lead in leads.leads))
    except BadFile as error:
        return bad_input(report, [_row(error.row)])
    report["unplaced"] = _unplaced(leads, activities)
    report["all_new"] = leads.all_new
    bad = [*leads.bad_rows, *activities.bad_rows]
    # A file of which no row can be read says nothing of a CRM, least of all that it has no leads.
    if bad and (not skip_bad_rows or not leads.leads):
        return bad_input(report, map(_row, bad))
    report["skipped_rows"] = [_row(row) for row in (*bad, *leads.skipped_rows, *activities.skipped_rows)]
    return leads, activities


def _switched(
    wanted: Wanted, leads: LeadFile, activities: ActivityFile, report: Json, store: Store, show: Show
) -> Switched:
    roles = RoleTable({OPERATOR: [ADMINISTRATOR]})
    crm = Crm(store=store, permissions=roles, plan=FixedPlan(), clock=SystemClock())
    mode = crm.settings().mode.name.lower()
    report["mode"] = {"before": mode, "after": mode}
    show("Importing", 0, None)
    set_up = crm.change_settings(OPERATOR, match=wanted.match)
    if isinstance(set_up, Refused):
        return Switched(refused_report(report, set_up))
    imported = crm.import_records(OPERATOR, ImportRecords(leads=leads.leads, activities=activities.activities))
    if isinstance(imported, Refused):
        return Switched(refused_report(report, imported))
    if wanted.preview:
        show("Planning", 0, None)
        plan = crm.preview_switch(OPERATOR, wanted.policy)
        if isinstance(plan, NoChange):
            return Switched(no_change_report(report))
        if isinstance(plan, Refused):
            return Switched(refused_report(report, plan))
        return Switched(preview_report(report, plan, len(leads.leads)))

    def converted(totals: Totals) -> None:
        ended = totals.at_begin + totals.added - totals.remaining
        show("Converting", ended, totals.at_begin + totals.added)

    done = crm.switch_to_simple(
        OPERATOR, policy=wanted.policy, key=wanted.key, chunk=wanted.chunk, on_progress=converted
    )
    if isinstance(done, Refused):
        return Switched(refused_report(report, done))
    show("Reporting", 0, None)
    image = crm.export(OPERATOR)
    assert not isinstance(image, Refused)  # the operator has just changed settings
    mode = image.settings.mode.name.lower()
    return Switched(switch_report(report, done, mode, len(image.leads), _rows(image, done)), image, leads.names)


def _rows(image: CrmImage, done: SwitchReport) -> Iterator[Json]:
    for (epoch, lead_id), outcome in image.outcomes.items():
        if done.token is not None and epoch == done.token.epoch:
            yield outcome_row(lead_id, outcome, image.ledger.get(lead_id))


def _silent(what: str, done: int, total: int | None) -> None:
    """Show nothing."""


def _unplaced(*files: LeadFile | ActivityFile) -> dict[str, int]:
    """The columns without a place in the model, and how many cells are filled there."""
    counts: dict[str, int] = {}
    for file in files:
        for heading, count in file.unplaced.items():
            counts[heading] = counts.get(heading, 0) + count
    return counts


def _row(row: BadRow) -> Json:
    return fault(row.code, row.message, file=row.file, line=row.line, field=row.field)


def audit_document(path: Path, show: Show | None = None) -> Json:
    """Run all laws over the CRM of a document."""
    show = show or _silent
    show("Reading", 0, None)
    image = read_document(blank_audit(), path)
    if not isinstance(image, CrmImage):
        return image
    show("Auditing", 0, None)
    return audit_image(image)


def read_document(report: Json, path: Path) -> CrmImage | Json:
    """The CRM of a document, or the report of what is wrong with it."""

    def wrong(code: str, message: str, line: int | None = None, field: str | None = None) -> Json:
        return bad_input(report, [fault(code, message, file=str(path), line=line, field=field)])

    try:
        return load_crm(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        return wrong("unreadable_file", error.strerror or "cannot be opened")
    except UnicodeDecodeError:
        return wrong("unknown_encoding", "expected a file saved as UTF-8")
    except BadDocument as error:
        return wrong("bad_document", f"expected {error.expected}", error.line, error.field)


def audit_image(image: CrmImage) -> Json:
    """Run all laws over a CRM."""
    return audit_report(audit_store(InMemoryStore(image)), len(image.leads))
