"""What `--json` prints: one shape for each command, with every key there whatever the result."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmcore.adapters.cli.work.shapes import Json, blank, blank_audit, numbers_part, policy_part
from crmcore.domain.errors import InvalidValue, StoreError
from crmcore.domain.ids import LeadId
from crmcore.domain.laws import Violation
from crmcore.domain.ledger import LedgerRow
from crmcore.domain.outcomes import LeadOutcome, Refused
from crmcore.domain.results import Preview, SwitchReport

__all__ = [
    "EXIT_CODES",
    "OPTIONS",
    "audit_report",
    "bad_call",
    "bad_input",
    "bad_value",
    "broken_report",
    "done_report",
    "fault",
    "idle_report",
    "json_text",
    "no_change_report",
    "outcome_row",
    "preview_report",
    "refused_report",
    "store_failed",
    "switch_report",
]

#: What each result means to a shell.
EXIT_CODES = {
    "switched": 0,
    "no_change": 0,
    "preview": 0,
    "clean": 0,
    "done": 0,
    "cancelled": 0,
    "switching": 0,
    "no_switch": 0,
    "refused": 1,
    "bad_input": 2,
    "blocked": 3,
    "store_failed": 4,
    "broken": 5,
}
#: Which option the library's name of a value belongs to.
OPTIONS = {
    "ModeSwitchPolicy.pipeline_id": "--pipeline",
    "actor": "--actor",
    "chunk": "--chunk",
    "key": "--key",
    "portal": "--portal",
    "role": "ROLE",
    "schema": "--schema",
    "size": "--chunk",
    "url": "--store",
    "workers": "--workers",
}


def json_text(report: Json) -> str:
    """A report as one document; only ASCII, so that every terminal and pipe takes it."""
    return json.dumps(report, indent=1)


def _with(report: Json, result: str, **parts: Any) -> Json:
    return {**report, "result": result, "exit_code": EXIT_CODES[result], **parts}


def fault(
    code: str, message: str, *, file: str | None = None, line: int | None = None, field: str | None = None
) -> Json:
    """One thing that is wrong with a call or a file."""
    return {"file": file, "line": line, "field": field, "code": code, "message": message}


def broken_report(report: Json) -> Json:
    """A law does not hold."""
    return _with(report, "broken")


def bad_input(report: Json, faults: Iterable[Json]) -> Json:
    """The call or a file is wrong; nothing was written."""
    return _with(report, "bad_input", errors=list(faults))


def bad_value(report: Json, error: InvalidValue) -> Json:
    """A value that the library does not take, under the name that was typed."""
    return bad_input(
        report, [fault("invalid_value", f"expected {error.expected}", field=OPTIONS.get(error.field, error.field))]
    )


def bad_call(words: Sequence[str], code: str, message: str, field: str | None = None) -> Json:
    """A command line that cannot be carried out, in the shape of the command that it names."""
    command = next((word for word in words if not word.startswith("-")), "")
    return bad_input(blank(command), [fault(code, message, field=field)])


def done_report(report: Json, **parts: Any) -> Json:
    """What was asked for is done."""
    return _with(report, "done", **parts)


def store_failed(report: Json, error: StoreError | OSError) -> Json:
    """The store failed or is busy; safe to run again."""
    if isinstance(error, OSError):
        file = None if error.filename is None else str(error.filename)
        said = fault("store_failed", error.strerror or "cannot be written", file=file)
    else:
        said = fault("store_failed", str(error) or type(error).__name__)
    return _with(report, "store_failed", errors=[said])


def refused_report(report: Json, refused: Refused) -> Json:
    """A rule said no."""
    subject = refused.subject
    refusal = {
        "code": refused.reason.value,
        "rule": refused.rule,
        "kind": None if subject is None else subject.kind.value,
        "id": None if subject is None else subject.id,
    }
    return _with(report, "refused", refusal=refusal)


def no_change_report(report: Json) -> Json:
    """The CRM was Simple already."""
    return _with(report, "no_change")


def idle_report(report: Json) -> Json:
    """No switch is live."""
    return _with(report, "no_switch")


def preview_report(report: Json, preview: Preview, leads: int) -> Json:
    """What a switch would do; the ids that it would make are null."""
    rows = [
        _row(plan.lead_id, "converted", (None, plan.contact_id, plan.company_id), plan.activity_ids, plan.not_carried)
        for plan in preview.leads
    ]
    return _with(
        report,
        "preview",
        policy=policy_part(preview.terms.policy),
        **numbers_part(preview.totals, leads),
        leads=sorted(rows, key=_id),
    )


def switch_report(report: Json, done: SwitchReport, mode: str, leads: int, rows: Iterable[Json]) -> Json:
    """What a switch did, or how far it came: the mode now, how many leads there are, what became of those in it."""
    if done.token is None or done.terms is None:
        return no_change_report(report)
    return _with(
        report,
        done.result,
        mode={**report["mode"], "after": mode},
        switch={"key": done.token.key, "epoch": done.token.epoch},
        policy=policy_part(done.terms.policy),
        **numbers_part(done.totals, leads),
        leads=sorted(rows, key=_id),
        state=done.state.value,
    )


def outcome_row(lead_id: LeadId, outcome: LeadOutcome, row: LedgerRow | None) -> Json:
    """What became of one lead of a switch."""
    if row is None:
        return _row(lead_id, outcome.kind.value, (None, None, None), (), (), outcome.code)
    ids = (row.deal_id, row.contact_id, row.company_id)
    return _row(lead_id, outcome.kind.value, ids, row.activity_ids, row.not_carried, outcome.code)


def _row(
    id: int,
    outcome: str,
    made: tuple[int | None, int | None, int | None],
    activity_ids: Iterable[int],
    not_carried: Iterable[str],
    code: str | None = None,
) -> Json:
    deal_id, contact_id, company_id = made
    return {
        "id": id,
        "outcome": outcome,
        "deal_id": deal_id,
        "contact_id": contact_id,
        "company_id": company_id,
        "activity_ids": list(activity_ids),
        "not_carried": list(not_carried),
        "code": code,
    }


def _id(row: Mapping[str, Any]) -> int:
    id: int = row["id"]
    return id


def audit_report(violations: Iterable[Violation], leads: int, portal: str | None = None) -> Json:
    """Which laws do not hold, and for which records."""
    rows = [{"rule": each.rule, "law": each.law, "kind": each.kind.value, "ids": list(each.ids)} for each in violations]
    result = "broken" if rows else "clean"
    return _with(blank_audit(), result, ok=not rows, leads=leads, violations=rows, portal=portal)
