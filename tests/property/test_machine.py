"""All commands in all states, by several actors, with stale decisions and every fault: the laws always hold."""

from typing import Any, ClassVar

import pytest
from attrs import evolve
from hypothesis import Phase, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crmcore.adapters.memory import InMemoryStore
from crmcore.auditing import audit_store, image_of
from crmcore.domain.commands import (
    AddActivity,
    BeginSwitch,
    CancelSwitch,
    CloseLead,
    Command,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DeleteLead,
    EditRecord,
    FinishSwitch,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SwitchToClassic,
)
from crmcore.domain.errors import Conflict, OutcomeUnknown, RecordFault, StoreError
from crmcore.domain.ids import Epoch, Kind, LeadId, Ref, UserId
from crmcore.domain.image import CrmImage
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.mode import CrmMode, CrmState
from crmcore.domain.outcomes import Refused
from crmcore.domain.policy import ModeSwitchPolicy
from crmcore.domain.results import ChunkDone, SwitchReport
from crmcore.testing.failing import (
    AnswerLosingStore,
    CommitFailingStore,
    ConflictingStore,
    FaultyRecordStore,
    FoldInterrupter,
)
from crmcore.testing.strategies import actors, commands, crm_images, policies
from crmcore.testing.world import ADMIN, Held, World
from tests.property.canonical import everything
from tests.property.effort import examples
from tests.property.model import Model

#: What a run of the machine has to meet, or it proves little.
DEEP = {
    *CrmState,
    "cancelled",
    "second switch",
    "set aside",
    "stale decision",
    "held decision committed",
    "answer lost",
    "commit failed",
    "interrupted fold",
    "record fault",
    "refused",
}


TROUBLES = ("break", "break", "break", "plan", "answers", "commits", "storm", "heal")
BUSY = crm_images(mode=CrmMode.CLASSIC, match=None, min_active=2, max_leads=3)


