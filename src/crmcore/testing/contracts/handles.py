"""Two handles on one database, as two processes have them: each sees what the other one has committed."""

from threading import Thread
from time import monotonic

import pytest
from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict, StoreBusy
from crmcore.domain.model.ids import Kind, PipelineId, Ref, StageCode
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddLead, CloseLead, EditRecord
from crmcore.ports.store import close_store
from crmcore.testing.contracts.base import Needs, Reopened, StoreTests, refuses
from crmcore.testing.contracts.reference import different_answers
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["HandleLaws"]

#: How long a commit in the serial section waits for another one that should not come through: so many times what one
#: takes when nobody is in its way, and at least so many seconds.
_TIMES, _LEAST = 8, 0.2


class HandleLaws(StoreTests):
    """A database has one truth, however many handles are open on it; shown with the hook `reopen`."""

    @pytest.mark.rule("MODE-1", "SWITCH-4")
    def test_two_handles_see_each_others_commits(self, crmcore_scene: Scene, crmcore_reopened: Reopened) -> None:
        """Settings, lead stages, pipelines, mode and records are those of the database, not of an earlier look."""
        one, other = crmcore_scene, crmcore_reopened()
        for number, (writer, reader) in enumerate(((one, other), (other, one)), start=1):
            reader.image()
            _change_everything(writer, number)

            assert (number, different_answers(reader.image(), writer.image())) == (number, [])

    @pytest.mark.rule("SWITCH-4", "EDIT-1")
    def test_a_decision_of_one_handle_is_stale_after_a_commit_of_the_other(
        self, crmcore_scene: Scene, crmcore_reopened: Reopened
    ) -> None:
        """Versions and the epoch are compared with the database, so a begun switch fences every process."""
        one, other = crmcore_scene, crmcore_reopened()
        lead_id = one.add()
        edit = EditRecord(ref=Ref(Kind.LEAD, lead_id), version=1, fields={"comments": "late"})
        late_edit, late_add = decided(one, edit), decided(one, AddLead(fields={"title": "Late"}))
        other.edit(lead_id, comments="first")
        refuses(one, late_edit, Ref(Kind.LEAD, lead_id))
        other.begin()

        refuses(one, late_add, Ref(Kind.EPOCH, late_add.expects.epoch))

    @pytest.mark.rule("PERM-2", "EDIT-1", "SWITCH-7")
    @pytest.mark.usefixtures("crmcore_threads")
    def test_no_other_handle_commits_between_check_and_write(self, crmcore_scene: Scene, crmcore_needs: Needs) -> None:
        """The serial section keeps other processes out: of two commits on one version, one is made."""
        crmcore_needs("reopen")
        lead_id = crmcore_scene.add()
        first, second, alone = (
            decided(crmcore_scene, EditRecord(ref=Ref(Kind.LEAD, id), version=1, fields={"comments": each}))
            for id, each in ((lead_id, "first"), (lead_id, "second"), (crmcore_scene.add(), "alone"))
        )
        made: list[str] = []

        def commit(scene: Scene, changes: Changes, name: str, confirm: Confirm) -> None:
            try:
                scene.store.commit(changes, confirm)
            except (Conflict, StoreBusy):
                return
            made.append(name)

        def elsewhere(changes: Changes, name: str) -> None:
            store = self.reopen(crmcore_scene.store)
            try:
                commit(Scene(store), changes, name, None)
            finally:
                close_store(store)

        began = monotonic()
        elsewhere(alone, "alone")
        patience = max(_LEAST, _TIMES * (monotonic() - began))
        other = Thread(target=elsewhere, args=(second, "second"))

        def confirm() -> bool:
            other.start()
            other.join(patience)
            return True

        commit(crmcore_scene, first, "first", confirm)
        other.join()
        assert made == ["alone", crmcore_scene.lead(lead_id).comments]
        assert crmcore_scene.version(lead_id) == 2


def _change_everything(scene: Scene, number: int) -> None:
    """A change of each kind, another one for each number."""
    crm = scene.crm
    match = (MatchSetting.EMAIL, MatchSetting.NONE)[number - 1]
    accepted(crm.change_settings(ADMIN, match=match))
    stages = crm.lead_stages()
    more = Stage(code=StageCode(f"MORE_{number}"), semantics=StageSemantics.IN_PROCESS)
    accepted(crm.define_lead_stages(ADMIN, LeadStages(stages=(*stages.record.stages, more)), stages.version))
    pipeline = evolve(default_pipeline(), id=PipelineId(number), name=f"Pipeline {number}")
    accepted(crm.define_pipeline(ADMIN, pipeline))
    lead_id = scene.add(title=f"Lead {number}")
    scene.add_activity(Ref(Kind.LEAD, lead_id))
    scene.convert(scene.add(title=f"Converted {number}"))
    scene.store.commit(decided(scene, CloseLead(lead_id=lead_id)))
    scene.begin(key=f"k{number}")
    accepted(crm.cancel_switch(ADMIN))
