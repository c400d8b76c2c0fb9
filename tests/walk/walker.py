"""A breadth-first walk over the real code: every order of loads and commits of two actors, to the end.

An actor loads (snapshot and decision) in one step and commits in another, and holds at most one decision. A decision
that another commit has made stale for good is sent at once, must be refused as a `Conflict`, and is dropped.
States are the same when their stores mean the same and the actors hold the same decisions.
lines: one loop and the few things that it hands around.
"""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from attrs import define, evolve, field, frozen

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER
from crmcore.application.step import Confirm, asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.errors import Conflict, ContractBroken, RecordFault
from crmcore.domain.model.ids import Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import ConvertChunk, SetAside
from crmcore.domain.protocol.decision import Context, Handler
from crmcore.domain.protocol.snapshot import Backlog, Query
from crmcore.domain.rules.authority import Rights
from crmcore.testing.failures import FailingStore
from tests.walk.fork import fork, innermost
from tests.walk.laws import Broken, Step, broken_in, broken_offer, broken_step
from tests.walk.picture import RETURNING, Picture, key_of_changes, key_of_record

__all__ = ["ACTORS", "REAL", "Design", "Found", "Offer", "Walk", "World", "explore"]

ACTORS = (UserId(1), UserId(2))
_STRIDE = 1000
_MAY_RETURN = frozenset({*RETURNING, Kind.RIGHTS})


class World(NamedTuple):
    """What holds outside the store: the plan, and the right of the second actor."""

    plan_has_classic: bool = True
    second_may: bool = True


class Offer(NamedTuple):
    """One command that may be given: `reads` names the record that the caller of an edit looks at first."""

    label: str
    command: Any
    reads: Ref | None = None


@frozen
class Design:
    """How the parts are put together; the real design changes nothing, a weakened one replaces one seam."""

    name: str = "real"
    handlers: Mapping[Any, Handler] = HANDLERS
    wrap: Callable[[Any], Any] = lambda store: store
    asked: Callable[..., tuple[Context, Confirm]] = asked
    parts: Callable[[Changes], tuple[Changes, ...]] = lambda changes: (changes,)
    counts_first: bool = False


REAL = Design()


@frozen
class Walk:
    """One alphabet over one small CRM, walked to the end; `loads` bounds the commands given where it is set."""

    name: str
    image: CrmImage
    offers: Callable[[Picture], Iterable[Offer]]
    worlds: Callable[[World], Iterable[tuple[str, World]]] = lambda world: ()
    symmetric: bool = True
    faulty: LeadId | None = None
    loads: int | None = None


class Found(NamedTuple):
    """What a walk ended with: how large it was, and the shortest way to a broken law where there is one."""

    states: int
    transitions: int
    stores: int
    broken: tuple[Broken, ...] = ()
    path: tuple[str, ...] = ()

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(each.rule for each in self.broken)


@define(eq=False)
class _Held:
    """What an actor holds: a record read, a count read, or the steps of a decision that are still to be committed."""

    actor: int
    offer: Offer
    key: Any
    steps: tuple[Changes, ...] = ()
    confirm: Callable[[], bool] | None = None
    read: Any = None
    version: int = 0
    backlog: Backlog | None = None


@define(eq=False)
class _Point:
    """One store of a walk with its picture; what was tried on it once is not tried again."""

    store: Any
    picture: Picture
    offers: tuple[Offer, ...] = ()
    loads: dict[Any, Any] = field(factory=dict)
    commits: dict[Any, Any] = field(factory=dict)


@define(eq=False)
class _State:
    point: _Point
    world: World
    held: tuple[_Held | None, _Held | None]
    #: The way here, newest step first, as pairs of a label and the rest: states before it can be forgotten.
    way: Any = None
    #: How many commands were begun, counted only where the walk bounds them.
    loads: int | None = None


class _Broke(Exception):
    def __init__(self, broken: Iterable[Broken]) -> None:
        super().__init__()
        self.broken = tuple(dict.fromkeys(broken))


class _Outside:
    """Permissions and plan, as they are at this moment of the walk."""

    def __init__(self) -> None:
        self.world = World()
        self._rights = {True: Rights.of((ADMINISTRATOR,)), False: Rights.of((MANAGER,))}

    def rights(self, actor: UserId) -> Rights:
        return self._rights[self.may(ACTORS.index(actor), self.world)]

    def may(self, actor: int, world: World) -> bool:
        return actor == 0 or world.second_may

    def has_classic(self) -> bool:
        return self.world.plan_has_classic


