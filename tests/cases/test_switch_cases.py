"""Acceptance cases about the switch as a whole: which leads, in which order, with which numbers.

lines: one short test per case, in the order of the list.
"""

from collections.abc import Callable
from typing import Any

import pytest

from crmcore import (
    ConvertedLead,
    CrmState,
    Kind,
    Lead,
    LeadId,
    LeadStages,
    PersonName,
    Progress,
    Ref,
    Refused,
    SourceCode,
    Stage,
    StageCode,
    StageSemantics,
    Totals,
)
from crmcore.domain.protocol.commands import ImportRecords
from tests.building import (
    ADMIN,
    BOTH_CLOSE,
    MANAGER,
    NOW,
    Scene,
    accepted,
    classic,
    email,
    euros,
    faulty,
    refused,
    simple,
    there,
)


def _untouched(scene: Scene, lead_id: LeadId, run: Any) -> None:
    """Whatever runs, the lead, its version, its activities and the number of other records stay."""
    activity = scene.add_activity(Ref(Kind.LEAD, lead_id))
    lead = accepted(scene.crm.lead(ADMIN, lead_id))
    before, bound, work = scene.counts(), scene.bound(activity), scene.activity(activity)
    run()
    assert accepted(scene.crm.lead(ADMIN, lead_id)) == lead
    assert (scene.counts(), scene.bound(activity), scene.activity(activity)) == (before, bound, work)


@pytest.mark.rule("SWITCH-2", "STAGE-2")
@pytest.mark.parametrize("reason", ["archived", "lost"], ids=["O7-archived", "F17-lost"])
def test_a_lead_that_failed_is_untouched(reason: str) -> None:
    """A lead in a failure stage is not active: the switch does not touch it."""
    scene = classic()
    lead_id = scene.add(title=reason)
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    _untouched(scene, lead_id, lambda: scene.switch(BOTH_CLOSE))
    assert scene.crm.mode() is CrmState.SIMPLE


@pytest.mark.rule("SWITCH-2", "CONV-5", "IMPORT-1")
def test_o8_a_won_lead_is_untouched_and_no_error() -> None:
    """A lead that was imported in the success stage is finished, not active."""
    scene = classic()
    _import(scene, "CONVERTED", StageSemantics.SUCCESS)
    _untouched(scene, LeadId(70), lambda: scene.switch(BOTH_CLOSE))
    assert scene.holds_all_laws()


def _import(scene: Scene, stage: str, semantics: StageSemantics, id: int = 70) -> None:
    lead = Lead(id=LeadId(id), stage=StageCode(stage), semantics=semantics, responsible=ADMIN, title="Old")
    accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(lead,))))


@pytest.mark.rule("SWITCH-1", "STAGE-2")
def test_o9_the_same_lead_reopened_is_in_the_next_switch() -> None:
    """A closed lead that is reopened in Classic is active again, and the next switch converts it."""
    scene = classic()
    lead_id = scene.add(title="Request")
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    assert scene.switch(key="first").totals.converted == 0
    accepted(scene.crm.switch_to_classic(ADMIN))
    accepted(scene.crm.reopen_lead(ADMIN, lead_id))
    assert scene.lead(lead_id).is_active
    assert scene.switch(key="second").totals.converted == 1


@pytest.mark.rule("STAGE-2", "SWITCH-2")
@pytest.mark.parametrize(
    "code, semantics, active",
    [
        pytest.param("LOST", StageSemantics.FAILURE, False, id="O27-lost"),
        pytest.param("OPEN_ARCHIVE", StageSemantics.FAILURE, False, id="O27-archived_by_name_open"),
        pytest.param("ZERO_PERCENT", StageSemantics.IN_PROCESS, True, id="O27-probability_0"),
        pytest.param("WON", StageSemantics.SUCCESS, False, id="O27-won"),
        pytest.param("HUNDRED_PERCENT", StageSemantics.IN_PROCESS, True, id="O27-probability_100"),
        pytest.param("JUNK", StageSemantics.IN_PROCESS, True, id="O27-named_junk"),
    ],
)
def test_active_is_what_the_stage_means(code: str, semantics: StageSemantics, active: bool) -> None:
    """Names, codes and probabilities play no part in whether a lead is converted."""
    scene = _with_stages(
        Stage(code=StageCode(code), name="Converted", semantics=semantics),
        Stage(code=StageCode("START"), semantics=StageSemantics.IN_PROCESS),
        *(
            []
            if semantics is StageSemantics.SUCCESS
            else [Stage(code=StageCode("S"), semantics=StageSemantics.SUCCESS)]
        ),
    )
    _import(scene, code, semantics)
    assert scene.switch().totals.converted == int(active)
    assert (scene.lead(LeadId(70)).deal_id is not None) is active


