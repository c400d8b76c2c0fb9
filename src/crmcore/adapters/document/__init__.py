"""A whole CRM as one canonical JSON document; records, commands, answers and events as JSON objects (extra `json`)."""

from crmcore.adapters.document.messages import (
    dump_answer,
    dump_command,
    dump_event,
    load_answer,
    load_command,
    load_event,
)
from crmcore.adapters.document.records import dump_record, load_record
from crmcore.adapters.document.schemas import schema
from crmcore.adapters.document.whole import FORMAT, BadDocument, dump_crm, load_crm

__all__ = [
    "FORMAT",
    "BadDocument",
    "dump_answer",
    "dump_command",
    "dump_crm",
    "dump_event",
    "dump_record",
    "load_answer",
    "load_command",
    "load_crm",
    "load_event",
    "load_record",
    "schema",
]
