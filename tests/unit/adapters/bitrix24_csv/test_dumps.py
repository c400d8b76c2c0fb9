"""Lists and objects of a program in a cell are read as JSON, or as what Python prints for the same."""

from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv.dumps import DUMP_LIMIT, field_of, read_dump


@pytest.mark.parametrize(
    "cell, items",
    [
        ('["a", null, 5]', ["a", None, 5]),
        ("['a', None, True, False]", ["a", None, True, False]),
        (' {"a": 1}\n', [{"a": 1}]),
        ("{'a': [1]}", [{"a": [1]}]),
        ("[]", []),
        ("['\\x41', 'it\\'s', 'say \"hi\"', \"it's\"]", ["A", "it's", 'say "hi"', "it's"]),
        ("['None', \"True\"]", ["None", "True"]),
        ('"a"', None),
        ("5", None),
        ("", None),
        ("[a]", None),
        ("[1", None),
        ("[" * 60_000, None),
        (f'["{"a" * (DUMP_LIMIT - 4)}"]', ["a" * (DUMP_LIMIT - 4)]),
        (f'["{"a" * (DUMP_LIMIT - 3)}"]', None),
    ],
    ids=lambda each: str(each)[:20],
)
def test_the_items_of_a_cell_are_read(cell: str, items: list[Any] | None) -> None:
    """One object is a list of one; a longer cell than the limit, and what is no list, is none."""
    assert read_dump(cell) == items


def test_a_field_is_found_however_it_is_spelled() -> None:
    """With underscores, in camel case, or in capitals; the first one counts."""
    for key in ("VALUE_TYPE", "valueType", "value_type", "VALUETYPE"):
        assert field_of({"VALUE": 1, key: 2, "Value_Type": 3}, "VALUE_TYPE") == 2
    assert field_of({"VALUE": 1}, "VALUE_TYPE") is None
