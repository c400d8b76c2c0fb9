"""The rules as small named pure checks, each with its rule id; tests, the audit and host products run the same laws.

A law checks one lead, one deal or the CRM as a whole, so that an audit can stream over a million leads.
lines: one short law after the other, and the table that names them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import LeadStages, StageSemantics
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.results import Totals
from crmcore.domain.rules.binding import targets_of

__all__ = [
    "BINDING_LAWS",
    "CLIENT_LAWS",
    "COMMAND_LAWS",
    "CRM_LAWS",
    "DEAL_LAWS",
    "LEAD_LAWS",
    "OUTCOME_LAWS",
    "UNREADABLE_LAWS",
    "BindingCase",
    "Case",
    "ClientCase",
    "CommandCase",
    "CrmCase",
    "DealCase",
    "Law",
    "LeadCase",
    "OutcomeCase",
    "Violation",
    "broken_by",
    "clients_of",
    "links_of",
]


class Violation(NamedTuple):
    """A law that does not hold: its rule, its name, and the records concerned by kind and id (DATA-2)."""

    rule: str
    law: str
    kind: Kind
    ids: tuple[int | str, ...]


@frozen(kw_only=True, repr=False, eq=False)
class LeadCase(Discreet):
    """One lead with everything that its ledger row names, as a store has it; `found` is what its links lead to."""

    id: LeadId
    lead: Lead | Tombstone | None
    stages: LeadStages
    row: LedgerRow | None = None
    bound: frozenset[ActivityId] = frozenset()
    deal: Deal | Tombstone | None = None
    contact: Contact | Tombstone | None = None
    company: Company | Tombstone | None = None
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    found: frozenset[Ref] = frozenset()


@frozen(kw_only=True, repr=False, eq=False)
class DealCase(Discreet):
    """One deal with its pipeline and the ledger row of its lead; `found` is what there is of its client or clients."""

    deal: Deal | Tombstone
    pipeline: Pipeline | None
    row: LedgerRow | None
    found: frozenset[Ref]


@frozen(kw_only=True, repr=False, eq=False)
class ClientCase(Discreet):
    """One contact or company, of which `kind` says which; `found` is what its links lead to."""

    kind: Kind
    client: Contact | Company | Tombstone
    found: frozenset[Ref]


@frozen(kw_only=True, repr=False, eq=False)
class BindingCase(Discreet):
    """One activity by its id with what it is bound to; `found` is what there is of all that, itself included."""

    id: ActivityId
    bound: frozenset[Ref]
    found: frozenset[Ref]


@frozen(kw_only=True, repr=False, eq=False)
class OutcomeCase(Discreet):
    """What a switch recorded of one lead; `switch` is its key, if it has a record.

    `found` is the lead if it is there, and its row of the ledger if it has one.
    """

    lead_id: LeadId
    outcome: LeadOutcome
    switch: str | None
    found: frozenset[Ref]


@frozen(kw_only=True, repr=False, eq=False)
class CommandCase(Discreet):
    """One command that can be repeated by its key; `found` is what there is of the records that it has made."""

    key: str
    made: tuple[Ref, ...]
    found: frozenset[Ref]


@frozen(kw_only=True, repr=False, eq=False)
class CrmCase(Discreet):
    """The CRM as a whole: settings, stages, pipelines, counts and the switches with their numbers."""

    settings: Settings
    stages: LeadStages
    pipelines: Mapping[PipelineId, Pipeline]
    active: int
    switches: tuple[tuple[SwitchRecord, Totals], ...]


Broken = Iterator[tuple[Kind, tuple[int | str, ...]]]


def every_record_can_be_read(fault: Ref) -> Broken:
    """A record that was checked when it was stored can still be read."""
    yield fault.kind, (fault.id,)


def every_active_lead_converts_exactly_once(case: LeadCase) -> Broken:
    """A lead with a ledger row has the row's deal, which names it, or its tombstone does; a lead without has none."""
    if case.row is None:
        if case.lead is not None and case.lead.deal_id is not None:
            yield Kind.LEAD, (case.id,)
    elif case.deal is None or case.deal.lead_id != case.id:
        yield Kind.DEAL, (case.row.deal_id,)
    elif case.lead is None or case.lead.deal_id != case.row.deal_id:
        yield Kind.LEAD, (case.id,)


