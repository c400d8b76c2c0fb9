"""Letting Python's cycle collector wait, where a caller asks for it: a host's choice, since it is the whole process's.

Records never form cycles, so the collector finds nothing among them; but it visits every one again and again as their
number grows (docs/performance.md has what that costs). `Crm` never touches the collector by itself.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_waits"]


@contextmanager
def collector_waits() -> Iterator[None]:
    """Switch the collector off for this block and on again; where it is off already, it stays off.

    Enter it around a whole switch. All threads of the process go without the collector meanwhile, so cycles that other
    code makes are freed afterwards.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> with collector_waits():
    ...     p.crm.switch_to_simple(p.administrator, key="2026").result
    'switched'
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
