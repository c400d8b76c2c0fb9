"""The life of one lead: a command does what it says, or refuses."""

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    ActivityId,
    Conflict,
    ContactId,
    ConvertChunk,
    ConvertedLead,
    Epoch,
    Grant,
    ImportRecords,
    Kind,
    Lead,
    LeadId,
    LeadStages,
    Level,
    ModeSwitchPolicy,
    Operation,
    OutcomeKind,
    Reason,
    RecordFault,
    Ref,
    Refused,
    Role,
    SetAside,
    Stage,
    StageCode,
    StageSemantics,
    SwitchToken,
    Tombstone,
    UserId,
)
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.protocol.events import RecordEdited
from crmcore.testing import TestCrm
from tests.building import ADMIN, BOTH_CLOSE, NOW, Scene, accepted, classic, faulty, refused

SECOND, LOST = StageCode("SECOND"), StageCode("LOST")


def _scene() -> Scene:
    """A Classic CRM with two in-process and two failure stages."""
    scene = classic()
    more = (Stage(code=SECOND, semantics=StageSemantics.IN_PROCESS), Stage(code=LOST, semantics=StageSemantics.FAILURE))
    stages = LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, *more))
    accepted(scene.crm.define_lead_stages(ADMIN, stages, scene.crm.lead_stages().version))
    return scene


def _imported_success(scene: Scene) -> LeadId:
    won = DEFAULT_LEAD_STAGES.first(StageSemantics.SUCCESS)
    assert won is not None
    lead = Lead(id=LeadId(9), stage=won.code, semantics=won.semantics, title="Won", responsible=UserId(1))
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(lead,))))
    return lead.id


@pytest.mark.rule("CONV-5", "STAGE-2")
class TestClosing:
    """Closing a lead leaves it in a failure stage, whatever stage it stood in."""

    @pytest.mark.rule("CONV-5.2")
    def test_an_imported_success_is_closed_as_failed(self) -> None:
        """It was finished and not converted, so a person may take the success back."""
        scene = _scene()
        lead = _imported_success(scene)
        accepted(scene.crm.close_lead(ADMIN, lead))
        assert scene.lead(lead).semantics is StageSemantics.FAILURE

    def test_a_failed_lead_moves_to_the_failure_stage_that_is_named(self) -> None:
        """And stays where it is when none is named, or its own."""
        scene = _scene()
        lead = scene.add(title="Request")
        accepted(scene.crm.close_lead(ADMIN, lead))
        accepted(scene.crm.close_lead(ADMIN, lead, stage=LOST))
        assert scene.lead(lead).stage == LOST
        version = scene.version(lead)
        accepted(scene.crm.close_lead(ADMIN, lead))
        accepted(scene.crm.close_lead(ADMIN, lead, stage=LOST))
        assert (scene.lead(lead).stage, scene.version(lead)) == (LOST, version)

    def test_what_is_told_is_what_happened(self) -> None:
        """A lead that was failed already is told as edited, and not as closed again."""
        scene = _scene()
        lead = scene.add(title="Request")
        for stage in (None, LOST):
            accepted(scene.crm.close_lead(ADMIN, lead, stage=stage))
        names = [type(event).__name__ for event in scene.told]
        assert names == ["StagesDefined", "LeadAdded", "LeadClosed", "RecordEdited"]


@pytest.mark.rule("SWITCH-6", "SWITCH-9")
class TestReopening:
    """An active lead moves to the in-process stage that is named."""

    def test_an_active_lead_moves_and_stays_active(self) -> None:
        """Also while reopening is refused: it is not reopened, it is active."""
        scene = _scene()
        lead = scene.add(title="Request")
        accepted(scene.crm.reopen_lead(ADMIN, lead, stage=SECOND))
        assert scene.lead(lead).stage == SECOND
        scene.begin()
        accepted(scene.crm.reopen_lead(ADMIN, lead, stage="NEW"))
        version = scene.version(lead)
        accepted(scene.crm.reopen_lead(ADMIN, lead))
        assert (scene.lead(lead).stage, scene.version(lead)) == ("NEW", version)

    @pytest.mark.rule("CONV-9")
    def test_a_converted_lead_stays_converted(self) -> None:
        """The refusal names its deal."""
        scene = _scene()
        lead = scene.add(title="Request")
        accepted(scene.crm.convert_lead(ADMIN, lead))
        deal = scene.lead(lead).deal_id
        assert deal is not None
        assert scene.crm.reopen_lead(ADMIN, lead) == Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, deal))

    @pytest.mark.rule("SWITCH-9.1")
    def test_a_lead_that_was_set_aside_is_tried_again(self) -> None:
        """Its mark is lifted, as by an edit."""
        scene, store = faulty()
        more = Stage(code=SECOND, semantics=StageSemantics.IN_PROCESS)
        stages = LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, more))
        accepted(scene.crm.define_lead_stages(ADMIN, stages, scene.crm.lead_stages().version))
        lead = scene.add(title="Request")
        store.unreadable = {lead}
        token = scene.switch().token
        assert token is not None
        store.unreadable.clear()
        accepted(scene.crm.reopen_lead(ADMIN, lead, stage=SECOND))
        accepted(scene.crm.run_switch(token))
        assert [outcome.kind for _, outcome in scene.crm.outcomes(ADMIN, token.epoch)] == [OutcomeKind.CONVERTED]


