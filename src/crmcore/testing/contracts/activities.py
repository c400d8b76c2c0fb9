"""Point 4 of the store contract: a lead is the root of its activities."""

from collections.abc import Callable

import pytest

from crmcore.domain.model.ids import ActivityId, Kind, Ref
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["ActivityLaws"]


class ActivityLaws(StoreTests):
    """Bindings are added by union, and a change of an activity moves its leads."""

    @pytest.mark.rule("CONV-6")
    @pytest.mark.parametrize("change", ["add", "bind", "complete", "edit", "reopen", "unbind", "delete"])
    def test_a_change_of_an_activity_moves_every_active_lead_it_is_bound_to(
        self, crmcore_scene: Scene, change: str
    ) -> None:
        """A change of a shared activity is a conflict for a reader of either lead; other leads do not move."""
        one, two, other = crmcore_scene.add(), crmcore_scene.add(), crmcore_scene.add()
        shared = [Ref(Kind.LEAD, one), Ref(Kind.LEAD, two)]
        activity_id = (
            ActivityId(0) if change == "add" else crmcore_scene.add_activity(*shared[: 1 + (change != "bind")])
        )
        if change == "reopen":
            accepted(crmcore_scene.crm.complete_activity(ADMIN, activity_id))
        before = [crmcore_scene.version(each) for each in (one, two, other)]
        crm = crmcore_scene.crm
        steps: dict[str, Callable[[], object]] = {
            "add": lambda: crm.add_activity(ADMIN, of=shared),
            "bind": lambda: crm.bind_activity(ADMIN, activity_id, Ref(Kind.LEAD, two)),
            "complete": lambda: crm.complete_activity(ADMIN, activity_id),
            "edit": lambda: crm.edit_activity(
                ADMIN, activity_id, accepted(crm.activity(ADMIN, activity_id)).version, subject="Again"
            ),
            "reopen": lambda: crm.reopen_activity(ADMIN, activity_id),
            "unbind": lambda: crm.unbind_activity(ADMIN, activity_id, Ref(Kind.LEAD, one)),
            "delete": lambda: crm.delete_activity(ADMIN, activity_id),
        }
        accepted(steps[change]())

        moved = [now - then for now, then in zip(map(crmcore_scene.version, (one, two, other)), before, strict=True)]
        assert moved == [1, 1, 0]

    @pytest.mark.rule("POLICY-4", "CONV-6")
    def test_completing_a_shared_activity_in_bulk_moves_the_other_lead(self, crmcore_scene: Scene) -> None:
        """A conversion that completes an activity moves the active leads that share it."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        crmcore_scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
        before = crmcore_scene.version(two)
        crmcore_scene.convert(one, ModeSwitchPolicy(keep_activities=False))

        assert crmcore_scene.version(two) == before + 1

    @pytest.mark.rule("CONV-6")
    def test_an_activity_of_two_leads_reaches_both_deals(self, crmcore_scene: Scene) -> None:
        """Bindings are added by union: nothing that was bound is lost."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        refs = {Ref(Kind.LEAD, one), Ref(Kind.LEAD, two)}
        activity_id = crmcore_scene.add_activity(*refs)
        for row in (crmcore_scene.convert(one), crmcore_scene.convert(two)):
            assert row.contact_id is not None
            refs |= {Ref(Kind.DEAL, row.deal_id), Ref(Kind.CONTACT, row.contact_id)}

        assert crmcore_scene.bound(activity_id) == refs

    @pytest.mark.rule("CONV-6")
    def test_binding_what_is_bound_adds_to_it(self, crmcore_scene: Scene) -> None:
        """A change that binds an activity again neither loses nor repeats a binding."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        activity_id = crmcore_scene.add_activity(Ref(Kind.LEAD, one))
        activity = crmcore_scene.activity(activity_id)
        both = frozenset({Ref(Kind.LEAD, one), Ref(Kind.LEAD, two)})
        for refs in (frozenset({Ref(Kind.LEAD, two)}), both):
            read = crmcore_scene.store.snapshot(Query(activities=(activity_id,))).read
            crmcore_scene.store.commit(
                Changes(expects=read, activities={activity_id: activity}, bindings={activity_id: refs})
            )

            assert crmcore_scene.bound(activity_id) == both
            assert [len(accepted(crmcore_scene.crm.activities(ADMIN, of=ref))) for ref in sorted(both)] == [1, 1]
