"""Every reason to refuse, and the order of reasons where several stand against one command (PERM-7).

lines: one row for each reason, and one for each pair of neighbours in the order.
"""

from collections.abc import Callable

import pytest
from attrs import evolve
from tools.rules import rules_of
from tools.trace import known_ids

from crmcore import (
    Activity,
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Grant,
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    LeadStages,
    Level,
    ModeSwitchPolicy,
    Operation,
    PipelineId,
    Reason,
    Ref,
    Refused,
    Role,
    StageCode,
    StageSemantics,
    SwitchToken,
    UserId,
)
from crmcore.domain.model.ids import DEFAULT_PIPELINE
from crmcore.domain.model.outcomes import Ground
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.rules.mode import BEHAVIOURS
from tests.building import (
    ADMIN,
    BOTH,
    MANAGER,
    OTHER,
    STRANGER,
    Scene,
    accepted,
    classic,
    other_pipeline,
    refused,
    simple,
)

WORKER = UserId(10)
GONE = PipelineId(99)

Prepare = Callable[[Scene], object]


def _closed(scene: Scene, **fields: object) -> LeadId:
    lead_id = scene.add(title="Closed")
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    return lead_id


def _converted(scene: Scene) -> LeadId:
    lead_id = scene.add(title="Converted")
    scene.convert(lead_id)
    return lead_id


def _work(scene: Scene, leads: int = 1) -> ActivityId:
    return scene.add_activity(*(Ref(Kind.LEAD, scene.add(title="x")) for _ in range(leads)))


def _lead(id: int = 50, stage: str = "NEW", semantics: StageSemantics = StageSemantics.IN_PROCESS) -> Lead:
    return Lead(id=LeadId(id), stage=StageCode(stage), semantics=semantics, responsible=MANAGER)


def _import(scene: Scene, *leads: Lead) -> object:
    return scene.crm.import_records(ADMIN, ImportRecords(leads=leads))


def _imported(scene: Scene, activity: Activity, *refs: Ref) -> object:
    return scene.crm.import_records(ADMIN, ImportRecords(activities=((activity, frozenset(refs)),)))


def _without_plan(scene: Scene) -> Scene:
    scene.plan.classic = False
    return scene


def _begun(scene: Scene) -> Scene:
    accepted(scene.crm.begin_switch(ADMIN, key="live"))
    return scene


def _ended(scene: Scene) -> Scene:
    scene.switch(key="ended")
    return scene


def _stages(scene: Scene, *codes: str, drop: bool = True) -> object:
    """Define the lead stages without some, or with their meaning turned."""
    before = scene.crm.lead_stages()
    if drop:
        left = tuple(each for each in before.record.stages if each.code not in codes)
    else:
        left = tuple(
            evolve(each, semantics=StageSemantics.FAILURE) if each.code in codes else each
            for each in before.record.stages
        )
    return scene.crm.define_lead_stages(ADMIN, LeadStages(stages=left), before.version)


def _policy(pipeline_id: PipelineId) -> ModeSwitchPolicy:
    return ModeSwitchPolicy(pipeline_id=pipeline_id)


def _archived(scene: Scene) -> object:
    scene.add_other_pipeline()
    return accepted(scene.crm.archive_pipeline(ADMIN, OTHER))


def _in_other(scene: Scene) -> object:
    scene.add_other_pipeline()
    return accepted(scene.crm.begin_switch(ADMIN, key="k", policy=_policy(OTHER)))


def _renamed_success(scene: Scene) -> object:
    before = scene.crm.lead_stages()
    turned = tuple(
        evolve(each, code=StageCode("WON")) if each.code == "CONVERTED" else each for each in before.record.stages
    )
    return scene.crm.define_lead_stages(ADMIN, LeadStages(stages=turned), before.version)


def _pipeline(scene: Scene, *, drop: bool) -> object:
    found = scene.crm.pipelines()[0]
    stages = found.record.stages
    changed = stages[:-1] if drop else (*stages[:-1], evolve(stages[-1], semantics=StageSemantics.IN_PROCESS))
    return scene.crm.define_pipeline(ADMIN, evolve(found.record, stages=changed), found.version)


def _reopen_in_simple(scene: Scene) -> object:
    lead_id = _closed(scene)
    return _ended(scene).crm.reopen_lead(ADMIN, lead_id)


def _edit_in_simple(scene: Scene) -> object:
    lead_id = _closed(scene)
    return _ended(scene).asked_to_edit(lead_id, stage=StageCode("NEW"))


