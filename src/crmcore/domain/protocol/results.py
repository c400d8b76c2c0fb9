"""The results of accepted commands, and the numbers of a switch (SWITCH-12, SWITCH-13).

lines: one small answer per command, each with an example.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from attrs import fields, frozen

from crmcore.domain.model.ids import RECORDS, ActivityId, CompanyId, ContactId, DealId, Kind, LeadId, Ref
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord, SwitchToken
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind, Reason, Refused
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.text import Shown
from crmcore.domain.protocol.plans import LeadPlan
from crmcore.domain.protocol.snapshot import Snapshot
from crmcore.domain.rules.mode import CrmState, state_of

__all__ = [
    "ChunkDone",
    "ConvertedLead",
    "Erased",
    "Imported",
    "InquiryHeld",
    "LeadSums",
    "NoChange",
    "Preview",
    "RecordNumbers",
    "SwitchBlocked",
    "SwitchDone",
    "SwitchReport",
    "SwitchUnfinished",
    "Totals",
    "Versioned",
    "report_of",
    "totals_in",
    "totals_of",
]

R = TypeVar("R")


@frozen(repr=False, eq=False)
class Versioned(Shown, Generic[R]):
    """A record together with the version that an edit of it must carry (EDIT-1).

    `record` is the record, `version` counts its writes, from 1.

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> p.crm.lead(ADMIN, p.lead(title="Desks").id).version
    1
    """

    record: R
    version: int


class NoChange(Shown):
    """The CRM already had the requested mode: nothing changed (MODE-5).

    >>> TestCrm.classic().crm.switch_to_classic(ADMIN)
    NoChange()
    """

    __slots__ = ()


@frozen(repr=False, eq=False)
class ConvertedLead(Shown):
    """A lead with its ledger row; `already` means that an earlier conversion wrote it (CONV-9).

    `row` is the `LedgerRow` with the ids of deal and clients.

    >>> p = TestCrm.classic()
    >>> p.crm.convert_lead(ADMIN, p.lead().id).row.deal_id
    1
    """

    row: LedgerRow
    already: bool = False


@frozen(repr=False, eq=False)
class InquiryHeld(Shown):
    """What an inquiry became, or was attached to: a lead or a deal, and the activity that records the touch.

    `ref` names the lead or deal, with the id 0 where the inquiry was attached to one that the actor may not read.
    `activity_id` is the activity. `not_carried` names the filled fields of the inquiry that
    no record took over (INTAKE-6).

    >>> TestCrm.classic().crm.take_inquiry(ADMIN, channel="call", subject="Prices?")
    InquiryHeld(ref=Ref(kind=<Kind.LEAD: 'lead'>, id=1), activity_id=1, not_carried=())
    """

    ref: Ref
    activity_id: ActivityId
    not_carried: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Imported(Shown):
    """How many records an import stored, and which already existed (IMPORT-1).

    `leads`, `activities`, `contacts` and `companies` are counts, `updated` is how many leads changed (IMPORT-2), and
    `skipped` names the equal records that already existed.

    >>> from crmcore import ImportRecords
    >>> TestCrm.classic().crm.import_records(ADMIN, ImportRecords())
    Imported(leads=0, activities=0, contacts=0, companies=0, updated=0, skipped=())
    """

    leads: int
    activities: int
    contacts: int = 0
    companies: int = 0
    updated: int = 0
    skipped: tuple[Ref, ...] = ()


@frozen(kw_only=True, repr=False, eq=False)
class Erased(Shown):
    """What an erasure touches, or would touch (DATA-4).

    `leads` and `activities` are deleted; `deals`, `contacts` and `companies` are emptied. `shared` are activities that
    stay, since they are bound to records of others too: look at their texts. All are ids, in order.

    >>> p = TestCrm.classic()
    >>> p.crm.erasure(ADMIN, Ref(Kind.LEAD, p.lead().id)).leads
    (1,)
    """

    leads: tuple[LeadId, ...] = ()
    deals: tuple[DealId, ...] = ()
    contacts: tuple[ContactId, ...] = ()
    companies: tuple[CompanyId, ...] = ()
    activities: tuple[ActivityId, ...] = ()
    shared: tuple[ActivityId, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to erase."""
        return not (self.leads or self.deals or self.contacts or self.companies or self.activities)

    def and_then(self, later: "Erased") -> "Erased":
        """What this one and a `later` one touched together, and what both left.

        >>> Erased(leads=(1,), shared=(6, 7)).and_then(Erased(leads=(2,), activities=(6,)))
        Erased(leads=(1, 2), deals=(), contacts=(), companies=(), activities=(6,), shared=(7,))
        """
        both = {
            each.name: tuple(sorted({*getattr(self, each.name), *getattr(later, each.name)})) for each in fields(Erased)
        }
        return Erased(**{**both, "shared": tuple(id for id in both["shared"] if id not in both["activities"])})


