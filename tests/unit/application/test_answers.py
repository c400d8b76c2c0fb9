"""What a port may answer, and what is said of every other answer, to the letter."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.answers import events_of, has_classic, page_of, reserved, rights_of, snapshot_of
from crmcore.application.pages import listed
from crmcore.domain.model.errors import ContractBroken, NoEvents
from crmcore.domain.model.ids import ActivityId, Kind, Ref
from crmcore.domain.protocol.events import LeadAdded
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import NO_RIGHTS
from crmcore.ports.outbox import EventPage, Happened
from crmcore.ports.store import Entry, Listed
from crmcore.testing import ADMIN, TestCrm

MOST = 2**63 - 1
RUBBISH: list[Any] = [None, "x", 5, {}, object()]
UNBOUND = "Store.snapshot: expected each activity with its bindings"
NO_ORDER = "the store's page of kind lead is not in the order of ids"
NO_START = "the store's page of kind lead does not begin after the id asked for"
NO_END = "the store's page of events is longer than asked for, or does not go on"
NO_ID = f"Store.reserve: expected a whole number from 1 to {MOST}"


class _Port:
    """A port that gives the same answer to every question, and notes what it was asked."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def _answered(self, *question: Any) -> Any:
        self.asked.append(question)
        return self._answer

    snapshot = page = listed = events = reserve = rights = has_classic = _answered


def _entries(*ids: Any) -> tuple[Entry, ...]:
    return tuple(Entry(id, None, 1) for id in ids)


def _events(*ids: int, after: str = "7") -> EventPage:
    return EventPage(tuple(Happened(id, LeadAdded(4711)) for id in ids), after)  # type: ignore[arg-type]  # a plain number


#: The call that checks an answer, and what it asks the port.
SNAPSHOT: Any = (snapshot_of, (Query(),))
FIRST_PAGE: Any = (page_of, (Kind.LEAD, None, 3))
NEXT_PAGE: Any = (page_of, (Kind.LEAD, 4, 2))
LIST: Any = (listed, (Listing(kind=Kind.LEAD, after=4, limit=2),))
EVENTS: Any = (events_of, ("6", 2))
IDS: Any = (reserved, (Kind.DEAL, 3))
RIGHTS: Any = (rights_of, (ADMIN,))
PLAN: Any = (has_classic, ())

#: Whom it asks, the answers that are not allowed, the rule, and what is said.
WRONG: list[tuple[Any, Sequence[Any], str, str]] = [
    (SNAPSHOT, RUBBISH, "SWITCH-5", "Store.snapshot: expected a Snapshot"),
    (FIRST_PAGE, [*RUBBISH, iter(()), [1], [*_entries(1), 2]], "SWITCH-5", "Store.page: expected a tuple of Entry"),
    (FIRST_PAGE, [_entries(1, "x")], "SWITCH-5", "the ids on the store's page of kind lead are of several types"),
    (NEXT_PAGE, [_entries("x")], "SWITCH-5", "the ids on the store's page of kind lead are of several types"),
    (FIRST_PAGE, [_entries(2, 1), _entries(1, 1), _entries(1, 2, 1)], "SWITCH-5", NO_ORDER),
    (NEXT_PAGE, [_entries(3), _entries(4), _entries(4, 5)], "SWITCH-5", NO_START),
    (
        LIST,
        [*RUBBISH, (), Listed((1,), None), Listed((*_entries(5), "x"), None)],  # type: ignore[arg-type]  # the fault
        "PERM-9",
        "Store.listed: expected Listed with a tuple of Entry",
    ),
    (
        LIST,
        [
            *(Listed(_entries(*ids), None) for ids in ((4,), (5, 5), (6, 5), (3, 5), (5, 6, 7))),
            *(Listed((), after) for after in (3, 4)),
            *(Listed(_entries(5, 7), after) for after in (4, 6)),
        ],
        "PERM-9",
        "the store's list of kind lead is not in the order of ids",
    ),
    (
        EVENTS,
        [*RUBBISH, (), EventPage((1,), "7"), EventPage((*_events(1).entries, "x"), "7")],  # type: ignore[arg-type]
        "EVENT-2",
        "Store.events: expected an EventPage with a tuple of Happened",
    ),
    (EVENTS, [_events(1, 2, 3), _events(1, after="6")], "EVENT-2", NO_END),
    (IDS, [None, 5, {}, object(), iter([1])], "SWITCH-1", "Store.reserve: expected a range of ids"),
    (IDS, [range(2), [1, 2]], "SWITCH-1", "the store reserved 2 of 3 ids of kind deal"),
    (IDS, [range(3), range(MOST - 1, MOST + 2), [0, 1, 2], [1, 0, 2], [1, 2, 0]], "SWITCH-1", NO_ID),
    (IDS, ["xyz", (1, 2, None)], "SWITCH-1", "Store.reserve: expected int"),
    (RIGHTS, [*RUBBISH, True], "PERM-5", "Permissions.rights: expected Rights"),
    (PLAN, [*RUBBISH, 1], "PLAN-1", "Plan.has_classic: expected bool"),
]


