"""Roles, grants and the plan, stored with the CRM: the permissions and plan ports of a SQL store.

Inside `confirm` they are read in the transaction of the commit, and every change of them waits for the running commits.
So if any process revoked a right before a commit, that commit is refused (PERM-2).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from attrs import fields

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import Kind, PipelineId, UserId
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id, check_type
from crmcore.domain.rules.authority import (
    ADMINISTRATOR,
    MANAGER,
    Grant,
    Level,
    Operation,
    Rights,
    Role,
    may_change_roles,
)

__all__ = ["Lender", "StoredPermissions", "StoredPlan", "roles_in", "write_roles"]

T = TypeVar("T")

#: How `crm_role_level` says that a level holds in all pipelines.
_EVERYWHERE = -1
_BUILT_IN = {role.name: role for role in (ADMINISTRATOR, MANAGER)}

#: The rights that have no level, each a column of `crm_role`.
_FLAGS = tuple(each.name for each in fields(Role) if each.name not in ("name", "levels"))
_READ = f"r.name, {', '.join(f'r.{name}' for name in _FLAGS)}, l.operation, l.kind, l.pipeline_id, l.level"
_CHANGE = f"UPDATE crm_role SET {', '.join(f'{name} = ?' for name in _FLAGS)} WHERE portal = ? AND name = ?"
_ADD = f"INSERT INTO crm_role ({', '.join(_FLAGS)}, portal, name) VALUES ({', '.join('?' * (len(_FLAGS) + 2))})"

#: The roles of actors, a row for each level of each role.
_OF_ACTORS = (
    f"SELECT a.actor, {_READ}"
    " FROM crm_actor_role AS a JOIN crm_role AS r ON r.portal = a.portal AND r.name = a.role"
    " LEFT JOIN crm_role_level AS l ON l.portal = r.portal AND l.role = r.name WHERE a.portal = ?"
)
_ALL = (
    f"SELECT 0, {_READ}"
    " FROM crm_role AS r LEFT JOIN crm_role_level AS l ON l.portal = r.portal AND l.role = r.name"
    " WHERE r.portal = ?"
)


class Lender(Protocol):
    """A store as far as rights need it."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """A read transaction: that of the commit whose `confirm` runs here, or a new one."""
        ...

    def changing(self) -> AbstractContextManager[Transaction]:
        """A write transaction, while no other write of this CRM runs; committed at the end."""
        ...


class StoredPermissions:
    """Roles by actor, in the database of the CRM; the domain combines them into rights (`Rights.of`).

    `by` is the actor who asks for a change, which may then be refused (PERM-8); without it the host is responsible.
    """

    def __init__(self, store: Lender) -> None:
        self._store = store

    def rights(self, actor: UserId) -> Rights:
        """What this actor may do now."""
        statement = f"{_OF_ACTORS} AND a.actor = ?"
        return Rights.of(_read(self._store, lambda tx: _roles(tx, statement, actor)).get(actor, {}).values())

    def granted(self, *, by: UserId | None = None) -> Mapping[UserId, tuple[Role, ...]] | Refused:
        """The roles of each actor that has any."""
        granted = _read(self._store, _granted)
        refused = None if by is None else may_change_roles(Rights.of(granted.get(by, ())), granted.values())
        return granted if refused is None else refused

    def roles(self) -> Mapping[str, Role]:
        """The roles that can be given, by name: the built-in ones, and those that were defined."""
        return {**_BUILT_IN, **_read(self._store, _defined)}

    def role(self, name: str) -> Role:
        """The role of this name; raises `InvalidValue` where there is none."""
        roles = self.roles()
        if name not in roles:
            raise InvalidValue("role", f"one of {', '.join(sorted(roles))}")
        return roles[name]

    def define(self, role: Role, *, by: UserId | None = None) -> Refused | None:
        """Add a role, or change what everybody who has it may do; the built-in ones stay what they are."""
        check_type("role", role, Role)
        if role.name in _BUILT_IN and role != _BUILT_IN[role.name]:
            raise InvalidValue("role", f"another name than {role.name}")
        return self._change(by, lambda tx: _write_role(tx, role))

    def grant(self, actor: UserId, *roles: Role, by: UserId | None = None) -> Refused | None:
        """Give an actor more roles; one that is not defined yet is defined by this.

        Raises `InvalidValue` for a role whose name another one has already.
        """
        check_id("actor", actor)
        for role in roles:
            check_type("role", role, Role)
        return self._change(by, lambda tx: _give(tx, actor, roles))

    def revoke(self, actor: UserId, *roles: Role, by: UserId | None = None) -> Refused | None:
        """Take roles of an actor away, all of them where none is named."""
        check_id("actor", actor)
        for role in roles:
            check_type("role", role, Role)
        return self._change(by, lambda tx: _take(tx, actor, roles))

    def _change(self, by: UserId | None, change: Callable[[Transaction], None]) -> Refused | None:
        return _changed(self._store, by, change)


class StoredPlan:
    """Whether the plan includes Classic mode, in the database of the CRM (PLAN-1)."""

    def __init__(self, store: Lender) -> None:
        self._store = store

    def has_classic(self) -> bool:
        """Whether the plan includes Classic now."""
        statement = "SELECT has_classic FROM crm_portal WHERE id = ?"
        return any(bool(row[0]) for row in _read(self._store, lambda tx: tx.rows(statement, (tx.portal,))))

    def set_classic(self, classic: bool, *, by: UserId | None = None) -> Refused | None:
        """The company bought Classic, or left it."""
        check_type("classic", classic, bool)
        change = "UPDATE crm_portal SET has_classic = ? WHERE id = ?"
        return _changed(self._store, by, lambda tx: tx.run(change, (classic, tx.portal)))


def roles_in(tx: Transaction) -> tuple[dict[UserId, tuple[Role, ...]], tuple[Role, ...]]:
    """The roles of each actor, and all roles that are defined."""
    return _granted(tx), tuple(_defined(tx).values())


def write_roles(tx: Transaction, roles: Mapping[UserId, Iterable[Role]], defined: Iterable[Role] = ()) -> None:
    """Define and grant roles in a CRM that is being created."""
    for role in defined:
        _write_role(tx, role)
    for actor, given in roles.items():
        check_id("actor", actor)
        _give(tx, actor, tuple(given))


class _NotAllowed(Exception):
    """Undoes a change that was refused."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self.refused = refused


