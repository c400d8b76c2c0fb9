"""The machine finds what is wrong with a store, in every run: it is shown stores with one planted fault each."""

from collections.abc import Callable
from typing import Any, ClassVar
from unittest import TestCase

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import ContractBroken, StoreError
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Store
from crmcore.testing.faults.base import without
from crmcore.testing.machine import CrmMachine
from crmcore.testing.wrapped import WrappedStore, expecting

Confirm = Callable[[], bool] | None

#: So many examples of thirty steps are enough for each planted fault.
ENOUGH = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class Planted(WrappedStore):
    """A good store in memory, one call of which a subclass spoils."""

    def __init__(self, seed: CrmImage) -> None:
        self.inner = InMemoryStore(seed)
        super().__init__(self.inner)


class NoLeadVersionStore(Planted):
    """Does not look whether a lead has moved on."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(expecting(self.store, changes, without(changes.expects, Kind.LEAD)), confirm)


class LastWriteWinsStore(Planted):
    """Takes every commit as it comes."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        state = self.inner._state
        versions = {
            kind: {id: state.version(kind, id) for id in read} for kind, read in changes.expects.versions.items()
        }
        now = ReadSet(epoch=state.settings.epoch, versions=versions)
        self.store.commit(evolve(changes, expects=now, active_leads=None, unused_stages=frozenset()), confirm)


class NoEpochStore(Planted):
    """Takes decisions of an earlier epoch."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        now = self.store.snapshot(Query()).read.epoch
        self.store.commit(evolve(changes, expects=evolve(changes.expects, epoch=now)), confirm)


class NoConfirmStore(Planted):
    """Never asks whether the rights still hold."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(changes)


class BindingForgettingStore(Planted):
    """Does not bind the activities of a converted lead to its deal."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        before = dict(self.inner._state.bindings)
        self.store.commit(changes, confirm)
        if changes.ledger:
            self.inner._state.bindings.update(before)


class NotCompletingStore(Planted):
    """Leaves activities open that a conversion should complete."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(evolve(changes, completes_at=None), confirm)


class KeyForgettingStore(Planted):
    """Does not keep the keys of commands."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(evolve(changes, commands={}), confirm)


class LeadsApartStore(Planted):
    """Moves no lead when an activity of it is added or changed."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        versions = dict(self.inner._state.versions[Kind.LEAD])
        self.store.commit(changes, confirm)
        if changes.activities and not changes.leads:
            self.inner._state.versions[Kind.LEAD] = versions


class SecondsStore(Planted):
    """Keeps instants to the second."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        rows = {
            id: evolve(row, converted_at=row.converted_at.replace(microsecond=0)) for id, row in changes.ledger.items()
        }
        self.store.commit(evolve(changes, ledger=rows), confirm)


class SameIdsStore(Planted):
    """Hands an id out again while nobody has used it."""

    def reserve(self, kind: Kind, count: int) -> range:
        ids = self.store.reserve(kind, count)
        self.inner._state.next_ids[kind] -= count
        return ids


class EagerStore(Planted):
    """Says that a commit failed after it was carried out."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(changes, confirm)
        if changes.unbound:
            raise StoreError("too late")


class LeadsHiddenStore(Planted):
    """Reads the activities of a lead only while they are open."""

    def snapshot(self, query: Query) -> Snapshot:
        found = self.store.snapshot(query)
        open_ones: dict[Any, tuple[Activity, ...]] = {
            id: tuple(each for each in activities if not each.completed)
            for id, activities in found.lead_activities.items()
        }
        return evolve(found, lead_activities=open_ones)


class ForgetfulStore(Planted):
    """Loses its last commit when it is opened again."""

    def __init__(self, seed: CrmImage) -> None:
        super().__init__(seed)
        self.kept = seed

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        kept = image_of(self.store)
        self.store.commit(changes, confirm)
        self.kept = kept


def reopened(store: Any) -> Store:
    return type(store)(store.kept)  # type: ignore[no-any-return]  # any planted store that keeps an image


class SeedlessStore(Planted):
    """Is always empty when it is new."""

    def __init__(self, seed: CrmImage) -> None:
        super().__init__(new_crm(CrmMode.CLASSIC))


#: Each planted fault with the rules of which the machine names one: which one is a matter of what comes first.
PLANTED: dict[type[Planted], set[str]] = {
    NoLeadVersionStore: {"SWITCH-1", "SWITCH-2", "SWITCH-7"},
    LastWriteWinsStore: {"SWITCH-1", "SWITCH-3", "SWITCH-4", "SWITCH-7"},
    NoEpochStore: {"SWITCH-4", "SWITCH-6", "SWITCH-7"},
    NoConfirmStore: {"PERM-2"},
    BindingForgettingStore: {"CONV-6"},
    NotCompletingStore: {"POLICY-4"},
    KeyForgettingStore: {"EDIT-1"},
    LeadsApartStore: {"EDIT-1"},
    SecondsStore: {"SWITCH-1"},
    SameIdsStore: {"IMPORT-1"},
    EagerStore: {"CONV-6"},
    LeadsHiddenStore: {"PERM-6", "SWITCH-11"},
    ForgetfulStore: {"CONV-6", "EDIT-1", "POLICY-4", "STAGE-1", "SWITCH-1", "SWITCH-3", "SWITCH-11"},
    SeedlessStore: {"SWITCH-11", "STAGE-1"},
}
OPTIONS: dict[type[Planted], dict[str, Any]] = {ForgetfulStore: {"reopen": reopened}}


