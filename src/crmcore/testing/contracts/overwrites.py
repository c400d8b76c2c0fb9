"""Point 1 of the store contract for every kind of record: what moved on is not overwritten."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import evolve

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, PipelineId, Ref, StageCode
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol import commands
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["OverwritingLaws"]

_PARTNERS = Pipeline(
    id=PipelineId(7),
    name="Partners",
    stages=(
        Stage(code=StageCode("FIRST_B"), semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("WON_B"), semantics=StageSemantics.SUCCESS),
    ),
)


class OverwritingLaws(StoreTests):
    """Two decide on the same version of something; the second to commit gets a conflict."""

    @pytest.mark.rule("EDIT-1")
    @pytest.mark.parametrize(
        "kind", ["lead", "deal", "contact", "company", "activity", "pipeline", "stages", "settings"]
    )
    def test_a_record_that_moved_on_is_not_overwritten(self, crmcore_scene: Scene, kind: str) -> None:
        """Of two changes of the same version of a record, one is a conflict, for every kind of record."""
        asked, ref = _two_changes(crmcore_scene, kind)
        first, second = (decided(crmcore_scene, each) for each in asked)
        crmcore_scene.store.commit(first)

        refuses(crmcore_scene, second, ref)

    @pytest.mark.rule("SWITCH-2", "SWITCH-7")
    def test_a_lead_that_was_closed_in_between_is_not_converted(self, crmcore_scene: Scene) -> None:
        """A conversion takes active leads only, also where the lead was active when it was decided."""
        lead_id = crmcore_scene.add()
        late = decided(crmcore_scene, commands.ConvertLead(lead_id=lead_id))
        accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))

        refuses(crmcore_scene, late, Ref(Kind.LEAD, lead_id))

    @pytest.mark.rule("IMPORT-2")
    def test_an_import_does_not_update_a_lead_that_moved_on(self, crmcore_scene: Scene) -> None:
        """What people wrote after the import had read a lead stays."""
        lead_id = crmcore_scene.add(title="Desks")
        update = (evolve(crmcore_scene.lead(lead_id), title="Lamps"), crmcore_scene.version(lead_id))
        late = decided(crmcore_scene, commands.ImportRecords(updates=(update,)))
        crmcore_scene.edit(lead_id, comments="called")

        refuses(crmcore_scene, late, Ref(Kind.LEAD, lead_id))

    @pytest.mark.rule("SWITCH-5")
    def test_a_conflict_names_the_busy_lead_of_a_chunk(self, crmcore_scene: Scene) -> None:
        """One busy lead is named and no other, so that the rest of a chunk can be converted without it."""
        ids = [crmcore_scene.add() for _ in range(3)]
        late = decided(crmcore_scene, commands.ConvertChunk(token=crmcore_scene.begin(), size=3))
        crmcore_scene.edit(ids[1], comments="busy")

        with pytest.raises(Conflict) as conflict:
            crmcore_scene.store.commit(late)
        assert [ref for ref in conflict.value.stale if ref.kind is Kind.LEAD] == [Ref(Kind.LEAD, ids[1])]

    @pytest.mark.rule("POLICY-2")
    def test_a_switch_does_not_begin_into_a_pipeline_that_was_archived_in_between(self, crmcore_scene: Scene) -> None:
        """Begin has read the pipeline of its deals, and expects it."""
        accepted(crmcore_scene.crm.define_pipeline(ADMIN, _PARTNERS))
        late = decided(crmcore_scene, commands.BeginSwitch(key="k", policy=ModeSwitchPolicy(pipeline_id=_PARTNERS.id)))
        accepted(crmcore_scene.crm.archive_pipeline(ADMIN, _PARTNERS.id))

        refuses(crmcore_scene, late, Ref(Kind.PIPELINE, _PARTNERS.id))

    @pytest.mark.rule("CONV-7")
    def test_of_two_that_found_no_client_under_an_address_one_makes_it(self, crmcore_scene: Scene) -> None:
        """Two conversions that both would make a client for one address make one: the other is to look again."""
        accepted(crmcore_scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
        email = ContactPoint(kind=PointKind.EMAIL, type="WORK", value="a@example.com")
        ids = [crmcore_scene.add(contact_points=(email,)) for _ in range(2)]
        first, second = (decided(crmcore_scene, commands.ConvertLead(lead_id=lead_id)) for lead_id in ids)
        crmcore_scene.store.commit(first)

        with pytest.raises(Conflict) as conflict:
            crmcore_scene.store.commit(second)
        assert {ref.kind for ref in conflict.value.stale} == {Kind.MATCH_KEY}
        assert len(crmcore_scene.image().contacts) == 1


def _two_changes(scene: Scene, kind: str) -> tuple[Sequence[commands.Command[Any]], Ref]:
    """Two commands that change the same version of one record, and the record."""
    crm = scene.crm
    if kind in ("lead", "deal", "contact", "company"):
        added: dict[str, Callable[[], Any]] = {
            "lead": scene.add,
            "deal": lambda: accepted(crm.add_deal(ADMIN, title="Deal")),
            "contact": scene.add_contact,
            "company": lambda: accepted(crm.add_company(ADMIN, title="Company")),
        }
        ref = Ref(Kind(kind), added[kind]())
        texts = ("first", "second")
        return [commands.EditRecord(ref=ref, version=1, fields={"comments": each}) for each in texts], ref
    if kind == "activity":
        activity_id = scene.add_activity(Ref(Kind.CONTACT, scene.add_contact()))
        return [commands.CompleteActivity(activity_id=activity_id)] * 2, Ref(Kind.ACTIVITY, activity_id)
    if kind == "pipeline":
        return [commands.DefinePipeline(pipeline=_PARTNERS)] * 2, Ref(Kind.PIPELINE, _PARTNERS.id)
    if kind == "stages":
        read = crm.lead_stages()
        return [commands.DefineLeadStages(stages=read.record, version=read.version)] * 2, Ref(Kind.STAGES, 0)
    return [commands.ChangeSettings(match=MatchSetting.EMAIL)] * 2, Ref(Kind.SETTINGS, 0)
