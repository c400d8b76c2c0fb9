"""What must hold in every state of a walk, and in every step of it, beside the laws of the library.

The laws of the library look at one moment; here a step is seen from both sides, so that "for ever" can be checked.
A law yields each record for which it does not hold, with the part of it that is wrong.
lines: one short law after the other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from crmcore.application.audit import audit_store
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol import commands
from crmcore.domain.protocol.snapshot import Backlog
from crmcore.domain.rules.matching import match_keys
from crmcore.domain.rules.mode import CrmState, state_of
from crmcore.domain.rules.person import emptied
from crmcore.testing.walk.picture import Picture

__all__ = ["PARTS", "Broken", "Step", "broken_in", "broken_offer", "broken_step"]


class Broken(NamedTuple):
    """A law that does not hold: its rule and its name, the record for which, and the part of it that is wrong."""

    rule: str
    law: str
    ref: Ref
    part: str


class Step(NamedTuple):
    """One commit that went through, seen from both sides, with what held at that moment."""

    before: Picture
    after: Picture
    command: Any
    plan_has_classic: bool
    may_change_settings: bool
    read: Any = None


Places = Iterator[tuple[Ref, str]]

_SETTINGS = Ref(Kind.SETTINGS, 0)


def _leads(ids: Iterable[Any], part: str) -> Places:
    """Each of these leads, in order."""
    return ((Ref(Kind.LEAD, id), part) for id in sorted(ids))


# States

#: The part of its record that each law of the library is about.
PARTS: Mapping[str, str] = {
    "every_active_lead_converts_exactly_once": "deal",
    "a_converted_lead_ends_in_success": "stage",
    "the_ledger_tells_the_conversion": "amount and clients",
    "a_converted_lead_has_a_client": "clients",
    "every_activity_is_bound_to_the_deal": "bindings",
    "every_activity_of_a_converted_lead_is_in_the_ledger": "bindings",
    "a_lead_stands_in_a_defined_stage": "stage",
    "the_client_of_a_lead_is_there": "clients",
    "a_deal_of_a_lead_is_in_the_ledger": "lead",
    "a_deal_stands_in_a_stage_of_its_pipeline": "stage",
    "the_client_of_a_deal_exists": "clients",
    "the_links_of_a_client_lead_somewhere": "links",
    "every_activity_is_bound_to_what_is_there": "bindings",
    "every_command_made_what_is_there": "records that it made",
    "every_converted_outcome_has_its_deal": "outcome",
    "every_outcome_is_of_a_switch": "outcome",
    "every_outcome_is_of_a_lead": "outcome",
    "simple_means_no_active_lead": "stage",
    "the_numbers_of_a_switch_add_up": "numbers",
    "at_most_one_switch_is_live": "end",
    "the_mode_is_what_the_last_switch_left": "mode",
    "the_terms_of_a_switch_are_kept": "terms",
    "every_policy_names_a_pipeline_that_is_there": "pipeline",
    "every_record_can_be_read": "whole record",
}


def broken_in(store: Any, picture: Picture) -> Iterator[Broken]:
    """What does not hold in the records of one store."""
    for violation in audit_store(store):
        refs = [Ref(violation.kind, id) for id in violation.ids] or [_SETTINGS]
        if violation.law == "simple_means_no_active_lead":  # a law of the CRM as a whole: here it can be told of which
            refs = [Ref(Kind.LEAD, id) for id in sorted(picture.active)] or refs
        for ref in refs:
            yield Broken(violation.rule, violation.law, ref, PARTS[violation.law])
    for rule, law in _STATE_LAWS:
        for ref, part in law(picture):
            yield Broken(rule, law.__name__, ref, part)


def the_pipeline_in_force_is_not_archived(picture: Picture) -> Places:
    live, last = picture.settings.switching, picture.settings.last_policy
    used = {live.terms.pipeline_id} if live else {last.pipeline} if last else set()
    for id in used:
        if picture.records[Kind.PIPELINE][id].archived:
            yield Ref(Kind.PIPELINE, id), "archive state"


def every_activity_of_a_converted_lead_reaches_its_deal(picture: Picture) -> Places:
    for id, activity in picture.records[Kind.ACTIVITY].items():
        if isinstance(activity, Activity):
            refs = picture.bindings[id] | activity.unbound
            for kind, lead_id in picture.bindings[id]:
                row = picture.ledger.get(lead_id) if kind is Kind.LEAD else None
                if row is not None and Ref(Kind.DEAL, row.deal_id) not in refs:
                    yield Ref(Kind.ACTIVITY, id), "bindings"


def no_activity_is_left_with_deleted_records_alone(picture: Picture) -> Places:
    for id, activity in picture.records[Kind.ACTIVITY].items():
        refs = picture.bindings[id]
        gone = all(isinstance(picture.records[ref.kind].get(ref.id), Tombstone) for ref in refs)
        if isinstance(activity, Activity) and gone:
            yield Ref(Kind.ACTIVITY, id), "bindings"


def only_an_active_lead_is_set_aside(picture: Picture) -> Places:
    if picture.settings.switching is not None:
        yield from _leads(picture.marked - picture.active, "mark")


def the_numbers_are_those_of_the_records(picture: Picture) -> Places:
    epoch = picture.settings.epoch
    counted = Counter(outcome for (under, _), outcome in picture.outcomes.items() if under == epoch)
    if dict(counted) != picture.tally:
        yield _SETTINGS, "tally of outcomes"
    if picture.backlog != Backlog(active=len(picture.active - picture.marked), set_aside=tuple(sorted(picture.marked))):
        yield _SETTINGS, "backlog"


_STATE_LAWS: tuple[tuple[str, Callable[[Picture], Places]], ...] = (
    ("POLICY-2", the_pipeline_in_force_is_not_archived),
    ("CONV-6", every_activity_of_a_converted_lead_reaches_its_deal),
    ("DATA-3", no_activity_is_left_with_deleted_records_alone),
    ("SWITCH-13", only_an_active_lead_is_set_aside),
    ("SWITCH-13", the_numbers_are_those_of_the_records),
)


# Steps


def broken_step(step: Step) -> Iterator[Broken]:
    """What does not hold of one commit."""
    for rule, law in _STEP_LAWS:
        for ref, part in law(step):
            yield Broken(rule, law.__name__, ref, part)


def a_converted_lead_never_changes(step: Step) -> Places:
    for id in step.before.ledger:
        lead, after = step.before.leads.get(id), step.after.leads.get(id)
        if lead is not after and isinstance(lead, Lead) and isinstance(after, Lead):
            for name in _LEAD_FIELDS:
                if name not in ("comments", "responsible") and getattr(lead, name) != getattr(after, name):
                    yield Ref(Kind.LEAD, id), name


_LEAD_FIELDS = tuple(field.name for field in Lead.__attrs_attrs__)


def the_ledger_only_grows(step: Step) -> Places:
    for id, row in step.before.ledger.items():
        after = step.after.ledger.get(id)
        if after is None:
            yield Ref(Kind.LEDGER, id), "whole record"
        elif after is not row:
            for field in row.__attrs_attrs__:
                if getattr(row, field.name) != getattr(after, field.name):
                    yield Ref(Kind.LEDGER, id), field.name


def what_is_deleted_stays_deleted(step: Step) -> Places:
    for kind in (*CARDS, Kind.ACTIVITY):
        for id, record in step.before.records[kind].items():
            if isinstance(record, Tombstone) and step.after.records[kind].get(id) != record:
                yield Ref(kind, id), "tombstone"


def leads_become_active_in_classic_only(step: Step) -> Places:
    if step.after.active <= step.before.active:
        return
    if state_of(step.before.settings, plan_has_classic=step.plan_has_classic) is not CrmState.CLASSIC:
        yield from _leads(step.after.active - step.before.active, "stage")


def every_change_of_mode_makes_a_new_epoch(step: Step) -> Places:
    before, after = step.before.settings, step.after.settings
    moved = (before.mode, before.switching) != (after.mode, after.switching)
    if after.epoch != before.epoch + moved:
        yield _SETTINGS, "epoch"


def versions_only_grow(step: Step) -> Places:
    for kind, versions in step.before.versions.items():
        after = step.after.versions[kind]
        old, new = step.before.records.get(kind, {}), step.after.records.get(kind, {})
        for id, version in versions.items():
            if after.get(id, 0) < version:
                yield Ref(kind, id), "version"
        for id, record in old.items():
            same = new.get(id)
            if record is not same and record != same and after.get(id) == versions[id]:
                yield Ref(kind, id), "version"


def a_step_of_a_dead_switch_writes_nothing(step: Step) -> Places:
    if isinstance(step.command, commands.ConvertChunk | commands.FinishSwitch | commands.SetAside):
        live, token = step.before.settings.switching, step.command.token
        if live is None or (live.key, live.epoch) != (token.key, token.epoch):
            made = step.after.ledger.keys() - step.before.ledger.keys()
            yield from _leads(made, "conversion") if made else iter([(Ref(Kind.SWITCH, token.key), "end")])


def the_outcomes_of_an_ended_switch_stay(step: Step) -> Places:
    live = step.before.settings.switching
    epoch = None if live is None else live.epoch
    for key, outcome in step.before.outcomes.items():
        if key[0] != epoch and step.after.outcomes.get(key) != outcome:
            yield Ref(Kind.LEAD, key[1]), "outcome"


def a_recorded_switch_stays_and_ends_once(step: Step) -> Places:
    before, after = step.before.records[Kind.SWITCH], step.after.records[Kind.SWITCH]
    for key, switch in before.items():
        same = after.get(key)
        if same is None or (switch.ended is not None and same != switch):
            yield Ref(Kind.SWITCH, key), "whole record" if same is None else "end"
        elif (same.at_begin, same.terms, same.epoch) != (switch.at_begin, switch.terms, switch.epoch):
            yield Ref(Kind.SWITCH, key), "terms"


_STEERING = (
    commands.BeginSwitch,
    commands.CancelSwitch,
    commands.RetrySwitch,
    commands.SwitchToClassic,
    commands.ArchivePipeline,
)


def only_who_may_change_settings_steers(step: Step) -> Places:
    if isinstance(step.command, _STEERING) and not step.may_change_settings:
        yield _SETTINGS, "settings"


def classic_needs_the_plan(step: Step) -> Places:
    before, after = step.before.settings, step.after.settings
    entered = (before.mode, before.switching is None) != (after.mode, after.switching is None)
    in_classic = after.mode is CrmMode.CLASSIC and after.switching is None
    if not step.plan_has_classic and entered and in_classic:
        yield _SETTINGS, "mode"


def an_edit_meets_the_record_that_was_read(step: Step) -> Places:
    if isinstance(step.command, commands.EditRecord | commands.EditActivity):
        command = step.command
        ref = command.ref if isinstance(command, commands.EditRecord) else Ref(Kind.ACTIVITY, command.activity_id)
        record = step.before.records[ref.kind][ref.id]
        if record != step.read:
            changed = [f.name for f in _fields(record) if getattr(record, f.name) != getattr(step.read, f.name, None)]
            yield ref, changed[0] if changed else "whole record"


def _fields(record: Any) -> Any:
    return type(record).__attrs_attrs__


def an_edit_lifts_the_mark(step: Step) -> Places:
    if isinstance(step.command, commands.EditRecord) and step.command.ref.kind is Kind.LEAD:
        yield from _leads(step.after.marked & {step.command.ref.id}, "mark")


def an_erasure_leaves_nothing_of_the_person(step: Step) -> Places:
    if isinstance(step.command, commands.EraseRecords):
        for ref in step.command.refs:
            left = step.after.records[ref.kind][ref.id]
            if isinstance(left, Lead) or (ref.kind is not Kind.LEAD and left != emptied(left)):
                yield ref, "whole record"
        # Of those with a lead the step alone takes care; others may come to a client or deal while it is decided.
        for id, refs in step.after.bindings.items():
            gone = not isinstance(step.after.records[Kind.ACTIVITY][id], Activity)
            if not gone and refs <= step.command.refs and any(ref.kind is Kind.LEAD for ref in refs):
                yield Ref(Kind.ACTIVITY, id), "whole record"


def a_chunk_converts_no_marked_lead(step: Step) -> Places:
    if isinstance(step.command, commands.ConvertChunk):
        made = step.after.ledger.keys() - step.before.ledger.keys()
        yield from _leads(made & step.before.marked, "mark")


def a_conversion_takes_active_leads_only(step: Step) -> Places:
    made = step.after.ledger.keys() - step.before.ledger.keys()
    yield from _leads((made & step.before.leads.keys()) - step.before.active, "stage")


def with_matching_on_no_second_client_has_an_address(step: Step) -> Places:
    if step.before.settings.match_in_force is not MatchSetting.NONE:
        before, after = _clients(step.before), _clients(step.after)
        for key, refs in after.items():
            if len(refs) > max(1, len(before.get(key, ()))):
                yield refs[-1], "contact points"


def _clients(picture: Picture) -> dict[Any, list[Ref]]:
    """The clients that have each match key."""
    found: dict[Any, list[Ref]] = {}
    for kind in (Kind.CONTACT, Kind.COMPANY):
        for id, each in picture.records[kind].items():
            for key in match_keys(getattr(each, "contact_points", ()), (kind,)):
                found.setdefault(key, []).append(Ref(kind, id))
    return found


def a_chunk_counts_each_activity_once(step: Step) -> Places:
    if not isinstance(step.command, commands.ConvertChunk):
        return
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
    if len(counted) != len(made) or sum(counted) != len(bound):
        yield from _leads((row.lead_id for row in made), "activities in its outcome")


_STEP_LAWS: tuple[tuple[str, Callable[[Step], Places]], ...] = (
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
    ("DATA-5", an_erasure_leaves_nothing_of_the_person),
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
        law = "a_chunk_finds_a_lead_while_one_is_left"
        yield from (
            Broken("SWITCH-5", law, ref, part) for ref, part in _leads(open_leads, "place among the next leads")
        )
    law = "a_marked_lead_is_not_offered_again"
    yield from (Broken("SWITCH-9", law, *place) for place in _leads(offered & picture.marked, "mark"))
