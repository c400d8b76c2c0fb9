"""Calls on `Crm` with arguments that nobody should pass, over ports that may answer anything.

Which methods there are, and what belongs into their arguments, is read from `Crm` itself: a new method takes part
without being named here.
"""

import inspect
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from itertools import count, islice
from random import Random
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from attrs import fields, has

from crmcore import Crm, CrmError, StoreError, SwitchToken, UserId
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.image import CrmImage
from crmcore.domain.rules.authority import Rights
from crmcore.ports import Store
from crmcore.testing import EventRecorder
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER, roles_of_personas
from crmcore.testing.wrapped import WrappedStore
from tests.hostile.ground import Ground
from tests.hostile.planted import PLANTED, planted
from tests.hostile.trials import CANARY, GIVEN, Own, Trial, allowed, judged
from tests.hostile.values import hostile, spoilt

__all__ = ["CALLS", "METHODS", "session"]

#: How many calls one CRM gets.
CALLS = 50

#: Every public method, with its parameters but for `self`.
METHODS: Mapping[str, tuple[inspect.Parameter, ...]] = {
    name: tuple(inspect.signature(method).parameters.values())[1:]
    for name, method in inspect.getmembers(Crm, inspect.isfunction)
    if not name.startswith("_")
}

#: Given as a key, a text may be shown, and so it is in what is refused.
_SHOWN = {"key", "token", "command"}


def session(draw: Random, ground: Ground) -> Trial:
    """A CRM and its calls: whoever raises has changed nothing, and at the end every law holds."""
    image = planted(draw.choice(PLANTED))
    store = draw.choice((InMemoryStore, ground.new_store))(image)
    values = _Values(draw, image)
    ports = _Ports(draw, store)
    ends, wrong = Counter[str](), list[str]()
    kept = image_of(store)
    for number in range(CALLS):
        if wrong:
            break  # what comes after may be its consequence
        crm, told = ports.crm()
        name, given, named = values.call()
        words = (CANARY,) if _SHOWN & {*named, *_names_of(name)} else (CANARY, GIVEN)
        method = getattr(crm, name)
        try:
            inspect.signature(method).bind(*given, **named)
            signature: tuple[type[BaseException], ...] = ()
        except TypeError:
            signature = (TypeError,)
        commits = ports.commits
        ended = judged(lambda: _read(method(*given, **named)), words, signature)  # noqa: B023  # called at once
        ends[allowed(ended.error)] += 1
        found = [*ended.wrong]
        if any(CANARY in f"{event!r}" for event in told):
            found.append("an event shows what is stored")
        moved, now = ports.commits != commits, _image(store)
        if isinstance(now, str):
            found.append(now)
        elif ended.error is not None and not moved and now != kept:
            found.append("raised, and changed the CRM")
        elif ended.error is not None and moved and name not in _OF_SEVERAL_STEPS and not ports.own:
            found.append("raised after it had committed")
        else:
            kept = now
        wrong += [f"{each}\n    call {number}: {name}{_shown(given, named)} with {ports}" for each in found]
    if not wrong:
        wrong += [f"afterwards {violation}" for violation in audit_store(store)]
    return Trial(sum(ends.values()), ends, tuple(wrong))


def _image(store: Store) -> CrmImage | str:
    """The whole CRM, or why it cannot be read."""
    try:
        return image_of(store)
    except Exception as error:  # whatever it is, the CRM is damaged
        return f"left a CRM behind that cannot be read: {type(error).__name__}: {error}"


#: Each step of these is committed by itself.
_OF_SEVERAL_STEPS = {"convert_leads", "run_switch", "switch_to_simple", "convert_chunk"}


def _names_of(method: str) -> list[str]:
    return [each.name for each in METHODS[method]]


