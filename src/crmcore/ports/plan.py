"""The plan port: what the company has paid for (PLAN-1)."""

from typing import Protocol

__all__ = ["Plan"]


class Plan(Protocol):
    """Says whether Classic is part of the plan; asked at the same moments as the permissions (PERM-2)."""

    def has_classic(self) -> bool:
        """Whether the plan includes Classic now.

        >>> from crmcore.adapters.plans import FixedPlan
        >>> plan: Plan = FixedPlan(classic=False)
        >>> plan.has_classic()
        False
        """
        ...
