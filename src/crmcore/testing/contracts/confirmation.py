"""Point 7 of the store contract: the question of the serial section."""

import pytest

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.protocol.commands import CloseLead, ConvertLead
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import Scene, decided

__all__ = ["ConfirmLaws"]


class ConfirmLaws(StoreTests):
    """`confirm` is asked once, after the check and before writing; its "no" writes nothing."""

    @pytest.mark.rule("PERM-2")
    def test_the_last_question_is_asked_once_after_the_check_and_before_writing(self, crmcore_scene: Scene) -> None:
        """`confirm` is asked once where nothing is stale, while nothing is written yet."""
        lead_id = crmcore_scene.add()
        change = decided(crmcore_scene, CloseLead(lead_id=lead_id))
        asked: list[str] = []

        def confirm() -> bool:
            asked.append("asked")
            return True

        crmcore_scene.store.commit(change, confirm)
        assert asked == ["asked"]
        assert not crmcore_scene.lead(lead_id).is_active

        with pytest.raises(Conflict):
            crmcore_scene.store.commit(change, confirm)
        assert asked == ["asked"]

    @pytest.mark.rule("PERM-2")
    def test_a_no_in_the_serial_section_writes_nothing(self, crmcore_scene: Scene) -> None:
        """What was decided upon does not hold any more: a conflict that names the rights, and no change."""
        change = decided(crmcore_scene, CloseLead(lead_id=crmcore_scene.add()))

        refuses(crmcore_scene, change, Ref(Kind.RIGHTS, 0), confirm=lambda: False)

    @pytest.mark.rule("PERM-2", "SWITCH-1")
    def test_a_no_to_a_conversion_leaves_no_deal_behind(self, crmcore_scene: Scene) -> None:
        """A conversion is one commit: where it is not confirmed, neither its deal nor its clients are there."""
        change = decided(crmcore_scene, ConvertLead(lead_id=crmcore_scene.add()))

        refuses(crmcore_scene, change, Ref(Kind.RIGHTS, 0), confirm=lambda: False)

    @pytest.mark.rule("PERM-2")
    def test_a_question_that_fails_writes_nothing(self, crmcore_scene: Scene) -> None:
        """An error raised by `confirm` reaches the caller, and the store is unchanged and usable."""
        lead_id = crmcore_scene.add()
        change = decided(crmcore_scene, CloseLead(lead_id=lead_id))
        before = crmcore_scene.image()

        def confirm() -> bool:
            raise LookupError("nobody to ask")

        with pytest.raises(LookupError):
            crmcore_scene.store.commit(change, confirm)
        assert crmcore_scene.image() == before
        crmcore_scene.store.commit(change)
        assert not crmcore_scene.lead(lead_id).is_active
