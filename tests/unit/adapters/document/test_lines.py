"""The lines of records are the texts of what `dump_record` gives, to the letter."""

import json
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.document.lines import lines_of
from crmcore.adapters.document.records import dump_record
from crmcore.domain.model.ids import TABLES, Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import CustomFields
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
