"""Carrying a script out on a CRM: every call is written down with its instants and its answer as plain data."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any

from attrs import evolve

from crmcore.adapters.clocks import SystemClock
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import CrmError
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord, SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import DeleteRecord
from crmcore.domain.protocol.results import (
    ChunkDone,
    ConvertedLead,
    InquiryHeld,
    NoChange,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
)
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Store
from crmcore.testing.wrapped import expecting
from tests.survival.races.history import Answer, Operation
from tests.survival.races.story import CAST, Step, money_of, points_of

__all__ = ["WEAKNESSES", "Player", "Stage", "Weakened"]

#: What `Weakened` can leave out.
WEAKNESSES = ("no version check", "no epoch check", "rights judged before the commit")

#: How long a process may stop between reading and committing, in microseconds; the leaver, whose right ends, longer.
_SHORT = (0, 0, 0, 0, 100, 500, 2000)
_LONG = (0, 500, 2000, 5000)


class Stage:
    """A store with rights and plan beside it, as each process has opened it."""

    def __init__(
        self,
        store: Store,
        permissions: Any,
        plan: Any,
        *,
        revoke: Callable[[UserId], object],
        end_plan: Callable[[], object],
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self.store = store
        self.permissions = permissions
        self.plan = plan
        self.revoke = revoke
        self.end_plan = end_plan
        self.close = close


class Weakened:
    """A store that drops, before each commit, what the library expects: for showing that the oracle sees it."""

    def __init__(self, store: Store, weakness: str | None, draw: Random, pauses: tuple[int, ...]) -> None:
        self.store = store
        self.pauses = pauses
        self.weakness = weakness
        self.draw = draw

    def snapshot(self, query: Query) -> Snapshot:
        return self.store.snapshot(query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        # The pause between reading and committing is where the others come in.
        pause = self.draw.choice(self.pauses)
        if pause:
            time.sleep(pause / 1e6)
        if self.weakness == "no version check":
            changes = expecting(self.store, changes, evolve(changes.expects, versions={}))
        elif self.weakness == "no epoch check":
            epoch = self.store.snapshot(Query()).settings.epoch
            changes = evolve(changes, expects=evolve(changes.expects, epoch=epoch))
        elif self.weakness == "rights judged before the commit":
            confirm = None
        self.store.commit(changes, confirm)

    def reserve(self, kind: Kind, count: int) -> range:
        return self.store.reserve(kind, count)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        return self.store.page(kind, after, limit)


class Player:
    """One process of a history."""

    def __init__(self, stage: Stage, process: int, seed: int, weakness: str | None = None) -> None:
        self.stage = stage
        self.process = process
        pauses = _LONG if process < len(CAST) and CAST[process] == "leaver" else _SHORT
        store = Weakened(stage.store, weakness, Random(f"{seed}/{process}"), pauses)
        self.crm = Crm(store=store, permissions=stage.permissions, plan=stage.plan, clock=SystemClock())
        self.log: list[Operation] = []
        self.added: list[int] = []

    def play(self, script: Iterable[Step]) -> list[Operation]:
        for pause, actor, name, given in script:
            if pause:
                time.sleep(pause / 1e6)
            getattr(self, f"_{name}")(UserId(actor), **given)
        return self.log

    def ask(self, actor: int, name: str, given: dict[str, Any], call: Callable[[], Any]) -> Any:
        """Make one call and write it down; what comes back is the library's own answer."""
        invoked = time.monotonic_ns()
        try:
            answer = call()
            noted = _noted(answer)
        except CrmError as error:
            answer, noted = None, ("error", type(error).__name__)
        except Exception as error:  # whatever a store lets through is part of the history
            answer, noted = None, ("error", f"{type(error).__name__}: {error}"[:300])
        self.log.append(Operation(self.process, invoked, time.monotonic_ns(), actor, name, given, noted))
        return answer

    def lead_id(self, lead: int) -> int:
        """A lead of the scene, or the one that this process added first."""
        if lead > 0:
            return lead
        return self.added[0] if self.added else 1

    # One method for each step of a script.

    def _begin(self, actor: UserId, key: str, client: str, keep: bool) -> None:
        policy = ModeSwitchPolicy(client=ClientChoice(client), keep_activities=keep)
        given = {"key": key, "client": client, "keep": keep}
        self.ask(actor, "begin", given, lambda: self.crm.begin_switch(actor, key=key, policy=policy))

    def _cancel(self, actor: UserId) -> None:
        self.ask(actor, "cancel", {}, lambda: self.crm.cancel_switch(actor))

    def _to_classic(self, actor: UserId) -> None:
        self.ask(actor, "to_classic", {}, lambda: ("epoch", self.crm.switch_to_classic(actor)))

    def _resume(self, actor: UserId) -> SwitchToken | None:
        token = self.ask(actor, "resume", {}, lambda: self.crm.resume_switch(actor))
        return token if isinstance(token, SwitchToken) else None

    def _status(self, actor: UserId) -> None:
        self.ask(actor, "status", {}, lambda: self.crm.switch_status(actor))

    def _go_on(self, actor: UserId, size: int, shard: tuple[int, int], between: int) -> None:
        """What a worker does: get the token, convert chunks until nothing is left, finish."""
        token = None
        for _ in range(3):
            token = self._resume(actor)
            if token is not None:
                break
            time.sleep(0.003)
        for _ in range(12 if token is not None else 0):
            assert token is not None  # or the loop has no rounds
            of = {"key": token.key, "epoch": int(token.epoch)}
            given = {**of, "size": size, "shard": shard}
            done = self.ask(0, "chunk", given, partial(self.crm.convert_chunk, token, size, shard=shard))
            if isinstance(done, ChunkDone) and done.rows:
                time.sleep(between / 1e6)
                continue
            finished = self.ask(0, "finish", of, partial(self.crm.finish_switch, token))
            if not isinstance(finished, SwitchUnfinished):
                return

    def _revoke(self, actor: UserId, of: int) -> None:
        self.ask(actor, "revoke", {"of": of}, lambda: self.stage.revoke(UserId(of)))

    def _end_plan(self, actor: UserId) -> None:
        self.ask(actor, "end_plan", {}, self.stage.end_plan)

    def _add(self, actor: UserId, title: str, amount: str | None, email: str | None, key: str | None) -> None:
        given = {"title": title, "amount": amount, "email": email, "key": key}
        self.made(
            self.ask(
                actor,
                "add",
                given,
                lambda: self.crm.add_lead(
                    actor, key=key, title=title, amount=money_of(amount), contact_points=points_of(email)
                ),
            )
        )

    def _copy(self, actor: UserId, lead: int) -> None:
        id = LeadId(self.lead_id(lead))
        self.made(self.ask(actor, "copy", {"lead": id}, lambda: self.crm.copy_lead(actor, id)))

    def made(self, answer: Any) -> None:
        if isinstance(answer, int):
            self.added.append(answer)

    def _read(self, actor: UserId, lead: int) -> int | None:
        id = LeadId(self.lead_id(lead))
        found = self.ask(actor, "read", {"lead": id}, lambda: self.crm.lead(actor, id))
        return getattr(found, "version", None)

    def _edit(self, actor: UserId, lead: int, fields: dict[str, str]) -> None:
        id = LeadId(self.lead_id(lead))
        version = self._read(actor, id)
        given = {"lead": id, "version": version or 1, "fields": fields}
        typed: dict[str, Any] = dict(fields)
        if "amount" in typed:
            typed["amount"] = money_of(fields["amount"])
        self.ask(actor, "edit", given, lambda: self.crm.edit_lead(actor, id, version or 1, **typed))

    def _close(self, actor: UserId, lead: int) -> None:
        id = LeadId(self.lead_id(lead))
        self.ask(actor, "close", {"lead": id}, lambda: self.crm.close_lead(actor, id))

    def _reopen(self, actor: UserId, lead: int) -> None:
        id = LeadId(self.lead_id(lead))
        self.ask(actor, "reopen", {"lead": id}, lambda: self.crm.reopen_lead(actor, id))

    def _delete(self, actor: UserId, lead: int) -> None:
        id = LeadId(self.lead_id(lead))
        self.ask(actor, "delete", {"lead": id}, lambda: self.crm.delete_lead(actor, id))

    def _convert(self, actor: UserId, lead: int, client: str | None, keep: bool | None) -> None:
        id = LeadId(self.lead_id(lead))
        policy = None
        if client is not None:
            policy = ModeSwitchPolicy(client=ClientChoice(client), keep_activities=bool(keep))
        given = {"lead": id, "client": client, "keep": keep}
        self.ask(actor, "convert", given, lambda: self.crm.convert_lead(actor, id, policy=policy))

    def _add_activity(self, actor: UserId, leads: tuple[int, ...]) -> None:
        ids = tuple(sorted({self.lead_id(lead) for lead in leads}))
        of = [Ref(Kind.LEAD, id) for id in ids]
        self.ask(actor, "add_activity", {"leads": ids}, lambda: self.crm.add_activity(actor, of=of, kind="call"))

    def _complete(self, actor: UserId, activity: int) -> None:
        id = ActivityId(activity)
        self.ask(actor, "complete", {"activity": id}, lambda: self.crm.complete_activity(actor, id))

    def _reopen_activity(self, actor: UserId, activity: int) -> None:
        id = ActivityId(activity)
        self.ask(actor, "reopen_activity", {"activity": id}, lambda: self.crm.reopen_activity(actor, id))

    def _bind(self, actor: UserId, activity: int, lead: int) -> None:
        id, ref = ActivityId(activity), Ref(Kind.LEAD, self.lead_id(lead))
        given = {"activity": id, "lead": ref.id}
        self.ask(actor, "bind", given, lambda: self.crm.bind_activity(actor, id, ref))

    def _delete_card(self, actor: UserId, kind: str, id: int) -> None:
        command = DeleteRecord(ref=Ref(Kind(kind), id))
        self.ask(actor, "delete_card", {"kind": kind, "id": id}, lambda: self.crm.run(actor, command))

    def _delete_activity(self, actor: UserId, activity: int) -> None:
        id = ActivityId(activity)
        self.ask(actor, "delete_activity", {"activity": id}, lambda: self.crm.delete_activity(actor, id))

    def _inquire(self, actor: UserId, email: str, title: str) -> None:
        given = {"email": email, "title": title}
        self.ask(
            actor,
            "inquire",
            given,
            lambda: self.crm.take_inquiry(actor, channel="email", title=title, contact_points=points_of(email)),
        )


