"""What is told, named and stamped, to the letter: events, subjects and rules of refusals, tombstones, epochs.

Found by mutation testing: a rule may hold while its answer names the wrong record.
"""

import pytest

from crmcore import (
    ClientChoice,
    CrmMode,
    Epoch,
    Grant,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    Operation,
    PipelineId,
    Reason,
    Ref,
    Refused,
    Role,
    SwitchDone,
    SwitchToken,
    Tombstone,
    UserId,
)
from crmcore.domain.decisions.keyed import fingerprint
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.protocol.commands import AddLead, SetAside
from crmcore.domain.protocol.events import (
    ActivitiesCompleted,
    LeadAdded,
    LeadClosed,
    LeadConverted,
    LeadDeleted,
    LeadReopened,
    LeadSetAside,
    SwitchBegun,
    SwitchCancelled,
    SwitchedToClassic,
    SwitchFinished,
    SwitchRetried,
)
from crmcore.domain.rules.authority import Rights, may_settings
from crmcore.domain.rules.conversion import not_carried
from tests.building import ADMIN, NOW, OTHER, STRANGER, Scene, accepted, classic, email, phone, simple

BOTH_CLOSE = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)


def _told(scene: Scene) -> list[object]:
    """The events since the last look."""
    told = list(scene.told)
    scene.told.clear()
    return list(told)


def _token(scene: Scene, key: str = "k") -> SwitchToken:
    token = scene.crm.begin_switch(ADMIN, key=key)
    assert isinstance(token, SwitchToken)
    return token


@pytest.mark.rule("DATA-2")
class TestEvents:
    """DATA-2. Events name ids and codes, and each names what it is about."""

    def test_the_life_of_a_lead_is_told(self) -> None:
        """Added, closed, reopened, converted, deleted."""
        scene = classic()
        lead_id = scene.add(title="x")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        accepted(scene.crm.reopen_lead(ADMIN, lead_id))
        activity_id = scene.add_activity(Ref(Kind.LEAD, lead_id))
        told = _told(scene)
        assert told[:3] == [LeadAdded(lead_id), LeadClosed(lead_id), LeadReopened(lead_id)]
        row = scene.convert(lead_id, BOTH_CLOSE)
        assert _told(scene) == [
            LeadConverted(lead_id, row.deal_id, row.contact_id, row.company_id),
            ActivitiesCompleted((activity_id,)),
        ]
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        assert _told(scene) == [LeadDeleted(lead_id)]

    def test_a_lead_that_is_converted_at_once_is_told_as_added_and_converted(self) -> None:
        """Both facts, in this order."""
        scene = simple()
        lead_id = scene.add(title="x")
        row = scene.row(lead_id)
        assert _told(scene) == [LeadAdded(lead_id), LeadConverted(lead_id, row.deal_id, row.contact_id, None)]

    def test_the_steps_of_a_switch_are_told(self) -> None:
        """Begun, set aside, retried, cancelled; begun again and finished; back to Classic."""
        scene = classic()
        lead_id = scene.add(title="x")
        _told(scene)
        token = _token(scene)
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="unreadable")))
        accepted(scene.crm.retry_switch(ADMIN))
        accepted(scene.crm.cancel_switch(ADMIN))
        assert _told(scene) == [
            SwitchBegun("k", token.epoch),
            LeadSetAside(lead_id, "unreadable"),
            SwitchRetried(token.epoch, (lead_id,)),
            SwitchCancelled("k", token.epoch),
        ]
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        _told(scene)
        again = _token(scene, "l")
        accepted(scene.crm.finish_switch(again))
        epoch = accepted(scene.crm.switch_to_classic(ADMIN))
        assert _told(scene) == [
            SwitchBegun("l", again.epoch),
            SwitchFinished("l", again.epoch),
            SwitchedToClassic(Epoch(again.epoch + 2)),
        ]
        assert epoch == again.epoch + 2


@pytest.mark.rule("SWITCH-4", "SWITCH-8", "MODE-4")
class TestEpochsAndEnds:
    """SWITCH-4. Every change of mode makes the next epoch, and the end of a switch is stamped."""

    def test_a_cancelled_switch_is_stamped_and_leaves_classic(self) -> None:
        """The time is that of the commit, the epoch the next one."""
        scene = classic()
        token = _token(scene)
        scene.later()
        done = accepted(scene.crm.cancel_switch(ADMIN))
        assert isinstance(done, SwitchDone)
        assert (done.switch.ended, done.switch.ended_at) == ("cancelled", scene.clock.now())
        settings = scene.crm.settings()
        assert (settings.mode, settings.epoch, settings.switching) == (CrmMode.CLASSIC, token.epoch + 1, None)

    def test_a_finished_switch_is_stamped_and_leaves_simple(self) -> None:
        """The policy of the switch is remembered with its pipeline named."""
        scene = classic()
        token = _token(scene)
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

    def test_leads_set_aside_by_an_earlier_switch_count_at_the_next_begin(self) -> None:
        """Every active lead is counted, marked once or not."""
        scene = classic()
        lead_id = scene.add(title="x")
        scene.add(title="y")
        accepted(scene.crm.run(ADMIN, SetAside(token=_token(scene), lead_id=lead_id, code="c")))
        accepted(scene.crm.cancel_switch(ADMIN))
        _token(scene, "l")
        status = accepted(scene.crm.switch_status(ADMIN))
        assert (status.totals.at_begin, status.totals.remaining) == (2, 2)


