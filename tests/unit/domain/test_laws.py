"""Each law passes on a good CRM and fails on a hand-made broken one, by its rule."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    CompanyId,
    ContactId,
    CrmMode,
    DealId,
    Kind,
    LeadId,
    LeadOutcome,
    ModeSwitchPolicy,
    OutcomeKind,
    PipelineId,
    Ref,
    StageCode,
    StageSemantics,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.images import image_of
from crmcore.domain import laws
from crmcore.domain.laws import (
    BINDING_LAWS,
    CLIENT_LAWS,
    COMMAND_LAWS,
    CRM_LAWS,
    DEAL_LAWS,
    LEAD_LAWS,
    OUTCOME_LAWS,
    Violation,
    broken_by,
)
from crmcore.domain.model.ids import ActivityId, Epoch
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import CommandRecord
from tests.building import ADMIN, Scene, accepted, classic, euros

ONE, TWO = LeadId(1), LeadId(2)
WORK = ActivityId(1)


def _switched() -> Scene:
    """Lead 1 converted by a switch to both with its activity, lead 2 closed; the CRM is Simple."""
    from crmcore import ClientChoice

    scene = classic()
    scene.add(title="One", amount=euros("5"))
    scene.add_activity(Ref(Kind.LEAD, ONE))
    scene.add(title="Two")
    accepted(scene.crm.close_lead(ADMIN, TWO))
    scene.switch(ModeSwitchPolicy(client=ClientChoice.BOTH))
    return scene


def _live() -> Scene:
    scene = classic()
    scene.add(title="One")
    accepted(scene.crm.begin_switch(ADMIN, key="k"))
    return scene


def _change(image: CrmImage, table: str, id: Any, **fields: Any) -> CrmImage:
    records = dict(getattr(image, table))
    records[id] = evolve(records[id], **fields)
    tables: dict[str, Any] = {table: records}
    return evolve(image, **tables)


def _drop(image: CrmImage, table: str, id: Any) -> CrmImage:
    tables: dict[str, Any] = {table: {key: each for key, each in getattr(image, table).items() if key != id}}
    return evolve(image, **tables)


def _twin(image: CrmImage) -> CrmImage:
    """A second deal for one lead."""
    deal = image.deals[DealId(1)]
    return evolve(image, deals={**image.deals, DealId(2): evolve(deal, id=DealId(2))})


def _reactivated(image: CrmImage) -> CrmImage:
    return _change(image, "leads", TWO, stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS)


Damage = Callable[[CrmImage], CrmImage]

#: The damage, and every violation that it is: rule, law, records.
BROKEN: list[tuple[str, Damage, set[tuple[str, str]]]] = [
    (
        "deal_removed",
        lambda i: _drop(i, "deals", 1),
        {
            ("SWITCH-1", "every_active_lead_converts_exactly_once"),
            ("DATA-3", "every_activity_is_bound_to_what_is_there"),
        },
    ),
    ("second_deal", _twin, {("SWITCH-1", "a_deal_of_a_lead_is_in_the_ledger")}),
    (
        "deal_of_nobody",
        lambda i: _change(i, "deals", 1, lead_id=None),
        {("SWITCH-1", "every_active_lead_converts_exactly_once")},
    ),
    (
        "deal_of_another_lead",
        lambda i: _change(i, "deals", 1, lead_id=TWO),
        {
            ("SWITCH-1", "every_active_lead_converts_exactly_once"),
            ("SWITCH-1", "a_deal_of_a_lead_is_in_the_ledger"),
        },
    ),
    (
        "lead_without_its_row",
        lambda i: _drop(i, "ledger", ONE),
        {
            ("SWITCH-1", "every_active_lead_converts_exactly_once"),
            ("SWITCH-1", "a_deal_of_a_lead_is_in_the_ledger"),
            ("SWITCH-13", "every_converted_outcome_has_its_deal"),
        },
    ),
    (
        "lead_removed",
        lambda i: _drop(i, "leads", ONE),
        {
            ("SWITCH-1", "every_active_lead_converts_exactly_once"),
            ("DATA-3", "every_activity_is_bound_to_what_is_there"),
            ("DATA-3", "the_links_of_a_client_lead_somewhere"),
            ("DATA-3", "every_outcome_is_of_a_lead"),
        },
    ),
    (
        "client_of_a_lead_unknown",
        lambda i: _change(i, "leads", TWO, contact_id=ContactId(9)),
        {("DATA-3", "the_client_of_a_lead_is_there")},
    ),
    (
        "lead_of_a_client_unknown",
        lambda i: _change(i, "companies", 1, lead_id=LeadId(9)),
        {("DATA-3", "the_links_of_a_client_lead_somewhere")},
    ),
    (
        "command_of_nothing",
        lambda i: evolve(i, commands={"k": CommandRecord(key="k", fingerprint="f", made=(Ref(Kind.ACTIVITY, 9),))}),
        {("DATA-3", "every_command_made_what_is_there")},
    ),
    (
        "pipeline_of_an_ended_switch_unknown",
        lambda i: _change(i, "switches", "k", terms=evolve(i.switches["k"].terms, pipeline_id=PipelineId(9))),
        {("STAGE-1", "every_policy_names_a_pipeline_that_is_there")},
    ),
    (
        "pipeline_of_the_last_policy_unknown",
        lambda i: evolve(i, settings=evolve(i.settings, last_policy=ModeSwitchPolicy(pipeline_id=PipelineId(9)))),
        {("STAGE-1", "every_policy_names_a_pipeline_that_is_there")},
    ),
    (
        "bound_to_nothing",
        lambda i: evolve(i, bindings={WORK: i.bindings[WORK] | {Ref(Kind.DEAL, 9)}}),
        {("DATA-3", "every_activity_is_bound_to_what_is_there")},
    ),
    (
        "lead_of_another_deal",
        lambda i: _change(i, "leads", ONE, deal_id=DealId(9)),
        {("SWITCH-1", "every_active_lead_converts_exactly_once")},
    ),
    (
        "converted_lead_reopened",
        lambda i: _change(i, "leads", ONE, stage=StageCode("NEW"), semantics=StageSemantics.IN_PROCESS),
        {("CONV-5", "a_converted_lead_ends_in_success"), ("SWITCH-3", "simple_means_no_active_lead")},
    ),
    (
        "amount_of_the_ledger",
        lambda i: _change(i, "ledger", ONE, amount=euros("6")),
        {("CONV-9", "the_ledger_tells_the_conversion")},
    ),
    (
        "client_of_the_ledger",
        lambda i: _change(i, "ledger", ONE, contact_id=ContactId(9), company_id=CompanyId(9)),
        {
            ("CONV-9", "the_ledger_tells_the_conversion"),
            ("CONV-1", "a_converted_lead_has_a_client"),
            ("CONV-6", "every_activity_is_bound_to_the_deal"),
        },
    ),
    (
        "no_client_at_all",
        lambda i: _change(i, "ledger", ONE, contact_id=None, company_id=None),
        {("CONV-9", "the_ledger_tells_the_conversion"), ("CONV-1", "a_converted_lead_has_a_client")},
    ),
    (
        "contact_removed",
        lambda i: _drop(i, "contacts", 1),
        {
            ("CONV-1", "a_converted_lead_has_a_client"),
            ("CONV-1", "the_client_of_a_deal_exists"),
            ("DATA-3", "every_activity_is_bound_to_what_is_there"),
        },
    ),
    (
        "company_removed",
        lambda i: _drop(i, "companies", 1),
        {
            ("CONV-1", "a_converted_lead_has_a_client"),
            ("CONV-1", "the_client_of_a_deal_exists"),
            ("DATA-3", "every_activity_is_bound_to_what_is_there"),
            ("DATA-3", "the_links_of_a_client_lead_somewhere"),
        },
    ),
    (
        "client_of_a_deal_unknown",
        lambda i: _change(i, "deals", 1, contact_id=ContactId(9), company_id=CompanyId(9)),
        {("CONV-1", "the_client_of_a_deal_exists")},
    ),
    (
        "activity_unbound",
        lambda i: evolve(i, bindings={WORK: frozenset({Ref(Kind.LEAD, ONE), Ref(Kind.DEAL, 1)})}),
        {("CONV-6", "every_activity_is_bound_to_the_deal")},
    ),
    (
        "no_bindings_at_all",
        lambda i: evolve(i, bindings={}),
        {("CONV-6", "every_activity_is_bound_to_the_deal")},
    ),
    (
        "history_unbound",
        lambda i: evolve(i, bindings={WORK: i.bindings[WORK] - {Ref(Kind.LEAD, ONE)}}),
        {("CONV-6", "every_activity_is_bound_to_the_deal")},
    ),
    (
        "activity_removed",
        lambda i: evolve(_drop(i, "activities", WORK), bindings={}),
        {("CONV-6", "every_activity_is_bound_to_the_deal")},
    ),
    (
        "activity_removed_but_not_its_bindings",
        lambda i: _drop(i, "activities", WORK),
        {("CONV-6", "every_activity_is_bound_to_the_deal"), ("DATA-3", "every_activity_is_bound_to_what_is_there")},
    ),
    (
        "activity_missing_in_the_ledger",
        lambda i: _change(i, "ledger", ONE, activity_ids=()),
        {("CONV-6", "every_activity_of_a_converted_lead_is_in_the_ledger")},
    ),
    (
        "unknown_stage",
        lambda i: _change(i, "leads", TWO, stage=StageCode("NONE")),
        {("STAGE-1", "a_lead_stands_in_a_defined_stage")},
    ),
    (
        "meaning_of_a_stage",
        lambda i: _change(i, "leads", TWO, semantics=StageSemantics.SUCCESS),
        {("STAGE-1", "a_lead_stands_in_a_defined_stage")},
    ),
    (
        "pipeline_unknown",
        lambda i: _change(i, "deals", 1, pipeline_id=PipelineId(9)),
        {("STAGE-1", "a_deal_stands_in_a_stage_of_its_pipeline")},
    ),
    (
        "deal_stage_unknown",
        lambda i: _change(i, "deals", 1, stage=StageCode("NONE")),
        {("STAGE-1", "a_deal_stands_in_a_stage_of_its_pipeline")},
    ),
    (
        "deal_stage_of_another_meaning",
        lambda i: _change(i, "deals", 1, semantics=StageSemantics.SUCCESS),
        {("STAGE-1", "a_deal_stands_in_a_stage_of_its_pipeline")},
    ),
    ("active_lead_in_simple", _reactivated, {("SWITCH-3", "simple_means_no_active_lead")}),
    (
        "too_many_outcomes",
        lambda i: evolve(i, outcomes={**i.outcomes, (Epoch(2), TWO): LeadOutcome(OutcomeKind.CLOSED)}),
        {("SWITCH-13", "the_numbers_of_a_switch_add_up")},
    ),
    (
        "finished_with_leads_left",
        lambda i: _change(i, "switches", "k", at_begin=2),
        {("SWITCH-13", "the_numbers_of_a_switch_add_up")},
    ),
    (
        "outcome_of_nothing",
        lambda i: evolve(
            _change(i, "switches", "k", at_begin=2),
            outcomes={**i.outcomes, (Epoch(2), TWO): LeadOutcome(OutcomeKind.ALREADY_CONVERTED)},
        ),
        {("SWITCH-13", "every_converted_outcome_has_its_deal")},
    ),
    (
        "a_switch_without_end",
        lambda i: _change(i, "switches", "k", ended=None),
        {("SWITCH-10", "at_most_one_switch_is_live")},
    ),
    (
        "switch_removed",
        lambda i: _drop(i, "switches", "k"),
        {("SWITCH-13", "every_outcome_is_of_a_switch")},
    ),
    (
        "mode_set_back",
        lambda i: evolve(i, settings=evolve(i.settings, mode=CrmMode.CLASSIC)),
        {("SWITCH-3", "the_mode_is_what_the_last_switch_left")},
    ),
    (
        "end_of_a_switch_changed",
        lambda i: _change(i, "switches", "k", ended="cancelled"),
        {("SWITCH-3", "the_mode_is_what_the_last_switch_left")},
    ),
    (
        "epoch_set_back",
        lambda i: evolve(i, settings=evolve(i.settings, epoch=Epoch(2))),
        {("SWITCH-3", "the_mode_is_what_the_last_switch_left")},
    ),
]


def _audit(image: CrmImage) -> list[Violation]:
    return list(audit_store(InMemoryStore(image)))


@pytest.mark.parametrize(
    "damage, found",
    [
        pytest.param(damage, found, id=name, marks=pytest.mark.rule(*sorted({rule for rule, _ in found})))
        for name, damage, found in BROKEN
    ],
)
def test_damage_is_named_by_its_rule(damage: Damage, found: set[tuple[str, str]]) -> None:
    """The audit of the damaged CRM finds exactly these laws broken, and the undamaged one is clean."""
    image = image_of(_switched().store)
    assert _audit(image) == []
    assert {(each.rule, each.law) for each in _audit(damage(image))} == found


def _terms(image: CrmImage, **terms: Any) -> CrmImage:
    """Other terms in the settings, while the record of the switch keeps its own."""
    live = image.settings.switching
    assert live is not None
    settings = evolve(image.settings, switching=evolve(live, terms=evolve(live.terms, **terms)))
    return evolve(image, settings=settings)


def _terms_in_both(image: CrmImage, **terms: Any) -> CrmImage:
    record = image.switches["k"]
    return _change(_terms(image, **terms), "switches", "k", terms=evolve(record.terms, **terms))


#: Damage of a CRM whose switch is live, and the law that names it.
BROKEN_LIVE: list[tuple[str, Damage, str]] = [
    ("record_lost", lambda i: _drop(i, "switches", "k"), "at_most_one_switch_is_live"),
    (
        "epoch_moved",
        lambda i: evolve(i, settings=evolve(i.settings, epoch=Epoch(7))),
        "at_most_one_switch_is_live",
    ),
    ("lead_lost", lambda i: _drop(i, "leads", ONE), "the_numbers_of_a_switch_add_up"),
    ("terms_differ", lambda i: _terms(i, keep_activities=False), "the_terms_of_a_switch_are_kept"),
    ("no_pipeline", lambda i: _terms_in_both(i, pipeline_id=PipelineId(9)), "the_terms_of_a_switch_are_kept"),
    ("no_deal_stage", lambda i: _terms_in_both(i, deal_stage=StageCode("X")), "the_terms_of_a_switch_are_kept"),
    ("won_deal_stage", lambda i: _terms_in_both(i, deal_stage=StageCode("WON")), "the_terms_of_a_switch_are_kept"),
    ("no_lead_stage", lambda i: _terms_in_both(i, lead_stage=StageCode("X")), "the_terms_of_a_switch_are_kept"),
    ("junk_lead_stage", lambda i: _terms_in_both(i, lead_stage=StageCode("JUNK")), "the_terms_of_a_switch_are_kept"),
]


@pytest.mark.rule("SWITCH-4", "SWITCH-10", "SWITCH-13")
@pytest.mark.parametrize("damage, law", [pytest.param(damage, law, id=name) for name, damage, law in BROKEN_LIVE])
def test_damage_of_a_live_switch_is_named(damage: Damage, law: str) -> None:
    """A live switch has its record, its epoch, and the leads that its numbers speak of."""
    image = image_of(_live().store)
    assert _audit(image) == []
    assert [each.law for each in _audit(damage(image))] == [law]


@pytest.mark.rule("CONV-9.5")
def test_a_later_edit_of_the_deal_is_no_damage() -> None:
    """People go on working: amount, stage and client of the deal may change."""
    scene = _switched()
    deal = accepted(scene.crm.deal(ADMIN, DealId(1)))
    accepted(scene.crm.edit_deal(ADMIN, DealId(1), deal.version, amount=None, stage=StageCode("WON"), contact_id=None))
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-1")
def test_every_law_is_broken_by_some_row() -> None:
    """No law is one that nothing can break."""
    groups = (LEAD_LAWS, DEAL_LAWS, CLIENT_LAWS, BINDING_LAWS, COMMAND_LAWS, OUTCOME_LAWS, CRM_LAWS)
    every = {law.check.__name__ for group in groups for law in group}
    assert {name for _, _, found in BROKEN for _, name in found} | {name for _, _, name in BROKEN_LIVE} == every
    assert all(callable(getattr(laws, name)) for name in every)


@pytest.mark.rule("SWITCH-3")
def test_active_leads_are_no_damage_outside_simple() -> None:
    """Classic has them, and so has a switch that is under way."""
    image = image_of(_switched().store)
    active = _reactivated(image)
    assert _audit(evolve(active, settings=evolve(active.settings, mode=CrmMode.CLASSIC, epoch=Epoch(4)))) == []


@pytest.mark.rule("DATA-1")
def test_a_record_that_cannot_be_read_is_damage() -> None:
    """The law has no more than its reference, and names it."""
    found = Violation("DATA-1", "every_record_can_be_read", Kind.DEAL, (7,))
    assert list(broken_by(Ref(Kind.DEAL, 7))) == [found]


@pytest.mark.rule("DATA-3", "EDIT-1")
def test_what_a_command_has_made_may_be_deleted() -> None:
    """A tombstone is there, so the command can be repeated, and the audit finds nothing."""
    scene = classic()
    lead = accepted(scene.crm.add_lead(ADMIN, title="One", key="k"))
    assert _audit(scene.image()) == []
    accepted(scene.crm.delete_lead(ADMIN, lead))
    assert _audit(scene.image()) == []


@pytest.mark.rule("CONV-6")
def test_an_activity_of_the_ledger_without_any_binding_is_damage() -> None:
    """Whether a store tells of no bindings or of none at all."""
    image = _switched().image()
    row = image.ledger[ONE]
    activities: Any = {WORK: image.activities[WORK]}
    case = laws.LeadCase(id=ONE, lead=image.leads[ONE], stages=image.stages, row=row, activities=activities)
    untold: Any = ({}, {WORK: frozenset()})
    for bindings in untold:
        broken = laws.every_activity_is_bound_to_the_deal(evolve(case, bindings=bindings))
        assert list(broken) == [(Kind.ACTIVITY, (WORK,))]
    assert list(laws.every_activity_is_bound_to_the_deal(evolve(case, bindings=image.bindings))) == []
