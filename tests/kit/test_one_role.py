"""A host with one role for each person, one table and one subscription holds the contracts of permissions and plan."""

import textwrap

import pytest

pytest_plugins = ["pytester"]

_HOST = """
    from crmcore import Rights
    from crmcore.testing import PermissionsContract, PlanContract

    class Staff:
        titles = {}

        def rights(self, actor):
            return Rights.of(tuple(role for person, role in self.titles.items() if person == actor))

        def has_classic(self):
            return self.titles.get("subscription", False)

    class TestStaff(PermissionsContract):
        one_role_each = ONE_ROLE

        def make_permissions(self, roles):
            Staff.titles = {person: title for person, (title,) in roles.items()}
            return Staff()

        def set_roles(self, permissions, actor, roles):
            Staff.titles.pop(actor, None)
            for title in roles:
                assert actor not in Staff.titles, "a person has one title"
                Staff.titles[actor] = title

    class TestSubscription(PlanContract):
        def make_plan(self, has_classic):
            Staff.titles = {"subscription": has_classic}
            return Staff()

        def change_plan(self, plan, has_classic):
            Staff.titles = {"subscription": has_classic}
"""


def test_a_host_with_one_role_for_each_person_is_served(pytester: pytest.Pytester) -> None:
    """It says so, and all is shown but that two roles add up, which is skipped by name."""
    pytester.makepyfile(textwrap.dedent(_HOST).replace("ONE_ROLE", "True"))
    result = pytester.runpytest_inprocess("-q", "-rs")
    outcomes = result.parseoutcomes()

    assert not outcomes.keys() & {"failed", "errors"}
    assert outcomes["skipped"] == 1
    result.stdout.fnmatch_lines(["SKIPPED*one_role_each is True; else this shows: Two roles give what either gives*"])


def test_a_host_that_does_not_say_so_fails(pytester: pytest.Pytester) -> None:
    """Two roles for one person are asked for, and its own table refuses them."""
    pytester.makepyfile(textwrap.dedent(_HOST).replace("ONE_ROLE", "False"))

    assert pytester.runpytest_inprocess("-q").parseoutcomes()["failed"] == 3
