"""The line of a record is the text of what `dump_record` gives, to the letter."""

import json
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.document.lines import line_of
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
    """Every field of every kind, deleted records, and what stands before and behind the fields."""
    image = SEEDS[seed]()
    lines = 0
    for kind, name in TABLES.items():
        records: dict[Any, Any] = dict(getattr(image, name)) if kind is not Kind.BINDING else {}
        for id, record in records.items():
            row = dump_record(record)
            assert line_of(record) == _as_before(row)
            if kind is Kind.ACTIVITY:
                bound = image.bindings.get(id, frozenset())
                pairs = [[ref.kind.value, ref.id] for ref in sorted(bound)]
                assert line_of(record, bound) == _as_before({**row, "bindings": pairs})
            if kind is Kind.OUTCOME:
                assert line_of(record, epoch=id[0], lead_id=id[1]) == _as_before(
                    {"epoch": id[0], "lead_id": id[1], **row}
                )
            lines += 1
    assert lines or not image.leads


def test_what_is_of_another_class_goes_the_long_way() -> None:
    """Custom fields, and a value of a class that somebody has derived."""

    class Title(str):
        pass

    image = SEEDS["values at their limits"]()
    lead = next(each for each in image.leads.values() if isinstance(each, Lead))
    for other in (evolve(lead, custom=CustomFields({"UF_X": ("a", "b"), "UF_Y": True})), evolve(lead)):
        object.__setattr__(other, "title", Title("Said"))
        assert line_of(other) == _as_before(dump_record(other))
