"""One vector asked of this library: the given CRM in any store, its steps, and what they said as plain JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, partial
from inspect import signature
from typing import Any, get_args, get_origin

from attrs import evolve, fields

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import dump_answer, dump_crm, load_command, load_crm
from crmcore.adapters.document.converter import structured, unstructured
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import RoleTable
from crmcore.application.crm import Crm
from crmcore.application.lists import Page
from crmcore.domain.model.errors import InvalidValue, RecordFault
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import TABLES, Kind, PipelineId, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import SwitchRecord
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol import commands
from crmcore.domain.rules.authority import Grant, Level, Operation, Role
from crmcore.domain.rules.sources import SourceLine
from crmcore.testing.crm import TestCrm
from crmcore.testing.vectors.canonical import by_identity
from crmcore.testing.vectors.stores import MakeStore, in_memory

__all__ = ["CALLS", "arguments_of", "play"]

Json = dict[str, Any]

#: The arguments that hold records.
_RECORDS = frozenset(each.name for each in fields(commands.ImportRecords))
#: The methods of `Crm` that a step may call besides its commands.
CALLS = (
    "active_leads",
    "activities",
    "activity",
    "activity_page",
    "audit",
    "bindings",
    "companies",
    "company",
    "company_page",
    "contact",
    "contact_page",
    "contacts",
    "convert_leads",
    "deal",
    "deal_page",
    "deals",
    "erase",
    "erasure",
    "export",
    "last_switch",
    "lead",
    "lead_page",
    "lead_stages",
    "leads",
    "outcomes",
    "pipelines",
    "preview_switch",
    "run_switch",
    "sources",
    "switch_named",
    "switch_page",
    "switch_report",
    "switch_status",
    "switch_to_simple",
)
#: What a caller is called back by, which JSON cannot say.
_CALLED_BACK = ("on_progress", "stop")

#: What the number is that a command answers, where it is not the id of a record.
_NUMBERS = {
    **dict.fromkeys(
        (commands.EditActivity, commands.EditRecord, commands.DefineLeadStages, commands.DefinePipeline), "version"
    ),
    commands.SwitchToClassic: "epoch",
}


def play(asked: Mapping[str, Any], make_store: MakeStore = in_memory) -> Json:
    """Carry out a vector on this library, on a store that `make_store` makes of an image.

    `asked` has `given` and `when`. Gives `answers`, `state` and `changed`, before they are brought into one form.

    >>> given = {"document": json.loads(TestCrm.simple().snapshot()), "roles": {}, "plan": True}
    >>> given["clock"] = "2026-03-14T15:09:26+00:00"
    >>> said = play({"given": given, "when": [{"actor": 1, "command": "cancel_switch"}]})
    >>> said["state"], said["answers"][0]["code"]
    ('simple', 'not_permitted')
    """
    given = asked["given"]
    image = _image(given["document"])
    world = TestCrm(
        make_store(image),
        roles=RoleTable(_roles(given["roles"])),
        plan=FixedPlan() if given["plan"] is None else FixedPlan(given["plan"]),
        clock=FixedClock(datetime.fromisoformat(given["clock"])),
    )
    try:
        _set(world, {name: given[name] for name in _FAULTS if name in given})
        answers: list[Json | None] = []
        for step in asked["when"]:
            answers.append(json.loads(json.dumps(_step(world, step, answers))))
        world.trouble.heal()
        return {"answers": answers, "state": world.crm.mode().value, "changed": _rows(image, world.image())}
    finally:
        world.close()


_FAULTS = ("unreadable", "unwritable", "unconvertible")


@by_identity
def _image(document: Json) -> CrmImage:
    return load_crm(json.dumps(document))


@by_identity
def _roles(given: Mapping[str, Iterable[Json]]) -> dict[UserId, list[Role]]:
    return {UserId(int(actor)): [_role(role) for role in roles] for actor, roles in given.items()}


def _role(given: Json) -> Role:
    levels = {
        Grant(Operation(operation), Kind(kind), None if pipeline is None else PipelineId(pipeline)): Level[
            level.upper()
        ]
        for operation, kind, pipeline, level in given.get("levels", ())
    }
    return Role(**{**given, "levels": levels})


def _set(world: TestCrm, given: Mapping[str, Any]) -> None:
    """Change the world between two steps."""
    for name, value in given.items():
        if name in _FAULTS:
            setattr(world.trouble, name, set(value))
        elif name == "plan":
            world.plan.classic = value
        elif name == "clock":
            world.clock.instant = datetime.fromisoformat(value)
        else:
            world.roles = RoleTable(_roles(value))


def _rows(before: CrmImage, after: CrmImage) -> Json:
    """The records that are not as they were, as the rows of `changed`."""
    kept: dict[str, Any] = {name: _moved(getattr(before, name), getattr(after, name)) for name in TABLES.values()}
    touched = kept["bindings"].keys() | kept["activities"].keys()
    kept["activities"] = {id: after.activities[id] for id in touched}
    rows: Json = json.loads(dump_crm(evolve(after, **{**kept, "bindings": after.bindings})))
    del rows["format"]
    for kind, cls in ENTITIES.items():
        rows[TABLES[kind]] = [_without_data(row, cls) for row in rows[TABLES[kind]]]
    keys = {switch.epoch: key for key, switch in after.switches.items()}
    rows["outcomes"] = [{"switch": keys[row["epoch"]], **row} for row in rows["outcomes"]]
    lifted = before.outcomes.keys() - after.outcomes.keys()
    rows["outcomes"] += [{"switch": keys[epoch], "lead_id": id, "gone": True} for epoch, id in lifted]
    return rows


def _without_data(row: Json, cls: type) -> Json:
    """A row, which says of a tombstone that nothing else is left of it."""
    return row if row["deleted_at"] is None else {**dict.fromkeys(each.name for each in fields(cls)), **row}


def _moved(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, Any]:
    def has_moved(id: Any, record: Any) -> bool:
        was = before.get(id)
        return was is not record and was != record  # most are the same object, where the store keeps them in memory

    return {id: record for id, record in after.items() if has_moved(id, record)}


def _step(world: TestCrm, step: Json, answers: list[Json | None]) -> Json | None:
    if "set" in step:
        _set(world, step["set"])
        return None
    told = {key: _resolved(value, answers) for key, value in step.items() if key != "actor"}
    actor = UserId(step.get("actor", 0))
    try:
        return _command(world.crm, actor, told) if "command" in told else _call(world.crm, actor, told)
    except InvalidValue as bad:
        return {"answer": "invalid_value", "field": _field_of(bad)}
    except RecordFault as fault:
        return {"answer": "record_fault", "kind": fault.ref.kind.value, "id": fault.ref.id, "code": fault.code}


def _field_of(bad: InvalidValue) -> str:
    """The field of the record that is wrong, or the argument; not the place inside it."""
    first, _, rest = bad.field.partition(".")
    in_record = rest and (first == "fields" or first[:1].isupper() or first.partition("[")[0] in _RECORDS)
    return re.split(r"[.\[]", rest if in_record else bad.field)[0]


def _resolved(value: Any, answers: list[Json | None]) -> Any:
    """The value with each part of an earlier answer that it names."""
    if isinstance(value, dict):
        if "step" in value:
            return _part_of(answers[value["step"]], value.get("part", ""))
        return {key: _resolved(each, answers) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, answers) for each in value]
    return value


def _part_of(answer: Any, part: str) -> Any:
    if not part:
        return {key: value for key, value in answer.items() if key != "answer"}
    for name in part.split("."):
        answer = answer[int(name)] if isinstance(answer, list) else answer[name]
    return answer


def _command(crm: Crm, actor: UserId, told: Json) -> Json:
    command = load_command(told)
    if isinstance(command, commands.ConvertChunk) and not (command.lost or command.without):
        return dump_answer(crm.convert_chunk(command.token, command.size, shard=command.shard))
    answer = crm.run(actor, command)
    name = _NUMBERS.get(type(command))
    if name is not None and type(answer) is int:
        return {"answer": name, name: answer}
    return dump_answer(answer)


@cache
def arguments_of(call: str) -> dict[str, Any]:
    """The arguments of a method of `Crm` with their types, the actor and callables left out."""
    parameters = signature(getattr(Crm, call)).parameters
    unsaid = ("self", "actor", *_CALLED_BACK)
    return {name: _as_list(each.annotation) for name, each in parameters.items() if name not in unsaid}


def _as_list(wanted: Any) -> Any:
    """Any iterable is given as a list."""
    return tuple[get_args(wanted)[0], ...] if get_origin(wanted) is Iterable else wanted  # type: ignore[misc]  # at run time


def _call(crm: Crm, actor: UserId, told: Json) -> Json:
    name = told.pop("call")
    method = getattr(crm, name)
    types = arguments_of(name)
    given = {key: structured(value, types[key]) for key, value in told.items()}
    if "actor" in signature(method).parameters:
        method = partial(method, actor)
    said: Json = _said(method(**given))
    return said


def _said(answer: Any) -> Any:
    """What a method gave back, as JSON."""
    if answer is None:
        return {"answer": "none"}
    if isinstance(answer, CrmImage):
        return {"answer": "document"}
    if isinstance(answer, Page):
        return {
            "answer": "page",
            "items": [_item(each) for each in answer.records],
            "after": answer.after,
            "faults": [[*ref] for ref in answer.faults],
        }
    if isinstance(answer, frozenset):
        return {"answer": "list", "items": [[ref.kind.value, ref.id] for ref in sorted(answer)]}
    if isinstance(answer, Iterable) and not isinstance(answer, Refused) and not hasattr(answer, "_fields"):
        return {"answer": "list", "items": [_item(each) for each in answer]}
    return dump_answer(answer)


def _item(value: Any) -> Any:
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [each if type(each) is int else unstructured(each) for each in value]
    if isinstance(value, SourceLine | SwitchRecord) or hasattr(value, "_fields"):
        return unstructured(value)
    return dump_answer(value)
