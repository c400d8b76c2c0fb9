"""What is told of each step, to the letter."""

import pytest

from crmcore import (
    ClientChoice,
    Epoch,
    Kind,
    ModeSwitchPolicy,
    Ref,
    SwitchToken,
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
from tests.building import ADMIN, Scene, accepted, classic, simple

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
