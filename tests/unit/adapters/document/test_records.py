"""Single records: what only the library makes is held to its limits too, and its kind is known."""

from typing import Any

import pytest

from crmcore import InvalidValue, Kind
from crmcore.adapters.document import dump_record, load_record
from crmcore.adapters.document.records import DELETABLE, KINDS, kind_of
from crmcore.domain.model.ids import MADE
from crmcore.testing.contracts.seeds import busy_crm

CODE = "a code of 1 to 100 printable characters without spaces"
ID = "a whole number from 1 to 9223372036854775807"
KEY = "1 to 100 printable characters"


def _records() -> dict[Kind, Any]:
    """One record of each kind."""
    image = busy_crm()
    tables = (getattr(image, each).values() for each in (
        "leads", "deals", "contacts", "companies", "activities", "pipelines", "ledger", "outcomes", "switches",
        "commands",
    ))  # fmt: skip
    records = [next(each for each in table if type(each) in KINDS.values()) for table in tables]
    return {kind_of(each): each for each in (*records, image.settings, image.stages)}


def _set(row: Any, path: str, to: Any) -> None:
    *way, last = path.split(".")
    for step in way:
        row = row[step]
    row[last] = to


@pytest.mark.rule("DATA-1")
def test_every_kind_comes_back_as_it_was() -> None:
    """With the kind that its class says."""
    records = _records()
    assert set(records) == set(KINDS)
    for kind, record in records.items():
        assert load_record(kind, dump_record(record)) == record


@pytest.mark.parametrize("kind", DELETABLE)
def test_what_could_not_be_deleted_before_need_not_say_that_it_is_not(kind: Kind) -> None:
    """Deals, contacts and companies; a lead and an activity say it."""
    record = _records()[kind]
    row = dump_record(record)
    del row["deleted_at"]
    if kind in MADE:
        assert load_record(kind, row) == record
    else:
        with pytest.raises(InvalidValue, match="deleted_at: expected a key of this name"):
            load_record(kind, row)


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize(
    "kind, path, to, expected",
    [
        (Kind.LEDGER, "lead_id", 0, ID),
        (Kind.LEDGER, "activity_ids", [0], ID),
        (Kind.OUTCOME, "code", "two words", CODE),
        (Kind.COMMAND, "key", "", KEY),
        (Kind.SWITCH, "key", "", KEY),
        (Kind.SWITCH, "epoch", 0, ID),
        (Kind.SWITCH, "terms.deal_stage", "", CODE),
        (Kind.SETTINGS, "epoch", 0, ID),
        (Kind.SETTINGS, "switching.epoch", 0, ID),
        (Kind.SETTINGS, "switching.key", "", KEY),
        (Kind.SETTINGS, "switching.terms.lead_stage", "", CODE),
    ],
)
def test_what_only_the_library_makes_has_its_limits_by_their_place(
    kind: Kind, path: str, to: Any, expected: str
) -> None:
    """The whole way into the record, so that the epoch of a switch is not taken for that of the CRM."""
    row = dump_record(_records()[kind])
    _set(row, path, to)
    with pytest.raises(InvalidValue) as bad:
        load_record(kind, row)
    assert (bad.value.field, bad.value.expected) == (path, expected)


def test_what_is_no_object_is_no_record() -> None:
    """Whatever its kind; there is no place in it to name."""
    row: Any = []
    with pytest.raises(InvalidValue) as bad:
        load_record(Kind.LEAD, row)
    assert (bad.value.field, bad.value.expected) == ("", "Mapping")