REASONS: list[tuple[Refused, str, Callable[[Scene], object]]] = [
    (Refused(Reason.NOT_PERMITTED, None, "PERM-6"), "settings", lambda s: s.crm.change_settings(MANAGER)),
    (
        Refused(Reason.PLAN_WITHOUT_CLASSIC),
        "to_classic",
        lambda s: _without_plan(_ended(s)).crm.switch_to_classic(ADMIN),
    ),
    (Refused(Reason.PLAN_WITHOUT_CLASSIC), "cancel", lambda s: _without_plan(_begun(s)).crm.cancel_switch(ADMIN)),
    (
        Refused(Reason.SWITCH_IN_PROGRESS, Ref(Kind.SWITCH, "live")),
        "begin",
        lambda s: _begun(s).crm.begin_switch(ADMIN, key="other"),
    ),
    (
        Refused(Reason.SWITCH_IN_PROGRESS, Ref(Kind.SWITCH, "live")),
        "to_classic",
        lambda s: _begun(s).crm.switch_to_classic(ADMIN),
    ),
    (
        Refused(Reason.KEY_CONFLICT, Ref(Kind.SWITCH, "live"), policy=ModeSwitchPolicy(pipeline_id=PipelineId(0))),
        "begin",
        lambda s: _begun(s).crm.begin_switch(ADMIN, key="live", policy=BOTH),
    ),
    (
        Refused(Reason.KEY_CONFLICT, Ref(Kind.COMMAND, "k"), "EDIT-1"),
        "add_lead",
        lambda s: (s.crm.add_lead(ADMIN, title="a", key="k"), s.crm.add_lead(ADMIN, title="b", key="k"))[1],
    ),
    (Refused(Reason.NOT_SWITCHING), "resume", lambda s: s.crm.resume_switch(ADMIN)),
    (Refused(Reason.NOT_SWITCHING), "status", lambda s: s.crm.switch_status(ADMIN)),
    (Refused(Reason.STALE_SWITCH), "chunk", lambda s: s.crm.convert_chunk(SwitchToken("old", Epoch(7)))),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 99)),
        "begin",
        lambda s: s.crm.begin_switch(ADMIN, key="k", policy=_policy(GONE)),
    ),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 99)),
        "preview",
        lambda s: s.crm.preview_switch(ADMIN, _policy(GONE)),
    ),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 99)),
        "convert",
        lambda s: s.crm.convert_lead(ADMIN, s.add(title="x"), policy=_policy(GONE)),
    ),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 99)),
        "add_deal",
        lambda s: s.crm.add_deal(ADMIN, pipeline_id=GONE),
    ),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 7)),
        "archived",
        lambda s: (_archived(s), s.crm.add_deal(ADMIN, pipeline_id=OTHER))[1],
    ),
    (
        Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, 99)),
        "archive",
        lambda s: s.crm.archive_pipeline(ADMIN, GONE),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NONE")),
        "add_lead",
        lambda s: s.crm.add_lead(ADMIN, stage=StageCode("NONE")),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NONE")),
        "edit_lead",
        lambda s: s.asked_to_edit(s.add(title="x"), stage=StageCode("NONE")),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NONE")),
        "close",
        lambda s: s.crm.close_lead(ADMIN, s.add(title="x"), stage="NONE"),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NEW")),
        "close_into_open",
        lambda s: s.crm.close_lead(ADMIN, s.add(title="x"), stage="NEW"),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "CONVERTED")),
        "close_as_success",
        lambda s: s.crm.close_lead(ADMIN, s.add(), stage="CONVERTED"),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NONE")),
        "reopen",
        lambda s: s.crm.reopen_lead(ADMIN, _closed(s), stage="NONE"),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "JUNK")),
        "reopen_into_failure",
        lambda s: s.crm.reopen_lead(ADMIN, _closed(s), stage="JUNK"),
    ),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.PIPELINE, 0)),
        "add_deal",
        lambda s: s.crm.add_deal(ADMIN, stage=StageCode("NONE")),
    ),
    (Refused(Reason.UNKNOWN_STAGE, Ref(Kind.LEAD, 50)), "import", lambda s: _import(s, _lead(stage="NONE"))),
    (
        Refused(Reason.UNKNOWN_STAGE, Ref(Kind.LEAD, 50)),
        "import_of_another_meaning",
        lambda s: _import(s, _lead(stage="JUNK")),
    ),
    (
        Refused(Reason.PIPELINE_IN_USE, Ref(Kind.PIPELINE, 0)),
        "default",
        lambda s: s.crm.archive_pipeline(ADMIN, DEFAULT_PIPELINE),
    ),
    (
        Refused(Reason.PIPELINE_IN_USE, Ref(Kind.PIPELINE, 7)),
        "live",
        lambda s: (_in_other(s), s.crm.archive_pipeline(ADMIN, OTHER))[1],
    ),
    (
        Refused(Reason.PIPELINE_IN_USE, Ref(Kind.PIPELINE, 7)),
        "archived_by_definition",
        lambda s: s.crm.define_pipeline(ADMIN, evolve(other_pipeline(), archived=True)),
    ),
    (
        Refused(Reason.STAGE_IN_USE, Ref(Kind.STAGES, "NEW")),
        "lead_stage",
        lambda s: (s.add(title="x"), _stages(s, "NEW"))[1],
    ),
    (
        Refused(Reason.STAGE_IN_USE, Ref(Kind.STAGES, "CONVERTED")),
        "success",
        lambda s: (_converted(s), _renamed_success(s))[1],
    ),
    (
        Refused(Reason.STAGE_IN_USE, Ref(Kind.STAGES, "CONVERTED")),
        "frozen",
        lambda s: _renamed_success(_begun(s)),
    ),
    (Refused(Reason.STAGE_IN_USE, Ref(Kind.PIPELINE, 0)), "deal_stage", lambda s: _pipeline(s, drop=True)),
    (
        Refused(Reason.STAGE_MEANING_FIXED, Ref(Kind.STAGES, "PROCESSED")),
        "lead_stage",
        lambda s: _stages(s, "PROCESSED", drop=False),
    ),
    (Refused(Reason.STAGE_MEANING_FIXED, Ref(Kind.PIPELINE, 0)), "deal_stage", lambda s: _pipeline(s, drop=False)),
    (Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, 1)), "close", lambda s: s.crm.close_lead(ADMIN, _converted(s))),
    (
        Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, 1), "CONV-6"),
        "import_activity",
        lambda s: _imported(s, Activity(id=ActivityId(50)), Ref(Kind.LEAD, _converted(s))),
    ),
    (Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 1)), "convert", lambda s: s.crm.convert_lead(ADMIN, _closed(s))),
    (
        Refused(Reason.CONVERT_INSTEAD, Ref(Kind.LEAD, 1)),
        "active",
        lambda s: s.asked_to_edit(s.add(title="x"), stage=StageCode("CONVERTED")),
    ),
    (
        Refused(Reason.CONVERT_INSTEAD, Ref(Kind.LEAD, 1)),
        "failed",
        lambda s: s.asked_to_edit(_closed(s), stage=StageCode("CONVERTED")),
    ),
    (Refused(Reason.REOPEN_REFUSED, Ref(Kind.LEAD, 1)), "reopen", _reopen_in_simple),
    (Refused(Reason.REOPEN_REFUSED, Ref(Kind.LEAD, 1)), "edit", _edit_in_simple),
    (
        Refused(Reason.STALE_VERSION, Ref(Kind.LEAD, 1)),
        "edit",
        lambda s: s.crm.edit_lead(ADMIN, s.add(title="x"), 5, title="y"),
    ),
    (
        Refused(Reason.STALE_VERSION, Ref(Kind.STAGES, 0)),
        "stages",
        lambda s: s.crm.define_lead_stages(ADMIN, s.crm.lead_stages().record, 5),
    ),
    (
        Refused(Reason.STALE_VERSION, Ref(Kind.PIPELINE, 7)),
        "pipeline",
        lambda s: s.crm.define_pipeline(ADMIN, other_pipeline(), 5),
    ),
    (Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 99)), "lead", lambda s: s.crm.close_lead(ADMIN, LeadId(99))),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 1)),
        "deleted",
        lambda s: s.crm.lead(ADMIN, accepted(s.crm.delete_lead(ADMIN, s.add()))),
    ),
    (
        Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, 1), "CONV-6"),
        "bind_activity",
        lambda s: s.crm.bind_activity(ADMIN, s.add_activity(Ref(Kind.LEAD, s.add())), Ref(Kind.LEAD, _converted(s))),
    ),
    (
        Refused(Reason.STALE_VERSION, Ref(Kind.ACTIVITY, 1)),
        "edit_activity",
        lambda s: s.crm.edit_activity(ADMIN, s.add_activity(Ref(Kind.LEAD, s.add())), 7, subject="x"),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.ACTIVITY, 99)),
        "activity",
        lambda s: s.crm.complete_activity(ADMIN, ActivityId(99)),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.COMPANY, 99)),
        "company",
        lambda s: s.crm.add_lead(ADMIN, company_id=CompanyId(99)),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.CONTACT, 99)),
        "import_contact",
        lambda s: _import(s, evolve(_lead(), contact_id=ContactId(99))),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, 99)),
        "import_activity",
        lambda s: _imported(s, Activity(id=ActivityId(50)), Ref(Kind.LEAD, 99)),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.DEAL, 1), "IMPORT-1"),
        "import_activity_of_a_deal",
        lambda s: _imported(s, Activity(id=ActivityId(50)), Ref(Kind.DEAL, 1)),
    ),
    (
        Refused(Reason.RECORD_DIFFERS, Ref(Kind.LEAD, 50)),
        "lead",
        lambda s: (_import(s, _lead()), _import(s, evolve(_lead(), title="y")))[1],
    ),
    (
        Refused(Reason.RECORD_DIFFERS, Ref(Kind.LEAD, 50)),
        "twice",
        lambda s: _import(s, _lead(), evolve(_lead(), title="y")),
    ),
    (
        Refused(Reason.RECORD_DIFFERS, Ref(Kind.ACTIVITY, 1)),
        "activity",
        lambda s: _imported(s, Activity(id=_work(s), subject="y"), Ref(Kind.LEAD, 1)),
    ),
    (Refused(Reason.CLASSIC_ONLY, Ref(Kind.LEAD, 50)), "import", lambda s: _import(_ended(s), _lead())),
    (
        Refused(Reason.NOT_BOUND, Ref(Kind.LEAD, 2)),
        "unbind",
        lambda s: s.crm.unbind_activity(ADMIN, _work(s), Ref(Kind.LEAD, s.add())),
    ),
    (
        Refused(Reason.UNKNOWN_RECORD, Ref(Kind.DEAL, 77), "IMPORT-1"),
        "import_of_a_converted_lead_without_its_deal",
        lambda s: _import(s, evolve(_lead(stage="CONVERTED", semantics=StageSemantics.SUCCESS), deal_id=DealId(77))),
    ),
    (
        Refused(Reason.NOT_PERMITTED, None, "PERM-6"),
        "import",
        lambda s: s.crm.import_records(STRANGER, ImportRecords(leads=(_lead(),))),
    ),
    (Refused(Reason.NOT_PERMITTED, None, "PERM-6"), "deal", lambda s: s.crm.add_deal(STRANGER)),
    (
        Refused(Reason.NOT_PERMITTED, None, "PERM-6"),
        "deal_in_no_pipeline",
        lambda s: s.crm.add_deal(STRANGER, pipeline_id=GONE),
    ),
    (Refused(Reason.NOT_PERMITTED, None, "PERM-6"), "company", lambda s: s.crm.add_company(STRANGER, title="x")),
    (Refused(Reason.NOT_PERMITTED, None, "PERM-6"), "inquiry", lambda s: s.crm.take_inquiry(STRANGER, channel="call")),
    (Refused(Reason.NOT_PERMITTED, None, "PERM-6"), "export", lambda s: s.crm.export(STRANGER)),
    (
        Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, 1), "CONV-6"),
        "add_activity",
        lambda s: s.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, _converted(s))], kind="call"),
    ),
    (
        Refused(Reason.ALREADY_CONVERTED, Ref(Kind.DEAL, 1)),
        "edit_stage",
        lambda s: s.asked_to_edit(_converted(s), stage=StageCode("NEW")),
    ),
    (
        Refused(Reason.LAST_BINDING, Ref(Kind.LEAD, 1)),
        "unbind",
        lambda s: s.crm.unbind_activity(ADMIN, _work(s), Ref(Kind.LEAD, 1)),
    ),
    (
        Refused(Reason.TOO_MANY_BINDINGS, Ref(Kind.ACTIVITY, 1)),
        "bind",
        lambda s: s.crm.bind_activity(ADMIN, _work(s, leads=200), Ref(Kind.CONTACT, s.add_contact())),
    ),
]


