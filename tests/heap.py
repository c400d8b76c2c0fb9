"""The plugin that keeps the cycle collector from what lives as long as the process: the modules and the tests.

It would search them again and again, which takes a fifth of the time of a small test.
"""

import gc

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

__all__ = ["Heap"]


#: So many objects, rather than 700, are made before the collector looks at them: most are gone by then.
_SELDOM = 10_000


class Heap:
    """Lets the collector rest until all tests are known, and then leave alone what is there."""

    def __init__(self) -> None:
        gc.disable()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """From here on, the collector looks at what the tests make."""
        _draw()
        gc.collect()
        gc.freeze()
        gc.set_threshold(_SELDOM)
        gc.enable()


@settings(database=None)
@given(none())
def _draw(_: None) -> None:
    """With its first example, Hypothesis asks the collector who holds its random numbers; frozen, nobody would."""
