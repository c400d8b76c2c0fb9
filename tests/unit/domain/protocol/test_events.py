"""What is told of each step, to the letter."""

import pytest

from crmcore import (
    Epoch,
    Kind,
    Ref,
)
from crmcore.domain.protocol.commands import SetAside
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
from tests.building import ADMIN, BOTH_CLOSE, accepted, classic, simple


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
