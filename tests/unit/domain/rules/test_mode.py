"""The mode machine: every cell of its table is driven on a real CRM, and does what it says (MODE-1 to MODE-6)."""

from collections.abc import Callable

import pytest
from attrs import evolve

from crmcore import (
    ChunkDone,
    ConvertedLead,
    CrmMode,
    CrmState,
    InquiryHeld,
    Kind,
    Lead,
    LeadId,
    ModeSwitchPolicy,
    NoChange,
    Reason,
    Refused,
    Settings,
    StageCode,
    StageSemantics,
    SwitchBlocked,
    SwitchDone,
    SwitchToken,
)
from crmcore.domain.model.ids import DEFAULT_PIPELINE, Epoch
from crmcore.domain.model.settings import Switching
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.mode import BEHAVIOURS, Asked, Behaviour, Does, behaviour, state_of
from tests.building import (
    ADMIN,
    TERMS,
    Scene,
    accepted,
    classic,
    faulty,
    refused,
    simple,
)

#: In every scene of this module the first lead is closed, and the second one is active where leads can be.
CLOSED, OTHER = LeadId(1), LeadId(2)


def _leads(scene: Scene) -> Scene:
    scene.add(title="Closed")
    accepted(scene.crm.close_lead(ADMIN, CLOSED))
    scene.add(title="Other")
    return scene


def _classic() -> Scene:
    return _leads(classic())


def _unlicensed() -> Scene:
    scene = _classic()
    scene.plan.classic = False
    return scene


def _switching() -> Scene:
    scene = _classic()
    accepted(scene.crm.begin_switch(ADMIN, key="live"))
    return scene


def _blocked() -> Scene:
    scene, store = faulty()
    _leads(scene)
    store.unconvertible = {OTHER}
    scene.switch(key="live")
    store.heal()
    return scene


def _simple() -> Scene:
    scene = _classic()
    scene.switch(key="ended")
    return scene


SCENES: dict[CrmState, Callable[[], Scene]] = {
    CrmState.CLASSIC: _classic,
    CrmState.UNLICENSED: _unlicensed,
    CrmState.SWITCHING: _switching,
    CrmState.BLOCKED: _blocked,
    CrmState.SIMPLE: _simple,
}


def _token(scene: Scene) -> SwitchToken:
    live = scene.crm.settings().switching
    return SwitchToken("other", Epoch(99)) if live is None else SwitchToken(live.key, live.epoch)


def _begin(scene: Scene) -> object:
    """The key of the live switch joins it; where there is none, it is a new key."""
    answer = scene.crm.begin_switch(ADMIN, key="live")
    if isinstance(answer, SwitchToken) and scene.crm.begin_switch(ADMIN, key="another") == answer:
        raise AssertionError("two keys for one switch")
    return answer


def _finish(scene: Scene) -> object:
    token = _token(scene)
    if scene.crm.mode() is CrmState.SWITCHING:
        accepted(scene.crm.convert_chunk(token))
    return scene.crm.finish_switch(token)


def _import(scene: Scene) -> object:
    lead = Lead(id=LeadId(50), stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS, responsible=ADMIN)
    answer = scene.crm.import_records(ADMIN, ImportRecords(leads=(lead,)))
    return answer if isinstance(answer, Refused) else LeadId(50)


