"""The mode machine: every cell of its table is driven on a real CRM, and does what it says (MODE-1 to MODE-6).

lines: one table, with what drives each of its rows, columns and conditions.
"""

from collections.abc import Callable

import pytest
from attrs import evolve

from crmcore import (
    AddActivity,
    AddLead,
    AddRecord,
    ArchivePipeline,
    BeginSwitch,
    BindActivity,
    CancelSwitch,
    ChangeSettings,
    ChunkDone,
    CloseLead,
    CompleteActivity,
    ConvertChunk,
    ConvertedLead,
    ConvertLead,
    CopyLead,
    CrmMode,
    CrmState,
    DefineLeadStages,
    DefinePipeline,
    DeleteActivity,
    DeleteLead,
    DeleteRecord,
    EditActivity,
    EditRecord,
    EraseRecords,
    FinishSwitch,
    Grant,
    ImportRecords,
    InquiryHeld,
    Kind,
    Lead,
    LeadId,
    LeadOutcome,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    NoChange,
    Operation,
    PipelineId,
    Reason,
    Ref,
    Refused,
    ReopenActivity,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    Role,
    SetAside,
    Settings,
    StageCode,
    StageSemantics,
    SwitchBlocked,
    SwitchDone,
    SwitchToClassic,
    SwitchToken,
    TakeInquiry,
    UnbindActivity,
    UserId,
)
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.ids import CARDS, CLIENTS, DEFAULT_PIPELINE, Epoch
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.settings import Switching
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.mode import BEHAVIOURS, CONDITIONS, Asked, Behaviour, Condition, Does, behaviour, state_of
from tests.building import (
    ADMIN,
    BOTH,
    TERMS,
    Scene,
    accepted,
    classic,
    faulty,
    other_pipeline,
    refused,
    simple,
)

#: In every scene of this module the first lead is closed, and the second one is active where leads can be.
CLOSED, OTHER = LeadId(1), LeadId(2)
#: The default, the one of the switch that finished last, the one of the live switch, and one that nothing goes by.
PIPELINES = (DEFAULT_PIPELINE, PipelineId(5), PipelineId(6), PipelineId(7))
EARLIER, LIVE = (ModeSwitchPolicy(pipeline_id=id) for id in PIPELINES[1:3])
WORKER = UserId(9)


def _prepared(scene: Scene) -> Scene:
    """Pipelines, a switch that has finished, the way back, and two leads."""
    for id in PIPELINES[1:]:
        accepted(scene.crm.define_pipeline(ADMIN, other_pipeline(id)))
    scene.switch(EARLIER, key="earlier")
    accepted(scene.crm.switch_to_classic(ADMIN))
    scene.add(title="Closed")
    accepted(scene.crm.close_lead(ADMIN, CLOSED))
    scene.add(title="Other")
    return scene


def _classic() -> Scene:
    return _prepared(classic())


def _unlicensed() -> Scene:
    scene = _classic()
    scene.plan.classic = False
    return scene


def _switching() -> Scene:
    scene = _classic()
    scene.begin(LIVE, key="live")
    return scene


def _blocked() -> Scene:
    scene, store = faulty()
    _prepared(scene)
    store.unconvertible = {OTHER}
    scene.switch(LIVE, key="live")
    store.heal()
    return scene


def _simple() -> Scene:
    scene = _classic()
    scene.switch(EARLIER, key="ended")
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


def _begin(scene: Scene, actor: UserId) -> object:
    """The key of the live switch joins it; where there is none, it is a new key."""
    answer = scene.crm.begin_switch(actor, policy=LIVE, key="live")
    if isinstance(answer, SwitchToken) and scene.crm.begin_switch(actor, policy=LIVE, key="another") == answer:
        raise AssertionError("two keys for one switch")
    return answer


def _finish(scene: Scene) -> object:
    token = _token(scene)
    if scene.crm.mode() is CrmState.SWITCHING:
        accepted(scene.crm.convert_chunk(token))
    return scene.crm.finish_switch(token)


def _import(scene: Scene, actor: UserId) -> object:
    lead = Lead(id=LeadId(50), stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS, responsible=ADMIN)
    answer = scene.crm.import_records(actor, ImportRecords(leads=(lead,)))
    return answer if isinstance(answer, Refused) else LeadId(50)


def _active(scene: Scene) -> LeadId:
    """The lead that can be closed or deleted: the active one, or the closed one where none is active."""
    return OTHER if scene.lead(OTHER).is_active else CLOSED


