"""The answer to a query from the tables is that of the store in memory, part by part; what is damaged is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Deal,
    DealId,
    Epoch,
    Kind,
    LeadId,
    MatchSetting,
    PointKind,
    RecordFault,
    Ref,
    StoreCorrupt,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.ids import ActivityId
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted
from crmcore.testing.contracts.seeds import SEEDS, busy_crm
from tests.building import email
from tests.unit.adapters.sql.pairs import Pair, asked, keys_in, moved_pair, paired, run, told


def _seen() -> Any:
    """A CRM in the middle of a switch, with an activity bound anew and one unbound, and closed deals of clients."""
    image: Any = busy_crm()
    open_deal = image.deals[DealId(103)]
    closed = {
        id: evolve(open_deal, id=id, stage=deal.stage, semantics=deal.semantics)
        for id, deal in image.deals.items()
        if id in (104, 105) and isinstance(deal, Deal)
    }
    bound = {
        ActivityId(402): frozenset({Ref(Kind.LEAD, 9), Ref(Kind.CONTACT, 204)}),
        ActivityId(405): image.bindings[ActivityId(405)] - {Ref(Kind.LEAD, 3)},
    }
    return evolve(image, deals={**image.deals, **closed}, bindings={**image.bindings, **bound})


IMAGE = _seen()
LEADS = tuple(IMAGE.leads)
NOBODY = LeadId(99)
#: A lead with an activity that was deleted.
WITH_DELETED = LeadId(4)
CARDS = [
    Ref(kind, id)
    for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
    for id in (*range(1, 19), 110, 201, 205, 301, 303)
]
EVERYTHING: dict[str, Any] = {
    "settings": True, "stages": True, "pipelines": True, "results": True, "match": True, "open_deals": True,
    "live_switch": True, "backlog": True, "tally": Epoch(7), "stages_in_use": True, "counts": True,
    "newest_switches": (0, 10),
}  # fmt: skip

QUERIES: dict[str, list[Query]] = {
    "nothing": [asked()],
    "what there is one of": [
        asked(settings=True), asked(stages=True), asked(pipelines=True), asked(stages_in_use=True), asked(counts=True),
        asked(backlog=True),
    ],
    "leads by id": [
        *(asked(leads=(id,)) for id in (*LEADS, NOBODY)),
        *(asked(leads=(id,), results=True) for id in (1, 3, 4, 7, 13, 14, 15, 9)),
        asked(leads=(7, 3, 99, 3, 4)), asked(leads=(18, 1)), asked(leads=(3, 7)), asked(leads=(7, 3)),
        asked(leads=LEADS), asked(leads=(*LEADS, 99), results=True), asked(leads=(3, 4), results=True),
        asked(leads=(10, 9), match=True), asked(leads=(10, 7), match=True, open_deals=True),
        asked(leads=(6, 99), match=True),
    ],
    "the next leads": [
        asked(next_leads=NextLeads(1)), asked(next_leads=NextLeads(2)), asked(next_leads=NextLeads(10)),
        asked(next_leads=NextLeads(10, without=frozenset({LeadId(10), LeadId(17)}))),
        asked(next_leads=NextLeads(1, without=frozenset({LeadId(10), LeadId(16)}))),
        asked(next_leads=NextLeads(10, after=LeadId(10))),
        asked(next_leads=NextLeads(10, after=LeadId(9), shard=(1, 2))),
        *(asked(next_leads=NextLeads(10, shard=(part, 2))) for part in (0, 1)),
        *(asked(next_leads=NextLeads(10, shard=(part, 3))) for part in (0, 1, 2)),
        asked(next_leads=NextLeads(10), leads=(1, 16)), asked(next_leads=NextLeads(10), **EVERYTHING),
        asked(next_leads=NextLeads(10), match=True), asked(next_leads=NextLeads(2**63 - 1)),
    ],
    "cards by id": [
        asked(deals=(101, 104, 105, 108, 999, 101)), asked(contacts=(201, 204, 205, 999)),
        asked(companies=(301, 306, 308, 999)), asked(deals=(112,), contacts=(208,), companies=(309,), leads=(18,)),
    ],
    "activities": [
        *(asked(activities=(id,)) for id in (*IMAGE.activities, 999)), asked(activities=(411, 401, 999, 401)),
        *(asked(activities_of=(ref,)) for ref in CARDS), asked(activities_of=tuple(CARDS), activities=(410,)),
    ],
    "match keys": [
        asked(match_keys=frozenset({MatchKey(Kind.CONTACT, PointKind.EMAIL, "nobody@example.com")})),
        asked(match_keys=keys_in(IMAGE)), asked(match_keys=keys_in(IMAGE), open_deals=True),
        *(asked(match_keys=frozenset({key}), open_deals=True) for key in sorted(keys_in(IMAGE))),
        asked(leads=(10,), match=True, match_keys=keys_in(IMAGE)),
    ],
    "switches": [
        asked(live_switch=True), asked(switch_key="first"), asked(switch_key="first", live_switch=True),
        asked(switch_key="none"), asked(command_key="once"), asked(command_key="none"),
        *(asked(newest_switches=pair) for pair in ((0, 10), (0, 1), (7, 10), (7, 1), (5, 10), (2, 10))),
    ],
    "outcomes": [
        *(asked(outcome_of=id) for id in (*LEADS, NOBODY)),
        *(asked(outcome_of=id, unread=True) for id in (*LEADS, NOBODY) if id != WITH_DELETED),
        *(asked(tally=epoch) for epoch in (1, 2, 5, 7)),
        *(asked(tally=epoch, backlog=True, live_switch=True) for epoch in (5, 7)),
        asked(tally=7, backlog=True), asked(tally=7, backlog=True, switch_key="first"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A CRM in the middle of a switch."""
    with moved_pair(tmp_path_factory.mktemp("busy"), IMAGE) as made:
        yield made


