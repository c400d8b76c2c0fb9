"""Every way in which a command can end, as the document that it ends in."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from attrs import evolve, fields

from crmcore.adapters.cli.work import documents
from crmcore.adapters.cli.work.document import EXIT_CODES, Document, Fault, Result
from crmcore.domain.laws import Violation
from crmcore.domain.model.errors import InvalidValue, StoreError
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Refused
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.results import Preview, SwitchReport, Totals

__all__ = [
    "OPTIONS",
    "Doc",
    "audit_report",
    "bad_call",
    "bad_input",
    "bad_value",
    "broken_report",
    "done_report",
    "failed_vectors",
    "idle_report",
    "named_policy",
    "no_change_report",
    "numbers",
    "outcome_row",
    "planned_report",
    "preview_report",
    "refused_report",
    "store_failed",
    "switch_of",
    "switch_report",
]

#: Which option the library's name of a value belongs to.
OPTIONS = {
    **{name: f"--{name}" for name in ("actor", "at", "chunk", "key", "language", "pace", "port", "portal", "reader")},
    **{name: f"--{name}" for name in ("schema", "stage", "workers")},
    "ModeSwitchPolicy.pipeline_id": "--pipeline",
    "lead_id": "ID",
    "ref": "ID",
    "role": "ROLE",
    "size": "--chunk",
    "url": "--store",
}

Doc = TypeVar("Doc", bound=Document)
N = TypeVar("N", documents.LeadNumbers, documents.CreatedNumbers, documents.ActivityNumbers)


def switch_of(policy: ModeSwitchPolicy, match: MatchSetting | None = None) -> documents.Switch:
    """The document of a switch of which only the policy is known."""
    return documents.Switch(policy=named_policy(policy), match=match)


def _ended(report: Doc, result: Result, **parts: Any) -> Doc:
    return evolve(report, result=result, exit_code=EXIT_CODES[result], **parts)


def broken_report(report: Doc, faults: Iterable[Fault] = ()) -> Doc:
    """A law does not hold."""
    return _ended(report, Result.BROKEN, errors=tuple(faults))


def bad_input(report: Doc, faults: Iterable[Fault]) -> Doc:
    """The call or a file is wrong; nothing was written."""
    return _ended(report, Result.BAD_INPUT, errors=tuple(faults))


def bad_value(report: Doc, error: InvalidValue) -> Doc:
    """The library rejects a value; the report uses the name that was typed."""
    field = OPTIONS.get(error.field, error.field)
    return bad_input(report, [Fault(code="invalid_value", message=f"expected {error.expected}", field=field)])


def bad_call(report: Doc, message: str, field: str | None = None, code: str = "usage") -> Doc:
    """A command line that cannot be carried out."""
    return bad_input(report, [Fault(code=code, message=message, field=field)])


def failed_vectors(report: Doc, **parts: Any) -> Doc:
    """A vector was answered otherwise than it must be."""
    return _ended(report, Result.BROKEN, **parts)


def done_report(report: Doc, **parts: Any) -> Doc:
    """The command is done."""
    return _ended(report, Result.DONE, **parts)


def store_failed(report: Doc, error: StoreError | OSError) -> Doc:
    """The store failed or is busy; safe to run again."""
    if isinstance(error, OSError):
        file = None if error.filename is None else str(error.filename)
        said = Fault(code="store_failed", message=error.strerror or "cannot be written", file=file)
    else:
        said = Fault(code="store_failed", message=str(error) or type(error).__name__)
    return _ended(report, Result.STORE_FAILED, errors=(said,))


def planned_report(report: Doc) -> Doc:
    """What the command would do; nothing was written."""
    return _ended(report, Result.PREVIEW)


def refused_report(report: Doc, refused: Refused) -> Doc:
    """A rule said no."""
    return _ended(report, Result.REFUSED, refusal=refused)


def no_change_report(report: Doc) -> Doc:
    """The CRM was Simple already."""
    return _ended(report, Result.NO_CHANGE)


def idle_report(report: Doc) -> Doc:
    """No switch is live, or there never was one."""
    return _ended(report, Result.NO_SWITCH)


def preview_report(report: documents.Switch, preview: Preview, leads: int, *, every_lead: bool) -> documents.Switch:
    """What a switch would do, with a row for `every_lead` or none; the ids of records that it would create are null."""
    rows = (
        documents.LeadRow(
            id=plan.lead_id,
            outcome=OutcomeKind.CONVERTED,
            contact_id=plan.contact_id,
            company_id=plan.company_id,
            activity_ids=plan.activity_ids,
            not_carried=plan.not_carried,
        )
        for plan in (preview.leads if every_lead else ())
    )
    return _ended(
        report,
        Result.PREVIEW,
        policy=named_policy(preview.terms.policy),
        **numbers(preview.totals, leads),
        records=documents.RecordChange(before=preview.before, after=preview.after),
        leads=tuple(rows),
    )


def switch_report(
    report: documents.Switch, done: SwitchReport, mode: CrmMode, leads: int, rows: Iterable[documents.LeadRow]
) -> documents.Switch:
    """What a switch did, or how far it came: the mode now, the number of leads, and what became of each."""
    if done.token is None or done.terms is None:
        return no_change_report(report)
    return _ended(
        report,
        Result(done.result),
        mode=evolve(report.mode, after=mode),
        switch=done.token,
        policy=named_policy(done.terms.policy),
        **numbers(done.totals, leads),
        leads=tuple(sorted(rows, key=lambda row: row.id)),
        state=done.state,
        ended=_ENDED.get(Result(done.result)),
    )


#: How a switch has ended, by the result of its report.
_ENDED: Mapping[Result, Literal["finished", "cancelled"]] = {Result.SWITCHED: "finished", Result.CANCELLED: "cancelled"}


def named_policy(policy: ModeSwitchPolicy) -> ModeSwitchPolicy:
    """The policy with its pipeline named (POLICY-2)."""
    return evolve(policy, pipeline_id=policy.pipeline)


def numbers(totals: Totals, leads: int) -> dict[str, Any]:
    """The numbers of a switch in a CRM of so many leads (SWITCH-13)."""
    return {
        "totals": evolve(_taken(documents.LeadNumbers, totals), untouched=leads - totals.leads),
        "created": _taken(documents.CreatedNumbers, totals),
        "activities": _taken(documents.ActivityNumbers, totals),
    }


def _taken(cls: type[N], totals: Totals) -> N:
    return cls(**{each.name: getattr(totals, each.name, 0) for each in fields(cls)})


def outcome_row(lead_id: LeadId, outcome: LeadOutcome, row: LedgerRow | None) -> documents.LeadRow:
    """What became of one lead of a switch."""
    if row is None:
        return documents.LeadRow(id=lead_id, outcome=outcome.kind, code=outcome.code)
    return documents.LeadRow(
        id=lead_id,
        outcome=outcome.kind,
        deal_id=row.deal_id,
        contact_id=row.contact_id,
        company_id=row.company_id,
        activity_ids=row.activity_ids,
        not_carried=row.not_carried,
        code=outcome.code,
    )


def audit_report(report: documents.Audit, violations: Iterable[Violation], leads: int) -> documents.Audit:
    """Which laws do not hold, and for which records."""
    found = tuple(violations)
    result = Result.BROKEN if found else Result.CLEAN
    return _ended(report, result, ok=not found, leads=leads, violations=found)