def _shown(given: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    parts = [*map(_short, given), *(f"{name}={_short(value)}" for name, value in named.items())]
    return f"({', '.join(parts)})"


def _short(value: Any) -> str:
    with suppress(Exception):
        return f"{value!r}"[:120]
    return f"<{type(value).__name__}>"


def _read(answer: Any) -> Any:
    """An answer that is read page by page, read."""
    return tuple(islice(answer, 5000)) if isinstance(answer, Iterator) else answer


class _Values:
    """What belongs into an argument, by its annotation, from what the CRM has; and what does not."""

    def __init__(self, draw: Random, image: CrmImage) -> None:
        self._draw = draw
        self._pools = _pools(image)

    def call(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """A method and its arguments, of which some are hostile."""
        draw = self._draw
        name = draw.choice(sorted(METHODS))
        given, named = list[Any](), dict[str, Any]()
        for each in METHODS[name]:
            if each.kind is each.VAR_KEYWORD:
                named |= self._fields(get_args(each.annotation)[0])
            elif each.default is not each.empty and draw.random() < 0.5:
                continue
            elif each.kind is each.KEYWORD_ONLY:
                named[each.name] = self._given(each)
            else:
                given.append(self._given(each))
        if draw.random() < 0.02:
            named[draw.choice(("id", "created_at", "deal_id", "colour", "é"))] = hostile(draw)
        if draw.random() < 0.01 and given:
            given.pop()
        for each in METHODS[name]:
            if "Callable" in str(each.annotation) and callable(named.get(each.name)):
                named[each.name] = _Callback(named[each.name])
        return name, tuple(given), named

    def _given(self, each: inspect.Parameter) -> Any:
        draw = self._draw
        if each.name == "actor" and draw.random() < 0.9:
            return draw.choice((ADMIN, ADMIN, ADMIN, MANAGER, STRANGER, UserId(99)))
        good = self.of(each.annotation)
        return good if draw.random() < 0.7 else spoilt(draw, good)

    def _fields(self, declared: Any) -> dict[str, Any]:
        draw = self._draw
        known = get_type_hints(declared)
        chosen = draw.sample(sorted(known), draw.randrange(min(6, len(known))))
        made = {name: self.of(known[name]) for name in chosen}
        return {name: value if draw.random() < 0.7 else spoilt(draw, value) for name, value in made.items()}

    def of(self, annotation: Any) -> Any:
        """A value that belongs there."""
        draw = self._draw
        while get_origin(annotation) is Annotated:
            annotation = annotation.__origin__
        if self._pools.get(annotation) and draw.random() < 0.9:
            return draw.choice(self._pools[annotation])
        origin, inner = get_origin(annotation), get_args(annotation)
        if origin is types.UnionType or str(origin) == "typing.Union":
            return self.of(draw.choice(inner))
        if origin is Literal:
            return draw.choice(inner)
        if isinstance(origin, type) and issubclass(origin, CrmCommand):
            return self._command()
        if origin is tuple and inner[-1:] != (...,):
            return tuple(map(self.of, inner))
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {self.of(inner[0]): self.of(inner[1]) for _ in range(2)}
        if origin is not None and origin is not Callable and inner and issubclass(origin, Iterable):
            kind = origin if origin in (tuple, frozenset, list) else draw.choice((list, tuple, iter))
            return kind([self.of(inner[0]) for _ in range(draw.randrange(1, 4))])
        if origin is not None:
            return draw.choice((lambda *_: None, _raises))
        base = getattr(annotation, "__supertype__", annotation)
        if isinstance(base, type) and issubclass(base, Enum):
            return draw.choice(list(base))
        if isinstance(base, type) and has(base):
            return self._built(base)
        if is_typeddict(base):
            return self._fields(base)
        return draw.choice(_PLAIN.get(base, (None,)))

    def _built(self, cls: type) -> Any:
        made = {each.name.lstrip("_"): self.of(each.type) for each in fields(cls) if self._draw.random() < 0.8}
        try:
            return cls(**made)
        except (CrmError, TypeError):
            return None

    def _command(self) -> Any:
        cls = self._draw.choice(sorted(HANDLERS, key=lambda each: each.__name__))
        return self._built(cls)


CrmCommand = next(each for each in next(iter(HANDLERS)).__mro__ if each.__name__ == "Command")

_PLAIN: dict[Any, tuple[Any, ...]] = {
    int: (0, 1, 2, 3, 7, 1000, 2**62, 2**63 - 1),
    str: ("k", "again", "NEW", "JUNK", "call", "a key", "Forty desks", "x" * 255),
    bool: (True, False),
    type(None): (None,),
}


class _Callback:
    """A callback of the caller: what it raises is the caller's own (D-95)."""

    def __init__(self, call: Callable[..., object]) -> None:
        self._call = call

    def __call__(self, *given: object) -> object:
        try:
            return self._call(*given)
        except Exception as error:
            raise Own("a callback") from error


def _raises(*given: object) -> None:
    raise Own("a callback")


def _pools(image: CrmImage) -> dict[Any, list[Any]]:
    """Every value of a CRM by the annotation that it stands under."""
    known = _POOLS.get(id(image))
    if known is None:
        known = _POOLS[id(image)] = {}
        for name in sorted(each.name for each in fields(CrmImage)):
            part = getattr(image, name)
            for value in part.values() if isinstance(part, Mapping) else (part,):
                _gather(value, known)
        for ref in [ref for refs in image.bindings.values() for ref in sorted(refs)]:
            known.setdefault(type(ref), []).append(ref)
        known.setdefault(SwitchToken, []).extend(each.token for each in image.switches.values())
    return known


_POOLS: dict[int, dict[Any, list[Any]]] = {}


def _gather(value: Any, pools: dict[Any, list[Any]]) -> None:
    if not has(type(value)):
        return
    pools.setdefault(type(value), []).append(value)
    for each in fields(type(value)):
        inside, annotation = getattr(value, each.name), each.type
        for one in get_args(annotation) or (annotation,):
            if hasattr(one, "__supertype__") and inside is not None and not isinstance(inside, tuple):
                pools.setdefault(one, []).append(inside)
        if isinstance(inside, tuple) and type(inside) is not tuple:
            pools.setdefault(type(inside), []).append(inside)
        for part in inside if isinstance(inside, tuple) else (inside,):
            _gather(part, pools)


class _Ports:
    """The ports of a session: those of a good host, and now and then some that answer anything."""

    def __init__(self, draw: Random, store: Store) -> None:
        self._draw = draw
        self._store = _Counting(store)
        self.own = False
        self._said = "good ports"

    @property
    def commits(self) -> int:
        """How many commits have gone through."""
        return self._store.number

    def crm(self) -> tuple[Crm, EventRecorder]:
        """A driver over ports for one call."""
        draw, told = self._draw, EventRecorder()
        ports: dict[str, Any] = {
            "store": self._store, "permissions": roles_of_personas(), "plan": FixedPlan(), "clock": FixedClock(),
        }  # fmt: skip
        self._said, self.own = "good ports", False
        if draw.random() < 0.15:
            name = draw.choice(sorted(ports))
            method = draw.choice(_METHODS_OF[name])
            answer = draw.choice(_ANSWERS[name])
            ports[name] = _Rubbish(ports[name], method, answer, draw.randrange(3))
            self._said = f"{name}.{method} that answers otherwise ({_ANSWERS[name].index(answer)})"
            self.own = True
        if draw.random() < 0.05:
            told.tell = _raises  # type: ignore[method-assign, assignment]
            self._said, self.own = f"{self._said}, an observer that raises", True
        return Crm(**ports, observer=told, pause=lambda seconds: None), told

    def __str__(self) -> str:
        return self._said


class _Counting(WrappedStore):
    """Counts what was committed."""

    number = 0

    def commit(self, changes: Any, confirm: Any = None) -> None:
        self.store.commit(changes, confirm)
        self.number += 1


class _Rubbish:
    """A port of which one method answers something else, after so many good answers."""

    def __init__(self, port: Any, method: str, answer: Callable[[Any], Any], good: int) -> None:
        self._port, self._method, self._answer, self._good = port, method, answer, good

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name != self._method:
            return method

        def answer(*given: Any, **named: Any) -> Any:
            right = method(*given, **named)
            self._good -= 1
            return right if self._good >= 0 else self._answer(right)

        return answer


def _own(right: Any) -> Any:
    raise Own("a port")


def _failing(right: Any) -> Any:
    raise StoreError("a store that is gone")


_METHODS_OF = {
    "store": ("snapshot", "page", "reserve"),
    "permissions": ("rights",),
    "plan": ("has_classic",),
    "clock": ("now",),
}
_ANYTHING: tuple[Callable[[Any], Any], ...] = (
    lambda right: None, lambda right: "x", lambda right: 5, lambda right: {}, lambda right: [right],
    lambda right: object(),
    _own,
)  # fmt: skip
_ANSWERS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "store": (
        *_ANYTHING, _failing, lambda right: count(), lambda right: range(10**12), lambda right: (),
        lambda right: ("x",),
        lambda right: list(right) if isinstance(right, tuple | range) else right,
        lambda right: range(5) if isinstance(right, range) else right,
        lambda right: [None] * len(right) if isinstance(right, range) else right,
        lambda right: [10**30] * len(right) if isinstance(right, range) else right,
        lambda right: tuple(reversed(right)) if isinstance(right, tuple) else right,
        lambda right: right * 3 if isinstance(right, tuple) else right,
    ),
    "permissions": (*_ANYTHING, lambda right: Rights(), lambda right: {"administrator": True}),
    "plan": (*_ANYTHING, lambda right: not right),
    "clock": (
        *_ANYTHING, lambda right: datetime(2026, 1, 1), lambda right: right.timestamp(),  # noqa: DTZ001
        lambda right: datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), lambda right: right.date(),
        lambda right: datetime(1, 1, 1, tzinfo=UTC), lambda right: right.astimezone(timezone(timedelta(hours=5))),
    ),
}  # fmt: skip
