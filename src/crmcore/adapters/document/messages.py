"""Commands, answers with their refusals, and events, as JSON and back.

The first key of each object says what it is: `{"command": "close_lead", …}`, `{"answer": "chunk_done", …}`,
`{"event": "lead_closed", …}`. All its other keys are those of the class, and all of them are present.
Errors name the place and what is expected there, never the value (DATA-2).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from attrs import evolve, fields, has

from crmcore.adapters.document.converter import structured, take, unstructured
from crmcore.adapters.document.records import KINDS, dump_record, kind_of, load_record
from crmcore.adapters.document.values import Json, at, placed
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.fields import ActivityFields, CompanyFields, ContactFields, DealFields, LeadFields
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome, Refused
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.text import check_type
from crmcore.domain.protocol import commands, results
from crmcore.domain.protocol.commands import (
    AddActivity,
    AddLead,
    AddRecord,
    Command,
    EditActivity,
    EditRecord,
    TakeInquiry,
)
from crmcore.domain.protocol.events import Event
from crmcore.domain.protocol.plans import LeadPlan
from crmcore.domain.protocol.results import Versioned

__all__ = [
    "ANSWERS",
    "COMMANDS",
    "EVENTS",
    "FIELDS_OF",
    "KINDS_OF",
    "NUMBER",
    "VERSIONED",
    "dump_answer",
    "dump_command",
    "dump_event",
    "load_answer",
    "load_command",
    "load_event",
]


def _by_name(classes: Iterable[type]) -> dict[str, type]:
    """Classes under the names that documents call them by: `CloseLead` is `close_lead`."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each.__name__).lower(): each for each in classes}


def _public(module: Any, root: type) -> list[type]:
    named = [getattr(module, name) for name in module.__all__]
    return [each for each in named if isinstance(each, type) and issubclass(each, root) and each is not root]


COMMANDS = _by_name(_public(commands, Command))
EVENTS = _by_name(get_args(Event))
#: What a command or a read may answer: the results, and what else is handed out by itself.
ANSWERS = _by_name(
    [*(each for each in _public(results, object) if has(each)), LeadPlan, LeadOutcome, Refused, Settings, SwitchToken]
)
#: Ids, versions and epochs are answered as plain numbers.
NUMBER = "number"
#: A record beside its version: the document says besides of which kind it is.
VERSIONED = next(name for name, each in ANSWERS.items() if each is Versioned)

#: The fields that a caller may give, by kind of record.
FIELDS_OF: dict[Kind, Any] = {
    Kind.LEAD: LeadFields,
    Kind.DEAL: DealFields,
    Kind.CONTACT: ContactFields,
    Kind.COMPANY: CompanyFields,
    Kind.ACTIVITY: ActivityFields,
}
#: Of which kinds the `fields` of a command may be, and which value of it says the kind where there are several.
KINDS_OF: dict[type, tuple[tuple[Kind, ...], Callable[[Any], Kind]]] = {
    AddLead: ((Kind.LEAD,), lambda row: Kind.LEAD),
    AddRecord: (CARDS[1:], lambda row: Kind(structured_at("kind", row, Kind))),
    AddActivity: ((Kind.ACTIVITY,), lambda row: Kind.ACTIVITY),
    EditActivity: ((Kind.ACTIVITY,), lambda row: Kind.ACTIVITY),
    EditRecord: (CARDS, lambda row: Kind(structured_at("ref", row, Ref).kind)),
    TakeInquiry: ((Kind.LEAD,), lambda row: Kind.LEAD),
}


def structured_at(key: str, row: Json, wanted: Any) -> Any:
    """The value of a key, read as what belongs there; raises `InvalidValue` where it is missing."""
    if key not in row:
        raise InvalidValue(key, "a key of this name")
    return placed(key, structured, row[key], wanted)


