"""The oracle accepts a good history, and rejects it by name with each anomaly planted into it.

lines: one short plant for each anomaly.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.survival.races.history import History, Operation
from tests.survival.races.memory import Alone
from tests.survival.races.oracle import ANOMALIES, examine
from tests.survival.races.search import find_order
from tests.survival.races.story import LEAVER, Step, Story

#: Process, actor, what is asked, what is given; one after the other.
_SCRIPT: tuple[tuple[int, int, str, dict[str, Any]], ...] = (
    (4, 11, "edit", {"lead": 1, "fields": {"title": "First"}}),
    (5, 12, "edit", {"lead": 1, "fields": {"title": "Second"}}),
    (5, 12, "close", {"lead": 4}),
    (4, 11, "add", {"title": "Added", "amount": "7", "email": None, "key": None}),
    (4, 11, "add_activity", {"leads": (6,)}),
    (4, 11, "complete", {"activity": 2}),
    (0, 1, "begin", {"key": "first", "client": "both", "keep": True}),
    (1, 2, "begin", {"key": "second", "client": "both", "keep": True}),
    (6, LEAVER, "edit", {"lead": 3, "fields": {"comments": "Bye"}}),
    (0, 1, "revoke", {"of": LEAVER}),
    (6, LEAVER, "close", {"lead": 2}),
    (2, 1, "go_on", {"size": 2, "shard": (0, 1), "between": 0}),
    (5, 12, "convert", {"lead": 1, "client": None, "keep": None}),
    (4, 11, "inquire", {"email": "ann@example.com", "title": "Asked"}),
    (4, 11, "add", {"title": "Late", "amount": "8", "email": "ann@example.com", "key": None}),
    (0, 1, "to_classic", {}),
    (4, 11, "inquire", {"email": "bob@example.com", "title": "Asked again"}),
    (1, 2, "begin", {"key": "second", "client": "contact", "keep": False}),
    (1, 2, "status", {}),
    (0, 1, "go_on", {"size": 20, "shard": (0, 1), "between": 0}),
    (5, 12, "delete", {"lead": 4}),
    (5, 12, "delete_card", {"kind": "deal", "id": 2}),
    (5, 12, "delete_activity", {"activity": 3}),
)


@pytest.fixture(scope="module")
def good() -> History:
    leads = tuple({"id": id, "closed": id == 5, "email": None, "amount": str(id)} for id in range(1, 6))
    story = Story(0, True, False, leads, ((1, False, (1, 2)), (2, False, (3,))), (), ())
    steps: list[tuple[int, Step]] = [(process, (0, actor, name, given)) for process, actor, name, given in _SCRIPT]
    return Alone().play(story, steps)


def _changed(history: History, table: str, id: Any, **values: Any) -> History:
    """The history with other values stored under an id."""
    rows = {**getattr(history.after, table)}
    rows[id] = {**rows.get(id, {}), **values}
    return _storing(history, table, rows)


def _without(history: History, table: str, id: Any) -> History:
    rows = {key: row for key, row in getattr(history.after, table).items() if key != id}
    return _storing(history, table, rows)


def _storing(history: History, table: str, rows: Any) -> History:
    changed: dict[str, Any] = {table: rows}
    return history._replace(after=history.after._replace(**changed))


def _answering(history: History, name: str, number: int, answer: Any) -> History:
    """The history with another answer to one of the calls of a name."""
    at = [place for place, each in enumerate(history.operations) if each.name == name][number]
    operations = list(history.operations)
    operations[at] = operations[at]._replace(answer=answer)
    return history._replace(operations=tuple(operations))


def _call(history: History, name: str, number: int = 0) -> Operation:
    return [each for each in history.operations if each.name == name][number]


def _a_lead_vanishes(good: History) -> History:
    return _without(good, "leads", 6)


def _a_lead_of_the_scene_vanishes(good: History) -> History:
    return _without(good, "leads", 5)


def _a_lead_appears(good: History) -> History:
    return _changed(good, "leads", 99, **good.after.leads[5])


def _a_second_deal_is_stored(good: History) -> History:
    return _changed(good, "deals", 99, **good.after.deals[good.after.ledger[1]["deal"]])


def _two_workers_say_that_they_converted_it(good: History) -> History:
    """As two chunks with one lead in both: the second one's deal has overwritten the first one's."""
    first = _call(good, "chunk", 0).answer[1]
    second = _call(good, "chunk", 1).answer[1]
    return _answering(good, "chunk", 1, ("ok", (*second, first[0])))


def _a_deal_is_not_stored(good: History) -> History:
    return _without(good, "deals", good.after.ledger[1]["deal"])


def _the_ledger_forgets(good: History) -> History:
    return _without(good, "ledger", 3)


def _a_lead_stays_active(good: History) -> History:
    return _changed(good, "leads", 5, semantics="P")


def _the_leaver_closes(good: History) -> History:
    closed = [each for each in good.operations if each.name == "close" and each.actor == LEAVER]
    operations = tuple(each._replace(answer=("ok", 2)) if each in closed else each for each in good.operations)
    return good._replace(operations=operations)


def _two_edits_make_one_version(good: History) -> History:
    return _answering(good, "edit", 1, _call(good, "edit", 0).answer)


def _the_first_edit_wins(good: History) -> History:
    return _changed(good, "leads", 1, title="First")


def _the_deal_has_the_title_of_before(good: History) -> History:
    return _changed(good, "deals", good.after.ledger[1]["deal"], title="First")


def _a_closed_lead_is_converted(good: History) -> History:
    rows = _call(good, "chunk", 1).answer[1]
    deal, contact, company = 99, 99, 99
    planted = _answering(good, "chunk", 1, ("ok", (*rows, (4, deal, contact, company))))
    ledger = {**good.after.ledger[1], "deal": deal, "contact": contact, "company": company, "amount": "4"}
    planted = _changed(planted, "ledger", 4, **ledger)
    planted = _changed(planted, "deals", deal, **{**good.after.deals[1], "lead": 4, "title": "Lead 4", "amount": "4"})
    return _changed(planted, "leads", 4, semantics="S", deal=deal, contact=contact, company=company)


def _an_activity_stays_behind(good: History) -> History:
    return _changed(good, "activities", 1, bound=frozenset({("lead", 1), ("lead", 2)}))


def _an_activity_vanishes(good: History) -> History:
    return _without(good, "activities", _call(good, "add_activity").answer[1])


def _a_completion_vanishes(good: History) -> History:
    return _changed(good, "activities", 2, completed=False)


def _a_deleted_lead_is_back(good: History) -> History:
    return _changed(good, "leads", 4, deleted=False)


def _a_deleted_deal_is_back(good: History) -> History:
    return _changed(good, "deals", 2, deleted=False)


def _a_deleted_deal_leaves_nothing(good: History) -> History:
    return _without(good, "deals", 2)


def _a_deleted_activity_is_back(good: History) -> History:
    return _changed(good, "activities", 3, deleted=False)


def _a_deleted_lead_is_converted(good: History) -> History:
    """The chunk comes after the deletion was answered, and says that it has converted the lead."""
    chunk, deletion = _call(good, "chunk"), _call(good, "delete")
    at = deletion.responded + 1
    late = chunk._replace(invoked=at, responded=at + 1, process=9, answer=("ok", ((4, 99, 99, None),)))
    return good._replace(operations=(*good.operations, late))


def _an_activity_outlives_its_records(good: History) -> History:
    return _changed(good, "activities", 2, bound=frozenset({("deal", 2), ("lead", 4)}))


def _two_switches_live(good: History) -> History:
    return _changed(good, "switches", "first", ended=None)


def _an_outcome_vanishes(good: History) -> History:
    epoch = good.after.switches["first"]["epoch"]
    return _without(good, "outcomes", (epoch, 3))


def _the_count_is_wrong(good: History) -> History:
    key = (good.after.switches["first"]["epoch"], "converted")
    return good._replace(after=good.after._replace(tally={**good.after.tally, key: 99}))


def _it_is_in_progress_before_it_began(good: History) -> History:
    begin = _call(good, "begin", 1)
    early = begin._replace(invoked=1, responded=2, process=9)
    return good._replace(operations=(early, *good.operations))


def _a_manager_is_told_of_no_right(good: History) -> History:
    early = _call(good, "add")._replace(invoked=1, responded=2, process=9, answer=("no", "not_permitted", None))
    return good._replace(operations=(early, *good.operations))


def _a_call_breaks(good: History) -> History:
    return _answering(good, "to_classic", 0, ("error", "IntegrityError"))


def _a_reader_sees_the_past(good: History) -> History:
    """The read comes after the first edit was answered, and shows what was before it."""
    return _answering(good, "read", 1, _call(good, "read", 0).answer)


def _late_edit(good: History, *, looked: bool) -> History:
    """The leaver's edit overlaps the revocation and is accepted, after who revoked it has perhaps looked once more."""
    revoked, refused = _call(good, "revoke"), _call(good, "close", 1)
    asked = {"lead": 5, "version": 1, "fields": {"comments": "Late"}}
    edit = refused._replace(
        name="edit", given=asked, answer=("ok", 2), invoked=revoked.invoked, responded=revoked.responded + 3
    )
    look = revoked._replace(
        name="read",
        given={"lead": 5},
        invoked=revoked.responded + 1,
        responded=revoked.responded + 2,
        answer=("ok", (1, "F", "Lead 5", None, "5", None)),
        process=8,
    )
    operations = [edit if each is refused else each for each in good.operations]
    planted = good._replace(operations=(*operations, look) if looked else tuple(operations))
    return _changed(planted, "leads", 5, comments="Late", version=2)


