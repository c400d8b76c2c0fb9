"""A query of a decision, and the store's answer: a snapshot as of one point in time, with its read set."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import (
    CLIENTS,
    RECORDS,
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Epoch,
    Kind,
    LeadId,
    PipelineId,
    Ref,
)
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

__all__ = ["Backlog", "NextLeads", "Query", "Snapshot", "query_of"]

P = TypeVar("P")


class NextLeads(NamedTuple):
    """The next active leads in id order that are not set aside under the live epoch.

    `limit` is how many at most. `shard` = (k, n) keeps the leads whose id leaves the remainder k when divided by n.
    `without` are leads to pass over. `after` skips lower ids and is for reading only (a preview), since no cursor may
    decide what a switch converts (SWITCH-5).

    >>> NextLeads(1000, shard=(0, 2)).shard
    (0, 2)
    """

    limit: int
    shard: tuple[int, int] = (0, 1)
    without: frozenset[LeadId] = frozenset()
    after: LeadId | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Query(Discreet):
    """What one decision needs. The snapshot has everything asked for, and the read set its versions.

    The settings are always in the snapshot, guarded by the epoch.

    >>> Query(leads=(4711,), stages=True).leads
    (4711,)
    """

    #: Adds the version of the settings to the read set, not only the epoch.
    settings: bool = False
    #: Reads the lead stages.
    stages: bool = False
    #: Reads all pipelines.
    pipelines: bool = False
    #: Reads each lead with its activities, ledger row and mark. Only the lead is in the read set: it is the root of
    #: its activities, and its version moves with them.
    leads: tuple[LeadId, ...] = ()
    #: Reads the next leads of a switch, with everything that `leads` reads. If one of them is linked to a client that
    #: is not there, the answer is the `RecordFault` of that lead, with the code `no_client`; the tombstone of a client
    #: that was deleted is read, and is not in the read set.
    next_leads: NextLeads | None = None
    #: Reads these deals.
    deals: tuple[DealId, ...] = ()
    #: Reads these contacts.
    contacts: tuple[ContactId, ...] = ()
    #: Reads these companies.
    companies: tuple[CompanyId, ...] = ()
    #: Reads each activity with its bindings and the records that it is bound to. The activities and those records are
    #: in the read set; bindings have no version of their own.
    activities: tuple[ActivityId, ...] = ()
    #: Reads the activities that are bound to these records, with everything that `activities` reads.
    activities_of: tuple[Ref, ...] = ()
    #: Reads the deal, clients and activities, with their bindings, that are named in the ledger rows of the leads read.
    #: All but the bindings are in the read set.
    results: bool = False
    #: Reads the clients of `settings.kinds_to_match` that have an e-mail of the leads read. The keys and the clients
    #: are in the read set. Leads linked to a client that is not there are faults, as those of `next_leads` are.
    match: bool = False
    #: Reads the records that have one of these keys; of leads, only active ones. The keys and the records are in the
    #: read set.
    match_keys: frozenset[MatchKey] = frozenset()
    #: Together with one of the two above: reads the companies of the contacts found, and the open deals of all these
    #: clients. The companies and the deals are in the read set.
    open_deals: bool = False
    #: Reads the record of the switch with this key, unless `live_switch` finds one.
    switch_key: str | None = None
    #: Reads the record of the live switch, if one is live.
    live_switch: bool = False
    #: Reads the record of the command with this key.
    command_key: str | None = None
    #: Reads what the live switch recorded for a lead and whether the lead is active, without reading the lead itself.
    #: The outcome is in the read set.
    outcome_of: LeadId | None = None
    #: Together with `outcome_of`: reads also the ledger row of that lead, and finds its activities that are bound to
    #: nothing else that is left, without reading any record. The lead, those activities, and the other records that
    #: activities of it are bound to are in the read set.
    unread: bool = False
    #: Counts the remaining leads of the current epoch. Not in the read set: to rely on it, say so in `Changes`.
    backlog: bool = False
    #: Counts the outcomes of this epoch. Not in the read set.
    tally: Epoch | None = None
    #: Finds the stages of all leads. Not in the read set: to rely on them, say so in `Changes`.
    stages_in_use: bool = False
    #: Counts the leads, deals, contacts and companies, deleted ones left out, if the store counts without reading them.
    #: Not in the read set.
    counts: bool = False
    #: Reads the switches before the one of an epoch (0: all), the newest first, so many at most, if the store finds
    #: them without reading all. Not in the read set.
    newest_switches: tuple[int, int] | None = None


def query_of(ref: Ref, **more: Any) -> Query:
    """What asks for one card, and for what `more` says."""
    return Query(**{RECORDS[ref.kind]: (ref.id,), **more})


@frozen(kw_only=True, repr=False, eq=False)
class Backlog(Discreet):
    """The leads that a switch has left.

    `active` is the number of active leads that are not set aside, `set_aside` the ids of those that are, in order.

    >>> Backlog(active=2, set_aside=(4711,)).active
    2
    """

    active: int
    set_aside: tuple[LeadId, ...]

    @property
    def leads(self) -> int:
        """All active leads, those that are set aside included."""
        return self.active + len(self.set_aside)


@frozen(kw_only=True, repr=False, eq=False)
class Snapshot(Discreet):
    """A consistent answer to one `Query`, which says what is in it. A missing record has no entry.

    `the_stages`, `the_backlog` and `the_switch` are for decisions whose query asks for that part.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> snapshot = p.store.snapshot(Query(leads=(p.lead().id,)))
    >>> [lead.is_active for lead in snapshot.leads.values()]
    [True]
    """

    #: The versions of the records read.
    read: ReadSet
    #: The settings, always.
    settings: Settings
    #: The lead stages, if asked for.
    stages: LeadStages | None = None
    #: All pipelines, if asked for.
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    #: The leads asked for; those of `next_leads` are in id order.
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    #: The activities of the leads read that are not deleted, in id order.
    lead_activities: Mapping[LeadId, tuple[Activity, ...]] = field(default=NOTHING)
    #: The activities of the leads read that are also bound to other records; true if the live switch has already
    #: converted another of their leads, and so has counted them.
    shared: Mapping[ActivityId, bool] = field(default=NOTHING)
    #: The ledger rows of the leads read, or of the lead of `unread`.
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    #: The outcomes of any kind that the current epoch has for the leads read, or for the lead of `outcome_of`.
    marks: Mapping[LeadId, LeadOutcome] = field(default=NOTHING)
    #: Whether the lead of `outcome_of` is active.
    is_active: bool = False
    #: With `unread`: the activities that are bound to the lead and to nothing else that is left, in id order.
    alone: tuple[ActivityId, ...] = ()
    #: The deals asked for, and those that other fields of the query read.
    deals: Mapping[DealId, Deal | Tombstone] = field(default=NOTHING)
    #: The contacts asked for, found or linked.
    contacts: Mapping[ContactId, Contact | Tombstone] = field(default=NOTHING)
    #: The companies asked for, found or linked.
    companies: Mapping[CompanyId, Company | Tombstone] = field(default=NOTHING)
    #: The activities asked for, but not those of `lead_activities`.
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    #: What each of `activities` is bound to.
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    #: The ids of the records with each key, in order; the records are among `leads`, `contacts` and `companies`.
    matches: Mapping[MatchKey, tuple[int, ...]] = field(default=NOTHING)
    #: The open deals by contact or company, each in id order.
    client_deals: Mapping[Ref, tuple[Deal, ...]] = field(default=NOTHING)
    #: The record of the live switch, or else of the key asked for.
    switch: SwitchRecord | None = None
    #: The record of the command asked for.
    command: CommandRecord | None = None
    #: The remaining leads, if asked for.
    backlog: Backlog | None = None
    #: How often each outcome was recorded in the epoch asked for.
    tally: Mapping[LeadOutcome, int] = field(default=NOTHING)
    #: The stages that have leads, if asked for.
    stages_in_use: frozenset[str] = frozenset()
    #: How many leads, deals, contacts and companies there are, if asked for; `None` from a store that does not count.
    counts: Mapping[Kind, int] | None = None
    #: The newest switches, if asked for; `None` from a store that leaves them to its pages.
    newest_switches: tuple[SwitchRecord, ...] | None = None
    #: Whether the store keeps events: then `Changes` carry them.
    keeps_events: bool = False

    @property
    def the_stages(self) -> LeadStages:
        """The lead stages that the query asked for; raises `ContractBroken` if they are missing."""
        return _there(self.stages, "STAGE-1", "stages")

    @property
    def the_backlog(self) -> Backlog:
        """The backlog that the query asked for; raises `ContractBroken` if it is missing."""
        return _there(self.backlog, "SWITCH-5", "backlog")

    @property
    def the_switch(self) -> SwitchRecord:
        """The record of the live switch that the query asked for; raises `ContractBroken` if it is missing."""
        return _there(self.switch, "SWITCH-10", "switch")

    @property
    def gone(self) -> frozenset[Ref]:
        """The contacts and companies read that were deleted: a link to one of them counts as none (CONV-2)."""
        return frozenset(
            Ref(kind, id)
            for kind in CLIENTS
            for id, record in getattr(self, RECORDS[kind]).items()
            if isinstance(record, Tombstone)
        )

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record as read; 0 if the record is missing or was not asked for.

        `kind` and `id` name the record, as a `ReadSet` does.

        >>> snapshot.version(Kind.LEAD, 4711)
        0
        """
        version: int = self.read.versions.get(kind, NOTHING).get(id, 0)
        return version


def _there(part: P | None, rule: str, name: str) -> P:
    if part is None:
        raise ContractBroken(
            rule, f"a snapshot without {name}: the query did not ask for it, or the store did not read it"
        )
    return part
