"""The product's CSV files: reading its lead export and activities, writing a whole CRM.

See docs/spec/import.md for what is understood and why.
"""

from crmcore.adapters.bitrix24_csv.activities import ActivityFile, read_activities
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.leads import LeadFile, read_leads
from crmcore.adapters.bitrix24_csv.words.names import Names
from crmcore.adapters.bitrix24_csv.writer import write_crm

__all__ = [
    "ActivityFile",
    "BadFile",
    "BadRow",
    "Fault",
    "LeadFile",
    "Names",
    "read_activities",
    "read_leads",
    "write_crm",
]
