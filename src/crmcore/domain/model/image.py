"""A whole CRM as one value: for exports and imports, and for checking broken data against the laws."""

from collections.abc import Mapping

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["CrmImage", "new_crm"]


@frozen(kw_only=True, repr=False, eq=False)
class CrmImage(Discreet):
    """Every record of one CRM by id; `deals` may hold anything, so that damage can be shown.

    `settings` and `stages` are those in force. `pipelines`, `leads`, `deals`, `contacts`, `companies` and `activities`
    go by id, deleted ones as a `Tombstone`; `bindings` by activity, `ledger` by lead, `outcomes` by epoch and lead,
    `switches` and `commands` by key.

    >>> sorted(CrmImage().leads)
    []
    """

    settings: Settings = field(factory=Settings)
    stages: LeadStages = DEFAULT_LEAD_STAGES
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    deals: Mapping[DealId, Deal | Tombstone] = field(default=NOTHING)
    contacts: Mapping[ContactId, Contact | Tombstone] = field(default=NOTHING)
    companies: Mapping[CompanyId, Company | Tombstone] = field(default=NOTHING)
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    outcomes: Mapping[tuple[Epoch, LeadId], LeadOutcome] = field(default=NOTHING)
    switches: Mapping[str, SwitchRecord] = field(default=NOTHING)
    commands: Mapping[str, CommandRecord] = field(default=NOTHING)


def new_crm(mode: CrmMode = CrmMode.SIMPLE) -> CrmImage:
    """A CRM without records, with the default stages and pipeline; Simple by default (MODE-2).

    `mode` is a `CrmMode`.

    >>> new_crm(CrmMode.CLASSIC).settings.mode.name
    'CLASSIC'
    """
    pipeline = default_pipeline()
    return CrmImage(settings=Settings(mode=mode), pipelines={pipeline.id: pipeline})
