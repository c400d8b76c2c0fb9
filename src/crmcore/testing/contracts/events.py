"""The contract of a store that keeps events (`KeepsEvents`): each with its change, in order, and none missed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple

import pytest

from crmcore.application.crm import Crm
from crmcore.domain.model.errors import Conflict, InvalidValue
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.protocol.commands import AddLead, CloseLead, ConvertLead
from crmcore.domain.protocol.events import Event, LeadConverted
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.outbox import EventPage, Happened
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Needs, Reopened, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from crmcore.testing.recorder import EventRecorder

__all__ = ["EventContract", "Hosted"]


class Hosted(NamedTuple):
    """A store inside a transaction of its host, and how that transaction ends."""

    store: Store
    commit: Callable[[], object]
    rollback: Callable[[], object]


class EventContract(StoreTests):
    """What a store promises that keeps events, besides `StoreContract`: see `KeepsEvents`.

    A host writes `make_store(self, seed)`, which gives a store that keeps events. Two hooks are optional: `reopen`, as
    in `StoreContract`, and `hosted`.
    """

    def hosted(self, store: Any) -> AbstractContextManager[Hosted]:
        """Optional: this store inside a transaction that a host has begun; what is left open at the end is undone."""
        raise NotImplementedError("`hosted` is optional")

    @pytest.fixture
    def crmcore_hosted(self, crmcore_needs: Needs, crmcore_scene: Scene) -> Iterator[tuple[Scene, Hosted]]:
        """The CRM as everybody sees it, and inside a transaction of a host."""
        if type(self).hosted is EventContract.hosted:
            pytest.skip("no hook `hosted`; with it, this shows what a host's transaction keeps")
        crmcore_scene.add()
        with self.hosted(crmcore_scene.store) as hosted:
            yield crmcore_scene, hosted

    @pytest.mark.rule("EVENT-1")
    def test_what_is_told_is_what_is_kept(self, crmcore_scene: Scene) -> None:
        """After commands of every kind, the events kept are those that an observer heard, in the same order."""
        told = EventRecorder()
        crm = Crm(
            store=crmcore_scene.store,
            permissions=crmcore_scene.roles,
            plan=crmcore_scene.plan,
            clock=crmcore_scene.clock,
            observer=told,
        )
        crmcore_scene.crm = crm
        lead = _busy(crmcore_scene)
        before = len(told)
        assert isinstance(crm.close_lead(ADMIN, lead), Refused)  # converted long ago

        assert _kept(crmcore_scene.store) == list(told)
        assert len(told) == before > 10

    @pytest.mark.rule("EVENT-1", "SWITCH-13")
    def test_a_switch_leaves_an_event_for_each_lead(self, crmcore_scene: Scene) -> None:
        """However its chunks are written."""
        leads = {crmcore_scene.add() for _ in range(5)}
        crmcore_scene.add_activity(Ref(Kind.LEAD, min(leads)))
        crmcore_scene.switch(ModeSwitchPolicy(keep_activities=False), chunk=2)

        kept = [type(each).__name__ for each in _kept(crmcore_scene.store)]
        assert (kept.count("LeadConverted"), kept.count("ActivitiesCompleted")) == (5, 1)
        assert {each.lead_id for each in _kept(crmcore_scene.store) if isinstance(each, LeadConverted)} == leads

    @pytest.mark.rule("EVENT-1")
    def test_a_step_that_is_refused_leaves_no_event(self, crmcore_scene: Scene) -> None:
        """Stale, not confirmed, or broken off: neither the change nor its event is there."""
        store, lead = crmcore_scene.store, crmcore_scene.add()
        before, image = _kept(store), crmcore_scene.image()
        for change, confirm in (
            (decided(crmcore_scene, ConvertLead(lead_id=lead)), lambda: False),
            (decided(crmcore_scene, AddLead(fields={})), _broken_off),
        ):
            with suppress(Conflict, LookupError):
                store.commit(change, confirm)
            assert (_kept(store), crmcore_scene.image()) == (before, image)
        stale = decided(crmcore_scene, CloseLead(lead_id=lead))
        crmcore_scene.edit(lead, title="Other")
        before = _kept(store)
        with pytest.raises(Conflict):
            store.commit(stale)
        assert _kept(store) == before

    @pytest.mark.rule("EVENT-2")
    def test_events_of_one_record_come_in_the_order_of_their_commits(self, crmcore_scene: Scene) -> None:
        """Added, edited, closed, reopened, converted: as it happened, with ids that no other event has."""
        lead = crmcore_scene.add()
        crmcore_scene.edit(lead, title="Desks")
        accepted(crmcore_scene.crm.close_lead(ADMIN, lead))
        accepted(crmcore_scene.crm.reopen_lead(ADMIN, lead))
        crmcore_scene.convert(lead)

        kept = _walked(crmcore_scene.store, 100)
        assert [type(each.event).__name__ for each in kept] == [
            *("LeadAdded", "RecordEdited", "LeadClosed", "LeadReopened", "LeadConverted")
        ]
        assert len({each.id for each in kept}) == len(kept)

    @pytest.mark.rule("EVENT-2")
    def test_pages_of_events_have_each_event_once(self, crmcore_scene: Scene) -> None:
        """Pages of any size have the same events, a page again has what it had, and new ones come behind the last."""
        store = crmcore_scene.store
        _busy(crmcore_scene)
        whole = _walked(store, 1000)
        for limit in (1, 2, 7, len(whole)):
            assert _walked(store, limit) == whole
        first = _page(store, None, 3)
        assert _page(store, first.after, 2).entries == _page(store, first.after, 2).entries == tuple(whole[3:5])

        end = _page(store, None, 1000)
        assert _page(store, end.after, 10).entries == ()
        crmcore_scene.add()
        (new,) = _page(store, end.after, 10).entries
        assert new not in whole
        assert store.snapshot(Query()).keeps_events

    @pytest.mark.rule("EVENT-2")
    @pytest.mark.parametrize("after", ["", "x", "-1", "1 OR 1=1", "٣", "9" * 99, "3:3:/1:1:/x"])
    def test_a_place_that_no_page_has_given_is_refused(self, after: str, crmcore_scene: Scene) -> None:
        """It is a value from outside, like any other."""
        with pytest.raises(InvalidValue, match="after"):
            _page(crmcore_scene.store, after, 10)

    @pytest.mark.rule("EVENT-1")
    def test_events_outlive_the_store(self, crmcore_scene: Scene, crmcore_reopened: Reopened) -> None:
        """Another process finds what was kept, and goes on behind it."""
        _busy(crmcore_scene)
        before = _walked(crmcore_scene.store, 1000)
        again = crmcore_reopened()
        again.add()

        assert _walked(again.store, 1000)[:-1] == before
        assert _walked(crmcore_scene.store, 1000) == _walked(again.store, 1000)

    @pytest.mark.rule("JOIN-1", "EVENT-1")
    def test_a_hosts_transaction_has_change_and_event_or_neither(self, crmcore_hosted: tuple[Scene, Hosted]) -> None:
        """Before its commit nobody reads them, after its rollback nobody ever does."""
        scene, hosted = crmcore_hosted
        kept, image, inside = _kept(scene.store), scene.image(), Scene(hosted.store)
        inside.add()
        assert (_kept(scene.store), _kept(hosted.store), scene.image()) == (kept, kept, image)
        hosted.rollback()
        assert (_kept(scene.store), scene.image()) == (kept, image)
        lead = inside.add()
        hosted.commit()
        assert [each.lead_id for each in _kept(scene.store)[len(kept) :]] == [lead]  # type: ignore[union-attr]
        assert scene.lead(lead).is_active

    @pytest.mark.rule("JOIN-1", "EVENT-1")
    def test_a_step_that_fails_in_a_hosts_transaction_leaves_nothing(
        self, crmcore_hosted: tuple[Scene, Hosted]
    ) -> None:
        """Not its change and not its event, while the steps before and after it stay."""
        scene, hosted = crmcore_hosted
        inside, kept, leads = Scene(hosted.store), _kept(scene.store), len(scene.image().leads)
        first = inside.add()
        for confirm in (lambda: False, _broken_off):
            with suppress(Conflict, LookupError):
                hosted.store.commit(decided(inside, ConvertLead(lead_id=first)), confirm)
        last = inside.add()
        hosted.commit()

        assert [each.lead_id for each in _kept(scene.store)[len(kept) :]] == [first, last]  # type: ignore[union-attr]
        assert (len(scene.image().leads), len(scene.image().deals)) == (leads + 2, 0)
        assert scene.broken_laws() == []


def _broken_off() -> bool:
    raise LookupError("nobody to ask")


def _busy(scene: Scene) -> LeadId:
    """Commands of many kinds, two of them with several events; a lead that was converted."""
    lead, other = scene.add(title="Desks"), scene.add()
    scene.add_contact()
    activity = scene.add_activity(Ref(Kind.LEAD, lead), Ref(Kind.LEAD, other))
    scene.edit(lead, title="Chairs", comments="Soon")
    accepted(scene.crm.unbind_activity(ADMIN, activity, Ref(Kind.LEAD, other)))
    accepted(scene.crm.bind_activity(ADMIN, activity, Ref(Kind.LEAD, other)))
    accepted(scene.crm.reopen_activity(ADMIN, accepted(scene.crm.complete_activity(ADMIN, activity))))
    scene.convert(lead)
    accepted(scene.crm.close_lead(ADMIN, other))
    accepted(scene.crm.reopen_lead(ADMIN, other))
    scene.switch()
    accepted(scene.crm.switch_to_classic(ADMIN))
    return lead


def _page(store: Any, after: str | None, limit: int) -> EventPage:
    page: EventPage = store.events(after, limit)
    return page


def _walked(store: Store, limit: int) -> list[Happened]:
    """Page after page to the end."""
    found: list[Happened] = []
    after: str | None = None
    while True:
        page = _page(store, after, limit)
        assert len(page.entries) <= limit
        if not page.entries:
            return found
        found += page.entries
        after = page.after


def _kept(store: Store) -> list[Event]:
    return [each.event for each in _walked(store, 1000)]