def broken(make_store: Callable[[CrmImage], Store], number: int, **options: Any) -> ContractBroken | None:
    """What the machine says is broken, in a run that is the same every time."""
    machine = seed(number)(CrmMachine(make_store, **options))
    try:
        run_state_machine_as_test(machine, settings=ENOUGH)
    except ContractBroken as error:
        return error
    return None


def soon(make_store: Callable[[CrmImage], Store], **options: Any) -> ContractBroken | None:
    """The same of the first of a few runs that finds something.

    Hypothesis also draws numbers that it met in the modules which are loaded, so a run is the same every time only
    among the same tests.
    """
    found = (broken(make_store, number, **options) for number in range(6, 11))
    return next((each for each in found if each is not None), None)


@pytest.mark.rule("SWITCH-1", "SWITCH-7", "PERM-2", "CONV-6", "POLICY-4", "EDIT-1", "IMPORT-1")
@pytest.mark.parametrize("bad", PLANTED, ids=lambda bad: bad.__name__)
def test_a_planted_fault_is_found_and_its_rule_is_named(bad: type[Planted]) -> None:
    """A machine that passes over a broken store would be worth nothing to a host."""
    found = soon(bad, **OPTIONS.get(bad, {}))
    assert found is not None
    assert found.rule in PLANTED[bad]


@pytest.mark.skipif(settings.default is None or settings.default.max_examples < 1000, reason="only in a deep run")
@pytest.mark.rule("SWITCH-7")
@pytest.mark.parametrize("bad", PLANTED, ids=lambda bad: bad.__name__)
def test_a_planted_fault_is_found_whatever_the_seed(bad: type[Planted]) -> None:
    """It takes no luck: twenty other runs find it too."""
    assert [number for number in range(20) if broken(bad, number, **OPTIONS.get(bad, {})) is None] == []


@pytest.mark.rule("CONV-6")
def test_the_laws_find_a_fault_without_the_store_in_memory() -> None:
    """A host that cannot compare still has the laws and the model."""
    found = soon(BindingForgettingStore, compares=False)
    assert found is not None
    assert found.rule == "CONV-6"


FEW = settings(ENOUGH, max_examples=8)


class GapStore(Planted):
    """Leaves gaps between its ids, and has filled itself with several writes."""

    def __init__(self, seed: CrmImage) -> None:
        super().__init__(seed)
        for versions in self.inner._state.versions.values():
            versions.clear()
        for kind, table in self.inner._state.tables.items():
            self.inner._state.versions[kind].update(dict.fromkeys(table, 5))

    def reserve(self, kind: Kind, count: int) -> range:
        self.store.reserve(kind, 7)
        return self.store.reserve(kind, count)


class CarefulStore(Planted):
    """Moves all its other leads with every commit, whatever that was about."""

    def commit(self, changes: Changes, confirm: Confirm = None) -> None:
        self.store.commit(changes, confirm)
        state = self.inner._state
        others = [id for id in state.tables[Kind.LEAD] if id not in changes.leads]
        state.versions[Kind.LEAD].update({id: state.version(Kind.LEAD, id) + 1 for id in others})


@pytest.mark.rule("IMPORT-1", "EDIT-1")
def test_ids_with_gaps_and_other_versions_are_no_fault() -> None:
    """What a store may do in its own way is not held against it."""
    run_state_machine_as_test(seed(1)(CrmMachine(GapStore)), settings=FEW)


@pytest.mark.rule("SWITCH-7")
def test_a_store_may_be_more_careful_than_it_must_unless_it_says_otherwise() -> None:
    """A conflict too many costs time and nothing else; a store that says it has none is held to it."""
    run_state_machine_as_test(seed(1)(CrmMachine(CarefulStore)), settings=FEW)
    found = soon(CarefulStore, conflicts_exactly=True)
    assert found is not None
    assert "nothing that it had read had moved on" in found.message


class Closable(Planted):
    """Counts how many of its kind are open."""

    open_now: ClassVar[int] = 0
    opened: ClassVar[int] = 0

    def __init__(self, seed: CrmImage) -> None:
        super().__init__(seed)
        Closable.open_now += 1
        Closable.opened += 1

    def close(self) -> None:
        Closable.open_now -= 1


def test_every_store_of_a_run_is_closed() -> None:
    """A host whose stores are files or connections has none left over."""
    run_state_machine_as_test(seed(1)(CrmMachine(Closable)), settings=settings(FEW, max_examples=3))
    assert Closable.opened >= 3
    assert Closable.open_now == 0


def test_a_machine_is_an_ordinary_test_with_settings_of_its_own() -> None:
    """`TestCase` is what hosts put into their test modules; its length is a matter of hypothesis' settings."""
    case = CrmMachine(InMemoryStore).TestCase
    assert issubclass(case, TestCase)
    assert case.settings.stateful_step_count == 30
    case.settings = settings(case.settings, max_examples=3, database=None)
    result = case("runTest").run()
    assert result is not None
    assert result.wasSuccessful()
