"""What snapshots and pages of the store in memory have, to the letter."""

from typing import Any

import pytest
from attrs import evolve

from crmcore import Epoch, Kind, LeadId, LeadOutcome, MatchSetting, OutcomeKind, PointKind, RecordFault, Ref, StoreFull
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.ids import ActivityId, ContactId
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.ports import Entry
from crmcore.testing import ADMIN, TestCrm, accepted
from tests.building import email
from tests.unit.adapters.memory.test_planted import planted

CLOSED = LeadOutcome(OutcomeKind.CLOSED)
ASIDE = LeadOutcome(OutcomeKind.SET_ASIDE, code="unreadable")
ONE, TWO = LeadId(1), LeadId(2)


def _switching() -> TestCrm:
    """Two leads, and a switch that has begun."""
    p = TestCrm.classic()
    p.leads(2)
    accepted(p.crm.begin_switch(ADMIN, key="k"))
    return p


def _recorded(p: TestCrm, *outcomes: dict[LeadId, LeadOutcome | None]) -> dict[LeadOutcome, int]:
    """The numbers of the switch once all of this was recorded."""
    for each in outcomes:
        p.store.commit(Changes(expects=p.store.snapshot(Query()).read, outcomes=each))
    tally = p.store.snapshot(Query(tally=Epoch(2))).tally
    assert tally is not None
    return dict(tally)


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize("others", [{}, {TWO: ASIDE}])
def test_only_a_mark_is_lifted(others: dict[LeadId, LeadOutcome | None]) -> None:
    """A lead that was closed meanwhile keeps its outcome, whether or not another one is set aside."""
    p = _switching()
    assert _recorded(p, {ONE: CLOSED}) == {CLOSED: 1}
    assert _recorded(TestCrm.of(p.image()), {ONE: None}) == {CLOSED: 1}
    p = _switching()
    counted = dict.fromkeys(others.values(), 1)
    assert _recorded(p, others, {ONE: ASIDE}, {ONE: None}) == counted
    assert _recorded(p, {ONE: CLOSED}, {ONE: None}) == counted | {CLOSED: 1}
    assert _recorded(p, {TWO: ASIDE}, {TWO: None}) == {CLOSED: 1}


def test_the_outcome_of_a_lead_is_that_of_the_live_switch() -> None:
    """It has version 1, and 0 where there is none."""
    p = _switching()
    _recorded(p, {ONE: CLOSED})
    for id, marks in ((ONE, {ONE: CLOSED}), (TWO, {})):
        found = p.store.snapshot(Query(outcome_of=id))
        assert (found.marks, found.is_active) == (marks, True)
        assert found.read.versions == {Kind.OUTCOME: {id: len(marks)}}


def test_a_lead_without_its_record_has_a_ledger_row_only_if_there_is_one() -> None:
    """The row of a lead that was converted, and nothing for another one."""
    p = TestCrm.classic()
    p.leads(2)
    accepted(p.crm.convert_lead(ADMIN, ONE))
    found = [p.store.snapshot(Query(outcome_of=id, unread=True)).ledger for id in (ONE, TWO)]
    assert [list(ledger) for ledger in found] == [[1], []]


def test_records_are_counted_without_the_deleted_ones() -> None:
    """Of each kind of card."""
    p = TestCrm.classic()
    p.leads(3)
    accepted(p.crm.convert_lead(ADMIN, ONE))
    accepted(p.crm.delete_lead(ADMIN, TWO))
    assert p.store.snapshot(Query()).counts is None
    counts = {Kind.LEAD: 2, Kind.DEAL: 1, Kind.CONTACT: 1, Kind.COMPANY: 0}
    assert p.store.snapshot(Query(counts=True)).counts == counts


