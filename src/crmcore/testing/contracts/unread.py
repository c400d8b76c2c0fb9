"""A lead whose record is left unread: what is known of it without the record, and its closing by the stage alone."""

import pytest
from attrs import evolve

from crmcore.domain.model.ids import Kind, LeadId, Ref, StageCode
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import FULL

__all__ = ["UnreadLaws"]

_JUNK = Stage(code=StageCode("JUNK"), name="Junk lead", semantics=StageSemantics.FAILURE)


class UnreadLaws(StoreTests):
    """Whoever cannot read a lead can close it and delete it all the same (SWITCH-9)."""

    @pytest.mark.rule("SWITCH-9", "SWITCH-13")
    def test_a_lead_is_closed_by_its_stage_alone(self, crmcore_scene: Scene) -> None:
        """Nothing but stage, meaning and version moves; the switch takes its outcome for its mark, and can be ended."""
        lead_id = crmcore_scene.add(**FULL)
        token = crmcore_scene.begin()
        accepted(crmcore_scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))
        before = crmcore_scene.lead(lead_id)
        crmcore_scene.store.commit(_closing(crmcore_scene, lead_id))

        assert crmcore_scene.lead(lead_id) == evolve(before, stage=_JUNK.code, semantics=_JUNK.semantics)
        assert accepted(crmcore_scene.crm.lead(ADMIN, lead_id)).version == 2
        report = accepted(crmcore_scene.crm.run_switch(token))
        assert (report.result, report.totals.closed, report.totals.set_aside) == ("switched", 1, 0)
        assert crmcore_scene.broken_laws() == []

    @pytest.mark.rule("SWITCH-7", "SWITCH-9")
    def test_a_lead_that_moved_on_is_not_closed_by_its_stage(self, crmcore_scene: Scene) -> None:
        """Its version is expected, although its record is not read."""
        lead_id = crmcore_scene.add()
        crmcore_scene.begin()
        late = _closing(crmcore_scene, lead_id)
        crmcore_scene.edit(lead_id, title="Repaired")

        refuses(crmcore_scene, late, Ref(Kind.LEAD, lead_id))

    @pytest.mark.rule("SWITCH-9", "DATA-3")
    def test_what_is_bound_to_an_unread_lead_alone_is_found(self, crmcore_scene: Scene) -> None:
        """Activities bound to nothing else that is left, no deleted ones; they and what they are bound to are read."""
        lead_id, other, gone = crmcore_scene.add(), crmcore_scene.add(), crmcore_scene.add()
        of_lead = Ref(Kind.LEAD, lead_id)
        company = accepted(crmcore_scene.crm.add_company(ADMIN, title="Ltd"))
        alone, with_gone, with_both = (
            crmcore_scene.add_activity(of_lead),
            crmcore_scene.add_activity(of_lead, Ref(Kind.LEAD, gone)),
            crmcore_scene.add_activity(of_lead, Ref(Kind.LEAD, gone), Ref(Kind.COMPANY, company)),
        )
        for ref in (Ref(Kind.LEAD, other), Ref(Kind.CONTACT, crmcore_scene.add_contact())):
            crmcore_scene.add_activity(of_lead, ref)
        accepted(crmcore_scene.crm.delete_activity(ADMIN, crmcore_scene.add_activity(of_lead)))
        accepted(crmcore_scene.crm.delete_lead(ADMIN, gone))
        accepted(crmcore_scene.crm.delete_company(ADMIN, company))
        found = crmcore_scene.store.snapshot(Query(outcome_of=lead_id, unread=True))

        assert found.alone == (alone, with_gone, with_both)
        assert found.read.versions[Kind.ACTIVITY].keys() >= {alone, with_gone, with_both}
        assert found.read.versions[Kind.COMPANY] == {company: 3}
        assert found.read.versions[Kind.LEAD].keys() == {lead_id, other, gone}


def _closing(scene: Scene, lead_id: LeadId) -> Changes:
    """What closes a lead whose record is left unread."""
    read = scene.store.snapshot(Query(outcome_of=lead_id, unread=True)).read
    return Changes(expects=read, closed={lead_id: _JUNK}, outcomes={lead_id: LeadOutcome(OutcomeKind.CLOSED)})
