"""What can be asked: one immutable command each, imperative; who asks is not part of it (PERM-5).

lines: one small class per command, in the order of the documentation; no logic but the check of what is given.
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from attrs import frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.fields import check_fields, check_key, check_version
from crmcore.domain.model.ids import CARDS, CLIENTS, ActivityId, Epoch, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import DEFAULT_POLICY, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import RepeatInquiry, Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import Discreet, check_code, check_id, check_type
from crmcore.domain.protocol.results import (
    ChunkDone,
    ConvertedLead,
    Imported,
    InquiryHeld,
    NoChange,
    SwitchBlocked,
    SwitchDone,
    SwitchUnfinished,
)

__all__ = [
    "CHUNK",
    "AddActivity",
    "AddLead",
    "AddRecord",
    "ArchivePipeline",
    "BeginSwitch",
    "CancelSwitch",
    "ChangeSettings",
    "CloseLead",
    "Command",
    "CompleteActivity",
    "ConvertChunk",
    "ConvertLead",
    "CopyLead",
    "DefineLeadStages",
    "DefinePipeline",
    "DeleteActivity",
    "DeleteLead",
    "EditRecord",
    "FinishSwitch",
    "ImportRecords",
    "ReopenLead",
    "ResumeSwitch",
    "RetrySwitch",
    "SetAside",
    "SwitchToClassic",
    "TakeInquiry",
    "UnbindActivity",
]

#: How many leads one step converts unless the caller says otherwise.
CHUNK = 1000


#: How many records one activity may be bound to when it is stored.
BINDINGS_LIMIT = 200

R = TypeVar("R", covariant=True)


def _check_card_ref(field: str, ref: object) -> None:
    check_type(field, ref, Ref)
    assert isinstance(ref, Ref)  # for the type checker: check_type has just said so
    if type(ref.kind) is not Kind or ref.kind not in CARDS:
        raise InvalidValue(field, "references to leads, deals, contacts or companies")
    check_id(field, ref.id)


class Command(Discreet, Generic[R]):
    """The root of all commands; `R` is what an accepted one answers."""

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class _OfLead(Command[LeadId]):
    lead_id: LeadId

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class _StageOfLead(_OfLead):
    stage: str | None = None

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)
        if self.stage is not None:
            check_code("stage", self.stage)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class _OfActivity(Command[ActivityId]):
    activity_id: ActivityId

    def __attrs_post_init__(self) -> None:
        check_id("activity_id", self.activity_id)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class AddLead(Command[LeadId]):
    """Store a new lead; without leads in force it is stored already converted (SWITCH-6, INTAKE-4)."""

    fields: Mapping[str, Any]
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(Kind.LEAD, self.fields)
        check_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class CopyLead(Command[LeadId]):
    """Store a fresh copy of a lead: without client link, activities and outcome (CONV-9)."""

    lead_id: LeadId
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)
        check_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class AddRecord(Command[Any]):
    """Store a new deal, contact or company."""

    kind: Kind
    fields: Mapping[str, Any]
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_type("kind", self.kind, Kind)
        if self.kind not in (Kind.DEAL, *CLIENTS):
            raise InvalidValue("kind", "deal, contact or company")
        check_fields(self.kind, self.fields)
        check_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class EditRecord(Command[int]):
    """Change fields of a lead, deal, contact or company that the caller has read in this version (EDIT-1)."""

    ref: Ref
    version: int
    fields: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        _check_card_ref("ref", self.ref)
        check_version(self.version)
        check_fields(self.ref.kind, self.fields)


class CloseLead(_StageOfLead):
    """Close an active lead as failed, in the named stage or the first failure stage."""

    __slots__ = ()


class ReopenLead(_StageOfLead):
    """Make a closed lead active again, in the named stage or the first in-process stage."""

    __slots__ = ()


class DeleteLead(_OfLead):
    """Remove a lead's data; its id, ledger row and links stay (DATA-3)."""

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ConvertLead(Command[ConvertedLead]):
    """Convert one lead by hand; without a policy, the one of POLICY-6."""

    lead_id: LeadId
    policy: ModeSwitchPolicy | None = None

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)
        if self.policy is not None:
            check_type("policy", self.policy, ModeSwitchPolicy)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class AddActivity(Command[ActivityId]):
    """Store a new activity bound to records."""

    fields: Mapping[str, Any]
    bound_to: frozenset[Ref]
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(Kind.ACTIVITY, self.fields)
        check_type("bound_to", self.bound_to, frozenset)
        if not 0 < len(self.bound_to) <= BINDINGS_LIMIT:
            raise InvalidValue("bound_to", f"1 to {BINDINGS_LIMIT} leads, deals, contacts and companies")
        for ref in self.bound_to:
            _check_card_ref("bound_to", ref)
        check_key(self.key)


class CompleteActivity(_OfActivity):
    """Complete an activity; one that is complete already stays as it is."""

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class UnbindActivity(Command[ActivityId]):
    """Take one binding of an activity away."""

    activity_id: ActivityId
    ref: Ref

    def __attrs_post_init__(self) -> None:
        check_id("activity_id", self.activity_id)
        _check_card_ref("ref", self.ref)


