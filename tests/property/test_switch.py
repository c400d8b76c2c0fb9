"""The switch from Classic to Simple over any CRM, whatever comes between its steps."""

from threading import Thread
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.commands import BeginSwitch, ConvertChunk, FinishSwitch
from crmcore.domain.protocol.results import (
    ChunkDone,
    NoChange,
    Preview,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
    Totals,
)
from crmcore.domain.rules.mode import CrmState
from crmcore.testing import ADMIN, Step, TestCrm
from crmcore.testing.failures import ANY
from crmcore.testing.strategies import crm_images, policies
from tests.building import there
from tests.property.canonical import canonical, everything, loaded
from tests.property.effort import examples

CLASSIC = crm_images(mode=CrmMode.CLASSIC)
BUSY = crm_images(mode=CrmMode.CLASSIC, min_active=2)


def active_in(image: CrmImage) -> list[LeadId]:
    return sorted(id for id, lead in image.leads.items() if isinstance(lead, Lead) and lead.is_active)


def switched(image: CrmImage, policy: ModeSwitchPolicy, *, chunk: int = 500) -> TestCrm:
    world = TestCrm.of(image)
    report = world.crm.switch_to_simple(ADMIN, key="now", policy=policy, chunk=chunk)
    assert isinstance(report, SwitchReport)
    assert report.result == "switched"
    return world


def begun(world: TestCrm, policy: ModeSwitchPolicy, key: str = "now") -> SwitchToken:
    token = world.crm.begin_switch(ADMIN, key=key, policy=policy)
    assert isinstance(token, SwitchToken)
    return token


def assert_sum(totals: Totals) -> None:
    ended = (
        totals.converted
        + totals.already_converted
        + totals.closed
        + totals.deleted
        + totals.set_aside
        + totals.remaining
    )
    assert totals.at_begin + totals.added == ended
    assert totals.remaining >= 0