@pytest.mark.rule("PERM-7", "STAGE-1.3", "STAGE-1.4", "STAGE-1.7", "CONV-6.4")
@pytest.mark.parametrize(
    "expected, ask",
    [pytest.param(row, ask, id=f"{row.reason}-{name}", marks=pytest.mark.rule(row.rule)) for row, name, ask in REASONS],
)
def test_each_reason_is_given_where_it_applies(expected: Refused, ask: Callable[[Scene], object]) -> None:
    """The command is refused with the code, and the answer names the record concerned and the rule that says no."""
    scene = classic()
    assert ask(scene) == expected
    assert scene.holds_all_laws()


@pytest.mark.rule("PERM-7")
def test_every_reason_has_a_row_and_names_a_rule_of_the_specification() -> None:
    """No reason is left out of the table above; `record_fault` is shown where leads are converted by hand."""
    from pathlib import Path

    assert {row.reason for row, *_ in REASONS} | {Reason.RECORD_FAULT} == set(Reason)
    rules = known_ids(rules_of(Path(__file__).resolve().parents[4] / "docs" / "spec"))
    assert {reason.rule for reason in Reason} | {row.rule for row, *_ in REASONS} <= rules
    assert Refused(Reason.NOT_PERMITTED).rule == "PERM-1"
    assert Refused(Reason.NOT_PERMITTED, None, "PERM-6").rule == "PERM-6"


