"""In which fields two leads differ."""

from typing import Any

import pytest
from attrs import evolve, fields

from crmcore import Lead
from crmcore.domain.rules.difference import differing_fields
from crmcore.testing import TestCrm

LEAD = TestCrm.classic().lead(title="Desks", comments="By phone")


@pytest.mark.rule("CSV-9.1")
@pytest.mark.parametrize("changed", [{}, {"title": "Lamps"}, {"source": "CALL", "comments": None, "opened": True}])
def test_every_field_that_differs_is_named_in_the_order_of_the_entity(changed: dict[str, Any]) -> None:
    """And none that is equal."""
    expected = tuple(each.name for each in fields(Lead) if each.name in changed)
    assert differing_fields(LEAD, evolve(LEAD, **changed)) == expected
