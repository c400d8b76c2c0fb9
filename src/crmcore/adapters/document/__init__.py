"""A whole CRM as one canonical JSON document, and single records as JSON objects (extra `json`)."""

from crmcore.adapters.document.records import dump_record, load_record
from crmcore.adapters.document.whole import FORMAT, BadDocument, dump_crm, load_crm

__all__ = ["FORMAT", "BadDocument", "dump_crm", "dump_record", "load_crm", "load_record"]
