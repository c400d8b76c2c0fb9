"""The observer port: who is told what happened. Optional."""

from collections.abc import Sequence
from typing import Protocol

from crmcore.domain.protocol.events import Event

__all__ = ["Observer"]


class Observer(Protocol):
    """Hears of events after they are committed, in the order of commits of one `Crm`.

    At most once: after a crash, or a commit whose answer was lost, events may be missing; the records tell the truth.
    An exception that it raises reaches the caller of the command, whose changes stay.
    """

    def tell(self, events: Sequence[Event]) -> None:
        """Hear what one commit did; `events` are its events, at least one, in order.

        >>> class Printer:
        ...     def tell(self, events):
        ...         print(*(type(event).__name__ for event in events))
        >>> from crmcore import Crm
        >>> from crmcore.testing import ADMIN, TestCrm
        >>> p = TestCrm.classic()
        >>> crm = Crm(store=p.store, permissions=p.roles, plan=p.plan, clock=p.clock, observer=Printer())
        >>> id = crm.add_lead(ADMIN, title="Desks")
        LeadAdded
        """
        ...
