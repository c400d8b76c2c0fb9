"""The cycle collector waits for a step, and is left as the host has it."""

import gc
from collections.abc import Iterator

import pytest

from crmcore.collector import collector_waits


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
