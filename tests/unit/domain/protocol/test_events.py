"""What is told of each step, to the letter."""

import pytest

from crmcore import (
    Activity,
    ActivityId,
    Epoch,
    Kind,
    Lead,
    LeadId,
    MatchSetting,
    Ref,
    StageCode,
    StageSemantics,
)
from crmcore.domain.protocol.commands import ImportRecords, SetAside
from crmcore.domain.protocol.events import (
    ActivitiesCompleted,
    ActivityAdded,
    ActivityBound,
    ActivityDeleted,
    ActivityReopened,
    ActivityUnbound,
    InquiryTaken,
    LeadAdded,
    LeadClosed,
    LeadConverted,
    LeadDeleted,
    LeadReopened,
    LeadSetAside,
    PipelineArchived,
    PipelineDefined,
    RecordAdded,
    RecordEdited,
    RecordsImported,
    SettingsChanged,
    StagesDefined,
    SwitchBegun,
    SwitchCancelled,
    SwitchedToClassic,
    SwitchFinished,
    SwitchRetried,
)
from tests.building import ADMIN, BOTH_CLOSE, MANAGER, OTHER, accepted, classic, simple


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
        told = scene.heard()
        assert told[:3] == [LeadAdded(lead_id), LeadClosed(lead_id), LeadReopened(lead_id)]
        row = scene.convert(lead_id, BOTH_CLOSE)
        assert scene.heard() == [
            LeadConverted(lead_id, row.deal_id, row.contact_id, row.company_id),
            ActivitiesCompleted((activity_id,)),
        ]
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        assert scene.heard() == [LeadDeleted(lead_id)]

    def test_a_lead_that_is_converted_at_once_is_told_as_added_and_converted(self) -> None:
        """Both facts, in this order."""
        scene = simple()
        lead_id = scene.add(title="x")
        row = scene.row(lead_id)
        assert scene.heard() == [LeadAdded(lead_id), LeadConverted(lead_id, row.deal_id, row.contact_id, None)]

    def test_the_steps_of_a_switch_are_told(self) -> None:
        """Begun, set aside, retried, cancelled; begun again and finished; back to Classic."""
        scene = classic()
        lead_id = scene.add(title="x")
        scene.heard()
        token = scene.begin()
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="unreadable")))
        accepted(scene.crm.retry_switch(ADMIN))
        accepted(scene.crm.cancel_switch(ADMIN))
        assert scene.heard() == [
            SwitchBegun("k", token.epoch),
            LeadSetAside(lead_id, "unreadable"),
            SwitchRetried(token.epoch, (lead_id,)),
            SwitchCancelled("k", token.epoch),
        ]
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        scene.heard()
        again = scene.begin(key="l")
        accepted(scene.crm.finish_switch(again))
        epoch = accepted(scene.crm.switch_to_classic(ADMIN))
        assert scene.heard() == [
            SwitchBegun("l", again.epoch),
            SwitchFinished("l", again.epoch),
            SwitchedToClassic(Epoch(again.epoch + 2)),
        ]
        assert epoch == again.epoch + 2

    def test_what_becomes_of_records_and_activities_is_told(self) -> None:
        """Added, edited, bound, unbound, completed, deleted, imported."""
        scene = classic()
        deal, lead = Ref(Kind.DEAL, accepted(scene.crm.add_deal(ADMIN))), Ref(Kind.LEAD, scene.add())
        contact, company = accepted(scene.crm.add_contact(ADMIN)), scene.add_company()
        assert scene.heard() == [
            RecordAdded(deal),
            LeadAdded(LeadId(1)),
            RecordAdded(Ref(Kind.CONTACT, contact)),
            RecordAdded(Ref(Kind.COMPANY, company)),
        ]
        accepted(scene.crm.edit_company(ADMIN, company, 1, title="Loud Ltd", comments="x"))
        assert scene.heard() == [RecordEdited(Ref(Kind.COMPANY, company), ("comments", "title"))]
        call = accepted(scene.crm.add_activity(ADMIN, of=[deal, lead], kind="call"))
        accepted(scene.crm.unbind_activity(ADMIN, call, deal))
        accepted(scene.crm.complete_activity(ADMIN, call))
        accepted(scene.crm.reopen_activity(ADMIN, call))
        accepted(scene.crm.edit_activity(ADMIN, call, 4, subject="x", completed=True))
        accepted(scene.crm.edit_activity(ADMIN, call, 5, completed=False))
        accepted(scene.crm.bind_activity(ADMIN, call, deal))
        accepted(scene.crm.delete_activity(ADMIN, call))
        assert scene.heard() == [
            ActivityAdded(call),
            ActivityUnbound(call, deal),
            ActivitiesCompleted((call,)),
            ActivityReopened(call),
            RecordEdited(Ref(Kind.ACTIVITY, call), ("completed", "subject")),
            ActivitiesCompleted((call,)),
            RecordEdited(Ref(Kind.ACTIVITY, call), ("completed",)),
            ActivityReopened(call),
            ActivityBound(call, deal),
            ActivityDeleted(call),
        ]
        new = Lead(id=LeadId(50), stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS, responsible=MANAGER)
        work = Activity(id=ActivityId(50)), frozenset({Ref(Kind.LEAD, 50)})
        asked = ImportRecords(leads=(new,), activities=(work,))
        accepted(scene.crm.import_records(ADMIN, asked))
        accepted(scene.crm.import_records(ADMIN, asked))
        assert scene.heard() == [RecordsImported(leads=1, activities=1)]

    def test_what_is_set_up_and_what_comes_in_is_told(self) -> None:
        """Stages, a pipeline and its archive, settings, and an inquiry with what it made."""
        scene = classic()
        stages = scene.crm.lead_stages()
        accepted(scene.crm.define_lead_stages(ADMIN, stages.record, stages.version))
        scene.add_other_pipeline()
        accepted(scene.crm.archive_pipeline(ADMIN, OTHER))
        accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        assert scene.heard() == [
            StagesDefined(),
            PipelineDefined(OTHER),
            PipelineArchived(OTHER),
            SettingsChanged(("match",)),
        ]
        held = accepted(scene.crm.take_inquiry(ADMIN, channel="call"))
        lead = Ref(Kind.LEAD, 1)
        assert scene.heard() == [LeadAdded(LeadId(1)), InquiryTaken(lead, held.activity_id)]

    def test_an_inquiry_that_becomes_a_deal_is_told_with_its_activity(self) -> None:
        """Where leads are not in force; a second one of the same person is told of the same deal."""
        scene = simple()
        held = accepted(scene.crm.take_inquiry(ADMIN, channel="call"))
        assert scene.heard()[-1] == InquiryTaken(held.ref, held.activity_id)
        assert (held.ref, held.activity_id) == (Ref(Kind.DEAL, 1), 1)
