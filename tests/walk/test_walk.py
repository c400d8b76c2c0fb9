"""Every order of the steps of two actors on a small CRM keeps every law."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar
from weakref import WeakSet

import pytest
from tools.faults_table import found_of

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.fork import fork
from crmcore.testing.walk import DEEP_WALKS, FAULTS, THREES, WALKS, explore
from crmcore.testing.walk.picture import digest
from crmcore.testing.wrapped import WrappedStore
from tests.matrix import matrix

#: The walks that find a weakened design first; the others go over more of what these go over.
USUAL = {fault.walk for fault in FAULTS}

DEEP = os.environ.get("CRMCORE_DEEP") == "1"
#: Where any three commands meet most: the other starts take a minute, and no weakened design needs them.
HALF_DONE = "any three from half done"
deep = pytest.mark.skipif(not DEEP, reason="takes many minutes: make deep")


def _walked(name: str, walks: Any, record_property: Callable[[str, object], None]) -> None:
    found = explore(walks[name])
    assert not found.broken, (found.broken, found.path)
    assert found.states > 500, "the walk went nowhere"
    record_property(
        "walk", f"{name}: {found.states:,} states, {found.transitions:,} transitions, {found.stores:,} stores"
    )


@pytest.mark.rule(
    "SWITCH-1", "SWITCH-2", "SWITCH-3", "SWITCH-4", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-8", "SWITCH-9",
    "SWITCH-10", "SWITCH-13", "CONV-6", "CONV-7", "CONV-9", "POLICY-2", "PERM-2", "PLAN-1", "EDIT-1", "DATA-3",
)  # fmt: skip
class TestEveryOrderOfSteps:
    """SWITCH-1 and all others. Whatever two actors do in whatever order, the laws hold in every state and step."""

    @pytest.mark.parametrize("name", matrix(WALKS, USUAL))
    def test_no_order_of_steps_breaks_a_law(self, name: str, record_property: Callable[[str, object], None]) -> None:
        """A walk over everything that two actors can do with a small alphabet meets no broken law."""
        _walked(name, WALKS, record_property)

    @pytest.mark.parametrize("name", THREES if DEEP else [HALF_DONE])
    def test_any_three_commands_keep_the_laws(self, name: str, record_property: Callable[[str, object], None]) -> None:
        """Any three of all commands, given after each other or at once in any order, break no law."""
        _walked(name, THREES, record_property)

    @deep
    @pytest.mark.parametrize("name", list(DEEP_WALKS))
    def test_no_order_of_steps_breaks_a_law_in_larger_walks(
        self, name: str, record_property: Callable[[str, object], None]
    ) -> None:
        """The same with larger alphabets, for as long as it takes."""
        _walked(name, DEEP_WALKS, record_property)


class HostStore:
    """A store of a host: its own class around a good one, with a `fork()` that copies it as it stands."""

    live: ClassVar[WeakSet["HostStore"]] = WeakSet()
    made: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        for name in ("snapshot", "commit", "reserve", "page", "listed"):
            setattr(self, name, getattr(store, name))
        kind = type(self)
        kind.live.add(self)
        kind.made += 1
        kind.most = max(kind.most, len(kind.live))

    @classmethod
    def of(cls, image: CrmImage) -> "HostStore":
        """A new one."""
        return cls(InMemoryStore(image))

    def fork(self) -> "HostStore":
        """A copy as it stands."""
        return HostStore(fork(self._store))


class TestStoreOfAHost:
    """A host walks over its own store, where it has a cheap `fork()`."""

    def test_a_walk_over_it_finds_what_one_in_memory_finds(self) -> None:
        """The same states and transitions, a wrapper around it included; a weakened design breaks the same law."""
        name = "a lead with a fault"
        assert explore(WALKS[name], most=600, make_store=HostStore.of) == explore(WALKS[name], most=600)
        fault = next(each for each in FAULTS if each.name == "no lead version in the read set")
        assert explore(WALKS[fault.walk], fault.design, make_store=HostStore.of) == found_of(fault)

    def test_a_walk_keeps_only_the_stores_that_it_still_needs(self) -> None:
        """Of all stores that were made few are there at a time: not those of refused commits, nor those walked past."""
        HostStore.live.clear()
        HostStore.made = HostStore.most = 0
        explore(WALKS["a pipeline in use"], make_store=HostStore.of)
        assert HostStore.most < HostStore.made / 8

    def test_a_store_without_a_fork_is_named(self) -> None:
        """A walk over it is not possible, and says why."""
        with pytest.raises(TypeError, match=r"SimpleNamespace has no fork\(\)"):
            explore(WALKS["a pipeline in use"], make_store=lambda image: SimpleNamespace(**vars(HostStore.of(image))))

    def test_a_design_that_reaches_into_a_store_says_so(self) -> None:
        """A weakness inside the store in memory cannot be had of another one."""
        fault = next(each for each in FAULTS if each.name == "a set-aside lead retried for ever")
        with pytest.raises(TypeError, match="this design reaches into an InMemoryStore, and this is a HostStore"):
            explore(WALKS[fault.walk], fault.design, make_store=HostStore.of)


def test_a_walk_stops_at_a_number_of_states() -> None:
    """It says that it did not come to its end."""
    found = explore(WALKS["a switch and new leads"], most=100)
    assert 100 <= found.states < 120
    assert not found.ended
    assert explore(WALKS["rights and plan"]).ended


def test_a_fork_of_a_wrapped_store_is_on_its_own() -> None:
    """What is committed to one is not in the other, and records are shared."""
    store = WrappedStore(InMemoryStore(WALKS["a pipeline in use"].image))
    other = fork(store)
    store.reserve(Kind.LEAD, 5)
    assert list(other.reserve(Kind.LEAD, 1)) == [3]
    assert other.page(Kind.LEAD)[0][1] is store.page(Kind.LEAD)[0][1]


def test_a_key_is_a_digest_of_plain_values() -> None:
    """Equal meanings have one digest, and what has no plain meaning is refused instead of confused."""
    text = str(b"lead", "ascii")
    assert digest((1, (text, None))) == digest((1, ("lead", None)))
    assert digest((1, ("lead", None))) != digest((1, ("lead", False)))
    assert len(digest(())) == 16
    with pytest.raises(ValueError, match="unmarshallable"):
        digest((Kind.LEAD,))
