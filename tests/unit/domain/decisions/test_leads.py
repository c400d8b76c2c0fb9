"""The life of one lead: a command does what it says, or refuses."""

import pytest

from crmcore import (
    Grant,
    ImportRecords,
    Lead,
    LeadId,
    Level,
    Operation,
    OutcomeKind,
    Ref,
    Role,
    Stage,
    StageCode,
    StageSemantics,
    UserId,
)
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages
from tests.building import ADMIN, Scene, accepted, classic, faulty, refused

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


@pytest.mark.rule("CONV-6", "DATA-3")
class TestTheLastBinding:
    """An activity stays bound to at least one record that is left (D-7)."""

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