@pytest.mark.rule("EDIT-1.3")
def test_any_other_command_under_a_key_is_a_conflict() -> None:
    """However much it looks like the first one: fifty that differ in a number are fifty others."""
    scene = classic()
    accepted(scene.crm.add_lead(ADMIN, title="Desk", key="k"))
    answers = [scene.crm.add_lead(ADMIN, title=f"Desk {number}", key="k") for number in range(50)]
    assert {refused(answer) for answer in answers} == {"key_conflict"}


@pytest.mark.rule("POLICY-4")
def test_an_activity_that_was_complete_without_an_instant_gets_none() -> None:
    """Neither by a conversion nor by hand: nobody knows when it was completed."""
    scene = classic()
    lead_id = scene.add(title="x")
    work = Activity(id=ActivityId(70), subject="Old call", completed=True)
    records = ImportRecords(activities=((work, frozenset({Ref(Kind.LEAD, lead_id)})),))
    accepted(scene.crm.import_records(ADMIN, records))
    accepted(scene.crm.complete_activity(ADMIN, work.id))
    scene.switch(ModeSwitchPolicy(keep_activities=False))
    assert scene.activity(work.id) == work


@pytest.mark.rule("CONV-6.2")
def test_each_binding_that_was_taken_away_leaves_its_trace() -> None:
    """The activity names all of them, and what is left is bound as before."""
    scene = classic()
    refs = [Ref(Kind.LEAD, scene.add(title=title)) for title in ("a", "b", "c")]
    activity = scene.add_activity(*refs)
    for ref in refs[:2]:
        accepted(scene.crm.unbind_activity(ADMIN, activity, ref))
    assert scene.activity(activity).unbound == set(refs[:2])
    assert scene.bound(activity) == {refs[2]}


@pytest.mark.rule("CONV-6", "DATA-3")
class TestTheLastBinding:
    """An activity stays bound to at least one record that is left (D-7)."""

    @pytest.mark.rule("CONV-6.2")
    def test_the_last_binding_to_a_living_record_stays(self) -> None:
        """A deleted record leads nobody to the activity."""
        scene = classic()
        first, second = scene.add(title="First"), scene.add(title="Second")
        one, two = (Ref(Kind.LEAD, id) for id in (first, second))
        activity = scene.add_activity(one, two)
        accepted(scene.crm.delete_lead(ADMIN, second))
        assert refused(scene.crm.unbind_activity(ADMIN, activity, one)) == "last_binding"
        assert scene.bound(activity) == {one, two}

    def test_a_binding_beside_a_living_one_can_go(self) -> None:
        """What stays is enough to find the activity by."""
        scene = classic()
        one, two = (Ref(Kind.LEAD, scene.add(title=title)) for title in ("First", "Second"))
        activity = scene.add_activity(one, two)
        accepted(scene.crm.unbind_activity(ADMIN, activity, one))
        assert scene.bound(activity) == {two}


@pytest.mark.rule("EDIT-1")
def test_a_keyed_inquiry_answers_as_before_though_the_mode_has_changed() -> None:
    """Whoever may add leads hears of the lead that it became, also where inquiries become deals by now."""
    scene = classic()
    clerk = UserId(77)
    scene.roles.grant(clerk, Role(name="clerk", levels={Grant(operation=Operation.ADD, kind=Kind.LEAD): Level.ALL}))
    first = accepted(scene.crm.take_inquiry(clerk, channel="call", title="Hello", key="once"))
    scene.switch()
    assert accepted(scene.crm.take_inquiry(clerk, channel="call", title="Hello", key="once")) == first
    assert refused(scene.crm.take_inquiry(clerk, channel="call", title="Hello", key="another")) == "not_permitted"


