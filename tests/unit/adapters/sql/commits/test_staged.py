"""Parts of an import that are staged, and the commit that makes records of them: as the store in memory does it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    Company,
    Conflict,
    Contact,
    Kind,
    Lead,
    NoEvents,
    PointKind,
    RecordFault,
    Ref,
    StageSemantics,
    UserId,
)
from crmcore.adapters.sql.commits.staged import commit_parts
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.domain.model.ids import MATCHED, ActivityId, CompanyId, ContactId, LeadId
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.events import LeadAdded
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import match_keys
from crmcore.testing.contracts.seeds import busy_crm
from tests.building import email, phone
from tests.unit.adapters.sql.pairs import Pair, moved_pair, paired, run, state_of, step

IMAGE: Any = busy_crm()
EPOCH = IMAGE.settings.epoch
BOSS = UserId(1)
POINTS = ContactPoints([email("ann@example.com"), phone("+39 06 7654321")])
OTHERS = ContactPoints([email("new@example.com")])
KEYS = match_keys([*POINTS, *OTHERS], MATCHED, (PointKind.EMAIL, PointKind.PHONE))


def _lead(id: int, **fields: Any) -> Lead:
    given = {"responsible": BOSS, "stage": "NEW", "semantics": StageSemantics.IN_PROCESS, **fields}
    return Lead(id=LeadId(id), **given)


def _read(**versions: Any) -> ReadSet:
    return ReadSet(epoch=EPOCH, versions={Kind(kind): known for kind, known in versions.items()})


#: New clients, leads that are new and leads that change, and activities of old and new ones; in parts of one import.
PARTS = (
    step(expects=_read()),
    step(
        expects=_read(stages={0: 1}, company={320: 0, 301: 2}, contact={220: 0, 205: 1}),
        companies={320: Company(id=CompanyId(320), responsible=BOSS, title="New", contact_points=POINTS)},
        contacts={
            220: Contact(id=ContactId(220), responsible=BOSS, company_id=CompanyId(320), contact_points=OTHERS),
            5_000: Contact(id=ContactId(5_000), responsible=BOSS),
        },
    ),
    step(
        expects=_read(stages={0: 1}, lead={9: 2, 10: 1, 20: 0, 16: 1}, contact={205: 1}),
        leads={
            9: evolve(IMAGE.leads[9], title="Again", contact_points=POINTS, contact_id=220),
            10: evolve(IMAGE.leads[10], title="Again too", contact_points=OTHERS),
            20: _lead(20, contact_id=220, company_id=320, contact_points=POINTS),
            21: _lead(21, stage="JUNK", semantics=StageSemantics.FAILURE, contact_points=POINTS),
        },
    ),
    step(
        expects=_read(lead={20: 0, 9: 2}, activity={420: 0}),
        activities={
            420: Activity(id=ActivityId(420), kind="call", responsible=BOSS, subject="New"),
            421: Activity(id=ActivityId(421), kind="task", responsible=BOSS),
            422: Activity(id=ActivityId(422), kind="task", responsible=BOSS),
        },
        bindings={
            420: frozenset({Ref(Kind.LEAD, 20), Ref(Kind.LEAD, 16), Ref(Kind.LEAD, 9), Ref(Kind.CONTACT, 220)}),
            421: frozenset({Ref(Kind.LEAD, 8), Ref(Kind.LEAD, 17)}),
            422: frozenset({Ref(Kind.LEAD, 21)}),
        },
    ),
)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A CRM in the middle of a switch, in both stores."""
    with moved_pair(tmp_path, IMAGE) as made:
        yield made


def _stage(pair: Pair, *parts: Changes, key: str = "k") -> list[Any]:
    """The parts in both stores, each with a note."""
    made = [store.staging(key) for store in pair]
    for staging in made:
        for number, part in enumerate(parts):
            staging.add(part, f"note {number}")
    return made


def _rows(pair: Pair, *tables: str) -> dict[str, int]:
    """How many rows there are in tables of stagings."""
    with pair.sql.reading() as tx:
        return {table: tx.rows(f"SELECT count(*) FROM crm_{table}", ())[0][0] for table in tables}


STAGED = (
    "staging", "staged_part", "staged_company", "staged_contact", "staged_lead", "staged_activity", "staged_binding",
    "staged_match", "staged_read",
)  # fmt: skip


