"""`Crm`: load, decide, commit, on a conflict again, then tell. A driver: every rule is in the domain.

lines: one short method per command, so that a host sees all that can be asked in one place.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, Unpack

from crmcore.domain.authority import NO_RIGHTS, may_settings
from crmcore.domain.commands import (
    CHUNK,
    AddActivity,
    AddLead,
    AddRecord,
    ArchivePipeline,
    BeginSwitch,
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
    EditRecord,
    FinishSwitch,
    ImportRecords,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SetAside,
    SwitchToClassic,
    TakeInquiry,
    UnbindActivity,
)
from crmcore.domain.decision import Context
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.decisions.preview import Planner, decide_preview, preview_query
from crmcore.domain.errors import Conflict, InvalidValue, OutcomeUnknown, RecordFault, StoreBusy
from crmcore.domain.fields import ActivityFields, CompanyFields, ContactFields, DealFields, LeadFields
from crmcore.domain.ids import (
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
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.mode import RepeatInquiry, Settings
from crmcore.domain.outcomes import Reason, Refused
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.policy import DEFAULT_POLICY, ConversionTerms, MatchSetting, ModeSwitchPolicy
from crmcore.domain.results import (
    ChunkDone,
    ConvertedLead,
    Imported,
    InquiryHeld,
    NoChange,
    Preview,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
    Totals,
    report_of,
)
from crmcore.domain.snapshot import Query
from crmcore.domain.stages import LeadStages
from crmcore.domain.text import check_id, check_type
from crmcore.ports.clock import Clock
from crmcore.ports.observer import Observer
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store
from crmcore.reading import Reading

__all__ = ["ATTEMPTS", "Crm"]

R = TypeVar("R")

#: How often a decision is made again when records move under it, before `StoreBusy` is raised.
ATTEMPTS = 50

#: The steps that a token alone may take are nobody's in particular (PERM-4).
_NOBODY = UserId(0)


class Crm(Reading):
    """One CRM: commands for those who may, and the read side of `Reading`.

    Every command takes the actor first, or the token of a switch (PERM-4). A business "no" is returned as `Refused`
    and nothing has changed; bad values raise `InvalidValue`, and a store that fails raises a `StoreError`.
    """

    def __init__(
        self,
        *,
        store: Store,
        permissions: Permissions,
        plan: Plan,
        clock: Clock,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(store=store, permissions=permissions, plan=plan, clock=clock)
        self._observer = observer

    def run(self, actor: UserId, command: Command[R]) -> R | Refused:
        """Carry any command out: what the methods below do, for scripts of commands.

        Raises `StoreBusy` when records keep moving, and `OutcomeUnknown` when a commit's answer was lost and the
        decision cannot recognise its own work.
        """
        handler = HANDLERS.get(type(command))
        if handler is None:
            raise InvalidValue("command", "one of the commands of crmcore.domain.commands")
        check_id("actor", actor, lowest=_NOBODY)
        for _ in range(ATTEMPTS):
            snapshot = self._store.snapshot(handler.query(command))
            context, confirm = self._asked(actor, handler.needs_right)
            ids = {
                kind: iter(self._store.reserve(kind, count))
                for kind, count in handler.ids(command, snapshot, context).items()
            }
            decision = handler.decide(command, snapshot, context, ids)
            if isinstance(decision, Refused):
                return decision
            del snapshot  # let go of before the step is written: it is large
            try:
                if decision.changes is not None:
                    self._store.commit(decision.changes, confirm)
            except Conflict as conflict:
                command = handler.after_conflict(command, conflict)
                continue
            except OutcomeUnknown:
                if not handler.lookup(command):
                    raise
                continue
            if self._observer is not None:
                events = tuple(decision.events)
                if events:
                    self._observer.tell(events)
            result: R = decision.result
            return result
        raise StoreBusy(f"no commit went through in {ATTEMPTS} attempts; safe to run again")

    def _asked(self, actor: UserId, needs_right: bool) -> tuple[Context, Callable[[], bool] | None]:
        """Who asks and what holds now, and the question of the serial section whether it still does (PERM-2)."""
        now = self._clock.now()
        if not needs_right:
            return Context(actor, NO_RIGHTS, False, now), None
        rights, has_classic = self._permissions.rights(actor), self._plan.has_classic()

        def confirm() -> bool:
            return self._permissions.rights(actor) == rights and self._plan.has_classic() == has_classic

        return Context(actor, rights, has_classic, now), confirm

    # Leads

    def add_lead(self, actor: UserId, *, key: str | None = None, **fields: Unpack[LeadFields]) -> LeadId | Refused:
        """Store a new lead; where leads are not in force it is stored converted, with its deal (INTAKE-4, SWITCH-6)."""
        return self.run(actor, AddLead(fields=fields, key=key))

    def copy_lead(self, actor: UserId, lead_id: LeadId, *, key: str | None = None) -> LeadId | Refused:
        """Store a fresh copy of a lead, without its client, activities and outcome (CONV-9)."""
        return self.run(actor, CopyLead(lead_id=lead_id, key=key))

    def edit_lead(self, actor: UserId, lead_id: LeadId, version: int, **fields: Unpack[LeadFields]) -> int | Refused:
        """Edit a lead that was read in this version; answers the new version (EDIT-1, CONV-9)."""
        return self._edit(actor, Ref(Kind.LEAD, lead_id), version, fields)

    def close_lead(self, actor: UserId, lead_id: LeadId, *, stage: str | None = None) -> LeadId | Refused:
        """Close an active lead as failed."""
        return self.run(actor, CloseLead(lead_id=lead_id, stage=stage))

    def reopen_lead(self, actor: UserId, lead_id: LeadId, *, stage: str | None = None) -> LeadId | Refused:
        """Make a closed lead active again; in Classic only, and never a converted one (SWITCH-6)."""
        return self.run(actor, ReopenLead(lead_id=lead_id, stage=stage))

    def delete_lead(self, actor: UserId, lead_id: LeadId) -> LeadId | Refused:
        """Remove a lead's data; id, links and ledger row stay (DATA-3)."""
        return self.run(actor, DeleteLead(lead_id=lead_id))

    def convert_lead(
        self, actor: UserId, lead_id: LeadId, *, policy: ModeSwitchPolicy | None = None
    ) -> ConvertedLead | Refused:
        """Convert one lead by hand; a converted one answers with its first result (SWITCH-7, SWITCH-11, CONV-9)."""
        return self.run(actor, ConvertLead(lead_id=lead_id, policy=policy))

    def convert_leads(
        self, actor: UserId, lead_ids: Iterable[LeadId], *, policy: ModeSwitchPolicy | None = None
    ) -> tuple[ConvertedLead | Refused, ...]:
        """Convert leads by hand, one commit each: one answer per lead in the order given (SWITCH-13).

        A lead that cannot be read or written is refused as `record_fault`, and the others go on (SWITCH-9).
        """
        check_type("lead_ids", lead_ids, Iterable)
        commands = [ConvertLead(lead_id=lead_id, policy=policy) for lead_id in lead_ids]
        return tuple([self._convert_or_refuse(actor, command) for command in commands])

    def _convert_or_refuse(self, actor: UserId, command: ConvertLead) -> ConvertedLead | Refused:
        try:
            return self.run(actor, command)
        except RecordFault as fault:
            return Refused(Reason.RECORD_FAULT, fault.ref)

    # Deals, contacts, companies

    def add_deal(self, actor: UserId, *, key: str | None = None, **fields: Unpack[DealFields]) -> DealId | Refused:
        """Store a new deal, in the first stage of the default pipeline unless told otherwise."""
        return self.run(actor, AddRecord(kind=Kind.DEAL, fields=fields, key=key))

    def edit_deal(self, actor: UserId, deal_id: DealId, version: int, **fields: Unpack[DealFields]) -> int | Refused:
        """Edit a deal that was read in this version; answers the new version (EDIT-1)."""
        return self._edit(actor, Ref(Kind.DEAL, deal_id), version, fields)

    def add_contact(
        self, actor: UserId, *, key: str | None = None, **fields: Unpack[ContactFields]
    ) -> ContactId | Refused:
        """Store a new contact."""
        return self.run(actor, AddRecord(kind=Kind.CONTACT, fields=fields, key=key))

    def edit_contact(
        self, actor: UserId, contact_id: ContactId, version: int, **fields: Unpack[ContactFields]
    ) -> int | Refused:
        """Edit a contact that was read in this version; answers the new version (EDIT-1)."""
        return self._edit(actor, Ref(Kind.CONTACT, contact_id), version, fields)

    def add_company(
        self, actor: UserId, *, key: str | None = None, **fields: Unpack[CompanyFields]
    ) -> CompanyId | Refused:
        """Store a new company."""
        return self.run(actor, AddRecord(kind=Kind.COMPANY, fields=fields, key=key))

    def edit_company(
        self, actor: UserId, company_id: CompanyId, version: int, **fields: Unpack[CompanyFields]
    ) -> int | Refused:
        """Edit a company that was read in this version; answers the new version (EDIT-1)."""
        return self._edit(actor, Ref(Kind.COMPANY, company_id), version, fields)

    def _edit(self, actor: UserId, ref: Ref, version: int, fields: Mapping[str, Any]) -> int | Refused:
        return self.run(actor, EditRecord(ref=ref, version=version, fields=fields))

    # Activities and inquiries

    def add_activity(
        self, actor: UserId, *, of: Iterable[Ref], key: str | None = None, **fields: Unpack[ActivityFields]
    ) -> ActivityId | Refused:
        """Store a new activity bound to records; refused on a converted lead, naming its deal (CONV-6)."""
        check_type("of", of, Iterable)
        refs = tuple(of)
        for ref in refs:
            check_type("of", ref, Ref)
        return self.run(actor, AddActivity(fields=fields, bound_to=frozenset(refs), key=key))

    def complete_activity(self, actor: UserId, activity_id: ActivityId) -> ActivityId | Refused:
        """Complete an activity."""
        return self.run(actor, CompleteActivity(activity_id=activity_id))

    def unbind_activity(self, actor: UserId, activity_id: ActivityId, ref: Ref) -> ActivityId | Refused:
        """Take one binding of an activity away; never the one to its converted lead, nor its last (CONV-6)."""
        return self.run(actor, UnbindActivity(activity_id=activity_id, ref=ref))

    def delete_activity(self, actor: UserId, activity_id: ActivityId) -> ActivityId | Refused:
        """Remove an activity's data; its id stays (DATA-3)."""
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
        """Take a request, call or e-mail: a lead in Classic, a deal and a client otherwise (INTAKE-1 to INTAKE-3)."""
        return self.run(actor, TakeInquiry(channel=channel, subject=subject, fields=fields, key=key))

    # Set-up and import

    def define_lead_stages(self, actor: UserId, stages: LeadStages, version: int) -> int | Refused:
        """Replace the catalogue of lead stages that was read in this version (STAGE-1)."""
        return self.run(actor, DefineLeadStages(stages=stages, version=version))

    def define_pipeline(self, actor: UserId, pipeline: Pipeline, version: int = 0) -> int | Refused:
        """Add a pipeline, or change one that was read in this version (STAGE-1)."""
        return self.run(actor, DefinePipeline(pipeline=pipeline, version=version))

    def archive_pipeline(self, actor: UserId, pipeline_id: PipelineId) -> PipelineId | Refused:
        """Archive a pipeline that nothing needs any more (POLICY-2)."""
        return self.run(actor, ArchivePipeline(pipeline_id=pipeline_id))

    def change_settings(
        self, actor: UserId, *, match: MatchSetting | None = None, repeat_inquiry: RepeatInquiry | None = None
    ) -> Settings | Refused:
        """Change client matching (CONV-7) or what a repeat inquiry becomes (INTAKE-3)."""
        return self.run(actor, ChangeSettings(match=match, repeat_inquiry=repeat_inquiry))

    def import_records(self, actor: UserId, records: ImportRecords) -> Imported | Refused:
        """Store leads and activities as they are, all of them or none (IMPORT-1)."""
        check_type("records", records, ImportRecords)
        return self.run(actor, records)

    # The mode

    def preview_switch(self, actor: UserId, policy: ModeSwitchPolicy = DEFAULT_POLICY) -> Preview | NoChange | Refused:
        """The whole plan of a switch, without writing; on an unchanged CRM the switch does just that (SWITCH-12)."""
        check_type("policy", policy, ModeSwitchPolicy)
        context = self._context(actor)
        terms = decide_preview(policy, self._store.snapshot(preview_query()), context)
        if not isinstance(terms, ConversionTerms):
            return terms
        planner = Planner(terms, context)
        faulty = set()
        while True:
            try:
                page = self._store.snapshot(planner.query(CHUNK))
            except RecordFault as fault:
                if fault.ref.kind is not Kind.LEAD or fault.ref in faulty:
                    raise
                faulty.add(fault.ref)
                planner.set_aside(LeadId(int(fault.ref.id)), fault.code)
                continue
            if not page.leads:
                return planner.preview()
            planner.add(page)

    def begin_switch(
        self, actor: UserId, *, key: str, policy: ModeSwitchPolicy = DEFAULT_POLICY
    ) -> SwitchToken | SwitchDone | NoChange | Refused:
        """Open a switch to Simple, or join the live one of the same key (SWITCH-4, SWITCH-10).

        Answers the token of the live switch; `SwitchDone` with the record of the one that had this key and ended, also
        by a cancel; `NoChange` in Simple (MODE-5). Refuses by PERM-1, PERM-3, SWITCH-10 and POLICY-2, in this order.
        """
        return self.run(actor, BeginSwitch(key=key, policy=policy))

    def convert_chunk(
        self, token: SwitchToken, size: int = CHUNK, *, shard: tuple[int, int] = (0, 1)
    ) -> ChunkDone | Refused:
        """Convert the next active leads in one commit; a lead that has a fault is set aside (SWITCH-4, SWITCH-9).

        `size` is how many at most; `shard` is a remainder and a divisor, and chooses leads by their ids, so that
        workers with (0, 2) and (1, 2) share a backlog. Fewer rows than `size` do not say that none are left (D-33):
        `finish_switch` does. Refuses a token of a switch that is not live with `stale_switch`.
        """
        faulty = set()
        while True:
            try:
                return self.run(_NOBODY, ConvertChunk(token=token, size=size, shard=shard))
            except RecordFault as fault:
                if fault.ref.kind is not Kind.LEAD or fault.ref in faulty:
                    raise
                faulty.add(fault.ref)
                marked = self.run(_NOBODY, SetAside(token=token, lead_id=LeadId(int(fault.ref.id)), code=fault.code))
                if isinstance(marked, Refused):
                    return marked

    def finish_switch(self, token: SwitchToken) -> SwitchDone | SwitchUnfinished | SwitchBlocked | Refused:
        """Make the CRM Simple if no active lead is left (SWITCH-3)."""
        return self.run(_NOBODY, FinishSwitch(token=token))

    def resume_switch(self, actor: UserId) -> SwitchToken | Refused:
        """Get the token of the live switch, to go on with it (SWITCH-5)."""
        return self.run(actor, ResumeSwitch())

    def retry_switch(self, actor: UserId) -> SwitchToken | Refused:
        """Lift the marks of set-aside leads, and get the token to go on (SWITCH-9)."""
        return self.run(actor, RetrySwitch())

    def cancel_switch(self, actor: UserId) -> SwitchDone | Refused:
        """Go back to Classic; what was converted stays converted (SWITCH-8)."""
        return self.run(actor, CancelSwitch())

    def switch_to_classic(self, actor: UserId) -> Epoch | NoChange | Refused:
        """Go from Simple to Classic (MODE-4)."""
        return self.run(actor, SwitchToClassic())

    def switch_to_simple(
        self,
        actor: UserId,
        *,
        policy: ModeSwitchPolicy = DEFAULT_POLICY,
        key: str,
        chunk: int = CHUNK,
        on_progress: Callable[[Totals], None] | None = None,
    ) -> SwitchReport | Refused:
        """Begin, convert chunk by chunk, finish: the whole switch, safe to call again with the same key (SWITCH-4, -5).

        With the key of a switch that ended before, its report comes again and nothing is done, also where it was
        cancelled (SWITCH-10). `on_progress` is told the numbers after each chunk (SWITCH-13). Raises `InvalidValue`
        for a chunk below one, and what the store raises: whole chunks are committed then, and the same call goes on.
        """
        check_id("chunk", chunk)  # before anything is begun
        begun = self.begin_switch(actor, key=key, policy=policy)
        if isinstance(begun, Refused):
            return begun
        if isinstance(begun, NoChange):
            return SwitchReport(result="no_change", state=self.mode(), token=None, terms=None, totals=Totals())
        if isinstance(begun, SwitchDone):
            return self.switch_report(SwitchToken(key, begun.switch.epoch))
        return self.run_switch(begun, chunk=chunk, on_progress=on_progress)

    def run_switch(
        self, token: SwitchToken, *, chunk: int = CHUNK, on_progress: Callable[[Totals], None] | None = None
    ) -> SwitchReport | Refused:
        """Go on with a switch to its end, or until only set-aside leads are left; any number of callers may do so."""
        while True:
            done = self.convert_chunk(token, chunk)
            if on_progress is not None and not isinstance(done, Refused):
                on_progress(self.switch_report(token).totals)
            if isinstance(done, ChunkDone) and len(done.rows) == chunk:
                continue
            finished = self.finish_switch(token)
            if isinstance(finished, Refused):
                return finished
            if not isinstance(finished, SwitchUnfinished):
                return self.switch_report(token)

    def switch_status(self, actor: UserId) -> SwitchReport | Refused:
        """How the live switch stands, or `not_switching` (SWITCH-13); needs the settings right."""
        refused = may_settings(self._rights(actor), "PERM-6")
        if refused is not None:
            return refused
        live = self.settings().switching
        return Refused(Reason.NOT_SWITCHING) if live is None else self.switch_report(SwitchToken(live.key, live.epoch))

    def switch_report(self, token: SwitchToken) -> SwitchReport:
        """The numbers of a switch, live or ended, for whoever holds its token (SWITCH-13, PERM-4).

        Raises `InvalidValue` for a token that is of no switch of this CRM.
        """
        check_type("token", token, SwitchToken)
        snapshot = self._store.snapshot(Query(switch_key=token.key, tally=token.epoch, backlog=True))
        return report_of(snapshot, plan_has_classic=self._plan.has_classic())
