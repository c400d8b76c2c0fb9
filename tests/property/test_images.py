"""The strategies give what they promise, and a CRM goes through a store unchanged."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.values import CustomValue, Money
from crmcore.domain.protocol.commands import Command
from crmcore.testing import TestCrm
from crmcore.testing.strategies import (
    command_sequences,
    crm_images,
    custom_values,
    lead_stages,
    money,
)
from tests.property.effort import examples


@examples(0.2)
@given(image=crm_images(match=None))
def test_a_drawn_crm_breaks_no_law(image: CrmImage) -> None:
    """Valid by construction: no filter was needed."""
    assert list(audit_store(InMemoryStore(image))) == []


@examples(0.2)
@given(image=crm_images(match=None))
@pytest.mark.rule("MODE-4")
def test_an_image_comes_back_as_it_went_in(image: CrmImage) -> None:
    """Loading a CRM into memory and reading it out changes nothing."""
    assert image_of(InMemoryStore(image)) == image


@examples(0.1)
@given(image=crm_images(mode=CrmMode.CLASSIC, min_active=2))
def test_the_active_leads_asked_for_are_there(image: CrmImage) -> None:
    """`min_active` is a promise."""
    assert sum(isinstance(lead, Lead) and lead.is_active for lead in image.leads.values()) >= 2


@examples(0.5)
@given(stages=lead_stages(), amount=money(), value=custom_values())
def test_small_values_are_within_the_limits(stages: LeadStages, amount: Money, value: CustomValue) -> None:
    """They were built by the checking constructors; digits stay bounded."""
    assert stages.entry != stages.success
    if amount.amount is not None:
        assert amount.amount.copy_abs() < Decimal(10) ** 20  # `abs` would round
    assert value is not None


@examples(0.3)
@given(script=command_sequences())
@pytest.mark.rule("SWITCH-1")
def test_any_script_of_commands_breaks_no_law(script: list[tuple[UserId, Command[Any]]]) -> None:
    """Whoever asks for whatever, in a new Classic CRM: every answer is a result or a refusal, and the laws hold."""
    world = TestCrm(store=InMemoryStore.classic())
    for actor, command in script:
        world.crm.run(actor, command)
    assert list(audit_store(world.store)) == []
