"""A whole CRM as one canonical JSON document, and single records as JSON objects (extra `json`).

Equal CRMs, with their decimals written alike, give equal bytes: each list is sorted by id, keys stand in one order, and
each record has a line of its own, so that two documents can be compared line by line.
Loading checks types and single records only: a damaged CRM loads as it is, so that an audit can name the damage.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Literal, cast

from attrs import fields, has

from crmcore.adapters import missing_extra
from crmcore.domain.activity import Activity
from crmcore.domain.company import Company
from crmcore.domain.contact import Contact
from crmcore.domain.deal import Deal
from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import Kind, Ref
from crmcore.domain.image import CrmImage
from crmcore.domain.lead import Lead
from crmcore.domain.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.mode import CrmMode, Settings
from crmcore.domain.outcomes import LeadOutcome
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.stages import LeadStages, Stage
from crmcore.domain.text import ID_LIMIT, check_id, check_instant, check_text, check_type
from crmcore.domain.tombstone import Tombstone
from crmcore.domain.values import ContactPoint, ContactPoints, CustomFields, CustomValue

try:
    from cattrs import ClassValidationError, Converter, IterableValidationError
    from cattrs.cols import namedtuple_dict_structure_factory, namedtuple_dict_unstructure_factory
    from cattrs.gen import make_dict_structure_fn
except ImportError as failed:
    raise missing_extra(failed, "json") from failed

__all__ = ["FORMAT", "BadDocument", "dump_crm", "dump_record", "load_crm", "load_record"]

FORMAT = "crmcore.crm/1"

Json = dict[str, Any]

_KINDS: dict[Kind, type] = {
    Kind.PIPELINE: Pipeline,
    Kind.LEAD: Lead,
    Kind.DEAL: Deal,
    Kind.CONTACT: Contact,
    Kind.COMPANY: Company,
    Kind.ACTIVITY: Activity,
    Kind.LEDGER: LedgerRow,
    Kind.OUTCOME: LeadOutcome,
    Kind.SWITCH: SwitchRecord,
    Kind.COMMAND: CommandRecord,
    Kind.STAGES: LeadStages,
    Kind.SETTINGS: Settings,
}
_DELETABLE = (Kind.LEAD, Kind.ACTIVITY)

#: The lists of the document in their order, with what identifies a record in each.
_LISTS: dict[str, tuple[Kind, str]] = {
    "pipelines": (Kind.PIPELINE, "id"),
    "leads": (Kind.LEAD, "id"),
    "deals": (Kind.DEAL, "id"),
    "contacts": (Kind.CONTACT, "id"),
    "companies": (Kind.COMPANY, "id"),
    "activities": (Kind.ACTIVITY, "id"),
    "ledger": (Kind.LEDGER, "lead_id"),
    "outcomes": (Kind.OUTCOME, "lead_id"),
    "switches": (Kind.SWITCH, "key"),
    "commands": (Kind.COMMAND, "key"),
}


class BadDocument(InvalidValue):
    """A text is no document of a CRM; names the place in it, never the value (DATA-2).

    `line` is set where the text is not even JSON.
    """

    def __init__(self, field: str, expected: str, line: int | None = None) -> None:
        super().__init__(field, expected)
        self.args = (field, expected, line)
        self.line = line

    def __str__(self) -> str:
        return super().__str__() if self.line is None else f"line {self.line}: expected {self.expected}"


def dump_crm(image: CrmImage) -> str:
    """Write a whole CRM as one document; the text ends with a line break."""
    return "".join(_written(image))


def _written(image: CrmImage) -> Iterator[str]:
    yield f'{{\n"format": {_text(FORMAT)},\n"settings": {_text(dump_record(image.settings))},\n"stages": '
    yield _list_text(map(_text, dump_record(image.stages)["stages"]))
    for name in _LISTS:
        yield f',\n"{name}": {_list_text(map(_text, _rows(image, name)))}'
    yield "\n}\n"


def _list_text(lines: Iterator[str]) -> str:
    return "[" + ",".join(f"\n{line}" for line in lines) + "]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _rows(image: CrmImage, name: str) -> Iterator[Json]:
    records = getattr(image, name)
    for id in sorted(records):
        row = dump_record(records[id])
        if name == "outcomes":
            row = {"epoch": id[0], "lead_id": id[1], **row}
        elif name == "activities":
            row["bindings"] = _pairs(image.bindings.get(id, ()))
        yield row


def load_crm(text: str) -> CrmImage:
    """Read a document back; damaged CRMs too, since what records say about each other is not looked at.

    Raises `BadDocument` naming the place, for example `deals[3].amount`, and for a document of a newer format.
    """
    document = _parsed(text)
    try:
        return _loaded(document)
    except InvalidValue as bad:
        raise BadDocument(bad.field, bad.expected) from None


def _parsed(text: str) -> Json:
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as bad:
        raise BadDocument("document", "a JSON document", bad.lineno) from None
    except InvalidValue as bad:
        raise BadDocument(bad.field, bad.expected) from None
    except (ValueError, RecursionError):
        raise BadDocument("document", "a JSON document of usual depth and numbers") from None
    if not isinstance(document, dict):
        raise BadDocument("document", "a JSON object")
    return document


def _no_constant(name: str) -> None:
    raise InvalidValue("document", f"no number {name}")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidValue("document", "each key once in an object")
    return found


def _loaded(document: Json) -> CrmImage:
    found = document.get("format")
    if found != FORMAT:
        known = isinstance(found, str) and re.fullmatch(r"crmcore\.crm/[0-9]+", found)
        raise InvalidValue("format", f"{FORMAT!r}{'; this one is for another version of crmcore' if known else ''}")
    _check_keys(document, ("format", "settings", "stages", *_LISTS))
    tables: dict[str, Any] = {name: {} for name in _LISTS}
    bindings: dict[Any, frozenset[Ref]] = {}
    for name, (kind, key) in _LISTS.items():
        for place, row in _places(name, document[name]):
            with_epoch = name == "outcomes"
            with _At(place):
                taken = {part: _part(row, part) for part in _extras(name)}
                record = load_record(kind, {part: value for part, value in row.items() if part not in taken})
                id: Any = (taken["epoch"], taken["lead_id"]) if with_epoch else getattr(record, key)
                if id in tables[name]:
                    raise InvalidValue(key, f"a {key} that no other record of the list has")
                if name == "activities":
                    bindings[id] = taken["bindings"]
            tables[name][id] = record
    with _At("settings"):
        settings = load_record(Kind.SETTINGS, document["settings"])
    stages = load_record(Kind.STAGES, {"stages": document["stages"]})
    return CrmImage(settings=settings, stages=stages, bindings=bindings, **tables)


def _extras(name: str) -> tuple[str, ...]:
    """What a row says beside its record."""
    return {"outcomes": ("epoch", "lead_id"), "activities": ("bindings",)}.get(name, ())


def _part(row: Json, part: str) -> Any:
    if part not in row:
        raise InvalidValue(part, "a key of this name")
    with _At(part):
        return _bound_to(row[part]) if part == "bindings" else _structured(row[part], int)


def _places(name: str, rows: object) -> Iterator[tuple[str, Json]]:
    check_type(name, rows, list)
    for index, row in enumerate(cast("list[Json]", rows)):
        place = f"{name}[{index}]"
        check_type(place, row, dict)
        yield place, row


def dump_record(record: Any) -> Json:
    """One record as a JSON object with all its keys; an activity's bindings are not part of it."""
    row = _converter().unstructure(record)
    if isinstance(record, Tombstone):
        del row["kind"]
    elif isinstance(record, Lead | Activity):
        row["deleted_at"] = None
    return cast("Json", row)


