"""The contract suite rejects every known-bad store, in every order of its tests, and no two of them for the same."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tools.known_bad_stores import SUITE, recorded

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.ports.store import Store
from crmcore.testing import faults
from crmcore.testing.contracts import StoreContract
from crmcore.testing.contracts.base import laws_of
from crmcore.testing.faults import FAMILIES, KNOWN_BAD, BadStore
from crmcore.testing.faults.__main__ import main
from crmcore.testing.faults.runner import rejections
from crmcore.testing.walk.designs import FAULTS
from tests.matrix import matrix

DEEP = bool(os.environ.get("CRMCORE_DEEP"))
SEEDS = range(21 if DEEP else 2)
#: Of so many stores one meets all tests in one order, outside deep runs.
EVERY = 15
RECORD = recorded()
LAWS = laws_of(StoreContract)

#: Threads race in it, so a store whose fault shows at a certain moment only may fail it now and then.
_RACE = "test_workers_at_once_make_one_deal_for_each_lead"
_GUARD = "test_every_test_of_the_contract_is_there"

#: The known-bad store that does what a weakened design of the core does.
TWINS = {
    "no lead version in the read set": "LeadVersionBlindStore",
    "no lead version and no ledger": "TwoDealsStore",
    "deal and lead written in two commits": "DealFirstStore",
    "no epoch fence": "EpochBlindStore",
    "add_lead reads the mode before its commit": "EpochBlindForNewLeadsStore",
    "reopen without the epoch": "EpochBlindForReopenedLeadsStore",
    "cancel keeps the epoch": "CancelKeepsEpochStore",
    "finish without recount": "NoRecountStore",
    "finish reads count and settings apart": "LaggingCountStore",
    "a cursor outlives its epoch": "CursorStore",
    "client matching without a unique key": "MatchKeyBlindStore",
    "edit without version check": "EditOfAnyVersionStore",
    "permission judged only before the commit": "NeverAsksStore",
    "pipeline archivable under a switch": "PipelineBlindStore",
    "activity added without moving its lead's version": "StillLeadsStore",
    "bindings overwritten instead of added": "LastBindingWinsStore",
    "deal deleted without moving its clients": "StillClientsStore",
    "a set-aside lead retried for ever": "OffersMarkedLeadsStore",
    "finish ignores set-aside leads": "SetAsideBlindStore",
}


def test_every_known_bad_store_is_a_public_name() -> None:
    """The package names each by hand, so that editors and type checkers know it."""
    assert {name: getattr(faults, name) for name in faults.__all__ if name in KNOWN_BAD} == KNOWN_BAD


class TestStoreWithoutFault(StoreContract):
    """What rejects a known-bad store is its fault: the wrapping that all of them share changes nothing."""

    def make_store(self, seed: CrmImage) -> Store:
        return BadStore.wrap(InMemoryStore(seed))

    def reopen(self, store: Store) -> Store:
        assert isinstance(store, BadStore)
        return store.reopen()


@pytest.mark.parametrize("seed", matrix(SEEDS, [0]))
def test_every_known_bad_store_is_rejected_by_the_same_tests_in_any_order(seed: int) -> None:
    """The tests on record fail and no others, whatever their order; one of them names the rule that is broken.

    Seed 0 tries the tests that are to fail, for every store. Each of the others tries all tests, for a few of the
    stores, and in a deep run for all of them.
    """
    names = list(KNOWN_BAD) if DEEP or not seed else list(KNOWN_BAD)[seed - 1 :: EVERY]
    found = rejections(SUITE, seed=seed, stores=names, only={} if seed else RECORD)

    failing = {name: sorted(set(failed) - ({_RACE} - set(RECORD[name]))) for name, failed in found.items()}
    assert failing == {name: RECORD[name] for name in names}
    for name, failed in found.items():
        store = KNOWN_BAD[name]
        said = [line for test, line in failed.items() if test.partition("[")[0] == store.rejected_by]
        assert said, f"{name} is not rejected by {store.rejected_by}"
        assert all(store.rule in line.partition(":")[0].split(", ") for line in said)


def test_no_two_known_bad_stores_are_rejected_by_the_same_tests() -> None:
    """Which tests fail says which fault it is."""
    assert len(set(map(tuple, RECORD.values()))) == len(RECORD) == len(KNOWN_BAD)


def test_every_contract_test_rejects_a_known_bad_store() -> None:
    """No contract test is there in vain; the guard watches the suite and no store."""
    used = {test.partition("[")[0] for failing in RECORD.values() for test in failing}
    used |= {bad.rejected_by for bad in FAMILIES["LossyStore"].members().values()}

    assert LAWS.keys() - used == {_GUARD}


def test_there_is_a_known_bad_store_for_every_point_of_the_store_contract() -> None:
    """The eight points of `Store` are broken one by one."""
    assert {store.point for store in KNOWN_BAD.values()} == set(range(9))


def test_there_is_a_known_bad_store_for_every_weakened_design_of_the_core() -> None:
    """What a walk finds in a weakened core, the contract finds in a store that is as weak."""
    assert TWINS.keys() == {fault.name for fault in FAULTS}
    assert {name: KNOWN_BAD[TWINS[name]].rule for name in TWINS} == {fault.name: fault.rule for fault in FAULTS}


@pytest.mark.parametrize("name", KNOWN_BAD)
def test_a_known_bad_store_says_what_is_wrong_with_it(name: str) -> None:
    """Its first line names the rule, and the test that rejects it is one of the contract that shows that rule."""
    store = KNOWN_BAD[name]
    test = LAWS[store.rejected_by]
    shown = [rule for mark in test.pytestmark if mark.name == "rule" for rule in mark.args]

    assert store.__name__ == name
    assert (store.__doc__ or "").splitlines()[0].endswith(f"({store.rule}).")
    assert store.rule in shown
    assert store(new_crm()).page(Kind.LEAD) == ()  # made from a seed, as a host's store is


def test_known_bad_stores_are_in_order() -> None:
    """The catalogue reads like an index."""
    assert list(KNOWN_BAD) == sorted(KNOWN_BAD) == list(RECORD)


@pytest.fixture
def suite(tmp_path: Path) -> Callable[[str], Path]:
    """A host's test file, whose suite has this body."""

    def write(body: str) -> Path:
        path = tmp_path / "test_mine.py"
        path.write_text(
            "import pytest\n"
            "from crmcore.adapters.memory import InMemoryStore\n"
            "from crmcore.testing.contracts import StoreContract\n\n"
            "class TestMine(StoreContract):\n"
            "    def make_store(self, seed):\n"
            "        return InMemoryStore(seed)\n\n" + body,
            encoding="utf-8",
        )
        return path

    return write


