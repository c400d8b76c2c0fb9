"""Clocks, plans and the role table."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crmcore import InvalidValue, Rights, Role, UserId
from crmcore.adapters.clocks import FixedClock, SystemClock
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER, RoleTable
from crmcore.domain.model.ids import Kind
from crmcore.domain.rules.authority import NO_RIGHTS, Operation


@pytest.mark.rule("DATA-1")
def test_the_fixed_clock_stands_until_it_is_moved() -> None:
    """It starts at the beginning of 2026, keeps UTC, and refuses an instant without a zone."""
    clock = FixedClock()
    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    clock.move(timedelta(hours=1))
    assert clock.now() == datetime(2026, 1, 1, 1, tzinfo=UTC)
    rome = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=1)))
    assert FixedClock(rome).now().tzinfo is UTC
    with pytest.raises(InvalidValue):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001  # the point of the test


@pytest.mark.rule("DATA-1")
def test_the_system_clock_tells_an_instant_in_utc() -> None:
    """With its zone."""
    assert SystemClock().now().tzinfo is UTC


@pytest.mark.rule("PLAN-1", "PLAN-2.2")
def test_the_fixed_plan_says_what_it_was_told() -> None:
    """With Classic unless told otherwise; a host changes it."""
    plan = FixedPlan()
    assert plan.has_classic()
    plan.classic = False
    assert not plan.has_classic()


@pytest.mark.rule("PERM-5")
def test_the_role_table_stores_roles_by_actor() -> None:
    """Granting adds, revoking takes all away, and whom nobody knows may do nothing."""
    table = RoleTable({UserId(1): (MANAGER,)})
    assert table.rights(UserId(2)) == NO_RIGHTS
    assert not table.rights(UserId(1)).may_change_settings
    table.grant(UserId(1), Role(name="settings", settings=True))
    assert table.rights(UserId(1)) == Rights.of((MANAGER, Role(name="x", settings=True)))
    assert table.rights(UserId(1)).level(Operation.READ, Kind.LEAD)
    table.revoke(UserId(1))
    table.revoke(UserId(1))
    assert table.rights(UserId(1)) == NO_RIGHTS


@pytest.mark.rule("DATA-1")
def test_only_roles_are_granted_and_only_to_ids() -> None:
    """A wrong call changes nothing."""
    table = RoleTable()
    with pytest.raises(InvalidValue):
        table.grant(UserId(1), "administrator")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue):
        table.grant("bob", ADMINISTRATOR)  # type: ignore[arg-type]
    assert table.rights(UserId(1)) == NO_RIGHTS
