"""The read-only views: the same records that the library reads, in words for people, on each database."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import text
from tools.generated import ROOT, sql_views

from crmcore import (
    ClientChoice,
    CompanyId,
    ContactId,
    Crm,
    DealId,
    Kind,
    Lead,
    LeadId,
    ModeSwitchPolicy,
    Ref,
    Refused,
    UserId,
)
from crmcore.adapters.bitrix24_csv import read_activities, read_leads
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import SqlStore, create_portal
from crmcore.adapters.sql.database.versions import begun
from crmcore.adapters.sql.rows.views import VIEWS
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import LINKS, Tombstone
from crmcore.domain.model.values import PointKind
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.sample import activities_file, leads_file
from tests.building import there
from tests.sql.conftest import Database
from tests.sql.servers import lay_tables

BOSS = UserId(1)
DOCUMENT = Path(ROOT / "docs" / "spec" / "sql-views.md")
STATES = {"P": "in_process", "S": "success", "F": "failure"}

Row = dict[str, Any]


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    """A CRM that was switched, gone back to Classic, got more leads, lost one, and has a live switch again."""
    roles = {BOSS: [ADMINISTRATOR]}
    image = new_crm(CrmMode.CLASSIC)
    lay_tables(database.url, database.schema)
    create_portal(database.url, "other", schema=database.schema).close()
    with create_portal(database.url, image=image, schema=database.schema, roles=roles) as made:
        crm = Crm(store=made, permissions=made.permissions, plan=made.plan, clock=SystemClock())
        leads = read_leads(leads_file())
        activities = read_activities(activities_file(), frozenset(lead.id for lead in leads.leads))
        crm.import_records(BOSS, ImportRecords(leads=leads.leads, activities=activities.activities))
        crm.switch_to_simple(BOSS, key="first", policy=ModeSwitchPolicy(client=ClientChoice.BOTH))
        crm.switch_to_classic(BOSS)
        for title in ("new", "gone", "closed"):
            crm.add_lead(BOSS, title=title)
        *_, gone, closed = image_of(made).leads
        crm.delete_lead(BOSS, gone)
        crm.close_lead(BOSS, closed)
        crm.add_activity(BOSS, of=[Ref(Kind.LEAD, closed)], kind="call", subject="again")
        crm.begin_switch(BOSS, key="second")
        crm.delete_deal(BOSS, DealId(1))
        crm.delete_contact(BOSS, ContactId(1))
        crm.delete_company(BOSS, CompanyId(1))
        yield made


def _rows(database: Database, view: str) -> list[Row]:
    with begun(database.url, database.schema) as connection:
        found = connection.execute(text(f"SELECT * FROM {view} WHERE portal = 'main'")).mappings()
        return [dict(row) for row in found]


def _instant(value: Any) -> Any:
    return None if value is None else value.isoformat()


def _check_gone(row: Row, stone: Tombstone) -> None:
    """Of a deleted record there are its links, and when that was."""
    kept = {
        "id": stone.id,
        "deleted_at": stone.deleted_at.isoformat(),
        **{name: getattr(stone, name) for name in LINKS},
    }
    said = {name: value for name, value in row.items() if name not in ("portal", "version")}
    assert said == {name: kept.get(name) for name in said}


def _points(record: Any, kind: PointKind) -> str | None:
    return ", ".join(point.value for point in record.contact_points if point.kind is kind) or None


@pytest.mark.rule("DATA-3")
def test_the_views_show_what_the_library_reads(store: SqlStore, database: Database) -> None:
    """Every record has its row, and the columns say what the records say."""
    image = image_of(store)
    _check_leads(image, _rows(database, "crm_leads"))
    parts: tuple[tuple[str, Mapping[Any, Any]], ...]
    parts = ("deals", image.deals), ("contacts", image.contacts), ("companies", image.companies)
    for name, records in parts:
        rows = {row["id"]: row for row in _rows(database, f"crm_{name}")}
        assert rows.keys() == records.keys()
        for id, record in records.items():
            row = rows[id]
            if isinstance(record, Tombstone):
                _check_gone(row, record)
                continue
            assert row["deleted_at"] is None
            assert (row["lead_id"], row["responsible"], bool(row["opened"])) == (
                record.lead_id,
                record.responsible,
                record.opened,
            )
            assert (row["comments"], row["created_at"]) == (record.comments, _instant(record.created_at))
            if name != "deals":
                assert row["emails"] == _points(record, PointKind.EMAIL)
                assert row["phones"] == _points(record, PointKind.PHONE)
    deals = {row["id"]: row for row in _rows(database, "crm_deals")}
    for id, deal in there(image.deals).items():
        row = deals[id]
        amount = None if deal.amount is None else str(deal.amount.amount)
        assert (row["amount"], row["stage"], row["state"]) == (amount, deal.stage, STATES[deal.semantics.value])
        assert (row["contact_id"], row["company_id"]) == (deal.contact_id, deal.company_id)


def _check_leads(image: CrmImage, rows: list[Row]) -> None:
    assert {row["id"] for row in rows} == image.leads.keys()
    for row in rows:
        lead = image.leads[row["id"]]
        if isinstance(lead, Tombstone):
            assert row["deleted_at"] == _instant(lead.deleted_at)
            assert {row["title"], row["stage"], row["state"], row["emails"], row["responsible"]} == {None}
            continue
        assert (row["title"], row["stage"], row["state"]) == (lead.title, lead.stage, STATES[lead.semantics.value])
        assert (row["first_name"], row["last_name"]) == (lead.name.first, lead.name.last)
        assert row["emails"] == _points(lead, PointKind.EMAIL)
        assert row["phones"] == _points(lead, PointKind.PHONE)
        assert row["amount"] == (None if lead.amount is None else str(lead.amount.amount))
        assert row["currency"] == (None if lead.amount is None else lead.amount.currency)
        assert (row["deal_id"], row["deleted_at"]) == (lead.deal_id, None)
        assert set(json.loads(row["custom"] or "{}")) == set(lead.custom)


@pytest.mark.rule("CONV-9", "SWITCH-13")
def test_the_views_tell_what_a_switch_did(store: SqlStore, database: Database) -> None:
    """Bindings, ledger, switches and outcomes, to the last row."""
    image = image_of(store)
    bindings = {(row["activity_id"], row["kind"], row["id"]) for row in _rows(database, "crm_bindings")}
    assert bindings == {(id, ref.kind.value, ref.id) for id, refs in image.bindings.items() for ref in refs}
    ledger = {row["lead_id"]: row for row in _rows(database, "crm_ledger_rows")}
    assert ledger.keys() == image.ledger.keys()
    for id, kept in image.ledger.items():
        row = ledger[id]
        assert (row["deal_id"], row["contact_id"], row["company_id"]) == (
            kept.deal_id,
            kept.contact_id,
            kept.company_id,
        )
        assert json.loads(row["activity_ids"]) == list(kept.activity_ids)
        assert json.loads(row["not_carried"]) == list(kept.not_carried)
        assert row["converted_at"] == _instant(kept.converted_at)
    switches = {row["key"]: row for row in _rows(database, "crm_switches")}
    assert {key: row["ended"] for key, row in switches.items()} == {"first": "finished", "second": None}
    for key, switch in image.switches.items():
        row = switches[key]
        assert (row["epoch"], row["at_begin"]) == (switch.epoch, switch.at_begin)
        assert (row["began_at"], row["ended_at"]) == (_instant(switch.began_at), _instant(switch.ended_at))
    outcomes = {(row["epoch"], row["lead_id"]): row for row in _rows(database, "crm_outcomes")}
    assert outcomes.keys() == image.outcomes.keys()
    for each, outcome in image.outcomes.items():
        row = outcomes[each]
        assert (row["switch"], row["outcome"], row["code"]) == ("first", outcome.kind.value, outcome.code)
        assert (row["contacts"], row["bound"], row["kept_open"]) == (outcome.contacts, outcome.bound, outcome.kept_open)


def test_the_views_show_activities_roles_and_portals(store: SqlStore, database: Database) -> None:
    """The rest of what is kept."""
    image = image_of(store)
    rows = {row["id"]: row for row in _rows(database, "crm_activities")}
    assert rows.keys() == image.activities.keys()
    for id, activity in image.activities.items():
        assert not isinstance(activity, Tombstone)
        assert (rows[id]["subject"], rows[id]["kind"]) == (activity.subject, activity.kind)
        assert bool(rows[id]["completed"]) is activity.completed
    assert _rows(database, "crm_actor_roles") == [{"portal": "main", "actor": 1, "role": "administrator"}]
    (portal,) = _rows(database, "crm_portals")
    assert (portal["mode"], portal["live_switch"], bool(portal["has_classic"])) == ("classic", "second", True)
    assert portal["epoch"] == image.settings.epoch


def test_rows_of_another_portal_are_told_apart(store: SqlStore, database: Database) -> None:
    """The first column of each view is the portal's name."""
    with begun(database.url, database.schema) as connection:
        names = connection.execute(text("SELECT portal FROM crm_portals ORDER BY portal")).scalars().all()
        assert names == ["main", "other"]
        for view in VIEWS:
            first = next(iter(connection.execute(text(f"SELECT * FROM {view.name}")).keys()))
            assert first == "portal"


