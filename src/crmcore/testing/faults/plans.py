"""The family of bad plans: answers that are not of the moment, or that only look like yes and no (PLAN-1)."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Self

from crmcore.ports.plan import Plan

__all__ = ["BadPlan", "bad_plans"]


class BadPlan:
    """Says something else than what the company has bought now (PLAN-1)."""

    rule: ClassVar[str] = "PLAN-1"
    rejected_by: ClassVar[str] = "test_a_change_of_plan_is_seen_at_the_next_question"
    noticed_by: ClassVar[tuple[str, ...]] = ()
    answer: ClassVar[Callable[[list[bool]], Any]]

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answers: list[bool] = []

    @classmethod
    def wrap(cls, plan: Plan) -> Self:
        """The fault around any plan."""
        return cls(plan)

    def has_classic(self) -> bool:
        """See `Plan.has_classic`; the answer is wrong."""
        self.answers.append(self.plan.has_classic())
        said: bool = type(self).answer(self.answers)
        return said


_SAYS = "test_the_plan_says_whether_it_offers_classic"
_CHANGES = "test_a_change_of_plan_is_seen_at_the_next_question"

_ANSWERS: Mapping[str, tuple[Callable[[list[bool]], Any], str]] = {
    "always yes": (lambda answers: True, _SAYS),
    "always no": (lambda answers: False, _SAYS),
    "the opposite": (lambda answers: not answers[-1], _SAYS),
    "a number": (lambda answers: int(answers[-1]), _SAYS),
    "what it was": (lambda answers: answers[0], _CHANGES),
}


@cache
def bad_plans() -> Mapping[str, type[BadPlan]]:
    """Every member of the family by its name."""
    return {
        f"{BadPlan.__name__}-{name}": type(
            f"{BadPlan.__name__}-{name}",
            (BadPlan,),
            {
                "answer": staticmethod(answer),
                "rejected_by": test,
                "noticed_by": (test,),
                "__doc__": f"{name} (PLAN-1).",
            },
        )
        for name, (answer, test) in _ANSWERS.items()
    }
