"""One switch by several workers, on any `concurrent.futures.Executor`.

A process pool on one machine and a cluster of many run the same function. There is no queue: a task is "convert the
next leads of one shard", the store decides which leads are next, and a task that runs twice finds its leads converted.
The store guarantees "exactly once" (by the ledger and the versions), not the executor.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from crmcore.application.crm import Crm
from crmcore.application.pace import Progress, check_pace
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.commands import CHUNK
from crmcore.domain.protocol.results import SwitchReport, totals_in

__all__ = ["Task", "convert_part", "run_switch_on"]


class Task(NamedTuple):
    """One chunk of one shard: small, and never equal to another task, since some engines merge equal submissions.

    `token` is the token of the switch, `size` the maximum number of leads, `shard` a remainder and a divisor of lead
    ids; `serial` makes tasks different.

    >>> Task(SwitchToken("2026", 2), size=1000, shard=(0, 2), serial=1).shard
    (0, 2)
    """

    token: SwitchToken
    size: int
    shard: tuple[int, int]
    serial: int


def convert_part(open_crm: Callable[[], Crm], task: Task) -> int | Refused:
    """Run one task in the current process, and return how many leads were converted.

    `open_crm` returns the `Crm` of this process. It is sent together with the `task`, so it must pickle, and should
    remember what it has opened. Refused as `stale_switch`. Raises what the store raises, and `InHostTransaction` for a
    store inside a host's transaction.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> leads = p.leads(3)
    >>> token = p.crm.begin_switch(p.administrator, key="2026")
    >>> convert_part(lambda: p.crm, Task(token, size=2, shard=(0, 1), serial=1))
    2
    """
    crm = open_crm()
    crm._check_many("convert_part")
    done = crm.convert_chunk(task.token, task.size, shard=task.shard)
    return done if isinstance(done, Refused) else len(done.rows)


def run_switch_on(
    executor: Executor,
    open_crm: Callable[[], Crm],
    token: SwitchToken,
    *,
    workers: int,
    chunk: int = CHUNK,
    on_progress: Callable[[Progress], None] | None = None,
    pace: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> SwitchReport | Refused:
    """Continue a switch to its end as `Crm.run_switch` does, with several chunks running at any time (SWITCH-5).

    `executor` runs the chunks; `open_crm` returns the `Crm` of each process, and must pickle. `token` is the token of
    the live switch, `workers` the number of chunks that run at once, `chunk` the maximum number of leads in each; both
    count from 1. `on_progress` is called with the `Progress` after each chunk. `pace` holds all workers together to so
    many leads a second, from 1. `stop` takes no argument and is asked before each chunk: once it answers yes, the
    running chunks come to their end, and the report says "switching" (SWITCH-15).

    Each worker converts the leads of its own shard, so that workers seldom conflict. An interrupt, or an exception from
    `on_progress`, waits for the running chunks; the switch can be resumed. If a worker process dies and breaks its
    pool, this function converts the remaining leads itself.

    Refused as `stale_switch`. Raises `InvalidValue` for a chunk, pace or number of workers below one,
    `InHostTransaction` for a store inside a host's transaction, and what the store raises.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as executor:
    ...     run_switch_on(executor, lambda: p.crm, token, workers=2, chunk=5).totals.converted
    3
    """
    check_id("workers", workers)
    check_id("chunk", chunk)
    check_pace(pace)
    crm, serials = open_crm(), count()
    crm._check_many("run_switch_on")
    held = crm._paced(token, pace)
    size = held.chunk(chunk, workers)
    running: dict[Future[int | Refused], int] = {}

    def submit(shard: int) -> None:
        task = Task(token, size, (shard, workers), next(serials))
        with suppress(BrokenExecutor):
            running[executor.submit(convert_part, open_crm, task)] = shard

    def goes_on() -> bool:
        return stop is None or not stop()

    try:
        for shard in range(workers):
            if goes_on():
                submit(shard)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                shard = running.pop(future)
                with suppress(BrokenExecutor):
                    done = future.result()
                    if isinstance(done, int) and done > 0:
                        held.hold(done)
                        if goes_on():
                            submit(shard)
            if on_progress is not None:
                on_progress(held.progress(totals_in(crm.switch_report(token))))
    finally:
        wait(running)
    # Converts what dead workers left over, and finishes: a refusal of a chunk is repeated here.
    return crm.run_switch(token, chunk=chunk, on_progress=on_progress, pace=pace, stop=stop)