def _with_stages(*stages: Stage) -> Scene:
    from attrs import evolve

    from crmcore.adapters.memory import InMemoryStore
    from crmcore.domain.model.image import new_crm
    from crmcore.domain.model.settings import CrmMode

    return Scene(InMemoryStore(evolve(new_crm(CrmMode.CLASSIC), stages=LeadStages(stages=stages))))


@pytest.mark.rule("SWITCH-1", "SWITCH-2")
def test_o30_of_four_leads_the_lost_one_stays_as_it_was() -> None:
    """Three are converted at one reading of the clock; the lost one is unchanged and no client is made for it."""
    scene = classic()
    ids = [scene.add(name=PersonName(first=name)) for name in ("A", "B", "C", "D")]
    accepted(scene.crm.close_lead(ADMIN, ids[1]))
    scene.later()
    _untouched_but(scene, ids[1], deals=3)
    image = scene.image()
    assert sorted(each.name.first or "" for each in there(image.contacts).values()) == ["A", "C", "D"]
    assert {each.created_at for each in there(image.deals).values()} == {scene.clock.now()} != {NOW}


def _untouched_but(scene: Scene, lead_id: LeadId, deals: int) -> None:
    before = accepted(scene.crm.lead(ADMIN, lead_id))
    scene.switch(BOTH_CLOSE)
    assert accepted(scene.crm.lead(ADMIN, lead_id)) == before
    assert scene.counts()["deals"] == deals


@pytest.mark.rule("SWITCH-10", "SWITCH-1", "MODE-5")
def test_o33_running_it_again_creates_nothing_and_says_so() -> None:
    """The same call answers with the recorded switch; another one says that there is nothing to do."""
    scene = classic()
    scene.add(title="One")
    first = scene.switch(key="k")
    counts = scene.counts()
    again = scene.switch(key="k")
    assert (again.result, again.totals, again.token) == ("switched", first.totals, first.token)
    assert scene.switch(key="other").result == "no_change"
    assert scene.counts() == counts


@pytest.mark.rule("SWITCH-1", "CONV-7", "DATA-3")
def test_o36_nothing_is_ever_deleted() -> None:
    """Leads and their doubles are all kept, with matching on: each gives its own deal on one client."""
    from crmcore import MatchSetting

    scene = classic()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    ids = [scene.add(title=f"Double {n}", contact_points=[email("ada@example.com")]) for n in range(3)]
    scene.switch()
    assert (scene.counts()["leads"], scene.counts()["deals"], scene.counts()["contacts"]) == (3, 3, 1)
    assert all(isinstance(each, Lead) for each in scene.image().leads.values())
    assert len({scene.lead(id).contact_id for id in ids}) == 1


@pytest.mark.rule("SWITCH-1", "CONV-9")
def test_o37_a_lead_listed_twice_is_converted_once() -> None:
    """The second answer names the same deal."""
    scene = classic()
    lead_id = scene.add(title="Request")
    first, second = scene.crm.convert_leads(ADMIN, [lead_id, lead_id])
    assert isinstance(first, ConvertedLead)
    assert second == ConvertedLead(first.row, already=True)
    assert not first.already
    assert scene.counts()["deals"] == 1


@pytest.mark.rule("SWITCH-2")
@pytest.mark.parametrize("how", ["switch", "by hand"], ids=["O40-switch", "O40-by_hand"])
def test_skipping_a_lost_lead_has_no_side_effect(how: str) -> None:
    """Neither the switch nor a conversion of many makes anything for a lost lead."""
    scene = classic()
    lead_id = scene.add(title="Lost", contact_points=[email("ada@example.com")], amount=euros("1"))
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    if how == "switch":
        _untouched(scene, lead_id, lambda: scene.switch(BOTH_CLOSE))
    else:
        _untouched(scene, lead_id, lambda: scene.crm.convert_leads(ADMIN, [lead_id], policy=BOTH_CLOSE))
        assert [refused(each) for each in scene.crm.convert_leads(ADMIN, [lead_id])] == ["lead_closed"]


@pytest.mark.rule("SWITCH-14")
def test_or9_an_empty_backlog_changes_the_mode_at_once() -> None:
    """No active lead: no work, a report of success, and two commits, begin and finish, with nothing in between."""
    scene, store = faulty()
    before, seen = store.calls["commit"], list[Progress]()
    report = accepted(scene.crm.switch_to_simple(ADMIN, key="k", on_progress=seen.append))
    assert (report.result, report.totals, report.state) == ("switched", Totals(), CrmState.SIMPLE)
    assert all(progress == Progress() for progress in seen)
    assert store.calls["commit"] - before == 2
    assert (report.token and report.token.epoch, scene.crm.settings().epoch) == (2, 3)


