"""The backlog of a switch: its count is current, and the switch ends when nothing is left."""

import pytest

from crmcore.domain.model.ids import Epoch
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.results import SwitchBlocked, SwitchUnfinished
from crmcore.domain.protocol.snapshot import Backlog, Query
from crmcore.testing.contracts.base import StoreTests, blocked
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["BacklogLaws"]


class BacklogLaws(StoreTests):
    """No lead is left behind, because the count is true and no cursor outlives its switch."""

    @pytest.mark.rule("SWITCH-3")
    def test_the_backlog_is_counted_at_the_moment_of_the_snapshot(self, crmcore_scene: Scene) -> None:
        """The number of active leads and the epoch of one snapshot belong together."""
        counts = []
        for _ in range(3):
            crmcore_scene.add()
            counts.append(_backlog(crmcore_scene).active)
        accepted(crmcore_scene.crm.close_lead(ADMIN, crmcore_scene.add()))

        assert [*counts, _backlog(crmcore_scene).active] == [1, 2, 3, 3]

    @pytest.mark.rule("SWITCH-3")
    def test_a_switch_is_not_finished_while_an_active_lead_is_left(self, crmcore_scene: Scene) -> None:
        """Finish counts again, and the CRM stays as it is."""
        crmcore_scene.add()
        found = accepted(crmcore_scene.crm.finish_switch(crmcore_scene.begin()))

        assert isinstance(found, SwitchUnfinished)
        assert crmcore_scene.crm.settings().epoch == Epoch(2)

    @pytest.mark.rule("SWITCH-3", "SWITCH-9")
    def test_a_switch_is_not_finished_while_a_lead_is_set_aside(self, crmcore_scene: Scene) -> None:
        """A lead that is set aside is active still: the switch is blocked, and the mode Classic."""
        lead_id, token = blocked(crmcore_scene)
        found = accepted(crmcore_scene.crm.finish_switch(token))

        assert isinstance(found, SwitchBlocked)
        assert _backlog(crmcore_scene) == Backlog(active=0, set_aside=(lead_id,))
        assert crmcore_scene.crm.settings().mode is CrmMode.CLASSIC

    @pytest.mark.rule("SWITCH-5")
    def test_a_new_switch_begins_with_the_first_active_lead(self, crmcore_scene: Scene) -> None:
        """A lead that an earlier switch has passed by is converted by the next one."""
        first, second = crmcore_scene.add(), crmcore_scene.add()
        accepted(crmcore_scene.crm.close_lead(ADMIN, first))
        accepted(crmcore_scene.crm.convert_chunk(crmcore_scene.begin(), 1))
        accepted(crmcore_scene.crm.cancel_switch(ADMIN))
        accepted(crmcore_scene.crm.reopen_lead(ADMIN, first))
        done = accepted(crmcore_scene.crm.convert_chunk(crmcore_scene.begin(key="again"), 1))

        assert [row.lead_id for row in done.rows] == [first]
        assert crmcore_scene.lead(second).deal_id is not None


def _backlog(scene: Scene) -> Backlog:
    return scene.store.snapshot(Query(backlog=True)).the_backlog
