"""`--workers N`: several processes of this machine convert the chunks of one switch."""

import gc
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from crmcore.adapters.cli.commands.switch_report import Going
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.results import SwitchReport

__all__ = ["convert_side_by_side"]


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
    """Set up a worker process: it only converts chunks, so its cycle collector is disabled.

    Ctrl-C reaches every process of the terminal, and only the parent process handles it.
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