@pytest.mark.rule("DATA-1.13", "SWITCH-5", "SWITCH-1", "EVENT-2", "PERM-5", "PERM-9", "PLAN-1")
@pytest.mark.parametrize("call, answers, rule, said", WRONG)
def test_a_wrong_answer_is_told_by_its_rule_and_by_what_was_expected(
    call: tuple[Callable[..., Any], tuple[Any, ...]], answers: Sequence[Any], rule: str, said: str
) -> None:
    """The port was asked once, and for what the caller wanted."""
    check, question = call
    for answer in answers:
        port = _Port(answer)
        with pytest.raises(ContractBroken) as caught:
            check(port, *question)
        assert caught.value.args == (rule, said, ())
        assert port.asked == [question]


@pytest.mark.parametrize(
    "call, answers",
    [
        (SNAPSHOT, [InMemoryStore.classic().snapshot(Query())]),
        (FIRST_PAGE, [(), _entries(1), _entries(1, 2), list(_entries(-5, 0))]),
        (NEXT_PAGE, [(), _entries(5), _entries(5, 6)]),
        (LIST, [Listed((), None), Listed((), 5), *(Listed(_entries(5, 7), after) for after in (None, 7, 9))]),
        (EVENTS, [_events(after="6"), _events(1), _events(1, 2)]),
        (RIGHTS, [NO_RIGHTS]),
        (PLAN, [True, False]),
    ],
)
def test_an_answer_that_is_allowed_is_given_on(
    call: tuple[Callable[..., Any], tuple[Any, ...]], answers: Sequence[Any]
) -> None:
    """As it is."""
    check, question = call
    assert [check(_Port(answer), *question) is answer for answer in answers] == [True] * len(answers)


@pytest.mark.parametrize("ids", [range(MOST - 2, MOST + 1), range(7, 12), [5, 1, 9], (5, 1, 9, 0)])
def test_as_many_ids_as_were_asked_for_are_taken(ids: Any) -> None:
    """In the store's order; what it reserved beyond them is not looked at."""
    store: Any = _Port(ids)
    assert list(reserved(store, Kind.DEAL, 3)) == list(ids)[:3]
    assert list(reserved(store, Kind.DEAL, 0)) == []


def test_of_a_range_of_ids_only_the_ends_are_looked_at() -> None:
    """It may have any length."""
    store: Any = _Port(range(1, MOST))
    assert next(reserved(store, Kind.DEAL, MOST - 1)) == 1


@pytest.mark.rule("CONV-6")
def test_each_activity_of_a_snapshot_has_its_bindings() -> None:
    """One that is deleted needs none."""
    p = TestCrm.classic()
    (lead,) = p.leads(1, activities=2)
    p.as_administrator.delete_activity(1)
    found = p.store.snapshot(Query(activities_of=(Ref(Kind.LEAD, lead.id),), activities=(ActivityId(1),)))
    assert sorted(found.activities) == [1, 2]
    store: Any = _Port(evolve(found, bindings={ActivityId(2): found.bindings[ActivityId(2)]}))
    assert snapshot_of(store, Query()) is store.snapshot()
    store = _Port(evolve(found, bindings={ActivityId(1): frozenset()}))
    with pytest.raises(ContractBroken) as caught:
        snapshot_of(store, Query())
    assert caught.value.args == ("CONV-6", UNBOUND, ())


@pytest.mark.rule("EVENT-2")
def test_a_store_without_a_method_for_events_keeps_none() -> None:
    """It is not asked."""
    store: Any = object()
    with pytest.raises(NoEvents):
        events_of(store, None, 5)
