"""What a host's test waits for: a `TestCrm` to be ready, and its leads to be switched, with the floor beside it."""

import gc
from time import process_time

from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.testing import TestCrm

__all__ = ["measure_kit"]

_OFTEN = 1_000


def measure_kit(leads: int) -> dict[str, float]:
    """Microseconds until a `TestCrm` is ready, and milliseconds of the first switch of its leads in this process.

    Each lead has two open activities, as in the workload of the core, so that the floor does the same duties.
    """
    started = process_time()
    for _ in range(_OFTEN):  # in one go: the clock of a process may tick more slowly than one takes
        TestCrm.classic()
    ready = process_time() - started
    p = TestCrm.classic()
    p.leads(leads, activities=2)
    gc.collect()
    started = process_time()
    report = p.crm.switch_to_simple(p.administrator, policy=ModeSwitchPolicy(client=ClientChoice.BOTH), key="bench")
    switched = process_time() - started
    assert not isinstance(report, Refused)
    assert report.totals.converted == leads
    return {"ready": ready / _OFTEN * 1e6, "switched": switched * 1e3}
