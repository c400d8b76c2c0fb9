"""An error of a store says what to do instead."""

from crmcore.domain.model.errors import InHostTransaction, NoEvents


def test_a_call_that_a_hosts_transaction_cannot_carry_names_itself() -> None:
    """And where it can be made."""
    assert str(InHostTransaction("run_switch")).startswith("run_switch commits many times")
    assert "the store itself" in str(InHostTransaction("run_switch"))


def test_a_crm_without_events_says_how_to_have_them() -> None:
    """They are not made up afterwards."""
    assert "turn them on" in str(NoEvents())
