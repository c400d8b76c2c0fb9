"""The in-memory store keeps its callers apart, and an interrupted commit is whole for every one of them."""

import weakref
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.collector import collector_waits
from crmcore.domain.model.errors import InvalidValue, NoEvents
from crmcore.domain.model.ids import Epoch, Kind, LeadId
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import AddLead, CloseLead
from crmcore.domain.protocol.events import LeadAdded
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.outbox import EventPage
from crmcore.testing import MANAGER, TestCrm
from crmcore.testing.contracts.scene import Scene, decided
from crmcore.testing.wrapped import FoldInterrupter


def _read_at_one_time(store: InMemoryStore) -> None:
    with store.at_one_time():
        pass


CALLS: dict[str, Callable[[InMemoryStore], object]] = {
    "snapshot": lambda store: store.snapshot(Query(backlog=True)),
    "page": lambda store: store.page(Kind.LEAD),
    "reserve": lambda store: store.reserve(Kind.LEAD, 1),
    "commit": lambda store: store.commit(Changes(expects=ReadSet(epoch=Epoch(1)))),
    "at_one_time": _read_at_one_time,
}


@pytest.mark.rule("SWITCH-4")
@pytest.mark.parametrize("call", CALLS)
def test_every_call_waits_for_the_one_that_is_in_the_store(call: str) -> None:
    """While a commit asks about rights nobody else gets in, whatever he wants."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    change = decided(scene, CloseLead(lead_id=scene.add()))
    store = scene.store
    assert isinstance(store, InMemoryStore)
    got_in: list[object] = []
    other = Thread(target=lambda: got_in.append(CALLS[call](store)), daemon=True)

    def confirm() -> bool:
        other.start()
        other.join(0.05)
        assert got_in == []
        return True

    store.commit(change, confirm)
    other.join(10)
    assert len(got_in) == 1


@pytest.mark.rule("IMPORT-1", "SWITCH-4")
def test_ids_after_an_interrupted_commit_are_above_those_that_it_wrote() -> None:
    """Whoever asks first for a new id, before anybody has read, finds the commit whole."""
    at, struck = 0, True
    while struck:
        store = InMemoryStore(new_crm(CrmMode.CLASSIC))
        scene = Scene(store)
        scene.add()
        change = decided(scene, AddLead(fields={}))
        ((id, lead),) = change.leads.items()
        high = LeadId(70)
        interrupter = FoldInterrupter(store)
        interrupter.at = at
        with suppress(KeyboardInterrupt):
            store.commit(Changes(expects=change.expects, leads={high: evolve(lead, id=high)}))
        interrupter.at = None
        assert id < high < store.reserve(Kind.LEAD, 1)[0]
        at, struck = at + 1, interrupter.interrupts > 0
    assert at > 1


def test_a_store_that_nobody_holds_is_gone_at_once() -> None:
    """Without the collector, which a walk over many stores turns off."""
    with collector_waits():
        store = InMemoryStore.classic()
        store.page(Kind.LEAD)
        left = [weakref.ref(part) for part in (store, store._state.order)]
        del store
        assert [part() for part in left] == [None, None]


@pytest.mark.rule("SWITCH-4")
def test_each_write_of_what_there_is_once_moves_its_version_by_one() -> None:
    """The settings and the stages, each by itself."""
    store = InMemoryStore.classic()
    query = Query(settings=True, stages=True)
    for settings, stages in ((1, 1), (2, 1), (2, 2), (3, 3)):
        found = store.snapshot(query)
        if (settings, stages) != (1, 1):
            versions = found.read.versions
            written = {
                "settings": found.settings if settings > versions[Kind.SETTINGS][0] else None,
                "stages": found.the_stages if stages > versions[Kind.STAGES][0] else None,
            }
            store.commit(Changes(expects=found.read, **written))  # type: ignore[arg-type]  # of two types
        assert store.snapshot(query).read.versions == {Kind.SETTINGS: {0: settings}, Kind.STAGES: {0: stages}}


def test_a_page_has_a_thousand_entries_unless_another_limit_is_given() -> None:
    """Of records and of events."""
    p = TestCrm.classic()
    lead = p.lead()
    leads = {LeadId(id): evolve(lead, id=LeadId(id)) for id in range(1, 1002)}
    store = InMemoryStore(evolve(p.image(), leads=leads), events=True)
    events = tuple(LeadAdded(id) for id in leads)
    store.commit(Changes(expects=store.snapshot(Query()).read, events=events))
    for limit, count in ((None, 1000), (2, 2), (2000, 1001)):
        given: dict[str, Any] = {} if limit is None else {"limit": limit}
        assert [entry.id for entry in store.page(Kind.LEAD, **given)] == list(range(1, count + 1))
        page = store.events(**given)
        assert [each.event for each in page.entries] == list(events[:count])
        assert page.after == str(count)


@pytest.mark.rule("EVENT-1", "EVENT-2")
def test_events_are_kept_where_somebody_asked_for_it_and_read_behind_a_place() -> None:
    """The place is one that a page has named: a number of 18 digits at most."""
    for without in (InMemoryStore(), InMemoryStore.classic()):
        assert not without.snapshot(Query()).keeps_events
        with pytest.raises(NoEvents):
            without.events()
    store = InMemoryStore.classic(events=True)
    assert store.events("9" * 18) == EventPage((), "9" * 18)
    for bad in ("", "-1", "x", "\u0663", "1" * 19, "1" * 20):
        with pytest.raises(InvalidValue) as caught:
            store.events(bad)
        assert (caught.value.field, caught.value.expected) == ("after", "the `after` of a page of these events")


@pytest.mark.rule("PERM-9")
def test_an_activity_is_of_use_if_it_is_bound_to_a_record_of_that_kind_that_passes() -> None:
    """Not if a record of another kind would pass, and not if it is bound to nothing."""
    p = TestCrm.classic()
    lead, deal = p.lead(responsible=MANAGER), p.deal(responsible=MANAGER)
    for record in (lead, deal, lead):
        p.activity(record)
    image = p.image()
    bound = {id: refs for id, refs in image.bindings.items() if id != 3}
    store = InMemoryStore(evolve(image, bindings=bound))
    for kind, ids in ((Kind.LEAD, [1]), (Kind.DEAL, [2]), (Kind.CONTACT, [])):
        use = (Listing(kind=kind, responsible=MANAGER),)
        assert [each.id for each in store.listed(Listing(kind=Kind.ACTIVITY, bound_to=use)).entries] == ids


@pytest.mark.rule("IMPORT-3", "DATA-1")
def test_a_staging_has_a_key_as_a_command_has() -> None:
    """One that is not allowed is named."""
    with pytest.raises(InvalidValue) as caught:
        InMemoryStore().staging("")
    assert (caught.value.field, caught.value.expected) == ("key", "1 to 100 printable characters")
