"""An audit and an export of a CRM that others write to are of one moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import Thread
from typing import Any

import pytest

from crmcore import Kind
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Entry, Reads, ReadsAtOneTime, Store
from crmcore.testing.contracts.scene import Scene
from crmcore.testing.wrapped import WrappedStore
from tests.sql.conftest import Database
from tests.sql.servers import Portals

pytestmark = pytest.mark.rule("PERM-6", "SWITCH-1", "SWITCH-10")


class Disturbed(WrappedStore):
    """A store in which something happens after the given number of reads."""

    def __init__(self, store: Store, happens: Callable[[], object], after: int) -> None:
        super().__init__(store)
        self._happens = happens
        self.left = after

    @contextmanager
    def at_one_time(self) -> Iterator[Reads]:
        """Hand it on."""
        assert isinstance(self.store, ReadsAtOneTime)
        with self.store.at_one_time() as reads:
            yield Watched(reads, self.read)

    def read(self) -> None:
        self.left -= 1
        if self.left == 0:
            self._happens()


class Watched:
    """Counts what is read."""

    def __init__(self, reads: Reads, read: Callable[[], None]) -> None:
        self._reads = reads
        self._read = read

    def snapshot(self, query: Query) -> Snapshot:
        self._read()
        return self._reads.snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        self._read()
        return self._reads.page(kind, after, limit)


@pytest.fixture
def portals(database: Database) -> Iterator[Portals]:
    portals = Portals(database.url, database.schema)
    yield portals
    portals.close()


@pytest.mark.parametrize("read", [lambda store: list(audit_store(store)), image_of], ids=["audit", "export"])
@pytest.mark.parametrize("step", [Scene.begin, Scene.switch])
def test_what_happens_in_the_middle_changes_nothing_of_what_is_read(
    portals: Portals, read: Callable[[Store], object], step: Callable[[Scene], object]
) -> None:
    """After whichever read it comes: the laws hold, and every record is as it was at the first one."""
    memory = Scene(InMemoryStore.classic())
    for _ in range(3):
        memory.add()
    expected = read(memory.store)
    for after in count(2):
        scene = Scene(portals.store(memory.image()))
        disturbed = Disturbed(scene.store, partial(step, scene), after)
        assert read(disturbed) == expected
        if disturbed.left > 0:  # there were fewer reads than that
            break
        assert scene.image() != memory.image()
    assert after > 5


def test_other_threads_wait_for_the_reader_of_a_store_in_memory() -> None:
    """What they write comes after all that is read."""
    scene = Scene(InMemoryStore.classic())
    scene.add()
    before: CrmImage = scene.image()
    others: list[Thread] = []

    def write() -> None:
        others.append(Thread(target=scene.switch))
        others[0].start()
        others[0].join(0.05)
        assert others[0].is_alive()

    assert image_of(Disturbed(scene.store, write, 2)) == before

    others[0].join()
    assert scene.image() != before
