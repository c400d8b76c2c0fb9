"""Single records as JSON objects and back, with every key present and every type kept (CONV-8, DATA-1).

Decimals and instants are text, a custom field has its type, and a deleted record has `deleted_at`.
Errors name the place inside the record and what is expected there, never the value (DATA-2).
"""

from collections.abc import Mapping
from typing import Any

from crmcore.adapters.document.converter import structured, take, unstructured, without_class
from crmcore.adapters.document.values import Json
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import CARDS, MADE, Kind
from crmcore.domain.model.integrity import check_whole
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import check_type
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["DELETABLE", "KINDS", "dump_record", "kind_of", "load_record"]

#: What is kept as a record of its own.
KINDS: dict[Kind, type] = {
    **ENTITIES,
    Kind.PIPELINE: Pipeline,
    Kind.LEDGER: LedgerRow,
    Kind.OUTCOME: LeadOutcome,
    Kind.SWITCH: SwitchRecord,
    Kind.COMMAND: CommandRecord,
    Kind.STAGES: LeadStages,
    Kind.SETTINGS: Settings,
}
DELETABLE = (*CARDS, Kind.ACTIVITY)
_DELETABLE = tuple(KINDS[kind] for kind in DELETABLE)


def dump_record(record: Any) -> Json:
    """One record as a JSON object with all its keys; the bindings of an activity are no part of it."""
    row: Json = unstructured(record)
    if isinstance(record, Tombstone):
        del row["kind"]
    elif isinstance(record, _DELETABLE):
        row["deleted_at"] = None
    return row


def kind_of(record: Any) -> Kind:
    """Which kind of record this is."""
    if isinstance(record, Tombstone):
        return record.kind
    return next(kind for kind, cls in KINDS.items() if type(record) is cls)


def load_record(kind: Kind, data: Mapping[str, Any]) -> Any:
    """Read one record of a kind back from what `dump_record` made of it.

    Raises `InvalidValue` naming the place inside the record, for example `contact_points[0].type`.
    """
    if kind not in KINDS:
        raise InvalidValue("kind", "a kind of record that is stored")
    check_type("", data, Mapping)
    row = dict(data)
    if kind is Kind.COMMAND:
        row.setdefault("not_carried", [])  # documents of before say nothing about it
    if kind in MADE:
        row.setdefault("deleted_at", None)  # they could not be deleted before
    is_deleted = kind in DELETABLE and take(row, "deleted_at") is not None
    record = (
        structured({"kind": kind, "lead_id": None, **data}, Tombstone) if is_deleted else structured(row, KINDS[kind])
    )
    try:
        check_whole(record)  # what only the library makes has no limits of its own while it is built
    except InvalidValue as bad:
        raise_alone(without_class(bad))
    return record