def _settings_only(scene: Scene) -> UserId:
    scene.roles.grant(WORKER, Role(name="boss", settings=True))
    return WORKER


def _key_of_a_deal(scene: Scene) -> object:
    """A deal asked for twice with one key, and its pipeline archived in between."""
    scene.add_other_pipeline()
    first = accepted(scene.crm.add_deal(ADMIN, pipeline_id=OTHER, key="k"))
    accepted(scene.crm.archive_pipeline(ADMIN, OTHER))
    assert scene.crm.add_deal(ADMIN, pipeline_id=OTHER, key="k") == first
    return scene.crm.add_deal(ADMIN, pipeline_id=OTHER, title="Other", key="k")


def _import_two(scene: Scene) -> object:
    """The first lead stands in an unknown stage (record), the second is active in Simple (state)."""
    lost = _lead(stage="NONE", semantics=StageSemantics.FAILURE)
    return _import(_ended(scene), lost, _lead(51))


def _converted_in_simple(scene: Scene) -> LeadId:
    lead_id = _converted(scene)
    _ended(scene)
    return lead_id


def _deal_editor(scene: Scene) -> object:
    """A deal read in an old version, moved to a pipeline that is not there."""
    deal_id = accepted(scene.crm.add_deal(ADMIN))
    return scene.crm.edit_deal(ADMIN, deal_id, 9, pipeline_id=GONE)