def _archive(scene: Scene, actor: UserId) -> object:
    """Archives whatever may be archived."""
    answers = [scene.crm.archive_pipeline(actor, id) for id in PIPELINES]
    return next((answer for answer in answers if not isinstance(answer, Refused)), answers[0])


#: Each command by an actor; those with a token need none (PERM-4).
ASK: dict[Asked, Callable[[Scene, UserId], object]] = {
    Asked.PREVIEW_SWITCH: lambda scene, actor: scene.crm.preview_switch(actor),
    Asked.BEGIN_SWITCH: _begin,
    Asked.CONVERT_CHUNK: lambda scene, actor: scene.crm.convert_chunk(_token(scene)),
    Asked.SET_ASIDE: lambda scene, actor: scene.crm.run(
        actor, SetAside(token=_token(scene), lead_id=OTHER, code="broken")
    ),
    Asked.FINISH_SWITCH: lambda scene, actor: _finish(scene),
    Asked.SWITCH_STATUS: lambda scene, actor: scene.crm.switch_status(actor),
    Asked.RESUME_SWITCH: lambda scene, actor: scene.crm.resume_switch(actor),
    Asked.RETRY_SWITCH: lambda scene, actor: scene.crm.retry_switch(actor),
    Asked.CANCEL_SWITCH: lambda scene, actor: scene.crm.cancel_switch(actor),
    Asked.SWITCH_TO_CLASSIC: lambda scene, actor: scene.crm.switch_to_classic(actor),
    Asked.ADD_LEAD: lambda scene, actor: scene.crm.add_lead(actor, title="New"),
    Asked.REOPEN_LEAD: lambda scene, actor: scene.crm.reopen_lead(actor, CLOSED),
    Asked.EDIT_STAGE: lambda scene, actor: scene.crm.edit_lead(
        actor, CLOSED, scene.version(CLOSED), stage=StageCode("NEW")
    ),
    Asked.CLOSE_LEAD: lambda scene, actor: scene.crm.close_lead(actor, _active(scene)),
    Asked.DELETE_LEAD: lambda scene, actor: scene.crm.delete_lead(actor, _active(scene)),
    Asked.IMPORT_ACTIVE_LEADS: _import,
    Asked.CONVERT_LEAD: lambda scene, actor: scene.crm.convert_lead(actor, OTHER),
    Asked.TAKE_INQUIRY: lambda scene, actor: scene.crm.take_inquiry(actor, channel="call"),
    Asked.ARCHIVE_PIPELINE: _archive,
}

#: What needs no table to follow: marks come and go, and a blocked state is derived from them (MODE-6).
DERIVED = {
    (CrmState.SWITCHING, Asked.SET_ASIDE): CrmState.BLOCKED,
    **{
        (CrmState.BLOCKED, asked): CrmState.SWITCHING
        for asked in (Asked.RETRY_SWITCH, Asked.CONVERT_LEAD, Asked.CLOSE_LEAD, Asked.DELETE_LEAD)
    },
}

#: What an answer of each command means where its class alone does not tell.
DEEDS = {
    Asked.PREVIEW_SWITCH: Does.PLAN,
    Asked.SWITCH_STATUS: Does.REPORT,
    Asked.SWITCH_TO_CLASSIC: Does.LEAVE,
    Asked.CLOSE_LEAD: Does.CLOSE,
    Asked.DELETE_LEAD: Does.DELETE,
}


def _seen(scene: Scene, asked: Asked, answer: object, before: CrmImage) -> Does:
    """What a command did, told from its answer and from the CRM alone."""
    live = before.settings.switching is not None
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
        case LeadOutcome():
            return Does.MARK if scene.image() != before else Does.MARKED
        case SwitchDone(switch):
            return Does.FINISH if switch.ended == "finished" else Does.LEAVE
        case InquiryHeld(ref, _):
            return Does.KEEP_LEAD if ref.kind is Kind.LEAD else Does.MAKE_DEAL
        case ConvertedLead(row, already):
            assert scene.deal(row.deal_id).lead_id == row.lead_id
            return Does.FIRST if already else Does.MAKE_DEAL
    if asked is Asked.ARCHIVE_PIPELINE:
        kept = {id for id, pipeline in scene.image().pipelines.items() if not pipeline.archived}
        return Does.ARCHIVE if len(kept) == 2 else Does.ARCHIVE_UNUSED
    if asked is Asked.EDIT_STAGE:
        return Does.KEEP_LEAD if scene.lead(CLOSED).is_active else Does.NOTHING
    if isinstance(answer, int) and asked in (Asked.ADD_LEAD, Asked.REOPEN_LEAD, Asked.IMPORT_ACTIVE_LEADS):
        return Does.KEEP_LEAD if scene.lead(LeadId(answer)).is_active else Does.MAKE_DEAL
    return DEEDS[asked]