@pytest.mark.rule("CONV-7")
def test_no_match_key_is_read_unless_it_is_asked_for() -> None:
    """So whoever only reads a lead is in nobody's way."""
    p = TestCrm.classic()
    p.contact(contact_points=[email("ann@example.com")])
    lead = p.lead(contact_points=[email("ann@example.com")])
    accepted(p.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    found = p.store.snapshot(Query(leads=(lead.id,)))
    assert (list(found.read.versions), found.matches) == ([Kind.LEAD], {})
    found = p.store.snapshot(Query(leads=(lead.id,), match=True))
    assert list(found.matches.values()) == [(1,)]
    assert Kind.MATCH_KEY in found.read.versions


@pytest.mark.rule("CONV-6")
def test_an_activity_of_a_ledger_row_may_have_lost_its_bindings() -> None:
    """Damage: it is read as one that is bound to nothing."""
    p = TestCrm.classic()
    p.leads(1, activities=1)
    accepted(p.crm.convert_lead(ADMIN, ONE))
    store = InMemoryStore(evolve(p.image(), bindings={}))
    assert store.snapshot(Query(leads=(ONE,), results=True)).bindings == {ActivityId(1): frozenset()}


@pytest.mark.rule("DATA-1", "SWITCH-9")
def test_a_pipeline_or_a_deleted_client_that_cannot_be_read_is_named() -> None:
    """Wherever it is asked for."""
    p = TestCrm.classic()
    contact = p.contact()
    lead = p.lead(contact_id=contact.id)
    accepted(p.crm.delete_contact(ADMIN, contact.id))
    image = p.image()
    ((pipeline_id, pipeline),) = image.pipelines.items()
    damages: list[tuple[dict[str, Any], Query, Ref]] = [
        ({"pipelines": {pipeline_id: planted(pipeline, name=5)}}, Query(pipelines=True), Ref(Kind.PIPELINE, 0)),
        (
            {"contacts": {ContactId(1): planted(image.contacts[contact.id], deleted_at="soon")}},
            Query(leads=(lead.id,), match=True),
            Ref(Kind.CONTACT, 1),
        ),
    ]
    for damage, query, ref in damages:
        p.store.snapshot(query)
        with pytest.raises(RecordFault) as caught:
            InMemoryStore(evolve(image, **damage)).snapshot(query)
        assert (caught.value.ref, caught.value.code) == (ref, "unreadable")


@pytest.mark.rule("CONV-7")
def test_a_deleted_client_that_cannot_be_read_is_found_by_no_address() -> None:
    """It has none left."""
    p = TestCrm.classic()
    contact = p.contact(contact_points=[email("ann@example.com")])
    accepted(p.crm.delete_contact(ADMIN, contact.id))
    image = p.image()
    store = InMemoryStore(evolve(image, contacts={contact.id: planted(image.contacts[contact.id], deleted_at="soon")}))
    key = MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")
    assert store.snapshot(Query(match_keys=frozenset({key}))).matches == {}


def test_bindings_and_outcomes_have_no_version_of_their_own() -> None:
    """On a page they say 1; an activity that has lost its bindings has none."""
    p = _switching()
    _recorded(p, {ONE: CLOSED, TWO: ASIDE})
    for id in (ONE, TWO):
        p.activity(p.image().leads[id])  # type: ignore[arg-type]  # a lead
    bound = {ActivityId(1): frozenset({Ref(Kind.LEAD, ONE)})}
    store = InMemoryStore(evolve(p.image(), bindings=bound))
    assert store.page(Kind.BINDING) == (Entry(1, bound[ActivityId(1)], 1), Entry(2, frozenset(), 1))
    assert store.page(Kind.OUTCOME) == (Entry((2, 1), CLOSED, 1), Entry((2, 2), ASIDE, 1))


@pytest.mark.rule("DATA-1")
def test_a_page_of_outcomes_says_where_it_goes_on_behind_one_that_cannot_be_read() -> None:
    """The lead is named, with its place on the page."""
    p = _switching()
    image = evolve(p.image(), outcomes={(Epoch(2), ONE): CLOSED, (Epoch(2), TWO): CLOSED._replace(contacts=-1)})
    store = InMemoryStore(image)
    assert [entry.id for entry in store.page(Kind.OUTCOME, limit=1)] == [(2, 1)]
    with pytest.raises(RecordFault) as caught:
        store.page(Kind.OUTCOME)
    fault = caught.value
    assert (fault.ref, fault.code, fault.after) == (Ref(Kind.OUTCOME, 2), "unreadable", (2, 2))


@pytest.mark.rule("IMPORT-1")
def test_ids_are_handed_out_up_to_the_highest_one() -> None:
    """None where fewer are left than asked for, and all that are left otherwise."""
    p = TestCrm.classic()
    last = LeadId(ID_LIMIT - 3)
    store = InMemoryStore(evolve(p.image(), leads={last: evolve(p.lead(), id=last)}))
    with pytest.raises(StoreFull):
        store.reserve(Kind.LEAD, 4)
    assert store.reserve(Kind.LEAD, 3) == range(last + 1, ID_LIMIT + 1)
    with pytest.raises(StoreFull):
        store.reserve(Kind.LEAD, 1)
