"""Values that an image brings past every check: such a record is set aside and named, and nobody else is held up."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve, fields

from crmcore import (
    ActivityId,
    ContactId,
    DealId,
    InvalidValue,
    Kind,
    LeadId,
    MatchSetting,
    Money,
    PersonName,
    RecordFault,
    Ref,
    StoreFull,
    SwitchReport,
)
from crmcore.adapters.document import dump_crm, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.model.values import Address, ContactPoint, PointKind
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from tests.building import BOTH
from tests.sql.test_planted import VALUES as PLANTED_IN_TABLES

pytestmark = pytest.mark.rule("DATA-1", "SWITCH-9")

LEADS = 20


def planted(record: Any, **values: Any) -> Any:
    """The record with other values, as somebody makes it who passes its checks by."""
    return unchecked(type(record))(**{each.name: getattr(record, each.name) for each in fields(type(record))} | values)  # type: ignore[arg-type]  # a class is hashable


def nested(depth: int) -> list[Any]:
    """A list in a list, and so on."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


EUROS = Money(amount=Decimal(5), currency="EUR")
NAME = PersonName(first="Ann", last="Arbor")
WORK = ContactPoint(kind=PointKind.PHONE, type="WORK", value="7")

#: The table and the column of `tests/sql/test_planted.py`, and the part of the record with what is planted there.
VALUES: list[tuple[str, str, str, Any]] = [
    ("lead", "amount", "amount", planted(EUROS, amount=Decimal("NaN"))),
    ("lead", "amount", "amount", planted(EUROS, amount=Decimal("1e999"))),
    ("lead", "amount", "amount", planted(EUROS, amount=Decimal("0.12345678901"))),
    ("lead", "amount", "amount", planted(EUROS, amount="a lot")),
    ("lead", "currency", "amount", planted(EUROS, currency="EURO")),
    ("lead", "currency", "amount", planted(EUROS, currency="")),
    ("lead", "title", "title", "x" * 1000),
    ("lead", "title", "title", "a\0"),
    ("lead", "title", "title", "\x1b["),
    ("lead", "title", "title", b"ab"),
    ("lead", "responsible", "responsible", "boss"),
    ("lead", "responsible", "responsible", 0),
    ("lead", "responsible", "responsible", -1),
    ("lead", "opened", "opened", "maybe"),
    ("lead", "source", "source", "a b"),
    ("lead", "source", "source", ""),
    ("lead", "stage", "stage", ""),
    ("lead", "semantics", "semantics", "X"),
    ("lead", "observers", "observers", (1, "x")),
    ("lead", "observers", "observers", "["),
    ("lead", "contact_points", "contact_points", (planted(WORK, value=7),)),
    ("lead", "contact_points", "contact_points", (planted(WORK, kind="fax"),)),
    ("lead", "address", "address", planted(Address(city="Rome"), city=1)),
    ("lead", "custom", "custom", {"UF_A": 1.5}),
    ("lead", "custom", "custom", {"UF_A": nested(100_000)}),
    ("lead", "address", "address", nested(900)),
    ("lead", "utm", "utm", 10**5000),
    ("lead", "birth_date", "birth_date", "yesterday"),
    ("lead", "created_at", "created_at", datetime(2026, 1, 1)),  # noqa: DTZ001  # no zone: that is what is wrong
    ("lead", "last_name", "name", planted(NAME, last="y" * 256)),
    ("activity", "kind", "kind", ""),
    ("activity", "subject", "subject", "x" * 1000),
    ("activity", "responsible", "responsible", "x"),
    ("activity", "completed", "completed", "perhaps"),
    ("activity", "deadline", "deadline", "soon"),
]
IDS = [f"{kind}.{column}.{number}" for number, (kind, column, _, _) in enumerate(VALUES)]