def every_converted_outcome_has_its_deal(case: OutcomeCase) -> Broken:
    """A lead that a switch records as converted, or found converted, is in the ledger."""
    in_ledger = Ref(Kind.LEDGER, case.lead_id) in case.found
    if not in_ledger and case.outcome.kind in (OutcomeKind.CONVERTED, OutcomeKind.ALREADY_CONVERTED):
        yield Kind.LEAD, (case.lead_id,)


def every_outcome_is_of_a_switch(case: OutcomeCase) -> Broken:
    """The switch that an outcome was recorded for is itself recorded."""
    if case.switch is None:
        yield Kind.LEAD, (case.lead_id,)


def every_outcome_is_of_a_lead(case: OutcomeCase) -> Broken:
    """The lead that an outcome was recorded for exists, or its tombstone does."""
    if Ref(Kind.LEAD, case.lead_id) not in case.found:
        yield Kind.LEAD, (case.lead_id,)


def a_converted_lead_ends_in_success(case: LeadCase) -> Broken:
    """A converted lead is in the success stage and stays there."""
    if case.row is not None and isinstance(case.lead, Lead):
        # What the lead says of its stage counts, and what the catalogue says: either may be what was damaged.
        stage = case.stages.get(case.lead.stage)
        meanings = {case.lead.semantics, None if stage is None else stage.semantics}
        if meanings != {StageSemantics.SUCCESS}:
            yield Kind.LEAD, (case.id,)


def the_ledger_tells_the_conversion(case: LeadCase) -> Broken:
    """The ledger has the amount and the clients of the lead, which can no longer be edited."""
    if case.row is not None and isinstance(case.lead, Lead):
        of_lead = (case.lead.amount, case.lead.contact_id, case.lead.company_id)
        if of_lead != (case.row.amount, case.row.contact_id, case.row.company_id):
            yield Kind.LEDGER, (case.id,)


def a_converted_lead_has_a_client(case: LeadCase) -> Broken:
    """A ledger row names a client, and each client that it names exists, or its tombstone does."""
    if case.row is None:
        return
    if case.row.contact_id is None and case.row.company_id is None:
        yield Kind.LEDGER, (case.id,)
    if case.row.contact_id is not None and case.contact is None:
        yield Kind.CONTACT, (case.row.contact_id,)
    if case.row.company_id is not None and case.company is None:
        yield Kind.COMPANY, (case.row.company_id,)


def every_activity_is_bound_to_the_deal(case: LeadCase) -> Broken:
    """Each activity of the ledger is bound to lead, deal and clients, or has a trace of the person who unbound it."""
    if case.row is None:
        return
    targets = {*targets_of(case.row), Ref(Kind.LEAD, case.id)}
    for id in case.row.activity_ids:
        activity = case.activities.get(id)
        if isinstance(activity, Tombstone):
            continue
        if activity is None or targets - case.bindings.get(id, frozenset()) - activity.unbound:
            yield Kind.ACTIVITY, (id,)


def every_activity_of_a_converted_lead_is_in_the_ledger(case: LeadCase) -> Broken:
    """Each activity that is bound to a converted lead is in its ledger row, since none can be added afterwards."""
    if case.row is not None:
        for id in sorted(case.bound.difference(case.row.activity_ids)):
            yield Kind.ACTIVITY, (id,)


def a_lead_stands_in_a_defined_stage(case: LeadCase) -> Broken:
    """A lead's stage is in the catalogue, and means what the lead says."""
    if isinstance(case.lead, Lead):
        stage = case.stages.get(case.lead.stage)
        if stage is None or stage.semantics is not case.lead.semantics:
            yield Kind.LEAD, (case.id,)


def a_deal_of_a_lead_is_in_the_ledger(case: DealCase) -> Broken:
    """A deal that names a lead is the one deal of that lead."""
    if case.deal.lead_id is not None and (case.row is None or case.row.deal_id != case.deal.id):
        yield Kind.DEAL, (case.deal.id,)


def a_deal_stands_in_a_stage_of_its_pipeline(case: DealCase) -> Broken:
    """A deal's pipeline exists and has the deal's stage with the meaning that the deal says, unless it was deleted."""
    if isinstance(case.deal, Tombstone):
        return
    stage = None if case.pipeline is None else case.pipeline.get(case.deal.stage)
    if stage is None or stage.semantics is not case.deal.semantics:
        yield Kind.DEAL, (case.deal.id,)


