"""Which existing client a conversion takes (CONV-7), and under which policy a conversion by hand is made (POLICY-6)."""

from typing import Any

import pytest
from attrs import evolve

from crmcore import ClientChoice, Kind, MatchSetting, ModeSwitchPolicy, Preview, Ref, SwitchToken
from crmcore.domain.protocol.events import ActivitiesCompleted
from tests.building import ADMIN, BOTH, OTHER, Scene, accepted, classic, email, interrupted, phone

ADA = email("ada@example.com")
COMPANY = ModeSwitchPolicy(client=ClientChoice.COMPANY)


def _matching() -> Scene:
    scene = classic()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    return scene


def _by_hand(scene: Scene, policy: ModeSwitchPolicy) -> None:
    for found in list(scene.crm.leads(ADMIN, active=True)):
        scene.convert(found.record.id, policy)


def _switch(scene: Scene, policy: ModeSwitchPolicy) -> None:
    scene.switch(policy)


@pytest.mark.rule("CONV-7", "SWITCH-11")
@pytest.mark.parametrize("how", [_by_hand, _switch])
class TestMatching:
    """CONV-7. With `email`, an equal normalised e-mail names the client, and nothing else does."""

    @pytest.mark.rule("CONV-7.1", "CONV-7.2")
    def test_without_the_setting_two_leads_make_two_clients(self, how: Any) -> None:
        """It is off by default, whatever the e-mails are."""
        scene = classic()
        scene.add_contact("Ada", contact_points=[ADA])
        for _ in range(2):
            scene.add(contact_points=[ADA])
        how(scene, ModeSwitchPolicy())
        assert scene.counts()["contacts"] == 3

    @pytest.mark.rule("CONV-7.4", "CONV-7.5")
    def test_of_several_matches_the_lowest_id_is_taken_and_not_changed(self, how: Any) -> None:
        """By any of the lead's e-mails; the matched contact keeps its fields and its version."""
        scene = _matching()
        second = email("second@example.com")
        scene.add_contact("Other")
        low = scene.add_contact("Low", contact_points=[second])
        scene.add_contact("High", contact_points=[ADA])
        before = accepted(scene.crm.contact(ADMIN, low))
        lead_id = scene.add(contact_points=[ADA, email(" SECOND@example.com")], comments="new")
        how(scene, ModeSwitchPolicy())
        assert scene.lead(lead_id).contact_id == low
        assert accepted(scene.crm.contact(ADMIN, low)) == before
        assert scene.counts()["contacts"] == 3

    @pytest.mark.rule("CONV-7.3")
    def test_a_phone_an_empty_mail_or_what_is_no_mail_matches_nobody(self, how: Any) -> None:
        """People are never merged by less than an e-mail."""
        scene = _matching()
        scene.add_contact("Ada", contact_points=[phone("1"), email("no at sign")])
        scene.add(contact_points=[phone("1"), email("no at sign"), email(" ")])
        scene.add(title="nothing at all")
        how(scene, ModeSwitchPolicy())
        assert scene.counts()["contacts"] == 3

    @pytest.mark.rule("CONV-7.6")
    def test_leads_of_one_switch_share_the_client_that_the_first_one_made(self, how: Any) -> None:
        """Within one chunk and across chunks; each has its own deal."""
        scene = _matching()
        for _ in range(3):
            scene.add(contact_points=[ADA])
        how(scene, BOTH)
        counts = scene.counts()
        assert (counts["contacts"], counts["companies"], counts["deals"]) == (1, 1, 3)
        assert scene.holds_all_laws()

    def test_matching_goes_by_kind_and_a_matched_contact_is_not_linked_to_a_new_company(self, how: Any) -> None:
        """A contact is looked for among contacts; a company that is missing is made, and the contact stays as it is."""
        scene = _matching()
        contact = scene.add_contact("Ada", contact_points=[ADA])
        lead_id = scene.add(contact_points=[ADA], company_title="Co")
        how(scene, BOTH)
        lead = scene.lead(lead_id)
        assert lead.contact_id == contact
        assert scene.company(lead.company_id).title == "Co"
        assert scene.contact(contact).company_id is None

    def test_a_kind_that_is_not_wanted_is_not_matched(self, how: Any) -> None:
        """With the company option a known contact plays no part."""
        scene = _matching()
        scene.add_contact("Ada", contact_points=[ADA])
        lead_id = scene.add(contact_points=[ADA])
        how(scene, COMPANY)
        assert scene.lead(lead_id).contact_id is None
        assert scene.counts()["companies"] == 1


@pytest.mark.rule("CONV-7")
def test_two_who_convert_at_once_make_one_client() -> None:
    """The key is claimed in the commit: who loses the race looks again and finds the client."""
    scene, store = interrupted()
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    one, two = scene.add(contact_points=[ADA]), scene.add(contact_points=[email("ADA@example.com")])
    store.overtake(lambda: scene.convert(one))
    scene.convert(two)
    assert scene.lead(one).contact_id == scene.lead(two).contact_id
    assert scene.counts()["contacts"] == 1


