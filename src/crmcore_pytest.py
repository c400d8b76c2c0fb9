"""The pytest plugin of crmcore: fixtures, the `rule` marker, and what is shown of a contract test that fails.

It stands beside the package and imports nothing of it when it is loaded, since coverage never sees what is imported
before it starts. Each fixture is a short form of something in `crmcore.testing`; `-p no:crmcore` disables the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FixedClock
    from crmcore.domain.model.image import CrmImage
    from crmcore.ports.store import Store
    from crmcore.testing import TestCrm

__all__ = [
    "crmcore_classic",
    "crmcore_clock",
    "crmcore_make_store",
    "crmcore_simple",
    "pytest_configure",
    "pytest_runtest_makereport",
]

pytest.register_assert_rewrite("crmcore.testing.contracts", "crmcore.testing.machine")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of the suites known, for hosts that use `--strict-markers`."""
    config.addinivalue_line("markers", "rule(*ids): the rules of crmcore's docs/spec that this test shows to hold")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Begin what is shown of a failed contract test with the rules at stake and the sentence that is not true."""
    report = yield
    said = dict(item.user_properties).get("crmcore_rule")
    if said is None or not report.failed:
        return report
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = f"{said}\n{crash.message}"
    for trace, *_ in getattr(report.longrepr, "chain", ())[:1]:
        entry = trace.reprentries[0]
        entry.reprfuncargs = None
        entry.lines.insert(0, f"    # {said}")
    return report


@pytest.fixture
def crmcore_clock() -> FixedClock:
    """The clock of the test CRMs, which moves only when told: a `FixedClock()`."""
    from crmcore.adapters.clocks import FixedClock

    return FixedClock()


@pytest.fixture
def crmcore_make_store() -> Callable[[CrmImage], Store]:
    """What makes the stores of the test CRMs; a host overrides it to test over a store of its own."""
    from crmcore.adapters.memory import InMemoryStore

    return InMemoryStore


@pytest.fixture
def crmcore_classic(crmcore_make_store: Callable[[CrmImage], Store], crmcore_clock: FixedClock) -> Iterator[TestCrm]:
    """An empty CRM in Classic mode, `with TestCrm.classic()`; all laws are checked after the test."""
    from crmcore.testing import TestCrm

    with TestCrm.classic(make_store=crmcore_make_store, clock=crmcore_clock) as crm:
        yield crm


@pytest.fixture
def crmcore_simple(crmcore_make_store: Callable[[CrmImage], Store], crmcore_clock: FixedClock) -> Iterator[TestCrm]:
    """A new CRM, which is Simple, `with TestCrm.simple()`; all laws are checked after the test."""
    from crmcore.testing import TestCrm

    with TestCrm.simple(make_store=crmcore_make_store, clock=crmcore_clock) as crm:
        yield crm
