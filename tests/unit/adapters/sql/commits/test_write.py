"""A commit leaves in the tables what it leaves in the store in memory: every record, version, key, number and id.

lines: the steps that are written side by side, before what is said of them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ClientChoice,
    Conflict,
    Contact,
    ContactId,
    CrmMode,
    Deal,
    DealId,
    Epoch,
    Kind,
    Lead,
    LeadId,
    LeadOutcome,
    LedgerRow,
    MatchSetting,
    ModeSwitchPolicy,
    OutcomeKind,
    Pipeline,
    PointKind,
    RecordFault,
    Ref,
    Stage,
    StageCode,
    StageSemantics,
    UserId,
)
from crmcore.adapters.sql.commits.write import write
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.ids import MATCHED, ActivityId, CompanyId, PipelineId
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.model.settings import RepeatInquiry
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.tombstone import stone_of
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import ConvertLead
from crmcore.domain.protocol.events import LeadAdded, LeadClosed
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.testing.contracts.scene import Scene, decided
from crmcore.testing.contracts.seeds import busy_crm
from tests.building import email, phone
from tests.unit.adapters.sql.pairs import Pair, keys_in, moved_pair, paired, run, state_of


def _seen() -> Any:
    """A CRM in the middle of a switch, with activities that are bound to one other lead, alone or together."""
    image = busy_crm()
    bound = {402: frozenset({Ref(Kind.LEAD, 9)}), 403: frozenset({Ref(Kind.LEAD, 10), Ref(Kind.LEAD, 16)})}
    return evolve(image, bindings={**image.bindings, **bound})  # type: ignore[dict-item]  # ids


IMAGE = _seen()
NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
BOSS = UserId(1)
JUNK = Stage(code=StageCode("JUNK"), semantics=StageSemantics.FAILURE)
ACTIVE: dict[str, Any] = {"stage": StageCode("NEW"), "semantics": StageSemantics.IN_PROCESS, "responsible": BOSS}
WON: dict[str, Any] = {"stage": StageCode("CONVERTED"), "semantics": StageSemantics.SUCCESS}
OPEN: dict[str, Any] = {"pipeline_id": PipelineId(0), "stage": StageCode("NEW"), "responsible": BOSS}
#: Points of which some are those of records that are there, in the same form or in another.
POINTS = ContactPoints([email("ann@example.com"), email("new@example.com"), phone("+39 06 7654321")])
NEW = ContactPoints([email("Own@example.com")])

#: The keys of all of them, and of what is there.
KEYS = keys_in(IMAGE) | match_keys([*POINTS, *NEW], MATCHED, (PointKind.EMAIL, PointKind.PHONE))

Step = Callable[[Any], Changes]


def _changes(store: Any, asked: dict[str, Any] | None = None, **parts: Any) -> Changes:
    return Changes(expects=store.snapshot(Query(**(asked or {}))).read, **parts)


def _lead(id: int, **fields: Any) -> Lead:
    return Lead(**{**ACTIVE, "id": LeadId(id), **fields})


def _deal(id: int, **fields: Any) -> Deal:
    return Deal(**{**OPEN, "semantics": StageSemantics.IN_PROCESS, "id": DealId(id), **fields})


def _work(id: int, **fields: Any) -> Activity:
    return Activity(**{"id": ActivityId(id), "kind": "call", "responsible": BOSS, **fields})


def _company(id: int) -> Company:
    return Company(id=CompanyId(id), responsible=BOSS)


def _edited(records: Any, *ids: int, **fields: Any) -> dict[int, Any]:
    return {id: evolve(records[id], **fields) for id in ids}


def _stones(kind: Kind, records: Any, *ids: int) -> dict[int, Any]:
    return {id: stone_of(kind, records[id], NOW) for id in ids}


def _settings(store: Any) -> Changes:
    settings = store.snapshot(Query()).settings
    more = (*IMAGE.stages.stages, Stage(code=StageCode("ONE_MORE"), semantics=StageSemantics.IN_PROCESS))
    return _changes(
        store,
        {"settings": True, "stages": True},
        settings=evolve(settings, match=MatchSetting.NONE, repeat_inquiry=RepeatInquiry.NEW_DEAL, epoch=8),
        stages=LeadStages(stages=more),
        pipelines={
            PipelineId(9): Pipeline(id=PipelineId(9), name="Nine", stages=IMAGE.pipelines[PipelineId(7)].stages)
        },
    )


def _new(store: Any) -> Changes:
    """Leads with links to what is new and to what is there, and what they link to."""
    return _changes(
        store,
        leads={
            20: _lead(20, contact_id=220, company_id=320, deal_id=120, contact_points=POINTS, **WON),
            21: _lead(21, contact_id=201),
            22: _lead(22, company_id=320),
            23: _lead(23, contact_points=NEW),
            24: _lead(24, stage="JUNK", semantics=StageSemantics.FAILURE, contact_points=POINTS),
            25: _lead(25, contact_id=201, company_id=303, deal_id=103, **WON),
            26: _lead(26, contact_points=POINTS),
            5_000: _lead(5_000),
        },
        deals={120: _deal(120, lead_id=20, contact_id=220, company_id=320), 121: _deal(121)},
        contacts={220: Contact(id=ContactId(220), responsible=BOSS, company_id=CompanyId(320), contact_points=POINTS)},
        companies={320: Company(id=CompanyId(320), responsible=BOSS, lead_id=LeadId(20), contact_points=POINTS)},
        activities={420: _work(420), 421: _work(421)},
        bindings={
            420: frozenset({Ref(Kind.LEAD, 20), Ref(Kind.LEAD, 9), Ref(Kind.DEAL, 120)}),
            421: frozenset({Ref(Kind.LEAD, 8)}),
        },
        commands={"new": CommandRecord(key="new", fingerprint="f", made=(Ref(Kind.LEAD, 20),), not_carried=("x",))},
        events=(LeadAdded(LeadId(20)), LeadAdded(LeadId(21))),
    )


def _edit(store: Any) -> Changes:
    """Records that are there, with contact points that they had, that others have, and that are new."""
    asked = {
        "leads": (5, 8, 9, 10, 16), "deals": (103, 104), "contacts": (201, 205), "companies": (303, 302),
        "activities": (404, 408), "pipelines": True,
    }  # fmt: skip
    return _changes(
        store,
        asked,
        leads={
            **_edited(IMAGE.leads, 8, 9, 10, title="Edited", contact_points=POINTS),
            **_edited(IMAGE.leads, 5, contact_points=NEW),
            **_edited(IMAGE.leads, 16, contact_id=201, company_id=None),
        },
        deals=_edited(IMAGE.deals, 103, 104, title="Edited", contact_id=205),
        contacts={
            **_edited(IMAGE.contacts, 201, contact_points=NEW),
            **_edited(IMAGE.contacts, 205, contact_points=POINTS),
        },
        companies=_edited(IMAGE.companies, 303, 302, title="Edited"),
        activities=_edited(IMAGE.activities, 404, 408, subject="Edited"),
        pipelines=_edited(IMAGE.pipelines, 7, name="Edited"),
    )


def _delete(store: Any) -> Changes:
    asked = {
        "leads": (10, 8, 16), "deals": (103,), "contacts": (201,), "companies": (303,), "activities": (408, 404),
    }  # fmt: skip
    return _changes(
        store,
        asked,
        leads=_stones(Kind.LEAD, IMAGE.leads, 10, 8),
        deals=_stones(Kind.DEAL, IMAGE.deals, 103),
        contacts=_stones(Kind.CONTACT, IMAGE.contacts, 201),
        companies=_stones(Kind.COMPANY, IMAGE.companies, 303),
        activities=_stones(Kind.ACTIVITY, IMAGE.activities, 408, 404),
    )


def _bind(store: Any) -> Changes:
    """Activities get records and lose some: every active lead of them moves, before or after."""
    return _changes(
        store,
        {"activities": (404, 408, 409)},
        activities=_edited(IMAGE.activities, 408, 404, 409, unbound=frozenset({Ref(Kind.LEAD, 10)})),
        bindings={
            404: frozenset({Ref(Kind.LEAD, 9), Ref(Kind.LEAD, 3), Ref(Kind.COMPANY, 309)}),
            409: frozenset({Ref(Kind.LEAD, 16)}),
        },
        unbound={408: frozenset({Ref(Kind.LEAD, 10)}), 405: frozenset({Ref(Kind.LEAD, 3), Ref(Kind.DEAL, 110)})},
    )


def _close(store: Any) -> Changes:
    return _changes(
        store, {"leads": (9, 10)}, closed={9: JUNK, 10: JUNK}, outcomes={9: LeadOutcome(OutcomeKind.CLOSED)}
    )


def _outcomes(store: Any) -> Changes:
    """Marks are lifted and set, another outcome stays, and one is replaced."""
    aside = LeadOutcome(OutcomeKind.SET_ASIDE, code="unwritable")
    return _changes(
        store,
        outcomes={
            9: None, 13: None, 5: None, 10: aside, 16: aside,
            3: LeadOutcome(OutcomeKind.DELETED, added=True), 8: LeadOutcome(OutcomeKind.DELETED), 12: None,
            11: LeadOutcome(OutcomeKind.DELETED),
            17: LeadOutcome(OutcomeKind.CONVERTED, None, True, 1, 2, 3, 4, 5),
        },
    )  # fmt: skip


def _row(lead: int, deal: int, *activities: int, **clients: Any) -> LedgerRow:
    given = {"contact_id": None, "company_id": None, **clients}
    return LedgerRow(
        lead_id=LeadId(lead),
        deal_id=DealId(deal),
        amount=None,
        activity_ids=tuple(map(ActivityId, activities)),
        not_carried=(),
        converted_at=NOW,
        **given,
    )


def _ledger(completes_at: datetime | None) -> Step:
    """Two leads become deals at once, with activities that are open, completed, deleted, edited, or of other leads."""

    def step(store: Any) -> Changes:
        asked = {"leads": (10, 17), "activities": (407, 405)}
        leads = {
            10: IMAGE.leads[LeadId(10)].converted("CONVERTED", 130, 201, None),
            17: IMAGE.leads[LeadId(17)].converted("CONVERTED", 131, None, 303),
        }
        return _changes(
            store,
            asked,
            leads=leads,
            deals={130: _deal(130, lead_id=10, contact_id=201), 131: _deal(131, lead_id=17, company_id=303)},
            ledger={
                10: _row(10, 130, 408, 406, 404, 410, 402, 403, contact_id=201),
                17: _row(17, 131, 407, 411, 430, 405, company_id=303),
            },
            activities={
                **_edited(IMAGE.activities, 407, subject="Edited"),
                **_stones(Kind.ACTIVITY, IMAGE.activities, 405),
                430: _work(430),
            },
            bindings={430: frozenset({Ref(Kind.LEAD, 17)}), 407: frozenset({Ref(Kind.LEAD, 16)})},
            completes_at=completes_at,
        )

    return step


def _by_command(store: Any) -> Changes:
    scene = Scene(store)
    return decided(scene, ConvertLead(lead_id=LeadId(10), policy=ModeSwitchPolicy(client=ClientChoice.BOTH)))


def _switch(store: Any) -> Changes:
    switch = evolve(IMAGE.switches["again"], ended="finished", ended_at=NOW)
    other = evolve(IMAGE.switches["again"], key="next", epoch=Epoch(9))
    return _changes(store, {"live_switch": True}, switches={"again": switch, "next": other})


STEPS: dict[str, Step] = {
    "settings, stages and pipelines": _settings,
    "new records": _new,
    "edited records": _edit,
    "deleted records": _delete,
    "bindings": _bind,
    "leads that are closed unread": _close,
    "outcomes": _outcomes,
    "conversions that complete": _ledger(NOW),
    "conversions that keep open": _ledger(None),
    "a conversion by hand": _by_command,
    "switches": _switch,
    "nothing": _changes,
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A CRM in the middle of a switch, in both stores."""
    with moved_pair(tmp_path, IMAGE) as made:
        yield made