@pytest.mark.rule("CONV-7", "INTAKE-4", "SWITCH-6")
def test_a_lead_that_is_converted_on_arrival_is_matched_too() -> None:
    """Added in Simple, it gives a deal on the client that is known."""
    scene = _matching()
    scene.switch()
    client = scene.add_contact("Ada", contact_points=[ADA])
    assert scene.lead(scene.add(contact_points=[ADA])).contact_id == client


@pytest.mark.rule("POLICY-6.3", "SWITCH-7")
def test_a_conversion_by_hand_without_a_policy_takes_the_one_in_force() -> None:
    """The live switch's, else the last finished one's, else the default; a named one wins."""
    scene = classic()
    scene.add_other_pipeline()
    ids = [scene.add(title=str(n)) for n in range(4)]
    assert scene.convert(ids[0]).company_id is None
    accepted(scene.crm.begin_switch(ADMIN, key="one", policy=evolve(COMPANY, pipeline_id=OTHER)))
    live = scene.convert(ids[1])
    assert (live.contact_id, scene.deal(live.deal_id).pipeline_id) == (None, OTHER)
    assert scene.convert(ids[2], BOTH).contact_id is not None
    accepted(scene.crm.cancel_switch(ADMIN))
    assert scene.convert(ids[3]).company_id is None
    scene.switch(BOTH, key="two")
    accepted(scene.crm.switch_to_classic(ADMIN))
    last = scene.convert(scene.add(title="last"))
    assert None not in (last.contact_id, last.company_id)


@pytest.mark.rule("POLICY-4.1", "CONV-6", "POLICY-4.3")
def test_a_shared_activity_is_completed_for_all_and_counted_once() -> None:
    """One record: complete for the other lead too, at the first commit, and bound to both deals."""
    scene = classic()
    one, two = scene.add(title="One"), scene.add(title="Two")
    work = scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
    policy = ModeSwitchPolicy(keep_activities=False)
    token = scene.crm.begin_switch(ADMIN, key="k", policy=policy)
    assert isinstance(token, SwitchToken)
    accepted(scene.crm.convert_chunk(token, 1))
    first = scene.activity(work)
    assert (first.completed, first.completed_at) == (True, scene.clock.now())
    scene.later()
    report = accepted(scene.crm.run_switch(token))
    assert scene.activity(work) == first
    assert {Ref(Kind.DEAL, scene.row(id).deal_id) for id in (one, two)} <= scene.bound(work)
    assert (report.totals.bound, report.totals.completed) == (1, 1)


@pytest.mark.rule("SWITCH-12", "SWITCH-13", "POLICY-4")
@pytest.mark.parametrize("by_switch", [False, True], ids=["by hand", "by a cancelled switch"])
def test_work_shared_with_a_lead_converted_before_is_in_the_numbers_of_this_switch(by_switch: bool) -> None:
    """It is bound and completed now, so preview, totals and events say so, whoever converted the other lead."""
    scene = classic()
    one, two = scene.add(title="One"), scene.add(title="Two")
    work = scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
    if by_switch:
        token = scene.crm.begin_switch(ADMIN, key="first")
        assert isinstance(token, SwitchToken)
        accepted(scene.crm.convert_chunk(token, 1))
        accepted(scene.crm.cancel_switch(ADMIN))
    else:
        scene.convert(one)
    policy = ModeSwitchPolicy(keep_activities=False)
    planned = scene.crm.preview_switch(ADMIN, policy)
    assert isinstance(planned, Preview)
    report = scene.switch(policy)
    assert scene.activity(work).completed
    assert (report.totals.bound, report.totals.completed) == (1, 1)
    assert planned.totals == report.totals
    assert ActivitiesCompleted((work,)) in scene.told


@pytest.mark.rule("POLICY-4", "SWITCH-13")
def test_work_that_a_hand_conversion_completes_is_told_though_the_switch_counted_it() -> None:
    """The switch keeps it open and counts it; completing it with the other lead is an event of its own."""
    scene = classic()
    one, two = scene.add(title="One"), scene.add(title="Two")
    work = scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
    token = scene.crm.begin_switch(ADMIN, key="k")
    assert isinstance(token, SwitchToken)
    accepted(scene.crm.convert_chunk(token, 1))
    scene.convert(two, ModeSwitchPolicy(keep_activities=False))
    assert scene.activity(work).completed
    assert ActivitiesCompleted((work,)) in scene.told


@pytest.mark.rule("POLICY-3")
def test_kept_activities_are_as_they_were() -> None:
    """Open ones stay open, complete ones keep their instant."""
    scene = classic()
    lead_id = scene.add(title="x")
    ids = [scene.add_activity(Ref(Kind.LEAD, lead_id), completed=done) for done in (True, False)]
    before = [scene.activity(id) for id in ids]
    scene.later()
    report = scene.switch()
    assert [scene.activity(id) for id in ids] == before
    assert (report.totals.kept_open, report.totals.completed) == (1, 0)
