"""What became of each lead of a switch, or would, with titles and names: the rows of the result and of the plan."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from math import inf
from typing import Any

from attrs import field, frozen

from crmcore.application.pages import PAGE, Readable, outcomes_of
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import CompanyId, ContactId, DealId, Kind, LeadId
from crmcore.domain.model.image import in_batches
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import Discreet
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import Money, PersonName
from crmcore.domain.protocol.plans import LeadPlan
from crmcore.domain.protocol.results import Preview, SwitchReport
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.conversion import Client, convert
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.ports.store import Reads

__all__ = [
    "FIRST",
    "ClientFound",
    "ResultClient",
    "ResultGroups",
    "ResultRow",
    "Tally",
    "person",
    "rows_of_plan",
    "rows_of_result",
]

#: How many rows people are shown.
FIRST = 10
#: A plan has no instant.
_AT = datetime(1980, 1, 1, tzinfo=UTC)


class ClientFound(StrEnum):
    """How a lead came to its client: made from it, found by its e-mail (CONV-7), or its own before (CONV-2)."""

    NEW = "new"
    MATCHED = "matched"
    KNOWN = "known"


@frozen(kw_only=True, repr=False, eq=False)
class ResultClient(Discreet):
    """The contact or the company of a deal; the id of a new one is not known before it is made."""

    id: int | None = None
    name: str | None = None
    found: ClientFound


@frozen(kw_only=True, repr=False, eq=False)
class ResultRow(Discreet):
    """What became of one lead, or would; a lead that cannot be read has its id, its outcome and the reason alone."""

    id: LeadId
    title: str | None = None
    stage: str | None = None
    outcome: OutcomeKind
    code: str | None = None
    deal_id: DealId | None = None
    contact: ResultClient | None = None
    company: ResultClient | None = None
    amount: Money | None = None
    activities: int = 0
    not_carried: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class ResultGroups(Discreet):
    """How many leads there are of each kind: by outcome, by how contact and company were found, by what is lost."""

    outcomes: Mapping[str, int] = field(factory=dict)
    contacts: Mapping[str, int] = field(factory=dict)
    companies: Mapping[str, int] = field(factory=dict)
    not_carried: Mapping[str, int] = field(factory=dict)


class Tally:
    """Counts rows on their way to a file, and keeps the first ones, or every one; nothing else of them stays."""

    def __init__(self, *, every: bool = False) -> None:
        self.kept: list[ResultRow] = []
        self._most = inf if every else FIRST
        self._outcomes: Counter[str] = Counter()
        self._contacts: Counter[str] = Counter()
        self._companies: Counter[str] = Counter()
        self._not_carried: Counter[str] = Counter()

    def counted(self, rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
        """The same rows, counted."""
        for row in rows:
            if len(self.kept) < self._most:
                self.kept.append(row)
            self._outcomes[row.outcome] += 1
            if row.contact is not None:
                self._contacts[row.contact.found] += 1
            if row.company is not None:
                self._companies[row.company.found] += 1
            self._not_carried.update(row.not_carried)
            yield row

    @property
    def groups(self) -> ResultGroups:
        """The numbers so far."""
        return ResultGroups(
            outcomes=_in_order(self._outcomes, OutcomeKind),
            contacts=_in_order(self._contacts, ClientFound),
            companies=_in_order(self._companies, ClientFound),
            not_carried=_in_order(self._not_carried, sorted(self._not_carried)),
        )


def _in_order(counts: Counter[str], names: Iterable[str]) -> dict[str, int]:
    return {str(name): counts[name] for name in names if counts[name]}


def rows_of_result(store: Reads, done: SwitchReport) -> Iterator[ResultRow]:
    """What became of each lead of a switch, in id order and page by page; nothing for one that never began."""
    if done.token is None or done.terms is None:
        return
    readable, stages = Readable(store), _stages(store)
    for page in in_batches(outcomes_of(store, done.token.epoch), PAGE):
        became = dict(page)
        rows: dict[LeadId, ResultRow] = {}
        for ids, seen in readable.snapshots(list(became), lambda ids: Query(leads=tuple(ids), results=True)):
            rows |= {id: _done(id, became[id], seen, done.terms, stages) for id in ids}
        for id, outcome in page:
            yield rows.get(id) or ResultRow(id=id, outcome=outcome.kind, code=outcome.code)


def rows_of_plan(store: Reads, plan: Preview) -> Iterator[ResultRow]:
    """What a switch would make of each lead, in id order and page by page."""
    readable, stages = Readable(store), _stages(store)
    made: dict[MatchKey, str | None] = {}
    for page in in_batches(plan.leads, PAGE):
        plans = {each.lead_id: each for each in page}
        rows: dict[LeadId, ResultRow] = {}
        for ids, seen in readable.snapshots(page, _plan_query):
            for each in ids:
                lead = seen.leads.get(each.lead_id)
                if isinstance(lead, Lead):
                    rows[lead.id] = _planned(lead, each, seen, plan.terms, stages, made)
        for id in plans:
            yield rows.get(id) or ResultRow(id=id, outcome=OutcomeKind.CONVERTED)


def person(name: PersonName) -> str:
    """A name as people write it."""
    return " ".join(part for part in (name.first, name.middle, name.last) if part)


def _stages(store: Reads) -> LeadStages:
    return store.snapshot(Query(stages=True)).the_stages


def _about(lead: object, stages: LeadStages) -> dict[str, Any]:
    """What the row says of the lead itself; nothing of a deleted one."""
    if not isinstance(lead, Lead):
        return {}
    stage = stages.get(lead.stage)
    return {"title": lead.title, "stage": (stage.name if stage is not None else None) or str(lead.stage)}


def _done(id: LeadId, became: LeadOutcome, seen: Snapshot, terms: ConversionTerms, stages: LeadStages) -> ResultRow:
    lead, row = seen.leads.get(id), seen.ledger.get(id)
    about = _about(lead, stages)
    if row is None:
        amount = lead.amount if isinstance(lead, Lead) else None
        return ResultRow(id=id, outcome=became.kind, code=became.code, amount=amount, **about)
    return ResultRow(
        id=id,
        outcome=became.kind,
        code=became.code,
        deal_id=row.deal_id,
        contact=_client(Kind.CONTACT, row.contact_id, seen.contacts, lead, row, terms),
        company=_client(Kind.COMPANY, row.company_id, seen.companies, lead, row, terms),
        amount=row.amount,
        activities=len(row.activity_ids),
        not_carried=row.not_carried,
        **about,
    )


def _client(
    kind: Kind, id: Any, records: Mapping[Any, Any], lead: object, row: LedgerRow, terms: ConversionTerms
) -> ResultClient | None:
    if id is None:
        return None
    record = records.get(id)
    if record is not None and record.lead_id == row.lead_id:
        found = ClientFound.NEW
    else:
        # Nothing is kept of how a client was found, so the equal e-mail says it.
        points = lead.contact_points if isinstance(lead, Lead) and kind in terms.kinds_to_match else ()
        shared = match_keys(points, [kind]) & match_keys(getattr(record, "contact_points", ()), [kind])
        found = ClientFound.MATCHED if shared else ClientFound.KNOWN
    return ResultClient(id=id, name=_name(record), found=found)


def _name(record: Contact | Company | Tombstone | None) -> str | None:
    """What a client is called; one that is not there, or was deleted, has no name."""
    return person(record.name) if isinstance(record, Contact) else getattr(record, "title", None)


def _plan_query(plans: Iterable[LeadPlan]) -> Query:
    return Query(
        leads=tuple(each.lead_id for each in plans),
        contacts=tuple({each.contact_id: None for each in plans if each.contact_id is not None}),
        companies=tuple({each.company_id: None for each in plans if each.company_id is not None}),
    )


def _planned(
    lead: Lead,
    plan: LeadPlan,
    seen: Snapshot,
    terms: ConversionTerms,
    stages: LeadStages,
    made: dict[MatchKey, str | None],
) -> ResultRow:
    """One row of a plan; `made` remembers the clients that earlier leads make, whom later ones are matched with."""
    becomes = convert(
        lead,
        (),
        terms,
        deal_id=DealId(1),
        known=Client(plan.contact_id, plan.company_id),
        new_contact=ContactId(1) if plan.makes_contact else None,
        new_company=CompanyId(1) if plan.makes_company else None,
        at=_AT,
    )

    links = ((plan.contact_id, lead.contact_id), (plan.company_id, lead.company_id))
    is_known = any(id is not None and id == linked for id, linked in links)

    def client(kind: Kind, id: Any, new: Contact | Company | None, known: Mapping[Any, Any]) -> ResultClient | None:
        keys = match_keys(lead.contact_points, [kind]) if kind in terms.kinds_to_match else frozenset()
        if new is not None:
            made.update((key, _name(new)) for key in keys if key not in made)
            return ResultClient(name=_name(new), found=ClientFound.NEW)
        if id is not None:
            found = ClientFound.KNOWN if is_known else ClientFound.MATCHED
            return ResultClient(id=id, name=_name(known.get(id)), found=found)
        if is_known or not keys:
            return None
        return ResultClient(
            name=next((made[key] for key in sorted(keys) if key in made), None), found=ClientFound.MATCHED
        )

    return ResultRow(
        id=lead.id,
        outcome=OutcomeKind.CONVERTED,
        contact=client(Kind.CONTACT, plan.contact_id, becomes.contact, seen.contacts),
        company=client(Kind.COMPANY, plan.company_id, becomes.company, seen.companies),
        amount=becomes.row.amount,
        activities=len(plan.activity_ids),
        not_carried=plan.not_carried,
        **_about(lead, stages),
    )
