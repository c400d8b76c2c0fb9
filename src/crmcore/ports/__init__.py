"""The roles of the outside world: the names for authors of stores, rights, clocks and observers.

Each role is one Protocol, and its docstring is the contract. The records themselves are in `crmcore`.
"""

from crmcore.domain.model.image import (
    CrmImage,
    new_crm,
)
from crmcore.domain.model.ledger import (
    CommandRecord,
)
from crmcore.domain.protocol.changes import (
    Changes,
    ReadSet,
)
from crmcore.domain.protocol.events import (
    ActivitiesCompleted,
    ActivityAdded,
    ActivityBound,
    ActivityDeleted,
    ActivityReopened,
    ActivityUnbound,
    Event,
    InquiryTaken,
    LeadAdded,
    LeadClosed,
    LeadConverted,
    LeadDeleted,
    LeadReopened,
    LeadSetAside,
    PipelineArchived,
    PipelineDefined,
    RecordAdded,
    RecordDeleted,
    RecordEdited,
    RecordErased,
    RecordsImported,
    SettingsChanged,
    StagesDefined,
    SwitchBegun,
    SwitchCancelled,
    SwitchedToClassic,
    SwitchFinished,
    SwitchRetried,
)
from crmcore.domain.protocol.filters import (
    LIST_LIMIT,
    Listing,
)
from crmcore.domain.protocol.snapshot import (
    Backlog,
    NextLeads,
    Query,
    Snapshot,
)
from crmcore.domain.rules.binding import (
    after_conversions,
)
from crmcore.domain.rules.matching import (
    MATCH_FORM,
    MatchKey,
    match_keys,
    normal_email,
    normal_phone,
    point_keys,
)
from crmcore.ports.clock import (
    Clock,
)
from crmcore.ports.observer import (
    Observer,
)
from crmcore.ports.outbox import EventPage, Happened, KeepsEvents
from crmcore.ports.parts import StagesImports, Staging
from crmcore.ports.permissions import (
    Permissions,
)
from crmcore.ports.plan import (
    Plan,
)
from crmcore.ports.store import Entry, Joined, Listed, Reads, ReadsAtOneTime, ReadsByPage, Store, close_store

__all__ = [
    "LIST_LIMIT",
    "MATCH_FORM",
    "ActivitiesCompleted",
    "ActivityAdded",
    "ActivityBound",
    "ActivityDeleted",
    "ActivityReopened",
    "ActivityUnbound",
    "Backlog",
    "Changes",
    "Clock",
    "CommandRecord",
    "CrmImage",
    "Entry",
    "Event",
    "EventPage",
    "Happened",
    "InquiryTaken",
    "Joined",
    "KeepsEvents",
    "LeadAdded",
    "LeadClosed",
    "LeadConverted",
    "LeadDeleted",
    "LeadReopened",
    "LeadSetAside",
    "Listed",
    "Listing",
    "MatchKey",
    "NextLeads",
    "Observer",
    "Permissions",
    "PipelineArchived",
    "PipelineDefined",
    "Plan",
    "Query",
    "ReadSet",
    "Reads",
    "ReadsAtOneTime",
    "ReadsByPage",
    "RecordAdded",
    "RecordDeleted",
    "RecordEdited",
    "RecordErased",
    "RecordsImported",
    "SettingsChanged",
    "Snapshot",
    "StagesDefined",
    "StagesImports",
    "Staging",
    "Store",
    "SwitchBegun",
    "SwitchCancelled",
    "SwitchFinished",
    "SwitchRetried",
    "SwitchedToClassic",
    "after_conversions",
    "close_store",
    "match_keys",
    "new_crm",
    "normal_email",
    "normal_phone",
    "point_keys",
]
