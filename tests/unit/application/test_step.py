"""A step is a decision with all that its commit needs."""

import pytest

from crmcore import CloseLead, Reason, Refused
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.step import Step
from tests.building import ADMIN, MANAGER, NOW, Scene, classic


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


def test_a_refusal_is_answered_and_not_committed() -> None:
    """By the commit too."""
    scene = classic()
    step = _step(scene, MANAGER + 1000)
    assert isinstance(step.decision, Refused)
    assert step.commit() is step.decision
    assert step.decision.reason is Reason.UNKNOWN_RECORD
