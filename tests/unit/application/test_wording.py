"""What each call says of a wrong argument, and of a port that breaks its contract, to the letter."""

from collections.abc import Callable
from datetime import datetime
from itertools import repeat
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ContractBroken,
    InvalidValue,
    Kind,
    Reason,
    RecordFault,
    Ref,
    Refused,
    StoreBusy,
    SwitchToken,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.answers import instant_of, page_of, reserved
from crmcore.application.pace import ROUNDS, Patience
from crmcore.application.pages import PAGE, Readable, pages
from crmcore.application.step import touch
from crmcore.application.workers import run_switch_on
from crmcore.domain.protocol.results import Totals
from crmcore.ports.store import Entry
from tests.building import ADMIN, MANAGER, NOW, accepted, classic, refused

ID = "a whole number from 1 to 9223372036854775807"
CARD = "a reference to a lead, contact or company"
TOKEN: Any = SwitchToken("k", 1)  # type: ignore[arg-type]  # a plain number

#: Field, what would have been right, and the call.
WRONG: list[tuple[str, str, Callable[[Any], object]]] = [
    ("actor", "int", lambda crm: crm.deal("boss", 1)),
    ("actor", ID, lambda crm: list(crm.leads(0))),
    ("actor", "a whole number from 0 to 9223372036854775807", lambda crm: crm.close_lead(-1, 1)),
    ("actor", ID, lambda crm: crm.lead_page(0)),
    ("actor", ID, lambda crm: crm.import_in_parts(0, "k", ())),
    ("activity_id", ID, lambda crm: crm.activity(ADMIN, 0)),
    ("lead_id", ID, lambda crm: crm.lead(ADMIN, 0)),
    ("deal_id", ID, lambda crm: crm.deal(ADMIN, 0)),
    ("contact_id", ID, lambda crm: crm.contact(ADMIN, 0)),
    ("company_id", ID, lambda crm: crm.company(ADMIN, 0)),
    ("lead", ID, lambda crm: list(crm.deals(ADMIN, lead=0))),
    ("of", "Ref", lambda crm: crm.activities(ADMIN, of=5)),
    (
        "of",
        "a reference to a lead, deal, contact or company",
        lambda crm: crm.activities(ADMIN, of=Ref(Kind.STAGES, 1)),
    ),
    ("of", ID, lambda crm: crm.activities(ADMIN, of=Ref(Kind.DEAL, 0))),
    ("limit", ID, lambda crm: crm.events(ADMIN, limit=0)),
    ("limit", "at most 1000", lambda crm: crm.events(ADMIN, limit=1001)),
    ("after", "str", lambda crm: crm.events(ADMIN, after=5)),
    ("after", "a whole number from 0 to 9223372036854775807", lambda crm: list(crm.outcomes(ADMIN, 1, after=-1))),
    ("lead_id", ID, lambda crm: touch(InMemoryStore(), 0)),  # type: ignore[arg-type]  # the fault
    ("epoch", ID, lambda crm: list(crm.outcomes(ADMIN, 0))),
    ("lead_ids", "Iterable", lambda crm: crm.convert_leads(ADMIN, 5)),
    ("lead_ids", "at most 100000 leads in one call", lambda crm: crm.convert_leads(ADMIN, repeat(1))),
    ("ref", "Ref", lambda crm: crm.erase(ADMIN, 5)),
    ("ref", CARD, lambda crm: crm.erase(ADMIN, Ref(Kind.DEAL, 1))),
    ("ref", CARD, lambda crm: crm.erasure(ADMIN, Ref("lead", 1))),  # type: ignore[arg-type]  # a text for a kind
    ("ref", ID, lambda crm: crm.erase(ADMIN, Ref(Kind.LEAD, 0))),
    ("records", "ImportRecords", lambda crm: crm.import_records(ADMIN, 5)),
    ("policy", "ModeSwitchPolicy", lambda crm: crm.preview_switch(ADMIN, 5)),
    ("of", "Iterable", lambda crm: crm.add_activity(ADMIN, of=5)),
    ("key", "1 to 100 printable characters", lambda crm: crm.import_in_parts(ADMIN, "", ())),
    ("key", "1 to 100 printable characters", lambda crm: crm.switch_named(ADMIN, "")),
    ("parts", "ImportRecords", lambda crm: crm.import_in_parts(ADMIN, "k", [5])),
    ("chunk", ID, lambda crm: crm.switch_to_simple(ADMIN, key="k", chunk=0)),
    ("pace", ID, lambda crm: crm.switch_to_simple(ADMIN, key="k", pace=0)),
    ("on_progress", "Callable", lambda crm: crm.switch_to_simple(ADMIN, key="k", on_progress=5)),
    ("stop", "Callable", lambda crm: crm.switch_to_simple(ADMIN, key="k", stop=5)),
    ("chunk", ID, lambda crm: crm.run_switch(TOKEN, chunk=0)),
    ("pace", ID, lambda crm: crm.run_switch(TOKEN, pace=0)),
    ("on_progress", "Callable", lambda crm: crm.run_switch(TOKEN, on_progress=5)),
    ("stop", "Callable", lambda crm: crm.run_switch(TOKEN, stop=5)),
    ("token", "SwitchToken", lambda crm: crm.switch_report(5)),
    ("workers", ID, lambda crm: run_switch_on(None, lambda: crm, TOKEN, workers=0)),  # type: ignore[arg-type]  # never asked
    ("chunk", ID, lambda crm: run_switch_on(None, lambda: crm, TOKEN, workers=1, chunk=0)),  # type: ignore[arg-type]  # as above
    ("command", "one of the commands of crmcore, such as AddLead", lambda crm: crm.run(ADMIN, 5)),
]


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize("field, expected, call", WRONG)
def test_a_wrong_argument_is_told_by_its_name(field: str, expected: str, call: Callable[[Any], object]) -> None:
    """With what would have been right, before anything is begun."""
    scene = classic()
    with pytest.raises(InvalidValue) as caught:
        call(scene.crm)
    assert (caught.value.field, caught.value.expected) == (field, expected)
    assert scene.crm.settings().switching is None


