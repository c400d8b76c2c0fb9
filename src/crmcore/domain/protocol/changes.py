"""What one decision read and wants to write: the whole language between the rules and a store."""

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
from crmcore.domain.model.stages import LeadStages, Stage
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.events import Event

__all__ = ["Changes", "ReadSet"]


@frozen(kw_only=True, repr=False, eq=False)
class ReadSet(Discreet):
    """The version of every record that a decision read, whether it writes it or not; missing records have version 0.

    Some ids are not ids of records: settings and lead stages have the id 0, the id of a switch or command is its key,
    and a match key is its own id, with version 0 until a record has it. The id of an outcome is its lead's, with
    version 1 if the current epoch has one, else 0.

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

    Records are keyed by id, new and changed ones alike, each as a whole. A tombstone replaces a deleted record, whose
    bindings stay. A record that is not in the read set is new: its id must be free, or the commit is a conflict.

    >>> changes = Changes(expects=ReadSet(epoch=1), unbound={7: frozenset({Ref(Kind.LEAD, 4711)})})
    >>> len(changes.unbound)
    1
    """

    #: The whole read set. If one version is stale, nothing is written.
    expects: ReadSet
    #: New settings, with the epoch that is current from now on; `None` leaves them unchanged.
    settings: Settings | None = None
    #: New lead stages; `None` leaves them unchanged.
    stages: LeadStages | None = None
    #: Pipelines, new or changed.
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    #: Leads, new, changed or deleted.
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    #: Leads whose records cannot be read, and the closed stage of each: only the stage and its meaning are written.
    #: Their versions are in the read set, and move.
    closed: Mapping[LeadId, Stage] = field(default=NOTHING)
    #: Deals, new, changed or deleted.
    deals: Mapping[DealId, Deal | Tombstone] = field(default=NOTHING)
    #: Contacts, new, changed or deleted.
    contacts: Mapping[ContactId, Contact | Tombstone] = field(default=NOTHING)
    #: Companies, new, changed or deleted.
    companies: Mapping[CompanyId, Company | Tombstone] = field(default=NOTHING)
    #: Activities, new, changed or deleted.
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    #: New bindings of activities, in addition to the existing ones.
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: Bindings that a person removes.
    unbound: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: One row per converted lead, unique for ever. Writing it also binds the row's activities to the row's deal,
    #: contact and company, by union; its pure meaning is `after_conversions`.
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    #: Completes the open activities of the ledger rows at this instant. This is a write of each open activity, and
    #: moves its version and its leads.
    completes_at: datetime | None = None
    #: Outcomes to record for the live switch, whose epoch is the expected one. `None` removes a mark, that is an
    #: outcome of the kind "set aside", and leaves any other outcome unchanged.
    outcomes: Mapping[LeadId, LeadOutcome | None] = field(default=NOTHING)
    #: Records of switches. The store compares the version of a key in the read set; any other key must be free.
    switches: Mapping[str, SwitchRecord] = field(default=NOTHING)
    #: Records of commands; the same holds for their keys.
    commands: Mapping[str, CommandRecord] = field(default=NOTHING)
    #: Lead stages that must have no lead at the serial point, or the commit is a conflict.
    unused_stages: frozenset[StageCode] = frozenset()
    #: How many leads must be active at the serial point, set-aside ones included, or the commit is a conflict.
    active_leads: int | None = None
    #: What happened, for a store that keeps events and says so in its snapshots: written with the rest or not at all.
    #: A store that keeps none leaves them alone.
    events: tuple[Event, ...] = ()
