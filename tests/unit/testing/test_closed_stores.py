"""Whoever made a store closes it: the test kit, its suites and machines, and the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore.adapters.cli import main
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.ports.store import Store, close_store
from crmcore.sample import leads_file
from crmcore.testing import CrmMachine, FailingStore, TestCrm, crash_and_resume
from crmcore.testing.contracts.restarts import RestartLaws
from crmcore.testing.faults.catalogue import KNOWN_BAD
from crmcore.testing.wrapped import WrappedStore


class CountedStore(WrappedStore):
    """Knows whether it was closed."""

    made: list["CountedStore"]

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.open = True
        self.made.append(self)

    def close(self) -> None:
        self.open = False


@pytest.fixture
def make() -> Callable[[CrmImage], CountedStore]:
    """Makes stores that are counted from here on."""
    CountedStore.made = []
    return lambda seed: CountedStore(InMemoryStore(seed))


def _all_closed(least: int = 1) -> bool:
    return len(CountedStore.made) >= least and not any(store.open for store in CountedStore.made)


def test_a_store_without_close_is_left_as_it_is() -> None:
    """The port does not ask for it."""
    close_store(InMemoryStore())
    close_store(None)


@pytest.mark.parametrize("wrap", [WrappedStore, FailingStore, next(iter(KNOWN_BAD.values())).wrap])
def test_a_wrapped_store_closes_the_one_inside(
    make: Callable[[CrmImage], CountedStore], wrap: Callable[[Store], Store]
) -> None:
    """Whatever is between."""
    close_store(wrap(make(new_crm())))
    assert _all_closed()


class TestSuite(RestartLaws):
    """A suite closes what it made and what it opened again, after each of its tests."""

    @pytest.fixture(autouse=True)
    def _counted(self, make: Callable[[CrmImage], CountedStore]) -> Iterator[None]:
        self.make = make
        yield
        assert _all_closed(0)

    def make_store(self, seed: CrmImage) -> Store:
        return self.make(seed)

    def reopen(self, store: CountedStore) -> Store:
        return CountedStore(store.store)


@pytest.mark.slow
def test_a_machine_closes_its_stores(make: Callable[[CrmImage], CountedStore]) -> None:
    """Also those that it opened again."""

    def reopen(store: Store) -> Store:
        close_store(store)
        assert isinstance(store, CountedStore)
        return CountedStore(store.store)

    short = settings(max_examples=3, stateful_step_count=8, deadline=None, database=None, derandomize=True)
    run_state_machine_as_test(CrmMachine(make, reopen=reopen), settings=short)
    assert _all_closed(3)


def test_crashes_leave_no_store_open(make: Callable[[CrmImage], CountedStore]) -> None:
    """Neither the one that was cut short nor the one that goes on."""

    def convert(crm: TestCrm) -> None:
        crm.as_administrator.add_lead(title="Chair")

    crash_and_resume(
        convert,
        make=lambda: TestCrm.classic(make_store=make),
        reopen=lambda store: CountedStore(store.store) if isinstance(store, CountedStore) else store,
    )
    assert _all_closed(3)


@pytest.mark.parametrize("words", [["--json"], ["--preview"], ["--activities", "nowhere.csv"], ["--client", "both"]])
def test_the_command_line_closes_the_store_that_it_asked_for(
    words: list[str], make: Callable[[CrmImage], CountedStore], tmp_path: Path
) -> None:
    """Whatever becomes of the command; it asks for none before the files are read."""
    main(["switch", str(leads_file()), *words], make_store=lambda: make(new_crm(CrmMode.CLASSIC)))
    assert _all_closed(0 if "nowhere.csv" in words else 1)


def test_the_command_line_closes_a_store_that_fails(make: Callable[[CrmImage], CountedStore]) -> None:
    """Also where it fails with what nobody expects."""

    def failing() -> Store:
        store = FailingStore(make(new_crm(CrmMode.CLASSIC)))
        store.fail("commit", error=KeyboardInterrupt())
        return store

    assert main(["switch", str(leads_file())], make_store=failing) == 130
    assert _all_closed()
