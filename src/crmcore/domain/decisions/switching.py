"""The switch from Classic to Simple: begin, convert a chunk, finish; resume, retry, cancel; and the way back.

Rules SWITCH-1 to SWITCH-14, PERM-1 to PERM-4, PLAN-1.

lines: all steps of one protocol, to be read side by side.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from crmcore.domain.decisions.batch import Batch, ids_for
from crmcore.domain.decisions.terms import settle
from crmcore.domain.model.errors import Conflict, ContractBroken
from crmcore.domain.model.ids import Epoch, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord, SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.settings import CrmMode, Settings, Switching
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import (
    BeginSwitch,
    CancelSwitch,
    Command,
    ConvertChunk,
    FinishSwitch,
    ResumeSwitch,
    RetrySwitch,
    SetAside,
    SwitchToClassic,
)
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import (
    LeadSetAside,
    SwitchBegun,
    SwitchCancelled,
    SwitchedToClassic,
    SwitchFinished,
    SwitchRetried,
)
from crmcore.domain.protocol.results import ChunkDone, NoChange, SwitchBlocked, SwitchDone, SwitchUnfinished
from crmcore.domain.protocol.snapshot import NextLeads, Query, Snapshot
from crmcore.domain.rules.authority import may_convert, may_settings
from crmcore.domain.rules.mode import Asked, Behaviour, Does, behaviour

__all__ = [
    "HANDLERS",
    "decide_begin",
    "decide_cancel",
    "decide_chunk",
    "decide_finish",
    "decide_resume",
    "decide_retry",
    "decide_set_aside",
    "decide_to_classic",
]


def decide_begin(command: BeginSwitch, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what opening a switch to Simple changes.

    Rules SWITCH-4 (the terms are frozen), SWITCH-10 (one live switch, one key), PERM-7 (the order of refusals).
    Nothing is converted yet; the new epoch fences every command that was decided before it.
    """
    policy = command.policy
    refused = may_settings(context.rights) or may_convert(context.rights, policy.client, policy.pipeline)
    if refused is not None:
        return refused
    recorded = snapshot.switch
    if recorded is not None:
        if not recorded.terms.are_of(policy):
            return Refused(Reason.KEY_CONFLICT, Ref(Kind.SWITCH, command.key), policy=recorded.terms.policy)
        if recorded.ended is not None:
            return Accepted(SwitchDone(recorded))
        return Accepted(recorded.token)
    cell = behaviour(Asked.BEGIN_SWITCH, context.state(snapshot.settings))
    if cell.does is Does.NOTHING:
        return Accepted(NoChange())
    if cell.does is not Does.OPEN:
        return _no(cell, snapshot.settings)
    terms = settle(snapshot, policy)
    if isinstance(terms, Refused):
        return terms
    epoch = Epoch(snapshot.settings.epoch + 1)
    at_begin = snapshot.the_backlog.active  # marks belong to a live switch, so none of these is set aside
    return Accepted(
        SwitchToken(command.key, epoch),
        Changes(
            expects=snapshot.read,
            settings=evolve(
                snapshot.settings, epoch=epoch, switching=Switching(epoch=epoch, key=command.key, terms=terms)
            ),
            switches={
                command.key: SwitchRecord(
                    key=command.key,
                    epoch=epoch,
                    terms=terms,
                    at_begin=at_begin,
                    began_at=context.now,
                )
            },
            # Before the new epoch, leads come and go without moving anything that was read here (SWITCH-13).
            active_leads=at_begin,
        ),
        (SwitchBegun(command.key, epoch),),
    )