@pytest.mark.rule("SWITCH-1", "EDIT-1", "CONV-6", "CONV-7", "SWITCH-13")
@pytest.mark.parametrize("name", STEPS)
def test_a_commit_leaves_what_it_leaves_in_the_reference(pair: Pair, name: str) -> None:
    """Everything that the port tells, whoever asks."""
    for store in pair:
        store.commit(STEPS[name](store))
    assert state_of(pair.sql) == state_of(pair.memory)
    found = [store.snapshot(Query(match_keys=KEYS)).matches for store in pair]
    assert found[0] == found[1]


@pytest.mark.rule("DATA-3")
def test_a_key_that_nobody_has_any_more_cannot_be_read(pair: Pair) -> None:
    """Its version stays, under a digest; what others have stays as it is."""
    assert {("ann@example.com",), ("+39061234567",)} <= set(_rows(pair, "SELECT form FROM crm_match"))
    pair.sql.commit(_delete(pair.sql))
    asked = {"leads": (1, 3, 7), "companies": (301,)}
    leads, companies = (
        _edited(IMAGE.leads, 1, 3, 7, contact_points=()),
        _edited(IMAGE.companies, 301, contact_points=NEW),
    )
    pair.sql.commit(_changes(pair.sql, asked, leads=leads, companies=companies))
    left = _rows(pair, "SELECT form, held, id FROM crm_match WHERE form NOT LIKE 'sha256:%'")
    assert left == [("own@example.com", 1, 301)]
    assert not _rows(pair, "SELECT 1 FROM crm_match WHERE form LIKE 'sha256:%' AND held")


