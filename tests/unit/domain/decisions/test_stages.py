"""A lead is active by what its stage means, and by nothing else about the stage (STAGE-2)."""

import pytest
from attrs import evolve

from crmcore import (
    ContactPoints,
    CrmMode,
    Kind,
    Lead,
    LeadId,
    LeadStages,
    PersonName,
    Ref,
    Stage,
    StageCode,
    StageSemantics,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.image import new_crm
from crmcore.domain.protocol.commands import ImportRecords
from tests.building import ADMIN, Scene, accepted, email, refused

#: Each code means what no program would guess: the names of the product's own stages, turned round.
TURNED = LeadStages(
    stages=(
        Stage(code=StageCode("JUNK"), name="Junk", semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("CONVERTED"), name="Won", semantics=StageSemantics.IN_PROCESS),
        Stage(code=StageCode("NEW"), name="New", semantics=StageSemantics.FAILURE),
        Stage(code=StageCode("IN_PROCESS"), name="In process", semantics=StageSemantics.SUCCESS),
    )
)
ACTIVE, CLOSED = (StageCode("JUNK"), StageCode("CONVERTED")), (StageCode("NEW"), StageCode("IN_PROCESS"))


def _turned() -> Scene:
    return Scene(InMemoryStore(evolve(new_crm(CrmMode.CLASSIC), stages=TURNED)))


def _in(scene: Scene, code: StageCode, id: int = 50) -> LeadId:
    stage = TURNED.get(code)
    assert stage is not None
    lead = Lead(
        id=LeadId(id),
        stage=code,
        semantics=stage.semantics,
        name=PersonName(first="Ada"),
        contact_points=ContactPoints([email("ada@example.com")]),
        responsible=ADMIN,
    )
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(lead,))))
    return LeadId(id)


@pytest.mark.rule("STAGE-2.2", "SWITCH-1")
@pytest.mark.parametrize("code", ACTIVE)
def test_a_lead_in_process_is_active_whatever_its_stage_is_called(code: StageCode) -> None:
    """By hand, in a list, in the counts, for an inquiry and in a switch."""
    scene = _turned()
    lead_id = _in(scene, code)
    assert [each.record.id for each in scene.crm.leads(ADMIN, active=True)] == [lead_id]
    assert [line.active for line in scene.crm.sources(ADMIN)] == [1]
    held = accepted(scene.crm.take_inquiry(ADMIN, channel="call", contact_points=[email("ada@example.com")]))
    assert held.ref == Ref(Kind.LEAD, lead_id)
    assert scene.convert(lead_id).lead_id == lead_id
    second = _in(scene, code, 51)
    assert scene.switch().totals.converted == 1
    assert scene.lead(second).stage == "IN_PROCESS"


@pytest.mark.rule("STAGE-2.1", "SWITCH-2")
@pytest.mark.parametrize("code", CLOSED)
def test_a_lead_in_another_stage_is_not_active_whatever_it_is_called(code: StageCode) -> None:
    """It is refused by hand, passed over by a switch, and an inquiry makes a new lead."""
    scene = _turned()
    lead_id = _in(scene, code)
    before = scene.lead(lead_id)
    assert list(scene.crm.leads(ADMIN, active=True)) == []
    assert refused(scene.crm.convert_lead(ADMIN, lead_id)) == "lead_closed"
    held = accepted(scene.crm.take_inquiry(ADMIN, channel="call", contact_points=[email("ada@example.com")]))
    assert held.ref != Ref(Kind.LEAD, lead_id)
    assert scene.switch().totals.converted == 1
    assert scene.lead(lead_id) == before


@pytest.mark.rule("STAGE-2", "STAGE-1")
def test_commands_go_to_the_first_stage_of_a_meaning_whatever_it_is_called() -> None:
    """Adding, closing, reopening and converting a lead."""
    scene = _turned()
    lead_id = scene.add(title="x")
    assert scene.lead(lead_id).stage == "JUNK"
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    assert scene.lead(lead_id).stage == "NEW"
    accepted(scene.crm.reopen_lead(ADMIN, lead_id, stage=StageCode("CONVERTED")))
    assert scene.lead(lead_id).is_active
    scene.convert(lead_id)
    assert scene.lead(lead_id).stage == "IN_PROCESS"