def _moved_deal(scene: Scene, version: int) -> object:
    """A deal moved to a stage that its pipeline has not."""
    return scene.crm.edit_deal(ADMIN, accepted(scene.crm.add_deal(ADMIN)), version, stage=StageCode("NONE"))


def _deal_of_others(scene: Scene) -> object:
    """A deal in a stage that its pipeline has not, for somebody else: the right reaches one's own deals alone."""
    scene.roles.grant(WORKER, Role(name="own", levels={Grant(Operation.ADD, Kind.DEAL): Level.OWN}))
    return scene.crm.add_deal(WORKER, responsible=ADMIN, stage=StageCode("NONE"))


def _lead_moved_and_linked(scene: Scene) -> object:
    """A lead edited to a stage and a client that there are not; a link comes last (D-39)."""
    return scene.crm.edit_lead(ADMIN, scene.add(), 1, stage=StageCode("NONE"), contact_id=ContactId(99))


#: What stands against the command, first and later; the earlier one is answered.
ORDER: list[tuple[str, Reason, Callable[[Scene], object]]] = [
    (
        "permission_before_key",
        Reason.NOT_PERMITTED,
        lambda s: _begun(s).crm.begin_switch(MANAGER, key="live", policy=BOTH),
    ),
    ("permission_before_state", Reason.NOT_PERMITTED, lambda s: s.crm.cancel_switch(MANAGER)),
    ("permission_before_plan", Reason.NOT_PERMITTED, lambda s: _without_plan(_ended(s)).crm.switch_to_classic(MANAGER)),
    (
        "permission_to_create_before_pipeline",
        Reason.NOT_PERMITTED,
        lambda s: s.crm.begin_switch(_settings_only(s), key="k", policy=_policy(GONE)),
    ),
    ("permission_before_pipeline", Reason.NOT_PERMITTED, lambda s: s.crm.add_deal(STRANGER, pipeline_id=GONE)),
    ("permission_before_record", Reason.NOT_PERMITTED, lambda s: s.crm.add_lead(STRANGER, stage=StageCode("NONE"))),
    ("permission_before_version", Reason.UNKNOWN_RECORD, lambda s: s.crm.edit_lead(STRANGER, s.add(), 9, title="x")),
    ("permission_before_use", Reason.NOT_PERMITTED, lambda s: s.crm.archive_pipeline(MANAGER, DEFAULT_PIPELINE)),
    (
        "key_before_state",
        Reason.KEY_CONFLICT,
        lambda s: _ended(s).crm.begin_switch(ADMIN, key="ended", policy=BOTH),
    ),
    (
        "key_before_pipeline",
        Reason.KEY_CONFLICT,
        lambda s: _begun(s).crm.begin_switch(ADMIN, key="live", policy=_policy(GONE)),
    ),
    ("key_before_pipeline_of_a_deal", Reason.KEY_CONFLICT, _key_of_a_deal),
    (
        "key_before_record",
        Reason.KEY_CONFLICT,
        lambda s: (
            s.crm.add_lead(ADMIN, title="a", key="k"),
            s.crm.add_lead(ADMIN, stage=StageCode("NONE"), key="k"),
        )[1],
    ),
    ("state_before_plan", Reason.SWITCH_IN_PROGRESS, lambda s: _without_plan(_begun(s)).crm.switch_to_classic(ADMIN)),
    ("state_before_plan_of_cancel", Reason.NOT_SWITCHING, lambda s: _without_plan(s).crm.cancel_switch(ADMIN)),
    (
        "state_before_pipeline",
        Reason.SWITCH_IN_PROGRESS,
        lambda s: _begun(s).crm.begin_switch(ADMIN, key="k", policy=_policy(GONE)),
    ),
    ("state_before_record", Reason.CLASSIC_ONLY, _import_two),
    (
        "state_before_record_of_reopen",
        Reason.REOPEN_REFUSED,
        lambda s: s.crm.reopen_lead(ADMIN, _converted_in_simple(s)),
    ),
    (
        "state_before_version",
        Reason.REOPEN_REFUSED,
        lambda s: s.crm.edit_lead(ADMIN, _converted_in_simple(s), 99, stage=StageCode("NEW")),
    ),
    (
        "pipeline_before_record",
        Reason.UNKNOWN_PIPELINE,
        lambda s: s.crm.convert_lead(ADMIN, _closed(s), policy=_policy(GONE)),
    ),
    (
        "pipeline_before_link",
        Reason.UNKNOWN_PIPELINE,
        lambda s: s.crm.add_deal(ADMIN, pipeline_id=GONE, contact_id=ContactId(99)),
    ),
    ("pipeline_before_version", Reason.UNKNOWN_PIPELINE, _deal_editor),
    ("permission_before_stage_of_a_deal_of_others", Reason.NOT_PERMITTED, _deal_of_others),
    ("record_before_link_of_a_lead", Reason.UNKNOWN_STAGE, _lead_moved_and_linked),
    ("version_before_stage_of_a_deal", Reason.STALE_VERSION, lambda s: _moved_deal(s, 9)),
    ("version_before_conversion", Reason.STALE_VERSION, lambda s: s.crm.edit_lead(ADMIN, _converted(s), 99, title="x")),
]