def decide_chunk(command: ConvertChunk, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what converting the next active leads changes; the token is enough, no right is asked (PERM-4)."""
    if _is_there(command.lost, snapshot):
        return Accepted(ChunkDone(command.lost))
    live = _live(snapshot.settings, command.token, Asked.CONVERT_CHUNK, context)
    if isinstance(live, Refused):
        return live
    batch = Batch(live.terms, context.now, ids, snapshot.matches, snapshot.shared, gone=snapshot.gone)
    for lead in _offered(command, snapshot):
        batch.convert(lead, snapshot.lead_activities.get(lead.id, ()))
    if not batch.ledger:
        return Accepted(ChunkDone(()))
    return Accepted(
        ChunkDone(tuple(batch.ledger.values())),
        batch.changes(snapshot, outcomes=batch.outcomes),
        batch.events(),
    )


def _is_there(lost: tuple[LedgerRow, ...], snapshot: Snapshot) -> bool:
    """Whether the chunk whose answer was lost was committed: all or nothing of it was, and its deal ids are its own."""
    return bool(lost) and snapshot.ledger.get(lost[0].lead_id) == lost[0]


def _offered(command: ConvertChunk, snapshot: Snapshot) -> list[Lead]:
    """The leads to convert; a store that offers others than it was asked for is told so (SWITCH-2, SWITCH-4)."""
    found = snapshot.leads
    marks = snapshot.marks
    waiting = [lead for lead in found.values() if isinstance(lead, Lead) and lead.is_active and lead.id not in marks]
    looked_at = {row.lead_id for row in command.lost[:1]}
    if len(waiting) != len(found):
        wrong = found.keys() - {lead.id for lead in waiting} - looked_at
        if wrong:
            refs = tuple(Ref(Kind.LEAD, id) for id in sorted(wrong))
            rule, what = ("SWITCH-9", "set aside") if wrong <= snapshot.marks.keys() else ("SWITCH-2", "not active")
            raise ContractBroken(rule, f"the store offered leads that are {what}", refs)
    if len(waiting) > command.size + len(looked_at):
        raise ContractBroken("SWITCH-4", f"the store offered {len(waiting)} leads, but {command.size} were asked for")
    return waiting[: command.size]


def decide_set_aside(command: SetAside, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide to mark a lead that cannot be read or written; nothing else of it is written (SWITCH-9)."""
    live = _live(snapshot.settings, command.token, Asked.CONVERT_CHUNK, context)
    if isinstance(live, Refused):
        return live
    if command.lead_id in snapshot.marks:
        return Accepted(snapshot.marks[command.lead_id])
    if not snapshot.is_active:  # it was never part of this switch, and would break its sum (SWITCH-13)
        return Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, command.lead_id))
    mark = LeadOutcome(OutcomeKind.SET_ASIDE, code=command.code)
    return Accepted(
        mark,
        Changes(expects=snapshot.read, outcomes={command.lead_id: mark}),
        (LeadSetAside(command.lead_id, command.code),),
    )


