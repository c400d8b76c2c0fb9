"""New ids, pages, and the backlog of a switch."""

from threading import Thread

import pytest
from attrs import evolve

from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import NUMBERED, DealId, Epoch, Kind, Ref, UserId
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import ConvertChunk, SetAside
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted

__all__ = ["OrderLaws"]


class OrderLaws(StoreTests):
    """Ids are never handed out twice; pages and backlogs go by id."""

    @pytest.mark.rule("IMPORT-1")
    @pytest.mark.parametrize("kind", NUMBERED)
    @pytest.mark.usefixtures("crmcore_threads")
    def test_ids_are_never_handed_out_twice(self, kind: Kind, crmcore_scene: Scene) -> None:
        """Eight threads that reserve at once get ranges that do not overlap."""
        store = crmcore_scene.store
        got: list[range] = []
        threads = [
            Thread(target=lambda: got.extend(store.reserve(kind, count) for count in (1, 3, 2))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        ids = [id for each in got for id in each]
        assert len(ids) == len(set(ids)) == 8 * 6

    @pytest.mark.rule("IMPORT-1")
    def test_new_ids_are_above_every_id_that_is_there(self, crmcore_scene: Scene, crmcore_stores: Stores) -> None:
        """Ids that came with records, loaded or written, are never handed out."""
        crmcore_scene.add()
        deal = _deal(crmcore_scene, DealId(70))
        store = crmcore_stores(evolve(crmcore_scene.image(), deals={deal.id: deal}))
        assert store.reserve(Kind.DEAL, 1)[0] > 70
        store.commit(Changes(expects=store.snapshot(Query()).read, deals={DealId(90): evolve(deal, id=DealId(90))}))

        assert store.reserve(Kind.DEAL, 2)[0] > 90
        assert store.reserve(Kind.LEAD, 1)[0] > 1

    @pytest.mark.rule("DATA-3")
    def test_pages_go_through_all_records_in_order_deleted_ones_as_tombstones(self, crmcore_scene: Scene) -> None:
        """Page after page every id comes once, in order, with its version."""
        ids = [crmcore_scene.add() for _ in range(5)]
        accepted(crmcore_scene.crm.delete_lead(ADMIN, ids[1]))
        pages, after = [], None
        while page := crmcore_scene.store.page(Kind.LEAD, after, 2):
            pages.append(page)
            after = page[-1].id

        assert [len(page) for page in pages] == [2, 2, 1]
        entries = [entry for page in pages for entry in page]
        assert [entry.id for entry in entries] == ids
        assert [entry.version for entry in entries] == [1, 2, 1, 1, 1]
        assert [isinstance(entry.record, Tombstone) for entry in entries] == [False, True, False, False, False]

    @pytest.mark.rule("INTAKE-3")
    def test_the_open_deals_of_a_client_come_in_order_however_they_were_written(self, crmcore_scene: Scene) -> None:
        """Two processes may write the deals that they reserved in either order."""
        point = ContactPoint(kind=PointKind.EMAIL, type="WORK", value="a@example.com")
        contact_id = crmcore_scene.add_contact(contact_points=(point,))
        first, second = map(DealId, crmcore_scene.store.reserve(Kind.DEAL, 2))
        for id in (second, first):
            deal = evolve(_deal(crmcore_scene, id), contact_id=contact_id)
            crmcore_scene.store.commit(crmcore_scene.unread(deals={id: deal}))

        keys = frozenset({MatchKey(Kind.CONTACT, PointKind.EMAIL, "a@example.com")})
        found = crmcore_scene.store.snapshot(Query(match_keys=keys, open_deals=True)).client_deals
        assert [deal.id for deal in found[Ref(Kind.CONTACT, contact_id)]] == [first, second]

    @pytest.mark.rule("SWITCH-13")
    def test_outcomes_are_paged_by_epoch_and_lead(self, crmcore_scene: Scene) -> None:
        """The outcomes of a switch follow each other in the order of its leads."""
        ids = [crmcore_scene.add() for _ in range(3)]
        crmcore_scene.switch(chunk=2)

        assert [entry.id for entry in crmcore_scene.store.page(Kind.OUTCOME)] == [(Epoch(2), id) for id in ids]
        assert [entry.id[1] for entry in crmcore_scene.store.page(Kind.OUTCOME, (Epoch(2), ids[0]), 1)] == [ids[1]]

    @pytest.mark.rule("SWITCH-5", "SWITCH-9")
    def test_the_next_leads_are_the_active_ones_in_order_without_the_marked(self, crmcore_scene: Scene) -> None:
        """What a chunk is offered leaves out closed, deleted, converted and set-aside leads."""
        ids = [crmcore_scene.add() for _ in range(6)]
        accepted(crmcore_scene.crm.close_lead(ADMIN, ids[0]))
        accepted(crmcore_scene.crm.delete_lead(ADMIN, ids[1]))
        crmcore_scene.convert(ids[2])
        token = crmcore_scene.begin()
        accepted(crmcore_scene.crm.run(ADMIN, SetAside(token=token, lead_id=ids[3], code="x")))

        offered = HANDLERS[ConvertChunk].query(ConvertChunk(token=token, size=9))
        assert list(crmcore_scene.store.snapshot(offered).leads) == ids[4:]


def _deal(scene: Scene, id: DealId) -> Deal:
    """A deal in the first stage of the default pipeline."""
    pipeline = scene.crm.pipelines()[0].record
    stage = pipeline.first_stage
    return Deal(id=id, pipeline_id=pipeline.id, stage=stage.code, semantics=stage.semantics, responsible=UserId(1))
