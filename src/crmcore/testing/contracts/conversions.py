"""What a conversion writes besides its lead: by hand, and in a chunk, which a store may commit in another way."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from crmcore.application.step import asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import ContactId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.commands import Command, ConvertChunk, ConvertLead
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.ports.store import Entry, Store
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["ConversionLaws"]

#: Asks for the conversion of a lead, which in a switch is the first of its backlog.
_Way = Callable[[Scene, LeadId, ModeSwitchPolicy], Command[Any]]

_WAYS: dict[str, _Way] = {
    "by hand": lambda scene, lead_id, policy: ConvertLead(lead_id=lead_id, policy=policy),
    "in a chunk": lambda scene, lead_id, policy: ConvertChunk(token=scene.begin(policy), size=1),
}
_EMAIL = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
_KEY = MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")

both_ways = pytest.mark.parametrize("way", _WAYS)


class ConversionLaws(StoreTests):
    """Around the lead, a conversion completes, binds and moves exactly what it must."""

    @pytest.mark.rule("POLICY-4")
    @both_ways
    def test_a_conversion_completes_open_activities_and_leaves_the_others_as_they_were(
        self, crmcore_scene: Scene, way: str
    ) -> None:
        """What was completed keeps its instant and its version, and what was deleted stays deleted."""
        lead_id = crmcore_scene.add()
        ids = [crmcore_scene.add_activity(Ref(Kind.LEAD, lead_id)) for _ in range(3)]
        accepted(crmcore_scene.crm.complete_activity(ADMIN, ids[1]))
        accepted(crmcore_scene.crm.delete_activity(ADMIN, ids[2]))
        crmcore_scene.clock.move(timedelta(days=1))
        change = decided(crmcore_scene, _WAYS[way](crmcore_scene, lead_id, ModeSwitchPolicy(keep_activities=False)))
        before = _entries(crmcore_scene.store, Kind.ACTIVITY)
        crmcore_scene.store.commit(change)
        after = _entries(crmcore_scene.store, Kind.ACTIVITY)

        assert after[ids[0]].record == before[ids[0]].record.completed_by(crmcore_scene.clock.now())
        assert after[ids[0]].version == before[ids[0]].version + 1
        assert [after[id] for id in ids[1:]] == [before[id] for id in ids[1:]]

    @pytest.mark.rule("POLICY-4")
    @both_ways
    def test_a_conversion_completes_what_the_same_commit_writes(self, crmcore_scene: Scene, way: str) -> None:
        """It is stored as it is written and completed; what is written as completed keeps its instant."""
        scene = crmcore_scene
        lead_id = scene.add()
        ids = [scene.add_activity(Ref(Kind.LEAD, lead_id)) for _ in range(3)]
        earlier = scene.clock.now()
        scene.clock.move(timedelta(days=1))
        change = decided(scene, _WAYS[way](scene, lead_id, ModeSwitchPolicy(keep_activities=False)))
        before = _entries(scene.store, Kind.ACTIVITY)
        written: dict[Any, Any] = {
            ids[0]: evolve(before[ids[0]].record, subject="Later"),
            ids[1]: before[ids[1]].record.completed_by(earlier),
            ids[2]: Tombstone(kind=Kind.ACTIVITY, id=ids[2], deleted_at=scene.clock.now()),
        }
        read = scene.store.snapshot(Query(activities=tuple(ids))).read.versions[Kind.ACTIVITY]
        expects = evolve(change.expects, versions={**change.expects.versions, Kind.ACTIVITY: read})
        scene.store.commit(evolve(change, activities=written, expects=expects))
        after = _entries(scene.store, Kind.ACTIVITY)

        expected = {**written, ids[0]: written[ids[0]].completed_by(scene.clock.now())}
        assert {id: (after[id].record, after[id].version - before[id].version) for id in ids} == {
            id: (expected[id], 1) for id in ids
        }

    @pytest.mark.rule("CONV-6", "POLICY-4")
    @pytest.mark.parametrize("keep_activities", [True, False])
    @both_ways
    def test_a_conversion_moves_the_active_leads_that_share_an_activity_and_no_others(
        self, crmcore_scene: Scene, way: str, keep_activities: bool
    ) -> None:
        """A lead that is closed or deleted stays as it is, and so does one that only has the id of a client."""
        one, two, namesake, closed, deleted = (crmcore_scene.add() for _ in range(5))
        contact = Contact(id=ContactId(namesake), responsible=UserId(1))
        crmcore_scene.store.commit(crmcore_scene.unread(contacts={contact.id: contact}))
        crmcore_scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
        leads = [Ref(Kind.LEAD, id) for id in (one, closed, deleted)]
        crmcore_scene.add_activity(*leads, Ref(Kind.CONTACT, contact.id))
        accepted(crmcore_scene.crm.close_lead(ADMIN, closed))
        accepted(crmcore_scene.crm.delete_lead(ADMIN, deleted))
        command = _WAYS[way](crmcore_scene, one, ModeSwitchPolicy(keep_activities=keep_activities))
        before = _entries(crmcore_scene.store, Kind.LEAD)
        crmcore_scene.store.commit(decided(crmcore_scene, command))
        after = _entries(crmcore_scene.store, Kind.LEAD)

        moved = {id: after[id].version - before[id].version for id in after}
        assert moved == {one: 1, two: 1, namesake: 0, closed: 0, deleted: 0}

    @pytest.mark.rule("CONV-6")
    @both_ways
    def test_each_activity_of_a_converted_lead_keeps_what_it_was_bound_to(self, crmcore_scene: Scene, way: str) -> None:
        """Deal and client are added to the bindings of each, which need not be bound alike."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        lead, known = Ref(Kind.LEAD, one), Ref(Kind.CONTACT, crmcore_scene.add_contact())
        ids = [
            crmcore_scene.add_activity(*refs) for refs in ((lead,), (lead, Ref(Kind.LEAD, two)), (lead, known), (lead,))
        ]
        change = decided(crmcore_scene, _WAYS[way](crmcore_scene, one, ModeSwitchPolicy()))
        row = change.ledger[one]
        before = [crmcore_scene.bound(id) for id in ids]
        crmcore_scene.store.commit(change)

        assert row.contact_id is not None
        made = {Ref(Kind.DEAL, row.deal_id), Ref(Kind.CONTACT, row.contact_id)}
        assert [crmcore_scene.bound(id) for id in ids] == [refs | made for refs in before]

    @pytest.mark.rule("CONV-6")
    @pytest.mark.parametrize("change", ["complete", "edit", "reopen", "unbind", "delete"])
    def test_a_change_of_an_activity_leaves_closed_leads_alone(self, crmcore_scene: Scene, change: str) -> None:
        """A closed lead is converted by nobody, so its version counts its own writes alone."""
        active, closed = crmcore_scene.add(), crmcore_scene.add()
        leads = [Ref(Kind.LEAD, active), Ref(Kind.LEAD, closed)]
        activity_id = crmcore_scene.add_activity(*leads)
        accepted(crmcore_scene.crm.close_lead(ADMIN, closed))
        if change == "reopen":
            accepted(crmcore_scene.crm.complete_activity(ADMIN, activity_id))
        before = _entries(crmcore_scene.store, Kind.LEAD)
        crm = crmcore_scene.crm
        read = accepted(crm.activity(ADMIN, activity_id))
        steps: dict[str, Callable[[], object]] = {
            "complete": lambda: crm.complete_activity(ADMIN, activity_id),
            "edit": lambda: crm.edit_activity(ADMIN, activity_id, read, subject="Again"),
            "reopen": lambda: crm.reopen_activity(ADMIN, activity_id),
            "unbind": lambda: crm.unbind_activity(ADMIN, activity_id, leads[1]),
            "delete": lambda: crm.delete_activity(ADMIN, activity_id),
        }
        accepted(steps[change]())
        after = _entries(crmcore_scene.store, Kind.LEAD)

        assert [after[id].version - before[id].version for id in (active, closed)] == [1, 0]

    @pytest.mark.rule("CONV-7")
    @pytest.mark.parametrize("meanwhile", ["a client comes", "the client is edited", "the client leaves"])
    @both_ways
    def test_a_conversion_that_looked_up_an_address_sees_that_it_moved(
        self, crmcore_scene: Scene, way: str, meanwhile: str
    ) -> None:
        """One e-mail has one client, whoever converts the lead and whatever happened since the look-up."""
        accepted(crmcore_scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        lead_id = crmcore_scene.add(contact_points=_EMAIL)
        known = ContactId(0) if meanwhile == "a client comes" else crmcore_scene.add_contact(contact_points=_EMAIL)
        late = decided(crmcore_scene, _WAYS[way](crmcore_scene, lead_id, ModeSwitchPolicy()))
        crm = crmcore_scene.crm
        steps: dict[str, Callable[[], object]] = {
            "a client comes": lambda: crm.add_contact(ADMIN, contact_points=_EMAIL),
            "the client is edited": lambda: crm.edit_contact(ADMIN, known, 1, comments="edited"),
            "the client leaves": lambda: crm.edit_contact(ADMIN, known, 1, contact_points=()),
        }
        accepted(steps[meanwhile]())

        refuses(crmcore_scene, late, Ref(Kind.MATCH_KEY, _KEY))  # type: ignore[arg-type]  # a key is its own id

    @pytest.mark.rule("IMPORT-1")
    @both_ways
    def test_ids_that_a_conversion_writes_are_not_handed_out(self, crmcore_scene: Scene, way: str) -> None:
        """New ids are above those of its deal and its clients, wherever it had them from."""
        lead_id = crmcore_scene.add()
        command = _WAYS[way](crmcore_scene, lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH))
        handler = HANDLERS[type(command)]
        snapshot = crmcore_scene.store.snapshot(handler.query(command))
        context, _ = asked(
            crmcore_scene.roles, crmcore_scene.plan, crmcore_scene.clock, ADMIN, needs_right=handler.needs_right
        )
        kinds = (Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
        change = accepted(handler.decide(command, snapshot, context, {kind: count(1000) for kind in kinds})).changes
        assert change is not None
        crmcore_scene.store.commit(change)

        assert [crmcore_scene.store.reserve(kind, 1)[0] > 1000 for kind in kinds] == [True, True, True]


def _entries(store: Store, kind: Kind) -> dict[Any, Entry]:
    """All records of a kind with their versions, deleted ones as well."""
    return {entry.id: entry for entry in store.page(kind)}
