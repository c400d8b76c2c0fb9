"""What a machine may do next: any command in any state, races, crashes, restarts and every fault.

lines: one rule after the other; how a step is followed is in `steps`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.roles import MANAGER as MANAGER_ROLE
from crmcore.application.audit import audit_store
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import Epoch, Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.commands import (
    BeginSwitch,
    CancelSwitch,
    Command,
    ConvertChunk,
    ConvertLead,
    FinishSwitch,
    SwitchToClassic,
)
from crmcore.domain.protocol.results import ChunkDone, Preview, SwitchReport
from crmcore.ports.store import Store
from crmcore.testing.machine.candidates import chunks, depending_on_mode, fitting, moves_of_lead, setting_up
from crmcore.testing.machine.photo import require
from crmcore.testing.machine.side import Came
from crmcore.testing.machine.steps import Pair, Steps
from crmcore.testing.personas import ADMIN, MANAGER
from crmcore.testing.strategies import actors, commands, crm_images, policies

__all__ = ["CrmMachine", "StoreMachine"]

_TROUBLES = ("break", "break", "break", "plan", "rights", "answers", "commits", "storm", "heal")
_BUSY = crm_images(mode=CrmMode.CLASSIC, match=None, min_active=2, max_leads=3)
_CUTS = st.one_of(st.none(), st.integers(0, 6))
_ENDS = st.sampled_from((None, None, "before", "after"))


class StoreMachine(Steps):
    """The real `Crm` on a store, wrapped in faults, compared with a small model and with the same steps in memory.

    A host sets or overrides these, or lets `CrmMachine` do so:

    * `make_store(seed)`: a new store that holds exactly the records of the image; closed after the run if it can be.
    * `compares` (on): an `InMemoryStore` takes the same steps with the same new ids, and after each step both hold
      equal records, and have told equal events and answers. Versions need not be equal; they must move where those in
      memory move.
    * `conflicts_exactly` (off): a store that refuses commits only when something they had read has moved on. Off, a
      store may be more careful than it must (one version for everything, say).
    * `survives_restart` (off) with `reopen(store)`: now and then the store is opened anew, as by a new process.
    * `supports_threads` (on): now and then two threads commit the same decision at the same moment.

    If a rule is broken, the machine raises `ContractBroken` with the rule and the ids of the records, never their
    contents. The settings of hypothesis decide how long it runs: `TestCase.settings`, or those passed to
    `run_state_machine_as_test`. A page that is shorter than requested counts as the last one.
    """

    @initialize(image=st.one_of(_BUSY, crm_images(match=None, max_leads=3)))
    def load(self, image: CrmImage) -> None:
        """A store with the records of some whole CRM."""
        self.open_stores(image)
        self.held: list[Pair] = []
        self.tokens = [SwitchToken("s1", Epoch(1))]
        self.fresh = 0

    # What is asked

    @rule(actor=actors(), command=commands(highest=8))
    def ask_anything(self, actor: UserId, command: Command[Any]) -> None:
        """Any command with any ids."""
        self.run(actor, command)

    @rule(data=st.data(), actor=st.one_of(st.just(ADMIN), actors()))
    def ask(self, data: st.DataObject, actor: UserId) -> None:
        """A command about what is there."""
        self.run(actor, data.draw(self._fitting()))

    @rule(data=st.data())
    def set_up(self, data: st.DataObject) -> None:
        """Stages and pipelines are edited by somebody who has read them."""
        self.run(ADMIN, data.draw(setting_up(self.photo)))

    def run(self, actor: UserId, command: Command[Any]) -> Came:
        """One step; a token that is handed out is kept."""
        came = super().run(actor, command)
        if isinstance(came.answer, SwitchToken):
            self.tokens.append(came.answer)
        return came

    def _fitting(self) -> st.SearchStrategy[Command[Any]]:
        """Commands about what is there: a lead, an activity, the switches so far, the mode."""
        return fitting(self.photo, (self._token(), self._token(), *self.tokens[-3:]))

    def _token(self) -> SwitchToken:
        """The token of the live switch, else the last one that was handed out."""
        live = self.model.live
        return self.tokens[-1] if live is None else SwitchToken(live, Epoch(self.model.epoch))

    # Decisions that are held open

    @rule(data=st.data(), between=st.booleans(), cut=_CUTS)
    def race(self, data: st.DataObject, between: bool, cut: int | None) -> None:
        """Somebody decides, perhaps somebody else is quicker, and the first one commits."""
        held = self.hold(ADMIN, data.draw(self._fitting()))
        if between:
            self.run(ADMIN, data.draw(self._fitting()))
        self.finish(held, cut)

    @rule(data=st.data())
    @precondition(lambda self: bool(self.model.active))
    def overtake(self, data: st.DataObject) -> None:
        """A decision about a lead is held while somebody else is quicker with the same lead, or with another one."""
        active = st.sampled_from(sorted(self.model.active))
        lead_id = LeadId(data.draw(active))
        about = st.sampled_from(moves_of_lead(lead_id))
        others = active.map(LeadId).flatmap(lambda other: st.sampled_from(moves_of_lead(other)))
        held = self.hold(ADMIN, data.draw(about))
        self.run(ADMIN, data.draw(st.one_of(about, others)))
        self.finish(held)

    @rule(data=st.data(), policy=policies())
    def overtake_by_mode(self, data: st.DataObject, policy: ModeSwitchPolicy) -> None:
        """A decision whose meaning depends on the mode is held while the mode changes under it (SWITCH-4)."""
        held = self.hold(ADMIN, data.draw(depending_on_mode(self.photo, self._token())))
        self.run(ADMIN, data.draw(st.sampled_from(self._changes_of_mode(policy))))
        self.finish(held)

    @rule(data=st.data(), actor=st.sampled_from((ADMIN, MANAGER, MANAGER)))
    def lose_the_right(self, data: st.DataObject, actor: UserId) -> None:
        """A decision is held while the one who asked gets another role, or the company another plan (PERM-2)."""
        held = self.hold(actor, data.draw(self._fitting()))
        if actor == MANAGER:
            self._change_rights()
        else:
            self.around.plan.classic = not self.around.plan.classic
        self.finish(held)

    def _changes_of_mode(self, policy: ModeSwitchPolicy) -> list[Command[Any]]:
        if self.model.live is not None:
            return [CancelSwitch(), CancelSwitch(), FinishSwitch(token=self._token())]
        if self.model.simple:
            return [SwitchToClassic()]
        self.fresh += 1
        return [BeginSwitch(key=f"fresh{self.fresh}", policy=policy)]

    @rule(data=st.data(), cut=_CUTS, policy=policies())
    @precondition(lambda self: bool(self.model.leads))
    def be_slow(self, data: st.DataObject, cut: int | None, policy: ModeSwitchPolicy) -> None:
        """A decision about a lead or a chunk is held while the mode or the same lead moves on under it."""
        lead_id = LeadId(data.draw(st.sampled_from(sorted(self.model.leads))))
        about = st.sampled_from(moves_of_lead(lead_id))
        chunk, finish = chunks(self._token()), st.just(FinishSwitch(token=self._token()))
        held = self.hold(ADMIN, data.draw(st.one_of(about, about, chunk, finish)))
        for _ in range(data.draw(st.integers(1, 3))):
            moves = self._changes_of_mode(policy)
            if self.model.live is not None:
                moves.append(ConvertChunk(token=self._token(), size=3))
            self.run(ADMIN, data.draw(st.one_of(st.sampled_from(moves), about)))
        self.finish(held, cut)

    @rule(data=st.data(), actor=st.sampled_from((ADMIN, ADMIN, MANAGER)))
    @precondition(lambda self: len(self.held) < 4)
    def decide_now(self, data: st.DataObject, actor: UserId) -> None:
        """A decision that is carried around; a process that dies before it commits leaves it there for good."""
        held = self.hold(actor, data.draw(st.one_of(self._fitting(), commands(highest=8))))
        if held is not None:
            self.held.append(held)

    @rule(data=st.data(), cut=_CUTS, ends=_ENDS)
    @precondition(lambda self: bool(self.held))
    def commit_later(self, data: st.DataObject, cut: int | None, ends: str | None) -> None:
        """The slow process commits after all; perhaps it dies just before, inside, or before it learns the answer."""
        held = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.finish(held, None if ends else cut, ends)

    def finish(self, pair: Pair | None, cut: int | None = None, ends: str | None = None) -> None:
        """Commit a decision, where there is one; a token that is handed out is kept."""
        if pair is None:
            return
        self.commit(pair, cut=cut, dies=ends)
        if isinstance(pair.result, SwitchToken):
            self.tokens.append(pair.result)

    # Crashes and restarts

    @rule(data=st.data(), actor=actors(), at=st.integers(0, 3), after=st.booleans())
    def die(self, data: st.DataObject, actor: UserId, at: int, after: bool) -> None:
        """A process dies at one of its calls; then somebody who cannot know what was done asks the same again."""
        command = data.draw(st.one_of(self._fitting(), commands(highest=8)))
        for side in self.sides:
            side.die(at, after=after)
        came = self.run(actor, command)
        for side in self.sides:
            side.die(None)
        if came.died and self.survives_restart:
            self.restart()
        if came.died:
            self.run(actor, command)

    @rule()
    @precondition(lambda self: self.survives_restart)
    def stop_and_start(self) -> None:
        """The store is closed and opened again."""
        self.restart()

    @rule(data=st.data())
    @precondition(lambda self: self.supports_threads and bool(self.model.active) and not self.has_trouble())
    def convert_at_once(self, data: st.DataObject) -> None:
        """Two threads commit the conversion of one lead, or the same chunk, at the same moment."""
        one = st.sampled_from([ConvertLead(lead_id=LeadId(id)) for id in sorted(self.model.active)])
        pair = self.hold(ADMIN, data.draw(st.one_of(one, chunks(self._token()))))
        if pair is not None and pair.writes:
            self.commit_at_once(pair)

    # Whole switches

    @rule(key=st.sampled_from(("w1", "w2", "w3")), policy=policies(), size=st.integers(1, 3), whole=st.booleans())
    @precondition(lambda self: bool(self.model.active) or self.model.live is not None)
    def work(self, key: str, policy: ModeSwitchPolicy, size: int, whole: bool) -> None:
        """A worker goes on with the live switch for a few chunks, or somebody calls for the whole switch."""
        if whole:
            report = self.call(lambda crm: crm.switch_to_simple(ADMIN, key=key, policy=policy, chunk=size)).answer
            if isinstance(report, SwitchReport):
                self._judge(report)
            return
        for _ in range(2):
            marks, token = self.model.marks, self._token()
            done = self.call(partial(Crm.convert_chunk, token=token, size=size))
            new = self.model.marks - marks
            faulty = self.host.records.unreadable | self.host.records.unwritable
            refs = [Ref(Kind.LEAD, id) for id in sorted(new - faulty)]
            require(not refs, "SWITCH-9", "leads without a fault were set aside", *refs)
            require(done.error is not None or isinstance(done.answer, ChunkDone | Refused), "SWITCH-4", "no chunk")
        self.run(ADMIN, FinishSwitch(token=self._token()))

    def _judge(self, report: SwitchReport) -> None:
        done = report.totals.remaining == 0 or report.result == "cancelled"
        require(done, "SWITCH-13", "a whole switch came back with leads remaining")
        if report.result == "switched" and report.token is not None and report.token.epoch == self.model.epoch - 1:
            require(self.model.simple, "SWITCH-3", "a switch says that it is done, and the mode is Classic")
        if report.result == "blocked":
            listed = self.model.active == self.model.marks == set(report.set_aside)
            require(listed, "SWITCH-9", "a blocked switch does not list what is left")

    @rule()
    @precondition(lambda self: self.model.simple and self.around.plan.classic)
    def go_back_to_classic(self) -> None:
        """Simple again to Classic."""
        self.run(ADMIN, SwitchToClassic())

    # What goes wrong around it

    def has_trouble(self) -> bool:
        """Whether a fault is armed."""
        return self.host.has_trouble

    @rule(what=st.sampled_from(_TROUBLES), data=st.data())
    def have_trouble(self, what: str, data: st.DataObject) -> None:
        """A lead that cannot be read or written, another plan or role, commits that fail in three ways; or a cure."""
        match what:
            case "break" if self.model.active:
                lead_id = LeadId(data.draw(st.sampled_from(sorted(self.model.active))))
                how = data.draw(st.sampled_from(("unreadable", "unwritable")))
                for side in self.sides:
                    getattr(side.records, how).add(lead_id)
            case "plan":
                self.around.plan.classic = not self.around.plan.classic
            case "rights":
                self._change_rights()
            case "answers":
                lost = data.draw(st.integers(1, 2))
                for side in self.sides:
                    side.lose(lost)
            case "commits":
                for side in self.sides:
                    side.fail()
            case "storm":
                stormy = data.draw(st.integers(1, 4))
                for side in self.sides:
                    side.conflict(stormy)
            case "heal":
                for side in self.sides:
                    side.heal()
                self.around.plan.classic = True
        self.meet_state()

    def _change_rights(self) -> None:
        """The one without the settings right gets it, or loses it again."""
        roles = self.around.roles
        role = MANAGER_ROLE if roles.rights(MANAGER).may_change_settings else ADMINISTRATOR
        roles.revoke(MANAGER)
        roles.grant(MANAGER, role)

    # What is read

    @rule()
    def look_around(self) -> None:
        """The read side and the audit, through the store's own reads."""
        for violation in audit_store(self.host.store):
            refs = tuple(Ref(violation.kind, id) for id in violation.ids)
            raise ContractBroken(violation.rule, f"a law is broken: {violation.law.replace('_', ' ')}", refs)
        self.meet("looked around")
        if self.twin is None:
            return
        for name, mine, theirs in zip(_READS, self._reads(self.host.store), self._reads(self.twin.store), strict=True):
            if isinstance(mine, Preview) and mine.before is None and isinstance(theirs, Preview):
                theirs = evolve(theirs, before=None)  # a store need not count (SWITCH-12)
            require(mine == theirs, "PERM-6", f"the read side answers otherwise than in memory: {name}")

    def _reads(self, store: Store) -> list[Any]:
        around = self.around
        crm = Crm(store=store, permissions=around.roles, plan=around.plan, clock=around.clock)
        refs = [Ref(Kind.LEAD, id) for id in sorted(self.model.leads)]
        return [
            [each.record for each in crm.leads(ADMIN, active=True)],
            [[each.record for each in crm.deals(ADMIN, lead=LeadId(int(ref.id)))] for ref in refs],
            [_records(crm.activities(ADMIN, of=ref)) for ref in refs],
            [[each.record for each in crm.contacts(ADMIN)], [each.record for each in crm.companies(ADMIN)]],
            [crm.erasure(ADMIN, ref) for ref in refs],
            crm.switch_status(ADMIN),
            crm.preview_switch(ADMIN),
            list(crm.sources(ADMIN)),
            list(crm.outcomes(ADMIN, Epoch(self.model.epoch))),
            crm.lead_stages().record,
            [each.record for each in crm.pipelines()],
        ]