@pytest.mark.rule("SWITCH-1")
class TestExactlyOnce:
    """SWITCH-1. Each active lead is converted once and only once: one lead has one deal, for ever."""

    @examples(0.1)
    @given(image=CLASSIC, policy=policies(), chunk=st.integers(1, 4))
    def test_every_active_lead_gets_one_deal_and_no_other_lead_gets_one(
        self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int
    ) -> None:
        """New deals and formerly active leads correspond one to one."""
        after = image_of(switched(image, policy, chunk=chunk).store)
        made = [deal.lead_id for id, deal in there(after.deals).items() if id not in image.deals]
        assert sorted(id for id in made if id is not None) == active_in(image)
        assert sorted(after.ledger.keys() - image.ledger.keys()) == active_in(image)

    @examples(0.1)
    @given(image=BUSY, policy=policies(), again=policies(), done=st.integers(0, 2))
    def test_neither_a_retry_nor_a_cancel_nor_a_later_switch_makes_a_second_deal(
        self, image: CrmImage, policy: ModeSwitchPolicy, again: ModeSwitchPolicy, done: int
    ) -> None:
        """Begin, convert a few, retry, cancel, switch, come back and switch again: the deals stay the same."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        for _ in range(done):
            world.crm.convert_chunk(token, 1)
        world.crm.retry_switch(ADMIN)
        first = image_of(world.store).ledger
        assert isinstance(world.crm.cancel_switch(ADMIN), SwitchDone)
        world.crm.switch_to_simple(ADMIN, key="second", policy=again)
        second = image_of(world.store)
        world.crm.switch_to_classic(ADMIN)
        world.crm.switch_to_simple(ADMIN, key="third", policy=policy)
        third = image_of(world.store)
        assert first.items() <= second.ledger.items()
        assert third.ledger == second.ledger
        assert third.deals == second.deals
        assert list(audit_store(world.store)) == []


@pytest.mark.rule("SWITCH-2")
class TestOthersUntouched:
    """SWITCH-2. A lead whose stage means success or failure stays as it is in every field."""

    @examples(0.1)
    @given(image=CLASSIC, policy=policies())
    def test_leads_that_are_not_active_keep_every_field_and_version(
        self, image: CrmImage, policy: ModeSwitchPolicy
    ) -> None:
        """Neither the lead nor its version nor its own activities nor its clients move."""
        store = loaded(image)
        active = set(active_in(image))
        others = [id for id in image.leads if id not in active]
        before = {entry.id: entry for entry in store.page(Kind.LEAD)}
        world = switched(image, policy)
        after = {entry.id: entry for entry in world.store.page(Kind.LEAD)}
        assert {id: after[id] for id in others} == {id: before[id] for id in others}
        image_after = image_of(world.store)
        for id, refs in image.bindings.items():
            if not any(ref.kind is Kind.LEAD and ref.id in active for ref in refs):
                assert image_after.bindings[id] == refs
                assert image_after.activities[id] == image.activities[id]
        for table, table_after in (
            (image.contacts, image_after.contacts),
            (image.companies, image_after.companies),
            (image.deals, image_after.deals),
            (image.ledger, image_after.ledger),
        ):
            assert table.items() <= table_after.items()


@pytest.mark.rule("SWITCH-3", "SWITCH-9", "SWITCH-14")
class TestSimpleIsNeverClaimedEarly:
    """SWITCH-3. The commit that stores the mode Simple succeeds only if no active lead is left."""

    @examples(0.08)
    @given(image=CLASSIC, policy=policies(), chunk=st.integers(1, 3))
    def test_finish_says_how_many_are_left_until_none_is(
        self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int
    ) -> None:
        """After each chunk finish is tried: it succeeds exactly when nothing is left, and at once for an empty CRM."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        left = len(active_in(image))
        while left:
            assert world.crm.finish_switch(token) == SwitchUnfinished(left)
            assert world.crm.settings().mode is CrmMode.CLASSIC
            done = world.crm.convert_chunk(token, chunk)
            assert isinstance(done, ChunkDone)
            assert len(done.rows) == min(chunk, left)
            left -= len(done.rows)
        assert isinstance(world.crm.finish_switch(token), SwitchDone)
        assert world.crm.mode() is CrmState.SIMPLE
        assert active_in(image_of(world.store)) == []

    @examples(0.08)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_a_lead_with_a_fault_is_set_aside_and_blocks_until_it_is_healed(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """The others are converted, the switch is blocked and lists the faulty ones; healed and retried it ends."""
        active = active_in(image)
        unreadable = data.draw(st.sets(st.sampled_from(active)))
        unwritable = data.draw(st.sets(st.sampled_from(active)))
        world = TestCrm(loaded(image))
        faulty = world.trouble
        faulty.unreadable |= unreadable
        faulty.unwritable |= unwritable
        report = world.crm.switch_to_simple(
            ADMIN, key="now", policy=policy, chunk=data.draw(st.integers(1, 4)), on_progress=assert_sum
        )
        marked = tuple(sorted(unreadable | unwritable))
        assert isinstance(report, SwitchReport)
        assert report.set_aside == marked
        assert report.result == ("blocked" if marked else "switched")
        assert report.totals.converted == len(active) - len(marked)
        for id in marked:
            assert world.image().leads[id] == image.leads[id]
        if marked:
            token = begun(world, policy)
            assert world.crm.finish_switch(token) == SwitchBlocked(marked)
            assert world.crm.mode() is CrmState.BLOCKED
        faulty.heal()
        if marked:
            token_again = world.crm.retry_switch(ADMIN)
            assert isinstance(token_again, SwitchToken)
            world.crm.run_switch(token_again)
        assert canonical(world.image()) == canonical(image_of(switched(image, policy).store))


@pytest.mark.rule("SWITCH-5", "SWITCH-11")
class TestInterruptions:
    """SWITCH-5. An interrupted switch can be resumed, and no lead is converted twice or missed."""

    @examples(0.16)
    @given(
        image=BUSY,
        policy=policies(),
        chunk=st.integers(1, 3),
        cuts=st.lists(st.tuples(st.integers(1, 15), st.booleans()), min_size=1, max_size=4),
    )
    def test_an_interrupt_anywhere_leaves_no_trace(
        self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int, cuts: list[tuple[int, bool]]
    ) -> None:
        """Whatever call is cut short, before or after it took effect, a new process ends with the same records."""
        inner = loaded(image)
        for at, after in cuts:
            world = TestCrm(inner)
            world.trouble.fail(ANY, number=at, after=after, error=KeyboardInterrupt())
            try:
                world.crm.switch_to_simple(ADMIN, key="now", policy=policy, chunk=chunk)
            except KeyboardInterrupt:
                assert list(audit_store(inner)) == []
        TestCrm(store=inner).crm.switch_to_simple(ADMIN, key="now", policy=policy, chunk=chunk)
        assert list(audit_store(inner)) == []
        assert canonical(image_of(inner)) == canonical(image_of(switched(image, policy).store))

    @examples(0.04)
    @given(image=BUSY, policy=policies(), done=st.integers(0, 3))
    def test_somebody_else_may_resume(self, image: CrmImage, policy: ModeSwitchPolicy, done: int) -> None:
        """The token of resume is that of begin, and goes on where the first one stopped."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        for _ in range(done):
            world.crm.convert_chunk(token, 1)
        resumed = world.crm.resume_switch(ADMIN)
        assert resumed == token
        world.crm.run_switch(token)
        assert canonical(image_of(world.store)) == canonical(image_of(switched(image, policy).store))


@pytest.mark.rule("SWITCH-8")
class TestCancel:
    """SWITCH-8. What was converted stays converted, what was not stays active; a later switch converts only that."""

    @examples(0.08)
    @given(image=BUSY, policy=policies(), later=policies(), done=st.integers(0, 3))
    def test_cancelling_keeps_both_sides_and_fences_the_old_token(
        self, image: CrmImage, policy: ModeSwitchPolicy, later: ModeSwitchPolicy, done: int
    ) -> None:
        """The rest is as active as before, the old token writes nothing, and the next switch takes the rest."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        converted = set()
        for _ in range(done):
            chunk = world.crm.convert_chunk(token, 1)
            assert isinstance(chunk, ChunkDone)
            converted |= {row.lead_id for row in chunk.rows}
        rest = [id for id in active_in(image) if id not in converted]
        world.crm.cancel_switch(ADMIN)
        cancelled = image_of(world.store)
        assert active_in(cancelled) == rest
        assert all(cancelled.leads[id] == image.leads[id] for id in rest)
        assert cancelled.settings.mode is CrmMode.CLASSIC
        before = everything(world.store)
        for step in (ConvertChunk(token=token), FinishSwitch(token=token)):
            answer = world.crm.run(ADMIN, step)
            # The record of the cancelled switch still answers its own finish.
            assert answer == SwitchDone(cancelled.switches["now"]) or (
                isinstance(answer, Refused) and answer.reason is Reason.STALE_SWITCH
            )
        assert everything(world.store) == before
        report = world.crm.switch_to_simple(ADMIN, key="later", policy=later)
        assert isinstance(report, SwitchReport)
        assert report.totals.converted == len(rest)
        assert sorted(image_of(world.store).ledger.keys() - cancelled.ledger.keys()) == rest


class Worker:
    """One process that works on a switch: loads and decides in one step, commits in the next."""

    def __init__(self, world: TestCrm, token: SwitchToken, size: int, shard: tuple[int, int]) -> None:
        self.world = world
        self.command = ConvertChunk(token=token, size=size, shard=shard)
        self.held: Step | None = None

    def step(self) -> None:
        if self.held is None:
            self.held = self.world.hold(ADMIN, self.command)
            return
        try:
            self.held.commit()
        except Conflict:
            pass
        finally:
            self.held = None


@pytest.mark.rule("SWITCH-11")
class TestTheWayLeavesNoTrace:
    """SWITCH-11. Chunk size, order of leads, number of workers and interruptions do not affect the result."""

    @examples(0.12)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_many_workers_end_where_one_does(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """Several workers with any chunk sizes and shards, their loads and commits interleaved at will."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        count = data.draw(st.integers(1, 3))
        sharded = data.draw(st.booleans())
        workers = [
            Worker(world, token, data.draw(st.integers(1, 3)), (n, count) if sharded else (0, 1)) for n in range(count)
        ]
        for n in data.draw(st.lists(st.integers(0, count - 1), max_size=12)):
            workers[n].step()
        report = world.crm.run_switch(token)
        expected = switched(image, policy)
        assert canonical(image_of(world.store)) == canonical(image_of(expected.store))
        assert isinstance(report, SwitchReport)
        single = expected.crm.switch_to_simple(ADMIN, key="now", policy=policy)
        assert isinstance(single, SwitchReport)
        assert report.totals == single.totals

    @examples(0.12)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_converting_by_hand_one_by_one_gives_the_same_records(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """In any order of leads."""
        world = TestCrm.of(image)
        order = data.draw(st.permutations(active_in(image)))
        world.crm.convert_leads(ADMIN, order, policy=policy)
        assert canonical(image_of(world.store)) == canonical(image_of(switched(image, policy).store))

    @examples(0.12)
    @given(
        image=crm_images(mode=CrmMode.CLASSIC, match=MatchSetting.EMAIL, min_active=2, max_emails=1),
        policy=policies(),
        data=st.data(),
    )
    @pytest.mark.rule("CONV-7")
    def test_with_matching_on_only_the_donor_of_a_shared_client_is_open(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """Leads with one e-mail each, converted by hand in any order, share the same clients as in a switch."""
        world = TestCrm.of(image)
        order = data.draw(st.permutations(active_in(image)))
        world.crm.convert_leads(ADMIN, order, policy=policy)
        assert canonical(image_of(world.store), shared_clients=True) == canonical(
            image_of(switched(image, policy, chunk=data.draw(st.integers(1, 3))).store), shared_clients=True
        )

    @pytest.mark.parametrize("keep", [True, False])
    @pytest.mark.rule("SWITCH-12", "SWITCH-13")
    def test_an_activity_of_two_leads_is_counted_once_by_two_workers(self, keep: bool) -> None:
        """The second worker learns that the first one has bound the activity, and counts it no more (D-14)."""
        world = TestCrm(store=InMemoryStore.classic())
        for _ in range(2):
            world.crm.add_lead(ADMIN)
        world.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 2)])
        token = begun(world, ModeSwitchPolicy(keep_activities=keep))
        workers = [Worker(world, token, 1, (n, 2)) for n in range(2)]
        for worker in (*workers, *workers):
            worker.step()
        report = world.crm.run_switch(token)
        assert isinstance(report, SwitchReport)
        assert report.totals.bound == report.totals.completed + report.totals.kept_open == 1

    @examples(0.02)
    @given(image=BUSY, policy=policies(), chunk=st.integers(1, 2))
    def test_threads_end_where_one_worker_does(self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int) -> None:
        """Three threads run the same switch to its end, each with a `Crm` of its own."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        answers: list[Any] = []
        threads = [Thread(target=lambda: answers.append(world.crm.run_switch(token, chunk=chunk))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.result for answer in answers] == ["switched"] * 3
        assert canonical(image_of(world.store)) == canonical(image_of(switched(image, policy).store))


@pytest.mark.rule("SWITCH-12")
class TestPreview:
    """SWITCH-12. A preview writes nothing, and if nothing changes in between, the switch does what it said."""

    @examples(0.16)
    @given(
        image=crm_images(mode=CrmMode.CLASSIC, match=None, min_active=1),
        policy=policies(),
        chunk=st.integers(1, 4),
    )
    def test_the_switch_does_what_the_preview_said(self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int) -> None:
        """Totals, and lead by lead: known clients, new clients, activities, what is not carried."""
        world = TestCrm.of(image)
        before = everything(world.store)
        preview = world.crm.preview_switch(ADMIN, policy)
        assert everything(world.store) == before
        assert isinstance(preview, Preview)
        report = world.crm.switch_to_simple(ADMIN, key="now", policy=policy, chunk=chunk)
        assert isinstance(report, SwitchReport)
        assert (report.totals, report.terms) == (preview.totals, preview.terms)
        after = image_of(world.store)
        assert [plan.lead_id for plan in preview.leads] == active_in(image)
        for plan in preview.leads:
            row = after.ledger[plan.lead_id]
            assert plan.activity_ids == row.activity_ids
            assert plan.not_carried == row.not_carried
            made = [
                None if row.contact_id is None else there(after.contacts)[row.contact_id],
                None if row.company_id is None else there(after.companies)[row.company_id],
            ]
            assert [each is not None and each.lead_id == plan.lead_id for each in made] == [
                plan.makes_contact,
                plan.makes_company,
            ]
            for planned, real, known in (
                (plan.contact_id, row.contact_id, image.contacts),
                (plan.company_id, row.company_id, image.companies),
            ):
                assert planned == (real if real in known else None)

    @examples(0.02)
    @given(image=crm_images(mode=CrmMode.SIMPLE, max_leads=2), policy=policies())
    def test_in_simple_there_is_nothing_to_preview(self, image: CrmImage, policy: ModeSwitchPolicy) -> None:
        """As there is nothing to switch."""
        assert TestCrm.of(image).crm.preview_switch(ADMIN, policy) == NoChange()


@pytest.mark.rule("SWITCH-13", "SWITCH-7")
class TestNumbersAddUp:
    """SWITCH-13. The leads at the beginning plus those added equal the sum of all that became of them."""

    @examples(0.12)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_in_every_progress_report(self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject) -> None:
        """People close, delete, convert and add leads between the chunks; each outcome is recorded by its kind."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        expected: dict[LeadId, OutcomeKind] = {}
        added = 0
        while left := active_in(image_of(world.store)):
            lead_id = data.draw(st.sampled_from(left))
            match data.draw(st.sampled_from(("chunk", "close", "delete", "convert", "add", "copy"))):
                case "chunk":
                    for row in _rows(world.crm.convert_chunk(token, 1)):
                        expected[row] = OutcomeKind.CONVERTED
                case "close":
                    world.crm.close_lead(ADMIN, lead_id)
                    expected[lead_id] = OutcomeKind.CLOSED
                case "delete":
                    world.crm.delete_lead(ADMIN, lead_id)
                    expected[lead_id] = OutcomeKind.DELETED
                case "convert":
                    world.crm.convert_lead(ADMIN, lead_id)
                    expected[lead_id] = OutcomeKind.ALREADY_CONVERTED
                case other if added < 3:
                    new = world.crm.add_lead(ADMIN) if other == "add" else world.crm.copy_lead(ADMIN, lead_id)
                    assert isinstance(new, int)
                    expected[LeadId(new)] = OutcomeKind.CONVERTED
                    added += 1
            status = world.crm.switch_status(ADMIN)
            assert isinstance(status, SwitchReport)
            assert_sum(status.totals)
            assert status.totals.added == added
            assert status.totals.remaining == len(active_in(image_of(world.store)))
        world.crm.run_switch(token, on_progress=assert_sum)
        found = dict(world.crm.outcomes(ADMIN, token.epoch))
        assert {id: outcome.kind for id, outcome in found.items()} == expected
        assert list(audit_store(world.store)) == []

    @examples(0.04)
    @given(image=BUSY, policy=policies(), chunk=st.integers(1, 3))
    def test_the_totals_count_what_was_made(self, image: CrmImage, policy: ModeSwitchPolicy, chunk: int) -> None:
        """Contacts, companies, activities bound, completed and kept open: the counts of the records themselves."""
        world = switched(image, policy, chunk=chunk)
        report = world.crm.switch_to_simple(ADMIN, key="now", policy=policy)
        assert isinstance(report, SwitchReport)
        totals, after = report.totals, image_of(world.store)
        rows = [after.ledger[id] for id in active_in(image)]
        concerned = {id for row in rows for id in row.activity_ids}
        # Each once, whoever else bound it before this switch (D-14).
        counted = {id: image.activities[id] for id in concerned}
        still_open = sum(not getattr(activity, "completed", True) for activity in counted.values())
        assert totals.contacts == len(after.contacts) - len(image.contacts)
        assert totals.companies == len(after.companies) - len(image.companies)
        assert totals.deals == totals.converted == len(rows)
        assert totals.bound == len(counted)
        assert (totals.completed, totals.kept_open) == ((0, still_open) if policy.keep_activities else (still_open, 0))


def _rows(done: Any) -> list[LeadId]:
    assert isinstance(done, ChunkDone)
    return [row.lead_id for row in done.rows]


@pytest.mark.rule("SWITCH-10")
class TestKeys:
    """SWITCH-10. The same key with the same policy means the same switch; with another policy it is a conflict."""

    @examples(0.06)
    @given(image=BUSY, policy=policies(), other=policies())
    def test_a_key_names_one_switch_for_ever(
        self, image: CrmImage, policy: ModeSwitchPolicy, other: ModeSwitchPolicy
    ) -> None:
        """Live it is joined, ended it answers with its outcome, and another policy is told of the conflict."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        same = evolve(policy, pipeline_id=policy.pipeline)
        before = everything(world.store)
        assert world.crm.begin_switch(ADMIN, key="now", policy=same) == token
        for key, reason in (("now", Reason.KEY_CONFLICT), ("another", Reason.SWITCH_IN_PROGRESS)):
            wanted = same if key == "another" else evolve(same, keep_activities=not same.keep_activities)
            answer = world.crm.begin_switch(ADMIN, key=key, policy=wanted)
            assert isinstance(answer, Refused)
            assert answer.reason is reason
        assert everything(world.store) == before
        world.crm.cancel_switch(ADMIN)
        ended = world.crm.run(ADMIN, BeginSwitch(key="now", policy=policy))
        assert isinstance(ended, SwitchDone)
        assert ended.switch.ended == "cancelled"
        assert world.crm.mode() is CrmState.CLASSIC
        assert isinstance(begun(world, other, "fresh"), SwitchToken)


@pytest.mark.rule("SWITCH-6")
class TestTheActiveSetShrinks:
    """SWITCH-6. A lead that is added while a switch is live is stored and converted under the frozen terms."""

    @examples(0.04)
    @given(image=BUSY, policy=policies(), data=st.data())
    def test_adding_and_copying_under_a_switch_makes_a_deal_at_once(
        self, image: CrmImage, policy: ModeSwitchPolicy, data: st.DataObject
    ) -> None:
        """The new lead has its deal in the switch's pipeline, and the backlog is what it was."""
        world = TestCrm.of(image)
        token = begun(world, policy)
        source = data.draw(st.sampled_from(active_in(image)))
        for new in (world.crm.add_lead(ADMIN), world.crm.copy_lead(ADMIN, source)):
            assert isinstance(new, int)
            after = image_of(world.store)
            row = after.ledger[LeadId(new)]
            assert there(after.deals)[row.deal_id].pipeline_id == policy.pipeline
            outcome = after.outcomes[token.epoch, LeadId(new)]
            assert (outcome.kind, outcome.added) == (OutcomeKind.CONVERTED, True)
            assert isinstance(outcome, LeadOutcome)
        assert active_in(image_of(world.store)) == active_in(image)