@pytest.mark.rule("SWITCH-9", "SWITCH-13")
@pytest.mark.parametrize("name", QUERIES)
def test_the_tables_answer_as_the_reference_does(busy: Pair, name: str) -> None:
    """Every part of the snapshot, and the version of everything that was read."""
    for query in QUERIES[name]:
        assert told(busy.sql.snapshot(query)) == told(busy.memory.snapshot(query)), query


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if SEEDS[seed] is not busy_crm])
def test_other_crms_are_read_whole(tmp_path: Path, seed: str) -> None:
    """Simple or Classic, with a switch or without one."""
    image = SEEDS[seed]()
    pair = paired(tmp_path / "crm.db", image)
    for query in (
        asked(leads=tuple(image.leads), deals=tuple(image.deals), activities=tuple(image.activities), **EVERYTHING),
        asked(next_leads=NextLeads(5), **EVERYTHING),
        asked(match_keys=keys_in(image), open_deals=True),
    ):
        assert told(pair.sql.snapshot(query)) == told(pair.memory.snapshot(query))
    pair.sql.close()


def test_what_is_known_of_a_lead_unread_says_which_activities_are_left(busy: Pair) -> None:
    """A deleted one does not go with the lead; its version was looked at too."""
    query = asked(outcome_of=WITH_DELETED, unread=True)
    found, expected = busy.sql.snapshot(query), busy.memory.snapshot(query)
    assert found.read.versions == {**expected.read.versions, Kind.ACTIVITY: {ActivityId(410): 1}}
    assert told(evolve(found, read=expected.read)) == told(expected)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqlStore]:
    """The same CRM, for damage."""
    with paired(tmp_path / "crm.db", IMAGE).sql as store:
        yield store


