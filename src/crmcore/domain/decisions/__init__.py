"""Every decision of the library: pure functions from command and snapshot to `Accepted` or `Refused`.

`HANDLERS` is the table that `Crm` uses; each module adds the commands that it decides.
"""

from typing import Any

from crmcore.domain.decisions import activities, intake, leads, records, setup, switching
from crmcore.domain.decisions import imports as importing
from crmcore.domain.protocol.commands import Command
from crmcore.domain.protocol.decision import Handler

__all__ = ["HANDLERS"]

HANDLERS: dict[type[Command[Any]], Handler] = {
    **switching.HANDLERS,
    **leads.HANDLERS,
    **records.HANDLERS,
    **activities.HANDLERS,
    **intake.HANDLERS,
    **setup.HANDLERS,
    **importing.HANDLERS,
}
