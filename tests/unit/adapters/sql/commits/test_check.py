"""What a commit finds stale at its serial point, which rows it locks there, and when it has to be alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from crmcore import Conflict, Contact, ContactId, Epoch, Kind, LeadId, LeadOutcome, OutcomeKind, PointKind, Ref, UserId
from crmcore.adapters.sql.commits.check import Standing, needs_portal_alone
from crmcore.adapters.sql.rows.match_keys import stored, veiled
from crmcore.domain.model.ids import RECORDS
from crmcore.domain.model.stages import Stage, StageSemantics
from crmcore.domain.model.tombstone import stone_of
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol.changes import ReadSet
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing.contracts.seeds import busy_crm
from tests.building import email
from tests.unit.adapters.sql.commits.locks import Noting
from tests.unit.adapters.sql.pairs import Pair, moved_pair, step

IMAGE: Any = busy_crm()
EPOCH = IMAGE.settings.epoch
JUNK = Stage(code="JUNK", semantics=StageSemantics.FAILURE)  # type: ignore[arg-type]  # a code is a text
CLOSED = LeadOutcome(OutcomeKind.CLOSED)
KEY = MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")
NOBODY = MatchKey(Kind.CONTACT, PointKind.EMAIL, "nobody@example.com")


#: A key is its own id.
_KEYS: Any = {Ref(Kind.MATCH_KEY, each) for each in (NOBODY, KEY)}  # type: ignore[arg-type]  # as said


def _of(kind: Kind, *ids: Any) -> dict[Any, Any]:
    """Records of the CRM, under ids of others too: only the ids are looked at."""
    records = getattr(IMAGE, RECORDS[kind])
    return {id: evolve(records.get(id) or next(iter(records.values())), id=id) for id in ids}


def _read(**versions: Any) -> ReadSet:
    return ReadSet(epoch=EPOCH, versions={Kind(kind): known for kind, known in versions.items()})


#: A step that nothing is stale of, with the versions that are there.
FRESH = step(
    expects=_read(
        settings={0: 1}, stages={0: 1}, lead={9: 2, 10: 1, 99: 0}, deal={101: 2, 999: 0}, outcome={9: 1, 10: 0},
        switch={"again": 1, "none": 0}, command={"once": 1, "none": 0}, pipeline={0: 2}, match_key={NOBODY: 0},
    ),
    leads=_of(Kind.LEAD, 10, 99, 98), activities=_of(Kind.ACTIVITY, 499), commands={"new": None},
    switches={"new": None}, ledger={LeadId(10): IMAGE.ledger[LeadId(4)]}, unused_stages=frozenset({"LATER"}),
    active_leads=4,
)  # fmt: skip

#: What is changed of it, and what is stale then.
STALE: list[tuple[dict[str, Any], set[Ref]]] = [
    ({}, set()),
    ({"expects": ReadSet(epoch=Epoch(6))}, {Ref(Kind.EPOCH, 6), Ref(Kind.LEAD, 10)}),
    ({"expects": _read(settings={0: 2}, lead={10: 1})}, {Ref(Kind.SETTINGS, 0)}),
    ({"expects": _read(stages={0: 2}, lead={10: 1})}, {Ref(Kind.STAGES, 0)}),
    ({"expects": _read(lead={9: 1, 10: 1, 99: 1, 6: 1})}, {Ref(Kind.LEAD, 9), Ref(Kind.LEAD, 99)}),
    ({"expects": _read(lead={10: 0})}, {Ref(Kind.LEAD, 10)}),
    ({"expects": _read(lead={10: 1}, deal={101: 1, 102: 1, 999: 1})}, {Ref(Kind.DEAL, 101), Ref(Kind.DEAL, 999)}),
    ({"expects": _read(lead={10: 1}, contact={201: 1, 203: 1})}, {Ref(Kind.CONTACT, 201)}),
    ({"expects": _read(lead={10: 1}, company={301: 1, 302: 2})}, {Ref(Kind.COMPANY, 301), Ref(Kind.COMPANY, 302)}),
    ({"expects": _read(lead={10: 1}, activity={401: 2, 402: 2})}, {Ref(Kind.ACTIVITY, 402)}),
    ({"expects": _read(lead={10: 1}, pipeline={0: 1, 7: 1})}, {Ref(Kind.PIPELINE, 0)}),
    ({"expects": _read(lead={10: 1}, outcome={9: 0, 10: 1, 13: 1})}, {Ref(Kind.OUTCOME, 9), Ref(Kind.OUTCOME, 10)}),
    ({"expects": _read(lead={10: 1}, switch={"k": 2, "none": 1})}, {Ref(Kind.SWITCH, "k"), Ref(Kind.SWITCH, "none")}),
    ({"expects": _read(lead={10: 1}, command={"once": 0, "a deal": 1})}, {Ref(Kind.COMMAND, "once")}),
    ({"expects": _read(lead={10: 1}, match_key={NOBODY: 1, KEY: 0})}, _KEYS),
    ({"ledger": dict.fromkeys((10, 3, 4), IMAGE.ledger[4])}, {Ref(Kind.LEDGER, 3), Ref(Kind.LEDGER, 4)}),
    ({"leads": _of(Kind.LEAD, 10, 16, 17)}, {Ref(Kind.LEAD, 16), Ref(Kind.LEAD, 17)}),
    ({"deals": _of(Kind.DEAL, 102, 120)}, {Ref(Kind.DEAL, 102)}),
    ({"contacts": _of(Kind.CONTACT, 205, 220)}, {Ref(Kind.CONTACT, 205)}),
    ({"companies": _of(Kind.COMPANY, 305, 320)}, {Ref(Kind.COMPANY, 305)}),
    ({"activities": _of(Kind.ACTIVITY, 405, 420)}, {Ref(Kind.ACTIVITY, 405)}),
    ({"pipelines": _of(Kind.PIPELINE, 7, 9)}, {Ref(Kind.PIPELINE, 7)}),
    ({"switches": dict.fromkeys(("first", "new"))}, {Ref(Kind.SWITCH, "first")}),
    ({"commands": dict.fromkeys(("once", "a deal"))}, {Ref(Kind.COMMAND, "a deal")}),
    ({"unused_stages": frozenset({"JUNK", "LATER", "NEW"})}, {Ref(Kind.STAGES, "JUNK"), Ref(Kind.STAGES, "NEW")}),
    ({"active_leads": 3}, {Ref(Kind.LEAD, 0)}),
    ({"active_leads": 0}, {Ref(Kind.LEAD, 0)}),
]  # fmt: skip


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A CRM in the middle of a switch, in both stores; nothing of these steps is written."""
    with moved_pair(tmp_path_factory.mktemp("check"), IMAGE) as made:
        yield made


