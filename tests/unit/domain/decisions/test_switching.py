"""The steps of a switch and their answers: keys, tokens, marks, cancel (SWITCH-4 to SWITCH-14).

lines: one protocol, one short test per answer.
"""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ChunkDone,
    ClientChoice,
    ConvertedLead,
    CrmMode,
    CrmState,
    Epoch,
    Grant,
    Kind,
    LeadId,
    LeadOutcome,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    NoChange,
    Operation,
    OutcomeKind,
    PipelineId,
    Preview,
    Reason,
    Ref,
    Refused,
    RepeatInquiry,
    Role,
    Stage,
    StageCode,
    StageSemantics,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchToken,
    SwitchUnfinished,
    UserId,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.decisions.terms import policy_in_force
from crmcore.domain.model.errors import Conflict, ContractBroken, InvalidValue, OutcomeUnknown, RecordFault, StoreBusy
from crmcore.domain.model.ids import DEFAULT_PIPELINE
from crmcore.domain.model.image import new_crm
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.results import RecordNumbers
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing import TestCrm
from tests.building import (
    ADMIN,
    BOTH,
    OTHER,
    STRANGER,
    Scene,
    accepted,
    classic,
    email,
    faulty,
    interrupted,
    refused,
    simple,
    there,
)

ADA = email("ada@example.com")


def _begun(scene: Scene, key: str = "k", policy: ModeSwitchPolicy | None = None) -> SwitchToken:
    token = scene.crm.begin_switch(ADMIN, key=key, policy=policy or ModeSwitchPolicy())
    assert isinstance(token, SwitchToken), token
    return token


@pytest.mark.rule("SWITCH-10")
class TestKeys:
    """SWITCH-10. The same key with the same policy is the same switch; keys do not expire."""

    @pytest.mark.rule("SWITCH-10.3")
    def test_the_same_key_joins_a_live_switch(self) -> None:
        """The same token is handed out, and the pipeline may be named or left to the default."""
        scene = classic()
        token = _begun(scene)
        assert scene.crm.begin_switch(ADMIN, key="k") == token
        named = ModeSwitchPolicy(pipeline_id=DEFAULT_PIPELINE)
        assert scene.crm.begin_switch(ADMIN, key="k", policy=named) == token

    @pytest.mark.rule("SWITCH-10.5", "SWITCH-10.9", "POLICY-1.3")
    def test_another_policy_under_the_key_is_a_conflict_live_or_ended(self) -> None:
        """The key stands for what was asked first, and the refusal says what that was."""
        scene = classic()
        _begun(scene)
        first = ModeSwitchPolicy(pipeline_id=DEFAULT_PIPELINE)
        conflict = Refused(Reason.KEY_CONFLICT, Ref(Kind.SWITCH, "k"), policy=first)
        assert scene.crm.begin_switch(ADMIN, key="k", policy=BOTH) == conflict
        scene.switch(key="k")
        assert scene.crm.begin_switch(ADMIN, key="k", policy=BOTH) == conflict

    @pytest.mark.rule("SWITCH-10.1", "SWITCH-10.6")
    def test_another_key_while_one_is_live_is_in_progress(self) -> None:
        """It names the live switch."""
        scene = classic()
        _begun(scene)
        answer = scene.crm.begin_switch(ADMIN, key="other")
        assert answer == Refused(Reason.SWITCH_IN_PROGRESS, Ref(Kind.SWITCH, "k"))
        assert scene.crm.preview_switch(ADMIN) == answer

    @pytest.mark.rule("SWITCH-7.1", "SWITCH-10.4")
    def test_an_ended_switch_answers_with_its_outcome(self) -> None:
        """Finished and cancelled alike; a new try after a cancel takes a new key."""
        scene = classic()
        scene.add(title="Request")
        _begun(scene)
        cancelled = accepted(scene.crm.cancel_switch(ADMIN))
        assert scene.crm.begin_switch(ADMIN, key="k") == cancelled
        assert cancelled.switch.ended == "cancelled"
        assert scene.switch(key="k").result == "cancelled"
        assert scene.lead(_first(scene)).is_active
        assert scene.switch(key="new").result == "switched"
        done = scene.crm.begin_switch(ADMIN, key="new")
        assert isinstance(done, SwitchDone)
        assert done.switch.ended == "finished"

    def test_what_was_refused_or_had_nothing_to_do_records_no_key(self) -> None:
        """A refused key can be used again with another policy."""
        scene = classic()
        assert refused(scene.crm.begin_switch(ADMIN, key="k", policy=ModeSwitchPolicy(pipeline_id=OTHER))) == (
            "unknown_pipeline"
        )
        assert scene.image().switches == {}
        _begun(scene, "k", BOTH)

    def test_two_who_begin_at_once_open_one_switch(self) -> None:
        """The loser of the race joins under the same key, and is told of the other under another key."""
        scene, store = interrupted()
        store.overtake(lambda: _begun(scene, "k"))
        token = _begun(scene, "k")
        assert len(scene.image().switches) == 1
        assert token.epoch == scene.crm.settings().epoch
        scene, store = interrupted()
        store.overtake(lambda: _begun(scene, "first"))
        assert refused(scene.crm.begin_switch(ADMIN, key="second")) == "switch_in_progress"


