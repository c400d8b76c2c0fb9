"""The two CRM modes of Bitrix24, and the switch between them, as a pure typed library."""

from crmcore.crm import Crm
from crmcore.domain.activity import Activity
from crmcore.domain.authority import Grant, Level, Operation, Rights, Role
from crmcore.domain.commands import ImportRecords
from crmcore.domain.company import Company
from crmcore.domain.contact import PLACEHOLDER_NAME, Contact
from crmcore.domain.deal import Deal
from crmcore.domain.errors import (
    Conflict,
    ContractBroken,
    CrmError,
    InvalidValue,
    OutcomeUnknown,
    RecordFault,
    StoreBusy,
    StoreError,
)
from crmcore.domain.ids import (
    DEFAULT_PIPELINE,
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Kind,
    LeadId,
    PipelineId,
    Ref,
    SourceCode,
    StageCode,
    UserId,
)
from crmcore.domain.lead import Lead
from crmcore.domain.ledger import LedgerRow, SwitchRecord, SwitchToken
from crmcore.domain.mode import CrmMode, CrmState, RepeatInquiry, Settings
from crmcore.domain.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.results import (
    ChunkDone,
    ConvertedLead,
    Imported,
    InquiryHeld,
    LeadPlan,
    NoChange,
    Preview,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
    Totals,
    Versioned,
)
from crmcore.domain.sources import SourceLine
from crmcore.domain.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.tombstone import Tombstone
from crmcore.domain.values import (
    Address,
    ContactPoint,
    ContactPoints,
    CustomFields,
    ExternalOrigin,
    Money,
    PersonName,
    PointKind,
    Utm,
)

__all__ = [
    "DEFAULT_PIPELINE",
    "PLACEHOLDER_NAME",
    "Activity",
    "ActivityId",
    "Address",
    "ChunkDone",
    "ClientChoice",
    "Company",
    "CompanyId",
    "Conflict",
    "Contact",
    "ContactId",
    "ContactPoint",
    "ContactPoints",
    "ContractBroken",
    "ConvertedLead",
    "Crm",
    "CrmError",
    "CrmMode",
    "CrmState",
    "CustomFields",
    "Deal",
    "DealId",
    "Epoch",
    "ExternalOrigin",
    "Grant",
    "ImportRecords",
    "Imported",
    "InquiryHeld",
    "InvalidValue",
    "Kind",
    "Lead",
    "LeadId",
    "LeadOutcome",
    "LeadPlan",
    "LeadStages",
    "LedgerRow",
    "Level",
    "MatchSetting",
    "ModeSwitchPolicy",
    "Money",
    "NoChange",
    "Operation",
    "OutcomeKind",
    "OutcomeUnknown",
    "PersonName",
    "Pipeline",
    "PipelineId",
    "PointKind",
    "Preview",
    "Reason",
    "RecordFault",
    "Ref",
    "Refused",
    "RepeatInquiry",
    "Rights",
    "Role",
    "Settings",
    "SourceCode",
    "SourceLine",
    "Stage",
    "StageCode",
    "StageSemantics",
    "StoreBusy",
    "StoreError",
    "SwitchBlocked",
    "SwitchDone",
    "SwitchRecord",
    "SwitchReport",
    "SwitchToken",
    "SwitchUnfinished",
    "Tombstone",
    "Totals",
    "UserId",
    "Utm",
    "Versioned",
]
