"""The promise of the whole library: every active lead converts exactly once, whatever comes in between.

Any CRM, any policy, any order of steps, each in a process of its own that may be killed at any call, lose the answer of
a commit, or be overtaken by somebody who converts a lead of the same backlog. The laws hold after each step.
"""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain.model.errors import OutcomeUnknown
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.rules.mode import CrmState
from crmcore.testing import ADMIN, TestCrm
from crmcore.testing.failures import ANY
from crmcore.testing.strategies import crm_images, policies
from tests.property.effort import HEADLINE

STEPS = st.sampled_from(("begin", "convert", "finish", "run", "cancel"))
TROUBLES = st.sampled_from(("none", "killed before", "killed after", "answer lost", "rival"))
CALLS = st.integers(1, 8)


def active(image: CrmImage) -> list[LeadId]:
    return [id for id, lead in image.leads.items() if isinstance(lead, Lead) and lead.is_active]


def in_trouble(world: TestCrm, trouble: str, call: int) -> TestCrm:
    """A new process over the same records, and what is going to happen to it at one of its calls."""
    process = world.restarted()
    match trouble:
        case "killed before" | "killed after":
            process.trouble.fail(ANY, number=call, after=trouble == "killed after", error=KeyboardInterrupt())
        case "answer lost":
            process.trouble.fail("commit", number=call, after=True)
        case "rival":
            process.trouble.overtake(lambda: world.crm.convert_leads(ADMIN, active(world.image())[:1]), number=call)
    return process


def take(process: TestCrm, step: str, policy: ModeSwitchPolicy, key: str) -> None:
    """Resume the live switch, or begin one, and go on with it."""
    token: object = process.crm.resume_switch(ADMIN)
    if not isinstance(token, SwitchToken):
        token = process.crm.begin_switch(ADMIN, key=key, policy=policy)
    if isinstance(token, SwitchToken):
        match step:
            case "convert":
                process.crm.convert_chunk(token, 2)
            case "finish":
                process.crm.finish_switch(token)
            case "run":
                process.crm.run_switch(token, chunk=1)
            case "cancel":
                process.crm.cancel_switch(ADMIN)


@pytest.mark.rule("SWITCH-1", "SWITCH-2", "SWITCH-3", "SWITCH-5", "SWITCH-7")
@HEADLINE
@given(crm_images(mode=CrmMode.CLASSIC, match=None), policies(), st.lists(st.tuples(STEPS, TROUBLES, CALLS)))
def test_every_active_lead_converts_exactly_once(
    image: CrmImage, policy: ModeSwitchPolicy, steps: list[tuple[str, str, int]]
) -> None:
    """One new deal for each lead that was active, and none for any other."""
    world = TestCrm.of(image)
    for number, (step, trouble, call) in enumerate((*steps, ("run", "none", 1))):
        with suppress(KeyboardInterrupt, OutcomeUnknown):
            take(in_trouble(world, trouble, call), step, policy, key=f"switch {number}")
        world.check()
    after = world.image()
    assert Counter(deal.lead_id for id, deal in after.deals.items() if id not in image.deals) == Counter(active(image))
    assert (active(after), world.crm.mode()) == ([], CrmState.SIMPLE)