@pytest.mark.rule("SWITCH-9.2", "SWITCH-13")
@pytest.mark.parametrize("where", ["unreadable", "unwritable"], ids=["OR10-read", "OR10-write"])
def test_the_third_of_five_leads_fails(where: str) -> None:
    """The other four are converted; the third is named with its reason, by the switch and by hand alike."""
    scene, store = faulty()
    ids = [scene.add(title=f"Lead {n}") for n in range(5)]
    setattr(store, where, frozenset({ids[2]}))
    report = scene.switch(BOTH_CLOSE)
    assert (report.result, report.set_aside) == ("blocked", (ids[2],))
    assert (report.totals.converted, report.totals.set_aside) == (4, 1)
    outcomes = dict(scene.crm.outcomes(ADMIN, report.token.epoch if report.token else scene.crm.settings().epoch))
    assert outcomes[ids[2]].code == where
    assert [refused(each) for each in scene.crm.convert_leads(ADMIN, [ids[2]])] == ["record_fault"]


@pytest.mark.rule("SWITCH-9", "SWITCH-13")
def test_or10_by_hand_each_lead_has_its_answer() -> None:
    """Five leads asked for, five answers in order; the third names lead and reason."""
    scene, store = faulty()
    ids = [scene.add(title=f"Lead {n}") for n in range(5)]
    store.unconvertible = {ids[2]}
    answers = scene.crm.convert_leads(ADMIN, ids)
    assert [isinstance(each, ConvertedLead) for each in answers] == [True, True, False, True, True]
    assert isinstance(answers[2], Refused)
    assert answers[2].subject == Ref(Kind.LEAD, ids[2])


@pytest.mark.rule("SWITCH-3.1", "PERM-1.1")
def test_or12_all_seven_or_the_outcome_says_which_are_left() -> None:
    """Seven open leads are converted; with one broken the mode is not Simple; a manager is refused."""
    scene, store = faulty()
    ids = [scene.add(title=f"Lead {n}") for n in range(7)]
    before = scene.image()
    answer = scene.crm.switch_to_simple(MANAGER, key="k")
    assert refused(answer) == "not_permitted"
    assert scene.image() == before
    store.unconvertible = {ids[6]}
    report = scene.switch()
    assert (report.state, report.set_aside, report.totals.converted) == (CrmState.BLOCKED, (ids[6],), 6)
    store.heal()
    accepted(scene.crm.retry_switch(ADMIN))
    report = scene.switch()
    assert (report.state, report.set_aside, report.totals.converted) == (CrmState.SIMPLE, (), 7)


@pytest.mark.rule("SWITCH-6", "CONV-9", "STAGE-2")
def test_m7_a_failed_lead_is_reopened_in_classic_only() -> None:
    """In Classic it is active again; while switching, without the plan and in Simple it is refused, to any stage."""
    scene = classic()
    lead_id = scene.add(title="Request")
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    accepted(scene.crm.reopen_lead(ADMIN, lead_id))
    assert scene.lead(lead_id).is_active
    accepted(scene.crm.close_lead(ADMIN, lead_id))
    scene.plan.classic = False
    assert refused(scene.crm.reopen_lead(ADMIN, lead_id)) == "reopen_refused"
    scene.plan.classic = True
    accepted(scene.crm.begin_switch(ADMIN, key="k"))
    assert refused(scene.crm.reopen_lead(ADMIN, lead_id)) == "reopen_refused"
    scene.switch(key="k")
    assert refused(scene.crm.reopen_lead(ADMIN, lead_id)) == "reopen_refused"
    assert refused(scene.crm.reopen_lead(ADMIN, lead_id, stage="NOPE")) == "reopen_refused"


@pytest.mark.rule("CONV-5", "IMPORT-1")
@pytest.mark.parametrize("build", [classic, simple], ids=["M8-classic", "M8-simple"])
def test_a_lead_imported_in_the_success_stage_is_finished_not_converted(build: Any) -> None:
    """No deal is made and nothing else happens; converting it is refused as closed."""
    scene = build()
    _import(scene, "CONVERTED", StageSemantics.SUCCESS)
    assert scene.counts() == {"leads": 1, "deals": 0, "contacts": 0, "companies": 0, "activities": 0, "ledger": 0}
    assert refused(scene.crm.convert_lead(ADMIN, LeadId(70))) == "lead_closed"
    assert scene.holds_all_laws()


