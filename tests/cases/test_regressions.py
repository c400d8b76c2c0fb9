"""What happened to users of other systems, and what must hold here; the names begin with the ids of the list.

lines: one short test per case, in the order of the list.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    CrmState,
    Kind,
    LeadId,
    LeadStages,
    Money,
    PersonName,
    Ref,
    Refused,
    StageCode,
    UserId,
)
from tests.building import (
    ADMIN,
    BOTH_CLOSE,
    MANAGER,
    Scene,
    accepted,
    classic,
    email,
    euros,
    faulty,
    interrupted,
    phone,
    refused,
    simple,
    there,
)


def _by_hand(scene: Scene, ids: list[LeadId]) -> None:
    for answer in scene.crm.convert_leads(ADMIN, ids, policy=BOTH_CLOSE):
        accepted(answer)


def _switch(scene: Scene, ids: list[LeadId]) -> None:
    scene.switch(BOTH_CLOSE)


Way = Callable[[Scene, list[LeadId]], None]


@pytest.mark.rule("SWITCH-1", "SWITCH-7")
@pytest.mark.parametrize("first", [_by_hand, _switch], ids=["R1-hand", "R1-switch"])
@pytest.mark.parametrize("second", [_by_hand, _switch], ids=["then_hand", "then_switch"])
def test_a_lead_never_gives_two_deals(first: Way, second: Way) -> None:
    """Double click, two sessions, a retry: whoever converts, the lead has one deal."""
    scene, store = interrupted()
    lead_id = scene.add(title="Request")
    store.overtake(lambda: first(scene, [lead_id]))
    second(scene, [lead_id])
    second(scene, [lead_id])
    assert scene.counts()["deals"] == 1
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-9", "SWITCH-1")
def test_r2_a_failing_deal_leaves_the_lead_unconverted() -> None:
    """One commit: where the deal cannot be written the lead is not converted either."""
    scene, store = faulty()
    lead_id = scene.add(title="Request")
    store.unconvertible = {lead_id}
    before = scene.image()
    [answer] = scene.crm.convert_leads(ADMIN, [lead_id])
    assert refused(answer) == "record_fault"
    assert scene.image() == before


@pytest.mark.rule("CONV-6")
@pytest.mark.parametrize("kind", ["meeting", "call", "task", "email", "comment", "file", "my-own_kind"])
def test_r3_every_kind_of_activity_is_bound(kind: str) -> None:
    """No kind of activity stays behind on the lead."""
    scene = classic()
    lead_id = scene.add(title="Request")
    activity = scene.add_activity(Ref(Kind.LEAD, lead_id), kind=kind)
    row = scene.convert(lead_id)
    assert Ref(Kind.DEAL, row.deal_id) in scene.bound(activity)
    assert row.activity_ids == (activity,)


@pytest.mark.rule("CONV-6", "POLICY-4")
def test_r4_a_task_of_two_leads_of_one_client_appears_once_everywhere() -> None:
    """Bindings are a set: the client has the task once, both deals have it, and it is counted once."""
    scene = classic()
    client = scene.add_contact()
    one, other = scene.add(contact_id=client), scene.add(contact_id=client)
    task = scene.add_activity(*(Ref(Kind.LEAD, id) for id in (one, other)), Ref(Kind.CONTACT, client))
    report = scene.switch(BOTH_CLOSE)
    deals = {Ref(Kind.DEAL, scene.row(id).deal_id) for id in (one, other)}
    assert scene.bound(task) == {Ref(Kind.LEAD, one), Ref(Kind.LEAD, other), Ref(Kind.CONTACT, client)} | deals
    found = accepted(scene.crm.activities(ADMIN, of=Ref(Kind.CONTACT, client)))
    assert [each.record.id for each in found] == [task]
    assert report.totals.completed == report.totals.bound == 1


@pytest.mark.rule("DATA-3", "CONV-6")
def test_r5_a_deleted_call_is_not_bound_counted_or_completed() -> None:
    """What was deleted stays a tombstone through the switch."""
    scene = classic()
    lead_id = scene.add(title="Request")
    call = scene.add_activity(Ref(Kind.LEAD, lead_id), kind="call")
    accepted(scene.crm.delete_activity(ADMIN, call))
    before = scene.image()
    report = scene.switch(BOTH_CLOSE)
    assert (report.totals.bound, report.totals.completed, report.totals.kept_open) == (0, 0, 0)
    assert scene.row(lead_id).activity_ids == ()
    assert scene.image().activities == before.activities
    assert scene.image().bindings == before.bindings
    assert refused(scene.crm.activity(ADMIN, call)) == "unknown_record"
    assert scene.holds_all_laws()


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize("amount", ["1", "1000000", "1.000", "1000.00", "0.001"])
def test_r6_numbers_never_pass_through_display_text(amount: str) -> None:
    """No separator is ever swapped: the decimal is the same object of value, digit by digit."""
    scene = classic()
    lead_id = scene.add(amount=euros(amount), custom={"UF": Decimal(amount)})
    row = scene.convert(lead_id)
    deal = scene.deal(row.deal_id)
    assert deal.amount is not None
    assert deal.amount.amount is not None
    assert deal.amount.amount.as_tuple() == Decimal(amount).as_tuple()
    assert str(deal.custom["UF"]) == amount


@pytest.mark.rule("CONV-8")
@pytest.mark.parametrize("money", [Money(amount=Decimal(5), currency="JPY"), Money(amount=Decimal(5))])
def test_r7_amount_and_currency_are_one_value(money: Money) -> None:
    """No currency is ever replaced by a default one, nor added where there was none."""
    scene = classic()
    row = scene.convert(scene.add(amount=money))
    assert scene.deal(row.deal_id).amount == row.amount == money


@pytest.mark.rule("SWITCH-6", "INTAKE-2", "INTAKE-4")
def test_r8_no_lead_that_nobody_can_see_without_leads() -> None:
    """An old integration that adds leads, and a mail that comes in, make deals in Simple; no lead is ever active."""
    scene = simple()
    added = scene.add(title="By the old form")
    held = accepted(scene.crm.take_inquiry(ADMIN, channel="email", contact_points=[email("ada@example.com")]))
    assert held.ref.kind is Kind.DEAL
    assert scene.lead(added).deal_id is not None
    assert list(scene.crm.leads(ADMIN, active=True)) == []
    assert scene.counts()["deals"] == 2


@pytest.mark.rule("MODE-3", "STAGE-1")
def test_r9_rules_of_the_other_mode_do_not_leak() -> None:
    """In Classic nobody asks for a deal stage, in Simple nobody for a lead stage."""
    scene = classic()
    lead_id = scene.add(title="Request")
    accepted(scene.edit(lead_id, title="Other"))
    assert scene.counts()["deals"] == 0
    scene = simple()
    deal_id = accepted(scene.crm.add_deal(ADMIN, title="Directly"))
    accepted(scene.crm.edit_deal(ADMIN, deal_id, 1, title="Other"))
    assert scene.counts()["leads"] == 0


@pytest.mark.rule("SWITCH-2")
def test_r10_no_client_is_made_for_a_lead_that_is_skipped() -> None:
    """A lost lead in a mass run leaves no client behind, whichever way it is run."""
    scene = classic()
    lost = scene.add(name=PersonName(first="Lost"), contact_points=[email("lost@example.com")])
    good = scene.add(name=PersonName(first="Good"))
    accepted(scene.crm.close_lead(ADMIN, lost))
    answers = scene.crm.convert_leads(ADMIN, [lost, good], policy=BOTH_CLOSE)
    assert [isinstance(each, Refused) for each in answers] == [True, False]
    scene.switch(BOTH_CLOSE)
    assert [each.name.first for each in there(scene.image().contacts).values()] == ["Good"]


@pytest.mark.rule("CONV-3", "CONV-2", "CONV-7")
def test_r11_the_salesperson_is_carried_to_new_clients_and_never_written_on_existing_ones() -> None:
    """New clients get the lead's responsible; linked and matched clients keep theirs."""
    from crmcore import MatchSetting

    scene = classic()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    linked = scene.add_contact("Linked", responsible=UserId(50))
    matched = scene.add_contact("Matched", responsible=UserId(51), contact_points=[email("m@example.com")])
    scene.add(contact_id=linked, responsible=MANAGER)
    scene.add(contact_points=[email("M@Example.com")], responsible=MANAGER)
    new = scene.add(title="New", responsible=MANAGER)
    scene.switch()
    assert scene.contact(linked).responsible == 50
    assert scene.contact(matched).responsible == 51
    assert scene.contact(scene.lead(new).contact_id).responsible == MANAGER
    assert {each.responsible for each in there(scene.image().deals).values()} == {MANAGER}


