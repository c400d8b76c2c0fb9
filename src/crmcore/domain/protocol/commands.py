"""The commands, each an immutable class with an imperative name; the actor is not part of them (PERM-5).

lines: one small class per command, in the order of the documentation; no logic but the check of its arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from attrs import frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.fields import ENTITIES, check_fields, check_version
from crmcore.domain.model.ids import CARDS, MADE, ActivityId, Epoch, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow, SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import DEFAULT_POLICY, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import RepeatInquiry, Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import (
    ID_LIMIT,
    IMPORTED_ID_LIMIT,
    Discreet,
    check_code,
    check_id,
    check_imported_id,
    check_key,
    check_type,
)
from crmcore.domain.protocol.results import (
    ChunkDone,
    ConvertedLead,
    Erased,
    Imported,
    InquiryHeld,
    NoChange,
    SwitchBlocked,
    SwitchDone,
    SwitchUnfinished,
    Versioned,
)

__all__ = [
    "CHUNK",
    "AddActivity",
    "AddLead",
    "AddRecord",
    "ArchivePipeline",
    "BeginSwitch",
    "BindActivity",
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
    "DeleteRecord",
    "EditActivity",
    "EditRecord",
    "EraseRecords",
    "FinishSwitch",
    "ImportRecords",
    "ReopenActivity",
    "ReopenLead",
    "ResumeSwitch",
    "RetrySwitch",
    "SetAside",
    "SwitchToClassic",
    "TakeInquiry",
    "UnbindActivity",
    "bindings_from",
]

#: How many leads one step converts unless the caller says otherwise.
CHUNK = 1000


#: How many records one activity may be bound to when it is stored.
BINDINGS_LIMIT = 200

#: How many records one step may erase.
ERASED_LIMIT = 10_000

R = TypeVar("R", covariant=True)


def _check_card_ref(field: str, ref: Any) -> None:
    check_type(field, ref, Ref)
    kind, id = ref
    if type(kind) is not Kind or kind not in CARDS:
        raise InvalidValue(field, "references to leads, deals, contacts or companies")
    if type(id) is not int or not 0 < id <= ID_LIMIT:  # a quick look: this runs for each binding of an import
        check_id(field, id)


def _check_optional_key(key: str | None) -> None:
    if key is not None:
        check_key("key", key)


def bindings_from(field: str, refs: Iterable[Ref]) -> frozenset[Ref]:
    """References to cards as a caller gave them, each checked and no more of them read than an activity may have."""
    check_type(field, refs, Iterable)
    given = tuple(islice(refs, BINDINGS_LIMIT + 1))
    for ref in given:
        _check_card_ref(field, ref)
    if not 0 < len(given) <= BINDINGS_LIMIT:
        raise InvalidValue(field, f"1 to {BINDINGS_LIMIT} leads, deals, contacts and companies")
    return frozenset(given)


class Command(Discreet, Generic[R]):
    """The base class of all commands; `R` is the result of an accepted one.

    `Crm.run` takes a command and an actor. A command checks its arguments when it is built, so an existing command can
    only be carried out or refused.

    >>> issubclass(CloseLead, Command)
    True
    """

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
    """Store a new lead; outside Classic it is stored converted (SWITCH-6, INTAKE-4).

    `fields` are those of `LeadFields`, by name. `key` is 1 to 100 printable characters, or `None`; it makes the command
    safe to repeat. Raises `InvalidValue` for another field, and for a value of another type than the field's.

    >>> AddLead(fields={"title": "Forty desks"}, key="form-1")
    AddLead(filled=fields,key)
    """

    fields: Mapping[str, Any]
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(Kind.LEAD, self.fields)
        _check_optional_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class CopyLead(Command[LeadId]):
    """Store a fresh copy of a lead: without client link, activities and outcome (CONV-9).

    `lead_id` is an id from 1 to 2^63 - 1. `key` is 1 to 100 printable characters, or `None`; it makes the command safe
    to repeat. Raises `InvalidValue` for anything else.

    >>> CopyLead(lead_id=4711).lead_id
    4711
    """

    lead_id: LeadId
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)
        _check_optional_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class AddRecord(Command[Any]):
    """Store a new deal, contact or company.

    `kind` is `Kind.DEAL`, `Kind.CONTACT` or `Kind.COMPANY`. `fields` are those of `DealFields`, `ContactFields` or
    `CompanyFields`, by name. `key` is 1 to 100 printable characters, or `None`; it makes the command safe to repeat.
    Raises `InvalidValue` for another kind or field, and for a value of another type than the field's.

    >>> AddRecord(kind=Kind.COMPANY, fields={"title": "Example Ltd"}).kind
    <Kind.COMPANY: 'company'>
    """

    kind: Kind
    fields: Mapping[str, Any]
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_type("kind", self.kind, Kind)
        if self.kind not in MADE:
            raise InvalidValue("kind", "deal, contact or company")
        check_fields(self.kind, self.fields)
        _check_optional_key(self.key)


class _Edit(Command[int]):
    """What edits have in common: the version that was read, or the whole record as it was read (EDIT-1)."""

    __slots__ = ()

    version: int | Versioned[Any]

    def _check_read(self, kind: Kind, id: int | str) -> None:
        if isinstance(self.version, Versioned):
            read = self.version.record
            if (type(read), getattr(read, "id", None)) != (ENTITIES[kind], id):
                raise InvalidValue("version", "a version, or the record of this kind and id as it was read")
        check_version(self.read_version)

    @property
    def read_version(self) -> int:
        """The version that the caller has read."""
        return self.version.version if isinstance(self.version, Versioned) else self.version

    def is_stale(self, record: Any, version: int) -> bool:
        """Whether this `record`, which is there now in this `version`, is another one than the caller has read.

        >>> EditRecord(ref=Ref(Kind.LEAD, 4711), version=1, fields={}).is_stale(None, 2)
        True
        """
        if isinstance(self.version, Versioned):
            return bool(self.version.record != record)
        return self.version != version


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class EditRecord(_Edit):
    """Change fields of a lead, deal, contact or company that the caller has read (EDIT-1).

    `ref` is a `Ref` of one of these kinds with an id from 1 to 2^63 - 1. `version` is the one that was read, from 1, or
    the whole `Versioned` record as it was read, so that only a change of the record itself makes the edit stale.
    `fields` are those of the kind, by name; `None` empties one. Raises `InvalidValue` for anything else.

    >>> EditRecord(ref=Ref(Kind.LEAD, 4711), version=1, fields={"title": "Sixty desks"}).version
    1
    """

    ref: Ref
    version: int | Versioned[Any]
    fields: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        _check_card_ref("ref", self.ref)
        self._check_read(self.ref.kind, self.ref.id)
        check_fields(self.ref.kind, self.fields)


class CloseLead(_StageOfLead):
    """Close an active lead as failed, in the named stage or the first failure stage.

    `lead_id` is an id from 1 to 2^63 - 1. `stage` is a code of 1 to 100 printable characters without spaces, or `None`
    for the first failure stage. Raises `InvalidValue` for anything else.

    >>> CloseLead(lead_id=4711, stage="JUNK").stage
    'JUNK'
    """

    __slots__ = ()


class ReopenLead(_StageOfLead):
    """Make a closed lead active again, in the named stage or the first in-process stage.

    `lead_id` is an id from 1 to 2^63 - 1. `stage` is a code of 1 to 100 printable characters without spaces, or `None`
    for the first stage in process. Raises `InvalidValue` for anything else.

    >>> ReopenLead(lead_id=4711, stage="NEW").stage
    'NEW'
    """

    __slots__ = ()


class DeleteLead(_OfLead):
    """Remove a lead's data; its id, ledger row and links stay (DATA-3).

    `lead_id` is an id from 1 to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> DeleteLead(lead_id=4711).lead_id
    4711
    """

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class DeleteRecord(Command[Any]):
    """Remove the data of a deal, contact or company; its id, its links and those to it stay (DATA-3).

    `ref` is a `Ref` of one of these kinds with an id from 1 to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> DeleteRecord(ref=Ref(Kind.DEAL, 4711)).ref.id
    4711
    """

    ref: Ref

    def __attrs_post_init__(self) -> None:
        _check_card_ref("ref", self.ref)
        if self.ref.kind not in MADE:
            raise InvalidValue("ref", "a reference to a deal, contact or company")


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class EraseRecords(Command[Erased]):
    """Erase what records say of a person, with their activities, in one step (DATA-5); `Crm.erase` finds the records.

    `refs` is a frozen set of 1 to 10,000 references to leads, deals, contacts and companies. Raises `InvalidValue` for
    anything else.

    >>> len(EraseRecords(refs=frozenset({Ref(Kind.LEAD, 4711)})).refs)
    1
    """

    refs: frozenset[Ref]

    def __attrs_post_init__(self) -> None:
        check_type("refs", self.refs, frozenset)
        if not 0 < len(self.refs) <= ERASED_LIMIT:
            raise InvalidValue("refs", f"1 to {ERASED_LIMIT} leads, deals, contacts and companies")
        for ref in self.refs:
            _check_card_ref("refs", ref)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ConvertLead(Command[ConvertedLead]):
    """Convert one lead by hand; without a policy, the one of POLICY-6.

    `lead_id` is an id from 1 to 2^63 - 1. `policy` is a `ModeSwitchPolicy`, or `None` for the one of the live or the
    last switch. Raises `InvalidValue` for anything else.

    >>> ConvertLead(lead_id=4711, policy=DEFAULT_POLICY).policy == ModeSwitchPolicy()
    True
    """

    lead_id: LeadId
    policy: ModeSwitchPolicy | None = None

    def __attrs_post_init__(self) -> None:
        check_id("lead_id", self.lead_id)
        if self.policy is not None:
            check_type("policy", self.policy, ModeSwitchPolicy)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class AddActivity(Command[ActivityId]):
    """Store a new activity bound to records.

    `fields` are those of `ActivityFields`, by name. `bound_to` is a frozen set of 1 to 200 references to leads, deals,
    contacts and companies. `key` is 1 to 100 printable characters, or `None`; it makes the command safe to repeat.
    Raises `InvalidValue` for anything else.

    >>> len(AddActivity(fields={"kind": "call"}, bound_to=frozenset({Ref(Kind.LEAD, 4711)})).bound_to)
    1
    """

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
        _check_optional_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class EditActivity(_Edit):
    """Change fields of an activity that the caller has read (EDIT-1, CONV-6).

    `activity_id` is an id from 1 to 2^63 - 1. `version` is the one that was read, from 1, or the whole `Versioned`
    activity as it was read. `fields` are those of `ActivityFields`, by name; `None` empties one. Raises `InvalidValue`
    for anything else.

    >>> EditActivity(activity_id=7, version=1, fields={"subject": "Call again"}).activity_id
    7
    """

    activity_id: ActivityId
    version: int | Versioned[Any]
    fields: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        check_id("activity_id", self.activity_id)
        self._check_read(Kind.ACTIVITY, self.activity_id)
        check_fields(Kind.ACTIVITY, self.fields)


class CompleteActivity(_OfActivity):
    """Complete an activity; a completed one stays unchanged.

    `activity_id` is an id from 1 to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> CompleteActivity(activity_id=7).activity_id
    7
    """

    __slots__ = ()


class ReopenActivity(_OfActivity):
    """Make a completed activity open again; an open one stays unchanged.

    `activity_id` is an id from 1 to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> ReopenActivity(activity_id=7).activity_id
    7
    """

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class _BindingOfActivity(_OfActivity):
    ref: Ref

    def __attrs_post_init__(self) -> None:
        check_id("activity_id", self.activity_id)
        _check_card_ref("ref", self.ref)


class BindActivity(_BindingOfActivity):
    """Bind an activity to one more record.

    `activity_id` is an id from 1 to 2^63 - 1. `ref` is a `Ref` of a lead, deal, contact or company. Raises
    `InvalidValue` for anything else.

    >>> BindActivity(activity_id=7, ref=Ref(Kind.DEAL, 3)).ref.id
    3
    """

    __slots__ = ()


class UnbindActivity(_BindingOfActivity):
    """Remove one binding of an activity.

    `activity_id` is an id from 1 to 2^63 - 1. `ref` is a `Ref` of the lead, deal, contact or company that it is bound
    to. Raises `InvalidValue` for anything else.

    >>> UnbindActivity(activity_id=7, ref=Ref(Kind.LEAD, 4711)).ref.id
    4711
    """

    __slots__ = ()


class DeleteActivity(_OfActivity):
    """Remove an activity's data; its id stays (DATA-3).

    `activity_id` is an id from 1 to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> DeleteActivity(activity_id=7).activity_id
    7
    """

    __slots__ = ()


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class TakeInquiry(Command[InquiryHeld]):
    """Take a request, call, e-mail, chat or any other touch.

    `channel` is a code of 1 to 100 characters, such as "call" or "chat", and the kind of the activity. `fields` are
    those of `LeadFields` without stage and client, by name. `subject` is a line of at most 255 characters, or `None`.
    `key` is 1 to 100 printable characters, or `None`; it makes the command safe to repeat. Raises `InvalidValue` for a
    channel that is no code, for another field, and for a value of another type than the field's.

    >>> TakeInquiry(channel="call", fields={"title": "Forty desks"}).channel
    'call'
    """

    channel: str
    fields: Mapping[str, Any]
    subject: str | None = None
    key: str | None = None

    def __attrs_post_init__(self) -> None:
        check_code("channel", self.channel)
        check_fields(Kind.LEAD, self.fields, without=("stage", "contact_id", "company_id"))
        check_fields(Kind.ACTIVITY, {"subject": self.subject})
        _check_optional_key(self.key)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class DefineLeadStages(Command[int]):
    """Replace the catalogue of lead stages that the caller has read in this version.

    `stages` is a `LeadStages`. `version` is the one that was read, from 1. Raises `InvalidValue` for anything else.

    >>> from crmcore import DEFAULT_LEAD_STAGES
    >>> DefineLeadStages(stages=DEFAULT_LEAD_STAGES, version=1).version
    1
    """

    stages: LeadStages
    version: int

    def __attrs_post_init__(self) -> None:
        check_type("stages", self.stages, LeadStages)
        check_version(self.version)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class DefinePipeline(Command[int]):
    """Add a pipeline (version 0), or change one that the caller has read in this version.

    `pipeline` is a `Pipeline`. `version` is the one that was read, or 0 for a new one. Raises `InvalidValue` for
    anything else.

    >>> from crmcore import default_pipeline
    >>> DefinePipeline(pipeline=default_pipeline(), version=1).pipeline.id
    0
    """

    pipeline: Pipeline
    version: int = 0

    def __attrs_post_init__(self) -> None:
        check_type("pipeline", self.pipeline, Pipeline)
        check_version(self.version, lowest=0)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ArchivePipeline(Command[PipelineId]):
    """Archive a pipeline: its deals stay, new ones cannot start in it.

    `pipeline_id` is an id from 0, the default pipeline, to 2^63 - 1. Raises `InvalidValue` for anything else.

    >>> ArchivePipeline(pipeline_id=7).pipeline_id
    7
    """

    pipeline_id: PipelineId

    def __attrs_post_init__(self) -> None:
        check_id("pipeline_id", self.pipeline_id, lowest=0)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ChangeSettings(Command[Settings]):
    """Change the match setting (CONV-7) or what a repeat inquiry becomes (INTAKE-3).

    `match` is a `MatchSetting` and `repeat_inquiry` a `RepeatInquiry`; `None` leaves a setting unchanged. Raises
    `InvalidValue` for anything else.

    >>> ChangeSettings(match=MatchSetting.EMAIL).match
    <MatchSetting.EMAIL: 'email'>
    """

    match: MatchSetting | None = None
    repeat_inquiry: RepeatInquiry | None = None

    def __attrs_post_init__(self) -> None:
        if self.match is not None:
            check_type("match", self.match, MatchSetting)
        if self.repeat_inquiry is not None:
            check_type("repeat_inquiry", self.repeat_inquiry, RepeatInquiry)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ImportRecords(Command[Imported]):
    """Store leads, activities and clients as they are, without conversion or intake (IMPORT-1).

    `leads` is a tuple of `Lead`; `activities` is a tuple of pairs: an `Activity` and the frozen set of 1 to 200
    references that it is bound to. `contacts` and `companies` are tuples of `Contact` and `Company`, the clients that
    leads and contacts are linked to. `updates` is a tuple of pairs: a `Lead` that is there, as it should be, and the
    version that was read of it (IMPORT-2). Ids go up to 2**62, so that there are ids left to hand out. Raises
    `InvalidValue` for anything else.

    >>> call = Activity(id=1, kind="call")
    >>> len(ImportRecords(activities=((call, frozenset({Ref(Kind.LEAD, 4711)})),)).activities)
    1
    """

    leads: tuple[Lead, ...] = ()
    activities: tuple[tuple[Activity, frozenset[Ref]], ...] = ()
    contacts: tuple[Contact, ...] = ()
    companies: tuple[Company, ...] = ()
    updates: tuple[tuple[Lead, int], ...] = ()

    def __attrs_post_init__(self) -> None:
        for name, kind in (("leads", Lead), ("contacts", Contact), ("companies", Company)):
            cards = getattr(self, name)
            check_type(name, cards, tuple)
            _check_imported(name, cards, kind)
        updates = tuple(_pairs("updates", self.updates, "pairs of a lead and the version that was read of it"))
        _check_imported("updates", tuple(lead for lead, _ in updates), Lead)
        for place, (_, version) in enumerate(updates):
            check_id(f"updates[{place}].version", version)
        pairs = tuple(_pairs("activities", self.activities, "pairs of an activity and what it is bound to"))
        _check_imported("activities", tuple(activity for activity, _ in pairs), Activity)
        for place, (_, bound) in enumerate(pairs):
            name = f"activities[{place}]"
            check_type(name, bound, frozenset)
            if not 0 < len(bound) <= BINDINGS_LIMIT:
                raise InvalidValue(name, f"1 to {BINDINGS_LIMIT} records that an activity is bound to")
            for ref in bound:
                _check_card_ref(name, ref)


def _check_imported(name: str, records: tuple[Any, ...], kind: type) -> None:
    for place, record in enumerate(records):
        if type(record) is not kind:  # a quick look: this runs for every record of an import
            check_type(f"{name}[{place}]", record, kind)
        id = record.id
        if type(id) is not int or not 1 <= id <= IMPORTED_ID_LIMIT:
            check_imported_id(f"{name}[{place}].id", id)


def _pairs(name: str, given: Any, expected: str) -> Iterator[Any]:
    """The pairs of an argument, each as it is asked for; raises `InvalidValue` for what is none."""
    check_type(name, given, tuple)
    for place, pair in enumerate(given):
        check_type(f"{name}[{place}]", pair, tuple)
        if len(pair) != 2:
            raise InvalidValue(f"{name}[{place}]", expected)
        yield pair


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class BeginSwitch(Command[SwitchToken | SwitchDone | NoChange]):
    """Open a switch to Simple (SWITCH-4, SWITCH-10).

    `key` is 1 to 100 printable characters, and names the switch for ever. `policy` is a `ModeSwitchPolicy`. Raises
    `InvalidValue` for anything else.

    >>> BeginSwitch(key="2026-11-23").policy == ModeSwitchPolicy()
    True
    """

    key: str
    policy: ModeSwitchPolicy = DEFAULT_POLICY

    def __attrs_post_init__(self) -> None:
        check_key("key", self.key)
        check_type("policy", self.policy, ModeSwitchPolicy)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class ConvertChunk(Command[ChunkDone]):
    """Convert the next active leads of a switch, at most `size` (SWITCH-4).

    `token` is that of the live switch. `size` is a whole number from 1. `shard` is a pair (k, n) of whole numbers, k
    from 0 to n - 1, and takes the leads whose id leaves the remainder k when it is divided by n. `without` is a frozen
    set of ids of leads to pass over. `lost` is a tuple of the rows of a chunk whose commit got no answer: if they
    are in the ledger, they are the result. Raises `InvalidValue` for anything else.

    >>> ConvertChunk(token=SwitchToken("2026-11-23", 2), size=100, shard=(0, 2)).size
    100
    """

    token: SwitchToken
    size: int = CHUNK
    shard: tuple[int, int] = (0, 1)
    without: frozenset[LeadId] = frozenset()
    lost: tuple[LedgerRow, ...] = ()

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)
        check_id("size", self.size)
        check_type("shard", self.shard, tuple)
        if len(self.shard) != 2:
            raise InvalidValue("shard", "(k, n) with k from 0 to n - 1")
        for each in self.shard:
            check_id("shard", each, lowest=0)
        if self.shard[0] >= self.shard[1]:
            raise InvalidValue("shard", "(k, n) with k from 0 to n - 1")
        check_type("without", self.without, frozenset)
        for lead_id in self.without:
            check_id("without", lead_id)
        check_type("lost", self.lost, tuple)
        for row in self.lost:
            check_type("lost", row, LedgerRow)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class SetAside(Command[LeadOutcome]):
    """Mark a lead of a switch that cannot be read or written (SWITCH-9).

    `token` is that of the live switch. `lead_id` is an id from 1 to 2^63 - 1. `code` says why, in 1 to 100 printable
    characters without spaces, and shows no data (DATA-2). Raises `InvalidValue` for anything else.

    >>> SetAside(token=SwitchToken("2026-11-23", 2), lead_id=4711, code="unreadable").code
    'unreadable'
    """

    token: SwitchToken
    lead_id: LeadId
    code: str

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)
        check_id("lead_id", self.lead_id)
        check_code("code", self.code)


@frozen(kw_only=True, repr=False, eq=False, slots=False)
class FinishSwitch(Command[SwitchDone | SwitchUnfinished | SwitchBlocked]):
    """Make the CRM Simple, if no active lead is left (SWITCH-3).

    `token` is that of the live switch. Raises `InvalidValue` for anything else.

    >>> FinishSwitch(token=SwitchToken("2026-11-23", 2)).token.epoch
    2
    """

    token: SwitchToken

    def __attrs_post_init__(self) -> None:
        check_type("token", self.token, SwitchToken)


class ResumeSwitch(Command[SwitchToken]):
    """Hand out the token of the live switch (SWITCH-5).

    >>> ResumeSwitch()
    ResumeSwitch()
    """

    __slots__ = ()


class RetrySwitch(Command[SwitchToken]):
    """Remove the marks of set-aside leads and hand out the token (SWITCH-9).

    >>> RetrySwitch()
    RetrySwitch()
    """

    __slots__ = ()


class CancelSwitch(Command[SwitchDone]):
    """Cancel the live switch and go back to Classic; converted leads stay converted (SWITCH-8).

    >>> CancelSwitch()
    CancelSwitch()
    """

    __slots__ = ()


class SwitchToClassic(Command[Epoch | NoChange]):
    """Go from Simple to Classic (MODE-4).

    >>> SwitchToClassic()
    SwitchToClassic()
    """

    __slots__ = ()
