"""The base of every contract suite: a guard against missing tests, the hooks of a host, and the text of a failure.

A suite is a plain class. A host subclasses it and gives it a factory and a name that pytest collects. It is not an
abstract base class, since pytest skips those silently, and its tests share nothing.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, ClassVar

import pytest
from attrs import evolve

from crmcore.application.step import Confirm
from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import NUMBERED, Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import SetAside
from crmcore.ports.store import Store, close_store
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.field_paths import differences

__all__ = [
    "Contract",
    "Needs",
    "Opened",
    "Reopened",
    "StoreTests",
    "Stores",
    "all_versions",
    "blocked",
    "expecting_nothing",
    "has_hook",
    "laws_of",
    "refuses",
]

#: What fixtures give: stores with the records of a seed; a store as another process opens it, alone or in a scene; and
#: what skips a test without a hook.
Stores = Callable[[CrmImage], Store]
Opened = Callable[[Store], Store]
Reopened = Callable[[], Scene]
Needs = Callable[[str], None]
#: Options of pytest with which a run is not meant to be whole.
_NARROWING = ("keyword", "markexpr", "deselect", "lf", "stepwise")


def laws_of(suite: type) -> dict[str, Any]:
    """The tests of a class by name, inherited ones included."""
    return {name: getattr(suite, name) for name in dir(suite) if name.startswith("test_")}


def _origin(suite: type, name: str) -> Any:
    """The test as the contract has it: the one of the class nearest to the root of the suite."""
    return next(each.__dict__[name] for each in reversed(suite.__mro__) if name in each.__dict__)


def _sentence_of(test: Any) -> str:
    """What a test shows, in one sentence."""
    return ((test.__doc__ or "").strip().splitlines() or [""])[0]


def _may_replace(test: Any) -> bool:
    """Whether a test says that it is expected to fail, and why."""
    marks = getattr(test, "pytestmark", [])
    return any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)


class Contract:
    """The base of the suites; it guards them against tests that were deleted, replaced or not collected."""

    def __init_subclass__(cls) -> None:
        """The guard itself cannot be replaced."""
        if cls.test_every_test_of_the_contract_is_there is not Contract.test_every_test_of_the_contract_is_there:
            raise TypeError("test_every_test_of_the_contract_is_there guards the others and cannot be overridden")

    def test_every_test_of_the_contract_is_there(self, request: pytest.FixtureRequest) -> None:
        """A test may be overridden only as an expected failure with a reason, and all are collected."""
        suite = type(self)
        found = laws_of(suite)
        replaced = [name for name, test in found.items() if test is not _origin(suite, name) and not _may_replace(test)]
        assert not replaced, "overridden without @pytest.mark.xfail(reason=...): " + ", ".join(replaced)

        config = request.config
        if any(config.getoption(option, None) for option in _NARROWING) or any("::" in arg for arg in config.args):
            return
        collected = {
            item.originalname
            for item in request.session.items
            if isinstance(item, pytest.Function) and item.cls is suite
        }
        missing = sorted(found.keys() - collected)
        assert not missing, "not collected: " + ", ".join(missing)

    @pytest.fixture(autouse=True)
    def _crmcore_names_the_rules(self, request: pytest.FixtureRequest) -> None:
        """Note the rules at stake and the sentence that is not true: the plugin begins a failure with them."""
        rules = [rule for mark in request.node.iter_markers("rule") for rule in mark.args]
        said = f"{', '.join(rules) or 'the suite itself'}: {_sentence_of(request.function)}"
        request.node.user_properties.append(("crmcore_rule", said))


class StoreTests(Contract):
    """A factory for stores, what the stores can do, and the words that their tests are written in."""

    #: Whether several threads may use one store at once.
    supports_threads: ClassVar[bool] = True

    def make_store(self, seed: CrmImage) -> Store:
        """A new store that holds these records and no others; `crmcore.load_image` fills an empty one."""
        raise NotImplementedError("a contract suite needs `def make_store(self, seed)`")

    def reopen(self, store: Any) -> Store:
        """Optional: a second handle on the same database, as another process has one. The first one stays open.

        It shares nothing with the first but the database: no connection, no cache.
        """
        raise NotImplementedError("`reopen` is optional")

    def raw(self, store: Any) -> Iterable[str | bytes]:
        """Optional: all text that the tables of this store's database hold, as a dump has it, past the port.

        Every table and column that the host keeps for this CRM, its own ones included; what is encrypted or compressed
        comes in clear.
        """
        raise NotImplementedError("`raw` is optional")

    def interrupted(self, store: Any, n: int) -> AbstractContextManager[object]:
        """Optional: inside this context the commit number `n` of the database, from 1, does not happen; it raises.

        The commits of the database count, not the calls of `Store.commit`, as when the process is killed just before.
        """
        raise NotImplementedError("`interrupted` is optional")

    def touch(self, store: Any, lead_id: LeadId) -> None:
        """Optional: what the host's other code does for a lead of which it has written rows past the port."""
        raise NotImplementedError("`touch` is optional")

    @pytest.fixture
    def crmcore_needs(self, request: pytest.FixtureRequest) -> Needs:
        """Skips the test where the host's suite lacks a hook, and says what it would have shown."""

        def need(hook: str) -> None:
            if not has_hook(type(self), hook):
                pytest.skip(f"no hook `{hook}`; with it, this shows: {_sentence_of(request.function)}")

        return need

    @pytest.fixture
    def crmcore_opened(self, crmcore_needs: Needs) -> Iterator[Opened]:
        """Opens second handles on the database of a store, and closes them when the test is over."""
        crmcore_needs("reopen")
        with ExitStack() as opened:

            def open_again(store: Store) -> Store:
                second = self.reopen(store)
                opened.callback(close_store, second)
                return second

            yield open_again

    @pytest.fixture
    def crmcore_reopened(self, crmcore_scene: Scene, crmcore_opened: Opened) -> Reopened:
        """The same CRM as another process finds it."""
        return lambda: Scene(crmcore_opened(crmcore_scene.store))

    @pytest.fixture
    def crmcore_stores(self) -> Iterator[Stores]:
        """Makes stores, and closes those that can be closed when the test is over."""
        with ExitStack() as made:

            def make(seed: CrmImage) -> Store:
                store = self.make_store(seed)
                assert store is not None, "make_store returned nothing: it returns a store with the records of the seed"
                made.callback(close_store, store)
                return store

            yield make

    @pytest.fixture
    def crmcore_scene(self, crmcore_stores: Stores) -> Scene:
        """A Classic CRM without records, in a store of its own."""
        return Scene(crmcore_stores(new_crm(CrmMode.CLASSIC)))

    @pytest.fixture
    def crmcore_threads(self) -> Iterator[None]:
        """Threads take turns all the time, so that whatever is not guarded is seen half done."""
        if not self.supports_threads:
            pytest.skip("supports_threads is False: this store is used by one thread at a time")
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(before)


