"""What the methods of `Crm` add to the commands that they run: keys, limits, and how a whole switch answers."""

from collections.abc import Callable

import pytest

from crmcore import (
    ConvertedLead,
    Crm,
    CrmState,
    Kind,
    LeadId,
    Reason,
    Ref,
    Refused,
    SwitchReport,
    Totals,
)
from crmcore.application import crm as driver
from tests.building import ADMIN, accepted, classic, simple


@pytest.mark.rule("EDIT-1")
@pytest.mark.parametrize(
    "call",
    [
        lambda crm, key: crm.add_lead(ADMIN, key=key),
        lambda crm, key: crm.copy_lead(ADMIN, 1, key=key),
        lambda crm, key: crm.add_deal(ADMIN, key=key),
        lambda crm, key: crm.add_contact(ADMIN, key=key),
        lambda crm, key: crm.add_company(ADMIN, key=key),
        lambda crm, key: crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, LeadId(1))], key=key),
        lambda crm, key: crm.take_inquiry(ADMIN, channel="call", key=key),
    ],
)
def test_a_call_with_the_same_key_gives_the_first_answer_again(call: Callable[[Crm, str | None], object]) -> None:
    """With another key or without one it does its work anew."""
    scene = classic()
    scene.add()
    first = accepted(call(scene.crm, "k"))
    assert accepted(call(scene.crm, "k")) == first
    assert len({first, *(accepted(call(scene.crm, key)) for key in ("other", None))}) == 3


@pytest.mark.rule("SWITCH-13")
def test_as_many_leads_as_one_call_may_name_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer for each, in the order given."""
    monkeypatch.setattr(driver, "MANY_LEADS", 3)
    scene = classic()
    one, two = scene.add(), scene.add()
    made, unknown, other = scene.crm.convert_leads(ADMIN, iter([two, LeadId(99), one]))
    assert unknown == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, LeadId(99)))
    assert isinstance(made, ConvertedLead)
    assert isinstance(other, ConvertedLead)
    assert (made.row.lead_id, other.row.lead_id) == (two, one)


@pytest.mark.rule("MODE-5")
def test_a_whole_switch_in_simple_changes_nothing_and_says_so() -> None:
    """There is no token, there are no terms, and nothing is counted."""
    report = accepted(simple().crm.switch_to_simple(ADMIN, key="k"))
    assert isinstance(report, SwitchReport)
    assert (report.result, report.state, report.token, report.terms) == ("no_change", CrmState.SIMPLE, None, None)
    assert report.totals == Totals()


@pytest.mark.rule("SWITCH-15")
def test_a_whole_switch_asks_whether_it_is_to_stop() -> None:
    """Before each chunk; then it stays live, and how far it is told."""
    scene = classic()
    for _ in range(5):
        scene.add()
    answers = iter([False, True])
    report = accepted(scene.crm.switch_to_simple(ADMIN, key="k", chunk=2, stop=lambda: next(answers)))
    assert (report.result, report.totals.converted, report.totals.remaining) == ("switching", 2, 3)
