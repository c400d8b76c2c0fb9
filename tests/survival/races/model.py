"""The rules as one small sequential CRM of plain values: what one call answers and changes, if it is alone.

Written from docs/spec and from nothing of `crmcore`. What the rules leave open (new ids, which of the active leads a
chunk takes, whether it takes fewer than it may) is taken from the answer or from what is stored in the end, and only
checked: a new id is new, a client is the one that the rules name.

lines: one method for each command, beside the state that they share.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.survival.races.history import Answer, History, Operation, Picture

__all__ = ["Lead", "Mismatch", "Rules", "State", "Switch"]


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Lead(NamedTuple):
    """`status`: P active, F closed, S converted, D deleted."""

    status: str
    version: int
    title: str | None
    comments: str | None
    amount: str | None
    email: str | None
    contact: int | None = None
    company: int | None = None
    deal: int | None = None


class Switch(NamedTuple):
    """A switch under its key; `ended` is finished, cancelled or None."""

    epoch: int
    client: str
    keep: bool
    at_begin: int
    ended: str | None = None


class Mismatch(Exception):  # an answer that the rules do not allow, which is no error of this program
    """What was answered or stored is not what the rules say."""


_DICTS = ("rights", "switches", "leads", "activities", "contacts", "companies", "deals", "gone", "keys", "outcomes")


class State:
    """Everything that later answers depend on; its dictionaries are replaced, never changed, once it is shared."""

    __slots__ = ("epoch", "last", "live", "match", "mode", "plan", *_DICTS)

    mode: str
    live: str | None
    epoch: int
    plan: bool
    match: bool
    #: Client and keeping of the last finished switch (POLICY-6).
    last: tuple[str, bool]
    rights: dict[int, str]
    switches: dict[str, Switch]
    leads: dict[int, Lead]
    #: (completed, deleted, what it is bound to)
    activities: dict[int, tuple[bool, bool, frozenset[tuple[str, int]]]]
    #: (e-mail, company)
    contacts: dict[int, tuple[str | None, int | None]]
    companies: dict[int, str | None]
    #: (contact, company, lead)
    deals: dict[int, tuple[int | None, int | None, int | None]]
    #: The deals and clients that were deleted; their links stay.
    gone: dict[tuple[str, int], bool]
    keys: dict[str, tuple[Any, int]]
    #: (kind, added while the switch was live) by epoch and lead
    outcomes: dict[tuple[int, int], tuple[str, bool]]

    def copy(self) -> "State":
        new = State()
        for name in ("mode", "live", "epoch", "plan", "match", "last"):
            setattr(new, name, getattr(self, name))
        for name in _DICTS:
            setattr(new, name, dict(getattr(self, name)))
        return new

    def key(self) -> int:
        """Equal for equal states."""
        parts = tuple(frozenset(getattr(self, name).items()) for name in _DICTS)
        return hash((self.mode, self.live, self.epoch, self.plan, self.last, parts))

    @property
    def in_classic(self) -> bool:
        """Whether new records meet Classic (MODE-3, SWITCH-6)."""
        return self.mode == "classic" and self.live is None and self.plan

    @property
    def policy(self) -> tuple[str, bool]:
        """The policy of whoever names none (POLICY-6)."""
        return self.last if self.live is None else self.switches[self.live][1:3]

    def active(self) -> int:
        """How many leads are active."""
        return sum(lead.status == "P" for lead in self.leads.values())

    def totals(self, switch: Switch) -> tuple[int, ...]:
        """The numbers of a switch (SWITCH-13)."""
        kinds = dict.fromkeys(("converted", "already_converted", "closed", "deleted"), 0)
        added = 0
        for (epoch, _), (kind, came_late) in self.outcomes.items():
            if epoch == switch.epoch:
                kinds[kind] += 1
                added += came_late
        return (switch.at_begin, added, *kinds.values(), switch.at_begin + added - sum(kinds.values()))


def _no(reason: str, subject: tuple[str, Any] | None = None) -> Answer:
    return ("no", reason, subject)


def _ok(value: Any) -> Answer:
    return ("ok", value)


class Rules:
    """Answers one operation in a state: what must be answered, and the state afterwards (the same one if unchanged)."""

    def __init__(self, history: History) -> None:
        self.before, self.after = history.before, history.after
        self.rights, self.match = history.rights, history.match

    def start(self) -> State:
        """The state before the first operation."""
        before, state = self.before, State()
        state.mode, state.live, state.epoch = before.mode, before.live, before.epoch
        state.plan, state.match, state.last = True, self.match, ("contact", True)
        state.rights = dict(self.rights)
        state.switches = {}
        state.leads = {id: lead_of(row) for id, row in before.leads.items()}
        state.activities = {id: activity_of(row) for id, row in before.activities.items()}
        state.contacts, state.companies, state.deals, state.gone, state.keys, state.outcomes = {}, {}, {}, {}, {}, {}
        return state

    def run(self, state: State, operation: Operation) -> tuple[Answer, State]:
        """Carry one operation out; raises `Mismatch` where no answer could be right."""
        if operation.answer[0] == "error":
            if operation.answer[1] == "StoreBusy":  # nothing was done, and the caller may try again
                return operation.answer, state
            raise Mismatch(f"failed with {operation.answer[1]}")
        method = getattr(self, f"_{operation.name}")
        answer: tuple[Answer, State] = method(state, operation, operation.given)
        return answer

    # Rights and plan

    def _revoke(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        new = state.copy()
        new.rights.pop(given["of"], None)
        return _ok(None), new

    def _end_plan(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        new = state.copy()
        new.plan = False
        return _ok(None), new

    def _steers(self, state: State, operation: Operation) -> bool:
        return state.rights.get(operation.actor) == "administrator"

    def _works(self, state: State, operation: Operation) -> bool:
        return operation.actor in state.rights

    # The mode

    def _begin(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._steers(state, operation):
            return self._denied(state, operation, "pipeline"), state
        key = given["key"]
        known = state.switches.get(key)
        if known is not None:
            if (known.client, known.keep) != (given["client"], given["keep"]):
                return _no("key_conflict", ("switch", key)), state
            if known.ended is not None:
                return _ok(("done", key, known.epoch, known.ended)), state
            return _ok(("token", key, known.epoch)), state
        if state.live is not None:
            return _no("switch_in_progress", ("switch", state.live)), state
        if state.mode == "simple":
            return _ok(("no_change",)), state
        if operation.answer[0] != "ok" or operation.answer[1][:2] != ("token", key):
            return _ok(("token", key, "a new epoch")), state
        epoch = operation.answer[1][2]
        if epoch <= state.epoch:
            raise Mismatch(f"epoch {epoch} is not new: {state.epoch} was before it")
        stored = self.after.switches.get(key)
        if stored is None or stored["epoch"] != epoch:
            raise Mismatch(f"the switch {key} of epoch {epoch} is not recorded")
        if stored["at_begin"] != state.active():
            raise Mismatch(
                f"{stored['at_begin']} active leads recorded at the beginning of {key}, {state.active()} were"
            )
        new = state.copy()
        new.live, new.epoch = key, epoch
        new.switches[key] = Switch(epoch, given["client"], given["keep"], state.active())
        return operation.answer, new

    def _denied(self, state: State, operation: Operation, subject: str | None = None) -> Answer:
        return _no("not_permitted")

    def _resume(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._steers(state, operation):
            return _no("not_permitted"), state
        if state.live is None:
            return _no("not_switching"), state
        return _ok(("token", state.live, state.switches[state.live].epoch)), state

    def _status(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._steers(state, operation):
            return _no("not_permitted"), state
        # The name of the live switch is read first and its numbers then, so it may have ended in between.
        if operation.answer[0] == "ok" and operation.answer[1][0] in state.switches:
            key = operation.answer[1][0]
            switch = state.switches[key]
            return _ok((key, switch.epoch, state.totals(switch))), state
        if state.live is None:
            return _no("not_switching"), state
        return _ok((state.live, "its numbers")), state

    def _cancel(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._steers(state, operation):
            return _no("not_permitted"), state
        if state.live is None:
            return _no("not_switching"), state
        if not state.plan:
            return _no("plan_without_classic"), state
        key = state.live
        new = self._ended(state, "cancelled")
        new.mode = "classic"
        return _ok(("done", key, new.switches[key].epoch, "cancelled")), new

    def _ended(self, state: State, how: str) -> State:
        assert state.live is not None  # asked before
        new = state.copy()
        new.switches[state.live] = state.switches[state.live]._replace(ended=how)
        new.live = None
        new.epoch += 1
        return new

    def _to_classic(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._steers(state, operation):
            return _no("not_permitted"), state
        if state.live is not None:
            return _no("switch_in_progress", ("switch", state.live)), state
        if not state.plan:
            return _no("plan_without_classic"), state
        if state.mode == "classic":
            return _ok(("no_change",)), state
        if operation.answer[0] != "ok" or operation.answer[1][0] != "epoch":
            return _ok(("epoch", "a new one")), state
        epoch = operation.answer[1][1]
        if epoch <= state.epoch:
            raise Mismatch(f"epoch {epoch} is not new: {state.epoch} was before it")
        new = state.copy()
        new.mode, new.epoch = "classic", epoch
        return operation.answer, new

    def _chunk(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._is_live(state, given):
            return _no("stale_switch", _any_subject(operation)), state
        if operation.answer[0] != "ok":
            return _ok("some rows"), state
        rows = operation.answer[1]
        if not rows:
            return operation.answer, state
        number, of = given["shard"]
        if len(rows) > given["size"] or any(row[0] % of != number for row in rows):
            raise Mismatch("more leads than asked for, or those of another shard")
        switch = state.switches[given["key"]]
        commit = _Commit(self, state)
        for lead, *made in rows:
            commit.convert(lead, switch[1:3], made, "converted")
        return operation.answer, commit.done()

    def _is_live(self, state: State, given: dict[str, Any]) -> bool:
        key: str = given["key"]
        return state.live == key and bool(state.switches[key].epoch == given["epoch"])

    def _finish(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        key = given["key"]
        known = state.switches.get(key)
        if known is not None and known.epoch == given["epoch"] and known.ended == "finished":
            return _ok(("done", key, known.epoch, known.ended)), state
        if not self._is_live(state, given):
            return _no("stale_switch", _any_subject(operation)), state
        if state.active():
            return _ok(("unfinished", state.active())), state
        assert known is not None  # it is live
        new = self._ended(state, "finished")
        new.mode, new.last = "simple", (known.client, known.keep)
        return _ok(("done", key, known.epoch, "finished")), new

    # Leads

    def _add(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._works(state, operation):
            return _no("not_permitted"), state
        key = given["key"]
        asked = (given["title"], given["amount"], given["email"], operation.actor)
        if key is not None and key in state.keys:
            before, made = state.keys[key]
            return (_ok(made) if before[:3] == asked[:3] else _no("key_conflict", ("command", key))), state
        lead = Lead("P", 1, given["title"], None, given["amount"], given["email"])
        return self._stored(state, operation, lead, key, asked)

    def _copy(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        source = self._known(state, operation)
        if source is None:
            return _no("unknown_record", ("lead", given["lead"])), state
        lead = Lead("P", 1, source.title, source.comments, source.amount, source.email)
        return self._stored(state, operation, lead, None, None)

    def _stored(
        self, state: State, operation: Operation, lead: Lead, key: str | None, asked: Any
    ) -> tuple[Answer, State]:
        if operation.answer[0] != "ok":
            return _ok("a new lead"), state
        id = operation.answer[1]
        if id in state.leads:
            raise Mismatch(f"lead {id} is not new")
        commit = _Commit(self, state)
        commit.new.leads[id] = lead
        if key is not None:
            commit.new.keys[key] = (asked, id)
        if not state.in_classic:  # stored and converted in one commit (SWITCH-6, INTAKE-4)
            row = self.after.ledger.get(id)
            if row is None:
                raise Mismatch(f"lead {id} was added outside Classic and is not converted")
            made = (row["deal"], row["contact"], row["company"])
            commit.convert(id, state.policy, made, "converted", added=True)
        return operation.answer, commit.done()

    def _known(self, state: State, operation: Operation) -> Lead | None:
        """The lead that is asked for; to who has no rights there is none (PERM-6)."""
        lead = state.leads.get(operation.given["lead"])
        return None if lead is None or lead.status == "D" or not self._works(state, operation) else lead

    def _read(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        lead = self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ("lead", given["lead"])), state
        return _ok((lead.version, lead.status, lead.title, lead.comments, lead.amount, lead.deal)), state

    def _edit(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        lead = self._known(state, operation)
        subject = ("lead", given["lead"])
        if lead is None:
            return _no("unknown_record", subject), state
        if given["version"] != lead.version:
            return _no("stale_version", subject), state
        if lead.deal is not None and set(given["fields"]) - {"comments"}:
            return _no("already_converted", ("deal", lead.deal)), state
        edited = lead._replace(**given["fields"])
        if edited == lead:
            return _ok(lead.version), state
        return self._changed(state, given["lead"], edited, _ok(lead.version + 1))

    def _changed(
        self, state: State, id: int, lead: Lead, answer: Answer, outcome: str | None = None
    ) -> tuple[Answer, State]:
        new = state.copy()
        new.leads[id] = lead._replace(version=lead.version + 1)
        if outcome is not None and state.live is not None and state.leads[id].status == "P":
            new.outcomes[state.switches[state.live].epoch, id] = (outcome, False)
        return answer, new

    def _close(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id, lead = given["lead"], self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ("lead", id)), state
        if lead.deal is not None:
            return _no("already_converted", ("deal", lead.deal)), state
        if lead.status != "P":
            return _ok(id), state
        return self._changed(state, id, lead._replace(status="F"), _ok(id), "closed")

    def _reopen(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id, lead = given["lead"], self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ("lead", id)), state
        if lead.status == "P":
            return _ok(id), state
        if not state.in_classic:
            return _no("reopen_refused", ("lead", id)), state
        if lead.deal is not None:
            return _no("already_converted", ("deal", lead.deal)), state
        return self._changed(state, id, lead._replace(status="P"), _ok(id))

    def _delete(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id, lead = given["lead"], self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ("lead", id)), state
        stone = Lead("D", lead.version, None, None, None, None, lead.contact, lead.company, lead.deal)
        answer, new = self._changed(state, id, stone, _ok(id), "deleted")
        _take_along(new, ("lead", id))
        return answer, new

    def _delete_card(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        """A deal or client leaves a tombstone with its links, and nothing can be found by it any more (DATA-3)."""
        kind, id = given["kind"], given["id"]
        tables: dict[str, dict[int, Any]] = {
            "deal": state.deals,
            "contact": state.contacts,
            "company": state.companies,
        }
        ref = (kind, id)
        if id not in tables[kind] or ref in state.gone or not self._works(state, operation):
            return _no("unknown_record", ref), state
        new = state.copy()
        new.gone[ref] = True
        if kind == "contact":
            new.contacts[id] = (None, state.contacts[id][1])
        if kind == "company":
            new.companies[id] = None
        _take_along(new, ref)
        return _ok(id), new

    def _convert(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id, lead = given["lead"], self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ("lead", id)), state
        if lead.deal is not None:
            return _ok((True, (id, lead.deal, lead.contact, lead.company))), state
        if lead.status != "P":
            return _no("lead_closed", ("lead", id)), state
        if operation.answer[0] != "ok" or operation.answer[1][0]:
            return _ok((False, "a new deal")), state
        policy = state.policy if given["client"] is None else (given["client"], given["keep"])
        commit = _Commit(self, state)
        commit.convert(id, policy, operation.answer[1][1][1:], "already_converted")
        return operation.answer, commit.done()

    # Activities and inquiries

    def _add_activity(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        leads = [state.leads.get(id) for id in given["leads"]]
        for id, lead in zip(given["leads"], leads, strict=True):
            if lead is None or lead.status == "D" or not self._works(state, operation):
                return _no("unknown_record", ("lead", id)), state
        for lead in leads:
            if lead is not None and lead.deal is not None:
                return _no("already_converted", ("deal", lead.deal)), state
        if operation.answer[0] != "ok":
            return _ok("a new activity"), state
        commit = _Commit(self, state)
        commit.add_activity(operation.answer[1], frozenset(("lead", id) for id in given["leads"]))
        for id in given["leads"]:  # a closed lead moves too, so that no deletion misses the activity
            lead = commit.new.leads[id]
            if lead.status == "F":
                commit.new.leads[id] = lead._replace(version=lead.version + 1)
        return operation.answer, commit.done()

    def _open_activity(self, state: State, operation: Operation) -> bool:
        """Whether the activity is there for this actor: who may work on one of its records may work on it (PERM-6)."""
        found = state.activities.get(operation.given["activity"])
        if found is None or found[1] or not self._works(state, operation):
            return False
        return self._steers(state, operation) or not all(_is_gone(state, ref) for ref in found[2])

    def _complete(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        return self._turned(state, operation, given["activity"], completed=True)

    def _reopen_activity(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        return self._turned(state, operation, given["activity"], completed=False)

    def _turned(self, state: State, operation: Operation, id: Any, *, completed: bool) -> tuple[Answer, State]:
        if not self._open_activity(state, operation):
            return _no("unknown_record", ("activity", id)), state
        before, deleted, bound = state.activities[id]
        if before is completed:
            return _ok(id), state
        commit = _Commit(self, state)
        commit.new.activities[id] = (completed, deleted, bound)
        commit.touch(bound)
        return _ok(id), commit.done()

    def _bind(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id, ref = given["activity"], ("lead", given["lead"])
        if not self._open_activity(state, operation):
            return _no("unknown_record", ("activity", id)), state
        lead = self._known(state, operation)
        if lead is None:
            return _no("unknown_record", ref), state
        completed, deleted, bound = state.activities[id]
        if ref in bound:
            return _ok(id), state
        if lead.deal is not None:
            return _no("already_converted", ("deal", lead.deal)), state
        commit = _Commit(self, state)
        commit.new.activities[id] = (completed, deleted, bound | {ref})
        commit.touch(bound | {ref})
        if lead.status == "F":  # a closed lead moves too, so that no deletion misses the activity
            commit.new.leads[ref[1]] = lead._replace(version=lead.version + 1)
        return _ok(id), commit.done()

    def _delete_activity(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        id = given["activity"]
        if not self._open_activity(state, operation):
            return _no("unknown_record", ("activity", id)), state
        completed, _, bound = state.activities[id]
        commit = _Commit(self, state)
        commit.new.activities[id] = (completed, True, bound)
        commit.touch(bound)
        return _ok(id), commit.done()

    def _inquire(self, state: State, operation: Operation, given: dict[str, Any]) -> tuple[Answer, State]:
        if not self._works(state, operation):
            return _no("not_permitted", None), state
        if operation.answer[0] != "ok":
            return _ok("an inquiry held"), state
        kind, id, activity = operation.answer[1]
        email = given["email"]
        commit = _Commit(self, state)
        row = (self.after.leads if kind == "lead" else self.after.deals).get(id, {})
        known = self._known_client(state, email, (row.get("contact"), row.get("company")))
        if state.in_classic:
            of_sender = [lead for lead, row in state.leads.items() if row.status == "P" and row.email == email]
            if of_sender:
                if (kind, id) != ("lead", min(of_sender)):
                    raise Mismatch(f"the sender's active lead {min(of_sender)} was passed over")
            elif kind != "lead" or id in state.leads:
                raise Mismatch("an unknown sender in Classic is a new lead")
            else:
                contact, company = known or (None, None)
                commit.new.leads[id] = Lead("P", 1, given["title"], None, None, email, contact, company)
                commit.written.add(id)
            commit.add_activity(activity, frozenset({("lead", id)}))
            return operation.answer, commit.done()
        deal = self.after.deals.get(id) if kind == "deal" else None
        if deal is None or id in state.deals:
            raise Mismatch("an inquiry outside Classic is a new deal")
        made = (deal["contact"], deal["company"])
        if known is not None:
            if made != known:
                raise Mismatch(f"the deal {id} is on the client {made} and not on the known one {known}")
        else:
            commit.make_client(state.policy[0], made, email, (None, None))
        commit.new.deals[id] = (*made, None)
        commit.add_activity(activity, frozenset(_targets(id, *made)))
        return operation.answer, commit.done()

    def _known_client(
        self, state: State, email: str, stored: tuple[int | None, int | None]
    ) -> tuple[int | None, int | None] | None:
        """The client with this e-mail: of several the one with the newest open deal, else the lowest id (INTAKE-3).

        Where that cannot be told any more it is the one that is stored, if it is one of them.
        """
        senders: list[tuple[int | None, int | None]] = [
            (id, None if ("company", company) in state.gone else company)
            for id, (of, company) in sorted(state.contacts.items())
            if of == email
        ]
        with_contact = {company for _, company in senders}
        senders += [(None, id) for id, of in sorted(state.companies.items()) if of == email and id not in with_contact]
        newest: dict[tuple[int | None, int | None], tuple[datetime, int]] = {}
        unknown = False
        for id, (contact, company, _) in state.deals.items():
            for sender in senders if ("deal", id) not in state.gone else ():
                if (sender[0] is not None and contact == sender[0]) or (sender[1] is not None and company == sender[1]):
                    at = self.after.deals[id]["created_at"]
                    unknown = unknown or at is None  # the deal was deleted later, and its age with it
                    age = (at or _LONG_AGO, id)
                    newest[sender] = max(newest.get(sender, age), age)
        if unknown and stored in newest:
            return stored
        if newest:
            return max(newest, key=lambda sender: newest[sender])
        return senders[0] if senders else None


class _Commit:
    """The writes of one commit: what it converts, and which other leads its activities move."""

    def __init__(self, rules: Rules, state: State) -> None:
        self.after = rules.after
        self.state = state
        self.new = state.copy()
        self.written: set[int] = set()
        self.touched: set[int] = set()

    def touch(self, bound: frozenset[tuple[str, int]]) -> None:
        """An activity moves the active leads it is bound to."""
        self.touched.update(id for kind, id in bound if kind == "lead")

    def add_activity(self, id: int, bound: frozenset[tuple[str, int]]) -> None:
        if id in self.state.activities:
            raise Mismatch(f"activity {id} is not new")
        self.new.activities[id] = (False, False, bound)
        self.touch(bound)

    def convert(self, id: int, policy: tuple[str, bool], made: Any, outcome: str, added: bool = False) -> None:
        """Convert one lead, under what the answer or the ledger says was made."""
        lead = self.new.leads.get(id)
        if lead is None or lead.status != "P":
            raise Mismatch(f"lead {id} was converted and was not active")
        deal, contact, company = made
        if deal in self.new.deals:
            raise Mismatch(f"deal {deal} is not new")
        known = [
            None if (kind, of) in self.state.gone else of
            for kind, of in (("contact", lead.contact), ("company", lead.company))
        ]
        if known != [None, None]:
            if [contact, company] != known:
                raise Mismatch(f"lead {id} has a client and its deal another one")
        else:
            self.make_client(policy[0], (contact, company), lead.email, self._matched(lead.email))
        self.new.deals[deal] = (contact, company, id)
        version = lead.version + (id in self.state.leads)
        self.new.leads[id] = lead._replace(status="S", version=version, contact=contact, company=company, deal=deal)
        self.written.add(id)
        for aid, (completed, deleted, bound) in list(self.new.activities.items()):
            if ("lead", id) in bound and not deleted:
                to = bound | frozenset(_targets(deal, contact, company))
                self.new.activities[aid] = (completed or not policy[1], False, to)
                self.touch(bound)
        live = self.state.live
        if live is not None:
            self.new.outcomes[self.state.switches[live].epoch, id] = (outcome, added)

    def _matched(self, email: str | None) -> tuple[int | None, int | None]:
        """With matching on, the clients with the lowest id that have the e-mail, by kind (CONV-7)."""
        if not self._matches or email is None:
            return None, None
        contacts = [id for id, (of, _) in self.new.contacts.items() if of == email]
        companies = [id for id, of in self.new.companies.items() if of == email]
        return min(contacts, default=None), min(companies, default=None)

    @property
    def _matches(self) -> bool:
        return self.state.match

    def make_client(
        self, choice: str, made: tuple[Any, Any], email: str | None, matched: tuple[int | None, int | None]
    ) -> None:
        """The client of a conversion: of the kinds that the policy wants, matched or new (POLICY-1, CONV-1, CONV-7)."""
        contact, company = made
        for wanted, id, found, table in (
            (choice != "company", contact, matched[0], self.new.contacts),
            (choice != "contact", company, matched[1], self.new.companies),
        ):
            if wanted != (id is not None):
                raise Mismatch(f"the policy {choice} made contact {contact} and company {company}")
            if found is not None and wanted and id != found:
                raise Mismatch(f"client {found} has the e-mail, and {id} was taken")
            if found is None and wanted and id in table:
                raise Mismatch(f"client {id} is not new")
        if company is not None and matched[1] is None:
            self.new.companies[company] = email
        if contact is not None and matched[0] is None:
            stored = self.after.contacts.get(contact)
            if stored is None or stored["company"] != company:
                raise Mismatch(f"contact {contact} is not linked to its company")
            self.new.contacts[contact] = (email, company)

    def done(self) -> State:
        """The state after the commit: active leads that share a moved activity have moved too."""
        for id in self.touched - self.written:
            lead = self.state.leads.get(id)
            if lead is not None and lead.status == "P":
                self.new.leads[id] = self.new.leads[id]._replace(version=lead.version + 1)
        return self.new


def _targets(deal: int, contact: int | None, company: int | None) -> set[tuple[str, int]]:
    targets: set[tuple[str, int]] = {("deal", deal)}
    if contact is not None:
        targets.add(("contact", contact))
    if company is not None:
        targets.add(("company", company))
    return targets


def _is_gone(state: State, ref: tuple[str, int]) -> bool:
    return ref in state.gone or (ref[0] == "lead" and state.leads[ref[1]].status == "D")


def _take_along(state: State, ref: tuple[str, int]) -> None:
    """The activities of what was deleted go with it, if they lead to nothing else that is left (DATA-3)."""
    for id, (completed, deleted, bound) in list(state.activities.items()):
        if ref in bound and not deleted and all(_is_gone(state, each) for each in bound):
            state.activities[id] = (completed, True, bound)


def _any_subject(operation: Operation) -> Any:
    """A stale step may name its own switch, the live one or none."""
    return operation.answer[2] if operation.answer[0] == "no" else None


def lead_of(row: dict[str, Any]) -> Lead:
    """A stored lead as the rules see it."""
    return Lead(
        "D" if row["deleted"] else row["semantics"],
        row["version"],
        row["title"],
        row["comments"],
        row["amount"],
        row["email"],
        row["contact"],
        row["company"],
        row["deal"],
    )


def activity_of(row: dict[str, Any]) -> tuple[bool, bool, frozenset[tuple[str, int]]]:
    """A stored activity as the rules see it; of a deleted one nothing is kept but its bindings."""
    return (bool(row["completed"]) and not row["deleted"], row["deleted"], frozenset(row["bound"]))


def _gone_in(after: Picture) -> dict[tuple[str, int], bool]:
    tables = (("deal", after.deals), ("contact", after.contacts), ("company", after.companies))
    return {(kind, id): True for kind, rows in tables for id, row in rows.items() if row["deleted"]}


def differences(state: State, after: Picture) -> list[str]:
    """Where what is stored in the end is not what the order of operations leads to."""
    found: list[str] = []
    live = None if state.live is None else state.live
    if (state.mode, live) != (after.mode, after.live):
        found.append(f"mode {after.mode}, live {after.live}; expected {state.mode}, {live}")
    if after.epoch < state.epoch:
        found.append(f"epoch {after.epoch} below {state.epoch}")
    expected_acts = {
        id: (completed and not deleted, deleted, bound) for id, (completed, deleted, bound) in state.activities.items()
    }
    tables: tuple[tuple[str, Any, Any], ...] = (
        ("lead", state.leads, {id: lead_of(row) for id, row in after.leads.items()}),
        ("activity", expected_acts, {id: activity_of(row) for id, row in after.activities.items()}),
        ("deal", state.deals, {id: (r["contact"], r["company"], r["lead"]) for id, r in after.deals.items()}),
        ("contact", state.contacts, {id: (r["email"], r["company"]) for id, r in after.contacts.items()}),
        ("company", state.companies, {id: r["email"] for id, r in after.companies.items()}),
        ("deleted", dict.fromkeys(state.gone, True), _gone_in(after)),
        ("outcome", state.outcomes, {id: (r["kind"], bool(r["added"])) for id, r in after.outcomes.items()}),
        (
            "switch",
            state.switches,
            {
                key: Switch(r["epoch"], r["client"], r["keep"], r["at_begin"], r["ended"])
                for key, r in after.switches.items()
            },
        ),
        (
            "ledger",
            {id: (lead.deal, lead.contact, lead.company) for id, lead in state.leads.items() if lead.deal is not None},
            {id: (r["deal"], r["contact"], r["company"]) for id, r in after.ledger.items()},
        ),
    )
    for kind, expected, stored in tables:
        found += [
            f"{kind} {id}: stored {stored.get(id)}, expected {expected.get(id)}"
            for id in expected.keys() | stored.keys()
            if expected.get(id) != stored.get(id)
        ]
    return found
