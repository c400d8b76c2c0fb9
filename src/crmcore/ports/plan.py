"""The plan port: what the company has paid for (PLAN-1)."""

from typing import Protocol

__all__ = ["Plan"]


class Plan(Protocol):
    """Says whether the plan includes Classic mode; `Crm` asks it when it asks the permissions (PERM-2)."""

    def has_classic(self) -> bool:
        """Return whether the plan includes Classic mode now.

        >>> from crmcore.adapters.plans import FixedPlan
        >>> plan: Plan = FixedPlan(classic=False)
        >>> plan.has_classic()
        False
        """
        ...