@pytest.mark.rule("EDIT-1", "SWITCH-1", "SWITCH-4")
def test_a_commit_names_everything_stale_as_the_reference_does(pair: Pair) -> None:
    """A version that is another one, an id or a key that is taken, a lead that was converted, a number."""
    for change, stale in STALE:
        commit = evolve(FRESH, **change)
        with pair.sql.reading() as tx:
            found = Standing(tx, commit).stale()
        assert (len(found), set(found)) == (len(stale), stale), change
        if stale:
            with pytest.raises(Conflict) as told:
                pair.memory.commit(commit)
            assert set(told.value.stale) == stale, change


def test_the_version_of_a_record_that_is_not_there_is_0(pair: Pair) -> None:
    """The others have the one in which they stand."""
    with pair.sql.reading() as tx:
        standing = Standing(tx, FRESH)
    assert [standing.version(Kind.LEAD, id) for id in (9, 10, 99, 98)] == [2, 1, 0, 0]


ALONE: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"settings": IMAGE.settings}, True),
    ({"stages": IMAGE.stages}, True),
    ({"active_leads": 0}, True),
    ({"pipelines": {0: None}}, True),
    ({"switches": {"k": None}}, True),
    ({"unused_stages": frozenset({"NEW"})}, True),
    ({"leads": {1: None}, "deals": {1: None}, "outcomes": {1: None}, "closed": {1: JUNK}, "ledger": {1: None}}, False),
    ({"expects": _read(lead={1: 1})}, False),
    ({"expects": _read(lead={1: 1, 2: 0})}, True),
    ({"expects": _read(lead={1: 0}), "leads": {1: None}}, False),
    ({"expects": _read(lead={1: 0}), "deals": {1: None}}, True),
    ({"expects": _read(command={"new": 0}), "commands": {"new": None}}, False),
    ({"expects": _read(command={"new": 0})}, True),
    ({"expects": _read(outcome={1: 0}, match_key={NOBODY: 0})}, False),
    ({"expects": _read(match_key={NOBODY: 0}, contact={3: 0})}, True),
]