def _a_right_is_used_in_the_same_moment(good: History) -> History:
    """The look comes after the revocation and before the edit, which therefore came without the right."""
    return _late_edit(good, looked=True)


def _the_backlog_was_miscounted(good: History) -> History:
    at_begin, added, *kinds, remaining = _call(good, "status").answer[1][2]
    key, epoch, _ = _call(good, "status").answer[1]
    return _answering(good, "status", 0, ("ok", (key, epoch, (at_begin + 1, added, *kinds, remaining + 1))))


def _the_wrong_deal_is_named(good: History) -> History:
    return _answering(good, "convert", 0, ("no", "already_converted", ("deal", 999)))


def _a_known_client_is_passed_over(good: History) -> History:
    """The late lead's deal takes the client of the inquiry, although clients are not matched here."""
    asked = _call(good, "inquire").answer[1][1]
    late = _call(good, "add", 1).answer[1]
    clients = {kind: good.after.deals[asked][kind] for kind in ("contact", "company")}
    planted = _changed(good, "ledger", late, **clients)
    planted = _changed(planted, "leads", late, **clients)
    return _changed(planted, "deals", good.after.ledger[late]["deal"], **clients)


PLANTS: dict[Callable[[History], History], str] = {
    _a_lead_vanishes: "lost_lead",
    _a_lead_of_the_scene_vanishes: "lost_lead",
    _a_lead_appears: "lead_of_nobody",
    _a_second_deal_is_stored: "double_deal",
    _two_workers_say_that_they_converted_it: "double_deal",
    _a_deal_is_not_stored: "lost_deal",
    _the_ledger_forgets: "lost_deal",
    _a_lead_stays_active: "active_lead_in_simple",
    _the_leaver_closes: "stale_right",
    _two_edits_make_one_version: "lost_edit",
    _the_first_edit_wins: "lost_edit",
    _the_deal_has_the_title_of_before: "deal_of_an_older_lead",
    _a_closed_lead_is_converted: "closed_lead_converted",
    _an_activity_stays_behind: "unbound_activity",
    _an_activity_vanishes: "lost_activity",
    _a_completion_vanishes: "lost_activity",
    _a_deleted_lead_is_back: "deleted_is_back",
    _a_deleted_deal_is_back: "deleted_is_back",
    _a_deleted_deal_leaves_nothing: "deleted_is_back",
    _a_deleted_activity_is_back: "deleted_is_back",
    _a_deleted_lead_is_converted: "closed_lead_converted",
    _an_activity_outlives_its_records: "activity_left_behind",
    _two_switches_live: "two_live_switches",
    _an_outcome_vanishes: "numbers_do_not_add_up",
    _the_count_is_wrong: "numbers_do_not_add_up",
    _it_is_in_progress_before_it_began: "unjustified_refusal",
    _a_manager_is_told_of_no_right: "unjustified_refusal",
    _a_call_breaks: "unexpected_error",
    _a_reader_sees_the_past: "no_order_explains_it",
    _a_right_is_used_in_the_same_moment: "no_order_explains_it",
    _the_backlog_was_miscounted: "no_order_explains_it",
    _the_wrong_deal_is_named: "unjustified_refusal",
    _a_known_client_is_passed_over: "no_order_explains_it",
}


