"""Two workers instead of one: the library on a process pool and on a Dask cluster, the floor on two ranges of ids.

Whatever runs a worker is started, and has opened the database, before the clock starts. The cycle collector of the
library's workers waits, as it does in those of the command line.
"""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any

from bench import library
from bench.databases import floor
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.sql import CrmOpener, SqlStore, open_crm, open_store, opened_crms
from crmcore.application.workers import run_switch_on

__all__ = ["dask", "pool", "ranges"]

Prepared = Callable[[], int]


@contextmanager
def pool(workers: int, url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    """Processes of this machine."""
    with (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=gc.disable) as executor,
        opened_crms(),
        open_store(url) as store,
    ):
        yield _on(executor, workers, url, chunk, store)


@contextmanager
def dask(workers: int, url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    """A Dask cluster on the loopback interface."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    with (
        cluster,
        Client(cluster) as client,
        client.get_executor(pure=False) as executor,
        opened_crms(),
        open_store(url) as store,
    ):
        client.run(_warm, url)
        client.run(gc.disable)
        yield _on(executor, workers, url, chunk, store)


@contextmanager
def ranges(workers: int, url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    """The set-based floor, each process with a range of ids and a transaction of its own."""
    bounds = [(leads * k // workers + 1, leads * (k + 1) // workers) for k in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor, floor.opened(url) as database:
        list(executor.map(_warm, [url] * (4 * workers)))

        def run() -> int:
            epoch = floor.begin(database)
            list(executor.map(partial(_range, url, epoch), bounds, range(workers)))
            return floor.finish(database)

        yield run


def _on(executor: Executor, workers: int, url: str, chunk: int, store: SqlStore) -> Prepared:
    opening = CrmOpener(url, FixedClock())
    for future in [executor.submit(_warm, url, number) for number in range(4 * workers)]:
        future.result()
    crm = library.crm_over(store)

    def run() -> int:
        token: Any = crm.begin_switch(library.ACTOR, key=library.KEY, policy=library.POLICY)
        answer: Any = run_switch_on(executor, opening, token, workers=workers, chunk=chunk)
        return int(answer.totals.converted)

    return run


def _warm(url: str, _: int = 0) -> int:
    return int(open_crm(url, clock=FixedClock()).settings().epoch)


def _range(url: str, epoch: int, bounds: tuple[int, int], slot: int) -> None:
    with floor.opened(url) as database:
        floor.convert(database, epoch, *bounds, slot=slot)
