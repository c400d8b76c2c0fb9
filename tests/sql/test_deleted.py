"""What a database keeps of a deleted record: its id and its links, and no word of its data."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from crmcore import Address, CustomFields, Kind, PersonName, Ref
from crmcore.adapters.sql import SqlStore
from crmcore.adapters.sql.rows.tables import metadata
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey
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
    assert everywhere(store, "zamfir") == ["crm_activity", "crm_lead", "crm_match"]

    accepted(scene.crm.delete_lead(ADMIN, lead))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []


@pytest.mark.rule("EDIT-1")
def test_no_table_has_an_address_that_was_edited_away(store: SqlStore) -> None:
    """Of a contact too, which is never deleted."""
    scene = Scene(store)
    contact = scene.add_contact(contact_points=POINTS)
    accepted(scene.crm.edit_contact(ADMIN, contact, 1, contact_points=()))

    assert everywhere(store, "zamfir", "40721234567", "721 234") == []


@pytest.mark.rule("EDIT-1", "CONV-7")
def test_a_key_that_goes_and_comes_moves_its_version_each_time(store: SqlStore) -> None:
    """Also one that is too long to be kept as it is; found is only who has it now."""
    scene = Scene(store)
    for value in ("ana@zamfir.example", f"{'a' * 300}@zamfir.example"):
        points = (ContactPoint(kind=PointKind.EMAIL, value=value),)
        key = MatchKey(Kind.CONTACT, PointKind.EMAIL, value)
        contact = scene.add_contact()
        seen = []
        for version, has in enumerate((points, (), points, ()), 1):
            accepted(scene.crm.edit_contact(ADMIN, contact, version, contact_points=has))
            found = store.snapshot(Query(match_keys=frozenset({key})))
            seen.append(found.version(Kind.MATCH_KEY, key))
            assert found.matches.get(key, ()) == ((contact,) if has else ())
        assert len(set(seen)) == 4
    assert everywhere(store, "zamfir") == []


@pytest.mark.rule("CONV-7")
def test_no_table_has_an_address_that_was_only_looked_up(store: SqlStore) -> None:
    """The claim of a key outlives the lead whose client was looked for."""
    scene = Scene(store)
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    lead = scene.add(contact_points=POINTS)
    accepted(scene.crm.delete_lead(ADMIN, lead))

    assert everywhere(store, "zamfir") == []


@pytest.mark.rule("DATA-5.4")
def test_no_table_and_no_byte_has_a_word_of_an_erased_person(database: Database, tmp_path: Path) -> None:
    """Of no version of its records: a title that was edited before is gone too, from the file and from its log."""
    with store_in(database.url, new_crm(CrmMode.CLASSIC), schema=database.schema) as store:
        scene = Scene(store)
        lead = scene.add(title="Zamfir first", contact_points=POINTS, comments="Zamfir calls back " * 200)
        scene.edit(lead, title="Zamfir title", name=PersonName(first="Ana", last="Zamfir"))
        scene.add_activity(Ref(Kind.LEAD, lead), subject="Call Zamfir")
        row = scene.convert(lead)
        scene.add(title="Zamfir again", contact_points=POINTS[:1])
        assert row.contact_id is not None
        accepted(scene.crm.erase(ADMIN, Ref(Kind.CONTACT, row.contact_id)))
        assert everywhere(store, "zamfir", "721") == []
        assert accepted(scene.crm.audit(ADMIN)) == ()
        store.empty_log()
        files = sorted(tmp_path.glob("**/*"))
        assert [path.name for path in files if path.is_file() and b"zamfir" in path.read_bytes().lower()] == []
