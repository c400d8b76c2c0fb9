"""The audit of a whole store, page by page: it holds one page at a time, even of a million leads."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from crmcore.application.pages import Readable, at_one_time
from crmcore.domain.laws import (
    BindingCase,
    Case,
    ClientCase,
    CommandCase,
    CrmCase,
    DealCase,
    LeadCase,
    OutcomeCase,
    Violation,
    broken_by,
    links_of,
)
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CARDS, CLIENTS, RECORDS, Kind, LeadId, Ref
from crmcore.domain.model.ledger import CommandRecord, SwitchRecord
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.results import Totals, totals_of
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.store import Store

__all__ = ["audit_store"]


def audit_store(store: Store) -> Iterator[Violation]:
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
            yield from broken_by(case)
        for ref in readable.faults:
            yield from broken_by(ref)


def _cases(reads: Readable) -> Iterator[Case]:
    for page in reads.pages(Kind.LEAD):
        yield from _lead_cases(reads, [entry.id for entry in page])
    for page in reads.pages(Kind.LEDGER):
        for ids, snapshot in reads.snapshots([entry.id for entry in page], _leads):
            yield from _lead_cases(reads, [id for id in ids if id not in snapshot.leads])
    for page in reads.pages(Kind.DEAL):
        for deals, snapshot in reads.snapshots([entry.record for entry in page], _around_deals):
            for deal in deals:
                yield DealCase(
                    deal=deal,
                    pipeline=None if isinstance(deal, Tombstone) else snapshot.pipelines.get(deal.pipeline_id),
                    row=snapshot.ledger.get(deal.lead_id),
                    contact=snapshot.contacts.get(deal.contact_id),
                    company=snapshot.companies.get(deal.company_id),
                )
    for kind in CLIENTS:
        for page in reads.pages(kind):
            for clients, snapshot in reads.snapshots([entry.record for entry in page], _linked):
                for client in clients:
                    yield ClientCase(kind=kind, client=client, found=_found(snapshot, links_of(client)))
    for page in reads.pages(Kind.BINDING):
        refs = {entry.id: entry.record for entry in page}
        for ids, snapshot in reads.snapshots(list(refs), lambda ids: Query(activities=tuple(ids))):
            for id in ids:
                yield BindingCase(
                    id=id, activity=snapshot.activities.get(id), bound=refs[id], found=_found(snapshot, refs[id])
                )
    for _ in reads.pages(Kind.ACTIVITY):
        pass  # no law is about one of these alone, but each must be readable
    for page in reads.pages(Kind.COMMAND):
        for commands, snapshot in reads.snapshots([entry.record for entry in page], _made):
            for command in commands:
                yield CommandCase(key=command.key, made=command.made, found=_found(snapshot, command.made))
    switches = tuple(_switches(reads))
    keys = {switch.epoch: switch.key for switch, _ in switches}
    for page in reads.pages(Kind.OUTCOME):
        outcomes = {entry.id: entry.record for entry in page}
        for pairs, snapshot in reads.snapshots(list(outcomes), lambda pairs: _leads([id for _, id in pairs])):
            for epoch, lead_id in pairs:
                yield OutcomeCase(
                    lead_id=lead_id,
                    lead=snapshot.leads.get(lead_id),
                    outcome=outcomes[epoch, lead_id],
                    switch=keys.get(epoch),
                    row=snapshot.ledger.get(lead_id),
                )
    pipelines = {entry.id: entry.record for page in reads.pages(Kind.PIPELINE) for entry in page}
    whole = reads.snapshot(Query(backlog=True, stages=True))
    yield CrmCase(
        settings=whole.settings,
        stages=whole.the_stages,
        pipelines=pipelines,
        active=whole.the_backlog.leads,
        switches=switches,
    )


def _lead_cases(reads: Readable, asked: list[LeadId]) -> Iterator[LeadCase]:
    if not asked:
        return
    for ids, snapshot in reads.snapshots(asked, _whole_leads):
        leads = [snapshot.leads[id] for id in ids if id in snapshot.leads]
        links = {ref for lead in leads for ref in links_of(lead)}
        found = _found(reads.snapshot(_refs(links)), links) if links else frozenset()
        for id in ids:
            row = snapshot.ledger.get(id)
            yield LeadCase(
                id=id,
                lead=snapshot.leads.get(id),
                found=found,
                stages=snapshot.the_stages,
                row=row,
                bound=frozenset(activity.id for activity in snapshot.lead_activities.get(id, ())),
                **({} if row is None else _named(snapshot, row)),
            )


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


def _leads(ids: Sequence[LeadId]) -> Query:
    return Query(leads=_distinct(ids))


def _whole_leads(ids: Sequence[LeadId]) -> Query:
    return Query(leads=tuple(ids), stages=True, results=True)


def _around_deals(deals: Sequence[Deal | Tombstone]) -> Query:
    return Query(
        leads=_distinct(deal.lead_id for deal in deals),
        contacts=_distinct(deal.contact_id for deal in deals),
        companies=_distinct(deal.company_id for deal in deals),
        pipelines=True,
    )


def _linked(clients: Sequence[Contact | Company | Tombstone]) -> Query:
    return _refs({ref for client in clients for ref in links_of(client)})


def _made(commands: Sequence[CommandRecord]) -> Query:
    return _refs({ref for command in commands for ref in command.made})


def _refs(refs: Collection[Ref]) -> Query:
    ids: dict[str, Any] = {RECORDS[kind]: _distinct(ref.id for ref in refs if ref.kind is kind) for kind in _FOUND}
    return Query(**ids)


#: What links, bindings and repeated commands lead to.
_FOUND = (*CARDS, Kind.ACTIVITY)


def _found(snapshot: Snapshot, refs: Iterable[Ref]) -> frozenset[Ref]:
    """Which of these records there are, or were before they were deleted."""
    return frozenset(ref for ref in refs if ref.kind in _FOUND and ref.id in getattr(snapshot, RECORDS[ref.kind]))


def _distinct(ids: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted({id for id in ids if id is not None}))