def the_client_of_a_deal_exists(case: DealCase) -> Broken:
    """The contact and the company that a deal names exist, or their tombstones do."""
    for client in clients_of(case.deal):
        if client not in case.found:
            yield client.kind, (client.id,)


def the_client_of_a_lead_is_there(case: LeadCase) -> Broken:
    """The client that a lead is linked to exists, or its tombstone does; for a converted lead the ledger counts."""
    if case.row is None and case.lead is not None and not case.found.issuperset(links_of(case.lead)):
        yield Kind.LEAD, (case.id,)


def the_links_of_a_client_lead_somewhere(case: ClientCase) -> Broken:
    """The lead that a client was made from and the company of a contact exist, or their tombstones do."""
    if not case.found.issuperset(links_of(case.client)):
        yield case.kind, (case.client.id,)


def every_activity_is_bound_to_what_is_there(case: BindingCase) -> Broken:
    """An activity and each record that it is bound to exist, or their tombstones do."""
    if not case.found.issuperset((Ref(Kind.ACTIVITY, case.id), *case.bound)):
        yield Kind.ACTIVITY, (case.id,)


def every_command_made_what_is_there(case: CommandCase) -> Broken:
    """The records that a repeated command answers with exist, or their tombstones do."""
    # The id 0 stands for a record that the answer must not name (D-81).
    if not case.found.issuperset(ref for ref in case.made if ref.id):
        yield Kind.COMMAND, (case.key,)


def simple_means_no_active_lead(case: CrmCase) -> Broken:
    """In Simple no active lead is left."""
    if case.settings.mode is CrmMode.SIMPLE and case.settings.switching is None and case.active:
        yield Kind.SETTINGS, (0,)


def the_numbers_of_a_switch_add_up(case: CrmCase) -> Broken:
    """All leads of a switch are converted, gone, set aside or remaining; a finished switch has none left."""
    live = case.settings.switching
    for switch, totals in case.switches:
        left = totals.remaining + totals.set_aside
        wrong = totals.remaining < 0
        wrong = wrong or (switch.ended == "finished" and left != 0)
        wrong = wrong or (live is not None and live.epoch == switch.epoch and left != case.active)
        if wrong:
            yield Kind.SWITCH, (switch.key,)


def at_most_one_switch_is_live(case: CrmCase) -> Broken:
    """A switch without an end is the one that the settings call live, under the settings' epoch."""
    live = case.settings.switching
    expected = () if live is None else (live.key,)
    found = tuple(switch.key for switch, _ in case.switches if switch.ended is None)
    if found != expected or (live is not None and live.epoch != case.settings.epoch):
        yield Kind.SETTINGS, (0,)


def the_mode_is_what_the_last_switch_left(case: CrmCase) -> Broken:
    """Each change of mode makes a new epoch; a finished switch leads to Simple, a cancelled one back to Classic."""
    settings, epoch = case.settings, case.settings.epoch
    for switch, _ in case.switches:
        left = CrmMode.SIMPLE if switch.ended == "finished" else CrmMode.CLASSIC
        wrong = switch.ended is not None and switch.epoch >= epoch
        if wrong or (switch.ended is not None and switch.epoch + 1 == epoch and settings.mode is not left):
            yield Kind.SETTINGS, (0,)


def the_terms_of_a_switch_are_kept(case: CrmCase) -> Broken:
    """The live switch has the terms of its record, and they name stages and a pipeline that exist."""
    live = case.settings.switching
    if live is None:
        return
    recorded = next((switch.terms for switch, _ in case.switches if switch.key == live.key), live.terms)
    pipeline = case.pipelines.get(live.terms.pipeline_id)
    deal_stage = None if pipeline is None else pipeline.get(live.terms.deal_stage)
    lead_stage = case.stages.get(live.terms.lead_stage)
    in_process = deal_stage is not None and deal_stage.semantics is StageSemantics.IN_PROCESS
    in_success = lead_stage is not None and lead_stage.semantics is StageSemantics.SUCCESS
    if live.terms != recorded or not in_process or not in_success:
        yield Kind.SWITCH, (live.key,)