def _noted(answer: Any) -> Answer:
    """An answer of the library as plain data."""
    if isinstance(answer, tuple) and answer and answer[0] == "epoch":
        inner = answer[1]
        return ("ok", ("epoch", int(inner))) if isinstance(inner, int) else _noted(inner)
    if isinstance(answer, Refused):
        subject = None if answer.subject is None else (answer.subject.kind.value, answer.subject.id)
        return ("no", answer.reason.value, subject)
    return ("ok", _value(answer))


def _value(answer: Any) -> Any:
    match answer:
        case None | int():
            return answer
        case NoChange():
            return ("no_change",)
        case SwitchToken():
            return ("token", answer.key, int(answer.epoch))
        case SwitchDone():
            return ("done", *_ended(answer.switch))
        case SwitchUnfinished():
            return ("unfinished", answer.remaining)
        case SwitchBlocked():
            return ("blocked", answer.set_aside)
        case ChunkDone():
            return tuple(_row(row) for row in answer.rows)
        case ConvertedLead():
            return (answer.already, _row(answer.row))
        case InquiryHeld():
            return (answer.ref.kind.value, answer.ref.id, answer.activity_id)
        case SwitchReport():
            assert answer.token is not None  # a report of a switch names it
            totals = answer.totals
            names = ("at_begin", "added", "converted", "already_converted", "closed", "deleted", "remaining")
            return (answer.token.key, int(answer.token.epoch), tuple(getattr(totals, name) for name in names))
        case _:  # a record with its version
            lead = answer.record
            amount = None if lead.amount is None else str(lead.amount.amount)
            return (answer.version, lead.semantics.value, lead.title, lead.comments, amount, lead.deal_id)


def _row(row: LedgerRow) -> tuple[int, int, int | None, int | None]:
    return (row.lead_id, row.deal_id, row.contact_id, row.company_id)


def _ended(switch: SwitchRecord) -> tuple[str, int, str | None]:
    return (switch.key, int(switch.epoch), switch.ended)
