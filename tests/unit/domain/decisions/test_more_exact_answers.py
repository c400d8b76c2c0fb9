"""What is carried, read and counted, to the letter; the second half of what mutation testing asked for."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Address,
    ClientChoice,
    CrmState,
    CustomFields,
    ExternalOrigin,
    Grant,
    InvalidValue,
    Kind,
    LeadStages,
    Level,
    MatchSetting,
    ModeSwitchPolicy,
    Operation,
    PersonName,
    PipelineId,
    Reason,
    Ref,
    Refused,
    Role,
    Settings,
    SourceCode,
    Stage,
    StageCode,
    StageSemantics,
    UserId,
    Utm,
)
from crmcore.domain.decisions.preview import Planner
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.settings import Switching
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.mode import state_of
from tests.building import ADMIN, NOW, accepted, classic, email, euros, interrupted, phone, simple

TERMS = ConversionTerms(
    client=ClientChoice.BOTH,
    pipeline_id=PipelineId(0),
    deal_stage=StageCode("NEW"),
    lead_stage=StageCode("CONVERTED"),
    keep_activities=True,
    match=MatchSetting.EMAIL,
)


@pytest.mark.rule("CONV-3")
def test_every_field_of_the_map_arrives_where_the_map_says() -> None:
    """A lead with every field filled, converted into all three records at a later time."""
    scene = classic()
    lead_id = scene.add(
        title="Title",
        company_title="Company",
        name=PersonName(honorific="Dr", first="Ada", middle="M", last="Lo"),
        birth_date=date(1990, 1, 2),
        job_title="Buyer",
        contact_points=(email("a@example.com"), phone("1", "MOBILE")),
        address=Address(city="Oslo"),
        comments="Comments",
        opened=True,
        responsible=UserId(9),
        origin=ExternalOrigin(originator="shop", id="77"),
        utm=Utm(source="letter"),
        source=SourceCode("WEB"),
        source_description="Said so",
        amount=euros("12.345"),
        custom=CustomFields({"UF_A": Decimal("1.50")}),
    )
    assert scene.lead(lead_id).created_at == NOW
    scene.later()
    row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH))
    lead = scene.lead(lead_id)
    records: dict[str, Any] = {
        "contact": scene.contact(row.contact_id),
        "company": scene.company(row.company_id),
        "deal": scene.deal(row.deal_id),
    }
    for carried in FIELD_MAP:
        for kind in records:
            name = getattr(carried, kind)
            if name is not None and not (kind == "company" and carried.field == "title"):
                assert getattr(records[kind], name) == getattr(lead, carried.field), (kind, carried.field)
    for record in records.values():
        assert (record.created_at, record.lead_id) == (scene.clock.now(), lead_id)
    assert row.not_carried == ()


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize(
    "build, field, expected",
    [
        (
            lambda: Grant(Operation.READ, Kind.ACTIVITY),
            "Grant.kind",
            "lead, deal, contact or company",
        ),
        (lambda: Grant(Operation.READ, Kind.DEAL, PipelineId(-1)), "Grant.pipeline_id", None),
        (lambda: Grant(Operation.READ, Kind.LEAD, PipelineId(0)), "Grant.pipeline_id", "no pipeline, except for deals"),
        (lambda: Role(name="x", levels={"read": Level.ALL}), "Role.levels", "Grant"),  # type: ignore[dict-item]  # wrong
        (
            lambda: Role(name="x", levels={Grant(Operation.READ, Kind.LEAD): 3}),  # type: ignore[dict-item]  # wrong
            "Role.levels",
            "Level",
        ),
        (lambda: Role(name="x", export=1), "Role.export", "bool"),  # type: ignore[arg-type]  # wrong
    ],
)
def test_a_wrong_grant_says_where_and_what_would_be_right(
    build: Callable[[], object], field: str, expected: str | None
) -> None:
    """The error names the field and what was expected."""
    with pytest.raises(InvalidValue) as caught:
        build()
    assert caught.value.field == field
    assert expected is None or caught.value.expected == expected


@pytest.mark.rule("CONV-5", "SWITCH-6")
class TestStages:
    """CONV-5. The success stage is reached by converting; SWITCH-6: only reopening is refused outside Classic."""

    def test_the_lead_that_should_be_converted_is_named(self) -> None:
        """By an edit into the success stage."""
        scene = classic()
        lead_id = scene.add(title="x")
        assert scene.asked_to_edit(lead_id, stage=StageCode("CONVERTED")) == Refused(
            Reason.CONVERT_INSTEAD, Ref(Kind.LEAD, lead_id)
        )

    def test_a_failed_lead_moves_between_failure_stages_in_every_mode(self) -> None:
        """That reopens nothing."""
        scene = classic()
        lost = Stage(code=StageCode("LOST"), semantics=StageSemantics.FAILURE)
        accepted(scene.crm.define_lead_stages(ADMIN, LeadStages(stages=(*DEFAULT_LEAD_STAGES.stages, lost)), version=1))
        lead_id = scene.add(title="x")
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        scene.switch()
        accepted(scene.edit(lead_id, stage=StageCode("LOST")))
        assert scene.lead(lead_id).stage == "LOST"


@pytest.mark.rule("SWITCH-13", "SWITCH-7")
class TestOutcomes:
    """SWITCH-13. Outcomes are those of a live switch and of its leads."""

    def test_nothing_is_recorded_where_no_switch_is_live(self) -> None:
        """Closing, deleting and converting in Classic leave no outcome."""
        scene = classic()
        closed, deleted, converted = (scene.add(title=title) for title in "abc")
        accepted(scene.crm.close_lead(ADMIN, closed))
        accepted(scene.crm.delete_lead(ADMIN, deleted))
        scene.convert(converted)
        assert dict(scene.image().outcomes) == {}

    def test_a_lead_that_was_closed_before_the_switch_gets_no_outcome(self) -> None:
        """Deleting it while the switch is live changes none of the numbers."""
        scene = classic()
        closed = scene.add(title="a")
        accepted(scene.crm.close_lead(ADMIN, closed))
        scene.add(title="b")
        accepted(scene.crm.begin_switch(ADMIN, key="k"))
        accepted(scene.crm.delete_lead(ADMIN, closed))
        assert dict(scene.image().outcomes) == {}
        assert scene.holds_all_laws()


@pytest.mark.rule("CONV-7")
def test_a_match_setting_that_changes_before_the_commit_is_the_one_that_counts() -> None:
    """A lead added at once is decided under the setting of the serial point."""
    scene, store = interrupted()
    scene.switch()
    contact_id = scene.add_contact(contact_points=(email("a@example.com"),))
    store.overtake(lambda: scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    lead_id = scene.add(title="x", contact_points=(email("a@example.com"),))
    assert not store.is_armed
    assert scene.row(lead_id).contact_id == contact_id


@pytest.mark.rule("INTAKE-4")
def test_ids_follow_one_another_without_gaps() -> None:
    """A lead that is converted at once takes one id of each kind."""
    scene = simple()
    rows = [scene.row(scene.add(title=title)) for title in "abc"]
    assert [row.deal_id for row in rows] == [1, 2, 3]
    assert [row.contact_id for row in rows] == [1, 2, 3]


@pytest.mark.rule("SWITCH-12")
def test_a_preview_remembers_from_page_to_page() -> None:
    """A client that an earlier page would make, and an activity that it would bind, count once."""
    scene = classic()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    ids = [scene.add(title=title, contact_points=(email("a@example.com"),)) for title in "ab"]
    scene.add_activity(*(Ref(Kind.LEAD, each) for each in ids))
    scene.add_activity(Ref(Kind.LEAD, ids[1]))
    planner = Planner(TERMS, Context(ADMIN, scene.roles.rights(ADMIN), True, NOW))
    pages = 0
    while (page := scene.store.snapshot(planner.query(1))).leads:
        planner.add(page)
        pages += 1
    totals = planner.preview().totals
    assert pages == 2
    assert (totals.converted, totals.contacts, totals.companies, totals.bound) == (2, 1, 1, 2)


@pytest.mark.rule("SWITCH-13", "POLICY-4")
def test_all_open_work_of_a_lead_is_counted_as_completed() -> None:
    """Two activities of one lead are two."""
    scene = classic()
    lead_id = scene.add(title="a")
    for _ in range(2):
        scene.add_activity(Ref(Kind.LEAD, lead_id))
    totals = scene.switch(ModeSwitchPolicy(keep_activities=False)).totals
    assert (totals.bound, totals.completed, totals.kept_open) == (2, 2, 0)


@pytest.mark.rule("PERM-3")
def test_beginning_asks_for_each_kind_that_the_policy_creates() -> None:
    """Contacts alone are not enough for both."""
    scene = classic()
    setter = UserId(50)
    levels = {Grant(Operation.ADD, kind): Level.ALL for kind in (Kind.DEAL, Kind.CONTACT)}
    scene.roles.grant(setter, Role(name="setter", levels=levels, settings=True))
    both = ModeSwitchPolicy(client=ClientChoice.BOTH)
    denied = Refused(Reason.NOT_PERMITTED, None, "PERM-3")
    assert scene.crm.begin_switch(setter, key="k", policy=both) == denied
    accepted(scene.crm.begin_switch(setter, key="l"))


@pytest.mark.rule("MODE-6")
def test_a_live_switch_is_switching_unless_only_marks_are_left() -> None:
    """Blocked is derived from the backlog, never assumed."""
    settings = Settings()
    live = evolve(settings, switching=Switching(epoch=settings.epoch, key="k", terms=TERMS))
    assert state_of(live, plan_has_classic=True) is CrmState.SWITCHING
    assert state_of(live, plan_has_classic=True, only_set_aside_left=True) is CrmState.BLOCKED
    assert simple().store.snapshot(Query()).settings == settings