#: What a record has for contact points in turn, and by how much each key that it has or had has moved then.
TURNS: list[tuple[list[str], dict[str, tuple[int, bool]]]] = [
    (["a@x.it", "b@x.it"], {"a": (1, True), "b": (1, True)}),
    (["b@x.it", "c@x.it"], {"a": (2, False), "b": (2, True), "c": (1, True)}),
    (["a@x.it"], {"a": (3, True), "b": (3, False), "c": (2, False)}),
    (["a@x.it"], {"a": (4, True), "b": (3, False), "c": (2, False)}),
]


@pytest.mark.rule("CONV-7")
def test_a_client_moves_every_key_that_it_has_or_had(pair: Pair) -> None:
    """So does an active lead; one that is closed moves none, and is found by the keys that it has once it is active."""
    keys = {name: MatchKey(Kind.CONTACT, PointKind.EMAIL, f"{name}@x.it") for name in "abc"}
    for turn, (values, expected) in enumerate(TURNS):
        points = ContactPoints(map(email, values))
        contact = Contact(id=ContactId(230), responsible=BOSS, contact_points=points)
        asked = {"contacts": (230,), "leads": (30, 31)}
        active = _lead(30, contact_points=points)
        closed = _lead(31, contact_points=points, stage="JUNK", semantics=StageSemantics.FAILURE)
        pair.sql.commit(_changes(pair.sql, asked, contacts={230: contact}, leads={30: active, 31: closed}))
        for kind, id in ((Kind.CONTACT, 230), (Kind.LEAD, 30)):
            there = {name: key._replace(kind=kind) for name, key in keys.items()}
            snapshot = pair.sql.snapshot(Query(match_keys=frozenset(there.values())))
            assert {
                name: (snapshot.read.versions[Kind.MATCH_KEY][key], snapshot.matches.get(key, ()) == (id,))
                for name, key in there.items()
                if name in expected
            } == expected, (turn, kind)
    held = _rows(pair, "SELECT form, version FROM crm_match WHERE kind = 0 AND id = 31 AND held ORDER BY form")
    assert held == [("a@x.it", 0)]
    again = _lead(31, contact_points=ContactPoints([email("a@x.it")]))
    pair.sql.commit(_changes(pair.sql, {"leads": (31,)}, leads={31: again}))
    assert pair.sql.snapshot(Query(match_keys=frozenset({MatchKey(Kind.LEAD, PointKind.EMAIL, "a@x.it")}))).matches == {
        MatchKey(Kind.LEAD, PointKind.EMAIL, "a@x.it"): (30, 31)
    }


