"""What a store may not tell by its order."""

from pathlib import Path

import pytest

from crmcore import Activity, ActivityId, Kind, LeadId, ModeSwitchPolicy, Ref
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.ports.store import close_store
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.sql.servers import new_sqlite_store


@pytest.mark.rule("SWITCH-11", "IMPORT-1")
@pytest.mark.parametrize("where", ["memory", "sqlite"])
def test_the_ledger_names_activities_by_id_whatever_came_first(where: str, tmp_path: Path) -> None:
    """An export does not tell in which order activities came, so a CRM loaded from one must convert to the same."""
    seed = new_crm(CrmMode.CLASSIC)
    store = InMemoryStore(seed) if where == "memory" else new_sqlite_store(tmp_path / "crm.db", seed)
    try:
        scene = Scene(store)
        lead_id: LeadId = scene.add()
        bound = frozenset({Ref(Kind.LEAD, lead_id)})
        activities = tuple((Activity(id=ActivityId(id)), bound) for id in (9, 4, 7))
        accepted(scene.crm.import_records(ADMIN, ImportRecords(leads=(), activities=activities)))

        assert scene.convert(lead_id, ModeSwitchPolicy()).activity_ids == (4, 7, 9)
    finally:
        close_store(store)