def _first(scene: Scene) -> LeadId:
    return next(iter(scene.image().leads))


@pytest.mark.rule("SWITCH-4")
class TestSteps:
    """SWITCH-4. A step of a switch that is no longer the live one writes nothing; the terms are frozen."""

    def test_a_stale_token_writes_nothing(self) -> None:
        """After a cancel and a new begin, the old token converts, finishes and marks nothing."""
        scene = classic()
        lead_id = scene.add(title="Request")
        old = _begun(scene, "old")
        accepted(scene.crm.cancel_switch(ADMIN))
        _begun(scene, "new")
        before = scene.image()
        stale = Refused(Reason.STALE_SWITCH, Ref(Kind.SWITCH, "old"))
        assert scene.crm.convert_chunk(old) == stale
        assert scene.crm.run(ADMIN, SetAside(token=old, lead_id=lead_id, code="x")) == stale
        assert scene.crm.finish_switch(old) == stale
        forged = SwitchToken("new", Epoch(1))
        assert refused(scene.crm.finish_switch(forged)) == "stale_switch"
        assert refused(scene.crm.switch_report(forged)) == "stale_switch"
        assert scene.image() == before

    def test_the_terms_are_frozen(self) -> None:
        """New first stages and new match settings do not reach a live switch."""
        scene = classic()
        one = scene.add(contact_points=[email("ada@example.com")])
        two = scene.add(contact_points=[email("ada@example.com")])
        token = _begun(scene)
        accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        pipeline = scene.crm.pipelines()[0]
        turned = evolve(pipeline.record, stages=pipeline.record.stages[::-1])
        accepted(scene.crm.define_pipeline(ADMIN, turned, pipeline.version))
        accepted(scene.crm.run_switch(token))
        assert scene.lead(one).contact_id != scene.lead(two).contact_id
        assert {deal.stage for deal in there(scene.image().deals).values()} == {"NEW"}

    @pytest.mark.rule("SWITCH-3.1")
    def test_an_unfinished_switch_says_how_many_are_left(self) -> None:
        """SWITCH-3: the mode does not move while an active lead is left."""
        scene = classic()
        for title in "abc":
            scene.add(title=title)
        token = _begun(scene)
        assert len(accepted(scene.crm.convert_chunk(token, 2)).rows) == 2
        assert scene.crm.finish_switch(token) == SwitchUnfinished(1)
        assert scene.crm.mode() is CrmState.SWITCHING
        assert accepted(scene.crm.switch_status(ADMIN)).totals.remaining == 1

    def test_an_empty_chunk_converts_nothing(self) -> None:
        """And writes nothing."""
        scene = classic()
        token = _begun(scene)
        assert scene.crm.convert_chunk(token) == ChunkDone(())

    def test_shards_share_the_work(self) -> None:
        """Each worker takes the leads whose id leaves its remainder."""
        scene = classic()
        for n in range(6):
            scene.add(title=str(n))
        token = _begun(scene)
        odd = accepted(scene.crm.convert_chunk(token, shard=(1, 2)))
        assert [row.lead_id for row in odd.rows] == [1, 3, 5]

    @pytest.mark.rule("SWITCH-7.3")
    def test_a_busy_lead_is_left_to_a_later_chunk(self) -> None:
        """A lead that somebody edits again and again does not stop the others of its chunk."""
        scene, store = interrupted()
        busy, calm = scene.add(title="Busy"), scene.add(title="Calm")
        token = _begun(scene)
        store.overtake(lambda: scene.edit(busy, title="Edited"))
        rows = accepted(scene.crm.convert_chunk(token)).rows
        assert [row.lead_id for row in rows] == [calm]
        assert accepted(scene.crm.run_switch(token)).totals.converted == 2

    def test_a_whole_run_comes_back_for_a_busy_lead(self) -> None:
        """A chunk that left one out is followed by another one, until none is left."""
        scene, store = interrupted()
        busy, _ = scene.add(title="Busy"), scene.add(title="Calm")
        token = _begun(scene)
        store.overtake(lambda: scene.edit(busy, title="Edited"))
        report = accepted(scene.crm.run_switch(token))
        assert (report.result, report.totals.converted, scene.lead(busy).title) == ("switched", 2, "Edited")

    def test_a_run_with_a_forged_token_is_refused(self) -> None:
        """It converts nothing."""
        scene = classic()
        scene.add(title="Request")
        _begun(scene)
        assert refused(scene.crm.run_switch(SwitchToken("forged", Epoch(9)))) == "stale_switch"
        assert scene.counts()["deals"] == 0


@pytest.mark.rule("SWITCH-9")
class TestSetAside:
    """SWITCH-9. A lead that cannot be read or written is marked, listed, and tried again when asked."""

    @pytest.mark.rule("SWITCH-9.3")
    def test_a_lead_that_was_never_part_of_the_switch_is_not_marked(self) -> None:
        """The numbers of the switch stay those of its leads (SWITCH-13)."""
        scene = classic()
        closed = scene.add(title="closed before")
        accepted(scene.crm.close_lead(ADMIN, closed))
        token = _begun(scene)
        answer = scene.crm.run(ADMIN, SetAside(token=token, lead_id=closed, code="x"))
        assert answer == Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, closed))
        assert scene.holds_all_laws()

    def test_a_blocked_switch_lists_its_leads_and_a_retry_lifts_the_marks(self) -> None:
        """While only marked leads are left the switch is blocked; after the retry they are offered again."""
        scene, store = faulty()
        bad = scene.add(title="Bad")
        store.unconvertible = {bad}
        report = scene.switch()
        assert (report.result, report.set_aside) == ("blocked", (bad,))
        token = report.token
        assert token is not None
        assert scene.crm.finish_switch(token) == SwitchBlocked((bad,))
        assert scene.crm.convert_chunk(token) == ChunkDone(())
        again = scene.crm.retry_switch(ADMIN)
        assert again == token
        assert scene.crm.retry_switch(ADMIN) == token
        assert accepted(scene.crm.convert_chunk(token)) == ChunkDone(())
        store.heal()
        accepted(scene.crm.retry_switch(ADMIN))
        assert accepted(scene.crm.run_switch(token)).result == "switched"

    @pytest.mark.rule("SWITCH-9.6", "SWITCH-9.7")
    def test_a_blocked_switch_lists_all_its_leads_and_a_retry_lifts_every_mark(self) -> None:
        """Not the first of them alone."""
        scene, store = faulty()
        bad = (scene.add(title="Bad"), scene.add(title="Worse"))
        store.unconvertible = set(bad)
        token = scene.switch().token
        assert token is not None
        assert scene.crm.finish_switch(token) == SwitchBlocked(bad)
        store.heal()
        accepted(scene.crm.retry_switch(ADMIN))
        assert [row.lead_id for row in accepted(scene.crm.convert_chunk(token)).rows] == list(bad)

    @pytest.mark.rule("SWITCH-9.5", "SWITCH-13.1")
    @pytest.mark.parametrize("way", ["edit", "close", "delete", "convert", "cancel"])
    def test_ways_out_of_a_blocked_switch(self, way: str) -> None:
        """Edit, close, delete, convert by hand, or cancel."""
        scene, store = faulty()
        bad = scene.add(title="Bad")
        store.unreadable = {bad}
        token = scene.switch().token
        assert token is not None
        store.heal()
        if way == "edit":
            accepted(scene.edit(bad, title="Mended"))
        elif way == "close":
            accepted(scene.crm.close_lead(ADMIN, bad))
        elif way == "delete":
            accepted(scene.crm.delete_lead(ADMIN, bad))
        elif way == "convert":
            scene.convert(bad)
        else:
            accepted(scene.crm.cancel_switch(ADMIN))
        report = accepted(scene.crm.run_switch(token))
        kinds = {id: each.kind for id, each in scene.crm.outcomes(ADMIN, token.epoch)}
        expected = {
            "edit": OutcomeKind.CONVERTED,
            "close": OutcomeKind.CLOSED,
            "delete": OutcomeKind.DELETED,
            "convert": OutcomeKind.ALREADY_CONVERTED,
            "cancel": OutcomeKind.SET_ASIDE,
        }
        assert kinds == {bad: expected[way]}
        assert report.result == ("cancelled" if way == "cancel" else "switched")
        assert scene.holds_all_laws()

    def test_marking_twice_is_marking_once(self) -> None:
        """The first reason stays; a lead that was converted meanwhile keeps its outcome."""
        scene = classic()
        bad, good = scene.add(title="Bad"), scene.add(title="Good")
        token = _begun(scene)
        first = accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=bad, code="one")))
        assert accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=bad, code="two"))) == first
        accepted(scene.crm.convert_chunk(token))
        kept = accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=good, code="late")))
        assert kept.kind is OutcomeKind.CONVERTED
        assert scene.holds_all_laws()

    def test_a_mark_of_a_stale_switch_is_refused_in_the_middle_of_a_chunk(self) -> None:
        """When the switch was cancelled while a lead failed, the chunk answers `stale_switch`."""
        scene, store = faulty()
        bad = scene.add(title="Bad")
        token = _begun(scene)

        def cancel_first() -> None:
            accepted(scene.crm.cancel_switch(ADMIN))
            raise RecordFault(Ref(Kind.LEAD, bad), "unwritable")

        store.overtake(cancel_first)
        assert refused(scene.crm.convert_chunk(token)) == "stale_switch"
        assert scene.lead(bad).is_active

    def test_a_fault_of_something_else_stops_the_step_and_marks_nobody(self) -> None:
        """A record that is no lead, a busy store and a lost answer are not a lead's fault."""
        scene, store = faulty()
        scene.add(title="Request")
        token = _begun(scene)
        for error in (RecordFault(Ref(Kind.CONTACT, 1), "x"), StoreBusy("busy")):
            store.fail("commit", times=3, error=error)
            with pytest.raises(type(error)):
                scene.crm.convert_chunk(token)
            store.heal()
        assert list(scene.crm.outcomes(ADMIN, token.epoch)) == []

    def test_a_lead_whose_mark_does_not_help_stops_the_step(self) -> None:
        """The same fault twice in one chunk is the store's, and does not loop."""
        scene, store = faulty()
        lead_id = scene.add(title="Request")
        token = _begun(scene)
        for number in (1, 3):  # in between is the read of the mark
            store.fail("snapshot", number=number, error=RecordFault(Ref(Kind.LEAD, lead_id), "always"))
        with pytest.raises(RecordFault):
            scene.crm.convert_chunk(token)
        assert not store.is_armed


