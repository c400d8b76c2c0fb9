"""A lead whose record is left unread: what is known of it without the record, and its closing by the stage alone."""

import pytest
from attrs import evolve

from crmcore.domain.model.ids import Kind, LeadId, Ref, StageCode
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import FULL

__all__ = ["UnreadLaws"]

_JUNK = Stage(code=StageCode("JUNK"), name="Junk lead", semantics=StageSemantics.FAILURE)


class UnreadLaws(StoreTests):
    """Whoever cannot read a lead can close it and delete it all the same (SWITCH-9)."""

    @pytest.mark.rule("SWITCH-9", "SWITCH-13")
    def test_a_lead_is_closed_by_its_stage_alone(self, scene: Scene) -> None:
        """Nothing but stage, meaning and version moves; the switch takes its outcome for its mark, and can be ended."""
        lead_id = scene.add(**FULL)
        token = scene.begin()
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))
        before = scene.lead(lead_id)
        scene.store.commit(_closing(scene, lead_id))

        assert scene.lead(lead_id) == evolve(before, stage=_JUNK.code, semantics=_JUNK.semantics)
        assert accepted(scene.crm.lead(ADMIN, lead_id)).version == 2
        report = accepted(scene.crm.run_switch(token))
        assert (report.result, report.totals.closed, report.totals.set_aside) == ("switched", 1, 0)
        assert scene.broken_laws() == []

    @pytest.mark.rule("SWITCH-7", "SWITCH-9")
    def test_a_lead_that_moved_on_is_not_closed_by_its_stage(self, scene: Scene) -> None:
        """Its version is expected, although its record is not read."""
        lead_id = scene.add()
        scene.begin()
        late = _closing(scene, lead_id)
        scene.edit(lead_id, title="Repaired")

        self.refuses(scene, late, Ref(Kind.LEAD, lead_id))

    @pytest.mark.rule("SWITCH-9", "DATA-3")
    def test_what_is_bound_to_an_unread_lead_alone_is_found(self, scene: Scene) -> None:
        """Activities bound to nothing else that is left, and no deleted ones; each is expected, and so is each lead."""
        lead_id, other, gone = scene.add(), scene.add(), scene.add()
        of_lead = Ref(Kind.LEAD, lead_id)
        alone, with_gone = scene.add_activity(of_lead), scene.add_activity(of_lead, Ref(Kind.LEAD, gone))
        for ref in (Ref(Kind.LEAD, other), Ref(Kind.CONTACT, scene.add_contact())):
            scene.add_activity(of_lead, ref)
        accepted(scene.crm.delete_activity(ADMIN, scene.add_activity(of_lead)))
        accepted(scene.crm.delete_lead(ADMIN, gone))
        found = scene.store.snapshot(Query(outcome_of=lead_id, unread=True))

        assert found.alone == (alone, with_gone)
        assert found.read.versions[Kind.ACTIVITY].keys() >= {alone, with_gone}
        assert found.read.versions[Kind.LEAD].keys() == {lead_id, other, gone}


def _closing(scene: Scene, lead_id: LeadId) -> Changes:
    """What closes a lead whose record is left unread."""
    read = scene.store.snapshot(Query(outcome_of=lead_id, unread=True)).read
    return Changes(expects=read, closed={lead_id: _JUNK}, outcomes={lead_id: LeadOutcome(OutcomeKind.CLOSED)})