class DeleteActivity(_OfActivity):
    """Remove an activity's data; its id stays (DATA-3)."""

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class TakeInquiry(Command[InquiryHeld]):
    """Take a request, call, e-mail, chat or any other touch.

    `fields` are those of a lead; `channel`, a code, and `subject` are those of its activity.
    """

    channel: str
    fields: Mapping[str, Any]
    subject: str | None = None
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_code("channel", self.channel)
        check_fields(Kind.LEAD, self.fields, without=("stage", "contact_id", "company_id"))
        check_fields(Kind.ACTIVITY, {"subject": self.subject})
        check_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class DefineLeadStages(Command[int]):
    """Replace the catalogue of lead stages that the caller has read in this version."""

    stages: LeadStages
    version: int

    def __attrs_post_init__(self) -> None:
        check_type("stages", self.stages, LeadStages)
        check_version(self.version)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class DefinePipeline(Command[int]):
    """Add a pipeline (version 0), or change one that the caller has read in this version."""

    pipeline: Pipeline
    version: int = 0

    def __attrs_post_init__(self) -> None:
        check_type("pipeline", self.pipeline, Pipeline)
        check_version(self.version, lowest=0)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ArchivePipeline(Command[PipelineId]):
    """Archive a pipeline: its deals stay, new ones cannot start in it."""

    pipeline_id: PipelineId

    def __attrs_post_init__(self) -> None:
        check_id("pipeline_id", self.pipeline_id, lowest=0)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ChangeSettings(Command[Settings]):
    """Change the match setting (CONV-7) or what a repeat inquiry becomes (INTAKE-3)."""

    match: MatchSetting | None = None
    repeat_inquiry: RepeatInquiry | None = None

    def __attrs_post_init__(self) -> None:
        if self.match is not None:
            check_type("match", self.match, MatchSetting)
        if self.repeat_inquiry is not None:
            check_type("repeat_inquiry", self.repeat_inquiry, RepeatInquiry)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ImportRecords(Command[Imported]):
    """Store leads and activities as they are, without conversion or intake (IMPORT-1).

    `leads` is a tuple of `Lead`; `activities` is a tuple of pairs: an `Activity` and the frozen set of 1 to 200
    references that it is bound to. Raises `InvalidValue` for anything else.

    >>> call = Activity(id=1, kind="call")
    >>> len(ImportRecords(activities=((call, frozenset({Ref(Kind.LEAD, 4711)})),)).activities)
    1
    """

    leads: tuple[Lead, ...] = ()
    activities: tuple[tuple[Activity, frozenset[Ref]], ...] = ()

    def __attrs_post_init__(self) -> None:
        check_type("leads", self.leads, tuple)
        for lead in self.leads:
            check_type("leads", lead, Lead)
            check_id("Lead.id", lead.id)
        check_type("activities", self.activities, tuple)
        for pair in self.activities:
            check_type("activities", pair, tuple)
            if len(pair) != 2:
                raise InvalidValue("activities", "pairs of an activity and what it is bound to")
            check_type("activities", pair[0], Activity)
            check_type("activities", pair[1], frozenset)
            if not 0 < len(pair[1]) <= BINDINGS_LIMIT:
                raise InvalidValue("activities", f"1 to {BINDINGS_LIMIT} records that an activity is bound to")
            for ref in pair[1]:
                _check_card_ref("activities", ref)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class BeginSwitch(Command[SwitchToken | SwitchDone | NoChange]):
    """Open a switch to Simple (SWITCH-4, SWITCH-10)."""

    key: str
    policy: ModeSwitchPolicy = DEFAULT_POLICY

    def __attrs_post_init__(self) -> None:
        check_type("key", self.key, str)
        check_key(self.key)
        check_type("policy", self.policy, ModeSwitchPolicy)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ConvertChunk(Command[ChunkDone]):
    """Convert the next active leads of a switch, at most `size` (SWITCH-4)."""

    token: SwitchToken
    size: int = CHUNK
    shard: tuple[int, int] = (0, 1)
    without: frozenset[LeadId] = frozenset()

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)
        check_id("size", self.size)
        check_type("shard", self.shard, tuple)
        for each in self.shard:
            check_id("shard", each, lowest=0)
        if len(tuple(self.shard)) != 2 or self.shard[0] >= self.shard[1]:
            raise InvalidValue("shard", "(k, n) with k from 0 to n - 1")


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class SetAside(Command[LeadOutcome]):
    """Mark a lead of a switch that cannot be read or written (SWITCH-9)."""

    token: SwitchToken
    lead_id: LeadId
    code: str

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)
        check_id("lead_id", self.lead_id)
        check_code("code", self.code)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class FinishSwitch(Command[SwitchDone | SwitchUnfinished | SwitchBlocked]):
    """Make the CRM Simple, if no active lead is left (SWITCH-3)."""

    token: SwitchToken

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)


class ResumeSwitch(Command[SwitchToken]):
    """Hand out the token of the live switch (SWITCH-5)."""

    __slots__ = ()


class RetrySwitch(Command[SwitchToken]):
    """Lift the marks of set-aside leads and hand out the token (SWITCH-9)."""

    __slots__ = ()


class CancelSwitch(Command[SwitchDone]):
    """Go back to Classic; what was converted stays converted (SWITCH-8)."""

    __slots__ = ()


class SwitchToClassic(Command[Epoch | NoChange]):
    """Go from Simple to Classic (MODE-4)."""

    __slots__ = ()
