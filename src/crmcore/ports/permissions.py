"""The permissions port: what an actor may do (PERM-5)."""

from typing import Protocol

from crmcore.domain.model.ids import UserId
from crmcore.domain.rules.authority import Rights

__all__ = ["Permissions"]


class Permissions(Protocol):
    """Looks up the rights of an actor; the domain combines roles into rights (`Rights.of`).

    The answer must be current at each call. `Crm` asks before a decision and again in the store's serial section, so
    revoking a right in between refuses the command (PERM-2); a change after that moment is too late for it.
    An unknown actor has no rights.
    """

    def rights(self, actor: UserId) -> Rights:
        """Return the rights that this actor has now; `actor` is any id, known or not.

        >>> from crmcore.adapters.roles import MANAGER, RoleTable
        >>> permissions: Permissions = RoleTable({UserId(7): [MANAGER]})
        >>> permissions.rights(UserId(8)) == Rights()
        True
        """
        ...
