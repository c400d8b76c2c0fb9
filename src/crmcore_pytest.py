"""The pytest plugin of crmcore: fixtures, the `rule` marker, and rewritten assertions in the suites for hosts.

It stands beside the package and imports nothing of it when it is loaded, since coverage never sees what is imported
before it starts. Each fixture is a short form of something in `crmcore.testing`; `-p no:crmcore` disables the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
]

pytest.register_assert_rewrite("crmcore.testing.contracts", "crmcore.testing.machine")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of the suites known, for hosts that use `--strict-markers`."""
    config.addinivalue_line("markers", "rule(*ids): the rules of crmcore's docs/spec that this test shows to hold")


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