@pytest.mark.rule("SWITCH-8")
def test_cancel_keeps_what_is_converted_and_a_later_switch_converts_the_rest() -> None:
    """The CRM is Classic again; a new switch takes only what is still active."""
    scene = classic()
    ids = [scene.add(title=title) for title in "abc"]
    token = _begun(scene)
    accepted(scene.crm.convert_chunk(token, 1))
    accepted(scene.crm.cancel_switch(ADMIN))
    assert scene.crm.mode() is CrmState.CLASSIC
    assert [scene.lead(id).is_active for id in ids] == [False, True, True]
    assert refused(scene.crm.switch_status(ADMIN)) == "not_switching"
    report = scene.switch(key="later")
    assert (report.totals.at_begin, report.totals.converted) == (2, 2)
    assert scene.counts()["deals"] == 3


@pytest.mark.rule("SWITCH-13", "SWITCH-8")
def test_the_outcomes_of_one_switch_are_not_those_of_another() -> None:
    """Each epoch has its own; a lead without a deal has no deal to list."""
    scene = classic()
    one, two = scene.add(title="One"), scene.add(title="Two")
    token = _begun(scene)
    accepted(scene.crm.convert_chunk(token, 1))
    accepted(scene.crm.cancel_switch(ADMIN))
    assert list(scene.crm.deals(ADMIN, lead=two)) == []
    later = scene.switch(key="later").token
    assert later is not None
    assert [id for id, _ in scene.crm.outcomes(ADMIN, token.epoch)] == [one]
    assert [id for id, _ in scene.crm.outcomes(ADMIN, later.epoch)] == [two]


@pytest.mark.rule("SWITCH-13", "SWITCH-7")
def test_the_begin_counts_at_the_serial_point() -> None:
    """A lead that is converted, or added, between the look and the begin is counted right."""
    scene, store = interrupted()
    gone = scene.add(title="Gone")
    store.overtake(lambda: (scene.convert(gone), scene.add(title="New"), scene.add(title="Newer")))
    report = scene.switch()
    assert (report.totals.at_begin, report.totals.converted) == (2, 2)
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-6", "SWITCH-13.2", "SWITCH-2.2")
def test_a_lead_added_or_copied_while_switching_is_converted_in_its_commit() -> None:
    """Under the frozen policy, counted as added; one added as closed is stored as it is."""
    scene = classic()
    first = scene.add(title="First")
    token = _begun(scene, policy=BOTH)
    added = scene.add(title="Added")
    copied = accepted(scene.crm.copy_lead(ADMIN, first))
    closed = scene.add(title="Closed", stage=StageCode("JUNK"))
    assert all(scene.lead(id).company_id is not None for id in (added, copied))
    assert scene.lead(closed).deal_id is None
    totals = accepted(scene.crm.run_switch(token)).totals
    assert (totals.at_begin, totals.added, totals.converted) == (1, 2, 3)


@pytest.mark.rule("SWITCH-12.4", "SWITCH-9")
def test_a_preview_counts_leads_that_cannot_be_read_as_set_aside() -> None:
    """It plans the others and fails for none, as the switch does."""
    scene, store = faulty()
    ids = [scene.add(title=str(n)) for n in range(4)]
    store.unreadable = {ids[0], ids[2]}
    preview = scene.crm.preview_switch(ADMIN)
    assert isinstance(preview, Preview)
    assert [plan.lead_id for plan in preview.leads] == [ids[1], ids[3]]
    assert preview.totals == scene.switch().totals
    assert preview.totals.set_aside == 2


@pytest.mark.rule("SWITCH-12.3")
def test_the_switch_does_what_the_preview_said() -> None:
    """Records, activities and what is lost are the same, over several pages and with matching."""
    scene = classic()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    for n in range(7):
        lead_id = scene.add(title=str(n), contact_points=[email(f"{n % 3}@example.com")], company_title="Co")
        scene.add_activity(Ref(Kind.LEAD, lead_id))
    scene.add_activity(Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 2))
    before = scene.image()
    preview = scene.crm.preview_switch(ADMIN, BOTH)
    assert isinstance(preview, Preview)
    assert scene.image() == before
    report = scene.switch(BOTH)
    assert report.totals == evolve(preview.totals, converted=7, remaining=0)
    assert (preview.terms, preview.before) == (report.terms, RecordNumbers(leads=7))
    assert (preview.totals.deals, report.totals.contacts, report.totals.companies) == (report.totals.deals, 3, 3)
    for plan in preview.leads:
        row = scene.row(plan.lead_id)
        assert (plan.activity_ids, plan.not_carried) == (row.activity_ids, row.not_carried)


