"""The three users of every test CRM, and a driver that calls every method as one of them."""

from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any

from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.adapters.roles import MANAGER as MANAGER_ROLE
from crmcore.application.crm import Crm
from crmcore.domain.model.ids import UserId

__all__ = ["ADMIN", "MANAGER", "STRANGER", "Driver", "roles_of_personas"]

#: May do everything.
ADMIN = UserId(1)
#: Works with all records, but may not change CRM settings.
MANAGER = UserId(2)
#: May do nothing.
STRANGER = UserId(3)


def roles_of_personas() -> RoleTable:
    """A role table with the rights of the three users."""
    return RoleTable({ADMIN: (ADMINISTRATOR,), MANAGER: (MANAGER_ROLE,)})


class Driver:
    """Every method of `Crm`, called by one user: `p.as_manager.close_lead(lead.id)`.

    A short way to call `crm` as `actor`; `p.crm.close_lead(p.manager, lead.id)` is the same, and type checkers
    understand it.

    >>> from crmcore.testing import TestCrm
    >>> TestCrm.classic().as_manager.add_lead(title="Forty desks")
    1
    """

    def __init__(self, crm: Crm, actor: UserId) -> None:
        self._crm = crm
        self._actor = actor

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        method: Callable[..., Any] = getattr(self._crm, name)
        return partial(method, self._actor) if _takes_actor(method) else method


def _takes_actor(method: Callable[..., Any]) -> bool:
    """Whether a method asks who is acting: the set-up is on everybody's screen, and a token speaks for itself."""
    code: CodeType = method.__code__
    return code.co_varnames[1:2] == ("actor",)