@pytest.mark.rule("DATA-3")
class TestTombstones:
    """DATA-3. A tombstone keeps the id and the links, and says when."""

    @pytest.mark.rule("DATA-3.1")
    def test_the_tombstones_of_a_lead_and_its_work(self) -> None:
        """Each names its kind, id and time."""
        scene = classic()
        lead_id = scene.add(title="x")
        activity_id = scene.add_activity(Ref(Kind.LEAD, lead_id))
        scene.later()
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        at = scene.clock.now()
        image = scene.image()
        assert image.leads[lead_id] == Tombstone(kind=Kind.LEAD, id=lead_id, deleted_at=at)
        assert image.activities[activity_id] == Tombstone(kind=Kind.ACTIVITY, id=activity_id, deleted_at=at)
        assert at != NOW

    @pytest.mark.rule("DATA-3.2")
    def test_the_tombstone_of_a_converted_lead_keeps_all_links(self) -> None:
        """Contact, company and deal."""
        scene = classic()
        lead_id = scene.add(title="x")
        row = scene.convert(lead_id, BOTH_CLOSE)
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        stone = scene.image().leads[lead_id]
        assert isinstance(stone, Tombstone)
        assert (stone.contact_id, stone.company_id, stone.deal_id) == (row.contact_id, row.company_id, row.deal_id)

    @pytest.mark.rule("SWITCH-9.11", "DATA-3")
    @pytest.mark.rule("SWITCH-9")
    @pytest.mark.parametrize("leave", ["close_lead", "delete_lead"])
    def test_who_may_change_settings_alone_leaves_one_that_cannot_be_read(self, leave: str) -> None:
        """Whose it is cannot be read: whoever sees every lead is told so, and nobody else learns that it is there."""
        scene, store = faulty()
        lead = scene.add(title="one")
        store.unreadable = {lead}
        reads = {Grant(Operation.READ, Kind.LEAD): Level.ALL}
        edits = {Grant(operation, Kind.LEAD): Level.ALL for operation in (Operation.UPDATE, Operation.DELETE)}
        for number, role in enumerate(
            (Role(name="reads", levels={**reads, **edits}), Role(name="edits", levels=edits))
        ):
            actor = UserId(60 + number)
            scene.roles.grant(actor, role)
            expected = Reason.NOT_PERMITTED if role.name == "reads" else Reason.UNKNOWN_RECORD
            assert getattr(scene.crm, leave)(actor, lead) == Refused(expected, Ref(Kind.LEAD, lead))
        missing = LeadId(lead + 1)
        assert getattr(scene.crm, leave)(ADMIN, missing) == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, missing))
        accepted(getattr(scene.crm, leave)(ADMIN, lead))

    @pytest.mark.rule("SWITCH-9")
    def test_one_that_cannot_be_read_is_closed_once_and_into_a_final_stage(self) -> None:
        """Its stage is all that is known of it."""
        scene, store = faulty()
        lead = scene.add(title="one")
        store.unreadable = {lead}
        assert refused(scene.crm.close_lead(ADMIN, lead, stage=StageCode("NEW"))) == "unknown_stage"
        assert accepted(scene.crm.close_lead(ADMIN, lead, stage=StageCode("JUNK"))) == lead
        assert scene.crm.close_lead(ADMIN, lead) == Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, lead))
        store.unreadable.clear()
        assert scene.lead(lead).stage == "JUNK"

    def test_a_lead_that_shares_work_with_a_damaged_one_is_not_taken_for_damaged(self) -> None:
        """Its own rights are asked, its links stay; until the other one is deleted its fault is the answer."""
        scene, store = faulty()
        company = scene.add_company()
        damaged, lead = scene.add(title="one"), scene.add(title="two", company_id=company)
        scene.add_activity(Ref(Kind.LEAD, damaged), Ref(Kind.LEAD, lead))
        chief = UserId(51)
        reads = {Grant(Operation.READ, Kind.LEAD): Level.ALL}
        scene.roles.grant(chief, Role(name="chief", levels=reads, settings=True))
        store.unreadable = {damaged}
        for actor in (ADMIN, chief):
            with pytest.raises(RecordFault) as raised:
                scene.crm.delete_lead(actor, lead)
            assert raised.value.ref == Ref(Kind.LEAD, damaged)
        accepted(scene.crm.delete_lead(ADMIN, damaged))
        store.unreadable.clear()
        assert refused(scene.crm.delete_lead(chief, lead)) == "not_permitted"
        accepted(scene.crm.delete_lead(ADMIN, lead))
        stone = scene.image().leads[lead]
        assert isinstance(stone, Tombstone)
        assert stone.company_id == company