def _rows(pair: Pair, statement: str) -> list[tuple[Any, ...]]:
    with pair.sql.reading() as tx:
        return [tuple(row) for row in tx.rows(statement, ())]


@pytest.mark.rule("DATA-1", "CONV-7")
def test_a_record_whose_points_cannot_be_read_loses_the_keys_that_it_held(pair: Pair) -> None:
    """The table says which they are: nobody is found by them any more."""
    run(pair.sql, "UPDATE crm_contact SET contact_points = '[' WHERE id = 201")
    edited = _edited(IMAGE.contacts, 201, contact_points=NEW)
    for store in pair:
        store.commit(_changes(pair.memory, {"contacts": (201,)}, contacts=edited))
    found = [store.snapshot(Query(match_keys=KEYS)).matches for store in pair]
    assert found[0] == found[1]


@pytest.mark.rule("SWITCH-9")
@pytest.mark.parametrize("version", ["'x'", "1.5", "-1", "0"])
def test_a_row_whose_version_is_none_begins_anew_when_it_is_closed_unread(pair: Pair, version: str) -> None:
    """The others go on with the version that they have."""
    run(
        pair.sql,
        f"UPDATE crm_lead SET version = {version} WHERE id = 9",
        "UPDATE crm_lead SET version = 7 WHERE id = 10",
    )
    read = pair.sql.snapshot(Query(outcome_of=LeadId(9), unread=True)).read
    expects = evolve(read, versions={Kind.LEAD: {**read.versions[Kind.LEAD], LeadId(10): 7}})
    pair.sql.commit(Changes(expects=expects, closed={LeadId(9): JUNK, LeadId(10): JUNK}))
    assert _rows(pair, "SELECT id, version, stage, semantics FROM crm_lead WHERE portal = 2 AND id IN (9, 10)") == [
        (9, 2, "JUNK", "F"),
        (10, 8, "JUNK", "F"),
    ]


