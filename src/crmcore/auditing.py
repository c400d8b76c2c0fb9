"""Walking through a whole store, page by page: the audit of a million leads holds one page at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crmcore.domain.ids import Kind, LeadId
from crmcore.domain.image import CrmImage
from crmcore.domain.laws import CrmCase, DealCase, LeadCase, OutcomeCase, Violation, broken_by
from crmcore.domain.ledger import SwitchRecord
from crmcore.domain.results import Totals, totals_of
from crmcore.domain.snapshot import Query, Snapshot
from crmcore.paging import pages
from crmcore.ports.store import Reads, ReadsAtOneTime, Store

__all__ = ["audit_store", "image_of"]


def image_of(store: Store) -> CrmImage:
    """The whole CRM in this store as one value, of one moment where the store `ReadsAtOneTime`."""
    with _at_one_time(store) as reads:
        tables = {
            name: {entry.id: entry.record for page in pages(reads, kind) for entry in page} for name, kind in _TABLES
        }
        snapshot = reads.snapshot(Query(stages=True))
    assert snapshot.stages is not None  # just asked for
    return CrmImage(settings=snapshot.settings, stages=snapshot.stages, **tables)


_TABLES = (
    ("pipelines", Kind.PIPELINE),
    ("leads", Kind.LEAD),
    ("deals", Kind.DEAL),
    ("contacts", Kind.CONTACT),
    ("companies", Kind.COMPANY),
    ("activities", Kind.ACTIVITY),
    ("bindings", Kind.BINDING),
    ("ledger", Kind.LEDGER),
    ("outcomes", Kind.OUTCOME),
    ("switches", Kind.SWITCH),
    ("commands", Kind.COMMAND),
)


def audit_store(store: Store) -> Iterator[Violation]:
    """Every law that the CRM in this store breaks; nothing where all hold.

    All is read as of one moment where the store `ReadsAtOneTime`; of another store it must be a CRM at rest, since a
    switch that begins between two pages looks like damage.
    """
    with _at_one_time(store) as reads:
        for case in _cases(reads):
            yield from broken_by(case)


@contextmanager
def _at_one_time(store: Store) -> Iterator[Reads]:
    if isinstance(store, ReadsAtOneTime):
        with store.at_one_time() as reads:
            yield reads
    else:
        yield store


def _cases(store: Reads) -> Iterator[LeadCase | DealCase | OutcomeCase | CrmCase]:
    for page in pages(store, Kind.LEAD):
        yield from _lead_cases(store, [entry.id for entry in page])
    for page in pages(store, Kind.LEDGER):
        ids = [entry.id for entry in page]
        known = store.snapshot(Query(leads=tuple(ids))).leads
        yield from _lead_cases(store, [id for id in ids if id not in known])
    for page in pages(store, Kind.DEAL):
        deals = [entry.record for entry in page]
        snapshot = store.snapshot(
            Query(
                leads=_distinct(deal.lead_id for deal in deals),
                contacts=_distinct(deal.contact_id for deal in deals),
                companies=_distinct(deal.company_id for deal in deals),
                pipelines=True,
            )
        )
        for deal in deals:
            yield DealCase(
                deal=deal,
                pipeline=snapshot.pipelines.get(deal.pipeline_id),
                row=snapshot.ledger.get(deal.lead_id),
                contact=snapshot.contacts.get(deal.contact_id),
                company=snapshot.companies.get(deal.company_id),
            )
    switches = tuple(_switches(store))
    keys = {switch.epoch: switch.key for switch, _ in switches}
    for page in pages(store, Kind.OUTCOME):
        snapshot = store.snapshot(Query(leads=_distinct(lead_id for (_, lead_id), _, _ in page)))
        for (epoch, lead_id), outcome, _ in page:
            row = snapshot.ledger.get(lead_id)
            yield OutcomeCase(lead_id=lead_id, outcome=outcome, switch=keys.get(epoch), row=row)
    snapshot = store.snapshot(Query(backlog=True))
    assert snapshot.backlog is not None  # just asked for
    yield CrmCase(
        settings=snapshot.settings,
        active=snapshot.backlog.active + len(snapshot.backlog.set_aside),
        switches=switches,
    )


def _lead_cases(store: Reads, ids: list[LeadId]) -> Iterator[LeadCase]:
    if not ids:
        return
    snapshot = store.snapshot(Query(leads=tuple(ids), stages=True, results=True))
    assert snapshot.stages is not None  # just asked for
    for id in ids:
        row = snapshot.ledger.get(id)
        yield LeadCase(
            id=id,
            lead=snapshot.leads.get(id),
            stages=snapshot.stages,
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


def _switches(store: Reads) -> Iterator[tuple[SwitchRecord, Totals]]:
    for page in pages(store, Kind.SWITCH):
        for entry in page:
            switch = entry.record
            tally = store.snapshot(Query(tally=switch.epoch)).tally
            yield switch, totals_of(switch.at_begin, tally)


def _distinct(ids: Iterator[Any]) -> tuple[Any, ...]:
    return tuple(sorted({id for id in ids if id is not None}))
