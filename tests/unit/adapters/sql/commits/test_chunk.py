"""The fast path of a chunk writes what the general one writes, row for row, or says that the chunk is none for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attrs import evolve, fields_dict

from crmcore import (
    ClientChoice,
    Deal,
    Epoch,
    Kind,
    Lead,
    LeadId,
    MatchSetting,
    ModeSwitchPolicy,
    Money,
    PointKind,
    Ref,
    UserId,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql.commits.chunk import Chunk, JustRead, NotThisWay, _same
from crmcore.adapters.sql.commits.write import write
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.snapshot import Reader
from crmcore.adapters.sql.rows.match_keys import stored, veiled
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import ActivityId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.tombstone import stone_of
from crmcore.domain.protocol.commands import ConvertChunk
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from crmcore.testing.contracts.seeds import FULL
from tests.building import email
from tests.filled import filled
from tests.sql.servers import new_sqlite_store
from tests.unit.adapters.sql.commits.locks import Noting
from tests.unit.adapters.sql.pairs import run

#: How many leads are converted at once; two more stay.
SIZE = 7
NOW = datetime(2027, 1, 1, tzinfo=UTC)
JUNK = Stage(code="JUNK", semantics=StageSemantics.FAILURE)  # type: ignore[arg-type]  # a code is a text
POLICIES = {
    "contacts": ModeSwitchPolicy(client=ClientChoice.CONTACT),
    "companies": ModeSwitchPolicy(client=ClientChoice.COMPANY, keep_activities=False),
    "both": ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False),
}


@cache
def _image(policy: str) -> CrmImage:
    """Leads with much and with little, of a known client and of one that the chunk makes; and what they share."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    scene.store.reserve(Kind.CONTACT, 8)  # so the contact has the id of a lead that stays
    known = scene.add_contact(contact_points=[email("known@example.com")])
    company = accepted(scene.crm.add_company(ADMIN, title="Known Ltd", contact_points=[email("known@example.com")]))
    ids = []
    for fields in (
        FULL,
        {"title": "Plain"},
        {"company_title": "New Ltd", "contact_points": [email("new@example.com"), email("b@example.com")]},
        {"contact_points": [email("known@example.com")], "opened": True},
        {"contact_id": known, "company_id": company, "source": "CALL"},
        {"contact_points": [email("new@example.com")], "amount": Money(amount=FULL["amount"].amount, currency="USD")},
        {"title": "Late", "source_description": "a form"},
        {"title": "Stays"},
        {"title": "Stays too"},
    ):
        scene.clock.move(timedelta(minutes=3))
        ids.append(Ref(Kind.LEAD, scene.add(**fields)))
    closed = Ref(Kind.LEAD, scene.add(title="Closed"))
    for each in (0, 0, 0, 3, 4):
        scene.add_activity(ids[each], subject="Own", responsible=UserId(7))
    scene.add_activity(ids[1], ids[7], subject="Shared with one that stays")
    scene.add_activity(ids[0], ids[2], Ref(Kind.CONTACT, known), subject="Shared within")
    scene.add_activity(ids[2], closed, subject="Shared with one that is closed")
    accepted(scene.crm.complete_activity(ADMIN, ActivityId(1)))
    accepted(scene.crm.delete_activity(ADMIN, ActivityId(2)))
    accepted(scene.crm.close_lead(ADMIN, LeadId(int(closed.id))))
    scene.clock.move(timedelta(minutes=3))
    scene.begin(POLICIES[policy])
    return scene.image()


class Reading(SqlStore):
    """Keeps what it read last for a chunk."""

    read: tuple[Snapshot, Any]

    def _snapshot(self, tx: Transaction, query: Query) -> Snapshot:
        reader = Reader(tx)
        snapshot = reader.snapshot(query)
        if query.next_leads is not None:
            self.read = snapshot, reader.lead_rows
        return snapshot


class Decided(NamedTuple):
    """A chunk that was decided and not committed, and what it was decided on."""

    changes: Any
    snapshot: Snapshot
    rows: Any

    def chunk(self, changes: Any = None) -> Chunk:
        """The rows of it, or of other changes."""
        return Chunk(changes or self.changes, self.just_read(), 1)

    def just_read(self) -> JustRead:
        return JustRead(self.snapshot, self.rows)