@pytest.mark.rule("SWITCH-11.2", "CONV-3", "POLICY-3.2")
@pytest.mark.parametrize("way", [_by_hand, _switch], ids=["R12-hand", "R12-switch"])
def test_single_conversion_and_mass_conversion_give_the_same_records(way: Way) -> None:
    """Salesperson, pipeline, clients and activities are the same by hand and in the switch."""
    scene = classic()
    ids = [scene.add(name=PersonName(first=f"P{n}"), responsible=UserId(20 + n)) for n in range(3)]
    for id in ids:
        scene.add_activity(Ref(Kind.LEAD, id))
    way(scene, ids)
    image = scene.image()
    assert [(each.responsible, each.lead_id) for each in there(image.deals).values()] == [(20, 1), (21, 2), (22, 3)]
    assert [each.responsible for each in there(image.contacts).values()] == [20, 21, 22]
    assert [each.responsible for each in there(image.companies).values()] == [20, 21, 22]
    assert all(scene.activity(id).completed for id in image.activities)
    assert [row.contact_id for row in image.ledger.values()] == [1, 2, 3]


@pytest.mark.rule("SWITCH-9")
def test_r13_one_bad_record_does_not_stop_the_run() -> None:
    """The bad record is set aside, and all others are converted in the same run."""
    scene, store = faulty()
    ids = [scene.add(title=f"Lead {n}") for n in range(20)]
    store.unreadable = {ids[0], ids[10], ids[19]}
    report = scene.switch(chunk=4)
    assert (report.totals.converted, report.totals.set_aside, report.state) == (17, 3, CrmState.BLOCKED)
    assert report.set_aside == (ids[0], ids[10], ids[19])