class _Paged(InMemoryStore):
    """A store that answers a page which is given."""

    answer: tuple[Entry, ...] = ()

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        return self.answer


class _Damaged(InMemoryStore):
    """A store that cannot read one lead, and notes how large the pages are that it is asked for."""

    bad: Any = 3

    def __init__(self, image: Any = None) -> None:
        super().__init__(image)
        self.asked: list[Any] = []

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        self.asked.append(limit)
        found = super().page(kind, after, limit)
        if any(entry.id == self.bad for entry in found):
            raise RecordFault(Ref(kind, self.bad), "unreadable")
        return found


class _Clock:
    def now(self) -> datetime:
        return NOW.replace(tzinfo=None)


@pytest.mark.rule("SWITCH-5")
class TestPorts:
    """A port that breaks its contract is named by the rule and by what it did."""

    def test_a_page_that_does_not_go_on(self) -> None:
        """One that begins too early, and one that is not in order; a page of one record may be any other."""
        store = _Paged()
        one, two = (Entry(id, None, 1) for id in (1, 2))
        store.answer = (two, one)
        with pytest.raises(ContractBroken) as caught:
            page_of(store, Kind.LEAD, None, 5)
        assert caught.value.args[:2] == ("SWITCH-5", "the store's page of kind lead is not in the order of ids")
        store.answer = (one, two)
        assert page_of(store, Kind.LEAD, 0, 5) == (one, two)
        for after in (1, 2):
            with pytest.raises(ContractBroken) as caught:
                page_of(store, Kind.LEAD, after, 5)
            begun = "the store's page of kind lead does not begin after the id asked for"
            assert caught.value.args[:2] == ("SWITCH-5", begun)
        store.answer = (one,)
        assert page_of(store, Kind.LEAD, None, 5) == (one,)

    def test_pages_go_on_after_the_last_id(self) -> None:
        """Each record once, in pages of the size that was asked for."""
        scene = classic()
        for _ in range(5):
            scene.add()
        assert [[entry.id for entry in page] for page in pages(scene.store, Kind.LEAD, 2)] == [[1, 2], [3, 4], [5]]
        assert [[entry.id for entry in page] for page in pages(scene.store, Kind.LEAD, 2, 3)] == [[4, 5]]

    def test_nothing_is_asked_for_behind_a_page_that_is_not_full(self) -> None:
        """It is the last one; behind a full one there may be more."""
        scene = classic()
        for _ in range(4):
            scene.add()
        for size, asked in ((2, [2, 2, 2]), (3, [3, 3]), (500, [500])):
            store = _Damaged(scene.image())
            store.bad = None
            assert [entry.id for page in pages(store, Kind.LEAD, size) for entry in page] == [1, 2, 3, 4]
            assert store.asked == asked

    def test_pages_get_smaller_before_a_record_that_cannot_be_read(self) -> None:
        """By halves down to one, then larger again; the record is named and all others are read."""
        scene = classic()
        for _ in range(5):
            scene.add()
        store = _Damaged(scene.image())
        readable = Readable(store)
        assert [entry.id for page in readable.pages(Kind.LEAD) for entry in page] == [1, 2, 4, 5]
        assert readable.faults == (Ref(Kind.LEAD, 3),)
        assert store.asked == [500, 250, 125, 62, 31, 15, 7, 3, 1, 2, 1, 2, 1, 1, 2]
        assert PAGE == 500

    def test_a_clock_without_a_zone(self) -> None:
        """The rule is that of instants."""
        with pytest.raises(ContractBroken) as caught:
            instant_of(_Clock())
        said = "Clock.now: expected an instant with a time zone; a clock gives an instant with a time zone"
        assert caught.value.args[:2] == ("DATA-1", said)

    def test_too_few_ids(self) -> None:
        """As many as were asked for are enough."""
        store = InMemoryStore()
        assert len(list(reserved(store, Kind.DEAL, 3))) == 3
        store.reserve = lambda kind, count: range(2)  # type: ignore[method-assign]  # the fault
        with pytest.raises(ContractBroken) as caught:
            reserved(store, Kind.DEAL, 3)
        assert caught.value.args[:2] == ("SWITCH-1", "the store reserved 2 of 3 ids of kind deal")