def load_record(kind: Kind, data: Mapping[str, Any]) -> Any:
    """Read one record of a kind back from what `dump_record` made of it.

    Raises `InvalidValue` naming the place inside the record, for example `contact_points[0].type`.
    """
    if kind not in _KINDS:
        raise InvalidValue("kind", "a kind of record that is kept")
    check_type(kind, data, Mapping)
    row = dict(data)
    if kind in _DELETABLE:
        if "deleted_at" not in row:
            raise InvalidValue("deleted_at", "a key of this name")
        if row["deleted_at"] is not None:
            return _structured({"kind": kind, **row}, Tombstone)
        del row["deleted_at"]
    return _structured(row, _KINDS[kind])


class _At:
    """Puts the place in front of the field that an error names."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidValue):
            raise InvalidValue(_joined(self._place, error.field), error.expected) from None


def _joined(place: str, rest: str) -> str:
    return f"{place}{'.' if place and rest and not rest.startswith('[') else ''}{rest}"


def _structured(value: object, wanted: Any) -> Any:
    try:
        return _converter().structure(value, wanted)
    except (InvalidValue, ClassValidationError, IterableValidationError) as error:
        place, leaf, expected = "", cast("BaseException", error), "a value of the type that belongs here"
        while isinstance(leaf, ClassValidationError | IterableValidationError):
            leaf = leaf.exceptions[0]
            place = _joined(place, _place_of(leaf))
        if isinstance(leaf, InvalidValue):
            # A check inside an entity names the class first, then the field.
            rest = leaf.field if leaf.field[:1].islower() else leaf.field.partition(".")[2]
            place, expected = _joined(place, rest), leaf.expected
        raise InvalidValue(place, expected) from None


def _place_of(error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        if hasattr(note, "index"):
            return f"[{note.index}]"
        if hasattr(note, "name"):
            return str(note.name)
    return ""


@cache
def _converter() -> Converter:
    """The converter between records and JSON values, made when it is first needed."""
    converter = Converter()
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _plain)
    converter.register_structure_hook(Decimal, lambda value, _: _read(value, _decimal, "a decimal as text"))
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(
        datetime, lambda value, _: check_instant("", _read(value, datetime.fromisoformat, "an instant as text"))
    )
    converter.register_unstructure_hook(datetime, _instant_text)
    converter.register_structure_hook(date, lambda value, _: _read(value, date.fromisoformat, "a date as text"))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook_func(lambda wanted: isinstance(wanted, type) and issubclass(wanted, Enum), _enum)
    converter.register_structure_hook(CrmMode, _mode)
    converter.register_unstructure_hook(CrmMode, lambda mode: mode.name.lower())
    converter.register_structure_hook_func(lambda wanted: getattr(wanted, "__origin__", None) is Literal, _literal)
    converter.register_structure_hook(Ref, lambda value, _: _ref(value))
    converter.register_unstructure_hook(Ref, lambda ref: [ref.kind.value, ref.id])
    converter.register_structure_hook_func(lambda wanted: wanted == frozenset[Ref], lambda value, _: _bound_to(value))
    converter.register_unstructure_hook_func(lambda wanted: wanted == frozenset[Ref], _pairs)
    converter.register_structure_hook(CustomFields, lambda value, _: _custom(value))
    converter.register_unstructure_hook(CustomFields, _custom_rows)
    converter.register_structure_hook(
        ContactPoints, lambda value, _: ContactPoints(converter.structure(_list(value), list[ContactPoint]))
    )
    converter.register_unstructure_hook(ContactPoints, lambda points: [converter.unstructure(point) for point in points])
    converter.register_structure_hook(
        LeadOutcome, _whole(LeadOutcome._fields, namedtuple_dict_structure_factory(LeadOutcome, converter))
    )
    converter.register_unstructure_hook(LeadOutcome, namedtuple_dict_unstructure_factory(LeadOutcome, converter))
    converter.register_structure_hook_factory(has, lambda cls: _record_reader(cls, converter))
    converter.register_unstructure_hook_factory(has, lambda cls: _record_writer(cls, converter))
    return converter