def decide_finish(command: FinishSwitch, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide whether the CRM becomes Simple: only when no active lead is left, set aside or not (SWITCH-3).

    "None is left", read under an epoch and committed under it, is still true: under one epoch the active set only
    shrinks (SWITCH-6).
    """
    token = command.token
    recorded = snapshot.switch
    if recorded is not None and recorded.token == token and recorded.ended == "finished":
        return Accepted(SwitchDone(recorded))
    live = _live(snapshot.settings, token, Asked.FINISH_SWITCH, context)
    if isinstance(live, Refused):
        return live
    assert recorded is not None  # a live switch has its record
    if snapshot.the_backlog.active:
        return Accepted(SwitchUnfinished(snapshot.the_backlog.active))
    marked = snapshot.the_backlog.set_aside
    if behaviour(Asked.FINISH_SWITCH, context.state(snapshot.settings, bool(marked))).does is Does.LIST:
        return Accepted(SwitchBlocked(marked))
    ended = evolve(recorded, ended="finished", ended_at=context.now)
    return Accepted(
        SwitchDone(ended),
        Changes(
            expects=snapshot.read,
            settings=evolve(
                snapshot.settings,
                mode=CrmMode.SIMPLE,
                switching=None,
                epoch=Epoch(live.epoch + 1),
                last_policy=live.terms.policy,
            ),
            switches={ended.key: ended},
        ),
        (SwitchFinished(ended.key, ended.epoch),),
    )


def decide_resume(command: ResumeSwitch, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide whether the actor gets the token of the live switch; begin has judged what it creates (PERM-1, PERM-3)."""
    live = _steered(snapshot, context, Asked.RESUME_SWITCH)
    return live if isinstance(live, Refused) else Accepted(SwitchToken(live.key, live.epoch))


def decide_retry(command: RetrySwitch, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide to lift the marks of set-aside leads, so that they are tried again (SWITCH-9)."""
    live = _steered(snapshot, context, Asked.RETRY_SWITCH)
    if isinstance(live, Refused):
        return live
    marked = snapshot.the_backlog.set_aside
    token = SwitchToken(live.key, live.epoch)
    if not marked:
        return Accepted(token)
    return Accepted(
        token,
        Changes(expects=snapshot.read, outcomes=dict.fromkeys(marked)),
        (SwitchRetried(live.epoch, marked),),
    )


def decide_cancel(command: CancelSwitch, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide to go back to Classic: the converted stay converted, the rest stays active (SWITCH-8, PLAN-1)."""
    live = _steered(snapshot, context, Asked.CANCEL_SWITCH)
    if isinstance(live, Refused):
        return live
    cell = behaviour(Asked.CANCEL_SWITCH, context.state(snapshot.settings))
    if cell.needs_plan and not context.plan_has_classic:
        return Refused(Reason.PLAN_WITHOUT_CLASSIC)
    ended = evolve(snapshot.the_switch, ended="cancelled", ended_at=context.now)
    return Accepted(
        SwitchDone(ended),
        Changes(
            expects=snapshot.read,
            settings=evolve(snapshot.settings, mode=CrmMode.CLASSIC, switching=None, epoch=Epoch(live.epoch + 1)),
            switches={ended.key: ended},
        ),
        (SwitchCancelled(ended.key, ended.epoch),),
    )


def decide_to_classic(command: SwitchToClassic, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide to go from Simple to Classic: only the mode changes, nothing is un-converted (MODE-4, PLAN-1)."""
    refused = may_settings(context.rights)
    if refused is not None:
        return refused
    cell = behaviour(Asked.SWITCH_TO_CLASSIC, context.state(snapshot.settings))
    if cell.does is Does.NOTHING:
        return Accepted(NoChange())
    if cell.does is not Does.LEAVE:
        return _no(cell, snapshot.settings)
    if cell.needs_plan and not context.plan_has_classic:
        return Refused(Reason.PLAN_WITHOUT_CLASSIC)
    epoch = Epoch(snapshot.settings.epoch + 1)
    return Accepted(
        epoch,
        Changes(expects=snapshot.read, settings=evolve(snapshot.settings, mode=CrmMode.CLASSIC, epoch=epoch)),
        (SwitchedToClassic(epoch),),
    )


def _live(settings: Settings, token: SwitchToken, asked: Asked, context: Context) -> Switching | Refused:
    """The live switch that a token names; a step of any other switch writes nothing (SWITCH-4)."""
    live = settings.switching
    if live is None:
        return _no(behaviour(asked, context.state(settings)), settings)
    if (live.epoch, live.key) != (token.epoch, token.key):
        return Refused(Reason.STALE_SWITCH, Ref(Kind.SWITCH, token.key))
    return live


def _steered(snapshot: Snapshot, context: Context, asked: Asked) -> Switching | Refused:
    """The live switch, for the commands that need the settings right (PERM-1, PERM-4)."""
    refused = may_settings(context.rights)
    if refused is not None:
        return refused
    live = snapshot.settings.switching
    return live if live is not None else _no(behaviour(asked, context.state(snapshot.settings)), snapshot.settings)


def _no(cell: Behaviour, settings: Settings) -> Refused:
    assert cell.reason is not None  # every cell that is not done has its reason: a test walks the table
    live = settings.switching
    return Refused(cell.reason, None if live is None else Ref(Kind.SWITCH, live.key))


def _chunk_query(command: ConvertChunk) -> Query:
    return Query(
        leads=tuple(row.lead_id for row in command.lost[:1]),
        next_leads=NextLeads(command.size, command.shard, command.without),
        match=True,
    )


def _looking_for_the_lost(command: ConvertChunk, decision: Decision) -> ConvertChunk:
    """A chunk whose answer was lost is looked for before another is converted: at most `size`, and all reported."""
    lost = decision.result.rows if isinstance(decision, Accepted) else ()
    return evolve(command, lost=lost)


def _chunk_ids(command: ConvertChunk, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    live = snapshot.settings.switching
    return {} if live is None else ids_for(live.terms, len(snapshot.leads))


def _without_the_stale(command: ConvertChunk, conflict: Conflict) -> ConvertChunk:
    """One busy lead is left to a later chunk, so that the rest of this one commits; what stays in conflict is halved.

    Somebody who converts the same leads in smaller chunks would else always be the first (D-33).
    """
    busy = frozenset(LeadId(int(ref.id)) for ref in conflict.stale if ref.kind is Kind.LEAD)
    size = max(1, command.size // 2) if command.without or not busy else command.size
    return evolve(command, without=busy, size=size)


def _always(command: Command[Any]) -> bool:
    return True


HANDLERS: dict[type[Command[Any]], Handler] = {
    BeginSwitch: Handler(
        lambda command: Query(settings=True, stages=True, pipelines=True, switch_key=command.key, backlog=True),
        decide_begin,
        lookup=_always,
    ),
    ConvertChunk: Handler(
        _chunk_query,
        decide_chunk,
        _chunk_ids,
        lookup=_always,
        needs_right=False,
        after_conflict=_without_the_stale,
        after_loss=_looking_for_the_lost,
    ),
    SetAside: Handler(
        lambda command: Query(outcome_of=command.lead_id), decide_set_aside, lookup=_always, needs_right=False
    ),
    FinishSwitch: Handler(
        lambda command: Query(settings=True, switch_key=command.token.key, backlog=True),
        decide_finish,
        lookup=_always,
        needs_right=False,
    ),
    ResumeSwitch: Handler(lambda command: Query(), decide_resume, lookup=_always),
    RetrySwitch: Handler(lambda command: Query(backlog=True), decide_retry, lookup=_always),
    CancelSwitch: Handler(lambda command: Query(settings=True, live_switch=True), decide_cancel),
    SwitchToClassic: Handler(lambda command: Query(settings=True), decide_to_classic),
}
