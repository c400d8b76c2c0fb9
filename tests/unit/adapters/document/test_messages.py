"""Commands, answers and events as JSON objects: nothing is forgotten, and what is wrong is named by its place."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NewType, get_args, get_origin

import pytest
from attrs import has
from jsonschema import Draft202012Validator

from crmcore import (
    InvalidValue,
    Kind,
    Lead,
    LeadId,
    ModeSwitchPolicy,
    Refused,
    StageCode,
    StageSemantics,
    UserId,
    Versioned,
)
from crmcore.adapters.document import (
    dump_answer,
    dump_command,
    dump_event,
    load_answer,
    load_command,
    load_record,
    schema,
)
from crmcore.adapters.document.converter import structured
from crmcore.adapters.document.messages import ANSWERS, COMMANDS, EVENTS, KINDS_OF
from crmcore.adapters.document.schemas import Definitions
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.protocol import events, results
from crmcore.domain.protocol.commands import AddLead, CloseLead, Command, ConvertChunk, EditRecord, ImportRecords
from crmcore.domain.protocol.events import LeadClosed, RecordEdited
from tests.building import email, euros

Json = dict[str, Any]


def _below(cls: type) -> Iterator[type]:
    below: list[type] = cls.__subclasses__()
    for each in below:
        yield each
        yield from _below(each)


def test_every_command_has_a_document() -> None:
    """Each that can be decided, and each that there is."""
    assert set(COMMANDS.values()) == set(HANDLERS)
    there = {cls for cls in _below(Command) if cls.__module__ == Command.__module__ and cls.__name__[0] != "_"}
    assert set(COMMANDS.values()) == there


def test_every_command_with_fields_says_whose_they_are() -> None:
    """Or its fields would be written without their types."""
    with_fields = {cls for cls in COMMANDS.values() if any(each.name == "fields" for each in cls.__attrs_attrs__)}  # type: ignore[attr-defined]  # all are classes of attrs
    assert set(KINDS_OF) == with_fields


def _classes(module: Any) -> set[type]:
    named = {getattr(module, name) for name in module.__all__}
    return {each for each in named if isinstance(each, type) and has(each)}


def test_every_event_and_every_result_has_a_document() -> None:
    """Whatever the two modules offer."""
    assert set(EVENTS.values()) == _classes(events)
    assert _classes(results) <= set(ANSWERS.values())


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_answer_of_a_command_has_a_document(command: type) -> None:
    """What a command says that it answers is a number or an answer that is known."""
    bases = [base for cls in command.__mro__ for base in getattr(cls, "__orig_bases__", ())]
    given = next(get_args(base)[0] for base in bases if get_origin(base) is Command)
    for each in get_args(given) or (given,):
        plain = each.__supertype__ if isinstance(each, NewType) else each
        assert plain in (int, Any) or plain in ANSWERS.values()


def test_the_schema_is_one() -> None:
    """Of the draft that it names."""
    Draft202012Validator.check_schema(schema())


def test_a_type_that_documents_do_not_know_is_no_part_of_the_schema() -> None:
    """A new class with such a field is noticed."""
    with pytest.raises(TypeError, match="no JSON of"):
        Definitions().of(complex)
    with pytest.raises(TypeError, match="no JSON of <class 'set'>"):
        Definitions().of(set[int])


def test_a_command_is_an_object_that_says_what_it_is() -> None:
    """The name first, then what the class has."""
    command = AddLead(fields={"title": "Repair", "amount": euros("1.50"), "custom": {"UF_YES": True}}, key="k")
    assert dump_command(command) == {
        "command": "add_lead",
        "fields": {
            "title": "Repair",
            "amount": {"amount": "1.50", "currency": "EUR"},
            "custom": {"UF_YES": {"type": "yes_no", "value": True}},
        },
        "key": "k",
    }
    assert dump_command(CloseLead(lead_id=LeadId(7))) == {"command": "close_lead", "lead_id": 7, "stage": None}


def test_an_event_and_an_answer_are_too() -> None:
    """Under a key of their own, so that none is taken for another."""
    assert dump_event(LeadClosed(LeadId(3))) == {"event": "lead_closed", "lead_id": 3}
    assert dump_event(RecordEdited(Ref(Kind.DEAL, 1), ("title",))) == {
        "event": "record_edited",
        "ref": ["deal", 1],
        "fields": ["title"],
    }
    assert dump_answer(LeadId(3)) == {"answer": "number", "number": 3}
    assert dump_answer(Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 3))) == {
        "answer": "refused",
        "code": "lead_closed",
        "rule": "SWITCH-2",
        "kind": "lead",
        "id": 3,
    }


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "change, field, expected",
    [
        ({"command": "no_such"}, "command", "one of add_activity"),
        ({"command": 1}, "command", "str"),
        ({"kind": "lead"}, "kind", "one of deal, contact, company"),
        ({"kind": "Secret"}, "kind", "one of lead, deal"),
        ({"fields": {"amount": {"amount": "Secret", "currency": None}}}, "fields.amount.amount", "a decimal as text"),
        ({"fields": {"amount": {"amount": "1", "currency": "Secret"}}}, "fields.amount.currency", "three capital"),
        ({"fields": {"stage": "two words"}}, "fields.stage", "a code"),
        ({"fields": {"secret": 1}}, "fields", "no keys but address"),
        ({"fields": []}, "fields", "an object"),
        ({"key": 7}, "key", "str"),
        ({"secret": 1}, "", "no keys but fields, key, kind"),
    ],
)
def test_what_is_wrong_with_a_command_is_named_by_its_place(change: Json, field: str, expected: str) -> None:
    """The way to it and what belongs there, never what is there."""
    good: Json = {"command": "add_record", "kind": "deal", "fields": {"title": "Secret"}, "key": None}
    assert dump_command(load_command(good)) == good
    with pytest.raises(InvalidValue) as bad:
        load_command({**good, **change})
    assert bad.value.field == field
    assert expected in bad.value.expected
    assert "Secret" not in str(bad.value)


def test_an_imported_record_that_is_wrong_is_named_by_its_place() -> None:
    """Whoever imports a thousand finds the one."""
    leads = tuple(
        Lead(id=id, responsible=UserId(1), stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS)
        for id in map(LeadId, (1, 2))
    )
    row = dump_command(ImportRecords(leads=leads))
    row["leads"][1]["id"] = 0
    with pytest.raises(InvalidValue) as bad:
        load_command(row)
    assert bad.value.field == "leads[1].id"


@pytest.mark.parametrize("key", ["kind", "fields", "key", "command"])
def test_a_missing_key_is_named(key: str) -> None:
    """No value is guessed."""
    whole: Json = {"command": "add_record", "kind": "deal", "fields": {}, "key": None}
    with pytest.raises(InvalidValue) as bad:
        load_command({name: value for name, value in whole.items() if name != key})
    assert (bad.value.field, bad.value.expected) == (key, "a key of this name")


def test_an_edit_has_the_fields_of_its_record() -> None:
    """Those of a company are not those of a lead."""
    row = dump_command(EditRecord(ref=Ref(Kind.COMPANY, 1), version=1, fields={"title": "A"}))
    assert load_command(row) == EditRecord(ref=Ref(Kind.COMPANY, 1), version=1, fields={"title": "A"})
    with pytest.raises(InvalidValue, match="fields"):
        load_command({**row, "fields": {"amount": None}})


def test_a_pair_has_two_members() -> None:
    """A shard of one number or of three is none."""
    row = dump_command(ConvertChunk(token=SwitchToken("k", 2)))  # type: ignore[arg-type]  # an epoch is a number
    for shard in ([0], [0, 1, 2], "01"):
        with pytest.raises(InvalidValue, match="shard: expected a list of 2"):
            load_command({**row, "shard": shard})
    with pytest.raises(InvalidValue) as bad:
        load_command({**row, "shard": [0, "1"]})
    assert bad.value.field == "shard[1]"
    for without, field, expected in (([1, 1], "without", "each value once"), ([1, "x"], "without[1]", "int")):
        with pytest.raises(InvalidValue) as bad:
            load_command({**row, "without": without})
        assert (bad.value.field, bad.value.expected) == (field, expected)


def test_what_a_caller_gave_is_written_in_the_settled_form() -> None:
    """Contact points as any sequence, custom fields as any mapping, observers as a list, a shard as a pair."""
    given: Any = {"contact_points": [email("a@b.example")], "custom": {"UF_A": date(2026, 1, 1)}, "observers": (1, 2)}
    row = dump_command(AddLead(fields=given))
    assert row["fields"] == {
        "contact_points": [{"kind": "email", "value": "a@b.example", "type": "WORK"}],
        "custom": {"UF_A": {"type": "date", "value": "2026-01-01"}},
        "observers": [1, 2],
    }
    assert load_command(row).fields["contact_points"] == ContactPoints(given["contact_points"])  # type: ignore[attr-defined]  # it is an AddLead
    chunk = ConvertChunk(token=SwitchToken("k", 2), shard=(1, 3), without=frozenset({9, 4}))  # type: ignore[arg-type]  # plain numbers
    assert dump_command(chunk) == {
        "command": "convert_chunk",
        "token": {"key": "k", "epoch": 2},
        "size": 1000,
        "shard": [1, 3],
        "without": [4, 9],
        "lost": [],
    }
    assert load_command(dump_command(chunk)) == chunk


def test_what_is_wrong_inside_a_field_is_named_by_the_whole_way() -> None:
    """Through lists, objects and the fields that a caller gave."""
    row: Json = {"command": "add_lead", "fields": {}, "key": None}
    point = {"kind": "email", "value": "a", "type": "WORK"}
    for fields, field, expected in (
        (
            {"contact_points": [point, {**point, "kind": "fax"}]},
            "contact_points[1].kind",
            "one of phone, email, website",
        ),
        ({"contact_points": [point] * 201}, "contact_points", "at most 200 contact points"),
        ({"contact_points": "a"}, "contact_points", "a list"),
        ({"custom": {"UF_A": {"type": "date", "value": "x"}}}, "custom[UF_A].value", "a date as text"),
        ({"name": {"first": "A"}}, "name.honorific", "a key of this name"),
        ({"name": 5}, "name", "an object"),
        ({"observers": [1, "x"]}, "observers[1]", "int"),
        ({"opened": 1}, "opened", "bool"),
    ):
        with pytest.raises(InvalidValue) as bad:
            load_command({**row, "fields": fields})
        assert bad.value.field == f"fields.{field}"
        assert bad.value.expected.startswith(expected)


def test_what_is_wrong_with_an_answer_is_named_too() -> None:
    """In a record, a refusal, a number."""
    for row, field, expected in (
        ({"answer": "number", "number": "1"}, "number", "int"),
        ({"answer": "number", "number": 1, "more": 1}, "", "no keys but those of its kind"),
        (
            {"answer": "versioned", "kind": "rights", "record": {}, "version": 1},
            "kind",
            "one of lead, deal, contact, company, act",
        ),
        ({"answer": "versioned", "kind": "stages", "record": {"stages": 1}, "version": 1}, "record.stages", "a list"),
        (
            {"answer": "versioned", "kind": "stages", "record": {}, "version": 1, "more": 1},
            "",
            "no keys but those of its kind",
        ),
        (
            {"answer": "refused", "code": "no", "rule": "X-1", "kind": None, "id": None},
            "code",
            "one of not_permitted, plan_without_class",
        ),
        ({"answer": "refused", "code": "lead_closed", "rule": 1, "kind": None, "id": None}, "rule", "str"),
        ({"answer": "refused", "code": "lead_closed", "rule": "X-1", "kind": "lead", "id": None}, "id", "int or str"),
        (
            {"answer": "refused", "code": "lead_closed", "rule": "X-1", "kind": None, "id": 1},
            "kind",
            "one of lead, deal, contact, company, act",
        ),
        ({"answer": "refused", "code": "lead_closed"}, "", "an object of code, rule, kind and id"),
        ({"answer": "no_change", "more": 1}, "", "no keys"),
    ):
        with pytest.raises(InvalidValue) as bad:
            load_answer(row)
        assert bad.value.field == field
        assert bad.value.expected.startswith(expected)


def test_what_has_no_keys_says_so() -> None:
    """A command and an answer without any, and what is no object at all."""
    for load in (
        lambda: load_command({"command": "resume_switch", "x": 1}),
        lambda: load_answer({"answer": "no_change", "x": 1}),
    ):
        with pytest.raises(InvalidValue) as bad:
            load()
        assert (bad.value.field, bad.value.expected) == ("", "no keys")
    with pytest.raises(InvalidValue) as bad:
        structured([], Mapping[str, int])
    assert (bad.value.field, bad.value.expected) == ("", "an object")
    assert structured({"a": 1}, Mapping[str, int]) == {"a": 1}
    with pytest.raises(InvalidValue) as bad:
        load_record(Kind.RIGHTS, {})
    assert (bad.value.field, bad.value.expected) == ("kind", "a kind of record that is stored")


def test_the_rule_of_a_refusal_is_kept_where_it_is_not_the_usual_one() -> None:
    """And is none of its own where it is: the two are equal again."""
    taken = Refused(Reason.KEY_CONFLICT, Ref(Kind.SWITCH, "2026"), policy=ModeSwitchPolicy(keep_activities=False))
    for refused in (Refused(Reason.LEAD_CLOSED), Refused(Reason.NOT_PERMITTED, Ref(Kind.LEAD, 1), "PERM-6"), taken):
        again = load_answer(dump_answer(refused))
        assert again == refused
        assert again.why == refused.why


def test_an_edit_brings_the_record_as_it_was_read() -> None:
    """It comes back with its version, and what is wrong in it is named by its place."""
    read = Versioned(
        Lead(id=LeadId(1), responsible=UserId(7), stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS), 3
    )
    edit = EditRecord(ref=Ref(Kind.LEAD, 1), version=read, fields={"title": "y"})
    row = dump_command(edit)
    assert load_command(row) == edit
    for version, place in (
        ({**row["version"], "more": 1}, "version"),
        ({"record": row["version"]["record"]}, "version.version"),
        ({"version": 3}, "version.record"),
        ({"record": {**row["version"]["record"], "title": 4}, "version": 3}, "version.record.title"),
    ):
        with pytest.raises(InvalidValue) as bad:
            load_command({**row, "version": version})
        assert bad.value.field == place


def test_an_instant_needs_a_zone_and_is_told_in_utc() -> None:
    """By the place where it stands."""
    row = {
        "command": "add_activity",
        "bound_to": [["lead", 1]],
        "fields": {"deadline": "2026-01-01T12:00:00"},
        "key": None,
    }
    with pytest.raises(InvalidValue) as bad:
        load_command(row)
    assert (bad.value.field, bad.value.expected) == ("fields.deadline", "an instant with a time zone")
    row["fields"] = {"deadline": "2026-01-01T12:00:00+05:00"}
    assert dump_command(load_command(row))["fields"] == {"deadline": "2026-01-01T07:00:00+00:00"}
    for bound, place, expected in (
        ([["lead", -(2**63) - 1]], "bound_to[0][1]", "a whole number"),
        ([["lead", "x"]], "bound_to[0][1]", "int"),
    ):
        with pytest.raises(InvalidValue) as bad:
            load_command({**row, "bound_to": bound})
        assert bad.value.field == place
        assert bad.value.expected.startswith(expected)