def filled(number: int) -> CrmImage:
    """A Classic CRM with leads, each with an activity."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    for each in range(number):
        scene.add_activity(Ref(Kind.LEAD, scene.add(title=f"Request {each}")))
    return scene.image()


def with_planted(image: CrmImage, kind: str, part: str, value: Any, id: int) -> CrmImage:
    """The image with a value in a part of one record."""
    if kind == "lead":
        lead = planted(image.leads[LeadId(id)], **{part: value})
        return evolve(image, leads={**image.leads, LeadId(id): lead})
    activity = planted(image.activities[ActivityId(id)], **{part: value})
    return evolve(image, activities={**image.activities, ActivityId(id): activity})


def violations(scene: Scene) -> list[tuple[str, str, Any]]:
    """What an audit finds."""
    return [(each.rule, each.kind.value, each.ids[0]) for each in audit_store(scene.store)]


def set_aside(scene: Scene) -> list[int]:
    """The leads that the switch has set aside."""
    outcomes = scene.store.page(Kind.OUTCOME)
    return [entry.id[1] for entry in outcomes if entry.record.kind is OutcomeKind.SET_ASIDE]


def test_what_is_planted_in_the_tables_of_a_database_is_planted_here_too() -> None:
    """Place by place, so that neither list has one that the other lacks."""
    assert [(kind, column) for kind, column, *_ in VALUES] == [(kind, column) for kind, column, _ in PLANTED_IN_TABLES]


@pytest.mark.parametrize("kind, column, part, value", VALUES, ids=IDS)
def test_a_planted_value_is_set_aside_and_named(kind: str, column: str, part: str, value: Any) -> None:
    """All the others are converted; the audit names the very record, and an export names it too."""
    scene = Scene(InMemoryStore(with_planted(filled(LEADS), kind, part, value, 7)))
    report = scene.switch(BOTH)
    found = 0 if column == "semantics" else 1  # not active any more, so there is nothing to convert
    assert report.totals.converted == LEADS - 1
    assert set_aside(scene) == [7][:found]
    assert violations(scene) == [("DATA-1", kind, 7)]
    with pytest.raises(RecordFault) as told:
        image_of(scene.store)
    assert told.value.ref == Ref(Kind(kind), 7)


def test_all_of_them_at_once_stop_nobody_else() -> None:
    """Each in a lead of its own: the others are converted, the audit names exactly these, and all is clean without."""
    image = filled(len(VALUES) + LEADS)
    for id, (kind, _, part, value) in enumerate(VALUES, start=1):
        image = with_planted(image, kind, part, value, id)
    named = sorted(("DATA-1", kind, id) for id, (kind, *_) in enumerate(VALUES, start=1))
    aside = [id for id, (_, column, *_) in enumerate(VALUES, start=1) if column != "semantics"]
    scene = Scene(InMemoryStore(image))
    assert sorted(violations(scene)) == named
    report = scene.switch(BOTH)
    assert (report.result, report.totals.converted, report.totals.remaining) == ("blocked", LEADS, 0)
    assert set_aside(scene) == aside
    assert sorted(violations(scene)) == named

    for id in range(1, len(VALUES) + 1):
        accepted(scene.crm.delete_lead(ADMIN, LeadId(id)))
    assert scene.switch(BOTH).result == "switched"
    assert violations(scene) == []
    image = image_of(scene.store)
    assert load_crm(dump_crm(image)) == image


CLIENT = ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")


def test_a_client_that_cannot_be_read_stops_the_leads_that_would_be_matched_with_it() -> None:
    """None of them gets a second client of the same address; one whose addresses are lost has none to be found by."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    scene.add(contact_points=[CLIENT])
    scene.add(title="Another")
    scene.add_contact(contact_points=[CLIENT])
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    image = scene.image()
    for part, value, aside in (("job_title", "x" * 1000, [1]), ("contact_points", (planted(CLIENT, value=7),), [])):
        contact = planted(image.contacts[ContactId(1)], **{part: value})
        hurt = Scene(InMemoryStore(evolve(image, contacts={ContactId(1): contact})))
        report = hurt.switch(BOTH)
        assert isinstance(report, SwitchReport)
        assert set_aside(hurt) == aside
        assert violations(hurt) == [("DATA-1", "contact", 1)]


#: How a record of each table is damaged, and what an audit then names.
REST: list[tuple[str, Callable[[CrmImage], dict[Any, Any]], tuple[str, Any]]] = [
    ("deals", lambda image: _hurt(image.deals, title=7), ("deal", 1)),
    ("companies", lambda image: _hurt(image.companies, title=7), ("company", 1)),
    ("contacts", lambda image: _hurt(image.contacts, job_title=7), ("contact", 1)),
    ("ledger", lambda image: _hurt(image.ledger, activity_ids=("x",)), ("ledger", 1)),
    ("outcomes", lambda image: _hurt(image.outcomes, code="a b"), ("outcome", 1)),
    ("switches", lambda image: _hurt(image.switches, at_begin=-1), ("switch", "k")),
    ("commands", lambda image: _hurt(image.commands, fingerprint=7), ("command", "once")),
    ("pipelines", lambda image: _hurt(image.pipelines, name="x" * 1000), ("pipeline", 0)),
]


def _hurt(table: Any, **values: Any) -> dict[Any, Any]:
    """The table with its first record damaged."""
    first = next(iter(table))
    made = table[first]._replace(**values) if isinstance(table[first], tuple) else planted(table[first], **values)
    return {**table, first: made}


