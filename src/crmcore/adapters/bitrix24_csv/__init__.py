"""The product's CSV files: reading its exports of leads, clients and activities, writing a whole CRM.

See docs/spec/import.md for what is understood and why.
Each name is loaded when it is first used, for a command that reads no file needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.adapters.bitrix24_csv.activities import ActivityFile, read_activities
    from crmcore.adapters.bitrix24_csv.cards.clients import ClientFile, read_companies, read_contacts
    from crmcore.adapters.bitrix24_csv.cards.links import KnownClients
    from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
    from crmcore.adapters.bitrix24_csv.formats.rejects import write_rejects
    from crmcore.adapters.bitrix24_csv.formats.seen import Inspection, OwnField
    from crmcore.adapters.bitrix24_csv.inspection import draft_mapping, inspect_files
    from crmcore.adapters.bitrix24_csv.leads import LeadFile, read_leads
    from crmcore.adapters.bitrix24_csv.own.dates import DateOrder
    from crmcore.adapters.bitrix24_csv.own.file_map import FileMapping, read_mapping
    from crmcore.adapters.bitrix24_csv.words.names import KnownPersons, Names
    from crmcore.adapters.bitrix24_csv.writer import write_crm, write_table

__all__ = [
    "ActivityFile",
    "BadFile",
    "BadRow",
    "ClientFile",
    "DateOrder",
    "Fault",
    "FileMapping",
    "Inspection",
    "KnownClients",
    "KnownPersons",
    "LeadFile",
    "Names",
    "OwnField",
    "draft_mapping",
    "inspect_files",
    "read_activities",
    "read_companies",
    "read_contacts",
    "read_leads",
    "read_mapping",
    "write_crm",
    "write_rejects",
    "write_table",
]

#: Where each name stands.
_LATE = {
    "ActivityFile": "activities",
    "BadFile": "errors",
    "BadRow": "errors",
    "ClientFile": "cards.clients",
    "DateOrder": "own.dates",
    "Fault": "errors",
    "FileMapping": "own.file_map",
    "Inspection": "formats.seen",
    "KnownClients": "cards.links",
    "KnownPersons": "words.names",
    "LeadFile": "leads",
    "Names": "words.names",
    "OwnField": "formats.seen",
    "draft_mapping": "inspection",
    "inspect_files": "inspection",
    "read_activities": "activities",
    "read_companies": "cards.clients",
    "read_contacts": "cards.clients",
    "read_leads": "leads",
    "read_mapping": "own.file_map",
    "write_crm": "writer",
    "write_rejects": "formats.rejects",
    "write_table": "writer",
}


def __getattr__(name: str) -> Any:
    """Load what is used."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
