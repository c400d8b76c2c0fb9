"""What is deleted or taken away: its data is gone from the whole database, and its links and traces stay."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve

from crmcore.domain.model.ids import MATCHED, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.domain.model.values import Address, ContactPoint, ExternalOrigin, Money, PersonName, PointKind, Utm
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import match_keys
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["DeletionLaws"]

#: Values that occur nowhere else, so that one that is left over is seen wherever it is.
_NAME = "canary"
_EMAIL, _PHONE = "canary.mail@example.com", "+390655577711"
_POINTS = (
    ContactPoint(kind=PointKind.EMAIL, type="WORK", value=_EMAIL),
    ContactPoint(kind=PointKind.PHONE, type="WORK", value=_PHONE),
)
#: What a dump is searched for; the phone in any form has the last of its digits.
CANARIES = ("canary", "55577711", "1971-03-17", "77123.45")


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
    @pytest.mark.parametrize("way", ["delete a lead", "delete an activity", "empty a contact", "erase a person"])
    def test_nothing_of_what_was_erased_is_left_in_the_database(
        self, crmcore_scene: Scene, crmcore_needs: Callable[[str], None], way: str
    ) -> None:
        """Neither the record nor any column, index or table of the host has a value of it."""
        crmcore_needs("raw")
        erase = _ERASING[way](crmcore_scene)
        _look_up(crmcore_scene)
        assert self._crmcore_canaries(crmcore_scene), "`raw` shows nothing of a record that is there"
        erase()

        assert self._crmcore_canaries(crmcore_scene) == []

    @pytest.mark.rule("DATA-3")
    def test_an_address_that_is_only_looked_up_is_not_kept(
        self, crmcore_scene: Scene, crmcore_needs: Callable[[str], None]
    ) -> None:
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


def _a_lead(scene: Scene) -> Callable[[], object]:
    lead_id = _full_lead(scene, Money(amount=Decimal("77123.45"), currency="EUR"))
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


def _a_contact(scene: Scene) -> Callable[[], object]:
    contact_id = scene.add_contact(_NAME, comments=_NAME, contact_points=_POINTS, birth_date=date(1971, 3, 17))
    return lambda: accepted(
        scene.crm.edit_contact(
            ADMIN, contact_id, 1, name=PersonName(first="Ann"), comments=None, contact_points=(), birth_date=None
        )
    )


def _a_person(scene: Scene) -> Callable[[], object]:
    """A lead with the deal, contact and company that were made from it, without an amount, which a deal keeps."""
    row = scene.convert(_full_lead(scene), ModeSwitchPolicy(client=ClientChoice.BOTH))
    return lambda: accepted(scene.crm.erase(ADMIN, Ref(Kind.LEAD, row.lead_id)))


def _look_up(scene: Scene, *leads: LeadId) -> ReadSet:
    """Who has the addresses, and these leads: what was read."""
    keys = match_keys(_POINTS, MATCHED, PointKind)
    return scene.store.snapshot(Query(leads=leads, match_keys=keys)).read


#: By how something is erased: what prepares it, and gives what does it.
_ERASING: dict[str, Callable[[Scene], Callable[[], object]]] = {
    "delete a lead": _a_lead,
    "delete an activity": _an_activity,
    "empty a contact": _a_contact,
    "erase a person": _a_person,
}