ASK: dict[Asked, Callable[[Scene], object]] = {
    Asked.BEGIN_SWITCH: _begin,
    Asked.CONVERT_CHUNK: lambda scene: scene.crm.convert_chunk(_token(scene)),
    Asked.FINISH_SWITCH: _finish,
    Asked.RESUME_SWITCH: lambda scene: scene.crm.resume_switch(ADMIN),
    Asked.RETRY_SWITCH: lambda scene: scene.crm.retry_switch(ADMIN),
    Asked.CANCEL_SWITCH: lambda scene: scene.crm.cancel_switch(ADMIN),
    Asked.SWITCH_TO_CLASSIC: lambda scene: scene.crm.switch_to_classic(ADMIN),
    Asked.ADD_LEAD: lambda scene: scene.crm.add_lead(ADMIN, title="New"),
    Asked.REOPEN_LEAD: lambda scene: scene.crm.reopen_lead(ADMIN, CLOSED),
    Asked.IMPORT_ACTIVE_LEADS: _import,
    Asked.CONVERT_LEAD: lambda scene: scene.crm.convert_lead(ADMIN, OTHER),
    Asked.TAKE_INQUIRY: lambda scene: scene.crm.take_inquiry(ADMIN, channel="call"),
}


def _seen(scene: Scene, asked: Asked, answer: object, live: bool) -> Does:
    """What a command did, told from its answer and from the CRM alone."""
    lead_of = {Asked.ADD_LEAD, Asked.REOPEN_LEAD, Asked.IMPORT_ACTIVE_LEADS}
    match answer:
        case Refused():
            return Does.REFUSE
        case NoChange():
            return Does.NOTHING
        case SwitchBlocked():
            return Does.LIST
        case SwitchToken() if asked is Asked.BEGIN_SWITCH:
            return Does.JOIN if live else Does.OPEN
        case SwitchToken() | ChunkDone():
            return Does.GO_ON
        case SwitchDone(switch) if switch.ended == "finished":
            return Does.FINISH
        case InquiryHeld(ref, _):
            return Does.KEEP_LEAD if ref.kind is Kind.LEAD else Does.MAKE_DEAL
        case ConvertedLead(row):
            assert scene.deal(row.deal_id).lead_id == row.lead_id
            return Does.MAKE_DEAL
        case int() if asked in lead_of:
            return Does.KEEP_LEAD if scene.lead(LeadId(answer)).is_active else Does.MAKE_DEAL
    return Does.LEAVE


CELLS = [pytest.param(asked, state, id=f"{asked.value}-{state}") for asked in Asked for state in CrmState]


@pytest.mark.rule("MODE-6", "MODE-3", "SWITCH-6")
@pytest.mark.parametrize("asked, state", CELLS)
def test_each_cell_of_the_table_does_what_it_says(asked: Asked, state: CrmState) -> None:
    """A CRM in the state, given the command, does the cell's deed, for its reason, and goes to its next state."""
    scene = SCENES[state]()
    assert scene.crm.mode() is state
    before = scene.image()
    cell = behaviour(asked, state)
    answer = ASK[asked](scene)
    assert _seen(scene, asked, answer, before.settings.switching is not None) is cell.does
    if isinstance(answer, Refused):
        assert answer.reason is cell.reason
    if cell.does in (Does.REFUSE, Does.NOTHING, Does.LIST):
        assert scene.image() == before
    expected = cell.then or state
    # Taking the last set-aside lead away, or lifting its mark, ends a blocked state: it is derived, not stored.
    if state is CrmState.BLOCKED and asked in (Asked.RETRY_SWITCH, Asked.CONVERT_LEAD):
        expected = CrmState.SWITCHING
    assert scene.crm.mode() is expected
    assert scene.holds_all_laws()


@pytest.mark.rule("MODE-6")
def test_the_table_is_complete_and_every_refusing_cell_has_its_reason() -> None:
    """Each command has a cell for each state; who is refused learns why."""
    assert set(BEHAVIOURS) == set(Asked)
    for row in BEHAVIOURS.values():
        assert list(row) == list(CrmState)
        for cell in row.values():
            assert cell.does is not Does.REFUSE or cell.reason is not None


@pytest.mark.rule("MODE-6")
@pytest.mark.parametrize(
    "cell, text",
    [
        (Behaviour(Does.GO_ON), "goes on"),
        (Behaviour(Does.REFUSE, Reason.CLASSIC_ONLY), "is refused (classic_only)"),
        (Behaviour(Does.OPEN, then=CrmState.SWITCHING), "opens a switch → switching"),
    ],
)
def test_a_cell_can_be_read(cell: Behaviour, text: str) -> None:
    """A cell as text names deed, reason and next state."""
    assert str(cell) == text