@pytest.mark.rule("SWITCH-10", "SWITCH-5")
def test_a_lost_answer_is_looked_up_and_never_done_again() -> None:
    """Whether the commit arrived or not, the command ends as if its answer had come."""
    from crmcore.adapters.memory import InMemoryStore
    from crmcore.domain.model.image import new_crm
    from crmcore.domain.model.settings import CrmMode

    class Forgetful(InMemoryStore):
        forget: str | None = None

        def commit(self, changes: object, confirm: object = None) -> None:
            forget, self.forget = self.forget, None
            if forget == "before":
                raise OutcomeUnknown("lost")
            super().commit(changes, confirm)  # type: ignore[arg-type]
            if forget == "after":
                raise OutcomeUnknown("lost")

    for when in ("before", "after"):
        store = Forgetful(new_crm(CrmMode.CLASSIC))
        scene = Scene(store)
        store.forget = when
        lead_id = accepted(scene.crm.add_lead(ADMIN, title="x", key="k"))
        assert scene.counts()["leads"] == 1
        store.forget = when
        token = _begun(scene)
        store.forget = when
        accepted(scene.crm.convert_chunk(token))
        store.forget = when
        assert isinstance(scene.crm.finish_switch(token), SwitchDone)
        assert set(scene.image().deals) == {scene.row(lead_id).deal_id}
        accepted(scene.crm.switch_to_classic(ADMIN))
        store.forget = when
        with pytest.raises(OutcomeUnknown):
            scene.crm.add_lead(ADMIN, title="without a key")


@pytest.mark.rule("SWITCH-5")
def test_a_store_that_always_conflicts_is_busy() -> None:
    """Retries are bounded."""
    scene = classic()

    class Restless(type(scene.store)):  # type: ignore[misc]  # the in-memory store
        def commit(self, changes: object, confirm: object = None) -> None:
            raise Conflict((Ref(Kind.LEAD, 1),))

    busy = Scene(Restless())
    with pytest.raises(StoreBusy):
        busy.crm.switch_to_classic(ADMIN)


@pytest.mark.rule("SWITCH-5")
def test_a_large_chunk_comes_to_its_end_beside_somebody_who_converts_in_small_ones() -> None:
    """Who needs long for a chunk is overtaken with it again and again, and takes smaller ones until it is not."""

    class Slow(InMemoryStore):
        overtaken = 0

        def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
            if len(changes.ledger) > 3:
                self.overtaken += 1
                accepted(scene.crm.convert_chunk(token, 2))
            super().commit(changes, confirm)

    store = Slow(new_crm(CrmMode.CLASSIC))
    scene = Scene(store)
    for _ in range(200):
        scene.add()
    token = _begun(scene)
    done = accepted(scene.crm.convert_chunk(token, 100))
    assert (len(done.rows), store.overtaken) == (3, 6)
    assert accepted(scene.crm.run_switch(token, chunk=100)).totals.converted == 200


class _Offering(InMemoryStore):
    """A store that offers a lead which it was not to offer, with what it knows of it."""

    wrong: tuple[LeadId, ...] = ()

    def snapshot(self, query: Query) -> Snapshot:
        """Answer, and offer the wrong leads among the next ones."""
        if query.next_leads is None:
            return super().snapshot(query)
        return super().snapshot(evolve(query, leads=(*query.leads, *self.wrong)))


@pytest.mark.rule("SWITCH-2.1", "SWITCH-9.4")
@pytest.mark.parametrize(
    "what",
    [
        pytest.param("set aside", marks=pytest.mark.rule("SWITCH-9")),
        pytest.param("not active", marks=pytest.mark.rule("SWITCH-2")),
    ],
)
def test_a_lead_that_a_store_must_not_offer_is_not_converted(what: str) -> None:
    """The store is told which rule it breaks and for which lead, and nothing is written."""
    store = _Offering(new_crm(CrmMode.CLASSIC))
    scene = Scene(store)
    wrong, _ = scene.add(title="Wrong"), scene.add(title="Right")
    if what == "not active":
        accepted(scene.crm.close_lead(ADMIN, wrong))
    token = _begun(scene)
    if what == "set aside":
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=wrong, code="broken")))
    before, store.wrong = scene.image(), (wrong,)
    with pytest.raises(ContractBroken, match=f"the store offered leads that are {what}") as caught:
        scene.crm.convert_chunk(token)
    assert caught.value.refs == (Ref(Kind.LEAD, wrong),)
    assert scene.image() == before


class _Counted(InMemoryStore):
    """A store that breaks off where somebody goes on asking without an end."""

    asked = 0

    def snapshot(self, query: Query) -> Snapshot:
        """Answer the first forty questions."""
        self.asked += 1
        assert self.asked < 40, "nobody needs so many looks at an empty backlog"
        return super().snapshot(query)


@pytest.mark.rule("SWITCH-14")
@pytest.mark.parametrize("chunk", [1, 500])
def test_an_empty_backlog_ends_after_a_few_looks(chunk: int) -> None:
    """Whatever the size of a chunk, and for whoever continues the switch."""
    scene = Scene(_Counted(new_crm(CrmMode.CLASSIC)))
    assert scene.switch(key="first", chunk=chunk).result == "switched"
    accepted(scene.crm.switch_to_classic(ADMIN))
    report = accepted(scene.crm.run_switch(_begun(scene, "second"), chunk=chunk))
    assert (report.result, report.totals.at_begin) == ("switched", 0)


