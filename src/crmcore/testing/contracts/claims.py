"""Match keys, stages in use, counts and marks: conditions of a commit that are not versions of records."""

import pytest
from attrs import evolve

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, Ref, StageCode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import BeginSwitch, RetrySwitch, SetAside
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.base import StoreTests, blocked, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["ClaimLaws"]


class ClaimLaws(StoreTests):
    """What a commit claims or counts on is looked at in the serial section."""

    @pytest.mark.rule("CONV-7", "INTAKE-3")
    def test_who_creates_changes_or_takes_away_an_address_moves_its_key(self, crmcore_scene: Scene) -> None:
        """The version of a match key moves with each client that has or had it."""
        key = MatchKey(Kind.CONTACT, PointKind.EMAIL, "a@example.com")

        def version() -> int:
            return crmcore_scene.store.snapshot(Query(match_keys=frozenset({key}))).read.versions[Kind.MATCH_KEY][key]

        versions = [version()]
        contact_id = crmcore_scene.add_contact(contact_points=(_email("A@example.com"),))
        versions.append(version())
        accepted(crmcore_scene.crm.edit_contact(ADMIN, contact_id, 1, comments="same address"))
        versions.append(version())
        accepted(crmcore_scene.crm.edit_contact(ADMIN, contact_id, 2, contact_points=()))
        versions.append(version())
        accepted(crmcore_scene.crm.edit_contact(ADMIN, contact_id, 3, comments="no address"))

        assert versions == sorted(set(versions))
        assert version() == versions[-1]

    @pytest.mark.rule("INTAKE-1")
    def test_an_active_lead_moves_the_key_of_its_address(self, crmcore_scene: Scene) -> None:
        """A reader that found no active lead under an address gets a conflict once there is one."""
        key = MatchKey(Kind.LEAD, PointKind.EMAIL, "a@example.com")
        lead_id = crmcore_scene.add()
        read = crmcore_scene.store.snapshot(Query(leads=(lead_id,), match_keys=frozenset({key}))).read
        late = Changes(expects=read, leads={lead_id: evolve(crmcore_scene.lead(lead_id), comments="late")})
        crmcore_scene.add(contact_points=(_email("a@example.com"),))

        with pytest.raises(Conflict) as conflict:
            crmcore_scene.store.commit(late)
        assert [ref.kind for ref in conflict.value.stale] == [Kind.MATCH_KEY]

    @pytest.mark.rule("STAGE-1")
    def test_a_stage_that_came_into_use_cannot_go(self, crmcore_scene: Scene) -> None:
        """`unused_stages` is looked at in the serial section."""
        lead_id = crmcore_scene.add(stage=StageCode("PROCESSED"))
        read = crmcore_scene.store.snapshot(Query()).read

        refuses(crmcore_scene, Changes(expects=read, unused_stages=frozenset({StageCode("PROCESSED")})))
        accepted(crmcore_scene.crm.delete_lead(ADMIN, lead_id))
        crmcore_scene.store.commit(Changes(expects=read, unused_stages=frozenset({StageCode("PROCESSED")})))

    @pytest.mark.rule("SWITCH-13")
    def test_a_begin_that_counted_other_leads_is_a_conflict(self, crmcore_scene: Scene) -> None:
        """The number of leads at the beginning is that of the serial section."""
        crmcore_scene.add()
        late = decided(crmcore_scene, BeginSwitch(key="k"))
        crmcore_scene.add()

        refuses(crmcore_scene, late)

    @pytest.mark.rule("SWITCH-9", "SWITCH-13")
    def test_lifting_marks_leaves_other_outcomes_alone(self, crmcore_scene: Scene) -> None:
        """A lead that was closed after a retry was decided keeps its outcome, in the records and in the numbers."""
        lead_id, token = blocked(crmcore_scene)
        late = decided(crmcore_scene, RetrySwitch())
        accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))
        crmcore_scene.store.commit(late)

        report = accepted(crmcore_scene.crm.switch_status(ADMIN))
        assert (report.totals.closed, report.totals.set_aside, report.totals.remaining) == (1, 0, 0)
        assert [outcome.kind for _, outcome in crmcore_scene.crm.outcomes(ADMIN, token.epoch)] == ["closed"]

    @pytest.mark.rule("SWITCH-9")
    def test_a_mark_that_appeared_is_seen_by_who_read_that_there_was_none(self, crmcore_scene: Scene) -> None:
        """An outcome is version 0 or 1 of its lead under the live epoch."""
        lead_id = crmcore_scene.add()
        token = crmcore_scene.begin()
        first, second = (decided(crmcore_scene, SetAside(token=token, lead_id=lead_id, code="x")) for _ in range(2))
        crmcore_scene.store.commit(first)

        refuses(crmcore_scene, second, Ref(Kind.OUTCOME, lead_id))


def _email(value: str) -> ContactPoint:
    return ContactPoint(kind=PointKind.EMAIL, type="WORK", value=value)
