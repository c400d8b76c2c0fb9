"""Letting Python's cycle collector wait while a chunk is converted.

The records of a CRM never form cycles, so there is nothing for it to find; but it looks at every record again and
again as their number grows, which took half of the time of a switch of a hundred thousand leads.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_waits"]


@contextmanager
def collector_waits() -> Iterator[None]:
    """Switch the collector off for one step and on again; where the host has it off, it stays off.

    It is one switch for the whole process: other threads go without the collector for the same milliseconds.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