CELLS = [pytest.param(asked, state, id=f"{asked.value}-{state}") for asked in Asked for state in CrmState]


@pytest.mark.rule("MODE-6.1", "MODE-3.3", "MODE-3.4", "SWITCH-6.1", "SWITCH-7.4")
@pytest.mark.parametrize("asked, state", CELLS)
def test_each_cell_of_the_table_does_what_it_says(asked: Asked, state: CrmState) -> None:
    """A CRM in the state, given the command, does the cell's deed, for its reason, and goes to its next state."""
    scene = SCENES[state]()
    assert scene.crm.mode() is state
    before = scene.image()
    cell = behaviour(asked, state)
    answer = ASK[asked](scene, ADMIN)
    assert _seen(scene, asked, answer, before) is cell.does
    if isinstance(answer, Refused):
        assert answer.reason is cell.reason
    if cell.does in (Does.REFUSE, Does.NOTHING, Does.LIST, Does.PLAN, Does.REPORT, Does.MARKED, Does.FIRST):
        assert scene.image() == before
    # What the steps of the switch write is what they are for; `recorded` speaks of commands beside them.
    steps = (Asked.CONVERT_CHUNK, Asked.SET_ASIDE, Asked.FINISH_SWITCH, Asked.RETRY_SWITCH)
    assert (asked not in steps and scene.image().outcomes != before.outcomes) is cell.recorded
    assert scene.crm.mode() is (DERIVED.get((state, asked)) or cell.then or state)
    assert scene.holds_all_laws()


def _without_plan(state: CrmState) -> Scene:
    scene = SCENES[state]()
    scene.plan.classic = False
    return scene


@pytest.mark.rule("MODE-6.4", "MODE-6.5", "PLAN-1.2")
@pytest.mark.parametrize("asked, state", [cell for cell in CELLS if cell.values[1] is not CrmState.CLASSIC])
def test_a_cell_that_needs_the_plan_is_refused_without_it_and_no_other_is(asked: Asked, state: CrmState) -> None:
    """In each state but Classic, which has the plan, taking the plan away changes just the cells that say so."""
    cell, scene = behaviour(asked, state), _without_plan(state)
    before = scene.image()
    answer = ASK[asked](scene, ADMIN)
    if cell.needs_plan:
        assert refused(answer) == "plan_without_classic"
        assert scene.image() == before
    else:
        assert _seen(scene, asked, answer, before) is cell.does
        assert not isinstance(answer, Refused) or answer.reason is cell.reason


@pytest.mark.rule("MODE-3")
def test_the_plan_is_part_of_the_state_in_classic() -> None:
    """No cell of Classic or Unlicensed asks for the plan once more; and a token is the same in both."""
    for asked, row in BEHAVIOURS.items():
        assert not row[CrmState.CLASSIC].needs_plan
        assert not row[CrmState.UNLICENSED].needs_plan
        if Condition.TOKEN in CONDITIONS[asked]:
            assert row[CrmState.CLASSIC] == row[CrmState.UNLICENSED] == row[CrmState.SIMPLE]


def _may(operation: Operation, *kinds: Kind) -> Role:
    return Role(name="may", levels=dict.fromkeys([Grant(operation, kind) for kind in kinds], Level.ALL))


#: The right that each condition names; the others are no matter of rights.
RIGHTS: dict[Condition, Role] = {
    Condition.SETTINGS: Role(name="settings", settings=True),
    Condition.CREATE: _may(Operation.ADD, Kind.DEAL, *CLIENTS),
    Condition.BECOMES: _may(Operation.ADD, Kind.LEAD, Kind.DEAL, *CLIENTS),
    Condition.ADD_LEADS: _may(Operation.ADD, Kind.LEAD),
    Condition.UPDATE_LEAD: _may(Operation.UPDATE, Kind.LEAD),
    Condition.DELETE_LEAD: _may(Operation.DELETE, Kind.LEAD),
}


