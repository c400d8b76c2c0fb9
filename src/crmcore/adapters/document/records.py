"""Single records as JSON objects and back, with every key present and every type kept (CONV-8, DATA-1).

Decimals and instants are text, a custom field says its type, and a deleted record says when (`deleted_at`).
Errors name the place inside the record and what belongs there, never the value (DATA-2).
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any, get_args, get_origin

from attrs import fields, has

from crmcore.adapters import missing_extra
from crmcore.adapters.document.values import (
    READERS,
    WRITERS,
    Json,
    at,
    bound,
    enum,
    is_literal,
    literal,
    mode,
    pairs,
    reads,
    unnamed,
)
from crmcore.domain.activity import Activity
from crmcore.domain.errors import InvalidValue
from crmcore.domain.fields import ENTITIES
from crmcore.domain.ids import Kind, Ref
from crmcore.domain.lead import Lead
from crmcore.domain.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.mode import CrmMode, Settings
from crmcore.domain.outcomes import LeadOutcome
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.stages import LeadStages
from crmcore.domain.text import check_type
from crmcore.domain.tombstone import Tombstone
from crmcore.domain.values import ContactPoint, ContactPoints

try:
    from cattrs import AttributeValidationNote, BaseValidationError, Converter, IterableValidationNote
    from cattrs.cols import namedtuple_dict_structure_factory, namedtuple_dict_unstructure_factory
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
except ImportError as failed:
    raise missing_extra(failed, "json") from failed

__all__ = ["dump_record", "load_record", "structured", "take"]

_KINDS: dict[Kind, type] = {
    **ENTITIES,
    Kind.PIPELINE: Pipeline,
    Kind.LEDGER: LedgerRow,
    Kind.OUTCOME: LeadOutcome,
    Kind.SWITCH: SwitchRecord,
    Kind.COMMAND: CommandRecord,
    Kind.STAGES: LeadStages,
    Kind.SETTINGS: Settings,
}
_DELETABLE = (Kind.LEAD, Kind.ACTIVITY)


def dump_record(record: Any) -> Json:
    """One record as a JSON object with all its keys; the bindings of an activity are no part of it."""
    row: Json = _converter().unstructure(record)
    if isinstance(record, Tombstone):
        del row["kind"]
    elif isinstance(record, Lead | Activity):
        row["deleted_at"] = None
    return row


def load_record(kind: Kind, data: Mapping[str, Any]) -> Any:
    """Read one record of a kind back from what `dump_record` made of it.

    Raises `InvalidValue` naming the place inside the record, for example `contact_points[0].type`.
    """
    if kind not in _KINDS:
        raise InvalidValue("kind", "a kind of record that is kept")
    check_type("", data, Mapping)
    row = dict(data)
    if kind in _DELETABLE and take(row, "deleted_at") is not None:
        return structured({"kind": kind, **data}, Tombstone)
    return structured(row, _KINDS[kind])


def take(row: Json, key: str) -> Any:
    """Take a key out of an object; raises `InvalidValue` where it is missing."""
    if key not in row:
        raise InvalidValue(key, "a key of this name")
    return row.pop(key)


def structured(value: object, wanted: Any) -> Any:
    """Turn a JSON value into one of a type; raises `InvalidValue` with the place inside the value."""
    try:
        return _converter().structure(value, wanted)
    except (InvalidValue, BaseValidationError) as error:
        raise _first_fault(error) from None


def _first_fault(error: BaseException) -> InvalidValue:
    """The first leaf of a tree of errors, with the way to it."""
    if isinstance(error, BaseValidationError):
        first = error.exceptions[0]
        fault = _first_fault(first)
        for note in getattr(first, "__notes__", ()):
            if isinstance(note, IterableValidationNote):
                return at(f"[{note.index}]", fault)
            if isinstance(note, AttributeValidationNote):
                return at(note.name, fault)
        return fault
    if isinstance(error, InvalidValue):
        # A check inside an entity names the class first and then the field.
        named = error.field[:1].isupper()
        return InvalidValue(error.field.partition(".")[2], error.expected) if named else error
    return InvalidValue("", "a value of the type that belongs here")


@cache
def _converter() -> Converter:
    """The converter between records and JSON values, made when it is first needed."""
    converter = Converter()
    for wanted, read in READERS.items():
        converter.register_structure_hook(wanted, partial(reads, read))
    for given, write in WRITERS.items():
        converter.register_unstructure_hook(given, write)
    converter.register_structure_hook(StrEnum, enum)
    converter.register_structure_hook_func(is_literal, literal)
    converter.register_structure_hook_factory(_is_tuple, partial(_tuple_reader, converter))
    converter.register_structure_hook_func(lambda wanted: wanted == frozenset[Ref], partial(reads, bound))
    converter.register_unstructure_hook_func(lambda given: given == frozenset[Ref], pairs)
    converter.register_structure_hook(
        ContactPoints, lambda value, _: unnamed(ContactPoints, converter.structure(value, tuple[ContactPoint, ...]))
    )
    converter.register_unstructure_hook(ContactPoints, lambda points: [converter.unstructure(each) for each in points])
    converter.register_structure_hook(
        LeadOutcome, _whole(LeadOutcome._fields, namedtuple_dict_structure_factory(LeadOutcome, converter))
    )
    converter.register_unstructure_hook(LeadOutcome, namedtuple_dict_unstructure_factory(LeadOutcome, converter))
    converter.register_structure_hook_factory(has, partial(_record_reader, converter))
    converter.register_unstructure_hook_factory(has, partial(_record_writer, converter))
    converter.register_structure_hook(CrmMode, mode)
    converter.register_unstructure_hook(CrmMode, lambda mode: mode.name.lower())
    return converter


def _record_reader(converter: Converter, cls: type) -> Callable[[Any, Any], Any]:
    return _whole([each.name for each in fields(cls)], make_dict_structure_fn(cls, converter))


def _whole(names: Iterable[str], read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A reader of objects that have just these keys."""
    expected = frozenset(names)

    def structure(value: Any, wanted: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue("", "an object")
        if value.keys() != expected:
            for name in sorted(expected - value.keys()):
                raise InvalidValue(name, "a key of this name")
            raise InvalidValue("", f"no keys but {', '.join(sorted(expected))}")
        return read(value, wanted)

    return structure


def _record_writer(converter: Converter, cls: type) -> Callable[[Any], Json]:
    """Writes a record's own fields before the inherited ones, so that its id comes first."""
    write: Callable[[Any], Json] = make_dict_unstructure_fn(cls, converter)
    own = [each.name for each in fields(cls) if not each.inherited]
    names = [*own, *(each.name for each in fields(cls) if each.inherited)]

    def unstructure(record: Any) -> Json:
        row = write(record)
        return {name: row[name] for name in names}

    return unstructure if len(own) < len(names) else write


def _is_tuple(wanted: Any) -> bool:
    origin: Any = get_origin(wanted)
    return origin is tuple


def _tuple_reader(converter: Converter, wanted: Any) -> Callable[[Any, Any], Any]:
    """Lists become tuples; a text is no list of letters."""
    each = get_args(wanted)[0]

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not list:
            raise InvalidValue("", "a list")
        return tuple(converter.structure(value, list[each]))  # type: ignore[valid-type]  # a type made as we go

    return structure