@frozen(repr=False, eq=False)
class ChunkDone(Shown):
    """What one step of a switch converted; empty when no active lead was found.

    `rows` are the `LedgerRow` values of the leads that it converted.

    >>> p = TestCrm.classic()
    >>> p.crm.convert_chunk(p.crm.begin_switch(ADMIN, key="2026"))
    ChunkDone(rows=())
    """

    rows: tuple[LedgerRow, ...]


@frozen(repr=False, eq=False)
class SwitchDone(Shown):
    """The switch has ended; the record says how: finished or cancelled.

    `switch` is the `SwitchRecord`.

    >>> p = TestCrm.classic()
    >>> p.crm.finish_switch(p.crm.begin_switch(ADMIN, key="2026")).switch.ended
    'finished'
    """

    switch: SwitchRecord


@frozen(repr=False, eq=False)
class SwitchUnfinished(Shown):
    """Active leads are left, so the CRM is not Simple yet (SWITCH-3).

    `remaining` is how many, those that are set aside left out.

    >>> p = TestCrm.classic()
    >>> lead = p.lead()
    >>> p.crm.finish_switch(p.crm.begin_switch(ADMIN, key="2026"))
    SwitchUnfinished(remaining=1)
    """

    remaining: int


@frozen(repr=False, eq=False)
class SwitchBlocked(Shown):
    """Only leads that were set aside remain; edit or close them, retry or cancel (SWITCH-9).

    `set_aside` are their ids, in order.

    >>> p = TestCrm.classic()
    >>> p.trouble.unreadable.add(p.lead().id)
    >>> token = p.crm.begin_switch(ADMIN, key="2026")
    >>> p.crm.convert_chunk(token), p.crm.finish_switch(token)
    (ChunkDone(rows=()), SwitchBlocked(set_aside=(1,)))
    """

    set_aside: tuple[LeadId, ...]


class LeadSums:
    """What the numbers of the leads of a switch add up to, wherever they are kept (SWITCH-13)."""

    __slots__ = ()

    at_begin: int
    added: int
    remaining: int

    @property
    def leads(self) -> int:
        """All leads that the switch has to do with."""
        return self.at_begin + self.added

    @property
    def ended(self) -> int:
        """The leads of which the switch has recorded what became of them."""
        return self.leads - self.remaining


@frozen(kw_only=True, repr=False, eq=False)
class Totals(LeadSums, Shown):
    """The numbers of one switch at one moment (SWITCH-13).

    At every moment `at_begin` and `added` together equal the sum of `converted`, `already_converted`, `closed`,
    `deleted`, `set_aside` and `remaining`. `contacts` and `companies` were made; activities were `bound` to deals and
    clients, `completed` or `kept_open`. Activities that several converted leads share are counted once.

    >>> p = TestCrm.classic()
    >>> leads = p.leads(3, activities=2)
    >>> totals = p.crm.switch_to_simple(ADMIN, key="2026").totals
    >>> (totals.at_begin, totals.converted, totals.deals, totals.kept_open)
    (3, 3, 3, 6)
    """

    at_begin: int = 0
    added: int = 0
    converted: int = 0
    already_converted: int = 0
    closed: int = 0
    deleted: int = 0
    set_aside: int = 0
    remaining: int = 0
    contacts: int = 0
    companies: int = 0
    bound: int = 0
    completed: int = 0
    kept_open: int = 0

    @property
    def deals(self) -> int:
        """One deal for each converted lead (SWITCH-1)."""
        return self.converted


def totals_of(at_begin: int, tally: Mapping[LeadOutcome, int]) -> Totals:
    """Add the recorded outcomes of a switch up; what has no outcome remains."""
    kinds = dict.fromkeys(OutcomeKind, 0)
    added = contacts = companies = bound = completed = kept_open = 0
    for outcome, count in tally.items():
        kinds[outcome.kind] += count
        added += outcome.added * count
        contacts += outcome.contacts * count
        companies += outcome.companies * count
        bound += outcome.bound * count
        completed += outcome.completed * count
        kept_open += outcome.kept_open * count
    return Totals(
        at_begin=at_begin,
        added=added,
        converted=kinds[OutcomeKind.CONVERTED],
        already_converted=kinds[OutcomeKind.ALREADY_CONVERTED],
        closed=kinds[OutcomeKind.CLOSED],
        deleted=kinds[OutcomeKind.DELETED],
        set_aside=kinds[OutcomeKind.SET_ASIDE],
        remaining=at_begin + added - sum(kinds.values()),
        contacts=contacts,
        companies=companies,
        bound=bound,
        completed=completed,
        kept_open=kept_open,
    )


