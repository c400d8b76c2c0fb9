"""The product's CSV files: reading its exports of leads, clients and activities, writing a whole CRM.

See docs/spec/import.md for what is understood and why.
"""

from crmcore.adapters.bitrix24_csv.activities import ActivityFile, read_activities
from crmcore.adapters.bitrix24_csv.cards.clients import ClientFile, read_companies, read_contacts
from crmcore.adapters.bitrix24_csv.cards.links import KnownClients
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.rejects import write_rejects
from crmcore.adapters.bitrix24_csv.inspection import Inspection, clients_among, draft_mapping, inspect_file
from crmcore.adapters.bitrix24_csv.leads import LeadFile, read_leads
from crmcore.adapters.bitrix24_csv.own.dates import DateOrder
from crmcore.adapters.bitrix24_csv.own.file_map import FileMapping, read_mapping
from crmcore.adapters.bitrix24_csv.own.own_fields import OwnField
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
    "clients_among",
    "draft_mapping",
    "inspect_file",
    "read_activities",
    "read_companies",
    "read_contacts",
    "read_leads",
    "read_mapping",
    "write_crm",
    "write_rejects",
    "write_table",
]
