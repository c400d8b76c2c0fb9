"""The two CRM modes of Bitrix24, and the switch between them, as a pure typed library."""

from crmcore.application.collector import collector_waits
from crmcore.application.crm import Crm
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import PLACEHOLDER_NAME, Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import (
    Conflict,
    ContractBroken,
    CrmError,
    InvalidValue,
    OutcomeUnknown,
    RecordFault,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from crmcore.domain.model.ids import (
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
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord, SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode, RepeatInquiry, Settings
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import (
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
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.results import (
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
from crmcore.domain.rules.authority import Grant, Level, Operation, Rights, Role
from crmcore.domain.rules.mode import CrmState
from crmcore.domain.rules.sources import SourceLine

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
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreReadOnly",
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
    "collector_waits",
]