def has_hook(suite: type, name: str) -> bool:
    """Whether a host's suite has this optional hook."""
    return getattr(suite, name) is not getattr(StoreTests, name)


def refuses(scene: Scene, changes: Changes, *stale: Ref, confirm: Confirm = None) -> None:
    """The commit is a conflict that names these records, and nothing has changed."""
    before, versions = scene.image(), all_versions(scene.store)
    with pytest.raises(Conflict) as conflict:
        scene.store.commit(changes, confirm)
    assert set(stale) <= set(conflict.value.stale), "the conflict does not name what is stale"
    assert differences(scene.image(), before) == [], "a refused commit has written"
    assert all_versions(scene.store) == versions, "a refused commit has moved versions"


def blocked(scene: Scene) -> tuple[LeadId, SwitchToken]:
    """A switch with one lead, which is set aside."""
    lead_id = scene.add()
    token = scene.begin()
    accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))
    return lead_id, token


def expecting_nothing(changes: Changes) -> Changes:
    """The same change, decided on nothing but the epoch."""
    return evolve(changes, expects=ReadSet(epoch=changes.expects.epoch))


def all_versions(store: Store) -> dict[Kind, list[tuple[Any, int]]]:
    """The version of every record that has one."""
    kinds = (*NUMBERED, Kind.SWITCH)
    return {kind: [(entry.id, entry.version) for entry in store.page(kind)] for kind in kinds}
