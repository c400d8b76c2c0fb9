"""Each weakened design is met by a walk of the normal suite, and its rule is named."""

import pytest
from tools.faults_table import DOCUMENT, document, found_of

from crmcore.testing.walk.designs import FAULTS, Fault
from crmcore.testing.walk.walker import Design, explore
from crmcore.testing.walk.walks import WALKS
from crmcore.testing.wrapped import WrappedStore

_RULES = sorted({fault.rule for fault in FAULTS})


@pytest.mark.rule(*_RULES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_weakened_design_breaks_its_rule_in_a_walk_of_the_suite(fault: Fault) -> None:
    """The walk that finds nothing in the real code finds the broken rule in the weakened one."""
    found = found_of(fault)

    assert fault.rule in found.rules
    assert found.path


@pytest.mark.rule("SWITCH-1")
@pytest.mark.parametrize("name", ["a switch and new leads", "a pipeline in use"])
def test_a_store_around_the_store_breaks_nothing_by_itself(name: str) -> None:
    """What is found is the weakness and not the wrapper: around the real store it changes no state of the walk."""
    assert explore(WALKS[name], Design("wrapped", wrap=WrappedStore)) == explore(WALKS[name])


@pytest.mark.rule("SWITCH-1")
def test_without_lead_versions_the_ledger_alone_still_keeps_to_one_deal() -> None:
    """The ledger is a second belt: where nobody closes leads, only a store weakened twice makes two deals."""
    once, twice = (next(each for each in FAULTS if each.name == name) for name in _BELTS)

    assert not explore(WALKS[twice.walk], once.design).broken
    assert "SWITCH-1" in explore(WALKS[twice.walk], twice.design).rules


_BELTS = ("no lead version in the read set", "no lead version and no ledger")


def test_the_table_of_faults_is_current() -> None:
    """docs/faults.md says what the walks find; `python -m tools.faults_table` rewrites it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
