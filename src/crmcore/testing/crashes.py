"""A process that dies at any of its calls to the store, and the one that goes on after it."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count

from crmcore.ports.store import Store
from crmcore.testing.crm import TestCrm
from crmcore.testing.failures import ANY

__all__ = ["Crash", "crash_and_resume"]


class Crash(BaseException):
    """The process is gone; no `except Exception` may stop that.

    >>> issubclass(Crash, Exception)
    False
    """


def crash_and_resume(
    act: Callable[[TestCrm], object],
    *,
    make: Callable[[], TestCrm] = TestCrm.classic,
    resume: Callable[[TestCrm], object] | None = None,
    reopen: Callable[[Store], Store] | None = None,
) -> int:
    """Cut `act` short at every call that it makes to the store, and continue after each of these crashes.

    `make` builds the CRM, anew for each crash. A crash comes before the call is made, and in a second row after it was
    carried out. Then `resume`, or else `act` once more, runs on what is left, as a new process would; all laws are
    checked. What it should have come to is best asserted at the end of `resume`. `reopen` gives the store that the new
    process opens, where that is not the same object.

    Answers how many crashes there were. Raises `ContractBroken` where a law does not hold, and what `act` raises.

    >>> crash_and_resume(lambda p: p.crm.switch_to_simple(p.administrator, key="2026")) > 10
    True
    """
    crashes = 0
    for after in (False, True):
        for crashed in _crashes(act, make, after):
            with closing(crashed), crashed.restarted(None if reopen is None else reopen(crashed.store)) as again:
                (resume or act)(again)
            crashes += 1
    return crashes


def _crashes(act: Callable[[TestCrm], object], make: Callable[[], TestCrm], after: bool) -> Iterator[TestCrm]:
    for number in count(1):
        crm = make()
        last = crm.trouble.calls[ANY] + number
        crm.trouble.fail(ANY, number=number, after=after, error=Crash(f"at call {number}"))
        with suppress(Crash):
            act(crm)
        if crm.trouble.calls[ANY] < last:  # it came to its end before that call
            with crm:
                return
        yield crm
