"""What comes from outside is checked: tokens, references, the host's clock, and what a store answers."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ContactPoint,
    ContactPoints,
    ContractBroken,
    Crm,
    CrmMode,
    Epoch,
    InvalidValue,
    Kind,
    LeadId,
    OutcomeUnknown,
    PointKind,
    Ref,
    StoreBusy,
    SwitchReport,
    SwitchToken,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.crm import MANY_LEADS
from crmcore.application.pace import ROUNDS
from crmcore.application.pages import PAGE
from crmcore.domain.model.values import CUSTOM_FIELDS_LIMIT, POINTS_LIMIT
from crmcore.domain.protocol.commands import BINDINGS_LIMIT
from crmcore.ports import Changes, Entry, NextLeads, Query, Snapshot, Store, new_crm
from crmcore.testing.personas import roles_of_personas
from tests.building import ADMIN, MANAGER, Scene, accepted, classic, refused

HUGE = 10**30
NO_IDS: list[Any] = [{}, HUGE, 0, True]
MALFORMED: list[Any] = [*([Ref(Kind.LEAD, id)] for id in NO_IDS), [(Kind.LEAD, 1)], [[]], [None]]


@pytest.mark.rule("PERM-4", "DATA-1")
class TestTokens:
    """A token and a reference are values from outside like any other."""

    @pytest.mark.parametrize(
        "key, epoch",
        [([], 1), ("k", HUGE), ("\ud800", 1), ("", 1), ("k" * 101, 1), ("k", 0), ("k", "1"), ("k", True), (None, 1)],
    )
    def test_a_malformed_token_is_a_bad_value(self, key: Any, epoch: Any) -> None:
        """It is refused where it is made, so that no step ever sees it."""
        with pytest.raises(InvalidValue):
            SwitchToken(key, epoch)

    def test_a_key_alone_opens_nothing(self) -> None:
        """Whoever guesses the key gets neither the numbers nor the real token."""
        scene = classic()
        scene.add(title="Request")
        token = scene.begin()
        forged = evolve(token, epoch=Epoch(token.epoch + 1))
        for answer in (
            scene.crm.switch_report(forged),
            scene.crm.convert_chunk(forged),
            scene.crm.finish_switch(forged),
            scene.crm.run_switch(forged),
            scene.crm.switch_report(SwitchToken("of-nobody", token.epoch)),
        ):
            assert refused(answer) == "stale_switch"
        assert isinstance(scene.crm.switch_report(token), SwitchReport)

    def test_without_the_right_nobody_is_handed_a_token(self) -> None:
        """Neither by the status nor by joining; the holder of a token is shown its own."""
        scene = classic()
        scene.add(title="Request")
        token = scene.begin()
        for answer in (
            scene.crm.switch_status(MANAGER),
            scene.crm.resume_switch(MANAGER),
            scene.crm.begin_switch(MANAGER, key=token.key),
        ):
            assert refused(answer) == "not_permitted"

    @pytest.mark.parametrize("bad", MALFORMED)
    def test_a_malformed_reference_is_a_bad_value(self, bad: Any) -> None:
        """Also one that cannot be hashed."""
        scene = classic()
        with pytest.raises(InvalidValue):
            scene.crm.add_activity(ADMIN, of=bad)
        with pytest.raises(InvalidValue):
            scene.crm.activities(ADMIN, of=bad[0])

    @pytest.mark.rule("DATA-1.9")
    @pytest.mark.parametrize(
        "call, most",
        [
            (lambda crm, many: crm.add_activity(ADMIN, of=many(lambda n: Ref(Kind.LEAD, n))), BINDINGS_LIMIT),
            (lambda crm, many: crm.convert_leads(ADMIN, many(LeadId)), MANY_LEADS),
            (lambda crm, many: crm.add_lead(ADMIN, contact_points=ContactPoints(many(_mail))), POINTS_LIMIT),
            (
                lambda crm, many: crm.add_lead(ADMIN, custom=_Fields(many(lambda n: (f"UF_{n}", n)))),
                CUSTOM_FIELDS_LIMIT,
            ),
        ],
        ids=["references", "leads", "contact points", "custom fields"],
    )
    def test_no_more_is_read_than_a_call_may_have(self, call: Callable[[Crm, Any], object], most: int) -> None:
        """A list without an end is refused at the first entry that is too many, and does not fill the memory."""
        read = 0

        def many(make: Callable[[int], Any]) -> Iterable[Any]:
            nonlocal read
            for read in range(1, most + 1000):
                yield make(read)

        with pytest.raises(InvalidValue, match=r"at most|1 to"):
            call(classic().crm, many)
        assert read == most + 1


def _mail(number: int) -> ContactPoint:
    return ContactPoint(kind=PointKind.EMAIL, value=f"{number}@example.com")


class _Fields(dict[str, Any]):
    """Custom fields whose number shows as they are read."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        super().__init__(UF_0=0)
        self._pairs = pairs

    def items(self) -> Any:
        return self._pairs