@pytest.mark.parametrize("parts, alone", ALONE)
def test_a_commit_is_alone_where_it_rests_on_what_cannot_be_locked(parts: dict[str, Any], alone: bool) -> None:
    """On what all others depend on, or on a record that is missing and that it does not write."""
    assert needs_portal_alone(step(**{"expects": _read(), **parts})) is alone


@pytest.fixture
def noting(pair: Pair) -> Iterator[Noting]:
    """A transaction that notes its locks."""
    with pair.sql.engine().connect() as connection:
        yield Noting(connection, pair.sql.portal_id)


@pytest.mark.rule("SWITCH-1", "CONV-6")
def test_a_commit_locks_what_it_writes_and_keeps_what_it_has_read(noting: Noting) -> None:
    """Kind by kind and in the order of ids; with the leads of activities and outcomes, which have no row to lock."""
    commit = step(
        expects=_read(
            lead={17: 1, 9: 2}, deal={102: 1, 101: 2}, contact={205: 1}, company={301: 2}, pipeline={7: 1, 0: 2},
            outcome={5: 0}, switch={"k": 1}, command={"new": 0}, activity={401: 2, 409: 2},
        ),
        leads=_of(Kind.LEAD, 9), closed={LeadId(16): JUNK}, outcomes={LeadId(13): CLOSED},
        deals=_of(Kind.DEAL, 101, 999), companies=_of(Kind.COMPANY, 302), activities=_of(Kind.ACTIVITY, 409),
        bindings={408: frozenset({Ref(Kind.LEAD, 8), Ref(Kind.DEAL, 104)})},
        unbound={401: frozenset({Ref(Kind.LEAD, 1)})},
        ledger={LeadId(4): IMAGE.ledger[LeadId(4)]}, commands={"new": None}, pipelines=_of(Kind.PIPELINE, 7),
    )  # fmt: skip
    Standing(noting, commit)
    assert noting.locked == [
        ("lead", "update", [1, 3, 4, 5, 7, 8, 9, 10, 13, 16]),
        ("lead", "share", [17]),
        ("deal", "update", [101, 999]),
        ("deal", "share", [102]),
        ("contact", "share", [205]),
        ("company", "update", [302]),
        ("company", "share", [301]),
        ("activity", "update", [409]),
        ("activity", "share", [401]),
        ("pipeline", "update", [7]),
        ("pipeline", "share", [0]),
        ("switch", "share", ["k"]),
        ("command", "update", ["new"]),
    ]
    noting.locked.clear()
    Standing(noting, evolve(commit, completes_at=IMAGE.ledger[LeadId(4)].converted_at))
    assert ("activity", "update", [404, 409]) in noting.locked


@pytest.mark.rule("CONV-7", "INTAKE-3")
def test_a_commit_claims_the_keys_that_it_looked_up_and_those_that_it_brings(noting: Noting) -> None:
    """Somebody may just have found nobody there; a deleted record brings none."""
    contact = Contact(
        id=ContactId(230), responsible=UserId(1), contact_points=ContactPoints([email("new@example.com")])
    )
    gone = stone_of(Kind.CONTACT, IMAGE.contacts[ContactId(201)], IMAGE.ledger[LeadId(4)].converted_at)
    commit = step(
        expects=_read(match_key={NOBODY: 0}),
        contacts={ContactId(201): gone, ContactId(230): contact},
        leads=_of(Kind.LEAD, 10),
        companies=_of(Kind.COMPANY, 302),
    )
    Standing(noting, commit)
    found = [
        NOBODY,
        MatchKey(Kind.CONTACT, PointKind.EMAIL, "new@example.com"),
        MatchKey(Kind.LEAD, PointKind.EMAIL, "ann@example.com"),
        MatchKey(Kind.LEAD, PointKind.PHONE, "+39061234567"),
    ]
    assert noting.claimed == {veiled(stored(key)) for key in found}