@pytest.mark.rule("PERM-7")
@pytest.mark.parametrize("name, reason, ask", [pytest.param(*row, id=row[0]) for row in ORDER])
def test_of_two_faults_the_earlier_one_is_answered(name: str, reason: Reason, ask: Callable[[Scene], object]) -> None:
    """Permission, key, state, plan, pipeline, record; and the version before all else about the record (D-39)."""
    answer = ask(classic())
    assert isinstance(answer, Refused), answer
    assert answer.reason is reason
    ground = name.split("_")[0].replace("version", "record")
    assert Ground[ground.upper()] in reason.grounds


@pytest.mark.rule("PERM-7")
def test_the_right_on_the_deals_of_one_pipeline_is_enough_to_hear_of_a_wrong_stage() -> None:
    """The permission is there, so what is wrong with the record is the answer."""
    scene = classic()
    scene.add_other_pipeline()
    grant = Grant(Operation.ADD, Kind.DEAL, OTHER)
    scene.roles.grant(WORKER, Role(name="partners", levels={grant: Level.OWN}))
    answer = scene.crm.add_deal(WORKER, pipeline_id=OTHER, stage=StageCode("NONE"))
    assert answer == Refused(Reason.UNKNOWN_STAGE, Ref(Kind.PIPELINE, OTHER))
    assert refused(scene.crm.add_deal(WORKER, stage=StageCode("NONE"))) == "not_permitted"


