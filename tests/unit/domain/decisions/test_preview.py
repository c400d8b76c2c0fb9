"""The plan of a switch, page by page."""

import pytest
from attrs import evolve

from crmcore import (
    ContractBroken,
    Kind,
    MatchSetting,
    Preview,
    Ref,
)
from crmcore.domain.decisions.preview import Planner
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.decision import Context
from tests.building import ADMIN, NOW, TERMS, accepted, classic, email


@pytest.mark.rule("SWITCH-12.1")
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


@pytest.mark.rule("SWITCH-12")
def test_a_lead_that_is_not_the_next_active_one_is_named() -> None:
    """A closed one, a deleted one, and one that the plan has already."""
    scene = classic()
    closed, deleted, planned = (scene.add(title=title) for title in "abc")
    accepted(scene.crm.close_lead(ADMIN, closed))
    accepted(scene.crm.delete_lead(ADMIN, deleted))
    planner = Planner(TERMS, Context(ADMIN, scene.roles.rights(ADMIN), True, NOW))
    first = scene.store.snapshot(planner.query(1))
    planner.add(first)
    for lead_id in (closed, deleted, planned):
        with pytest.raises(ContractBroken) as caught:
            planner.add(evolve(first, leads={lead_id: scene.image().leads[lead_id]}))
        assert caught.value.args == (
            "SWITCH-12",
            "the store offered a lead that is not the next active one",
            (Ref(Kind.LEAD, lead_id),),
        )


@pytest.mark.rule("SWITCH-12")
def test_the_clients_of_a_plan_are_those_that_exist() -> None:
    """A known client is named; a new one is only said to be made."""
    scene = classic()
    known = accepted(scene.crm.add_contact(ADMIN))
    scene.add(contact_id=known)
    scene.add(title="x")
    plan = accepted(scene.crm.preview_switch(ADMIN))
    assert isinstance(plan, Preview)
    assert [(each.contact_id, each.company_id, each.makes_contact, each.makes_company) for each in plan.leads] == [
        (known, None, False, False),
        (None, None, True, False),
    ]


@pytest.mark.rule("SWITCH-13", "SWITCH-14")
def test_a_report_says_how_the_switch_stands() -> None:
    """Switching while a lead is active, blocked where all that is left is set aside, then cancelled or switched."""
    scene = classic()
    leads = [scene.add(title=title) for title in "ab"]
    token = scene.begin()
    accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=leads[0], code="unreadable")))
    report = accepted(scene.crm.switch_report(token))
    assert (report.result, report.state.value, report.set_aside) == ("switching", "switching", (leads[0],))
    accepted(scene.crm.convert_chunk(token))
    report = accepted(scene.crm.switch_report(token))
    assert (report.result, report.state.value, report.totals.remaining) == ("blocked", "blocked", 0)
    accepted(scene.crm.cancel_switch(ADMIN))
    report = accepted(scene.crm.switch_report(token))
    assert (report.result, report.state.value, report.set_aside) == ("cancelled", "classic", ())
    accepted(scene.crm.close_lead(ADMIN, leads[0]))
    done = scene.switch(key="again")
    assert (done.result, done.state.value, done.token and done.token.key) == ("switched", "simple", "again")