@pytest.mark.rule("SWITCH-13")
def test_r14_a_successful_run_never_says_0_of_0() -> None:
    """Every progress report and the last one name the leads that were there at the beginning."""
    scene = classic()
    for n in range(5):
        scene.add(title=f"Lead {n}")
    seen: list[tuple[int, int, int]] = []
    report = accepted(
        scene.crm.switch_to_simple(
            ADMIN, key="k", chunk=2, on_progress=lambda t: seen.append((t.at_begin, t.converted, t.remaining))
        )
    )
    assert seen == [(5, 2, 3), (5, 4, 1), (5, 5, 0)]
    assert (report.totals.at_begin, report.totals.converted) == (5, 5)


@pytest.mark.rule("CONV-9.4")
@pytest.mark.parametrize("state", ["active", "converted", "closed"], ids=["R15-active", "R15-converted", "R15-closed"])
def test_a_copy_is_a_fresh_lead(state: str) -> None:
    """A copy has no client link, no activities and no outcome, and starts in the first stage."""
    scene = classic()
    client, company = scene.add_contact(), scene.add_company()
    source = scene.add(
        title="Request", amount=euros("5"), contact_id=client, company_id=company, stage=StageCode("PROCESSED")
    )
    scene.add_activity(Ref(Kind.LEAD, source))
    if state == "converted":
        scene.convert(source)
    if state == "closed":
        accepted(scene.crm.close_lead(ADMIN, source))
    copy = scene.lead(accepted(scene.crm.copy_lead(ADMIN, source)))
    assert (copy.title, copy.amount, copy.responsible) == ("Request", euros("5"), ADMIN)
    assert (copy.stage, copy.is_active, copy.contact_id, copy.company_id, copy.deal_id) == (
        "NEW",
        True,
        None,
        None,
        None,
    )
    assert accepted(scene.crm.activities(ADMIN, of=Ref(Kind.LEAD, copy.id))) == ()
    assert scene.image().ledger.keys() <= {source}


@pytest.mark.rule("CONV-3")
def test_r16_contact_points_travel_whole() -> None:
    """The type of an e-mail address is the same in every record, and on the lead."""
    scene = classic()
    points = (email("a@example.com", "HOME"), email("A@example.com", "MAILING"), phone("1", "FAX"))
    lead_id = scene.add(contact_points=points)
    row = scene.convert(lead_id, BOTH_CLOSE)
    assert scene.contact(row.contact_id).contact_points == points
    assert scene.company(row.company_id).contact_points == points
    assert scene.lead(lead_id).contact_points == points


@pytest.mark.rule("STAGE-2", "STAGE-1", "CONV-5")
def test_r17_renaming_stages_does_not_break_conversion() -> None:
    """After every stage was renamed and reordered, leads convert into the stage that means success."""
    scene = classic()
    lead_id = scene.add(title="Request", stage=StageCode("IN_PROCESS"))
    stages = scene.crm.lead_stages()
    renamed = tuple(evolve(each, name=f"x{each.code}") for each in reversed(stages.record.stages))
    accepted(scene.crm.define_lead_stages(ADMIN, LeadStages(stages=renamed), stages.version))
    pipeline = scene.crm.pipelines()[0]
    changed = evolve(
        pipeline.record, name="Renamed", stages=tuple(evolve(each, name="x") for each in pipeline.record.stages)
    )
    accepted(scene.crm.define_pipeline(ADMIN, changed, pipeline.version))
    row = scene.convert(lead_id)
    assert (scene.lead(lead_id).stage, scene.deal(row.deal_id).stage) == ("CONVERTED", "NEW")
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-13", "CONV-9", "PERM-6")
def test_r18_the_outcome_carries_the_ids_without_reading_anything_back() -> None:
    """One who may create but not read deals, contacts and companies still learns all ids."""
    from crmcore import Grant, Level, Operation, Role

    scene = classic()
    lead_id = scene.add(title="Request")
    may: dict[Grant, Level] = {Grant(op, Kind.LEAD): Level.ALL for op in (Operation.READ, Operation.UPDATE)}
    may.update({Grant(Operation.ADD, kind): Level.ALL for kind in (Kind.DEAL, Kind.CONTACT, Kind.COMPANY)})
    scene.roles.grant(UserId(9), Role(name="writer", levels=may))
    row: Any = accepted(scene.crm.convert_lead(UserId(9), lead_id, policy=BOTH_CLOSE)).row
    assert (row.deal_id, row.contact_id, row.company_id) == (1, 1, 1)
    assert refused(scene.crm.deal(UserId(9), row.deal_id)) == "unknown_record"
