"""The permissions port: what an actor may do (PERM-5)."""

from typing import Protocol

from crmcore.domain.model.ids import UserId
from crmcore.domain.rules.authority import Rights

__all__ = ["Permissions"]


class Permissions(Protocol):
    """Looks rights up by actor; the arithmetic of roles is the domain's (`Rights.of`).

    The answer is that of the moment of asking. It is asked before a decision and again in the store's serial section,
    so a right that is revoked in between refuses (PERM-2); a change after that moment comes too late.
    An unknown actor has no rights.
    """

    def rights(self, actor: UserId) -> Rights:
        """What this actor may do now; `actor` is any id, known or not.

        >>> from crmcore.adapters.roles import MANAGER, RoleTable
        >>> permissions: Permissions = RoleTable({UserId(7): [MANAGER]})
        >>> permissions.rights(UserId(8)) == Rights()
        True
        """
        ...
