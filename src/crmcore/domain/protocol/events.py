"""The events, in the past tense; they have only ids and codes, so that they may be logged and forwarded (DATA-2).

lines: one small class per event, each with its fields and an example.
"""

from attrs import frozen

from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, LeadId, PipelineId, Ref
from crmcore.domain.model.text import Shown

__all__ = [
    "ActivitiesCompleted",
    "ActivityAdded",
    "ActivityBound",
    "ActivityDeleted",
    "ActivityReopened",
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
    "RecordDeleted",
    "RecordEdited",
    "RecordErased",
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
    """A lead was stored, by hand, as a copy or from an inquiry.

    `lead_id` is the lead.

    >>> LeadAdded(4711)
    LeadAdded(lead_id=4711)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class LeadConverted(Shown):
    """A lead became a deal (CONV-5).

    `lead_id` is the lead, `deal_id` its deal. `contact_id` and `company_id` are its clients, `None` where it has none.

    >>> LeadConverted(4711, 1, 2, None)
    LeadConverted(lead_id=4711, deal_id=1, contact_id=2, company_id=None)
    """

    lead_id: LeadId
    deal_id: DealId
    contact_id: ContactId | None
    company_id: CompanyId | None


class LeadClosed(_OfLead):
    """An active lead was closed as failed.

    `lead_id` is the lead.

    >>> LeadClosed(4711)
    LeadClosed(lead_id=4711)
    """

    __slots__ = ()


class LeadReopened(_OfLead):
    """A closed lead became active again.

    `lead_id` is the lead.

    >>> LeadReopened(4711)
    LeadReopened(lead_id=4711)
    """

    __slots__ = ()


class LeadDeleted(_OfLead):
    """A lead's data was removed (DATA-3).

    `lead_id` is the lead.

    >>> LeadDeleted(4711)
    LeadDeleted(lead_id=4711)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class LeadSetAside(Shown):
    """A lead could not be converted by a switch (SWITCH-9).

    `lead_id` is the lead, `code` says why, as the `code` of a `RecordFault` does.

    >>> LeadSetAside(4711, "unreadable")
    LeadSetAside(lead_id=4711, code='unreadable')
    """

    lead_id: LeadId
    code: str


@frozen(repr=False, eq=False, slots=False)
class RecordAdded(Shown):
    """A deal, contact or company was added by hand.

    `ref` is the record.

    >>> RecordAdded(Ref("deal", 1)).ref.id
    1
    """

    ref: Ref


@frozen(repr=False, eq=False, slots=False)
class RecordEdited(Shown):
    """A lead, deal, contact, company or activity was edited; names the fields, not their values.

    `ref` is the record, `fields` are the names of what was given.

    >>> RecordEdited(Ref("deal", 1), ("title",)).fields
    ('title',)
    """

    ref: Ref
    fields: tuple[str, ...]


@frozen(repr=False, eq=False, slots=False)
class RecordDeleted(Shown):
    """A deal, contact or company was deleted (DATA-3).

    `ref` is the record.

    >>> RecordDeleted(Ref("deal", 1)).ref.id
    1
    """

    ref: Ref


@frozen(repr=False, eq=False, slots=False)
class RecordErased(Shown):
    """A deal, contact or company was emptied of what it said of a person (DATA-5).

    `ref` is the record.

    >>> RecordErased(Ref("contact", 1)).ref.id
    1
    """

    ref: Ref


@frozen(repr=False, eq=False, slots=False)
class RecordsImported(Shown):
    """Leads, activities and clients were imported as they are (IMPORT-1).

    `leads`, `activities`, `contacts` and `companies` are how many were stored, `updated` how many leads changed; those
    that were there already do not count.

    >>> RecordsImported(2, 1)
    RecordsImported(leads=2, activities=1, contacts=0, companies=0, updated=0)
    """

    leads: int
    activities: int
    contacts: int = 0
    companies: int = 0
    updated: int = 0


class ActivityAdded(_OfActivity):
    """An activity was added.

    `activity_id` is the activity.

    >>> ActivityAdded(7)
    ActivityAdded(activity_id=7)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class ActivitiesCompleted(Shown):
    """Activities were completed: by hand, or automatically by conversions (POLICY-4).

    `activity_ids` are the activities.

    >>> ActivitiesCompleted((7, 8))
    ActivitiesCompleted(activity_ids=(7, 8))
    """

    activity_ids: tuple[ActivityId, ...]


class ActivityReopened(_OfActivity):
    """A completed activity was made open again.

    `activity_id` is the activity.

    >>> ActivityReopened(7)
    ActivityReopened(activity_id=7)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class _OfBinding(Shown):
    activity_id: ActivityId
    ref: Ref


class ActivityBound(_OfBinding):
    """An activity was bound to one more record by hand.

    `activity_id` is the activity, `ref` the record that it is bound to now.

    >>> ActivityBound(7, Ref("deal", 3)).ref.id
    3
    """

    __slots__ = ()


class ActivityUnbound(_OfBinding):
    """A binding of an activity was removed by hand.

    `activity_id` is the activity, `ref` the record that it is no longer bound to.

    >>> ActivityUnbound(7, Ref("lead", 4711)).ref.id
    4711
    """

    __slots__ = ()


class ActivityDeleted(_OfActivity):
    """An activity's data was removed (DATA-3).

    `activity_id` is the activity.

    >>> ActivityDeleted(7)
    ActivityDeleted(activity_id=7)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class InquiryTaken(Shown):
    """An inquiry was taken; names what holds it now: a lead or a deal (INTAKE-1, INTAKE-2).

    `ref` is that lead or deal, `activity_id` the activity of the inquiry.

    >>> InquiryTaken(Ref("lead", 4711), 7).activity_id
    7
    """

    ref: Ref
    activity_id: ActivityId


class StagesDefined(Shown):
    """The lead stages were redefined.

    >>> StagesDefined()
    StagesDefined()
    """

    __slots__ = ()


class PipelineDefined(_OfPipeline):
    """A pipeline was added or changed.

    `pipeline_id` is the pipeline.

    >>> PipelineDefined(7)
    PipelineDefined(pipeline_id=7)
    """

    __slots__ = ()


class PipelineArchived(_OfPipeline):
    """A pipeline was archived.

    `pipeline_id` is the pipeline.

    >>> PipelineArchived(7)
    PipelineArchived(pipeline_id=7)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SettingsChanged(Shown):
    """Match or repeat-inquiry setting was changed.

    `fields` are the names of the settings.

    >>> SettingsChanged(("match",))
    SettingsChanged(fields=('match',))
    """

    fields: tuple[str, ...]


class SwitchBegun(_OfSwitch):
    """A switch to Simple was opened (SWITCH-4).

    `key` and `epoch` are those of its token.

    >>> SwitchBegun("2026", 2)
    SwitchBegun(key='2026', epoch=2)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SwitchRetried(Shown):
    """The marks of set-aside leads were removed (SWITCH-9).

    `epoch` is that of the switch, `lead_ids` are the leads.

    >>> SwitchRetried(2, (4711,))
    SwitchRetried(epoch=2, lead_ids=(4711,))
    """

    epoch: Epoch
    lead_ids: tuple[LeadId, ...]


class SwitchFinished(_OfSwitch):
    """No active lead is left; the CRM is Simple (SWITCH-3).

    `key` and `epoch` are those of its token.

    >>> SwitchFinished("2026", 2)
    SwitchFinished(key='2026', epoch=2)
    """

    __slots__ = ()


class SwitchCancelled(_OfSwitch):
    """A switch was cancelled; the CRM is Classic again (SWITCH-8).

    `key` and `epoch` are those of its token.

    >>> SwitchCancelled("2026", 2)
    SwitchCancelled(key='2026', epoch=2)
    """

    __slots__ = ()


@frozen(repr=False, eq=False, slots=False)
class SwitchedToClassic(Shown):
    """The CRM went from Simple to Classic (MODE-4).

    `epoch` is the new one.

    >>> SwitchedToClassic(3)
    SwitchedToClassic(epoch=3)
    """

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
    | RecordDeleted
    | RecordErased
    | RecordsImported
    | ActivityAdded
    | ActivitiesCompleted
    | ActivityReopened
    | ActivityBound
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
