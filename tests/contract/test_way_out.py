"""Leads that cannot be read, in memory: the record is damaged, or the store says so of it (SWITCH-9)."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Grant,
    Kind,
    Lead,
    Level,
    Money,
    Operation,
    Reason,
    RecordFault,
    Ref,
    Refused,
    Role,
    StageCode,
    UserId,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.events import LeadClosed, LeadDeleted
from crmcore.domain.protocol.snapshot import Backlog, Query
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
    """Nobody reads it; it leaves the backlog, and an audit goes on naming it until it is deleted."""
    p = TestCrm.classic()
    lead = hurt(p.lead(title="Forty desks"))
    scene = Scene(InMemoryStore(evolve(p.image(), leads={lead.id: lead})))
    accepted(scene.crm.close_lead(ADMIN, lead.id, stage="JUNK"))
    found = scene.store.snapshot(Query(stages_in_use=True, backlog=True))

    assert found.stages_in_use == {"JUNK"}
    assert found.backlog == Backlog(active=0, set_aside=())
    assert scene.broken_laws() == ["DATA-1"]
    with pytest.raises(RecordFault):
        scene.lead(lead.id)
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

    assert p.events[told:] == [{"close_lead": LeadClosed, "delete_lead": LeadDeleted}[how](lead.id)]
    report = accepted(p.crm.switch_to_simple(p.administrator, key="k"))
    assert (report.result, report.totals.converted) == ("switched", 1)
    p.trouble.heal()
    image, now = p.image(), p.clock.now()
    if how == "delete_lead":
        assert image.leads[lead.id] == Tombstone(kind=Kind.LEAD, id=lead.id, deleted_at=now)
        assert image.activities[alone.id] == Tombstone(kind=Kind.ACTIVITY, id=alone.id, deleted_at=now)
    assert isinstance(image.activities[alone.id], Tombstone) is (how == "delete_lead")
    assert p.image().bindings[shared.id] >= {Ref(Kind.LEAD, lead.id), Ref(Kind.LEAD, other.id)}
    p.check()


@pytest.mark.rule("PERM-1", "PERM-6", "PERM-7", "SWITCH-2")
def test_who_may_give_up_a_lead_that_cannot_be_read() -> None:
    """The settings right alone reaches it; who reads every lead is told so, and to anybody else it does not exist."""
    p = TestCrm.classic()
    lead, gone = p.lead(), p.lead()
    p.crm.delete_lead(p.administrator, gone.id)
    p.trouble.unreadable.update((lead.id, gone.id))
    every = {Grant(operation, Kind.LEAD): Level.ALL for operation in Operation}
    for user, role in (
        (UserId(5), Role(name="all", levels=every)),
        (UserId(6), Role(name="own", levels=dict.fromkeys(every, Level.OWN))),
        (UserId(7), Role(name="settings", settings=True)),
    ):
        p.roles.grant(user, role)
    ref = p.ref(lead)

    for ask in (p.crm.close_lead, p.crm.delete_lead):
        assert ask(UserId(5), lead.id) == Refused(Reason.NOT_PERMITTED, ref)
        assert ask(UserId(6), lead.id) == Refused(Reason.UNKNOWN_RECORD, ref)
    assert p.crm.close_lead(UserId(7), lead.id, stage="NEW") == Refused(
        Reason.UNKNOWN_STAGE, Ref(Kind.STAGES, StageCode("NEW"))
    )
    assert p.crm.close_lead(UserId(7), lead.id) == lead.id
    assert p.crm.close_lead(UserId(7), lead.id) == Refused(Reason.LEAD_CLOSED, ref)
    with pytest.raises(RecordFault):
        p.crm.reopen_lead(UserId(7), lead.id)


@pytest.mark.rule("CONV-9", "DATA-3")
def test_a_converted_lead_that_cannot_be_read_keeps_the_links_of_the_ledger() -> None:
    """Its tombstone leads to the deal and the client."""
    p = TestCrm.classic()
    lead = p.lead()
    row = accepted(p.crm.convert_lead(p.administrator, lead.id)).row
    p.trouble.unreadable.add(lead.id)
    accepted(p.crm.delete_lead(p.administrator, lead.id))
    p.trouble.heal()
    stone = p.image().leads[lead.id]

    assert isinstance(stone, Tombstone)
    assert (stone.deal_id, stone.contact_id, stone.company_id) == (row.deal_id, row.contact_id, row.company_id)
    p.check()
