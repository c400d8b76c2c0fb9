"""The cycle collector waits where a caller says so, and is left as the host has it everywhere else."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.commands.setup import init_store
from crmcore.adapters.cli.commands.switch_report import Going
from crmcore.adapters.cli.commands.switch_store import switch_store
from crmcore.adapters.cli.commands.transfer import import_into_store
from crmcore.adapters.cli.work.options import NO_FILES_BESIDE
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.collector import collector_waits
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes
from crmcore.sample import leads_file
from tests.building import ADMIN, Scene


class Watching(InMemoryStore):
    """Notes at each commit whether the collector is on."""

    def __init__(self) -> None:
        super().__init__(new_crm(CrmMode.CLASSIC))
        self.seen: list[bool] = []

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        self.seen.append(gc.isenabled())
        super().commit(changes, confirm)


@pytest.fixture(autouse=True)
def _collector_on() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_waits_inside_and_goes_on_after() -> None:
    """The collector is off within the step only."""
    with collector_waits():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_goes_on_after_an_error() -> None:
    """A step that fails does not leave the collector off."""
    with pytest.raises(RuntimeError), collector_waits():
        raise RuntimeError
    assert gc.isenabled()


def test_leaves_a_collector_that_is_off_alone() -> None:
    """A host that runs without the collector goes on without it."""
    gc.disable()
    with collector_waits():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_a_switch_leaves_it_alone() -> None:
    """It belongs to the whole process, so the library does not decide about it."""
    store = Watching()
    scene = Scene(store=store)
    scene.add()
    store.seen.clear()
    scene.crm.switch_to_simple(ADMIN, key="k")
    assert len(store.seen) == 3  # begin, a chunk, finish
    assert all(store.seen)


def test_it_waits_for_a_switch_that_the_caller_wraps() -> None:
    """One block around the whole switch."""
    store = Watching()
    scene = Scene(store=store)
    scene.add()
    store.seen.clear()
    with collector_waits():
        scene.crm.switch_to_simple(ADMIN, key="k")
    assert not any(store.seen)
    assert gc.isenabled()


def test_the_command_line_lets_it_wait_for_the_switch_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The import before it has the collector, and so has whatever comes after the command."""
    store = Watching()
    assert main(["switch", str(leads_file())], make_store=lambda: store) == 0
    assert store.seen[-3:] == [False, False, False]
    assert all(store.seen[:-3])
    assert gc.isenabled()


def test_the_command_line_lets_it_wait_on_a_store_too(tmp_path: Path) -> None:
    """Where a switch is begun or resumed in a database."""
    place = Place(store=str(tmp_path / "crm.db"))
    seen: list[bool] = []

    def show(what: str, done: int, total: int | None) -> None:
        if what.startswith("Converting") and done:
            seen.append(gc.isenabled())

    assert init_store(place, CrmMode.CLASSIC).result == "done"
    import_into_store(place, leads_file(), NO_FILES_BESIDE, show)
    report = switch_store(place, ModeSwitchPolicy(), None, Going(show=show, chunk=10), preview=False)
    assert report.result == "switched"
    assert seen
    assert not any(seen)
    assert gc.isenabled()
