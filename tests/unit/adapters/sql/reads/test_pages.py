"""Pages of records from the tables are those of the store in memory, wherever they begin; damage is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmcore import Kind, RecordFault, Ref
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.ids import TABLES
from crmcore.testing.contracts.seeds import busy_crm
from tests.unit.adapters.sql.pairs import Pair, moved_pair, paired, run

IMAGE = busy_crm()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A CRM in the middle of a switch, in both stores."""
    with moved_pair(tmp_path_factory.mktemp("pages"), IMAGE) as made:
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqlStore]:
    """The same CRM, for damage."""
    with paired(tmp_path / "crm.db", IMAGE).sql as store:
        yield store


@pytest.mark.parametrize("kind", TABLES)
def test_every_page_is_that_of_the_reference(pair: Pair, kind: Kind) -> None:
    """From the beginning and after each record, one of them, two, or all."""
    ids = [entry.id for entry in pair.memory.page(kind)]
    assert len(ids) > 2
    for after in (None, *ids):
        for limit in (1, 2, 1_000):
            assert pair.sql.page(kind, after, limit) == pair.memory.page(kind, after, limit), (after, limit)


def _ids(entries: Any) -> list[Any]:
    return [(entry.id, len(entry.record)) for entry in entries]


@pytest.mark.rule("DATA-3")
def test_bindings_of_an_activity_that_is_gone_stand_where_it_stood(other: SqlStore) -> None:
    """Between its neighbours or behind the last one, once and on no other page."""
    run(other, "DELETE FROM crm_activity WHERE id IN (401, 404, 411)")
    whole = _ids(other.page(Kind.BINDING))
    assert whole == [(id, len(refs)) for id, refs in sorted(IMAGE.bindings.items())]
    for limit in (1, 2, 3, 10, 11):
        found, after = [], None
        while page := other.page(Kind.BINDING, after, limit):
            found += _ids(page)
            after = page[-1].id
        assert found == whole


#: What another client did, the kind that is paged, and the fault.
DAMAGED: list[tuple[str, Kind, Ref, Any]] = [
    ("UPDATE crm_binding SET kind = 9 WHERE activity = 405", Kind.BINDING, Ref(Kind.BINDING, 405), None),
    ("UPDATE crm_outcome SET kind = 'gone' WHERE lead = 12", Kind.OUTCOME, Ref(Kind.OUTCOME, 12), (7, 12)),
    ("UPDATE crm_outcome SET contacts = 1.5 WHERE lead = 13", Kind.OUTCOME, Ref(Kind.OUTCOME, 13), (7, 13)),
    ("UPDATE crm_lead SET version = 'x' WHERE id = 8", Kind.LEAD, Ref(Kind.LEAD, 8), None),
    ("UPDATE crm_switch SET terms = '{}' WHERE key = 'k'", Kind.SWITCH, Ref(Kind.SWITCH, "k"), None),
    ("UPDATE crm_ledger SET converted_at = 'x' WHERE lead = 4", Kind.LEDGER, Ref(Kind.LEDGER, 4), None),
    ("UPDATE crm_command SET made = '[0]' WHERE key = 'once'", Kind.COMMAND, Ref(Kind.COMMAND, "once"), None),
]


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("statement, kind, ref, place", DAMAGED)
def test_a_record_of_a_page_that_cannot_be_read_is_named(
    other: SqlStore, statement: str, kind: Kind, ref: Ref, place: Any
) -> None:
    """By its kind and id; a page can go on behind it, of an outcome from its epoch and lead."""
    run(other, statement)
    with pytest.raises(RecordFault) as told:
        other.page(kind)
    assert (told.value.ref, told.value.code, told.value.after) == (ref, "unreadable", place or ref.id)