class AnyOrderOfCommands(RuleBasedStateMachine):
    """The real `Crm` over the real in-memory store, wrapped in faults, beside a model of a few sets."""

    #: Everything that the runs so far have met.
    met: ClassVar[set[str]] = set()

    @initialize(image=st.one_of(BUSY, crm_images(match=None, max_leads=3)))
    def load(self, image: CrmImage) -> None:
        self.inner = InMemoryStore(image)
        self.interrupter = FoldInterrupter(self.inner)
        self.records = FaultyRecordStore(self.inner)
        self.storm = ConflictingStore(self.records)
        self.failing = CommitFailingStore(self.storm)
        self.losing = AnswerLosingStore(self.failing)
        self.world = World(store=self.losing)
        self.model = Model.seen(image)
        self.held: list[Held] = []
        self.tokens = [SwitchToken("s1", Epoch(1))]
        self.fresh = 0

    def meet(self, what: str) -> None:
        self.met.add(what)
        event(what)

    # What is asked

    @rule(actor=actors(), command=commands(highest=8))
    def ask_anything(self, actor: UserId, command: Command[Any]) -> None:
        self._run(actor, command)

    @rule(data=st.data(), actor=st.one_of(st.just(ADMIN), actors()))
    def ask(self, data: st.DataObject, actor: UserId) -> None:
        self._run(actor, data.draw(self._fitting()))

    @rule(data=st.data(), between=st.booleans(), cut=st.one_of(st.none(), st.integers(0, 6)))
    def race(self, data: st.DataObject, between: bool, cut: int | None) -> None:
        """Somebody decides, perhaps somebody else is quicker, and the first one commits."""
        held = self._hold(ADMIN, data.draw(self._fitting()))
        if between:
            self._run(ADMIN, data.draw(self._fitting()))
        if held is not None:
            self._commit(held, cut)

    def _fitting(self) -> st.SearchStrategy[Command[Any]]:
        """Commands about what is there: a lead, the switches so far, the mode."""
        keys = st.sampled_from(("s1", "s2", "s3", "s4", "s5"))
        tokens = st.sampled_from((self._token(), self._token(), *self.tokens[-3:]))
        steering = st.one_of(
            st.builds(BeginSwitch, key=keys, policy=policies()),
            st.builds(ConvertChunk, token=tokens, size=st.integers(1, 3)),
            st.builds(FinishSwitch, token=tokens),
            st.sampled_from((CancelSwitch(), RetrySwitch(), ResumeSwitch(), SwitchToClassic())),
        )
        if not self.model.leads:
            return st.one_of(steering, commands(highest=8))
        return st.one_of(steering, st.sampled_from(sorted(self.model.leads)).flatmap(self._about))

    def _token(self) -> SwitchToken:
        """The token of the live switch, else the last one that was handed out."""
        live = self.model.live
        return self.tokens[-1] if live is None else SwitchToken(live, Epoch(self.model.epoch))

    @rule(data=st.data(), cut=st.one_of(st.none(), st.integers(0, 6)), policy=policies())
    @precondition(lambda self: bool(self.model.leads))
    def be_slow(self, data: st.DataObject, cut: int | None, policy: ModeSwitchPolicy) -> None:
        """A decision about a lead or a chunk is held while the mode or the same lead moves on under it."""
        lead_id = LeadId(data.draw(st.sampled_from(sorted(self.model.leads))))
        about = st.sampled_from(
            (
                ConvertLead(lead_id=lead_id),
                CloseLead(lead_id=lead_id),
                ReopenLead(lead_id=lead_id),
                AddActivity(fields={}, bound_to=frozenset({Ref(Kind.LEAD, lead_id)})),
                DeleteLead(lead_id=lead_id),
            )
        )
        chunk = st.builds(ConvertChunk, token=st.just(self._token()), size=st.integers(1, 3))
        held = self._hold(ADMIN, data.draw(st.one_of(about, about, chunk, st.just(FinishSwitch(token=self._token())))))
        for _ in range(data.draw(st.integers(1, 3))):
            moves: list[Command[Any]] = [SwitchToClassic()]
            if self.model.live is None and not self.model.simple:
                self.fresh += 1
                moves = [BeginSwitch(key=f"fresh{self.fresh}", policy=policy)]
            elif self.model.live is not None:
                token = self._token()
                moves = [CancelSwitch(), ConvertChunk(token=token, size=3), FinishSwitch(token=token)]
            self._run(ADMIN, data.draw(st.one_of(st.sampled_from(moves), about)))
        if held is not None:
            self._commit(held, cut)

    def _about(self, id: int) -> st.SearchStrategy[Command[Any]]:
        lead_id = LeadId(id)
        version = {entry.id: entry.version for entry in self.inner.page(Kind.LEAD)}[lead_id]
        ref = Ref(Kind.LEAD, lead_id)
        edits: list[Command[Any]] = [
            EditRecord(ref=ref, version=version, fields={"stage": stage}) for stage in sorted(self.model.stages)
        ]
        return st.sampled_from(
            (
                ConvertLead(lead_id=lead_id),
                CloseLead(lead_id=lead_id),
                ReopenLead(lead_id=lead_id),
                CopyLead(lead_id=lead_id),
                AddActivity(fields={}, bound_to=frozenset({ref})),
                DeleteLead(lead_id=lead_id),
                EditRecord(ref=ref, version=version, fields={"comments": "seen"}),
                *edits,
            )
        )

    @rule(key=st.sampled_from(("w1", "w2", "w3")), policy=policies(), size=st.integers(1, 3), whole=st.booleans())
    @precondition(lambda self: bool(self.model.active) or self.model.live is not None)
    def work(self, key: str, policy: ModeSwitchPolicy, size: int, whole: bool) -> None:
        """A worker goes on with the live switch for a few chunks, or somebody calls for the whole switch."""
        if whole:
            self._switch_it_all(key, policy, size)
        else:
            self._convert_chunks(size)

    def _convert_chunks(self, size: int) -> None:
        """Leads with a fault are set aside, and no others."""
        faulty = self.records.unreadable | self.records.unwritable
        for _ in range(2):
            before = self.model
            try:
                done = self.world.crm.convert_chunk(self._token(), size)
            except StoreError:
                self._resync()
                continue
            after = Model.seen(image_of(self.inner))
            assert before.may_become(after)
            assert after.marks - before.marks <= faulty
            assert isinstance(done, ChunkDone | Refused)
            self.model = after
        self._run(ADMIN, FinishSwitch(token=self._token()))

    def _switch_it_all(self, key: str, policy: ModeSwitchPolicy, chunk: int) -> None:
        try:
            report = self.world.crm.switch_to_simple(ADMIN, key=key, policy=policy, chunk=chunk)
        except StoreError:
            self._resync()
            return
        self._resync()
        if isinstance(report, SwitchReport):
            totals = report.totals
            assert totals.remaining == 0 or report.result == "cancelled"
            if report.result == "switched" and report.token is not None and report.token.epoch == self.model.epoch - 1:
                assert self.model.simple
                assert not self.model.active
            if report.result == "blocked":
                assert self.model.active == self.model.marks == set(report.set_aside)

    # Decisions that are held open

    @rule(data=st.data())
    @precondition(lambda self: len(self.held) < 4)
    def decide_now(self, data: st.DataObject) -> None:
        held = self._hold(ADMIN, data.draw(st.one_of(self._fitting(), commands(highest=8))))
        if held is not None:
            self.held.append(held)

    @rule(which=st.data(), cut=st.one_of(st.none(), st.integers(0, 6)))
    @precondition(lambda self: bool(self.held))
    def commit_later(self, which: st.DataObject, cut: int | None) -> None:
        self._commit(self.held.pop(which.draw(st.integers(0, len(self.held) - 1))), cut)

    def _commit(self, held: Held, cut: int | None) -> None:
        """A slow process commits what it decided long ago; perhaps it is interrupted while the store writes."""
        before, all_before = self.model, everything(self.inner)
        changes = getattr(held.decision, "changes", None)
        interrupts = self.interrupter.interrupts
        self.interrupter.at = cut
        try:
            answer = held.commit()
        except Conflict:
            self.meet("stale decision")
            self.interrupter.at = None
            assert everything(self.inner) == all_before
            return
        except RecordFault:
            self.meet("record fault")
            self.interrupter.at = None
            assert everything(self.inner) == all_before
            return
        except OutcomeUnknown:
            self.meet("answer lost")
            answer = held.decision.result  # type: ignore[union-attr]  # a refusal commits nothing
        except StoreError:
            self.meet("commit failed")
            self.interrupter.at = None
            assert everything(self.inner) == all_before
            return
        except KeyboardInterrupt:
            assert self.interrupter.interrupts == interrupts + 1
            self.meet("interrupted fold")
            answer = held.decision.result  # type: ignore[union-attr]  # as above
        self.interrupter.at = None
        if isinstance(answer, SwitchToken):
            self.tokens.append(answer)
        if changes is None:
            assert everything(self.inner) == all_before
            return
        self.meet("held decision committed")
        self._expect(before.after(held.command, answer, has_classic=self.world.plan.classic))

    # What goes wrong around it

    @rule(what=st.sampled_from(TROUBLES), data=st.data())
    def have_trouble(self, what: str, data: st.DataObject) -> None:
        """A lead that cannot be read or written, another plan, commits that fail in three ways; or all is healed."""
        before = everything(self.inner)
        match what:
            case "break" if self.model.active:
                lead_id = LeadId(data.draw(st.sampled_from(sorted(self.model.active))))
                data.draw(st.sampled_from((self.records.unreadable, self.records.unwritable))).add(lead_id)
            case "plan":
                self.world.plan.classic = not self.world.plan.classic
            case "answers":
                self.losing.lost = data.draw(st.integers(1, 2))
            case "commits":
                self.failing.failing = 1
            case "storm":
                self.storm.stormy = data.draw(st.integers(1, 4))
            case "heal":
                self.records.unreadable.clear()
                self.records.unwritable.clear()
                self.losing.lost = self.failing.failing = self.storm.stormy = 0
                self.world.plan.classic = True
        assert everything(self.inner) == before

    @rule()
    @precondition(lambda self: self.model.simple and self.world.plan.classic)
    def go_back_to_classic(self) -> None:
        self._run(ADMIN, SwitchToClassic())

    # What holds at every moment

    @invariant()
    def every_law_holds(self) -> None:
        assert list(audit_store(self.inner)) == []

    @invariant()
    def the_model_agrees(self) -> None:
        assert Model.seen(image_of(self.inner)) == self.model
        self.meet(self.world_state())
        if self.model.marks:
            self.meet("set aside")

    def world_state(self) -> CrmState:
        return World(store=self.inner, plan=self.world.plan).crm.mode()

    # How a step is followed

    def _hold(self, actor: UserId, command: Command[Any]) -> Held | None:
        try:
            return self.world.hold(actor, command)
        except RecordFault:
            self.meet("record fault")
            return None

    def _run(self, actor: UserId, command: Command[Any]) -> None:
        before, all_before = self.model, everything(self.inner)
        lost = self.losing.lost
        try:
            answer = self.world.crm.run(actor, command)
        except RecordFault:
            self.meet("record fault")
            assert everything(self.inner) == all_before or lost > self.losing.lost
            self._resync()
            return
        except OutcomeUnknown:
            self.meet("answer lost")
            self._resync()
            return
        except StoreError:
            self.meet("commit failed")
            assert everything(self.inner) == all_before or lost > self.losing.lost
            self._resync()
            return
        if isinstance(answer, Refused):
            self.meet("refused")
            assert everything(self.inner) == all_before or lost > self.losing.lost
            self._resync()
            return
        if isinstance(answer, SwitchToken):
            self.tokens.append(answer)
        if lost > self.losing.lost:
            self.meet("answer lost")
        expected = before.after(command, answer, has_classic=self.world.plan.classic)
        if lost > self.losing.lost and isinstance(command, ConvertChunk):
            # The first answer was lost, and so were the rows of that chunk; the second answer tells of the next one.
            seen = Model.seen(image_of(self.inner))
            extra = {id: "converted" for id in before.active - before.marks if seen.leads[id] == "converted"}
            assert len(extra) <= command.size * (lost - self.losing.lost + 1)
            expected = evolve(expected, leads={**expected.leads, **extra})
        self._expect(expected)

    def _expect(self, expected: Model) -> None:
        before, after = self.model, Model.seen(image_of(self.inner))
        assert after == expected
        assert before.may_become(after)
        if before.live is not None and after.live is None and not after.simple:
            self.meet("cancelled")
        if before.live is None and after.live is not None and len(image_of(self.inner).switches) > 1:
            self.meet("second switch")
        self.model = after

    def _resync(self) -> None:
        """Where an answer does not tell what was done, the moment must at least be one that may follow."""
        after = Model.seen(image_of(self.inner))
        assert self.model.may_become(after) or after.epoch != self.model.epoch
        assert self.model.deals.items() <= after.deals.items()
        self.model = after


@pytest.mark.rule("MODE-6", "SWITCH-1", "SWITCH-3", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-9", "SWITCH-13")
def test_any_order_of_commands_and_faults_keeps_the_laws() -> None:
    """The machine with the examples of the profile."""
    run_state_machine_as_test(AnyOrderOfCommands, settings=settings(examples(0.2), stateful_step_count=30))


@pytest.mark.rule("MODE-6")
def test_the_machine_reaches_every_state_and_every_fault() -> None:
    """A machine that never leaves the easy states would prove nothing; these runs are the same every time."""

    class Counted(AnyOrderOfCommands):
        met: ClassVar[set[str]] = set()

    few = settings(examples(0), max_examples=15, stateful_step_count=40, database=None, phases=[Phase.generate])
    for number in range(20):
        run_state_machine_as_test(seed(number)(Counted), settings=few)
        if Counted.met >= DEEP:
            break
    assert DEEP - Counted.met == set()