_READS = (
    "active leads",
    "the deals of a lead",
    "the activities of a lead",
    "contacts and companies",
    "what an erasure would touch",
    "the live switch",
    "the preview of a switch",
    "sources",
    "the outcomes of the live switch",
    "the lead stages",
    "pipelines",
)


def _records(found: Any) -> Any:
    return found if isinstance(found, Refused) else {each.record.id: each.record for each in found}


def CrmMachine(  # noqa: N802  # it makes a class
    make_store: Callable[[CrmImage], Store],
    *,
    compares: bool = True,
    conflicts_exactly: bool = False,
    reopen: Callable[[Any], Store] | None = None,
    supports_threads: bool = True,
) -> type[StoreMachine]:
    """A machine on the stores that a factory makes; pass `reopen` if the store survives a restart.

    `CrmMachine(make_store).TestCase` is a test for pytest and unittest, with a fifth of the examples of the hypothesis
    profile in force and 30 steps each; other `settings` may be assigned to it. The class itself can be given to
    `run_state_machine_as_test`. See `StoreMachine` for the options.
    """

    class Machine(StoreMachine):
        met: ClassVar[set[str]] = set()

        def make_store(self, seed: CrmImage) -> Store:
            return make_store(seed)

        def reopen(self, store: Store) -> Store:
            return super().reopen(store) if reopen is None else reopen(store)

    Machine.compares = compares
    Machine.conflicts_exactly = conflicts_exactly
    Machine.survives_restart = reopen is not None
    Machine.supports_threads = supports_threads
    Machine.__qualname__ = Machine.__name__ = "CrmMachine"
    profile = settings.default
    examples = 100 if profile is None else profile.max_examples
    Machine.TestCase.settings = settings(
        Machine.TestCase.settings, max_examples=max(5, examples // 5), stateful_step_count=30
    )
    return Machine
