"""The contract of the plan port (PLAN-1)."""

from typing import Any

import pytest

from crmcore.ports.plan import Plan
from crmcore.testing.contracts.base import Contract

__all__ = ["PlanContract"]


class PlanContract(Contract):
    """What a plan owes its callers: a plain yes or no, of the moment of asking.

    A host writes `make_plan` and `change_plan`. A test makes one plan and no second, and asks as nobody: a host with
    one subscription for all people, or one for each person, gives the one that counts for the CRM.
    """

    def make_plan(self, has_classic: bool) -> Plan:
        """A plan that offers Classic, or does not."""
        raise NotImplementedError("a contract suite needs `def make_plan(self, has_classic)`")

    def change_plan(self, plan: Any, has_classic: bool) -> None:
        """What happens when the company buys Classic, or leaves it."""
        raise NotImplementedError("a contract suite needs `def change_plan(self, plan, has_classic)`")

    @pytest.mark.rule("PLAN-1")
    @pytest.mark.parametrize("has_classic", [True, False])
    def test_the_plan_says_whether_it_offers_classic(self, has_classic: bool) -> None:
        """The answer is `True` or `False`, and nothing that only looks like it."""
        assert self.make_plan(has_classic).has_classic() is has_classic

    @pytest.mark.rule("PLAN-1", "PERM-2")
    @pytest.mark.parametrize("before", [True, False])
    def test_a_change_of_plan_is_seen_at_the_next_question(self, before: bool) -> None:
        """The answer is that of the moment of asking: nothing is remembered for later."""
        plan = self.make_plan(before)
        assert plan.has_classic() is before
        self.change_plan(plan, not before)

        assert plan.has_classic() is not before
