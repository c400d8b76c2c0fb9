"""The other readings as designs: each replaces one seam of the real code, and its docstring is what it reads.

lines: sixteen small designs, side by side.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.images import image_of
from crmcore.application.reads import Reading
from crmcore.domain.decisions import HANDLERS, leads
from crmcore.domain.decisions.batch import Batch
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, PipelineId, Ref, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, Reason, Refused
from crmcore.domain.model.policy import ClientChoice
from crmcore.domain.model.settings import CrmMode, RepeatInquiry
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import CancelSwitch, SwitchToClassic, TakeInquiry
from crmcore.domain.protocol.decision import Context, Decision, Handler, NewIds
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules import authority
from crmcore.domain.rules.authority import Level, Operation, Rights
from crmcore.domain.rules.conversion import Client
from crmcore.domain.rules.mode import CrmState
from crmcore.domain.rules.sources import SourceLine
from crmcore.ports.store import Store
from crmcore.testing.wrapped import AnyNumber, WrappedStore

__all__ = [
    "DeadlinesKept",
    "EveryDealItsClient",
    "EveryLeadItsClient",
    "MovingStore",
    "NamedCompanies",
    "PlanNotSaid",
    "PlannedCompleted",
    "TwoOptions",
    "UnconvertedStore",
    "attached",
    "client_first",
    "no_lead_in_simple",
    "settings_right_alone",
    "sources_in_classic",
    "to_classic_at_any_time",
]

_may_convert, _store, _sources = authority.may_convert, leads._store, Reading.sources


@define
class PlanNotSaid(FixedPlan):
    """A plan of which nobody has said anything has no Classic."""

    classic: bool = False


class UnconvertedStore(WrappedStore):
    """A switch takes every lead that is not converted, closed ones included: they are open as long as it lasts."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.closed: dict[LeadId, Lead] = {}

    def snapshot(self, query: Query) -> Snapshot:
        """What was asked; a preview is asked of a copy whose leads are open, and writes nothing."""
        live = self.store.snapshot(Query()).settings.switching
        if query.next_leads is None or live is not None:
            return self.store.snapshot(query)
        image = image_of(self.store)
        return InMemoryStore(evolve(image, leads={**image.leads, **self._opened(image)})).snapshot(query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Commit; the leads are opened before the switch begins, and what a cancelled one left is closed again."""
        before = self.store.snapshot(Query()).settings
        after = before if changes.settings is None else changes.settings
        if before.switching is None and after.switching is not None:
            image = image_of(self.store)
            opened = self._opened(image)
            self.closed |= {id: lead for id, lead in image.leads.items() if id in opened and isinstance(lead, Lead)}
            self._write(opened)  # the begin was decided before, and is decided again
        self.store.commit(changes, confirm)
        if after.switching is None and after.mode is CrmMode.CLASSIC:
            left = self.store.snapshot(Query(leads=tuple(self.closed))).leads
            self._write({id: self.closed[id] for id, lead in left.items() if isinstance(lead, Lead) and lead.is_active})
            self.closed = {}

    def _opened(self, image: CrmImage) -> dict[LeadId, Lead]:
        entry = image.stages.entry
        leads = (lead for lead in image.leads.values() if isinstance(lead, Lead))
        return {lead.id: lead.moved_to(entry) for lead in leads if lead.deal_id is None and not lead.is_active}

    def _write(self, leads: Mapping[LeadId, Lead]) -> None:
        if leads:
            read = self.store.snapshot(Query(leads=tuple(leads))).read
            self.store.commit(Changes(expects=read, leads=leads))


class EveryLeadItsClient(Batch):
    """A lead that is linked to a client makes a client all the same; an inquiry keeps the one that it comes from."""

    def _client_of(self, lead: Lead) -> tuple[Client, bool, bool]:
        if lead.is_linked and lead.id:
            lead = evolve(lead, contact_id=None, company_id=None)
        return super()._client_of(lead)


class EveryDealItsClient(Batch):
    """Each deal makes its client, whether the lead is linked to one or an e-mail matches."""

    def _client_of(self, lead: Lead) -> tuple[Client, bool, bool]:
        return self._new_client


class NamedCompanies(Batch):
    """Where both are asked for, a company is made only if the lead names one."""

    def _client_of(self, lead: Lead) -> tuple[Client, bool, bool]:
        known, contact, company = super()._client_of(lead)
        unnamed = self.terms.client is ClientChoice.BOTH and not lead.company_title
        return known, contact, company and not unnamed


class _Completing(Batch):
    """A conversion that says of each activity whether it completes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._done: dict[ActivityId, Activity] = {}

    def completes(self, activity: Activity) -> bool:
        """Whether an open activity is completed."""
        raise NotImplementedError

    def convert(self, lead: Lead, activities: tuple[Activity, ...]) -> LedgerRow:
        """Convert one lead, and note which of its activities are completed."""
        row = super().convert(lead, activities)
        open_ones = (each for each in activities if not each.completed and self.completes(each))
        self._done.update((each.id, each.completed_by(self.now)) for each in open_ones)
        return row

    def changes(self, snapshot: Snapshot, **more: Any) -> Changes:
        """The batch with the activities that it completes, one by one."""
        versions: Mapping[Kind, Mapping[Any, int]] = dict(snapshot.read.versions)
        if self._done:  # in any version: the lead, whose version moves with its activities, is expected already
            versions = {**versions, Kind.ACTIVITY: dict.fromkeys(self._done, AnyNumber())}
        expects = ReadSet(epoch=snapshot.read.epoch, versions=versions)
        return evolve(super().changes(snapshot, **more), expects=expects, completes_at=None, activities=self._done)

    def _outcome(self, contact: bool, company: bool, activities: tuple[Activity, ...]) -> LeadOutcome:
        terms, parts = self.terms, []
        done = [self.completes(each) for each in activities]
        for keep in (True, False):
            self.terms = evolve(terms, keep_activities=keep)
            some = tuple(each for each, completes in zip(activities, done, strict=True) if completes is not keep)
            parts.append(super()._outcome(contact, company, some))
        self.terms = terms
        return _sum(*parts)


def _sum(one: LeadOutcome, other: LeadOutcome) -> LeadOutcome:
    return one._replace(
        bound=one.bound + other.bound,
        completed=one.completed + other.completed,
        kept_open=one.kept_open + other.kept_open,
    )


class PlannedCompleted(_Completing):
    """Off completes the planned activities, those with a deadline, and no others."""

    def completes(self, activity: Activity) -> bool:
        """Off, and planned."""
        return not self.terms.keep_activities and activity.deadline is not None


class DeadlinesKept(_Completing):
    """On keeps the planned activities open, those with a deadline, and completes the others."""

    def completes(self, activity: Activity) -> bool:
        """Off, or not planned."""
        return not self.terms.keep_activities or activity.deadline is None


class TwoOptions(_Completing):
    """On moves the activities to the deal, as the app says; off completes them where they are, and moves none."""

    def completes(self, activity: Activity) -> bool:
        """Off."""
        return not self.terms.keep_activities

    def convert(self, lead: Lead, activities: tuple[Activity, ...]) -> LedgerRow:
        """Convert one lead; with off, its activities stay with it."""
        row = super().convert(lead, activities)
        if not self.terms.keep_activities:
            self.outcomes[lead.id] = self.outcomes[lead.id]._replace(bound=0)
            row = self.ledger[lead.id] = evolve(row, activity_ids=())
        return row


class MovingStore(WrappedStore):
    """A conversion takes the activities from the lead: they belong to its deal and its client alone."""

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Commit, and take the activities of the converted leads from them."""
        self.store.commit(changes, confirm)
        moved: dict[ActivityId, frozenset[Ref]] = {}
        for row in changes.ledger.values():
            lead = frozenset({Ref(Kind.LEAD, row.lead_id)})
            moved |= {id: moved.get(id, frozenset()) | lead for id in row.activity_ids}
        if moved:
            self.store.commit(Changes(expects=self.store.snapshot(Query()).read, unbound=moved))


def no_lead_in_simple(
    command: Any, fields: dict[str, Any], snapshot: Snapshot, context: Context, ids: NewIds
) -> Decision:
    """In Simple, adding a lead is refused: there are none."""
    decision = _store(command, fields, snapshot, context, ids)
    adds = not isinstance(decision, Refused) and decision.changes is not None
    if adds and context.state(snapshot.settings) is CrmState.SIMPLE:
        return Refused(Reason.CLASSIC_ONLY)
    return decision


def attached(command: TakeInquiry, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """The inquiry of a known client is attached to the client's open deal, whatever the setting is."""
    settings = evolve(snapshot.settings, repeat_inquiry=RepeatInquiry.ATTACH)
    return HANDLERS_AS_THEY_ARE[TakeInquiry].decide(command, evolve(snapshot, settings=settings), context, ids)


def to_classic_at_any_time(command: SwitchToClassic, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Going to Classic in the middle of a switch cancels it."""
    handler = HANDLERS_AS_THEY_ARE[SwitchToClassic if snapshot.settings.switching is None else CancelSwitch]
    decision = handler.decide(command, snapshot, context, ids)
    if isinstance(decision, Refused) or decision.changes is None or decision.changes.settings is None:
        return decision
    return evolve(decision, result=decision.changes.settings.epoch)


def settings_right_alone(rights: Rights, client: ClientChoice | None, pipeline_id: PipelineId) -> Refused | None:
    """The right to change settings is enough, whatever the switch makes."""
    return None if rights.may_change_settings else _may_convert(rights, client, pipeline_id)


def client_first(rights: Rights, client: ClientChoice | None, pipeline_id: PipelineId) -> Refused | None:
    """What the options make is judged in the order in which the web page asks: the client, then the pipeline."""
    wanted = () if client is None else ((Kind.CONTACT, client.wants_contact), (Kind.COMPANY, client.wants_company))
    for kind, wants in wanted:
        if wants and rights.level(Operation.ADD, kind) is Level.NONE:
            return Refused(Reason.NOT_PERMITTED, None, "PERM-3")
    return _may_convert(rights, None, pipeline_id)


def sources_in_classic(crm: Reading, actor: UserId) -> tuple[SourceLine, ...]:
    """The analysis of sources is Classic's, and no other state has one."""
    return _sources(crm, actor) if crm.mode() is CrmState.CLASSIC else ()


#: The handlers that the designs go on from, whatever stands in the table while one is in force.
HANDLERS_AS_THEY_ARE: Mapping[Any, Handler] = dict(HANDLERS)
