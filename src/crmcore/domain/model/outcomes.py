"""Refusals with their codes, and what became of each lead of a switch (SWITCH-13)."""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from attrs import frozen

from crmcore.domain.model.ids import Ref
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.text import Shown

__all__ = ["Ground", "LeadOutcome", "OutcomeKind", "Reason", "Refused"]


class Ground(IntEnum):
    """What a refusal rests on, in the order in which a decision looks (PERM-7)."""

    PERMISSION = 1
    KEY = 2
    STATE = 3
    PLAN = 4
    PIPELINE = 5
    RECORD = 6


class Reason(StrEnum):
    """Why a command was refused; the values are the codes that hosts and the command line show.

    Each names its usual rule, for people who want to know why, and the grounds that it rests on.
    """

    rule: str
    grounds: tuple[Ground, ...]

    def __new__(cls, code: str, rule: str = "", *grounds: Ground) -> "Reason":
        """A code that knows its rule and its place in the order; `Reason(code)` finds the member again."""
        made = str.__new__(cls, code)
        made._value_ = code
        made.rule = rule
        made.grounds = grounds
        return made

    NOT_PERMITTED = "not_permitted", "PERM-1", Ground.PERMISSION
    PLAN_WITHOUT_CLASSIC = "plan_without_classic", "PLAN-1", Ground.PLAN
    SWITCH_IN_PROGRESS = "switch_in_progress", "SWITCH-10", Ground.STATE
    KEY_CONFLICT = "key_conflict", "SWITCH-10", Ground.KEY
    NOT_SWITCHING = "not_switching", "MODE-6", Ground.STATE
    STALE_SWITCH = "stale_switch", "SWITCH-4", Ground.STATE
    UNKNOWN_PIPELINE = "unknown_pipeline", "POLICY-2", Ground.PIPELINE
    UNKNOWN_STAGE = "unknown_stage", "STAGE-1", Ground.RECORD
    PIPELINE_IN_USE = "pipeline_in_use", "POLICY-2", Ground.RECORD
    STAGE_IN_USE = "stage_in_use", "STAGE-1", Ground.RECORD
    STAGE_MEANING_FIXED = "stage_meaning_fixed", "STAGE-1", Ground.RECORD
    ALREADY_CONVERTED = "already_converted", "CONV-9", Ground.RECORD
    LEAD_CLOSED = "lead_closed", "SWITCH-2", Ground.RECORD
    CONVERT_INSTEAD = "convert_instead", "CONV-5", Ground.RECORD
    REOPEN_REFUSED = "reopen_refused", "SWITCH-6", Ground.STATE
    STALE_VERSION = "stale_version", "EDIT-1", Ground.RECORD
    #: The record itself is missing or hidden, or a client that it is to be linked to.
    UNKNOWN_RECORD = "unknown_record", "PERM-6", Ground.PERMISSION, Ground.RECORD
    RECORD_DIFFERS = "record_differs", "IMPORT-1", Ground.RECORD
    RECORD_FAULT = "record_fault", "SWITCH-9", Ground.RECORD
    CLASSIC_ONLY = "classic_only", "IMPORT-1", Ground.STATE
    NOT_BOUND = "not_bound", "CONV-6", Ground.RECORD
    LAST_BINDING = "last_binding", "CONV-6", Ground.RECORD
    TOO_MANY_BINDINGS = "too_many_bindings", "CONV-6", Ground.RECORD

    def stands_before(self, other: "Reason") -> bool:
        """Whether this may be the answer where the other one applies too (PERM-7)."""
        return min(self.grounds) < max(other.grounds)


@frozen(repr=False, eq=False)
class Refused(Shown):
    """A business "no": nothing changed; `subject` names the record concerned, if there is one.

    `reason` is a `Reason`, the code that hosts and the command line show. `why` is the id of a narrower rule, where it
    is not the usual one of the reason; `rule` is the one that holds. `policy` is that of the switch which has the key
    already, where begin is refused as `key_conflict` (SWITCH-10).

    >>> answer = Refused(Reason.NOT_PERMITTED, why="PERM-6")
    >>> (str(answer.reason), answer.rule)
    ('not_permitted', 'PERM-6')
    """

    reason: Reason
    subject: Ref | None = None
    why: str | None = None
    policy: ModeSwitchPolicy | None = None

    @property
    def rule(self) -> str:
        """The id of the rule that says no."""
        return self.why or self.reason.rule


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
