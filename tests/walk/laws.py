"""What must hold in every state of a walk, and in every step of it, beside the laws of the library.

The laws of the library look at one moment; here a step is seen from both sides, so that "for ever" can be checked.
lines: one short law after the other.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from crmcore.application.audit import audit_store
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.commands import (
    ArchivePipeline,
    BeginSwitch,
    CancelSwitch,
    ConvertChunk,
    EditRecord,
    FinishSwitch,
    RetrySwitch,
    SetAside,
    SwitchToClassic,
)
from crmcore.domain.protocol.snapshot import Backlog
from crmcore.domain.rules.matching import match_keys
from crmcore.domain.rules.mode import CrmState, state_of
from tests.walk.picture import Picture

__all__ = ["Broken", "Step", "broken_in", "broken_offer", "broken_step"]


class Broken(NamedTuple):
    """A law that does not hold: its rule and its name."""

    rule: str
    law: str


class Step(NamedTuple):
    """One commit that went through, seen from both sides, with what held at that moment."""

    before: Picture
    after: Picture
    command: Any
    plan_has_classic: bool
    may_change_settings: bool
    read: Any = None


# States


def broken_in(store: Any, picture: Picture) -> Iterator[Broken]:
    """What does not hold in the records of one store."""
    for violation in audit_store(store):
        yield Broken(violation.rule, violation.law)
    for rule, law in _STATE_LAWS:
        if not law(picture):
            yield Broken(rule, law.__name__)


def the_pipeline_in_force_is_not_archived(picture: Picture) -> bool:
    live, last = picture.settings.switching, picture.settings.last_policy
    used = {live.terms.pipeline_id} if live else {last.pipeline} if last else set()
    return not any(picture.records[Kind.PIPELINE][id].archived for id in used)


def every_activity_of_a_converted_lead_reaches_its_deal(picture: Picture) -> bool:
    for id, activity in picture.records[Kind.ACTIVITY].items():
        if isinstance(activity, Activity):
            refs = picture.bindings[id] | activity.unbound
            for kind, lead_id in picture.bindings[id]:
                row = picture.ledger.get(lead_id) if kind is Kind.LEAD else None
                if row is not None and Ref(Kind.DEAL, row.deal_id) not in refs:
                    return False
    return True


def only_an_active_lead_is_set_aside(picture: Picture) -> bool:
    live = picture.settings.switching
    return live is None or picture.marked <= picture.active


def the_numbers_are_those_of_the_records(picture: Picture) -> bool:
    epoch = picture.settings.epoch
    counted = Counter(outcome for (under, _), outcome in picture.outcomes.items() if under == epoch)
    backlog = Backlog(active=len(picture.active - picture.marked), set_aside=tuple(sorted(picture.marked)))
    return dict(counted) == picture.tally and backlog == picture.backlog


_STATE_LAWS: tuple[tuple[str, Callable[[Picture], bool]], ...] = (
    ("POLICY-2", the_pipeline_in_force_is_not_archived),
    ("CONV-6", every_activity_of_a_converted_lead_reaches_its_deal),
    ("SWITCH-13", only_an_active_lead_is_set_aside),
    ("SWITCH-13", the_numbers_are_those_of_the_records),
)


# Steps


def broken_step(step: Step) -> Iterator[Broken]:
    """What does not hold of one commit."""
    for rule, law in _STEP_LAWS:
        if not law(step):
            yield Broken(rule, law.__name__)


def a_converted_lead_never_changes(step: Step) -> bool:
    for id in step.before.ledger:
        lead, after = step.before.leads.get(id), step.after.leads.get(id)
        if isinstance(lead, Lead) and isinstance(after, Lead) and lead != after:
            kept = [name for name in _LEAD_FIELDS if getattr(lead, name) != getattr(after, name)]
            if not {"comments", "responsible"}.issuperset(kept):
                return False
    return True


_LEAD_FIELDS = tuple(field.name for field in Lead.__attrs_attrs__)


def the_ledger_only_grows(step: Step) -> bool:
    return all(bool(step.after.ledger.get(id) == row) for id, row in step.before.ledger.items())


def what_is_deleted_stays_deleted(step: Step) -> bool:
    return all(
        step.after.records[kind].get(id) == record
        for kind in (Kind.LEAD, Kind.ACTIVITY)
        for id, record in step.before.records[kind].items()
        if isinstance(record, Tombstone)
    )


def leads_become_active_in_classic_only(step: Step) -> bool:
    if step.after.active <= step.before.active:
        return True
    state = state_of(step.before.settings, plan_has_classic=step.plan_has_classic)
    return state is CrmState.CLASSIC


def every_change_of_mode_makes_a_new_epoch(step: Step) -> bool:
    before, after = step.before.settings, step.after.settings
    moved = (before.mode, before.switching) != (after.mode, after.switching)
    return bool(after.epoch == before.epoch + moved)


def versions_only_grow(step: Step) -> bool:
    for kind, versions in step.before.versions.items():
        after = step.after.versions[kind]
        if any(after.get(id, 0) < version for id, version in versions.items()):
            return False
        old, new = step.before.records.get(kind, {}), step.after.records.get(kind, {})
        if any(record is not new[id] and record != new[id] and after[id] == versions[id] for id, record in old.items()):
            return False
    return True


def a_step_of_a_dead_switch_writes_nothing(step: Step) -> bool:
    if not isinstance(step.command, ConvertChunk | FinishSwitch | SetAside):
        return True
    live, token = step.before.settings.switching, step.command.token
    return live is not None and (live.key, live.epoch) == (token.key, token.epoch)


def the_outcomes_of_an_ended_switch_stay(step: Step) -> bool:
    live = step.before.settings.switching
    epoch = None if live is None else live.epoch
    return all(step.after.outcomes.get(key) == each for key, each in step.before.outcomes.items() if key[0] != epoch)


def a_recorded_switch_stays_and_ends_once(step: Step) -> bool:
    before, after = step.before.records[Kind.SWITCH], step.after.records[Kind.SWITCH]
    for key, switch in before.items():
        same = after.get(key)
        if same is None or (switch.ended is not None and same != switch):
            return False
        if (same.at_begin, same.terms, same.epoch) != (switch.at_begin, switch.terms, switch.epoch):
            return False
    return True


_STEERING = (BeginSwitch, CancelSwitch, RetrySwitch, SwitchToClassic, ArchivePipeline)


def only_who_may_change_settings_steers(step: Step) -> bool:
    return step.may_change_settings or not isinstance(step.command, _STEERING)


def classic_needs_the_plan(step: Step) -> bool:
    before, after = step.before.settings, step.after.settings
    entered = (before.mode, before.switching is None) != (after.mode, after.switching is None)
    in_classic = after.mode is CrmMode.CLASSIC and after.switching is None
    return step.plan_has_classic or not (entered and in_classic)


def an_edit_meets_the_record_that_was_read(step: Step) -> bool:
    if not isinstance(step.command, EditRecord):
        return True
    return bool(step.before.records[step.command.ref.kind][step.command.ref.id] == step.read)


def an_edit_lifts_the_mark(step: Step) -> bool:
    if not isinstance(step.command, EditRecord) or step.command.ref.kind is not Kind.LEAD:
        return True
    return step.command.ref.id not in step.after.marked


def a_chunk_converts_no_marked_lead(step: Step) -> bool:
    if not isinstance(step.command, ConvertChunk):
        return True
    return not (step.after.ledger.keys() - step.before.ledger.keys()) & step.before.marked


def a_conversion_takes_active_leads_only(step: Step) -> bool:
    made = step.after.ledger.keys() - step.before.ledger.keys()
    known = made & step.before.leads.keys()
    return known <= step.before.active


def with_matching_on_no_second_client_has_an_address(step: Step) -> bool:
    if step.before.settings.match_in_force is MatchSetting.NONE:
        return True
    return _doubles(step.after) <= _doubles(step.before)


def _doubles(picture: Picture) -> int:
    keys = [
        key
        for kind in (Kind.CONTACT, Kind.COMPANY)
        for each in picture.records[kind].values()
        for key in match_keys(each.contact_points, (kind,))
    ]
    return len(keys) - len(set(keys))


def a_chunk_counts_each_activity_once(step: Step) -> bool:
    if not isinstance(step.command, ConvertChunk):
        return True
    epoch = step.before.settings.epoch
    known = {
        id
        for (under, lead_id), outcome in step.before.outcomes.items()
        if under == epoch and outcome.kind is OutcomeKind.CONVERTED
        for id in step.before.ledger[lead_id].activity_ids
    }
    made = [row for lead_id, row in step.after.ledger.items() if lead_id not in step.before.ledger]
    bound = {id for row in made for id in row.activity_ids} - known
    recorded = [step.after.outcomes.get((epoch, row.lead_id)) for row in made]
    counted = [outcome.bound for outcome in recorded if outcome is not None]
    return len(counted) == len(made) and sum(counted) == len(bound)


_STEP_LAWS: tuple[tuple[str, Callable[[Step], bool]], ...] = (
    ("CONV-9", a_converted_lead_never_changes),
    ("SWITCH-1", the_ledger_only_grows),
    ("DATA-3", what_is_deleted_stays_deleted),
    ("SWITCH-6", leads_become_active_in_classic_only),
    ("SWITCH-4", a_step_of_a_dead_switch_writes_nothing),
    ("SWITCH-4", every_change_of_mode_makes_a_new_epoch),
    ("EDIT-1", versions_only_grow),
    ("SWITCH-13", the_outcomes_of_an_ended_switch_stay),
    ("SWITCH-10", a_recorded_switch_stays_and_ends_once),
    ("PERM-2", only_who_may_change_settings_steers),
    ("PLAN-1", classic_needs_the_plan),
    ("EDIT-1", an_edit_meets_the_record_that_was_read),
    ("SWITCH-9", an_edit_lifts_the_mark),
    ("SWITCH-9", a_chunk_converts_no_marked_lead),
    ("SWITCH-2", a_conversion_takes_active_leads_only),
    ("SWITCH-13", a_chunk_counts_each_activity_once),
    ("CONV-7", with_matching_on_no_second_client_has_an_address),
)


# Offers


def broken_offer(picture: Picture, command: Any, offered: frozenset[Any]) -> Iterator[Broken]:
    """What does not hold of the leads that a chunk of the live switch is about to convert."""
    live = picture.settings.switching
    if live is None or (live.key, live.epoch) != (command.token.key, command.token.epoch):
        return
    open_leads = picture.active - picture.marked
    if open_leads and not offered:
        yield Broken("SWITCH-5", "a_chunk_finds_a_lead_while_one_is_left")
    if offered & picture.marked:
        yield Broken("SWITCH-9", "a_marked_lead_is_not_offered_again")
