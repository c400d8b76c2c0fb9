"""The lines of records are the texts of what `dump_record` gives, to the letter."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.document.lines import _fields, lines_of
from crmcore.adapters.document.records import dump_record
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import TABLES, ActivityId, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import CustomFields, Money
from crmcore.testing.contracts.seeds import SEEDS


def _as_before(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


@pytest.mark.rule("CONV-8", "DATA-1")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_line_of_every_record_is_its_text(seed: str) -> None:
    """Every field of every kind, deleted records among the others, and what stands before and behind the fields."""
    image = SEEDS[seed]()
    lines = 0
    for kind, name in TABLES.items():
        records: dict[Any, Any] = dict(getattr(image, name)) if kind is not Kind.BINDING else {}
        rows = [dump_record(record) for record in records.values()]
        given = list(records.values())
        assert [*lines_of(given)] == [_as_before(row) for row in rows]
        assert [line for each in given for line in lines_of([each])] == [_as_before(row) for row in rows]
        if kind is Kind.ACTIVITY:
            bound = [image.bindings.get(id, frozenset()) for id in records]
            pairs = [[[ref.kind.value, ref.id] for ref in sorted(refs)] for refs in bound]
            assert [*lines_of(given, bound)] == [
                _as_before({**row, "bindings": each}) for row, each in zip(rows, pairs, strict=True)
            ]
        if kind is Kind.OUTCOME:
            assert [*lines_of(given, before=list(records))] == [
                _as_before({"epoch": epoch, "lead_id": lead_id, **row})
                for (epoch, lead_id), row in zip(records, rows, strict=True)
            ]
        lines += len(records)
    assert lines or not image.leads


def test_what_is_of_another_class_goes_the_long_way() -> None:
    """Custom fields, and a value of a class that somebody has derived."""

    class Title(str):
        pass

    image = SEEDS["values at their limits"]()
    lead = next(each for each in image.leads.values() if isinstance(each, Lead))
    for other in (evolve(lead, custom=CustomFields({"UF_X": ("a", "b"), "UF_Y": True})), evolve(lead)):
        object.__setattr__(other, "title", Title("Said"))
        assert [*lines_of([lead, other])] == [_as_before(dump_record(each)) for each in (lead, other)]


def _lead_and_activity() -> tuple[Lead, Activity]:
    image = SEEDS["values at their limits"]()
    lead = next(each for each in image.leads.values() if isinstance(each, Lead))
    return lead, Activity(id=ActivityId(1))


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    """As `dump_record` does; a record that was built has none, one that was changed by force may."""
    lead = evolve(_lead_and_activity()[0])
    object.__setattr__(lead, "created_at", datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=2))))
    assert [*lines_of([lead])] == [_as_before(dump_record(lead))]
    assert '"created_at": "2026-11-23T07:00:00+00:00"' in _as_before(dump_record(lead))


def test_what_an_activity_is_bound_to_is_json_whatever_it_is() -> None:
    """The key of a switch too, which only a damaged CRM has there."""
    activity = _lead_and_activity()[1]
    (line,) = lines_of([activity], [frozenset({Ref(Kind.LEAD, 1), Ref(Kind.SWITCH, 'a "key"')})])
    assert line.endswith(', "bindings": [["lead", 1], ["switch", "a \\"key\\""]]}')


def test_what_stands_beside_the_records_is_as_much_as_they_are() -> None:
    """Or the rest of them would be missing without a word."""
    activity = _lead_and_activity()[1]
    for beside in ({"refs": [frozenset[Ref]()]}, {"before": [(1, 1)]}):
        given: dict[str, Any] = beside
        with pytest.raises(ValueError, match="zip"):
            [*lines_of([activity, activity], **given)]


@pytest.mark.parametrize(
    "record", [*_lead_and_activity(), Money(amount=Decimal("1.50"))], ids=["lead", "activity", "money"]
)
def test_a_class_is_written_own_fields_first(record: Any) -> None:
    """Then the inherited ones, and that it is not deleted where it could be."""
    assert [*_fields(type(record))([record])] == [_as_before(dump_record(record))]
