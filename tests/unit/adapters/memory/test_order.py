"""The orders of the store in memory: a page costs the same among few records and among many, whatever was written."""

import sys
from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.memory import sorted_ids as module
from crmcore.adapters.memory.sorted_ids import SortedIds
from crmcore.application.images import image_of
from crmcore.domain.model.ids import CARDS, TABLES, ActivityId, Epoch, Kind, LeadId, Ref
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing import ADMIN, TestCrm, accepted
from tests.sparse import LISTS, SELLER, assert_alike, costs, sparse

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


IDS: Any = (1, 2, 3)
#: What is written between two questions: each changes what a record is found under.
WRITES: list[Callable[[Any], object]] = [
    lambda crm: crm.add_lead(ADMIN, responsible=SELLER, contact_id=1, company_id=1),
    lambda crm: crm.edit_lead(ADMIN, 1, crm.lead(ADMIN, 1), responsible=SELLER, opened=True, contact_id=None),
    lambda crm: crm.close_lead(ADMIN, 2),
    lambda crm: crm.reopen_lead(ADMIN, 2),
    lambda crm: crm.bind_activity(ADMIN, 2, Ref(Kind.DEAL, 1)),
    lambda crm: crm.unbind_activity(ADMIN, 1, Ref(Kind.CONTACT, 1)),
    lambda crm: crm.complete_activity(ADMIN, 1),
    lambda crm: crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, 1), Ref(Kind.COMPANY, 1)], responsible=SELLER),
    lambda crm: crm.reopen_activity(ADMIN, 1),
    lambda crm: crm.edit_deal(ADMIN, 1, crm.deal(ADMIN, 1), responsible=SELLER, stage="WON"),
    lambda crm: crm.edit_contact(ADMIN, 1, crm.contact(ADMIN, 1), company_id=None, opened=True),
    lambda crm: crm.convert_lead(ADMIN, 1),
    lambda crm: crm.delete_activity(ADMIN, 2),
    lambda crm: crm.delete_lead(ADMIN, 2),
    lambda crm: crm.switch_to_simple(ADMIN, key="k"),
]


@pytest.mark.rule("PERM-9")
def test_every_answer_after_every_write_is_that_of_a_new_store() -> None:
    """Whose orders are made of what is there: so none of them keeps what was before, or misses what is new."""
    store = InMemoryStore.classic()
    crm: Any = TestCrm(store).crm
    accepted(crm.add_company(ADMIN))
    accepted(crm.add_contact(ADMIN, company_id=1))
    for kind in (Kind.CONTACT, Kind.COMPANY):
        client: dict[str, Any] = {f"{kind}_id": 1}
        accepted(crm.add_lead(ADMIN, **client))
        accepted(crm.add_deal(ADMIN, **client))
        for _ in range(2):
            accepted(crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, 1), Ref(kind, 1)]))
    for write in (None, *WRITES):
        if write is not None:
            accepted(write(crm))
        new = InMemoryStore(image_of(store))
        for listing in LISTS.values():
            for asked in (evolve(listing, limit=1000), evolve(listing, after=1)):
                assert _listed(store, asked) == _listed(new, asked)
        for kind in TABLES:
            assert [entry[:2] for entry in store.page(kind)] == [entry[:2] for entry in new.page(kind)]
        assert _read(store) == _read(new)


#: Asks for whatever the first three records of each kind lead to.
WHOLE = Query(
    leads=IDS, deals=IDS, contacts=IDS, companies=IDS,
    activities_of=tuple(Ref(kind, id) for kind in CARDS for id in IDS),
    settings=True, stages=True, stages_in_use=True, pipelines=True, match=True, open_deals=True, results=True,
    backlog=True, tally=Epoch(2), switch_key="k", newest_switches=(0, 5), counts=True,
)  # fmt: skip


def _read(store: InMemoryStore) -> dict[str, Any]:
    """All that a snapshot has, but for the versions, and which records it has read."""
    found = store.snapshot(WHOLE)
    parts = {each.name: getattr(found, each.name) for each in fields(Snapshot) if each.name != "read"}
    parts |= {"of": [sorted(store.snapshot(Query(activities_of=(ref,))).activities) for ref in WHOLE.activities_of]}
    return parts | {"read": {kind: sorted(read) for kind, read in found.read.versions.items()}}


def _listed(store: InMemoryStore, listing: Listing) -> tuple[list[int], int | None]:
    found = store.listed(listing)
    return [entry.id for entry in found.entries], found.after


def _ids(store: InMemoryStore, listing: Listing) -> set[int]:
    return {entry.id for entry in store.listed(listing).entries}


@pytest.mark.rule("PERM-9")
def test_an_activity_that_is_bound_to_nothing_is_in_the_list_of_no_record() -> None:
    """Only damage leaves one behind."""
    p = TestCrm.classic()
    p.leads(2, activities=1)
    image = p.image()
    store = InMemoryStore(evolve(image, bindings={ActivityId(2): image.bindings[ActivityId(2)]}))
    found = [_listed(store, Listing(kind=Kind.ACTIVITY, of=of)) for of in (None, Ref(Kind.LEAD, 1), Ref(Kind.LEAD, 2))]
    assert found == [([1, 2], None), ([], None), ([2], None)]


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

    def test_a_run_is_cut_in_two_once_it_is_more_than_twice_as_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In whatever order four ids come, beside two runs of two; none is lost, and each is found from any place."""
        monkeypatch.setattr(module, "_RUN", 2)
        for order in permutations((10, 20, 40, 50)):
            ids = SortedIds((15, 25, 35, 45))
            model = [15, 25, 35, 45]
            for id in order:
                ids.add(id)
                model = sorted([*model, id])
                assert list(ids.after(None)) == model
            assert {len(run) for run in ids._runs} <= {2, 3, 4}
            assert [list(ids.after(id)) for id in model] == [model[at:] for at in range(1, 9)]
        ids = SortedIds(())
        for id in range(6):
            ids.add(id)
        assert ids._runs == [[0, 1], [2, 3, 4, 5]]
