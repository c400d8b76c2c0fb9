"""The floor of the benchmark does the duties of the library: both end in the same state, record by record."""

from enum import Enum
from typing import Any

import attrs
import pytest
from bench import floor, library

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.application.pages import pages
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.values import CustomFields, PointKind
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import MatchKey

pytestmark = pytest.mark.slow  # a whole switch twice for each of them

LEADS = 20
TABLES = (
    ("leads", Kind.LEAD, floor.LEAD_FIELDS),
    ("deals", Kind.DEAL, floor.DEAL_FIELDS),
    ("contacts", Kind.CONTACT, floor.CONTACT_FIELDS),
    ("companies", Kind.COMPANY, floor.COMPANY_FIELDS),
    ("activities", Kind.ACTIVITY, floor.ACTIVITY_FIELDS),
    ("ledger", Kind.LEDGER, floor.LEDGER_FIELDS),
    ("switches", Kind.SWITCH, floor.SWITCH_FIELDS),
)
CODES = {Kind.LEAD: floor.LEAD, Kind.DEAL: floor.DEAL, Kind.CONTACT: floor.CONTACT, Kind.COMPANY: floor.COMPANY}

Ended = tuple[floor.Crm, InMemoryStore]


@pytest.fixture(scope="module", params=[False, True], ids=["matching off", "matching on"])
def ended(request: pytest.FixtureRequest) -> Ended:
    """The workload after its switch, in both; the chunks are small enough for a second one to find the first."""
    bare = floor.build(LEADS, matching=request.param)
    floor.switch(bare, chunk=7)
    crm, store = library.build(LEADS, matching=request.param)
    crm.switch_to_simple(library.ACTOR, policy=library.POLICY, key=library.KEY, chunk=7)
    return bare, store


def plain(value: Any) -> Any:
    """A value of the library in the terms of the floor: tuples, texts and numbers."""
    if attrs.has(type(value)):
        return tuple(plain(getattr(value, each.name)) for each in attrs.fields(type(value)))
    if isinstance(value, CustomFields):
        return tuple(sorted(value.items()))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | frozenset):
        return tuple(plain(each) for each in value)
    return value


def named(record: Any) -> dict[str, Any]:
    """A record of the library as plain values by field."""
    return {each.name: plain(getattr(record, each.name)) for each in attrs.fields(type(record))}


@pytest.mark.parametrize("table, kind, fields", TABLES, ids=[table for table, _, _ in TABLES])
def test_every_record_of_the_floor_is_that_of_the_library(
    ended: Ended, table: str, kind: Kind, fields: tuple[str, ...]
) -> None:
    """Table by table, the floor has the same records with the same fields."""
    bare, store = ended
    expected = {entry.id: named(entry.record) for page in pages(store, kind) for entry in page}
    assert {id: dict(zip(fields, record, strict=True)) for id, record in bare[table].items()} == expected


def test_the_floor_moves_the_same_versions(ended: Ended) -> None:
    """Leads, the switch and the settings have the versions that the library gives them, all others are new."""
    bare, store = ended
    for table, kind, _ in TABLES:
        raised = {"leads": bare["versions"], "switches": bare["switch_versions"]}.get(table, {})
        versions = {entry.id: entry.version for page in pages(store, kind) for entry in page}
        assert {id: raised.get(id, 1) for id in bare[table]} == versions
    assert bare["settings_version"] == store.snapshot(Query(settings=True)).version(Kind.SETTINGS, 0)


def test_the_floor_leaves_the_same_settings(ended: Ended) -> None:
    """The mode is Simple under the same epoch, and the policy is remembered."""
    bare, store = ended
    assert dict(zip(floor.SETTINGS_FIELDS, bare["settings"], strict=True)) == named(image_of(store).settings)


def test_the_floor_binds_activities_both_ways(ended: Ended) -> None:
    """What an activity is bound to, and what is bound to a record, are those of the library."""
    bare, store = ended
    bindings = {entry.id: entry.record for page in pages(store, Kind.BINDING) for entry in page}
    assert {id: set(bound) for id, bound in bare["bindings"].items()} == {
        id: {int(ref.id) * 4 + CODES[ref.kind] for ref in refs} for id, refs in bindings.items()
    }
    for kind in CODES:
        for id, bound in bare[f"bound_{kind}"].items():
            snapshot = store.snapshot(Query(activities_of=(Ref(kind, id),)))
            assert sorted(bound) == sorted(snapshot.activities)
        assert set(bare[f"bound_{kind}"]) == {ref.id for refs in bindings.values() for ref in refs if ref.kind is kind}


def test_the_floor_records_the_same_outcomes_and_numbers(ended: Ended) -> None:
    """Each lead has the outcome that the library recorded, and the counts are the same."""
    bare, store = ended
    image = image_of(store)
    assert {(epoch, id): each for epoch, part in bare["outcomes"].items() for id, each in part.items()} == {
        key: plain(outcome) for key, outcome in image.outcomes.items()
    }
    for epoch, tally in bare["tallies"].items():
        assert tally == {plain(outcome): n for outcome, n in store.snapshot(Query(tally=epoch)).tally.items()}
    assert not bare["active"]
    assert not store.snapshot(Query(backlog=True)).backlog.active  # type: ignore[union-attr]  # just asked for


def test_the_floor_has_every_new_client_indexed_or_waiting_for_it(ended: Ended) -> None:
    """A client that a look-up of the library finds is in the floor's index, or waits to be put there."""
    bare, store = ended
    for kind, table in ((Kind.CONTACT, "contacts"), (Kind.COMPANY, "companies")):
        for row in bare["leads"].values():
            email = dict(zip(floor.LEAD_FIELDS, row, strict=True))["contact_points"][0][2]
            key = MatchKey(kind, PointKind.EMAIL, email)
            found = set(store.snapshot(Query(match_keys=frozenset({key}))).matches.get(key, ()))
            indexed = set(bare["keys"].get((kind.value, "email", email), ()))
            assert found - indexed <= set(bare[f"unindexed_{table}"])
            assert indexed <= found


def test_the_floor_hands_out_the_same_ids_next(ended: Ended) -> None:
    """New ids go on where those of the library go on."""
    bare, store = ended
    for kind in (Kind.DEAL, Kind.CONTACT, Kind.COMPANY):
        assert bare[f"next_{kind}"] <= store.reserve(kind, 1)[0]
