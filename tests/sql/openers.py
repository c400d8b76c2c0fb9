"""What a worker process runs instead of `CrmOpener`; it is loaded in each of them, so it imports little."""

import os
import signal

from crmcore import Crm
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.sql import open_crm
from crmcore.domain.model.ids import UserId

__all__ = ["open_or_die"]


def open_or_die(url: str, schema: str | None, parent: int, actor: UserId) -> Crm:
    """The CRM; a worker process that finds part of it converted is killed."""
    crm = open_crm(url, clock=SystemClock(), schema=schema)
    if os.getpid() != parent and sum(1 for _ in crm.deals(actor)) >= 14:
        os.kill(os.getpid(), signal.SIGKILL)
    return crm
