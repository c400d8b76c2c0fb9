"""The family of lossy permissions: for each right that can be given, one adapter that does not honour it (PERM-5)."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, Self

from attrs import evolve

from crmcore.domain.model.ids import UserId
from crmcore.domain.rules.authority import Grant, Level, Rights
from crmcore.ports.permissions import Permissions
from crmcore.testing.contracts.roles import FLAGS, GRANTS, LEVELS

__all__ = ["LossyPermissions", "lossy_permissions"]

_NOTICED = "test_every_right_that_can_be_given_arrives"


class LossyPermissions:
    """Loses one right or invents it, one adapter for each operation, kind and level (PERM-5)."""

    rule: ClassVar[str] = "PERM-5"
    rejected_by: ClassVar[str] = _NOTICED
    noticed_by: ClassVar[tuple[str, ...]] = (_NOTICED,)

    #: The grant at whose level the fault is, or the name of a right that has no level.
    right: ClassVar[Grant | str]
    #: The level that is not honoured, or `False`; the level that is invented, or `True`.
    lost: ClassVar[Level | bool | None] = None
    invented: ClassVar[Level | bool | None] = None

    def __init__(self, permissions: Permissions) -> None:
        self.permissions = permissions

    @classmethod
    def wrap(cls, permissions: Permissions) -> Self:
        """The fault around any permissions."""
        return cls(permissions)

    def rights(self, actor: UserId) -> Rights:
        """See `Permissions.rights`; one right of it is wrong."""
        rights = self.permissions.rights(actor)
        if isinstance(self.right, str):
            flag: dict[str, Any] = {self.right: self.invented is not None}
            return evolve(rights, **flag) if rights != Rights() else rights
        levels = dict(rights.levels)
        if self.invented is not None and levels:
            levels.setdefault(self.right, Level(self.invented))
        elif self.lost is not None and levels.get(self.right) is self.lost:
            del levels[self.right]
        return evolve(rights, levels=levels)


@cache
def lossy_permissions() -> Mapping[str, type[LossyPermissions]]:
    """Every member of the family by its name."""
    return {member.__name__: member for member in _members()}


def _members() -> Iterator[type[LossyPermissions]]:
    for grant in GRANTS:
        place = "" if grant.pipeline_id is None else f" in pipeline {grant.pipeline_id}"
        named = f"{grant.operation} {grant.kind}{place}"
        for level in LEVELS:
            yield _member(f"{named} {level.name.lower()} lost", right=grant, lost=level)
        yield _member(f"{named} invented", right=grant, invented=Level.OWN)
    for flag in FLAGS:
        yield _member(f"{flag} lost", right=flag, lost=True)
        yield _member(f"{flag} invented", right=flag, invented=True)


def _member(name: str, **body: object) -> type[LossyPermissions]:
    return type(f"{LossyPermissions.__name__}-{name}", (LossyPermissions,), {**body, "__doc__": f"{name} (PERM-5)."})