@pytest.mark.rule("CONV-5", "SWITCH-6")
class TestStages:
    """CONV-5. The success stage is reached by converting; SWITCH-6: only reopening is refused outside Classic."""

    def test_the_lead_that_should_be_converted_is_named(self) -> None:
        """By an edit into the success stage."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.asked_to_edit(lead_id, stage=StageCode("CONVERTED")) == Refused(
            Reason.CONVERT_INSTEAD, Ref(Kind.LEAD, lead_id)
        )

    def test_a_failed_lead_moves_between_failure_stages_in_every_mode(self) -> None:
        """That reopens nothing."""
        scene = classic()
        lost = Stage(code=StageCode("LOST"), semantics=StageSemantics.FAILURE)
        accepted(scene.crm.define_lead_stages(ADMIN, LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, lost)), version=1))
        lead_id = scene.add(title="x")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        scene.switch()
        accepted(scene.edit(lead_id, stage=StageCode("LOST")))
        assert scene.lead(lead_id).stage == "LOST"


@pytest.mark.rule("SWITCH-13", "SWITCH-7")
class TestOutcomes:
    """SWITCH-13. Outcomes are those of a live switch and of its leads."""

    def test_nothing_is_recorded_where_no_switch_is_live(self) -> None:
        """Closing, deleting and converting in Classic leave no outcome."""
        scene = classic()
        closed, deleted, converted = (scene.add(title=title) for title in "abc")
        accepted(scene.crm.close_lead(ADMIN, closed))
        accepted(scene.crm.delete_lead(ADMIN, deleted))
        scene.convert(converted)
        assert dict(scene.image().outcomes) == {}

    def test_a_lead_that_was_closed_before_the_switch_gets_no_outcome(self) -> None:
        """Deleting it while the switch is live changes none of the numbers."""
        scene = classic()
        closed = scene.add(title="a")
        accepted(scene.crm.close_lead(ADMIN, closed))
        scene.add(title="b")
        accepted(scene.crm.begin_switch(ADMIN, key="k"))
        accepted(scene.crm.delete_lead(ADMIN, closed))
        assert dict(scene.image().outcomes) == {}
        assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-6", "SWITCH-9", "STAGE-2")
def test_an_active_lead_moves_to_another_stage_while_a_switch_is_live() -> None:
    """Nothing is reopened, so the state has no say; a lead that was set aside is one of the backlog again."""
    scene = _scene()
    lead_id = scene.add(title="x")
    token = scene.begin()
    accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="unreadable")))
    scene.heard()
    assert scene.crm.reopen_lead(ADMIN, lead_id, stage="NEW") == lead_id
    assert scene.heard() == [RecordEdited(Ref(Kind.LEAD, lead_id), ("stage",))]
    assert accepted(scene.crm.switch_report(token)).set_aside == ()
    assert scene.crm.reopen_lead(ADMIN, lead_id, stage="NEW") == lead_id
    assert scene.heard() == []
    assert scene.crm.reopen_lead(ADMIN, lead_id, stage=SECOND) == lead_id
    assert (scene.lead(lead_id).stage, scene.lead(lead_id).is_active) == (SECOND, True)


@pytest.mark.rule("EDIT-1", "PERM-6")
def test_a_repeated_copy_of_a_deleted_lead_answers_who_may_add_their_own() -> None:
    """The right to some leads is enough to learn what an earlier call made; without it the lead is unknown."""
    scene = _scene()
    worker, reader = UserId(40), UserId(41)
    own = {Grant(Operation.READ, Kind.LEAD): Level.ALL, Grant(Operation.ADD, Kind.LEAD): Level.OWN}
    scene.roles.grant(worker, Role(name="worker", levels=own))
    scene.roles.grant(reader, Role(name="reader", levels={Grant(Operation.READ, Kind.LEAD): Level.ALL}))
    source = scene.add(title="x", responsible=worker)
    made = accepted(scene.crm.copy_lead(worker, source, key="k"))
    accepted(scene.crm.delete_lead(ADMIN, source))
    assert scene.crm.copy_lead(worker, source, key="k") == made
    assert scene.crm.copy_lead(reader, source, key="k") == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, source))


@pytest.mark.rule("PERM-6.3")
def test_a_client_that_may_be_read_may_be_linked() -> None:
    """Reading is enough; a hidden client and a missing one are one answer."""
    scene = _scene()
    worker = UserId(42)
    levels = {
        Grant(Operation.ADD, Kind.LEAD): Level.ALL,
        Grant(Operation.READ, Kind.CONTACT): Level.OWN,
    }
    scene.roles.grant(worker, Role(name="worker", levels=levels))
    mine = accepted(scene.crm.add_contact(ADMIN, responsible=worker))
    hidden = accepted(scene.crm.add_contact(ADMIN, responsible=ADMIN))
    lead_id = accepted(scene.crm.add_lead(worker, contact_id=mine))
    assert scene.lead(lead_id).contact_id == mine
    refusal = scene.crm.add_lead(worker, contact_id=hidden)
    assert refusal == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.CONTACT, hidden))


@pytest.mark.rule("SWITCH-5.2")
@pytest.mark.parametrize(
    "size, without, stale, then_size, then_without",
    [
        (8, (), (3,), 8, (3,)),
        (8, (5,), (3,), 4, (3,)),
        (9, (5,), (3, 4), 4, (3, 4)),
        (8, (), (), 4, ()),
        (2, (5,), (3,), 1, (3,)),
        (1, (5,), (3,), 1, (3,)),
    ],
)
def test_a_chunk_in_conflict_leaves_the_busy_leads_out_or_is_halved(
    size: int, without: tuple[int, ...], stale: tuple[int, ...], then_size: int, then_without: tuple[int, ...]
) -> None:
    """First only the busy leads are left to a later chunk; what stays in conflict, or names no lead, gets smaller."""
    asked = ConvertChunk(token=SwitchToken("k", Epoch(2)), size=size, without=frozenset(map(LeadId, without)))
    conflict = Conflict((Ref(Kind.SETTINGS, 0), *(Ref(Kind.LEAD, each) for each in stale)))
    again = HANDLERS[ConvertChunk].after_conflict
    assert again is not None
    then = again(asked, conflict)
    assert then == evolve(asked, size=then_size, without=frozenset(map(LeadId, then_without)))


@pytest.mark.rule("INTAKE-4", "MODE-5.3", "SWITCH-6.2", "SWITCH-7.2")
class TestOutsideClassic:
    """What the state makes of a command on one lead, or of a change of mode."""

    def test_a_lead_that_is_added_in_simple_is_stored_converted(self) -> None:
        """An integration that only knows leads goes on."""
        p = TestCrm.simple()
        id = p.crm.add_lead(p.administrator, title="Desks")
        assert [(lead.is_active, lead.deal_id) for lead in p.image().leads.values() if isinstance(lead, Lead)] == [
            (False, 1)
        ]
        assert id == 1

    def test_a_closed_lead_stays_closed_while_a_switch_is_live(self) -> None:
        """So the set of active leads only shrinks."""
        p = TestCrm.classic()
        closed, _ = p.lead(stage=StageCode("JUNK")), p.lead()
        p.crm.begin_switch(p.administrator, key="2026")
        assert p.crm.reopen_lead(p.administrator, closed.id) == Refused(
            Reason.REOPEN_REFUSED, Ref(Kind.LEAD, closed.id)
        )

    def test_unlicensed_classic_is_not_classic_already(self) -> None:
        """It would promise a mode that is not in force."""
        p = TestCrm.classic()
        p.plan.classic = False
        assert p.crm.switch_to_classic(p.administrator) == Refused(Reason.PLAN_WITHOUT_CLASSIC)

    def test_who_comes_second_is_given_the_deal_that_exists(self) -> None:
        """A conversion by hand that meets a converted lead repeats its answer."""
        p = TestCrm.classic()
        lead = p.lead()
        first = p.crm.convert_lead(p.administrator, lead.id)
        second = p.crm.convert_lead(p.administrator, lead.id)
        assert isinstance(first, ConvertedLead)
        assert second == ConvertedLead(first.row, already=True)


@pytest.mark.rule("PERM-7.1", "PERM-7.2")
def test_the_key_stands_before_the_stage_and_the_stage_before_a_missing_client() -> None:
    """Each answer is the first of those that stand against the command."""
    p = TestCrm.classic()
    crm, boss, gone = p.crm, p.administrator, StageCode("GONE")
    crm.add_lead(boss, title="Desks", key="form-1")
    for answer, reason in (
        (crm.add_lead(boss, title="Chairs", stage=gone, key="form-1"), Reason.KEY_CONFLICT),
        (crm.add_lead(boss, title="Chairs", stage=gone, contact_id=ContactId(9)), Reason.UNKNOWN_STAGE),
        (crm.add_lead(boss, title="Chairs", contact_id=ContactId(9)), Reason.UNKNOWN_RECORD),
    ):
        assert isinstance(answer, Refused)
        assert answer.reason is reason
