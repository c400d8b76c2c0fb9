"""Stores that keep events in a wrong way are rejected, each by the test that says what is wrong."""

import pytest

from crmcore.testing.contracts import EventContract
from crmcore.testing.contracts.base import laws_of
from crmcore.testing.faults.outboxes import bad_events
from crmcore.testing.faults.runner import rejections

SUITE = "tests.sql.test_events:TestSqliteEvents"


@pytest.mark.rule("EVENT-1", "EVENT-2", "JOIN-1")
def test_every_store_with_bad_events_is_rejected_by_the_test_that_names_its_fault() -> None:
    """An event without its change, a change without its event, an order turned round, a savepoint that leaks."""
    members = bad_events()
    found = rejections(SUITE, stores=members, only={name: bad.noticed_by for name, bad in members.items()})
    for name, bad in members.items():
        said = [line for test, line in found[name].items() if test.partition("[")[0] == bad.rejected_by]
        assert said, name
        assert all(bad.rule in line.partition(":")[0].split(", ") for line in said)


@pytest.mark.parametrize("name", bad_events())
def test_a_store_with_bad_events_says_what_is_wrong_with_it(name: str) -> None:
    """Its first line names the rule, and the test that rejects it is one of the contract that shows that rule."""
    bad = bad_events()[name]
    test = laws_of(EventContract)[bad.rejected_by]
    shown = [rule for mark in test.pytestmark if mark.name == "rule" for rule in mark.args]
    assert (bad.__doc__ or "").splitlines()[0].endswith(f"({bad.rule}).")
    assert bad.rule in shown
