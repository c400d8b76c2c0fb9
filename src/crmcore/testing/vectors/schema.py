"""JSON Schema (draft 2020-12) of the vectors, and of the two lines of a program, derived from the classes.

lines: one function for each part of a vector, in the order in which they hold each other.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from crmcore.adapters.document import FORMAT as DOCUMENT
from crmcore.adapters.document import schema as messages_schema
from crmcore.adapters.document.schemas import DIALECT, Definitions
from crmcore.domain.laws import Violation
from crmcore.domain.model.ids import CARDS, TABLES, Kind
from crmcore.domain.model.ledger import SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.rules.authority import Level, Operation
from crmcore.domain.rules.mode import CrmState
from crmcore.domain.rules.sources import SourceLine
from crmcore.testing.vectors.canonical import NAMES, OWN
from crmcore.testing.vectors.needs import NEEDS
from crmcore.testing.vectors.steps import CALLS, arguments_of

__all__ = ["FORMAT", "SLUG", "vectors_schema"]

FORMAT = "crmcore.vectors/1"
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$"

Json = dict[str, Any]

_NAME = {"type": "string", "pattern": r"^[a-z0-9]+(-[a-z0-9]+)*$"}
_ID = {"type": "integer", "minimum": 1}
_FLAG = {"type": "boolean"}
_INSTANT = {"type": "string", "format": "date-time"}
_EARLIER = {"$ref": "#/$defs/earlier"}
_FAULTS = {name: {"type": "array", "items": _ID} for name in ("unreadable", "unwritable", "unconvertible")}


def vectors_schema() -> Json:
    """The schema of a file of vectors, of `given.json`, and of the lines of a program; a document is one of them.

    `$defs` has each under its name: `vectors`, `given`, `asked`, `said`.
    """
    messages = messages_schema()["$defs"]
    made = Definitions()
    told = _Told(made)
    document = _document(made)
    steps = _steps(made, messages)
    answers = _answers(messages, told)
    changed = _changed(made, told)
    defs = {
        "vectors": _object(
            {"format": {"const": FORMAT}, "family": _NAME, "vectors": _list({"$ref": "#/$defs/vector"})}
        ),
        "given": _object(
            {
                "format": {"const": FORMAT},
                "documents": _named({"$ref": "#/$defs/document"}),
                "roles": _named({"$ref": "#/$defs/roles"}),
                "given": _named(_given(_NAME, _NAME)),
            }
        ),
        "asked": _object(
            {
                "format": {"const": FORMAT},
                "id": {"$ref": "#/$defs/id"},
                "needs": {"$ref": "#/$defs/needs"},
                "given": _given({"$ref": "#/$defs/document"}, {"$ref": "#/$defs/roles"}),
                "when": {"$ref": "#/$defs/when"},
            }
        ),
        "said": _object(
            {
                "format": {"const": FORMAT},
                "id": {"$ref": "#/$defs/id"},
                "skipped": {"type": "string"},
                "answers": {},
                "state": {},
                "changed": {},
            },
            ("id",),
        ),
        "vector": _object(
            {
                "id": {"$ref": "#/$defs/id"},
                "rules": {**_list({"type": "string", "pattern": r"^[A-Z]+-[0-9]+(\.[0-9]+)?$"}), "minItems": 1},
                "needs": {"$ref": "#/$defs/needs"},
                "given": _NAME,
                "when": {"$ref": "#/$defs/when"},
                "then": {"$ref": "#/$defs/then"},
                "agreed": {"enum": ["oracle", "hand"]},
            }
        ),
        "id": {"type": "string", "pattern": SLUG},
        "needs": {**_list({"enum": list(NEEDS)}), "uniqueItems": True},
        "roles": {
            "type": "object",
            "propertyNames": {"pattern": "^[1-9][0-9]*$"},
            "additionalProperties": _list({"$ref": "#/$defs/role"}),
        },
        "role": _role(),
        "when": {**_list({"$ref": "#/$defs/step"}), "minItems": 1},
        "earlier": _object(
            {"step": {"type": "integer", "minimum": 0}, "part": {"type": "string", "minLength": 1}}, ("step",)
        ),
        "step": steps,
        "then": _object(
            {
                "answers": _list(_or_null({"$ref": "#/$defs/answer"})),
                "state": {"enum": [state.value for state in CrmState]},
                "changed": changed,
            }
        ),
        "answer": answers,
        "item": _item(made, told),
        "document": document,
    }
    return {
        "$schema": DIALECT,
        "title": FORMAT,
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in ("vectors", "given", "asked", "said")],
        "$defs": _placed({**defs, **made.found, **told.found}),
    }


def _placed(node: Any) -> Any:
    """The same schema, in which a mistake inside what may be null is told where it is, and not where that begins."""
    if isinstance(node, list):
        return [_placed(each) for each in node]
    if not isinstance(node, dict):
        return node
    forms = node.get("anyOf", ())
    if len(forms) == 2 and forms[1] == {"type": "null"} and len(node) == 1:
        return _or_null(_placed(forms[0]))
    return {key: _placed(each) for key, each in node.items()}


def _object(parts: Mapping[str, Any], required: Iterable[str] | None = None) -> Json:
    names = list(parts if required is None else required)
    return {"type": "object", "properties": dict(parts), "required": names, "additionalProperties": False}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _named(each: Json) -> Json:
    return {"type": "object", "propertyNames": _NAME, "additionalProperties": each}


def _given(document: Json, roles: Json) -> Json:
    parts = {"document": document, "roles": roles, "plan": {"type": ["boolean", "null"]}, "clock": _INSTANT}
    return _object({**parts, **_FAULTS}, parts)


def _role() -> Json:
    kinds, pipeline = {"enum": [kind.value for kind in CARDS]}, {"type": ["integer", "null"], "minimum": 0}
    grant = [
        {"enum": [each.value for each in Operation]},
        kinds,
        pipeline,
        {"enum": [each.name.lower() for each in Level]},
    ]
    levels = _list({"type": "array", "prefixItems": grant, "items": False, "minItems": len(grant)})
    flags = dict.fromkeys(("settings", "export", "administrator"), _FLAG)
    return _object({"name": {"type": "string"}, "levels": levels, **flags}, ("name",))


def _document(made: Definitions) -> Json:
    """A whole CRM, `crmcore.crm/1`."""
    lists = {name: _list(_row(made, kind)) for kind, name in TABLES.items() if kind is not Kind.BINDING}
    stages = made.record(Kind.STAGES)
    made.found["commands of a given"] = {"type": "array", "maxItems": 0}
    lists["commands"] = {"$ref": "#/$defs/commands of a given"}
    parts = {"settings": made.record(Kind.SETTINGS), "stages": _properties(made, stages)["stages"], **lists}
    return _object({"format": {"const": DOCUMENT}, **parts})


def _row(made: Definitions, kind: Kind) -> Json:
    """A row of a list of the document: a record, and what the row says beside it."""
    record = made.record(kind)
    if kind is Kind.ACTIVITY:
        bindings = _list(
            {"type": "array", "prefixItems": [{"enum": [each.value for each in CARDS]}, _ID], "items": False}
        )
        return {"oneOf": [_with(each, {"bindings": bindings}) for each in record["oneOf"]]}
    if kind is Kind.OUTCOME:
        return _with(_followed(made, record), {"epoch": _ID, "lead_id": _ID})
    return record


def _with(record: Json, parts: Mapping[str, Json]) -> Json:
    return _object({**record["properties"], **parts})


def _followed(made: Definitions, node: Json) -> Json:
    found: Json = made.found[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


def _properties(made: Definitions, record: Json) -> dict[str, Json]:
    """The keys of a record, of one that can be deleted those of both forms."""
    found: dict[str, list[Json]] = {}
    for each in record.get("oneOf", [record]):
        for name, part in _followed(made, each)["properties"].items():
            known = found.setdefault(name, [])
            if part not in known:
                known.append(part)
    return {name: _any(parts) for name, parts in found.items()}


class _Told:
    """Turns the schema of what is written into that of what a vector tells: no key is needed, and some are left out."""

    def __init__(self, made: Definitions) -> None:
        self.made = made
        self.found: Json = {}

    def of(self, node: Any) -> Any:
        """The same schema for what is told."""
        if isinstance(node, list):
            return [self.of(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            if f"told {name}" not in self.found:
                self.found[f"told {name}"] = {}
                self.found[f"told {name}"] = self.of(self.made.found[name])
            return {"$ref": f"#/$defs/told {name}"}
        if set(node) == {"oneOf"} and _is_deletable(node["oneOf"]):
            there, gone = map(self.of, node["oneOf"])
            return {"if": {"properties": {"deleted_at": {"type": "null"}}}, "then": there, "else": gone}
        told = {key: self.of(value) for key, value in node.items()}
        if isinstance(node.get("properties"), dict):
            told["properties"] = {key: part for key, part in told["properties"].items() if key not in OWN}
            del told["required"]
        return told


def _is_deletable(forms: list[Json]) -> bool:
    """Whether these are the two forms of a record that can be deleted: as it is, and its tombstone."""
    return [each.get("properties", {}).get("deleted_at") == {"type": "null"} for each in forms] == [True, False]


def _changed(made: Definitions, told: _Told) -> Json:
    """The rows that are not as they were."""
    kinds = {name: kind for kind, name in TABLES.items()}

    def row(name: str) -> Json:
        parts = {
            key: told.of(part) for key, part in _properties(made, _row(made, kinds[name])).items() if key not in OWN
        }
        parts = {key: part if key in NAMES[name] else _or_null(part) for key, part in parts.items()}
        extra = {"switch": {"type": "string"}} if name == "outcomes" else {}
        return _object({**extra, **parts, "gone": {"const": True}}, NAMES[name])

    settings = {
        key: _or_null(told.of(part))
        for key, part in _properties(made, made.record(Kind.SETTINGS)).items()
        if key not in OWN
    }
    stages = told.of(_properties(made, made.record(Kind.STAGES))["stages"])
    lists = {name: {**_list(row(name)), "minItems": 1} for name in NAMES}
    return _object({"settings": _object(settings, ()), "stages": stages, **lists}, ())


def _or_null(part: Json) -> Json:
    """A part that may be null; said by what is there, and not by "any of", so that a mistake is told where it is."""
    return {"if": {"type": "null"}, "else": part}


def _chosen(key: str, forms: Mapping[str, Json]) -> list[Json]:
    """Which form an object has, said by one of its keys, so that a mistake is told where it is."""
    return [
        {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": form} for name, form in forms.items()
    ]


def _steps(made: Definitions, messages: Json) -> Json:
    commands: dict[str, list[Json]] = {}
    for form in messages["command"]["oneOf"]:
        for each in form.get("oneOf", [form]):
            name = each["properties"]["command"]["const"]
            step = _object({**{key: _referable(part) for key, part in each["properties"].items()}, "actor": _ACTOR})
            commands.setdefault(name, []).append(step)
    for name, form in messages.items():
        if name not in ("command", "answer", "event"):
            made.found.setdefault(name, form)
    calls = {name: _call(made, name) for name in CALLS}
    worlds = {"plan": _FLAG, "clock": _INSTANT, "roles": {"$ref": "#/$defs/roles"}, **_FAULTS}
    return {
        "type": "object",
        "properties": {"command": {"enum": list(commands)}, "call": {"enum": list(calls)}},
        "oneOf": [{"required": [key]} for key in ("command", "call", "set")],
        "allOf": [
            *_chosen("command", {name: _by_kind(forms) for name, forms in commands.items()}),
            *_chosen("call", calls),
            {"if": {"required": ["set"]}, "then": _object({"set": {**_object(worlds, ()), "minProperties": 1}})},
        ],
    }


def _by_kind(forms: list[Json]) -> Json:
    """One of these forms: the one whose kind of record is named, by itself or in a reference."""
    if len(forms) == 1:
        return forms[0]
    named = [_kind_in(form["properties"]) for form in forms]
    return {"anyOf": named, "allOf": [{"if": each, "then": form} for each, form in zip(named, forms, strict=True)]}


def _kind_in(parts: Mapping[str, Json]) -> Json:
    key = "kind" if "kind" in parts else "ref"
    kind = parts["kind"] if key == "kind" else {"prefixItems": parts["ref"]["prefixItems"][:1]}
    return {"properties": {key: kind}, "required": [key]}


_ACTOR = {"type": "integer", "minimum": 0}


def _call(made: Definitions, name: str) -> Json:
    parts = {key: _referable(made.of(wanted)) for key, wanted in arguments_of(name).items()}
    return _object({"actor": _ACTOR, "call": {"const": name}, **parts}, ("actor", "call"))


#: What an answer hands out to be brought again: a token, and the rows of a chunk.
_ANSWERED = ("/SwitchToken", "/LedgerRow")


def _referable(part: Any) -> Any:
    """The schema of a value that may be one that an earlier step answered."""
    if isinstance(part, list):
        return [_referable(each) for each in part]
    if not isinstance(part, dict):
        return part
    of = part["items"] if isinstance(part.get("items"), dict) else part
    if part.get("type") == "integer" or of.get("$ref", "").endswith(_ANSWERED):
        return {"if": {"type": "object", "required": ["step"]}, "then": _EARLIER, "else": part}
    return {key: value if key == "properties" else _referable(value) for key, value in part.items()}


def _answers(messages: Json, told: _Told) -> Json:
    forms: dict[str, list[Json]] = {}
    for form in messages["answer"]["oneOf"]:
        for each in form.get("oneOf", [form]):
            name = each["properties"]["answer"]["const"]
            forms.setdefault(name, []).append({**told.of(each), "required": ["answer"]})
    items = _list({"$ref": "#/$defs/item"})
    more: dict[str, Json] = {
        "version": {},
        "epoch": {},
        "none": {},
        "document": {},
        "invalid_value": {"field": {"type": "string"}},
        "record_fault": {"kind": {"type": "string"}, "id": {"type": ["integer", "string"]}, "code": {"type": "string"}},
        "list": {"items": items},
        "page": {"items": items, "after": {"type": "integer"}, "faults": _list(_REF)},
    }
    known = {name: _by_kind(form) for name, form in forms.items()}
    known |= {name: _object({"answer": {"const": name}, **parts}, ("answer",)) for name, parts in more.items()}
    return {
        "type": "object",
        "properties": {"answer": {"enum": list(known)}},
        "required": ["answer"],
        "allOf": _chosen("answer", known),
    }


#: A reference.
_REF = {"type": "array", "prefixItems": [{"type": "string"}, _ID], "items": False, "minItems": 2}


def _item(made: Definitions, told: _Told) -> Json:
    """What stands in a list: an answer, a reference, a lead with its outcome, or a row of an audit or an analysis."""
    outcome = {**_REF, "prefixItems": [_ID, told.of(made.of(LeadOutcome))]}
    rows = {"law": Violation, "at_begin": SwitchRecord, "leads": SourceLine}
    row = {
        "anyOf": [{"required": [key]} for key in rows],
        "allOf": [{"if": {"required": [key]}, "then": told.of(made.of(cls))} for key, cls in rows.items()],
    }
    return {
        "type": ["array", "object"],
        "if": {"type": "array"},
        "then": {"if": {"prefixItems": [{"type": "string"}]}, "then": _REF, "else": outcome},
        "else": {"if": {"required": ["answer"]}, "then": {"$ref": "#/$defs/answer"}, "else": row},
    }


def _any(forms: list[Json]) -> Json:
    return forms[0] if len(forms) == 1 else {"anyOf": forms}
