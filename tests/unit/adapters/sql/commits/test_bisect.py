"""The search for the lead that the database rejects: which parts of a step are tried, and what is said of it."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from crmcore import Kind, LeadId, LeadOutcome, OutcomeKind, RecordFault, Ref, StoreBusy, StoreError
from crmcore.adapters.sql.commits.bisect import fault_of
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.testing.contracts.seeds import busy_crm
from tests.unit.adapters.sql.pairs import step

IMAGE: Any = busy_crm()
JUNK = Stage(code="JUNK", semantics=StageSemantics.FAILURE)  # type: ignore[arg-type]  # a code is a text
CLOSED = LeadOutcome(OutcomeKind.CLOSED)


def rejected(code: int = sqlite3.SQLITE_CONSTRAINT_CHECK) -> sqlite3.Error:
    """What the driver raises."""
    error = sqlite3.IntegrityError("CHECK constraint failed: the words of a client")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_OF_A_TEST"
    return error


def _conversions(*ids: int) -> Changes:
    """A chunk of conversions as they stand in the CRM, and what else a step may bring."""
    rows = {LeadId(id): IMAGE.ledger[LeadId(id)] for id in ids}
    return step(
        expects=None,  # nobody looks at it
        leads={id: IMAGE.leads[id] for id in rows},
        ledger=rows,
        deals={row.deal_id: IMAGE.deals[row.deal_id] for row in rows.values()},
        contacts={row.contact_id: IMAGE.contacts[row.contact_id] for row in rows.values() if row.contact_id},
        companies={row.company_id: IMAGE.companies[row.company_id] for row in rows.values() if row.company_id},
        outcomes=dict.fromkeys(rows, CLOSED),
        completes_at=rows[LeadId(ids[0])].converted_at,
    )


CHUNK = _conversions(1, 2, 4, 13, 18)


def _tried(reject: Callable[[set[int]], bool], changes: Changes = CHUNK) -> tuple[StoreError, list[list[int]]]:
    """What is said of a step of which the database rejects some parts, and the leads of each part that was tried."""
    tried: list[list[int]] = []

    def rehearse(part: Changes) -> None:
        leads: list[int] = [*part.leads, *part.closed]
        tried.append(leads)
        if reject(set(leads)):
            raise rejected()

    return fault_of(changes, rejected(), rehearse), tried


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize(
    "bad, tried",
    [
        (1, [[1, 2], [1], [1]]),
        (2, [[1, 2], [1], [2]]),
        (4, [[1, 2], [4], [4]]),
        (13, [[1, 2], [4], [13], [13]]),
        (18, [[1, 2], [4], [13], [18]]),
    ],
)
def test_the_step_is_halved_until_the_lead_is_found(bad: int, tried: list[list[int]]) -> None:
    """The last try is of that lead alone."""
    fault, parts = _tried(lambda leads: bad in leads)
    assert isinstance(fault, RecordFault)
    assert (fault.ref, fault.code, parts) == (Ref(Kind.LEAD, bad), "unwritable", tried)


@pytest.mark.rule("SWITCH-9")
def test_a_part_has_all_that_is_about_its_leads_and_nothing_else() -> None:
    """Their records, those that they became, and the outcomes."""
    closed = {LeadId(9): JUNK, LeadId(10): JUNK}
    parts: list[Changes] = []

    def rehearse(part: Changes) -> None:
        parts.append(part)
        raise rejected()

    fault_of(CHUNK, rejected(), rehearse)
    assert parts == [_conversions(1, 2), _conversions(1), _conversions(1)]
    parts.clear()
    other = step(expects=None, closed=closed, outcomes={**dict.fromkeys(closed, CLOSED), LeadId(5): CLOSED})
    fault_of(other, rejected(), rehearse)
    of_one = evolve(other, closed={LeadId(9): JUNK}, outcomes={LeadId(9): CLOSED})
    assert parts == [of_one, of_one]


@pytest.mark.rule("SWITCH-9")
def test_leads_that_are_rejected_only_together_are_a_fault_of_the_store() -> None:
    """No single one is to blame."""
    fault, _ = _tried(lambda leads: len(leads) > 2)
    assert (type(fault), str(fault)) == (StoreError, "the database rejected the step (SQLITE_OF_A_TEST)")


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize(
    "changes",
    [
        step(expects=CHUNK.expects, leads={LeadId(1): IMAGE.leads[LeadId(1)]}),
        step(expects=CHUNK.expects, closed={LeadId(1): JUNK}),
        _conversions(1),
    ],
)
def test_the_only_lead_of_a_step_is_the_one(changes: Changes) -> None:
    """Nothing has to be tried."""
    fault, tried = _tried(lambda leads: False, changes)
    assert isinstance(fault, RecordFault)
    assert (fault.ref, fault.code, tried) == (Ref(Kind.LEAD, 1), "unwritable", [])


@pytest.mark.parametrize(
    "changes, error, says",
    [
        (step(expects=CHUNK.expects), rejected(), "the database rejected the step (SQLITE_OF_A_TEST)"),
        (CHUNK, rejected(sqlite3.SQLITE_BUSY), "the database stayed busy; safe to run again (SQLITE_OF_A_TEST)"),
    ],
)
def test_what_is_about_no_lead_is_trouble_of_the_store(changes: Changes, error: Any, says: str) -> None:
    """A step without leads, or a database that is busy."""
    fault = fault_of(changes, error, lambda _: pytest.fail("nothing is to be tried"))
    assert (type(fault), str(fault)) == (StoreBusy if "busy" in says else StoreError, says)


def test_trouble_while_parts_are_tried_is_no_sign_of_a_lead() -> None:
    """A busy database rejects nothing, and what is no error of a driver reaches the caller."""

    def busy(_: Changes) -> None:
        raise rejected(sqlite3.SQLITE_BUSY)

    assert not isinstance(fault_of(CHUNK, rejected(), busy), RecordFault)

    def breaks(_: Changes) -> None:
        raise KeyError("another")

    with pytest.raises(KeyError, match="another"):
        fault_of(CHUNK, rejected(), breaks)