def dump_command(command: Command[Any]) -> Json:
    """A command as a JSON object."""
    row: Json = {"command": _name(COMMANDS, command)}
    for each in fields(type(command)):
        value = getattr(command, each.name)
        if isinstance(value, Versioned):  # of the kind that the reference names
            row[each.name] = {"record": dump_record(value.record), "version": value.version}
        else:
            row[each.name] = unstructured(value, each.type)
    if type(command) in KINDS_OF:
        kind = KINDS_OF[type(command)][1](row)
        row["fields"] = unstructured(getattr(command, "fields"), FIELDS_OF[kind])  # noqa: B009  # not each command has them
    return row


def load_command(data: Mapping[str, Any]) -> Command[Any]:
    """Read a command back; raises `InvalidValue` with the place, for example `fields.amount.currency`."""
    cls, row = _told("command", COMMANDS, data)
    kind, read = None, None
    if cls in KINDS_OF:
        kind = KINDS_OF[cls][1](row)
        if kind not in KINDS_OF[cls][0]:
            raise InvalidValue("kind" if "kind" in row else "ref", f"one of {', '.join(KINDS_OF[cls][0])}")
        row["fields"] = structured_at("fields", row, FIELDS_OF[kind])
        if isinstance(row.get("version"), Mapping):
            read = placed("version", _versioned, kind, row["version"])
            row["version"] = read.version
    try:
        command: Command[Any] = structured(row, cls)
    except InvalidValue as bad:
        # The check of fields names the kind first.
        if kind is not None and bad.field.startswith(f"{kind}."):
            raise_alone(at("fields", InvalidValue(bad.field.removeprefix(f"{kind}."), bad.expected)))
        raise
    if isinstance(command, EditActivity | EditRecord) and read is not None:
        return evolve(command, version=read)
    return command


def dump_event(event: Event) -> Json:
    """An event as a JSON object."""
    return {"event": _name(EVENTS, event), **unstructured(event)}


def load_event(data: Mapping[str, Any]) -> Event:
    """Read an event back; raises `InvalidValue` with the place."""
    cls, row = _told("event", EVENTS, data)
    event: Event = structured(row, cls)
    return event


def dump_answer(answer: Any) -> Json:
    """What a command or a read gave back, as a JSON object: a result, a refusal, or the number of what was made."""
    if type(answer) is int:
        return {"answer": NUMBER, NUMBER: answer}
    name = _name(ANSWERS, answer)
    if name == VERSIONED:
        kind = kind_of(answer.record)
        return {"answer": name, "kind": kind.value, "record": dump_record(answer.record), "version": answer.version}
    return {"answer": name, **unstructured(answer)}


def load_answer(data: Mapping[str, Any]) -> Any:
    """Read an answer back; raises `InvalidValue` with the place."""
    cls, row = _told("answer", {**ANSWERS, NUMBER: int}, data)
    if cls is int:
        number = structured_at(NUMBER, row, int)
        take(row, NUMBER)
        _done(row)
        return number
    if cls is not Versioned:
        return structured(row, cls)
    kind = structured_at("kind", row, Kind)
    if kind not in KINDS:
        raise InvalidValue("kind", f"one of {', '.join(KINDS)}")
    return _versioned(kind, {key: value for key, value in row.items() if key != "kind"})


def _versioned(kind: Kind, told: Mapping[str, Any]) -> Versioned[Any]:
    """A record of this kind beside its version."""
    row = dict(told)
    version, record = structured_at("version", row, int), take(row, "record")
    _done({key: value for key, value in row.items() if key != "version"})
    return Versioned(placed("record", load_record, kind, record), version)


def _done(row: Json) -> None:
    """Nothing may be left of an object."""
    if row:
        raise InvalidValue("", "no keys but those of its kind")


def _name(names: Mapping[str, type], value: object) -> str:
    """How documents call the class of a value."""
    for name, cls in names.items():
        if type(value) is cls:
            return name
    raise InvalidValue("", f"one of {', '.join(names)}")


def _told(key: str, names: Mapping[str, type], data: object) -> tuple[type, Json]:
    """The class that an object says it is of, and the rest of it."""
    if not isinstance(data, Mapping):
        raise InvalidValue("", "an object")
    row = dict(data)
    name = take(row, key)
    check_type(key, name, str)
    if name not in names:
        raise InvalidValue(key, f"one of {', '.join(names)}")
    return names[name], row