@pytest.mark.parametrize("part, damage, named", REST, ids=[part for part, *_ in REST])
def test_a_damaged_record_of_any_table_is_named(
    part: str, damage: Callable[[CrmImage], dict[Any, Any]], named: tuple[str, Any]
) -> None:
    """By its kind and id, beside whatever its neighbours miss; no page gives it away."""
    scene = Scene(InMemoryStore(filled(2)))
    accepted(scene.crm.add_lead(ADMIN, key="once"))
    scene.switch(BOTH)
    hurt = Scene(InMemoryStore(evolve(scene.image(), **{part: damage(scene.image())})))  # type: ignore[arg-type]  # the part's own
    assert [each[1:] for each in violations(hurt) if each[0] == "DATA-1"] == [named]
    with pytest.raises(RecordFault):
        hurt.image()


KEY = MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")
#: What asks for a damaged record of each table, and what the fault names: a lead that it belongs to, or the record.
ASKED: list[tuple[str, Query | Listing, Ref]] = [
    ("deals", Query(deals=(DealId(1),)), Ref(Kind.DEAL, 1)),
    ("deals", Query(match_keys=frozenset({KEY}), open_deals=True), Ref(Kind.DEAL, 1)),
    ("deals", Listing(kind=Kind.DEAL), Ref(Kind.DEAL, 1)),
    ("ledger", Query(leads=(LeadId(1),)), Ref(Kind.LEAD, 1)),
    ("ledger", Query(outcome_of=LeadId(1), unread=True), Ref(Kind.LEAD, 1)),
    ("outcomes", Query(leads=(LeadId(1),)), Ref(Kind.LEAD, 1)),
    ("outcomes", Query(outcome_of=LeadId(1)), Ref(Kind.LEAD, 1)),
    ("pipelines", Query(pipelines=True), Ref(Kind.PIPELINE, 0)),
    ("switches", Query(switch_key="k"), Ref(Kind.SWITCH, "k")),
    ("commands", Query(command_key="once"), Ref(Kind.COMMAND, "once")),
]


def test_whoever_asks_for_a_damaged_record_gets_the_fault() -> None:
    """In whatever way it is asked for, and nobody else does."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    for _ in range(2):
        scene.add(contact_points=[CLIENT])
    accepted(scene.crm.add_lead(ADMIN, key="once"))
    accepted(scene.crm.convert_chunk(scene.begin(), 1))
    image = scene.image()
    damages = {part: damage for part, damage, _ in REST}
    for part, asked, ref in ASKED:
        changed: dict[str, Any] = {part: damages[part](image)}
        for store, faulty in ((InMemoryStore(image), False), (InMemoryStore(evolve(image, **changed)), True)):
            with pytest.raises(RecordFault) if faulty else nullcontext() as told:
                store.listed(asked) if isinstance(asked, Listing) else store.snapshot(asked)
            assert told is None or (part, told.value.ref) == (part, ref)


@pytest.mark.rule("DATA-3", "SWITCH-12")
@pytest.mark.parametrize("asked", [Query(leads=(LeadId(1),), match=True), Query(next_leads=NextLeads(1))])
def test_a_lead_whose_client_is_gone_is_the_fault_of_the_lead(asked: Query) -> None:
    """Whether it is converted by hand or in a chunk."""
    scene = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    scene.add(contact_id=scene.add_contact())
    with pytest.raises(RecordFault) as told:
        InMemoryStore(evolve(scene.image(), contacts={})).snapshot(asked)
    assert (told.value.ref, told.value.code) == (Ref(Kind.LEAD, 1), "no_client")


@pytest.mark.rule("IMPORT-1")
def test_a_store_without_ids_says_of_which_kind() -> None:
    """And why, so that whoever imported the highest one knows."""
    image = filled(1)
    highest = LeadId(ID_LIMIT)
    last = evolve(image.leads[LeadId(1)], id=highest)
    store = InMemoryStore(evolve(image, leads={highest: last}))
    with pytest.raises(StoreFull, match="no more ids for a lead: a record with the highest possible id was imported"):
        store.reserve(Kind.LEAD, 1)


@pytest.mark.parametrize(
    "part, value",
    [
        ("settings", planted(new_crm().settings, epoch=0)),
        ("stages", planted(new_crm().stages, stages=())),
        ("bindings", {ActivityId(1): frozenset({Ref(Kind.PIPELINE, 1)})}),
        ("bindings", {ActivityId(1): frozenset({Ref(Kind.LEAD, -1)})}),
    ],
)
def test_what_no_record_answers_for_is_refused(part: str, value: Any) -> None:
    """Settings, stages and bindings that may not be stored make no CRM."""
    with pytest.raises(InvalidValue):
        InMemoryStore(evolve(filled(1), **{part: value}))
