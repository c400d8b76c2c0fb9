"""Reading page by page: runs of ids, what cannot be read, the outcomes of one switch, and the records of a person."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.application import pages
from crmcore.application.pages import IdRuns, Readable, listed, outcomes_of, person_of
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.results import SwitchReport
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.person import emails_of
from crmcore.ports.store import Entry, Store
from crmcore.testing import ADMIN, TestCrm, accepted
from crmcore.testing.wrapped import WrappedStore
from tests.building import email

IDS = st.lists(st.integers(1, 40), max_size=60)


def _runs(ids: list[int]) -> IdRuns:
    runs = IdRuns()
    for id in ids:
        runs.add(id)
    return runs


@given(IDS)
def test_it_holds_what_was_added_in_any_order(ids: list[int]) -> None:
    """Nothing more and nothing less, as long as there is room."""
    runs = _runs(ids)
    assert [id for id in range(45) if id in runs] == sorted(set(ids))


@given(IDS, st.none() | st.integers(0, 45))
def test_behind_an_id_is_the_end_of_the_run_that_follows_it(ids: list[int], after: int | None) -> None:
    """The next id that was not added is looked for behind it."""
    end = after or 0
    while end + 1 in ids:
        end += 1
    assert (_runs(ids).behind(after) or 0) == end


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_neighbours_are_one_run_in_whatever_order_they_came(count: int) -> None:
    """Also where an id comes twice: so many ids that lie close take the room of one."""
    for ids in product(range(1, 6), repeat=count):
        runs, there = _runs(list(ids)), sorted(set(ids))
        assert runs._first == [id for id in there if id - 1 not in there]
        assert runs._last == [id for id in there if id + 1 not in there]


def test_without_room_an_id_is_left_out_unless_it_has_a_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an audit of scattered ids reads more, and holds no more."""
    monkeypatch.setattr(pages, "RUNS", 2)
    assert [id for id in range(10) if id in _runs([1, 5, 8, 6, 9])] == [1, 5, 6]


class Damaged(WrappedStore):
    """A store that cannot read one lead."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked: list[int] = []

    def snapshot(self, query: Query) -> Snapshot:
        """Stop at the lead."""
        if LeadId(3) in query.leads:
            raise RecordFault(Ref(Kind.LEAD, 3), "unreadable")
        return super().snapshot(query)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """Stop at the lead, and note how many were asked for."""
        self.asked.append(limit)
        found = super().page(kind, after, limit)
        if any(entry.id == 3 for entry in found):
            raise RecordFault(Ref(kind, 3), "unreadable")
        return found


@pytest.mark.rule("SWITCH-9")
def test_what_a_snapshot_stops_at_is_named_where_no_page_has_met_it() -> None:
    """All others are read."""
    p = TestCrm.classic()
    p.leads(5)
    readable = Readable(Damaged(p.store))
    found = list(readable.snapshots([LeadId(id) for id in range(1, 6)], lambda ids: Query(leads=tuple(ids))))
    assert [id for ids, _ in found for id in ids] == [1, 2, 4, 5]
    assert readable.faults == (Ref(Kind.LEAD, 3),)


@pytest.mark.rule("PERM-9")
def test_a_list_over_pages_ends_in_front_of_what_cannot_be_read() -> None:
    """Pages get smaller by halves; the record itself is the fault of the next one."""
    p = TestCrm.classic()
    p.leads(5)
    store = Damaged(p.store)
    pages_only: Any = SimpleNamespace(page=store.page, snapshot=store.snapshot)
    found = listed(pages_only, Listing(kind=Kind.LEAD))
    assert ([entry.id for entry in found.entries], found.after) == ([1], 1)
    assert store.asked == [1000, 500, 250, 125, 62, 31, 15, 7, 3, 1]
    with pytest.raises(RecordFault) as caught:
        listed(pages_only, Listing(kind=Kind.LEAD, after=2))
    assert caught.value.ref == Ref(Kind.LEAD, 3)


@pytest.mark.rule("SWITCH-13")
def test_the_outcomes_of_one_switch_are_found_among_those_of_all() -> None:
    """From its first lead, or from the one behind another."""
    p = TestCrm.classic()
    epochs = []
    for key in ("one", "two"):
        p.leads(2)
        report = accepted(p.crm.switch_to_simple(ADMIN, key=key))
        assert isinstance(report, SwitchReport)
        assert report.token is not None
        epochs.append(report.token.epoch)
        accepted(p.crm.switch_to_classic(ADMIN))
    for epoch, ids in zip(epochs, ([1, 2], [3, 4]), strict=True):
        assert [id for id, _ in outcomes_of(p.store, epoch)] == ids
        for after in (0, *ids):
            found = [id for id, _ in p.crm.outcomes(ADMIN, epoch, after=LeadId(after))]
            assert found == [id for id in ids if id > after]


@pytest.mark.rule("DATA-4.3")
def test_a_person_begins_with_a_record_and_its_contact() -> None:
    """The e-mails of both are looked for; what is deleted or not there has none and is none."""
    p = TestCrm.classic()
    ann, bob = ([email(f"{name}@example.com")] for name in ("ann", "bob"))
    contacts = [p.contact(contact_points=points).id for points in (ann, bob)]
    linked, alone, left = (
        Ref(Kind.LEAD, p.lead(contact_points=points, contact_id=contact).id)
        for points, contact in ((bob, contacts[0]), (bob, None), (ann, contacts[1]))
    )
    accepted(p.crm.delete_contact(ADMIN, contacts[1]))
    contact = Ref(Kind.CONTACT, contacts[0])
    both = frozenset().union(*(emails_of(p.crm.lead(ADMIN, LeadId(ref.id)).record) for ref in (linked, left)))  # type: ignore[arg-type, union-attr]  # they are there
    assert len(both) == 2
    assert person_of(p.store, linked) == (both, frozenset({linked, contact}))
    assert [person_of(p.store, ref)[1] for ref in (alone, left, contact)] == [{alone}, {left}, {contact}]
    assert person_of(p.store, Ref(Kind.CONTACT, contacts[1])) == (frozenset(), frozenset())
