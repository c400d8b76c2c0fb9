"""Ports that fail where the test says, and processes that die at any call."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.crm import ATTEMPTS, Crm
from crmcore.domain.model.errors import Conflict, ContractBroken, OutcomeUnknown, RecordFault, StoreBusy, StoreError
from crmcore.domain.model.ids import Epoch, Kind, LeadId
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Store
from crmcore.testing import (
    ADMIN,
    Crash,
    FailingPermissions,
    FailingPlan,
    FailingStore,
    TestCrm,
    crash_and_resume,
)
from crmcore.testing.failures import ANY
from crmcore.testing.personas import roles_of_personas


class TestFail:
    @pytest.mark.parametrize("method", ["snapshot", "commit", "reserve"])
    def test_the_call_with_the_number_fails_and_no_other(self, method: str) -> None:
        """It is counted from now on, and nothing of it is written."""
        p = TestCrm.classic()
        p.as_manager.add_lead()
        p.trouble.fail(method, number=2)
        assert p.as_manager.add_lead() == 2
        with pytest.raises(StoreError, match="on purpose"):
            p.as_manager.add_lead()
        assert len(p.image().leads) == 2
        assert isinstance(p.as_manager.add_lead(), int)

    def test_a_page_may_fail_too(self) -> None:
        """Lists are read by pages."""
        p = TestCrm.classic()
        p.trouble.fail("page", error=StoreBusy("full"))
        with pytest.raises(StoreBusy):
            list(p.crm.leads(ADMIN))

    def test_several_calls_in_a_row_may_fail(self) -> None:
        """`times` says how many."""
        p = TestCrm.classic()
        p.trouble.fail("commit", times=2)
        for _ in range(2):
            with pytest.raises(StoreError):
                p.as_manager.add_lead()
        assert p.as_manager.add_lead()

    def test_an_answer_may_be_lost(self) -> None:
        """The commit is carried out, and nobody knows."""
        p = TestCrm.classic()
        p.trouble.fail("commit", after=True)
        with pytest.raises(OutcomeUnknown):
            p.as_manager.add_lead()
        assert len(p.image().leads) == 1

    @pytest.mark.rule("EDIT-1")
    def test_a_lost_answer_is_looked_up_by_its_key(self) -> None:
        """The product recognises its own work, and does it once."""
        p = TestCrm.classic()
        p.trouble.fail("commit", after=True)
        assert p.as_manager.add_lead(key="k") == 1
        assert len(p.image().leads) == 1

    def test_any_call_can_be_the_one(self) -> None:
        """`any` counts all methods together."""
        p = TestCrm.classic()
        p.trouble.fail(ANY, number=3, error=KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            p.as_manager.add_lead()
        assert p.trouble.calls == {"snapshot": 1, "reserve": 1, "commit": 1, ANY: 3}
        assert not p.image().leads

    def test_what_is_armed_can_be_taken_back(self) -> None:
        """A healed store is the good one."""
        p = TestCrm.classic()
        p.trouble.fail("commit")
        p.trouble.fail("commit", after=True)
        p.trouble.slow(p.clock, timedelta(hours=1))
        p.trouble.unreadable.add(LeadId(1))
        p.trouble.unwritable.add(LeadId(1))
        p.trouble.heal()
        assert not p.trouble.is_armed
        assert p.as_manager.add_lead() == 1
        assert p.as_manager.close_lead(1) == 1
        assert p.clock.now() == TestCrm.classic().clock.now()

    def test_a_store_says_whether_something_is_still_to_come(self) -> None:
        """A test can assert that its fault was met."""
        trouble = TestCrm.classic().trouble
        armed = []
        troubles: list[Callable[[], None]] = [
            lambda: trouble.fail("commit"),
            lambda: trouble.fail("commit", after=True),
            lambda: trouble.slow(TestCrm.classic().clock, timedelta(1)),
        ]
        for arm in troubles:
            arm()
            armed.append(trouble.is_armed)
            trouble.heal()
            armed.append(trouble.is_armed)
        assert armed == [True, False] * 3

    def test_wrong_names_and_numbers_are_errors_at_once(self) -> None:
        """A fault that never comes would prove nothing."""
        trouble = TestCrm.classic().trouble
        with pytest.raises(ValueError, match="snapshot, commit, reserve, page"):
            trouble.fail("comit")
        with pytest.raises(ValueError, match="1 or more"):
            trouble.fail("commit", number=0)

    def test_permissions_and_plan_may_fail(self) -> None:
        """A right that cannot be looked up is no right, and nothing is written."""
        permissions, plan = FailingPermissions(roles_of_personas()), FailingPlan(FixedPlan())
        p = TestCrm.classic()
        crm = Crm(store=p.store, permissions=permissions, plan=plan, clock=p.clock)
        permissions.fail("rights", number=2, error=ConnectionError())
        with pytest.raises(ConnectionError):
            crm.add_lead(ADMIN)
        plan.fail("has_classic")
        with pytest.raises(StoreError):
            crm.add_lead(ADMIN)
        assert not p.image().leads
        assert crm.add_lead(ADMIN)


class TestMoreTroubles:
    @pytest.mark.rule("SWITCH-9")
    def test_single_leads_may_be_unreadable_or_unwritable(self) -> None:
        """The switch sets them aside and converts the others."""
        p = TestCrm.classic()
        one, other, third = (lead.id for lead in p.leads(3))
        p.trouble.unreadable.add(one)
        p.trouble.unwritable.add(other)
        with pytest.raises(RecordFault, match="unreadable"):
            p.as_administrator.reopen_lead(one)
        report = p.as_administrator.switch_to_simple(key="k")
        assert report.set_aside == (one, other)
        assert list(p.image().ledger) == [third]

    def test_a_storm_of_conflicts_ends_or_is_too_long(self) -> None:
        """A decision is made again, and not for ever; nothing of the storm is written."""
        p = TestCrm.classic()
        lead = p.lead()
        p.trouble.storm(ATTEMPTS - 1)
        assert p.as_manager.close_lead(lead.id) == lead.id
        p.trouble.storm(ATTEMPTS)
        with pytest.raises(StoreBusy, match=r"^no commit went through in 50 attempts; safe to run again$"):
            p.as_manager.reopen_lead(lead.id)
        assert p.reread(lead).stage == "JUNK"

    @pytest.mark.rule("SWITCH-2")
    def test_somebody_else_may_act_between_load_and_commit(self) -> None:
        """A lead that is closed in between is not converted."""
        p = TestCrm.classic()
        lead = p.lead()
        p.trouble.overtake(lambda: p.as_manager.close_lead(lead.id))
        answer = p.as_administrator.convert_lead(lead.id)
        assert isinstance(answer, Refused)
        assert answer.reason is Reason.LEAD_CLOSED
        assert not p.image().deals

    def test_a_later_commit_can_be_overtaken(self) -> None:
        """The second commit of a switch is that of the first chunk."""
        p = TestCrm.classic()
        first, second = p.leads(2)
        p.trouble.overtake(lambda: p.as_manager.delete_lead(first.id), number=2)
        report = p.as_administrator.switch_to_simple(key="k")
        assert (report.totals.converted, report.totals.deleted) == (1, 1)
        assert list(p.image().ledger) == [second.id]

    def test_a_slow_store_takes_time_on_the_clock_alone(self) -> None:
        """Every call, or the calls of one method, moves the clock; no test waits."""
        p = TestCrm.classic()
        start = p.clock.now()
        p.trouble.slow(p.clock, timedelta(minutes=1), method="commit")
        p.as_manager.add_lead()
        assert p.clock.now() - start == timedelta(minutes=1)
        p.trouble.slow(p.clock, timedelta(seconds=1))
        p.as_manager.add_lead()
        assert p.clock.now() - start == timedelta(minutes=2, seconds=3)

    def test_an_answer_that_did_not_come_is_not_lost(self) -> None:
        """A call that fails by itself leaves the loss to the next one, so what is still to come is known."""
        store = FailingStore(InMemoryStore.classic())
        stale = Changes(expects=ReadSet(epoch=Epoch(9)))
        store.fail("commit", times=2, after=True)
        with pytest.raises(Conflict):
            store.commit(stale)
        assert store.to_come == 2
        for left in (1, 0):
            with pytest.raises(OutcomeUnknown):
                store.commit(Changes(expects=store.snapshot(Query()).read))
            assert store.to_come == left
        assert not store.is_armed

    @pytest.mark.rule("SWITCH-9")
    def test_a_lead_may_be_fine_but_for_its_conversion(self) -> None:
        """It can be edited and set aside; what cannot be written is its ledger row."""
        p = TestCrm.classic()
        lead = p.lead()
        p.trouble.unconvertible.add(lead.id)
        assert p.as_manager.edit_lead(lead.id, 1, title="Still here") == 2
        with pytest.raises(RecordFault):
            p.as_manager.convert_lead(lead.id)
        p.trouble.heal()
        assert not isinstance(p.as_manager.convert_lead(lead.id), Refused)

    def test_any_store_can_be_wrapped(self) -> None:
        """A product with a driver of its own wraps its store itself."""
        store = FailingStore(InMemoryStore.classic(), unwritable=[LeadId(1)])
        crm = Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=TestCrm.classic().clock)
        with pytest.raises(RecordFault):
            crm.add_lead(ADMIN)
        store.heal()
        assert crm.add_lead(ADMIN) == 2


@pytest.mark.rule("SWITCH-5")
class TestCrashes:
    @staticmethod
    def make() -> TestCrm:
        p = TestCrm.classic()
        p.leads(3, activities=1)
        return p

    @staticmethod
    def switch(p: TestCrm) -> None:
        p.as_administrator.switch_to_simple(key="k", chunk=2)
        assert len(p.image().ledger) == 3
        assert p.crm.mode() == "simple"

    def test_a_switch_survives_a_crash_at_each_of_its_calls(self) -> None:
        """Before a call is made and after it was carried out: every call counts twice."""
        whole = self.make()
        self.switch(whole)
        assert crash_and_resume(self.switch, make=self.make) == 2 * whole.trouble.calls[ANY]

    def test_resuming_may_be_something_else(self) -> None:
        """Here a second process goes on with the live switch, and begins it where that was never written."""

        def resume(p: TestCrm) -> None:
            token = p.as_administrator.resume_switch()
            if isinstance(token, Refused):
                return
            p.as_stranger.run_switch(token)
            assert len(p.image().ledger) == 3

        assert crash_and_resume(self.switch, make=self.make, resume=resume) > 10

    def test_the_new_process_does_what_it_is_told_and_nothing_else(self) -> None:
        """Once for each crash, over what the crash has left."""
        seen: list[int] = []

        def look(p: TestCrm) -> None:
            assert not p.trouble.calls
            seen.append(len(p.image().ledger))

        crashes = crash_and_resume(lambda p: p.as_administrator.convert_lead(LeadId(1)), make=self.make, resume=look)
        assert crashes == len(seen) > 4
        assert sorted(set(seen)) == [0, 1]

    def test_a_run_that_nothing_cuts_short_is_checked_too(self) -> None:
        """Here only that one comes to the line that does the damage."""

        def damaging(p: TestCrm) -> None:
            p.as_administrator.convert_lead(LeadId(1))
            assert isinstance(p.store, InMemoryStore)
            p.store._state.tables[Kind.DEAL].clear()

        with pytest.raises(ContractBroken):
            crash_and_resume(damaging, make=self.make, resume=lambda p: None)

    def test_code_that_does_a_thing_twice_is_found(self) -> None:
        """A lead is added without a key, so a second process adds another one."""

        def careless(p: TestCrm) -> None:
            p.as_administrator.add_lead()
            assert len(p.image().leads) == 1

        with pytest.raises(AssertionError):
            crash_and_resume(careless)

    def test_a_store_that_comes_back_damaged_is_found(self) -> None:
        """Whatever a process opens after the crash has to keep the laws."""

        def reopen(store: Store) -> Store:
            image = TestCrm(store).image()
            damaged = TestCrm.of(image).store
            assert isinstance(damaged, InMemoryStore)
            damaged._state.tables[Kind.LEDGER].pop(1, None)  # damage has no front door
            return damaged

        with pytest.raises(ContractBroken):
            crash_and_resume(
                lambda p: p.as_administrator.convert_lead(LeadId(1)),
                make=self.make,
                resume=lambda p: None,
                reopen=reopen,
            )

    def test_code_cannot_live_on_after_a_crash(self) -> None:
        """A crash is no `Exception`."""
        assert not issubclass(Crash, Exception)

    def test_code_that_swallows_even_a_crash_is_crashed_all_the_same(self) -> None:
        """The next process starts from where the store was."""

        def stubborn(p: TestCrm) -> None:
            try:
                p.as_administrator.convert_lead(LeadId(1))
            except BaseException:
                p.events.clear()

        assert crash_and_resume(stubborn, make=self.make) > 4
