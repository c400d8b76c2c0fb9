"""A switch by several workers on an executor: each lead once, whatever the engine does with its tasks."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from threading import Timer
from typing import Any

import pytest

from crmcore import Crm, InvalidValue, SwitchReport, SwitchToken, Totals
from crmcore.application.workers import Task, convert_part, run_switch_on
from crmcore.testing import TestCrm
from tests.building import ADMIN, Scene, accepted, classic


@pytest.fixture
def scene() -> Scene:
    """Twenty-three leads, and a switch that has begun."""
    scene = classic()
    for _ in range(23):
        scene.add()
    return scene


def token_of(scene: Scene) -> SwitchToken:
    token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
    assert isinstance(token, SwitchToken)
    return token


class AtOnce(Executor):
    """Runs each task when it is submitted, `times` times, and keeps what was submitted."""

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.submitted: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted.append(args)
        future: Future[Any] = Future()
        try:
            future.set_result([fn(*args, **kwargs) for _ in range(self.times)][-1])
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.mark.rule("SWITCH-1", "SWITCH-5")
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_convert_each_lead_once_and_finish(scene: Scene, workers: int) -> None:
    """However many workers there are, the switch ends as one worker ends it."""
    with ThreadPoolExecutor(workers) as executor:
        report = accepted(run_switch_on(executor, lambda: scene.crm, token_of(scene), workers=workers, chunk=3))

    assert (report.result, report.totals.converted) == ("switched", 23)
    assert scene.counts()["deals"] == scene.counts()["ledger"] == 23
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-1", "SWITCH-7")
def test_a_task_that_an_engine_runs_again_converts_nothing_twice(scene: Scene) -> None:
    """Engines run a task again when they lose a worker: the leads of the second run are others, or none."""
    report = accepted(run_switch_on(AtOnce(times=2), lambda: scene.crm, token_of(scene), workers=2, chunk=3))

    assert isinstance(report, SwitchReport)
    assert report.totals.converted == scene.counts()["deals"] == 23


def test_no_two_tasks_are_equal(scene: Scene) -> None:
    """An engine that merges equal submissions merges none of these."""
    executor = AtOnce()
    run_switch_on(executor, lambda: scene.crm, token_of(scene), workers=2, chunk=3)

    tasks = [args[1] for args in executor.submitted]
    assert len(tasks) > 8
    assert len(set(tasks)) == len(tasks)


@pytest.mark.rule("SWITCH-13")
def test_progress_is_told_after_every_chunk_and_adds_up(scene: Scene) -> None:
    """The numbers grow to the whole, as those of one worker do."""
    told: list[Totals] = []
    run_switch_on(AtOnce(), lambda: scene.crm, token_of(scene), workers=2, chunk=3, on_progress=told.append)

    assert [totals.converted for totals in told] == sorted(totals.converted for totals in told)
    assert told[-1].converted == 23


@pytest.mark.rule("SWITCH-8", "PERM-4")
def test_a_switch_that_was_cancelled_stops_the_workers(scene: Scene) -> None:
    """Whoever cancels under the workers gets their stop, and what was converted stays."""
    token = token_of(scene)

    def cancel(totals: Totals) -> None:
        if totals.converted and scene.crm.settings().switching is not None:
            accepted(scene.crm.cancel_switch(ADMIN))

    run_switch_on(AtOnce(), lambda: scene.crm, token, workers=2, chunk=3, on_progress=cancel)

    assert 0 < scene.counts()["deals"] < 23
    assert scene.holds_all_laws()


@pytest.mark.rule("SWITCH-5")
def test_an_interrupt_leaves_a_switch_that_can_be_resumed(scene: Scene) -> None:
    """What was under way is done, and anybody who may goes on."""

    def interrupt(totals: Totals) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ThreadPoolExecutor(2) as executor:
        run_switch_on(executor, lambda: scene.crm, token_of(scene), workers=2, chunk=3, on_progress=interrupt)

    report = accepted(scene.crm.run_switch(accepted(scene.crm.resume_switch(ADMIN))))
    assert report.totals.converted == 23
    assert scene.holds_all_laws()


@pytest.mark.parametrize("workers, chunk", [(0, 1), (1, 0), (-1, 1)])
def test_less_than_one_worker_or_lead_is_refused(scene: Scene, workers: int, chunk: int) -> None:
    """Bad numbers are said before anything is submitted."""
    executor = AtOnce()
    with pytest.raises(InvalidValue):
        run_switch_on(executor, lambda: scene.crm, token_of(scene), workers=workers, chunk=chunk)
    assert executor.submitted == []


@pytest.mark.rule("SWITCH-13", "PERM-4")
def test_the_holder_of_a_token_reads_the_numbers(scene: Scene) -> None:
    """The numbers need the token and no right: they name nobody."""
    token = token_of(scene)
    scene.crm.convert_chunk(token, 3)

    assert accepted(scene.crm.switch_report(token)).totals.converted == 3


class Waiting(Executor):
    """Runs the first shard at once, and the second only when the first has been given a second task."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self.late = False
        self._held: Future[Any] = Future()
        self._timer = Timer(20, self._give_up)
        self._timer.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        shard = args[1].shard[0]
        self.order.append(shard)
        if shard == 1 and not self._held.done():
            return self._held
        if self.order.count(0) == 2 and not self._held.done():
            self._timer.cancel()
            self._held.set_result(0)
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def _give_up(self) -> None:
        self.late = True
        self._held.set_result(0)


@pytest.mark.rule("SWITCH-5")
def test_a_worker_that_is_done_gets_its_next_chunk_while_others_are_busy(scene: Scene) -> None:
    """The slowest chunk holds nobody up."""
    executor = Waiting()
    report = accepted(run_switch_on(executor, lambda: scene.crm, token_of(scene), workers=2, chunk=3))

    assert not executor.late
    assert executor.order[:3] == [0, 1, 0]
    assert report.totals.converted == 23


class Broken(Executor):
    """An engine whose workers have died: it takes no task any more, or takes it and fails."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self.takes:
            raise BrokenExecutor("dead")
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("dead"))
        return future


@pytest.mark.rule("SWITCH-5", "SWITCH-15")
@pytest.mark.parametrize("takes", [True, False])
def test_what_dead_workers_left_is_converted_all_the_same(takes: bool) -> None:
    """By the caller itself: in chunks of the same size, at the same pace, and told in the same way."""
    p = TestCrm.classic()
    p.leads(5)
    waited: list[float] = []
    crm = Crm(store=p.store, permissions=p.roles, plan=p.plan, clock=p.clock, pause=waited.append)
    token = crm.begin_switch(ADMIN, key="k")
    assert isinstance(token, SwitchToken)
    told: list[Totals] = []
    report = accepted(
        run_switch_on(Broken(takes=takes), lambda: crm, token, workers=1, chunk=2, pace=4, on_progress=told.append)
    )
    assert isinstance(report, SwitchReport)
    assert report.result == "switched"
    assert [each.converted for each in told][-3:] == [2, 4, 5]
    assert waited == [0.5, 0.5, 0.25]


@pytest.mark.rule("SWITCH-5")
def test_a_task_converts_leads_of_its_own_shard(scene: Scene) -> None:
    """So workers seldom conflict."""
    task = Task(token_of(scene), 3, (1, 2), 0)
    assert convert_part(lambda: scene.crm, task) == 3
    assert sorted(scene.image().ledger) == [1, 3, 5]
