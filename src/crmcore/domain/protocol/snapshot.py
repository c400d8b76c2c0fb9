"""What a decision asks a store for, and what it gets: everything read at one point in time, with its read set."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import ReadSet
from crmcore.domain.rules.matching import MatchKey

__all__ = ["Backlog", "NextLeads", "Query", "Snapshot"]

P = TypeVar("P")


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

    The settings are always in the snapshot, guarded by the epoch.
    """

    #: Expects the version of the settings too, and not the epoch alone.
    settings: bool = False
    #: Brings the lead stages.
    stages: bool = False
    #: Brings all pipelines.
    pipelines: bool = False
    #: Brings each lead with its activities, ledger row and mark. Only the lead is in the read set: it is the root of
    #: its activities, and moves with them.
    leads: tuple[LeadId, ...] = ()
    #: Brings the next leads of a switch, with what `leads` brings. Where one of them is linked to a client that is not
    #: there, the answer is the `RecordFault` of that lead, with the code `no_client`.
    next_leads: NextLeads | None = None
    #: Brings these deals.
    deals: tuple[DealId, ...] = ()
    #: Brings these contacts.
    contacts: tuple[ContactId, ...] = ()
    #: Brings these companies.
    companies: tuple[CompanyId, ...] = ()
    #: Brings each activity with its bindings and the records it is bound to. The activities and those records are in
    #: the read set; bindings have no version of their own.
    activities: tuple[ActivityId, ...] = ()
    #: Brings the activities that are bound to these records, with what `activities` brings.
    activities_of: tuple[Ref, ...] = ()
    #: Brings the deal, clients and activities, with their bindings, that the ledger rows of the leads read name; all
    #: but the bindings are in the read set.
    results: bool = False
    #: Brings the clients of `settings.kinds_to_match` that have an e-mail of the leads read. The keys and the clients
    #: are in the read set. Leads linked to a client that is not there are faults, as those of `next_leads` are.
    match: bool = False
    #: Brings the records that have one of these keys, of leads only active ones. The keys and the records are in the
    #: read set.
    match_keys: frozenset[MatchKey] = frozenset()
    #: Together with one of these two: brings the open deals of the clients found, and of the companies that the
    #: contacts found belong to. The deals are in the read set, the companies are not.
    open_deals: bool = False
    #: Brings the record of the switch with this key, unless `live_switch` finds one.
    switch_key: str | None = None
    #: Brings the record of the live switch where there is one.
    live_switch: bool = False
    #: Brings the record of the command with this key.
    command_key: str | None = None
    #: Brings what the live switch recorded of a lead and whether it is active, without reading the lead; the outcome
    #: is in the read set.
    outcome_of: LeadId | None = None
    #: Counts what is left for the epoch in force. Not in the read set: whoever relies on it says so in `Changes`.
    backlog: bool = False
    #: Counts the outcomes of the epoch given. Not in the read set.
    tally: Epoch | None = None
    #: Finds the stages of all leads. Not in the read set: whoever relies on them says so in `Changes`.
    stages_in_use: bool = False


@frozen(kw_only=True, repr=False, eq=False)
class Backlog(Discreet):
    """What is left: how many active leads are not set aside, and which are (ids in order)."""

    active: int
    set_aside: tuple[LeadId, ...]


@frozen(kw_only=True, repr=False, eq=False)
class Snapshot(Discreet):
    """A consistent answer to one `Query`; see there for what is in it. Whatever is not there has no entry.

    `the_stages`, `the_backlog` and `the_switch` are for decisions whose query asks for that part.
    """

    #: The versions of what was read.
    read: ReadSet
    #: The settings, always.
    settings: Settings
    #: The lead stages, where they were asked for.
    stages: LeadStages | None = None
    #: All pipelines, where they were asked for.
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    #: Those of a `next_leads` come in id order.
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    #: The activities of the leads read that are not deleted, in id order.
    lead_activities: Mapping[LeadId, tuple[Activity, ...]] = field(default=NOTHING)
    #: The activities of the leads read that are bound to anything else too; true where the live switch has converted
    #: another of their leads already, and so has counted them.
    shared: Mapping[ActivityId, bool] = field(default=NOTHING)
    #: The ledger rows of the leads read.
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    #: The outcomes, of any kind, that the epoch in force has of the leads read, or of that of `outcome_of`.
    marks: Mapping[LeadId, LeadOutcome] = field(default=NOTHING)
    #: Whether the lead of `outcome_of` is active.
    is_active: bool = False
    #: The deals asked for, and those that came with something else.
    deals: Mapping[DealId, Deal] = field(default=NOTHING)
    #: The contacts asked for, found or linked.
    contacts: Mapping[ContactId, Contact] = field(default=NOTHING)
    #: The companies asked for, found or linked.
    companies: Mapping[CompanyId, Company] = field(default=NOTHING)
    #: The activities asked for, but not those of `lead_activities`.
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    #: What each of `activities` is bound to.
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: The ids of the records under each key that has any, in order; the records are among `leads`, `contacts` and
    #: `companies`.
    matches: Mapping[MatchKey, tuple[int, ...]] = field(default=NOTHING)
    #: The open deals by contact or company, each in id order.
    client_deals: Mapping[Ref, tuple[Deal, ...]] = field(default=NOTHING)
    #: The record of the live switch, else that of the key asked for.
    switch: SwitchRecord | None = None
    #: The record of the command asked for.
    command: CommandRecord | None = None
    #: What is left, where it was asked for.
    backlog: Backlog | None = None
    #: How often each outcome was recorded under the epoch asked for.
    tally: Mapping[LeadOutcome, int] = field(default=NOTHING)
    #: The stages in which a lead stands, where they were asked for.
    stages_in_use: frozenset[str] = frozenset()

    @property
    def the_stages(self) -> LeadStages:
        """The lead stages, which the query asked for; raises `ContractBroken` where they are missing."""
        return _there(self.stages, "STAGE-1", "stages")

    @property
    def the_backlog(self) -> Backlog:
        """What is left, which the query asked for; raises `ContractBroken` where it is missing."""
        return _there(self.backlog, "SWITCH-5", "backlog")

    @property
    def the_switch(self) -> SwitchRecord:
        """The record of the live switch, which the query asked for; raises `ContractBroken` where it is missing."""
        return _there(self.switch, "SWITCH-10", "switch")

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record as read; 0 where it is missing or was not asked for."""
        version: int = self.read.versions.get(kind, NOTHING).get(id, 0)
        return version


def _there(part: P | None, rule: str, name: str) -> P:
    if part is None:
        raise ContractBroken(rule, f"a snapshot without {name}: not asked for, or the store did not bring it")
    return part