@pytest.mark.rule("DATA-3")
class TestTombstones:
    """DATA-3. A tombstone keeps the id and the links, and says when."""

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

    def test_the_tombstone_of_a_converted_lead_keeps_all_links(self) -> None:
        """Contact, company and deal."""
        scene = classic()
        lead_id = scene.add(title="x")
        row = scene.convert(lead_id, BOTH_CLOSE)
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        stone = scene.image().leads[lead_id]
        assert isinstance(stone, Tombstone)
        assert (stone.contact_id, stone.company_id, stone.deal_id) == (row.contact_id, row.company_id, row.deal_id)


@pytest.mark.rule("PERM-6", "PERM-7")
class TestRefusals:
    """PERM-7. A refusal names the record that it is about, and the rule that says no."""

    def test_stages_that_cannot_be_meant(self) -> None:
        """An unknown code, and one of another meaning."""
        scene = classic()
        lead_id = scene.add(title="x")
        for code in ("NOWHERE", "CONVERTED"):
            unknown = Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, code))
            assert scene.crm.close_lead(ADMIN, lead_id, stage=code) == unknown
            assert scene.crm.reopen_lead(ADMIN, lead_id, stage=code) == unknown
        assert scene.crm.add_lead(ADMIN, stage="NOWHERE") == Refused(  # type: ignore[arg-type]  # any code may be asked
            Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NOWHERE")
        )

    def test_closing_answers_with_the_lead(self) -> None:
        """Closed now, or closed before."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.crm.close_lead(ADMIN, lead_id) == lead_id
        assert scene.crm.close_lead(ADMIN, lead_id) == lead_id

    def test_a_closed_lead_is_named(self) -> None:
        """By conversion, and by reopening where leads are not in force."""
        scene = classic()
        lead_id = scene.add(title="x")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        ref = Ref(Kind.LEAD, lead_id)
        assert scene.crm.convert_lead(ADMIN, lead_id) == Refused(Reason.LEAD_CLOSED, ref)
        scene.plan.classic = False
        assert scene.crm.reopen_lead(ADMIN, lead_id) == Refused(Reason.REOPEN_REFUSED, ref)

    def test_missing_rights_name_record_and_rule(self) -> None:
        """Reading is not updating; adding nothing is not adding; settings are PERM-1."""
        scene = classic()
        lead_id = scene.add(title="x")
        reader = UserId(44)
        scene.roles.grant(reader, Role(name="reader", levels={Grant(Operation.READ, Kind.LEAD): Level.ALL}))
        denied = scene.crm.close_lead(reader, lead_id)
        assert denied == Refused(Reason.NOT_PERMITTED, Ref(Kind.LEAD, lead_id), "PERM-6")
        assert scene.crm.add_lead(STRANGER, title="y") == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
        begun = scene.crm.begin_switch(STRANGER, key="k")
        assert isinstance(begun, Refused)
        assert (begun.reason, begun.subject, begun.rule) == (Reason.NOT_PERMITTED, None, "PERM-1")

    def test_converting_by_hand_asks_for_the_pipeline_of_its_policy(self) -> None:
        """The right in the default pipeline does not count for another."""
        scene = classic()
        scene.add_other_pipeline()
        lead_id = scene.add(title="x", responsible=UserId(45))
        levels = {
            Grant(Operation.READ, Kind.LEAD): Level.ALL,
            Grant(Operation.UPDATE, Kind.LEAD): Level.ALL,
            Grant(Operation.ADD, Kind.CONTACT): Level.ALL,
            Grant(Operation.ADD, Kind.DEAL, PipelineId(0)): Level.ALL,
        }
        scene.roles.grant(UserId(45), Role(name="seller", levels=levels))
        there = scene.crm.convert_lead(UserId(45), lead_id, policy=ModeSwitchPolicy(pipeline_id=OTHER))
        assert there == Refused(Reason.NOT_PERMITTED, Ref(Kind.PIPELINE, OTHER), "PERM-3")
        assert accepted(scene.crm.convert_lead(UserId(45), lead_id)).already is False

    def test_resuming_gives_the_token_of_the_live_switch_whatever_its_pipeline(self) -> None:
        """The settings right is enough: what is created was judged at the beginning (PERM-3)."""
        scene = classic()
        scene.add_other_pipeline()
        accepted(scene.crm.begin_switch(ADMIN, key="k", policy=ModeSwitchPolicy(pipeline_id=OTHER)))
        scene.roles.grant(UserId(46), Role(name="setter", settings=True))
        token = accepted(scene.crm.resume_switch(UserId(46)))
        assert (token.key, token.epoch) == ("k", scene.crm.settings().epoch)

    @pytest.mark.parametrize(
        "build, field",
        [
            (lambda: Grant("read", Kind.LEAD), "Grant.operation"),  # type: ignore[arg-type]  # what a test gives wrong
            (lambda: Grant(Operation.READ, "lead"), "Grant.kind"),  # type: ignore[arg-type]  # as above
            (lambda: Role(name=5), "Role.name"),  # type: ignore[arg-type]  # as above
            (lambda: Role(name="x", levels=5), "Role.levels"),  # type: ignore[arg-type]  # as above
        ],
    )
    def test_a_wrong_role_is_named_by_its_field(self, build: object, field: str) -> None:
        """The error says where."""
        assert callable(build)
        with pytest.raises(InvalidValue) as caught:
            build()
        assert caught.value.field == field


@pytest.mark.rule("CONV-3", "CONV-7", "CONV-9", "SWITCH-12")
class TestWhatIsMade:
    """CONV-3. What is not carried is named; CONV-7: a match is per kind; CONV-9: a copy is fresh."""

    def test_contact_points_that_are_lost_are_named_by_kind(self) -> None:
        """A repeat lead's points go nowhere, kind by kind."""
        lead = Lead(
            id=LeadId(1),
            stage="NEW",  # type: ignore[arg-type]  # the code of the first stage
            semantics=StageSemantics.IN_PROCESS,
            responsible=ADMIN,
            contact_points=(email("a@example.com"), phone("1")),  # type: ignore[arg-type]  # any tuple is taken
        )
        assert not_carried(lead, contact=False, company=False) == ("phones", "emails")
        assert not_carried(lead, contact=True, company=False) == ()

    def test_a_company_that_matches_is_used_beside_a_new_contact(self) -> None:
        """Each kind is looked up for itself."""
        scene = classic()
        accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        company_id = scene.add_company(contact_points=(email("a@example.com"),))
        lead_id = scene.add(title="x", contact_points=(email("A@example.com"),))
        row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH))
        assert row.company_id == company_id
        assert scene.contact(row.contact_id).company_id == company_id
        assert scene.deal(row.deal_id).company_id == company_id

    def test_shared_work_after_the_first_is_still_counted(self) -> None:
        """One shared activity is skipped, the lead's own ones are not; by hand and by switch."""
        scene = classic()
        first, second = scene.add(title="a"), scene.add(title="b")
        scene.add_activity(Ref(Kind.LEAD, first), Ref(Kind.LEAD, second))
        scene.add_activity(Ref(Kind.LEAD, second))
        report = scene.switch(chunk=1)
        assert (report.totals.bound, report.totals.kept_open) == (2, 2)

    def test_kept_activities_are_not_told_as_completed(self) -> None:
        """Only what was completed is told so."""
        scene = classic()
        lead_id = scene.add(title="a")
        scene.add_activity(Ref(Kind.LEAD, lead_id))
        _told(scene)
        scene.convert(lead_id)
        assert not [event for event in _told(scene) if isinstance(event, ActivitiesCompleted)]

    def test_a_copy_leaves_the_stage_and_what_was_said_of_it(self) -> None:
        """It starts where new leads start."""
        scene = classic()
        lead_id = scene.add(title="a", stage_description="lost to another", comments="kept")
        copy = scene.lead(accepted(scene.crm.copy_lead(ADMIN, lead_id)))
        assert (copy.stage, copy.stage_description, copy.comments) == ("NEW", None, "kept")

    def test_a_lead_converted_at_once_is_stamped(self) -> None:
        """Its deal and its ledger row have the time of the commit."""
        scene = simple()
        scene.later()
        row = scene.row(scene.add(title="x"))
        assert row.converted_at == scene.clock.now()
        assert scene.deal(row.deal_id).created_at == scene.clock.now()

    def test_the_record_of_a_key_names_the_lead(self) -> None:
        """What the key made is a lead, by kind and id."""
        scene = classic()
        lead_id = accepted(scene.crm.add_lead(ADMIN, title="x", key="key"))
        record = scene.image().commands["key"]
        assert record.made == (Ref(Kind.LEAD, lead_id),)
        assert record.fingerprint == fingerprint(AddLead(fields={"title": "x"}, key="key"))


@pytest.mark.rule("PERM-1")
def test_the_rule_of_a_settings_refusal_is_perm_1_unless_said_otherwise() -> None:
    """Commands about the mode are PERM-1, all others name their rule."""
    nobody = Role(name="nobody")
    rights = Rights.of([nobody])
    assert may_settings(rights) == Refused(Reason.NOT_PERMITTED, None, "PERM-1")
    assert may_settings(rights, "PERM-6") == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
