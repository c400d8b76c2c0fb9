"""The answer to one query from the tables: records, and the version of everything that was read."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from crmcore.adapters.memory.numbers import is_lead, lead_id_of, pack, unpack
from crmcore.adapters.memory.state import State
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import CARDS, RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.integrity import UNREADABLE
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import ReadSet
from crmcore.domain.protocol.snapshot import Backlog, NextLeads, Query, Snapshot
from crmcore.domain.rules.binding import NO_CLIENT, clients_of
from crmcore.domain.rules.matching import MatchKey, match_keys

__all__ = ["read"]


def read(state: State, query: Query) -> Snapshot:
    """The consistent answer to a query; the caller holds the lock."""
    reader = _Reader(state)
    reader.settings(query)
    leads = reader.leads(query)
    if query.match or query.next_leads is not None:
        reader.clients()
    reader.match(query, leads)
    reader.records(Kind.DEAL, query.deals)
    reader.records(Kind.CONTACT, query.contacts)
    reader.records(Kind.COMPANY, query.companies)
    reader.activities(query)
    reader.once(query)
    if query.results:
        reader.results(leads)
    return Snapshot(
        read=ReadSet(epoch=state.settings.epoch, versions=reader.versions),
        settings=state.settings,
        keeps_events=state.events is not None,
        **reader.parts,
    )


class _Reader:
    """Collects the parts of one snapshot."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.versions: dict[Kind, dict[Any, int]] = {}
        self.parts: dict[str, Any] = {}

    def settings(self, query: Query) -> None:
        state = self.state
        if query.settings:
            self._read(Kind.SETTINGS, (0,))
        if query.stages:
            self._read(Kind.STAGES, (0,))
            self.parts["stages"] = state.stages
        if query.stages_in_use:
            self.parts["stages_in_use"] = state.stages_in_use()
        if query.pipelines:
            state.check(Kind.PIPELINE, state.tables[Kind.PIPELINE])
            self.parts["pipelines"] = dict(state.tables[Kind.PIPELINE])
            self._read(Kind.PIPELINE, state.tables[Kind.PIPELINE])

    def leads(self, query: Query) -> list[LeadId]:
        """The leads asked for by id, and the next active ones, with their activities, ledger rows and marks."""
        state = self.state
        ids = list(query.leads)
        if query.next_leads is not None:
            ids.extend(_next_ids(state, query.next_leads))
        if not ids:
            return ids
        table, raised = state.tables[Kind.LEAD], state.versions[Kind.LEAD]
        found = {id: table[id] for id in ids if id in table}
        for id in ids if state.damaged else ():
            recorded = (Kind.LEDGER, id), (Kind.OUTCOME, (state.settings.epoch, id))
            of_lead = ((Kind.ACTIVITY, aid) for aid in state.bound.get(pack(Kind.LEAD, id), ()))
            self._check_about(id, (Kind.LEAD, id), *recorded, *of_lead)
        self.parts["leads"] = found
        self.versions[Kind.LEAD] = {id: raised.get(id, 1) if id in found else 0 for id in ids}
        ledger = state.tables[Kind.LEDGER]
        self.parts["ledger"] = {id: ledger[id] for id in ledger.keys() & self.versions[Kind.LEAD].keys()}
        outcomes = state.outcomes.get(state.settings.epoch, {})
        self.parts["marks"] = {id: outcomes[id] for id in outcomes.keys() & found.keys()}
        bound, activities, bindings = state.bound, state.tables[Kind.ACTIVITY], state.bindings
        of_leads: dict[LeadId, tuple[Activity, ...]] = {}
        shared: dict[ActivityId, bool] = {}
        for id in found:
            own = pack(Kind.LEAD, id)
            if own in bound:
                aids = sorted(bound[own])  # not in the order of binding, which an export does not tell
                of_leads[id] = tuple([each for aid in aids if type(each := activities.get(aid)) is Activity])
                for aid in bound[own]:
                    if len(bindings[aid]) > 1:
                        others = (lead_id_of(ref) for ref in bindings[aid] if is_lead(ref) and ref != own)
                        shared[aid] = any(_counted(outcomes.get(LeadId(other))) for other in others)
        self.parts["lead_activities"] = of_leads
        self.parts["shared"] = shared
        return ids

    def _check_about(self, lead_id: LeadId, *parts: tuple[Kind, Any]) -> None:
        """Raise the `RecordFault` of a lead if one of these parts of it cannot be read."""
        if not self.state.damaged.isdisjoint(parts):
            raise RecordFault(Ref(Kind.LEAD, lead_id), UNREADABLE)

    def clients(self) -> None:
        """Read deleted clients of the leads; raise the `RecordFault` of one that is linked to a client not there."""
        for kind, linked in clients_of(self.parts.get("leads", {}).values()).items():
            for id, lead_id in linked.items():
                client = self.state.tables[kind].get(id)
                if client is None:
                    raise RecordFault(Ref(Kind.LEAD, lead_id), NO_CLIENT)
                if isinstance(client, Tombstone):
                    self.state.check(kind, (id,))
                    self.parts.setdefault(RECORDS[kind], {})[id] = client

    def match(self, query: Query, leads: list[LeadId]) -> None:
        """The records with an e-mail of the leads read, or with one of the keys asked for."""
        keys: set[MatchKey] = set(query.match_keys)
        wants: dict[MatchKey, LeadId] = {}
        kinds = self.state.settings.kinds_to_match if query.match else frozenset()
        if kinds:
            for id in leads:
                lead = self.parts["leads"].get(id)
                if isinstance(lead, Lead):
                    wants.update(dict.fromkeys(match_keys(lead.contact_points, kinds), id))
        keys |= wants.keys()
        if not keys:
            return
        self.state.index_new_records()
        self._read(Kind.MATCH_KEY, keys)
        found = {key: tuple(self._matching(key)) for key in keys}
        self.parts["matches"] = {key: ids for key, ids in found.items() if ids}
        wanted_by: dict[Ref, list[LeadId]] = {}
        for key, ids in found.items():
            for found_id in ids:
                wanted_by.setdefault(Ref(key.kind, found_id), []).extend((wants[key],) if key in wants else ())
        refs = set(wanted_by)
        for ref in sorted(refs):
            # A client that cannot be read stops the leads that would be matched with it, and nobody else.
            for lead_id in wanted_by[ref]:
                self._check_about(lead_id, (ref.kind, ref.id))
            self.records(ref.kind, (ref.id,))
        if query.open_deals:
            self._open_deals(refs)

    def _matching(self, key: MatchKey) -> Iterable[int]:
        ids = self.state.index.find(key)
        return (id for id in ids if id in self.state.active) if key.kind is Kind.LEAD else ids

    def _open_deals(self, refs: set[Ref]) -> None:
        """The companies of the contacts found, and the open deals of all these clients."""
        contacts = self.state.tables[Kind.CONTACT]
        companies = {contacts[ref.id].company_id for ref in refs if ref.kind is Kind.CONTACT} - {None}
        self.records(Kind.COMPANY, sorted(companies))
        wanted = refs | {Ref(Kind.COMPANY, id) for id in companies}
        found: dict[Ref, list[Any]] = {}
        for deal in self.state.tables[Kind.DEAL].values():
            for ref in (Ref(Kind.CONTACT, deal.contact_id), Ref(Kind.COMPANY, deal.company_id)):
                if ref in wanted and isinstance(deal, Deal) and deal.is_open:
                    self.state.check(Kind.DEAL, (deal.id,))
                    found.setdefault(ref, []).append(deal)
                    self._read(Kind.DEAL, (deal.id,))
        self.parts["client_deals"] = {
            ref: tuple(sorted(deals, key=lambda deal: deal.id)) for ref, deals in found.items()
        }

    def records(self, kind: Kind, ids: Iterable[Any]) -> None:
        """Records of one kind by id, added to those read before."""
        ids = tuple(ids)
        if ids:
            self.state.check(kind, ids)
            table = self.state.tables[kind]
            part = self.parts.setdefault(RECORDS[kind], {})
            part.update((id, table[id]) for id in ids if id in table)
            self._read(kind, ids)

    def activities(self, query: Query) -> None:
        """Activities by id with their bindings and the records they are bound to."""
        ids = [
            *query.activities,
            *(id for ref in query.activities_of for id in self.state.bound.get(pack(*ref), ())),
        ]
        if not ids:
            return
        self.records(Kind.ACTIVITY, ids)
        bindings = {id: unpack(self.state.bindings.get(id, ())) for id in ids}
        self.parts["bindings"] = bindings
        for ref in sorted(frozenset().union(*bindings.values())):
            self.records(ref.kind, (ref.id,))

    def once(self, query: Query) -> None:
        """The single values: a switch, a command, the backlog, the numbers."""
        state = self.state
        live = state.settings.switching
        key = live.key if query.live_switch and live is not None else query.switch_key
        if key is not None:
            state.check(Kind.SWITCH, (key,))
            self.parts["switch"] = state.tables[Kind.SWITCH].get(key)
            self._read(Kind.SWITCH, (key,))
        if query.command_key is not None:
            state.check(Kind.COMMAND, (query.command_key,))
            self.parts["command"] = state.tables[Kind.COMMAND].get(query.command_key)
            self._read(Kind.COMMAND, (query.command_key,))
        if query.outcome_of is not None:
            self._check_about(query.outcome_of, (Kind.OUTCOME, (state.settings.epoch, query.outcome_of)))
            outcomes = state.outcomes.get(state.settings.epoch, {})
            self.parts["marks"] = {id: outcomes[id] for id in (query.outcome_of,) if id in outcomes}
            self.parts["is_active"] = query.outcome_of in state.active
            self._read(Kind.OUTCOME, (query.outcome_of,))
            if query.unread:
                self._unread(query.outcome_of)
        if query.backlog:
            marked = state.marked.get(state.settings.epoch, {})
            self.parts["backlog"] = Backlog(active=len(state.active) - len(marked), set_aside=tuple(sorted(marked)))
        if query.tally is not None:
            self.parts["tally"] = dict(state.tallies.get(query.tally, {}))
        if query.newest_switches is not None:
            self.parts["newest_switches"] = state.newest_switches(*query.newest_switches)
        if query.counts:
            self.parts["counts"] = {
                kind: sum(not isinstance(each, Tombstone) for each in state.tables[kind].values()) for kind in CARDS
            }

    def _unread(self, lead_id: LeadId) -> None:
        """What is known of a lead without its record."""
        state = self.state
        self._check_about(lead_id, (Kind.LEDGER, lead_id))
        self._read(Kind.LEAD, (lead_id,))
        row = state.tables[Kind.LEDGER].get(lead_id)
        self.parts["ledger"] = {} if row is None else {lead_id: row}
        alone = []
        for id in state.bound.get(pack(Kind.LEAD, lead_id), ()):
            others = unpack(state.bindings[id]) - {Ref(Kind.LEAD, lead_id)}
            for ref in others:
                self._read(ref.kind, (ref.id,))
            if type(state.tables[Kind.ACTIVITY].get(id)) is Activity and all(
                isinstance(state.tables[ref.kind].get(ref.id), Tombstone) for ref in others
            ):
                alone.append(id)
        self.parts["alone"] = tuple(sorted(alone))
        self._read(Kind.ACTIVITY, alone)

    def results(self, leads: list[LeadId]) -> None:
        """The deal, clients, activities and bindings that the ledger rows of the leads name."""
        rows = [self.parts["ledger"][id] for id in leads if id in self.parts["ledger"]]
        self.records(Kind.DEAL, (row.deal_id for row in rows))
        self.records(Kind.CONTACT, (row.contact_id for row in rows if row.contact_id is not None))
        self.records(Kind.COMPANY, (row.company_id for row in rows if row.company_id is not None))
        ids = [id for row in rows for id in row.activity_ids]
        self.records(Kind.ACTIVITY, ids)
        self.parts["bindings"] = {id: unpack(self.state.bindings.get(id, ())) for id in ids}

    def _read(self, kind: Kind, ids: Iterable[Any]) -> None:
        versions = self.versions.setdefault(kind, {})
        for id in ids:
            versions[id] = self.state.version(kind, id)


def _counted(outcome: LeadOutcome | None) -> bool:
    """Whether the live switch converted the lead, and so has its activities in its numbers."""
    return outcome is not None and outcome.kind is OutcomeKind.CONVERTED


def _next_ids(state: State, wanted: NextLeads) -> list[LeadId]:
    """The next active leads that are not set aside, in id order."""
    marked = state.marked.get(state.settings.epoch, {})
    if not marked and wanted == NextLeads(wanted.limit):
        return list(islice(state.active, wanted.limit))
    part, parts = wanted.shard
    after = 0 if wanted.after is None else wanted.after
    ids = (
        id for id in state.active if id not in marked and id not in wanted.without and id % parts == part and id > after
    )
    return list(islice(ids, wanted.limit))
