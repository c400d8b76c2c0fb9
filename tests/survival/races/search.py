"""Looking for one order of all operations that respects the clock and that the rules allow, answer by answer.

An operation may only come before another if it had not been answered after the other one was asked: real time counts.
The search goes deep first, takes at once what can change nothing (it may stand wherever it is right), and never enters
the same state at the same place twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tests.survival.races.history import Answer, History, Operation
from tests.survival.races.model import Mismatch, Rules, State, differences

__all__ = ["Found", "find_order"]


class Found(NamedTuple):
    """An order that explains everything, or how far the best one came and what stood in its way."""

    order: tuple[Operation, ...] | None
    steps: int
    gave_up: bool = False
    stuck: tuple[str, ...] = ()


def find_order(history: History, *, limit: int = 30_000) -> Found:
    """Search; gives up after so many states."""
    return _Search(history, limit).run()


#: Where every process stands, the state, and the order so far as a linked list.
_Entry = tuple[tuple[int, ...], State, tuple[object, ...]]


class _Search:
    def __init__(self, history: History, limit: int) -> None:
        self.history = history
        self.limit = limit
        self.rules = Rules(history)
        processes = sorted({operation.process for operation in history.operations})
        self.of: list[list[Operation]] = [
            sorted((each for each in history.operations if each.process == process), key=lambda each: each.invoked)
            for process in processes
        ]
        self.steps = 0
        self.seen: dict[tuple[int, ...], set[int]] = {}
        self.best: tuple[int, tuple[str, ...]] = (-1, ())

    def run(self) -> Found:
        entries: list[_Entry] = [(tuple(0 for _ in self.of), self.rules.start(), ())]
        while entries:
            if self.steps >= self.limit:
                return Found(None, self.steps, True, self.best[1])
            places, state, order = entries.pop()
            places, state, order, following, wrong = self._forward(places, state, order)
            if following is None:
                return Found(_unrolled(order), self.steps)
            if not following:
                done = sum(places)
                if done > self.best[0]:
                    self.best = (done, wrong)
                continue
            entries.extend(reversed(following))
        return Found(None, self.steps, False, self.best[1])

    def _forward(
        self, places: tuple[int, ...], state: State, order: tuple[object, ...]
    ) -> tuple[
        tuple[int, ...],
        State,
        tuple[object, ...],
        list[_Entry] | None,
        tuple[str, ...],
    ]:
        """Go on as long as there is no choice; then say what the choices are, `None` at a good end."""
        while True:
            self.steps += 1
            waiting = [(lane, self.of[lane][place]) for lane, place in enumerate(places) if place < len(self.of[lane])]
            if not waiting:
                left = differences(state, self.history.after)
                return places, state, order, [] if left else None, tuple(left)
            horizon = min(operation.responded for _, operation in waiting)
            choices: list[tuple[int, Operation, State]] = []
            wrong: list[str] = []
            quiet = None
            for lane, operation in sorted(waiting, key=lambda each: each[1].responded):
                if operation.invoked > horizon:
                    continue
                try:
                    expected, after = self.rules.run(state, operation)
                except Mismatch as mismatch:
                    wrong.append(f"{operation}: {mismatch}")
                    continue
                if not agrees(expected, operation.answer):
                    wrong.append(f"{operation}: expected {expected}")
                elif after is state and not _may_change(operation):
                    quiet = (lane, operation)
                    break
                else:
                    choices.append((lane, operation, after))
            if quiet is not None:
                places, order = _next(places, quiet[0]), (order, quiet[1])
                continue
            if len(choices) == 1:
                lane, operation, state = choices[0]
                places, order = _next(places, lane), (order, operation)
                continue
            if len(choices) > 1:
                known = self.seen.setdefault(places, set())
                key = state.key()
                if key in known:
                    return places, state, order, [], ()
                known.add(key)
            following: list[_Entry] = [
                (_next(places, lane), after, (order, operation)) for lane, operation, after in choices
            ]
            return places, state, order, following, tuple(wrong)


#: Calls with the same answer whether they change something or find it done.
_TOGGLES = ("close", "reopen", "complete", "reopen_activity", "bind")


def _may_change(operation: Operation) -> bool:
    """Whether a call that changes nothing here could change something elsewhere, with the same answer."""
    return operation.name in _TOGGLES and operation.answer[0] == "ok"


def agrees(expected: Answer, answer: Answer) -> bool:
    """Whether an answer is the expected one; whoever is not permitted may be told about what or not."""
    if expected[:2] == ("no", "not_permitted"):
        return answer[:2] == expected[:2]
    return expected == answer


def _next(places: Sequence[int], lane: int) -> tuple[int, ...]:
    return (*places[:lane], places[lane] + 1, *places[lane + 1 :])


def _unrolled(order: tuple[object, ...]) -> tuple[Operation, ...]:
    found: list[Operation] = []
    rest: object = order
    while rest:
        assert isinstance(rest, tuple)  # a linked list of pairs
        rest, operation = rest
        assert isinstance(operation, Operation)  # as above
        found.append(operation)
    return tuple(reversed(found))
