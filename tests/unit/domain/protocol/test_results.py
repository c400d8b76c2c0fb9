"""The numbers that results carry add up."""

import pytest

from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.results import RecordNumbers, Totals


@pytest.mark.rule("SWITCH-12")
def test_what_a_switch_makes_is_added_to_what_there_is() -> None:
    """Leads stay as many as they are, and each conversion makes a deal; a store that does not count has no numbers."""
    before = RecordNumbers.of({Kind.LEAD: 5, Kind.DEAL: 3, Kind.CONTACT: 2, Kind.COMPANY: 1})
    assert before == RecordNumbers(leads=5, deals=3, contacts=2, companies=1)
    assert before is not None
    after = before.with_made(Totals(at_begin=4, converted=4, contacts=3, companies=2))
    assert after == RecordNumbers(leads=5, deals=7, contacts=5, companies=3)
    assert RecordNumbers.of(None) is None