#: What another client did, what is asked then, and what is named as unreadable.
DAMAGED: list[tuple[str, Query, Ref]] = [
    ("UPDATE crm_lead SET version = 0 WHERE id = 5", asked(leads=(5,)), Ref(Kind.LEAD, 5)),
    ("UPDATE crm_lead SET amount = 'NaN' WHERE id = 10", asked(leads=LEADS), Ref(Kind.LEAD, 10)),
    (f"UPDATE crm_lead SET title = '{'x' * 1000}' WHERE id = 10", asked(leads=LEADS), Ref(Kind.LEAD, 10)),
    ("UPDATE crm_lead SET birth_date = '2026-02-30' WHERE id = 10", asked(leads=LEADS), Ref(Kind.LEAD, 10)),
    ("UPDATE crm_outcome SET kind = 'gone' WHERE lead = 13", asked(leads=(13,)), Ref(Kind.LEAD, 13)),
    ("UPDATE crm_outcome SET contacts = -1 WHERE lead = 13", asked(outcome_of=LeadId(13)), Ref(Kind.LEAD, 13)),
    ("UPDATE crm_ledger SET activity_ids = '[0]' WHERE lead = 3", asked(leads=(3,)), Ref(Kind.LEAD, 3)),
    ("UPDATE crm_ledger SET amount = 'NaN' WHERE lead = 7", asked(leads=LEADS), Ref(Kind.LEAD, 7)),
    ("UPDATE crm_activity SET kind = '' WHERE id = 408", asked(leads=(10,)), Ref(Kind.LEAD, 10)),
    ("UPDATE crm_activity SET deadline = 'soon' WHERE id = 408", asked(leads=LEADS), Ref(Kind.LEAD, 10)),
    ("UPDATE crm_activity SET kind = '' WHERE id = 408", asked(activities=(408,)), Ref(Kind.ACTIVITY, 408)),
    ("UPDATE crm_binding SET kind = 9 WHERE activity = 408", asked(activities=(408,)), Ref(Kind.ACTIVITY, 408)),
    ("UPDATE crm_binding SET id = 0 WHERE activity = 401", asked(activities=(401,)), Ref(Kind.ACTIVITY, 401)),
    ("UPDATE crm_binding SET id = 'x' WHERE activity = 411", asked(activities=(411,)), Ref(Kind.ACTIVITY, 411)),
    ("UPDATE crm_deal SET currency = '' WHERE id = 101", asked(deals=(101,)), Ref(Kind.DEAL, 101)),
    ("UPDATE crm_pipeline SET version = 0 WHERE id = 7", asked(pipelines=True), Ref(Kind.PIPELINE, 7)),
    ("UPDATE crm_switch SET version = 0 WHERE key = 'k'", asked(switch_key="k"), Ref(Kind.SWITCH, "k")),
]  # fmt: skip


@pytest.mark.rule("DATA-1", "SWITCH-9")
@pytest.mark.parametrize("statement, query, ref", DAMAGED)
def test_what_cannot_be_read_is_a_fault_of_the_record_that_was_asked_for(
    other: SqlStore, statement: str, query: Query, ref: Ref
) -> None:
    """What is about a lead is a fault of the lead, so that a switch sets it aside."""
    run(other, statement)
    with pytest.raises(RecordFault) as told:
        other.snapshot(query)
    assert (told.value.ref, told.value.code) == (ref, "unreadable")


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize(
    "statement, query, says",
    [
        ("UPDATE crm_pipeline SET id = 'x' WHERE id = 8", asked(pipelines=True),
         "a row of crm_pipeline has no id that can be read"),
        ("UPDATE crm_switch SET terms = '{}' WHERE key = 'again'", asked(next_leads=NextLeads(1)),
         "crm_portal and crm_switch differ in the terms of the live switch"),
        ("UPDATE crm_tally SET outcome = '[]' WHERE outcome LIKE '%true%'", asked(tally=Epoch(7)),
         "the numbers of a switch in crm_tally cannot be read"),
        ("UPDATE crm_tally SET outcome = replace(outcome, 'unreadable', 'a b')", asked(tally=Epoch(7)),
         "the numbers of a switch in crm_tally cannot be read"),
    ],
)  # fmt: skip
def test_what_no_record_answers_for_is_damage_of_the_store(
    other: SqlStore, statement: str, query: Query, says: str
) -> None:
    """It is said in which table."""
    run(other, statement)
    with pytest.raises(StoreCorrupt) as told:
        other.snapshot(query)
    assert str(told.value) == says


