"""The workload in the library: built through `Crm`, switched through `Crm`."""

from collections.abc import Iterator
from itertools import islice
from time import process_time
from typing import Any

from bench.workload import LeadRow, contact_rows, lead_rows
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.application.crm import Crm
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import (
    ActivityId,
    CompanyId,
    ContactId,
    DealId,
    Kind,
    LeadId,
    Ref,
    SourceCode,
    StageCode,
    UserId,
)
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import ContactPoint, ContactPoints, Money, PersonName, PointKind
from crmcore.domain.protocol.commands import CHUNK, BeginSwitch, ConvertChunk, FinishSwitch, ImportRecords
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.results import SwitchReport
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.domain.rules.conversion import Client, convert
from crmcore.ports.store import Store

__all__ = [
    "ACTOR",
    "KEY",
    "POLICY",
    "Breakdown",
    "add_contacts",
    "add_leads",
    "build",
    "crm_over",
    "measure_parts",
    "switch",
]

ACTOR = UserId(1)
KEY = "bench"
POLICY = ModeSwitchPolicy(client=ClientChoice.BOTH)
_IMPORT = 5_000

Breakdown = dict[str, float]


def build(leads: int, *, matching: bool = False) -> tuple[Crm, InMemoryStore]:
    """A Classic CRM with the workload in it."""
    store = InMemoryStore.classic()
    crm = crm_over(store)
    if matching:
        _done(crm.change_settings(ACTOR, match=MatchSetting.EMAIL))
    add_contacts(crm, leads)
    add_leads(crm, leads)
    return crm, store


def crm_over(store: Store) -> Crm:
    """The driver that the benchmarks use, with a clock that stands still."""
    return Crm(
        store=store, permissions=RoleTable({ACTOR: (ADMINISTRATOR,)}), plan=FixedPlan(classic=True), clock=FixedClock()
    )


def add_contacts(crm: Crm, leads: int) -> None:
    """The contacts that are there before."""
    for contact in contact_rows(leads):
        _done(
            crm.add_contact(
                ACTOR,
                name=PersonName(first=contact.first, last=contact.last),
                contact_points=ContactPoints([ContactPoint(kind=PointKind.EMAIL, value=contact.email)]),
                responsible=UserId(contact.responsible),
            )
        )


def add_leads(crm: Crm, leads: int) -> None:
    """The leads with their activities."""
    rows = lead_rows(leads)
    while part := list(islice(rows, _IMPORT)):
        activities = tuple(pair for row in part for pair in _activities(row))
        _done(crm.import_records(ACTOR, ImportRecords(leads=tuple(_lead(row) for row in part), activities=activities)))


def switch(crm: Crm) -> SwitchReport:
    """The whole switch, as a host asks for it."""
    report = _done(crm.switch_to_simple(ACTOR, policy=POLICY, key=KEY))
    assert isinstance(report, SwitchReport)
    return report


def measure_parts(leads: int) -> Breakdown:
    """Processor seconds of each step of a switch, taken apart the way `Crm.run` puts it together."""
    crm, store = build(leads)
    clock = FixedClock()
    seconds = {"pure conversion": 0.0, "snapshot": 0.0, "decision": 0.0, "commit": 0.0, "begin, finish, report": 0.0}
    mark = process_time()
    token = _done(crm.run(ACTOR, BeginSwitch(key=KEY, policy=POLICY)))
    assert isinstance(token, SwitchToken)
    seconds["begin, finish, report"] += process_time() - mark
    seconds["pure conversion"] = _conversions(store, leads, clock)
    command = ConvertChunk(token=token, size=CHUNK)
    handler = HANDLERS[ConvertChunk]
    rights = RoleTable().rights(ACTOR)
    while True:
        started = process_time()
        snapshot = store.snapshot(handler.query(command))
        read = process_time()
        context = Context(ACTOR, rights, False, clock.now())
        ids = {kind: iter(store.reserve(kind, n)) for kind, n in handler.ids(command, snapshot, context).items()}
        decision = handler.decide(command, snapshot, context, ids)
        decided = process_time()
        assert not isinstance(decision, Refused)
        if decision.changes is not None:
            store.commit(decision.changes)
        committed = process_time()
        seconds["snapshot"] += read - started
        seconds["decision"] += decided - read
        seconds["commit"] += committed - decided
        if decision.changes is None:
            break
    mark = process_time()
    _done(crm.run(ACTOR, FinishSwitch(token=token)))
    seconds["begin, finish, report"] += process_time() - mark
    return seconds


def _conversions(store: InMemoryStore, leads: int, clock: FixedClock) -> float:
    """`convert` alone, for every lead, with nothing kept."""
    snapshot = store.snapshot(Query(next_leads=NextLeads(leads)))
    live = snapshot.settings.switching
    assert live is not None
    terms, nobody, at = live.terms, Client(), clock.now()
    started = process_time()
    for number, (lead_id, lead) in enumerate(snapshot.leads.items(), start=1):
        assert isinstance(lead, Lead)
        convert(
            lead,
            snapshot.lead_activities[lead_id],
            terms,
            deal_id=DealId(number),
            known=nobody,
            new_contact=ContactId(number),
            new_company=CompanyId(number),
            at=at,
        )
    return process_time() - started


def _lead(row: LeadRow) -> Lead:
    return Lead(
        id=LeadId(row.id),
        stage=StageCode("NEW"),
        semantics=StageSemantics.IN_PROCESS,
        name=PersonName(first=row.first, last=row.last),
        company_title=row.company_title,
        contact_points=ContactPoints(
            [
                ContactPoint(kind=PointKind.EMAIL, value=row.email),
                ContactPoint(kind=PointKind.PHONE, value=row.phone),
            ]
        ),
        amount=Money(amount=row.amount, currency=row.currency),
        source=SourceCode(row.source),
        responsible=UserId(row.responsible),
    )


def _activities(row: LeadRow) -> Iterator[tuple[Activity, frozenset[Ref]]]:
    for number, subject in zip((2 * row.id - 1, 2 * row.id), row.subjects, strict=True):
        yield (
            Activity(id=ActivityId(number), kind="call", subject=subject, responsible=UserId(row.responsible)),
            frozenset({Ref(Kind.LEAD, row.id)}),
        )


def _done(answer: Any) -> Any:
    assert not isinstance(answer, Refused), answer
    return answer