@pytest.mark.rule("INTAKE-5")
def test_m15_active_converted_and_failed_leads_make_up_all_leads() -> None:
    """The lists partition the leads, and each line of the source analysis adds up."""
    scene = classic()
    ids = [scene.add(source=source, amount=euros("10.10")) for source in _sources("WEB", "WEB", "WEB", "CALL")]
    scene.convert(ids[0])
    accepted(scene.crm.close_lead(ADMIN, ids[1]))
    active = {each.record.id for each in scene.crm.leads(ADMIN, active=True)}
    others = {each.record.id for each in scene.crm.leads(ADMIN, active=False)}
    assert active == {ids[2], ids[3]}
    assert others == {ids[0], ids[1]}
    lines = scene.crm.sources(ADMIN)
    assert [(line.source, line.leads, line.active, line.converted, line.failed) for line in lines] == [
        ("CALL", 1, 1, 0, 0),
        ("WEB", 3, 1, 1, 1),
    ]
    assert sum(line.leads for line in lines) == len(list(scene.crm.leads(ADMIN))) == 4


def _sources(*codes: str) -> list[SourceCode]:
    return [SourceCode(code) for code in codes]


@pytest.mark.rule("SWITCH-9")
def test_x4_a_set_aside_lead_is_still_active_and_nothing_of_it_was_left_behind() -> None:
    """No deal, client or ledger row belongs to the lead that failed."""
    scene, store = faulty()
    good, bad = scene.add(title="Good"), scene.add(title="Bad", name=PersonName(first="Bad"))
    activity = scene.add_activity(Ref(Kind.LEAD, bad))
    store.unconvertible = {bad}
    before = accepted(scene.crm.lead(ADMIN, bad))
    scene.switch(BOTH_CLOSE)
    image = scene.image()
    assert accepted(scene.crm.lead(ADMIN, bad)) == before
    assert before.record.is_active
    assert set(image.ledger) == {good}
    assert (
        {each.lead_id for each in there(image.deals).values()}
        == {each.lead_id for each in there(image.contacts).values()}
        == {good}
    )
    assert scene.bound(activity) == {Ref(Kind.LEAD, bad)}
    assert not scene.activity(activity).completed


@pytest.mark.rule("SWITCH-13", "SWITCH-12", "SWITCH-5.1")
def test_s1_one_outcome_per_planned_lead_in_a_stable_order() -> None:
    """The outcomes come in id order and name exactly the leads that the preview planned."""
    scene = classic()
    ids = [scene.add(title=f"Lead {n}") for n in range(7)]
    planned = [plan.lead_id for plan in _preview(scene)]
    report = scene.switch(chunk=3)
    assert report.token is not None
    assert [lead_id for lead_id, _ in scene.crm.outcomes(ADMIN, report.token.epoch)] == planned == ids
    hand = classic()
    wanted = [hand.add(title=f"Lead {n}") for n in range(4)][::-1]
    answers = [accepted(each).row.lead_id for each in hand.crm.convert_leads(ADMIN, wanted)]
    assert answers == wanted


def _preview(scene: Scene) -> Any:
    from crmcore import Preview

    preview = scene.crm.preview_switch(ADMIN)
    assert isinstance(preview, Preview)
    return preview.leads


@pytest.mark.rule("SWITCH-13")
def test_s7_the_parts_sum_to_the_total_in_every_progress_event() -> None:
    """Whatever happens between two chunks, each report adds up."""
    scene = classic()
    ids = [scene.add(title=f"Lead {n}") for n in range(12)]
    happen: list[Callable[[], object]] = [
        lambda: scene.crm.close_lead(ADMIN, ids[11]),
        lambda: scene.crm.delete_lead(ADMIN, ids[10]),
        lambda: scene.crm.convert_lead(ADMIN, ids[9]),
        lambda: scene.crm.add_lead(ADMIN, title="New"),
    ]
    seen: list[Totals] = []

    def watch(totals: Totals) -> None:
        seen.append(totals)
        if happen:
            accepted(happen.pop()())

    report = accepted(scene.crm.switch_to_simple(ADMIN, key="k", chunk=2, on_progress=watch))
    assert len(seen) > 3
    for totals in (*seen, report.totals):
        ended = totals.converted + totals.already_converted + totals.closed + totals.deleted + totals.set_aside
        assert totals.at_begin + totals.added == ended + totals.remaining
    last = report.totals
    assert (last.at_begin, last.added, last.already_converted, last.closed, last.deleted) == (12, 1, 1, 1, 1)
    assert (last.converted, last.remaining) == (10, 0)