@pytest.mark.rule("SWITCH-4.3", "POLICY-6")
@pytest.mark.parametrize("how", ["by hand", "added", "chunk"])
def test_what_is_converted_during_a_switch_has_its_frozen_terms(how: str) -> None:
    """The pipeline gets another first stage, and matching is switched on, after the begin; neither has an effect."""
    scene = classic()
    scene.add_contact("Ada", contact_points=[ADA])
    lead_id = scene.add(contact_points=[ADA])
    token = _begun(scene, policy=ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline()))
    before = scene.crm.pipelines()[1]
    ahead = Stage(code=StageCode("AHEAD_B"), semantics=StageSemantics.IN_PROCESS)
    moved = evolve(before.record, stages=(ahead, *before.record.stages))
    accepted(scene.crm.define_pipeline(ADMIN, moved, before.version))
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    if how == "by hand":
        row = scene.convert(lead_id)
    elif how == "added":
        row = scene.row(scene.add(contact_points=[ADA]))
    else:
        accepted(scene.crm.convert_chunk(token))
        row = scene.row(lead_id)
    assert (scene.deal(row.deal_id).stage, scene.deal(row.deal_id).pipeline_id) == ("FIRST_B", OTHER)
    assert scene.counts()["contacts"] == 2


@pytest.mark.rule("SWITCH-4.3", "MODE-6.6")
@pytest.mark.parametrize("end", ["finished", "cancelled"])
def test_settings_that_change_during_a_switch_are_in_force_after_it(end: str) -> None:
    """They are stored at once; the terms of the switch stay as they are until it ends."""
    scene = classic()
    token = _begun(scene)
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL, repeat_inquiry=RepeatInquiry.ATTACH))
    live = scene.crm.settings()
    assert (live.match, live.repeat_inquiry) == (MatchSetting.EMAIL, RepeatInquiry.ATTACH)
    assert live.match_in_force is MatchSetting.NONE
    accepted(scene.crm.finish_switch(token) if end == "finished" else scene.crm.cancel_switch(ADMIN))
    assert scene.crm.settings().match_in_force is MatchSetting.EMAIL


@pytest.mark.rule("POLICY-2.1")
@pytest.mark.parametrize("how", ["begin", "preview", "by hand"])
def test_an_archived_pipeline_is_none_to_convert_into(how: str) -> None:
    """It is refused like one that does not exist, and nothing is begun."""
    scene = classic()
    lead_id, policy = scene.add(title="x"), ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline())
    accepted(scene.crm.archive_pipeline(ADMIN, OTHER))
    before = scene.image()
    ask: dict[str, Callable[[], object]] = {
        "begin": lambda: scene.crm.begin_switch(ADMIN, policy=policy, key="k"),
        "preview": lambda: scene.crm.preview_switch(ADMIN, policy),
        "by hand": lambda: scene.crm.convert_lead(ADMIN, lead_id, policy=policy),
    }
    assert refused(ask[how]()) == "unknown_pipeline"
    assert scene.image() == before


@pytest.mark.rule("POLICY-2.4")
def test_the_default_pipeline_stays_though_no_policy_goes_by_it() -> None:
    """A policy that names none would have nowhere to go (D-9)."""
    scene = classic()
    scene.switch(ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline()))
    assert refused(scene.crm.archive_pipeline(ADMIN, DEFAULT_PIPELINE)) == "pipeline_in_use"
    assert refused(scene.crm.archive_pipeline(ADMIN, OTHER)) == "pipeline_in_use"


@pytest.mark.rule("SWITCH-4.2", "PERM-4.2", "PERM-4.3")
@pytest.mark.parametrize("other", [SwitchToken("other", Epoch(2)), SwitchToken("k", Epoch(3))], ids=["key", "epoch"])
def test_half_a_token_opens_nothing(other: SwitchToken) -> None:
    """The epoch of the live switch with another key, or its key with another epoch, is stale at every step."""
    scene = classic()
    lead_id = scene.add(title="x")
    assert _begun(scene) == SwitchToken("k", Epoch(2))
    before = scene.image()
    assert refused(scene.crm.convert_chunk(other)) == "stale_switch"
    assert refused(scene.crm.finish_switch(other)) == "stale_switch"
    assert refused(scene.crm.switch_report(other)) == "stale_switch"
    assert refused(scene.crm.run(ADMIN, SetAside(token=other, lead_id=lead_id, code="broken"))) == "stale_switch"
    assert scene.image() == before


@pytest.mark.rule("POLICY-7")
@pytest.mark.parametrize(
    "policy",
    [
        ModeSwitchPolicy(),
        ModeSwitchPolicy(client=ClientChoice.COMPANY),
        ModeSwitchPolicy(pipeline_id=OTHER),
        ModeSwitchPolicy(keep_activities=False),
        ModeSwitchPolicy(client=ClientChoice.BOTH, pipeline_id=OTHER, keep_activities=False),
    ],
    ids=["none", "client", "pipeline", "activities", "all"],
)
def test_whoever_begins_chooses_how_the_leads_are_turned(policy: ModeSwitchPolicy) -> None:
    """Each option alone, none or all of them; what is left out has its default."""
    scene = classic()
    scene.add_other_pipeline()
    lead_id = scene.add(title="x")
    activity = scene.add_activity(Ref(Kind.LEAD, lead_id))
    scene.switch(policy)
    row = scene.row(lead_id)
    client = policy.client or ClientChoice.CONTACT
    assert (row.contact_id is not None, row.company_id is not None) == (client.wants_contact, client.wants_company)
    assert scene.deal(row.deal_id).pipeline_id == (policy.pipeline_id or DEFAULT_PIPELINE)
    assert scene.activity(activity).completed is not policy.keep_activities