@pytest.mark.rule("PERM-7")
def test_a_reason_may_stand_before_those_of_later_grounds() -> None:
    """Reasons of one ground never stand before each other; an unknown record is hidden or a missing link."""
    assert [ground.name for ground in Ground] == ["PERMISSION", "KEY", "STATE", "PLAN", "PIPELINE", "RECORD"]
    earlier = [reason for reason in Reason if reason.stands_before(Reason.STALE_VERSION)]
    assert {ground for reason in earlier for ground in reason.grounds} == set(Ground)
    assert {Reason.UNKNOWN_RECORD, Reason.REOPEN_REFUSED} <= set(earlier)
    assert not any(Reason.STALE_VERSION.stands_before(reason) for reason in Reason)
    assert not any(reason.stands_before(Reason.NOT_PERMITTED) for reason in Reason)
    assert Reason.UNKNOWN_PIPELINE.stands_before(Reason.UNKNOWN_RECORD)


@pytest.mark.rule("PERM-7", "MODE-6")
def test_what_the_state_refuses_rests_on_the_state_or_the_plan() -> None:
    """The table of modes has no other reasons."""
    cells = [cell for row in BEHAVIOURS.values() for cell in row.values() if cell.reason is not None]
    for cell in cells:
        assert cell.reason is not None
        assert set(cell.reason.grounds) <= {Ground.STATE, Ground.PLAN}


@pytest.mark.rule("PERM-7", "PERM-3")
def test_a_missing_right_to_create_comes_before_the_lead_s_own_state() -> None:
    """Converting a closed lead without the right to add deals is not permitted."""
    scene = classic()
    lead_id = _closed(scene)
    grants = [Grant(op, Kind.LEAD) for op in (Operation.READ, Operation.UPDATE)]
    scene.roles.grant(WORKER, Role(name="w", levels=dict.fromkeys(grants, Level.ALL)))
    assert refused(scene.crm.convert_lead(WORKER, lead_id)) == "not_permitted"


@pytest.mark.rule("POLICY-2", "POLICY-6", "SWITCH-8")
def test_the_pipeline_of_the_last_finished_switch_cannot_be_archived_during_another() -> None:
    """A cancel would put that policy in force again, and no conversion by hand could be made."""
    scene = classic()
    scene.add_other_pipeline()
    scene.switch(_policy(OTHER), key="first")
    assert refused(scene.crm.archive_pipeline(ADMIN, OTHER)) == "pipeline_in_use"
    accepted(scene.crm.switch_to_classic(ADMIN))
    lead_id = scene.add(title="x")
    accepted(scene.crm.begin_switch(ADMIN, key="second"))
    assert refused(scene.crm.archive_pipeline(ADMIN, OTHER)) == "pipeline_in_use"
    accepted(scene.crm.cancel_switch(ADMIN))
    assert scene.deal(scene.convert(lead_id).deal_id).pipeline_id == OTHER


@pytest.mark.rule("MODE-2", "PERM-7")
def test_in_a_new_crm_there_is_nothing_to_switch() -> None:
    """A permitted begin with an unknown pipeline changes nothing in Simple, since the state comes first."""
    from crmcore import NoChange

    assert simple().crm.begin_switch(ADMIN, key="k", policy=_policy(GONE)) == NoChange()


@pytest.mark.rule("PERM-7", "POLICY-6")
def test_a_crm_whose_last_policy_has_no_pipeline_refuses_by_the_order_too() -> None:
    """Only damaged data gets there: a stranger is not permitted, others learn of the pipeline, nothing is written."""
    from crmcore import Settings
    from crmcore.adapters.memory import InMemoryStore
    from crmcore.domain.model.image import new_crm

    scene = Scene(InMemoryStore(evolve(new_crm(), settings=Settings(last_policy=_policy(GONE)))))
    before = scene.image()
    assert refused(scene.crm.take_inquiry(STRANGER, channel="call")) == "not_permitted"
    assert refused(scene.crm.take_inquiry(ADMIN, channel="call")) == "unknown_pipeline"
    assert refused(scene.crm.add_lead(STRANGER, title="x")) == "not_permitted"
    assert refused(scene.crm.add_lead(ADMIN, title="x")) == "unknown_pipeline"
    assert scene.image() == before


