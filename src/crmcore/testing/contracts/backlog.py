"""The backlog of a switch: its count is current, and the switch ends when nothing is left."""

import pytest

from crmcore.domain.model.ids import Epoch
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.results import SwitchBlocked, SwitchUnfinished
from crmcore.domain.protocol.snapshot import Backlog, Query
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["BacklogLaws"]


class BacklogLaws(StoreTests):
    """No lead is left behind, because the count is true and no cursor outlives its switch."""

    @pytest.mark.rule("SWITCH-3")
    def test_the_backlog_is_counted_at_the_moment_of_the_snapshot(self, scene: Scene) -> None:
        """The number of active leads and the epoch of one snapshot belong together."""
        counts = []
        for _ in range(3):
            scene.add()
            counts.append(_backlog(scene).active)
        accepted(scene.crm.close_lead(ADMIN, scene.add()))

        assert [*counts, _backlog(scene).active] == [1, 2, 3, 3]

    @pytest.mark.rule("SWITCH-3")
    def test_a_switch_is_not_finished_while_an_active_lead_is_left(self, scene: Scene) -> None:
        """Finish counts again, and the CRM stays as it is."""
        scene.add()
        found = accepted(scene.crm.finish_switch(scene.begin()))

        assert isinstance(found, SwitchUnfinished)
        assert scene.crm.settings().epoch == Epoch(2)

    @pytest.mark.rule("SWITCH-3", "SWITCH-9")
    def test_a_switch_is_not_finished_while_a_lead_is_set_aside(self, scene: Scene) -> None:
        """A lead that is set aside is active still: the switch is blocked, and the mode Classic."""
        lead_id, token = self.blocked(scene)
        found = accepted(scene.crm.finish_switch(token))

        assert isinstance(found, SwitchBlocked)
        assert _backlog(scene) == Backlog(active=0, set_aside=(lead_id,))
        assert scene.crm.settings().mode is CrmMode.CLASSIC

    @pytest.mark.rule("SWITCH-5")
    def test_a_new_switch_begins_with_the_first_active_lead(self, scene: Scene) -> None:
        """A lead that an earlier switch has passed by is converted by the next one."""
        first, second = scene.add(), scene.add()
        accepted(scene.crm.close_lead(ADMIN, first))
        accepted(scene.crm.convert_chunk(scene.begin(), 1))
        accepted(scene.crm.cancel_switch(ADMIN))
        accepted(scene.crm.reopen_lead(ADMIN, first))
        done = accepted(scene.crm.convert_chunk(scene.begin(key="again"), 1))

        assert [row.lead_id for row in done.rows] == [first]
        assert scene.lead(second).deal_id is not None


def _backlog(scene: Scene) -> Backlog:
    backlog = scene.store.snapshot(Query(backlog=True)).backlog
    assert backlog is not None
    return backlog
