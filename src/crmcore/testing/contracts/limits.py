"""What a limit counts: records that pass every filter, whatever the size of a page."""

import pytest

from crmcore.domain.model.ids import TABLES, LeadId
from crmcore.domain.protocol.commands import SetAside
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import busy_crm

__all__ = ["LimitLaws"]


class LimitLaws(StoreTests):
    """A limit counts what is answered, not what was looked at."""

    @pytest.mark.rule("SWITCH-5", "SWITCH-9")
    @pytest.mark.parametrize(
        "over", ["closed", "deleted", "converted", "set aside", "left out", "before", "other shard"]
    )
    def test_a_limit_counts_the_leads_that_are_offered(self, crmcore_scene: Scene, over: str) -> None:
        """Leads that are passed over do not count, so a switch goes on behind them."""
        ids = [crmcore_scene.add() for _ in range(10)]
        first = ids[::2] if over == "other shard" else ids[:5]
        _pass_over(crmcore_scene, over, first)
        wanted = {
            "left out": NextLeads(3, without=frozenset(first)),
            "before": NextLeads(3, after=first[-1]),
            "other shard": NextLeads(3, shard=(ids[1] % 2, 2)),
        }.get(over, NextLeads(3))

        offered = [*crmcore_scene.store.snapshot(Query(next_leads=wanted)).leads]
        assert offered == [id for id in ids if id not in first][:3]

    @pytest.mark.rule("DATA-3")
    @pytest.mark.parametrize("size", [1, 3, 2000])
    def test_pages_of_any_size_are_the_same_records(self, size: int, crmcore_stores: Stores) -> None:
        """Of every kind all records come, in order, and only the last page is not full."""
        seed = busy_crm()
        store = crmcore_stores(seed)
        for kind, part in TABLES.items():
            expected = dict(sorted(getattr(seed, part).items()))
            found, page = [], store.page(kind, None, size)
            while page:
                found.append(page)
                page = store.page(kind, page[-1].id, size) if len(page) == size else ()

            full, rest = divmod(len(expected), size)
            assert (kind, [len(each) for each in found]) == (kind, [size] * full + [rest] * (rest > 0))
            assert (kind, [entry.id for each in found for entry in each]) == (kind, [*expected])


def _pass_over(scene: Scene, over: str, ids: list[LeadId]) -> None:
    """Make these leads such that no switch takes them, in the way that is asked for."""
    token = scene.begin() if over == "set aside" else None
    for lead_id in ids:
        if over == "closed":
            accepted(scene.crm.close_lead(ADMIN, lead_id))
        elif over == "deleted":
            accepted(scene.crm.delete_lead(ADMIN, lead_id))
        elif over == "converted":
            scene.convert(lead_id)
        elif token is not None:
            accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))
