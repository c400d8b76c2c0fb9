"""Points 5 and 6 of the store contract: readers and converters at the same time."""

from threading import Barrier, Event, Thread

import pytest

from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.protocol.commands import ConvertLead
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import StoreTests, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["ConcurrencyLaws"]


class ConcurrencyLaws(StoreTests):
    """No half commits, and no lead twice."""

    @pytest.mark.rule("SWITCH-4")
    @pytest.mark.usefixtures("crmcore_threads")
    def test_a_reader_never_sees_half_a_commit(self, crmcore_scene: Scene) -> None:
        """At every moment a lead is converted exactly if its ledger row and its deal exist."""
        ids = tuple(crmcore_scene.add() for _ in range(60))
        torn: list[LeadId] = []
        start, done = Barrier(3, timeout=60), Event()

        def read() -> None:
            start.wait()
            while not done.is_set():
                found = crmcore_scene.store.snapshot(Query(leads=ids, results=True))
                converted = {id for id, lead in found.leads.items() if lead.deal_id is not None}
                torn.extend(converted ^ found.ledger.keys())
                torn.extend(id for id in found.ledger if found.ledger[id].deal_id not in found.deals)

        readers = [Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        start.wait()
        try:
            for lead_id in ids:
                crmcore_scene.convert(lead_id)
        finally:
            done.set()
            for reader in readers:
                reader.join()

        assert torn == []

    @pytest.mark.rule("SWITCH-1", "SWITCH-7")
    def test_of_two_conversions_of_a_lead_one_wins_and_the_other_finds_it(self, crmcore_scene: Scene) -> None:
        """The second to commit gets a conflict, decides again and answers with the deal of the first."""
        lead_id = crmcore_scene.add()
        first, second = (decided(crmcore_scene, ConvertLead(lead_id=lead_id)) for _ in range(2))
        crmcore_scene.store.commit(first)
        refuses(crmcore_scene, second, Ref(Kind.LEAD, lead_id))

        again = accepted(crmcore_scene.crm.convert_lead(ADMIN, lead_id))
        assert again.already
        assert again.row == first.ledger[lead_id]

    @pytest.mark.rule("SWITCH-1", "SWITCH-5")
    @pytest.mark.usefixtures("crmcore_threads")
    def test_workers_at_once_make_one_deal_for_each_lead(self, crmcore_scene: Scene) -> None:
        """Four workers on one backlog convert each lead once."""
        for _ in range(40):
            crmcore_scene.add()
        token = crmcore_scene.begin()
        workers = [Thread(target=crmcore_scene.crm.run_switch, args=(token,), kwargs={"chunk": 3}) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert (len(crmcore_scene.image().deals), len(crmcore_scene.image().ledger)) == (40, 40)
        assert crmcore_scene.broken_laws() == []
