"""The preview of a switch: the very conversions of a switch, with nothing written (SWITCH-12)."""

from collections.abc import Mapping
from itertools import count

from crmcore.domain.decisions.batch import Batch
from crmcore.domain.decisions.terms import settle
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import MADE, CompanyId, ContactId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Refused
from crmcore.domain.model.policy import ConversionTerms, ModeSwitchPolicy
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.plans import FoldedPlans, LeadPlan
from crmcore.domain.protocol.results import NoChange, Preview, RecordNumbers, totals_of
from crmcore.domain.protocol.snapshot import NextLeads, Query, Snapshot
from crmcore.domain.rules.authority import may_convert, may_settings
from crmcore.domain.rules.mode import Asked, Does, behaviour

__all__ = ["Planner", "decide_preview", "preview_query"]

#: Ids of records that only the preview makes lie above every real id.
_PROVISIONAL = 2**62
_SET_ASIDE = LeadOutcome(OutcomeKind.SET_ASIDE)


def preview_query() -> Query:
    """What a preview reads before its first lead."""
    return Query(stages=True, pipelines=True, counts=True)


def decide_preview(
    policy: ModeSwitchPolicy, snapshot: Snapshot, context: Context
) -> ConversionTerms | NoChange | Refused:
    """Whether a begin with this policy would open a switch, and under which terms; the same refusals (PERM-7)."""
    refused = may_settings(context.rights, "PERM-6") or may_convert(context.rights, policy.client, policy.pipeline)
    if refused is not None:
        return refused
    cell = behaviour(Asked.PREVIEW_SWITCH, context.state(snapshot.settings))
    if cell.does is Does.NOTHING:
        return NoChange()
    if cell.reason is not None:
        assert snapshot.settings.switching is not None  # refusing cells are those of a live switch
        return Refused(cell.reason, Ref(Kind.SWITCH, snapshot.settings.switching.key))
    return settle(snapshot, policy)


class Planner:
    """Adds the plan up page by page; only plans are kept, and those folded."""

    def __init__(self, terms: ConversionTerms, context: Context, counts: Mapping[Kind, int] | None = None) -> None:
        self._terms = terms
        self._counts = counts
        self._now = context.now
        self._ids = {kind: count(_PROVISIONAL) for kind in MADE}
        self._batch: Batch | None = None
        self._plans = FoldedPlans()
        self._tally: dict[LeadOutcome, int] = {}
        self._set_aside: set[LeadId] = set()
        self.last: LeadId | None = None

    def query(self, size: int) -> Query:
        """What the next page reads."""
        return Query(next_leads=NextLeads(size, without=frozenset(self._set_aside), after=self.last), match=True)

    def set_aside(self, lead_id: LeadId) -> None:
        """Count a lead that cannot be read as the switch would: it has no plan, and the others go on (SWITCH-9)."""
        self._set_aside.add(lead_id)

    def add(self, page: Snapshot) -> None:
        """Plan the leads of one page."""
        batch = Batch(self._terms, self._now, self._ids, page.matches, page.shared, self._batch, page.gone)
        for lead_id, lead in page.leads.items():
            if not isinstance(lead, Lead) or not lead.is_active or (self.last is not None and lead_id <= self.last):
                refs = (Ref(Kind.LEAD, lead_id),)
                raise ContractBroken("SWITCH-12", "the store offered a lead that is not the next active one", refs)
            row = batch.convert(lead, page.lead_activities.get(lead_id, ()))
            outcome = batch.outcomes[lead_id]
            self._plans.add(_plan(row, outcome))
            self._tally[outcome] = self._tally.get(outcome, 0) + 1
            self.last = lead_id
        self._batch = batch

    def preview(self) -> Preview:
        """The whole plan."""
        set_aside = len(self._set_aside)
        return Preview(
            terms=self._terms,
            totals=totals_of(len(self._plans) + set_aside, {**self._tally, _SET_ASIDE: set_aside}),
            leads=self._plans,
            before=RecordNumbers.of(self._counts),
        )


def _plan(row: LedgerRow, outcome: LeadOutcome) -> LeadPlan:
    return LeadPlan(
        lead_id=row.lead_id,
        contact_id=None if row.contact_id is None or row.contact_id >= _PROVISIONAL else ContactId(row.contact_id),
        company_id=None if row.company_id is None or row.company_id >= _PROVISIONAL else CompanyId(row.company_id),
        makes_contact=bool(outcome.contacts),
        makes_company=bool(outcome.companies),
        activity_ids=row.activity_ids,
        not_carried=row.not_carried,
    )
