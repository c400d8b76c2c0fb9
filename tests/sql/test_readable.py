"""An audit of a CRM with records that cannot be read names each of them, and looks at all the others."""

from collections.abc import Callable
from typing import Any

import pytest

from crmcore import Kind, RecordFault, Ref
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.ports.store import Entry
from crmcore.testing.contracts.scene import Scene
from tests.building import BOTH
from tests.sql.conftest import Database
from tests.sql.servers import store_in

pytestmark = pytest.mark.rule("DATA-1", "SWITCH-9")


@pytest.fixture
def damaged(database: Database) -> Callable[..., list[tuple[str, str, Any]]]:
    """Switch 30 leads, do damage in SQL, and audit."""

    def audited(*statements: str) -> list[tuple[str, str, Any]]:
        with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
            scene = Scene(store)
            for _ in range(30):
                scene.add_activity(Ref(Kind.LEAD, scene.add(title="Request")))
            scene.switch(BOTH)
            with store.engine().begin() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
            return [(each.rule, each.kind.value, each.ids[0]) for each in audit_store(store)]

    return audited


@pytest.mark.parametrize("kind", ["lead", "deal", "contact", "company"])
def test_every_unreadable_record_is_named_once(damaged: Callable[..., Any], kind: str) -> None:
    """Wherever it stands, also two side by side."""
    found = damaged(f"UPDATE crm_{kind} SET custom = '[' WHERE id IN (1, 17, 18, 30)")
    assert found == [("DATA-1", kind, id) for id in (1, 17, 18, 30)]


def test_what_can_be_read_is_audited_all_the_same(damaged: Callable[..., Any]) -> None:
    """A law that is broken beside an unreadable record is found too."""
    found = damaged(
        "UPDATE crm_contact SET custom = '[' WHERE id = 3",
        "UPDATE crm_deal SET lead_id = NULL WHERE id = 4",
        "UPDATE crm_lead SET custom = '[' WHERE id = 5",
    )
    assert ("SWITCH-1", "deal", 4) in found
    assert [each for each in found if each[0] == "DATA-1"] == [("DATA-1", "contact", 3), ("DATA-1", "lead", 5)]


def test_an_export_needs_every_record(database: Database) -> None:
    """The first that cannot be read is named."""
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        Scene(store).add()
        with store.engine().begin() as connection:
            connection.exec_driver_sql("UPDATE crm_lead SET custom = '['")
        with pytest.raises(RecordFault) as told:
            image_of(store)
        assert told.value.ref == Ref(Kind.LEAD, 1)


def test_a_fault_that_does_not_say_where_to_go_on_ends_the_audit() -> None:
    """A store that names another record than one of the page cannot be read around."""

    class Vague(InMemoryStore):
        def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
            if kind is Kind.OUTCOME:
                raise RecordFault(Ref(Kind.LEAD, 1), "unreadable")
            return super().page(kind, after, limit)

    with pytest.raises(RecordFault):
        list(audit_store(Vague()))