@pytest.mark.rule("SWITCH-14", "MODE-5", "SWITCH-10.7")
def test_no_change_is_reported_without_numbers() -> None:
    """The whole switch in Simple answers `no_change`."""
    scene = classic()
    scene.switch(key="first")
    report = scene.switch(key="second")
    assert (report.result, report.token, report.terms) == ("no_change", None, None)
    assert scene.crm.begin_switch(ADMIN, key="second") == NoChange()


@pytest.mark.rule("SWITCH-4", "SWITCH-8", "MODE-4")
class TestEpochsAndEnds:
    """SWITCH-4. Every change of mode makes the next epoch, and the end of a switch is stamped."""

    @pytest.mark.rule("SWITCH-8.2", "SWITCH-8.3", "SWITCH-8.4")
    def test_a_cancelled_switch_is_stamped_and_leaves_classic(self) -> None:
        """The time is that of the commit, the epoch the next one."""
        scene = classic()
        token = scene.begin()
        scene.later()
        done = accepted(scene.crm.cancel_switch(ADMIN))
        assert isinstance(done, SwitchDone)
        assert (done.switch.ended, done.switch.ended_at) == ("cancelled", scene.clock.now())
        settings = scene.crm.settings()
        assert (settings.mode, settings.epoch, settings.switching) == (CrmMode.CLASSIC, token.epoch + 1, None)

    def test_a_finished_switch_is_stamped_and_leaves_simple(self) -> None:
        """The policy of the switch is remembered with its pipeline named."""
        scene = classic()
        token = scene.begin()
        scene.later()
        done = accepted(scene.crm.finish_switch(token))
        assert isinstance(done, SwitchDone)
        assert (done.switch.ended, done.switch.ended_at) == ("finished", scene.clock.now())
        settings = scene.crm.settings()
        assert (settings.mode, settings.epoch) == (CrmMode.SIMPLE, token.epoch + 1)
        assert settings.last_policy == ModeSwitchPolicy(pipeline_id=PipelineId(0))

    def test_going_to_classic_answers_the_next_epoch(self) -> None:
        """The answer is the epoch that is in force."""
        scene = simple()
        before = scene.crm.settings().epoch
        assert accepted(scene.crm.switch_to_classic(ADMIN)) == before + 1
        settings = scene.crm.settings()
        assert (settings.mode, settings.epoch) == (CrmMode.CLASSIC, before + 1)

    @pytest.mark.rule("SWITCH-8.1")
    def test_leads_set_aside_by_an_earlier_switch_count_at_the_next_begin(self) -> None:
        """Every active lead is counted, marked once or not."""
        scene = classic()
        lead_id = scene.add(title="x")
        scene.add(title="y")
        accepted(scene.crm.run(ADMIN, SetAside(token=scene.begin(), lead_id=lead_id, code="c")))
        accepted(scene.crm.cancel_switch(ADMIN))
        scene.begin(key="l")
        status = accepted(scene.crm.switch_status(ADMIN))
        assert (status.totals.at_begin, status.totals.remaining) == (2, 2)


