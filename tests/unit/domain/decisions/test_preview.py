"""The plan of a switch, page by page."""

import pytest

from crmcore import (
    Kind,
    MatchSetting,
    Ref,
)
from crmcore.domain.decisions.preview import Planner
from crmcore.domain.protocol.decision import Context
from tests.building import ADMIN, NOW, TERMS, accepted, classic, email


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
