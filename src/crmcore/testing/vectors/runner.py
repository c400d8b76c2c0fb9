"""Ask vectors of an implementation: what passed, what failed with the first difference, what was skipped and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

from attrs import field, frozen

from crmcore.domain.model.errors import ContractBroken
from crmcore.testing.vectors.canonical import canonical
from crmcore.testing.vectors.differences import first_difference
from crmcore.testing.vectors.files import Vector, vectors
from crmcore.testing.vectors.form import malformed
from crmcore.testing.vectors.steps import play
from crmcore.testing.vectors.stores import MakeStore, in_memory

__all__ = ["Play", "Report", "Verdict", "ask", "check_vectors", "play_on", "run_vectors"]

#: What answers a vector: from its `asked` to what a program says.
Play = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@frozen
class Verdict:
    """What came of one vector: `said` is the first difference, or why it was not asked.

    >>> Verdict("mode.cancel.simple", "mode", "passed").said is None
    True
    """

    id: str
    family: str
    result: Literal["passed", "failed", "skipped"]
    said: str | None = None


@frozen
class Report:
    """What came of a run, in the order in which the vectors were asked.

    >>> report = Report((Verdict("mode.cancel.simple", "mode", "failed", "the state in the end: …"),))
    >>> report.families
    {'mode': {'passed': 0, 'failed': 1, 'skipped': 0}}
    """

    verdicts: tuple[Verdict, ...] = field(repr=False)

    @property
    def families(self) -> dict[str, dict[str, int]]:
        """How many vectors of each family passed, failed and were skipped."""
        found: dict[str, dict[str, int]] = {}
        for each in self.verdicts:
            counts = found.setdefault(each.family, {"passed": 0, "failed": 0, "skipped": 0})
            counts[each.result] += 1
        return found

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The vectors that failed.

        >>> Report(()).failed
        ()
        """
        return tuple(each for each in self.verdicts if each.result == "failed")

    @property
    def skipped(self) -> Mapping[str, int]:
        """Why vectors were skipped, with how many.

        >>> Report((Verdict("a.b", "a", "skipped", "needs custom"),)).skipped
        {'needs custom': 1}
        """
        return dict(Counter(each.said or "" for each in self.verdicts if each.result == "skipped"))


def ask(vector: Vector, play: Play) -> Verdict:
    """Ask one vector; an answer that has another form, and an error, fail it.

    `vector` is asked of `play`, which gets its `asked` and answers as a program does.

    >>> ask(vectors(family="mode")[0], lambda asked: {"skipped": "not today"}).result
    'skipped'
    """
    made = partial(Verdict, vector.id, vector.family)
    try:
        said = play(vector.asked)
        if isinstance(said.get("skipped"), str):
            return made("skipped", said["skipped"])
        fault = malformed(vector.asked, said)
        if fault is not None:
            return made("failed", fault)
        found = canonical(vector.asked, said)
    except Exception as error:
        return made("failed", f"no answer: {type(error).__name__}: {error}")
    difference = first_difference(vector.when, vector.then, found)
    return made("passed") if difference is None else made("failed", difference)


def run_vectors(
    chosen: Iterable[Vector] | None = None,
    *,
    make_store: MakeStore = in_memory,
    play: Play | None = None,
    needs: Iterable[str] | None = None,
) -> Report:
    """Ask vectors of this library on a store, or of whatever `play` is.

    `chosen` are the vectors, all unless told otherwise. `make_store` returns a new store with the records of an image;
    with `play`, which answers in the place of this library, it says nothing. `needs` is what the implementation has:
    a vector that needs something else is skipped, and the report says so.

    >>> report = run_vectors(vectors(family="mode")[:9], needs=["edits"])
    >>> report.failed
    ()
    >>> report.skipped
    {'needs conversion': 7}
    """
    asked = play_on(make_store) if play is None else play
    has = None if needs is None else frozenset(needs)
    return Report(tuple(_verdict(each, asked, has) for each in (vectors() if chosen is None else chosen)))


def play_on(make_store: MakeStore = in_memory) -> Play:
    """What answers vectors as this library does, on the stores that `make_store` makes of images.

    >>> ask(vectors(family="mode")[0], play_on()).result
    'passed'
    """
    return lambda asked: play(asked, make_store)


def _verdict(vector: Vector, asked: Play, has: frozenset[str] | None) -> Verdict:
    missing = () if has is None else tuple(need for need in vector.needs if need not in has)
    if missing:
        return Verdict(vector.id, vector.family, "skipped", f"needs {', '.join(missing)}")
    return ask(vector, asked)


def check_vectors(make_store: MakeStore = in_memory, *, family: str | None = None) -> None:
    """Hold a store to the vectors: for the tests of a host.

    `make_store` returns a new store with the records of an image; `family` chooses one family. Raises `ContractBroken`
    with the first differences.

    >>> from crmcore.adapters.memory import InMemoryStore
    >>> check_vectors(InMemoryStore, family="policy")
    """
    failed = run_vectors(vectors(family=family), make_store=make_store).failed
    if failed:
        shown = "\n".join(f"{each.id}: {each.said}" for each in failed[:10])
        raise ContractBroken("the vectors", f"{len(failed)} failed, the first are:\n{shown}")
