"""What is answered: refusals with their codes, and what became of each lead of a switch (SWITCH-13)."""

from enum import StrEnum
from typing import NamedTuple

from attrs import frozen

from crmcore.domain.ids import Ref
from crmcore.domain.text import Shown

__all__ = ["RULES_OF_REASONS", "LeadOutcome", "OutcomeKind", "Reason", "Refused"]


class Reason(StrEnum):
    """Why a command was refused; the values are the codes that hosts and the command line show."""

    NOT_PERMITTED = "not_permitted"
    PLAN_WITHOUT_CLASSIC = "plan_without_classic"
    SWITCH_IN_PROGRESS = "switch_in_progress"
    KEY_CONFLICT = "key_conflict"
    NOT_SWITCHING = "not_switching"
    STALE_SWITCH = "stale_switch"
    UNKNOWN_PIPELINE = "unknown_pipeline"
    UNKNOWN_STAGE = "unknown_stage"
    PIPELINE_IN_USE = "pipeline_in_use"
    STAGE_IN_USE = "stage_in_use"
    STAGE_MEANING_FIXED = "stage_meaning_fixed"
    ALREADY_CONVERTED = "already_converted"
    LEAD_CLOSED = "lead_closed"
    CONVERT_INSTEAD = "convert_instead"
    REOPEN_REFUSED = "reopen_refused"
    STALE_VERSION = "stale_version"
    UNKNOWN_RECORD = "unknown_record"
    RECORD_DIFFERS = "record_differs"
    RECORD_FAULT = "record_fault"
    CLASSIC_ONLY = "classic_only"
    NOT_BOUND = "not_bound"
    LAST_BINDING = "last_binding"


#: The rule behind each refusal, for people who want to know why.
RULES_OF_REASONS: dict[Reason, str] = {
    Reason.NOT_PERMITTED: "PERM-1",
    Reason.PLAN_WITHOUT_CLASSIC: "PLAN-1",
    Reason.SWITCH_IN_PROGRESS: "SWITCH-10",
    Reason.KEY_CONFLICT: "SWITCH-10",
    Reason.NOT_SWITCHING: "MODE-6",
    Reason.STALE_SWITCH: "SWITCH-4",
    Reason.UNKNOWN_PIPELINE: "POLICY-2",
    Reason.UNKNOWN_STAGE: "STAGE-1",
    Reason.PIPELINE_IN_USE: "POLICY-2",
    Reason.STAGE_IN_USE: "STAGE-1",
    Reason.STAGE_MEANING_FIXED: "STAGE-1",
    Reason.ALREADY_CONVERTED: "CONV-9",
    Reason.LEAD_CLOSED: "SWITCH-2",
    Reason.CONVERT_INSTEAD: "CONV-5",
    Reason.REOPEN_REFUSED: "SWITCH-6",
    Reason.STALE_VERSION: "EDIT-1",
    Reason.UNKNOWN_RECORD: "PERM-6",
    Reason.RECORD_DIFFERS: "IMPORT-1",
    Reason.RECORD_FAULT: "SWITCH-9",
    Reason.CLASSIC_ONLY: "IMPORT-1",
    Reason.NOT_BOUND: "CONV-6",
    Reason.LAST_BINDING: "CONV-6",
}


@frozen(repr=False, eq=False)
class Refused(Shown):
    """A business "no": nothing changed; `subject` names the record concerned where there is one.

    `reason` is a `Reason`, the code that hosts and the command line show. `why` is the id of a narrower rule, where it
    is not the usual one of the reason; `rule` is the one that holds.

    >>> answer = Refused(Reason.NOT_PERMITTED, why="PERM-6")
    >>> (str(answer.reason), answer.rule)
    ('not_permitted', 'PERM-6')
    """

    reason: Reason
    subject: Ref | None = None
    why: str | None = None

    @property
    def rule(self) -> str:
        """The id of the rule that says no."""
        return self.why or RULES_OF_REASONS[self.reason]


class OutcomeKind(StrEnum):
    """How a lead of a switch ended (SWITCH-13)."""

    CONVERTED = "converted"
    ALREADY_CONVERTED = "already_converted"
    CLOSED = "closed"
    DELETED = "deleted"
    SET_ASIDE = "set_aside"


class LeadOutcome(NamedTuple):
    """The recorded outcome of one lead of one switch; ids are in the lead's ledger row.

    `kind` is an `OutcomeKind`. `code` says why a lead was set aside, `added` that it came while the switch was live;
    the counts say what this conversion made (`contacts`, `companies`) and what happened to its activities (`bound`,
    `completed`, `kept_open`). A few distinct values stand for a million leads, so a store can keep them as they are and
    count them.

    >>> LeadOutcome(OutcomeKind.CONVERTED, contacts=1).contacts
    1
    """

    kind: OutcomeKind
    code: str | None = None
    added: bool = False
    contacts: int = 0
    companies: int = 0
    bound: int = 0
    completed: int = 0
    kept_open: int = 0
