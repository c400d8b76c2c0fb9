"""Pausing Python's cycle collector: opt-in for the caller, since it affects the whole process.

Records never form cycles, so the collector finds nothing among them, but it visits all of them again and again as
their number grows (docs/performance.md has the cost). `Crm` itself never touches the collector.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_waits"]


@contextmanager
def collector_waits() -> Iterator[None]:
    """Disable the collector for this block, then enable it again; if it was already disabled, it stays so.

    Use it around a whole switch. It affects all threads of the process, so cycles from other code are freed only
    afterwards.

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