@frozen(kw_only=True, repr=False, eq=False)
class SwitchReport(Shown):
    """How a switch stands or ended: its record, its state and its numbers; the leads' outcomes are read by epoch.

    `result` is "switching", "blocked", "switched", "cancelled" or "no_change"; `state` is that of the CRM. `token` and
    `terms` are those of the switch, `totals` its numbers, `set_aside` the leads that need attention. `began_at` and
    `ended_at` are instants in UTC; `ended_at` is `None` while the switch is live. If there was nothing to do, `token`,
    `terms` and both instants are `None`.

    >>> TestCrm.simple().crm.switch_to_simple(ADMIN, key="2026").result
    'no_change'
    """

    result: str
    state: CrmState
    token: SwitchToken | None
    terms: ConversionTerms | None
    totals: Totals
    set_aside: tuple[LeadId, ...] = ()
    began_at: datetime | None = None
    ended_at: datetime | None = None


def report_of(snapshot: Snapshot, token: SwitchToken, *, plan_has_classic: bool) -> SwitchReport | Refused:
    """The report of the switch whose record, tally and backlog the snapshot has, for a holder of its token (PERM-4)."""
    switch, backlog = snapshot.switch, snapshot.backlog
    if switch is None or switch.token != token:
        return Refused(Reason.STALE_SWITCH, Ref(Kind.SWITCH, token.key))
    assert backlog is not None  # the driver asks for it
    live = switch.ended is None
    blocked = live and not backlog.active and bool(backlog.set_aside)
    results = {None: "blocked" if blocked else "switching", "finished": "switched", "cancelled": "cancelled"}
    return SwitchReport(
        result=results[switch.ended],
        state=state_of(snapshot.settings, plan_has_classic=plan_has_classic, only_set_aside_left=blocked),
        token=token,
        terms=switch.terms,
        totals=totals_of(switch.at_begin, snapshot.tally),
        set_aside=backlog.set_aside if live else (),
        began_at=switch.began_at,
        ended_at=switch.ended_at,
    )


def totals_in(report: SwitchReport | Refused) -> Totals:
    """The numbers of a report, for progress; all zero if it was refused, which the next step will report."""
    return Totals() if isinstance(report, Refused) else report.totals


@frozen(kw_only=True, repr=False, eq=False)
class RecordNumbers(Shown):
    """How many leads, deals, contacts and companies a CRM has, deleted ones left out (SWITCH-12).

    >>> numbers = RecordNumbers(leads=2, contacts=1)
    >>> numbers.with_made(Totals(converted=2, contacts=1))
    RecordNumbers(leads=2, deals=2, contacts=2, companies=0)
    """

    leads: int = 0
    deals: int = 0
    contacts: int = 0
    companies: int = 0

    @classmethod
    def of(cls, counts: Mapping[Kind, int] | None) -> "RecordNumbers | None":
        """The numbers that a store has counted, if it has; `counts` has them by kind."""
        return None if counts is None else cls(**{RECORDS[kind]: count for kind, count in counts.items()})

    def with_made(self, totals: Totals) -> "RecordNumbers":
        """These and what a switch has made, of which `totals` are the numbers: leads stay."""
        return RecordNumbers(
            leads=self.leads,
            deals=self.deals + totals.deals,
            contacts=self.contacts + totals.contacts,
            companies=self.companies + totals.companies,
        )


@frozen(kw_only=True, repr=False, eq=False)
class Preview(Shown):
    """The whole plan of a switch, computed without writing (SWITCH-12).

    `terms` are those that a switch would freeze, `totals` what its numbers would be, `leads` one `LeadPlan` for each
    lead in the order of their ids, folded so that a million of them take little memory. `before` is how many records
    there are, `after` how many there would be; both are `None` over a store that does not count.

    >>> p = TestCrm.classic()
    >>> leads = p.leads(2)
    >>> plan = p.crm.preview_switch(ADMIN)
    >>> (plan.totals.deals, plan.before.deals, plan.after.deals)
    (2, 0, 2)
    """

    terms: ConversionTerms
    totals: Totals
    leads: Sequence[LeadPlan]
    before: RecordNumbers | None = None

    @property
    def after(self) -> RecordNumbers | None:
        """How many records there would be."""
        return None if self.before is None else self.before.with_made(self.totals)
