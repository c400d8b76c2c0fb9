"""Ids that came with records, of every kind, and the order of many leads by their ids."""

from typing import Any

import pytest
from attrs import evolve

from crmcore.domain.model.errors import StoreFull
from crmcore.domain.model.ids import NUMBERED, RECORDS, Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["IdLaws"]

#: More leads than a chunk of a switch or a page of a store holds.
_MANY = 1_030
#: Leads that become active again, in this order: on both sides of each number that a store may cut at.
_REOPENED = tuple(map(LeadId, (2, 502, 10, 1_001, 999, 1_000)))


class IdLaws(StoreTests):
    """New ids come after all others, and leads go by their ids as numbers."""

    @pytest.mark.rule("IMPORT-1")
    @pytest.mark.parametrize("kind", NUMBERED)
    def test_new_ids_of_every_kind_are_above_those_that_were_loaded(
        self, kind: Kind, crmcore_scene: Scene, crmcore_stores: Stores
    ) -> None:
        """In whatever order a store was filled with them."""
        image = _one_of_each(crmcore_scene)
        table: dict[Any, Any] = getattr(image, RECORDS[kind])
        loaded: dict[str, Any] = {RECORDS[kind]: {**table, **_under(next(iter(table.values())), 45, 40)}}

        assert crmcore_stores(evolve(image, **loaded)).reserve(kind, 1)[0] > 45

    @pytest.mark.rule("IMPORT-1")
    @pytest.mark.parametrize("kind", NUMBERED)
    def test_new_ids_of_every_kind_are_above_those_that_were_written(self, kind: Kind, crmcore_scene: Scene) -> None:
        """In whatever order they came and however many at once, far above the others or right behind them."""
        record = next(iter(getattr(_one_of_each(crmcore_scene), RECORDS[kind]).values()))
        for ids in ((90, 95, 92), (70, 60)):
            _write(crmcore_scene.store, kind, record, *ids)
        last = crmcore_scene.store.reserve(kind, 1)[0]
        _write(crmcore_scene.store, kind, record, last + 1)

        assert last > 95
        assert crmcore_scene.store.reserve(kind, 1)[0] > last + 1

    @pytest.mark.rule("IMPORT-1")
    def test_the_last_ids_of_every_kind_are_handed_out_and_none_behind_them(self, crmcore_scene: Scene) -> None:
        """Up to 2^63 - 1 each can be had once; a call that asks for more than are left is refused and takes none."""
        image = _one_of_each(crmcore_scene)
        reserve = crmcore_scene.store.reserve
        for kind in NUMBERED:
            _write(crmcore_scene.store, kind, next(iter(getattr(image, RECORDS[kind]).values())), ID_LIMIT - 3)
            with pytest.raises(StoreFull):
                reserve(kind, 4)
            assert [*reserve(kind, 2), *reserve(kind, 1)] == [ID_LIMIT - 2, ID_LIMIT - 1, ID_LIMIT]
            with pytest.raises(StoreFull):
                reserve(kind, 1)

    @pytest.mark.rule("SWITCH-5")
    def test_the_next_leads_are_in_order_whenever_they_became_active(
        self, crmcore_scene: Scene, crmcore_stores: Stores
    ) -> None:
        """Leads that were reopened stand among a thousand others by their ids, and a limit cuts behind the lowest."""
        lead = crmcore_scene.lead(crmcore_scene.add())
        ids = [LeadId(id) for id in range(1, _MANY + 1)]
        there = Scene(crmcore_stores(evolve(crmcore_scene.image(), leads=_under(lead, *ids))))
        for lead_id in sorted(_REOPENED):
            accepted(there.crm.close_lead(ADMIN, lead_id))
        for lead_id in _REOPENED:
            accepted(there.crm.reopen_lead(ADMIN, lead_id))

        def offered(limit: int, **how: Any) -> list[LeadId]:
            return list(there.store.snapshot(Query(next_leads=NextLeads(limit, **how))).leads)

        assert offered(_MANY + 1) == ids
        assert offered(1_000) == ids[:1_000]
        assert offered(3, after=LeadId(998)) == ids[998:1_001]
        assert offered(2, shard=(1, 3), without=frozenset({LeadId(1)})) == [4, 7]
        for passed_over in (1, 2, 3, 4):
            assert offered(3, without=frozenset(ids[:passed_over])) == ids[passed_over : passed_over + 3]
        assert offered(2, without=frozenset(ids[-1:])) == ids[:2]


def _one_of_each(scene: Scene) -> CrmImage:
    """A CRM with a record of every kind."""
    scene.add_activity(Ref(Kind.LEAD, scene.add()))
    accepted(scene.crm.add_deal(ADMIN, contact_id=scene.add_contact()))
    accepted(scene.crm.add_company(ADMIN, title="Company"))
    return scene.image()


def _write(store: Store, kind: Kind, record: Any, *ids: int) -> None:
    """Store the same record under other ids."""
    written: dict[str, Any] = {RECORDS[kind]: _under(record, *ids)}
    store.commit(Changes(expects=store.snapshot(Query()).read, **written))


def _under(record: Any, *ids: int) -> dict[Any, Any]:
    """The same record once for each id."""
    return {id: evolve(record, id=id) for id in ids}