class _Explorer:
    def __init__(self, walk: Walk, design: Design) -> None:
        self.doing = ""
        self.walk, self.design = walk, design
        self.outside = _Outside()
        store: Any = InMemoryStore(walk.image)
        if walk.faulty is not None:
            store = FailingStore(store, unconvertible=[walk.faulty])
        store = design.wrap(store)
        self.clock = FixedClock()
        self.lawful: set[Any] = set()
        self.transitions = 0
        self.start = _State(self.point(store), World(), (None, None))

    def point(self, store: Any) -> _Point:
        point = _Point(store, Picture(store))
        point.offers = tuple(self.walk.offers(point.picture))
        return point

    def run(self) -> Found:
        seen = {self.key(self.start)}
        queue = deque([self.start])
        state, self.doing = self.start, "nothing"
        try:
            self.check(self.start.point)
            while queue:
                state = queue.popleft()
                for label, point, world, held in self.steps(state):
                    self.transitions += 1
                    begun = " loads " in label or " reads " in label or " counts " in label
                    loads = None if self.walk.loads is None else (state.loads or 0) + begun
                    after = _State(point, world, held, (label, state.way), loads)
                    key = self.key(after)
                    if key not in seen:
                        seen.add(key)
                        queue.append(after)
        except _Broke as broke:
            path = _labels((self.doing, state.way))
            return Found(len(seen), self.transitions, len(self.lawful), broke.broken, path)
        return Found(len(seen), self.transitions, len(self.lawful))

    def key(self, state: _State) -> Any:
        keys = tuple([None if held is None else self.held_key(held, state.point) for held in state.held])
        if self.walk.symmetric:
            first, second = keys
            return state.point.picture.key, state.world, frozenset(keys) if first != second else first, state.loads
        return state.point.picture.key, state.world, keys, state.loads

    @staticmethod
    def held_key(held: _Held, point: _Point) -> Any:
        if held.read is None or held.steps or held.offer.reads is None:
            return held.key
        kind, id = held.offer.reads
        return (*held.key, point.picture.versions[kind][id] == held.version)

    def steps(self, state: _State) -> Iterator[tuple[str, _Point, World, Any]]:
        for label, world in self.walk.worlds(state.world):
            yield label, state.point, world, state.held
        for actor in (0, 1) if any(state.held) or not self.walk.symmetric else (0,):
            held = state.held[actor]
            if held is None:
                if self.walk.loads is None or (state.loads or 0) < self.walk.loads:
                    for offer in state.point.offers:
                        if self.fits(offer, state.held[1 - actor]):
                            yield from self.begun(state, actor, offer)
            elif held.steps:
                yield from self.sent(state, actor, held)
            else:
                yield from self.decided_later(state, actor, held)

    def fits(self, offer: Offer, other: _Held | None) -> bool:
        """Two actors never hold two commands that make a record of the same kind: each walk adds one of a kind."""
        return other is None or other.offer.label != offer.label or not offer.label.startswith(("add", "take"))

    # Loading

    def begun(self, state: _State, actor: int, offer: Offer) -> Iterator[tuple[str, _Point, World, Any]]:
        point, label = state.point, f"{actor + 1} loads {offer.label}"
        self.doing = label
        if offer.reads is not None:
            kind, id = offer.reads
            record = point.picture.records[kind][id]
            held = _Held(actor, offer, (offer.label, "read", key_of_record(record, point.picture)), read=record)
            held.version = point.picture.versions[kind][id]
            yield f"{actor + 1} reads for {offer.label}", point, state.world, _with(state.held, actor, held)
            return
        if self.design.counts_first and "finish" in offer.label:
            backlog = point.store.snapshot(Query(backlog=True)).backlog
            held = _Held(actor, offer, (offer.label, "count", backlog.active, backlog.set_aside), backlog=backlog)
            yield f"{actor + 1} counts for {offer.label}", point, state.world, _with(state.held, actor, held)
            return
        cached = (state.world, actor, offer.label)
        if cached not in point.loads:
            point.loads[cached] = self.load(point, state.world, actor, offer)
        loaded = point.loads[cached]
        if loaded is not None:
            yield label, point, state.world, _with(state.held, actor, loaded)

    def decided_later(self, state: _State, actor: int, held: _Held) -> Iterator[tuple[str, _Point, World, Any]]:
        """An edit is decided after its record was read, and a finish that reads apart after its count."""
        self.doing = label = f"{actor + 1} loads {held.offer.label}"
        offer = held.offer
        if held.read is not None:
            offer = offer._replace(command=evolve(offer.command, version=held.version))
        else:
            # The token is asked for between the two reads, as a worker that resumes does.
            offer = [each for each in state.point.offers if "finish" in each.label][-1]
        loaded = self.load(state.point, state.world, actor, offer, held)
        yield label, state.point, state.world, _with(state.held, actor, loaded)

    def load(self, point: _Point, world: World, actor: int, offer: Offer, held: _Held | None = None) -> _Held | None:
        """Snapshot and decision, as `Crm.run` makes them; nothing is held where nothing is to be written."""
        store, command, design = point.store, offer.command, self.design
        self.outside.world = world
        handler = design.handlers[type(command)]
        snapshot = store.snapshot(handler.query(command))
        if held is not None and held.backlog is not None:
            snapshot = evolve(snapshot, backlog=held.backlog)
        context, confirm = self.design.asked(
            self.outside, self.outside, self.clock, ACTORS[actor], needs_right=handler.needs_right
        )
        _keep_ids_apart(store, actor)
        ids = {
            kind: iter(store.reserve(kind, count)) for kind, count in handler.ids(command, snapshot, context).items()
        }
        try:
            decision = handler.decide(command, snapshot, context, ids)
        except ContractBroken as told:  # the domain itself noticed what a weakened store offered
            raise _Broke([Broken(told.rule, told.message)]) from None
        changes = None if isinstance(decision, Refused) else decision.changes
        if isinstance(command, ConvertChunk):
            broken = tuple(broken_offer(point.picture, command, frozenset(changes.ledger if changes else ())))
            if broken:
                raise _Broke(broken)
        if changes is None:
            return None
        asked = (world.plan_has_classic, self.outside.may(actor, world)) if handler.needs_right else None
        read = None if held is None else held.read
        key = (offer.label, asked, key_of_record(read, point.picture), key_of_changes(changes, point.picture))
        return _Held(actor, offer._replace(command=command), key, design.parts(changes), confirm, read)

    # Committing

    def sent(self, state: _State, actor: int, held: _Held) -> Iterator[tuple[str, _Point, World, Any]]:
        self.doing = label = f"{actor + 1} commits {held.offer.label}"
        point, world = state.point, state.world
        answer = self.committed(point, world, held)
        if isinstance(answer, RecordFault):
            self.doing = f"{label}, which meets a fault"
            aside = SetAside(token=held.offer.command.token, lead_id=LeadId(int(answer.ref.id)), code=answer.code)
            loaded = self.load(point, world, actor, Offer(f"set aside {aside.lead_id}", aside))
            yield self.doing, point, world, _with(state.held, actor, loaded)
            return
        if isinstance(answer, Conflict):
            yield label, point, world, _with(state.held, actor, None)
            return
        step = Step(
            point.picture,
            answer.picture,
            held.offer.command,
            world.plan_has_classic,
            self.outside.may(actor, world),
            held.read,
        )
        self.check(answer, step)
        rest = held.steps[1:]
        left = evolve(held, steps=rest, key=(*held.key, len(rest))) if rest else None
        after = _with(state.held, actor, left)
        other = after[1 - actor]
        if other is not None and other.steps and self.is_doomed(answer, world, other):
            after = _with(after, 1 - actor, None)
        yield label, answer, world, after

    def is_doomed(self, point: _Point, world: World, held: _Held) -> bool:
        """Whether a decision is stale for good, shown by sending it: it is refused and nothing changes."""
        answer = self.committed(point, world, held)
        return isinstance(answer, Conflict) and any(ref.kind not in _MAY_RETURN for ref in answer.stale)

    def committed(self, point: _Point, world: World, held: _Held) -> Any:
        """The point after a commit, or what it raised; a refused commit must have changed nothing."""
        cached = (id(held), world)
        if cached not in point.commits:
            self.outside.world = world
            store = fork(point.store)
            try:
                store.commit(held.steps[0], held.confirm)
            except (Conflict, RecordFault) as refused:
                assert Picture(store).key == point.picture.key, "a refused commit wrote something"
                if isinstance(refused, RecordFault) and not isinstance(held.offer.command, ConvertChunk):
                    refused = Conflict((refused.ref,))
                point.commits[cached] = (refused, held)
            else:
                point.commits[cached] = (self.point(store), held)
        return point.commits[cached][0]

    def check(self, point: _Point, step: Step | None = None) -> None:
        """Run the laws of a step, and the laws of a state once on each store that is new to the walk."""
        broken = [] if step is None else list(broken_step(step))
        key = point.picture.key
        if key not in self.lawful:
            broken += broken_in(point.store, point.picture)
        if broken:
            raise _Broke(broken)
        self.lawful.add(key)


def _with(held: Any, actor: int, now: _Held | None) -> Any:
    return (now, held[1]) if actor == 0 else (held[0], now)


def _keep_ids_apart(store: Any, actor: int) -> None:
    """Let each actor draw ids from its own thousand, above all that is stored: ids that nobody used come again."""
    state = innermost(store)._state
    for kind in state.next_ids:
        state.next_ids[kind] = max(state.tables[kind], default=0) + 1 + actor * _STRIDE


def _labels(way: Any) -> tuple[str, ...]:
    labels = []
    while way is not None:
        label, way = way
        labels.append(label)
    return tuple(reversed(labels))


def explore(walk: Walk, design: Design = REAL) -> Found:
    """Walk to the end, or to the first law that does not hold."""
    # A walk makes many small records that live on: collecting them would double its time and free nothing.
    gc.disable()
    try:
        return _Explorer(walk, design).run()
    finally:
        gc.enable()