def test_a_host_sees_which_known_bad_stores_its_own_suite_rejects(
    suite: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line puts the faults around the host's store and runs the host's own tests.

    Whoever expects a contract test to fail lets a store with that fault through, and is told so.
    """
    body = (
        '    @pytest.mark.xfail(reason="keys come once here")\n'
        "    def test_a_command_key_is_taken_once(self, crmcore_scene):\n"
        "        raise AssertionError\n"
    )
    mine = suite(body)
    monkeypatch.chdir(mine.parent)
    monkeypatch.setattr("sys.path", [*sys.path])  # the command line puts the folder of the suite in front
    stores = ("--store", "CommandKeyBlindStore", "--store", "SwitchKeyBlindStore")
    monkeypatch.setattr("sys.argv", ["faults", f"{mine.name}:TestMine", *stores])

    assert main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "CommandKeyBlindStore (EDIT-1): NOT REJECTED",
        "SwitchKeyBlindStore (SWITCH-10): rejected by 1 test, test_a_switch_key_is_taken_once",
        "1 of 2 known-bad stores are rejected",
    ]


def test_a_suite_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    """Without tests nothing is rejected and nothing is shown."""
    (tmp_path / "test_mine.py").write_text("raise ImportError('no such driver')\n", encoding="utf-8")

    with pytest.raises(RuntimeError, match="no such driver"):
        rejections(f"{tmp_path / 'test_mine.py'}:TestMine", stores=["StageBlindStore"])


@pytest.mark.parametrize(
    "name, said",
    [
        ("tests/contract/test_memory.py", "expected path/to/test_file.py:Class or package.module:Class"),
        ("tests/contract/test_memry.py:TestFixedPlan", "tests/contract/test_memry.py is no file"),
        ("tests.contract.test_memry:TestFixedPlan", "there is no module tests.contract.test_memry"),
        (
            "tests.contract.test_memory:TestFixedPlans",
            r"TestFixedPlans is no contract suite of .*; it has .*TestFixedPlan",
        ),
    ],
)
def test_a_suite_that_is_not_there_is_named(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped name is a wrong call that says what there is, and no traceback."""
    monkeypatch.setattr("sys.argv", ["faults", name])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.search(said, capsys.readouterr().err)
