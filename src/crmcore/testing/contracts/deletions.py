"""What is deleted or taken away: its data is gone from the whole database, and its links and traces stay."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import CLIENTS, MADE, MATCHED, RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.tombstone import Tombstone, stone_of
from crmcore.domain.model.values import Address, ContactPoint, ExternalOrigin, Money, PersonName, PointKind, Utm
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import AddRecord, DeleteLead, DeleteRecord
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.domain.rules.matching import match_keys
from crmcore.testing.contracts.base import Needs, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["DeletionLaws"]

#: Values that occur nowhere else, so that one that is left over is seen wherever it is.
_NAME = "canary"
_EMAIL, _PHONE = "canary.mail@example.com", "+390655577711"
_POINTS = (
    ContactPoint(kind=PointKind.EMAIL, type="WORK", value=_EMAIL),
    ContactPoint(kind=PointKind.PHONE, type="WORK", value=_PHONE),
)
_AMOUNT = Money(amount=Decimal("77123.45"), currency="EUR")
_BOTH = ModeSwitchPolicy(client=ClientChoice.BOTH)
#: What a dump is searched for; the phone in any form has the last of its digits.
CANARIES = ("canary", "55577711", "1971-03-17", "77123.45")


def _a_lead(scene: Scene) -> Callable[[], object]:
    lead_id = _full_lead(scene, _AMOUNT)
    return lambda: accepted(scene.crm.delete_lead(ADMIN, lead_id))


def _full_lead(scene: Scene, amount: Money | None = None) -> LeadId:
    lead_id = scene.add(
        title=f"{_NAME} title",
        company_title=f"{_NAME} company",
        name=PersonName(honorific=_NAME, first=_NAME, middle=_NAME, last=_NAME),
        address=Address(full=_NAME, street=_NAME, flat=_NAME, city=_NAME, postal_code=_NAME, country=_NAME),
        comments=f"{_NAME} comments",
        contact_points=_POINTS,
        birth_date=date(1971, 3, 17),
        job_title=_NAME,
        amount=amount,
        source_description=_NAME,
        stage_description=_NAME,
        utm=Utm(source=_NAME, campaign=_NAME, term=_NAME),
        origin=ExternalOrigin(originator=_NAME, id=_NAME),
        custom={"UF_TEXT": _NAME, "UF_LIST": (_NAME,)},
    )
    scene.add_activity(Ref(Kind.LEAD, lead_id), subject=_NAME, description=_NAME)
    return lead_id


def _an_activity(scene: Scene) -> Callable[[], object]:
    activity_id = scene.add_activity(Ref(Kind.LEAD, scene.add()), subject=_NAME, description=_NAME)
    return lambda: accepted(scene.crm.delete_activity(ADMIN, activity_id))


def _a_card(kind: Kind) -> Callable[[Scene], Callable[[], object]]:
    """A deal or client with all that it can say, and an activity of its own."""

    def prepared(scene: Scene) -> Callable[[], object]:
        row = scene.convert(_full_lead(scene), _BOTH)  # without an amount, which the ledger keeps
        accepted(scene.crm.edit_deal(ADMIN, row.deal_id, 1, amount=_AMOUNT))
        of = {Kind.DEAL: row.deal_id, Kind.CONTACT: row.contact_id, Kind.COMPANY: row.company_id}
        ref = Ref(kind, of[kind] or 0)
        scene.add_activity(ref, subject=_NAME, description=_NAME)
        others = [Ref(each, id or 0) for each, id in of.items() if each is not kind]
        for other in (*others, Ref(Kind.LEAD, row.lead_id)):
            delete = DeleteLead(lead_id=row.lead_id) if other.kind is Kind.LEAD else DeleteRecord(ref=other)
            accepted(scene.crm.run(ADMIN, delete))
        return lambda: accepted(scene.crm.run(ADMIN, DeleteRecord(ref=ref)))

    return prepared


def _a_contact(scene: Scene) -> Callable[[], object]:
    contact_id = scene.add_contact(_NAME, comments=_NAME, contact_points=_POINTS, birth_date=date(1971, 3, 17))
    return lambda: accepted(
        scene.crm.edit_contact(
            ADMIN, contact_id, 1, name=PersonName(first="Ann"), comments=None, contact_points=(), birth_date=None
        )
    )


def _a_person(scene: Scene) -> Callable[[], object]:
    """A lead with the deal, contact and company that were made from it, without an amount, which a deal keeps."""
    row = scene.convert(_full_lead(scene), _BOTH)
    return lambda: accepted(scene.crm.erase(ADMIN, Ref(Kind.LEAD, row.lead_id)))


#: By how something is erased: what prepares it, and gives what does it.
_ERASING: dict[str, Callable[[Scene], Callable[[], object]]] = {
    "delete a lead": _a_lead,
    "delete a deal": _a_card(Kind.DEAL),
    "delete a contact": _a_card(Kind.CONTACT),
    "delete a company": _a_card(Kind.COMPANY),
    "delete an activity": _an_activity,
    "empty a contact": _a_contact,
    "erase a person": _a_person,
}


class DeletionLaws(StoreTests):
    """A tombstone keeps ids and links and nothing else; the hook `raw` shows the rest of the database."""

    @pytest.mark.rule("DATA-3", "CONV-6")
    @pytest.mark.parametrize("converted", [False, True])
    def test_a_binding_to_a_deleted_lead_stays(self, crmcore_scene: Scene, converted: bool) -> None:
        """An activity that is bound to something else stays, and stays bound to the tombstone; so do all pages."""
        lead_id, other = crmcore_scene.add(), crmcore_scene.add()
        activity_id = crmcore_scene.add_activity(Ref(Kind.LEAD, lead_id), Ref(Kind.LEAD, other))
        if converted:
            crmcore_scene.convert(lead_id)
        bound = crmcore_scene.bound(activity_id)
        accepted(crmcore_scene.crm.delete_lead(ADMIN, lead_id))
        found = crmcore_scene.store.snapshot(Query(activities_of=(Ref(Kind.LEAD, lead_id),)))

        assert Ref(Kind.LEAD, lead_id) in bound
        assert crmcore_scene.bound(activity_id) == bound
        assert found.bindings == {activity_id: bound}
        assert [entry.record for entry in crmcore_scene.store.page(Kind.BINDING)] == [bound]

    @pytest.mark.rule("DATA-3")
    @pytest.mark.parametrize("kind", MADE)
    def test_a_deleted_deal_or_client_stays_as_its_tombstone(self, crmcore_scene: Scene, kind: Kind) -> None:
        """With its links, its version and what is bound to it; no list, address or open deal leads to it any more."""
        points = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
        company = accepted(crmcore_scene.crm.add_company(ADMIN, title="Ltd", contact_points=points))
        contact = crmcore_scene.add_contact(contact_points=points, company_id=company)
        deal = accepted(crmcore_scene.crm.add_deal(ADMIN, contact_id=contact, company_id=company))
        ref = {Kind.DEAL: Ref(kind, deal), Kind.CONTACT: Ref(kind, contact), Kind.COMPANY: Ref(kind, company)}[kind]
        crmcore_scene.add_activity(ref, Ref(Kind.LEAD, crmcore_scene.add()))
        before = crmcore_scene.store.page(kind)[0].record
        accepted(crmcore_scene.crm.run(ADMIN, DeleteRecord(ref=ref)))
        store = crmcore_scene.store
        keys = match_keys(points, (Kind.CONTACT, Kind.COMPANY))
        asked = {part: (ref.id,) for of, part in RECORDS.items() if of is kind}
        found = store.snapshot(Query(**asked, activities_of=(ref,), match_keys=keys, open_deals=True))  # type: ignore[arg-type]  # one part

        stone = stone_of(kind, before, crmcore_scene.clock.now())
        version = 3  # made, given an activity, deleted
        assert getattr(found, RECORDS[kind])[ref.id] == stone
        assert found.version(kind, ref.id) == version
        assert [(entry.record, entry.version) for entry in store.page(kind)] == [(stone, version)]
        assert [ref in refs for refs in found.bindings.values()] == [True]
        assert ref not in {Ref(key.kind, id) for key, ids in found.matches.items() for id in ids}
        assert (kind is Kind.DEAL) != any(each.id == deal for deals in found.client_deals.values() for each in deals)

    @pytest.mark.rule("DATA-3", "CONV-2")
    @pytest.mark.parametrize("kind", CLIENTS)
    def test_a_lead_comes_with_the_tombstone_of_its_client(self, crmcore_scene: Scene, kind: Kind) -> None:
        """So that a conversion sees that the link counts as none; what is not there at all is a fault instead."""
        client, other = (accepted(crmcore_scene.crm.run(ADMIN, AddRecord(kind=kind, fields={}))) for _ in range(2))
        lead_id = crmcore_scene.add(**{f"{kind}_id": client})
        crmcore_scene.add(**{f"{kind}_id": other})
        accepted(crmcore_scene.crm.run(ADMIN, DeleteRecord(ref=Ref(kind, client))))
        store = crmcore_scene.store

        for asked in (Query(leads=(lead_id,), match=True), Query(next_leads=NextLeads(5), match=True)):
            found = store.snapshot(asked)
            assert found.gone == {Ref(kind, client)}
            assert kind not in found.read.versions

    @pytest.mark.rule("DATA-3")
    @pytest.mark.parametrize("kind", CLIENTS)
    def test_a_client_that_is_deleted_meanwhile_leaves_no_activity_behind(
        self, crmcore_scene: Scene, kind: Kind
    ) -> None:
        """Whoever deletes the deal of its activity writes the client as it is, and that is a conflict for the other."""
        ref = Ref(kind, accepted(crmcore_scene.crm.run(ADMIN, AddRecord(kind=kind, fields={}))))
        lead_id = crmcore_scene.add(**{f"{kind}_id": ref.id})  # type: ignore[arg-type]  # a link
        activity_id = crmcore_scene.add_activity(Ref(Kind.LEAD, lead_id))
        late = decided(crmcore_scene, DeleteRecord(ref=ref))
        row = crmcore_scene.convert(lead_id)
        accepted(crmcore_scene.crm.delete_lead(ADMIN, lead_id))
        accepted(crmcore_scene.crm.delete_deal(ADMIN, row.deal_id))

        with pytest.raises(Conflict):
            crmcore_scene.store.commit(late)
        accepted(crmcore_scene.crm.run(ADMIN, DeleteRecord(ref=ref)))
        assert isinstance(crmcore_scene.store.page(Kind.ACTIVITY)[0].record, Tombstone), activity_id

    @pytest.mark.rule("DATA-3", "INTAKE-3")
    @pytest.mark.parametrize("deleted", [False, True])
    def test_a_client_that_is_found_comes_with_its_company(self, crmcore_scene: Scene, deleted: bool) -> None:
        """There or deleted, so that no deal is made on a company that is gone; it is in the read set."""
        points = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
        company = accepted(crmcore_scene.crm.add_company(ADMIN, title="Ltd"))
        crmcore_scene.add_contact(contact_points=points, company_id=company)
        if deleted:
            accepted(crmcore_scene.crm.delete_company(ADMIN, company))
        keys = match_keys(points, (Kind.CONTACT, Kind.COMPANY))
        found = crmcore_scene.store.snapshot(Query(match_keys=keys, open_deals=True))

        assert found.gone == ({Ref(Kind.COMPANY, company)} if deleted else frozenset())
        assert found.companies.keys() == {company}
        assert found.read.versions[Kind.COMPANY] == {company: 1 + deleted}

    @pytest.mark.rule("CONV-6", "CONV-9")
    def test_what_a_person_unbound_leaves_its_trace(self, crmcore_scene: Scene) -> None:
        """The activity says what it was bound to, in each answer, and still does after a conversion completes it."""
        one, two = crmcore_scene.add(), crmcore_scene.add()
        activity_id = crmcore_scene.add_activity(Ref(Kind.LEAD, one), Ref(Kind.LEAD, two))
        accepted(crmcore_scene.crm.unbind_activity(ADMIN, activity_id, Ref(Kind.LEAD, two)))
        trace = {Ref(Kind.LEAD, two)}

        assert _traces(crmcore_scene, activity_id, one) == [trace] * 3
        crmcore_scene.convert(one, ModeSwitchPolicy(keep_activities=False))
        assert crmcore_scene.activity(activity_id).completed
        assert _traces(crmcore_scene, activity_id, one) == [trace] * 3

    @pytest.mark.rule("DATA-3", "DATA-5")
    @pytest.mark.parametrize("way", _ERASING)
    def test_nothing_of_what_was_erased_is_left_in_the_database(
        self, crmcore_scene: Scene, crmcore_needs: Needs, way: str
    ) -> None:
        """Neither the record nor any column, index or table of the host has a value of it."""
        crmcore_needs("raw")
        erase = _ERASING[way](crmcore_scene)
        _look_up(crmcore_scene)
        assert self._crmcore_canaries(crmcore_scene), "`raw` shows nothing of a record that is there"
        erase()

        assert self._crmcore_canaries(crmcore_scene) == []

    @pytest.mark.rule("DATA-3")
    def test_an_address_that_is_only_looked_up_is_not_kept(self, crmcore_scene: Scene, crmcore_needs: Needs) -> None:
        """A key that no record has can be read nowhere, also where a commit has claimed it."""
        crmcore_needs("raw")
        lead_id = crmcore_scene.add()
        read = _look_up(crmcore_scene, lead_id)
        lead = evolve(crmcore_scene.lead(lead_id), comments="looked up")
        crmcore_scene.store.commit(Changes(expects=read, leads={lead_id: lead}))

        assert self._crmcore_canaries(crmcore_scene) == []

    def _crmcore_canaries(self, scene: Scene) -> list[str]:
        """The values that occur nowhere else and are in the database now."""
        parts = [each.encode() if isinstance(each, str) else bytes(each) for each in self.raw(scene.store)]
        return [canary for canary in CANARIES if any(canary.encode() in part.lower() for part in parts)]


def _traces(scene: Scene, activity_id: ActivityId, lead_id: LeadId) -> list[object]:
    """What an activity says it was bound to: by its id, with its lead, and in a page."""
    (of_lead,) = scene.store.snapshot(Query(leads=(lead_id,))).lead_activities[lead_id]
    (entry,) = scene.store.page(Kind.ACTIVITY)
    return [scene.activity(activity_id).unbound, of_lead.unbound, entry.record.unbound]


def _look_up(scene: Scene, *leads: LeadId) -> ReadSet:
    """Who has the addresses, and these leads: what was read."""
    keys = match_keys(_POINTS, MATCHED, PointKind)
    return scene.store.snapshot(Query(leads=leads, match_keys=keys)).read