@pytest.mark.rule("EVENT-1.2", "EVENT-2.3")
@pytest.mark.parametrize("keeps", [True, False])
def test_events_are_written_with_the_step_where_they_are_kept(pair: Pair, keeps: bool) -> None:
    """In the order in which they are told, behind those of earlier steps."""
    run(pair.sql, f"UPDATE crm_portal SET keeps_events = {int(keeps)}")
    told = (LeadAdded(LeadId(1)), LeadClosed(LeadId(1)), LeadAdded(LeadId(2)))
    for events in (told[:2], told[2:], ()):
        pair.sql.commit(_changes(pair.sql, events=events))
    run(pair.sql, "UPDATE crm_portal SET keeps_events = 1")
    entries = pair.sql.events(None, 10).entries
    assert [(each.id, each.event) for each in entries] == list(enumerate(told, 1)) * keeps


@pytest.mark.rule("PERM-2")
def test_whoever_has_lost_the_right_at_the_serial_point_writes_nothing(pair: Pair) -> None:
    """The store asks once, after it has looked for what is stale."""
    before = state_of(pair.sql)
    asked: list[bool] = []

    def confirm() -> bool:
        asked.append(True)
        return len(asked) > 1

    with pytest.raises(Conflict) as told:
        pair.sql.commit(_new(pair.sql), confirm)
    assert told.value.stale == (Ref(Kind.RIGHTS, 0),)
    stale = Changes(expects=ReadSet(epoch=6), leads={LeadId(20): _lead(20)})  # type: ignore[arg-type]
    with pytest.raises(Conflict) as told:
        pair.sql.commit(stale, confirm)
    assert told.value.stale == (Ref(Kind.EPOCH, 6),)
    assert {name: each for name, each in state_of(pair.sql).items() if name != "next ids"} == {
        name: each for name, each in before.items() if name != "next ids"
    }
    pair.sql.commit(_new(pair.sql), confirm)
    assert len(asked) == 2
    assert len(pair.sql.page(Kind.LEAD)) == len(IMAGE.leads) + 8


@pytest.mark.rule("SWITCH-9")
def test_a_lead_with_an_activity_whose_row_is_gone_cannot_be_converted(pair: Pair) -> None:
    """The fault is that of the lead, so a switch sets it aside."""
    changes = _ledger(NOW)(pair.sql)
    run(pair.sql, "DELETE FROM crm_activity WHERE id = 408")
    with pytest.raises(RecordFault) as told:
        pair.sql.commit(changes)
    assert (told.value.ref, told.value.code) == (Ref(Kind.LEAD, 10), "unwritable")


def test_the_first_ids_of_a_new_crm_are_given_once(tmp_path: Path) -> None:
    """Those that a step brings are not handed out again, and all other kinds begin at 1."""
    with paired(tmp_path / "crm.db", new_crm(CrmMode.CLASSIC)).sql as store:
        store.commit(_changes(store, leads={1: _lead(1), 2: _lead(2)}))
        assert [store.reserve(kind, 1)[0] for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT)] == [3, 1, 1]


@pytest.mark.rule("JOIN-1")
def test_a_transaction_knows_whether_it_has_moved_a_counter(pair: Pair) -> None:
    """A host's transaction that did holds it until its end, whatever it writes later."""
    moved: list[bool] = []

    steps = [
        _changes(pair.sql, companies=companies) for companies in ({}, {320: _company(320)}, {310: _company(310)}, {})
    ]

    def note(tx: Transaction, _: object) -> None:
        for changes in steps:
            write(tx, changes, None)
            moved.append(tx.moved_counters)

    pair.sql.write_in(note)
    assert moved == [False, True, True, True]
