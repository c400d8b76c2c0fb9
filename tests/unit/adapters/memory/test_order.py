"""The orders of the store in memory: a page costs the same among few records and among many, whatever was written."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.memory import sorted_ids as module
from crmcore.adapters.memory.sorted_ids import SortedIds
from crmcore.domain.model.ids import Kind, LeadId
from crmcore.domain.protocol.filters import Listing
from crmcore.testing import ADMIN, TestCrm, accepted
from tests.sparse import assert_alike, costs, sparse

FEW, MANY = 200, 2_000


def calls_of(ask: Callable[[], Any]) -> tuple[Any, int]:
    """What a call gives back, and how many functions and generators were entered for it."""
    entered = [0]

    def count(frame: Any, event: str, argument: Any) -> None:
        entered[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = ask()
    finally:
        sys.setprofile(before)
    return found, entered[0]


@pytest.mark.rule("PERM-9")
def test_a_page_enters_as_many_functions_among_ten_times_the_records() -> None:
    """With every filter, wherever it begins, once the orders are there."""
    found = []
    for records in (FEW, MANY):
        store = InMemoryStore(sparse(records))

        def ask(listing: Listing, store: InMemoryStore = store) -> tuple[Any, int]:
            store.listed(listing)
            return calls_of(lambda: store.listed(listing))

        found.append(costs(records, ask))
    assert_alike(*found, times=1.1, more=10)


@pytest.mark.parametrize("kind", [Kind.LEAD, Kind.BINDING, Kind.OUTCOME])
def test_a_page_of_all_records_enters_as_many_functions_among_ten_times_the_records(kind: Kind) -> None:
    """Outcomes too, which were looked through whole for each page."""
    taken = []
    for leads in (FEW, MANY):
        p = TestCrm.classic()
        p.leads(leads, activities=1)
        accepted(p.crm.switch_to_simple(ADMIN, key="k"))
        after = (2, leads // 2) if kind is Kind.OUTCOME else leads // 2
        p.store.page(kind, after, 5)
        found, calls = calls_of(partial(p.store.page, kind, after, 5))
        assert len(found) == 5
        taken.append(calls)
    assert taken[1] <= 1.1 * taken[0] + 10


@pytest.mark.rule("PERM-9")
def test_the_orders_follow_what_is_written() -> None:
    """A switch, an edit and a deletion after the first question are seen by the next one."""
    store = InMemoryStore(sparse(FEW))
    crm = TestCrm(store).crm
    by_person = Listing(kind=Kind.LEAD, responsible=ADMIN, limit=1000)
    active = {kind: Listing(kind=kind, active=True, limit=1000) for kind in (Kind.LEAD, Kind.DEAL)}
    of_person = _ids(store, by_person)
    deals, leads = (_ids(store, active[kind]) for kind in (Kind.DEAL, Kind.LEAD))

    accepted(crm.edit_lead(ADMIN, LeadId(FEW), version=1, responsible=ADMIN))
    accepted(crm.delete_lead(ADMIN, LeadId(1)))
    assert _ids(store, by_person) == of_person - {1} | {FEW}

    accepted(crm.switch_to_simple(ADMIN, key="k", chunk=7))
    assert _ids(store, active[Kind.LEAD]) == set()
    assert len(_ids(store, active[Kind.DEAL])) == len(deals) + len(leads)
    assert {entry.id[1] for entry in store.page(Kind.OUTCOME)} == leads


def _ids(store: InMemoryStore, listing: Listing) -> set[int]:
    return {entry.id for entry in store.listed(listing).entries}


class TestSortedIds:
    """Ids in runs answer as one sorted list does."""

    @given(st.lists(st.integers(0, 30)), st.lists(st.tuples(st.booleans(), st.integers(0, 30))), st.integers(-1, 31))
    def test_they_are_a_sorted_set(self, first: list[int], steps: list[tuple[bool, int]], after: int) -> None:
        """Whatever is added and removed, in runs of two."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_RUN", 2)
            ids, model = SortedIds(set(first)), set(first)
            for added, id in steps:
                (ids.add if added else ids.discard)(id)
                (model.add if added else model.discard)(id)
            assert list(ids.after(None)) == sorted(model)
            assert list(ids.after(after)) == sorted(id for id in model if id > after)
