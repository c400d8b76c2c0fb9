"""A fixed plan."""

from attrs import define

__all__ = ["FixedPlan"]


@define
class FixedPlan:
    """Returns a fixed answer; a host changes `classic` when the company changes its plan."""

    classic: bool = True

    def has_classic(self) -> bool:
        """Return whether the plan includes Classic mode now."""
        return self.classic
