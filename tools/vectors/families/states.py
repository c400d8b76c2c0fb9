"""Every command before every state and every class of actors: the families `mode` and `rights`."""

from collections.abc import Callable, Iterator, Mapping

from tools.vectors.commands import ASKED, Asked
from tools.vectors.drafts import Draft, Json
from tools.vectors.scenes import PEOPLE, STATES

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
#: What is asked where nobody has said what the plan offers, with the documents.
_PLAN_NOT_SAID = {
    "add-lead": "classic",
    "inquiry": "classic",
    "reopen-lead": "classic",
    "cancel": "switching",
    "to-classic": "simple",
}
GIVENS: Mapping[str, Json] = {
    **{name: {"document": document, "plan": plan} for name, (document, plan) in STATES.items()},
    **{f"{name}-plan-not-said": {"document": name, "plan": None} for name in dict.fromkeys(_PLAN_NOT_SAID.values())},
}

#: Who is put before every state; the others meet each command in Classic, and most of them in Simple.
_EVERYWHERE = ("manager", "settings", "stranger")
_SOMEWHERE = ("own", "open", "reader", "adder", "two-roles", "partner")


def drafts() -> Iterator[Draft]:
    """The vectors of both families."""
    for asked in ASKED:
        if asked.name in _PLAN_NOT_SAID:
            name = _PLAN_NOT_SAID[asked.name]
            yield Draft(
                id=f"mode.plan-not-said.{asked.name}.{name}",
                given=f"{name}-plan-not-said",
                when=asked.steps(1, name),
                rules=("PLAN-2.2", *asked.rules),
            )
        for state, (document, plan) in STATES.items():
            more = ("MODE-3",) if document == "classic" and not plan else ()
            yield Draft(
                id=f"mode.{asked.name}.{state}",
                given=state,
                when=asked.steps(1, document),
                rules=(*asked.rules, *more),
            )
            for person in _people(asked, state):
                yield Draft(
                    id=f"rights.{asked.name}.{state}.{person}",
                    given=state,
                    when=asked.steps(PEOPLE[person][0], document),
                    rules=("PERM-5", *asked.rules),
                )


def _people(asked: Asked, state: str) -> Iterator[str]:
    """Who else is put before a command in a state; a token speaks for itself, whoever has it."""
    document, plan = STATES[state]
    if not asked.core or asked.steps(1, document)[0]["actor"] == 0:
        return
    if plan or document == "classic":
        yield from _EVERYWHERE
    if state in ("classic", "simple"):
        yield from _SOMEWHERE
    if state == "classic":
        yield from (person for person in PEOPLE if person not in ("administrator", *_EVERYWHERE, *_SOMEWHERE))
