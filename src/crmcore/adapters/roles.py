"""The role table: which actor has which roles, kept in this process (PERM-5)."""

from collections.abc import Iterable, Mapping
from threading import Lock

from crmcore.domain.model.ids import UserId
from crmcore.domain.model.text import check_id, check_type
from crmcore.domain.rules.authority import ADMINISTRATOR, MANAGER, Rights, Role

__all__ = ["ADMINISTRATOR", "MANAGER", "RoleTable"]


class RoleTable:
    """Stores roles by actor; the domain combines them into rights (`Rights.of`)."""

    def __init__(self, roles: Mapping[UserId, Iterable[Role]] | None = None) -> None:
        self._lock = Lock()
        self._roles: dict[UserId, tuple[Role, ...]] = {}
        for actor, given in (roles or {}).items():
            self.grant(actor, *given)

    def grant(self, actor: UserId, *roles: Role) -> None:
        """Give an actor more roles."""
        for role in roles:
            check_type("role", role, Role)
        check_id("actor", actor)
        with self._lock:
            self._roles[actor] = (*self._roles.get(actor, ()), *roles)

    def revoke(self, actor: UserId) -> None:
        """Revoke all roles of an actor."""
        with self._lock:
            self._roles.pop(actor, None)

    def rights(self, actor: UserId) -> Rights:
        """Return the rights that this actor has now; an actor without roles has none."""
        with self._lock:
            return Rights.of(self._roles.get(actor, ()))
