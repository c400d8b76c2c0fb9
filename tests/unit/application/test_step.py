"""A step is a decision with all that its commit needs."""

import pytest

from crmcore import CloseLead, LeadId, Reason, Refused, StoreBusy, Versioned
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.step import NOBODY, TOUCHES, Step, touch
from crmcore.domain.protocol.commands import FinishSwitch
from crmcore.domain.rules.authority import NO_RIGHTS
from crmcore.testing import TestCrm
from tests.building import ADMIN, MANAGER, NOW, Scene, accepted, classic


def _step(scene: Scene, actor: object = ADMIN) -> Step:
    lead = scene.add(title="x")
    return Step.of(scene.store, scene.roles, scene.plan, scene.clock, actor, CloseLead(lead_id=lead))  # type: ignore[arg-type]  # any number


@pytest.mark.rule("PERM-2", "PERM-7")
def test_it_says_who_asked_for_what_with_which_rights_and_when() -> None:
    """And whether that still holds."""
    scene = classic()
    step = _step(scene)
    assert (step.command, step.context.actor, step.context.now) == (CloseLead(lead_id=step.commit()), ADMIN, NOW)
    assert step.context.rights == scene.roles.rights(ADMIN)
    assert step.context.plan_has_classic is True
    assert step.confirm is not None
    assert step.confirm()
    scene.plan.classic = False
    assert not step.confirm()


@pytest.mark.rule("EVENT-1.4")
def test_a_store_that_keeps_no_events_is_given_none() -> None:
    """They are made where an observer asks for them; a store that keeps them gets them with the changes."""
    for keeps in (False, True):
        scene = Scene(InMemoryStore.classic(events=keeps))
        decision = _step(scene).decision
        assert not isinstance(decision, Refused)
        assert decision.changes is not None
        assert [type(each).__name__ for each in decision.events] == ["LeadClosed"]
        assert decision.changes.events == (tuple(decision.events) if keeps else ())


@pytest.mark.rule("PERM-4")
def test_a_step_of_a_token_is_nobodys_and_asks_for_no_right() -> None:
    """Neither then nor when it is written."""
    scene = classic()
    step = Step.of(scene.store, scene.roles, scene.plan, scene.clock, NOBODY, FinishSwitch(token=scene.begin()))
    context = step.context
    assert (context.actor, context.rights, context.plan_has_classic, context.now) == (NOBODY, NO_RIGHTS, False, NOW)
    assert step.confirm is None


@pytest.mark.parametrize("conflicts", [0, 1, TOUCHES - 1])
def test_a_touch_moves_the_version_of_a_lead_and_leaves_it_as_it_is(conflicts: int) -> None:
    """Also if others change it meanwhile."""
    p = TestCrm.classic()
    lead = p.lead(title="Desks")
    if conflicts:
        p.trouble.storm(conflicts)
    touch(p.trouble, lead.id)
    assert p.crm.lead(ADMIN, lead.id) == Versioned(lead, 2)


def test_a_touch_is_given_up_where_the_lead_keeps_changing() -> None:
    """Nothing is written."""
    p = TestCrm.classic()
    lead = p.lead()
    p.trouble.storm(TOUCHES)
    with pytest.raises(StoreBusy, match=r"^the lead changed 50 times; safe to run again$"):
        touch(p.trouble, lead.id)
    assert p.crm.lead(ADMIN, lead.id) == Versioned(lead, 1)


def test_nothing_is_written_by_a_touch_of_a_lead_that_is_not_there() -> None:
    """Deleted, or never added."""
    p = TestCrm.classic()
    lead = p.lead()
    accepted(p.crm.delete_lead(ADMIN, lead.id))
    before = p.trouble.calls["commit"]
    for id in (lead.id, LeadId(99)):
        touch(p.trouble, id)
    assert p.trouble.calls["commit"] == before


def test_a_refusal_is_answered_and_not_committed() -> None:
    """By the commit too."""
    scene = classic()
    step = _step(scene, MANAGER + 1000)
    assert isinstance(step.decision, Refused)
    assert step.commit() is step.decision
    assert step.decision.reason is Reason.UNKNOWN_RECORD