@pytest.mark.rule("SWITCH-5")
class TestPatience:
    """A switch that does not move is waited for, each time a little longer, and then told."""

    @pytest.mark.rule("SWITCH-5.3", "SWITCH-5.4")
    @pytest.mark.parametrize("offered", [True, False])
    def test_a_standstill_is_told_after_twenty_rounds(self, offered: bool) -> None:
        """About ten seconds in all; busy where leads are offered, a broken contract where none is."""
        paused: list[float] = []
        patience, totals = Patience(paused.append), Totals(at_begin=3, remaining=3)
        for _ in range(ROUNDS):
            patience.wait(totals, offered=lambda: offered)
        with pytest.raises(StoreBusy if offered else ContractBroken) as caught:
            patience.wait(totals, offered=lambda: offered)
        busy = ("3 leads are left and always in conflict; safe to run again",)
        broken = ("SWITCH-5", "3 active leads are left, and the store offers none")
        assert caught.value.args[:2] == (busy if offered else broken)
        assert len(paused) == ROUNDS - 1 == 19
        assert paused == sorted(paused)
        assert paused[0] == pytest.approx(0.007)
        assert 9 < sum(paused) < 11

    @pytest.mark.rule("SWITCH-5.5")
    def test_whatever_moves_begins_the_count_again(self) -> None:
        """The first round of new numbers waits for nothing."""
        paused: list[float] = []
        patience, totals = Patience(paused.append), Totals(at_begin=3, remaining=3)
        for _ in range(ROUNDS):
            patience.wait(totals, offered=lambda: True)
        for _ in range(ROUNDS):
            patience.wait(evolve(totals, remaining=2), offered=lambda: True)
        assert len(paused) == 2 * (ROUNDS - 1)
        assert paused[:19] == paused[19:]


@pytest.mark.rule("PERM-5")
def test_an_activity_that_is_bound_to_nothing_is_read_by_administrators_alone() -> None:
    """Only damage leaves one behind."""
    scene = classic()
    call = accepted(scene.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, scene.add())]))
    crm = type(scene)(InMemoryStore(evolve(scene.image(), bindings={}))).crm
    assert accepted(crm.activity(ADMIN, call)).record.id == call
    assert refused(crm.activity(MANAGER, call)) == "unknown_record"


@pytest.mark.rule("PERM-6")
def test_an_activity_that_is_not_there_is_unknown_to_everybody() -> None:
    """Whatever a store says of its bindings."""
    scene = classic()
    missing: Any = 99
    for actor in (ADMIN, MANAGER):
        assert scene.crm.activity(actor, missing) == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.ACTIVITY, missing))