class _Told:
    """A clock that tells what it is told to tell."""

    def __init__(self, instant: Any) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant  # type: ignore[no-any-return]  # the fault


def _crm(store: Store, clock: Any, **more: Any) -> Crm:
    return Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=clock, **more)


@pytest.mark.rule("DATA-1")
class TestTheClock:
    """Time arrives as a value, in UTC, or not at all."""

    @pytest.mark.rule("DATA-1.7")
    def test_a_clock_of_another_zone_is_stored_in_utc(self) -> None:
        """What a conversion stamps is the same instant."""
        store = InMemoryStore(new_crm(CrmMode.CLASSIC))
        crm = _crm(store, _Told(datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))))
        lead = accepted(crm.add_lead(ADMIN, title="Request"))
        row = accepted(crm.convert_lead(ADMIN, lead)).row
        assert row.converted_at == datetime(2026, 1, 1, 7, tzinfo=UTC)
        assert row.converted_at.tzinfo is UTC

    @pytest.mark.parametrize(
        "told",
        [datetime(2026, 1, 1, 12), 5, None, "2026-01-01"],  # noqa: DTZ001  # the fault
    )
    @pytest.mark.parametrize(
        "call",
        [
            lambda crm: crm.add_lead(ADMIN, title="x"),
            lambda crm: crm.lead(ADMIN, 1),
            lambda crm: crm.preview_switch(ADMIN),
        ],
    )
    def test_a_clock_without_a_zone_breaks_its_contract(self, call: Callable[[Crm], object], told: Any) -> None:
        """Nothing is stored by it."""
        store = InMemoryStore(new_crm(CrmMode.CLASSIC))
        with pytest.raises(ContractBroken, match=r"DATA-1.*time zone"):
            call(_crm(store, _Told(told)))
        assert store.page(Kind.LEAD) == ()


class _Answering(InMemoryStore):
    """A store whose answers a test bends."""

    bend: Callable[[Query, Snapshot], Snapshot] = staticmethod(lambda query, snapshot: snapshot)
    bend_page: Callable[[tuple[Entry, ...]], tuple[Entry, ...]] = staticmethod(lambda page: page)
    busy = False
    lost = 0

    def snapshot(self, query: Query) -> Snapshot:
        return self.bend(query, super().snapshot(query))

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        return self.bend_page(super().page(kind, after, limit))

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        super().commit(changes, confirm)
        if self.lost and changes.ledger:
            self.lost -= 1
            raise OutcomeUnknown("the answer was lost")


def _answering(leads: int = 3) -> tuple[Scene, _Answering]:
    store = _Answering(new_crm(CrmMode.CLASSIC))
    scene = Scene(store)
    for number in range(leads):
        scene.add(title=f"Request {number}")
    return scene, store


def _offering_nothing_to_convert(query: Query, snapshot: Snapshot) -> Snapshot:
    """As if all leads were busy: a chunk reads with the match keys, a look for whether any is offered does not."""
    return evolve(snapshot, leads={}) if query.next_leads and query.match else snapshot


@pytest.mark.rule("SWITCH-5")
class TestAStandstill:
    """A switch that nobody moves is told as what it is, and does not spin for ever."""

    def test_a_store_that_offers_nothing_breaks_its_contract(self) -> None:
        """The backlog says that leads are left, and the next leads are none."""
        scene, store = _answering()
        token = scene.begin()
        store.bend = lambda query, snapshot: evolve(snapshot, leads={}) if query.next_leads else snapshot
        waited: list[float] = []
        crm = _crm(store, scene.clock, pause=waited.append)
        with pytest.raises(ContractBroken, match=r"SWITCH-5.*3 active leads"):
            crm.run_switch(token)
        assert len(waited) == ROUNDS - 1
        assert waited == sorted(waited)
        assert 5 < sum(waited) < 30

    def test_leads_that_are_always_busy_are_told_as_busy(self) -> None:
        """It is safe to run again, and then it ends."""
        scene, store = _answering()
        token = scene.begin()
        first = next(iter(scene.crm.leads(ADMIN))).record.id
        store.bend = _offering_nothing_to_convert
        with pytest.raises(StoreBusy, match="safe to run again"):
            _crm(store, scene.clock, pause=lambda seconds: None).run_switch(token)
        store.bend = lambda query, snapshot: snapshot
        assert accepted(scene.crm.run_switch(token)).result == "switched"
        assert scene.lead(first).deal_id is not None

    def test_whatever_moves_in_between_begins_the_count_again(self) -> None:
        """Another worker that converts a lead now and then keeps everybody patient."""
        scene, store = _answering(leads=3)
        token = scene.begin()
        store.bend = _offering_nothing_to_convert
        rounds = count(1)

        def other_worker(seconds: float) -> None:
            if next(rounds) % (ROUNDS - 2) == 0:
                store.bend = lambda query, snapshot: snapshot
                accepted(scene.crm.convert_chunk(token, 1))
                store.bend = _offering_nothing_to_convert

        assert accepted(_crm(store, scene.clock, pause=other_worker).run_switch(token)).result == "switched"


