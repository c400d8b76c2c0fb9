"""A process that dies at any of its calls to the store, and the one that continues after it."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count

from crmcore.ports.store import Store
from crmcore.testing.crm import TestCrm
from crmcore.testing.failures import ANY

__all__ = ["Crash", "crash_and_resume"]


class Crash(BaseException):
    """The process dies; `except Exception` does not catch this.

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
    """Interrupt `act` at every call that it makes to the store, and continue after each of these crashes.

    `make` builds a new CRM for each crash. A crash happens before the call, and in a second series after it. Then
    `resume`, or `act` again if it is not given, runs on what is stored, as a new process would, and all laws are
    checked. Assert the expected result at the end of `resume`. `reopen` returns the store that the new process opens,
    if that is not the same object.

    Returns the number of crashes. Raises `ContractBroken` if a law does not hold, and what `act` raises.

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
