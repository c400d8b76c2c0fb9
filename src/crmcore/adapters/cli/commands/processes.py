"""`--workers N`: several processes of this machine convert the chunks of one switch."""

import atexit
import gc
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from crmcore.adapters.cli.commands.switch_report import Going
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.results import SwitchReport

__all__ = ["check_workers", "convert_side_by_side"]

#: How many processes one command starts at most: each takes memory and a connection.
WORKERS_LIMIT = 256


def check_workers(workers: int) -> None:
    """Raise `InvalidValue` unless this machine may start so many processes."""
    check_id("workers", workers)
    if workers > WORKERS_LIMIT:
        raise InvalidValue("workers", f"a whole number from 1 to {WORKERS_LIMIT}")


def convert_side_by_side(
    place: Place, token: SwitchToken, going: Going, stop: Callable[[], bool]
) -> SwitchReport | Refused:
    """Convert with several processes and finish; each process opens the store itself.

    Once `stop` answers yes, the conversion stops after the running chunks.
    """
    from crmcore.adapters.sql import CrmOpener, opened_crms
    from crmcore.application.workers import run_switch_on

    opening = CrmOpener(place.url, SystemClock(), place.portal, place.schema)
    with (
        opened_crms(),
        ProcessPoolExecutor(going.workers, mp_context=get_context("spawn"), initializer=_convert_only) as pool,
    ):
        return run_switch_on(
            pool,
            opening,
            token,
            workers=going.workers,
            chunk=going.chunk,
            on_progress=going.told,
            pace=going.pace,
            stop=stop,
        )


def _convert_only() -> None:
    """Set up a worker process: it only converts chunks, and only the parent process handles Ctrl-C."""
    gc.disable()
    atexit.register(gc.freeze)  # without this the interpreter would search all that was loaded once more
    signal.signal(signal.SIGINT, signal.SIG_IGN)