@pytest.mark.rule("IMPORT-3")
def test_all_parts_become_records_at_once_as_in_the_reference(pair: Pair) -> None:
    """With their keys, bindings and ids; nothing of them is there before, and nothing of the staging after."""
    before = [len(pair.sql.page(kind)) for kind in (Kind.LEAD, Kind.ACTIVITY)]
    mine, other = _stage(pair, *PARTS)
    assert [len(pair.sql.page(kind)) for kind in (Kind.LEAD, Kind.ACTIVITY)] == before
    for staging in (mine, other):
        staging.commit()
    assert state_of(pair.sql) == state_of(pair.memory)
    found = [store.snapshot(Query(match_keys=KEYS)) for store in pair]
    assert found[0].matches == found[1].matches
    assert set(_rows(pair, *STAGED).values()) == {0}
    assert (mine.notes(), pair.sql.stagings()) == ((), ())


@pytest.mark.rule("IMPORT-3")
def test_each_part_has_its_note_and_its_records_are_found(pair: Pair) -> None:
    """An activity with what it is bound to; what is not staged is not found."""
    mine, other = _stage(pair, *PARTS)
    assert mine.notes() == tuple(f"note {number}" for number in range(4))
    ids = {
        Kind.COMPANY: (320, 301), Kind.CONTACT: (5_000, 220, 205), Kind.LEAD: (9, 20, 21, 5),
        Kind.ACTIVITY: (420, 421, 422, 401),
    }  # fmt: skip
    for kind, some in ids.items():
        found = mine.records(kind, some)
        assert set(found) == set(some[:-1])
        assert dict(found) == dict(other.records(kind, some))
        assert dict(mine.records(kind, some[-1:])) == {}
        assert dict(pair.sql.staging("another").records(kind, some)) == {}


@pytest.mark.rule("IMPORT-3")
def test_a_lead_that_comes_in_a_later_part_is_as_that_part_has_it(pair: Pair) -> None:
    """It was there before, so both of them change it."""
    again = step(expects=_read(lead={9: 2}), leads={9: evolve(IMAGE.leads[9], title="Last")})
    for staging in _stage(pair, *PARTS, again):
        assert staging.records(Kind.LEAD, (9,))[9].title == "Last"
        staging.commit()
    assert state_of(pair.sql) == state_of(pair.memory)


#: What stands in the way of all of them: what is different in one part, and what is named.
STALE: list[tuple[Changes, set[Ref]]] = [
    (step(expects=ReadSet(epoch=6)), {Ref(Kind.EPOCH, 6)}),  # type: ignore[arg-type]  # an epoch
    (step(expects=_read(stages={0: 2})), {Ref(Kind.STAGES, 0)}),
    (step(expects=_read(lead={16: 2, 17: 2, 99: 0})), {Ref(Kind.LEAD, 16)}),
    (step(expects=_read(lead={9: 1})), {Ref(Kind.LEAD, 9)}),
    (step(expects=_read(lead={98: 1})), {Ref(Kind.LEAD, 98)}),
    (step(expects=_read(contact={201: 0})), {Ref(Kind.CONTACT, 201)}),
    (step(expects=_read(company={302: 2, 303: 2})), {Ref(Kind.COMPANY, 302)}),
    (step(expects=_read(activity={402: 1, 401: 1})), {Ref(Kind.ACTIVITY, 401)}),
    (step(expects=_read(), leads={17: _lead(17)}), {Ref(Kind.LEAD, 17)}),
    (step(expects=_read(lead={16: 0}), leads={16: _lead(16)}), {Ref(Kind.LEAD, 16)}),
    (step(expects=_read(), contacts={203: IMAGE.contacts[203]}), {Ref(Kind.CONTACT, 203)}),
    (step(expects=_read(lead={20: 1})), {Ref(Kind.LEAD, 20)}),
]  # fmt: skip


@pytest.mark.rule("IMPORT-3", "SWITCH-4")
@pytest.mark.parametrize("part, stale", STALE)
def test_what_moved_on_since_a_part_was_decided_is_named(pair: Pair, part: Changes, stale: set[Ref]) -> None:
    """Nothing of any part is written then; the staging stays until it is discarded."""
    mine, other = _stage(pair, *PARTS, part)
    before = pair.sql.page(Kind.LEAD)
    for staging in (mine, other):
        with pytest.raises(Conflict) as told:
            staging.commit()
        if staging is mine:
            assert (set(told.value.stale), len(told.value.stale)) == (stale, len(stale))
    assert pair.sql.page(Kind.LEAD) == before
    assert len(mine.notes()) == 5
    mine.discard()
    assert set(_rows(pair, *STAGED).values()) == {0}


@pytest.mark.rule("PERM-2")
def test_whoever_has_lost_the_right_imports_nothing(pair: Pair) -> None:
    """The store asks when all is checked."""
    mine, _ = _stage(pair, *PARTS)
    with pytest.raises(Conflict) as told:
        mine.commit((), lambda: False)
    assert told.value.stale == (Ref(Kind.RIGHTS, 0),)
    assert len(mine.notes()) == 4
    mine.commit((), lambda: True)
    assert len(pair.sql.page(Kind.LEAD)) == len(IMAGE.leads) + 2


