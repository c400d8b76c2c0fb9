"""Look-ups by address: who has it now, in order, and that its version tells of everybody who had it."""

import pytest

from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["AddressLaws"]

_EMAIL = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
_OTHER = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="bob@example.com"),)


class AddressLaws(StoreTests):
    """An address leads to those who have it, and to nobody else."""

    @pytest.mark.rule("CONV-7", "INTAKE-3")
    def test_an_address_leads_to_the_clients_who_have_it_now(self, crmcore_scene: Scene) -> None:
        """A client that gives an address away is not found by it, and is found again once it has it back."""
        ids = [crmcore_scene.add_contact(contact_points=_OTHER) for _ in range(9)]
        for id in reversed(ids):
            accepted(crmcore_scene.crm.edit_contact(ADMIN, id, 1, contact_points=_EMAIL))
        assert _found(crmcore_scene, Kind.CONTACT) == ids
        for id in ids[2:]:
            accepted(crmcore_scene.crm.edit_contact(ADMIN, id, 2, contact_points=_OTHER if id == ids[2] else ()))
        assert _found(crmcore_scene, Kind.CONTACT) == ids[:2]
        accepted(crmcore_scene.crm.edit_contact(ADMIN, ids[8], 3, contact_points=_EMAIL))

        assert _found(crmcore_scene, Kind.CONTACT) == [*ids[:2], ids[8]]

    @pytest.mark.rule("INTAKE-1")
    def test_an_address_leads_to_active_leads_alone(self, crmcore_scene: Scene) -> None:
        """A lead that was closed, or whose address came while it was closed, is found when it is reopened."""
        one, two, three = (crmcore_scene.add(contact_points=points) for points in (_EMAIL, (), _EMAIL))
        for id in (one, two):
            accepted(crmcore_scene.crm.close_lead(ADMIN, id))
        crmcore_scene.edit(two, contact_points=_EMAIL)
        assert _found(crmcore_scene, Kind.LEAD) == [three]
        for id in (two, one):
            accepted(crmcore_scene.crm.reopen_lead(ADMIN, id))
        assert _found(crmcore_scene, Kind.LEAD) == [one, two, three]
        accepted(crmcore_scene.crm.delete_lead(ADMIN, two))

        assert _found(crmcore_scene, Kind.LEAD) == [one, three]

    @pytest.mark.rule("INTAKE-1")
    @pytest.mark.parametrize("change", ["add", "edit", "empty", "delete"])
    def test_the_address_of_an_active_lead_moves_with_it(self, crmcore_scene: Scene, change: str) -> None:
        """Whoever counts on who is found under an address finds out that one of them was written."""
        lead_id = crmcore_scene.add(contact_points=_EMAIL)
        before = _asked(crmcore_scene, Kind.LEAD).read.versions[Kind.MATCH_KEY]
        match change:
            case "add":
                crmcore_scene.add(contact_points=_EMAIL)
            case "edit":
                crmcore_scene.edit(lead_id, comments="edited")
            case "empty":
                crmcore_scene.edit(lead_id, contact_points=())
            case _:
                accepted(crmcore_scene.crm.delete_lead(ADMIN, lead_id))
        after = _asked(crmcore_scene, Kind.LEAD).read.versions[Kind.MATCH_KEY]

        assert after != before


def _asked(scene: Scene, kind: Kind) -> Snapshot:
    key = MatchKey(kind, PointKind.EMAIL, "ann@example.com")
    return scene.store.snapshot(Query(match_keys=frozenset({key})))


def _found(scene: Scene, kind: Kind) -> list[int]:
    """Who is found under the address, in the order of the answer; each of them comes with its record."""
    snapshot = _asked(scene, kind)
    ids = [id for found in snapshot.matches.values() for id in found]
    records = snapshot.leads if kind is Kind.LEAD else snapshot.contacts
    assert sorted(records) == sorted(ids)
    return ids