def _stored(path: Path, policy: str, *, events: bool = True) -> SqlStore:
    store = new_sqlite_store(path, _image(policy))
    if events:
        run(store, "UPDATE crm_portal SET keeps_events = 1")
    return store


@pytest.fixture(scope="module")
def chunks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Decided]:
    """The chunk of each policy, decided once."""

    @cache
    def decide(policy: str) -> Decided:
        made = _stored(tmp_path_factory.mktemp("decided") / "crm.db", policy)
        store = Reading(made.make_engine, made.portal_id)
        changes = decided(Scene(store), ConvertChunk(token=SwitchToken("k", Epoch(2)), size=SIZE))
        store.close()
        made.close()
        return Decided(changes, *store.read)

    return decide


def _lines(store: SqlStore) -> list[str]:
    """Every row of every table."""
    raw = store.engine().raw_connection()
    try:
        driver: Any = raw.driver_connection
        return sorted(driver.iterdump())
    finally:
        raw.close()


def _each(records: Any, **fields: Any) -> dict[Any, Any]:
    return {id: evolve(record, **fields) for id, record in records.items()}


#: What is changed of a chunk, which stays one for the fast path.
CHANGED: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda changes: changes,
    "clients and deals that say something of their own": lambda changes: evolve(
        changes,
        contacts=_each(changes.contacts, comments="Own"),
        companies=_each(changes.companies, comments="Own", contact_points=[email("own@example.com")]),
        deals=_each(changes.deals, comments="Own"),
    ),
    "clients without contact points": lambda changes: evolve(
        changes,
        contacts=_each(changes.contacts, contact_points=()),
        companies=_each(changes.companies, contact_points=()),
    ),
    "records of another moment": lambda changes: evolve(
        changes,
        contacts=_each(changes.contacts, created_at=NOW),
        companies=_each(changes.companies, created_at=NOW),
        deals=_each(changes.deals, created_at=NOW),
    ),
    "records of no moment": lambda changes: evolve(
        changes,
        contacts=_each(changes.contacts, created_at=None),
        companies=_each(changes.companies, created_at=None),
        deals=_each(changes.deals, created_at=None),
    ),
    "rows of different moments": lambda changes: evolve(
        changes,
        ledger={
            id: evolve(row, converted_at=NOW + timedelta(id % 3), not_carried=("title",) * (id % 2))
            for id, row in changes.ledger.items()
        },
    ),
    "deals that are won": lambda changes: evolve(changes, deals=_each(changes.deals, semantics=StageSemantics.SUCCESS)),
    "outcomes that differ": lambda changes: evolve(
        changes,
        outcomes={
            id: outcome._replace(companies=id % 2, contacts=0, bound=0, completed=0)
            for id, outcome in changes.outcomes.items()
        },
    ),
    "no outcomes": lambda changes: evolve(changes, outcomes={}),
    "activities that stay open": lambda changes: evolve(changes, completes_at=None),
}


@pytest.mark.rule("SWITCH-1", "SWITCH-13", "CONV-6", "CONV-7")
@pytest.mark.parametrize(
    "policy, change", [("contacts", "nothing"), ("companies", "nothing"), *(("both", change) for change in CHANGED)]
)
def test_a_chunk_is_written_as_any_other_step(
    chunks: Callable[[str], Decided], tmp_path: Path, policy: str, change: str
) -> None:
    """Every row of every table is the same, versions, numbers and events included."""
    read = chunks(policy)
    changes = CHANGED[change](read.changes)
    quick, usual = (_stored(tmp_path / name, policy, events=change == "nothing") for name in ("quick.db", "usual.db"))
    chunk = read.chunk(changes)
    quick.write_in(lambda tx, _: chunk.write(tx))
    usual.write_in(lambda tx, _: write(tx, changes, None))
    assert _lines(quick) == _lines(usual)
    assert len(quick.page(Kind.DEAL)) == SIZE
    quick.close()
    usual.close()