@pytest.mark.rule("SWITCH-12", "DATA-3")
@pytest.mark.parametrize("kind, client", [(Kind.CONTACT, 204), (Kind.COMPANY, 306)])
def test_a_lead_whose_client_is_not_there_is_a_fault_where_it_is_to_be_converted(
    other: SqlStore, kind: Kind, client: int
) -> None:
    """Whoever only reads the lead is told nothing."""
    run(other, f"DELETE FROM crm_{kind} WHERE id = {client}")
    assert len(other.snapshot(asked(leads=(16,))).leads) == 1
    for query in (asked(next_leads=NextLeads(9)), asked(leads=(16,), match=True)):
        with pytest.raises(RecordFault) as told:
            other.snapshot(query)
        assert (told.value.ref, told.value.code) == (Ref(Kind.LEAD, 16), "no_client")


@pytest.mark.rule("SWITCH-9", "CONV-7")
@pytest.mark.parametrize("damaged", [1, 2])
def test_a_client_that_cannot_be_read_stops_the_lead_that_would_be_matched_with_it(
    tmp_path: Path, damaged: int
) -> None:
    """Not its neighbour; who looks for the client itself is told of the client."""
    made = Scene(InMemoryStore(new_crm(CrmMode.CLASSIC)))
    accepted(made.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    for name in ("ann@example.com", "bob@example.com"):
        made.add_contact(contact_points=[email(name)])
        made.add(contact_points=[email(name)])
    pair = paired(tmp_path / "crm.db", made.image())
    run(pair.sql, f"UPDATE crm_contact SET custom = '[' WHERE id = {damaged}")
    keys = keys_in(made.image())
    for query, ref in (
        (asked(leads=(1, 2), match=True), Ref(Kind.LEAD, damaged)),
        (asked(leads=(1, 2), match=True, match_keys=keys), Ref(Kind.LEAD, damaged)),
        (asked(match_keys=keys), Ref(Kind.CONTACT, damaged)),
    ):
        with pytest.raises(RecordFault) as told:
            pair.sql.snapshot(query)
        assert (told.value.ref, told.value.code) == (ref, "unreadable")
    pair.sql.close()


def test_a_binding_whose_activity_is_gone_is_read_with_version_0(other: SqlStore) -> None:
    """An activity that is not there is missing, and nobody passes over it."""
    run(other, "DELETE FROM crm_activity WHERE id IN (411, 402)")
    found = other.snapshot(asked(activities_of=(Ref(Kind.COMPANY, 303),)))
    assert (found.read.versions[Kind.ACTIVITY], list(found.bindings), dict(found.activities)) == ({411: 0}, [411], {})
    unread = other.snapshot(asked(outcome_of=LeadId(9), unread=True))
    assert (unread.read.versions[Kind.ACTIVITY], unread.alone) == ({402: 0}, ())


def test_a_snapshot_says_whether_events_are_kept(other: SqlStore) -> None:
    """A step tells them only where they are."""
    assert not other.snapshot(asked()).keeps_events
    run(other, "UPDATE crm_portal SET keeps_events = 1")
    assert other.snapshot(asked()).keeps_events


#: What another client did, and how many leads the progress of the live switch has left then.
LEFT = [
    ("UPDATE crm_switch SET at_begin = 50 WHERE key = 'again'", 44),
    ("UPDATE crm_switch SET at_begin = 7 WHERE key = 'again'", 1),
    ("UPDATE crm_switch SET at_begin = 6 WHERE key = 'again'", 3),
    ("UPDATE crm_switch SET at_begin = 50, ended = 'finished', ended_at = began_at WHERE key = 'again'", 3),
    ("UPDATE crm_tally SET number = 3 WHERE outcome LIKE '%true%'", 3),
    ("UPDATE crm_tally SET number = 10 WHERE outcome LIKE '%true%'", 3),
]


@pytest.mark.rule("SWITCH-13")
@pytest.mark.parametrize("statement, left", LEFT)
def test_the_progress_of_a_live_switch_comes_from_its_numbers(other: SqlStore, statement: str, left: int) -> None:
    """As long as they say that something is left; all others are told what was counted."""
    run(other, statement)
    progress = asked(backlog=True, tally=Epoch(7), live_switch=True)
    assert other.snapshot(progress).the_backlog.active == left
    for query in (evolve(progress, tally=None), evolve(progress, tally=Epoch(5)), evolve(progress, live_switch=False)):
        assert other.snapshot(query).the_backlog.active == 3
