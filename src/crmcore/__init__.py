"""The two CRM modes of Bitrix24, and the switch between them, as a pure typed library: the names for every host.

Authors of stores and observers find more names in `crmcore.ports`.

lines: one list of names; it holds nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crmcore.application.collector import (
    collector_waits,
)
from crmcore.application.crm import (
    Crm,
)
from crmcore.application.lists import (
    Page,
)
from crmcore.application.pace import (
    Progress,
)
from crmcore.domain.model.activity import (
    Activity,
)
from crmcore.domain.model.company import (
    Company,
)
from crmcore.domain.model.contact import (
    PLACEHOLDER_NAME,
    Contact,
)
from crmcore.domain.model.deal import (
    Deal,
)
from crmcore.domain.model.errors import (
    Conflict,
    ContractBroken,
    CrmError,
    InHostTransaction,
    InvalidValue,
    NoEvents,
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
from crmcore.domain.model.lead import (
    Lead,
)
from crmcore.domain.model.ledger import (
    LedgerRow,
    SwitchRecord,
    SwitchToken,
)
from crmcore.domain.model.outcomes import (
    LeadOutcome,
    OutcomeKind,
    Reason,
    Refused,
)
from crmcore.domain.model.pipeline import (
    Pipeline,
    default_pipeline,
)
from crmcore.domain.model.policy import (
    OPTION_PAGES,
    ClientChoice,
    MatchSetting,
    ModeSwitchPolicy,
    OptionPage,
    options_asked,
)
from crmcore.domain.model.settings import (
    CrmMode,
    RepeatInquiry,
    Settings,
)
from crmcore.domain.model.stages import (
    DEFAULT_LEAD_STAGES,
    LeadStages,
    Stage,
    StageSemantics,
)
from crmcore.domain.model.tombstone import (
    Tombstone,
)
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
from crmcore.domain.protocol.commands import (
    AddActivity,
    AddLead,
    AddRecord,
    ArchivePipeline,
    BeginSwitch,
    BindActivity,
    CancelSwitch,
    ChangeSettings,
    CloseLead,
    Command,
    CompleteActivity,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DefineLeadStages,
    DefinePipeline,
    DeleteActivity,
    DeleteLead,
    DeleteRecord,
    EditActivity,
    EditRecord,
    EraseRecords,
    FinishSwitch,
    ImportRecords,
    ReopenActivity,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SetAside,
    SwitchToClassic,
    TakeInquiry,
    UnbindActivity,
)
from crmcore.domain.protocol.plans import LeadPlan
from crmcore.domain.protocol.results import (
    ChunkDone,
    ConvertedLead,
    Erased,
    Imported,
    InquiryHeld,
    NoChange,
    Preview,
    SwitchBlocked,
    SwitchDone,
    SwitchReport,
    SwitchUnfinished,
    Totals,
    Versioned,
)
from crmcore.domain.rules.authority import (
    ADMINISTRATOR,
    MANAGER,
    Grant,
    Level,
    Operation,
    Rights,
    Role,
)
from crmcore.domain.rules.mode import (
    CrmState,
)
from crmcore.domain.rules.sources import (
    SourceLine,
)

if TYPE_CHECKING:
    from crmcore.application.audit import audit_store
    from crmcore.application.images import image_of, load_image
    from crmcore.application.step import touch
    from crmcore.application.workers import run_switch_on

__all__ = [
    "ADMINISTRATOR",
    "DEFAULT_LEAD_STAGES",
    "DEFAULT_PIPELINE",
    "MANAGER",
    "OPTION_PAGES",
    "PLACEHOLDER_NAME",
    "Activity",
    "ActivityId",
    "AddActivity",
    "AddLead",
    "AddRecord",
    "Address",
    "ArchivePipeline",
    "BeginSwitch",
    "BindActivity",
    "CancelSwitch",
    "ChangeSettings",
    "ChunkDone",
    "ClientChoice",
    "CloseLead",
    "Command",
    "Company",
    "CompanyId",
    "CompleteActivity",
    "Conflict",
    "Contact",
    "ContactId",
    "ContactPoint",
    "ContactPoints",
    "ContractBroken",
    "ConvertChunk",
    "ConvertLead",
    "ConvertedLead",
    "CopyLead",
    "Crm",
    "CrmError",
    "CrmMode",
    "CrmState",
    "CustomFields",
    "Deal",
    "DealId",
    "DefineLeadStages",
    "DefinePipeline",
    "DeleteActivity",
    "DeleteLead",
    "DeleteRecord",
    "EditActivity",
    "EditRecord",
    "Epoch",
    "EraseRecords",
    "Erased",
    "ExternalOrigin",
    "FinishSwitch",
    "Grant",
    "ImportRecords",
    "Imported",
    "InHostTransaction",
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
    "NoEvents",
    "Operation",
    "OptionPage",
    "OutcomeKind",
    "OutcomeUnknown",
    "Page",
    "PersonName",
    "Pipeline",
    "PipelineId",
    "PointKind",
    "Preview",
    "Progress",
    "Reason",
    "RecordFault",
    "Ref",
    "Refused",
    "ReopenActivity",
    "ReopenLead",
    "RepeatInquiry",
    "ResumeSwitch",
    "RetrySwitch",
    "Rights",
    "Role",
    "SetAside",
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
    "SwitchToClassic",
    "SwitchToken",
    "SwitchUnfinished",
    "TakeInquiry",
    "Tombstone",
    "Totals",
    "UnbindActivity",
    "UserId",
    "Utm",
    "Versioned",
    "audit_store",
    "collector_waits",
    "default_pipeline",
    "image_of",
    "load_image",
    "options_asked",
    "run_switch_on",
    "touch",
]

#: What is loaded when it is first named: few programs need these, and they bring modules of their own.
_LATE = {
    "audit_store": "crmcore.application.audit",
    "image_of": "crmcore.application.images",
    "load_image": "crmcore.application.images",
    "run_switch_on": "crmcore.application.workers",
    "touch": "crmcore.application.step",
}


def __getattr__(name: str) -> Any:
    """Load what few programs need."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