_PLANTED = [pytest.param(plant, name, id=plant.__name__.strip("_")) for plant, name in PLANTS.items()]


def test_a_good_history_is_accepted_with_an_order_of_all_its_calls(good: History) -> None:
    """What one process after the other does is explained by the order in which it was done."""
    assert examine(good) == []
    order = find_order(good).order
    assert order is not None
    assert [each.invoked for each in order] == sorted(each.invoked for each in good.operations)


@pytest.mark.rule("SWITCH-1", "SWITCH-3", "SWITCH-10", "SWITCH-13", "PERM-2", "EDIT-1", "CONV-6")
@pytest.mark.parametrize("plant, name", _PLANTED)
def test_a_planted_anomaly_is_rejected_by_its_name(
    good: History, plant: Callable[[History], History], name: str
) -> None:
    """One thing is wrong in an otherwise good history, and the oracle says which."""
    assert name in {anomaly.name for anomaly in examine(plant(good))}


@pytest.mark.rule("PERM-2")
def test_an_edit_that_overlaps_the_revocation_may_have_come_before_it(good: History) -> None:
    """Nobody has seen otherwise, so an order explains it; one look in between, and none does (see the plants)."""
    assert examine(_late_edit(good, looked=False)) == []


def test_a_call_that_may_have_changed_something_or_nothing_is_tried_both_ways(good: History) -> None:
    """A close and a reopening of a closed lead overlap: the lead ends closed, so the close came second."""
    close, last = _call(good, "close"), good.operations[-1].responded
    calls = tuple(
        close._replace(
            process=process, name=name, given={"lead": 5}, answer=("ok", 5), invoked=last + at, responded=end
        )
        for process, name, at, end in (
            (0, "to_classic", 1, last + 2),
            (4, "reopen", 3, last + 6),
            (5, "close", 4, last + 5),
        )
    )
    to_classic = calls[0]._replace(actor=1, given={}, answer=("ok", ("epoch", 99)))
    planted = good._replace(operations=(*good.operations, to_classic, *calls[1:]))
    planted = _changed(planted, "leads", 5, version=3)
    planted = planted._replace(after=planted.after._replace(mode="classic", epoch=99))
    assert examine(planted) == []


@pytest.mark.parametrize("module", ["history", "model", "oracle", "pictures", "search"])
def test_the_oracle_takes_nothing_from_the_library(module: str) -> None:
    """What judges the library is written from the rules, so that both cannot be wrong in one way."""
    source = (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported for alias in node.names}
    names |= {node.module or "" for node in imported if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.startswith("crmcore")}


def test_every_named_anomaly_is_planted() -> None:
    """No check of the oracle goes without a history that it rejects."""
    assert {check.__name__ for check in ANOMALIES} <= set(PLANTS.values())
