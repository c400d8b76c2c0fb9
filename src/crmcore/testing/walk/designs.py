"""The weakened designs: each replaces one seam of the real code, and breaks the rule that its docstring names.

A seam is a store around the store, one `decide_*` in a copy of the table of handlers, or one expectation dropped.
lines: nineteen small designs, side by side.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from crmcore.adapters.memory.numbers import pack
from crmcore.adapters.memory.overlay import Overlay
from crmcore.adapters.spec import read_trace
from crmcore.application.step import Confirm, asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Epoch, Kind, LeadId, Ref
from crmcore.domain.model.outcomes import OutcomeKind, Refused
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import (
    AddLead,
    ArchivePipeline,
    CancelSwitch,
    DeleteRecord,
    EditRecord,
    FinishSwitch,
    ReopenLead,
)
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.snapshot import Backlog, Query, Snapshot
from crmcore.domain.rules.authority import may_settings
from crmcore.domain.rules.binding import targets_of
from crmcore.testing.fork import innermost
from crmcore.testing.walk.walker import Design
from crmcore.testing.wrapped import AnyNumber, WrappedStore, expecting

__all__ = ["FAULTS", "Fault"]


def _without(expects: ReadSet, *kinds: Kind, epoch: bool = True) -> ReadSet:
    kept = {kind: versions for kind, versions in expects.versions.items() if kind not in kinds}
    return ReadSet(epoch=expects.epoch if epoch else Epoch(AnyNumber(expects.epoch)), versions=kept)


def _deciding(command: type[Any], decide: Callable[..., Decision]) -> Mapping[Any, Handler]:
    """The table of handlers with one decision replaced."""
    return {**HANDLERS, command: HANDLERS[command]._replace(decide=decide)}


def _dropping(command: type[Any], *kinds: Kind) -> Mapping[Any, Handler]:
    """The table of handlers with one decision that forgets the epoch and some of what it read."""
    real = HANDLERS[command].decide

    def decide(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
        decision = real(command, snapshot, context, ids)
        if isinstance(decision, Refused) or decision.changes is None:
            return decision
        expects = _without(decision.changes.expects, *kinds, epoch=False)
        return evolve(decision, changes=evolve(decision.changes, expects=expects))

    return _deciding(command, decide)


class NoLeadVersion(WrappedStore):
    """A decision no longer expects the version of the leads that it read (contract point 1)."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(expecting(self.store, changes, _without(changes.expects, Kind.LEAD)), confirm)


class NoLeadVersionAndNoLedger(NoLeadVersion):
    """Beside that, a lead that is in the ledger may come into it again (contract points 1 and 2).

    Weakened twice: with versions in place the ledger alone is a second belt that nothing reaches.
    """

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        try:
            super().commit(changes, confirm)
        except Conflict as conflict:
            if any(ref.kind is not Kind.LEDGER for ref in conflict.stale):
                raise
            store = innermost(self)
            store._pending = Overlay(store._state, changes)
            store._fold()


def deal_first_lead_later(changes: Changes) -> tuple[Changes, ...]:
    """The deal and its clients are written in one commit, the lead and its ledger row in the next (SWITCH-4, R2)."""
    if not changes.ledger:
        return (changes,)
    deals = Changes(
        expects=changes.expects, deals=changes.deals, contacts=changes.contacts, companies=changes.companies
    )
    return deals, evolve(changes, deals=NOTHING, contacts=NOTHING, companies=NOTHING)


class NoEpochFence(WrappedStore):
    """A commit decided under another epoch goes through (contract point 3)."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(evolve(changes, expects=_without(changes.expects, epoch=False)), confirm)


def cancel_in_the_same_epoch(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Cancelling ends the switch and keeps its epoch, so what was decided under it still goes through (SWITCH-4)."""
    decision = HANDLERS[CancelSwitch].decide(command, snapshot, context, ids)
    if isinstance(decision, Refused) or decision.changes is None:
        return decision
    assert decision.changes.settings is not None  # a cancel writes them
    settings = evolve(decision.changes.settings, epoch=snapshot.settings.epoch)
    return evolve(decision, changes=evolve(decision.changes, settings=settings))