@pytest.mark.rule("CONV-7")
def test_a_match_setting_that_changes_before_the_commit_is_the_one_that_counts() -> None:
    """A lead added at once is decided under the setting of the serial point."""
    scene, store = interrupted()
    scene.switch()
    contact_id = scene.add_contact(contact_points=(email("a@example.com"),))
    store.overtake(lambda: scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    lead_id = scene.add(title="x", contact_points=(email("a@example.com"),))
    assert not store.is_armed
    assert scene.row(lead_id).contact_id == contact_id


@pytest.mark.rule("PERM-3.1")
def test_beginning_asks_for_each_kind_that_the_policy_creates() -> None:
    """Contacts alone are not enough for both, nor deals of other pipelines; a preview asks for the same."""
    scene = classic()
    setter = UserId(50)
    grants = Grant(Operation.ADD, Kind.DEAL, PipelineId(0)), Grant(Operation.ADD, Kind.CONTACT)
    scene.roles.grant(setter, Role(name="setter", levels=dict.fromkeys(grants, Level.ALL), settings=True))
    elsewhere = ModeSwitchPolicy(pipeline_id=scene.add_other_pipeline())
    for policy, subject in (BOTH, None), (elsewhere, Ref(Kind.PIPELINE, OTHER)):
        denied = Refused(Reason.NOT_PERMITTED, subject, "PERM-3")
        assert scene.crm.preview_switch(setter, policy) == denied
        assert scene.crm.begin_switch(setter, key="k", policy=policy) == denied
    assert scene.crm.preview_switch(STRANGER) == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    accepted(scene.crm.begin_switch(setter, key="l"))


class TestKeysOfSwitches:
    """SWITCH-10. A key names one switch for ever."""

    @pytest.mark.rule("SWITCH-10.2", "SWITCH-10.8")
    def test_a_begin_has_a_key_and_a_key_does_not_expire(self) -> None:
        """Other switches and changes of mode in between change nothing about its answer."""
        p = TestCrm.classic()
        with pytest.raises(InvalidValue, match="key: expected"):
            p.crm.begin_switch(p.administrator, key=" ")
        for key in ("2026", "2027", "2028"):
            assert isinstance(report := p.crm.switch_to_simple(p.administrator, key=key), SwitchReport)
            assert report.result == "switched"
            p.crm.switch_to_classic(p.administrator)
        again = p.crm.begin_switch(p.administrator, key="2026")
        assert isinstance(again, SwitchDone)
        assert (again.switch.key, again.switch.ended) == ("2026", "finished")


@pytest.mark.rule("SWITCH-12.2")
def test_a_preview_writes_nothing_and_takes_no_id() -> None:
    """The CRM is the same to the last version, and the first deal has the first id."""
    p = TestCrm.classic()
    lead = p.lead()
    before = p.image()
    p.crm.preview_switch(p.administrator)
    assert p.image() == before
    made = p.crm.convert_lead(p.administrator, lead.id)
    assert isinstance(made, ConvertedLead)
    assert made.row.deal_id == 1


@pytest.mark.rule("POLICY-6.1", "POLICY-7.1", "SWITCH-13.2")
def test_a_switch_goes_by_the_policy_that_was_chosen_and_so_does_what_comes_meanwhile() -> None:
    """And the numbers add up with the lead that was added."""
    p = TestCrm.classic()
    lead = p.lead()
    call = p.activity(lead, kind="call")
    policy = ModeSwitchPolicy(client=ClientChoice.COMPANY, keep_activities=False)
    token = p.crm.begin_switch(p.administrator, key="2026", policy=policy)
    assert isinstance(token, SwitchToken)
    p.crm.add_lead(p.administrator, title="Chairs")
    report = p.crm.switch_report(token)
    assert isinstance(report, SwitchReport)
    assert (report.totals.at_begin, report.totals.added, report.totals.converted, report.totals.remaining) == (
        1,
        1,
        1,
        1,
    )
    assert policy_in_force(p.crm.settings()).client is ClientChoice.COMPANY
    p.crm.run_switch(token)
    assert p.reread(call).completed
    assert (len(p.image().contacts), len(p.image().companies)) == (0, 2)


@pytest.mark.rule("SWITCH-11.1")
def test_the_size_of_a_chunk_leaves_no_trace() -> None:
    """The records are the same, their instants too where the clock stands."""
    images = []
    for chunk in (1, 2, 100):
        p = TestCrm.classic()
        p.leads(4)
        p.crm.switch_to_simple(p.administrator, key="2026", chunk=chunk)
        images.append((p.image().deals, p.image().contacts, p.image().leads, p.image().ledger))
    assert images[0] == images[1] == images[2]


class _Generous(InMemoryStore):
    """A store that offers a chunk what it is told to offer."""

    offers: Any = None
    marks: Any = None

    def snapshot(self, query: Query) -> Snapshot:
        found = super().snapshot(query)
        if self.offers is None or not query.next_leads:
            return found
        return evolve(found, leads=self.offers, marks=self.marks or found.marks)


@pytest.mark.rule("SWITCH-2", "SWITCH-4.6", "SWITCH-9")
def test_a_chunk_says_which_leads_should_not_have_been_offered() -> None:
    """Set aside, not active, or more than were asked for; the references are in order."""
    store = _Generous(new_crm(CrmMode.CLASSIC))
    scene = Scene(store)
    one, two, closed = (scene.add(title=title) for title in "abc")
    accepted(scene.crm.close_lead(ADMIN, closed))
    token, leads = scene.begin(), dict(scene.image().leads)
    mark = LeadOutcome(OutcomeKind.SET_ASIDE, code="unreadable")
    refs = {each: Ref(Kind.LEAD, each) for each in leads}
    store.offers, store.marks = {two: leads[two], one: leads[one]}, {one: mark, two: mark}
    with pytest.raises(ContractBroken) as caught:
        scene.crm.convert_chunk(token)
    assert caught.value.args == ("SWITCH-9", "the store offered leads that are set aside", (refs[one], refs[two]))
    store.offers, store.marks = leads, {one: mark}
    with pytest.raises(ContractBroken) as caught:
        scene.crm.convert_chunk(token)
    assert caught.value.args == ("SWITCH-2", "the store offered leads that are not active", (refs[one], refs[closed]))
    store.offers, store.marks = {one: leads[one], two: leads[two]}, None
    with pytest.raises(ContractBroken) as caught:
        scene.crm.convert_chunk(token, 1)
    assert caught.value.args[:2] == ("SWITCH-4", "the store offered 2 leads, but 1 were asked for")
    assert len(accepted(scene.crm.convert_chunk(token, 2)).rows) == 2


class _Overtaken(InMemoryStore):
    """A store in which a lead is closed just before a chunk of it is lost on the way."""

    closed_before: LeadId | None = None

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        lead, self.closed_before = self.closed_before, None
        if lead is not None:
            accepted(Scene(self).crm.close_lead(ADMIN, lead))
            raise OutcomeUnknown("lost on the way there")
        super().commit(changes, confirm)


@pytest.mark.rule("SWITCH-4", "SWITCH-1")
def test_a_lead_of_a_lost_chunk_that_somebody_closed_is_left_out() -> None:
    """It was neither committed nor is it active now."""
    store = _Overtaken(new_crm(CrmMode.CLASSIC))
    scene = Scene(store)
    first, *others = (scene.add(title=title) for title in "abc")
    token = scene.begin()
    store.closed_before = first
    assert [row.lead_id for row in accepted(scene.crm.convert_chunk(token, 2)).rows] == others
