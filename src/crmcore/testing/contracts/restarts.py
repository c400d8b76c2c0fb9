"""Point 8 of the store contract: what was committed is there for ever, and what was not is not."""

import pytest

from crmcore.application.images import image_of, load_image
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.image import new_crm
from crmcore.domain.protocol.commands import ConvertLead
from crmcore.testing.contracts import base
from crmcore.testing.contracts.scene import Scene, decided
from crmcore.testing.contracts.seeds import SEEDS
from crmcore.testing.field_paths import differences

__all__ = ["RestartLaws"]


class RestartLaws(base.StoreTests):
    """A store that is opened again holds what was committed to it, and all that it promised."""

    @pytest.mark.rule("SWITCH-4")
    def test_a_store_that_is_opened_again_has_all_that_was_committed(
        self, crmcore_scene: Scene, crmcore_reopened: base.Reopened
    ) -> None:
        """Records, versions, bindings, ledger, switches and outcomes are those of before."""
        one, two = crmcore_scene.add(title="One"), crmcore_scene.add(title="Two")
        crmcore_scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
        crmcore_scene.edit(two, comments="seen")
        crmcore_scene.switch(chunk=1)
        before, versions = crmcore_scene.image(), base.all_versions(crmcore_scene.store)

        after = crmcore_reopened()
        assert (after.image(), base.all_versions(after.store)) == (before, versions)

    @pytest.mark.rule("DATA-1", "SWITCH-4")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_store_that_is_opened_again_has_every_field(
        self, seed: str, crmcore_stores: base.Stores, crmcore_opened: base.Opened
    ) -> None:
        """What was committed is read again unchanged, and not from the memory of the writer."""
        given = SEEDS[seed]()
        store = crmcore_stores(new_crm())
        load_image(store, given)

        assert differences(image_of(crmcore_opened(store)), given) == []

    @pytest.mark.rule("SWITCH-4", "SWITCH-1")
    def test_what_a_restart_leaves_of_a_conversion_is_all_of_it_or_nothing(
        self, crmcore_scene: Scene, crmcore_reopened: base.Reopened
    ) -> None:
        """Lead, deal, client and ledger row are there together, or none of them is, so that all laws hold."""
        lead_id = crmcore_scene.add()
        crmcore_scene.convert(lead_id)

        after = crmcore_reopened()
        image = after.image()
        assert len(image.deals) == len(image.contacts) == len(image.ledger)
        assert after.broken_laws() == []

    @pytest.mark.rule("SWITCH-4", "PERM-2")
    def test_a_crash_inside_a_commit_leaves_nothing_of_it(
        self, crmcore_scene: Scene, crmcore_reopened: base.Reopened
    ) -> None:
        """A process that ends in the serial section, before the commit is made, has written nothing."""
        late = decided(crmcore_scene, ConvertLead(lead_id=crmcore_scene.add()))
        before = crmcore_scene.image()

        def crash() -> bool:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            crmcore_scene.store.commit(late, crash)
        assert crmcore_reopened().image() == before

    @pytest.mark.rule("IMPORT-1")
    def test_ids_that_were_handed_out_before_a_restart_are_not_handed_out_again(
        self, crmcore_scene: Scene, crmcore_reopened: base.Reopened
    ) -> None:
        """A reserved id is used up, whether anything was written under it or not."""
        used = crmcore_scene.store.reserve(Kind.DEAL, 3)[-1]

        assert crmcore_reopened().store.reserve(Kind.DEAL, 1)[0] > used

    @pytest.mark.rule("SWITCH-1", "SWITCH-7")
    def test_a_decision_from_before_a_restart_cannot_convert_a_lead_again(
        self, crmcore_scene: Scene, crmcore_reopened: base.Reopened
    ) -> None:
        """The ledger and the versions outlive the process that wrote them."""
        lead_id = crmcore_scene.add()
        late = decided(crmcore_scene, ConvertLead(lead_id=lead_id))
        crmcore_scene.convert(lead_id)
        after = crmcore_reopened()

        base.refuses(after, late, Ref(Kind.LEAD, lead_id))
        base.refuses(after, base.expecting_nothing(late), Ref(Kind.LEDGER, lead_id))

    @pytest.mark.rule("SWITCH-4", "SWITCH-5")
    def test_a_switch_goes_on_after_a_restart(self, crmcore_scene: Scene, crmcore_reopened: base.Reopened) -> None:
        """Another process continues where the first one stopped, and each lead is converted once."""
        for _ in range(5):
            crmcore_scene.add()
        token = crmcore_scene.begin()
        crmcore_scene.crm.convert_chunk(token, 2)

        after = crmcore_reopened()
        assert after.switch(chunk=2).totals.converted == 5
        assert len(after.image().deals) == 5
        assert after.broken_laws() == []