class TestWhatAStoreAnswers:
    """An answer that the port does not allow is told, and nothing is decided on it."""

    @pytest.mark.rule("SWITCH-2")
    def test_a_closed_lead_that_is_offered_is_not_converted(self) -> None:
        """The store is told which lead it was."""
        scene, store = _answering()
        closed = scene.add(title="Closed")
        accepted(scene.crm.close_lead(ADMIN, closed))
        token = scene.begin()
        lead = scene.lead(closed)
        store.bend = lambda query, snapshot: (
            evolve(snapshot, leads={**snapshot.leads, closed: lead}) if query.next_leads else snapshot
        )
        with pytest.raises(ContractBroken, match=f"SWITCH-2.*lead:{closed}"):
            scene.crm.convert_chunk(token)
        assert scene.lead(closed) == lead

    @pytest.mark.rule("SWITCH-4")
    def test_more_leads_than_were_asked_for_are_not_converted(self) -> None:
        """A chunk has the size that its caller can bear."""
        scene, store = _answering(leads=3)
        token = scene.begin()
        whole = store.snapshot(Query(next_leads=NextLeads(3), match=True))
        store.bend = lambda query, snapshot: whole if query.next_leads else snapshot
        with pytest.raises(ContractBroken, match=r"SWITCH-4.*3 leads, but 1"):
            scene.crm.convert_chunk(token, 1)

    @pytest.mark.rule("SWITCH-12")
    def test_a_preview_ends_where_a_store_offers_the_same_leads_again(self) -> None:
        """Without this it would plan for ever."""
        scene, store = _answering()
        first = store.snapshot(Query(next_leads=NextLeads(3), match=True))
        store.bend = lambda query, snapshot: evolve(first, settings=snapshot.settings) if query.next_leads else snapshot
        with pytest.raises(ContractBroken, match="SWITCH-12"):
            scene.crm.preview_switch(ADMIN)

    @pytest.mark.rule("SWITCH-5")
    @pytest.mark.parametrize("read", [lambda crm: list(crm.leads(ADMIN)), lambda crm: crm.export(ADMIN)])
    def test_a_page_that_does_not_go_on_is_told(self, read: Callable[[Crm], object]) -> None:
        """A list ends, or says why it cannot."""
        scene, store = _answering(leads=1)
        (only,) = store.page(Kind.LEAD)
        same = tuple(only._replace(id=LeadId(id)) for id in range(1, PAGE + 1))
        store.bend_page = lambda page: same
        with pytest.raises(ContractBroken, match=r"SWITCH-5.*page"):
            read(scene.crm)

    @pytest.mark.rule("SWITCH-1")
    def test_too_few_new_ids_are_told(self) -> None:
        """Before anything is decided with them."""
        scene, store = _answering(leads=0)
        store.reserve = lambda kind, count: range(0)  # type: ignore[method-assign]
        with pytest.raises(ContractBroken, match="reserved 0 of 1"):
            scene.crm.add_lead(ADMIN, title="x")


@pytest.mark.rule("SWITCH-4", "SWITCH-1")
class TestALostAnswer:
    """A chunk whose answer was lost is looked for before another is converted."""

    @pytest.mark.rule("SWITCH-4.7")
    def test_at_most_size_are_converted_and_all_of_them_reported(self) -> None:
        """Not the two of the lost answer and two more."""
        scene, store = _answering(leads=4)
        token = scene.begin()
        store.lost = 1
        done = accepted(scene.crm.convert_chunk(token, 2))
        assert [row.lead_id for row in done.rows] == [1, 2]
        assert accepted(scene.crm.switch_report(token)).totals.converted == 2

    def test_it_is_found_though_the_switch_has_ended_meanwhile(self) -> None:
        """Somebody else finished; the rows of the lost answer are reported all the same."""
        scene, store = _answering(leads=2)
        token = scene.begin()
        store.lost = 1
        plain = store.commit

        def commit(changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
            store.commit = plain  # type: ignore[method-assign]
            try:
                plain(changes, confirm)
            finally:
                accepted(scene.crm.finish_switch(token))

        store.commit = commit  # type: ignore[method-assign]
        done = accepted(scene.crm.convert_chunk(token, 2))
        assert [row.lead_id for row in done.rows] == [1, 2]

    @pytest.mark.rule("SWITCH-1.2")
    def test_a_chunk_that_was_not_committed_is_converted_now(self) -> None:
        """Nothing of the lost one is there, so the next leads are converted, and the first of them once."""
        scene, store = _answering(leads=3)
        token = scene.begin()
        plain = store.commit

        def commit(changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
            store.commit = plain  # type: ignore[method-assign]
            raise OutcomeUnknown("lost on the way there")

        store.commit = commit  # type: ignore[method-assign]
        done = accepted(scene.crm.convert_chunk(token, 2))
        assert [row.lead_id for row in done.rows] == [1, 2]
        assert scene.holds_all_laws()
