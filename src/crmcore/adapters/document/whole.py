"""The canonical document of a whole CRM.

Equal CRMs, with their decimals written alike, give equal bytes: each list is sorted by id, the keys have a fixed order,
and each record has its own line, so that two documents can be compared line by line.
Loading checks only types and single records: a damaged CRM can be loaded, so that an audit can name the damage.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from crmcore.adapters.batches import Batch
from crmcore.adapters.document.converter import structured, take
from crmcore.adapters.document.lines import as_text, lines_of
from crmcore.adapters.document.records import dump_record, load_record
from crmcore.adapters.document.values import Json, placed
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import TABLES, Kind, Ref
from crmcore.domain.model.image import CrmImage, batches_of, bound_activities, in_batches
from crmcore.domain.model.integrity import check_bindings
from crmcore.domain.model.text import check_id, check_type

__all__ = ["FORMAT", "BadDocument", "Told", "dump_crm", "load_crm", "written"]

FORMAT = "crmcore.crm/1"

#: Gets the name of a list, some records of it and what each activity is bound to.
Told = Callable[[str, Sequence[Any], Sequence[frozenset[Ref]]], object]

#: The lists of the document in their order; bindings stand in the rows of activities.
_LISTS: dict[str, Kind] = {name: kind for kind, name in TABLES.items() if kind is not Kind.BINDING}
#: What identifies a record, where that is not its id.
_KEYS = {"ledger": "lead_id", "outcomes": "lead_id", "switches": "key", "commands": "key"}
#: What a row says beside its record.
_PARTS = {"outcomes": ("epoch", "lead_id"), "activities": ("bindings",)}


class BadDocument(InvalidValue):
    """A text is not a document of a CRM; the error names the place in it, never the value (DATA-2).

    `line` is set where the text is not even JSON.
    """

    def __init__(self, field: str, expected: str, line: int | None = None) -> None:
        super().__init__(field, expected)
        self.args = (field, expected, line)
        self.line = line


def dump_crm(image: CrmImage) -> str:
    """Write a whole CRM as one document, which ends with a line break."""
    return "".join(written(image))


def written(image: CrmImage, told: Told | None = None) -> Iterator[str]:
    """The same part by part; `told` gets the records on the way, by the list where they stand, with their bindings."""
    stages = ",".join(f"\n{as_text(row)}" for row in dump_record(image.stages)["stages"])
    yield f'{{\n"format": {as_text(FORMAT)},\n"settings": {as_text(dump_record(image.settings))},\n"stages": [{stages}]'
    for name in _LISTS:
        yield f',\n"{name}": ['
        before = "\n"
        for records, refs, lines in _lines(image, name):
            if told is not None:
                told(name, records, refs)
            yield before + ",\n".join(lines)
            before = ",\n"
        yield "]"
    yield "\n}\n"


def _lines(image: CrmImage, name: str) -> Iterator[tuple[Sequence[Any], Sequence[frozenset[Ref]], Iterable[str]]]:
    """The records of a list with what each activity is bound to, and the lines of both, some at once."""
    if name == "activities":
        for batch in in_batches(bound_activities(image)):
            activities, bound = Batch(each for each, _ in batch), [refs for _, refs in batch]
            yield activities, bound, lines_of(activities, bound)
        return
    for ids, given in batches_of(getattr(image, name)):
        records = Batch(given)
        yield records, (), lines_of(records, before=ids if name == "outcomes" else None)


def load_crm(text: str) -> CrmImage:
    """Read a document back; damaged CRMs too, since what records say about each other is not looked at.

    Raises `BadDocument` naming the place, for example `deals[3].amount`, and for a document of another format.
    """
    try:
        return _loaded(_parsed(text))
    except BadDocument:
        raise
    except InvalidValue as bad:
        raise_alone(BadDocument(bad.field, bad.expected))


def _parsed(text: str) -> Json:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as bad:
        raise_alone(BadDocument("document", "JSON", bad.lineno))
    except InvalidValue:
        raise
    except (ValueError, RecursionError):
        raise_alone(BadDocument("document", "JSON that is not nested too deeply, without overlong numbers"))
    if not isinstance(document, dict):
        raise BadDocument("document", "a JSON object")
    return document


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidValue("document", "each key once in an object")
    return found


def _loaded(document: Json) -> CrmImage:
    _check_format(document.get("format"))
    for name in ("settings", "stages", *_LISTS):
        if name not in document:
            raise InvalidValue(name, "a key of this name")
    if document.keys() - {"format", "settings", "stages", *_LISTS}:
        raise InvalidValue("document", f"no keys but format, settings, stages, {', '.join(_LISTS)}")
    tables: dict[str, Any] = {name: {} for name in _LISTS}
    bindings: dict[Any, frozenset[Ref]] = {}
    for name in _LISTS:
        check_type(name, document[name], list)
        for index, row in enumerate(document[name]):
            placed(f"{name}[{index}]", _load_row, name, row, tables[name], bindings)
    settings = placed("settings", load_record, Kind.SETTINGS, document["settings"])
    stages = load_record(Kind.STAGES, {"stages": document["stages"]})
    return CrmImage(settings=settings, stages=stages, bindings=bindings, **tables)


def _check_format(found: object) -> None:
    if found == FORMAT:
        return
    other = isinstance(found, str) and re.fullmatch(r"crmcore\.crm/[0-9]+", found)
    raise InvalidValue("format", f"{FORMAT!r}{': this one is for a newer crmcore' if other else ''}")


def _load_row(name: str, row: Any, table: dict[Any, Any], bindings: dict[Any, frozenset[Ref]]) -> None:
    check_type("", row, dict)
    row = dict(row)
    parts = {part: _part(row, part) for part in _PARTS.get(name, ())}
    record = load_record(_LISTS[name], row)
    key = _KEYS.get(name, "id")
    id = (parts["epoch"], parts["lead_id"]) if name == "outcomes" else getattr(record, key)
    if id in table:
        raise InvalidValue(key, "a value that no other record of the list has")
    table[id] = record
    if name == "activities":
        check_bindings(parts["bindings"])
        bindings[id] = parts["bindings"]


def _part(row: Json, part: str) -> Any:
    """What a row says beside its record."""
    value = take(row, part)
    if part == "bindings":
        return placed(part, structured, value, frozenset[Ref])
    check_id(part, value)
    return value
