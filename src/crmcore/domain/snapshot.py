"""What a decision asks a store for, and what it gets: everything read at one point in time, with its read set."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from attrs import field, frozen

from crmcore.domain.activity import Activity
from crmcore.domain.changes import ReadSet
from crmcore.domain.company import Company
from crmcore.domain.contact import Contact
from crmcore.domain.deal import Deal
from crmcore.domain.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, Kind, LeadId, PipelineId, Ref
from crmcore.domain.lead import Lead
from crmcore.domain.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.matching import MatchKey
from crmcore.domain.mode import Settings
from crmcore.domain.outcomes import LeadOutcome
from crmcore.domain.pipeline import Pipeline
from crmcore.domain.stages import LeadStages
from crmcore.domain.text import NOTHING, Discreet
from crmcore.domain.tombstone import Tombstone

__all__ = ["Backlog", "NextLeads", "Query", "Snapshot"]


class NextLeads(NamedTuple):
    """The next active leads in id order that are not set aside under the live epoch.

    `shard` = (k, n) keeps the leads whose id leaves the remainder k when divided by n; `after` skips lower ids
    and is for reading only (a preview), since no cursor may decide what a switch converts (SWITCH-5).
    """

    limit: int
    shard: tuple[int, int] = (0, 1)
    without: frozenset[LeadId] = frozenset()
    after: LeadId | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Query(Discreet):
    """What one decision needs. Everything asked for is in the snapshot, and its versions in the read set.

    * The settings are always in the snapshot, guarded by the epoch; `settings` also expects their own version.
    * `stages` and `pipelines` bring the lead stages, and all pipelines.
    * `leads` and `next_leads` bring each lead with its activities, ledger row and mark. Only the lead is in the read
      set: it is the root of its activities, and moves with them.
    * `match` brings the clients of `settings.kinds_to_match` that have an e-mail of the leads read; `match_keys` those
      that have one of these keys (of leads only active ones). The keys and the clients are in the read set.
    * `open_deals`, together with one of these two, brings the open deals of the clients found, and of the companies
      that the contacts found belong to. The deals are in the read set, the companies are not.
    * `deals`, `contacts` and `companies` bring these records.
    * `activities` brings each activity with its bindings and the records it is bound to; `activities_of` the same for
      the activities that are bound to these records. The activities and the records they are bound to are in the read
      set; bindings have no version of their own.
    * `switch_key` and `live_switch` bring the record of one switch: the live one where there is one, else that of the
      key. `command_key` brings the record of one command.
    * `outcome_of` brings what the live switch recorded of a lead and whether it is active, without reading the lead;
      the outcome is in the read set.
    * `results` brings the deal, clients and activities, with their bindings, that the ledger rows of the leads read
      name; all but the bindings are in the read set.
    * `backlog` counts for the epoch in force, `tally` for the epoch given, and `stages_in_use` finds the stages of all
      leads. None of them is in the read set: whoever relies on one says so in `Changes`.
    """

    settings: bool = False
    stages: bool = False
    pipelines: bool = False
    leads: tuple[LeadId, ...] = ()
    next_leads: NextLeads | None = None
    deals: tuple[DealId, ...] = ()
    contacts: tuple[ContactId, ...] = ()
    companies: tuple[CompanyId, ...] = ()
    activities: tuple[ActivityId, ...] = ()
    activities_of: tuple[Ref, ...] = ()
    results: bool = False
    match: bool = False
    match_keys: frozenset[MatchKey] = frozenset()
    open_deals: bool = False
    switch_key: str | None = None
    live_switch: bool = False
    command_key: str | None = None
    outcome_of: LeadId | None = None
    backlog: bool = False
    tally: Epoch | None = None
    stages_in_use: bool = False


@frozen(kw_only=True, repr=False, eq=False)
class Backlog(Discreet):
    """What is left: how many active leads are not set aside, and which are (ids in order)."""

    active: int
    set_aside: tuple[LeadId, ...]


@frozen(kw_only=True, repr=False, eq=False)
class Snapshot(Discreet):
    """A consistent answer to one `Query`; see there for what is in it. Whatever is not there has no entry.

    `leads` of a `next_leads` come in id order. `lead_activities` are those that are not deleted, in id order.
    `shared` names the activities of the leads read that are bound to anything else too; true where the live switch
    has converted another of their leads already, and so has counted them.
    `marks` are the outcomes, of any kind, that the epoch in force has of the leads read, or of that of `outcome_of`.
    `matches` has the ids of the records under each key that has any, in order; the records are among `leads`,
    `contacts` and `companies`. `client_deals` goes by contact or company, and each has its open deals in id order.
    `tally` counts equal outcomes.
    """

    read: ReadSet
    settings: Settings
    stages: LeadStages | None = None
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    lead_activities: Mapping[LeadId, tuple[Activity, ...]] = field(default=NOTHING)
    shared: Mapping[ActivityId, bool] = field(default=NOTHING)
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    marks: Mapping[LeadId, LeadOutcome] = field(default=NOTHING)
    is_active: bool = False
    deals: Mapping[DealId, Deal] = field(default=NOTHING)
    contacts: Mapping[ContactId, Contact] = field(default=NOTHING)
    companies: Mapping[CompanyId, Company] = field(default=NOTHING)
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    matches: Mapping[MatchKey, tuple[int, ...]] = field(default=NOTHING)
    client_deals: Mapping[Ref, tuple[Deal, ...]] = field(default=NOTHING)
    switch: SwitchRecord | None = None
    command: CommandRecord | None = None
    backlog: Backlog | None = None
    tally: Mapping[LeadOutcome, int] = field(default=NOTHING)
    stages_in_use: frozenset[str] = frozenset()

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record as read; 0 where it is missing or was not asked for."""
        version: int = self.read.versions.get(kind, NOTHING).get(id, 0)
        return version
