"""The events, in the past tense; they have only ids and codes, so that they may be logged and forwarded (DATA-2)."""

from attrs import frozen

from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, LeadId, PipelineId, Ref
from crmcore.domain.model.text import Shown

__all__ = [
    "ActivitiesCompleted",
    "ActivityAdded",
    "ActivityDeleted",
    "ActivityUnbound",
    "Event",
    "InquiryTaken",
    "LeadAdded",
    "LeadClosed",
    "LeadConverted",
    "LeadDeleted",
    "LeadReopened",
    "LeadSetAside",
    "PipelineArchived",
    "PipelineDefined",
    "RecordAdded",
    "RecordEdited",
    "RecordsImported",
    "SettingsChanged",
    "StagesDefined",
    "SwitchBegun",
    "SwitchCancelled",
    "SwitchFinished",
    "SwitchRetried",
    "SwitchedToClassic",
]


@frozen(repr=False, eq=False, slots=False)
class _OfLead(Shown):
    lead_id: LeadId


@frozen(repr=False, eq=False, slots=False)
class _OfActivity(Shown):
    activity_id: ActivityId


@frozen(repr=False, eq=False, slots=False)
class _OfPipeline(Shown):
    pipeline_id: PipelineId


@frozen(repr=False, eq=False, slots=False)
class _OfSwitch(Shown):
    key: str
    epoch: Epoch


class LeadAdded(_OfLead):
    """A lead was stored, by hand, as a copy or from an inquiry."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class LeadConverted(Shown):
    """A lead became a deal (CONV-5)."""

    lead_id: LeadId
    deal_id: DealId
    contact_id: ContactId | None
    company_id: CompanyId | None


class LeadClosed(_OfLead):
    """An active lead was closed as failed."""

    __slots__ = ()


class LeadReopened(_OfLead):
    """A closed lead became active again."""

    __slots__ = ()


class LeadDeleted(_OfLead):
    """A lead's data was removed (DATA-3)."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class LeadSetAside(Shown):
    """A lead could not be converted by a switch (SWITCH-9)."""

    lead_id: LeadId
    code: str


@frozen(repr=False, eq=False, slots=False)
class RecordAdded(Shown):
    """A deal, contact or company was added by hand."""

    ref: Ref


@frozen(repr=False, eq=False, slots=False)
class RecordEdited(Shown):
    """A lead, deal, contact or company was edited; names the fields, not their values."""

    ref: Ref
    fields: tuple[str, ...]


@frozen(repr=False, eq=False, slots=False)
class RecordsImported(Shown):
    """Leads and activities were imported as they are (IMPORT-1)."""

    leads: int
    activities: int


class ActivityAdded(_OfActivity):
    """An activity was added."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class ActivitiesCompleted(Shown):
    """Activities were completed: by hand, or automatically by conversions (POLICY-4)."""

    activity_ids: tuple[ActivityId, ...]


@frozen(repr=False, eq=False, slots=False)
class ActivityUnbound(Shown):
    """A binding of an activity was removed by hand."""

    activity_id: ActivityId
    ref: Ref


class ActivityDeleted(_OfActivity):
    """An activity's data was removed (DATA-3)."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class InquiryTaken(Shown):
    """An inquiry was taken; names what holds it now: a lead or a deal (INTAKE-1, INTAKE-2)."""

    ref: Ref
    activity_id: ActivityId


class StagesDefined(Shown):
    """The lead stages were redefined."""

    __slots__ = ()


class PipelineDefined(_OfPipeline):
    """A pipeline was added or changed."""

    __slots__ = ()


class PipelineArchived(_OfPipeline):
    """A pipeline was archived."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SettingsChanged(Shown):
    """Match or repeat-inquiry setting was changed."""

    fields: tuple[str, ...]


class SwitchBegun(_OfSwitch):
    """A switch to Simple was opened (SWITCH-4)."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SwitchRetried(Shown):
    """The marks of set-aside leads were removed (SWITCH-9)."""

    epoch: Epoch
    lead_ids: tuple[LeadId, ...]


class SwitchFinished(_OfSwitch):
    """No active lead is left; the CRM is Simple (SWITCH-3)."""

    __slots__ = ()


class SwitchCancelled(_OfSwitch):
    """A switch was cancelled; the CRM is Classic again (SWITCH-8)."""

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SwitchedToClassic(Shown):
    """The CRM went from Simple to Classic (MODE-4)."""

    epoch: Epoch


#: Any of the events: a union, so that a type checker sees whether an observer handles each of them.
Event = (
    LeadAdded
    | LeadConverted
    | LeadClosed
    | LeadReopened
    | LeadDeleted
    | LeadSetAside
    | RecordAdded
    | RecordEdited
    | RecordsImported
    | ActivityAdded
    | ActivitiesCompleted
    | ActivityUnbound
    | ActivityDeleted
    | InquiryTaken
    | StagesDefined
    | PipelineDefined
    | PipelineArchived
    | SettingsChanged
    | SwitchBegun
    | SwitchRetried
    | SwitchFinished
    | SwitchCancelled
    | SwitchedToClassic
)
