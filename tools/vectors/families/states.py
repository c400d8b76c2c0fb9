"""Every command before every state and every class of actors: the families `mode` and `rights`."""

from collections.abc import Callable, Iterator, Mapping

from tools.vectors.commands import ASKED
from tools.vectors.drafts import Draft, Json
from tools.vectors.scenes import PEOPLE, STATES

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {name: {"document": document, "plan": plan} for name, (document, plan) in STATES.items()}

#: Who is put before every state; the others meet each command in Classic and in Simple.
_EVERYWHERE = ("manager", "settings", "stranger")
_SOMEWHERE = ("classic", "simple")


def drafts() -> Iterator[Draft]:
    """The vectors of both families."""
    for asked in ASKED:
        for state, (document, plan) in STATES.items():
            more = ("MODE-3",) if document == "classic" and not plan else ()
            yield Draft(
                id=f"mode.{asked.name}.{state}",
                given=state,
                when=asked.steps(1, document),
                rules=(*asked.rules, *more),
            )
            for person, (actor, _) in PEOPLE.items():
                if person == "administrator" or not asked.core:
                    continue
                if state not in _SOMEWHERE and person not in _EVERYWHERE:
                    continue
                when = asked.steps(actor, document)
                if when[0]["actor"] == 0:  # a token speaks for itself
                    continue
                yield Draft(
                    id=f"rights.{asked.name}.{state}.{person}",
                    given=state,
                    when=when,
                    rules=("PERM-5", *asked.rules),
                )