def _finish_seeing(backlog: Callable[[Backlog], Backlog]) -> Mapping[Any, Handler]:
    real = HANDLERS[FinishSwitch].decide

    def decide(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
        assert snapshot.backlog is not None
        return real(command, evolve(snapshot, backlog=backlog(snapshot.backlog)), context, ids)

    return _deciding(FinishSwitch, decide)


class CursorStore(WrappedStore):
    """The next leads are those behind the last one converted, whatever switch that was in (SWITCH-5)."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.after = LeadId(0)

    def snapshot(self, query: Query) -> Snapshot:
        if query.next_leads is not None:
            query = evolve(query, next_leads=query.next_leads._replace(after=self.after))
        return super().snapshot(query)

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(changes, confirm)
        for lead_id, outcome in changes.outcomes.items():
            if outcome is not None and outcome.kind is OutcomeKind.CONVERTED and not outcome.added:
                self.after = max(self.after, lead_id)

    def mark(self) -> Any:
        return self.after


class NoMatchKey(WrappedStore):
    """A decision no longer expects the match keys that it looked up, so nobody claims an address (CONV-7)."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(evolve(changes, expects=_without(changes.expects, Kind.MATCH_KEY)), confirm)


def edit_of_any_version(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """An edit is carried out whatever version the caller has read (EDIT-1)."""
    version = max(1, snapshot.version(command.ref.kind, command.ref.id))
    return HANDLERS[EditRecord].decide(evolve(command, version=version), snapshot, context, ids)


def asked_once(*args: Any, **kwargs: Any) -> tuple[Context, Confirm]:
    """Rights and plan are looked up before the decision and not again in the serial section (PERM-2)."""
    return asked(*args, **kwargs)[0], None


def archive_any_pipeline(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """A pipeline is archived while a live switch makes its deals in it (POLICY-2)."""
    pipeline = snapshot.pipelines[command.pipeline_id]
    refused = may_settings(context.rights, "PERM-6")
    if refused is not None or pipeline.archived:
        return refused or Accepted(pipeline.id)
    archived = {pipeline.id: evolve(pipeline, archived=True)}
    return Accepted(pipeline.id, Changes(expects=snapshot.read, pipelines=archived))


class StillLeads(WrappedStore):
    """Writing an activity moves its own version and not that of the leads it is bound to (contract point 4)."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        versions = innermost(self)._state.versions[Kind.LEAD]
        before = dict(versions)
        self.store.commit(changes, confirm)
        for id in versions.keys() - changes.leads.keys():
            versions[id] = before.get(id, 1)


class LastBindingWins(WrappedStore):
    """A conversion sets the bindings of its lead's activities instead of adding to them (contract point 4)."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(changes, confirm)
        bindings = innermost(self)._state.bindings
        for row in changes.ledger.values():
            refs = (Ref(Kind.LEAD, row.lead_id), *targets_of(row))
            for id in row.activity_ids:
                bindings[id] = tuple(pack(kind, int(each)) for kind, each in refs)


def deal_deleted_alone(command: Any, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Deleting a deal leaves the clients as they are that its activities are left to (DATA-3)."""
    decision = HANDLERS[DeleteRecord].decide(command, snapshot, context, ids)
    if isinstance(decision, Refused) or decision.changes is None or command.ref.kind is not Kind.DEAL:
        return decision
    return evolve(decision, changes=evolve(decision.changes, contacts=NOTHING, companies=NOTHING))


class OffersMarkedLeads(WrappedStore):
    """A lead that was set aside is among the next leads again (SWITCH-9)."""

    def snapshot(self, query: Query) -> Snapshot:
        state = innermost(self)._state
        marked = state.marked
        if query.next_leads is not None:
            state.marked = defaultdict(dict)
        try:
            return super().snapshot(query)
        finally:
            state.marked = marked


_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@frozen(eq=False)
class Fault:
    """One weakened design, the sentence of docs/spec that it breaks, and the walk of the normal suite that meets it."""

    design: Design
    sentence: str
    walk: str

    @property
    def rule(self) -> str:
        """The rule of the sentence."""
        return self.sentence.partition(".")[0]

    @property
    def says(self) -> str:
        """The text of the sentence, without links and emphasis."""
        rule = read_trace().find(self.sentence)
        assert rule is not None  # a test holds each design to a sentence that is there
        said = next(each.says for each in rule.sentences if each.id == self.sentence)
        return _LINK.sub(r"\1", said).replace("*", "")

    @property
    def name(self) -> str:
        """What the design is called."""
        return self.design.name


_NEW, _LIVES, _SHARED = "a switch and new leads", "two switches and lives", "a switch and a shared activity"
_FAULT, _PIPELINE = "a lead with a fault", "a pipeline in use"


FAULTS = (
    Fault(Design("no lead version in the read set", wrap=NoLeadVersion), "SWITCH-2.1", _NEW),
    Fault(Design("no lead version and no ledger", wrap=NoLeadVersionAndNoLedger), "SWITCH-1.1", _PIPELINE),
    Fault(Design("deal and lead written in two commits", parts=deal_first_lead_later), "SWITCH-1.1", _NEW),
    Fault(Design("no epoch fence", wrap=NoEpochFence), "SWITCH-4.4", _SHARED),
    Fault(
        Design("add_lead reads the mode before its commit", handlers=_dropping(AddLead, Kind.SETTINGS)),
        "SWITCH-6.1",
        _NEW,
    ),
    Fault(Design("reopen without the epoch", handlers=_dropping(ReopenLead)), "SWITCH-6.2", _LIVES),
    Fault(
        Design("cancel keeps the epoch", handlers=_deciding(CancelSwitch, cancel_in_the_same_epoch)), "SWITCH-4.4", _NEW
    ),
    Fault(
        Design(
            "finish without recount",
            handlers=_finish_seeing(lambda backlog: Backlog(active=0, set_aside=backlog.set_aside)),
        ),
        "SWITCH-3.1",
        _NEW,
    ),
    Fault(Design("finish reads count and settings apart", counts_first=True), "SWITCH-3.1", _LIVES),
    Fault(Design("a cursor outlives its epoch", wrap=CursorStore), "SWITCH-5.2", _LIVES),
    Fault(Design("client matching without a unique key", wrap=NoMatchKey), "CONV-7.6", "one address"),
    Fault(
        Design("edit without version check", handlers=_deciding(EditRecord, edit_of_any_version)), "EDIT-1.1", _FAULT
    ),
    Fault(Design("permission judged only before the commit", asked=asked_once), "PERM-2.1", "rights and plan"),
    Fault(
        Design("pipeline archivable under a switch", handlers=_deciding(ArchivePipeline, archive_any_pipeline)),
        "POLICY-2.4",
        _PIPELINE,
    ),
    Fault(Design("activity added without moving its lead's version", wrap=StillLeads), "CONV-6.1", _SHARED),
    Fault(Design("bindings overwritten instead of added", wrap=LastBindingWins), "CONV-6.1", _SHARED),
    Fault(
        Design("deal deleted without moving its clients", handlers=_deciding(DeleteRecord, deal_deleted_alone)),
        "DATA-3.8",
        "a client that is deleted while its lead is converted",
    ),
    Fault(Design("a set-aside lead retried for ever", wrap=OffersMarkedLeads), "SWITCH-9.4", _FAULT),
    Fault(
        Design(
            "finish ignores set-aside leads",
            handlers=_finish_seeing(lambda backlog: Backlog(active=backlog.active, set_aside=())),
        ),
        "SWITCH-3.1",
        _FAULT,
    ),
)
