"""What each command answers and changes, one function for each command and call of a vector."""

from collections.abc import Callable

from tests.oracle.commands import activities, imports, intake, leads, person, preview, records, setup, switch, whole
from tests.oracle.commands.lists import LISTS
from tests.oracle.commands.reads import READS
from tests.oracle.refusals import Row
from tests.oracle.world import World

__all__ = ["CALLS", "COMMANDS"]

Handler = Callable[[World, int, Row], Row | None]

COMMANDS: dict[str, Handler] = {
    name: getattr(module, name)
    for module in (activities, imports, intake, leads, records, setup, switch)
    for name in module.__all__
    if name not in ("asks_begin", "edit_lead", "take_along")
}
CALLS: dict[str, Handler] = {
    **READS,
    **LISTS,
    **{name: getattr(module, name) for module in (person, preview, whole) for name in module.__all__},
}