def test_a_chunk_lets_go_of_what_was_read(chunks: Callable[[str], Decided]) -> None:
    """So it is not in memory twice."""
    just_read = chunks("both").just_read()
    assert (len(just_read.leads), len(just_read.rows)) == (SIZE, SIZE)
    Chunk(chunks("both").changes, just_read, 1)
    assert (just_read.leads, just_read.rows) == ({}, {})


def _without_first(records: Any) -> dict[Any, Any]:
    return dict([*records.items()][1:])


def _first(records: Any, **fields: Any) -> dict[Any, Any]:
    id = next(iter(records))
    return {**records, id: evolve(records[id], **fields)}


#: What is changed of a chunk, which is none for the fast path then.
OTHERS: list[Callable[[Any], Any]] = [
    lambda changes: {"expects": evolve(changes.expects)},
    lambda changes: {"expects": evolve(changes.expects), "leads": {}},
    lambda _: {"settings": _image("both").settings},
    lambda _: {"stages": _image("both").stages},
    lambda _: {"pipelines": _image("both").pipelines},
    lambda _: {"activities": _image("both").activities},
    lambda _: {"bindings": _image("both").bindings},
    lambda _: {"unbound": _image("both").bindings},
    lambda _: {"switches": _image("both").switches},
    lambda _: {"commands": {"k": None}},
    lambda _: {"unused_stages": frozenset({"NEW"})},
    lambda _: {"closed": {8: JUNK}},
    lambda _: {"active_leads": 9},
    lambda _: {"leads": {}, "ledger": {}, "deals": {}},
    lambda changes: {"ledger": _without_first(changes.ledger)},
    lambda changes: {"leads": _without_first(changes.leads)},
    lambda changes: {name: _without_first(getattr(changes, name)) for name in ("leads", "ledger", "deals")},
    lambda changes: {"deals": _without_first(changes.deals)},
    lambda changes: {"deals": {**changes.deals, 99: evolve(changes.deals[1], id=99)}},
    lambda changes: {"contacts": {**changes.contacts, 99: Contact(id=99, responsible=1)}},  # type: ignore[arg-type]  # ids
    lambda changes: {"companies": {**changes.companies, 99: Company(id=99, responsible=1)}},  # type: ignore[arg-type]  # ids
    *(
        lambda changes, name=name, kind=kind: {
            name: {id: stone_of(kind, each, NOW) for id, each in getattr(changes, name).items()}
        }
        for name, kind in (("deals", Kind.DEAL), ("contacts", Kind.CONTACT), ("companies", Kind.COMPANY))
    ),
    lambda changes: {"outcomes": {**changes.outcomes, 8: None}},
    lambda changes: {"leads": _first(changes.leads, title="Edited")},
    lambda changes: {"leads": _first(changes.leads, created_at=NOW)},
    lambda changes: {"leads": _first(changes.leads, semantics=StageSemantics.FAILURE)},
    lambda changes: {"leads": {**changes.leads, 1: stone_of(Kind.LEAD, changes.leads[1], NOW)}},
    lambda changes: {"ledger": _first(changes.ledger, amount=Money(amount=FULL["amount"].amount, currency="CHF"))},
]  # fmt: skip


def test_what_is_more_than_a_chunk_goes_the_usual_way(chunks: Callable[[str], Decided]) -> None:
    """The fast path says so before anything is written."""
    read = chunks("both")
    for number, other in enumerate(OTHERS):
        with pytest.raises(NotThisWay):
            assert read.chunk(evolve(read.changes, **other(read.changes))) is None, number


