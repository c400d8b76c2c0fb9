"""The in-memory adapters hold the contracts of their ports."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from crmcore import Kind, LeadId, Ref, Role, UserId, touch
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.application.images import load_image
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.commands import ConvertLead, DeleteLead
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Store
from crmcore.testing.contracts import EventContract, PermissionsContract, PlanContract, StoreContract
from crmcore.testing.contracts.scene import Scene, decided
from crmcore.testing.wrapped import FoldInterrupter


class MemoryHooks:
    """What the contract looks at behind the port; a store in memory has no second handle."""

    def raw(self, store: Any) -> set[str]:
        """The text of every value that the store holds, in whatever attribute, table or index.

        The match index catches up at the next look-up, whatever it is for.
        """
        store.snapshot(Query(match_keys=frozenset({MatchKey(Kind.LEAD, PointKind.EMAIL, "nobody@example.com")})))
        return {str(each) for each in _values(vars(store), set())}

    def touch(self, store: Any, lead_id: LeadId) -> None:
        """As a host's other code may."""
        touch(store, lead_id)

    @contextmanager
    def interrupted(self, store: Any, n: int) -> Iterator[None]:
        """An interrupt strikes in the middle of update `n` of the tables."""
        assert isinstance(store, InMemoryStore)
        interrupter = FoldInterrupter(store)
        interrupter.at = n - 1
        yield
        interrupter.at = None


def _values(value: Any, seen: set[int]) -> Iterator[Any]:
    """The values inside a value, whatever it is made of."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        parts: Iterable[Any] = [*value.keys(), *value.values()]
    elif isinstance(value, (tuple, list, set, frozenset)):
        parts = value
    else:
        slots = [name for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
        parts = [getattr(value, name, None) for name in {*slots, *getattr(value, "__dict__", ())} - {"__weakref__"}]
    yield value
    for part in parts:
        yield from _values(part, seen)


class TestInMemoryStore(MemoryHooks, StoreContract):
    """The embedded default."""

    def make_store(self, seed: CrmImage) -> Store:
        return InMemoryStore(seed)


class TestInMemoryStoreFilledThroughItsPort(MemoryHooks, StoreContract):
    """What `load_image` writes is the image."""

    def make_store(self, seed: CrmImage) -> Store:
        store = InMemoryStore()
        load_image(store, seed)
        return store


class TestInMemoryEvents(EventContract):
    """The embedded default, where events are kept."""

    def make_store(self, seed: CrmImage) -> Store:
        return InMemoryStore(seed, events=True)


class TestRoleTable(PermissionsContract):
    """Roles that are kept in this process."""

    def make_permissions(self, roles: Mapping[UserId, tuple[Role, ...]]) -> Permissions:
        return RoleTable(roles)

    def set_roles(self, permissions: Permissions, actor: UserId, roles: tuple[Role, ...]) -> None:
        assert isinstance(permissions, RoleTable)
        permissions.revoke(actor)
        permissions.grant(actor, *roles)


class TestFixedPlan(PlanContract):
    """A plan that is simply known."""

    def make_plan(self, has_classic: bool) -> Plan:
        return FixedPlan(has_classic)

    def change_plan(self, plan: Plan, has_classic: bool) -> None:
        assert isinstance(plan, FixedPlan)
        plan.classic = has_classic


class TestInterruptedCommits:
    """Contract point 8: after a crash inside a commit, all of it is there or nothing; this crash is one of Python's."""

    @pytest.mark.rule("SWITCH-1", "SWITCH-4")
    @pytest.mark.parametrize("page_first", [False, True])
    @pytest.mark.parametrize("command", [ConvertLead, DeleteLead])
    def test_an_interrupt_inside_a_commit_leaves_all_of_it(self, command: type[Any], page_first: bool) -> None:
        """Wherever the interrupt strikes, the next reader finds the whole commit, as without it."""
        whole = self.found_after(command, None, page_first)[0]
        struck, at = True, 0
        while struck:
            found, struck = self.found_after(command, at, page_first)
            assert found == whole
            at += 1
        assert at > 5

    def found_after(self, command: type[Any], at: int | None, page_first: bool) -> tuple[Any, bool]:
        """What the readers of both kinds find after a commit, one of them first, and whether it was interrupted."""
        store = InMemoryStore(new_crm(CrmMode.CLASSIC))
        scene = Scene(store)
        lead_id = scene.add()
        scene.add_activity(Ref(Kind.LEAD, lead_id))
        changes = decided(scene, command(lead_id=lead_id))
        interrupter = FoldInterrupter(store)
        interrupter.at = at
        with suppress(KeyboardInterrupt):
            store.commit(changes)
        interrupter.at = None
        readers: list[Callable[[], Any]] = [
            lambda: store.page(Kind.LEAD) + store.page(Kind.DEAL) + store.page(Kind.BINDING),
            lambda: store.snapshot(Query(leads=(lead_id,), results=True)),
        ]
        found = [read() for read in (readers if page_first else readers[::-1])]
        return found, interrupter.interrupts > 0