@pytest.mark.rule("EVENT-1.2")
def test_the_events_of_an_import_are_written_where_they_are_kept(pair: Pair) -> None:
    """Nowhere else."""
    for keeps, expected in ((0, []), (1, [LeadAdded(LeadId(20))])):
        mine, _ = _stage(pair, step(expects=_read()), key=f"k{keeps}")
        run(pair.sql, f"UPDATE crm_portal SET keeps_events = {keeps}")
        mine.commit((LeadAdded(LeadId(20)),))
        if keeps:
            assert [each.event for each in pair.sql.events(None, 10).entries] == expected
        else:
            with pytest.raises(NoEvents):
                pair.sql.events(None, 10)


@pytest.mark.rule("IMPORT-3")
def test_a_staging_that_ends_leaves_the_others_alone(pair: Pair) -> None:
    """Whether it is discarded or committed."""
    first, *_ = _stage(pair, *PARTS, key="first")
    second, *_ = _stage(pair, step(expects=_read(), leads={30: _lead(30, contact_points=OTHERS)}), key="second")
    third, *_ = _stage(pair, step(expects=_read(), leads={31: _lead(31)}), key="third")
    assert pair.sql.stagings() == ("first", "second", "third")
    assert first.records(Kind.LEAD, (30, 31)) == second.records(Kind.LEAD, (20, 31)) == {}
    third.discard()
    second.commit()
    assert pair.sql.stagings() == ("first",)
    assert set(first.records(Kind.LEAD, (9, 10, 20, 21))) == {9, 10, 20, 21}
    first.commit()
    assert {30, 20, 21} <= {entry.id for entry in pair.sql.page(Kind.LEAD)}
    assert 31 not in {entry.id for entry in pair.sql.page(Kind.LEAD)}


@pytest.mark.rule("IMPORT-3")
def test_two_stagings_of_the_same_records_are_told_apart(pair: Pair) -> None:
    """Each has its own, whichever was staged first."""
    made = []
    for name, lead in (("first", 16), ("second", 17)):
        part = step(
            expects=_read(lead={9: 2}),
            leads={9: evolve(IMAGE.leads[9], title=name)},
            activities={420: Activity(id=ActivityId(420), kind="call", responsible=BOSS, subject=name)},
            bindings={420: frozenset({Ref(Kind.LEAD, lead)})},
        )
        made.append(_stage(pair, part, key=name))
    for mine, other in made:
        for kind, id in ((Kind.LEAD, 9), (Kind.ACTIVITY, 420)):
            assert dict(mine.records(kind, (id,))) == dict(other.records(kind, (id,)))


@pytest.mark.rule("DATA-1")
def test_a_staged_binding_that_leads_nowhere_is_a_fault_of_its_activity(pair: Pair) -> None:
    """It is named as where it is read of a record."""
    mine, _ = _stage(pair, *PARTS)
    run(pair.sql, "UPDATE crm_staged_binding SET kind = 9 WHERE activity = 420")
    with pytest.raises(RecordFault) as told:
        dict(mine.records(Kind.ACTIVITY, (420,)))
    assert (told.value.ref, told.value.code) == (Ref(Kind.ACTIVITY, 420), "unreadable")


@pytest.mark.rule("JOIN-1")
def test_a_transaction_that_makes_records_of_parts_has_moved_counters(pair: Pair) -> None:
    """A host's transaction holds them until its end."""
    _stage(pair, *PARTS)
    moved: list[bool] = []

    def commit(tx: Transaction, _: object) -> None:
        commit_parts(tx, 1, (), None)
        moved.append(tx.moved_counters)

    pair.sql.write_in(commit)
    assert moved == [True]


@pytest.mark.rule("IMPORT-3")
def test_hundreds_of_leads_that_change_are_all_written(tmp_path: Path) -> None:
    """Some at a time, each once."""
    leads = {LeadId(id): _lead(id) for id in range(1, 502)}
    image = evolve(
        IMAGE, leads=leads, bindings={}, activities={}, ledger={}, outcomes={}, deals={}, contacts={}, companies={}
    )
    with paired(tmp_path / "crm.db", image).sql as store:
        staging = store.staging("k")
        changed = {id: evolve(lead, title=f"Lead {id}") for id, lead in leads.items()}
        staging.add(step(expects=_read(lead=dict.fromkeys(leads, 1)), leads=changed), "")
        staging.commit()
        entries = store.page(Kind.LEAD, None, 2_000)
        assert {entry.id: entry.record for entry in entries} == changed
        assert {entry.version for entry in entries} == {2}
