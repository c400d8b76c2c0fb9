"""Point 3 of the store contract, for what can make leads active: the epoch fences it, and only the mode moves it."""

import pytest
from attrs import evolve

from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.protocol.commands import AddLead, ConvertChunk, EditRecord, ImportRecords, ReopenLead, SetAside
from crmcore.testing.contracts.base import StoreTests, blocked, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["EpochLaws"]


class EpochLaws(StoreTests):
    """Under one epoch the active leads only become fewer."""

    @pytest.mark.rule("SWITCH-6")
    def test_a_lead_that_was_added_before_a_switch_began_does_not_come_in_after_it(self, crmcore_scene: Scene) -> None:
        """A decision to store an active lead in Classic is a conflict once a switch has begun."""
        late = decided(crmcore_scene, AddLead(fields={"title": "Late"}))
        crmcore_scene.begin()

        refuses(crmcore_scene, late, Ref(Kind.EPOCH, late.expects.epoch))

    @pytest.mark.rule("SWITCH-6")
    def test_a_lead_that_was_reopened_before_a_switch_began_does_not_come_in_after_it(
        self, crmcore_scene: Scene
    ) -> None:
        """A decision to reopen a closed lead in Classic is a conflict once a switch has begun."""
        lead_id = crmcore_scene.add()
        accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))
        late = decided(crmcore_scene, ReopenLead(lead_id=lead_id))
        crmcore_scene.begin()

        refuses(crmcore_scene, late, Ref(Kind.EPOCH, late.expects.epoch))

    @pytest.mark.rule("IMPORT-2")
    def test_a_lead_is_not_updated_by_an_import_from_before_a_switch_began(self, crmcore_scene: Scene) -> None:
        """A decision to update an active lead in Classic is a conflict once a switch has begun."""
        lead_id = crmcore_scene.add(title="Desks")
        update = (evolve(crmcore_scene.lead(lead_id), title="Lamps"), crmcore_scene.version(lead_id))
        late = decided(crmcore_scene, ImportRecords(updates=(update,)))
        crmcore_scene.begin()

        refuses(crmcore_scene, late, Ref(Kind.EPOCH, late.expects.epoch))

    @pytest.mark.rule("SWITCH-4")
    def test_other_settings_do_not_disturb_a_live_switch(self, crmcore_scene: Scene) -> None:
        """A change of settings that leaves the mode alone makes no new epoch: a chunk decided before it commits."""
        lead_id = crmcore_scene.add()
        chunk = decided(crmcore_scene, ConvertChunk(token=crmcore_scene.begin(), size=1))
        accepted(crmcore_scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        crmcore_scene.store.commit(chunk)

        assert crmcore_scene.lead(lead_id).deal_id is not None

    @pytest.mark.rule("SWITCH-4", "SWITCH-9")
    def test_an_outcome_of_an_earlier_switch_hides_no_new_one(self, crmcore_scene: Scene) -> None:
        """An edit that found its lead without a mark of the live switch is a conflict once there is one."""
        lead_id, _ = blocked(crmcore_scene)
        accepted(crmcore_scene.crm.cancel_switch(ADMIN))
        token = crmcore_scene.begin(key="again")
        late = decided(
            crmcore_scene,
            EditRecord(ref=Ref(Kind.LEAD, lead_id), version=crmcore_scene.version(lead_id), fields={"title": "Seen"}),
        )
        accepted(crmcore_scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))

        refuses(crmcore_scene, late, Ref(Kind.OUTCOME, lead_id))
