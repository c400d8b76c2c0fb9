"""Conditions of a commit that hold for every kind of record, in both directions, and under the live epoch alone."""

from typing import Any

import pytest

from crmcore.domain.model.ids import NUMBERED, RECORDS, Kind, Ref, StageCode
from crmcore.domain.protocol.commands import BeginSwitch, SetAside
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.testing.contracts.base import StoreTests, blocked, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["ConditionLaws"]


class ConditionLaws(StoreTests):
    """A condition is as strict for the second kind, the other direction and the last switch as for the first."""

    @pytest.mark.rule("IMPORT-1", "EDIT-1")
    @pytest.mark.parametrize("kind", NUMBERED)
    def test_a_record_that_was_not_read_takes_nobodys_place(self, crmcore_scene: Scene, kind: Kind) -> None:
        """What a commit writes without having read it is new, whatever kind it is of."""
        crmcore_scene.add_activity(Ref(Kind.LEAD, crmcore_scene.add()))
        accepted(crmcore_scene.crm.add_deal(ADMIN, contact_id=crmcore_scene.add_contact()))
        accepted(crmcore_scene.crm.add_company(ADMIN, title="Company"))
        table: dict[Any, Any] = getattr(crmcore_scene.image(), RECORDS[kind])
        written: dict[str, Any] = {RECORDS[kind]: table}

        for id in table:
            refuses(crmcore_scene, crmcore_scene.unread(**written), Ref(kind, id))

    @pytest.mark.rule("SWITCH-13")
    @pytest.mark.parametrize("counted", [0, 1, 2])
    @pytest.mark.parametrize("now", [0, 1, 2])
    def test_a_begin_counts_the_leads_of_its_moment(self, crmcore_scene: Scene, counted: int, now: int) -> None:
        """One lead more, one less, the first and the last: only a switch that counted right begins."""
        ids = [crmcore_scene.add() for _ in range(2)]
        for lead_id in ids[counted:]:
            accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))
        late = decided(crmcore_scene, BeginSwitch(key="k"))
        for lead_id in ids[now:counted]:
            accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))
        for lead_id in ids[counted:now]:
            accepted(crmcore_scene.crm.reopen_lead(ADMIN, lead_id))

        if counted == now:
            crmcore_scene.store.commit(late)
            assert crmcore_scene.crm.settings().switching is not None
        else:
            refuses(crmcore_scene, late, Ref(Kind.LEAD, 0))

    @pytest.mark.rule("SWITCH-9")
    def test_a_mark_of_an_earlier_switch_says_nothing_of_this_one(self, crmcore_scene: Scene) -> None:
        """A lead that an earlier switch set aside is offered by the next one, has no outcome yet, and then has two."""
        lead_id, earlier = blocked(crmcore_scene)
        accepted(crmcore_scene.crm.cancel_switch(ADMIN))
        token = crmcore_scene.begin(key="next")
        assert list(crmcore_scene.store.snapshot(Query(next_leads=NextLeads(1))).leads) == [lead_id]
        crmcore_scene.store.commit(decided(crmcore_scene, SetAside(token=token, lead_id=lead_id, code="y")))

        assert [outcome.code for _, outcome in crmcore_scene.crm.outcomes(ADMIN, token.epoch)] == ["y"]
        assert accepted(crmcore_scene.crm.switch_status(ADMIN)).totals.set_aside == 1
        accepted(crmcore_scene.crm.retry_switch(ADMIN))
        assert list(crmcore_scene.crm.outcomes(ADMIN, token.epoch)) == []
        assert crmcore_scene.store.snapshot(Query(tally=token.epoch)).tally == {}
        assert [outcome.code for _, outcome in crmcore_scene.crm.outcomes(ADMIN, earlier.epoch)] == ["x"]

    @pytest.mark.rule("STAGE-1")
    def test_the_stages_in_use_are_those_of_all_leads_that_are_there(self, crmcore_scene: Scene) -> None:
        """Of closed leads as well, and not of deleted ones."""
        active, closed, deleted = (
            crmcore_scene.add(stage=StageCode(code)) for code in ("NEW", "IN_PROCESS", "PROCESSED")
        )
        accepted(crmcore_scene.crm.close_lead(ADMIN, closed))
        accepted(crmcore_scene.crm.delete_lead(ADMIN, deleted))

        found = crmcore_scene.store.snapshot(Query(stages_in_use=True)).stages_in_use
        assert found == {crmcore_scene.lead(active).stage, crmcore_scene.lead(closed).stage}

    @pytest.mark.rule("CONV-6")
    def test_unbinding_needs_nothing_else(self, crmcore_scene: Scene) -> None:
        """A commit that only takes a binding away takes that one and no other."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        activity_id = crmcore_scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
        gone = {activity_id: frozenset({Ref(Kind.LEAD, one)})}
        crmcore_scene.store.commit(crmcore_scene.unread(unbound=gone))

        assert crmcore_scene.bound(activity_id) == {Ref(Kind.LEAD, two)}
        assert accepted(crmcore_scene.crm.activities(ADMIN, of=Ref(Kind.LEAD, one))) == ()
