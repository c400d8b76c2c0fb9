"""The plugin that keeps the cycle collector from what lives as long as the process: the modules and the tests.

It would search them again and again, which takes a fifth of the time of a small test.
"""

import gc

import pytest

__all__ = ["Heap"]


class Heap:
    """Lets the collector rest until all tests are known, and then leave alone what is there."""

    def __init__(self) -> None:
        gc.disable()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """From here on, the collector looks at what the tests make."""
        gc.collect()
        gc.freeze()
        gc.enable()
