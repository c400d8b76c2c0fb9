"""JSON Schema (draft 2020-12) of what this package writes and reads, derived from the classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints, is_typeddict

from attrs import fields, has

from crmcore.adapters.document import messages
from crmcore.adapters.document.converter import CUSTOM, POINTS
from crmcore.adapters.document.records import DELETABLE, KINDS
from crmcore.adapters.document.values import CUSTOM_TYPES, Json
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, ContactPoints, CustomFields
from crmcore.domain.protocol.results import Versioned

__all__ = ["DIALECT", "Definitions", "schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WHOLE = {"type": "integer", "minimum": -ID_LIMIT - 1, "maximum": ID_LIMIT}
_TEXT = {"type": "string"}
#: Some fields of a record: what they may be, its kind says.
_GIVEN = Mapping[str, Any]
_PLAIN: dict[Any, Json] = {
    str: _TEXT,
    int: _WHOLE,
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Decimal: {"type": "string", "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    CrmMode: {"enum": [mode.name.lower() for mode in CrmMode]},
}


def schema() -> Json:
    """The schema of all commands, answers and events: a document is valid when it is one of them.

    `$defs` has each class under its name, and `command`, `answer` and `event` for one family alone.
    """
    made = Definitions()
    families = {
        "command": [_command(made, name, cls) for name, cls in messages.COMMANDS.items()],
        "answer": [_answer(made, name, cls) for name, cls in messages.ANSWERS.items()]
        + [_tagged("answer", messages.NUMBER, {messages.NUMBER: _WHOLE})],
        "event": [_tagged("event", name, made.parts(cls)) for name, cls in messages.EVENTS.items()],
    }
    defs = {family: {"oneOf": members} for family, members in families.items()}
    return {
        "$schema": DIALECT,
        "title": "crmcore: commands, answers and events",
        "oneOf": [{"$ref": f"#/$defs/{family}"} for family in families],
        "$defs": {**defs, **made.found},
    }


def _command(made: "Definitions", name: str, cls: type) -> Json:
    parts = {**made.parts(cls)}
    if cls not in messages.KINDS_OF:
        return _tagged("command", name, parts)
    kinds, _ = messages.KINDS_OF[cls]
    given = []
    for kind in kinds:
        of_kind = {**parts, "fields": made.of(messages.FIELDS_OF[kind])}
        if "kind" in parts:
            of_kind["kind"] = {"const": kind.value}
        if "ref" in parts:
            of_kind["ref"] = _pair({"const": kind.value}, _WHOLE)
        if "version" in parts:
            of_kind["version"] = {"anyOf": [_WHOLE, _object({"record": made.record(kind), "version": _WHOLE})]}
        given.append(_tagged("command", name, of_kind))
    return given[0] if len(given) == 1 else {"oneOf": given}


def _answer(made: "Definitions", name: str, cls: type) -> Json:
    if cls is Refused:
        refusal = made.of_refusal()
        return _object({"answer": {"const": name}, **refusal["properties"]}, ("answer", *refusal["required"]))
    if name != messages.VERSIONED:
        return _tagged("answer", name, made.parts(cls))
    return {
        "oneOf": [
            _tagged("answer", name, {"kind": {"const": kind.value}, "record": made.record(kind), "version": _WHOLE})
            for kind in KINDS
        ]
    }


def _tagged(key: str, name: str, parts: Mapping[str, Json]) -> Json:
    return _object({key: {"const": name}, **parts})


def _object(parts: Mapping[str, Json], required: Iterable[str] | None = None) -> Json:
    names = list(parts) if required is None else list(required)
    return {"type": "object", "properties": dict(parts), "required": names, "additionalProperties": False}


def _pair(*parts: Json) -> Json:
    return {"type": "array", "prefixItems": list(parts), "items": False, "minItems": len(parts)}


class Definitions:
    """Draws the schema of types; `found` collects the classes that they are made of, each by its name."""

    def __init__(self) -> None:
        self.found: Json = {}

    def of(self, wanted: Any) -> Json:
        """The schema of one type. Raises `TypeError` for a type that documents do not know."""
        if isinstance(wanted, NewType):
            return self.of(wanted.__supertype__)
        plain = _PLAIN.get(wanted)
        if plain is not None:
            return plain
        special = _SPECIAL.get(wanted)
        if special is not None:
            return special(self)
        if isinstance(wanted, type) and issubclass(wanted, StrEnum):
            return {"enum": [each.value for each in wanted]}
        if get_origin(wanted) is not None:
            return self._composed(get_origin(wanted), get_args(wanted))
        if is_typeddict(wanted) or has(wanted) or hasattr(wanted, "_fields"):
            return self._named(wanted)
        raise TypeError(f"no JSON of {wanted!r}")

    def parts(self, cls: type) -> dict[str, Json]:
        """The keys of a class with the schema of each."""
        if has(cls):
            types = {each.name: each.type for each in fields(cls)}
        else:
            types = get_type_hints(cls)
        return {name: {} if wanted == _GIVEN else self.of(wanted) for name, wanted in types.items()}

    def record(self, kind: Kind) -> Json:
        """A record of its own: one that can be deleted says when it was."""
        if kind not in DELETABLE:
            return self.of(KINDS[kind])
        whole = _object({**self.parts(KINDS[kind]), "deleted_at": {"type": "null"}})
        gone = self.parts(Tombstone)
        del gone["kind"]
        return {"oneOf": [whole, _object(gone)]}

    def of_refusal(self) -> Json:
        """A refusal: its code, the rule, and the record concerned; the policy of a key only where there is one."""
        told = {
            "code": self.of(Reason),
            "rule": _TEXT,
            "kind": self.of(Kind | None),
            "id": self.of(int | str | None),
        }
        return _object({**told, "policy": self.of(ModeSwitchPolicy)}, told)

    def _named(self, cls: Any) -> Json:
        name = cls.__name__
        if name not in self.found:
            self.found[name] = {}  # a class may be a part of itself
            self.found[name] = _object(self.parts(cls), () if is_typeddict(cls) else None)
        return {"$ref": f"#/$defs/{name}"}

    def _composed(self, origin: Any, args: tuple[Any, ...]) -> Json:
        if origin is Annotated:
            return self.of(args[0])
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(each) for each in args]}
        if origin is Literal:
            return {"enum": list(args)}
        if origin is tuple and args[-1] is not ...:
            return _pair(*map(self.of, args))
        if origin in (tuple, Sequence, frozenset):
            return {
                "type": "array",
                "items": self.of(args[0]),
                **({"uniqueItems": True} if origin is frozenset else {}),
            }
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.of(args[1])}
        return self.of(origin)


def _custom(made: Definitions) -> Json:
    types = {name: _PLAIN.get(cls, {"type": "array", "items": _TEXT}) for name, (cls, _) in CUSTOM_TYPES.items()}
    values = [_object({"type": {"const": name}, "value": value}) for name, value in types.items()]
    return {"type": "object", "additionalProperties": {"oneOf": values}}


_SPECIAL: dict[Any, Callable[[Definitions], Json]] = {
    Ref: lambda made: _pair(made.of(Kind), made.of(int | str)),
    frozenset[Ref]: lambda made: {"type": "array", "items": _pair({"enum": [each.value for each in CARDS]}, _WHOLE)},
    ContactPoints: lambda made: {"type": "array", "items": made.of(ContactPoint)},
    CustomFields: _custom,
    POINTS: lambda made: made.of(ContactPoints),
    CUSTOM: _custom,
    Refused: Definitions.of_refusal,
    int | Versioned[Any]: lambda made: _WHOLE,  # an edit says more, by the kind that it is of
}
