"""`--workers N`: several processes of this machine convert the chunks of one switch."""

import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Literal

from crmcore.adapters.cli.places import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.outcomes import Refused
from crmcore.domain.results import Totals

__all__ = ["convert_side_by_side"]


class _AskedToStopError(Exception):
    """Raised between two chunks, where somebody has pressed Ctrl-C."""


def convert_side_by_side(
    place: Place,
    token: SwitchToken,
    *,
    workers: int,
    chunk: int,
    show: Callable[[Totals], None],
    asked_to_stop: Callable[[], bool],
) -> Refused | Literal["ended", "stopped"]:
    """Convert with so many processes and finish, unless it is asked to stop; the chunks under way are ended first.

    Each process opens the store for itself.
    """
    from crmcore.adapters.sql.crms import open_crm
    from crmcore.workers import run_switch_on

    def told(totals: Totals) -> None:
        show(totals)
        if asked_to_stop():
            raise _AskedToStopError

    opening = partial(open_crm, place.url, clock=SystemClock(), portal=place.portal, schema=place.schema)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_hear_no_interrupt)
    try:
        with pool:
            report = run_switch_on(pool, opening, token, workers=workers, chunk=chunk, on_progress=told)
    except _AskedToStopError:
        return "stopped"
    return report if isinstance(report, Refused) else "ended"


def _hear_no_interrupt() -> None:
    """Ctrl-C reaches every process at the terminal, and only the one that handed out the work answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