def _read(store: Lender, read: Callable[[Transaction], T]) -> T:
    with store.reading() as tx:
        return read(tx)


def _changed(store: Lender, by: UserId | None, change: Callable[[Transaction], object]) -> Refused | None:
    """Make a change, and roll it back if the actor may not make it."""
    try:
        with store.changing() as tx:
            before = _granted(tx) if by is not None else {}
            change(tx)
            if by is not None:
                refused = may_change_roles(Rights.of(before.get(by, ())), _granted(tx).values())
                if refused is not None:
                    raise _NotAllowed(refused)
    except _NotAllowed as found:
        return found.refused
    return None


def _granted(tx: Transaction) -> dict[UserId, tuple[Role, ...]]:
    return {actor: tuple(roles.values()) for actor, roles in _roles(tx, _OF_ACTORS).items()}


def _defined(tx: Transaction) -> dict[str, Role]:
    return _roles(tx, _ALL).get(UserId(0), {})


def _roles(tx: Transaction, statement: str, *values: Any) -> dict[UserId, dict[str, Role]]:
    """The roles of each actor, by name and in the order of names."""
    found: dict[UserId, dict[str, tuple[dict[str, Any], dict[Grant, Level]]]] = {}
    for row in tx.rows(f"{statement} ORDER BY 1, 2", (tx.portal, *values)):
        actor, name, *given, operation, kind, pipeline_id, level = row
        flags = {flag: bool(value) for flag, value in zip(_FLAGS, given, strict=True)}
        _, levels = found.setdefault(UserId(actor), {}).setdefault(name, (flags, {}))
        if operation is not None:
            where = None if pipeline_id == _EVERYWHERE else PipelineId(pipeline_id)
            levels[Grant(Operation(operation), Kind(kind), where)] = Level(level)
    return {
        actor: {name: Role(name=name, levels=levels, **flags) for name, (flags, levels) in roles.items()}
        for actor, roles in found.items()
    }


def _write_role(tx: Transaction, role: Role) -> None:
    tx.run("DELETE FROM crm_role_level WHERE portal = ? AND role = ?", (tx.portal, role.name))
    flags = [getattr(role, name) for name in _FLAGS]
    tx.run(_CHANGE if role.name in _defined(tx) else _ADD, (*flags, tx.portal, role.name))
    statement = (
        "INSERT INTO crm_role_level (portal, role, operation, kind, pipeline_id, level) VALUES (?, ?, ?, ?, ?, ?)"
    )
    for grant, level in role.levels.items():
        where = _EVERYWHERE if grant.pipeline_id is None else grant.pipeline_id
        tx.run(statement, (tx.portal, role.name, grant.operation.value, grant.kind.value, where, int(level)))


def _give(tx: Transaction, actor: UserId, roles: tuple[Role, ...]) -> None:
    for role in roles:
        known = {**_BUILT_IN, **_defined(tx)}.get(role.name)
        if known is not None and known != role:
            raise InvalidValue("role", f"another name than {role.name}, or `define` to change that role")
        if role.name not in _defined(tx):
            _write_role(tx, role)
        statement = "INSERT INTO crm_actor_role (portal, actor, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        tx.run(statement, (tx.portal, actor, role.name))


def _take(tx: Transaction, actor: UserId, roles: tuple[Role, ...]) -> None:
    statement = "DELETE FROM crm_actor_role WHERE portal = ? AND actor = ?"
    if not roles:
        tx.run(statement, (tx.portal, actor))
    for role in roles:
        tx.run(f"{statement} AND role = ?", (tx.portal, actor, role.name))
