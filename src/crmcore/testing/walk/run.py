"""One run of a walk, step by step: what a story tells, and what its script does again."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import Ref
from crmcore.domain.protocol.commands import Command, FinishSwitch
from crmcore.testing.walk.designs import FAULTS
from crmcore.testing.walk.laws import Broken
from crmcore.testing.walk.walker import REAL, Act, Broke, Design, Explorer, Held, Move, Offer, State, Walk, World
from crmcore.testing.walk.walks import DEEP_WALKS, THREES, WALKS

__all__ = ["Actor", "LawBroken", "Run", "Taken", "replayed"]

_WALKS = WALKS | THREES | DEEP_WALKS
_DESIGNS: dict[str, Design] = {REAL.name: REAL, **{fault.name: fault.design for fault in FAULTS}}


def _named(field: str, known: Mapping[str, Any], given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if given not in known:
        raise InvalidValue(field, f"one of {'; '.join(known)}")
    return known[given]


class LawBroken(AssertionError):
    """A law does not hold; `broken` says which, for which records, and in which part."""

    def __init__(self, broken: tuple[Broken, ...]) -> None:
        super().__init__("; ".join(f"{each.rule}: {each.law}: {each.ref}, {each.part}" for each in broken))
        self.broken = broken


class Taken(NamedTuple):
    """One step that was taken; `after` is what it led to, also where it broke a law."""

    actor: int | None
    act: Act
    command: Any
    before: State
    after: State


class Run:
    """A walk along one path. `design` is "real" or a weakened one; a step that breaks a law raises `LawBroken`.

    A step that is not possible, since a decision was refused or has gone stale, changes nothing: so the same run can be
    made on two designs. Raises `InvalidValue` for a name that no walk or design has.

    >>> run = Run("a pipeline in use")
    >>> [str(actor) for actor in run.actors]
    ['Anna', 'Bruno']
    """

    def __init__(self, walk: str | Walk, design: str | Design = REAL) -> None:
        self.walk: Walk = _named("walk", _WALKS, walk)
        self.design: Design = _named("design", _DESIGNS, design)
        self.explorer = Explorer(self.walk, self.design)
        self.taken: list[Taken] = []
        self.broken: tuple[Broken, ...] = ()
        self.state = self.explorer.start()
        self.actors = (Actor(self, 0, "Anna"), Actor(self, 1, "Bruno"))

    def world(self, *, plan_has_classic: bool, second_may: bool) -> None:
        """Change the plan, and the right of the second actor to change settings."""
        world = World(plan_has_classic, second_may)
        self.take(None, Act.CHANGES, world, lambda: (None, State(self.state.point, world, self.state.held)))

    def take(self, actor: int | None, act: Act, command: Any, step: Callable[[], Any]) -> bool:
        """Take a step and note it; says whether it was possible."""
        before = self.state
        try:
            found = step()
        except Broke as broke:
            after = State(broke.after or before.point, before.world, before.held)
            self.taken.append(Taken(actor, act if broke.move is None else broke.move.act, command, before, after))
            self.broken = broke.broken
            raise_alone(LawBroken(broke.broken))
        if found is None:
            return False
        move, self.state = found
        self.taken.append(Taken(actor, act if move is None else move.act, command, before, self.state))
        return True


class Actor:
    """One of the two who act in a run."""

    def __init__(self, run: Run, place: int, name: str) -> None:
        self._run, self._place, self._name = run, place, name

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"Actor({getattr(self, '_name', '')})"

    @property
    def _held(self) -> Held | None:
        return self._run.state.held[self._place]

    def reads(self, ref: Ref, command: Command[Any]) -> bool:
        """Read the record that `command` is to edit, before deciding; says whether it was possible."""
        return self._begins(Act.READS, Offer("the edit", command, ref))

    def counts(self, command: FinishSwitch) -> bool:
        """Count what is left, before the rest is read, in a design that reads the two apart."""
        return self._run.design.counts_first and self._begins(Act.COUNTS, Offer("the finish", command))

    def loads(self, command: Command[Any]) -> bool:
        """Load and decide, and write nothing yet; says whether there is something to write."""
        held = self._held
        if held is None:
            return self._begins(Act.LOADS, Offer(type(command).__name__, command))
        if held.steps:
            return False
        explorer, state = self._run.explorer, self._run.state
        later = self._run.take(
            self._place, Act.LOADS, command, lambda: explorer.decided_later(state, self._place, held, command)
        )
        return later and self._held is not None

    def commits(self) -> bool:
        """Commit what was decided; says whether there was something to commit."""
        held, explorer, state = self._held, self._run.explorer, self._run.state
        if held is None or not held.steps:
            return False
        command = held.offer.command
        return self._run.take(self._place, Act.COMMITS, command, lambda: explorer.sent(state, self._place, held))

    def _begins(self, act: Act, offer: Offer) -> bool:
        explorer, state = self._run.explorer, self._run.state
        if self._held is not None:
            return False
        command = offer.command
        return self._run.take(self._place, act, command, lambda: next(explorer.begun(state, self._place, offer), None))


def replayed(walk: Walk, design: Design, path: Iterable[Move]) -> Run | None:
    """The run along a path, or `None` where one of its steps is not possible."""
    run = Run(walk, design)
    try:
        if all(_follows(run, move) for move in path):
            return run
    except LawBroken:
        return run
    return None


def _follows(run: Run, move: Move) -> bool:
    if move.actor is None:
        worlds = dict(run.walk.worlds(run.state.world))
        run.world(**worlds[move.label]._asdict())
        return True
    actor = run.actors[move.actor]
    if move.act in (Act.COMMITS, Act.MEETS_FAULT):
        return actor.commits()
    offers = [each for each in run.state.point.offers(run.walk) if each.label == move.label]
    held = run.state.held[move.actor]
    if held is not None and held.backlog is not None:
        offers = [each for each in run.state.point.offers(run.walk) if isinstance(each.command, FinishSwitch)]
    if not offers:
        return False
    command, reads = offers[-1].command, offers[-1].reads
    if move.act is Act.COUNTS:
        return actor.counts(command)
    return actor.loads(command) if reads is None or move.act is Act.LOADS else actor.reads(reads, command)
