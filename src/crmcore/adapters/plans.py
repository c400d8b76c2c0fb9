"""A plan that is simply known."""

from attrs import define

__all__ = ["FixedPlan"]


@define
class FixedPlan:
    """Says what it was told; a host changes `classic` when the company buys or leaves a plan."""

    classic: bool = True

    def has_classic(self) -> bool:
        """Whether the plan includes Classic now."""
        return self.classic