@pytest.mark.rule("MODE-6", "PERM-7")
@pytest.mark.parametrize("asked, state", CELLS)
def test_the_rights_that_a_row_names_are_enough_and_each_is_asked_before_the_state(
    asked: Asked, state: CrmState
) -> None:
    """With just these rights nobody is told "not permitted"; without one of them, everybody is, in every state."""
    named = [RIGHTS[condition] for condition in CONDITIONS[asked] if condition in RIGHTS]
    assert bool(named) is not (Condition.TOKEN in CONDITIONS[asked])
    for missing in (None, *named):
        scene = SCENES[state]()
        for role in (_may(Operation.READ, *CARDS), *named):
            if role is not missing:
                scene.roles.grant(WORKER, role)
        before = scene.image()
        answer = ASK[asked](scene, WORKER)
        denied = isinstance(answer, Refused) and answer.reason is Reason.NOT_PERMITTED
        assert denied is (missing is not None)
        assert not denied or scene.image() == before


@pytest.mark.rule("MODE-6", "SWITCH-4.4", "SWITCH-4.5")
@pytest.mark.parametrize("state", CrmState)
def test_a_token_comes_before_the_state(state: CrmState) -> None:
    """A token of no switch is stale in every state, and that of a finished switch is answered with its record."""
    rows = {asked for asked, conditions in CONDITIONS.items() if Condition.TOKEN in conditions}
    ended = {asked for asked, conditions in CONDITIONS.items() if Condition.ENDED_TOKEN in conditions}
    scene = SCENES[state]()
    stray = SwitchToken("stray", Epoch(99))
    steps: dict[Asked, Callable[[SwitchToken], object]] = {
        Asked.CONVERT_CHUNK: scene.crm.convert_chunk,
        Asked.FINISH_SWITCH: scene.crm.finish_switch,
        Asked.SET_ASIDE: lambda token: scene.crm.run(ADMIN, SetAside(token=token, lead_id=OTHER, code="broken")),
    }
    assert rows == steps.keys()
    assert ended == {Asked.FINISH_SWITCH}
    assert [refused(step(stray)) for step in steps.values()] == ["stale_switch"] * 3
    done = scene.image().switches["earlier"]
    assert done.ended == "finished"
    assert scene.crm.finish_switch(done.token) == SwitchDone(done)


@pytest.mark.rule("MODE-6", "SWITCH-10")
@pytest.mark.parametrize("state", CrmState)
def test_the_key_of_an_ended_switch_comes_before_the_state(state: CrmState) -> None:
    """It answers with its record in every state; with another policy it is a conflict."""
    assert [asked for asked in Asked if Condition.SWITCH_KEY in CONDITIONS[asked]] == [Asked.BEGIN_SWITCH]
    scene = SCENES[state]()
    before, done = scene.image(), scene.image().switches["earlier"]
    assert scene.crm.begin_switch(ADMIN, policy=EARLIER, key=done.key) == SwitchDone(done)
    assert refused(scene.crm.begin_switch(ADMIN, policy=BOTH, key=done.key)) == "key_conflict"
    assert scene.image() == before


@pytest.mark.rule("MODE-6", "EDIT-1")
@pytest.mark.parametrize("now", CrmState)
def test_a_known_key_comes_before_the_state(now: CrmState) -> None:
    """A lead or an inquiry with a key of before answers as it did, whatever the state is now, or is a conflict."""
    keyed = [asked for asked in Asked if Condition.KEY in CONDITIONS[asked]]
    assert keyed == [Asked.ADD_LEAD, Asked.TAKE_INQUIRY]
    scene = SCENES[now]()
    lead, inquiry = scene.crm.add_lead(ADMIN, key="a"), scene.crm.take_inquiry(ADMIN, channel="call", key="b")
    before = scene.image()
    assert scene.crm.add_lead(ADMIN, key="a") == lead
    assert scene.crm.take_inquiry(ADMIN, channel="call", key="b") == inquiry
    assert refused(scene.crm.add_lead(ADMIN, title="Another", key="a")) == "key_conflict"
    assert refused(scene.crm.take_inquiry(ADMIN, channel="email", key="b")) == "key_conflict"
    assert scene.image() == before


#: What the rows ask for; every other command is the same in every state.
ROWS = (
    BeginSwitch, ConvertChunk, SetAside, FinishSwitch, ResumeSwitch, RetrySwitch, CancelSwitch, SwitchToClassic,
    AddLead, CopyLead, ReopenLead, CloseLead, DeleteLead, EraseRecords, ImportRecords, ConvertLead, TakeInquiry,
    ArchivePipeline,
)  # fmt: skip


