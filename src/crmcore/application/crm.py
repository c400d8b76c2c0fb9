"""`Crm`: load, decide, commit, retry on a conflict, then tell. It only drives: every rule is in the domain.

lines: one short method per command, so that a host sees every command in one place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from time import sleep
from typing import Any, TypeVar, Unpack

from crmcore.application.answers import snapshot_of
from crmcore.application.imports import import_parts
from crmcore.application.lists import Lists
from crmcore.application.pace import Pace, Patience, Progress, check_pace
from crmcore.application.pages import person_of, records_of
from crmcore.application.step import NOBODY, Step, handler_of
from crmcore.domain.decisions.preview import Planner, decide_preview, preview_query
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import (
    Conflict,
    InHostTransaction,
    InvalidValue,
    OutcomeUnknown,
    RecordFault,
    StoreBusy,
)
from crmcore.domain.model.fields import ActivityFields, CompanyFields, ContactFields, DealFields, LeadFields
from crmcore.domain.model.ids import (
    MATCHED,
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Kind,
    LeadId,
    PipelineId,
    Ref,
    UserId,
)
from crmcore.domain.model.integrity import check_given
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import DEFAULT_POLICY, ConversionTerms, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import RepeatInquiry, Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import check_id, check_key, check_type
from crmcore.domain.protocol.commands import (
    CHUNK,
    ERASED_LIMIT,
    AddActivity,
    AddLead,
    AddRecord,
    ArchivePipeline,
    BeginSwitch,
    BindActivity,
    CancelSwitch,
    ChangeSettings,
    CloseLead,
    Command,
    CompleteActivity,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DefineLeadStages,
    DefinePipeline,
    DeleteActivity,
    DeleteLead,
    DeleteRecord,
    EditActivity,
    EditRecord,
    EraseRecords,
    FinishSwitch,
    ImportRecords,
    ReopenActivity,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SetAside,
    SwitchToClassic,
    TakeInquiry,
    UnbindActivity,
    bindings_from,
)
from crmcore.domain.protocol.events import Event
from crmcore.domain.protocol.results import (
    ChunkDone,
    ConvertedLead,
    Erased,
    Imported,
    InquiryHeld,
    NoChange,
    Preview,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
    Totals,
    Versioned,
    totals_in,
)
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.domain.rules.authority import sees_unread_leads
from crmcore.ports.clock import Clock
from crmcore.ports.observer import Observer
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Joined, Store

__all__ = ["ATTEMPTS", "MANY_LEADS", "Crm"]

R = TypeVar("R")

#: How many leads one call converts by hand at most; for more there is the switch.
MANY_LEADS = 100_000

#: How often a decision is repeated because records changed, before `StoreBusy` is raised.
ATTEMPTS = 50


class Crm(Lists):
    """One CRM: its commands and its read side, behind the rights of each actor.

    `store`, `permissions`, `plan` and `clock` are the ports; an `observer` receives what was committed. `pause` is how
    `run_switch` waits between two checks of a switch that makes no progress: it is called with a number of seconds; the
    default is `time.sleep`.

    Every command takes the actor first, or the token of a switch (PERM-4). A business "no" is returned as `Refused`:
    nothing has changed, and its `reason` is a code that the method names. An actor that is no id raises `InvalidValue`.
    Besides what a method names, each call raises `StoreError` for a store that fails, and `ContractBroken` for a port
    that breaks its contract: a clock without a time zone, pages that do not advance, fewer new ids than requested.
    An error leaves only complete steps behind; call again to continue once the cause is gone. `StoreBusy` is a
    `StoreError`, for records that kept changing.

    Ids are whole numbers from 1 to 2^63 - 1, versions those that a read returned, codes 1 to 100 characters without
    spaces, keys 1 to 100 printable characters. A command that creates does its work once for each `key` (EDIT-1): the
    same call again returns the first answer, and another call with that key is refused. The fields of records, with
    their limits, are those of `Lead`, `Deal`, `Contact`, `Company` and `Activity`. The examples share this set-up:

    >>> from decimal import Decimal
    >>> from crmcore import ClientChoice, ContactPoint, ImportRecords, Kind, Lead
    >>> from crmcore import LeadStages, MatchSetting, ModeSwitchPolicy, Money, PersonName
    >>> from crmcore import Pipeline, PointKind, Ref, Stage, StageSemantics
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> crm, boss, stranger = p.crm, p.administrator, p.stranger
    """

    def __init__(
        self,
        *,
        store: Store,
        permissions: Permissions,
        plan: Plan,
        clock: Clock,
        observer: Observer | None = None,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        super().__init__(store=store, permissions=permissions, plan=plan, clock=clock)
        self._observer = observer
        self._pause = pause
        self._joined = store if isinstance(store, Joined) else None

    def run(self, actor: UserId, command: Command[R]) -> R | Refused:
        """Run any command, as the methods below do; for scripts of commands.

        `actor` is the user who asks; 0 means nobody, for the commands that carry a token. `command` is a `Command` such
        as `CloseLead`. Answers and refusals are those of the method that belongs to the command.

        Raises `InvalidValue` for anything else, `StoreBusy` if records keep changing, and `OutcomeUnknown` if the
        answer of a commit was lost and the decision cannot recognise its own work.

        >>> crm.run(boss, CloseLead(lead_id=p.lead().id)) is not None
        True
        """
        handler = handler_of(command)
        for _ in range(ATTEMPTS):
            step = Step.of(self._store, self._permissions, self._plan, self._clock, actor, command)
            try:
                result: R | Refused = step.commit()
            except Conflict as conflict:
                if self._joined is not None:
                    raise  # nothing is repeated behind the back of a host that may have read what is stale
                command = handler.after_conflict(command, conflict)
                continue
            except OutcomeUnknown:
                if not handler.lookup(command):
                    raise
                command = handler.after_loss(command, step.decision)
                continue
            if self._observer is not None and not isinstance(step.decision, Refused):
                self._tell(tuple(step.decision.events))
            return result
        raise StoreBusy(f"no commit went through in {ATTEMPTS} attempts; safe to run again")

    def _tell(self, events: Sequence[Event]) -> None:
        """Tell the observer what was committed, or will be with the host's transaction."""
        if not events or self._observer is None:
            return
        if self._joined is not None:
            self._joined.when_committed(partial(self._observer.tell, events))
        else:
            self._observer.tell(events)

    # Leads

    def add_lead(self, actor: UserId, *, key: str | None = None, **fields: Unpack[LeadFields]) -> LeadId | Refused:
        """Store a new lead; outside Classic it is stored converted, with its deal (INTAKE-4, SWITCH-6).

        `actor` needs the right to add leads. `key` makes the call safe to repeat. `fields` are those of `LeadFields`;
        the default responsible is the actor, the default stage the first one in process.

        Refused as `not_permitted`, `key_conflict`, `unknown_stage`, `unknown_record` for a missing client,
        and `unknown_pipeline` if the pipeline of the deal is archived. Raises `InvalidValue` for a field or key that
        is not allowed.

        >>> budget = Money(amount=Decimal("1200.50"), currency="EUR")
        >>> mail = ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")
        >>> person = PersonName(first="Ann", last="Sample")
        >>> fields = {"title": "Desks", "name": person, "contact_points": [mail], "amount": budget}
        >>> id = crm.add_lead(boss, **fields, key="form-1")
        >>> crm.add_lead(stranger, title="Desks").reason
        <Reason.NOT_PERMITTED: 'not_permitted'>
        """
        return self.run(actor, AddLead(fields=fields, key=key))

    def copy_lead(self, actor: UserId, lead_id: LeadId, *, key: str | None = None) -> LeadId | Refused:
        """Store a fresh copy of a lead, without its client, activities and outcome (CONV-9).

        `actor` needs the rights to read the lead `lead_id` and to add leads. `key` makes the call safe to repeat.

        Refused as `unknown_record`, `not_permitted`, `key_conflict`, and `unknown_pipeline` if the copy is converted
        at once and its pipeline is archived. Raises `InvalidValue` for an id or key that is not allowed.

        >>> lead = p.lead(title="Desks")
        >>> copy = crm.copy_lead(boss, lead.id)
        >>> (copy == lead.id, crm.lead(boss, copy).record.title)
        (False, 'Desks')
        """
        return self.run(actor, CopyLead(lead_id=lead_id, key=key))

    def edit_lead(
        self, actor: UserId, lead_id: LeadId, version: int | Versioned[Lead], **fields: Unpack[LeadFields]
    ) -> int | Refused:
        """Edit a lead that was read in this version; returns the new version (EDIT-1, CONV-9).

        `actor` needs the right to update the lead `lead_id`. `version` is the one that was read with it, or the whole
        `Versioned` lead as read: an activity that came to the lead meanwhile does not make that stale. `fields` are
        those of `LeadFields`; `None` empties one. Of a converted lead, only the comments and the
        responsible person can be edited. An edit removes the mark of a lead that was set aside (SWITCH-9).

        Refused as `unknown_record`, `not_permitted`, `reopen_refused`, `stale_version` (read it again),
        `already_converted` (the subject is its deal), `unknown_stage`, and `convert_instead` for a success stage.
        Raises `InvalidValue` for a value that is not allowed.

        >>> lead = crm.lead(boss, p.lead().id)
        >>> crm.edit_lead(boss, lead.record.id, lead.version, title="Sixty desks")
        2
        >>> crm.edit_lead(boss, lead.record.id, lead.version, title="Fifty desks").reason
        <Reason.STALE_VERSION: 'stale_version'>
        >>> lead = crm.lead(boss, lead.record.id)
        >>> mail = crm.add_activity(boss, of=[Ref(Kind.LEAD, lead.record.id)], kind="email")
        >>> crm.edit_lead(boss, lead.record.id, lead, title="Fifty desks") > lead.version
        True
        """
        return self._edit(actor, Ref(Kind.LEAD, lead_id), version, fields)

    def close_lead(self, actor: UserId, lead_id: LeadId, *, stage: str | None = None) -> LeadId | Refused:
        """Close an active lead as failed (STAGE-2, SWITCH-7); closing a closed one changes nothing.

        `actor` needs the right to update the lead `lead_id`. `stage` is the code of a failure stage; the default
        is the first. Of a lead that cannot be read only the stage is written; that takes the settings right (SWITCH-9).

        Refused as `unknown_record`, `not_permitted`, `already_converted` (the subject is its deal), `lead_closed` for a
        closed lead that cannot be read, and `unknown_stage` for a stage that does not exist or is no failure. Raises
        `InvalidValue` for an id or code that is not allowed.

        >>> lead = p.lead()
        >>> crm.close_lead(boss, lead.id, stage="JUNK") == lead.id
        True
        """
        return self.run(actor, CloseLead(lead_id=lead_id, stage=stage))

    def reopen_lead(self, actor: UserId, lead_id: LeadId, *, stage: str | None = None) -> LeadId | Refused:
        """Make a closed lead active again; in Classic only, and never a converted one (SWITCH-6).

        `actor` needs the right to update the lead `lead_id`. `stage` is the code of a stage in process; the
        default is the first.

        Refused as `unknown_record`, `not_permitted`, `reopen_refused` outside Classic, `unknown_stage`, and
        `already_converted`. Raises `InvalidValue` for an id or code that is not allowed.

        >>> lead = p.lead(stage="JUNK")
        >>> id = crm.reopen_lead(boss, lead.id)
        >>> p.reread(lead).is_active
        True
        """
        return self.run(actor, ReopenLead(lead_id=lead_id, stage=stage))

    def delete_lead(self, actor: UserId, lead_id: LeadId) -> LeadId | Refused:
        """Remove a lead's data; id, links and ledger row stay (DATA-3).

        `actor` needs the right to delete the lead `lead_id`. Activities that are bound to nothing else go with it. A
        lead that cannot be read is deleted with the settings right (SWITCH-9).

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.delete_lead(boss, p.lead().id)
        >>> crm.lead(boss, id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        return self.run(actor, DeleteLead(lead_id=lead_id))

    def convert_lead(
        self, actor: UserId, lead_id: LeadId, *, policy: ModeSwitchPolicy | None = None
    ) -> ConvertedLead | Refused:
        """Convert one lead by hand; for a converted one, return its first result (SWITCH-7, SWITCH-11, CONV-9).

        `actor` needs the rights to update the lead `lead_id` and to add each kind of record that is made (PERM-3).
        `policy` is a `ModeSwitchPolicy`; the default is that of the live or the last switch (POLICY-6).

        Refused as `unknown_record`, `not_permitted`, `unknown_pipeline`, and `lead_closed`. Raises `InvalidValue` for
        an id or policy that is not allowed.

        >>> lead = p.lead(company_title="Example Ltd")
        >>> made = crm.convert_lead(boss, lead.id, policy=ModeSwitchPolicy(client=ClientChoice.COMPANY))
        >>> (made.already, crm.deal(boss, made.row.deal_id).record.lead_id == lead.id)
        (False, True)
        """
        return self.run(actor, ConvertLead(lead_id=lead_id, policy=policy))

    def convert_leads(
        self, actor: UserId, lead_ids: Iterable[LeadId], *, policy: ModeSwitchPolicy | None = None
    ) -> tuple[ConvertedLead | Refused, ...]:
        """Convert leads by hand, one commit each: one answer per lead in the order given (SWITCH-13).

        `actor` and `policy` are as in `convert_lead`; `lead_ids` is any iterable of ids. A lead that cannot be read or
        written is refused as `record_fault`, and the others are converted (SWITCH-9). A call takes 100,000 ids at most.

        Each answer may be a refusal: `unknown_record`, `not_permitted`, `unknown_pipeline`, `lead_closed` or
        `record_fault`. Raises `InvalidValue` for an id or policy that is not allowed, before anything is converted.

        >>> closed = p.lead(stage="JUNK")
        >>> made, refused = crm.convert_leads(boss, [p.lead().id, closed.id])
        >>> (made.already, refused.reason)
        (False, <Reason.LEAD_CLOSED: 'lead_closed'>)
        """
        check_type("lead_ids", lead_ids, Iterable)
        asked = tuple(islice(lead_ids, MANY_LEADS + 1))
        if len(asked) > MANY_LEADS:
            raise InvalidValue("lead_ids", f"at most {MANY_LEADS} leads in one call")
        commands = [ConvertLead(lead_id=lead_id, policy=policy) for lead_id in asked]
        return tuple([self._convert_or_refuse(actor, command) for command in commands])

    def _convert_or_refuse(self, actor: UserId, command: ConvertLead) -> ConvertedLead | Refused:
        try:
            return self.run(actor, command)
        except RecordFault:
            return Refused(self._why_not(actor, command.lead_id), Ref(Kind.LEAD, command.lead_id))

    def _why_not(self, actor: UserId, lead_id: LeadId) -> Reason:
        """What is said of a lead that cannot be converted since a record cannot be read, its own or another (D-81)."""
        try:
            shown = isinstance(self.lead(actor, lead_id), Versioned)
        except RecordFault:
            shown = sees_unread_leads(self._rights(actor))
        return Reason.RECORD_FAULT if shown else Reason.UNKNOWN_RECORD

    # Deals, contacts, companies

    def add_deal(self, actor: UserId, *, key: str | None = None, **fields: Unpack[DealFields]) -> DealId | Refused:
        """Store a new deal, in the first stage of the default pipeline unless told otherwise.

        `actor` needs the right to add deals. `key` makes the call safe to repeat. `fields` are those of `DealFields`.

        Refused as `not_permitted`, `key_conflict`, `unknown_pipeline`, `unknown_stage`, and `unknown_record` for a
        client that does not exist. Raises `InvalidValue` for a field or key that is not allowed.

        >>> id = crm.add_deal(boss, title="Ten chairs", amount=Money(amount=Decimal(900), currency="EUR"))
        >>> crm.deal(boss, id).record.stage
        'NEW'
        """
        return self.run(actor, AddRecord(kind=Kind.DEAL, fields=fields, key=key))

    def edit_deal(
        self, actor: UserId, deal_id: DealId, version: int | Versioned[Deal], **fields: Unpack[DealFields]
    ) -> int | Refused:
        """Edit a deal that was read in this version; returns the new version (EDIT-1).

        `actor` needs the right to update the deal `deal_id`, and deals of the pipeline that it moves to. `version` is
        the one that was read with it, or the whole `Versioned` deal as read. `fields` are those of `DealFields`; `None`
        empties one.

        Refused as `unknown_record`, `not_permitted`, `unknown_pipeline`, `unknown_stage` and `stale_version`. Raises
        `InvalidValue` for a value that is not allowed.

        >>> deal = crm.deal(boss, p.deal().id)
        >>> crm.edit_deal(boss, deal.record.id, deal.version, stage="WON")
        2
        """
        return self._edit(actor, Ref(Kind.DEAL, deal_id), version, fields)

    def delete_deal(self, actor: UserId, deal_id: DealId) -> DealId | Refused:
        """Remove a deal's data; its id and links, and those to it, stay (DATA-3).

        `actor` needs the right to delete the deal `deal_id`. Activities that are bound to nothing else go with it.
        A deal that a lead became stays in the ledger, and the lead is not converted again (CONV-9).

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.delete_deal(boss, p.deal().id)
        >>> crm.deal(boss, id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        return self.run(actor, DeleteRecord(ref=Ref(Kind.DEAL, deal_id)))

    def add_contact(
        self, actor: UserId, *, key: str | None = None, **fields: Unpack[ContactFields]
    ) -> ContactId | Refused:
        """Store a new contact.

        `actor` needs the right to add contacts. `key` makes the call safe to repeat. `fields` are those of
        `ContactFields`.

        Refused as `not_permitted`, `key_conflict`, and `unknown_record` for a company that does not exist. Raises
        `InvalidValue` for a field or key that is not allowed.

        >>> ann = ContactPoint(kind=PointKind.PHONE, type="MOBILE", value="+32 2 555 01 10")
        >>> id = crm.add_contact(boss, name=PersonName(first="Ann", last="Sample"), contact_points=[ann])
        """
        return self.run(actor, AddRecord(kind=Kind.CONTACT, fields=fields, key=key))

    def edit_contact(
        self, actor: UserId, contact_id: ContactId, version: int | Versioned[Contact], **fields: Unpack[ContactFields]
    ) -> int | Refused:
        """Edit a contact that was read in this version; returns the new version (EDIT-1).

        `actor` needs the right to update the contact `contact_id`. `version` is the one that was read with it, or
        the whole `Versioned` contact as read. `fields` are those of `ContactFields`; `None` empties one.

        Refused as `unknown_record`, `not_permitted` and `stale_version`. Raises `InvalidValue` for a value that is not
        allowed.

        >>> contact = crm.contact(boss, p.contact().id)
        >>> crm.edit_contact(boss, contact.record.id, contact.version, job_title="Buyer")
        2
        """
        return self._edit(actor, Ref(Kind.CONTACT, contact_id), version, fields)

    def delete_contact(self, actor: UserId, contact_id: ContactId) -> ContactId | Refused:
        """Remove a contact's data; its id and links, and those to it, stay (DATA-3).

        `actor` needs the right to delete the contact `contact_id`. Activities that are bound to nothing else go with
        it. A link to it counts as none from then on: a lead without another one is converted like an unlinked one
        (CONV-2).

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.delete_contact(boss, p.contact().id)
        >>> crm.contact(boss, id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        return self.run(actor, DeleteRecord(ref=Ref(Kind.CONTACT, contact_id)))

    def add_company(
        self, actor: UserId, *, key: str | None = None, **fields: Unpack[CompanyFields]
    ) -> CompanyId | Refused:
        """Store a new company.

        `actor` needs the right to add companies. `key` makes the call safe to repeat. `fields` are those of
        `CompanyFields`.

        Refused as `not_permitted` and `key_conflict`. Raises `InvalidValue` for a field or key that is not allowed.

        >>> id = crm.add_company(boss, title="Example Ltd")
        >>> crm.company(boss, id).record.title
        'Example Ltd'
        """
        return self.run(actor, AddRecord(kind=Kind.COMPANY, fields=fields, key=key))

    def edit_company(
        self, actor: UserId, company_id: CompanyId, version: int | Versioned[Company], **fields: Unpack[CompanyFields]
    ) -> int | Refused:
        """Edit a company that was read in this version; returns the new version (EDIT-1).

        `actor` needs the right to update the company `company_id`. `version` is the one that was read with it, or
        the whole `Versioned` company as read. `fields` are those of `CompanyFields`; `None` empties one.

        Refused as `unknown_record`, `not_permitted` and `stale_version`. Raises `InvalidValue` for a value that is not
        allowed.

        >>> company = crm.company(boss, p.company(title="Example").id)
        >>> crm.edit_company(boss, company.record.id, company.version, title="Example Ltd")
        2
        """
        return self._edit(actor, Ref(Kind.COMPANY, company_id), version, fields)

    def delete_company(self, actor: UserId, company_id: CompanyId) -> CompanyId | Refused:
        """Remove a company's data; its id and links, and those to it, stay (DATA-3).

        `actor` needs the right to delete the company `company_id`. Activities that are bound to nothing else go with
        it. A link to it counts as none from then on: a lead without another one is converted like an unlinked one
        (CONV-2).

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.delete_company(boss, p.company().id)
        >>> crm.company(boss, id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        return self.run(actor, DeleteRecord(ref=Ref(Kind.COMPANY, company_id)))

    def _edit(self, actor: UserId, ref: Ref, version: int | Versioned[Any], fields: Mapping[str, Any]) -> int | Refused:
        return self.run(actor, EditRecord(ref=ref, version=version, fields=fields))

    # Erasure

    def erasure(self, actor: UserId, ref: Ref) -> Erased | Refused:
        """What `erase` would touch now; writes nothing (DATA-4).

        `actor` needs the right to delete each of the records. `ref` is a `Ref` of a lead, contact or company. It looks
        at every card of the CRM.

        Refused as `unknown_record`, and `not_permitted`, which names no record that the actor may not read. Raises
        `InvalidValue` for a reference that is not allowed, `RecordFault` for a card that cannot be read, and
        `StoreBusy` if records of the person keep coming and going.

        >>> ann = [ContactPoint(kind=PointKind.EMAIL, value="ann.two@example.com")]
        >>> ids = [p.lead(contact_points=ann).id, p.lead(contact_points=ann).id]
        >>> crm.erasure(boss, Ref(Kind.LEAD, ids[0])).leads == tuple(ids)
        True
        """
        return self._erase(actor, ref, commit=False)

    def erase(self, actor: UserId, ref: Ref) -> Erased | Refused:
        """Erase what the CRM knows about one person: for a request to be forgotten (DATA-4, DATA-5).

        `actor` needs the right to delete each of the records. `ref` is a `Ref` of a lead, contact or company; the other
        records are found by their links and by equal e-mail, as `erasure` shows them. Leads and activities of their
        own are deleted, converted ones too; deals and clients are emptied. It repeats until nothing is left, so what
        was added meanwhile is erased too. What was erased already is skipped.

        Refused as `unknown_record`, and `not_permitted`, which names no record that the actor may not read; nothing is
        written then, but for what was erased before such a record was added. Raises `InvalidValue` for a reference that
        is not allowed, `RecordFault` for a card that cannot be read (delete such a lead first), and `StoreBusy` if
        records of the person keep coming. More than 10,000 records are erased in steps: call again to continue.

        >>> row = crm.convert_lead(boss, p.lead(title="Ann's desks").id).row
        >>> erased = crm.erase(boss, Ref(Kind.LEAD, row.lead_id))
        >>> (erased.deals == (row.deal_id,), crm.deal(boss, row.deal_id).record.title, crm.audit(boss))
        (True, None, ())
        """
        return self._erase(actor, ref, commit=True)

    def _erase(self, actor: UserId, ref: Ref, *, commit: bool) -> Erased | Refused:
        check_type("ref", ref, Ref)
        if type(ref.kind) is not Kind or ref.kind not in MATCHED:
            raise InvalidValue("ref", "a reference to a lead, contact or company")
        check_id("ref", ref.id)
        named = self._one(actor, ref)
        if isinstance(named, Refused):
            return named
        emails, start = person_of(self._store, ref)
        done, found, missed = Erased(), start, set[Ref | None]()
        for _ in range(ATTEMPTS):
            found, there = records_of(self._store, emails, found)
            # What leads to all others goes last, so that the same call goes on where it was interrupted.
            step, refused = self._erase_in_steps(actor, sorted(there, key=lambda each: (each in start, each)), commit)
            done = done.and_then(step)
            if refused is None:
                if step.is_empty or not commit:
                    return done
            elif refused.reason is not Reason.UNKNOWN_RECORD:
                return refused
            elif refused.subject in missed:  # it is there, and the actor may not read it
                return Refused(Reason.NOT_PERMITTED, None, "PERM-6")
            else:
                missed.add(refused.subject)
        raise StoreBusy(f"records of the person were added {ATTEMPTS} times; safe to run again")

    def _erase_in_steps(self, actor: UserId, refs: Sequence[Ref], commit: bool) -> tuple[Erased, Refused | None]:
        """What was erased, or would be, of these records, and why no more; all rights come before the first step."""
        parts = (refs[at : at + ERASED_LIMIT] for at in range(0, len(refs), ERASED_LIMIT))
        commands = [EraseRecords(refs=frozenset(part)) for part in parts]
        planned = Erased()
        for command in commands if len(commands) > 1 or not commit else ():
            answer = self._planned(actor, command)
            if isinstance(answer, Refused):
                return Erased(), answer
            planned = planned.and_then(answer)
        done = Erased()
        for command in commands if commit else ():
            answer = self.run(actor, command)
            if isinstance(answer, Refused):
                return done, answer
            done = done.and_then(answer)
        return done if commit else planned, None

    def _planned(self, actor: UserId, command: Command[R]) -> R | Refused:
        """What a command would answer, of which nothing is written."""
        decision = Step.of(self._store, self._permissions, self._plan, self._clock, actor, command).decision
        return decision if isinstance(decision, Refused) else decision.result

    # Activities and inquiries

    def add_activity(
        self, actor: UserId, *, of: Iterable[Ref], key: str | None = None, **fields: Unpack[ActivityFields]
    ) -> ActivityId | Refused:
        """Store a new activity bound to records; refused on a converted lead, naming its deal (CONV-6).

        `actor` needs the right to update each of the records. `of` holds 1 to 200 references to leads, deals, contacts
        and companies. `key` makes the call safe to repeat. `fields` are those of `ActivityFields`.

        Refused as `unknown_record`, `not_permitted`, `key_conflict` and `already_converted` (the subject is the deal).
        Raises `InvalidValue` for a reference, field or key that is not allowed.

        >>> lead = Ref(Kind.LEAD, p.lead().id)
        >>> id = crm.add_activity(boss, of=[lead], kind="call", subject="Ask for the colour")
        >>> crm.bindings(boss, id) == {lead}
        True
        """
        return self.run(actor, AddActivity(fields=fields, bound_to=bindings_from("of", of), key=key))

    def edit_activity(
        self,
        actor: UserId,
        activity_id: ActivityId,
        version: int | Versioned[Activity],
        **fields: Unpack[ActivityFields],
    ) -> int | Refused:
        """Edit an activity that was read in this version; returns the new version (EDIT-1, CONV-6).

        `actor` needs the right to update one of the records that `activity_id` is bound to. `version` is the one that
        was read with it, or the whole `Versioned` activity as read. `fields` are those of `ActivityFields`; `None`
        empties one, and `completed` completes or reopens it.

        Refused as `unknown_record`, `not_permitted` and `stale_version`. Raises `InvalidValue` for a value that is not
        allowed.

        >>> read = crm.activity(boss, p.activity(p.lead()).id)
        >>> crm.edit_activity(boss, read.record.id, read, subject="Call again")
        2
        """
        return self.run(actor, EditActivity(activity_id=activity_id, version=version, fields=fields))

    def reopen_activity(self, actor: UserId, activity_id: ActivityId) -> ActivityId | Refused:
        """Make a completed activity open again; an open one stays unchanged.

        `actor` needs the right to update one of the records that `activity_id` is bound to.

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.complete_activity(boss, p.activity(p.lead()).id)
        >>> crm.activity(boss, crm.reopen_activity(boss, id)).record.completed
        False
        """
        return self.run(actor, ReopenActivity(activity_id=activity_id))

    def bind_activity(self, actor: UserId, activity_id: ActivityId, ref: Ref) -> ActivityId | Refused:
        """Bind an activity to one more record; refused on a converted lead, naming its deal (CONV-6).

        `actor` needs the right to update the record `ref`, a `Ref` of a lead, deal, contact or company, and one of the
        records that the activity `activity_id` is bound to. Where it is bound already, nothing changes.

        Refused as `unknown_record`, `not_permitted`, `already_converted` (the subject is the deal), and
        `too_many_bindings` from 200 records on. Raises `InvalidValue` for an id or reference that is not allowed.

        >>> lead, deal = p.lead(), p.deal()
        >>> id = crm.bind_activity(boss, p.activity(lead).id, p.ref(deal))
        >>> crm.bindings(boss, id) == {p.ref(lead), p.ref(deal)}
        True
        """
        return self.run(actor, BindActivity(activity_id=activity_id, ref=ref))

    def complete_activity(self, actor: UserId, activity_id: ActivityId) -> ActivityId | Refused:
        """Complete an activity; a completed one stays unchanged.

        `actor` needs the right to update one of the records that `activity_id` is bound to.

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.complete_activity(boss, p.activity(p.lead()).id)
        >>> crm.activity(boss, id).record.completed
        True
        """
        return self.run(actor, CompleteActivity(activity_id=activity_id))

    def unbind_activity(self, actor: UserId, activity_id: ActivityId, ref: Ref) -> ActivityId | Refused:
        """Remove one binding of an activity; never the one to its converted lead, nor its last (CONV-6).

        `actor` needs the right to update one of the records that the activity `activity_id` is bound to, and then the
        record `ref`, a `Ref` that it is bound to.

        Refused as `unknown_record`, `not_permitted`, `not_bound`, `last_binding` and `already_converted`. Raises
        `InvalidValue` for an id or reference that is not allowed.

        >>> lead, deal = p.lead(), p.deal()
        >>> id = crm.unbind_activity(boss, p.activity(lead, deal).id, p.ref(deal))
        >>> crm.unbind_activity(boss, id, p.ref(lead)).reason
        <Reason.LAST_BINDING: 'last_binding'>
        """
        return self.run(actor, UnbindActivity(activity_id=activity_id, ref=ref))

    def delete_activity(self, actor: UserId, activity_id: ActivityId) -> ActivityId | Refused:
        """Remove an activity's data; its id stays (DATA-3).

        `actor` needs the right to update one of the records that `activity_id` is bound to.

        Refused as `unknown_record` and `not_permitted`. Raises `InvalidValue` for an id that is not allowed.

        >>> id = crm.delete_activity(boss, p.activity(p.lead()).id)
        >>> crm.activity(boss, id).reason
        <Reason.UNKNOWN_RECORD: 'unknown_record'>
        """
        return self.run(actor, DeleteActivity(activity_id=activity_id))

    def take_inquiry(
        self,
        actor: UserId,
        *,
        channel: str,
        subject: str | None = None,
        key: str | None = None,
        **fields: Unpack[LeadFields],
    ) -> InquiryHeld | Refused:
        """Take an inquiry from any channel: a lead in Classic, a deal and a client otherwise (INTAKE-1 to INTAKE-3).

        `actor` needs the right to add the resulting records. `channel` is any code, such as "request", "call", "email"
        or "chat", and becomes the kind of the activity that records the touch; `subject` is its subject. `key` makes
        the call safe to repeat. `fields` are those of `LeadFields` but for the stage and the client: the sender is
        recognised by e-mail or phone. Where it is attached to a record that the actor may not read, the answer names
        that by the id 0.

        Refused as `not_permitted`, `key_conflict` and `unknown_pipeline`. Raises `InvalidValue` for a channel, field or
        key that is not allowed.

        >>> bob = [ContactPoint(kind=PointKind.EMAIL, value="bob@example.com")]
        >>> first = crm.take_inquiry(boss, channel="email", subject="Prices?", contact_points=bob, key="message-1")
        >>> again = crm.take_inquiry(boss, channel="call", contact_points=bob)
        >>> (first.ref.kind, again.ref == first.ref)
        (<Kind.LEAD: 'lead'>, True)
        """
        return self.run(actor, TakeInquiry(channel=channel, subject=subject, fields=fields, key=key))

    # Set-up and import

    def define_lead_stages(self, actor: UserId, stages: LeadStages, version: int) -> int | Refused:
        """Replace the catalogue of lead stages that was read in this version; returns the new version (STAGE-1).

        `actor` needs the settings right. `stages` is a whole `LeadStages`, of 200 stages at most: names and order are
        free, meanings stay. `version` is the one that `lead_stages` returned.

        Refused as `not_permitted`, `stale_version`, `stage_meaning_fixed` and `stage_in_use`. Raises `InvalidValue` for
        stages or a version that are not allowed.

        >>> read = crm.lead_stages()
        >>> called = Stage(code="CALLED", name="Called back", semantics=StageSemantics.IN_PROCESS)
        >>> more = LeadStages(stages=(*read.record.stages, called))
        >>> crm.define_lead_stages(boss, more, read.version) == read.version + 1
        True
        """
        return self.run(actor, DefineLeadStages(stages=stages, version=version))

    def define_pipeline(self, actor: UserId, pipeline: Pipeline, version: int = 0) -> int | Refused:
        """Add a pipeline, or change one that was read in this version; returns the new version (STAGE-1).

        `actor` needs the settings right. `pipeline` is a whole `Pipeline` with an id of your choice. `version` is 0 for
        a new one, else the one that `pipelines` returned.

        Refused as `not_permitted`, `stale_version`, `stage_meaning_fixed`, `stage_in_use`, and `pipeline_in_use` for
        one whose `archived` is not what is stored. Raises `InvalidValue` for a pipeline or version that is not allowed.

        >>> new = Stage(code="P:NEW", semantics=StageSemantics.IN_PROCESS)
        >>> crm.define_pipeline(boss, Pipeline(id=7, name="Partners", stages=(new,)))
        1
        """
        return self.run(actor, DefinePipeline(pipeline=pipeline, version=version))

    def archive_pipeline(self, actor: UserId, pipeline_id: PipelineId) -> PipelineId | Refused:
        """Archive a pipeline that is no longer needed (POLICY-2); its deals stay, new ones cannot start in it.

        `actor` needs the settings right. `pipeline_id` is the id of the pipeline; 0 is the default one, which stays.

        Refused as `not_permitted`, `unknown_pipeline`, and `pipeline_in_use` for the default one and that of a live or
        the last switch. Raises `InvalidValue` for an id that is not allowed.

        >>> crm.archive_pipeline(boss, p.pipeline("Fairs").id) is not None
        True
        >>> crm.archive_pipeline(boss, 0).reason
        <Reason.PIPELINE_IN_USE: 'pipeline_in_use'>
        """
        return self.run(actor, ArchivePipeline(pipeline_id=pipeline_id))

    def change_settings(
        self, actor: UserId, *, match: MatchSetting | None = None, repeat_inquiry: RepeatInquiry | None = None
    ) -> Settings | Refused:
        """Change client matching (CONV-7) or what a repeat inquiry becomes (INTAKE-3); returns all settings.

        `actor` needs the settings right. `match` is a `MatchSetting`, `repeat_inquiry` a `RepeatInquiry`; what is not
        given stays unchanged. A live switch keeps the setting that it began with.

        Refused as `not_permitted`. Raises `InvalidValue` for a value that is not offered.

        >>> crm.change_settings(boss, match=MatchSetting.EMAIL).match
        <MatchSetting.EMAIL: 'email'>
        >>> crm.change_settings(boss, match=MatchSetting.NONE).match
        <MatchSetting.NONE: 'none'>
        """
        return self.run(actor, ChangeSettings(match=match, repeat_inquiry=repeat_inquiry))

    def import_records(self, actor: UserId, records: ImportRecords) -> Imported | Refused:
        """Store leads, activities and clients as they are, all of them or none (IMPORT-1).

        `actor` needs the rights to add each of the leads and clients, and to update stored leads that change or get
        activities. `records` is an `ImportRecords`. A record that already exists is skipped and reported if it is
        equal.

        Refused as `not_permitted`, `classic_only` for active leads outside Classic, `unknown_stage`, `unknown_record`
        for what a record is linked or bound to, `already_converted`, and `record_differs` (the subject is the record);
        as `stale_version` and `lead_closed` for a lead to update that moved on or is not active.
        Raises `InvalidValue` for anything but an `ImportRecords`.

        >>> old = Lead(id=4711, responsible=boss, stage="NEW", semantics=StageSemantics.IN_PROCESS, title="Desks")
        >>> crm.import_records(boss, ImportRecords(leads=(old,)))
        Imported(leads=1, activities=0, contacts=0, companies=0, updated=0, skipped=())
        """
        check_type("records", records, ImportRecords)
        return self.run(actor, records)

    def import_in_parts(self, actor: UserId, key: str, parts: Iterable[ImportRecords]) -> Imported | Refused:
        """Import any number of records, some at a time, all of them or none (IMPORT-3).

        `actor` needs the rights of `import_records`. `parts` are `ImportRecords`, whose links and bindings lead to what
        is there or came in the same part or before. They are staged under the `key` until the last one is there, and
        one commit makes them real: call again with the same key and parts to go on after a crash.

        Refused as `import_records` is: `not_permitted`, `classic_only`, `unknown_stage`, `unknown_record`,
        `already_converted`, `record_differs`, `stale_version` and `lead_closed`. Raises `InvalidValue` for anything
        else, and `StoreBusy` if the records keep changing, or have changed under parts that can be read once only; in a
        transaction of a host that is a `Conflict`.

        >>> old = Lead(id=4712, responsible=boss, stage="NEW", semantics=StageSemantics.IN_PROCESS, title="Desks")
        >>> done = crm.import_in_parts(boss, "leads of May", [ImportRecords(leads=(old,)), ImportRecords(leads=(old,))])
        >>> (done.leads, done.skipped)
        (1, (Ref(kind=<Kind.LEAD: 'lead'>, id=4712),))
        """
        check_key("key", key)
        done, events = import_parts(self._store, self._permissions, self._plan, self._clock, actor, key, parts)
        self._tell(events)
        return done

    # The mode

    def preview_switch(self, actor: UserId, policy: ModeSwitchPolicy = DEFAULT_POLICY) -> Preview | NoChange | Refused:
        """Return the whole plan of a switch, write nothing; on an unchanged CRM the switch does just that (SWITCH-12).

        `actor` needs the settings right and those to add what the policy creates. `policy` is a `ModeSwitchPolicy`. In
        Simple it returns `NoChange`.

        Refused as `not_permitted`, `switch_in_progress` and `unknown_pipeline`. Raises `InvalidValue` for a policy that
        is none, and `ContractBroken` for a store that offers a lead again or one that is not active.

        >>> other = TestCrm.classic()
        >>> leads = other.leads(3)
        >>> plan = other.crm.preview_switch(boss, ModeSwitchPolicy(client=ClientChoice.BOTH))
        >>> (plan.totals.deals, plan.totals.contacts, plan.totals.companies)
        (3, 3, 3)
        """
        check_type("policy", policy, ModeSwitchPolicy)
        check_given(policy)
        context = self._context(actor)
        before = snapshot_of(self._store, preview_query())
        terms = decide_preview(policy, before, context)
        if not isinstance(terms, ConversionTerms):
            return terms
        planner = Planner(terms, context, before.counts)
        faulty = set()
        while True:
            try:
                page = snapshot_of(self._store, planner.query(CHUNK))
            except RecordFault as fault:
                if fault.ref.kind is not Kind.LEAD or fault.ref in faulty:
                    raise
                faulty.add(fault.ref)
                planner.set_aside(LeadId(int(fault.ref.id)))
                continue
            if not page.leads:
                return planner.preview()
            planner.add(page)

    def begin_switch(
        self, actor: UserId, *, key: str, policy: ModeSwitchPolicy = DEFAULT_POLICY
    ) -> SwitchToken | SwitchDone | NoChange | Refused:
        """Open a switch to Simple, or join the live one of the same key (SWITCH-4, SWITCH-10).

        `actor` needs the settings right and those to add what the policy creates. `key` names the switch for ever.
        `policy` is a `ModeSwitchPolicy`. Returns the token of the live switch; `SwitchDone` with the record of the one
        that had this key and ended, also if cancelled; `NoChange` in Simple (MODE-5).

        Refused as `not_permitted` (PERM-1, PERM-3), `key_conflict` for a key with another policy, `switch_in_progress`
        (the subject is the live switch) and `unknown_pipeline`. Raises `InvalidValue` for a key or policy that is not
        allowed.

        >>> other = TestCrm.classic()
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> other.crm.begin_switch(boss, key="2026") == token
        True
        >>> other.crm.begin_switch(boss, key="2027").reason
        <Reason.SWITCH_IN_PROGRESS: 'switch_in_progress'>
        """
        return self.run(actor, BeginSwitch(key=key, policy=policy))

    def convert_chunk(
        self, token: SwitchToken, size: int = CHUNK, *, shard: tuple[int, int] = (0, 1)
    ) -> ChunkDone | Refused:
        """Convert the next active leads in one commit; a lead that has a fault is set aside (SWITCH-4, SWITCH-9).

        `token` is that of the live switch. `size` is the maximum number of leads, from 1. `shard` is a remainder and a
        divisor, and chooses leads by their ids, so that workers with (0, 2) and (1, 2) share a backlog. Fewer rows than
        `size` do not mean that none are left (D-33): `finish_switch` does.

        Refused as `stale_switch` for a token of a switch that is not live, and `lead_closed` if a lead that has a
        fault was closed before it could be set aside: call again. Raises `InvalidValue` for an argument that is not
        allowed, and `ContractBroken` for a store that offers other leads than it was asked for.

        >>> other = TestCrm.classic()
        >>> leads = other.leads(3)
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> [len(other.crm.convert_chunk(token, 2).rows) for _ in range(3)]
        [2, 1, 0]
        """
        faulty = set()
        while True:
            try:
                return self.run(NOBODY, ConvertChunk(token=token, size=size, shard=shard))
            except RecordFault as fault:
                if fault.ref.kind is not Kind.LEAD or fault.ref in faulty:
                    raise
                faulty.add(fault.ref)
                marked = self.run(NOBODY, SetAside(token=token, lead_id=LeadId(int(fault.ref.id)), code=fault.code))
                if isinstance(marked, Refused):
                    return marked

    def finish_switch(self, token: SwitchToken) -> SwitchDone | SwitchUnfinished | SwitchBlocked | Refused:
        """Make the CRM Simple if no active lead is left (SWITCH-3).

        `token` is that of the live switch. Returns `SwitchDone`, `SwitchUnfinished` with the number of leads that
        remain, or `SwitchBlocked` if only leads that were set aside remain.

        Refused as `stale_switch`. Raises `InvalidValue` for an invalid token.

        >>> other = TestCrm.classic()
        >>> lead = other.lead()
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> other.crm.finish_switch(token)
        SwitchUnfinished(remaining=1)
        """
        return self.run(NOBODY, FinishSwitch(token=token))

    def resume_switch(self, actor: UserId) -> SwitchToken | Refused:
        """Get the token of the live switch, to continue it (SWITCH-5).

        `actor` needs only the settings right: the rights to create records were checked when the switch began.

        Refused as `not_permitted` and `not_switching`.

        >>> other = TestCrm.classic()
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> other.crm.resume_switch(boss) == token
        True
        """
        return self.run(actor, ResumeSwitch())

    def retry_switch(self, actor: UserId) -> SwitchToken | Refused:
        """Remove the marks of leads that were set aside, and get the token to continue (SWITCH-9).

        `actor` needs the settings right.

        Refused as `not_permitted` and `not_switching`.

        >>> other = TestCrm.classic()
        >>> other.trouble.unreadable.add(other.lead().id)
        >>> other.crm.switch_to_simple(boss, key="2026").result
        'blocked'
        >>> other.trouble.heal()
        >>> other.crm.run_switch(other.crm.retry_switch(boss)).result
        'switched'
        """
        return self.run(actor, RetrySwitch())

    def cancel_switch(self, actor: UserId) -> SwitchDone | Refused:
        """Cancel the live switch and go back to Classic; converted leads stay converted (SWITCH-8).

        `actor` needs the settings right, and the plan must have Classic. A later switch needs a new key.

        Refused as `not_permitted`, `not_switching` and `plan_without_classic`.

        >>> other = TestCrm.classic()
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> other.crm.cancel_switch(boss).switch.ended
        'cancelled'
        """
        return self.run(actor, CancelSwitch())

    def switch_to_classic(self, actor: UserId) -> Epoch | NoChange | Refused:
        """Go from Simple to Classic (MODE-4); returns the new epoch, or `NoChange` in Classic.

        `actor` needs the settings right, and the plan must have Classic. Nothing is converted back.

        Refused as `not_permitted`, `switch_in_progress` and `plan_without_classic`.

        >>> other = TestCrm.simple()
        >>> epoch = other.crm.switch_to_classic(boss)
        >>> other.crm.mode()
        <CrmState.CLASSIC: 'classic'>
        """
        return self.run(actor, SwitchToClassic())

    def switch_to_simple(
        self,
        actor: UserId,
        *,
        policy: ModeSwitchPolicy = DEFAULT_POLICY,
        key: str,
        chunk: int = CHUNK,
        on_progress: Callable[[Progress], None] | None = None,
        pace: int | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> SwitchReport | Refused:
        """Begin, convert chunk by chunk, finish: the whole switch, safe to repeat with its key (SWITCH-4, SWITCH-5).

        `actor`, `policy` and `key` are as in `begin_switch`. `chunk` is how many leads one commit converts, from 1.
        `on_progress` is called with the `Progress` after each chunk (SWITCH-13): the `Totals`, with leads a second and
        the time left. If it raises, the work stops and can be resumed. `pace` holds the work to so many leads a second,
        from 1. `stop` takes no argument and is asked before each chunk: once it answers yes, the work ends, and the
        switch stays live (SWITCH-15).

        With the key of a switch that has ended, it returns that report again and does nothing, also if that switch was
        cancelled (SWITCH-10). `result` of the report is "switched", "blocked", "cancelled", "no_change", or "switching"
        where the work was stopped.

        Refused as `not_permitted`, `key_conflict`, `switch_in_progress`, `unknown_pipeline`, and `stale_switch` if
        the switch is no longer live. Raises `InvalidValue` for an argument that is not allowed, `InHostTransaction`
        inside a host's transaction (JOIN-2), and for a switch that makes no progress `ContractBroken` or `StoreBusy`,
        as `run_switch` does.

        >>> other = TestCrm.classic()
        >>> leads = other.leads(3)
        >>> tell = lambda totals: print(totals.converted)
        >>> report = other.crm.switch_to_simple(boss, key="2026", chunk=2, on_progress=tell)
        2
        3
        >>> (report.result, report.totals.deals)
        ('switched', 3)
        """
        self._check_many("switch_to_simple")
        check_id("chunk", chunk)  # before anything is begun
        _check_call("on_progress", on_progress)
        _check_call("stop", stop)
        check_pace(pace)
        begun = self.begin_switch(actor, key=key, policy=policy)
        if isinstance(begun, Refused):
            return begun
        if isinstance(begun, NoChange):
            return SwitchReport(result="no_change", state=self.mode(), token=None, terms=None, totals=Totals())
        if isinstance(begun, SwitchDone):
            return self.switch_report(begun.switch.token)
        return self.run_switch(begun, chunk=chunk, on_progress=on_progress, pace=pace, stop=stop)

    def run_switch(
        self,
        token: SwitchToken,
        *,
        chunk: int = CHUNK,
        on_progress: Callable[[Progress], None] | None = None,
        pace: int | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> SwitchReport | Refused:
        """Continue a switch to its end, or until only leads that were set aside remain; any number of callers may.

        `token` is that of the live switch. `chunk`, `on_progress`, `pace` and `stop` are as in `switch_to_simple`.
        Returns how the switch ended, also if another caller finished or cancelled it meanwhile, or how it stands once
        the work was stopped.

        Refused as `stale_switch`. Raises `InvalidValue` for an argument that is not allowed, and `InHostTransaction`
        inside a host's transaction (JOIN-2). After twenty rounds in which nobody moved a lead, with growing pauses of
        about ten seconds in all, raises `ContractBroken` where the store offers no lead though some are left, and
        `StoreBusy` where every lead that it offers is in conflict.

        >>> other = TestCrm.classic()
        >>> leads = other.leads(3)
        >>> other.crm.run_switch(other.crm.begin_switch(boss, key="2026")).totals.converted
        3
        """
        self._check_many("run_switch")
        check_id("chunk", chunk)
        check_pace(pace)
        _check_call("on_progress", on_progress)
        _check_call("stop", stop)
        patience, held = Patience(self._pause), self._paced(token, pace)
        size = held.chunk(chunk)
        while stop is None or not stop():
            done = self.convert_chunk(token, size)
            if isinstance(done, ChunkDone):
                if on_progress is not None:
                    on_progress(held.progress(totals_in(self.switch_report(token))))
                held.hold(len(done.rows))
                if len(done.rows) == size:
                    continue
            finished = self.finish_switch(token)
            if not isinstance(finished, SwitchUnfinished):
                report = self.switch_report(token)
                cancelled = isinstance(report, SwitchReport) and report.result == "cancelled"
                return finished if isinstance(finished, Refused) and not cancelled else report
            patience.wait(totals_in(self.switch_report(token)), offered=self._offers_a_lead)
        return self.switch_report(token)

    def _paced(self, token: SwitchToken, pace: int | None) -> Pace:
        """What measures and holds one call that works on a switch."""
        return Pace(self._clock, self._pause, pace, totals_in(self.switch_report(token)))

    def _check_many(self, name: str) -> None:
        """Raise `InHostTransaction` where what commits many times cannot."""
        if self._joined is not None:
            raise InHostTransaction(name)

    def _offers_a_lead(self) -> bool:
        return bool(snapshot_of(self._store, Query(next_leads=NextLeads(1))).leads)


def _check_call(name: str, call: object) -> None:
    if call is not None:
        check_type(name, call, Callable)  # type: ignore[arg-type]  # an abstract class is no type
