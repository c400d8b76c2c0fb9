"""The optional observer port: it receives what happened."""

from collections.abc import Sequence
from typing import Protocol

from crmcore.domain.protocol.events import Event

__all__ = ["Observer"]


class Observer(Protocol):
    """Receives events after their commit, in the order of the commits of one `Crm`.

    Each event comes at most once: after a crash, or a commit whose answer was lost, events may be missing, so the
    records are the truth. If an observer raises, the caller of the command gets the exception, and the changes stay.
    """

    def tell(self, events: Sequence[Event]) -> None:
        """Receive the events of one commit; `events` has at least one, in order.

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