@pytest.mark.rule("PERM-6", "PERM-7")
class TestRefusals:
    """PERM-7. A refusal names the record that it is about, and the rule that says no."""

    def test_stages_that_cannot_be_meant(self) -> None:
        """An unknown code, and one of another meaning."""
        scene = classic()
        lead_id = scene.add(title="x")
        for code in ("NOWHERE", "CONVERTED"):
            unknown = Refused(Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, code))
            assert scene.crm.close_lead(ADMIN, lead_id, stage=code) == unknown
            assert scene.crm.reopen_lead(ADMIN, lead_id, stage=code) == unknown
        assert scene.crm.add_lead(ADMIN, stage="NOWHERE") == Refused(  # type: ignore[arg-type]  # any code may be asked
            Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, "NOWHERE")
        )

    def test_closing_answers_with_the_lead(self) -> None:
        """Closed now, or closed before."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.crm.close_lead(ADMIN, lead_id) == lead_id
        assert scene.crm.close_lead(ADMIN, lead_id) == lead_id

    def test_a_closed_lead_is_named(self) -> None:
        """By conversion, and by reopening where leads are not in force."""
        scene = classic()
        lead_id = scene.add(title="x")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        ref = Ref(Kind.LEAD, lead_id)
        assert scene.crm.convert_lead(ADMIN, lead_id) == Refused(Reason.LEAD_CLOSED, ref)
        scene.plan.classic = False
        assert scene.crm.reopen_lead(ADMIN, lead_id) == Refused(Reason.REOPEN_REFUSED, ref)

    def test_missing_rights_name_record_and_rule(self) -> None:
        """Reading is not updating; adding nothing is not adding; settings are PERM-1."""
        scene = classic()
        lead_id = scene.add(title="x")
        reader = UserId(44)
        scene.roles.grant(reader, Role(name="reader", levels={Grant(Operation.READ, Kind.LEAD): Level.ALL}))
        denied = scene.crm.close_lead(reader, lead_id)
        assert denied == Refused(Reason.NOT_PERMITTED, Ref(Kind.LEAD, lead_id), "PERM-6")
        assert scene.crm.add_lead(STRANGER, title="y") == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
        begun = scene.crm.begin_switch(STRANGER, key="k")
        assert isinstance(begun, Refused)
        assert (begun.reason, begun.subject, begun.rule) == (Reason.NOT_PERMITTED, None, "PERM-1")

    def test_converting_by_hand_asks_for_the_pipeline_of_its_policy(self) -> None:
        """The right in the default pipeline does not count for another."""
        scene = classic()
        scene.add_other_pipeline()
        lead_id = scene.add(title="x", responsible=UserId(45))
        levels = {
            Grant(Operation.READ, Kind.LEAD): Level.ALL,
            Grant(Operation.UPDATE, Kind.LEAD): Level.ALL,
            Grant(Operation.ADD, Kind.CONTACT): Level.ALL,
            Grant(Operation.ADD, Kind.DEAL, PipelineId(0)): Level.ALL,
        }
        scene.roles.grant(UserId(45), Role(name="seller", levels=levels))
        there = scene.crm.convert_lead(UserId(45), lead_id, policy=ModeSwitchPolicy(pipeline_id=OTHER))
        assert there == Refused(Reason.NOT_PERMITTED, Ref(Kind.PIPELINE, OTHER), "PERM-3")
        assert accepted(scene.crm.convert_lead(UserId(45), lead_id)).already is False

    def test_resuming_gives_the_token_of_the_live_switch_whatever_its_pipeline(self) -> None:
        """The settings right is enough: what is created was judged at the beginning (PERM-3)."""
        scene = classic()
        scene.add_other_pipeline()
        accepted(scene.crm.begin_switch(ADMIN, key="k", policy=ModeSwitchPolicy(pipeline_id=OTHER)))
        scene.roles.grant(UserId(46), Role(name="setter", settings=True))
        token = accepted(scene.crm.resume_switch(UserId(46)))
        assert (token.key, token.epoch) == ("k", scene.crm.settings().epoch)

    @pytest.mark.parametrize(
        "build, field",
        [
            (lambda: Grant("read", Kind.LEAD), "Grant.operation"),  # type: ignore[arg-type]  # what a test gives wrong
            (lambda: Grant(Operation.READ, "lead"), "Grant.kind"),  # type: ignore[arg-type]  # as above
            (lambda: Role(name=5), "Role.name"),  # type: ignore[arg-type]  # as above
            (lambda: Role(name="x", levels=5), "Role.levels"),  # type: ignore[arg-type]  # as above
        ],
    )
    def test_a_wrong_role_is_named_by_its_field(self, build: object, field: str) -> None:
        """The error says where."""
        assert callable(build)
        with pytest.raises(InvalidValue) as caught:
            build()
        assert caught.value.field == field
