"""Answers that are written down here, since a comparison with the store in memory says nothing about that one."""

from typing import cast

import pytest
from attrs import evolve

from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import Kind, LeadId, Ref, StageCode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["AnswerLaws"]


class AnswerLaws(StoreTests):
    """What a store finds is what is there, in order."""

    @pytest.mark.rule("SWITCH-13", "CONV-6")
    def test_a_shared_activity_is_counted_once_another_of_its_leads_was_converted(self, crmcore_scene: Scene) -> None:
        """By this switch and not by hand before it; a lead that was closed counts nothing, and no lead for itself."""
        by_hand, first, closed, later = (crmcore_scene.add() for _ in range(4))
        with_others = {id: crmcore_scene.add_activity(_lead(id), _lead(later)) for id in (by_hand, first, closed)}
        with_client = crmcore_scene.add_activity(_lead(later), Ref(Kind.CONTACT, crmcore_scene.add_contact()))
        crmcore_scene.add_activity(_lead(later))
        crmcore_scene.convert(by_hand)
        accepted(crmcore_scene.crm.convert_chunk(crmcore_scene.begin(), 1))
        accepted(crmcore_scene.crm.close_lead(ADMIN, closed))

        counted = {with_others[by_hand]: False, with_others[first]: True, with_others[closed]: False}
        assert crmcore_scene.store.snapshot(Query(leads=(later,))).shared == {**counted, with_client: False}
        assert crmcore_scene.store.snapshot(Query(leads=(first,))).shared == {with_others[first]: False}

    @pytest.mark.rule("CONV-6")
    def test_the_activities_of_a_lead_come_in_order_however_they_were_bound(self, crmcore_scene: Scene) -> None:
        """An older activity that is bound to a lead later comes before the others, and one bound twice comes once."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        older, newer = crmcore_scene.add_activity(_lead(two)), crmcore_scene.add_activity(_lead(one))
        for id in (older, newer):
            activity = crmcore_scene.activity(id)
            read = crmcore_scene.store.snapshot(Query(activities=(id,))).read
            bindings = {id: frozenset({_lead(one)})}
            crmcore_scene.store.commit(Changes(expects=read, activities={id: activity}, bindings=bindings))

        found = crmcore_scene.store.snapshot(Query(leads=(one,))).lead_activities[one]
        assert [each.id for each in found] == [older, newer]

    @pytest.mark.rule("SWITCH-9")
    def test_the_leads_that_are_set_aside_come_in_order(self, crmcore_scene: Scene) -> None:
        """In that of their ids, and not of their faults."""
        ids = [crmcore_scene.add() for _ in range(3)]
        token = crmcore_scene.begin()
        for id in (ids[2], ids[0]):
            accepted(crmcore_scene.crm.run(ADMIN, SetAside(token=token, lead_id=id, code="x")))

        assert crmcore_scene.store.snapshot(Query(backlog=True)).the_backlog.set_aside == (ids[0], ids[2])

    @pytest.mark.rule("INTAKE-3")
    def test_the_deals_that_a_client_comes_with_are_its_open_ones(self, crmcore_scene: Scene) -> None:
        """Those of the contact found and of its company; a deal that was won or lost is over."""
        points = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
        company = accepted(crmcore_scene.crm.add_company(ADMIN, title="Company"))
        contact = crmcore_scene.add_contact(contact_points=points, company_id=company)
        own = [accepted(crmcore_scene.crm.add_deal(ADMIN, contact_id=contact)) for _ in range(3)]
        of_company = accepted(crmcore_scene.crm.add_deal(ADMIN, company_id=company))
        accepted(crmcore_scene.crm.add_deal(ADMIN, contact_id=crmcore_scene.add_contact()))
        stages = crmcore_scene.crm.pipelines()[0].record.stages
        for id, over in zip(own, [stage for stage in stages if stage.semantics != "P"][:2], strict=False):
            snapshot = crmcore_scene.store.snapshot(Query(deals=(id,)))
            deal = evolve(cast(Deal, snapshot.deals[id]), stage=StageCode(over.code), semantics=over.semantics)
            crmcore_scene.store.commit(Changes(expects=snapshot.read, deals={id: deal}))

        asked = Query(
            match_keys=frozenset({MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")}), open_deals=True
        )
        found = crmcore_scene.store.snapshot(asked).client_deals
        assert {ref: [deal.id for deal in deals] for ref, deals in found.items()} == {
            Ref(Kind.CONTACT, contact): [own[2]],
            Ref(Kind.COMPANY, company): [of_company],
        }


def _lead(id: LeadId) -> Ref:
    return Ref(Kind.LEAD, id)
