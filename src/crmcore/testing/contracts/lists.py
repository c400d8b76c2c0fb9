"""Lists by page: what passes the filters, all of it, once and in order, however much lies in between (PERM-9)."""

from itertools import product
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.pages import listed, pages
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import CARDS, TABLES, ContactId, Kind, LeadId, Ref, StageCode, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Entry, Store
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import SEEDS
from crmcore.testing.field_paths import differing

__all__ = ["LISTED", "ListLaws"]

#: The kinds that have lists.
LISTED = (*CARDS, Kind.ACTIVITY)

_OTHER = UserId(7)
_CLIENTS = tuple(Ref(kind, id) for kind in (Kind.CONTACT, Kind.COMPANY) for id in (1, 2))


class ListLaws(StoreTests):
    """A store that `ReadsByPage` answers as its own pages would; one that does not is read through its pages."""

    @pytest.mark.rule("PERM-9", "DATA-1", "DATA-3")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_list_has_every_record_with_every_field(self, seed: str, crmcore_stores: Stores) -> None:
        """Without a filter, lists have all records but the deleted ones, as they are."""
        given = SEEDS[seed]()
        store = crmcore_stores(given)
        for kind in LISTED:
            part: dict[object, object] = getattr(given, TABLES[kind])
            expected = {id: each for id, each in part.items() if not isinstance(each, Tombstone)}
            found = {entry.id: entry.record for entry in _walked(store, Listing(kind=kind, limit=3))}
            assert differing(found, expected, TABLES[kind]) == []

    @pytest.mark.rule("PERM-9")
    @pytest.mark.parametrize("kind", LISTED)
    def test_a_list_has_what_passes_its_filters_page_after_page(self, kind: Kind, crmcore_stores: Stores) -> None:
        """Active or not, and of each client or record: in order, once, with the versions that the pages have."""
        refs = (*_CLIENTS, Ref(Kind.LEAD, 1), Ref(Kind.DEAL, 1))
        store = crmcore_stores(_mixed())
        for active, of, limit in product((None, True, False), (None, *refs), (1, 2, LIST_LIMIT)):
            with_filters = _listing(kind, active, of, limit)
            if with_filters is not None:
                assert _walked(store, with_filters) == _expected(store, with_filters), with_filters

    @pytest.mark.rule("PERM-9", "PERM-5")
    @pytest.mark.parametrize("kind", CARDS)
    def test_a_list_is_of_the_person_who_is_asked_for(self, kind: Kind, crmcore_stores: Stores) -> None:
        """The records of one person, and with them those that are open to all; no others are handed out."""
        store = crmcore_stores(_mixed())
        for open_to_all, of in product((False, True), (None, *_CLIENTS)):
            asked = _listing(kind, None, of, 2)
            if asked is not None:
                asked = evolve(asked, responsible=_OTHER, open_to_all=open_to_all)
                assert _walked(store, asked) == _expected(store, asked), asked

    @pytest.mark.rule("PERM-9", "PERM-6")
    @pytest.mark.parametrize("open_to_all", [False, True])
    def test_activities_of_records_within_reach_are_not_passed_over(
        self, open_to_all: bool, crmcore_stores: Stores
    ) -> None:
        """Whatever a store leaves out for `bound_to`, it is bound to nothing that passes one of the filters."""
        given = _mixed()
        store = crmcore_stores(given)
        within = (
            Listing(kind=Kind.LEAD, responsible=_OTHER, open_to_all=open_to_all),
            Listing(kind=Kind.COMPANY, responsible=_OTHER, open_to_all=open_to_all),
            Listing(kind=Kind.CONTACT),
        )
        tables = {kind: getattr(given, TABLES[kind]) for kind in CARDS}
        for asked in (Listing(kind=Kind.ACTIVITY, limit=2), Listing(kind=Kind.ACTIVITY, limit=2, of=_CLIENTS[2])):
            every = _expected(store, asked)
            wanted = [
                entry
                for entry in every
                if any(
                    each.kind is ref.kind and each.takes(tables[ref.kind][ref.id])
                    for ref in given.bindings[entry.id]
                    for each in within
                )
            ]
            found = _walked(store, evolve(asked, bound_to=within))
            assert [entry for entry in every if entry in found] == found
            assert [entry for entry in wanted if entry not in found] == []

    @pytest.mark.rule("PERM-9")
    @pytest.mark.parametrize("limit", [50, LIST_LIMIT])
    def test_a_record_behind_a_thousand_others_is_found(self, limit: int, crmcore_stores: Stores) -> None:
        """However few of the records pass, the pages lead to the last one."""
        image = _long()
        last = max(image.leads)
        store = crmcore_stores(image)
        for asked in (
            Listing(kind=Kind.LEAD, limit=limit, active=True),
            Listing(kind=Kind.LEAD, limit=limit, of=Ref(Kind.CONTACT, 1)),
            Listing(kind=Kind.LEAD, limit=limit, responsible=_OTHER),
        ):
            assert [entry.id for entry in _walked(store, asked)] == [last]
        assert len(_walked(store, Listing(kind=Kind.LEAD, limit=limit, active=False))) == last - 1

    @pytest.mark.rule("PERM-9", "DATA-3")
    def test_a_list_shows_what_was_committed(self, crmcore_stores: Stores) -> None:
        """An edit, a closed lead and a deleted one are seen at once."""
        store = crmcore_stores(new_crm(CrmMode.CLASSIC))
        scene = Scene(store)
        edited, closed, deleted = (scene.add() for _ in range(3))
        scene.edit(edited, title="Edited")
        accepted(scene.crm.close_lead(ADMIN, closed))
        accepted(scene.crm.delete_lead(ADMIN, deleted))

        active, others = (_walked(store, Listing(kind=Kind.LEAD, active=each)) for each in (True, False))
        assert [(entry.id, entry.version, entry.record.title) for entry in active] == [(edited, 2, "Edited")]
        assert [entry.id for entry in others] == [closed]

    @pytest.mark.rule("SWITCH-12", "DATA-3")
    def test_records_are_counted_without_the_deleted_ones(self, crmcore_stores: Stores) -> None:
        """By a store that counts: what there is of each kind, as its pages have it."""
        given = _mixed()
        counts = crmcore_stores(given).snapshot(Query(counts=True)).counts
        expected = {
            kind: sum(not isinstance(each, Tombstone) for each in getattr(given, TABLES[kind]).values())
            for kind in CARDS
        }
        assert counts is None or counts == expected

    @pytest.mark.rule("PERM-9", "SWITCH-10")
    def test_the_newest_switches_come_first(self, crmcore_stores: Stores) -> None:
        """By epoch and not by key, the live one included, from a store that finds them; others leave it to pages."""
        scene = Scene(crmcore_stores(new_crm(CrmMode.CLASSIC)))
        for key in ("b", "a", "c"):
            scene.add()
            accepted(scene.crm.begin_switch(ADMIN, key=key))
            if key != "c":
                accepted(scene.crm.cancel_switch(ADMIN))
        found = scene.store.snapshot(Query(newest_switches=(0, 2))).newest_switches
        if found is not None:
            assert [switch.key for switch in found] == ["c", "a"]
            assert [switch.ended for switch in found] == [None, "cancelled"]
            rest = scene.store.snapshot(Query(newest_switches=(found[-1].epoch, 2))).newest_switches
            assert [switch.key for switch in rest or ()] == ["b"]


