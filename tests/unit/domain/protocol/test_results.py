"""The numbers that results carry add up."""

import pytest
from attrs import evolve

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.protocol.results import Preview, RecordNumbers, Totals, totals_of
from tests.building import TERMS


@pytest.mark.rule("SWITCH-12")
def test_what_a_switch_makes_is_added_to_what_there_is() -> None:
    """Leads stay as many as they are, and each conversion makes a deal; a store that does not count has no numbers."""
    before = RecordNumbers.of({Kind.LEAD: 5, Kind.DEAL: 3, Kind.CONTACT: 2, Kind.COMPANY: 1})
    assert before == RecordNumbers(leads=5, deals=3, contacts=2, companies=1)
    assert before is not None
    totals = Totals(at_begin=4, converted=4, contacts=3, companies=2)
    after = before.with_made(totals)
    assert after == RecordNumbers(leads=5, deals=7, contacts=5, companies=3)
    assert RecordNumbers.of(None) is None
    plan = Preview(terms=TERMS, totals=totals, leads=(), before=before)
    assert (plan.after, evolve(plan, before=None).after) == (after, None)


@pytest.mark.rule("SWITCH-13")
def test_each_outcome_has_its_number() -> None:
    """What leads have become adds up, kind by kind, with what their conversions have made."""
    made = LeadOutcome(OutcomeKind.CONVERTED, None, True, 1, 1, 3, 2, 1)
    tally = {made: 5, **{LeadOutcome(kind): place for place, kind in enumerate(OutcomeKind, 1)}}
    numbers = {str(kind): place for place, kind in enumerate(OutcomeKind, 1)}
    totals = totals_of(40, tally)
    assert {name: getattr(totals, name) for name in numbers} == {**numbers, "converted": numbers["converted"] + 5}
    assert (totals.at_begin, totals.added, totals.remaining) == (40, 5, 40 + 5 - 5 - sum(numbers.values()))
    assert (totals.contacts, totals.companies, totals.bound) == (5, 5, 15)
    assert (totals.completed, totals.kept_open) == (10, 5)