def every_policy_names_a_pipeline_that_is_there(case: CrmCase) -> Broken:
    """The pipelines of ended switches and of the last policy exist, since pipelines are never deleted."""
    for switch, _ in case.switches:
        if switch.ended is not None and switch.terms.pipeline_id not in case.pipelines:
            yield Kind.SWITCH, (switch.key,)
    policy = case.settings.last_policy
    if policy is not None and policy.pipeline not in case.pipelines:
        yield Kind.SETTINGS, (0,)


def links_of(record: Lead | Tombstone | Deal | Contact | Company) -> tuple[Ref, ...]:
    """The records that a card is linked to, but for the deal of a lead, which the ledger has."""
    return tuple([Ref(kind, id) for kind, name in _LINKS if (id := getattr(record, name, None)) is not None])


def clients_of(deal: Deal | Tombstone) -> tuple[Ref, ...]:
    """The contact and the company of a deal, those that it names."""
    return tuple([ref for ref in links_of(deal) if ref.kind is not Kind.LEAD])


_LINKS = ((Kind.LEAD, "lead_id"), (Kind.CONTACT, "contact_id"), (Kind.COMPANY, "company_id"))


class Law(NamedTuple):
    """A named check of one rule."""

    rule: str
    check: Callable[[Any], Broken]


LEAD_LAWS: tuple[Law, ...] = (
    Law("SWITCH-1", every_active_lead_converts_exactly_once),
    Law("CONV-5", a_converted_lead_ends_in_success),
    Law("CONV-9", the_ledger_tells_the_conversion),
    Law("CONV-1", a_converted_lead_has_a_client),
    Law("CONV-6", every_activity_is_bound_to_the_deal),
    Law("CONV-6", every_activity_of_a_converted_lead_is_in_the_ledger),
    Law("STAGE-1", a_lead_stands_in_a_defined_stage),
    Law("DATA-3", the_client_of_a_lead_is_there),
)
DEAL_LAWS: tuple[Law, ...] = (
    Law("SWITCH-1", a_deal_of_a_lead_is_in_the_ledger),
    Law("STAGE-1", a_deal_stands_in_a_stage_of_its_pipeline),
    Law("CONV-1", the_client_of_a_deal_exists),
)
CLIENT_LAWS: tuple[Law, ...] = (Law("DATA-3", the_links_of_a_client_lead_somewhere),)
BINDING_LAWS: tuple[Law, ...] = (Law("DATA-3", every_activity_is_bound_to_what_is_there),)
COMMAND_LAWS: tuple[Law, ...] = (Law("DATA-3", every_command_made_what_is_there),)
OUTCOME_LAWS: tuple[Law, ...] = (
    Law("SWITCH-13", every_converted_outcome_has_its_deal),
    Law("SWITCH-13", every_outcome_is_of_a_switch),
    Law("DATA-3", every_outcome_is_of_a_lead),
)
CRM_LAWS: tuple[Law, ...] = (
    Law("SWITCH-3", simple_means_no_active_lead),
    Law("SWITCH-13", the_numbers_of_a_switch_add_up),
    Law("SWITCH-10", at_most_one_switch_is_live),
    Law("SWITCH-3", the_mode_is_what_the_last_switch_left),
    Law("SWITCH-4", the_terms_of_a_switch_are_kept),
    Law("STAGE-1", every_policy_names_a_pipeline_that_is_there),
)
UNREADABLE_LAWS: tuple[Law, ...] = (Law("DATA-1", every_record_can_be_read),)


#: What a law looks at, but for a record that cannot be read: of that there is only the name.
Case = LeadCase | DealCase | ClientCase | BindingCase | CommandCase | OutcomeCase | CrmCase

_LAWS: dict[type, tuple[Law, ...]] = {
    LeadCase: LEAD_LAWS,
    DealCase: DEAL_LAWS,
    ClientCase: CLIENT_LAWS,
    BindingCase: BINDING_LAWS,
    CommandCase: COMMAND_LAWS,
    OutcomeCase: OUTCOME_LAWS,
    CrmCase: CRM_LAWS,
    Ref: UNREADABLE_LAWS,
}


def broken_by(case: Case | Ref) -> Iterator[Violation]:
    """Every law that a case breaks; a reference is that of a record that its store could not read."""
    for rule, check in _LAWS[type(case)]:
        for kind, ids in check(case):
            yield Violation(rule, check.__name__, kind, ids)
