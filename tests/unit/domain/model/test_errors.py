"""An error of a store says what to do instead."""

import gc
from weakref import ref

import pytest

from crmcore.domain.model.errors import InHostTransaction, InvalidValue, NoEvents, RecordFault, raise_alone
from crmcore.domain.model.ids import Kind, Ref


def test_a_call_that_a_hosts_transaction_cannot_carry_names_itself() -> None:
    """And where it can be made."""
    assert str(InHostTransaction("run_switch")).startswith("run_switch commits many times")
    assert "the store itself" in str(InHostTransaction("run_switch"))


def test_a_crm_without_events_says_how_to_have_them() -> None:
    """They are not made up afterwards."""
    assert "turn them on" in str(NoEvents())


@pytest.mark.rule("SWITCH-9")
def test_a_fault_says_where_a_page_continues() -> None:
    """Behind the record, or where the store says; and it is whole in another process."""
    assert RecordFault(Ref(Kind.LEAD, 7), "unreadable").after == 7
    fault = RecordFault(Ref(Kind.OUTCOME, 7), "unreadable", (3, 7))
    assert fault.after == (3, 7)
    assert fault.args == (Ref(Kind.OUTCOME, 7), "unreadable", (3, 7))


def test_an_error_that_nobody_keeps_is_gone_at_once() -> None:
    """With it goes what was under way, such as a file that was read: the collector would come at any time."""
    gc.disable()
    try:
        try:
            raise_alone(InvalidValue("amount", "a number"))
        except InvalidValue as error:
            kept = ref(error)
        assert kept() is None
    finally:
        gc.enable()
