"""Single values of a document: what nearly is one is refused by its place."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest

from crmcore import InvalidValue, PointKind
from crmcore.adapters.document.values import (
    CUSTOM_TYPES,
    READERS,
    WRITERS,
    bound,
    each_once,
    enum,
    literal,
    mode,
    refused,
)
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.values import CustomFields


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "pair", [["lead"], ["lead", 1, 2], ["lead", 1, None], [], ["lead", "1"], ["switch", 1], ("lead", 1)], ids=str
)
def test_a_binding_is_a_pair_of_kind_and_id(pair: Any) -> None:
    """Neither less nor more, and of a kind that an activity can be bound to."""
    with pytest.raises(InvalidValue, match=r"^\[1\]"):
        bound([["lead", 1], pair])


CODE = "a code of 1 to 100 printable characters without spaces"
BAD: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: READERS[bool](1), "", "bool"),
    (lambda: READERS[Decimal](1.5), "", "str"),
    (lambda: READERS[Decimal]("1,5"), "", "a decimal as text"),
    (lambda: READERS[date]("2026-02-30"), "", "a date as text, for example 2026-11-23"),
    (lambda: READERS[datetime]("noon"), "", "an instant as text, for example 2026-11-23T09:00:00+00:00"),
    (lambda: READERS[datetime]("2026-11-23T09:00:00"), "", "an instant with a time zone"),
    (lambda: READERS[datetime]("0001-01-01T00:00:00+01:00"), "", "an instant of the years 1 to 9999"),
    (lambda: READERS[Ref](["lead"]), "", "a pair of kind and id"),
    (lambda: READERS[CustomFields]([]), "", "dict"),
    (lambda: READERS[CustomFields]({"no code": None}), "", CODE),
    (lambda: READERS[CustomFields]({"UF_A": {"type": "texts", "value": "a"}}), "[UF_A].value", "list"),
    (lambda: READERS[CustomFields]({"UF_A": {"type": "yes_no", "value": 1}}), "[UF_A].value", "bool"),
    (lambda: CUSTOM_TYPES["texts"][1](None), "", "list"),
    (lambda: enum("fax", PointKind), "", "one of phone, email, website, messenger"),
    (lambda: mode("none", None), "", "one of classic, simple"),
    (lambda: literal("c", Literal["a", "b"]), "", "one of a, b"),
    (lambda: bound(None), "", "list"),
    (lambda: each_once((1, 1)), "", "each value once"),
    (lambda: refused({}), "", "an object of code, rule, kind and id"),
]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("read, place, expected", BAD, ids=[f"{place} {expected}" for _, place, expected in BAD])
def test_what_is_no_value_of_its_type_is_told_so(read: Callable[[], Any], place: str, expected: str) -> None:
    """With the place inside it alone, before which the reader of the whole puts its own."""
    with pytest.raises(InvalidValue) as bad:
        read()
    assert (bad.value.field, bad.value.expected) == (place, expected)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_an_instant_is_in_utc_wherever_the_machine_stands(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is read and when it is written, in whatever zone it was said."""
    nine = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=2)))
    with monkeypatch.context() as there:
        there.setenv("TZ", zone)
        time.tzset()
        written, read = WRITERS[datetime](nine), READERS[datetime](nine.isoformat())
    time.tzset()
    assert written == "2026-11-23T07:00:00+00:00"
    assert (read, read.tzinfo) == (nine, UTC)
