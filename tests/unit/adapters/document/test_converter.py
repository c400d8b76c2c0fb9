"""The one converter: each shape of value both ways, and the place of what is wrong inside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from crmcore import InvalidValue, LeadId, Money, Refused
from crmcore.adapters.document.converter import structured, unstructured, without_class
from crmcore.domain.model.fields import CompanyFields
from crmcore.domain.model.outcomes import LeadOutcome

DAY = date(2026, 11, 23)
SHAPES: list[tuple[Any, Any, Any]] = [
    (tuple[date, ...], (DAY,), ["2026-11-23"]),
    (tuple[date], (DAY,), ["2026-11-23"]),
    (tuple[Decimal, date], (Decimal("1.50"), DAY), ["1.50", "2026-11-23"]),
    (tuple[date, Decimal, bool], (DAY, Decimal(1), True), ["2026-11-23", "1", True]),
    (Sequence[date], (DAY,), ["2026-11-23"]),
    (frozenset[LeadId], frozenset({LeadId(4), LeadId(9)}), [4, 9]),
    (Mapping[str, date], {"a": DAY}, {"a": "2026-11-23"}),
    (Money, Money(amount=Decimal("1.50")), {"amount": "1.50", "currency": None}),
]


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("kind, value, row", SHAPES, ids=[str(kind) for kind, _, _ in SHAPES])
def test_each_shape_is_written_and_read_with_the_types_of_its_parts(kind: Any, value: Any, row: Any) -> None:
    """A tuple of any length, of one part, of several; a sequence, a set, an object whose keys are data, a record."""
    assert unstructured(value, kind) == row
    assert structured(row, kind) == value


def test_a_tuple_that_is_too_long_or_too_short_is_not_written() -> None:
    """Rather than a part of it."""
    for value in ((1,), (1, 2, 3)):
        with pytest.raises(ValueError, match="zip"):
            unstructured(value, tuple[int, int])


POLICY: dict[str, Any] = {"code": "key_conflict", "rule": "SWITCH-10", "kind": None, "id": None, "policy": {}}
BAD: list[tuple[Any, Any, str, str]] = [
    (Money, [], "", "an object"),
    (tuple[Money, ...], [[]], "[0]", "an object"),
    (tuple[Money, ...], [{"amount": None}], "[0].currency", "a key of this name"),
    (Money, {"amount": None, "currency": None, "a": 1}, "", "no keys but amount, currency"),
    (LeadOutcome, {"kind": "closed"}, "added", "a key of this name"),
    (CompanyFields, [], "", "an object"),
    (CompanyFields, {"title": 1}, "title", "str"),
    (tuple[int, ...], "12", "", "a list"),
    (tuple[int], [1, 2], "", "a list of 1"),
    (tuple[int, int], [1], "", "a list of 2"),
    (tuple[int, bool], [1, 1], "[1]", "bool"),
    (Mapping[str, int], [], "", "an object"),
    (Mapping[str, int], {"a\x00": 1}, "", "text without NUL, control characters and lone surrogates"),
    (Literal["a", "b"], "c", "", "one of a, b"),
    (Refused, POLICY, "policy.client", "a key of this name"),
    (tuple[float, ...], ["secret"], "[0]", "a value of the type that belongs here"),
]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("kind, row, place, expected", BAD, ids=[f"{kind} {place}" for kind, _, place, _ in BAD])
def test_what_is_wrong_is_named_by_its_place(kind: Any, row: Any, place: str, expected: str) -> None:
    """From the value that was given down to the part that is none, whoever notices."""
    with pytest.raises(InvalidValue) as bad:
        structured(row, kind)
    assert (bad.value.field, bad.value.expected) == (place, expected)


@pytest.mark.parametrize(
    "field, place", [("Settings.switching.key", "switching.key"), ("Lead", ""), ("terms.key", "terms.key"), ("", "")]
)
def test_the_place_inside_a_record_begins_behind_the_name_of_its_class(field: str, place: str) -> None:
    """Which begins with a capital; only that is left out."""
    without = without_class(InvalidValue(field, "int"))
    assert (without.field, without.expected) == (place, "int")
