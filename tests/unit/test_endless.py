"""The guard against tests that do not end."""

import signal
import sys

import pytest

from tests.endless import Endless


def _goes_round() -> None:
    while True:
        try:
            sum(range(1000))
        except Exception:
            continue


@pytest.mark.skipif(sys.platform == "win32", reason="nothing there interrupts a loop")
def test_a_loop_without_an_end_fails(request: pytest.FixtureRequest) -> None:
    """By what no `except Exception` stops; and the clock stands still again afterwards."""
    left, handler = signal.getitimer(signal.ITIMER_VIRTUAL), signal.getsignal(signal.SIGVTALRM)
    call = Endless(limit=0.05).pytest_runtest_call(request.node)
    next(call)
    with pytest.raises(pytest.fail.Exception, match="has not ended"):
        _goes_round()
    with pytest.raises(StopIteration):
        next(call)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGVTALRM) == handler
    signal.setitimer(signal.ITIMER_VIRTUAL, *left)