def test_a_chunk_that_read_other_kinds_goes_the_usual_way(chunks: Callable[[str], Decided]) -> None:
    """The fast path does not check their versions; so does one whose lead was no active lead."""
    read = chunks("both")
    for versions in (
        {**read.snapshot.read.versions, Kind.DEAL: {1: 0}},
        {**read.snapshot.read.versions, Kind.LEAD: {**read.snapshot.read.versions[Kind.LEAD], 8: 1}},
    ):
        expects = evolve(read.snapshot.read, versions=versions)
        snapshot = evolve(read.snapshot, read=expects)
        with pytest.raises(NotThisWay):
            Decided(evolve(read.changes, expects=expects), snapshot, read.rows).chunk()
    leads: Any = read.snapshot.leads
    for lead in (stone_of(Kind.LEAD, leads[1], NOW), evolve(leads[1], semantics=StageSemantics.FAILURE)):
        other: Any = {**leads, 1: lead}
        with pytest.raises(NotThisWay):
            read._replace(snapshot=evolve(read.snapshot, leads=other)).chunk()


#: What another client did since the chunk was read.
STALE = [
    "UPDATE crm_portal SET epoch = epoch + 1, switch_epoch = switch_epoch + 1",
    "UPDATE crm_lead SET version = version + 1 WHERE id = 2",
    "UPDATE crm_lead SET semantics = 'F' WHERE id = 7",
    "UPDATE crm_contact SET version = version + 1 WHERE id = 9",
    "DELETE FROM crm_contact WHERE id = 9",
    "DELETE FROM crm_company WHERE id = 1",
    "UPDATE crm_company SET version = version + 1 WHERE id = 1",
    "UPDATE crm_match SET version = version + 1 WHERE kind = 2 AND id = 9",
    "INSERT INTO crm_match (portal, kind, point, form, id, version, held)"
    " VALUES (1, 2, 'email', 'b@example.com', 77, 1, 1)",
]


@pytest.mark.rule("SWITCH-4", "SWITCH-7")
@pytest.mark.parametrize("statement", STALE)
def test_a_chunk_that_is_stale_goes_the_usual_way_which_names_what(
    chunks: Callable[[str], Decided], tmp_path: Path, statement: str
) -> None:
    """Nothing of it is written."""
    store = _stored(tmp_path / "crm.db", "both")
    run(store, statement)
    before, chunk = _lines(store), chunks("both").chunk()
    with pytest.raises(NotThisWay):
        store.write_in(lambda tx, _: chunk.write(tx))
    assert _lines(store) == before
    store.close()


@pytest.mark.rule("SWITCH-4", "CONV-7")
def test_a_chunk_locks_its_clients_and_then_all_leads_that_it_moves(
    chunks: Callable[[str], Decided], tmp_path: Path
) -> None:
    """Its own and those that share an activity, in one order; and claims the keys that it looked up."""
    read = chunks("both")
    store = _stored(tmp_path / "crm.db", "both")
    with store.engine().connect() as connection:
        tx = Noting(connection, store.portal_id)
        read.chunk().write(tx)
        connection.invalidate()
    assert tx.locked == [
        ("contact", "share", [9]),
        ("company", "share", [1]),
        ("lead", "update", [1, 2, 3, 4, 5, 6, 7, 8, 10]),
    ]
    forms = ("ann@example.com", "new@example.com", "b@example.com", "known@example.com")
    keys = [MatchKey(kind, PointKind.EMAIL, form) for kind in (Kind.CONTACT, Kind.COMPANY) for form in forms]
    assert tx.claimed == {veiled(stored(key)) for key in keys}
    store.close()


@pytest.mark.rule("CONV-3")
@pytest.mark.parametrize("cls, own", [(Company, "title"), (Contact, ""), (Deal, "title"), (Lead, "")])
def test_texts_of_a_lead_serve_a_record_that_has_its_very_values(cls: type[Any], own: str) -> None:
    """In every field that both have, but for what a conversion decides and what a row takes from the record."""
    lead, other = filled(Lead), filled(cls, count(501))
    both = sorted(fields_dict(cls).keys() & fields_dict(Lead).keys())
    left_out = {"id", "contact_id", "company_id", "deal_id", "stage", "semantics", "created_at", own}
    compared = [name for name in both if name not in left_out]
    record = evolve(filled(cls), **{name: getattr(lead, name) for name in compared})
    values = {name: getattr(other, name) for name in both} | {"opened": not lead.opened}
    same = _same(cls, own)
    assert same(record, lead)
    assert [name for name in both if not same(evolve(record, **{name: values[name]}), lead)] == compared
