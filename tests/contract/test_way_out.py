"""Leads that cannot be read, in memory: the record is damaged, or the store says so of it (SWITCH-9)."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import Kind, Lead, Money, Ref
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.tombstone import Tombstone
from crmcore.testing import TestCrm
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

pytestmark = pytest.mark.rule("SWITCH-9")


def hurt(lead: Lead) -> Lead:
    """The lead with what no lead may hold."""
    fields: dict[str, Any] = {each.name: getattr(lead, each.name) for each in lead.__attrs_attrs__}
    money = unchecked(Money)(amount=Decimal("NaN"), currency="EURO")
    made: Lead = unchecked(Lead)(**{**fields, "amount": money})
    return made


@pytest.mark.rule("DATA-1")
def test_a_damaged_lead_in_memory_is_closed_by_its_stage_and_deleted() -> None:
    """An image is not checked when it is loaded, so a store in memory can hold such a lead."""
    p = TestCrm.classic()
    lead = hurt(p.lead(title="Forty desks"))
    scene = Scene(InMemoryStore(evolve(p.image(), leads={lead.id: lead})))
    accepted(scene.crm.close_lead(ADMIN, lead.id, stage="JUNK"))
    after = scene.lead(lead.id)

    assert (after.stage, after.title, after.amount) == ("JUNK", "Forty desks", lead.amount)
    accepted(scene.crm.delete_lead(ADMIN, lead.id))
    assert scene.broken_laws() == []


@pytest.mark.rule("SWITCH-13", "DATA-3")
@pytest.mark.parametrize("how", ["close_lead", "delete_lead"])
def test_a_switch_ends_once_its_unreadable_lead_is_given_up(how: str) -> None:
    """Whatever keeps the store from reading it; what is bound to a deleted one alone goes with it."""
    p = TestCrm.classic()
    lead, other = p.lead(), p.lead()
    alone, shared = p.activity(lead), p.activity(lead, other)
    p.trouble.unreadable.add(lead.id)
    assert accepted(p.crm.switch_to_simple(p.administrator, key="k")).set_aside == (lead.id,)
    told = len(p.events)
    assert getattr(p.crm, how)(p.administrator, lead.id) == lead.id

    assert [type(event).__name__ for event in p.events[told:]] == [
        {"close_lead": "LeadClosed", "delete_lead": "LeadDeleted"}[how]
    ]
    report = accepted(p.crm.switch_to_simple(p.administrator, key="k"))
    assert (report.result, report.totals.converted) == ("switched", 1)
    p.trouble.heal()
    assert isinstance(p.image().activities[alone.id], Tombstone) is (how == "delete_lead")
    assert p.image().bindings[shared.id] >= {Ref(Kind.LEAD, lead.id), Ref(Kind.LEAD, other.id)}
    p.check()
