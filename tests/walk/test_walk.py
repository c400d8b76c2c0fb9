"""Every order of the steps of two actors on a small CRM keeps every law."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.designs import FAULTS
from tests.matrix import matrix
from tests.walk.walker import explore
from tests.walk.walks import DEEP_WALKS, THREES, WALKS

#: The walks that find a weakened design first; the others go over more of what these go over.
USUAL = {fault.walk for fault in FAULTS}

deep = pytest.mark.skipif(os.environ.get("CRMCORE_DEEP") != "1", reason="takes many minutes: make deep")


def _walked(name: str, walks: Any, record_property: Callable[[str, object], None]) -> None:
    found = explore(walks[name])
    assert not found.broken, (found.broken, found.path)
    assert found.states > 500, "the walk went nowhere"
    record_property(
        "walk", f"{name}: {found.states:,} states, {found.transitions:,} transitions, {found.stores:,} stores"
    )


@pytest.mark.rule(
    "SWITCH-1", "SWITCH-2", "SWITCH-3", "SWITCH-4", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-8", "SWITCH-9",
    "SWITCH-10", "SWITCH-13", "CONV-6", "CONV-7", "CONV-9", "POLICY-2", "PERM-2", "PLAN-1", "EDIT-1", "DATA-3",
)  # fmt: skip
class TestEveryOrderOfSteps:
    """SWITCH-1 and all others. Whatever two actors do in whatever order, the laws hold in every state and step."""

    @pytest.mark.parametrize("name", matrix(WALKS, USUAL))
    def test_no_order_of_steps_breaks_a_law(self, name: str, record_property: Callable[[str, object], None]) -> None:
        """A walk over everything that two actors can do with a small alphabet meets no broken law."""
        _walked(name, WALKS, record_property)

    @pytest.mark.parametrize("name", matrix(THREES, ["any three from half done"]))
    def test_any_three_commands_keep_the_laws(self, name: str, record_property: Callable[[str, object], None]) -> None:
        """Any three of all commands, given after each other or at once in any order, break no law."""
        _walked(name, THREES, record_property)

    @deep
    @pytest.mark.parametrize("name", list(DEEP_WALKS))
    def test_no_order_of_steps_breaks_a_law_in_larger_walks(
        self, name: str, record_property: Callable[[str, object], None]
    ) -> None:
        """The same with larger alphabets, for as long as it takes."""
        _walked(name, DEEP_WALKS, record_property)
