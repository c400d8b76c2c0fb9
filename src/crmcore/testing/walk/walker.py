"""A breadth-first walk over the real code: every order of loads and commits of two actors, to the end.

An actor loads (snapshot and decision) in one step and commits in another, and holds at most one decision. A decision
that another commit has made stale for good is sent at once, must be refused as a `Conflict`, and is dropped.
States are the same when their stores mean the same and the actors hold the same decisions.
lines: one loop and the few things that it hands around.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from attrs import define, evolve, field, frozen

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER
from crmcore.application.collector import collector_waits
from crmcore.application.step import Confirm, asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.errors import Conflict, ContractBroken, RecordFault, raise_alone
from crmcore.domain.model.ids import Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command, ConvertChunk, FinishSwitch, SetAside
from crmcore.domain.protocol.decision import Context, Handler
from crmcore.domain.protocol.snapshot import Backlog, Query
from crmcore.domain.rules.authority import Rights
from crmcore.testing.failures import FailingStore
from crmcore.testing.fork import fork
from crmcore.testing.walk.laws import Broken, Step, broken_in, broken_offer, broken_step
from crmcore.testing.walk.picture import RETURNING, Picture, digest, key_of_changes, key_of_record

__all__ = [
    "ACTORS",
    "REAL",
    "Act",
    "Broke",
    "Design",
    "Explorer",
    "Found",
    "Held",
    "Move",
    "Offer",
    "Point",
    "State",
    "Walk",
    "World",
    "explore",
]

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


class Act(StrEnum):
    """What one step is: the first three begin a command."""

    READS = "reads for"
    COUNTS = "counts for"
    LOADS = "loads"
    COMMITS = "commits"
    MEETS_FAULT = "meets a fault with"
    CHANGES = "changes"


_BEGINS = (Act.READS, Act.COUNTS, Act.LOADS)


class Move(NamedTuple):
    """One step of a walk: what an actor does, by the label of its offer; a change of the world is nobody's."""

    actor: int | None
    act: Act
    label: str

    def __str__(self) -> str:
        return self.label if self.actor is None else f"{self.actor + 1} {self.act} {self.label}"


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
    path: tuple[Move, ...] = ()
    #: Whether every state was reached; a walk that is stopped at a number of states, or at a broken law, is not.
    ended: bool = True

    @property
    def rules(self) -> frozenset[str]:
        """The rules of the laws that do not hold."""
        return frozenset(each.rule for each in self.broken)


@define(eq=False)
class Held:
    """What an actor holds: a record read, a count read, or the steps of a decision that are still to be committed."""

    actor: int
    offer: Offer
    key: bytes
    steps: tuple[Changes, ...] = ()
    confirm: Confirm = None
    read: Any = None
    version: int = 0
    backlog: Backlog | None = None


@define(eq=False)
class Point:
    """One store of a walk with its picture; what was tried on it once is not tried again."""

    store: Any
    picture: Picture
    loads: dict[Any, Any] = field(factory=dict)
    commits: dict[Any, Any] = field(factory=dict)
    _offers: tuple[Offer, ...] | None = None

    def offers(self, walk: Walk) -> tuple[Offer, ...]:
        """The commands that may be given now; most points are reached by the way and never asked."""
        if self._offers is None:
            self._offers = tuple(walk.offers(self.picture))
        return self._offers


@define(eq=False)
class State:
    """One state of a walk."""

    point: Point
    world: World
    held: tuple[Held | None, Held | None] = (None, None)
    #: How many commands were begun, counted only where the walk bounds them.
    loads: int = 0


MakeStore = Callable[[CrmImage], Any]
Next = Iterator[tuple[Move, State]]


class Broke(Exception):
    """A law does not hold after `move`; where a commit broke it, `after` is what the store holds now."""

    def __init__(self, broken: Iterable[Broken], move: Move | None = None, after: Point | None = None) -> None:
        super().__init__()
        self.broken = tuple(dict.fromkeys(broken))
        self.move, self.after = move, after


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