def _elsewhere(scene: Scene) -> dict[type, object]:
    """Each command without a row, on records of its own."""
    company = scene.add_company()
    lead, other = Ref(Kind.LEAD, CLOSED), Ref(Kind.COMPANY, company)
    activity = scene.add_activity(lead, other)
    stages = scene.crm.lead_stages()
    return {
        AddRecord: scene.crm.add_deal(ADMIN, title="By hand"),
        EditRecord: scene.crm.edit_company(ADMIN, company, 2, title="Renamed"),
        DeleteRecord: scene.crm.delete_deal(ADMIN, accepted(scene.crm.add_deal(ADMIN, title="Gone"))),
        AddActivity: scene.crm.add_activity(ADMIN, of=(other,)),
        EditActivity: scene.crm.edit_activity(ADMIN, activity, 1, subject="Renamed"),
        CompleteActivity: scene.crm.complete_activity(ADMIN, activity),
        ReopenActivity: scene.crm.reopen_activity(ADMIN, activity),
        BindActivity: scene.crm.bind_activity(ADMIN, activity, other),
        UnbindActivity: scene.crm.unbind_activity(ADMIN, activity, other),
        DeleteActivity: scene.crm.delete_activity(ADMIN, activity),
        DefineLeadStages: scene.crm.define_lead_stages(ADMIN, stages.record, stages.version),
        DefinePipeline: scene.crm.define_pipeline(ADMIN, other_pipeline(PipelineId(9))),
        ChangeSettings: scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL),
    }


@pytest.mark.rule("MODE-6.3")
@pytest.mark.parametrize("state", CrmState)
def test_a_command_without_a_row_does_the_same_in_every_state(state: CrmState) -> None:
    """Each is carried out, as it is in Classic; and each command of the library has a row or is one of these."""
    scene = SCENES[state]()
    answers = _elsewhere(scene)
    assert answers.keys() | set(ROWS) == HANDLERS.keys()
    assert [name for name, answer in answers.items() if isinstance(answer, Refused)] == []
    assert scene.crm.mode() is state
    closed = Lead(id=LeadId(60), stage=StageCode("JUNK"), semantics=StageSemantics.FAILURE, responsible=ADMIN)
    assert accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(closed,)))).leads == 1
    assert scene.lead(CLOSED).semantics is StageSemantics.FAILURE


@pytest.mark.rule("MODE-6")
def test_the_table_is_complete_and_every_refusing_cell_has_its_reason() -> None:
    """Each command has a cell for each state; who is refused learns why."""
    assert set(BEHAVIOURS) == set(CONDITIONS) == set(Asked)
    for row in BEHAVIOURS.values():
        assert list(row) == list(CrmState)
        for cell in row.values():
            assert cell.does is not Does.REFUSE or cell.reason is not None


@pytest.mark.rule("MODE-6")
@pytest.mark.parametrize(
    "cell, text",
    [
        (Behaviour(Does.GO_ON), "continues the switch"),
        (Behaviour(Does.REFUSE, Reason.CLASSIC_ONLY), "is refused (classic_only)"),
        (Behaviour(Does.OPEN, then=CrmState.SWITCHING), "opens a switch → switching"),
    ],
)
def test_a_cell_can_be_read(cell: Behaviour, text: str) -> None:
    """A cell as text names deed, reason and next state."""
    assert str(cell) == text


@pytest.mark.rule("MODE-1.1", "MODE-1.2", "MODE-2")
def test_modes_have_the_product_s_numbers_and_a_new_crm_is_simple() -> None:
    """Classic is 1, Simple is 2, there is no third; nobody chose, so Simple."""
    assert [(mode.name, int(mode)) for mode in CrmMode] == [("CLASSIC", 1), ("SIMPLE", 2)]
    assert Settings().mode is CrmMode.SIMPLE
    assert simple().crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("MODE-3.1", "MODE-3.2")
def test_only_licensed_classic_without_a_switch_is_classic_for_new_records() -> None:
    """The effective mode is Classic in one of the five states: there alone a new lead stays a lead."""
    for asked in (Asked.ADD_LEAD, Asked.TAKE_INQUIRY, Asked.IMPORT_ACTIVE_LEADS):
        keeping = [state for state in CrmState if behaviour(asked, state).does is Does.KEEP_LEAD]
        assert keeping == [CrmState.CLASSIC]
    assert state_of(Settings(), plan_has_classic=False) is CrmState.SIMPLE


@pytest.mark.rule("MODE-3.5", "MODE-5.2")
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


@pytest.mark.rule("MODE-4.2", "PLAN-1", "POLICY-6")
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
    assert after.settings.last_policy == before.settings.last_policy == EARLIER
    assert after.settings.epoch > before.settings.epoch


@pytest.mark.rule("MODE-5.1", "PLAN-1")
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
