"""What one decision read, and what it wants written: the whole language between the rules and a store."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import (
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Kind,
    LeadId,
    PipelineId,
    Ref,
    StageCode,
)
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["Changes", "ReadSet"]


@frozen(kw_only=True, repr=False, eq=False)
class ReadSet(Discreet):
    """The version of every record that a decision read, whether it writes it or not; missing records have version 0.

    Ids that are no ids of records: settings and lead stages have the id 0, a switch and a command go by their keys, and
    a match key is its own id, with version 0 as long as no record has had it. An outcome goes by its lead: version 1
    where the epoch in force has one, else 0.

    >>> ReadSet(epoch=1, versions={Kind.LEAD: {4711: 0}}).epoch
    1
    """

    #: The epoch of the settings.
    epoch: Epoch
    #: The versions of the records of each kind by id.
    versions: Mapping[Kind, Mapping[Any, int]] = field(default=NOTHING)


@frozen(kw_only=True, repr=False, eq=False)
class Changes(Discreet):
    """One atomic step: what it expects, and every write as a mapping by id.

    Records by id: new ones and changed ones alike, each as a whole; a tombstone takes the place of a deleted record,
    whose bindings stay. One that is not in the read set is new: its id must be free, or the commit is a conflict.

    >>> changes = Changes(expects=ReadSet(epoch=1), unbound={7: frozenset({Ref(Kind.LEAD, 4711)})})
    >>> len(changes.unbound)
    1
    """

    #: The read set, handed on whole. One stale version and nothing is written.
    expects: ReadSet
    #: New settings, which bring the epoch in force from now on; `None` where they stay as they are.
    settings: Settings | None = None
    #: New lead stages; `None` where they stay as they are.
    stages: LeadStages | None = None
    #: Pipelines, new or changed.
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    #: Leads, new, changed or deleted.
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    #: Deals, new or changed.
    deals: Mapping[DealId, Deal] = field(default=NOTHING)
    #: Contacts, new or changed.
    contacts: Mapping[ContactId, Contact] = field(default=NOTHING)
    #: Companies, new or changed.
    companies: Mapping[CompanyId, Company] = field(default=NOTHING)
    #: Activities, new, changed or deleted.
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    #: What activities are bound to from now on, beside what they are bound to already.
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: Bindings that a person takes away.
    unbound: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: One row per converted lead, unique for ever. Writing it also binds the row's activities to the row's deal,
    #: contact and company, by union; its pure meaning is `after_conversions`.
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    #: Completes the open activities of the ledger rows at this instant: a write of each that was open, in the version
    #: and the leads that it moves.
    completes_at: datetime | None = None
    #: Recorded for the live switch, whose epoch is the expected one; `None` lifts a mark, that is an outcome of the
    #: kind "set aside", and leaves any other outcome alone.
    outcomes: Mapping[LeadId, LeadOutcome | None] = field(default=NOTHING)
    #: Records of switches. A key that is in the read set is compared by its version; any other must be free.
    switches: Mapping[str, SwitchRecord] = field(default=NOTHING)
    #: Records of commands; their keys as those of switches.
    commands: Mapping[str, CommandRecord] = field(default=NOTHING)
    #: Lead stages in which no lead may stand at the serial point, or the commit is a conflict.
    unused_stages: frozenset[StageCode] = frozenset()
    #: How many leads must be active at the serial point, set-aside ones included, or the commit is a conflict.
    active_leads: int | None = None