def _walked(store: Store, listing: Listing) -> list[Entry]:
    """Page after page to the end, with no page above its limit."""
    found: list[Entry] = []
    while True:
        page = listed(store, listing)
        found += page.entries
        if page.after is None:
            return found
        listing = evolve(listing, after=page.after)


def _expected(store: Store, listing: Listing) -> list[Entry]:
    """The same out of all records of the kind, one by one."""
    bound = {entry.id: entry.record for page in pages(store, Kind.BINDING) for entry in page}
    every = (entry for page in pages(store, listing.kind) for entry in page)
    return [
        entry
        for entry in every
        if listing.takes(entry.record, bound[entry.id] if listing.kind is Kind.ACTIVITY else ())
    ]


def _listing(kind: Kind, active: bool | None, of: Ref | None, limit: int) -> Listing | None:
    """A page with these filters, if the kind has them."""
    try:
        return Listing(kind=kind, active=active, of=of, limit=limit)
    except InvalidValue:
        return None


def _mixed() -> CrmImage:
    """Some records of each kind: own and others', open to all or not, active or not, of two clients each, deleted."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    crm = scene.crm
    companies = [accepted(crm.add_company(ADMIN, title=f"Company {n}", **_whose(n))) for n in range(4)]
    contacts = [scene.add_contact(company_id=companies[n % 3], **_whose(n)) for n in range(5)]
    leads, deals = [], []
    for n in range(12):
        links: dict[str, Any] = {"contact_id": contacts[n % 3], "company_id": companies[n % 2] if n % 4 else None}
        leads.append(scene.add(stage=StageCode("JUNK" if n % 3 == 1 else "NEW"), **links, **_whose(n)))
        stage = StageCode("LOSE" if n % 4 == 1 else "NEW")
        deals.append(accepted(crm.add_deal(ADMIN, stage=stage, **links, **_whose(n))))
    for n in range(12):
        refs = [Ref(Kind.LEAD, leads[n % 4]), Ref(Kind.DEAL, deals[n % 3]), Ref(Kind.CONTACT, contacts[n % 2])]
        made = scene.add_activity(*refs[: n % 3 + 1], *([Ref(Kind.COMPANY, companies[0])] if n % 2 else []))
        if n % 3 == 0:
            accepted(crm.complete_activity(ADMIN, made))
        if n % 5 == 4:
            accepted(crm.delete_activity(ADMIN, made))
    accepted(crm.delete_lead(ADMIN, leads[5]))
    return scene.image()


def _whose(number: int) -> dict[str, Any]:
    return {"responsible": (ADMIN, _OTHER)[number // 2 % 2], "opened": number % 2 == 1}


def _long() -> CrmImage:
    """More closed leads of others than a store looks at for one page, and behind them an active one of a client."""
    image = new_crm(CrmMode.CLASSIC)
    closed = next(stage for stage in DEFAULT_LEAD_STAGES.stages if stage.code == "JUNK")
    leads = [
        Lead(id=LeadId(id), responsible=ADMIN, stage=closed.code, semantics=closed.semantics)
        for id in range(1, LIST_LIMIT + 101)
    ]
    contact = Contact(id=ContactId(1), responsible=ADMIN)
    entry = DEFAULT_LEAD_STAGES.entry
    last = evolve(leads[-1], responsible=_OTHER, stage=entry.code, semantics=entry.semantics, contact_id=contact.id)
    return evolve(image, leads={lead.id: lead for lead in (*leads[:-1], last)}, contacts={contact.id: contact})
