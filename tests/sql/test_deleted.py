"""What a database keeps of a deleted record: its id and its links, and no word of its data."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from crmcore import Address, CustomFields, Kind, PersonName, Ref
from crmcore.adapters.sql import SqlStore
from crmcore.adapters.sql.tables import metadata
from crmcore.domain.image import new_crm
from crmcore.domain.mode import CrmMode
from crmcore.domain.values import ContactPoint, PointKind
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.sql.conftest import Database
from tests.sql.servers import store_in

pytestmark = pytest.mark.rule("DATA-3")

POINTS = (
    ContactPoint(kind=PointKind.EMAIL, value="ana@zamfir.example"),
    ContactPoint(kind=PointKind.PHONE, value="+40 721 234 567"),
)


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        yield store


def everywhere(store: SqlStore, *words: str) -> list[str]:
    """The tables in which one of these words stands."""
    with store.engine().connect() as connection:
        rows = [
            (table.name, str(row).lower())
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    return sorted({name for name, row in rows if any(word in row for word in words)})


def test_no_table_has_a_word_of_a_deleted_lead(store: SqlStore) -> None:
    """Title, name, address, texts, its own activity, and the e-mail and phone by which it was found."""
    scene = Scene(store)
    lead = scene.add(
        title="Zamfir title",
        name=PersonName(first="Ana", last="Zamfir"),
        contact_points=POINTS,
        address=Address(street="Calea Zamfir 1"),
        comments="Zamfir calls back",
        custom=CustomFields({"UF_A": "zamfir"}),
    )
    scene.add_activity(Ref(Kind.LEAD, lead), subject="Call Zamfir")
    assert everywhere(store, "zamfir") == ["crm_activity", "crm_lead"]

    accepted(scene.crm.delete_lead(ADMIN, lead))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []


@pytest.mark.rule("EDIT-1")
def test_no_table_has_an_address_that_was_edited_away(store: SqlStore) -> None:
    """Of a contact too, which is never deleted."""
    scene = Scene(store)
    contact = scene.add_contact(contact_points=POINTS)
    accepted(scene.crm.edit_contact(ADMIN, contact, 1, contact_points=()))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []
