"""`crmcore role`: grant, revoke and list roles."""

from collections.abc import Callable, Iterable

from cyclopts import App

from crmcore.adapters.cli.commands import family
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Granted
from crmcore.adapters.cli.work.documents import Role as RoleDocument
from crmcore.adapters.cli.work.endings import done_report, refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, at_desk
from crmcore.domain.model.ids import UserId
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id

__all__ = ["add_role"]


def grant_roles(place: Place, to: int, names: Iterable[str]) -> RoleDocument:
    """Grant roles to a user, on behalf of an actor who may do so."""

    def change(desk: Desk) -> Refused | None:
        given = [desk.store.permissions.role(name) for name in names]
        return desk.store.permissions.grant(_user("TO", to), *given, by=desk.actor)

    return _changed_roles(place, change)


def revoke_roles(place: Place, of: int, names: Iterable[str]) -> RoleDocument:
    """Revoke roles of a user, or all roles if none is named."""

    def change(desk: Desk) -> Refused | None:
        taken = [desk.store.permissions.role(name) for name in names]
        return desk.store.permissions.revoke(_user("OF", of), *taken, by=desk.actor)

    return _changed_roles(place, change)


def list_roles(place: Place) -> RoleDocument:
    """List who has which roles, for administrators."""
    return _changed_roles(place, lambda desk: None)


@at_desk(RoleDocument)
def _changed_roles(desk: Desk, report: RoleDocument, change: Callable[[Desk], Refused | None]) -> RoleDocument:
    refused = change(desk)
    granted = desk.store.permissions.granted(by=desk.actor) if refused is None else refused
    if isinstance(granted, Refused):
        return refused_report(report, granted)
    rows = [Granted(actor=each, roles=tuple(role.name for role in granted[each])) for each in sorted(granted)]
    return done_report(report, roles=tuple(rows))


def _user(name: str, id: int) -> UserId:
    check_id(name, id)
    return UserId(id)


def add_role(app: App, terminal: Terminal) -> None:
    """Add `role`."""
    role = family(app, "role", "Grant, revoke and list roles.", "list", "grant 2 manager")

    @role.command
    def grant(to: int, role: str, /, *more: str, at: StoreOptions) -> int:
        """Grant roles to a user: administrator, manager, or a role that was defined.

        Parameters
        ----------
        to
            The id of the user who gets the roles.
        role
            The name of a role.
        more
            The names of more roles.
        """
        return terminal.end(grant_roles(at.place, to, (role, *more)), as_json=at.json)

    @role.command
    def revoke(of: int, /, *roles: str, at: StoreOptions) -> int:
        """Revoke roles of a user, or all roles if none is named.

        Parameters
        ----------
        of
            The id of the user who loses the roles.
        roles
            The names of the roles.
        """
        return terminal.end(revoke_roles(at.place, of, roles), as_json=at.json)

    @role.command(name="list")
    def list_(*, at: StoreOptions) -> int:
        """List who has which roles."""
        return terminal.end(list_roles(at.place), as_json=at.json)
