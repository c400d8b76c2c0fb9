"""`--workers N`: several processes of this machine convert the chunks of one switch."""

import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.outcomes import Refused
from crmcore.domain.results import SwitchReport, Totals

__all__ = ["convert_side_by_side"]


def convert_side_by_side(
    place: Place, token: SwitchToken, *, workers: int, chunk: int, on_progress: Callable[[Totals], None]
) -> SwitchReport | Refused:
    """Convert with so many processes and finish; each of them opens the store for itself.

    What `on_progress` raises ends it, after the chunks under way.
    """
    from crmcore.adapters.sql.crms import open_crm
    from crmcore.workers import run_switch_on

    opening = partial(open_crm, place.url, clock=SystemClock(), portal=place.portal, schema=place.schema)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_hear_no_interrupt) as pool:
        return run_switch_on(pool, opening, token, workers=workers, chunk=chunk, on_progress=on_progress)


def _hear_no_interrupt() -> None:
    """Ctrl-C reaches every process at the terminal, and only the one that handed out the work answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
