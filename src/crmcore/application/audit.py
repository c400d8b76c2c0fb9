"""The audit of a whole store, page by page: it holds one page at a time, even of a million leads."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crmcore.application.pages import NONE_SEEN, PAGE, IdRuns, Readable, at_one_time
from crmcore.domain import laws
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CARDS, CLIENTS, RECORDS, TABLES, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.results import Totals, totals_of
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Store

__all__ = ["audit_store"]


def audit_store(store: Store) -> Iterator[laws.Violation]:
    """Yield every law that the CRM in this store breaks, and every record that cannot be read.

    `store` is any store. If it `ReadsAtOneTime`, the audit reads as of one moment. On any other store nobody may write
    meanwhile, since a switch that begins between two pages looks like damage.

    Raises `ContractBroken` if the store's pages do not advance, and `StoreError` if the store as a whole fails.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> lead = p.lead()
    >>> list(audit_store(p.store))
    []
    """
    with at_one_time(store) as reads:
        readable = Readable(reads)
        for case in _cases(readable):
            yield from laws.broken_by(case)
        for ref in readable.faults:
            yield from laws.broken_by(ref)


def _cases(reads: Readable) -> Iterator[laws.Case]:
    pipelines = {entry.id: entry.record for page in reads.pages(Kind.PIPELINE) for entry in page}
    seen = _Seen(reads, pipelines)
    for page in reads.pages(Kind.LEAD, seen.of[Kind.LEAD]):
        yield from seen.lead_cases([entry.id for entry in page if entry.id not in seen.of[Kind.LEAD]])
        # A page reads its leads, and their laws read them again: where ids lie close, the next are asked for at once.
        last = page[-1].id
        goes_on = len(page) == PAGE
        while goes_on and last in seen.of[Kind.LEAD] and last - page[0].id < 2 * PAGE and last + PAGE <= ID_LIMIT:
            following = [LeadId(id) for id in range(last + 1, last + PAGE + 1)]
            yield from seen.lead_cases(following)
            last = following[-1]
    for page in reads.pages(Kind.LEDGER, seen.of[Kind.LEDGER]):
        yield from seen.lead_cases([entry.id for entry in page if entry.id not in seen.of[Kind.LEDGER]])
    for page in reads.pages(Kind.DEAL, seen.of[Kind.DEAL]):
        yield from seen.deal_cases([entry.record for entry in page if entry.id not in seen.of[Kind.DEAL]])
    for kind in CLIENTS:
        for page in reads.pages(kind, seen.of[kind]):
            clients = [entry.record for entry in page if entry.id not in seen.of[kind]]
            found = seen.found({ref for client in clients for ref in laws.links_of(client)})
            for client in clients:
                yield laws.ClientCase(kind=kind, client=client, found=found)
    for page in reads.pages(Kind.BINDING, seen.of[Kind.BINDING]):
        bindings = {entry.id: entry.record for entry in page if entry.id not in seen.of[Kind.BINDING]}
        found = seen.found({Ref(Kind.ACTIVITY, id) for id in bindings}.union(*bindings.values()))
        for id, bound in bindings.items():
            yield laws.BindingCase(id=id, bound=bound, found=found)
    for _ in reads.pages(Kind.ACTIVITY, seen.of[Kind.ACTIVITY]):
        pass  # no law is about one of these alone, but each must be readable
    for page in reads.pages(Kind.COMMAND):
        found = seen.found({ref for entry in page for ref in entry.record.made})
        for entry in page:
            yield laws.CommandCase(key=entry.id, made=entry.record.made, found=found)
    switches = tuple(_switches(reads))
    keys = {switch.epoch: switch.key for switch, _ in switches}
    for page in reads.pages(Kind.OUTCOME):
        leads = {entry.id[1] for entry in page}
        found = seen.found({Ref(kind, id) for id in leads for kind in (Kind.LEAD, Kind.LEDGER)})
        for entry in page:
            epoch, lead_id = entry.id
            yield laws.OutcomeCase(lead_id=lead_id, outcome=entry.record, switch=keys.get(epoch), found=found)
    whole = reads.snapshot(Query(backlog=True, stages=True))
    yield laws.CrmCase(
        settings=whole.settings,
        stages=whole.the_stages,
        pipelines=pipelines,
        active=whole.the_backlog.leads,
        switches=switches,
    )


class _Seen:
    """What an audit has read so far: a record whose own laws were looked at is not read once more.

    A lead is read with all that its ledger row names, so that after a switch most records are seen with their lead.
    """

    def __init__(self, reads: Readable, pipelines: Mapping[PipelineId, Pipeline]) -> None:
        self._reads = reads
        self._pipelines = pipelines
        self.of = {kind: IdRuns() for kind in (*CARDS, Kind.ACTIVITY, Kind.BINDING, Kind.LEDGER)}

    def lead_cases(self, asked: Sequence[LeadId]) -> Iterator[laws.Case]:
        """The leads and ledger rows among these ids, and what is read with them."""
        for ids, snapshot in self._reads.snapshots(asked, _whole_leads) if asked else ():
            leads, ledger = snapshot.leads, snapshot.ledger
            found = self.found({ref for id in leads.keys() - ledger.keys() for ref in laws.links_of(leads[id])})
            for id in ids:
                row = ledger.get(id)
                if id in leads:
                    self.of[Kind.LEAD].add(id)
                if row is not None:
                    self.of[Kind.LEDGER].add(id)
                elif id not in leads:
                    continue
                yield laws.LeadCase(
                    id=id,
                    lead=leads.get(id),
                    found=found,
                    stages=snapshot.the_stages,
                    row=row,
                    bound=frozenset(activity.id for activity in snapshot.lead_activities.get(id, ())),
                    **({} if row is None else _named(snapshot, row)),
                )
            yield from self._beside(snapshot)

    def _beside(self, snapshot: Snapshot) -> Iterator[laws.Case]:
        """What was read with leads, where all that its laws ask for was read too."""
        there = {kind: getattr(snapshot, RECORDS[kind]) for kind in _FOUND}

        def complete(refs: Iterable[Ref]) -> bool:
            for kind, id in refs:  # noqa: SIM110  # a loop costs a third of `all` here
                if id not in there[kind]:
                    return False
            return True

        for id, deal in snapshot.deals.items():
            row, clients = _row_of(deal, snapshot), laws.clients_of(deal)
            if id not in self.of[Kind.DEAL] and row is not None and complete(clients):
                self.of[Kind.DEAL].add(id)
                yield from self._deal_case(deal, row, frozenset(clients))
        for kind in CLIENTS:
            for id, client in there[kind].items():
                links = laws.links_of(client)
                if id not in self.of[kind] and complete(links):
                    self.of[kind].add(id)
                    yield laws.ClientCase(kind=kind, client=client, found=frozenset(links))
        for of, bound in snapshot.bindings.items():
            whole = (Ref(Kind.ACTIVITY, of), *bound)
            if of not in self.of[Kind.BINDING] and complete(whole):
                self.of[Kind.BINDING].add(of)
                yield laws.BindingCase(id=of, bound=bound, found=frozenset(whole))
        for read in snapshot.activities:
            self.of[Kind.ACTIVITY].add(read)
        for activities in snapshot.lead_activities.values():
            for activity in activities:
                self.of[Kind.ACTIVITY].add(activity.id)

    def deal_cases(self, asked: Sequence[Deal | Tombstone]) -> Iterator[laws.DealCase]:
        """Deals that were not read with their leads."""
        for deals, snapshot in self._reads.snapshots(asked, _leads_of) if asked else ():
            found = self.found({ref for deal in deals for ref in laws.clients_of(deal)})
            for deal in deals:
                yield from self._deal_case(deal, _row_of(deal, snapshot), found)

    def _deal_case(
        self, deal: Deal | Tombstone, row: LedgerRow | None, found: frozenset[Ref]
    ) -> Iterator[laws.DealCase]:
        """Nothing for a deal whose pipeline cannot be read, which is told of the pipeline."""
        if isinstance(deal, Tombstone):
            yield laws.DealCase(deal=deal, pipeline=None, row=row, found=found)
        elif Ref(Kind.PIPELINE, deal.pipeline_id) not in self._reads.faults:
            yield laws.DealCase(deal=deal, pipeline=self._pipelines.get(deal.pipeline_id), row=row, found=found)

    def found(self, refs: Collection[Ref]) -> frozenset[Ref]:
        """Which of these records there are, or were before they were deleted; what cannot be read is there."""
        unknown = sorted({ref for ref in refs if ref.id not in self.of.get(ref.kind, NONE_SEEN)})
        missing: set[Ref] = set()
        for asked, snapshot in self._reads.snapshots(unknown, _refs) if unknown else ():
            missing.update(ref for ref in asked if ref.kind not in _PARTS or not _has(snapshot, ref))
        return frozenset(refs) - missing


def _named(snapshot: Snapshot, row: Any) -> dict[str, Any]:
    return {
        "deal": snapshot.deals.get(row.deal_id),
        "contact": snapshot.contacts.get(row.contact_id),
        "company": snapshot.companies.get(row.company_id),
        "activities": {id: snapshot.activities[id] for id in row.activity_ids if id in snapshot.activities},
        "bindings": {id: snapshot.bindings[id] for id in row.activity_ids if id in snapshot.bindings},
    }


def _switches(reads: Readable) -> Iterator[tuple[SwitchRecord, Totals]]:
    for page in reads.pages(Kind.SWITCH):
        for entry in page:
            switch = entry.record
            tally = reads.snapshot(Query(tally=switch.epoch)).tally
            yield switch, totals_of(switch.at_begin, tally)


def _row_of(deal: Deal | Tombstone, snapshot: Snapshot) -> LedgerRow | None:
    return None if deal.lead_id is None else snapshot.ledger.get(deal.lead_id)


def _whole_leads(ids: Sequence[LeadId]) -> Query:
    return Query(leads=tuple(ids), stages=True, results=True)


def _leads_of(deals: Sequence[Deal | Tombstone]) -> Query:
    return Query(leads=tuple(sorted({deal.lead_id for deal in deals if deal.lead_id is not None})))


def _refs(refs: Sequence[Ref]) -> Query:
    ids: dict[str, Any] = {part: set() for part in _PARTS.values() if part != "ledger"}
    for ref in refs:
        if ref.kind in _PARTS:
            ids["leads" if ref.kind is Kind.LEDGER else _PARTS[ref.kind]].add(ref.id)
    told: dict[str, Any] = {part: tuple(sorted(each)) for part, each in ids.items()}
    return Query(**told)


def _has(snapshot: Snapshot, ref: Ref) -> bool:
    return ref.id in getattr(snapshot, _PARTS[ref.kind])


#: What links, bindings and repeated commands lead to.
_FOUND = (*CARDS, Kind.ACTIVITY)
#: The same and the ledger, with the part of a snapshot that has each.
_PARTS = {**{kind: RECORDS[kind] for kind in _FOUND}, Kind.LEDGER: TABLES[Kind.LEDGER]}
