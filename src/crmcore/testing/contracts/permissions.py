"""The contract of the permissions port (PERM-5)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from crmcore.adapters.roles import ADMINISTRATOR, MANAGER
from crmcore.domain.model.ids import Kind, PipelineId, UserId
from crmcore.domain.rules.authority import Grant, Level, Operation, Rights, Role
from crmcore.ports.permissions import Permissions
from crmcore.testing.contracts.base import Contract
from crmcore.testing.contracts.roles import FLAGS, ROLES

__all__ = ["PermissionsContract"]

_SELLER = Role(
    name="seller",
    levels={Grant(Operation.READ, Kind.DEAL, PipelineId(7)): Level.OPEN, Grant(Operation.ADD, Kind.LEAD): Level.OWN},
)
_OWNER = Role(name="owner", levels={Grant(Operation.ADD, Kind.LEAD): Level.ALL}, settings=True)


class PermissionsContract(Contract):
    """What permissions owe their callers: the rights of the moment, and none for an actor whom nobody knows.

    A host writes `make_permissions` and `set_roles`. What it needs for that:

    * Roles with any grants. A host whose titles are fixed makes new ones for the test.
    * One permissions object at a time: a test makes one and no second, so one table that is emptied first will do.
    * People by number, each with no role, one, or several. Where a person has one role at most, the host says
      `one_role_each = True`: whoever would have two then has one that gives the rights of both.
    """

    #: Whether a person has one role at most.
    one_role_each: ClassVar[bool] = False

    def make_permissions(self, roles: Mapping[UserId, tuple[Role, ...]]) -> Permissions:
        """Permissions in which these actors, and no others, have these roles."""
        raise NotImplementedError("a contract suite needs `def make_permissions(self, roles)`")

    def set_roles(self, permissions: Any, actor: UserId, roles: tuple[Role, ...]) -> None:
        """Give an actor these roles and no others, as the host's people do; none takes all away."""
        raise NotImplementedError("a contract suite needs `def set_roles(self, permissions, actor, roles)`")

    @pytest.mark.rule("PERM-5")
    def test_an_actor_whom_nobody_knows_may_do_nothing(self) -> None:
        """No rights is the answer, and neither an error nor a guess."""
        permissions = self.make_permissions({UserId(1): (ADMINISTRATOR,)})

        assert permissions.rights(UserId(2)) == Rights()

    @pytest.mark.rule("PERM-5")
    @pytest.mark.parametrize("role", [ADMINISTRATOR, MANAGER, _SELLER, _OWNER], ids=lambda role: role.name)
    def test_an_actor_has_the_rights_of_the_role(self, role: Role) -> None:
        """Levels, pipelines, the settings right and the administrator's flag all arrive."""
        permissions = self.make_permissions({UserId(1): (role,)})

        assert permissions.rights(UserId(1)) == Rights.of((role,))

    @pytest.mark.rule("PERM-5")
    def test_every_right_that_can_be_given_arrives(self) -> None:
        """Each operation on each kind, for deals also in one pipeline, at each level; settings, export, all rights."""
        given = {UserId(number): (role,) for number, role in enumerate(ROLES, start=1)}
        permissions = self.make_permissions(given)
        wrong = [role.name for actor, (role,) in given.items() if permissions.rights(actor) != Rights.of((role,))]

        assert wrong == []

    @pytest.mark.rule("PERM-5")
    def test_roles_add_up_and_the_highest_level_wins(self) -> None:
        """Two roles give what either gives, in whatever order they were given."""
        if self.one_role_each:
            pytest.skip("one_role_each is True; else this shows: Two roles give what either gives, in whatever order.")
        permissions = self.make_permissions({UserId(1): (_SELLER, _OWNER), UserId(2): (_OWNER, _SELLER)})

        assert permissions.rights(UserId(1)) == permissions.rights(UserId(2)) == Rights.of((_SELLER, _OWNER))

    @pytest.mark.rule("PERM-2", "PERM-5")
    def test_a_right_that_was_taken_away_is_gone_at_the_next_question(self) -> None:
        """The answer is that of the moment of asking: nothing is remembered for later."""
        permissions = self.make_permissions({UserId(1): (ADMINISTRATOR,), UserId(2): (MANAGER,)})
        assert permissions.rights(UserId(1)).administrator
        self.set_roles(permissions, UserId(1), ())

        assert permissions.rights(UserId(1)) == Rights()
        assert permissions.rights(UserId(2)) == Rights.of((MANAGER,))

    @pytest.mark.rule("PERM-2", "PERM-5")
    def test_a_right_that_was_given_is_there_at_the_next_question(self) -> None:
        """A new role counts from the moment when it is given."""
        permissions = self.make_permissions({})
        assert permissions.rights(UserId(1)) == Rights()
        self.set_roles(permissions, UserId(1), self._crmcore_of_one_person(MANAGER, _OWNER))

        assert permissions.rights(UserId(1)) == Rights.of((MANAGER, _OWNER))

    @pytest.mark.rule("PERM-2")
    def test_equal_rights_are_equal_answers(self) -> None:
        """Two questions with nothing between them have equal answers, or every decision would look stale."""
        permissions = self.make_permissions({UserId(1): self._crmcore_of_one_person(_SELLER, _OWNER)})

        assert permissions.rights(UserId(1)) == permissions.rights(UserId(1))

    def _crmcore_of_one_person(self, *roles: Role) -> tuple[Role, ...]:
        """These roles, or one that gives the rights of all of them."""
        if not self.one_role_each:
            return roles
        both = Rights.of(roles)
        flags = {flag: getattr(both, flag) for flag in FLAGS}
        return (Role(name=" and ".join(role.name for role in roles), levels=both.levels, **flags),)
