"""Lists by page: what the actor may read and nothing else, a bounded look for each page, and the switches."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

import pytest
from attrs import evolve

from crmcore import (
    ContractBroken,
    Crm,
    CrmMode,
    Grant,
    Kind,
    Level,
    Operation,
    Page,
    Preview,
    Reason,
    Ref,
    Refused,
    Role,
    StageCode,
    SwitchRecord,
    SwitchReport,
    UserId,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.application import lists
from crmcore.application.pages import listed
from crmcore.domain.model.errors import RecordFault, StoreError
from crmcore.domain.model.ids import CARDS
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import everything_on
from crmcore.ports import LIST_LIMIT, Entry, Listed, Listing, ReadsByPage, Store
from crmcore.testing import ADMIN, MANAGER, STRANGER, FailingStore, TestCrm
from crmcore.testing.contracts.lists import ListLaws
from crmcore.testing.wrapped import WrappedStore
from tests.building import OTHER, Scene, accepted, classic, faulty, other_pipeline

WORKER = UserId(10)
LISTS: dict[Kind, Callable[..., Page[Any]]] = {
    Kind.LEAD: Crm.lead_page,
    Kind.DEAL: Crm.deal_page,
    Kind.CONTACT: Crm.contact_page,
    Kind.COMPANY: Crm.company_page,
    Kind.ACTIVITY: Crm.activity_page,
}


class PagesOnly:
    """A store of a host that has the four methods of the port and no more."""

    def __init__(self, store: Store) -> None:
        self.snapshot, self.commit = store.snapshot, store.commit
        self.reserve, self.page = store.reserve, store.page


def _walked(crm: Crm, actor: UserId, kind: Kind, **asked: Any) -> list[int]:
    """The ids of a list, page after page."""
    found: list[int] = []
    after = 0
    while True:
        page = LISTS[kind](crm, actor, after=after, **asked)
        found += [each.record.id for each in page.records]
        if page.after is None:
            return found
        assert page.after > after
        after = page.after


def _office(*roles: Role) -> Scene:
    """Six records of each kind: of two people, open to all or not, each with an activity; a worker with these roles."""
    scene = classic()
    scene.roles.grant(WORKER, *roles)
    for n in range(6):
        whose: dict[str, Any] = {"responsible": WORKER if n % 3 == 0 else ADMIN, "opened": n % 3 == 1}
        refs = [
            Ref(Kind.LEAD, scene.add(title="x", **whose)),
            Ref(Kind.DEAL, accepted(scene.crm.add_deal(ADMIN, **whose))),
            Ref(Kind.COMPANY, scene.add_company("x", **whose)),
            Ref(Kind.CONTACT, scene.add_contact("x", **whose)),
        ]
        scene.add_activity(refs[n % 4])
    return scene


@pytest.mark.rule("PERM-9", "PERM-5")
class TestWhatTheActorMayRead:
    """PERM-9. A list has what the actor may read, whatever the page is asked for with."""

    REACH: ClassVar[dict[Level, list[int]]] = {
        Level.NONE: [],
        Level.OWN: [1, 4],
        Level.OPEN: [1, 2, 4, 5],
        Level.ALL: [1, 2, 3, 4, 5, 6],
    }

    @pytest.mark.rule("PERM-9.1", "PERM-9.3")
    @pytest.mark.parametrize("level", Level)
    @pytest.mark.parametrize("limit", [1, 2, 50])
    def test_a_list_has_what_the_level_reaches(self, level: Level, limit: int) -> None:
        """Of each kind, and of activities those of which one record is reached (D-12)."""
        scene = _office(Role(name="reader", levels=everything_on(*CARDS, level=level)))
        for kind in CARDS:
            assert _walked(scene.crm, WORKER, kind, limit=limit) == self.REACH[level]
        assert _walked(scene.crm, WORKER, Kind.ACTIVITY, limit=limit) == self.REACH[level]

    def test_who_reads_one_kind_sees_the_activities_of_that_kind(self) -> None:
        """The other activities do not exist for that person (D-12)."""
        scene = _office(Role(name="reader", levels=everything_on(Kind.DEAL)))
        assert _walked(scene.crm, WORKER, Kind.ACTIVITY, limit=1) == [2, 6]
        assert _walked(scene.crm, WORKER, Kind.LEAD) == []

    @pytest.mark.rule("PERM-9.3")
    def test_deals_of_one_pipeline_are_told_from_the_others(self) -> None:
        """A right for one pipeline is no right for all, which no filter can say."""
        scene = classic()
        accepted(scene.crm.define_pipeline(ADMIN, other_pipeline()))
        for n in range(4):
            accepted(scene.crm.add_deal(ADMIN, pipeline_id=OTHER if n % 2 else None))
        accepted(scene.crm.add_deal(ADMIN, responsible=WORKER))
        own = Role(name="own", levels={Grant(Operation.READ, Kind.DEAL): Level.OWN})
        partners = Role(name="partners", levels={Grant(Operation.READ, Kind.DEAL, OTHER): Level.ALL})
        scene.roles.grant(WORKER, own, partners)
        assert _walked(scene.crm, WORKER, Kind.DEAL, limit=1) == [2, 4, 5]

    def test_a_right_to_do_more_than_read_lists_nothing(self) -> None:
        """Only the right to read counts."""
        levels = {Grant(operation, Kind.LEAD): Level.ALL for operation in Operation if operation != Operation.READ}
        scene = _office(Role(name="blind", levels=levels))
        assert scene.crm.lead_page(WORKER) == scene.crm.activity_page(WORKER) == Page()

    def test_nothing_is_handed_out_on_trust(self) -> None:
        """What a store lists against the filters is looked at once more."""
        scene = _office(Role(name="reader", levels=everything_on(*CARDS, level=Level.OWN)))

        class Nosy(InMemoryStore):
            def listed(self, listing: Listing) -> Listed:
                return super().listed(Listing(kind=listing.kind, after=listing.after, limit=listing.limit))

        crm = Crm(store=Nosy(scene.image()), permissions=scene.roles, plan=scene.plan, clock=scene.clock)
        assert _walked(crm, WORKER, Kind.LEAD) == [1, 4]

    def test_a_stranger_costs_no_look_at_all(self) -> None:
        """Who may read nothing of a kind is answered without the store."""
        p = TestCrm.classic()
        p.leads(2, activities=1)
        for kind, page in LISTS.items():
            assert page(p.crm, STRANGER) == Page(), kind
        assert p.trouble.calls["listed"] == p.trouble.calls["snapshot"] == 0


@pytest.mark.rule("PERM-9")
class TestABoundedLook:
    """PERM-9. At most 1,000 records are looked at for one page."""

    def test_a_page_is_asked_for_once_where_filters_say_all(self) -> None:
        """Fifty of many cost fifty."""
        p = TestCrm.classic()
        p.leads(120)
        crm = p.crm
        page = crm.lead_page(MANAGER, after=40, active=True)
        assert ([each.record.id for each in page.records], page.after) == (list(range(41, 91)), 90)
        assert (p.trouble.calls["listed"], p.trouble.calls["page"]) == (1, 0)

    @pytest.mark.rule("PERM-9.4")
    @pytest.mark.parametrize(
        "readable, after, limit, questions, found",
        [
            # The first look fills the page, or comes to the end.
            (range(1, 9), 0, 3, [(0, 3)], ([1, 2, 3], 3)),
            ([5], 4, 4, [(4, 4)], ([5], None)),
            ([8], 6, 3, [(6, 3)], ([8], None)),
            # The second one makes up for what is hidden, and there is no third.
            ([2, 5, 6], 0, 2, [(0, 2), (2, 4)], ([2, 5], 5)),
            ([2, 6, 7], 0, 2, [(0, 2), (2, 4)], ([2, 6], 6)),
            ([1, 5, 7], 0, 3, [(0, 3), (3, 3)], ([1, 5], 6)),
            ([], 0, 2, [(0, 2), (2, 4)], ([], 6)),
            ([8], 3, 2, [(3, 2), (5, 4)], ([8], None)),
            # A store that stops early goes on with the next page.
            ([11], 8, 4, [(8, 4)], ([11], 11)),
        ],
    )
    def test_what_rights_hide_is_made_up_for_once(
        self,
        readable: Iterable[int],
        after: int,
        limit: int,
        questions: list[tuple[int, int]],
        found: tuple[list[int], int | None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """And by no more than what may be looked at for one page, here six records."""
        monkeypatch.setattr(lists, "LIST_LIMIT", 6)
        asked: list[tuple[int, int]] = []

        class Stopping(InMemoryStore):
            """Has eight deals; from the ninth on it has more, and stops behind three at most."""

            def listed(self, listing: Listing) -> Listed:
                asked.append((listing.after, listing.limit))
                page = super().listed(listing)
                if listing.after < 8:
                    there = tuple(entry for entry in page.entries if entry.id <= 8)
                    return Listed(there, there[-1].id if there[-1].id < 8 else None)
                return Listed(page.entries[: 11 - listing.after], 11)

        scene = Scene(Stopping(new_crm(CrmMode.CLASSIC)))
        accepted(scene.crm.define_pipeline(ADMIN, other_pipeline()))
        for id in range(1, 13):
            accepted(scene.crm.add_deal(ADMIN, pipeline_id=OTHER if id in readable else None))
        partners = Role(name="partners", levels={Grant(Operation.READ, Kind.DEAL, OTHER): Level.ALL})
        scene.roles.grant(WORKER, partners)
        page = scene.crm.deal_page(WORKER, after=after, limit=limit)
        assert ([each.record.id for each in page.records], page.after) == found
        assert {each.version for each in page.records} <= {1}
        assert asked == questions

    @pytest.mark.slow
    @pytest.mark.rule("PERM-9.4")
    def test_activities_that_others_have_are_passed_by_in_bounded_steps(self) -> None:
        """The page may be empty and goes on; the store looks at them once, and none of them is read."""
        p = TestCrm.classic()
        theirs, mine = p.lead(responsible=ADMIN), p.lead(responsible=WORKER)
        for _ in range(LIST_LIMIT + 5):
            p.activity(theirs)
        wanted = p.activity(mine)
        p.roles.grant(WORKER, Role(name="reader", levels=everything_on(Kind.LEAD, level=Level.OWN)))
        first = p.crm.activity_page(WORKER, limit=10)
        assert (first.records, first.after) == ((), LIST_LIMIT)
        assert (p.trouble.calls["listed"], p.trouble.calls["snapshot"]) == (1, 0)
        second = p.crm.activity_page(WORKER, limit=10, after=LIST_LIMIT)
        assert ([each.record for each in second.records], second.after) == ([wanted], None)

    def test_a_page_that_rights_have_thinned_is_filled_up(self) -> None:
        """One in ten is readable, and the page of twenty is full."""
        p = TestCrm.classic()
        leads = [p.lead(responsible=WORKER if n % 10 == 0 else ADMIN) for n in range(300)]
        activities = [p.activity(lead) for lead in leads]
        p.roles.grant(WORKER, Role(name="reader", levels=everything_on(Kind.LEAD, level=Level.OWN)))
        page = p.crm.activity_page(WORKER, limit=20)
        expected = activities[0:200:10]
        assert ([each.record for each in page.records], page.after) == (expected, expected[-1].id)

    @pytest.mark.parametrize("limit", [1, 3, 50])
    def test_a_store_without_lists_answers_the_same(self, limit: int) -> None:
        """Its pages of all records are filtered, a thousand at a time (D-100)."""
        scene = _office(Role(name="reader", levels=everything_on(*CARDS, level=Level.OPEN)))
        store = PagesOnly(scene.store)
        assert not isinstance(store, ReadsByPage)
        crm = Crm(store=store, permissions=scene.roles, plan=scene.plan, clock=scene.clock)
        for actor in (ADMIN, MANAGER, WORKER):
            for kind in LISTS:
                asked: dict[str, Any] = {"limit": limit}
                assert _walked(crm, actor, kind, **asked) == _walked(scene.crm, actor, kind, **asked)
            asked = {"limit": limit, "of": Ref(Kind.LEAD, 1)}
            assert _walked(crm, actor, Kind.ACTIVITY, **asked) == _walked(scene.crm, actor, Kind.ACTIVITY, **asked)

    @pytest.mark.parametrize(
        "bad",
        [
            lambda page: page._replace(after=0),
            lambda page: page._replace(after=1),
            lambda page: page._replace(entries=page.entries[::-1]),
            lambda page: page._replace(entries=page.entries * 2),
            lambda page: page._replace(entries=(Entry(1, page.entries[0].record, 1), *page.entries[1:]), after=None),
            lambda page: Listed((), 1),
        ],
    )
    def test_a_list_that_does_not_go_on_breaks_its_contract(self, bad: Callable[[Listed], Listed]) -> None:
        """Who follows it would never come to an end, or show a record twice."""

        class Turning(InMemoryStore):
            def listed(self, listing: Listing) -> Listed:
                return bad(super().listed(listing))

        before = TestCrm.classic()
        before.leads(4)
        with pytest.raises(ContractBroken, match="PERM-9"):
            listed(Turning(before.image()), Listing(kind=Kind.LEAD, after=1, limit=2))


class TestAStoreWithoutLists(ListLaws):
    """A store that has no lists is held to the same contract, through its pages."""

    def make_store(self, seed: CrmImage) -> Store:
        return cast(Store, PagesOnly(InMemoryStore(seed)))


@pytest.mark.rule("PERM-9", "SWITCH-9")
class TestARecordThatCannotBeRead:
    """D-101. It is left out of its page and named for those with the settings right; what stands behind it is seen."""

    @pytest.mark.parametrize("limit", [1, 2, 50])
    @pytest.mark.parametrize("with_lists", [True, False])
    def test_the_others_are_listed_and_it_is_named(self, limit: int, with_lists: bool) -> None:
        """In the middle, and as the last one."""
        scene, store = faulty()
        ids = [scene.add(title="x") for _ in range(6)]
        store.unreadable.update({ids[2], ids[5]})
        kept: Any = store if with_lists else PagesOnly(store)
        crm = Crm(store=kept, permissions=scene.roles, plan=scene.plan, clock=scene.clock)
        for actor, named in ((ADMIN, [ids[2], ids[5]]), (MANAGER, [])):
            found, faults, after = [], [], 0
            while True:
                page = crm.lead_page(actor, after=after, limit=limit)
                found += [each.record.id for each in page.records]
                faults += [ref.id for ref in page.faults]
                if page.after is None:
                    break
                after = page.after
            assert (found, faults) == ([*ids[:2], *ids[3:5]], named)

    def test_a_fault_of_the_store_as_a_whole_is_no_fault_of_a_record(self) -> None:
        """It reaches the caller, and so does one that does not say where to go on."""
        p = TestCrm.classic()
        p.leads(2)
        p.trouble.fail("listed")
        with pytest.raises(StoreError):
            p.crm.lead_page(ADMIN)
        p.trouble.fail("listed", error=RecordFault(Ref(Kind.LEDGER, 1), "unreadable"))
        with pytest.raises(RecordFault):
            p.crm.lead_page(ADMIN)


def _ended(scene: Scene, key: str) -> SwitchReport:
    report: SwitchReport = accepted(scene.crm.switch_to_simple(ADMIN, key=key))
    accepted(scene.crm.switch_to_classic(ADMIN))
    return report


class _Older(WrappedStore):
    """Knows nothing of the parts of a query that a store may leave out."""

    def snapshot(self, query: Query) -> Snapshot:
        return super().snapshot(evolve(query, newest_switches=None, counts=False))


@pytest.mark.rule("SWITCH-10", "SWITCH-13", "PERM-6")
class TestSwitches:
    """D-102. The switches, the newest first; the last one; one by its key; and how many leads are active."""

    def test_the_newest_switch_comes_first_and_pages_go_back(self) -> None:
        """Ended, cancelled and live ones alike, whatever their keys."""
        scene = classic()
        scene.add(title="x")
        for key in ("b", "c"):
            _ended(scene, key)
        scene.begin(key="z")
        accepted(scene.crm.cancel_switch(ADMIN))
        scene.begin(key="a")
        page = accepted(scene.crm.switch_page(ADMIN, limit=3))
        assert [(each.key, each.ended) for each in page.records] == [
            ("a", None),
            ("z", "cancelled"),
            ("c", "finished"),
        ]
        rest = accepted(scene.crm.switch_page(ADMIN, limit=3, after=page.after))
        assert ([each.key for each in rest.records], rest.after) == (["b"], None)
        assert all(type(each) is SwitchRecord for each in (*page.records, *rest.records))

    @pytest.mark.rule("SWITCH-13.3")
    def test_a_store_that_does_not_find_the_newest_ones_is_read_through_its_pages(self) -> None:
        """The same pages of switches, one by one; a preview over it counts nothing."""
        scene = classic()
        scene.add(title="x")
        for key in ("b", "c", "a"):
            _ended(scene, key)
        crm = Crm(store=_Older(scene.store), permissions=scene.roles, plan=scene.plan, clock=scene.clock)
        for after in (None, *(each.epoch for each in accepted(crm.switch_page(ADMIN)).records)):
            found, same = (accepted(each.switch_page(ADMIN, limit=1, after=after)) for each in (crm, scene.crm))
            assert (found.records, found.after) == (same.records, same.after)
        plan = accepted(crm.preview_switch(ADMIN))
        assert isinstance(plan, Preview)
        assert (plan.before, plan.after) == (None, None)

    @pytest.mark.rule("SWITCH-13.3")
    def test_the_last_switch_is_the_live_one_or_the_one_that_ended_last(self) -> None:
        """With its numbers and its instants; there may be none."""
        scene = classic()
        assert scene.crm.last_switch(ADMIN) is None
        scene.add(title="x")
        done = _ended(scene, "z")
        last = accepted(scene.crm.last_switch(ADMIN))
        assert isinstance(last, SwitchReport)
        assert (last.result, last.token, last.totals) == ("switched", done.token, done.totals)
        assert last.began_at == last.ended_at == scene.clock.now()
        scene.add(title="y")
        token = scene.begin(key="a")
        live = accepted(scene.crm.last_switch(ADMIN))
        assert isinstance(live, SwitchReport)
        assert (live.result, live.token, live.totals.remaining, live.ended_at) == ("switching", token, 1, None)
        assert live == accepted(scene.crm.switch_status(ADMIN))

    def test_a_switch_is_found_by_its_key_without_its_policy(self) -> None:
        """Also while another one is live; a key that no switch has is no record."""
        scene = classic()
        scene.add(title="x")
        done = _ended(scene, "spring")
        scene.begin(key="summer")
        found = accepted(scene.crm.switch_named(ADMIN, "spring"))
        assert (found.result, found.token, found.totals.converted) == ("switched", done.token, 1)
        assert accepted(scene.crm.switch_named(ADMIN, "summer")).result == "switching"
        unknown = Refused(Reason.UNKNOWN_RECORD, Ref(Kind.SWITCH, "winter"))
        assert scene.crm.switch_named(ADMIN, "winter") == unknown

    @pytest.mark.rule("SWITCH-13.3")
    def test_a_store_is_asked_for_one_switch_more_than_the_page_has(self) -> None:
        """So whether another page follows is known, and none of its pages is read."""
        asked: list[Any] = []

        class Store(InMemoryStore):
            def snapshot(self, query: Query) -> Snapshot:
                if query.newest_switches:
                    asked.append(query.newest_switches)
                return super().snapshot(query)

            def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
                asked.append(kind)
                return super().page(kind, after, limit)

        scene = Scene(Store(new_crm(CrmMode.CLASSIC)))
        one, two = (_ended(scene, key).token for key in ("b", "a"))
        assert one is not None
        assert two is not None
        asked.clear()
        for limit, keys, after in ((1, ["a"], two.epoch), (2, ["a", "b"], None), (3, ["a", "b"], None)):
            page = accepted(scene.crm.switch_page(ADMIN, limit=limit))
            assert ([each.key for each in page.records], page.after) == (keys, after)
        page = accepted(scene.crm.switch_page(ADMIN, after=two.epoch))
        assert ([each.key for each in page.records], page.after) == (["b"], None)
        last = scene.crm.last_switch(ADMIN)
        assert isinstance(last, SwitchReport)
        assert last.token == two
        assert asked == [(0, 2), (0, 3), (0, 4), (two.epoch, 51), (0, 2)]

    def test_active_leads_are_counted_without_a_plan(self) -> None:
        """Set-aside ones included, closed ones not."""
        scene, store = faulty()
        ids = [scene.add(title="x") for _ in range(3)]
        scene.add(title="closed", stage=StageCode("JUNK"))
        assert scene.crm.active_leads(ADMIN) == 3
        store.unreadable.add(ids[0])
        assert accepted(scene.crm.run_switch(scene.begin())).result == "blocked"
        assert scene.crm.active_leads(ADMIN) == 1

    @pytest.mark.rule("PERM-1")
    def test_they_are_for_those_with_the_settings_right(self) -> None:
        """A clerk with that right alone may ask; nobody learns whether a key is known otherwise."""
        scene = classic()
        _ended(scene, "spring")
        clerk = UserId(77)
        scene.roles.grant(clerk, Role(name="clerk", settings=True))
        denied = Refused(Reason.NOT_PERMITTED, None, "PERM-6")
        for actor, may in ((clerk, True), (MANAGER, False)):
            crm = scene.crm
            answers = (
                crm.switch_page(actor),
                crm.last_switch(actor),
                crm.switch_named(actor, "spring"),
                crm.switch_named(actor, "winter"),
                crm.active_leads(actor),
            )
            assert [answer == denied for answer in answers] == [not may] * 5


@pytest.mark.rule("PERM-9")
def test_activities_are_listed_by_whether_they_are_completed() -> None:
    """The open ones, the completed ones, or all."""
    scene = classic()
    lead = Ref(Kind.LEAD, scene.add())
    one, two = scene.add_activity(lead), scene.add_activity(lead)
    accepted(scene.crm.complete_activity(ADMIN, one))
    asked = ((True, [two]), (False, [one]), (None, [one, two]))
    assert [_walked(scene.crm, ADMIN, Kind.ACTIVITY, active=active) for active, _ in asked] == [ids for _, ids in asked]


def test_the_failing_store_fails_lists_on_purpose() -> None:
    """A list can be made to fail as every other call."""
    p = TestCrm.classic()
    lead = p.lead()
    store = FailingStore(p.store, unreadable=[lead.id])
    with pytest.raises(RecordFault):
        store.listed(Listing(kind=Kind.LEAD))
