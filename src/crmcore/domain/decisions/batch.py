"""The conversions of one commit: the one place where leads become records, whoever asks (SWITCH-11, CONV-2, CONV-7)."""

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Any

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.text import NOTHING
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.decision import NewIds
from crmcore.domain.protocol.events import ActivitiesCompleted, Event, LeadConverted
from crmcore.domain.protocol.snapshot import Snapshot
from crmcore.domain.rules.conversion import Client, Conversion, client_left, convert
from crmcore.domain.rules.matching import MatchKey, match_keys

__all__ = ["Batch", "ids_for"]


def ids_for(terms: ConversionTerms, leads: int) -> dict[Kind, int]:
    """How many new ids the conversion of so many leads may draw."""
    wanted = {Kind.DEAL: leads}
    if terms.client.wants_contact:
        wanted[Kind.CONTACT] = leads
    if terms.client.wants_company:
        wanted[Kind.COMPANY] = leads
    return wanted


class Batch:
    """Collects the records of several conversions, so that they can be written in one commit.

    `matches` are the clients by match key as read; `shared` names the activities that other leads have too, and
    whether the live switch counted them already. `gone` are deleted clients. `before` is the batch whose
    clients and shared activities count as made, though they are not written: a preview goes on from page to page.
    """

    def __init__(
        self,
        terms: ConversionTerms,
        now: datetime,
        ids: NewIds,
        matches: Mapping[MatchKey, tuple[int, ...]] = NOTHING,
        shared: Mapping[ActivityId, bool] = NOTHING,
        before: "Batch | None" = None,
        gone: Container[Ref] = (),
    ) -> None:
        self.terms = terms
        self.now = now
        self.matches = matches
        self.shared = shared
        self.gone = gone
        self.leads: dict[LeadId, Lead] = {}
        self.deals: dict[DealId, Deal] = {}
        self.contacts: dict[ContactId, Contact] = {}
        self.companies: dict[CompanyId, Company] = {}
        self.ledger: dict[LeadId, LedgerRow] = {}
        self.outcomes: dict[LeadId, LeadOutcome] = {}
        self._ids = ids
        self._match_kinds = terms.kinds_to_match
        self._new_client = (Client(), terms.client.wants_contact, terms.client.wants_company)
        self._made: dict[MatchKey, int] = {} if before is None else before._made
        self._counted: set[ActivityId] = set() if before is None else before._counted
        self._completed: list[ActivityId] = []
        self._outcomes: dict[tuple[bool, bool, int, int, int], LeadOutcome] = {}

    def convert(self, lead: Lead, activities: tuple[Activity, ...]) -> LedgerRow:
        """Convert one lead into this batch: on its client where it has one, else on a matched or a new one."""
        known, contact, company = self._client_of(lead)
        made = convert(
            lead,
            activities,
            self.terms,
            deal_id=next(self._ids[Kind.DEAL]),
            known=known,
            new_contact=next(self._ids[Kind.CONTACT]) if contact else None,
            new_company=next(self._ids[Kind.COMPANY]) if company else None,
            at=self.now,
        )
        self._keep(made)
        self.outcomes[lead.id] = self._outcome(contact, company, activities)
        return made.row

    def changes(self, snapshot: Snapshot, **more: Any) -> Changes:
        """The batch as one atomic step, with what the command adds to it."""
        return Changes(
            expects=snapshot.read,
            leads=self.leads,
            deals=self.deals,
            contacts=self.contacts,
            companies=self.companies,
            ledger=self.ledger,
            completes_at=self.completes_at,
            **more,
        )

    @property
    def completes_at(self) -> datetime | None:
        """When the open activities of these leads are completed, if they are (POLICY-3, POLICY-4)."""
        return None if self.terms.keep_activities else self.now

    def events(self) -> Iterator[Event]:
        """What happened, once the batch is committed."""
        for row in self.ledger.values():
            yield LeadConverted(row.lead_id, row.deal_id, row.contact_id, row.company_id)
        if self._completed:
            yield ActivitiesCompleted(tuple(self._completed))

    def _client_of(self, lead: Lead) -> tuple[Client, bool, bool]:
        """The client that exists, and whether a contact and a company are to be created."""
        if lead.is_linked and (linked := client_left(lead, self.gone)) != Client():
            return linked, False, False
        if not self._match_kinds:
            return self._new_client
        contact_id, company_id = self._matched(lead, Kind.CONTACT), self._matched(lead, Kind.COMPANY)
        _, wants_contact, wants_company = self._new_client
        return (
            Client(contact_id, company_id),
            wants_contact and contact_id is None,
            wants_company and company_id is None,
        )

    def _matched(self, lead: Lead, kind: Kind) -> Any:
        """The client with the lowest id that has one of the lead's e-mails, those made in this batch included."""
        if kind not in self._match_kinds:
            return None
        found: list[int] = []
        for key in match_keys(lead.contact_points, (kind,)):
            found.extend(self.matches.get(key, ()))
            if key in self._made:
                found.append(self._made[key])
        return min(found, default=None)

    def _keep(self, made: Conversion) -> None:
        lead, deal, contact, company, row = made
        self.leads[lead.id] = lead
        self.deals[deal.id] = deal
        self.ledger[lead.id] = row
        if contact is not None:
            self.contacts[contact.id] = contact
            self._remember(Kind.CONTACT, contact.id, lead)
        if company is not None:
            self.companies[company.id] = company
            self._remember(Kind.COMPANY, company.id, lead)

    def _remember(self, kind: Kind, id: int, lead: Lead) -> None:
        if kind in self._match_kinds:
            for key in match_keys(lead.contact_points, (kind,)):
                self._made.setdefault(key, id)

    def _outcome(self, contact: bool, company: bool, activities: tuple[Activity, ...]) -> LeadOutcome:
        bound = completed = kept_open = 0
        for activity in activities:
            if activity.id in self.shared:
                if activity.id in self._counted:
                    continue
                self._counted.add(activity.id)
            # Whoever bound it before: it is this commit that completes what is open still.
            if not activity.completed and not self.terms.keep_activities:
                completed += 1
                self._completed.append(activity.id)
            if self.shared.get(activity.id):
                continue
            bound += 1
            if not activity.completed and self.terms.keep_activities:
                kept_open += 1
        key = (contact, company, bound, completed, kept_open)
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = self._outcomes[key] = LeadOutcome(
                OutcomeKind.CONVERTED,
                contacts=int(contact),
                companies=int(company),
                bound=bound,
                completed=completed,
                kept_open=kept_open,
            )
        return outcome