def test_a_view_cannot_be_written(store: SqlStore, database: Database) -> None:
    """They are for reading."""
    for view in VIEWS[1:]:
        with (
            pytest.raises(Exception, match=r"rejected"),
            begun(database.url, database.schema, make=True) as connection,
        ):
            connection.execute(text(f"DELETE FROM {view.name}"))


@pytest.mark.rule("CONV-5")
def test_the_queries_of_the_document_find_what_they_say(store: SqlStore, database: Database) -> None:
    """Also where a lead was imported in the stage of success: it was never converted, so the ledger has no row."""
    crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
    crm.cancel_switch(BOSS)
    success = image_of(store).stages.success
    lead = next(each for each in image_of(store).leads.values() if isinstance(each, Lead) and each.is_active)
    done = evolve(lead, id=LeadId(9_000), stage=success.code, semantics=success.semantics)
    assert not isinstance(crm.import_records(BOSS, ImportRecords(leads=(done,))), Refused)
    by_outcome, unknown = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    with begun(database.url, database.schema, make=True) as connection:
        counts = connection.execute(text(by_outcome)).all()
        assert sum(count for *_, count in counts) == len(image_of(store).outcomes) > 0
        assert {(portal, switch) for portal, switch, *_ in counts} == {("main", "first")}
        assert connection.execute(text(unknown)).all() == []
        converted = next(iter(image_of(store).ledger))
        connection.execute(text("DELETE FROM crm_ledger WHERE lead = :lead"), {"lead": converted})
        assert connection.execute(text(unknown)).all() == [("main", converted)]
        connection.rollback()


def test_the_document_has_every_column(store: SqlStore, database: Database) -> None:
    """In the order of the views, with what each means; the databases have the same."""
    assert sql_views() in DOCUMENT.read_text(encoding="utf-8")
    with begun(database.url, database.schema) as connection:
        for view in VIEWS:
            there = list(connection.execute(text(f"SELECT * FROM {view.name}")).keys())
            assert there == [column.name for column in view.columns]