class Explorer:
    """Makes the steps of one walk, and checks the laws of each."""

    def __init__(
        self, walk: Walk, design: Design = REAL, make_store: Callable[[CrmImage], Any] = InMemoryStore
    ) -> None:
        self.walk, self.design = walk, design
        self._outside = _Outside()
        self._make_store = make_store
        self._clock = FixedClock()
        self._lawful: set[bytes] = set()

    def start(self) -> State:
        """The state in which the walk begins."""
        store = self._make_store(self.walk.image)
        if self.walk.faulty is not None:
            store = FailingStore(store, unconvertible=[self.walk.faulty])
        store = self.design.wrap(store)
        point = Point(store, Picture(store))
        self._check(None, point)
        return State(point, World())

    def run(self, most: int | None = None) -> Found:
        """Walk to the end, to the first law that does not hold, or until `most` states were reached."""
        transitions, bounded = 0, self.walk.loads is not None
        # A state is forgotten once it was taken on; what is left of it is a digest, and the move from its parent.
        seen: set[bytes] = set()
        parents, moves = array("l", [0]), [Move(None, Act.CHANGES, "nothing")]
        known: dict[Move, Move] = {}
        place = 0
        try:
            queue = deque([(0, self.start())])
            seen.add(self._key(queue[0][1]))
            while queue and (most is None or len(seen) < most):
                place, state = queue.popleft()
                for move, after in self.steps(state):
                    transitions += 1
                    if bounded:
                        after.loads = state.loads + (move.act in _BEGINS)
                    key = self._key(after)
                    if key not in seen:
                        seen.add(key)
                        queue.append((len(moves), after))
                        parents.append(place)
                        moves.append(known.setdefault(move, move))
        except Broke as broke:
            path = [] if broke.move is None else [broke.move]
            while place:
                path.append(moves[place])
                place = parents[place]
            return Found(len(seen), transitions, len(self._lawful), broke.broken, tuple(reversed(path)), ended=False)
        return Found(len(seen), transitions, len(self._lawful), ended=not queue)

    def _key(self, state: State) -> bytes:
        keys = [b"" if held is None else self._held_key(held, state.point) for held in state.held]
        if self.walk.symmetric:
            keys.sort()
        return digest((state.point.picture.key, *state.world, *keys, state.loads))

    @staticmethod
    def _held_key(held: Held, point: Point) -> bytes:
        if held.read is None or held.steps or held.offer.reads is None:
            return held.key
        kind, id = held.offer.reads
        return held.key + bytes((point.picture.versions[kind][id] == held.version,))

    def steps(self, state: State) -> Next:
        """Every step that may be next, and where it leads; raises `Broke` where one breaks a law."""
        for label, world in self.walk.worlds(state.world):
            yield Move(None, Act.CHANGES, label), State(state.point, world, state.held)
        for actor in (0, 1) if any(state.held) or not self.walk.symmetric else (0,):
            held = state.held[actor]
            if held is None:
                if self.walk.loads is None or state.loads < self.walk.loads:
                    for offer in state.point.offers(self.walk):
                        if self._fits(offer, state.held[1 - actor]):
                            yield from self.begun(state, actor, offer)
            elif held.steps:
                yield self.sent(state, actor, held)
            else:
                yield self.decided_later(state, actor, held)

    @staticmethod
    def _fits(offer: Offer, other: Held | None) -> bool:
        """Two actors never hold two commands that make a record of the same kind: each walk adds one of a kind."""
        return other is None or other.offer.label != offer.label or not offer.label.startswith(("add", "take"))

    # Loading

    def begun(self, state: State, actor: int, offer: Offer) -> Next:
        """An actor reads, counts or loads for a command; nothing where there is nothing to write."""
        point = state.point
        if offer.reads is not None:
            kind, id = offer.reads
            record = point.picture.records[kind][id]
            key = digest((offer.label, "read", key_of_record(record, point.picture)))
            held: Held | None = Held(actor, offer, key, read=record, version=point.picture.versions[kind][id])
            yield Move(actor, Act.READS, offer.label), _with(state, actor, held)
            return
        if self.design.counts_first and isinstance(offer.command, FinishSwitch):
            backlog = point.store.snapshot(Query(backlog=True)).backlog
            key = digest((offer.label, "count", backlog.active, backlog.set_aside))
            yield Move(actor, Act.COUNTS, offer.label), _with(state, actor, Held(actor, offer, key, backlog=backlog))
            return
        move = Move(actor, Act.LOADS, offer.label)
        cached = (state.world, actor, offer.label)
        if cached not in point.loads:
            point.loads[cached] = self._load(move, point, state.world, offer)
        held = point.loads[cached]
        if held is not None:
            yield move, _with(state, actor, held)

    def decided_later(
        self, state: State, actor: int, held: Held, command: Command[Any] | None = None
    ) -> tuple[Move, State]:
        """An edit is decided after its record was read, and a finish that reads apart after its count."""
        move, offer = Move(actor, Act.LOADS, held.offer.label), held.offer
        if held.read is not None:
            asked: Any = command or offer.command
            offer = offer._replace(command=evolve(asked, version=held.version))
        elif command is not None:
            offer = offer._replace(command=command)
        else:
            # The token is asked for between the two reads, as a worker that resumes does.
            offer = [each for each in state.point.offers(self.walk) if isinstance(each.command, FinishSwitch)][-1]
        return move, _with(state, actor, self._load(move, state.point, state.world, offer, held))

    def _load(self, move: Move, point: Point, world: World, offer: Offer, held: Held | None = None) -> Held | None:
        """Snapshot and decision, as `Crm.run` makes them; nothing is held where nothing is to be written."""
        assert move.actor is not None  # only an actor loads
        store, command, design, picture = point.store, offer.command, self.design, point.picture
        self._outside.world = world
        handler = design.handlers[type(command)]
        snapshot = store.snapshot(handler.query(command))
        if held is not None and held.backlog is not None:
            snapshot = evolve(snapshot, backlog=held.backlog)
        context, confirm = design.asked(
            self._outside, self._outside, self._clock, ACTORS[move.actor], needs_right=handler.needs_right
        )
        ids = {
            kind: iter(_ids_apart(picture, kind, count, move.actor))
            for kind, count in handler.ids(command, snapshot, context).items()
        }
        try:
            decision = handler.decide(command, snapshot, context, ids)
        except ContractBroken as told:  # the domain itself noticed what a weakened store offered
            refs = told.refs or (Ref(Kind.SETTINGS, 0),)
            raise_alone(Broke([Broken(told.rule, told.message, ref, "offer of the store") for ref in refs], move))
        changes = None if isinstance(decision, Refused) else decision.changes
        if isinstance(command, ConvertChunk):
            broken = tuple(broken_offer(picture, command, frozenset(changes.ledger if changes else ())))
            if broken:
                raise Broke(broken, move)
        if changes is None:
            return None
        asked = (world.plan_has_classic, self._outside.may(move.actor, world)) if handler.needs_right else None
        read = None if held is None else held.read
        key = digest((offer.label, asked, key_of_record(read, picture), key_of_changes(changes, picture)))
        return Held(move.actor, offer._replace(command=command), key, design.parts(changes), confirm, read)

    # Committing

    def sent(self, state: State, actor: int, held: Held) -> tuple[Move, State]:
        """An actor commits what it holds; after a fault it holds what sets the lead aside."""
        move = Move(actor, Act.COMMITS, held.offer.label)
        point, world = state.point, state.world
        answer = self._committed(point, world, held)
        if isinstance(answer, RecordFault):
            move = Move(actor, Act.MEETS_FAULT, held.offer.label)
            aside = SetAside(token=held.offer.command.token, lead_id=LeadId(int(answer.ref.id)), code=answer.code)
            loaded = self._load(move, point, world, Offer(f"set aside {aside.lead_id}", aside))
            return move, _with(state, actor, loaded)
        if isinstance(answer, Conflict):
            return move, _with(state, actor, None)
        may = self._outside.may(actor, world)
        step = Step(point.picture, answer.picture, held.offer.command, world.plan_has_classic, may, held.read)
        self._check(move, answer, step)
        rest = held.steps[1:]
        left = evolve(held, steps=rest, key=held.key + bytes((len(rest),))) if rest else None
        after = _with(State(answer, world, state.held), actor, left)
        other = after.held[1 - actor]
        if other is not None and other.steps and self._is_doomed(answer, world, other):
            after = _with(after, 1 - actor, None)
        return move, after

    def _is_doomed(self, point: Point, world: World, held: Held) -> bool:
        """Whether a decision is stale for good, shown by sending it: it is refused and nothing changes."""
        answer = self._committed(point, world, held)
        return isinstance(answer, Conflict) and any(ref.kind not in _MAY_RETURN for ref in answer.stale)

    def _committed(self, point: Point, world: World, held: Held) -> Any:
        """The point after a commit, or what it raised; a refused commit must have changed nothing."""
        cached = (id(held), world)
        if cached not in point.commits:
            self._outside.world = world
            store = fork(point.store)
            try:
                store.commit(held.steps[0], held.confirm)
            except (Conflict, RecordFault) as refused:
                assert Picture(store).key == point.picture.key, "a refused commit wrote something"
                if isinstance(refused, RecordFault) and not isinstance(held.offer.command, ConvertChunk):
                    refused = Conflict((refused.ref,))
                # Its traceback would keep the frames that it passed, and with them the store.
                point.commits[cached] = (refused.with_traceback(None), held)
            else:
                point.commits[cached] = (Point(store, Picture(store)), held)
        return point.commits[cached][0]

    def _check(self, move: Move | None, point: Point, step: Step | None = None) -> None:
        """Run the laws of a step, and the laws of a state once on each store that is new to the walk."""
        broken = [] if step is None else list(broken_step(step))
        key = point.picture.key
        if key not in self._lawful:
            broken += broken_in(point.store, point.picture)
        if broken:
            raise Broke(broken, move, point)
        self._lawful.add(key)


def _with(state: State, actor: int, now: Held | None) -> State:
    held = (now, state.held[1]) if actor == 0 else (state.held[0], now)
    return State(state.point, state.world, held)


def _ids_apart(picture: Picture, kind: Kind, count: int, actor: int) -> range:
    """Ids of each actor's own thousand, above all that is stored: those that nobody used come again."""
    first = max(picture.records[kind], default=0) + 1 + actor * _STRIDE
    return range(first, first + count)


def explore(
    walk: Walk, design: Design = REAL, *, most: int | None = None, make_store: MakeStore = InMemoryStore
) -> Found:
    """Walk to the end, to the first law that does not hold, or until `most` states were reached.

    `make_store` makes a host's own store from an image; it needs a `fork()` that copies it as it stands.
    """
    # A walk makes many small records that live on: collecting them would double its time and free nothing.
    with collector_waits():
        return Explorer(walk, design, make_store).run(most)
