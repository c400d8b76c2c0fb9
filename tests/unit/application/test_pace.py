"""How fast a switch goes: its rate and the time left, a pace that is held, and work that is stopped and continued."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crmcore import Crm, InvalidValue, LeadId, Progress, SwitchReport, SwitchToken, Totals
from crmcore.adapters.clocks import FixedClock
from crmcore.application.pace import Pace
from crmcore.application.workers import run_switch_on
from crmcore.domain.protocol.snapshot import NextLeads, Query
from crmcore.testing import ADMIN, TestCrm
from tests.building import accepted
from tests.unit.application.test_workers import AtOnce


class Paced:
    """A switch of some leads, over a clock that waiting and working move."""

    def __init__(self, leads: int, *, work: float = 0.0) -> None:
        self.p = TestCrm.classic()
        self.p.leads(leads)
        self.clock = self.p.clock
        self.began = self.clock.now()
        self.waited: list[float] = []
        if work:
            self.p.trouble.slow(self.clock, timedelta(seconds=work), method="commit")
        self.crm = Crm(
            store=self.p.trouble,
            permissions=self.p.roles,
            plan=self.p.plan,
            clock=self.clock,
            pause=self._pause,
        )

    def _pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.pause(seconds)

    def begin(self) -> SwitchToken:
        token = accepted(self.crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        self.began = self.clock.now()
        return token

    @property
    def seconds(self) -> float:
        return (self.clock.now() - self.began).total_seconds()


@pytest.mark.rule("SWITCH-15")
class TestProgress:
    """SWITCH-15. Progress reports how many leads a second have ended, and how long the remaining ones take."""

    @pytest.mark.rule("SWITCH-15.4")
    def test_it_tells_the_rate_and_the_time_left(self) -> None:
        """Two leads in each chunk of four seconds are half a lead a second."""
        scene = Paced(7, work=4)
        told: list[Progress] = []
        accepted(scene.crm.run_switch(scene.begin(), chunk=2, on_progress=told.append))
        assert [(each.converted, each.leads_a_second, each.seconds_left) for each in told] == [
            (2, 0.5, 10.0),
            (4, 0.5, 6.0),
            (6, 0.5, 2.0),
            (7, 7 / 16, 0.0),
        ]
        assert all(isinstance(each, Totals) for each in told)

    def test_it_counts_what_this_call_saw_end_whoever_ended_it(self) -> None:
        """Leads that were converted before count for nothing; those that others close meanwhile count."""
        scene = Paced(10, work=1)
        token = scene.begin()
        accepted(scene.crm.convert_chunk(token, 5))
        told: list[Progress] = []

        def watch(progress: Progress) -> None:
            told.append(progress)
            if len(told) == 1:
                accepted(scene.crm.close_lead(ADMIN, LeadId(10)))

        accepted(scene.crm.run_switch(token, chunk=2, on_progress=watch))
        assert [(each.converted, each.closed, each.leads_a_second) for each in told] == [
            (7, 0, 2.0),
            (9, 1, 5 / 3),
            (9, 1, 5 / 3),
        ]
        assert told[1].seconds_left == 0

    @pytest.mark.parametrize("by", [timedelta(0), timedelta(hours=-1)])
    def test_a_clock_that_stands_still_or_goes_back_gives_no_rate(self, by: timedelta) -> None:
        """None is better than nonsense."""
        clock = FixedClock()
        pace = Pace(clock, clock.pause, None, Totals(at_begin=3, remaining=3))
        clock.move(by)
        found = pace.progress(Totals(at_begin=3, converted=1, remaining=2))
        assert (found.converted, found.leads_a_second, found.seconds_left) == (1, None, None)

    def test_one_lead_that_has_ended_gives_a_rate(self) -> None:
        """Two seconds for the first one are four for the two that are left."""
        clock = FixedClock()
        pace = Pace(clock, clock.pause, None, Totals(at_begin=3, remaining=3))
        clock.pause(2)
        found = pace.progress(Totals(at_begin=3, converted=1, remaining=2))
        assert (found.leads_a_second, found.seconds_left) == (0.5, 4.0)

    def test_without_an_end_there_is_no_rate(self) -> None:
        """Nobody knows how long the rest takes before the first lead has ended."""
        clock = FixedClock()
        pace = Pace(clock, clock.pause, None, Totals(at_begin=3, remaining=3))
        clock.pause(5)
        assert pace.progress(Totals(at_begin=3, added=1, remaining=4)).seconds_left is None


@pytest.mark.rule("SWITCH-15")
class TestPace:
    """SWITCH-15. The work on a switch can be limited to a number of leads a second."""

    @pytest.mark.rule("SWITCH-15.1", "SWITCH-15.5")
    @pytest.mark.parametrize("pace", [1, 3, 7, 50, 1000])
    @pytest.mark.parametrize("work", [0.0, 0.1])
    def test_no_second_has_more_leads_than_the_pace(self, pace: int, work: float) -> None:
        """A chunk is at most a second's work, whatever was asked for, and nobody waits longer than a second."""
        scene = Paced(23, work=work)
        done: list[tuple[float, int]] = []
        report = accepted(
            scene.crm.run_switch(
                scene.begin(),
                chunk=10,
                pace=pace,
                on_progress=lambda progress: done.append((scene.seconds, progress.converted)),
            )
        )
        assert (report.result, report.totals.converted) == ("switched", 23)
        steps = [after - before for (_, before), (_, after) in zip([(0.0, 0), *done], done, strict=False)]
        assert max(steps) == min(pace, 10)
        for number, (begin, before) in enumerate([(0.0, 0), *done]):
            for at, converted in done[number:]:
                # The chunk that is there at the beginning of a second is the second's own.
                assert converted - before <= pace * (at - begin) + min(pace, 10) + 1e-6
        assert all(0 < each <= 1 for each in scene.waited)
        assert scene.seconds >= 23 / pace - 1e-6

    def test_work_that_is_slower_than_the_pace_waits_for_nothing(self) -> None:
        """Two leads in four seconds need no brake at ten a second."""
        scene = Paced(5, work=4)
        accepted(scene.crm.run_switch(scene.begin(), chunk=2, pace=10))
        assert scene.waited == []

    def test_without_a_pace_nobody_waits(self) -> None:
        """The default is as fast as it goes, in chunks of the size that was asked for."""
        scene = Paced(5)
        told: list[int] = []
        accepted(scene.crm.run_switch(scene.begin(), chunk=4, on_progress=lambda each: told.append(each.converted)))
        assert (scene.waited, told) == ([], [4, 5])

    def test_a_clock_that_was_set_back_makes_nobody_wait_for_it(self) -> None:
        """An hour back is no hour to wait; what was lost is not made up for."""
        clock, waited = FixedClock(), list[float]()
        pace = Pace(clock, waited.append, 2, Totals())
        clock.move(timedelta(hours=-1))
        pace.hold(2)
        clock.move(timedelta(hours=2))
        pace.hold(2)
        pace.hold(1)
        assert waited == [1.0, 0.5]

    def test_the_whole_switch_takes_the_pace_too(self) -> None:
        """From the beginning to the end in one call."""
        scene = Paced(6)
        report = accepted(scene.crm.switch_to_simple(ADMIN, key="k", pace=2))
        assert (report.result, scene.waited) == ("switched", [1.0, 1.0, 1.0])

    def test_the_result_is_the_same_at_any_pace(self) -> None:
        """A pace leaves no trace in the numbers (SWITCH-11)."""
        reports = [accepted(Paced(9).crm.switch_to_simple(ADMIN, key="k", pace=pace)) for pace in (None, 1, 4)]
        assert reports[0].totals == reports[1].totals == reports[2].totals

    def test_a_pace_that_is_none_is_refused_before_anything_is_begun(self) -> None:
        """The switch does not go live."""
        scene = Paced(2)
        with pytest.raises(InvalidValue, match="pace"):
            scene.crm.switch_to_simple(ADMIN, key="k", pace=0)
        assert scene.crm.settings().switching is None
        token = scene.begin()
        with pytest.raises(InvalidValue, match="pace"):
            run_switch_on(AtOnce(), lambda: scene.crm, token, workers=2, pace=0)

    @pytest.mark.parametrize("workers", [1, 2, 5])
    def test_workers_share_one_pace(self, workers: int) -> None:
        """The chunks of all of them together are a second's work."""
        scene = Paced(23)
        token = scene.begin()
        executor = AtOnce()
        report = accepted(run_switch_on(executor, lambda: scene.crm, token, workers=workers, chunk=10, pace=10))
        assert (report.result, report.totals.converted) == ("switched", 23)
        assert {task.size for _, task in executor.submitted} == {10 // workers}
        assert scene.seconds >= 2.2
        assert all(0 < each <= 1 for each in scene.waited)


Run = Callable[[Paced, SwitchToken, Any], Any]

RUNS: dict[str, Run] = {
    "one worker": lambda scene, token, stop: scene.crm.run_switch(token, chunk=2, **stop),
    "two workers": lambda scene, token, stop: run_switch_on(
        AtOnce(), lambda: scene.crm, token, workers=2, chunk=2, **stop
    ),
}


@pytest.mark.rule("SWITCH-15", "SWITCH-5")
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
class TestStop:
    """SWITCH-15. The work can be stopped between two chunks; the switch stays live and can be continued."""

    @pytest.mark.rule("SWITCH-15.2", "SWITCH-15.3")
    def test_work_that_is_stopped_is_continued_by_another_call(self, run: Run) -> None:
        """Complete chunks are left, and the next call ends the switch."""
        scene = Paced(9)
        token = scene.begin()
        told: list[Progress] = []
        asked = {"on_progress": told.append, "stop": lambda: bool(told)}
        stopped = accepted(run(scene, token, asked))
        assert isinstance(stopped, SwitchReport)
        assert stopped.result == "switching"
        assert 0 < stopped.totals.converted < 9
        assert stopped.totals.converted == told[-1].converted
        assert accepted(scene.crm.switch_status(ADMIN)) == stopped
        ended = accepted(run(scene, token, {}))
        assert (ended.result, ended.totals.converted) == ("switched", 9)
        scene.p.check()

    def test_who_is_asked_to_stop_at_once_does_nothing(self, run: Run) -> None:
        """Not even the end of a switch without leads."""
        scene = Paced(3)
        token = scene.begin()
        assert accepted(run(scene, token, {"stop": lambda: True})).totals.converted == 0
        assert len(scene.p.store.snapshot(Query(next_leads=NextLeads(9))).leads) == 3

    def test_the_report_of_work_that_was_overtaken_says_how_the_switch_ended(self, run: Run) -> None:
        """Another user cancels, and the answer to the stop says so."""
        scene = Paced(5)
        token = scene.begin()

        def cancelled() -> bool:
            scene.crm.cancel_switch(ADMIN)
            return True

        assert accepted(run(scene, token, {"stop": cancelled})).result == "cancelled"
