"""Answers and events come back as they were; what is of no family is told the names of its family, to the letter."""

from collections.abc import Callable
from typing import Any

import pytest

from crmcore import InvalidValue, Kind, Lead, LeadId, Versioned
from crmcore.adapters.document import (
    dump_answer,
    dump_command,
    dump_event,
    dump_record,
    load_answer,
    load_command,
    load_event,
)
from crmcore.adapters.document.messages import ANSWERS, COMMANDS, EVENTS, _by_name, _public
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.protocol import commands
from crmcore.domain.protocol.commands import CloseLead, Command, ConvertLead, EditRecord
from crmcore.domain.protocol.events import LeadClosed, RecordEdited
from tests.building import ADMIN, classic

EVENTS_OF = [
    (LeadClosed(LeadId(3)), {"event": "lead_closed", "lead_id": 3}),
    (
        RecordEdited(Ref(Kind.DEAL, 1), ("title",)),
        {"event": "record_edited", "ref": ["deal", 1], "fields": ["title"]},
    ),
]


@pytest.mark.parametrize("event, row", EVENTS_OF, ids=["lead_closed", "record_edited"])
def test_an_event_comes_back(event: Any, row: dict[str, Any]) -> None:
    """Of the class that its object names."""
    assert dump_event(event) == row
    assert load_event(row) == event


RECORD = CommandRecord(key="k", fingerprint="f", made=(Ref(Kind.DEAL, 1),))


def test_a_record_beside_its_version_says_its_kind() -> None:
    """And comes back as a record of that kind, those of before among them."""
    row: dict[str, Any] = {"answer": "versioned", "kind": "command", "record": dump_record(RECORD), "version": 3}
    assert dump_answer(Versioned(RECORD, 3)) == row
    del row["record"]["not_carried"]
    again = load_answer(row)
    assert (again.record, again.version) == (RECORD, 3)


def test_a_preview_comes_back_with_the_plan_of_each_lead() -> None:
    """As a tuple, however the plans were kept."""
    scene = classic()
    for _ in range(2):
        scene.add(responsible=ADMIN)
    preview: Any = scene.crm.preview_switch(ADMIN)
    again = load_answer(dump_answer(preview))
    assert [plan.lead_id for plan in again.leads] == [1, 2]
    assert (again.leads, again.totals) == (tuple(preview.leads), preview.totals)


def test_documents_call_a_class_by_its_name_in_small_letters() -> None:
    """With a line between the words."""
    assert _by_name([Lead, CloseLead, ConvertLead]) == {
        "lead": Lead,
        "close_lead": CloseLead,
        "convert_lead": ConvertLead,
    }
    assert _by_name(_public(commands, Command)) == COMMANDS


VERSIONED = {"answer": "versioned", "kind": "stages", "record": {"stages": 1}, "version": 1}
EDIT = dump_command(EditRecord(ref=Ref(Kind.COMPANY, 1), version=1, fields={}))
NAMES = "one of {}".format
BAD: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: dump_command(LeadClosed(LeadId(1))), "", NAMES(", ".join(COMMANDS))),  # type: ignore[arg-type]  # on purpose
    (lambda: dump_answer("text"), "", NAMES(", ".join(ANSWERS))),
    (lambda: load_event([]), "", "an object"),  # type: ignore[arg-type]  # on purpose
    (lambda: load_event({}), "event", "a key of this name"),
    (lambda: load_event({"event": "add_lead"}), "event", NAMES(", ".join(EVENTS))),
    (lambda: load_answer({**VERSIONED, "kind": "none"}), "kind", NAMES(", ".join(Kind))),
    (lambda: load_answer({**VERSIONED, "version": "1"}), "version", "int"),
    (lambda: load_command({**EDIT, "ref": ["activity", 1]}), "ref", "one of lead, deal, contact, company"),
]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("ask, place, expected", BAD, ids=[f"{place} {expected[:20]}" for _, place, expected in BAD])
def test_what_is_of_no_family_is_told_what_there_is(ask: Callable[[], Any], place: str, expected: str) -> None:
    """All names of the family, at the key that has to be one of them."""
    with pytest.raises(InvalidValue) as bad:
        ask()
    assert (bad.value.field, bad.value.expected) == (place, expected)