@pytest.mark.rule("MODE-1", "MODE-2")
def test_modes_have_the_product_s_numbers_and_a_new_crm_is_simple() -> None:
    """Classic is 1, Simple is 2, there is no third; nobody chose, so Simple."""
    assert [(mode.name, int(mode)) for mode in CrmMode] == [("CLASSIC", 1), ("SIMPLE", 2)]
    assert Settings().mode is CrmMode.SIMPLE
    assert simple().crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("MODE-3")
def test_only_licensed_classic_without_a_switch_is_classic_for_new_records() -> None:
    """The effective mode is Classic in one of the five states: there alone a new lead stays a lead."""
    for asked in (Asked.ADD_LEAD, Asked.TAKE_INQUIRY, Asked.IMPORT_ACTIVE_LEADS):
        keeping = [state for state in CrmState if behaviour(asked, state).does is Does.KEEP_LEAD]
        assert keeping == [CrmState.CLASSIC]
    assert state_of(Settings(), plan_has_classic=False) is CrmState.SIMPLE


@pytest.mark.rule("MODE-3")
def test_a_downgrade_loses_nothing_and_an_upgrade_brings_classic_back() -> None:
    """Without the plan, stored leads are read, edited, closed, converted and switched; with it, all is as before."""
    scene = _classic()
    third = scene.add(title="Third")
    before = scene.image()
    scene.plan.classic = False
    scene.plan.classic = True
    assert scene.image() == before
    assert scene.crm.mode() is CrmState.CLASSIC
    scene.plan.classic = False
    accepted(scene.edit(third, title="Edited"))
    accepted(scene.crm.close_lead(ADMIN, third))
    scene.convert(OTHER)
    assert scene.switch().result == "switched"


@pytest.mark.rule("MODE-4", "PLAN-1", "POLICY-6")
def test_going_to_classic_changes_the_mode_and_nothing_else() -> None:
    """No converted lead becomes active again; the plan and the right are asked for."""
    scene = _simple()
    before = scene.image()
    scene.plan.classic = False
    assert refused(scene.crm.switch_to_classic(ADMIN)) == "plan_without_classic"
    scene.plan.classic = True
    accepted(scene.crm.switch_to_classic(ADMIN))
    after = scene.image()
    assert (after.leads, after.deals, after.switches) == (before.leads, before.deals, before.switches)
    assert after.settings.last_policy == before.settings.last_policy == ModeSwitchPolicy(pipeline_id=DEFAULT_PIPELINE)
    assert after.settings.epoch > before.settings.epoch


@pytest.mark.rule("MODE-5", "PLAN-1")
def test_asking_for_the_stored_mode_changes_nothing_and_says_so() -> None:
    """Classic in Classic and Simple in Simple answer `no_change`, and record no key."""
    scene = _classic()
    before = scene.image()
    assert scene.crm.switch_to_classic(ADMIN) == NoChange()
    assert scene.image() == before
    scene = simple()
    assert scene.crm.begin_switch(ADMIN, key="k") == NoChange()
    assert scene.crm.preview_switch(ADMIN) == NoChange()
    assert scene.image().switches == {}


@pytest.mark.rule("MODE-6")
def test_a_live_switch_is_switching_unless_only_marks_are_left() -> None:
    """Blocked is derived from the backlog, never assumed."""
    settings = Settings()
    live = evolve(settings, switching=Switching(epoch=settings.epoch, key="k", terms=TERMS))
    assert state_of(live, plan_has_classic=True) is CrmState.SWITCHING
    assert state_of(live, plan_has_classic=True, only_set_aside_left=True) is CrmState.BLOCKED
    assert simple().store.snapshot(Query()).settings == settings
